"""Is every fault of a scenario's rules told at once, with line, column, caret and remedy?"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import monazite as mz
from monazite.errors import InputError
from monazite.messages import speaking

BROKEN = Path(__file__).parent / "broken"
# file -> (line, column, what it says, what lies under the caret)
FAULTS: dict[str, list[tuple[int, int, str, str]]] = {
    "unknown_kind": [
        (3, 5, "no instrument tarif (instruments.0.kind); did you mean tariff?", "kind"),
        (6, 5, "instruments.1 does not say which instrument it is; add kind:", "importers"),
    ],
    "unknown_field": [
        (5, 5, "no field rates here (instruments.0.rates); did you mean rate?", "rates"),
        (6, 5, "no field colour here", "colour"),
    ],
    "missing_fields": [
        (3, 5, "reference is missing", "kind"),
        (3, 5, "strike is missing", "kind"),
        (3, 5, "payer is missing", "kind"),
    ],
    "out_of_range": [
        (4, 5, "it has 0, and needs 1 or more", "importers"),
        (5, 5, "-0.25 is below 0", "rate"),
        (6, 5, "asleep is not one of 'in_force', 'suspended', 'proposed'", "status"),
    ],
    "wrong_type": [
        (4, 5, "CHN is not a list; write [CHN]", "exporters"),
        (5, 5, "many is not a number", "maximum"),
        (6, 5, "soon is not a year", "start"),
    ],
    "unknown_names": [
        (4, 17, "US, which the case does not have; did you mean USA?", "US]"),
        (5, 29, "ndpr_oxid, which the case does not have; did you mean ndpr_oxide?", "ndpr_oxid]"),
        (9, 18, "usa_mp_sepp, which the case does not have; did you mean usa_mp_sep?", "usa_mp"),
        (12, 5, "USAA, which the case does not have; did you mean USA?", "payer"),
        (14, 16, "usa_mp_10xx, which the case does not have; did you mean usa_mp_10x?", "usa_mp"),
    ],
    "contradiction": [
        (3, 5, "instruments.0 does not fit: give specific or rate, not both", "kind"),
        (7, 5, "instruments.1 does not fit: give facilities or countries", "kind"),
    ],
    "unknown_budget": [
        (6, 5, "no budget pursee; add an instrument of kind budget with this name", "budget"),
        (8, 17, "US, which the case does not have; did you mean USA?", "US]"),
    ],
    "years_text": [
        (1, 1, "2024:2040:x names no years; write 2024:2040, 2024:2040:2", "years"),
        (5, 5, "low is not a number", "rate"),
    ],
    "inside_a_club": [
        (6, 10, "-1 is below 0", "rate"),
        (8, 9, "floor is missing", "{material"),
        (8, 48, "no field flor here", "flor"),
    ],
}


def faults(name: str, lang: str = "en") -> list[str]:
    with speaking(lang), pytest.raises(InputError) as caught:
        mz.run(BROKEN / f"{name}.yaml")
    return [str(fault) for fault in caught.value.faults]


def test_every_broken_file_is_known() -> None:
    assert {path.stem for path in BROKEN.glob("*.yaml")} == set(FAULTS)
    assert len(FAULTS) >= 8


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_has_its_place_and_a_caret(name: str) -> None:
    found = faults(name)
    assert len(found) == len(FAULTS[name]), found
    for told, (line, column, what, under) in zip(found, FAULTS[name], strict=True):
        assert told.startswith(f"{name}.yaml:{line}:{column}: ")
        assert what in told
        _, shown, caret = told.splitlines()
        assert shown[caret.index("^") :].startswith(under)


def test_a_nested_field_gets_the_nearest_of_its_own_part() -> None:
    assert "did you mean floor?" in faults("inside_a_club")[-1]


@pytest.mark.parametrize("name", FAULTS)
def test_faults_are_told_in_chinese_too(name: str) -> None:
    for told, english in zip(faults(name, "zh"), faults(name), strict=True):
        first = told.splitlines()[0]
        assert first != english.splitlines()[0]
        assert any(ord(letter) > 0x2E80 for letter in first)
        assert not re.search(r"\b(give|or|is|not)\b", first), first


def test_rules_made_in_python_are_placed_by_their_path() -> None:
    rule = {"kind": "tariff", "importers": ["USAA"], "rate": 0.1}
    with pytest.raises(InputError, match=r"instruments\.0\.importers\.0 speaks of USAA"):
        mz.run(mz.Scenario.checked({"name": "made", "instruments": [rule]}))

"""Is every instrument documented and tested? Its page, its words in both languages, its tests."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import monazite as mz
from monazite.cli import main
from monazite.errors import InputError
from monazite.messages import catalogue
from monazite.policy import instruments
from monazite.policy.manual import PARTS, manual, page, title
from monazite.study.schema import scenario_schema

ROOT = Path(__file__).resolve().parents[2]
KINDS = sorted(instruments())


def test_the_page_of_the_documentation_is_made_from_the_registry() -> None:
    """If not: monazite policies --markdown > docs/policies.md"""
    assert (ROOT / "docs" / "policies.md").read_text(encoding="utf-8") == page()


@pytest.mark.parametrize("kind", KINDS)
def test_every_instrument_is_documented_and_tested(kind: str) -> None:
    found = manual(kind, "en")
    assert all(getattr(found, part) for part in PARTS.values()), "a part of its page is missing"
    assert re.search(r"\d", found.hand_case), "worked by hand means numbers"
    assert f"\n## {kind}\n" in page()
    assert (ROOT / "tests" / "policy" / f"test_{kind}.py").is_file()
    assert {f"policy.kind.{kind}", f"policy.line.{kind}"} <= set(catalogue())


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_has_a_meaning_in_both_languages(kind: str) -> None:
    for lang in ("en", "zh"):
        silent = [field.name for field in manual(kind, lang).fields if not field.meaning]
        assert silent == []
    chinese = [field for field in manual(kind, "zh").fields if field.meaning.isascii()]
    assert chinese == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_of_a_page_is_read_and_says_where_it_is_from(kind: str) -> None:
    item = "\n".join("    " + line for line in manual(kind).example.splitlines())
    scenario = mz.Scenario.from_text(f"instruments:\n  -{item[3:]}\n")
    (rule,) = scenario.instruments
    assert rule.kind == kind
    assert rule.source or rule.note or rule.status == "proposed"


def test_a_page_cuts_a_docstring_at_its_headings() -> None:
    found = manual("tariff", "en")
    assert found.purpose.startswith("A duty on what importers buy")
    assert found.equation.startswith("On every arc") and "customs value V" in found.equation
    assert found.payments == "The trader pays the importer's treasury."
    assert "receipts 40/9" in found.hand_case
    assert found.example.splitlines()[0] == "kind: tariff"
    assert "Samuelson 1952" in found.source and "kind:" not in found.source
    fields = {field.name: field for field in found.fields}
    assert fields["importers"].required and fields["importers"].kind == "list of text"
    assert (fields["rate"].kind, fields["rate"].default) == ("number, ≥ 0, ≤ 10", "0")
    assert fields["specific"].unit == "USD/kg"
    assert fields["start"].kind == "year or date"
    assert "in_force, suspended, proposed" in fields["status"].kind


def test_an_unknown_instrument_gets_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean tariff"):
        manual("tarif")


def test_the_command_lists_and_shows(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policies"]) == 0
    listed = capsys.readouterr().out
    assert all(re.search(rf"^{kind}\b", listed, re.M) for kind in KINDS)
    assert main(["policies", "tariff", "--lang", "zh"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(title("tariff", "zh")) and "必填" in shown
    assert "importers: [USA]" in shown, "brackets are no markup"
    assert main(["policies", "tarif"]) == 2
    assert "tariff" in capsys.readouterr().err
    assert main(["policies", "--markdown"]) == 0
    assert capsys.readouterr().out == page()


def test_the_schema_has_a_branch_for_every_kind(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policies", "--schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert schema == json.loads(json.dumps(scenario_schema()))
    branches = schema["properties"]["instruments"]["items"]
    assert set(branches["discriminator"]["mapping"]) == set(KINDS)
    tariff = schema["$defs"]["Tariff"]
    assert {"kind", "importers"} <= set(tariff["required"])
    assert tariff["properties"]["rate"]["maximum"] == 10
    assert tariff["additionalProperties"] is False

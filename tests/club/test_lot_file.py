"""Is a file of lots read as it stands, and is every fault told at once with its place?"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from monazite.cli import main
from monazite.club.content import Evidence, rules, verdicts
from monazite.club.lot_file import lots_of, read_lots
from monazite.club.lots import Assay, Parent
from monazite.club.mass import breaches
from monazite.errors import InputError
from monazite.messages import speaking

Run = Callable[..., tuple[int, str, str]]

LOT: dict[str, Any] = {
    "id": "A",
    "material": "ndpr_oxide",
    "grade": "99.5%",
    "net_kg": 1000,
    "made": "2026-01-01",
    "holder": "M",
    "site": "S",
    "operator": "Op",
    "operator_country": "AUS",
    "custody": "segregated",
}


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command; return its exit status, output and error output."""
    monkeypatch.delenv("MONAZITE_LANG", raising=False)

    def call(*arguments: object) -> tuple[int, str, str]:
        status = main(["club", "lots", *(str(argument) for argument in arguments)])
        told = capsys.readouterr()
        return status, told.out, told.err

    return call


def told(*lots: dict[str, Any], sales: tuple[dict[str, Any], ...] = ()) -> list[str]:
    with pytest.raises(InputError) as refused:
        lots_of({"lots": list(lots), "sales": list(sales)})
    return [one.key for one in refused.value.faults]


def values(**more: Any) -> list[str]:
    with pytest.raises(InputError) as refused:
        lots_of({"lots": [LOT | more]})
    return [one.what for one in refused.value.faults]


# --- reading --------------------------------------------------------------------------------------


def test_a_lot_is_read_with_all_its_fields() -> None:
    more = {
        "parents": [{"lot": "Z", "kg": "1.2 t"}],
        "assays": [{"element": "Nd", "ppm": "64.28 %", "plus_minus_ppm": 2000}],
        "value_uusd_per_kg": "110.5 USD/kg",
        "available_from": "2026-12-01",
        "operator_country": None,
        "owners": [{"name": "X", "country": None, "share_ppm": "25 %", "owners": []}],
    }
    (lot,) = lots_of({"lots": [LOT | more]}).lots
    assert lot.parents == (Parent("Z", 1200),) and lot.assays == (Assay("Nd", 642_800, 2000),)
    assert lot.value_uusd_per_kg == 110_500_000 and lot.available_from == date(2026, 12, 1)
    assert lot.operator_country is None and lot.owners[0].share_ppm == 250_000


def test_numbers_are_whole_and_words_stay_words() -> None:
    assert lots_of({"lots": [LOT | {"grade": "12 t"}]}).lots[0].grade == "12 t"
    assert "whole number" in values(net_kg=1.5)[0]
    assert "whole number" in values(net_kg="1.0005 kg")[0]
    assert "at least 1" in values(net_kg=0)[0]


def test_yaml_does_as_well(tmp_path: Path) -> None:
    file = tmp_path / "lots.yaml"
    text = "\n  ".join(f"{key}: {json.dumps(value)}" for key, value in LOT.items())
    file.write_text(f"lots:\n- {text}\n".replace('"2026-01-01"', "2026-01-01"))
    assert read_lots(file).lots[0].made == date(2026, 1, 1)


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"custody": "mixed"}, "identity_preserved"),
        ({"made": "yesterday"}, "date"),
        ({"lien": "maybe"}, "pledged"),
        ({"incoterm": "FOBB"}, "FOB"),
        ({"steps": [{"name": "cooking", "country": None, "technology": None}]}, "sintering"),
        ({"claims": [{"about": "origin", "level": "sure", "by": "me"}]}, "certified"),
        ({"assays": "none"}, "list"),
        ({"parents": [7]}, "record"),
    ],
)
def test_values_that_do_not_fit_are_told_with_what_would(more: dict[str, Any], word: str) -> None:
    (what,) = values(**more)
    assert word in what
    with speaking("zh"):
        (what,) = values(**more)
        assert "不合要求" in what


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ({"operator_country": "Australia"}, "club_country"),
        ({"steps": [{"name": "mining", "country": "aus", "technology": None}]}, "club_country"),
        ({"steps": [{"name": "mining", "country": None, "technology": "AU"}]}, "club_country"),
        ({"parents": [{"lot": "A", "kg": 1}]}, "club_own_parent"),
        ({"parents": [{"lot": "Z", "kg": 1}, {"lot": "Z", "kg": 2}]}, "club_parent_twice"),
        ({"assays": [{"element": "Neodymium", "ppm": 1}]}, "club_element"),
        ({"assays": [{"element": "Nd", "ppm": 1}, {"element": "Nd", "ppm": 2}]}, "club_id_twice"),
        (
            {"assays": [{"element": "Nd", "ppm": 700_000}, {"element": "Pr", "ppm": 300_001}]},
            "club_assays",
        ),
        ({"documents": [{"name": "x", "sha256": "abc"}]}, "club_hash"),
        ({"restrictions": ["nobody"]}, "club_restriction"),
        (
            {
                "owners": [
                    {"name": "X", "country": "AUS", "share_ppm": 600_000},
                    {"name": "Y", "country": "AUS", "share_ppm": 400_001},
                ]
            },
            "club_shares",
        ),
    ],
)
def test_contradictions_within_a_lot(more: dict[str, Any], key: str) -> None:
    assert told(LOT | more) == [key]


def test_contradictions_between_records() -> None:
    sale = {"id": "s", "lot": "A", "kg": 1, "seller": "M", "buyer": "B", "on": "2026-01-02"}
    sale |= {"receipt": "R"}
    assert told(LOT, LOT) == ["club_id_twice"]
    assert told(LOT, sales=(sale | {"lot": "Q"},)) == ["club_no_lot"]
    assert told(LOT, sales=(sale, sale)) == ["club_id_twice"]
    assert told(LOT, sales=(sale | {"buyer": "M"},)) == ["club_own_sale"]


def test_every_fault_is_told_at_once_with_line_column_and_remedy(tmp_path: Path, run: Run) -> None:
    file = tmp_path / "lots.json"
    bad = json.dumps({"lots": [LOT | {"net_kg": -5, "colour": "red"}, LOT]}, indent=1)
    file.write_text(bad)
    status, out, err = run("check", file)
    lines = [line for line in err.splitlines() if line.startswith("lots.json:")]
    assert (status, out) == (2, "") and len(lines) == 2
    assert lines[0].startswith("lots.json:7:4: -5 does not fit in lots.0.net_kg: at least 1")
    assert lines[1].startswith("lots.json:14:4: there is no field colour here")
    assert "Traceback" not in err
    file.write_text(bad.replace("-5", "5").replace('"colour": "red"', '"port": "Lagos"'))
    status, _, err = run("check", file)
    assert status == 2 and err.startswith("lots.json:17:4: A stands here a second time")


def test_a_field_named_twice_is_refused(tmp_path: Path, run: Run) -> None:
    """A reader of JSON takes the last one: a second list of lots would hide the first."""
    file = tmp_path / "lots.json"
    file.write_text(f'{{"lots": [{json.dumps(LOT)}],\n "lots": []}}')
    status, _, err = run("check", file)
    assert status == 2 and err.startswith("lots.json:2:2: lots stands here a second time")


def test_all_of_json_is_understood_and_places_are_right(tmp_path: Path, run: Run) -> None:
    """Tabs and escapes of half a character are JSON and no YAML, which tells the places."""
    file = tmp_path / "lots.json"
    text = json.dumps({"about": "\U0001f600", "lots": [LOT]}, indent="\t")
    assert "\\ud83d\\ude00" in text and "\t\t\t" in text
    file.write_text(text)
    assert read_lots(file).about == "\U0001f600"
    file.write_text(text.replace("1000", "-1"))
    status, _, err = run("check", file)
    assert status == 2 and err.startswith("lots.json:8:4: -1 does not fit")
    file.write_text(text.replace('"lots": [', '"lots": [],\n\t"lots": ['))
    assert run("check", file)[2].startswith("lots.json:4:2: lots stands here")


def test_owners_without_end_are_refused(tmp_path: Path, run: Run) -> None:
    owners: list[Any] = []
    for _ in range(400):
        owners = [{"name": "x", "country": "AUS", "share_ppm": 1, "owners": owners}]
    file = tmp_path / "lots.json"
    file.write_text(json.dumps({"lots": [LOT | {"owners": owners}]}))
    status, _, err = run("check", file)
    assert status == 2 and err.startswith("lots.json: ") and "Traceback" not in err


def test_names_that_look_like_markup_are_printed_as_they_are(tmp_path: Path, run: Run) -> None:
    file = tmp_path / "lots.json"
    odd = {"id": "[/red]{a}", "site": "[bold]", "operator": "[x]", "material": "{0} %s"}
    child = LOT | {"id": "B", "parents": [{"lot": "[/red]{a}", "kg": 9000}]}
    file.write_text(json.dumps({"about": "[/b]", "lots": [LOT | odd, child]}))
    status, out, _ = run("check", file)
    assert status == 1 and "[/red]{a}  {0} %s" in out and "[/b]" in out


@pytest.mark.parametrize(
    ("text", "word"),
    [("{", "lots.json"), ("[]", "lots and sales"), ('{"sales": []}', "lots is missing")],
)
def test_what_is_no_file_of_lots_is_refused(tmp_path: Path, run: Run, text: str, word: str) -> None:
    file = tmp_path / "lots.json"
    file.write_text(text)
    status, _, err = run("check", file)
    assert status == 2 and word in err and "Traceback" not in err
    status, _, err = run("check", tmp_path / "none.json", "--lang", "zh")
    assert status == 2 and "文件不存在" in err


# --- the example ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def example() -> Evidence:
    return Evidence(read_lots("example"))


def states(example: Evidence, lot: str, on: date) -> dict[str, str]:
    return {one.kind: one.state for one in verdicts(example, lot, rules(), on).all}


LAST, FIRST = date(2026, 12, 31), date(2027, 1, 1)


def test_the_example_is_marked_as_one_and_its_books_hold(example: Evidence) -> None:
    assert example.register.about.startswith("EXAMPLE: fictional")
    assert all("example" in lot.site for lot in example.register.lots)
    assert breaches(example.register) == []
    quarters = [(date(2026, m, 1), date(2026, m + 2, 30)) for m in (1, 4, 7)]
    assert breaches(example.register, quarters) == []


@pytest.mark.parametrize("lot", ["EX-JPN-MAG-1", "EX-JPN-MAG-2", "EX-FORT-MAG-1"])
def test_chains_without_a_covered_country_meet_all_rules(example: Evidence, lot: str) -> None:
    for on in (LAST, FIRST):
        assert "not_met" not in states(example, lot, on).values()


def test_a_bayan_obo_magnet_fails_where_the_rules_bite(example: Evidence) -> None:
    found = states(example, "EX-BAOTOU-MAG-1", FIRST)
    assert [kind for kind, state in found.items() if state == "not_met"] == [
        "mass",
        "step",
        "entity",
    ]
    assert states(example, "EX-BAOTOU-NDPR-1", LAST)["step"] == "met"
    assert states(example, "EX-BAOTOU-NDPR-1", FIRST)["step"] == "not_met"


def test_chinese_dysprosium_brings_a_japanese_magnet_over_a_thousandth(example: Evidence) -> None:
    """245 kg at 230 USD in 10,000 kg at 95 are 5.93 %; 4 kg are 0.097 %; Kuantan's are nothing."""
    value = {
        lot: verdicts(example, lot, rules(), LAST).of("value")
        for lot in ("EX-JPN-MAG-2", "EX-JPN-MAG-3", "EX-JPN-MAG-4")
    }
    exact = [0, Fraction(245 * 230, 10_000 * 95), Fraction(4 * 230, 10_000 * 95)]
    assert [one.value for one in value.values()] == exact
    assert [one.state for one in value.values()] == ["met", "not_met", "met"]


def test_a_blend_meets_the_mass_rule_and_not_the_step_rule(example: Evidence) -> None:
    found = states(example, "EX-SING-BLEND-1", FIRST)
    assert (found["mass"], found["step"]) == ("met", "not_met")
    assert states(example, "EX-SING-BLEND-1", LAST)["step"] == "met"


def test_a_booked_oxide_meets_the_mass_rule_and_never_the_step_rule(example: Evidence) -> None:
    for on in (LAST, FIRST):
        found = states(example, "EX-EST-NDPR-1", on)
        assert (found["mass"], found["step"]) == ("met", "not_met")


# --- the commands ---------------------------------------------------------------------------------


def test_check_prints_all_verdicts_with_reasons_in_both_languages(run: Run) -> None:
    status, out, _ = run("check", "example", "--on", "2026-11-22", "--lot", "EX-JPN-MAG-3")
    assert status == 0
    for word in ("value", "mass", "step", "entity", "technology", "5.9316%", "清单所列"):
        assert word in out
    assert "EX-FORT" not in out and "The books hold" in out
    status, out, _ = run("check", "example", "--on", "2026-11-22", "--lang", "zh")
    assert status == 0 and "账目相符" in out and "EX-FORT-MAG-1" in out


def test_check_writes_the_same_bytes_for_the_same_question(run: Run, tmp_path: Path) -> None:
    for name in ("a.json", "b.json"):
        assert run("check", "example", "--on", "2027-01-01", "--out", tmp_path / name)[0] == 0
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    record = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert record["on"] == "2027-01-01" and record["breaches"] == []
    assert len(record["lots"]) == len(read_lots("example").lots)
    first = record["lots"][0]["verdicts"][0]
    assert set(first["reason"]) == {"en", "zh"} and first["version"]


def test_a_kilogram_used_twice_is_told_and_the_exit_status_is_1(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "lots.json"
    first = LOT | {"id": "B", "parents": [{"lot": "A", "kg": 600}]}
    second = LOT | {"id": "C", "parents": [{"lot": "A", "kg": 401}]}
    file.write_text(json.dumps({"lots": [LOT, first, second]}))
    status, out, _ = run("check", file, "--on", "2026-11-22")
    assert status == 1 and "1 kg of lot A are used twice" in out and "1 千克被重复使用" in out


def test_balance_shows_and_writes_the_metal_of_each_site_and_period(
    run: Run, tmp_path: Path
) -> None:
    """Kuantan took 2,000 t of concentrate with 6.34 % Nd and made 160 t of oxide with 64.28 %."""
    file = tmp_path / "metal.csv"
    status, out, _ = run("balance", "example", "--period", "quarter", "--out", file)
    assert status == 0 and "102,848" in out and "The books hold" in out
    text = file.read_text(encoding="utf-8")
    span = "2026-04-01/2026-06-30,Plant in Kuantan (example)"
    assert f"{span},Nd,126800.0,102848.0,23952.0,0.0" in text
    broken = tmp_path / "lots.json"
    assays = [{"element": "Nd", "ppm": 500_000}]
    more = LOT | {"id": "B", "parents": [{"lot": "A", "kg": 900}], "assays": assays}
    broken.write_text(json.dumps({"lots": [LOT | {"assays": assays}, more]}))
    status, out, _ = run("balance", broken, "--lang", "zh")
    assert status == 1 and "50" in out and "产出超过投入" in out


def test_rules_tells_terms_sources_and_what_is_in_force(run: Run) -> None:
    status, out, _ = run("rules", "--on", "2026-11-10")
    assert status == 0 and "suspended: Announcement 70" in out and "89 FR 37079" in out
    _, out, _ = run("rules", "--on", "2026-11-22", "--lang", "zh")
    assert "是否有效不明" in out and "2027 年 1 月 10 日" in out


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("check", "example", "--on", "soon"), "2026-11-22"),
        (("check", "example", "--lot", "EX-NONE"), "EX-NONE"),
        (("rules", "--rules", "no_such_folder"), "no_such_folder"),
        (("balance", "example", "--period", "week"), "week"),
    ],
)
def test_what_is_asked_wrongly_is_refused(run: Run, arguments: tuple[str, ...], word: str) -> None:
    status, _, err = run(*arguments)
    assert status == 2 and word in err and "Traceback" not in err

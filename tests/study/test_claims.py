"""Claims put to the model: tests by hand, verdicts by rule, and data that decide."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import monazite as mz
from monazite.errors import InfeasibleError, InputError
from monazite.study.claims import frame, judge, keep, kept, read_claims
from monazite.study.claims.base import Answer
from monazite.study.claims.kinds import kinds
from monazite.study.claims.table import Range, claims_in
from monazite.study.claims.verdicts import _answered, moved, verdict
from monazite.study.claims.world import CENTRAL, POINTS, YEARS, World

PLANT = {"technology": "plant", "stage": "separation"}


def world() -> World:
    """A digs 10 of ore and separates 6 of them; B separates 4 and uses 5 of oxide, A uses 5.

    Ore costs 1 in A. Work on oxide costs 2 in A and 3 in B, freight is nothing, so B's plant of 6,
    not full, sets the price of 1 + 3 = 4 everywhere, and A's, full, earns a rent of 1. A sends 4 of
    ore and 1 of oxide to B.
    """
    tables: dict[str, Any] = {
        "materials": [{"material": "ore", "stage": "mining"},
                      {"material": "oxide", "stage": "separation"}],
        "facilities": [
            {"facility": "mine", "technology": "dig", "stage": "mining", "country": "A",
             "cost": 1.0, "capacity": 20.0},
            {"facility": "near", "country": "A", "cost": 2.0, "capacity": 6.0, **PLANT},
            {"facility": "far", "country": "B", "cost": 3.0, "capacity": 6.0, **PLANT},
        ],
        "recipes": [
            {"technology": "dig", "material": "ore", "direction": "out", "quantity": 1.0},
            {"technology": "plant", "material": "ore", "direction": "in", "quantity": 1.0},
            {"technology": "plant", "material": "oxide", "direction": "out", "quantity": 1.0},
        ],
        "arcs": [
            {"material": "ore", "origin": "A", "destination": "B"},
            {"material": "oxide", "origin": "A", "destination": "B"},
        ],
        "owners": [
            {"facility": "near", "owner": "Firm", "owner_country": "A", "share": 1.0},
            {"facility": "far", "owner": "Firm", "owner_country": "A", "share": 1.0},
            {"facility": "mine", "owner": "Digger", "owner_country": "A", "share": 1.0},
        ],
        "demand": [
            {"country": place, "material": "oxide", "form": "fixed", "quantity": 5.0}
            for place in "AB"
        ],
    }  # fmt: skip
    return World(CENTRAL, mz.Case.from_tables(tables, "two"))


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ({"kind": "share", "measure": "separation", "places": ["A"], "by": "owner"}, 1.0),
        ({"kind": "rank", "measure": "separation", "who": "B"}, 2.0),
        ({"kind": "rank", "measure": "separation", "who": "B", "without": ["A"]}, 1.0),
        ({"kind": "rank", "measure": "mining", "who": "Digger", "by": "company"}, 1.0),
        ({"kind": "coverage", "materials": ["oxide"], "places": ["B"]}, 4 / 5),
        ({"kind": "coverage", "materials": ["ore"], "places": ["A"]}, 10 / 6),
        ({"kind": "sold", "materials": ["ore", "oxide"], "origin": "A", "destinations": ["B"]}, 1),
        ({"kind": "sold", "materials": ["ore"], "origin": "A", "destinations": ["A"]}, 0),
        ({"kind": "hhi", "measure": "separation"}, 0.6**2 + 0.4**2),
        ({"kind": "price", "material": "oxide", "place": "A"}, 4.0),
        ({"kind": "price", "material": "ore", "place": "A", "others": ["B"]}, 1.0),
        ({"kind": "made", "materials": ["oxide"], "places": ["A"]}, 0.6),
        ({"kind": "made", "materials": ["oxide"], "facilities": ["far"], "at": "capacity"}, 0.6),
        # mining earns 10 * 1, A's plant 6 * (4 - 1), B's 4 * (4 - 1)
        ({"kind": "value", "stages": ["mining"]}, 10 / 40),
        ({"kind": "value", "stages": ["separation"], "places": ["A"]}, 18 / 28),
        ({"kind": "cost", "place": "A", "stages": ["separation"]}, 3 / 2),
        ({"kind": "money", "places": ["A"], "accounts": ["producers"]}, 6.0),
    ],
)
def test_each_kind_by_hand(test: dict[str, Any], expected: float) -> None:
    asked = kinds()[test["kind"]].model_validate(test)
    assert asked.answer(world()).value == pytest.approx(expected, abs=1e-5)


def years_on() -> World:
    """Demand p = 10 - q and a mine of 4 at 2; a good plant of 1 at 2, one of 0.5 at a cost of 9
    that comes anyway and stands idle, one whose capital nobody pays: p = 6, then 5 from 2026 on.
    """
    mine = {"technology": "dig", "country": "A", "stage": "mining"}
    projects = [
        ("good", "planned", 1.0, 2.0, 10.0),
        ("idle", "committed", 0.5, 9.0, 10.0),
        ("dear", "planned", 1.0, 2.0, 400.0),
    ]
    tables: dict[str, Any] = {
        "materials": [{"material": "ore", "stage": "mining"}],
        "countries": [{"country": "A"}, {"country": "B"}],
        "facilities": [
            {"facility": "old", "capacity": 4.0, "cost": 2.0, **mine},
            *({"facility": name, "capacity": 0.0, "cost": cost, "status": "planned", **mine}
              for name, _, _, cost, _ in projects),
        ],
        "recipes": [{"technology": "dig", "material": "ore", "direction": "out", "quantity": 1.0}],
        "demand": [{"country": "A", "material": "ore", "intercept": 10.0, "slope": 1.0}],
        "projects": [
            {"facility": name, "status": status, "earliest": 2026, "size": size, "capex": capex,
             "life": 10.0}
            for name, status, size, _, capex in projects
        ],
    }  # fmt: skip
    return World(CENTRAL, mz.Case.from_tables(tables, "plants"), years="2025,2026,2027")


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ({"kind": "price", "material": "ore", "place": "A", "year": 2025}, 6.0),
        ({"kind": "price", "material": "ore", "place": "A", "year": 2026, "since": 2025}, -1.0),
        ({"kind": "price", "material": "ore", "place": "A", "year": 2027, "since": 2025,
          "compared": "ratio"}, 5 / 6),
        ({"kind": "failing", "year": 2026, "without": []}, 2 / 3),
        ({"kind": "failing", "year": 2026, "places": ["A"], "without": [],
          "statuses": ["planned"]}, 1 / 2),
        ({"kind": "built", "year": 2025, "without": []}, 0.0),
        ({"kind": "built", "year": 2026, "without": []}, 1.0),
        ({"kind": "built", "year": 2027, "without": [], "stages": ["metal"]}, 0.0),
        ({"kind": "built", "year": 2026, "without": [], "statuses": ["committed"]}, 0.5),
        ({"kind": "running", "year": 2026, "without": []}, 1 / 1.5),
        ({"kind": "started", "year": 2027, "facility": "good"}, 2026),
        ({"kind": "started", "year": 2027, "facility": "old"}, 2025),
        ({"kind": "started", "year": 2027, "facility": "dear"}, inf),
        ({"kind": "served", "year": 2026, "material": "ore", "members": ["A"],
          "without": ["B"]}, 1.0),
        ({"kind": "served", "year": 2026, "material": "ore", "members": ["A"], "without": ["B"],
          "what": "times"}, 5 / 6),
    ],
)  # fmt: skip
def test_each_kind_over_years_by_hand(test: dict[str, Any], expected: float) -> None:
    asked = kinds()[test["kind"]].model_validate(test)
    assert asked.answer(years_on()).value == pytest.approx(expected, abs=1e-4)


def test_public_money_is_summed_by_plant_kind_and_payer() -> None:
    """Two loans of 30 and 5 for `near`, one of them with `far`; a grant of 7 of B; one unstated."""
    support = {"projects": "near", "payer": "A", "basis": "derived"}
    case = world().case
    assert isinstance(case, mz.Case)
    tables: dict[str, Any] = dict(case.stated) | {
        "projects": [{"facility": name, "status": "planned", "size": 1.0, "capex": 1.0}
                     for name in ("near", "far")],
        "finance": [
            {**support, "support": "one", "kind": "loan", "amount": 30.0},
            {**support, "support": "two", "kind": "loan", "amount": 5.0, "projects": "far;near"},
            {**support, "support": "three", "kind": "grant", "amount": 7.0, "payer": "B"},
            {**support, "support": "four", "kind": "fast_track", "payer": "B"},
        ],
    }  # fmt: skip
    found = World(CENTRAL, mz.Case.from_tables(tables, "two"))

    def told(**fields: Any) -> float | None:
        return (
            kinds()["financed"].model_validate({"kind": "financed", **fields}).answer(found).value
        )

    assert told(facilities=["near"]) == 42
    assert told(facilities=["near", "far"], kinds=["loan"]) == 35
    assert told(facilities=["far"]) == 5
    assert told(facilities=["near"], payers=["B"]) == 7
    assert told(facilities=["near"], kinds=["fast_track"]) is None
    with pytest.raises(InputError, match="nowhere is not known"):
        told(facilities=["nowhere"])


def test_re_exports_are_followed() -> None:
    """B takes 4 of its own oxide and 1 from A: a fifth was made in A; of A's own use all of it."""
    for members, expected in ((["B"], 0.2), (["A"], 1.0), (["A", "B"], 0.6)):
        test = {"kind": "origin", "materials": ["oxide"], "members": members, "makers": ["A"]}
        asked = kinds()["origin"].model_validate(test)
        assert asked.answer(world()).value == pytest.approx(expected, abs=1e-5)


def test_a_need_counts_what_is_in_products() -> None:
    """Of ore A makes 10, and uses none but what is in 5 of oxide, a kg of ore in each: 10 / 5."""
    test = {"kind": "coverage", "materials": ["ore"], "places": ["A"], "content": True}
    asked = kinds()["coverage"].model_validate(test)
    assert asked.answer(world()).value == pytest.approx(2.0, abs=1e-5)
    assert asked.needs == (("today", False),)


def test_a_share_has_the_range_of_its_data() -> None:
    """A's output of 6 may be 3, B's of 4 may be 6: between 3/9 and 6/10."""
    found = world()
    rows = [
        {"facility": "near", "base": 6.0, "low": 3.0, "high": 6.0, "basis": "assumption"},
        {"facility": "far", "base": 4.0, "low": 4.0, "high": 6.0, "basis": "assumption"},
    ]
    case = mz.Case.from_tables({**found.case.stated, "activities": rows}, "two")
    test = kinds()["share"].model_validate(
        {"kind": "share", "measure": "separation", "places": ["A"]}
    )
    answer = test.answer(replace(found, case=case, _outcomes={}, _tables={}))
    assert (answer.value, answer.low, answer.high) == pytest.approx((0.6, 3 / 9, 0.6), abs=1e-5)


def test_names_are_checked() -> None:
    for test in (
        {"kind": "share", "measure": "separatoin", "places": ["A"]},
        {"kind": "share", "measure": "separation", "places": ["X"]},
        {"kind": "made", "materials": ["oxide"], "facilities": ["farr"]},
    ):
        with pytest.raises(InputError):
            kinds()[test["kind"]].model_validate(test).answer(world())


# --- verdicts -------------------------------------------------------------------------------------


def told(**answers: float | None | tuple[float, float, float]) -> dict[str, Answer]:
    return {
        name: Answer(*value) if isinstance(value, tuple) else Answer(value)
        for name, value in answers.items()
    }


def test_a_verdict_needs_every_answer() -> None:
    holds = Range(least=0.5)
    assert verdict(told(central=0.5, slow=0.7), holds) == ("supported", ())
    assert verdict(told(central=0.4, slow=0.1), holds) == ("not_supported", ())
    assert verdict(told(central=0.6, slow=0.4, fast=0.9), holds) == ("depends", ("slow",))
    assert verdict(told(central=0.4, slow=0.4, fast=0.9), holds) == ("depends", ("fast",))
    assert verdict(told(central=0.6, slow=None), holds) == ("no_answer", ())
    assert verdict(told(central=(0.6, 0.4, 0.7)), holds) == ("depends", ("data",))
    assert verdict(told(central=inf), Range(most=2029)) == ("not_supported", ())
    assert verdict(told(central=0.6), Range(least=0.5, most=0.55)) == ("not_supported", ())


def test_only_what_can_move_an_answer_is_asked() -> None:
    plain = {"kind": "share", "measure": "separation", "places": ["CHN"]}
    names = {
        "base year": {**plain},
        "rule": {**plain, "scenario": "club"},
        "years": {**plain, "year": 2030},
    }
    asked = {
        name: [p.name for p in POINTS if moved(kinds()["share"].model_validate(test), p)]
        for name, test in names.items()
    }
    assert asked["base year"] == ["central"]
    assert asked["rule"] == ["central", "stiff", "easy"]
    assert asked["years"] == ["central", "stiff", "easy", "slow", "fast"]


# --- the table ------------------------------------------------------------------------------------

WORDS = {"en": "a", "zh": "一"}
ROW = {"id": "x", "by": "A", "nature": "fact", "said": WORDS, "reading": WORDS, "record": "open"}
SHARE = {"kind": "share", "measure": "separation", "places": ["CHN"]}


def table(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"voices": {"A": WORDS}, "claims": list(rows)}


def test_every_fault_of_a_table_is_told_with_its_line(tmp_path: Path) -> None:
    text = """voices: {A: {en: a, zh: b}}
claims:
  - {id: x, by: B, nature: fact, said: {en: a, zh: b}, reading: {en: a, zh: b}, record: open}
  - id: y
    by: A
    nature: rumour
    said: {en: a}
    reading: {en: a, zh: b}
    record: open
    test: {kind: shares, measure: separation}
    holds: {}
"""
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_claims(tmp_path / "mine.yaml")
    lines = [fault.line for fault in caught.value.faults]
    assert sorted(lines) == [3, 6, 7, 10, 11]
    assert "did you mean share?" in str(caught.value)
    with pytest.raises(InputError, match="no table of claims"):
        read_claims(tmp_path / "yours.yaml")


def test_halves_and_doubles_are_refused() -> None:
    with pytest.raises(InputError, match="only one of test and holds"):
        claims_in(table({**ROW, "test": SHARE}))
    with pytest.raises(InputError, match="two claims are called x"):
        claims_in(table(ROW, ROW))
    with pytest.raises(InputError, match="least, most or both"):
        claims_in(table({**ROW, "test": SHARE, "holds": {}}))


def test_the_shipped_claims_are_whole() -> None:
    """Every tested claim names a scenario that is there; texts differ by language."""
    from monazite.study.scenario import shipped_names

    claims = read_claims()
    folder = Path(judge.__code__.co_filename).parent / "scenarios"
    own = {path.stem: mz.Scenario.from_yaml(path) for path in folder.glob("*.yaml")}
    assert all(one.described("zh") != one.described("en") for one in own.values())
    for claim in claims:
        assert claim.stated.said.en != claim.stated.said.zh, claim.id
        assert any("\u4e00" <= letter <= "\u9fff" for letter in claim.stated.reading.zh), claim.id
        for name, _ in claim.test.needs if claim.test else ():
            assert name in {*shipped_names(), *own}, claim.id
    assert len({claim.id for claim in claims}) == len(claims)


# --- data decide ----------------------------------------------------------------------------------


def test_changing_a_threshold_changes_the_verdict() -> None:
    """China separates 91.7 % of the magnet elements, between 90.4 and 93.0 by the data's ranges."""
    for least, expected in ((0.9, "supported"), (0.92, "depends"), (0.95, "not_supported")):
        rows = claims_in(table({**ROW, "test": SHARE, "holds": {"least": least}}))
        (found,) = judge(rows)
        assert found.verdict == expected
        assert found.central == pytest.approx(0.917, abs=2e-3)


def test_changing_the_world_changes_the_verdict() -> None:
    """If Lynas' output might have been three times as large, 90 % for China is no longer sure."""
    base = mz.builtin("rare_earths").table("activities").filter(facility="mys_lynas_light")
    overlay = {"activities": base.select("facility", "mode", high=pl.col("base") * 3)}
    (found,) = judge(only=["A-08"], overlay=overlay)
    (shipped,) = judge(only=["A-08"])
    assert (shipped.verdict, found.verdict) == ("supported", "depends")
    assert found.turns_on == ("data",)


def test_the_frame_says_all(tmp_path: Path) -> None:
    rows = claims_in(table({**ROW, "test": SHARE, "holds": {"least": 0.9}}, {**ROW, "id": "y"}))
    found = frame(judge(rows))
    assert found.select("claim", "verdict", "test").rows() == [
        ("x", "supported", "share"), ("y", "untested", None),
    ]  # fmt: skip
    assert found["low"][0] < found["central"][0] < found["high"][0]
    assert found["stiff"].null_count() == 2


def test_unknown_claims_are_refused() -> None:
    with pytest.raises(InputError, match="did you mean"):
        judge(only=["A-8"])


def test_the_page_is_complete_and_speaks_both_languages() -> None:
    from monazite.report.claims import page

    rows = claims_in(table({**ROW, "test": SHARE, "holds": {"least": 0.92}}, {**ROW, "id": "y"}))
    found = judge(rows)
    english, chinese = page(found, "", lang="en"), page(found, "", lang="zh")
    assert "turns on: data" in english
    assert "at least 92 %" in english
    assert "视假设而定" in chinese and 'lang="zh-Hans"' in chinese
    assert "http" not in english.replace("http-equiv", "")


def test_the_command_writes_its_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from monazite.cli import main

    asked = ["claims", "--only", "A-08,B-21", "--quick", "--workers", "1"]
    assert main([*asked, "--out", str(tmp_path / "out")]) == 0
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"claims.csv", "claims.html", "claims.json"}
    assert "92 % (90 % to 93 %)" in capsys.readouterr().out
    assert main([*asked, "--lang", "zh"]) == 0
    assert "支持 2" in capsys.readouterr().out
    assert main(["claims", "--only", "A-8"]) == 2
    assert main(["claims", "--table", str(tmp_path / "none.yaml")]) == 2
    assert main(["claims", "--years", "20x4", "--only", "B-45"]) == 2


def test_processes_find_what_one_finds() -> None:
    """Under a rule in the base year elasticities count: three points, in two processes."""
    test = {"kind": "price", "material": "dy_oxide", "place": "DEU", "scenario": "heavy_stop"}
    rows = claims_in(table({**ROW, "test": test, "holds": {"least": 300.0}}))
    heard: list[tuple[int, int]] = []
    (one,) = judge(rows)
    (two,) = judge(rows, workers=2, told=lambda done, of: heard.append((done, of)))
    assert set(one.answers) == {"central", "stiff", "easy"}
    assert {k: v.value for k, v in two.answers.items()} == pytest.approx(
        {k: v.value for k, v in one.answers.items()}
    )
    assert heard[-1] == (3, 3)


def test_one_point_is_shared_by_processes() -> None:
    """At central assumptions alone, scenarios are shared out; those compared stay together."""
    from monazite.study.claims.verdicts import Job, _parted

    price = {"kind": "price", "material": "dy_oxide", "place": "DEU"}
    tests = {"a": {**price, "scenario": "heavy_stop"}, "b": {**price, "scenario": "floor_cfd"},
             "c": {**price, "scenario": "heavy_stop", "against": "today"}}  # fmt: skip
    rows = claims_in(table(*({**ROW, "id": name, "test": test, "holds": {"least": 0.0}}
                             for name, test in tests.items())))  # fmt: skip
    asked = {row.id: row.test for row in rows if row.test is not None}
    folder = Path(judge.__code__.co_filename).parent / "scenarios"
    parts = _parted(Job(CENTRAL, asked, YEARS, None, folder), 2)
    assert sorted(sorted(part.tests) for part in parts) == [["a", "c"], ["b"]]
    heard: list[tuple[int, int]] = []
    one = judge(rows, quick=True)
    two = judge(rows, quick=True, workers=2, told=lambda done, of: heard.append((done, of)))
    assert [(x.claim.id, x.verdict) for x in one] == [(x.claim.id, x.verdict) for x in two]
    assert [x.central for x in two] == pytest.approx([x.central for x in one])
    assert heard[-1] == (3, 3)


def test_a_fault_in_a_process_is_told() -> None:
    test = {"kind": "price", "material": "dy_oxyde", "place": "DEU", "scenario": "heavy_stop"}
    rows = claims_in(table({**ROW, "test": test, "holds": {"least": 300.0}}))
    with pytest.raises(InputError, match="dy_oxide"):
        judge(rows, workers=2)


def test_what_cannot_be_solved_has_no_answer_and_stops_nothing() -> None:
    class Failing:
        def answer(self, world: World) -> Answer:
            raise InfeasibleError("no answer may be given")

    assert _answered(Failing(), world()) == Answer(None)  # type: ignore[arg-type]
    assert verdict({"central": Answer(None)}, Range(least=0.0)) == ("no_answer", ())


@pytest.mark.parametrize(
    ("value", "unit", "change", "shown"),
    [
        (0.917, "1", False, "92 %"),
        (-0.05, "1", True, "−5 points"),
        (0.084, "1", True, "+8.4 points"),
        (inf, "year", False, "never"),
        (2029.0, "year", False, "2029"),
        (2.0, "rank", False, "2"),
        (1.915, "times", False, "×1.92"),
        (308.9, "MUSD/yr", True, "+309 MUSD/yr"),
        (0.0399, "kt/yr", True, "+0.04 kt/yr"),
        (1e-19, "kt/yr", True, "0 kt/yr"),
        (None, "1", False, "–"),
    ],
)
def test_answers_are_told_in_their_unit(
    value: float | None, unit: str, change: bool, shown: str
) -> None:
    from monazite.report.claims import amount

    assert amount(value, unit, "en", change=change) == shown


def test_a_share_of_places_is_told_as_a_share() -> None:
    """How many places gain is no change in points, though it compares two scenarios."""
    test = {"kind": "money", "scenario": "club", "against": "today", "places": ["USA"]}
    plain = kinds()["money"].model_validate(test)
    counted = kinds()["money"].model_validate({**test, "count": True})
    assert (plain.changes, plain.unit) == (True, "MUSD/yr")
    assert (counted.changes, counted.unit) == (False, "1")
    ratio = kinds()["price"].model_validate(
        {"kind": "price", "material": "ore", "place": "A", "since": 2024, "compared": "ratio"}
    )
    assert (ratio.changes, ratio.unit) == (False, "times")


# --- answers kept in a folder ---------------------------------------------------------------------


def answered(folder: Path, *rows: dict[str, Any]) -> tuple[list[Any], Path]:
    """Findings of a table of one's own, kept in a folder."""
    import yaml

    mine = folder / "mine.yaml"
    mine.write_text(yaml.safe_dump(table(*rows), allow_unicode=True), encoding="utf-8")
    (folder / "kept").mkdir()
    found = judge(mine, quick=True)
    return found, keep(found, folder / "kept", table=mine, quick=True)


def test_what_is_kept_comes_back_as_it_was(tmp_path: Path) -> None:
    row = {**ROW, "test": SHARE, "holds": {"least": 0.92}}
    never = {"kind": "started", "year": 2026, "facility": "aus_nolans", "scenario": "own"}
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "own.yaml").write_text("title: own\n", encoding="utf-8")
    late = {**ROW, "id": "z", "test": never, "holds": {"most": 2027}}
    found, _ = answered(tmp_path, row, {**ROW, "id": "y"}, late)
    again = kept(tmp_path / "kept", mz.builtin("rare_earths"))
    assert list(again.findings) == found
    assert [one.verdict for one in found] == ["depends", "untested", "not_supported"]
    assert found[2].central == inf
    assert (again.quick, again.years, again.of, again.case) == (True, YEARS, 3, "rare_earths")
    assert again.digest == mz.builtin("rare_earths").digest


def test_a_threshold_of_today_gives_todays_verdict(tmp_path: Path) -> None:
    """91.7 % is not 95 %: no answer changes, the verdict does."""
    import yaml

    row = {**ROW, "test": SHARE, "holds": {"least": 0.9}}
    answered(tmp_path, row)
    assert kept(tmp_path / "kept").findings[0].verdict == "supported"
    stricter = yaml.safe_dump(table({**row, "holds": {"least": 0.95}}), allow_unicode=True)
    (tmp_path / "kept" / "claims.yaml").write_text(stricter, encoding="utf-8")
    assert kept(tmp_path / "kept").findings[0].verdict == "not_supported"


def test_answers_to_something_else_are_refused(tmp_path: Path) -> None:
    import yaml

    row = {**ROW, "test": SHARE, "holds": {"least": 0.9}}
    _, file = answered(tmp_path, row)
    folder = tmp_path / "kept"
    base = mz.builtin("rare_earths").table("activities").filter(facility="mys_lynas_light")
    other = mz.builtin("rare_earths", {"activities": base.select("facility", "mode", high=99.0)})
    with pytest.raises(InputError, match=rf"put to the tables rare_earths .*{other.digest[:8]}"):
        kept(folder, other)
    with pytest.raises(InputError, match=r"of another case, gallium .*; leave --claims out"):
        kept(folder, mz.builtin("gallium"))
    for changed in (
        {**row, "test": {**SHARE, "places": ["USA"]}},
        {**row, "id": "w"},
    ):
        text = yaml.safe_dump(table(changed), allow_unicode=True)
        (folder / "claims.yaml").write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match=r"claims\.json.*is not the one that was answered"):
            kept(folder)
    with pytest.raises(InputError, match="no answers to claims"):
        kept(tmp_path)
    for text in ("{", "[]", '{"format": 2}', file.read_text("utf-8").replace("central", "middle")):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match="cannot be read"):
            kept(folder)


def test_a_scenario_that_changed_is_asked_again(tmp_path: Path) -> None:
    test = {"kind": "price", "material": "dy_oxide", "place": "DEU", "scenario": "own"}
    own = tmp_path / "scenarios" / "own.yaml"
    own.parent.mkdir()
    own.write_text("title: mine\n", encoding="utf-8")
    answered(tmp_path, {**ROW, "test": test, "holds": {"least": 100.0}})
    inside = tmp_path / "kept" / "scenarios" / "own.yaml"
    inside.write_text("title: a new title asks nothing new\n", encoding="utf-8")
    assert kept(tmp_path / "kept").findings[0].verdict == "supported"
    shock = "shocks: [{table: activities, where: {facility: chn_creg_sep_heavy}, set: {base: 1}}]\n"
    inside.write_text(shock, encoding="utf-8")
    with pytest.raises(InputError, match="a scenario or a case of x is not"):
        kept(tmp_path / "kept")


def test_some_claims_are_kept_as_some(tmp_path: Path) -> None:
    keep(judge(only=["A-08"]), tmp_path)
    found = kept(tmp_path)
    assert [one.claim.id for one in found.findings] == ["A-08"]
    assert found.of == len(read_claims()) and not found.quick
    assert not (tmp_path / "claims.yaml").exists()


def test_reports_have_the_claims(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Verdict, answer and range of a claim stand in the report, whichever way it got there."""
    from monazite.cli import main

    out, said = tmp_path / "out", tmp_path / "said"
    asked = ["claims", "--only", "A-08,B-29.2", "--quick", "--workers", "1"]
    assert main([*asked, "--out", str(said)]) == 0
    assert main([*asked, "--out", str(out)]) == 0
    assert main(["run", "--out", str(out)]) == 0  # those of the folder are taken up
    html = (out / "report.html").read_text("utf-8")
    assert '<section id="claims"' in html and 'href="#claims"' in html
    assert "At central assumptions the model supports 1 of 2 statements" in html
    assert "92 % (90 % to 93 %)" in html and "65 % (60 % to 69 %)" in html
    assert "<small>turns on: data" in html  # a table of one verdict still says on what
    assert html.count(">Verdict</button>") == 1  # and that of the supported has no such column
    assert f"2 of {len(read_claims())} claims of the table were asked" in html
    both = ["compare", "today", "floor_cfd", "--lang", "zh"]
    assert main([*both, "--out", str(out), "--claims", str(said)]) == 0
    html = (out / "compare.html").read_text("utf-8")
    assert "取决于假设：1 条" in html and "65%（60% 至 69%）" in html
    capsys.readouterr()


def test_claims_that_do_not_fit_are_refused_or_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from monazite.cli import main

    out = tmp_path / "out"
    assert main(["claims", "--only", "A-08", "--quick", "--out", str(out)]) == 0
    plants = tmp_path / "plants"
    plants.mkdir()
    (plants / "activities.csv").write_text(
        "facility,mode,high\nmys_lynas_light,monazite,99\n", encoding="utf-8"
    )
    mine = ["run", "--overlay", str(plants), "--out", str(out)]
    capsys.readouterr()
    assert main([*mine, "--claims", str(out)]) == 2
    told = capsys.readouterr().err
    assert "claims.json: the claims were put to the tables rare_earths" in told
    assert "monazite claims --out" in told and not (out / "report.html").exists()
    assert main(mine) == 0
    assert "The report has no claims" in capsys.readouterr().err
    html = (out / "report.html").read_text("utf-8")
    assert '<section id="claims"' not in html and '<h3 id="claims">' in html
    assert main(["run", "--claims", str(tmp_path / "none"), "--out", str(out)]) == 2
    assert "no answers to claims" in capsys.readouterr().err
    assert main(["run", "--claims", str(out)]) == 2
    assert "--out" in capsys.readouterr().err


# --- what does not fit ----------------------------------------------------------------------------

TABLE = """\
voices: {Z: {en: me, zh: 我}}
claims:
  - {id: Z-1, by: Z, nature: fact, said: {en: a, zh: b}, reading: {en: a, zh: b}, record: open,
     test: {kind: share, scenario: nosuch, year: 2032, measure: separation, places: [CHN]},
     holds: {least: 0.5}}
  - {id: Z-2, by: Z, nature: fact, said: {en: a, zh: b}, reading: {en: a, zh: b}, record: open,
     test: {kind: share, measure: nosuch, places: [CHN]}, holds: {least: 0.5}}
  - {id: Z-3, by: Z, nature: fact, said: {en: a, zh: b}, reading: {en: a, zh: b}, record: open,
     test: {kind: share, measure: separation, places: [QQQ]}, holds: {least: 0.5}}
"""


def test_years_and_scenarios_that_do_not_fit_are_told_before_anything_is_solved(
    tmp_path: Path,
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(TABLE, encoding="utf-8")
    with pytest.raises(InputError) as told:
        judge(file, years="2024,2026", quick=True)
    scenario, year = told.value.faults
    assert (year.line, scenario.line) == (4, 4)
    assert "Z-1 looks at 2032, and the periods go from 2024 to 2027" in str(year)
    assert "Z-1 asks scenario nosuch" in str(scenario)
    with pytest.raises(InputError, match="A-05.2 looks at"):
        judge(years="2024,2026", quick=True)


def test_names_that_the_case_lacks_are_told_with_their_claims(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(TABLE, encoding="utf-8")
    with pytest.raises(InputError) as told:
        judge(file, only=["Z-2", "Z-3"], quick=True)
    assert [one.place for one in told.value.faults] == ["claims:Z-2", "scenario:Z-3"]


def test_a_field_that_is_missing_is_told_with_the_line_of_its_claim(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(TABLE.replace(" nature: fact,", ""), encoding="utf-8")
    with pytest.raises(InputError) as told:
        read_claims(file)
    assert [one.line for one in told.value.faults] == [3, 6, 8]

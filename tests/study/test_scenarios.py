"""Are scenarios read, checked and applied as written, in YAML and in Python alike?"""

from __future__ import annotations

from pathlib import Path

import pytest

import monazite as mz
from monazite.cli import main
from monazite.errors import InputError
from monazite.study.ask import is_outcome, over_years

TABLES = {
    "facilities": [
        {"facility": "pit", "technology": "mine", "country": "A", "capacity": 6.0, "cost": 1.0},
        {"facility": "hole", "technology": "mine", "country": "B", "capacity": 2.0, "cost": 1.0},
    ],
    "recipes": [{"technology": "mine", "material": "m", "direction": "out", "quantity": 1.0}],
    "demand": [{"country": "B", "material": "m", "intercept": 12.0, "slope": 1.0}],
    "arcs": [{"material": "m", "origin": "A", "destination": "B", "freight": 1.0}],
}
YAML = """\
name: less
title: {en: Less, zh: 减少}
shocks:
  - table: facilities
    where: {country: A}
    multiply: {capacity: 0.5}
  - table: arcs
    add: {freight: 0.5}
options: {discount: 0.03}
"""


@pytest.fixture
def case() -> mz.Case:
    return mz.Case.from_tables(TABLES, "mines")


def faults(text: str, case: mz.Case | None = None) -> list[str]:
    """Faults of a scenario's text, found when read or, with a case, when applied."""
    with pytest.raises(InputError) as caught:
        scenario = mz.Scenario.from_text(text, "my.yaml")
        mz.run(scenario, case=case)
    return [str(fault) for fault in caught.value.faults]


def test_a_scenario_is_the_same_in_yaml_and_in_python(case: mz.Case) -> None:
    written = mz.Scenario.from_text(YAML)
    made = mz.Scenario(
        name="less",
        title={"en": "Less", "zh": "减少"},
        shocks=(
            mz.Shock(table="facilities", where={"country": "A"}, multiply={"capacity": 0.5}),
            mz.Shock(table="arcs", add={"freight": 0.5}),
        ),
        options=mz.Options(discount=0.03),
    )
    assert written == made
    assert written.digest == made.digest
    assert mz.Scenario.from_text(written.to_yaml()) == written
    # 3 of A's 6 kt and B's 2 kt: 12 - 5
    assert mz.run(written, case=case).price("m", "B") == pytest.approx(7)


def test_words_do_not_change_the_digest_and_shocks_do() -> None:
    plain = mz.Scenario.from_text(YAML)
    assert mz.Scenario.from_text(YAML.replace("Less", "Fewer")).digest == plain.digest
    assert mz.Scenario.from_text(YAML.replace("0.5}", "0.4}")).digest != plain.digest
    assert (plain.titled("en"), plain.titled("zh")) == ("Less", "减少")


@pytest.mark.parametrize(
    ("change", "price"),
    [
        ({"set": {"capacity": 1.0}}, 9.0),
        ({"multiply": {"capacity": 0.5}}, 7.0),
        ({"add": {"capacity": -2.0}}, 6.0),
        ({"set": {"status": "idle"}}, 10.0),
        ({"multiply": {"capacity": 0.5}, "add": {"capacity": 1.0}}, 6.0),
    ],
)
def test_shocks_set_multiply_and_add(case: mz.Case, change: dict, price: float) -> None:
    """B's 2 kt stay; A's 6 kt change; the price is 12 less what there is."""
    shock = {"table": "facilities", "where": {"country": "A"}, **change}
    assert mz.run(case=case, shocks=[shock]).price("m", "B") == pytest.approx(price)


def test_shocks_follow_each_other_and_select_several(case: mz.Case) -> None:
    """Half of half of both mines: 12 - 2."""
    half = {
        "table": "facilities",
        "where": {"country": ["A", "B"]},
        "multiply": {"capacity": 0.5},
    }
    assert mz.run(case=case, shocks=[half, half]).price("m", "B") == pytest.approx(10)


def test_a_shock_may_leave_the_range_of_evidence_and_not_that_of_the_column() -> None:
    rows = [{**TABLES["facilities"][0], "low": 5.0, "high": 7.0}, TABLES["facilities"][1]]
    case = mz.Case.from_tables({**TABLES, "facilities": rows})
    shock = {"table": "facilities", "where": {"country": "A"}, "set": {"capacity": 1.0}}
    assert mz.run(case=case, shocks=[shock]).price("m", "B") == pytest.approx(9)
    with pytest.raises(InputError, match="-1 is negative; give a capacity of 0 or more"):
        mz.run(case=case, shocks=[{**shock, "set": {"capacity": -1.0}}])
    with pytest.raises(InputError, match="out of what the column may hold"):
        mz.run(case=case, shocks=[{**shock, "set": {}, "add": {"capacity": -9.0}}])


def test_a_shock_on_an_assumption_goes_with_years_and_with_rules() -> None:
    """Both make the tables anew, where an assumption without its range would be a fault."""
    assumed = {"basis": "assumption", "low": 5.0, "high": 7.0}
    rows = [{**TABLES["facilities"][0], **assumed}, TABLES["facilities"][1]]
    case = mz.Case.from_tables({**TABLES, "facilities": rows})
    shock = {"table": "facilities", "where": {"country": "A"}, "set": {"capacity": 1.0}}
    found = mz.run(case=case, shocks=[shock], years="2025,2026")
    assert found.price("m", "B", "2026") == pytest.approx(9)
    kept = dict(found.case.table("facilities").select("facility", "basis").rows())
    assert kept == {"pit": "definition", "hole": None}
    tax = {"kind": "tariff", "name": "t", "importers": ["B"], "materials": ["m"], "specific": 1.0}
    ruled = mz.Scenario.checked({"name": "r", "shocks": [shock], "instruments": [tax]})
    assert mz.run(ruled, case=case).price("m", "B") == pytest.approx(9)
    held = {"kind": "production_quota", "name": "q", "facilities": ["pit"], "maximum": 0.5}
    ruled = mz.Scenario.checked({"name": "r", "shocks": [shock], "instruments": [held]})
    assert mz.run(ruled, case=case).price("m", "B") == pytest.approx(9.5)


def test_the_case_is_not_changed_by_shocks(case: mz.Case) -> None:
    digest = case.digest
    shock = {"table": "facilities", "set": {"capacity": 1.0}}
    changed = mz.run(case=case, shocks=[shock])
    assert case.digest == digest != changed.case.digest
    assert mz.run(case=case).price("m", "B") == pytest.approx(4)


def test_an_overlay_comes_before_shocks(case: mz.Case) -> None:
    """The overlay makes A's mine 8 kt; half of it and B's 2 kt: 12 - 6."""
    overlay = {"facilities": [{"facility": "pit", "capacity": 8.0}]}
    shock = {"table": "facilities", "where": {"facility": "pit"}, "multiply": {"capacity": 0.5}}
    outcome = mz.run(case=case, overlay=overlay, shocks=[shock])
    assert outcome.price("m", "B") == pytest.approx(6)
    assert len(outcome.case.changes) == 1


# --- faults ---------------------------------------------------------------------------------------


def test_every_fault_of_a_file_has_its_line_column_and_caret() -> None:
    told = faults(
        "nam: x\n"
        "shocks:\n"
        "  - table: facilities\n"
        "    multiply: {capacity: half}\n"
        "  - table: arcs\n"
        "options: {discount: -2}\n"
    )
    assert [line.split(": ")[0] for line in told] == [
        "my.yaml:1:1",
        "my.yaml:4:16",
        "my.yaml:5:5",
        "my.yaml:6:11",
    ]
    assert told[0].endswith("\n    nam: x\n    ^")
    assert told[1].endswith("\n    " + " " * 15 + "^")
    assert "no field nam" in told[0]
    assert "set, multiply or add" in told[2]


def test_every_fault_of_the_shocks_is_told_at_once(case: mz.Case) -> None:
    told = faults(
        "shocks:\n"
        "  - {table: facilites, set: {capacity: 1}}\n"
        "  - {table: facilities, where: {contry: A}, set: {capacity: 1}}\n"
        "  - {table: facilities, multiply: {status: 2}}\n"
        "  - {table: facilities, where: {country: XXX}, set: {capacity: 1}}\n"
        "  - {table: arcs, multiply: {bound: 2}}\n"
        "  - {table: facilities, set: {facility: x}}\n",
        case,
    )
    assert [line.split(":")[1] for line in told] == ["2", "3", "4", "5", "6", "7"]
    expected = ["facilities", "country", "no numbers", "no row", "empty", "names the row"]
    for line, word in zip(told, expected, strict=True):
        assert word in line


def test_what_is_not_yaml_or_no_list_of_fields() -> None:
    assert faults("shocks: [a\nb: {")[0].startswith("my.yaml:")
    assert "is a list of fields" in faults("- a\n- b\n")[0]


def test_a_field_that_stands_twice_is_told_at_the_second_place() -> None:
    told = faults("years: 2024:2030\nyears: 2024:2040\noptions: {discount: 0, discount: 0.1}\n")
    assert [line.split(":")[:3] for line in told] == [["my.yaml", "2", "1"], ["my.yaml", "3", "24"]]
    assert "years stands here already, in line 1" in told[0]


def test_a_file_in_another_encoding_is_told_with_its_byte(tmp_path: Path) -> None:
    file = tmp_path / "my.yaml"
    file.write_bytes(b"name: x\ntitle: caf\xe9\n")
    with pytest.raises(InputError, match="my.yaml:2:11: byte 0xe9 is not UTF-8"):
        mz.Scenario.from_yaml(file)
    file.write_bytes(b"\xef\xbb\xbfname: x\n")
    assert mz.Scenario.from_yaml(file).name == "x"


def test_years_that_begin_too_early_are_told_where_they_stand() -> None:
    asked = mz.Scenario.from_text("name: x\nyears: 2019:2030\n", "my.yaml")
    with pytest.raises(InputError, match="my.yaml:2:1: 2019 lies before the year of the case"):
        mz.run(asked)
    with pytest.raises(InputError, match="^--years: 2018 lies before"):
        mz.run(asked, years="2018:2020")
    asked = mz.Scenario.from_text("name: x\nyears: {last: 2026, demand: huge}\n", "my.yaml")
    with pytest.raises(InputError, match="my.yaml:2:21: the case has no demand path huge"):
        mz.run(asked)
    with pytest.raises(InputError, match="^--demand: the case has no demand path vast"):
        mz.run(over_years(asked, demand="vast"))
    with pytest.raises(InputError, match="^--scrap: scrap does not fit: maybe"):
        mz.run(asked, scrap="maybe")


def test_a_shipped_name_is_that_scenario_whatever_folder_stands_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("club", "mine"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "outcome.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    assert is_outcome("mine") and is_outcome("./club") and not is_outcome("club")
    with pytest.raises(InputError, match=r"mine/scenario\.yaml"):
        mz.run("mine")


def test_a_folder_in_place_of_a_table_is_refused_before_anything_is_solved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["projects", "nosuch", "--out", str(tmp_path)]) == 2
    told = capsys.readouterr().err.replace("│", "")  # a box, wrapped to the terminal
    assert "isafolder" in "".join(told.split())


def test_an_unknown_scenario_gets_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean today"):
        mz.run("todya")
    with pytest.raises(InputError, match="no such file"):
        mz.run("nowhere.yaml")
    with pytest.raises(InputError, match="discount"):
        mz.run(case=mz.Case.from_tables(TABLES), discount=-3.0)


# --- what comes with monazite ---------------------------------------------------------------------


def test_shipped_scenarios_have_titles_and_paragraphs_in_both_languages() -> None:
    found = mz.scenarios()
    assert list(found)[0] == "today"
    assert {"china_heavy_separation_half", "myanmar_stops"} <= set(found)
    for name, scenario in found.items():
        assert scenario.name == name
        assert scenario.titled("en") != scenario.titled("zh")
        assert len(scenario.described("en")) > 200
        assert len(scenario.described("zh")) > 60


def test_shipped_shocks_raise_the_price_of_dysprosium_outside() -> None:
    today = mz.run("today")
    halts = [
        name
        for name, asked in mz.scenarios().items()
        if any(shock.table == "facilities" for shock in asked.shocks)
    ]
    outcomes = {name: mz.run(name) for name in halts}
    for name, outcome in outcomes.items():
        assert outcome.price("dy_oxide", "JPN") > 1.2 * today.price("dy_oxide", "JPN"), name
        assert outcome.objective < today.objective


# --- the ways to ask ------------------------------------------------------------------------------


def test_run_takes_a_name_a_file_or_an_object(case: mz.Case, tmp_path: Path) -> None:
    file = tmp_path / "less.yaml"
    file.write_text(YAML, encoding="utf-8")
    prices = {mz.run(s, case=case).price("m", "B") for s in (file, str(file))}
    assert prices == {mz.run(mz.Scenario.from_yaml(file), case=case).price("m", "B")}


def test_the_record_names_what_was_asked(case: mz.Case) -> None:
    record = mz.run(mz.Scenario.from_text(YAML), case=case).record
    assert (record["scenario"], record["case"]) == ("less", "mines")
    assert record["digests"]["scenario"] == mz.Scenario.from_text(YAML).digest
    assert 0 < record["timings"]["assemble"] <= record["timings"]["total"]


def test_compare_tells_the_change_from_the_first(case: mz.Case) -> None:
    """Price 4 becomes 7; A's share of 6/8 becomes 3/5."""
    case = mz.Case.from_tables({**TABLES, "materials": [{"material": "m", "stage": "mining"}]})
    outcomes = {
        "before": mz.run(case=case),
        "after": mz.run(mz.Scenario.from_text(YAML), case=case),
    }
    frame = mz.compare(outcomes).filter(scenario="after")
    price = frame.filter(kind="price", country="B").to_dicts()[0]
    assert (price["value"], price["change"]) == (pytest.approx(7), pytest.approx(0.75))
    share = frame.filter(kind="share", country="A").to_dicts()[0]
    assert (share["value"], share["change"]) == (pytest.approx(0.6), pytest.approx(-0.15))


def test_compare_takes_means_over_periods_by_their_years() -> None:
    """A price of 4 for a year and of 8 for three is 7 on average; use is 8 in both."""
    later = {"country": "B", "material": "m", "slope": 1.0}
    demand = [{**later, "intercept": i, "period": p} for p, i in (("now", 12.0), ("then", 16.0))]
    periods = [
        {"period": "now", "start": "2025-01-01", "years": 1.0},
        {"period": "then", "start": "2026-01-01", "years": 3.0},
    ]
    case = mz.Case.from_tables(
        {**TABLES, "demand": demand, "periods": periods,
         "materials": [{"material": "m", "stage": "mining"}]}
    )  # fmt: skip
    frame = mz.compare({"only": mz.run(case=case)})
    value = {(k, c): v for k, c, v in frame.select("kind", "country", "value").rows()}
    assert value["price", "B"] == pytest.approx(7)
    assert value["use", "B"] == pytest.approx(8)
    assert value["share", "A"] == pytest.approx(0.75)


def test_export_writes_the_program_another_solver_can_check(case: mz.Case, tmp_path: Path) -> None:
    import highspy

    target = mz.export("today", tmp_path / "mines.lp", case=case)
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    assert solver.readModel(str(target)) == highspy.HighsStatus.kOk
    solver.run()
    # HiGHS stops near an optimum of the slack's steep squares, close enough to tell the same market
    assert solver.getInfo().objective_function_value == pytest.approx(
        mz.run(case=case).ledger.objective, rel=1e-3
    )
    with pytest.raises(InputError, match=".mps"):
        mz.export("today", tmp_path / "mines.txt", case=case)


def test_the_names_of_the_package_are_all_there() -> None:
    for name in mz.__all__:
        assert getattr(mz, name) is not None
    with pytest.raises(AttributeError):
        mz.nothing  # noqa: B018


def test_folded_lines_leave_no_space_in_chinese() -> None:
    """YAML folds a line into a space; between Latin words, and beside them, it stays."""
    from monazite.study.scenario import in_language

    assert in_language({"en": "a b", "zh": "是 2024 年， 即 许可 MP 合同。 成员"}, "zh") == (
        "是 2024 年，即许可 MP 合同。成员"
    )
    assert in_language({"en": "a b"}, "zh") == "a b"
    for name in ("today", "club"):
        assert "， " not in mz.Scenario.shipped(name).described("zh")


def test_a_floor_with_gaps_is_gone_round() -> None:
    """A floor on magnets alone brings blanks in; one at every stage reaches back to the oxide."""
    members = ["USA", "AUS", "JPN", "KOR", "MYS", "THA"]
    blanks, china = {}, {}
    for name in ("today", "club", "club_every_stage"):
        outcome = mz.run(name, years="2026,2035")
        into = outcome.flows.filter(
            outcome.flows["material"].str.starts_with("blank_")
            & outcome.flows["destination"].is_in(members)
            & ~outcome.flows["origin"].is_in(members)
        )
        blanks[name] = float(into["quantity"].sum())
        china[name] = outcome.shares_in("2035")["separation"]["by_place"]["CHN"]
    assert blanks["club"] > 10 * max(blanks["today"], blanks["club_every_stage"])
    assert china["club_every_stage"] < china["club"] - 0.02


@pytest.mark.parametrize("text", ["2024:2040", "2024:2040:4", "2024,2030,2040", "2024"])
def test_years_of_a_file_take_the_texts_of_the_command_line(text: str) -> None:
    """The same years, the same digest, and back through YAML; the schema knows the texts too."""
    import re

    from monazite.study.schema import YEARS
    from monazite.study.years import Years

    written = mz.Scenario.from_text(f"years: {text}\n")
    assert written.years == Years.parsed(text)
    assert written.years.starts[0] == 2024 and written.years.foresight == "perfect"
    assert mz.Scenario.from_text(written.to_yaml()).digest == written.digest
    assert re.search(YEARS, text) and not re.search(YEARS, "2024:20x")

"""Is all that is wrong with what is asked told at once, and before anything is solved?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import monazite as mz
from monazite.cli import main
from monazite.errors import InputError
from monazite.messages import speaking

Told = Callable[..., list[str]]


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Told:
    """The lines with which a command refuses; it fails where something is solved."""
    monkeypatch.delenv("MONAZITE_LANG", raising=False)
    for solver in ("ask.outcome_of", "goal.solved", "regret.solved"):
        name = f"monazite.study.{solver}"
        monkeypatch.setattr(name, lambda *_, **__: pytest.fail("something was solved"))

    def call(*words: object) -> list[str]:
        assert main([str(word) for word in words]) == 2
        lines = capsys.readouterr().err.splitlines()
        return [line for line in lines if not line.startswith("    ")]  # without the carets

    return call


def shocks(*rows: str) -> list[str]:
    """What is said of shocks on the reference world."""
    text = "shocks:\n" + "".join(f"  - {row}\n" for row in rows)
    with pytest.raises(InputError) as caught:
        mz.run(mz.Scenario.from_text(text, "s.yaml"))
    return [str(one).split("\n")[0] for one in caught.value.faults]


# --- a scenario -----------------------------------------------------------------------------------

SCENARIO = """\
years: {first: 2024, last: 2026, demand: slwo}
shocks:
  - {table: demad, multiply: {quantity: 2}}
  - {table: demand, where: {countr: CHN}, multiply: {quantit: 2}}
  - {table: demand, where: {country: XXX}, multiply: {quantity: 2}}
  - {table: demand, where: {country: CHN}, multiply: {quantity: -2}, set: {foo: 1}}
instruments:
  - {kind: tariff, materials: [ndpr_oxid], importers: [USA], origins: [CHN], rate: 0.3}
  - {kind: grant, budget: purse, countries: [USA], share: 0.2}
"""


def test_shocks_years_and_rules_are_told_in_one_go(told: Told, tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text(SCENARIO, encoding="utf-8")
    lines = told("run", file)
    assert [line.split(": ")[0] for line in lines] == [
        "s.yaml:1:34", "s.yaml:3:6", "s.yaml:4:29", "s.yaml:4:54", "s.yaml:5:21", "s.yaml:6:55",
        "s.yaml:6:76", "s.yaml:8:32", "s.yaml:9:19",
    ]  # fmt: skip
    assert "no demand path slwo; use one of: central, fast, slow" in lines[0]
    assert "no table demad; did you mean demand?" in lines[1]
    assert "no column countr; did you mean country?" in lines[2]
    assert "out of what the column may hold" in lines[5]
    assert "no column foo; use one of: country, material, sector" in lines[6]
    assert "speaks of ndpr_oxid" in lines[7] and "purse" in lines[8]


def test_a_later_scenario_is_looked_at_before_the_first_is_solved(
    told: Told, tmp_path: Path
) -> None:
    file = tmp_path / "s.yaml"
    file.write_text(SCENARIO, encoding="utf-8")
    words = ("--members", "XXX,USA", "--materials", "foo", "--country", "YYY")
    lines = told("compare", "today", "club", file, *words)
    assert [line.split(": ")[0] for line in lines[:3]] == ["--country", "--members", "--materials"]
    assert lines[1].startswith("--members: XXX is no country of the case; use one of: AUS, ")
    assert len(lines) == 3 + 9
    assert told("compare", "toda", "clu")[0].startswith("toda: no scenario of this name")
    assert len(told("compare", "toda", "clu")) == 2


def test_a_scenario_beside_itself_is_no_comparison(told: Told) -> None:
    assert told("compare", "today", "today") == ["give two scenarios or more to compare"]


# --- shocks ---------------------------------------------------------------------------------------


def test_a_shock_sets_what_a_table_may_hold() -> None:
    assert shocks(
        "{table: demand, where: {country: CHN}, set: {quantity: abc}}",
        "{table: facilities, where: {country: CHN}, set: {technology: light_seperation}}",
        "{table: facilities, where: {country: CHN}, set: {first_year: 2030.5, capacity: -1}}",
        "{table: facilities, where: {first_year: abc}, multiply: {capacity: 2}}",
        "{table: facilities, set: {status: asleep}}",
    ) == [
        "s.yaml:2:50: quantity of demand cannot be set to this: abc is not a number; write a number"
        " such as 1500 or 2.5e3; what is not known is an empty cell",
        "s.yaml:3:54: technology of facilities cannot be set to this: light_seperation is not in"
        " recipes.technology; did you mean light_separation? Else add it to recipes.technology",
        "s.yaml:4:54: first_year of facilities cannot be set to this: 2030.5 is not a whole number;"
        " write a whole number such as 2030",
        "s.yaml:4:74: capacity of facilities cannot be set to this: -1 is negative;"
        " give a capacity of 0 or more, in kt/yr",
        "s.yaml:5:33: first_year of facilities holds numbers, and abc is none;"
        " select rows by a number",
        "s.yaml:6:31: status of facilities cannot be set to this: status cannot be asleep;"
        " use one of: operating, ramping, idle, construction, financing, planned",
    ]


def test_a_shock_creates_no_element() -> None:
    """Over years this was told of the tables; in the base year three kilograms came of one."""
    (told,) = shocks(
        "{table: recipes, where: {technology: light_separation, direction: out},"
        " multiply: {quantity: 3}}"
    )
    assert told.startswith(
        "s.yaml:2:6: the shock leaves the table recipes at odds with itself: light_separation ("
    )
    assert "a recipe cannot create" in told


def test_what_is_set_may_carry_its_unit() -> None:
    case = mz.Case.from_tables(
        {
            "curves": [{"country": "A", "material": "m", "intercept": 4.0, "slope": 1.0}],
            "demand": [{"country": "A", "material": "m", "intercept": 20.0, "slope": 1.0}],
        }
    )
    shock = {"table": "demand", "set": {"intercept": "24000 USD/t"}}
    assert mz.run(case=case, shocks=[shock]).price("m", "A") == pytest.approx(14)  # (4 + 24) / 2


def test_no_factor_is_infinite() -> None:
    assert shocks("{table: facilities, multiply: {capacity: .inf}, set: {cost: .nan}}") == [
        "s.yaml:2:36: shocks.0.multiply.capacity does not fit: inf is not a finite number;"
        " correct the value",
        "s.yaml:2:59: shocks.0.set.cost does not fit: nan is not a finite number;"
        " correct the value",
    ]


# --- names that options give ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "places"),
    [
        (("run", "--years", "2024,2026", "--demand", "slwo", "--period", "2025"), "period demand"),
        (("run", "--years", "x", "--foresight", "y", "--scrap", "z"), "years foresight scrap"),
        (("run", "--period", "2025"), "period"),
        (("cost", "--grade", "foo", "--place", "bar"), "grade place"),
        (("years", "--members", "XXX", "--stops", "2025", "--years", "2024,2026"), "members stops"),
        (("years", "--members", "XXX", "--years", "x"), "years members"),
        (("independence", "--members", "XXX", "--without", "YYY"), "members without"),
        (("support", "club", "--members", "X", "--materials", "m"), "members materials"),
        (("support", "club", "--rules", "r", "--years", "2020:2024"), "rules years"),
        (("projects", "--demand", "slwo"), "demand"),
        (("finance", "--demand", "slwo"), "demand"),
        (("goal", "--by", "2090", "--stage", "s", "--members", "X"), "by members stage"),
        (("goal", "--share", "11", "--stage", "s"), "share stage"),
        (("regret", "--years", "x", "--demand", "slwo"), "years demand"),
        (("claims", "--only", "A-08,foo", "--years", "x"), "only years"),
        (("regret", "--years", "2020,2030", "--demand", "slwo"), "demand years"),
    ],
)
def test_options_are_told_in_one_go(told: Told, words: tuple[str, ...], places: str) -> None:
    assert [line.split(": ")[0] for line in told(*words)] == [f"--{one}" for one in places.split()]


def test_every_word_that_names_no_project_is_told(told: Told) -> None:
    lines = told("cashflow", "finance_2026", "usa_mp*,foo,usa_mountain_pas")
    assert [line.split(" is built")[0] for line in lines] == [
        "PROJECT: nothing of a project foo",
        "PROJECT: nothing of a project usa_mountain_pas",
    ]


def test_a_goal_tells_names_beside_a_wrong_path(told: Told, tmp_path: Path) -> None:
    file = tmp_path / "g.yaml"
    file.write_text(
        "members: [USB]\nstage: separatio\nshare: 0.44\ndemand: slwo\nby: 2090\nlevers:\n"
        "  - name: credit\n    high: 40\n    rules:\n"
        "      - {kind: production_credit, materials: [ndpr_oxid], specific: $level}\n",
        encoding="utf-8",
    )
    lines = told("goal", file)
    assert [line.split(": ")[0] for line in lines] == [
        "g.yaml:1:11", "g.yaml:2:1", "g.yaml:4:1", "g.yaml:5:1", "g.yaml:10:47"
    ]  # fmt: skip
    assert "did you mean separation?" in lines[1] and "ndpr_oxid" in lines[4]
    assert told("goal", file, "--by", "2030")[0].startswith("g.yaml:1:11")
    assert len(told("goal", file, "--by", "2030")) == 4


# --- YAML -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("name: 2025-13-01\n", "s.yaml:1:7: 2025-13-01 looks like a date or a number and is none"),
        ("shocks: &a [*a]\n", "s.yaml:1:9: this part of the file holds itself"),
        ("name: a\x00b\n", "s.yaml: this is not YAML (special characters are not allowed)"),
    ],
)
def test_values_that_yaml_cannot_read_are_told(text: str, line: str) -> None:
    with pytest.raises(InputError) as caught:
        mz.Scenario.from_text(text, "s.yaml")
    assert str(caught.value).startswith(line)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("instruments: [{kind: club, members: 2.5, duties: [{rate: 0.1}]}]\n",
         ["s.yaml:1:28：instruments.0.members 不合要求：不是列表；每一项以短横线开头；请更正数值"]),
        ("instruments: [{kind: club, members: [USA], without: [[1]]}]\n",
         ["s.yaml:1:54：instruments.0.without.0 不合要求：[1] 不是文本；YAML 中 NO 等名称须加引号；"
          "请更正数值"]),
        ("instruments: [7]\n",
         ["s.yaml:1:15：instruments.0 不合要求：此处应为字段，而非数值 7；"
          "请每行写一个字段及其名称，例如 first: 2024；请更正数值"]),
        ("months: {first: abc, last: 2025-13}\n",
         ["s.yaml:1:10：months.first 不合要求：abc 不是月份；请写成年-月，例如 2025-03；请更正数值",
          "s.yaml:1:22：months.last 不合要求：2025-13 不是月份；请写成年-月，例如 2025-03；"
          "请更正数值"]),
    ],
)  # fmt: skip
def test_fields_of_the_wrong_kind_are_told_in_chinese(text: str, lines: list[str]) -> None:
    with speaking("zh"), pytest.raises(InputError) as caught:
        mz.Scenario.from_text(text, "s.yaml")
    assert [line for line in str(caught.value).split("\n") if line[0] != " "] == lines


def test_a_table_of_claims_has_voices_and_claims_and_nothing_else(
    told: Told, tmp_path: Path
) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("voices: {}\nclaim: []\n", encoding="utf-8")
    assert told("claims", "--table", file) == [
        "c.yaml:1:1: a table of claims holds fields, each with a name;"
        " begin with voices: and claims:",
        "c.yaml:2:1: there is no field claim here (claim); take it out or correct its name",
    ]


def test_a_case_without_sources_that_is_none_is_told(told: Told) -> None:
    assert told("reconcile", "--case", "rare_earth") == [
        "rare_earth: no case of this name comes with monazite; did you mean rare_earths?"
        " There are: gallium, rare_earths"
    ]

"""Which mix is regretted least? Worked by hand, and broken off and resumed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import years_world as world

from monazite.errors import InputError
from monazite.study.regret import Table, regret, value

# B's own mine costs 7, C sells 4 kt whatever the price. B pays 6 for 4 kt (8 for its users); with
# a credit of 3 it pays 5 for 5 kt (12.5, 1 for its mine, 3 paid); with a tariff of 1 it pays 6 and
# its treasury gets 4. Without C it makes 1 kt at 9 (0.5 and 2), whatever the rules.
CASE = world.world(
    facilities=[
        {"facility": "old", "country": "C", "capacity": 4.0, **world.MINE},
        {"facility": "own", "country": "B", "capacity": 1.0, "technology": "mine", "cost": 7.0,
         "stage": "mining"},
    ],
    projects=[],
    demand_paths=[{"path": "central", "sector": "all", "year": 2026, "index": 1.0}],
    demand=[{"country": "B", "sector": "all", "material": "m", "intercept": 10.0, "slope": 1.0}],
)  # fmt: skip
TEXT = """
members: [B]
years: "2025,2026"
demand: [central]
mixes:
  - {name: nothing}
  - name: credit
    rules: [{kind: production_credit, materials: [m], countries: [B], specific: 3.0}]
  - name: tariff
    rules: [{kind: tariff, materials: [m], importers: [B], specific: 1.0}]
answers:
  - {name: none}
  - name: ban
    rules: [{kind: export_ban, exporters: [C], materials: [m], start: 2026}]
"""
YEAR = 1 / 1.05  # what a MUSD of 2026 is worth in 2025


@pytest.fixture(scope="module")
def found() -> Any:
    return regret(Table.from_text(TEXT), case=CASE)


def test_regret_by_hand(found: Any) -> None:
    gain = {(m, a): g for m, a, g in found.runs.select("mix", "answer", "gain").rows()}
    assert gain["nothing", "none"] == gain["nothing", "ban"] == 0
    assert gain["credit", "none"] == pytest.approx(2.5 * YEAR)
    assert gain["tariff", "none"] == pytest.approx(4 * YEAR)
    assert gain["credit", "ban"] == pytest.approx(0, abs=1e-6)
    sad = {(m, a): r for m, a, r in found.runs.select("mix", "answer", "regret").rows()}
    assert sad["nothing", "none"] == pytest.approx(4 * YEAR)
    assert sad["credit", "none"] == pytest.approx(1.5 * YEAR)
    assert sad["tariff", "none"] == 0
    assert max(sad[m, "ban"] for m in ("nothing", "credit", "tariff")) == pytest.approx(0, abs=1e-6)


def test_value_is_what_members_gain(found: Any) -> None:
    """8 in both years, of which all is the users'; in 2026 with the credit 12.5 + 1 - 3."""
    rows = {(r["mix"], r["answer"]): r for r in found.runs.iter_rows(named=True)}
    assert rows["nothing", "none"]["value"] == pytest.approx(8 + 8 * YEAR)
    one = rows["credit", "none"]
    assert (one["users"], one["makers"], one["public"]) == pytest.approx(
        (8 + 12.5 * YEAR, YEAR, -3 * YEAR)
    )
    assert one["value"] == pytest.approx(one["users"] + one["makers"] + one["public"])


def test_values_of_all_the_world_are_welfare() -> None:
    solved = world.solved()
    worth = value(solved, ["B", "C"])
    assert worth["value"] == pytest.approx(solved.objective)


def test_the_careful_choice_stands_first(found: Any) -> None:
    worst = found.worst()
    assert worst["mix"].to_list() == ["tariff", "credit", "nothing"]
    assert worst["worst"].to_list() == pytest.approx([0, 1.5 * YEAR, 4 * YEAR], abs=1e-6)
    assert worst["mean"].to_list() == pytest.approx([0, 0.75 * YEAR, 2 * YEAR], abs=1e-6)


def test_what_was_broken_off_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every run is kept as it is done, and none is solved twice; other rules are other runs."""
    from monazite.study import regret as module

    table, solve, count = Table.from_text(TEXT), module.solved, [0]

    def counted(*args: Any, **more: Any) -> Any:
        count[0] += 1
        if count[0] == 4:
            raise KeyboardInterrupt
        return solve(*args, **more)

    monkeypatch.setattr(module, "solved", counted)
    with pytest.raises(KeyboardInterrupt):
        regret(table, case=CASE, keep=tmp_path)
    assert len(list(tmp_path.glob("*.json"))) == 3
    heard: list[tuple[int, int]] = []
    again = regret(table, case=CASE, keep=tmp_path, told=lambda *at: heard.append(at))
    assert (heard[0], heard[-1], count[0]) == ((3, 6), (6, 6), 7)
    assert again.runs["regret"].max() == pytest.approx(4 * YEAR)
    regret(
        Table.from_text(TEXT.replace("specific: 1.0", "specific: 2.0")), case=CASE, keep=tmp_path
    )
    assert count[0] == 9


def test_several_processes_find_the_same(found: Any) -> None:
    both = regret(Table.from_text(TEXT), case=CASE, workers=2)
    assert both.runs.select("mix", "demand", "answer").equals(
        found.runs.select("mix", "demand", "answer")
    )
    assert both.runs["value"].to_list() == pytest.approx(found.runs["value"].to_list(), rel=1e-4)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name: credit", "name: nothing"),
        ("specific: 3.0", "specific: dear"),
        ("demand: [central]", "demands: [central]"),
    ],
)
def test_faults_are_told(text: str, told: str) -> None:
    with pytest.raises(InputError) as error:
        Table.from_text(TEXT.replace(text, told))
    assert error.value.faults[0].line > 0


def test_unknown_names_are_told() -> None:
    with pytest.raises(InputError, match="BB"):
        regret(Table.from_text(TEXT.replace("members: [B]", "members: [BB]")), case=CASE)
    with pytest.raises(InputError, match="no table"):
        Table.find("nothing")


def test_the_shipped_table_asks_what_it_says() -> None:
    """Six mixes, three paths of demand, four answers."""
    assert Table.shipped() == ["six_mixes"]
    table = Table.find("six_mixes")
    assert (len(table.mixes), len(table.demand), len(table.answers)) == (6, 3, 4)
    assert len(table.jobs()) == 72
    assert len({job.digest for job in table.jobs()}) == 72


def test_a_mix_without_an_answer_is_not_the_careful_choice(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It stands last with no figure, is not kept, and is tried again from the start."""
    from monazite.errors import CertificateError
    from monazite.study import regret as module

    solve, begun = module.solved, []

    def failing(scenario: Any, **more: Any) -> Any:
        if any(rule.kind == "tariff" for rule in scenario.instruments):
            begun.append(more["near"] is not None)
            raise CertificateError("no proof")
        return solve(scenario, **more)

    monkeypatch.setattr(module, "solved", failing)
    found = regret(Table.from_text(TEXT), case=CASE, keep=tmp_path)
    assert begun == [True, False, True, False]
    assert found.worst()["mix"].to_list()[-1] == "tariff"
    assert found.worst()["worst"].to_list()[-1] is None
    assert found.runs.filter(mix="credit", answer="none")["regret"].item() == 0
    assert len(list(tmp_path.glob("*.json"))) == 4


def test_the_state_that_took_longest_to_settle_has_an_answer() -> None:
    """A border floor, credits, grants and a store under a price cut and fast demand: charges settle
    to a part in ten thousand, and no price inside lies above the floor unless China's does.
    """
    from monazite.study.variants import solved

    (job,) = [
        job
        for job in Table.find("six_mixes").jobs()
        if (job.mix, job.demand, job.answer) == ("together", "fast", "price_cut")
    ]
    outcome = solved(job.scenario)
    assert outcome.cleared.residual <= 1e-4
    for period in outcome.market.axes.periods[1:]:
        china = outcome.price("ndpr_oxide", "CHN", period)
        for member in ("USA", "JPN", "KOR"):
            assert outcome.price("ndpr_oxide", member, period) < max(110.0, china) + 8.0


def test_every_unknown_name_is_told_at_once_with_its_line_and_before_solving(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Members, paths, names in rules of mixes and answers; what an anchor hands on only once."""
    from monazite.study import regret as module

    monkeypatch.setattr(module, "solved", lambda *_, **__: pytest.fail("something was solved"))
    wrong = (
        TEXT.replace("members: [B]", "members: [B, BB]")
        .replace("[central]", "[central, centrall]")
        .replace("rules: [{kind: production", "rules: &mine [{kind: production")
        .replace("countries: [B]", "countries: [Z]")
        .replace("exporters: [C]", "exporters: [CC]")
        .replace("answers:", "  - {name: again, rules: *mine}\nanswers:")
    )
    with pytest.raises(InputError) as caught:
        regret(Table.from_text(wrong, "mine.yaml"), case=CASE)
    lines = wrong.splitlines()
    told = [(lines[one.line - 1], str(one)) for one in caught.value.faults]
    assert len(told) == 4
    for (line, text), what in zip(told, ("BB", "centrall", "Z", "CC"), strict=True):
        assert what in line and what in text and text.startswith("mine.yaml:") and "^" in text
    assert "mixes.1.rules.0.countries.0" in told[2][1] and "did you mean" in told[1][1]


def test_a_rule_that_does_not_fit_is_told_where_it_stands() -> None:
    wrong = TEXT.replace("specific: 1.0", "specific: dear")
    wrong = wrong.replace("{name: none}", "{name: x, scenario: clubb}")
    with pytest.raises(InputError) as caught:
        Table.from_text(wrong, "mine.yaml")
    first, second = caught.value.faults
    assert (first.line, second.line) == (10, 12)
    assert "mixes.2.rules.0.specific" in str(first) and "dear is not a number" in str(first)
    assert "did you mean club?" in str(second)


def test_other_fields_keep_the_lines_of_the_rest() -> None:
    wrong = Table.from_text(TEXT.replace("exporters: [C]", "exporters: [CC]"), "mine.yaml")
    with pytest.raises(InputError) as caught:
        regret(wrong.with_other(members=("BB",)), case=CASE)
    assert [(one.line, one.file) for one in caught.value.faults] == [
        (0, "regret"), (14, "mine.yaml"),
    ]  # fmt: skip

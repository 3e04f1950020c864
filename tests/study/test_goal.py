"""What a goal costs, worked by hand: the dual of its row, and the level of each lever."""

from __future__ import annotations

from typing import Any

import pytest
import years_world as world

from monazite.errors import InfeasibleError, InputError
from monazite.study.goal import CHEAPEST, Goal, at_level, least, price

# C sells 4 kt at a cost of 2; B can build up to 6 kt that cost 1 + an annuity of 7: 8 a kg.
# Without a goal p = 6 and nothing is built. Own supply of 2 needs p = 10 - 6 = 4: short of 8 by 4.
CASE = world.world(
    facilities=[
        {"facility": "old", "country": "C", "capacity": 4.0, **world.MINE},
        {"facility": "new", "country": "B", "capacity": 0.0, "status": "planned",
         "technology": "mine", "cost": 1.0, "stage": "mining"},
    ],
    projects=[{"facility": "new", "status": "planned", "earliest": 2025, "size": 6.0,
               "capex": 7.0, "wacc": 0.0, "life": 1.0}],
)  # fmt: skip
TEXT = """
members: [B]
stage: mining
share: {share}
of: {of}
by: 2026
years: "2025,2026"
levers:
  - name: credit
    high: 6
    rules:
      - {{kind: production_credit, materials: [m], countries: [B], specific: $level, start: 2026}}
  - name: weak
    high: 1
    rules:
      - {{kind: production_credit, materials: [m], countries: [B], specific: $level, start: 2026}}
"""


def goal(share: float = 0.5, of: str = "need", **more: Any) -> Goal:
    found = Goal.from_text(TEXT.format(share=share, of=of))
    return found.model_copy(update=more)


@pytest.fixture(scope="module")
def answer() -> Any:
    return price(goal(), case=CASE)


def test_the_dual_is_what_the_last_kg_costs_beyond_its_price(answer: Any) -> None:
    """Half of the 4 kt that B needs: 2 kt at 8 where users pay 4; paid to both, 8 MUSD."""
    row = answer.ways[0]
    assert (row.name, row.reached) == (CHEAPEST, True)
    assert row.level == pytest.approx(4.0, rel=1e-4)
    assert row.supply == pytest.approx((0.0, 0.5), abs=1e-5)
    sums = dict(row.cost.totals.select("line", "plain").rows())
    assert sums["support"] == pytest.approx(8.0, rel=1e-4)
    assert sums["users"] == pytest.approx(-(4 + 6) / 2 * 2, rel=1e-4)


def test_what_the_world_loses_is_less_than_what_is_paid(answer: Any) -> None:
    """2 kt of 8 in place of what 4 to 6 kt are worth: 2 * 8 - 2 * (6 + 4) / 2 = 6, discounted."""
    assert answer.ways[0].lost == pytest.approx(6 / 1.05, rel=1e-3)


def test_a_credit_on_all_own_supply_is_the_dual(answer: Any) -> None:
    """Nothing would be made anyway, so a credit of the dual is as cheap as the row."""
    credit = answer.ways[1]
    assert credit.reached and credit.level == pytest.approx(4.0, rel=0.02)
    table = answer.table().row(1, named=True)
    assert table["share"] == pytest.approx(0.5, rel=0.011)
    assert table["support"] == pytest.approx(8.0, rel=0.05)
    assert table["per_tonne"] == pytest.approx(4000, rel=0.02)


def test_a_lever_too_weak_says_so(answer: Any) -> None:
    """A credit of 1 builds nothing: 6 + 1 is less than 8."""
    weak = answer.ways[2]
    assert (weak.reached, weak.level) == (False, None)
    assert weak.supply == pytest.approx((0.0, 0.0), abs=1e-6)


@pytest.mark.parametrize(("of", "share"), [("world", 0.5), ("use", 0.5), ("need", 0.5)])
def test_references(of: str, share: float) -> None:
    """The world makes 4 kt, all of it used in B."""
    found = price(goal(share, of, levers=()), case=CASE)
    assert found.reference == pytest.approx((4, 4))
    assert found.base == pytest.approx((0, 0), abs=1e-6)
    assert found.market == pytest.approx(24)


def test_a_goal_out_of_reach_is_refused() -> None:
    with pytest.raises(InfeasibleError, match="2026"):
        price(goal(9.0, levers=()), case=CASE)


def test_level_stands_in_rules() -> None:
    rules = [{"specific": "$level", "phase_out": {2030: "0.5 * $level"}, "note": "level"}]
    assert at_level(rules, 4.0) == [{"specific": 4.0, "phase_out": {2030: 2.0}, "note": "level"}]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("high: 6\n", "high: 0\n"),
        ("$level, start", "3.0, start"),
        ("by: 2026", "by: 2030"),
        ("credit, materials: [m]", "credit, materials: 1"),
        ("share: 0.5", "share: -1"),
    ],
)
def test_faults_are_told(text: str, told: str) -> None:
    wrong = TEXT.format(share=0.5, of="need").replace(text, told)
    with pytest.raises(InputError) as error:
        Goal.from_text(wrong)
    assert error.value.faults[0].line > 0


def test_unknown_names_are_told() -> None:
    with pytest.raises(InputError, match="mining"):
        price(goal(levers=(), stage="minin"), case=CASE)
    with pytest.raises(InputError, match="no goal"):
        Goal.find("nothing")


def test_shipped_goals_can_be_read() -> None:
    assert Goal.shipped()
    for name in Goal.shipped():
        found = Goal.find(name)
        assert found.titled("zh") != found.titled("en") and found.levers


def test_search_by_hand() -> None:
    """A line, a step, and what is reached from the start or never."""
    assert least(lambda x: x - 3.0, 0.0, 10.0) == pytest.approx(3.0, abs=0.02)
    step = least(lambda x: 0.5 if x >= 4.0 else -0.5, 0.0, 10.0)
    assert step is not None and 4.0 <= step < 4.5
    assert least(lambda x: x, 0.0, 10.0) == 0.0
    assert least(lambda x: -1.0, 0.0, 10.0) is None


def test_a_goal_with_other_fields_is_checked_like_a_new_one() -> None:
    goal = Goal.find("us_refining")
    other = goal.with_other(share=0.6, members=("JPN",))
    assert (other.share, other.members, other.levers) == (0.6, ("JPN",), goal.levers)
    with pytest.raises(InputError, match="2090"):
        goal.with_other(by=2090)


def test_every_unknown_name_is_told_at_once_with_its_line_and_before_solving(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from monazite.study import goal as module

    monkeypatch.setattr(module, "solved", lambda *_, **__: pytest.fail("something was solved"))
    wrong = TEXT.format(share=0.5, of="need").replace("members: [B]", "members: [B, BB]")
    for right, name in (("stage: mining", "stage: minin"), ("countries: [B]", "countries: [Z]")):
        wrong = wrong.replace(right, name)
    with pytest.raises(InputError) as caught:
        price(Goal.from_text(wrong, "mine.yaml"), case=CASE)
    told = [str(one) for one in caught.value.faults]
    assert [one.line for one in caught.value.faults] == [2, 3, 12, 16]
    assert "did you mean mining?" in told[1] and "levers.1.rules.0.countries.0" in told[3]


def test_a_level_that_does_not_fit_is_told_with_its_rule() -> None:
    wrong = TEXT.format(share=0.5, of="need").replace("specific: $level", "specific: -1*$level", 1)
    with pytest.raises(InputError) as caught:
        Goal.from_text(wrong, "mine.yaml")
    (one,) = caught.value.faults
    assert one.line == 12 and "at a level of 6" in str(one) and "-6.0 is below 0" in str(one)

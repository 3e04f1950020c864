"""Clubs: by hand, with and without a member, their parts in the books."""

import polars as pl
import pytest

from monazite.data import Case
from monazite.errors import InputError

from .markets import gain, under

CLUB = {"kind": "club", "name": "club", "members": ["B", "C"], "duties": [{"specific": 1.0}]}


def world() -> Case:
    """A supplies at 1 + q, C at 3 + q, freight 1 to B from each; B uses 10 - P, duty 1 on all."""
    return Case.from_tables(
        {
            "curves": [
                {"country": c, "material": "m", "intercept": p, "slope": 1.0}
                for c, p in (("A", 1.0), ("C", 3.0))
            ],
            "demand": [{"country": "B", "material": "m", "intercept": 10.0, "slope": 1.0}],
            "arcs": [
                {"material": "m", "origin": o, "destination": "B", "freight": 1.0, "duty": 1.0}
                for o in "AC"
            ],
        },
        "world",
    )


def test_a_club_by_hand() -> None:
    before, after = under(world()), under(world(), CLUB)
    for outcome, shipped in ((before, (3, 1)), (after, (2, 2))):
        assert outcome.price("m", "B") == pytest.approx(6)
        assert [outcome.flow("m", o, "B") for o in "AC"] == pytest.approx(shipped)
        assert gain(outcome, "treasury", "B") == pytest.approx(4)
    books = after.books().filter(account="treasury")
    assert dict(books.group_by("item").agg(pl.col("amount").sum()).iter_rows()) == pytest.approx(
        {"duty": 2.0, "club/duties/1": 2.0}
    )
    assert [gain(after, "suppliers", o) for o in "AC"] == pytest.approx([2, 2])
    assert after.market.instruments[0].bound(after)


def test_a_member_that_leaves_meets_the_wall() -> None:
    outcome = under(world(), {**CLUB, "without": ["C"]})
    assert outcome.price("m", "B") == pytest.approx(20 / 3)
    assert [outcome.flow("m", o, "B") for o in "AC"] == pytest.approx([8 / 3, 2 / 3])
    assert gain(outcome, "treasury", "B") == pytest.approx(20 / 3)


@pytest.mark.parametrize("fields", [{"status": "suspended"}, {"duties": [], "free_inside": False}])
def test_a_club_of_nothing_is_no_club(fields: dict) -> None:
    outcome = under(world(), {**CLUB, **fields})
    assert [outcome.flow("m", o, "B") for o in "AC"] == pytest.approx([3, 1])


def test_a_suspended_club_suspends_its_parts() -> None:
    rule = under(world(), {**CLUB, "status": "proposed"}).market.instruments[0]
    assert {part.status for part in rule.parts} == {"proposed"}


def test_a_huge_duty_leaves_the_club_to_itself() -> None:
    """10 - P = P - 4: P = 7, 3 from C."""
    outcome = under(world(), {**CLUB, "duties": [{"rate": 9.0}, {"specific": 100.0}]})
    assert outcome.price("m", "B") == pytest.approx(7)
    assert outcome.flow("m", "A", "B") == pytest.approx(0, abs=1e-6)


def test_a_floor_and_a_content_rule_as_parts() -> None:
    """A floor of 5 on P[A] + 1 lifts A by 1, as the duty did; a content rule leaves C alone, 7."""
    floor = {"material": "m", "floor": 5.0, "reference": "entered_value"}
    outcome = under(world(), {**CLUB, "duties": [], "floors": [floor]})
    assert outcome.price("m", "B") == pytest.approx(6)
    assert outcome.flow("m", "A", "B") == pytest.approx(2)
    assert gain(outcome, "treasury", "B") == pytest.approx(2 + 2)
    only = under(world(), {**CLUB, "duties": [], "content": {"covered": ["A"]}})
    assert only.price("m@no_A", "B") == pytest.approx(7)
    assert only.flow("m", "A", "B") == pytest.approx(0, abs=1e-6)
    assert only.market.instruments[0].content.members == ("B", "C")


def test_clubs_add_up_in_any_order() -> None:
    wall = {"kind": "tariff", "name": "wall", "importers": ["B"], "origins": ["A"], "specific": 0.5}
    one, other = under(world(), CLUB, wall), under(world(), wall, CLUB)
    assert one.price("m", "B") == other.price("m", "B")
    assert one.ledger.residual < 1e-9


def test_strangers_are_refused() -> None:
    with pytest.raises(InputError, match="no members"):
        under(world(), {**CLUB, "without": ["A"]})
    with pytest.raises(InputError, match="every member"):
        under(world(), {**CLUB, "without": ["B", "C"]})


def test_over_the_years_every_part_begins_when_the_club_does() -> None:
    """A club without a date begins in 2026 (`rules_from`), and no part of it a year before."""
    import monazite as mz

    content = {"covered": ["A"], "sectors": ["defence"]}
    floor = {"material": "m", "floor": 7.0, "reference": "entered_value"}
    dated = {"specific": 1.0, "start": 2028}
    club = {**CLUB, "duties": [{"specific": 1.0}, dated], "floors": [floor], "content": content}
    years = {"grid": [2024, 2026, 2028]}
    begun = mz.Scenario.checked({"name": "y", "years": years, "instruments": [club]}).begun()
    (rule,) = begun.instruments
    assert [each.start for each in rule.parts] == [2026, 2028, 2026, 2026]

    duties = {**CLUB, "duties": [{"specific": 1.0}, dated]}
    asked = mz.Scenario.checked({"name": "y", "years": years, "instruments": [duties]})
    outcome = mz.run(asked, case=world())
    shipped = [
        [outcome.flow("m", o, "B", period) for o in "AC"] for period in ("2024", "2026", "2028")
    ]
    # 10 - P = P - 3 + P - 5; with the wall P - 4 + P - 4; with one of two P - 5 + P - 4, P = 19/3
    assert shipped[0] == pytest.approx([3, 1])
    assert shipped[1] == pytest.approx([2, 2])
    assert shipped[2] == pytest.approx([4 / 3, 7 / 3])

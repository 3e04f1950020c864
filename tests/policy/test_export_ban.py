"""Export bans: by hand, through third countries, at their limits, in the books."""

from typing import Any

import pytest

from monazite.data import Case

from .markets import gain, two_countries, under

BAN = {"kind": "export_ban", "name": "ban", "exporters": ["A"], "destinations": ["B"]}
THIRD = {**BAN, "through_third_countries": True}


def with_a_third(**more: Any) -> Case:
    """A supplies at 1 + q, C at 4 + q; B and C use 10 - q; freight 1 from A to both, C to B."""
    lanes = (("A", "B"), ("A", "C"), ("C", "B"))
    tables = {
        "curves": [
            {"country": c, "material": "m", "intercept": p, "slope": 1.0}
            for c, p in (("A", 1.0), ("C", 4.0))
        ],
        "demand": [
            {"country": c, "material": "m", "intercept": 10.0, "slope": 1.0} for c in ("B", "C")
        ],
        "arcs": [
            {"material": "m", "origin": a, "destination": b, "freight": 1.0, "knee": 1.0}
            for a, b in lanes
        ],
    }
    return Case.from_tables(tables | more, "with_a_third")


def test_free_trade_and_a_ban_by_hand() -> None:
    free, banned = under(with_a_third()), under(with_a_third(), BAN)
    assert [free.price("m", c) for c in "ABC"] == pytest.approx([5.5, 6.5, 6.5])
    assert [banned.price("m", c) for c in "ABC"] == pytest.approx([5.25, 7.25, 6.25])
    assert banned.flow("m", "A", "B") == 0
    assert banned.flow("m", "C", "B") == pytest.approx(2.75)


def test_a_ban_through_third_countries_by_hand() -> None:
    outcome = under(with_a_third(), THIRD)
    assert outcome.price("m@no_A", "B") == pytest.approx(7.5)
    assert outcome.price("m@no_A", "C") == pytest.approx(6.5)
    assert outcome.price("m", "C") == pytest.approx(6)
    assert outcome.flow("m", "C", "B") == pytest.approx(2.5)
    premium = outcome.classes.filter(country="C")["premium"].item()
    assert premium == pytest.approx(0.5)
    assert outcome.ledger.residual < 1e-9


def test_who_gains_and_who_loses() -> None:
    """A's suppliers and B's users lose, more with third countries. A's goods press on C's price;
    through third countries they cannot take the place of C's own.
    """
    free, ban, third = (under(with_a_third(), *r) for r in ((), (BAN,), (THIRD,)))
    suppliers = [[gain(one, "suppliers", c) for one in (free, ban, third)] for c in "AC"]
    assert suppliers[0] == pytest.approx([4.5**2 / 2, 4.25**2 / 2, 4**2 / 2])
    assert suppliers[1] == pytest.approx([2.5**2 / 2, 2.25**2 / 2, 2.5**2 / 2])
    assert gain(free, "users", "B") > gain(ban, "users", "B") > gain(third, "users", "B")


@pytest.mark.parametrize("rule", [{**BAN, "status": "suspended"}, {**THIRD, "status": "suspended"}])
def test_a_suspended_ban_is_no_ban(rule: dict) -> None:
    assert under(with_a_third(), rule).price("m", "B") == pytest.approx(6.5)


def test_without_another_source_nothing_is_had() -> None:
    outcome = under(two_countries(), {**THIRD, "destinations": []})
    assert outcome.price("m", "B") is None
    assert outcome.use["quantity"].sum() == pytest.approx(0, abs=1e-9)


def test_a_ban_that_nobody_minds_is_idle() -> None:
    """C does not sell to A in any case; A's ban is minded."""
    idle = {**BAN, "exporters": ["B"], "destinations": ["A"]}
    outcome = under(with_a_third(), idle, BAN)
    idle_rule, minded = outcome.market.instruments
    assert (idle_rule.bound(outcome), minded.bound(outcome)) == (False, True)


def test_two_bans_in_any_order() -> None:
    other = {**THIRD, "name": "other", "exporters": ["C"], "destinations": ["B"]}
    one, two = under(with_a_third(), THIRD, other), under(with_a_third(), other, THIRD)
    assert one.use.equals(two.use)
    assert one.price("m", "B") is None and two.price("m", "B") is None
    assert one.use.filter(country="B")["quantity"].item() == pytest.approx(0, abs=1e-9)


def test_a_dated_ban_holds_in_its_years() -> None:
    years = [{"period": str(y), "start": f"{y}-01-01", "years": 1.0} for y in (2024, 2025, 2026)]
    outcome = under(with_a_third(periods=years), {**THIRD, "start": 2025, "end": 2025})
    assert [outcome.price("m", "B", str(y)) for y in (2024, 2026)] == pytest.approx([6.5, 6.5])
    assert outcome.price("m@no_A", "B", "2025") == pytest.approx(7.5)
    assert outcome.flow("m", "A", "B", "2025") == 0

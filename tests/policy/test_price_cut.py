"""A rival's price cut: by hand, in sign, at its limits, in the books."""

from typing import Any

import pytest

import monazite as mz
from monazite.errors import InputError

from .markets import gain, under
from .test_production_quota import mine

CUT = {"kind": "price_cut", "name": "cut", "rivals": ["A"], "materials": ["m"]}


def at_home_and_abroad(**more: Any) -> mz.Case:
    """A mine in A with marginal cost 1 + x; users in A and B, p = 10 - q each; freight 1."""
    use = [{"country": c, "material": "m", "intercept": 10.0, "slope": 1.0} for c in "AB"]
    return mine(demand=use, **more)


def prices(outcome: Any) -> list[float]:
    return [outcome.price("m", country) for country in "AB"]


def test_a_cut_on_output_by_hand() -> None:
    """Of 2: 6 in A, 7 in B, x = 7, A's treasury pays 14."""
    outcome = under(at_home_and_abroad(), {**CUT, "specific": 2.0, "paid_on": "output"})
    assert prices(outcome) == pytest.approx([6, 7])
    assert gain(outcome, "treasury", "A") == pytest.approx(-14)


def test_a_cut_on_exports_by_hand() -> None:
    """Of 2: 22/3 in A, 19/3 in B, 11/3 exported, A's treasury pays 22/3."""
    outcome = under(at_home_and_abroad(), {**CUT, "specific": 2.0})
    assert prices(outcome) == pytest.approx([22 / 3, 19 / 3])
    assert outcome.flow("m", "A", "B") == pytest.approx(11 / 3)
    assert gain(outcome, "treasury", "A") == pytest.approx(-22 / 3)


def test_cuts_by_share_of_the_price() -> None:
    """On exports P in A: 10 - P + 10 - 0.75 P - 1 = P - 1 at 25 %. On output: = 1.25 P - 1."""
    abroad = under(at_home_and_abroad(), {**CUT, "rate": 0.25})
    home = 20 / 2.75
    assert prices(abroad) == pytest.approx([home, 0.75 * home + 1])
    everywhere = under(at_home_and_abroad(), {**CUT, "rate": 0.25, "paid_on": "output"})
    home = 20 / 3.25
    assert prices(everywhere) == pytest.approx([home, home + 1])
    assert gain(everywhere, "treasury") == pytest.approx(-0.25 * home * (1.25 * home - 1))


def test_another_producer_loses_and_users_abroad_gain() -> None:
    """C sells to B at marginal cost 2 + x; a cut of A's exports takes from it."""
    pits = {
        "facilities": [
            {"facility": f, "technology": "dig", "country": c, "capacity": 20.0, "cost": k}
            for f, c, k in (("pit", "A", 1.0), ("club_pit", "C", 2.0))
        ],
        "activities": [
            {"facility": f, "base": 1.0, "knee": 0.0, "slope": 1.0} for f in ("pit", "club_pit")
        ],
        "arcs": [{"material": "m", "origin": c, "destination": "B", "freight": 1.0} for c in "AC"],
    }
    free = under(at_home_and_abroad(**pits))
    after = under(at_home_and_abroad(**pits), {**CUT, "specific": 1.0})
    for account, country, sign in (
        ("producers", "C", -1),
        ("producers", "A", 1),
        ("users", "B", 1),
        ("users", "A", -1),
        ("treasury", "A", -1),
    ):
        change = gain(after, account, country) - gain(free, account, country)
        assert sign * change > 0.1, (account, country)
    assert after.ledger.welfare < free.ledger.welfare
    assert after.ledger.residual < 1e-9


def test_nothing_is_sent_out_and_home_for_the_subsidy() -> None:
    """A cut of 3 is more than the freight there and back; what returns pays it back."""
    both_ways = [
        {"material": "m", "origin": o, "destination": d, "freight": 1.0} for o, d in ("AB", "BA")
    ]
    outcome = under(at_home_and_abroad(arcs=both_ways), {**CUT, "specific": 3.0})
    assert outcome.flow("m", "B", "A") == pytest.approx(0, abs=1e-9)
    # 10 - P + 10 - (P - 2) = P - 1
    assert prices(outcome) == pytest.approx([23 / 3, 17 / 3])


@pytest.mark.parametrize(
    "fields",
    [
        {"specific": 0.0},
        {"rate": 0.0, "paid_on": "output"},
        {"specific": 2.0, "status": "suspended"},
        {"specific": 2.0, "rivals": ["B"]},
    ],
)
def test_a_cut_of_nothing_is_no_cut(fields: dict[str, Any]) -> None:
    outcome = under(at_home_and_abroad(), {**CUT, **fields})
    assert prices(outcome) == pytest.approx([20 / 3, 23 / 3], abs=1e-6)


def test_a_huge_cut_fills_the_market_abroad() -> None:
    """Of 100 on exports: the mine of 20 runs full and nobody at home can afford it."""
    outcome = under(at_home_and_abroad(), {**CUT, "specific": 100.0})
    assert outcome.flow("m", "A", "B") == pytest.approx(20)
    assert outcome.price("m", "B") == pytest.approx(-10)


def test_dates_and_order() -> None:
    periods = [{"period": "y1", "start": "2025-01-01"}, {"period": "y2", "start": "2026-01-01"}]
    rules = [
        {**CUT, "rate": 0.25, "start": 2026},
        {**CUT, "name": "more", "specific": 1.0, "paid_on": "output", "end": 2026},
    ]
    case = at_home_and_abroad(periods=periods)
    one, other = under(case, *rules), under(case, *rules[::-1])
    # the second lowers marginal cost by 1 in both years; 19 - 2 P = P in 2025
    assert one.price("m", "A", "y1") == pytest.approx(19 / 3)
    assert one.price("m", "A", "y2") == pytest.approx(19 / 2.75)
    assert one.price("m", "B", "y2") == pytest.approx(other.price("m", "B", "y2"), abs=1e-9)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"specific": 1.0, "rate": 0.1}, "not both"),
        ({"specific": 1.0, "destinations": ["B"], "paid_on": "output"}, "cut for all"),
        ({"specific": 1.0, "materials": ["mm"]}, "mm"),
        ({"rate": 1.0}, "1.0 is not below 1"),
    ],
)
def test_what_is_refused(fields: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        under(at_home_and_abroad(), {**CUT, **fields})

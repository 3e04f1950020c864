"""Where charges do not settle because a price runs on, the message says where and why."""

from __future__ import annotations

from dataclasses import replace

import monazite as mz
from monazite.model.market import Market
from monazite.model.search import Search


def solved() -> Search:
    """B uses 1.2 kt of tb at 10, elasticity -0.5 and straight above that; A has 1 kt: a sixth less
    costs a third more, 13.333, 0.1 of it freight and a fifth of the rest A's tax: 10.58667 in A.
    """
    case = mz.Case.from_tables(
        {
            "curves": [
                {"country": "A", "material": "tb", "intercept": 5.0, "slope": 0.0, "capacity": 1.0}
            ],
            "demand": [
                {"country": "B", "material": "tb", "price": 10.0, "quantity": 1.2,
                 "elasticity": -0.5}
            ],
            "arcs": [
                {"material": "tb", "origin": "A", "destination": "B", "freight": 0.1,
                 "export_rate": 0.25}
            ],
        },
        "two",
    )  # fmt: skip
    market = Market(case)
    inner = Search(market)
    prices = market.reference
    for _ in range(30):
        prices = inner.solve(prices)
    return inner


def test_a_price_that_runs_while_nothing_answers_is_told_with_its_place() -> None:
    inner = solved()
    a = int(inner.market.nodes.at[inner.market.arcs.origin_key[0]])
    assert abs(inner.prices[a] - 10.58667) < 1e-4
    inner.before = (inner.prices * 0.9, inner.solution)
    told = inner.deaf()
    assert "balance[tb,A" in told and "from 9.528 to 10.5867 USD/kg" in told
    assert "by 0 % only" in told


def test_a_price_that_use_answers_is_not() -> None:
    """Demand falls by half of what the price rises: that is an answer."""
    inner = solved()
    now = inner.solution
    inner.before = (inner.prices * 0.9, now)
    inner.solution = replace(now, x=now.x * 0.95)
    assert inner.deaf() == ""
    inner.before = None
    assert inner.deaf() == ""

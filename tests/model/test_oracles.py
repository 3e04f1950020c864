"""Do random chains give the prices that another modelling layer and another solver give?"""

from __future__ import annotations

import pytest
from random_chains import chain, clarabel
from small_markets import proved

from monazite.data import Case
from monazite.model import solve_market


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 4, 6])
def test_random_chains_agree_with_cvxpy_and_clarabel(seed: int) -> None:
    tables = chain(seed)
    outcome = solve_market(Case.from_tables(tables))
    proved(outcome)
    prices, welfare = clarabel(tables)
    assert -outcome.ledger.objective == pytest.approx(welfare, rel=1e-7)
    compared = 0
    moving = outcome.prices.filter(~outcome.prices["indicative"]).drop_nulls("price")
    for material, country, price in moving.select("material", "country", "price").iter_rows():
        assert price == pytest.approx(prices[material, country], rel=1e-6, abs=1e-6)
        compared += 1
    assert compared >= 8

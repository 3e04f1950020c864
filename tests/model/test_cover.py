"""Stocks with a cover that it costs something to fall below, by hand."""

import pytest

from monazite.data import Case
from monazite.model.outcome import solve_market


def test_a_holder_draws_down_until_being_short_costs_as_much_as_the_price_saves() -> None:
    """Demand p = 10 - q in two years, cover 2, being short costs 6 a year at 0: 3 (2 - L) at L.

    8 in store: prices are equal at L = 4, above the cover: 6 and 6. 3 in store:
    10 - (3 - L) = 3 (2 - L) + 10 - L gives L = 9/5, 8.8 now and 8.2 next year.
    """
    assert prices(8.0) == pytest.approx((4.0, 6.0, 6.0), abs=1e-6)
    assert prices(3.0) == pytest.approx((1.8, 8.8, 8.2), abs=1e-6)


def test_books_hold_the_cost_of_being_short() -> None:
    """3 * 0.2^2 / 2 after the first year, 3 * 2^2 / 2 after the second, when nothing is left."""
    outcome = two_years(3.0)
    paid = outcome.books().filter(item="cost of being short")
    assert paid["amount"].to_list() == pytest.approx([-0.06, -6.0], abs=1e-6)
    assert outcome.ledger.residual < 1e-9


def prices(supply: float) -> tuple[float, ...]:
    """The level after the first year, and the prices of both."""
    outcome = two_years(supply)
    found = [outcome.price("m", "A", t) for t in ("1", "2")]
    return (outcome.stocks["level"][0], *found)


def two_years(supply: float):
    """A market whose second year lives on what the first one left."""
    use = {"country": "A", "material": "m", "intercept": 10.0, "slope": 1.0}
    stock = {"country": "A", "material": "m", "initial": supply, "capacity": 100.0}
    tables = {
        "demand": [use],
        "stocks": [{**stock, "cover": 2.0, "short_cost": 6.0}],
        "periods": [{"period": t, "start": f"202{t}-01-01", "years": 1.0} for t in "12"],
    }
    return solve_market(Case.from_tables(tables, "two_years"))

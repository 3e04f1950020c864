"""Can a place keep several stocks of one material, each open in its own periods and directions?"""

import pytest

from .small_markets import demand, market, supply

ARC = {"material": "m", "origin": "A", "destination": "B", "freight": 1.0}
YEARS = [{"period": "y1", "start": "2025-01-01"}, {"period": "y2", "start": "2026-01-01"}]
KEPT = {"country": "B", "material": "m"}


def test_two_stocks_release_at_their_own_values() -> None:
    """Supply 1 + q, demand 10 - q, freight 1: 6 in B. The first empties, the second sets 5.5.

    10 - (q + r) = 2 + q = 5.5: q = 3.5, r = 1, of which 0.25 from the cheaper one.
    """
    cheap = {**KEPT, "stock": "cheap", "initial": 0.25, "capacity": 0.25, "final_value": 5.0}
    dear = {**KEPT, "stock": "dear", "initial": 2.0, "capacity": 2.0, "final_value": 5.5}
    outcome = market(
        curves=[supply()],
        demand=[demand()],
        arcs=[ARC],
        stocks=[{**each, "rate": 0.0, "rate_out": 9.0} for each in (cheap, dear)],
    )
    left = dict(outcome.stocks.select("stock", "level").iter_rows())
    assert left == pytest.approx({"cheap": 0.0, "dear": 1.25}, abs=1e-6)
    assert outcome.price("m", "B") == pytest.approx(5.5)


def test_a_stock_is_closed_in_periods_without_a_row() -> None:
    """At least 1 must be left after 2026, and only 2025 is open: 10 - (q - 1) = 2 + q, q = 4.5."""
    rows = [{**KEPT, "period": p, "capacity": 5.0, "final_minimum": 1.0} for p in ("y1", "y2")]
    rows[1]["rate"] = 0.0
    outcome = market(curves=[supply()], demand=[demand()], arcs=[ARC], periods=YEARS, stocks=rows)
    sold = [outcome.flow("m", "A", "B", p) for p in ("y1", "y2")]
    assert sold == pytest.approx([4.5, 4.0])
    closed = market(
        curves=[supply()],
        demand=[demand()],
        arcs=[ARC],
        periods=YEARS,
        stocks=[{**KEPT, "period": "y2", "capacity": 5.0, "final_value": 6.5}],
    )
    assert closed.stocks["stock_in"].to_list() == pytest.approx([0.0, 1.0], abs=1e-6)

"""Do limits hold in the periods they are given for, and only there?"""

import pytest

from .small_markets import demand, market, supply

TWO_YEARS = [{"period": "y1", "start": "2025-01-01"}, {"period": "y2", "start": "2026-01-01"}]
ARC = {"material": "m", "origin": "A", "destination": "B", "freight": 1.0}


@pytest.mark.parametrize(
    ("rows", "sold"),
    [
        ([{"upper": 3.0}], (3.0, 3.0)),
        ([{"upper": 3.0, "period": "y2"}], (4.0, 3.0)),
        ([{"upper": 3.0}, {"upper": 2.0, "period": "y1"}], (2.0, 3.0)),
    ],
)
def test_a_limit_holds_in_its_periods(rows: list[dict], sold: tuple[float, float]) -> None:
    """Supply 1 + q, demand 10 - q, freight 1: 4 without a limit; the rent is 8 - 2 q."""
    terms = [{"limit": "cap", **{k: ARC[k] for k in ("material", "origin", "destination")}}]
    outcome = market(
        curves=[supply()],
        demand=[demand()],
        arcs=[ARC],
        periods=TWO_YEARS,
        limits=[{"limit": "cap", "kind": "quota", **row} for row in rows],
        limit_terms=terms,
    )
    found = [outcome.flow("m", "A", "B", period) for period in ("y1", "y2")]
    assert found == pytest.approx(sold)
    assert outcome.limits["rent"].sum() == pytest.approx(sum(8 - 2 * q for q in sold))
    assert outcome.limits["used"].sum() == pytest.approx(sum(q for q in sold if q < 4))

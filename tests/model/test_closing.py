"""Mines that close: by their last year, by the life of what was built, on any grid; by hand."""

from __future__ import annotations

from typing import Any

import pytest

import monazite as mz
from monazite.model.outcome import Outcome, solve_market

COARSE = ((2024, 2), (2026, 2), (2028, 2), (2030, 5), (2035, 5), (2040, 5))
MINE = {"technology": "mine", "country": "A", "cost": 2.0}


def market(grid: tuple[tuple[int, int], ...], **tables: Any) -> Outcome:
    """Demand p = 10 - q and mines at a cost of 2, in periods of (first year, years)."""
    periods = [{"period": str(y), "start": f"{y}-01-01", "years": float(n)} for y, n in grid]
    given = {
        "recipes": [{"technology": "mine", "material": "m", "direction": "out", "quantity": 1.0}],
        "demand": [{"country": "A", "material": "m", "intercept": 10.0, "slope": 1.0}],
        "periods": periods,
    }
    return solve_market(mz.Case.from_tables(given | tables, "closing"))


def old(last_year: int | None, capacity: float = 4.0) -> dict[str, Any]:
    return {"facility": "old", "capacity": capacity, "last_year": last_year, **MINE}


def prices(outcome: Outcome) -> list[float | None]:
    return [outcome.price("m", "A", period) for period in outcome.market.axes.periods]


def dug(outcome: Outcome, facility: str = "old") -> float:
    """kt over all years."""
    years = dict(zip(outcome.market.axes.periods, outcome.market.axes.years, strict=True))
    rows = outcome.output.filter(facility=facility).select("period", "activity").rows()
    return float(sum(years[period] * amount for period, amount in rows))


def test_a_mine_that_closes_after_two_of_five_years_gives_two_fifths() -> None:
    """Last year 2031 in the period 2030 to 2034: 2/5 of 4 is 1.6, then nothing."""
    outcome = market(COARSE, facilities=[old(2031), {"facility": "new", "capacity": 1.0, **MINE}])
    assert prices(outcome) == pytest.approx([5, 5, 5, 9 - 1.6, 9, 9])


@pytest.mark.parametrize("last", [2023, 2024, 2027, 2030, 2032, 2036, 2044, 2050])
def test_the_same_is_dug_on_every_grid(last: int) -> None:
    """4 kt in each year from 2024 to the last one, whatever the periods."""
    yearly = tuple((year, 1) for year in range(2024, 2045))
    expected = 4.0 * min(max(last - 2023, 0), 21)
    assert dug(market(COARSE, facilities=[old(last)])) == pytest.approx(expected, abs=1e-5)
    assert dug(market(yearly, facilities=[old(last)])) == pytest.approx(expected, abs=1e-5)


def project(**more: Any) -> dict[str, Any]:
    row = {"facility": "new", "status": "committed", "size": 4.0, "capex": 1.0, "life": 100.0}
    return {"earliest": 2026, "wacc": 0.0, **row, **more}


def site(last_year: int | None = None) -> dict[str, Any]:
    return {
        **{"facility": "new", "capacity": 0.0, "status": "planned", "last_year": last_year},
        **MINE,
    }


def test_what_a_project_added_closes_with_its_mine() -> None:
    """4 kt/yr from 2026 to 2031 are 24 kt; the annuity of 1/100 is paid in those years."""
    outcome = market(COARSE, facilities=[site(2031)], projects=[project()])
    assert prices(outcome) == [None, *map(pytest.approx, (6, 6, 10 - 1.6)), None, None]
    assert dug(outcome, "new") == pytest.approx(24, abs=1e-5)
    capital = outcome.books().filter(item="capital")
    paid = dict(capital.select("period", "amount").rows())
    assert paid["2028"] == pytest.approx(-4 * 0.01)
    assert paid["2030"] == pytest.approx(-1.6 * 0.01)
    assert "2035" not in paid or paid["2035"] == pytest.approx(0)
    assert outcome.ledger.residual < 1e-9


def test_what_comes_after_a_mine_has_closed_is_not_built() -> None:
    """0.1 a year to a mine whose last year is 2031: 0.1 in 2030, 0.2 in 2031, then nothing stands,
    0.3 / 5 on the mean of 2030 to 2034.
    """
    slow = project(status="planned", earliest=2030, yearly=0.1, size=9.0)
    tables = {"facilities": [old(None), site(2031)], "projects": [slow]}
    coarse = market(((2030, 5), (2035, 5)), **tables)
    assert coarse.built == pytest.approx([0.1, 0.1, 0, 0, 0, *[0] * 5], abs=1e-6)
    assert prices(coarse) == pytest.approx([6 - 0.06, 6])
    fine = market(tuple((year, 1) for year in range(2030, 2040)), **tables)
    assert prices(fine) == pytest.approx([5.9, 5.8, *[6] * 8])


def test_the_life_of_a_mine_is_counted_from_its_first_year() -> None:
    """A life of six years from 2026 on ends after 2031, two years into the period 2030."""
    by_life = market(COARSE, facilities=[site()], projects=[project(life=6.0)])
    by_year = market(COARSE, facilities=[site(2031)], projects=[project()])
    assert prices(by_life) == pytest.approx(prices(by_year))
    assert dug(by_life, "new") == pytest.approx(24, abs=1e-5)


def test_nobody_builds_at_a_mine_about_to_close() -> None:
    """At an annuity of 2 a kg beside a cost of 2, a price of 10 pays; a mine closed in 2025 cannot.

    One that closes in 2026 is built for its one year: half a period, for which half is paid.
    """
    plan = project(status="planned", capex=20.0, life=10.0, size=9.0)
    yearly = ((2025, 1), (2026, 1), (2027, 1))
    assert market(yearly, facilities=[site(2025)], projects=[plan]).built.sum() == 0
    outcome = market(yearly, facilities=[site(2026)], projects=[plan])
    assert prices(outcome)[1] == pytest.approx(4)
    assert outcome.built == pytest.approx([6, 0], abs=1e-5)
    halves = market(((2025, 1), (2026, 2)), facilities=[site(2026)], projects=[plan])
    assert halves.built == pytest.approx([9], abs=1e-5)
    assert dug(halves, "new") == pytest.approx(9, abs=1e-5)

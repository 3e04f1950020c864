"""Capacity that is built for loads of several lengths: textbook results by name.

A year's load is cut into periods of part of a year, the heaviest first, so that whatever is built
at all is built for the first of them and paid for over all. A state of the world that comes with a
probability is a period of that length.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from monazite.data.case import Case
from monazite.model import solve_market

INVESTMENT = (10.0, 7.0, 16.0, 6.0)


# --- Birge and Louveaux ---------------------------------------------------------------------------


def cost(outcome: Any) -> float:
    """Investment and production cost: loads are fixed, so the objective holds nothing else."""
    return -outcome.objective


def with_price_of_capital(case: Case, price: float) -> Any:
    """The outcome where each unit of investment costs so much more."""
    projects = case.table("projects").with_columns(pl.col("capex") * (1.0 + price))
    return solve_market(Case.from_tables({**case.stated, "projects": projects}, "dearer"))


def test_birge_louveaux_1997_mean_load(solved):
    """At the mean load cost is 365. Plans are many, the book's (0, 3, 5, 2) is one of them: all
    have 5 of the third plant, the cheapest to run in the long mode, and 10 in all.
    """
    outcome = solved("birge_louveaux_1997_mean")
    assert cost(outcome) == pytest.approx(365, abs=1e-4)
    assert outcome.built.sum() == pytest.approx(10, abs=1e-5)
    assert outcome.built[2] == pytest.approx(5, abs=1e-5)


def test_birge_louveaux_1997_a_budget_is_a_price_on_capital(case):
    """With 120 to invest the book's optimum is 381.85, at (2.67, 4.00, 3.33, 2.00).

    monazite knows no budget; its dual is a price on capital. Least cost at that price, less what
    the price takes of 120, bounds the optimum from below at every price and meets it at the best
    (duality): 13/75, where a unit of plant 3 for one of plant 1 is worth just what it costs.
    """
    market = case("birge_louveaux_1997")
    bounds = {
        price: cost(with_price_of_capital(market, price)) - 120 * price
        for price in (0.0, 0.1, 13 / 75, 0.25, 0.5)
    }
    assert bounds[13 / 75] == pytest.approx(381.8533, abs=1e-3)
    assert max(bounds.values()) == bounds[13 / 75]
    assert bounds[0.0] == pytest.approx(380.12, abs=1e-3)


def test_birge_louveaux_1997_the_plan_of_the_book_costs_what_it_says(case):
    """Committed, the book's plan costs 381.85: its production is the cheapest there is."""
    market = case("birge_louveaux_1997")
    plan = pl.Series("size", [8 / 3, 4.0, 10 / 3, 2.0])
    fixed = market.table("projects").with_columns(plan, pl.lit("committed").alias("status"))
    outcome = solve_market(Case.from_tables({**market.stated, "projects": fixed}, "plan"))
    assert cost(outcome) == pytest.approx(381.85, abs=5e-3)
    assert float(np.dot(INVESTMENT, plan)) == pytest.approx(120)


def test_birge_louveaux_1997_the_plan_for_a_sure_load(case):
    """Least cost at the mean load with 12 to build: (0.833, 3, 4.17, 4), 383.99 on average."""
    market = case("birge_louveaux_1997")
    plan = pl.Series("size", [5 / 6, 3.0, 25 / 6, 4.0])
    fixed = market.table("projects").with_columns(plan, pl.lit("committed").alias("status"))
    outcome = solve_market(Case.from_tables({**market.stated, "projects": fixed}, "plan"))
    assert cost(outcome) == pytest.approx(383.99, abs=1e-2)


# --- screening curves -----------------------------------------------------------------------------

FINE = 0.001  # of a year: slices of the heaviest hours
COARSE = 0.02


def load_curve() -> list[tuple[float, float, float]]:
    """(from, to, load) of slices of the year; the load is 1000 (1 - part of the year)."""
    edges = [*np.arange(0, 0.02, FINE), *np.arange(0.02, 1.0 + COARSE / 2, COARSE)]
    return [
        (float(a), float(b), float(1000 * (1 - (a + b) / 2)))
        for a, b in zip(edges, edges[1:], strict=False)
    ]


def screening() -> Any:
    """Coal at 15 a year and 2 a unit, gas at 10 and 12, going without at 1012.

    A year of the example is written as ten, for no period is shorter than a day.
    """
    slices = load_curve()
    names = [f"{k:03d}" for k in range(len(slices))]
    plant = {"country": "A", "capacity": 0.0, "status": "planned"}
    tables = {
        "periods": [
            {"period": name, "years": 10 * (b - a),
             "start": (date(2030, 1, 1) + timedelta(days=3652.5 * a)).isoformat()}
            for name, (a, b, _) in zip(names, slices, strict=True)
        ],
        "facilities": [{"facility": "coal", "technology": "coal", "cost": 2.0, **plant},
                       {"facility": "gas", "technology": "gas", "cost": 12.0, **plant}],
        "recipes": [{"technology": t, "material": "power", "direction": "out", "quantity": 1.0}
                    for t in ("coal", "gas")],
        "demand": [{"country": "A", "material": "power", "form": "step", "block": 1,
                    "period": name, "price": 1012.0, "quantity": load}
                   for name, (_, _, load) in zip(names, slices, strict=True)],
        "projects": [{"facility": t, "status": "planned", "earliest": 2030, "size": 2000.0,
                      "capex": 10 * cost, "wacc": 0.0, "life": 10.0, "yearly": 1e6}
                     for t, cost in (("coal", 15.0), ("gas", 10.0))],
    }  # fmt: skip
    return solve_market(Case.from_tables(tables, "screening"))


@pytest.fixture(scope="module")
def mix() -> Any:
    return screening()


def test_pypsa_screening_curve_capacities(mix):
    """The curves cross at 0.5 and 0.01 of the year: coal for the load there, 500, gas up to 990."""
    built = mix.builds.group_by("facility").agg(pl.col("built").sum()).rows()
    sizes = dict(built)
    assert sizes["coal"] == pytest.approx(500, abs=1000 * COARSE / 2 + 1e-3)
    assert sizes["coal"] + sizes["gas"] == pytest.approx(990, abs=1000 * FINE / 2 + 1e-3)


def test_pypsa_screening_curve_prices(mix):
    """1012 for a hundredth of the year, 12 to its half, 2 after, but where the curves cross."""
    for name, (a, b, _) in zip(mix.market.axes.periods, load_curve(), strict=True):
        price = mix.price("power", "A", name)
        if b < 0.01 - 1e-9:
            assert price == pytest.approx(1012, abs=1e-2)
        elif a > 0.01 + FINE - 1e-9 and b < 0.5 - 1e-9:
            assert price == pytest.approx(12, abs=1e-2)
        elif a > 0.5 + 1e-9:
            assert price == pytest.approx(2, abs=1e-2)


def test_pypsa_screening_curve_nobody_earns_more_than_capital(mix):
    """Sales less what running and capital cost are nothing, for coal and for gas."""
    years = dict(zip(mix.market.axes.periods, mix.market.axes.years.tolist(), strict=True))
    books = mix.books().filter(account="producers")
    for plant in ("coal", "gas"):
        rows = books.filter(name=plant).select("period", "item", "amount").rows()
        sales = sum(amount * years[p] for p, item, amount in rows if item == "sales")
        profit = sum(amount * years[p] for p, _, amount in rows)
        assert sales > 1000
        assert profit == pytest.approx(0, abs=1e-5 * sales)


# --- Boiteux and Steiner --------------------------------------------------------------------------


def peaks(peak: float, night: float, running: float = 2.0, capacity: float = 6.0) -> Any:
    """Two halves of a year: demand p = peak - q, then night - q; a plant at `capacity` a year."""
    half = [("day", "2030-01-01", peak), ("night", "2030-07-02", night)]
    plant = {"facility": "plant", "technology": "t", "country": "A", "cost": running}
    tables = {
        "periods": [{"period": n, "start": start, "years": 0.5} for n, start, _ in half],
        "facilities": [{**plant, "capacity": 0.0, "status": "planned"}],
        "recipes": [{"technology": "t", "material": "m", "direction": "out", "quantity": 1.0}],
        "demand": [{"country": "A", "material": "m", "period": n, "intercept": i, "slope": 1.0}
                   for n, _, i in half],
        "projects": [{"facility": "plant", "status": "planned", "earliest": 2030, "size": 99.0,
                      "capex": capacity, "wacc": 0.0, "life": 1.0, "yearly": 1e4}],
    }  # fmt: skip
    return solve_market(Case.from_tables(tables, "peaks"))


def test_steiner_1957_a_firm_peak_pays_for_all_capacity():
    """6 a year is 12 on the peak's half: p = 2 + 12 by day, 2 at night; 16 are built."""
    outcome = peaks(30.0, 10.0)
    assert [outcome.price("m", "A", p) for p in ("day", "night")] == pytest.approx([14, 2])
    assert outcome.built.sum() == pytest.approx(16, abs=1e-5)
    assert outcome.use["quantity"].to_list() == pytest.approx([16, 8], abs=1e-5)


def test_steiner_1957_a_shifting_peak_is_shared():
    """Charged to the day alone, 14 would leave the day 6 and the night, at 2, would want 12.

    So both are full and share the 12: (20 - q) + (14 - q) = 4 + 12: q = 9, at 11 and 5.
    """
    outcome = peaks(20.0, 14.0)
    assert [outcome.price("m", "A", p) for p in ("day", "night")] == pytest.approx([11, 5])
    assert outcome.built.sum() == pytest.approx(9, abs=1e-5)
    assert outcome.use["quantity"].to_list() == pytest.approx([9, 9], abs=1e-5)

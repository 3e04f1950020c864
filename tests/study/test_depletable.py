"""A deposit that is dug once: a stock in the ground from which a mine takes its feed, by hand.

There is no table for the ore a mine has left. A deposit is a stock of a material in the ground that
nothing can be put into (`rate` 0) and that the mine's recipe takes as an input; the price of that
material is the royalty, what a kg in the ground is worth (Hotelling 1931, The Economics of
Exhaustible Resources, Journal of Political Economy 39(2)).
"""

from __future__ import annotations

from typing import Any

import pytest

import monazite as mz

DIG = {"technology": "dig", "country": "A", "cost": 2.0}
RECIPE = [
    {"technology": "dig", "material": "ground", "direction": "in", "quantity": 1.0},
    {"technology": "dig", "material": "ore", "direction": "out", "quantity": 1.0},
]


def run(
    deposit: float, discount: float = 0.25, years: int = 2, grid: tuple[int, ...] = (), **more: Any
) -> Any:
    """Demand p = 10 - q each year; digging costs 2; the deposit holds so many kt."""
    stock = {"country": "A", "material": "ground", "initial": deposit, "capacity": deposit}
    tables = {
        "facilities": [{"facility": "mine", "capacity": 20.0, **DIG}],
        "recipes": RECIPE,
        "demand": [{"country": "A", "material": "ore", "intercept": 10.0, "slope": 1.0}],
        "stocks": [{**stock, "rate": 0.0, "rate_out": 99.0}],
    } | more
    asked = {"first": 2025, "last": 2024 + years, "decided": 2025, "discount": discount,
             "grid": grid}  # fmt: skip
    scenario = mz.Scenario.checked({"name": "y", "years": asked})
    return mz.run(scenario, case=mz.Case.from_tables(tables, "deposit"))


def prices(outcome: Any, material: str = "ore") -> list[float | None]:
    return [outcome.price(material, "A", period) for period in outcome.market.axes.periods]


def test_hotelling_1931_the_royalty_rises_at_the_rate_of_interest() -> None:
    """1.25 (8 - q1) = 8 - q2 and q1 + q2 = 6: q1 = 8 / 2.25, royalties 4.444 and 5.556."""
    outcome = run(6.0)
    first = 8 / 2.25
    assert prices(outcome, "ground") == pytest.approx([8 - first, 1.25 * (8 - first)])
    assert prices(outcome) == pytest.approx([10 - first, 10 - (6 - first)])
    assert outcome.stocks["level"].to_list() == pytest.approx([6 - first, 0], abs=1e-6)


def test_stocks_count_every_year_of_a_period_and_royalties_the_calendar() -> None:
    """Two periods of two years out of 12: q1 + q2 = 6 a year, royalties 1.25^2 apart; of periods of
    two and three years the middles are 2.5 years apart.
    """
    first = (8 * 1.25**2 - 2) / (1 + 1.25**2)
    assert prices(run(12.0, grid=(2025, 2027))) == pytest.approx([10 - first, 4 + first])
    uneven = prices(run(12.0, grid=(2025, 2027, 2030)), "ground")
    assert (uneven[1] or 0) / (uneven[0] or 1) == pytest.approx(1.25**2.5)


def test_a_deposit_that_outlasts_the_horizon_is_worth_nothing() -> None:
    """16 is all that is wanted at the cost of digging: with 17 the royalty is nothing."""
    assert prices(run(17.0)) == pytest.approx([2, 2])
    assert prices(run(17.0), "ground") == pytest.approx([0, 0], abs=1e-5)
    dearer = run(15.0)
    assert prices(dearer, "ground")[1] == pytest.approx(1.25 * (prices(dearer, "ground")[0] or 0))


def test_without_interest_a_deposit_is_dug_evenly() -> None:
    assert prices(run(6.0, discount=0.0, years=3)) == pytest.approx([8, 8, 8])


def test_a_second_deposit_is_a_backstop() -> None:
    """A poor mine at 6 without limit: ore costs 6 in the end and 2 + (6 - 2) / 1.25 = 5.2 before.

    The rich deposit of 7 is dug first: 4.8 in 2025, the other 2.2 in 2026 with 1.8 of the poor one.
    """
    poor = {"facility": "poor", "technology": "poor", "country": "A", "cost": 6.0, "capacity": 9.0}
    made = {"technology": "poor", "material": "ore", "direction": "out", "quantity": 1.0}
    outcome = run(7.0, facilities=[{"facility": "mine", "capacity": 20.0, **DIG}, poor],
                  recipes=[*RECIPE, made])  # fmt: skip
    assert prices(outcome) == pytest.approx([5.2, 6.0])
    dug = outcome.output.filter(facility="poor")["activity"].to_list()
    assert dug == pytest.approx([0, 1.8], abs=1e-5)


def test_who_can_build_a_backstop_digs_sooner() -> None:
    """A plant at 2 a kg and an annuity of 3 from 2026 on makes ore cost 5 then, so 3 / 1.25 + 2 =
    4.4 before: of 7 kt, 5.6 are dug in 2025, 1.4 later, and 3.6 are built. At twice the capital the
    plant would need 8; the deposit alone makes 6 and 7, and none is built.
    """
    project = {"facility": "new", "status": "planned", "earliest": 2026, "size": 9.0, "life": 10.0}
    new = {"facility": "new", "technology": "poor", "country": "A", "cost": 2.0, "capacity": 0.0}
    made = {"technology": "poor", "material": "ore", "direction": "out", "quantity": 1.0}
    more = {
        "facilities": [{"facility": "mine", "capacity": 20.0, **DIG}, {**new, "status": "planned"}],
        "recipes": [*RECIPE, made],
    }
    built = run(7.0, projects=[{**project, "capex": 30.0, "wacc": 0.0}], **more)
    assert prices(built) == pytest.approx([4.4, 5.0])
    assert built.builds["built"].sum() == pytest.approx(3.6, abs=1e-5)
    dear = run(7.0, projects=[{**project, "capex": 60.0, "wacc": 0.0}], **more)
    assert prices(dear) == pytest.approx(prices(run(7.0)))
    assert dear.builds["built"].sum() == pytest.approx(0, abs=1e-6)


def test_a_store_stands_in_for_a_plant() -> None:
    """Demand 10 - q in 2025 and 14 - q in 2026, a mine of 6 at 2, no deposit.

    Carrying costs 1 a kg: of x kept, 10 - 6 + x + 1 = 14 - 6 - x, so x = 1.5 at 5.5 and 6.5. A
    plant at an annuity of 4 in 2026 makes ore cost 6 then, so 5 before: x = 1 and 1 is built.
    """
    ore = {"technology": "mine", "material": "ore", "direction": "out", "quantity": 1.0}
    mine = {"technology": "mine", "country": "A", "cost": 2.0}
    store = {"country": "A", "material": "ore", "capacity": 99.0, "carrying_cost": 1.0}
    demand = [{"country": "A", "material": "ore", "intercept": i, "slope": 1.0, "period": p}
              for p, i in (("2025", 10.0), ("2026", 14.0))]  # fmt: skip
    more: dict[str, Any] = {
        "facilities": [
            {"facility": "old", "capacity": 6.0, **mine},
            {"facility": "new", "capacity": 0.0, "status": "planned", **mine},
        ],
        "recipes": [ore], "stocks": [store], "demand": demand,
        "periods": [{"period": str(y), "start": f"{y}-01-01"} for y in (2025, 2026)],
    }  # fmt: skip
    kept = mz.run("today", case=mz.Case.from_tables(more, "store"))
    assert prices(kept) == pytest.approx([5.5, 6.5])
    assert kept.stocks["level"].to_list() == pytest.approx([1.5, 0], abs=1e-6)
    project = {"facility": "new", "status": "planned", "earliest": 2026, "size": 9.0, "life": 10.0}
    built = mz.run("today", case=mz.Case.from_tables(
        {**more, "projects": [{**project, "capex": 40.0, "wacc": 0.0}]}, "both"))  # fmt: skip
    assert prices(built) == pytest.approx([5.0, 6.0])
    assert built.stocks["level"].to_list() == pytest.approx([1.0, 0], abs=1e-6)
    assert built.builds["built"].sum() == pytest.approx(1.0, abs=1e-6)

"""Prices that a market leaves open: the one nearest to the case's own, wherever a search ended."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import monazite as mz
from monazite.kernel import Solution, certify
from monazite.model.outcome import solve_market
from monazite.model.solve import Cleared, clear
from monazite.model.tidy import with_quantities
from monazite.model.unique import unique


def case(reference: float = 5.0, **more: Any) -> mz.Case:
    """One kt of ore at cost 2 for a plant of 1 kt at cost 1; oxide sells at 10 - 1 = 9.

    The ore costs its mine 2 and is worth 8 to the plant: any price between is right.
    """
    tables: dict[str, Any] = {
        "recipes": [
            {"technology": "mine", "material": "ore", "direction": "out", "quantity": 1.0},
            {"technology": "plant", "material": "ore", "direction": "in", "quantity": 1.0},
            {"technology": "plant", "material": "oxide", "direction": "out", "quantity": 1.0},
        ],
        "facilities": [
            {"facility": "pit", "technology": "mine", "country": "A", "capacity": 1.0, "cost": 2.0},
            {"facility": "mill", "technology": "plant", "country": "A", "capacity": 1.0,
             "cost": 1.0},
        ],
        "demand": [{"country": "A", "material": "oxide", "intercept": 10.0, "slope": 1.0}],
        "prices": [{"material": "ore", "country": "A", "price": reference}],
    }  # fmt: skip
    for name, rows in more.items():
        tables[name] = [*tables.get(name, []), *rows]
    return mz.Case.from_tables(tables, "captive")


@pytest.mark.parametrize(("reference", "price"), [(5.0, 5.0), (1.0, 2.0), (30.0, 8.0)])
def test_the_price_of_captive_ore_is_the_right_one_nearest_to_the_cases_own(
    reference: float, price: float
) -> None:
    outcome = solve_market(case(reference))
    assert outcome.price("ore", "A") == pytest.approx(price, rel=1e-6)
    assert outcome.price("oxide", "A") == pytest.approx(9.0)
    assert outcome.ledger.residual < 1e-9
    assert outcome.certificate.ok


def shifted(found: Cleared, prices: dict[str, float], rents: dict[str, float]) -> Solution:
    """The same quantities at other prices [USD/kg] and rents, the slack referring to these."""
    market, here = found.market, found.solution
    y, cost = here.y.copy(), here.standard.cost.copy()
    materials = np.array(market.axes.materials)[market.nodes.material].tolist()
    for name, price in prices.items():
        node = materials.index(name)
        y[market.balance.start + node] = cost[market.slack.start + node] = price
    y[market.capacity.slice] = [-rents[name] for name in market.plants.facility]
    standard = replace(here.standard, cost=cost)
    return with_quantities(replace(here, y=y), standard, here.x, certify(standard, here.x, y))


@pytest.mark.parametrize("elsewhere", [2.5, 7.0, 8.0])
def test_it_does_not_depend_on_where_a_search_ended(elsewhere: float) -> None:
    """The same quantities proved at another price of ore lead to the same price, all rents with it:
    pit 5 - 2 = 3, mill 9 - 5 - 1 = 3.
    """
    found = clear(mz.Market(case()))
    market = found.market
    rents = {"pit": elsewhere - 2.0, "mill": 9.0 - elsewhere - 1.0}
    there = shifted(found, {"ore": elsewhere}, rents)
    assert there.certificate is not None and there.certificate.ok
    node = list(np.array(market.axes.materials)[market.nodes.material]).index("ore")
    told, _ = unique(market, there, there.y[market.balance.slice], 1e-6)
    assert told.value(market.balance)[node] == pytest.approx(5.0, abs=1e-6)
    assert told.value(market.capacity) == pytest.approx([-3.0, -3.0], abs=1e-5)
    assert told.certificate is not None and told.certificate.ok


@pytest.mark.parametrize(("reference", "price"), [(1.0, 2.0), (30.0, 8.0)])
def test_rents_are_never_below_nothing(reference: float, price: float) -> None:
    """From 5, towards a reference below the mine's cost or above what the plant can pay."""
    found = clear(mz.Market(case(reference)))
    market = found.market
    there = shifted(found, {"ore": 5.0}, {"pit": 3.0, "mill": 3.0})
    told, _ = unique(market, there, there.y[market.balance.slice], 1e-6)
    node = list(np.array(market.axes.materials)[market.nodes.material]).index("ore")
    assert told.value(market.balance)[node] == pytest.approx(price, rel=1e-6)
    assert told.value(market.capacity).max() <= 1e-6


def test_what_could_be_built_bounds_an_open_price() -> None:
    """A mine that would cost 2 and an annuity of 1 a year is not built while ore is at most 3.

    Two years share its annuity, so of references 5 each is brought down to 3: (p1 + p2) / 2 = 3.
    """
    a10 = 0.1 / (1 - 1.1**-10)
    later = {
        "facilities": [
            {"facility": "new", "technology": "mine", "country": "A", "capacity": 0.0, "cost": 2.0,
             "status": "planned"}
        ],
        "projects": [
            {"facility": "new", "status": "planned", "earliest": 2025, "size": 1.0,
             "capex": 1.0 / a10, "life": 10.0}
        ],
        "periods": [{"period": str(y), "start": f"{y}-01-01"} for y in (2025, 2026)],
    }  # fmt: skip
    outcome = solve_market(case(5.0, **later))
    assert outcome.built == pytest.approx([0.0, 0.0], abs=1e-6)
    prices = [outcome.price("ore", "A", period) for period in ("2025", "2026")]
    assert prices == pytest.approx([3.0, 3.0], abs=1e-5)


def test_a_charge_on_an_open_price_is_taken_on_the_price_that_is_told() -> None:
    """Ore is worth 9 in B, where it costs that; A's, taxed at a half, could not come at 6 or more:
    the case's own 3 would let it leave, so 6 is told, and 1.5 times 6 is 9.
    """
    abroad = {
        "curves": [{"country": "B", "material": "ore", "intercept": 9.0, "slope": 0.0}],
        "demand": [{"country": "B", "material": "ore", "intercept": 10.0, "slope": 1.0}],
        "arcs": [
            {"material": "ore", "origin": "A", "destination": "B", "export_rate": 0.5,
             "freight": 0.0}
        ],
    }  # fmt: skip
    outcome = solve_market(case(3.0, **abroad))
    assert outcome.price("ore", "B") == pytest.approx(9.0)
    assert outcome.price("ore", "A") == pytest.approx(6.0, rel=1e-5)
    assert outcome.flows["quantity"].sum() == pytest.approx(0.0, abs=1e-6)
    assert outcome.cleared.residual <= 1e-6


def test_equations_between_open_prices_are_met_exactly() -> None:
    """Ore by way of a press: 1 kg of ore, at 1 USD, gives a kg of cake, and only the mill takes it.
    Both prices are open, ore 5 and cake 6 by the references; the press, not full, ties them.
    """
    press = {
        "recipes": [
            {"technology": "press", "material": "ore", "direction": "in", "quantity": 1.0},
            {"technology": "press", "material": "cake", "direction": "out", "quantity": 1.0},
        ],
        "facilities": [
            {"facility": "press", "technology": "press", "country": "A", "capacity": 9.0,
             "cost": 1.0}
        ],
        "prices": [{"material": "cake", "country": "A", "price": 7.0}],
    }  # fmt: skip
    tables = case(5.0, **press).stated
    recipes = tables["recipes"].to_dicts()
    mill = {"technology": "plant", "material": "ore", "direction": "in"}
    for row in recipes:
        if mill.items() <= row.items():
            row["material"] = "cake"
    found = clear(mz.Market(mz.Case.from_tables({**tables, "recipes": recipes}, "press")))
    there = shifted(found, {"ore": 3.0, "cake": 4.0}, {"pit": 1.0, "mill": 4.0, "press": 0.0})
    told, _ = unique(found.market, there, there.y[found.market.balance.slice], 1e-6)
    price = told.value(found.market.balance)
    materials = np.array(found.market.axes.materials)[found.market.nodes.material].tolist()
    # the step from one to the other is 1, the references lie 2 apart: half a dollar less or more
    assert price[materials.index("ore")] == pytest.approx(5.5, rel=1e-6)
    assert price[materials.index("cake")] == pytest.approx(6.5, rel=1e-6)
    assert told.certificate is not None and told.certificate.worst < 1e-13


def test_where_nothing_is_open_the_answer_stays_as_it_is() -> None:
    """A mine with room to spare prices its ore at its cost."""
    found = clear(mz.Market(case(5.0, facilities=[
        {"facility": "more", "technology": "mine", "country": "A", "capacity": 2.0, "cost": 1.5}
    ])))  # fmt: skip
    used = np.zeros(found.market.nodes.size)
    told, same = unique(found.market, found.solution, used, 1e-6)
    assert told is found.solution and same is used
    price = found.solution.value(found.market.balance)
    assert sorted(price) == pytest.approx([1.5, 9.0], abs=1e-6)

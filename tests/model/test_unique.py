"""Prices that a market leaves open: the one nearest to the case's own, wherever a search ended."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import monazite as mz
from monazite.kernel import certify
from monazite.model.outcome import solve_market
from monazite.model.solve import clear
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


@pytest.mark.parametrize("elsewhere", [2.5, 7.0, 8.0])
def test_it_does_not_depend_on_where_a_search_ended(elsewhere: float) -> None:
    """The same quantities proved at another price of ore lead to the same price, all rents with it:
    pit 5 - 2 = 3, mill 9 - 5 - 1 = 3.
    """
    found = clear(mz.Market(case()))
    market, here = found.market, found.solution
    y, slack = here.y.copy(), market.slack.start
    node = list(np.array(market.axes.materials)[market.nodes.material]).index("ore")
    y[market.balance.start + node] = elsewhere
    y[market.capacity.slice] = [-(9.0 - elsewhere - 1.0), -(elsewhere - 2.0)]  # mill, pit
    cost = here.standard.cost.copy()
    cost[slack + node] = elsewhere
    standard = replace(here.standard, cost=cost)
    there = with_quantities(replace(here, y=y), standard, here.x, certify(standard, here.x, y))
    assert there.certificate is not None and there.certificate.ok
    told, _ = unique(market, there, y[market.balance.slice], 1e-6)
    assert told.value(market.balance)[node] == pytest.approx(5.0, abs=1e-6)
    assert told.value(market.capacity) == pytest.approx([-3.0, -3.0], abs=1e-5)
    assert told.certificate is not None and told.certificate.ok


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

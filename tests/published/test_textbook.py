"""Do the oldest propositions about markets hold? Each case can be solved on paper."""

from __future__ import annotations

import pytest

from monazite.data.case import Case
from monazite.model import solve_market


def market(**tables):
    """The outcome of a case in memory."""
    return solve_market(Case.from_tables(tables))


def linear(country, material, intercept, slope, **more):
    """A row of demand or of supply on a straight line."""
    return {
        "country": country, "material": material, "intercept": intercept, "slope": slope, **more,
    }  # fmt: skip


def used(outcome):
    """Quantity used by material and period."""
    return {(row["material"], row["period"]): row["quantity"] for row in outcome.use.to_dicts()}


# --- two countries --------------------------------------------------------------------------------


def two_countries(freight):
    """Home: demand p = 5 - q/20, supply p = -1 + q/20; Foreign: p = 4 - q/20 and p = -2 + q/20."""
    return market(
        demand=[linear("home", "wheat", 5.0, 0.05), linear("foreign", "wheat", 4.0, 0.05)],
        curves=[linear("home", "wheat", -1.0, 0.05), linear("foreign", "wheat", -2.0, 0.05)],
        arcs=[
            {"material": "wheat", "origin": "foreign", "destination": "home", "freight": freight},
            {"material": "wheat", "origin": "home", "destination": "foreign", "freight": freight},
        ],
    )


def test_two_countries_without_policy_share_one_price():
    """Home's import demand is (100 - 20 p) - (20 + 20 p) = 80 - 40 p, zero at p = 2; Foreign's
    export supply is (40 + 20 p) - (80 - 20 p) = 40 p - 40, zero at p = 1. Free trade: p = 1.5, 20
    traded.
    """
    outcome = two_countries(freight=0.0)
    assert outcome.price("wheat", "home") == pytest.approx(1.5, rel=1e-6)
    assert outcome.price("wheat", "foreign") == pytest.approx(1.5, rel=1e-6)
    # carried for nothing, goods may also go round in a circle: only the difference is determined
    there, back = outcome.flow("wheat", "foreign", "home"), outcome.flow("wheat", "home", "foreign")
    assert there - back == pytest.approx(20, rel=1e-6)
    assert outcome.use["quantity"].sum() == pytest.approx(120, rel=1e-6)


def test_two_countries_a_freight_of_half_the_gap_halves_trade():
    """80 - 40 (p + 1/2) = 40 p - 40: p = 1.25 abroad, 1.75 at home, 10 traded; freight 1: none."""
    outcome = two_countries(freight=0.5)
    assert outcome.price("wheat", "foreign") == pytest.approx(1.25, rel=1e-6)
    assert outcome.price("wheat", "home") == pytest.approx(1.75, rel=1e-6)
    assert outcome.flow("wheat", "foreign", "home") == pytest.approx(10, rel=1e-6)
    assert two_countries(freight=1.5).flow("wheat", "foreign", "home") == pytest.approx(0, abs=1e-6)


# --- Marshall: joint supply and derived demand ----------------------------------------------------


def beef_and_hides(beef, hides, disposal_cost=None):
    """One kg of cattle gives 0.5 kg of beef and 0.1 kg of hides at 3.5 USD/kg, any number of them.

    Demand: p = beef - q and p = hides - 10 q.
    """
    out = {"technology": "slaughter", "direction": "out"}
    return market(
        materials=[{"material": "beef"}, {"material": "hides", "disposal_cost": disposal_cost}],
        recipes=[
            {**out, "material": "beef", "quantity": 0.5},
            {**out, "material": "hides", "quantity": 0.1},
        ],
        facilities=[
            {
                "facility": "yard",
                "technology": "slaughter",
                "country": "home",
                "capacity": 100.0,
                "cost": 3.5,
            }
        ],
        demand=[linear("home", "beef", beef, 1.0), linear("home", "hides", hides, 10.0)],
    )


def test_marshall_1890_joint_products_share_the_cost_by_demand():
    """0.5 (10 - x/2) + 0.1 (20 - x) = 7 - 0.35 x = 3.5: x = 10, beef at 5, hides at 10."""
    outcome = beef_and_hides(10.0, 20.0)
    assert outcome.output["activity"].sum() == pytest.approx(10, rel=1e-6)
    assert outcome.price("beef", "home") == pytest.approx(5, rel=1e-6)
    assert outcome.price("hides", "home") == pytest.approx(10, rel=1e-6)
    assert outcome.output["scarcity_rent"].sum() == pytest.approx(0, abs=1e-6)


def test_marshall_1890_more_demand_for_beef_makes_hides_cheaper():
    """Beef at 13.5 - q: 8.75 - 0.35 x = 3.5, x = 15; beef rises from 5 to 6, hides fall to 5."""
    outcome = beef_and_hides(13.5, 20.0)
    assert outcome.price("beef", "home") == pytest.approx(6, rel=1e-6)
    assert outcome.price("hides", "home") == pytest.approx(5, rel=1e-6)


def test_marshall_1890_a_joint_product_in_excess_is_free():
    """Hides at 4 - 10 q: at most 0.4 wanted. Beef alone pays: 0.5 (10 - x/2) = 3.5, x = 6; of 0.6
    hides 0.2 are thrown away at no cost, their price is 0.
    """
    outcome = beef_and_hides(10.0, 4.0, disposal_cost=0.0)
    assert outcome.price("beef", "home") == pytest.approx(7, rel=1e-6)
    assert outcome.price("hides", "home") == pytest.approx(0, abs=1e-6)
    assert outcome.waste["quantity"].sum() == pytest.approx(0.2, rel=1e-5)


def test_marshall_1890_derived_demand_gives_the_netback():
    """4 kg of ore at p = 0.5 + q/8 make 1 kg of metal at 6 USD/kg, metal at p = 20 - q.

    20 - q = 6 + 4 (0.5 + 4q/8): 12 = 3 q, q = 4, metal at 16, ore at (16 - 6) / 4 = 2.5.
    """
    step = {"technology": "smelting"}
    outcome = market(
        recipes=[
            {**step, "material": "ore", "direction": "in", "quantity": 4.0},
            {**step, "material": "metal", "direction": "out", "quantity": 1.0},
        ],
        facilities=[
            {
                "facility": "smelter",
                "technology": "smelting",
                "country": "home",
                "capacity": 10.0,
                "cost": 6.0,
            }
        ],
        curves=[linear("home", "ore", 0.5, 0.125)],
        demand=[linear("home", "metal", 20.0, 1.0)],
    )
    assert outcome.price("metal", "home") == pytest.approx(16, rel=1e-6)
    assert outcome.price("ore", "home") == pytest.approx(2.5, rel=1e-6)
    assert outcome.output["activity"].sum() == pytest.approx(4, rel=1e-6)


# --- Hotelling: a stock over two years ------------------------------------------------------------


def two_years(carrying_cost, discount):
    """A stock of 10 kt, nothing produced, demand p = 12 - q in both years."""
    tables = {
        "periods": [
            {"period": "first", "start": "2030-01-01"},
            {"period": "second", "start": "2031-01-01"},
        ],
        "demand": [linear("home", "metal", 12.0, 1.0)],
        "stocks": [
            {
                "country": "home",
                "material": "metal",
                "initial": 10.0,
                "capacity": 10.0,
                "carrying_cost": carrying_cost,
            }
        ],
    }
    return solve_market(Case.from_tables(tables), discount=discount)


@pytest.mark.parametrize(
    ("carrying_cost", "discount", "first"),
    [
        (0.0, 0.0, 7.0),
        # 12 - (10 - q) = 12 - q + 1: q = 5.5 in the first year
        (1.0, 0.0, 6.5),
        # 12 - (10 - q) = 1.1 (12 - q): q = 11.2 / 2.1
        (0.0, 0.1, 12 - 11.2 / 2.1),
        # 12 - (10 - q) = 1.1 (12 - q + 1): q = 12.3 / 2.1
        (1.0, 0.1, 12 - 12.3 / 2.1),
    ],
)
def test_hotelling_1931_price_grows_by_interest_and_carrying_cost(carrying_cost, discount, first):
    """second = (1 + r) (first + carrying cost), and what both years use is the stock."""
    outcome = two_years(carrying_cost, discount)
    prices = [outcome.price("metal", "home", period) for period in ("first", "second")]
    assert prices[0] == pytest.approx(first, rel=1e-6)
    assert prices[1] == pytest.approx((1 + discount) * (first + carrying_cost), rel=1e-6)
    assert sum(used(outcome).values()) == pytest.approx(10, rel=1e-6)


def test_hotelling_1931_nothing_is_kept_when_carrying_costs_too_much():
    """Carrying at 15 exceeds 12 - 2, the most the second year would pay over the first year's 2."""
    outcome = two_years(15.0, 0.0)
    assert used(outcome)["metal", "first"] == pytest.approx(10, rel=1e-6)
    assert outcome.price("metal", "home", "first") == pytest.approx(2, rel=1e-6)


# --- Ricardo: rent of the better mines ------------------------------------------------------------


def three_mines(intercept):
    """Mines of 3 kt/yr each at 1, 2 and 4 USD/kg; demand p = intercept - q."""
    return market(
        recipes=[{"technology": "mine", "material": "ore", "direction": "out", "quantity": 1.0}],
        facilities=[
            {
                "facility": name,
                "technology": "mine",
                "country": "home",
                "capacity": 3.0,
                "cost": cost,
            }
            for name, cost in (("rich", 1.0), ("fair", 2.0), ("poor", 4.0))
        ],
        demand=[linear("home", "ore", intercept, 1.0)],
    )


@pytest.mark.parametrize(
    ("intercept", "price", "dug", "rents"),
    [
        # 12 - 4 = 8: the poor mine digs 2 and earns no rent
        (12.0, 4.0, {"rich": 3, "fair": 3, "poor": 2}, {"rich": 3, "fair": 2, "poor": 0}),
        # 9 - 6 = 3: between the costs of fair and poor, so fair is full and earns 1
        (9.0, 3.0, {"rich": 3, "fair": 3, "poor": 0}, {"rich": 2, "fair": 1, "poor": 0}),
        # 7 - 2 = 5: the fair mine digs 2 and earns no rent
        (7.0, 2.0, {"rich": 3, "fair": 2, "poor": 0}, {"rich": 1, "fair": 0, "poor": 0}),
    ],
)
def test_ricardo_1817_rent_is_price_less_cost_of_the_better_mine(intercept, price, dug, rents):
    """The marginal mine sets the price; every better one earns the difference per kg dug."""
    outcome = three_mines(intercept)
    assert outcome.price("ore", "home") == pytest.approx(price, rel=1e-6)
    rows = {row["facility"]: row for row in outcome.output.to_dicts()}
    for mine in dug:
        assert rows[mine]["activity"] == pytest.approx(dug[mine], rel=1e-6, abs=1e-6)
        assert rows[mine]["scarcity_rent"] == pytest.approx(rents[mine], rel=1e-6, abs=1e-6)

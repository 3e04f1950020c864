"""Do published problems of spatial price equilibrium give their published prices and flows?"""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from monazite.data import Case
from monazite.model import solve_market


def prices(outcome, material, countries):
    """Prices by country, as a list."""
    return [outcome.price(material, country) for country in countries]


def sums(frame, by, quantity="quantity"):
    """Sum of quantities by a column."""
    return dict(frame.group_by(by).agg(pl.col(quantity).sum()).rows())


def exports(outcome, material, countries):
    """Net exports by country."""
    flows = outcome.flows.filter(pl.col("material") == material)
    out, into = sums(flows, "origin"), sums(flows, "destination")
    return [out.get(country, 0.0) - into.get(country, 0.0) for country in countries]


def payoff(case, outcome):
    """Area under the linear demand curves less area under the linear supply curves less freight."""
    use = outcome.use.select("country", "material", pl.col("quantity").alias("q"))
    value = use.join(case.table("demand"), on=["country", "material"])
    value = value.select(pl.col("intercept") * pl.col("q") - pl.col("slope") * pl.col("q") ** 2 / 2)
    supplied = outcome.supply.select("country", "material", pl.col("quantity").alias("q"))
    supplied = supplied.join(case.table("curves"), on=["country", "material"])
    cost = supplied.select(
        pl.col("intercept") * pl.col("q") + pl.col("slope") * pl.col("q") ** 2 / 2
    )
    freight = (outcome.flows["quantity"] * outcome.flows["freight"]).sum()
    return value.to_series().sum() - cost.to_series().sum() - freight


def with_freight(case, freight):
    """The case with one freight on all arcs."""
    return Case.from_tables(
        {**case.stated, "arcs": case.table("arcs").with_columns(freight=pl.lit(freight))}
    )


def test_samuelson_1952_two_regions_by_hand(solved):
    """Excess supply of 1 is 1.5 p - 9, of 2 p - 14; with p2 = p1 + 3: p1 = 8, p2 = 11, trade 3."""
    outcome = solved("samuelson_1952")
    assert prices(outcome, "good", ("region_1", "region_2")) == pytest.approx([8, 11], rel=1e-6)
    assert outcome.flow("good", "region_1", "region_2") == pytest.approx(3, rel=1e-6)
    assert outcome.flow("good", "region_2", "region_1") == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("freight", [0.0, 2.0, 6.0, 8.5, 20.0])
def test_samuelson_1952_trade_if_and_only_if_the_gap_exceeds_freight(case, freight):
    """Prices apart are 6 and 14: trade = max(0, (8 - freight) / (2/3 + 1)), then gap = freight."""
    outcome = solve_market(with_freight(case("samuelson_1952"), freight))
    low, high = prices(outcome, "good", ("region_1", "region_2"))
    trade = outcome.flow("good", "region_1", "region_2") - outcome.flow(
        "good", "region_2", "region_1"
    )
    assert trade == pytest.approx(max(0.0, (8 - freight) / (5 / 3)), rel=1e-6, abs=1e-6)
    assert high - low == pytest.approx(min(freight, 8.0), rel=1e-6, abs=1e-6)


def test_samuelson_1952_net_social_payoff_is_the_area_and_the_greatest(case, solved):
    """Apart 24 + 50 = 74. Trade E adds the area between excess curves less freight:
    integral of 8 - 5e/3 over 0..E less 3E = 5E - 5E^2/6, greatest at E = 3: 7.5.
    """
    two, outcome = case("samuelson_1952"), solved("samuelson_1952")
    assert payoff(two, outcome) == pytest.approx(81.5, rel=1e-6)
    assert outcome.objective == pytest.approx(81.5, rel=1e-6)
    apart = solve_market(with_freight(two, 100.0))
    assert payoff(two, apart) == pytest.approx(74, rel=1e-6)
    export = np.linspace(0, 5, 501)
    gain = 5 * export - 5 * export**2 / 6
    assert payoff(two, outcome) - payoff(two, apart) == pytest.approx(gain.max(), rel=1e-6)


@pytest.mark.parametrize("region", ["region_1", "region_2"])
def test_samuelson_1952_more_net_supply_never_lowers_a_regions_exports(case, solved, region):
    """The second reason he gives, as a sign test: cheaper supply, more net exports."""
    two = case("samuelson_1952")
    moved = pl.when(pl.col("country") == region).then(pl.col("intercept") - 1.0)
    curves = two.table("curves").with_columns(intercept=moved.otherwise(pl.col("intercept")))
    after = exports(
        solve_market(Case.from_tables({**two.stated, "curves": curves})), "good", [region]
    )[0]
    assert after > exports(solved("samuelson_1952"), "good", [region])[0] + 0.1


def test_enke_1951_electric_circuit(case, solved):
    """Regions are nodes, prices voltages, freight batteries, diodes let trade run one way.

    Net supply of a region is conductance * (price - electromotive force); with 1 sending to 2 and
    3, Kirchhoff's laws are five linear equations for three voltages and two currents.
    """
    three, outcome = case("enke_1951"), solved("enke_1951")
    curve = {row["country"]: row for row in three.table("curves").to_dicts()}
    demand = {row["country"]: row for row in three.table("demand").to_dicts()}
    regions = ("region_1", "region_2", "region_3")
    g = [1 / curve[k]["slope"] + 1 / demand[k]["slope"] for k in regions]
    s = [curve[k]["intercept"] / curve[k]["slope"] + demand[k]["intercept"] / demand[k]["slope"]
         for k in regions]  # fmt: skip
    matrix = np.array(
        [
            [g[0], 0, 0, -1, -1],
            [0, g[1], 0, 1, 0],
            [0, 0, g[2], 0, 1],
            [-1, 1, 0, 0, 0],
            [-1, 0, 1, 0, 0],
        ]
    )
    volts = np.linalg.solve(matrix, [*s, 2.0, 3.0])
    assert prices(outcome, "good", regions) == pytest.approx(volts[:3], rel=1e-6)
    assert exports(outcome, "good", regions) == pytest.approx(
        [volts[3] + volts[4], -volts[3], -volts[4]], rel=1e-6
    )
    assert volts[:3] == pytest.approx([149 / 15, 179 / 15, 194 / 15])


def test_takayama_judge_1964_two_commodities_as_in_spatequ(solved):
    """By hand: 475 - 20 p = -201.5 + 41.5 p gives p = 11 for the first commodity in region 1, and
    816 - 37 p = -272 + 56.5 p gives p = 128/11 for the second; 2 sends to 1 and 3, freight apart.
    """
    outcome = solved("takayama_judge_1964")
    regions = ("region_1", "region_2", "region_3")
    assert prices(outcome, "commodity_1", regions) == pytest.approx([11, 9, 10], rel=1e-6)
    second = 128 / 11
    assert prices(outcome, "commodity_2", regions) == pytest.approx(
        [second, second - 3, second - 1], rel=1e-6
    )
    assert exports(outcome, "commodity_1", regions) == pytest.approx([-35.5, 70.5, -35], rel=1e-5)


def test_takayama_judge_1964_spatequ_objective_is_7906_9463(solved):
    """The optimum GAMS prints for spatequ, from our prices and flows by the library's formula:
    sum of alpha p + p (own p / 2 + cross) over demands, less the same over supplies, less freight.
    """
    outcome = solved("takayama_judge_1964")
    p = np.array([prices(outcome, f"commodity_{k}", ("region_1", "region_2", "region_3"))
                  for k in (1, 2)]).T  # fmt: skip
    demand_constant = np.array([[200, 300], [100, 200], [160, 250]])
    demand_own = np.array([[5, 5], [2.5, 10], [4, 5]])
    supply_own = np.array([[5, 7.5], [10, 12.5], [5, 7.5]])
    other = p[:, ::-1]
    demand = demand_constant * p - demand_own * p**2 + p * other
    supply = -np.array([50, 60]) * p + supply_own * p**2 + 0.5 * p * other
    freight = (outcome.flows["quantity"] * outcome.flows["freight"]).sum()
    assert demand.sum() - supply.sum() - freight == pytest.approx(7906.9463, abs=1e-3)


def test_takayama_judge_1964_own_price_by_hand(solved):
    """478 - 23 p = -200 + 40 p: p = 226/21 in region 1, freight 2 from region 2, 1 from 2 to 3."""
    outcome = solved("takayama_judge_1964_own_price")
    regions = ("region_1", "region_2", "region_3")
    top = 226 / 21
    assert prices(outcome, "commodity_1", regions) == pytest.approx(
        [top, top - 2, top - 1], rel=1e-6
    )
    assert outcome.flow("commodity_1", "region_2", "region_1") == pytest.approx(
        250 - 20 * top, rel=1e-5
    )


def test_miranda_fackler_2002_three_countries(solved):
    """Printed solution: prices 24, 27, 30 and net exports 6, 3, -9."""
    outcome = solved("miranda_fackler_2002")
    countries = ("country_1", "country_2", "country_3")
    assert prices(outcome, "good", countries) == pytest.approx([24, 27, 30], rel=1e-6)
    assert exports(outcome, "good", countries) == pytest.approx([6, 3, -9], rel=1e-5)


def test_miranda_fackler_2002_without_trade(case):
    """Printed solution without trade: prices 20, 23.4, 34.5."""
    three = case("miranda_fackler_2002")
    apart = solve_market(Case.from_tables({**three.stated, "arcs": three.table("arcs").clear()}))
    assert prices(apart, "good", ("country_1", "country_2", "country_3")) == pytest.approx(
        [20, 23.4, 34.5], rel=1e-6
    )

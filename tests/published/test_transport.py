"""Do published transport and production problems give their published optimum?"""

from __future__ import annotations

import polars as pl
import pytest

from monazite.data import Case
from monazite.model import solve_market

MARKETS = ("new_york", "chicago", "topeka")


def made(outcome, period=None):
    """Quantity by facility and material."""
    frame = outcome.production
    if period is not None:
        frame = frame.filter(pl.col("period") == period)
    return {(row["facility"], row["material"]): row["quantity"] for row in frame.to_dicts()}


def test_dantzig_1963_transport_costs_153_675(solved):
    """Chapter 3.3: least cost 153.675; one optimum leaves Seattle with 300, the other with 350."""
    outcome = solved("dantzig_1963")
    assert -outcome.objective == pytest.approx(153.675, rel=1e-9)
    assert outcome.flow("cases", "seattle", "chicago") == pytest.approx(300)
    assert outcome.flow("cases", "san_diego", "topeka") == pytest.approx(275)
    to_new_york = [outcome.flow("cases", plant, "new_york") for plant in ("seattle", "san_diego")]
    assert sum(to_new_york) == pytest.approx(325)
    assert -1e-6 <= to_new_york[0] <= 50 + 1e-6


def test_dantzig_1963_prices_are_the_duals_of_the_markets(solved):
    """Duals 0.225, 0.153, 0.126; the cases are free at the plants, which have some to spare."""
    outcome = solved("dantzig_1963")
    prices = [outcome.price("cases", market) for market in MARKETS]
    assert prices == pytest.approx([0.225, 0.153, 0.126], rel=1e-6)
    assert outcome.price("cases", "seattle") == pytest.approx(0, abs=1e-6)


def test_dantzig_1963_elastic_demand_repeats_the_fixed_solution(case):
    """transmcp: demand curves through the optimum of the fixed problem give that optimum again."""
    elastic = case("dantzig_1963_elastic")
    freight = case("dantzig_1963").table("arcs")
    outcome = solve_market(Case.from_tables({**elastic.stated, "arcs": freight.drop("source")}))
    assert [outcome.price("cases", market) for market in MARKETS] == pytest.approx(
        [0.225, 0.153, 0.126], rel=1e-6
    )
    used = dict(outcome.use.select("country", "quantity").rows())
    assert [used[market] for market in MARKETS] == pytest.approx([325, 300, 275], rel=1e-6)


def test_dantzig_1963_elastic_half_freight_to_chicago(solved):
    """Counter-factual of transmcp, by hand.

    San Diego serves New York and Topeka as before (600). Chicago takes all that Seattle can make:
    300 (0.153/p)^1.2 = 350, p = 0.153 (300/350)^(1/1.2), below 0.162 from San Diego; Seattle earns
    p - 0.0765 per case of capacity.
    """
    outcome = solved("dantzig_1963_elastic")
    chicago = 0.153 * (300 / 350) ** (1 / 1.2)
    assert [outcome.price("cases", market) for market in MARKETS] == pytest.approx(
        [0.225, chicago, 0.126], rel=1e-5
    )
    assert outcome.flow("cases", "seattle", "chicago") == pytest.approx(350, rel=1e-6)
    assert outcome.price("cases", "seattle") == pytest.approx(chicago - 0.0765, rel=1e-5)
    rents = dict(outcome.output.select("facility", "scarcity_rent").rows())
    assert rents["seattle_plant"] == pytest.approx(chicago - 0.0765, rel=1e-5)


def test_fourer_2003_transp_costs_196200(solved):
    """Section 3.2: objective 196200; the book shows two optimal plans, so only the cost is one."""
    assert -solved("fourer_2003_transp").objective == pytest.approx(196200, rel=1e-7)


def test_fourer_2003_multi_costs_199500(solved):
    """Section 4.1: objective 199500 with at most 625 tons of all products on every route."""
    outcome = solved("fourer_2003_multi")
    assert -outcome.objective == pytest.approx(199500, rel=1e-7)
    total = outcome.flows.group_by("origin", "destination").agg(pl.col("quantity").sum())
    route = {(o, d): q for o, d, q in total.rows()}
    # Section 20.2 prints the totals; those to WIN and FRE differ between optimal plans
    book = {
        "clev": {"det": 625, "fra": 275, "laf": 225, "lan": 400, "stl": 550},
        "gary": {"det": 0, "fra": 0, "fre": 625, "laf": 150, "lan": 0, "stl": 625, "win": 0},
        "pitt": {"det": 525, "fra": 625, "laf": 625, "lan": 100, "stl": 625},
    }
    for origin, row in book.items():
        for destination, tons in row.items():
            assert route.get((origin, destination), 0) == pytest.approx(tons, rel=1e-5, abs=1e-2)
    assert max(route.values()) <= 625 * (1 + 1e-6)


def test_fourer_2003_multi_fills_six_routes(solved):
    """Section 20.2: six totals are 625, the limit; only a full route has a rent."""
    limits = solved("fourer_2003_multi").limits
    full = limits.filter((pl.col("used") - 625).abs() < 1e-3)
    assert sorted(full["limit"]) == [
        "clev_det", "gary_fre", "gary_stl", "pitt_fra", "pitt_laf", "pitt_stl",
    ]  # fmt: skip
    assert limits.filter(pl.col("used") < 624)["rent"].max() == pytest.approx(0, abs=1e-4)


def test_fourer_2003_steelp_makes_and_ships_for_1392175(solved):
    """Section 4.3: objective 1392175 = 1215250 for making + 176925 for shipping, and tons made."""
    outcome = solved("fourer_2003_steelp")
    making = (outcome.output["activity"] * outcome.output["cost"]).sum()
    shipping = (outcome.flows["quantity"] * outcome.flows["freight"]).sum()
    assert making == pytest.approx(1215250, rel=1e-6)
    assert shipping == pytest.approx(176925, rel=1e-6)
    assert -outcome.objective == pytest.approx(1392175, rel=1e-7)
    tons = made(outcome)
    book = {"gary": (1125, 1750, 300), "clev": (0, 1950, 0), "pitt": (775, 500, 500)}
    for mill, row in book.items():
        for product, quantity in zip(("bands", "coils", "plate"), row, strict=True):
            found = tons.get((f"{mill}_{product}", product), 0.0)
            assert found == pytest.approx(quantity, rel=1e-6, abs=1e-3)


def test_fourer_2003_steelp_prices_an_hour_of_each_mill(solved):
    """Section 4.3 prints the duals of Time: GARY -2800, CLEV -1300, PITT 0.

    They are what one more hour saves; one hour less costs 3040 and 1522.86. Any rent between is a
    dual, and prices that are as near to their reference (here 0) as they can be take the lower.
    """
    rents = dict(solved("fourer_2003_steelp").limits.select("limit", "rent").rows())
    assert rents["gary_hours"] == pytest.approx(2800, rel=5e-4)
    assert rents["clev_hours"] == pytest.approx(1300, rel=5e-4)
    assert rents["pitt_hours"] == pytest.approx(0, abs=1e-6)
    assert rents["gary_hours"] > 2800 - 1e-3 and rents["clev_hours"] > 1300 - 1e-3


# section 4.2: tons made, sold, and left at the end of the week, of bands and of coils
STEEL_WEEKS = {
    "week_1": ((5990, 1407), (6000, 307), (0, 1100)),
    "week_2": ((6000, 1400), (6000, 2500), (0, 0)),
    "week_3": ((1400, 3500), (1400, 3500), (0, 0)),
    "week_4": ((2000, 4200), (2000, 4200), (0, 0)),
}


@pytest.mark.parametrize("week", STEEL_WEEKS)
def test_fourer_2003_steelt_makes_sells_and_keeps(solved, week):
    """Section 4.2: coils of the first week wait for the better price of the second."""
    outcome = solved("fourer_2003_steelt")
    make, sell, keep = STEEL_WEEKS[week]
    tons = made(outcome, week)
    here = pl.col("period") == week
    sold = dict(outcome.use.filter(here).select("material", "quantity").rows())
    kept = dict(outcome.stocks.filter(here).select("material", "level").rows())
    for k, product in enumerate(("bands", "coils")):
        assert tons["rolling_mill", product] == pytest.approx(make[k], rel=1e-6)
        assert sold[product] == pytest.approx(sell[k], rel=1e-6)
        assert kept[product] == pytest.approx(keep[k], rel=1e-6, abs=1e-2)


def test_fourer_2003_steelt_earns_515033(solved):
    """Section 4.2: objective 515033, revenue less the cost of making and of keeping.

    The book's prices are what users would pay at most, so the profit is the gain of all.
    """
    outcome = solved("fourer_2003_steelt")
    assert outcome.objective == pytest.approx(515033, abs=0.5)

"""By-products over the years: what finishing costs holds their prices up, and what nobody wants
stays unfinished.
"""

from functools import cache

import pytest

from monazite.data import builtin
from monazite.data.source import read_source
from monazite.model import solve_market
from monazite.study.ask import over_years, run

YEARS = ("2024", "2026", "2028", "2030", "2035", "2040")
FINISHED = {
    "la_oxide": "la_unfinished",
    "ce_oxide": "ce_unfinished",
    "sm_oxide": "sm_unfinished",
    "gd_oxide": "gd_unfinished",
    "y_oxide": "y_unfinished",
    "other_heavy_oxide": "other_unfinished",
}
LOSS = 1.01  # kg of unfinished oxide in a kg of finished


@cache
def today():
    return run(over_years("today", ",".join(YEARS)))


def cheapest(oxide: str) -> float:
    """The least cost of finishing a kg in China, USD/kg."""
    case = builtin("rare_earths")
    made = case.table("recipes").filter(material=oxide, direction="out").select("technology")
    plants = case.table("facilities").join(made.unique(), on="technology", how="semi")
    return float(plants.filter(country="CHN")["cost"].min())


@pytest.mark.parametrize(("oxide", "raw"), FINISHED.items())
@pytest.mark.parametrize("year", YEARS)
def test_no_finished_oxide_is_cheaper_than_finishing_it(oxide, raw, year):
    """Unfinished 0.02 to be rid of: La and Ce 0.35, Sm, Gd and Y 0.8, the others 5.4 USD/kg."""
    least = {"la_oxide": 0.35, "ce_oxide": 0.35, "other_heavy_oxide": 5.4}.get(oxide, 0.8)
    assert cheapest(oxide) == pytest.approx(least)
    assert today().price(raw, "CHN", year) >= -0.02 - 1e-6
    assert today().price(oxide, "CHN", year) >= least - LOSS * 0.02 - 1e-6
    made = today().production.filter(material=oxide, country="CHN", period=year)
    assert made["quantity"].sum() > 0


@pytest.mark.parametrize("year", YEARS)
def test_what_is_left_unfinished_is_worth_less_than_nothing(year):
    """A surplus stays at the separator: there the oxide costs a plant's cost and capital, and the
    unfinished good its disposal; without a surplus nothing is left.
    """
    left = today().waste.filter(material="other_unfinished", country="CHN", period=year)
    raw = today().price("other_unfinished", "CHN", year)
    if year in ("2035", "2040"):
        assert left["quantity"].sum() > 0.05
        assert raw == pytest.approx(-0.02, abs=1e-4)
        capital = 18 * 0.07 / (1 - 1.07**-20)  # 1.70 USD/kg of a plant for a kg a year
        price = today().price("other_heavy_oxide", "CHN", year)
        assert price == pytest.approx(5.4 + capital - LOSS * 0.02, abs=0.3)
    else:
        assert left["quantity"].sum() == pytest.approx(0.0, abs=1e-6)
        assert raw > (0 if year == "2030" else 20)


def test_gadolinium_stays_below_the_neodymium_it_stands_for():
    """Cheap, more of it goes into magnets; at 0.93 of NdPr oxide it has no reason to."""
    for year in YEARS:
        gd, ndpr = (today().price(m, "CHN", year) for m in ("gd_oxide", "ndpr_oxide"))
        assert 0.15 < gd / ndpr < 0.93
        assert today().price("gd_unfinished", "CHN", year) > 5.0


def test_the_slope_of_gadolinium_in_magnets_is_what_its_note_says():
    """Nothing at 0.93 x 48.18 = 44.8 USD/kg, and 20.9 in 2024: -1 / (44.8 / 20.9 - 1) = -0.875;
    low at 0.6 x 48.18 = 28.9, high at 75 / 1.13 = 66.4.
    """
    source = read_source("rare_earths")
    price = {m: p for m, place, p in source["prices"].select("material", "place", "price").rows()
             if place == "CHN"}  # fmt: skip
    gd, ndpr = price["gd_oxide"], price["ndpr_oxide"]
    told = source["elasticities"].filter(key="demand_gd_magnets").row(0, named=True)
    for name, nothing in (("value", 0.93 * ndpr), ("low", 0.6 * ndpr), ("high", 75 / 1.13)):
        assert told[name] == pytest.approx(-1 / (nothing / gd - 1), abs=0.02)
    used = builtin("rare_earths").table("demand").filter(material="gd_oxide")
    slopes = dict(used.select("sector", "elasticity").unique().rows())
    assert slopes == {"magnets": told["value"], "medical_other": -0.2}


def test_nothing_of_it_is_left_in_the_base_year():
    """All gadolinium and other heavies that the sources count were used; Y, Sm, La and Ce not."""
    base = solve_market(builtin("rare_earths"))
    left = dict(base.waste.filter(country="CHN").select("material", "quantity").rows())
    assert left["gd_unfinished"] == pytest.approx(0.0, abs=1e-6)
    assert left["other_unfinished"] == pytest.approx(0.0, abs=1e-6)
    assert min(left[m] for m in ("y_unfinished", "sm_unfinished", "la_unfinished")) > 1.0
    assert base.price("gd_oxide", "CHN") == pytest.approx(20.9, rel=0.01)

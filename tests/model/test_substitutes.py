"""Substitutes: one input for another at a fixed rate, on paper and in the reference world."""

import polars as pl
import pytest

from monazite.data import builtin
from monazite.data.source import read_source
from monazite.model import solve_market
from monazite.model.substitutes import with_substitutes
from monazite.study.ask import over_years, run

OXIDE = {"dy": ("Dy", 1.1), "tb": ("Tb", 1.2)}
TOLD = {"basis": "assumption", "source": "us", "note": None}


def recipe(technology, mode, material, direction, quantity):
    key = {"technology": technology, "mode": mode, "material": material, "direction": direction}
    return key | {"quantity": quantity, "low": quantity, "high": quantity} | TOLD


def case(price_tb=300.0):
    """A blank of 0.02 kg Dy and 0.004 kg Tb; 1.5 kg of blank make a magnet and its waste."""
    plant = {"facility": "mill", "mode": "main", "base": 10.0, "residual": 1.0, "loss_carried": 0.0}
    return {
        "recipes": pl.DataFrame([
            recipe("press", "main", "dy", "in", 0.02),
            recipe("press", "main", "tb", "in", 0.004),
            recipe("press", "main", "blank", "out", 1.0),
            recipe("cut", "main", "blank", "in", 1.5),
            recipe("cut", "main", "magnet", "out", 1.0),
            recipe("cut", "main", "waste", "out", 0.2),
        ], schema_overrides={"note": pl.String}),
        "activities": pl.DataFrame([
            plant | {"knee": 9.0, "slope": 0.5, "basis": "derived", "source": "us", "low": 9.0,
                     "high": 11.0}
        ]),
        "facilities": pl.DataFrame([{"facility": "mill", "technology": "press", "country": "A"}]),
        "composition": pl.DataFrame(
            [("blank", "Dy", 0.022), ("magnet", "Dy", 0.027), ("waste", "Dy", 0.03),
             ("blank", "Tb", 0.0048)],
            schema=["material", "element", "share"], orient="row",
        ),
        "prices": pl.DataFrame(
            [("dy", "A", 200.0), ("tb", "A", price_tb)],
            schema=["material", "country", "price"], orient="row",
        ),
    }  # fmt: skip


def given(**changed):
    row = {"technology": "press", "mode": "with_tb", "of": "main", "replaced": "dy", "by": "tb",
           "part": 0.5, "per": 2.0, "low": 1.6, "high": 2.5, **TOLD}  # fmt: skip
    return pl.DataFrame([row | changed])


def quantities(found, mode):
    rows = found["recipes"].filter(technology="press", mode=mode)
    return dict(rows.select("material", "quantity").iter_rows())


def test_half_the_dysprosium_goes_and_half_as_much_terbium_comes():
    """0.02 (1 - 0.5) = 0.01 kg Dy; 0.004 + 0.5 x 0.02 / 2 = 0.009 kg Tb, at most / 1.6."""
    found = with_substitutes(case(), given(), OXIDE)
    assert quantities(found, "with_tb") == pytest.approx({"dy": 0.01, "tb": 0.009, "blank": 1.0})
    assert quantities(found, "main") == pytest.approx({"dy": 0.02, "tb": 0.004, "blank": 1.0})
    tb = found["recipes"].filter(mode="with_tb", material="tb").row(0, named=True)
    assert (tb["low"], tb["high"]) == pytest.approx((0.004 + 0.01 / 2.5, 0.004 + 0.01 / 1.6))


def test_an_input_that_the_parent_does_not_take_comes_as_a_line_of_its_own():
    """0.5 x 0.02 / 2 = 0.005 kg of something new for 0.01 kg Dy; it used to vanish."""
    found = with_substitutes(case(), given(by="gd"), OXIDE)
    wanted = {"dy": 0.01, "tb": 0.004, "gd": 0.005, "blank": 1.0}
    assert quantities(found, "with_tb") == pytest.approx(wanted)
    gd = found["recipes"].filter(mode="with_tb", material="gd").row(0, named=True)
    assert (gd["direction"], gd["low"], gd["high"]) == ("in", 0.01 / 2.5, 0.01 / 1.6)


def test_what_is_surely_held_falls_and_waste_keeps_its_own():
    """Blank 0.022 - 0.5 x 0.02 x 1.1 = 0.011; magnet 1.5 x 0.011 - 0.2 x 0.03 = 0.0105."""
    held = with_substitutes(case(), given(), OXIDE)["composition"]
    shares = {(m, e): s for m, e, s in held.iter_rows()}
    assert shares == pytest.approx({
        ("blank", "Dy"): 0.011, ("magnet", "Dy"): 0.0105, ("waste", "Dy"): 0.03,
        ("blank", "Tb"): 0.0048,
    })  # fmt: skip


def test_what_another_mode_leaves_out_already_stays_the_least():
    """A magnet that also comes from a leaner blank surely holds 0.005, less than 0.0105."""
    tables = case()
    poor = pl.when(pl.col("material") == "magnet").then(0.005).otherwise("share")
    tables["composition"] = tables["composition"].with_columns(share=poor)
    held = with_substitutes(tables, given(), OXIDE)["composition"]
    assert held.filter(material="magnet")["share"].to_list() == [0.005]


@pytest.mark.parametrize(
    ("price_tb", "wins"),
    [(600.0, 0.0), (400.0, 0.5), (300.0, 1.0)],
)
def test_it_does_not_win_at_base_prices(price_tb, wins):
    """It saves 0.01 (200 - P/2) USD/kg; the flat part of the parent lies 0.5 (10 - 9) below."""
    rows = with_substitutes(case(price_tb), given(), OXIDE)["activities"]
    found = rows.filter(mode="with_tb").row(0, named=True)
    assert found["residual"] == pytest.approx(1.0 + wins)
    assert (found["base"], found["knee"], found["slope"]) == (0.0, 9.0, 0.5)


def test_terbium_that_can_stand_for_dysprosium_is_never_nearly_free():
    """Over the years a kg of Tb metal costs between what it replaces of Dy and what Dy replaces of
    it, wherever blanks with either are made; and nothing of it is used in the base year.
    """
    low, high = (
        f(read_source("rare_earths")["substitutes"].filter(by=by)["per"])
        for f, by in ((max, "tb_metal"), (lambda s: 1 / min(s), "dy_metal"))
    )
    assert (low, high) == pytest.approx((1.95, 5.0))
    base = solve_market(builtin("rare_earths"))
    changed = pl.col("mode").str.contains("_(tb|dy)$")
    assert base.output.filter(changed)["activity"].max() == pytest.approx(0.0, abs=1e-6)
    later = run(over_years("today", "2024,2030,2040"))
    for year in ("2030", "2040"):
        ratio = later.price("tb_metal", "CHN", year) / later.price("dy_metal", "CHN", year)
        assert low - 0.1 < ratio < high + 0.1
    assert later.output.filter(changed, period="2040")["activity"].sum() > 1.0

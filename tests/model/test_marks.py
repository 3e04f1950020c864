"""Classes of a material: by hand, binding sums, and nothing where nothing asks."""

from itertools import combinations
from typing import Any

import polars as pl
import pytest

from monazite.data import Case, builtin
from monazite.model import Market, Outcome, solve_market

from .small_markets import gain, market, proved

MARK = {
    "marks": [{"mark": "A"}],
    "mark_terms": [{"mark": "A", "country": "A"}, {"mark": "A", "material": "m"}],
}


def two_origins(**captive: Any) -> Outcome:
    """Cheap supply p = 1 + q in A, dear p = 4 + q in C with freight 1 + q/2; two users in B."""
    return market(
        curves=[
            {"country": "A", "material": "m", "intercept": 1.0, "slope": 1.0},
            {"country": "C", "material": "m", "intercept": 4.0, "slope": 1.0},
        ],
        demand=[
            {"country": "B", "material": "m", "sector": "civil", "intercept": 10.0, "slope": 1.0},
            {
                **{"country": "B", "material": "m", "sector": "captive"},
                **{"intercept": 10.0, "slope": 2.0, "free_of": "A", **captive},
            },
        ],
        arcs=[
            {"material": "m", "origin": "A", "destination": "B", "freight": 1.0},
            {"material": "m", "origin": "C", "destination": "B", "freight": 1.0}
            | {"knee": 0.0, "slope": 0.5},
        ],
        **MARK,
    )


def test_a_captive_user_by_hand() -> None:
    """Captive: 10 - 2 q = 4 + q + 1 + q/2, q = 10/7, 50/7; civil: 10 - s = 1 + s + 1, s = 4, 6."""
    outcome = two_origins()
    assert outcome.price("m@no_A", "B") == pytest.approx(50 / 7)
    assert outcome.price("m", "B") == pytest.approx(6)
    row = outcome.classes.filter(pl.col("country") == "B").row(0, named=True)
    assert (row["material"], row["free_of"]) == ("m", "no_A")
    assert row["premium"] == pytest.approx(50 / 7 - 6)
    assert row["used"] == pytest.approx(10 / 7)


def test_a_waiver_by_hand() -> None:
    """0.25 of any class: 10 - 2 (q + 1/4) = 5 + 3/2 q, q = 9/7, 97/14; s = 4.125 from A."""
    outcome = two_origins(waived=0.25)
    assert outcome.flow("m@no_A", "C", "B") == pytest.approx(9 / 7)
    assert outcome.flow("m", "A", "B") == pytest.approx(4.125)
    assert outcome.price("m@no_A", "B") == pytest.approx(97 / 14)
    assert outcome.price("m", "B") == pytest.approx(6.125)
    captive = 9 / 7 + 0.25
    value = 10 * captive - captive**2 + 10 * 3.875 - 3.875**2 / 2
    paid = 97 / 14 * 9 / 7 + 6.125 * (3.875 + 0.25)
    assert gain(outcome, "users") == pytest.approx(value - paid)


def test_a_waiver_larger_than_use_is_no_rule() -> None:
    free, waived = two_origins(free_of=None), two_origins(waived=100.0)
    assert waived.price("m", "B") == pytest.approx(free.price("m", "B"))
    assert waived.use["quantity"].to_list() == pytest.approx(free.use["quantity"].to_list())


def test_goods_are_not_carried_under_false_marks() -> None:
    """A clean flow on a lane that is asked to be clean, none where the origin marks it."""
    outcome = two_origins()
    assert outcome.flow("m@no_A", "A", "B") == 0
    lane = {"material": "m", "origin": "A", "destination": "B"}
    tables = {
        "curves": [{"country": "A", "material": "m", "intercept": 1.0, "slope": 1.0}],
        "demand": [{"country": "B", "material": "m", "intercept": 10.0, "slope": 1.0}],
    }
    barred = market(**tables, **MARK, arcs=[{**lane, "free_of": "A"}])
    assert barred.price("m", "B") is None
    assert len(barred.market.arcs.material) == 0


def chain(**captive: Any) -> dict[str, Any]:
    """Ore at 1 from A and at 4 from C; a plant in B at 2 + x/2 makes metal and as much slag."""
    return {
        "curves": [
            {"country": "A", "material": "ore", "intercept": 1.0, "slope": 0.0},
            {"country": "C", "material": "ore", "intercept": 4.0, "slope": 0.0},
        ],
        "recipes": [
            {"technology": "melt", "material": "ore", "direction": "in", "quantity": 2.0},
            {"technology": "melt", "material": "metal", "direction": "out", "quantity": 1.0},
            {"technology": "melt", "material": "slag", "direction": "out", "quantity": 1.0},
        ],
        "facilities": [
            {"facility": "p", "technology": "melt", "country": "B", "capacity": 9.0, "cost": 2.0}
        ],
        "activities": [{"facility": "p", "base": 3.0, "knee": 0.0, "slope": 0.5}],
        "demand": [
            {"country": "B", "material": "metal", "sector": "civil", "form": "fixed"}
            | {"quantity": 2.0},
            {"country": "B", "material": "metal", "sector": "captive", "form": "fixed"}
            | {"quantity": 1.0, **captive},
            {"country": "B", "material": "slag", "form": "step", "price": 0.5, "quantity": 9.0},
        ],
        "arcs": [
            {"material": "ore", "origin": "A", "destination": "B"},
            {"material": "ore", "origin": "C", "destination": "B"},
        ],
        "marks": [{"mark": "A"}],
        "mark_terms": [{"mark": "A", "country": "A"}]
        + [{"mark": "A", "material": m} for m in ("ore", "metal")],
    }


def test_rising_cost_binds_the_sum_of_classes() -> None:
    """x = 3 at 2 + 3/2 each: 2 ore + 3.5 - 0.5 of slag is 5 of any ore, 11 of clean ore."""
    outcome = market(**chain(free_of="A"))
    assert outcome.price("metal", "B") == pytest.approx(2 * 1 + 3.5 - 0.5)
    assert outcome.price("metal@no_A", "B") == pytest.approx(2 * 4 + 3.5 - 0.5)
    assert outcome.flow("ore", "C", "B") == pytest.approx(2)
    assert outcome.production.filter(pl.col("material") == "metal")["quantity"].sum() == (
        pytest.approx(3)
    )
    assert gain(outcome, "producers") == pytest.approx(3 * 1.5 / 2)


def test_capacity_binds_the_sum_of_classes() -> None:
    tables = chain(free_of="A")
    tables["facilities"][0]["capacity"] = 2.5
    outcome = market(**tables)
    assert outcome.output["activity"].sum() == pytest.approx(2.5)
    assert outcome.use["unserved"].sum() == pytest.approx(0.5)


def test_an_input_of_little_value_does_not_mark() -> None:
    """Ore at 1 of metal at 5 and slag at 0.5 is 2/5.5 of the value of what comes out."""
    price = [("ore", 1.0), ("metal", 5.0), ("slag", 0.5)]
    known = [{"material": m, "country": "B", "price": p} for m, p in price]
    for least, clean in ((0.36, 11), (0.37, 5)):
        tables = chain(free_of="A") | {"prices": known}
        tables["marks"] = [{"mark": "A", "de_minimis": least}]
        assert market(**tables).price("metal@no_A", "B") == pytest.approx(clean)


def test_a_plant_marks_what_it_makes() -> None:
    tables = chain(free_of="p_owned", form="linear", intercept=10.0, slope=1.0, quantity=None)
    tables["marks"].append({"mark": "p_owned"})
    tables["mark_terms"] += [
        {"mark": "p_owned", "facility": "p"},
        {"mark": "p_owned", "material": "metal"},
        {"mark": "p_owned", "material": "ore"},
    ]
    outcome = market(**tables)
    assert outcome.price("metal@no_p_owned", "B") is None
    assert outcome.output["activity"].sum() == pytest.approx(2)
    assert outcome.price("metal", "B") == pytest.approx(2 * 1 + 3 - 0.5)


def traced(case: Case, *places: str) -> Case:
    """The case with every material split by each of the places, asked for by users who may take
    100 kt of anything all the same: by turns free of the first, of the second, of both.
    """
    terms = [{"mark": p, "country": p} for p in places]
    terms += [
        {"mark": p, "material": m} for p in places for m in case.table("materials")["material"]
    ]
    marks = {"marks": [{"mark": p} for p in places], "mark_terms": terms}
    listings = ["; ".join(each) for n in range(1, 3) for each in combinations(places, n)]
    demand = case.table("demand")
    asked = [listings[k % len(listings)] for k in range(demand.height)]
    demand = demand.with_columns(free_of=pl.Series(asked), waived=pl.lit(100.0))
    return Case.from_tables(case.stated | marks | {"demand": demand}, "traced")


@pytest.mark.parametrize("places", [("CHN",), ("CHN", "AUS")])
def test_a_split_that_binds_nothing_changes_nothing(places: tuple[str, ...]) -> None:
    """Prices and quantities of the reference world within 1e-6, shares too."""
    case = builtin("rare_earths")
    before, after = solve_market(case), solve_market(traced(case, *places))
    assert len(after.market.way_parts.of) > 10 and len(after.market.arc_parts.of) > 100
    proved(after)
    firm = before.prices.filter(~pl.col("indicative") & pl.col("price").is_not_null())
    both = firm.join(after.prices, on=["period", "material", "country"], suffix="_after")
    assert both.height == firm.height
    off = (both["price"] - both["price_after"]).abs() / both["price"].abs().clip(0.01)
    assert off.max() < 1e-6
    for name, quantity in (("flows", "quantity"), ("use", "quantity"), ("output", "activity")):
        one, other = getattr(before, name), getattr(after, name)
        assert (one[quantity] - other[quantity]).abs().max() < 1e-6
    for measure, share in before.shares.items():
        assert share["by_place"] == pytest.approx(after.shares[measure]["by_place"], abs=1e-6)


def test_what_nobody_asks_for_is_not_told_apart() -> None:
    """Free of A is asked for, free of C is not: one variant, and none without any asking."""
    tables = chain(free_of="A")
    tables["marks"] = [{"mark": "A"}, {"mark": "C"}]
    tables["mark_terms"] += [{"mark": "C", "country": "C"}, {"mark": "C", "material": "metal"}]
    outcome = market(**tables)
    assert [m for m in outcome.market.axes.materials if "@" in m] == ["metal@no_A", "ore@no_A"]
    assert outcome.price("metal@no_A", "B") == pytest.approx(11)
    tables["demand"][1]["free_of"] = None
    assert "metal@no_A" not in market(**tables).market.axes.materials


def test_without_marks_the_program_is_the_same() -> None:
    blocks = Market(Case.from_tables({k: v for k, v in chain().items() if "mark" not in k}))
    assert not {"activity_part", "flow_part", "blend", "waived"} & set(blocks.standard.blocks)

"""Shares, the largest supplier's stop, days of cover and idle plants by year, worked by hand."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
import years_world as world

from monazite.study.building import capacity_steps, idle
from monazite.study.concentration import concentration, shares
from monazite.study.cover import cover, origins
from monazite.study.stops import stops, sums


@pytest.fixture(scope="module")
def outcome() -> Any:
    return world.solved()


def test_shares_and_concentration_by_year(outcome: Any) -> None:
    """C holds 4 of 5 until 2027, then both hold half."""
    found = shares(outcome).filter(by="place", name="C")
    assert found["share"].to_list() == pytest.approx([0.8, 0.8, 0.5, 0.5])
    assert found["quantity"].to_list() == pytest.approx([4, 4, 4, 4])
    index = concentration(outcome).filter(by="place")
    assert index["hhi"].to_list() == pytest.approx([0.68, 0.68, 0.5, 0.5])
    assert index["total"].to_list() == pytest.approx([5, 5, 8, 8])
    assert index["largest"].to_list()[:2] == ["C", "C"]


def test_owners_are_told_apart_from_places() -> None:
    owned = world.solved(
        countries=[{"country": name} for name in "ABC"],
        owners=[{"facility": "old", "owner": "Firm", "owner_country": "A", "share": 1.0}],
    )
    by = {
        by: dict(part.select("name", "share").rows())
        for (by,), part in shares(owned).filter(period="2025").group_by("by")
    }
    assert by["place"] == pytest.approx({"B": 0.2, "C": 0.8})
    assert by["owner"]["A"] == pytest.approx(0.8)
    assert by["company"]["Firm"] == pytest.approx(0.8)


def test_the_largest_supplier_stops(outcome: Any) -> None:
    """B keeps 1 at 9 of 5 at 5; what is lost is the area under its demand less what C spent:
    (10 - 3) * 4 - 2 * 4 = 20.
    """
    found = stops(outcome, periods=["2025"], cover=0.0)
    row = found.row(0, named=True)
    assert (row["stage"], row["country"], row["place"]) == ("mining", "C", "B")
    assert row["share"] == pytest.approx(0.8)
    assert (row["used"], row["unserved"], row["unserved_share"]) == pytest.approx((5, 4, 0.8))
    assert (row["price_before"], row["price_after"]) == pytest.approx((5, 9))
    assert (row["loss"], row["released"]) == (pytest.approx(20), pytest.approx(0, abs=1e-6))


def test_what_was_built_by_then_counts(outcome: Any) -> None:
    """In 2027 4 kt are left whoever stops: at 6 instead of 8 at 2; (10 - 6) * 4 - 2 * 4 = 8."""
    row = stops(outcome, periods=["2027"], cover=0.0).row(0, named=True)
    assert (row["unserved"], row["price_after"], row["loss"]) == pytest.approx((4, 6, 8))


def test_stores_are_drawn_on_first(outcome: Any) -> None:
    """A quarter of a year of imports is 1 kt: B keeps 2 at 8 and loses 3 (10 - 3.5) - 3 * 2 and
    the 3 (5 - 2) that the kg from the store was worth more than it cost to mine.
    """
    row = stops(outcome, periods=["2025"], cover=365.25 / 4).row(0, named=True)
    assert (row["unserved"], row["price_after"]) == pytest.approx((3, 8))
    assert row["released"] == pytest.approx(5)
    assert row["loss"] == pytest.approx(3 * 6.5 - 3 * 2 + (5 - 2))


def test_a_strategic_reserve_counts_too() -> None:
    """A reserve of 1 kt that is kept over the years is there when the supplier stops."""
    reserve = {"country": "B", "material": "m", "stock": "reserve", "initial": 1.0,
               "capacity": 1.0, "rate": 0.0, "rate_out": 0.0}  # fmt: skip
    kept = world.solved(stocks=[reserve])
    row = stops(kept, periods=["2026"], cover=0.0).row(0, named=True)
    assert (row["unserved"], row["price_after"]) == pytest.approx((3, 8))
    days = cover(kept, ["B"], commercial=0.0).filter(period="2026").row(0, named=True)
    assert (days["strategic"], days["commercial"]) == pytest.approx((1, 0))
    assert (days["days"], days["days_without"]) == pytest.approx((365.25 / 5, 365.25 / 4))


def test_rules_go_on_when_a_supplier_stops() -> None:
    """A tariff of 1 on what C sells: 4 still come, at 5, and B's own 1 is all that is left."""
    tariff = {"kind": "tariff", "materials": ["m"], "importers": ["B"], "specific": 4.0}
    ruled = world.solved([tariff])
    row = stops(ruled, periods=["2027"], stages=["mining"], cover=0.0).row(0, named=True)
    before = ruled.use.filter(period="2027")["quantity"].sum()
    assert row["used"] == pytest.approx(before, rel=1e-5)


def test_sums_leave_out_who_stops(outcome: Any) -> None:
    found = stops(outcome, periods=["2025"], cover=0.0)
    both = pl.concat([found, found.with_columns(place=pl.lit("C"), unserved=pl.lit(9.0))])
    assert sums(both)["unserved"].to_list() == pytest.approx([4])


def test_days_of_cover_by_hand(outcome: Any) -> None:
    """60 days of the 4 of 5 kt that B imports are 48 days of all it uses."""
    found = cover(outcome, ["B"], commercial=60.0).filter(period="2025").row(0, named=True)
    assert found["use"] == pytest.approx(5)
    assert (found["strategic"], found["commercial"]) == pytest.approx((0, 4 * 60 / 365.25))
    assert (found["days"], found["days_without"]) == pytest.approx((48, 60))
    assert (found["largest"], found["share"]) == ("C", pytest.approx(0.8))


def test_cover_of_all_the_world(outcome: Any) -> None:
    """B's 60 days of what crosses its border are all that C's customers hold."""
    whole = cover(outcome, commercial=60.0).filter(period="2025").row(0, named=True)
    assert whole["commercial"] == pytest.approx(4 * 60 / 365.25)
    assert (whole["largest"], whole["days_without"]) == ("C", pytest.approx(60))


def test_who_buys_nothing_abroad_has_no_largest_supplier() -> None:
    """Two places, nothing between them that counts: B makes all it uses."""
    alone = world.solved(
        facilities=[{"facility": "new", "country": "B", "capacity": 9.0, **world.MINE}],
        countries=[{"country": name} for name in "BC"],
    )
    assert cover(alone, ["B"], commercial=60.0).height == 0


def test_re_exports_are_followed() -> None:
    """What B buys in D was made in C, so C is its supplier."""
    through = world.solved(
        countries=[{"country": name} for name in "BCD"],
        arcs=[
            {"material": "m", "origin": "C", "destination": "D"},
            {"material": "m", "origin": "D", "destination": "B"},
        ],
    )
    made, used = origins(through, "2025")["m"]
    assert used.tolist() == pytest.approx([5, 0, 0], abs=1e-6)
    assert made[0].tolist() == pytest.approx([0.2, 0.8, 0.0], abs=1e-6)


def test_capacity_adds_up(outcome: Any) -> None:
    found = capacity_steps(outcome).filter(period="2027", country="B")
    steps = dict(found.select("step", "quantity").rows())
    assert steps == pytest.approx({"first": 1, "committed": 3, "standing": 4, "used": 4})
    parts = capacity_steps(outcome)
    for (_, _, _), part in parts.group_by("period", "stage", "country"):
        step = dict(part.select("step", "quantity").rows())
        added = sum(v for k, v in step.items() if k not in ("standing", "idle", "used"))
        assert added == pytest.approx(step.get("standing", 0.0))
        assert step.get("standing", 0) + step.get("idle", 0) == pytest.approx(step.get("used", 0))


def test_what_is_built_and_stands_still() -> None:
    """A committed mine at a cost of 20 comes and never runs."""
    dear = {"technology": "mine", "cost": 20.0, "stage": "mining"}
    still = world.solved(
        facilities=[
            {"facility": "old", "country": "C", "capacity": 4.0, **world.MINE},
            {"facility": "new", "country": "B", "capacity": 0.0, "status": "planned", **dear},
        ]
    )
    rows = idle(still)
    assert rows["period"].to_list() == ["2027", "2028"]
    row = rows.row(0, named=True)
    assert (row["facility"], row["status"]) == ("new", "committed")
    assert (row["built"], row["capacity"]) == pytest.approx((3, 3))
    assert row["used"] == pytest.approx(0, abs=1e-6)
    assert idle(world.solved()).height == 0

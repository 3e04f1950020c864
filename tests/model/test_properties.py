"""What must hold of any chain: order and units do not matter, mass is kept, money is kept."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_chains import chain
from small_markets import proved

from monazite.data import Case
from monazite.model import Outcome, solve_market

FEW = settings(max_examples=6)
# column -> (unit to write it in, factor): kt/yr, USD/kg and their quotient told in t, kUSD and lb
UNITS = {
    "capacity": ("t/yr", 1e3),
    "bound": ("t/yr", 1e3),
    "cost": ("USD/t", 1e3),
    "freight": ("USD/t", 1e3),
    "intercept": ("kUSD/t", 1.0),
}


def prices(outcome: Outcome) -> dict[tuple[str, str], float | None]:
    """Prices where something moves."""
    moving = outcome.prices.filter(~outcome.prices["indicative"])
    return {(m, c): p for m, c, p in moving.select("material", "country", "price").iter_rows()}


def same(one: Outcome, other: Outcome) -> None:
    """The same prices to nine digits."""
    before, after = prices(one), prices(other)
    assert before.keys() == after.keys()
    for node, price in before.items():
        assert after[node] == (None if price is None else pytest.approx(price, rel=1e-9, abs=1e-9))


@FEW
@given(st.integers(0, 50), st.integers(0, 1000))
def test_the_order_of_rows_does_not_matter(seed: int, order: int) -> None:
    tables = chain(seed)
    shuffled = {name: Random(order).sample(rows, len(rows)) for name, rows in tables.items()}
    one, other = (solve_market(Case.from_tables(each)) for each in (tables, shuffled))
    same(one, other)
    assert one.case.digest == other.case.digest


@FEW
@given(st.integers(0, 50))
def test_units_do_not_matter(seed: int) -> None:
    tables = chain(seed)

    def told(row: dict[str, Any]) -> dict[str, Any]:
        return {
            f"{name} [{UNITS[name][0]}]" if name in UNITS else name: value * UNITS[name][1]
            if name in UNITS
            else value
            for name, value in row.items()
        }

    other = {name: [told(row) for row in rows] for name, rows in tables.items()}
    same(solve_market(Case.from_tables(tables)), solve_market(Case.from_tables(other)))


@FEW
@given(st.integers(0, 50))
def test_mass_and_money_are_kept(seed: int) -> None:
    """Made = used + discarded + lost on the way + taken in, for every material; books close."""
    outcome = solve_market(Case.from_tables(chain(seed)))
    proved(outcome)
    frames = outcome.to_frames()
    for material in ("ore", "oxide", "slag", "metal"):

        def total(name: str, column: str = "quantity", material: str = material) -> float:
            frame = frames[name]
            return float(frame.filter(frame["material"] == material)[column].sum())

        lost = total("flows") - total("flows", "received")
        left = total("production") - total("inputs") - total("use") - total("waste") - lost
        assert left == pytest.approx(0, abs=1e-7)


@FEW
@given(st.integers(0, 50), st.floats(0.0, 0.4), st.floats(0.0, 0.4))
def test_rates_reproduce_the_specific_charges_they_come_to(
    seed: int, duty: float, tax: float
) -> None:
    """The outcome under ad valorem rates is that under specific charges of the same size."""
    tables = chain(seed)
    rated = [{**row, "duty_rate": duty, "export_rate": tax} for row in tables["arcs"]]
    outcome = solve_market(Case.from_tables({**tables, "arcs": rated}))
    proved(outcome)
    keys = ("material", "origin", "destination")
    charged = {
        tuple(row[key] for key in keys): (row["duty"], row["export_tax"])
        for row in outcome.flows.to_dicts()
    }
    specific = []
    for row in tables["arcs"]:
        paid = charged.get(tuple(row[key] for key in keys), (row["duty"], 0.0))
        specific.append({**row, "duty": paid[0], "export_tax": paid[1]})
    other = solve_market(Case.from_tables({**tables, "arcs": specific}))
    for node, price in prices(outcome).items():
        if price is not None and node in prices(other):
            assert prices(other)[node] == pytest.approx(price, rel=1e-5, abs=1e-5)
    assert other.objective == pytest.approx(outcome.objective, rel=1e-6)


@FEW
@given(st.integers(0, 50))
def test_more_demand_never_lowers_what_it_pays(seed: int) -> None:
    """Users of metal in A who are willing to pay more face no lower price."""
    tables = chain(seed)
    raised = [
        {**row, "intercept": row["intercept"] + 20.0}
        if (row["country"], row["material"]) == ("A", "metal")
        else row
        for row in tables["demand"]
    ]
    before = solve_market(Case.from_tables(tables)).price("metal", "A")
    after = solve_market(Case.from_tables({**tables, "demand": raised})).price("metal", "A")
    if before is not None and after is not None:
        assert after >= before - 1e-6

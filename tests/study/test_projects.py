"""Project economics on a market worked by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

import monazite as mz
from monazite.study.projects import cash_flow, irr, npv, projects

A10 = 0.1 / (1 - 1.1**-10)
MINE = {"technology": "mine", "country": "A", "cost": 2.0}


def outcome(*rules: dict[str, Any], **project: Any) -> Any:
    """Demand p = 10 - q, a mine of 4 at cost 2, a committed plant of 1: p = 5, margin 3 a year."""
    row = {"facility": "new", "status": "committed", "size": 1.0, "earliest": 2025, "capex": 15.0}
    case = mz.Case.from_tables(
        {
            "facilities": [
                {"facility": "old", "capacity": 4.0, **MINE},
                {"facility": "new", "capacity": 0.0, "status": "planned", **MINE},
            ],
            "recipes": [
                {"technology": "mine", "material": "m", "direction": "out", "quantity": 1.0}
            ],
            "demand": [{"country": "A", "material": "m", "intercept": 10.0, "slope": 1.0}],
            "projects": [{**row, "life": 10.0, **project}],
        },
        "plant",
    )
    years = {"first": 2025, "last": 2027, "decided": 2025, "rules_from": 2025}
    asked = {"name": "y", "years": years, "instruments": list(rules)}
    return mz.run(mz.Scenario.checked(asked), case=case)


def test_value_of_a_plant_is_its_margins_less_its_capital() -> None:
    """3 a year for ten years at 10 %, less 15: 3 / A10 - 15; paid back after five years."""
    row = projects(outcome()).row(0, named=True)
    worth = 3 / A10 - 15
    assert row["npv"] == pytest.approx(worth)
    assert (row["built"], row["capex"], row["utilisation"]) == pytest.approx((1, 15, 1))
    assert (row["payback"], row["price"], row["product"]) == (5, pytest.approx(5), "m")
    flows = [-15] + [3] * 10
    assert npv(flows, row["irr"]) == pytest.approx(0, abs=1e-9)


def test_at_the_incentive_price_the_value_is_nothing() -> None:
    row = projects(outcome()).row(0, named=True)
    assert row["incentive_price"] == pytest.approx(2 + 15 * A10)
    assert row["incentive_price"] < row["price"]


def test_free_entry_leaves_nothing() -> None:
    """A plant that is built until it just pays has margins of its annuity: NPV 0, IRR its WACC."""
    row = projects(outcome(status="planned", size=9.0, capex=20.0)).row(0, named=True)
    assert row["npv"] == pytest.approx(0, abs=1e-4)
    assert row["irr"] == pytest.approx(0.1, abs=1e-5)
    assert row["incentive_price"] == pytest.approx(row["price"], rel=1e-5)


def test_support_is_told_apart() -> None:
    """A credit of 1 USD/kg is 1 a year more; without it the same plant would earn the rest."""
    credit = {"kind": "production_credit", "name": "credit", "countries": ["A"],
              "materials": ["m"], "specific": 1.0}  # fmt: skip
    row = projects(outcome(credit)).row(0, named=True)
    assert row["support"] == pytest.approx(1 / A10)
    assert row["npv"] - row["npv_without_support"] == pytest.approx(row["support"])
    table = cash_flow(outcome(credit), "new")
    assert table["year"].to_list() == list(range(2025, 2035))
    assert table["support"].to_list() == pytest.approx([1.0] * 10)
    assert table["capital"].to_list() == pytest.approx([15.0] + [0.0] * 9)


def test_a_plant_that_never_runs_loses_its_capital() -> None:
    """At a cost of 11 a committed plant stands still: NPV is minus the capital, no IRR."""
    case = outcome(size=0.5).case
    tables = dict(case.stated)
    facilities = tables["facilities"].with_columns(
        cost=pl.when(pl.col("facility") == "new").then(11.0).otherwise("cost")
    )
    again = mz.Case.from_tables({**tables, "facilities": facilities}, "idle")
    row = projects(mz.run("today", case=again)).row(0, named=True)
    assert row["npv"] == pytest.approx(-7.5)
    assert (row["irr"], row["payback"], row["utilisation"]) == (None, None, pytest.approx(0))


def test_rates_of_return() -> None:
    assert irr([-100, 110]) == pytest.approx(0.1)
    assert irr([-100, 0, 121]) == pytest.approx(0.1)
    assert irr([-1, -1]) is None
    assert npv([1, 1.1], 0.1) == pytest.approx(2)
    assert np.isclose(npv([-15] + [3] * 10, irr([-15] + [3] * 10) or 0.0), 0)


def test_what_a_solver_leaves_is_no_beginning() -> None:
    """1e-15 kt/yr a year before must not count as the first year: value and payback are those of
    the year in which the plant comes.
    """
    found = outcome(status="planned", earliest=2025, capex=10.0)
    assert found.market.axes.periods == ("2025", "2026", "2027")
    found.__dict__["built"] = np.array([1e-15, 1.0, 0.0])
    row = projects(found).row(0, named=True)
    assert row["first_year"] == 2026
    assert row["payback"] and row["payback"] > 1
    assert cash_flow(found, "new")["capital"].to_list() == pytest.approx([10.0] + [0.0] * 9)

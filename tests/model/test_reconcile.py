"""Reconciliation: least squares in logarithms whose answers can be worked out on paper."""

import math

import polars as pl
import pytest

from monazite.model.contents import contents
from monazite.model.reconcile import ReconciliationError, reconcile

WIDE = {"basis": "estimate", "source": "s", "note": ""}


def around(value: float, factor: float) -> dict:
    """A figure whose logarithm has standard deviation ln(factor) / 2."""
    return {"quantity": value, "low": value / factor, "high": value * factor}


def tables(**changed) -> dict[str, pl.DataFrame]:
    """One mine, one user, one country; every table of a source folder that reconcile reads."""
    base = {
        "materials": [{"material": "ore", "element": None, "factor": None}],
        "recipes": [
            {"technology": "mine", "mode": "m", "material": "ore", "direction": "out"}
            | {"quantity": 1.0, "low": 1.0, "high": 1.0, "recovery": None}
            | WIDE
        ],
        "activities": [
            {"facility": "f", "technology": "mine", "country": "A", "mode": "m"}
            | around(100.0, 1.2)
            | WIDE
        ],
        "flows": [],
        "uses": [{"country": "A", "material": "ore", "sector": "all"} | around(121.0, 1.2) | WIDE],
        "discards": [],
        "observations": [],
    }
    empty = {
        "flows": (
            "material",
            "origin",
            "destination",
            "quantity",
            "low",
            "high",
            "basis",
            "source",
        ),
        "discards": ("material", "country", "quantity", "low", "high", "basis", "source"),
        "observations": (
            *("observation", "kind", "material", "country", "partner", "facility", "technology"),
            *("mode", "sector", "value", "low", "high", "basis", "source"),
        ),
    }
    rows = base | changed
    return {
        name: pl.DataFrame(value) if value else _empty(empty[name]) for name, value in rows.items()
    }


def _empty(columns) -> pl.DataFrame:
    numbers = {"quantity", "value", "low", "high"}
    return pl.DataFrame(schema={c: pl.Float64 if c in numbers else pl.String for c in columns})


def test_two_equal_weights_meet_at_the_geometric_mean():
    """min (ln x - ln 100)^2 + (ln x - ln 121)^2 gives x = sqrt(100 * 121) = 110."""
    found = reconcile(tables())
    assert found.activities["quantity"][0] == pytest.approx(110.0, rel=1e-9)
    assert found.uses["quantity"][0] == pytest.approx(110.0, rel=1e-9)
    assert found.imbalance < 1e-9


def test_a_figure_known_twice_as_well_counts_four_times():
    """Weights 1 / s^2 with s = ln(1.1) and ln(1.21) = 2 ln(1.1): ln x = (4 ln 100 + ln 121) / 5."""
    given = tables()
    given["activities"] = given["activities"].with_columns(low=100 / 1.1, high=100 * 1.1)
    given["uses"] = given["uses"].with_columns(low=121 / 1.21, high=121 * 1.21)
    expected = math.exp((4 * math.log(100) + math.log(121)) / 5)
    assert reconcile(given).uses["quantity"][0] == pytest.approx(expected, rel=1e-9)


def test_an_observed_sum_pulls_its_parts():
    """Two mines of raw 50 feed a use without weight; their observed sum 121 has the weight of one
    mine.

    By symmetry x1 = x2 = x and 2 (ln x - ln 50) / s^2 + (ln 2x - ln 121) / s^2 = 0: x = (50^2 *
    60.5)^(1/3).
    """
    mine = {"technology": "mine", "country": "A", "mode": "m"} | around(50.0, 1.2) | WIDE
    seen = dict.fromkeys(("country", "partner", "facility", "technology", "mode", "sector"), None)
    found = reconcile(
        tables(
            activities=[{"facility": name} | mine for name in ("f", "g")],
            uses=[{"country": "A", "material": "ore", "sector": "all"} | around(100.0, 1e6) | WIDE],
            observations=[
                {"observation": "o", "kind": "production", "material": "ore", "value": 121.0}
                | {"low": 121 / 1.2, "high": 121 * 1.2, "basis": "reported", "source": "s"}
                | seen
            ],
        )
    )
    expected = (50.0**2 * 60.5) ** (1 / 3)
    assert found.activities["quantity"].to_list() == pytest.approx([expected] * 2, rel=1e-4)
    report = found.report.filter(pl.col("kind") == "observation")
    assert report["reconciled"][0] == pytest.approx(2 * expected, rel=1e-4)


def test_what_cannot_be_balanced_is_named():
    given = tables(
        uses=[{"country": "B", "material": "ore", "sector": "all"} | around(1.0, 2) | WIDE]
    )
    with pytest.raises(ReconciliationError, match="ore in (A|B)"):
        reconcile(given)


def test_an_observation_of_nothing_is_refused():
    row = dict.fromkeys(("country", "partner", "facility", "technology", "mode", "sector"), None)
    row |= {"observation": "lost", "kind": "flow", "material": "ore", "value": 1.0, "low": 1.0}
    row |= {"high": 1.0, "basis": "reported", "source": "s"}
    with pytest.raises(ReconciliationError, match="lost"):
        reconcile(tables(observations=[row]))


def test_contents_follow_the_recipes():
    """Ore holds what comes out over the recovery, a magnet what goes in; swarf is oxide."""
    materials = pl.DataFrame(
        {
            "material": ["ore", "oxide", "metal", "magnet", "swarf"],
            "element": [None, "Nd", "Nd", None, None],
            "factor": [None, 1.0, 1.2, None, None],
        }
    )
    rows = [
        ("sep", "m", "ore", "in", 1.0, 0.9),
        ("sep", "m", "oxide", "out", 0.18, 0.9),
        ("cut", "m", "metal", "in", 1.5, None),
        ("cut", "m", "magnet", "out", 1.0, None),
        ("cut", "m", "swarf", "out", 0.6, None),
    ]
    names = ["technology", "mode", "material", "direction", "quantity", "recovery"]
    found = contents(materials, pl.DataFrame(rows, schema=names, orient="row"))
    assert found["ore"]["Nd"] == pytest.approx(0.2)
    assert found["magnet"]["Nd"] == pytest.approx(1.2)  # per kg fed, times made over fed
    assert found["swarf"]["Nd"] == pytest.approx(1.0)

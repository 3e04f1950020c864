"""Years that the model was not given: what stands beside it, and that the page shows it."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest

from monazite.data.source import read_source
from monazite.study.base_year import DEFAULT
from monazite.study.out_of_sample import (
    HEADING,
    SCENARIOS,
    modelled,
    observed,
    outlook,
    run_on,
    shares,
)

PAGE = Path(__file__).parents[2] / "docs" / "validation.md"


def test_every_counted_figure_has_a_page_and_a_date() -> None:
    rows = observed()
    assert rows["source"].str.starts_with("https://").all()
    assert rows["date"].str.contains(r"^\d{4}-\d{2}").all()
    assert (rows["quantity"] > 0).all()
    derived = rows.filter(basis="derived")
    assert derived["note"].null_count() == 0, "what is derived says how"


def test_the_outlook_is_sourced_and_adds_up() -> None:
    rows = outlook()
    assert set(rows["source"]) <= set(read_source(DEFAULT)["sources"]["source"])
    for (stage, year), part in rows.group_by("stage", "year"):
        sizes = dict(part.select("country", "quantity").iter_rows())
        world = sizes.pop("world")
        assert 0.75 * world < sum(sizes.values()) <= world, (stage, year)
    china = rows.filter(stage="separation", year=2030.0, country="China")["quantity"][0]
    assert china / 106.682 == pytest.approx(0.76, abs=0.005)  # as in docs/years.md


def cells() -> list[list[str]]:
    """Rows of the section's tables on the page."""
    text = PAGE.read_text(encoding="utf-8")
    lines = text[text.index(HEADING) :].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if "|" in line]
    return [row for row in rows if not re.match(r"-", row[0])]


def test_the_page_shows_what_the_model_says_without_rules() -> None:
    """The column of `today` is made again; that of the public money with the licences' section."""
    outcome = run_on("today")
    shown = {(row[0], row[1]): row for row in cells()}
    for row in observed().iter_rows(named=True):
        told = shown[row["figure"], f"{row['year']:.0f}"]
        assert float(told[3]) == pytest.approx(row["quantity"], rel=0.06)
        assert float(told[4]) == pytest.approx(modelled(outcome, row), rel=0.05, abs=0.006)
    for stage, country in (("mining", "China"), ("separation", "China"), ("mining", "Australia")):
        for year in (2024, 2030, 2035):
            told = shown[f"{stage}, {country}", str(year)]
            found = shares(outcome, stage, country, year)
            assert [float(told[2]), float(told[3])] == pytest.approx(found, abs=1.1)


def test_a_figure_is_read_where_it_says() -> None:
    """Exports are what leaves the country, output what its plants make, of all materials named."""
    outcome = run_on("today")
    row = {"kind": "exports", "materials": "magnet_standard", "country": "CHN", "year": 2024.0}
    flows = outcome.flows.filter(
        period="2024", origin="CHN", material="magnet_standard"
    )["quantity"].sum()  # fmt: skip
    assert modelled(outcome, row) == pytest.approx(flows)
    both = {"kind": "output", "materials": "dy_oxide;tb_oxide", "country": "CHN", "year": 2024.0}
    made = outcome.production.filter(
        pl.col("material").is_in(["dy_oxide", "tb_oxide"]), country="CHN", period="2024"
    )
    assert modelled(outcome, both) == pytest.approx(made["quantity"].sum())
    price = {"kind": "price", "materials": "ndpr_oxide", "country": "CHN", "year": 2025.0}
    assert modelled(outcome, price) == outcome.price("ndpr_oxide", "CHN", "2025")
    assert len(SCENARIOS) == 2

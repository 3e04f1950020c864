"""Does every published case solve, prove itself, and give what its table of observations says?"""

from __future__ import annotations

import polars as pl
import pytest


def seen(outcome, row):
    """What the outcome says of an observation: a price, a flow, or the output of a facility."""
    if row["kind"] == "price":
        return outcome.price(row["material"], row["country"])
    if row["kind"] == "flow":
        return outcome.flow(row["material"], row["country"], row["partner"])
    here = (pl.col("facility") == row["facility"]) & (pl.col("material") == row["material"])
    return outcome.production.filter(here)["quantity"].sum()


def test_published_cases_give_the_published_figures(name, case, solved):
    """Prices, flows and outputs that a publication prints stand in the case's own tables."""
    for row in case(name).table("observations").to_dicts():
        found = seen(solved(name), row)
        assert found == pytest.approx(row["value"], rel=1e-5, abs=1e-3), row["observation"]


def test_published_cases_prove_themselves(name, solved):
    """Every solution carries a certificate, and books that close on its objective."""
    outcome = solved(name)
    assert outcome.certificate.ok
    axes = outcome.market.axes
    weight = dict(zip(axes.periods, axes.weight.tolist(), strict=True))
    worth = pl.col("amount") * pl.col("period").replace_strict(weight, return_dtype=pl.Float64)
    total = outcome.books().select(worth.sum()).item()
    assert total == pytest.approx(outcome.objective, rel=1e-6, abs=1e-6)


def test_published_cases_name_the_source_of_every_row(name, case):
    """No figure without a citation."""
    sources = set(case(name).table("sources")["source"])
    assert sources
    for table in ("demand", "curves", "arcs", "facilities", "recipes", "limits", "stocks"):
        for cited in case(name).table(table)["source"]:
            assert cited is not None and set(cited.split(";")) <= sources

"""Prices through the periods, at the places where they move most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monazite.report import look, statistics, yearly
from monazite.report.charts import choose
from monazite.report.view import View

if TYPE_CHECKING:
    import polars as pl

TITLE = "chart.price_times.title"
SHOWN = 12  # materials to choose from


def build(view: View) -> dict | None:
    """Return a line per place for each material whose price moves; None in a single period."""
    over = yearly.over_years(view)
    frame = statistics.price_times(view, materials=10_000 if over else SHOWN)
    by_material = frame.partition_by("material", maintain_order=True)
    if over:  # what is most traded comes first, not what moves most of next to nothing
        known = {m: k for k, m in enumerate(statistics.traded(view))}
        by_material.sort(key=lambda part: known.get(part["material"][0], len(known)))
        by_material = by_material[:SHOWN]
    return choose(
        [(view.material(part["material"][0]), _lines(view, part)) for part in by_material]
    )


def _lines(view: View, prices: pl.DataFrame) -> dict:
    traces = [
        {
            "type": "scatter", "mode": "lines+markers", "name": view.country(part["country"][0]),
            "x": [str(period) for period in part["period"]], "y": part["price"].to_list(),
            "line": {"color": view.colour(part["country"][0]), "width": 2.5},
            "marker": look.symbol(k),
            "hovertemplate": view.hover("%{fullData.name}, %{x}<br>%{y:,.3~r}", "USD/kg"),
        }
        for k, part in enumerate(prices.partition_by("country", maintain_order=True))
    ]  # fmt: skip
    layout = look.layout(
        380, xaxis=look.time_axis(prices["period"]),
        yaxis={"title": look.heading(view.say("compare.years.unit")), "rangemode": "tozero"},
        margin={"b": 48},
    )  # fmt: skip
    return {"data": traces, "layout": layout}

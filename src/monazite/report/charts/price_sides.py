"""What members and everybody else pay over the years, material by material."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monazite.report import look, yearly
from monazite.report.charts import choose
from monazite.report.view import View

if TYPE_CHECKING:
    import polars as pl

TITLE = "chart.price_sides.title"
SIDES = {"inside": "#12395f", "outside": "#D55E00"}


def build(view: View) -> dict | None:
    """Return two lines for each material; None without members or in a single period."""
    frame = yearly.price_sides(view)
    if not frame.height:
        return None
    by_material = frame.partition_by("material", maintain_order=True)
    return choose(
        [(view.material(part["material"][0]), _lines(view, part)) for part in by_material]
    )


def _lines(view: View, part: pl.DataFrame) -> dict:
    traces = [
        {
            "type": "scatter", "mode": "lines+markers", "x": part["period"].to_list(),
            "y": part[side].to_list(), "name": view.say(f"compare.legend.{side}"),
            "line": {"color": colour, "width": 2.5}, "marker": look.symbol(side == "outside"),
            "hovertemplate": view.hover("%{fullData.name}, %{x}<br>%{y:,.3~r}", "USD/kg"),
        }
        for side, colour in SIDES.items()
    ]  # fmt: skip
    layout = look.layout(
        380, xaxis=look.time_axis(part["period"]), margin={"b": 48},
        yaxis={"title": look.heading(view.say("compare.years.unit")), "rangemode": "tozero"},
    )  # fmt: skip
    return {"data": traces, "layout": layout}

"""What members and everybody else pay over the years, with the scenario's rules and without."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monazite.report import look, yearly
from monazite.report.charts import choose
from monazite.report.view import View

if TYPE_CHECKING:
    import polars as pl

TITLE = "chart.support_prices.title"
LINES = {
    "inside": ("#12395f", "solid"), "outside": ("#D55E00", "solid"),
    "inside_without": ("#12395f", "dot"), "outside_without": ("#D55E00", "dot"),
}  # fmt: skip


def build(view: View) -> dict | None:
    """Return four lines for each material; None without rules or in a single period."""
    cost = yearly.support(view)
    if cost is None:
        return None
    by_material = cost.prices.partition_by("material", maintain_order=True)
    return choose([(view.material(part["material"][0]), price_lines(view, part))
                   for part in by_material])  # fmt: skip


def price_lines(view: View, part: pl.DataFrame) -> dict:
    """Return the lines of one material's prices (columns of LINES) over its periods."""
    traces = [
        {
            "type": "scatter", "mode": "lines+markers", "x": part["period"].to_list(),
            "y": part[side].to_list(), "name": view.say(f"support.{side}"),
            "line": {"color": colour, "width": 2.5, "dash": dash},
            "marker": look.symbol(side.startswith("outside")),
            "hovertemplate": view.hover("%{fullData.name}, %{x}<br>%{y:,.3~r}", "USD/kg"),
        }
        for side, (colour, dash) in LINES.items()
    ]  # fmt: skip
    layout = look.layout(
        380, xaxis=look.time_axis(part["period"]), margin={"b": 48},
        yaxis={"title": look.heading(view.say("compare.years.unit")), "rangemode": "tozero"},
    )  # fmt: skip
    return {"data": traces, "layout": layout}

"""What the world goes without in each year when the largest supplier of a stage stops."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monazite.report import look, statistics, yearly
from monazite.report.charts import choose
from monazite.report.view import View

if TYPE_CHECKING:
    import polars as pl

TITLE = "chart.stop_times.title"
SHADES = ("#12395f", "#3f76a8", "#7ea6cc", "#d8c49a", "#b08d57", "#8c93a0")


def build(view: View) -> dict | None:
    """Return bars of unserved use by year for each stage that stops; None without stops."""
    import polars as pl

    frame = yearly.stops(view)
    if not frame.height:
        return None
    last = [m for m in statistics.of_stage(view, "magnet") if m in set(frame["material"])]
    shown = (last or frame["material"].unique(maintain_order=True).to_list())[: len(SHADES)]
    drawn = frame.filter(pl.col("material").is_in(shown))
    by_stage = drawn.partition_by("stage", maintain_order=True)
    return choose([(view.measure(part["stage"][0]), _bars(view, part, shown)) for part in by_stage])


def _bars(view: View, part: pl.DataFrame, shown: list[str]) -> dict:
    import polars as pl

    traces = []
    for material, colour in zip(shown, SHADES, strict=False):
        mine = part.filter(pl.col("material") == material)
        name = view.material(material)
        traces.append({
            "type": "bar", "name": name, "x": mine["period"].to_list(),
            "y": mine["unserved_share"].to_list(), "marker": {"color": colour},
            "text": [view.percent(v) for v in mine["unserved_share"]], "textposition": "outside",
            "textfont": {"size": 11}, "cliponaxis": False,
            "customdata": [view.country(c) for c in mine["country"]],
            "hovertemplate": f"%{{customdata}}, %{{x}}<br>{name}: %{{text}}<extra></extra>",
        })  # fmt: skip
    layout = look.layout(
        380, barmode="group", bargap=0.3, xaxis=look.time_axis(part["period"]), margin={"b": 48},
        yaxis={"range": [0, 1.1], "tickformat": ".0%", "tickvals": look.TICKS},
    )  # fmt: skip
    return {"data": traces, "layout": layout}

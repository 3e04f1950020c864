"""How far prices lie apart between places, material by material."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monazite.report import look, marks, statistics
from monazite.report.charts import price_parts
from monazite.report.view import View

if TYPE_CHECKING:
    import polars as pl

TITLE = "chart.price_places.title"
WIDTH = 30
SHOWN = 8  # countries named in the legend; the others share one grey


def build(view: View) -> dict | None:
    """Return each place's price as a multiple of the lowest, for materials with several places."""
    import numpy as np
    import polars as pl

    drawn = [m for stage in price_parts.STAGES for m in statistics.of_stage(view, stage)]
    frame = statistics.price_table(view).filter(~pl.col("indicative") & (pl.col("price") > 0))
    low = pl.col("price").min().over("material")
    frame = frame.filter(pl.col("material").is_in(drawn), pl.len().over("material") > 1)
    frame = frame.with_columns((pl.col("price") / low).alias("ratio"))
    top = pl.col("ratio") == pl.col("ratio").max().over("material")
    frame = frame.with_columns(top.alias("top"))
    if not frame.height:
        return None
    # the axis ends where nearly all points lie; the few beyond stand at its end, with their value
    ratios = frame["ratio"].to_numpy()
    end = float(min(ratios.max(), 1.25 * np.quantile(ratios, 0.95)))
    count = frame.group_by("country").len().sort(["len", "country"], descending=[True, False])
    named = [c for c in count["country"] if view.colour(c) != look.REST]
    shown = named[:SHOWN]
    traces = [_dots(view, frame.filter(pl.col("country") == c), c, end) for c in shown]
    others = frame.filter(~pl.col("country").is_in(shown))
    if others.height:
        traces.insert(0, _dots(view, others, None, end))
    materials = [marks.wrap(view.material(m), WIDTH) for m in dict.fromkeys(frame["material"])]
    layout = look.layout(
        70 + 30 * len(materials),
        xaxis={"title": look.heading(view.say("axis.ratio")), "tickformat": ".2~f",
               "ticksuffix": "×", "range": [1 - 0.03 * (end - 1), 1 + 1.2 * (end - 1)]},
        yaxis={"type": "category", "categoryorder": "array", "categoryarray": materials[::-1],
               "range": [-0.6, len(materials) - 0.4], "tickfont": {"color": look.INK, "size": 12}},
        margin={"b": 48},
    )  # fmt: skip
    return {"data": traces, "layout": layout}


def _dots(view: View, frame: pl.DataFrame, country: str | None, end: float) -> dict:
    name = view.say("other_countries") if country is None else view.country(country)
    colour = look.REST if country is None else view.colour(country)
    ratios = frame["ratio"].to_list()
    return {
        "type": "scatter", "mode": "markers+text", "name": name,
        "x": [min(ratio, end) for ratio in ratios],
        "y": [marks.wrap(view.material(m), WIDTH) for m in frame["material"]],
        "text": [f"{look.number(ratio, 2)}×" if ratio > end and top else ""
                 for ratio, top in zip(ratios, frame["top"], strict=True)],
        "textposition": "middle right", "textfont": {"size": 11, "color": look.QUIET},
        "marker": {"color": look.fade(colour, 0.85), "size": 11,
                   "symbol": ["triangle-right" if ratio > end else "circle" for ratio in ratios],
                   "line": {"color": look.PAPER, "width": 1}},
        "customdata": [[view.country(c), look.number(p)]
                       for c, p in frame.select("country", "price").iter_rows()],
        "hovertemplate": view.hover("%{customdata[0]}, %{y}: %{customdata[1]}", "USD/kg"),
    }  # fmt: skip

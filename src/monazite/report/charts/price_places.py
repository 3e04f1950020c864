"""How far prices lie apart between places, material by material."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monazite.report import look, marks, statistics
from monazite.report.view import View

if TYPE_CHECKING:
    import polars as pl

TITLE = "chart.price_places.title"
SHOWN = 8  # countries named in the legend; the others share one grey


def build(view: View) -> dict | None:
    """Return each place's price as a multiple of the lowest, for materials with several places."""
    import polars as pl

    frame = statistics.price_table(view).filter(~pl.col("indicative") & (pl.col("price") > 0))
    low = pl.col("price").min().over("material")
    frame = frame.with_columns((pl.col("price") / low).alias("ratio"), low.alias("low"))
    frame = frame.filter(pl.len().over("material") > 1)
    if not frame.height:
        return None
    count = frame.group_by("country").len().sort(["len", "country"], descending=[True, False])
    shown = count["country"].to_list()[:SHOWN]
    traces = [_dots(view, frame.filter(pl.col("country") == c), c) for c in shown]
    others = frame.filter(~pl.col("country").is_in(shown))
    if others.height:
        traces.insert(0, _dots(view, others, None))
    materials = list(dict.fromkeys(frame["material"]))
    layout = look.layout(
        130 + 26 * len(materials),
        xaxis={"title": look.heading(view.say("axis.ratio")), "tickformat": ".2~f",
               "ticksuffix": "×"},
        yaxis={"type": "category", "categoryorder": "array",
               "categoryarray": [marks.wrap(view.material(m), 26) for m in reversed(materials)]},
        margin={"b": 48},
    )  # fmt: skip
    return {"data": traces, "layout": layout}


def _dots(view: View, frame: pl.DataFrame, country: str | None) -> dict:
    name = view.say("other_countries") if country is None else view.country(country)
    colour = look.REST if country is None else view.colour(country)
    return {
        "type": "scatter", "mode": "markers", "name": name, "x": frame["ratio"].to_list(),
        "y": [marks.wrap(view.material(m), 26) for m in frame["material"]],
        "marker": {"color": look.fade(colour, 0.85), "size": 11,
                   "line": {"color": look.PAPER, "width": 1}},
        "customdata": [[view.country(c), look.number(p)]
                       for c, p in frame.select("country", "price").iter_rows()],
        "hovertemplate": "%{customdata[0]}, %{y}: %{customdata[1]} USD/kg<extra></extra>",
    }  # fmt: skip

"""Who sells to whom: a heat map of trade for each material."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monazite.report import look, statistics
from monazite.report.charts import choose
from monazite.report.view import View

if TYPE_CHECKING:
    import polars as pl

TITLE = "chart.trade.title"
SCALE = [[0, "#eef2f6"], [0.25, "#b9cfe2"], [0.5, "#7ea6cc"], [0.75, "#3f76a8"], [1, "#12395f"]]


def build(view: View) -> dict | None:
    """Return a matrix of origins and destinations per traded material, by value of trade."""
    drawn = [(view.material(m), _map(view, statistics.trade(view, m)))
             for m in statistics.traded(view)]  # fmt: skip
    return choose(drawn)


def _map(view: View, flows: pl.DataFrame) -> dict:
    origins = _by_total(flows, "origin")
    destinations = _by_total(flows, "destination")
    cells = {(o, d): q for o, d, q in flows.iter_rows()}
    # colour by the root of the quantity, so that small flows stay visible beside the largest
    values = [[cells.get((o, d)) for d in destinations] for o in origins]
    root = [[None if v is None else v**0.5 for v in row] for row in values]
    top = max(cells.values()) ** 0.5
    heat = {
        "type": "heatmap", "z": root, "zmin": 0, "zmax": top, "colorscale": SCALE,
        "x": [view.country(d) for d in destinations], "y": [view.country(o) for o in origins],
        "customdata": [["" if v is None else look.number(v) for v in row] for row in values],
        "showscale": False, "xgap": 2, "ygap": 2, "hoverongaps": False,
        "hovertemplate": "%{y} → %{x}: %{customdata} kt/yr<extra></extra>",
    }  # fmt: skip
    texts = [
        {"x": view.country(d), "y": view.country(o), "text": look.number(q, 2), "showarrow": False,
         "font": {"size": 11, "color": look.PAPER if q**0.5 > 0.6 * top else look.INK}}
        for (o, d), q in cells.items()
    ]  # fmt: skip
    layout = look.layout(
        96 + 34 * len(origins), annotations=texts,
        margin={"t": 4},
        xaxis={"title": look.heading(view.say("axis.destination")), "showgrid": False,
               "type": "category"},
        yaxis={"title": look.heading(view.say("axis.origin")), "autorange": "reversed",
               "showgrid": False, "type": "category", "tickfont": {"color": look.INK}},
    )  # fmt: skip
    return {"data": [heat], "layout": layout, "wide": 120 + 46 * len(destinations)}


def _by_total(flows: pl.DataFrame, side: str) -> list[str]:
    import polars as pl

    totals = flows.group_by(side).agg(pl.col("quantity").sum())
    return totals.sort(["quantity", side], descending=[True, False])[side].to_list()

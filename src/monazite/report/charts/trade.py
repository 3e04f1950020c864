"""Who sells to whom: a heat map of trade for each material."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monazite.report import look, statistics
from monazite.report.charts import choose
from monazite.report.view import View

if TYPE_CHECKING:
    import polars as pl

TITLE = "chart.trade.title"
SHOWN, OTHER = 16, ""
SCALE = [[0, "#eef2f6"], [0.25, "#b9cfe2"], [0.5, "#7ea6cc"], [0.75, "#3f76a8"], [1, "#12395f"]]


def build(view: View) -> dict | None:
    """Return a matrix of origins and destinations per traded material, by value of trade."""
    drawn = [(view.material(m), _map(view, statistics.trade(view, m)))
             for m in statistics.traded(view)]  # fmt: skip
    return choose(drawn)


def _map(view: View, flows: pl.DataFrame) -> dict:
    flows = _few(flows)
    origins, destinations = _by_total(flows, "origin"), _by_total(flows, "destination")
    cells = {(o, d): q for o, d, q in flows.iter_rows()}
    names = {c: view.say("other_countries") if c == OTHER else view.country(c)
             for c in {*origins, *destinations}}  # fmt: skip
    # colour by the root of the quantity, so that small flows stay visible beside the largest
    values = [[cells.get((o, d)) for d in destinations] for o in origins]
    root = [[None if v is None else v**0.5 for v in row] for row in values]
    top = max(cells.values()) ** 0.5
    heat = {
        "type": "heatmap", "z": root, "zmin": 0, "zmax": top, "colorscale": SCALE,
        "x": [names[d] for d in destinations], "y": [names[o] for o in origins],
        "customdata": [["" if v is None else look.number(v) for v in row] for row in values],
        "showscale": False, "xgap": 2, "ygap": 2, "hoverongaps": False,
        "hovertemplate": view.hover("%{y} → %{x}: %{customdata}", "kt/yr"),
    }  # fmt: skip
    texts = [
        {"x": names[d], "y": names[o], "text": look.number(q, 2), "showarrow": False,
         "font": {"size": 11, "color": look.PAPER if q**0.5 > 0.6 * top else look.INK}}
        for (o, d), q in cells.items()
    ]  # fmt: skip
    layout = look.layout(
        96 + 34 * len(origins), annotations=texts,
        margin={"t": 4, "r": 36},
        xaxis={"title": look.heading(view.say("axis.destination")), "showgrid": False,
               "type": "category"},
        yaxis={"title": look.heading(view.say("axis.origin")), "autorange": "reversed",
               "showgrid": False, "type": "category", "tickfont": {"color": look.INK}},
    )  # fmt: skip
    return {"data": [heat], "layout": layout, "wide": 150 + 40 * len(destinations)}


def _few(flows: pl.DataFrame) -> pl.DataFrame:
    """Return the flows with all but the largest sellers and buyers drawn together."""
    import polars as pl

    kept = {side: _by_total(flows, side)[:SHOWN] for side in ("origin", "destination")}
    named = flows.with_columns(
        pl.when(pl.col(side).is_in(countries))
        .then(pl.col(side))
        .otherwise(pl.lit(OTHER))
        .alias(side)
        for side, countries in kept.items()
    )
    keys = ["origin", "destination"]
    return named.group_by(keys).agg(pl.col("quantity").sum()).sort(keys)


def _by_total(flows: pl.DataFrame, side: str) -> list[str]:
    import polars as pl

    totals = flows.group_by(side).agg(pl.col("quantity").sum())
    order = totals.sort(pl.col(side) == OTHER, -pl.col("quantity"), side)
    return order[side].to_list()

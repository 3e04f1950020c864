"""Cost curve of each oxide: every facility's cost, residual and rent against its quantity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monazite.report import look, statistics
from monazite.report.charts import choose
from monazite.report.view import View

if TYPE_CHECKING:
    import polars as pl

TITLE = "chart.cost_curve.title"


def build(view: View) -> dict | None:
    """Return one curve per separated material, the most valuable first."""
    materials = statistics.of_stage(view, "separation")
    curves = [(m, statistics.supply_curve(view, m)) for m in materials]
    drawn = [(view.material(m), _curve(view, c)) for m, c in curves if c.height]
    return choose(drawn)


def _curve(view: View, curve: pl.DataFrame) -> dict:
    widths = curve["quantity"].to_list()
    ends = curve["quantity"].cum_sum().to_list()
    middles = [end - width / 2 for end, width in zip(ends, widths, strict=True)]
    names = [view.facility(f) for f in curve["facility"]]
    traces = [_part(view, curve, part, middles, widths, names) for part in statistics.COST_PARTS]
    traces = [trace for trace in traces if any(abs(y) > 1e-9 for y in trace["y"])]
    traces.append(_price(view, curve, ends, widths))
    traces += _strip(view, curve, middles, widths, names)
    layout = look.layout(
        440, barmode="relative", bargap=0,
        xaxis={"title": look.heading(view.say("axis.cumulative")), "range": [0, ends[-1]],
               "showgrid": False, "anchor": "y2"},
        yaxis={"title": look.heading(view.say("compare.years.unit")), "domain": [0.09, 1]},
        yaxis2={"domain": [0, 0.045], "range": [0, 1], "visible": False, "fixedrange": True},
        margin={"b": 56},
    )  # fmt: skip
    return {"data": traces, "layout": layout}


def _part(
    view: View, curve: pl.DataFrame, part: str, middles: list, widths: list, names: list
) -> dict:
    word = view.word("part", part)
    return {
        "type": "bar", "name": word, "x": middles, "width": widths, "y": curve[part].to_list(),
        "marker": look.marker(part, look.ITEMS[part]), "customdata": names,
        "hovertemplate": view.hover(f"%{{customdata}}<br>{word}: %{{y:,.3~r}}", "USD/kg"),
    }  # fmt: skip


def _price(view: View, curve: pl.DataFrame, ends: list, widths: list) -> dict:
    xs: list[float | None] = []
    ys: list[float | None] = []
    for end, width, price in zip(ends, widths, curve["price"], strict=True):
        xs += [end - width, end, None]
        ys += [price, price, None]
    word = view.say("price_here")
    return {
        "type": "scatter", "mode": "lines", "name": word, "x": xs, "y": ys,
        "line": {"color": look.INK, "width": 2},
        "hovertemplate": view.hover(f"{word}: %{{y:,.3~r}}", "USD/kg"),
    }  # fmt: skip


def _strip(view: View, curve: pl.DataFrame, middles: list, widths: list, names: list) -> list:
    """Return the strip under the curve that tells each facility's country by colour."""
    strips = []
    for country in dict.fromkeys(curve["country"]):
        at = [i for i, code in enumerate(curve["country"]) if code == country]
        strips.append({
            "type": "bar", "name": view.country(country), "yaxis": "y2", "y": [1] * len(at),
            "x": [middles[i] for i in at], "width": [widths[i] for i in at],
            "marker": {"color": view.colour(country), "line": {"color": look.PAPER, "width": 0.5}},
            "customdata": [[names[i], look.number(widths[i])] for i in at],
            "hovertemplate": view.hover("%{customdata[0]}: %{customdata[1]}", "kt/yr"),
        })  # fmt: skip
    return strips

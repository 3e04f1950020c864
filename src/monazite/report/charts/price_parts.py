"""What a price consists of, place by place, along its marginal chain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monazite.report import look, statistics
from monazite.report.charts import choose
from monazite.report.view import View

if TYPE_CHECKING:
    import polars as pl

TITLE = "chart.price_parts.title"
STAGES = ("separation", "metal", "magnet")


def build(view: View) -> dict | None:
    """Return a stacked bar per place for each separated material, metal and magnet."""
    materials = [m for stage in STAGES for m in statistics.of_stage(view, stage)]
    parts = [(m, statistics.price_parts(view, m)) for m in materials]
    return choose([(view.material(m), _bars(view, p)) for m, p in parts if p.height])


def _bars(view: View, parts: pl.DataFrame) -> dict:
    import polars as pl

    totals = parts.group_by("country").agg(pl.col("amount").sum()).sort("amount", "country")
    countries = totals["country"].to_list()
    cells = {(c, p): v for c, p, v in parts.select("country", "part", "amount").iter_rows()}
    labels = [view.country(country) for country in countries]
    kinds = sorted(dict.fromkeys(parts["part"]), key=_order)
    traces = [
        _part(view, kind, labels, [cells.get((c, kind), 0.0) for c in countries])
        for kind in kinds
        if any(abs(cells.get((c, kind), 0.0)) > 5e-4 for c in countries)
    ]
    reach = [sum(max(cells.get((c, kind), 0.0), 0.0) for kind in kinds) for c in countries]
    traces += _total(view, labels, totals["amount"].to_list(), reach)
    layout = look.layout(
        80 + 27 * len(countries), barmode="relative", bargap=0.32,
        xaxis={"title": look.heading(view.say("compare.years.unit")), "rangemode": "tozero"},
        yaxis={"autorange": "reversed", "showgrid": False, "tickfont": {"color": look.INK}},
        margin={"r": 56, "b": 48},
    )  # fmt: skip
    return {"data": traces, "layout": layout}


def _order(kind: str) -> tuple[int, int, str]:
    stages, items = list(look.STAGES), list(look.ITEMS)
    if kind in stages:
        return 0, stages.index(kind), kind
    return 1, items.index(kind) if kind in items else len(items), kind


def _part(view: View, kind: str, labels: list[str], values: list[float]) -> dict:
    stage = kind in look.STAGES
    word = view.say("cost_of", stage=view.word("stage", kind)) if stage else view.word("part", kind)
    colour = look.STAGES[kind] if stage else look.ITEMS.get(kind, look.REST)
    return {
        "type": "bar", "orientation": "h", "name": word, "y": labels, "x": values,
        "marker": look.marker(kind, colour),
        "hovertemplate": view.hover(f"%{{y}}<br>{word}: %{{x:,.3~r}}", "USD/kg"),
    }  # fmt: skip


def _total(view: View, labels: list[str], totals: list[float], reach: list[float]) -> list[dict]:
    """Return a tick at each price, and the price in figures to the right of the whole bar."""
    word = view.say("price")
    tick = {
        "type": "scatter", "mode": "markers", "name": word, "x": totals, "y": labels,
        "marker": {"color": look.INK, "size": 11, "symbol": "line-ns-open", "line": {"width": 2}},
        "hovertemplate": view.hover(f"%{{y}}<br>{word}: %{{x:,.3~r}}", "USD/kg"),
    }  # fmt: skip
    figures = {
        "type": "scatter", "mode": "text", "showlegend": False, "x": reach, "y": labels,
        "text": [f" {look.number(total)}" for total in totals], "textposition": "middle right",
        "textfont": {"size": 12, "color": look.INK}, "cliponaxis": False, "hoverinfo": "skip",
    }  # fmt: skip
    return [tick, figures]

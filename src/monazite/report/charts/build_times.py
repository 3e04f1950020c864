"""What stands by when: capacity in place and built, by country, stage by stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monazite.report import look, statistics
from monazite.report.charts import choose
from monazite.report.view import View

if TYPE_CHECKING:
    import polars as pl

TITLE = "chart.build_times.title"
SHOWN = 8  # countries with a colour of their own


def build(view: View) -> dict | None:
    """Return stacked bars of capacity built by the years for each stage; None where none is."""
    frame = statistics.build_times(view)
    by_stage = frame.partition_by("stage", maintain_order=True)
    return choose([(view.word("stage", part["stage"][0]), _bars(view, part)) for part in by_stage])


def _bars(view: View, frame: pl.DataFrame) -> dict:
    periods = [str(period) for period in view.outcome.market.axes.periods]
    cells = {(p, c): q for p, c, q in frame.select("period", "country", "built").rows()}
    sums = {c: sum(cells.get((p, c), 0.0) for p in periods) for c in set(frame["country"])}
    shown = sorted(sums, key=lambda c: (-sums[c], c))
    traces = []
    for k, country in enumerate(shown[: SHOWN + 1]):
        mine = [country] if k < SHOWN else shown[SHOWN:]
        name = view.country(country) if k < SHOWN else view.say("other_countries")
        added = [sum(cells.get((p, c), 0.0) for c in mine) for p in periods]
        standing = [sum(added[: j + 1]) for j in range(len(periods))]
        colour = view.colour(country) if k < SHOWN else look.REST
        traces.append({
            "type": "bar", "name": name, "x": periods, "y": standing,
            "marker": {"color": colour, "line": {"color": look.PAPER, "width": 1}},
            "hovertemplate": view.hover(f"{name}, %{{x}}: %{{y:,.3~r}}", "kt/yr"),
        })  # fmt: skip
    layout = look.layout(
        380, barmode="stack", bargap=0.3, xaxis=look.time_axis(periods), margin={"b": 48},
        yaxis={"title": look.heading(view.say("axis.kt"))},
    )  # fmt: skip
    return {"data": traces, "layout": layout}

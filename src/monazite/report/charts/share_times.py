"""Who holds each stage over the years, as stacked areas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monazite.report import look, statistics
from monazite.report.charts import choose
from monazite.report.view import View

if TYPE_CHECKING:
    import polars as pl

TITLE = "chart.share_times.title"
SHOWN = 8  # countries with a colour of their own
NAMED = 0.07  # share in the middle period from which the name fits into the area


def build(view: View) -> dict | None:
    """Return an area per country for each stage that changes; None in a single period."""
    frame = statistics.share_times(view)
    by_stage = frame.partition_by("stage", maintain_order=True)
    return choose([(view.measure(part["stage"][0]), areas(view, part)) for part in by_stage])


def areas(view: View, frame: pl.DataFrame) -> dict:
    """Return stacked areas of (period, country, share), the largest countries by name."""
    periods = frame["period"].unique(maintain_order=True).to_list()
    cells = {(p, c): s for p, c, s in frame.select("period", "country", "share").rows()}
    sums = {c: sum(cells.get((p, c), 0.0) for p in periods) for c in set(frame["country"])}
    shown = sorted(sums, key=lambda c: (-sums[c], c))[:SHOWN]
    lines = [(view.country(c), view.colour(c), [cells.get((p, c), 0.0) for p in periods])
             for c in shown]  # fmt: skip
    rest = [1.0 - sum(line[k] for *_, line in lines) for k in range(len(periods))]
    if max(rest) > 1e-3:
        lines.append((view.say("other_countries"), look.REST, rest))
    traces = [
        {
            "type": "scatter", "mode": "lines", "stackgroup": "all", "name": name,
            "x": periods, "y": shares, "line": {"color": colour, "width": 0.5},
            "fillcolor": colour, "hovertemplate": f"{name}, %{{x}}: %{{y:.0%}}<extra></extra>",
        }
        for name, colour, shares in lines
    ]  # fmt: skip
    layout = look.layout(
        380, xaxis=look.time_axis(periods), margin={"b": 48, "r": 24},
        annotations=_names(periods, lines),
        yaxis={"range": [0, 1.0001], "tickformat": ".0%", "tickvals": look.TICKS},
    )  # fmt: skip
    return {"data": traces, "layout": layout}


def _names(periods: list[str], lines: list[tuple[str, str, list[float]]]) -> list[dict]:
    """Return each name inside its area where the area is high enough, for eyes that miss colour."""
    half = len(periods) // 2
    told, below = [], 0.0
    for name, colour, shares in lines:
        if shares[half] >= NAMED:
            told.append({
                "x": periods[half], "y": below + shares[half] / 2, "text": name,
                "showarrow": False, "font": {"color": look.text_on(colour), "size": 12},
            })  # fmt: skip
        below += shares[half]
    return told

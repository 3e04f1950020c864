"""Does what projects earn cover the service of their loans, year by year?"""

from __future__ import annotations

from monazite.report import finance, look
from monazite.report.charts import choose
from monazite.report.view import View

TITLE = "chart.cover_times.title"
MOST = 5.0  # times the service; more is as good


def build(view: View) -> dict | None:
    """Return a bar a year for each company with loans, against once; None without any."""
    return choose([(name, _bars(view, years, ratios)) for name, years, ratios in
                   finance.covers(view)])  # fmt: skip


def _bars(view: View, years: list[float], ratios: list[float]) -> dict:
    shown = [min(max(ratio, -1.0), MOST) for ratio in ratios]
    bars = {
        "type": "bar", "x": years, "y": shown, "showlegend": False,
        "marker": {"color": ["#2f7d5b" if ratio >= 1 else "#b4451c" for ratio in ratios]},
        "customdata": [look.number(ratio) for ratio in ratios],
        "hovertemplate": "%{x:.0f}: %{customdata}<extra></extra>",
    }  # fmt: skip
    ends = [years[0] - 0.6, years[-1] + 0.6]
    line = {
        "type": "scatter", "mode": "lines", "x": ends, "y": [1.0, 1.0],
        "name": view.say("cash.covered"), "hoverinfo": "skip",
        "line": {"color": look.INK, "width": 1.5, "dash": "dot"},
    }  # fmt: skip
    layout = look.layout(
        320, bargap=0.25, margin={"b": 44},
        xaxis={"range": ends, "tickformat": "d", "dtick": 1 if len(years) < 12 else 2},
        yaxis={"title": look.heading(view.say("axis.cover")),
               "range": [min([-0.05, *shown]) * 1.1, max([1.3, *shown]) * 1.08]},
    )  # fmt: skip
    return {"data": [bars, line], "layout": layout}

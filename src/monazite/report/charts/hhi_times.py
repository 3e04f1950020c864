"""How concentrated each stage is over the years, by place and by owner."""

from __future__ import annotations

from monazite.report import look, yearly
from monazite.report.view import View

TITLE = "chart.hhi_times.title"
DASHES = {"place": "solid", "owner": "dot"}
COLOURS = ("#2f3a55", "#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#56B4E9", "#882255")


def build(view: View) -> dict | None:
    """Return a line per stage and way of counting; None in a single period."""
    frame = yearly.concentration(view)
    if not frame.height:
        return None
    stages = frame["stage"].unique(maintain_order=True).to_list()
    traces = []
    for part in frame.partition_by("stage", "by", maintain_order=True):
        stage, by = part["stage"][0], part["by"][0]
        name = view.say(f"hhi_times.{by}", stage=view.measure(stage))
        traces.append({
            "type": "scatter", "mode": "lines+markers", "name": name, "showlegend": True,
            "x": part["period"].to_list(), "y": [10_000 * value for value in part["hhi"]],
            "line": {"color": COLOURS[stages.index(stage) % len(COLOURS)], "width": 2,
                     "dash": DASHES[by]},
            "marker": look.symbol(stages.index(stage)),
            "hovertemplate": f"{name}, %{{x}}: %{{y:,.0f}}<extra></extra>",
        })  # fmt: skip
    layout = look.layout(
        400, xaxis=look.time_axis(frame["period"]), margin={"b": 48},
        yaxis={"range": [0, 10_200], "title": look.heading(view.say("axis.hhi"))},
    )  # fmt: skip
    return {"data": traces, "layout": layout}

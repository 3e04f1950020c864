"""When do named projects come on line? A bar each, from its first output to the last year."""

from __future__ import annotations

from monazite.report import look, statistics
from monazite.report.marks import wrap
from monazite.report.view import View

TITLE = "chart.gantt.title"
ROWS = 40  # the largest, as far as a reader can follow
COLOURS = {
    "committed": "#3f4a63", "construction": "#4c6390", "financing": "#8fb0a9",
    "planned": "#c3d0e4", "generic": look.REST,
}  # fmt: skip


def build(view: View) -> dict | None:
    """Return a bar for each named project that is built, by status; None where none is."""
    frame = statistics.projects_built(view).head(ROWS).sort("begins", "facility")
    if not frame.height:
        return None
    axes = view.outcome.market.axes
    end = float(axes.start[-1] + axes.years[-1])
    labels = [wrap(view.facility(name), 44) for name in frame["facility"]]
    rows = list(zip(labels, frame.iter_rows(named=True), strict=True))
    traces = []
    for status, colour in COLOURS.items():
        mine = [(label, row) for label, row in rows if row["status"] == status]
        if not mine:
            continue
        traces.append({
            "type": "bar", "orientation": "h", "name": view.say(f"status.{status}"),
            "y": [label for label, _ in mine],
            "base": [row["begins"] for _, row in mine],
            "x": [end - row["begins"] for _, row in mine],
            "marker": {"color": colour},
            "customdata": [[row["begins"], row["built"], view.percent(row["part"])]
                           for _, row in mine],
            "hovertemplate": "%{y}<br>%{customdata[0]:.0f}: %{customdata[1]:,.3~r} "
                             + view.unit("kt/yr") + ", %{customdata[2]}<extra></extra>",
        })  # fmt: skip
    layout = look.layout(
        80 + 26 * len(rows), barmode="overlay", bargap=0.35,
        xaxis={"range": [float(axes.start[0]), end], "tickformat": "d"},
        yaxis={"autorange": "reversed", "showgrid": False, "tickfont": {"color": look.INK},
               "categoryorder": "array", "categoryarray": labels}, margin={"b": 32},
    )  # fmt: skip
    return {"data": traces, "layout": layout}

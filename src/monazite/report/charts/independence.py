"""What members would be served of each material without a country, year by year, as a heat map."""

from __future__ import annotations

from monazite.report import look, marks, statistics
from monazite.report.view import View

TITLE = "chart.independence.title"
DEARER = 1.05  # times the first price: below it only the share is told
ROW, COLUMN, NAMES = 36, 58, 190  # pixels that two lines of a cell, and a name, take
SCALE = [[0.0, "#8c2d04"], [0.5, "#fdbe85"], [0.8, "#f2f0eb"], [0.95, "#9fc9b8"], [1.0, "#1b7f5c"]]


def build(view: View) -> dict | None:
    """Return a cell per material and period with share served and price; None without answer."""
    frame = getattr(view.answers, "independence", None)
    if frame is None or not frame.height:
        return None
    periods = frame["period"].unique(maintain_order=True).to_list()
    stage = dict(view.table("materials").select("material", "stage").iter_rows())
    along = {m: (statistics.rank(stage.get(m, "")), m) for m in set(frame["material"])}
    materials = sorted(along, key=along.__getitem__, reverse=True)
    cells = {(m, p): (s, t) for m, p, s, t in
             frame.select("material", "period", "share", "times").rows()}  # fmt: skip
    share = [[cells.get((m, p), (None, None))[0] for p in periods] for m in materials]
    text = [[_told(view, *cells.get((m, p), (None, None))) for p in periods] for m in materials]
    trace = {
        "type": "heatmap", "x": periods, "z": [[_most(v) for v in row] for row in share],
        "y": [marks.wrap(view.material(m), 30) for m in materials], "text": text,
        "texttemplate": "%{text}", "textfont": {"size": 10}, "xgap": 2, "ygap": 2,
        "zmin": 0, "zmax": 1, "colorscale": SCALE, "showscale": False,
        "hovertemplate": "%{y}, %{x}: %{text}<extra></extra>",
    }  # fmt: skip
    layout = look.layout(
        90 + ROW * len(materials), xaxis={"type": "category", "side": "top", "showgrid": False},
        yaxis={"showgrid": False, "tickfont": {"color": look.INK}}, margin={"t": 28, "b": 12},
    )  # fmt: skip
    return {"data": [trace], "layout": layout, "wide": NAMES + COLUMN * len(periods)}


def _most(share: float | None) -> float | None:
    return None if share is None else min(share, 1.0)


def _told(view: View, share: float | None, times: float | None) -> str:
    if share is None:
        return ""
    told = view.percent(min(share, 1.0))  # more than its use in the first year is all of it
    return f"{told}<br>×{look.number(times, 2)}" if times and times >= DEARER else told

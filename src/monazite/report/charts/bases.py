"""What each stage's quantities rest on: reported, derived, estimated or assumed figures."""

from __future__ import annotations

from monazite.report import look, marks, statistics
from monazite.report.view import View

TITLE = "chart.bases.title"


def build(view: View) -> dict | None:
    """Return each stage's activity divided by the basis of its facilities' rows."""
    frame = statistics.bases(view)
    stated = [basis for basis in look.BASES if basis in set(frame["basis"])]
    if not frame.height or stated == ["unstated"]:
        return None
    stages = list(dict.fromkeys(frame["stage"]))
    cells = {(s, b): v for s, b, v in frame.select("stage", "basis", "share").iter_rows()}
    labels = [marks.wrap(view.word("stage", stage), 16) for stage in stages]
    traces = [
        marks.share_bar(view, view.word("basis", b), look.BASES[b], labels,
                        [cells.get((s, b), 0.0) for s in stages])
        for b in stated
    ]  # fmt: skip
    layout = look.layout(
        60 + 44 * len(stages), barmode="stack", bargap=0.32, uniformtext=look.FIT,
        xaxis={"range": [0, 1.0001], "tickformat": ".0%", "tickvals": look.TICKS,
               "zeroline": False},
        yaxis={"autorange": "reversed", "showgrid": False, "tickfont": {"color": look.INK}},
        margin={"r": 24, "b": 28},
    )  # fmt: skip
    return {"data": traces, "layout": layout}

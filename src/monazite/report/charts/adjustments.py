"""Where the reconciliation moved a raw figure most."""

from __future__ import annotations

from monazite.report import look, marks, statistics
from monazite.report.view import View

TITLE = "chart.adjustments.title"
SHOWN = 20
CUT = 1.0  # bars end here; the figure beside them tells the rest


def build(view: View) -> dict | None:
    """Return the largest adjustments as bars, in per cent of the raw figure."""
    if view.reconciliation is None or not view.reconciliation.height:
        return None
    frame = statistics.adjustments(view).drop_nulls("difference")
    if "kind" in frame.columns:  # recoveries and recipes are technical; the table has them
        frame = frame.filter(frame["kind"] != "recipes")
    frame = frame.head(SHOWN)
    labels = [marks.wrap(str(text), 34) for text in frame["observation"]]
    values = frame["difference"].to_list()
    bars = {
        "type": "bar", "orientation": "h", "y": list(range(len(values))),
        "x": [max(min(v, CUT), -CUT) for v in values],
        "marker": {"color": ["#b08d57" if v < 0 else "#3f76a8" for v in values]},
        "text": [_signed(view, v) for v in values], "textposition": "outside",
        "textfont": {"size": 12}, "cliponaxis": False, "showlegend": False,
        "customdata": [[t, look.number(a), look.number(b)] for t, a, b in
                       frame.select("observation", "raw", "reconciled").iter_rows()],
        "hovertemplate": "%{customdata[0]}: %{customdata[1]} → %{customdata[2]}<extra></extra>",
    }  # fmt: skip
    reach = 1.4 * min(max((abs(v) for v in values), default=1.0) or 1.0, CUT)
    layout = look.layout(
        70 + 34 * len(values),
        xaxis={"range": [-reach, reach], "tickformat": "+.0%",
               "title": look.heading(view.say("axis.adjustment"))},
        yaxis={"autorange": "reversed", "showgrid": False, "zeroline": False,
               "tickvals": list(range(len(values))),
               "ticktext": labels, "tickfont": {"color": look.INK, "size": 12}},
        margin={"b": 48},
    )  # fmt: skip
    return {"data": [bars], "layout": layout, "wide": 560}


def _signed(view: View, value: float) -> str:
    return ("+" if value > 0 else "") + view.percent(value)

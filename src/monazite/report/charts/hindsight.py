"""Last year's prices as the frozen model gives them, beside the real ones."""

from __future__ import annotations

from monazite.report import look, marks
from monazite.report.view import View

TITLE = "chart.hindsight.title"


def build(view: View) -> dict | None:
    """Return pairs of points on a logarithmic axis: the model's price and the real one."""
    frame = view.hindsight
    if frame is None or not frame.height:
        return None
    labels = [marks.wrap(f"{view.material(m)}, {view.country(c)}", 26)
              for m, c in frame.select("material", "country").iter_rows()]  # fmt: skip
    model, actual = frame["model"].to_list(), frame["actual"].to_list()
    rods: tuple[list, list] = ([], [])
    for label, a, b in zip(labels, model, actual, strict=True):
        rods[0].extend([a, b, None])
        rods[1].extend([label, label, None])
    line = {"type": "scatter", "mode": "lines", "x": rods[0], "y": rods[1], "showlegend": False,
            "line": {"color": look.RULE, "width": 4}, "hoverinfo": "skip"}  # fmt: skip
    traces = [line, _dots(view.say("modelled"), "#D55E00", "diamond", labels, model),
              _dots(view.say("actual"), look.INK, "circle", labels, actual)]  # fmt: skip
    layout = look.layout(
        70 + 32 * len(labels),
        xaxis={"type": "log", "title": look.heading("USD/kg"), "dtick": "D2"},
        yaxis={"autorange": "reversed", "type": "category", "tickfont": {"color": look.INK}},
        margin={"b": 48},
    )  # fmt: skip
    return {"data": traces, "layout": layout}


def _dots(name: str, colour: str, symbol: str, labels: list[str], values: list[float]) -> dict:
    return {
        "type": "scatter", "mode": "markers", "name": name, "x": values, "y": labels,
        "marker": {"color": colour, "size": 11, "symbol": symbol},
        "hovertemplate": f"%{{y}}<br>{name}: %{{x:,.3~r}} USD/kg<extra></extra>",
    }  # fmt: skip

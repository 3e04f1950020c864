"""Last year's prices as the frozen model gives them, beside the real ones."""

from __future__ import annotations

from monazite.report import look, marks, statistics
from monazite.report.view import View

TITLE = "chart.hindsight.title"


def build(view: View) -> dict | None:
    """Return pairs of points: the model's and the real change of price, or both prices.

    Changes are shown where they are known, because quotes and the model's prices differ in what
    they include (taxes, delivery), which a change leaves out.
    """
    frame = statistics.hindsight(view)
    if not frame.height:
        return None
    changes = frame[statistics.CHANGES[0]].null_count() == 0
    first, second = statistics.CHANGES if changes else ("model", "actual")
    names = [(view.material(m), view.country(c))
             for m, c in frame.select("material", "country").iter_rows()]  # fmt: skip
    labels = [marks.wrap(view.say("pair", stage=m, country=c) if c else m, 26) for m, c in names]
    traces = _pairs(view, labels, frame[first].to_list(), frame[second].to_list())
    year = frame["year"][0]
    title = view.say("axis.change", year=year) if changes else view.unit("USD/kg")
    axis = {"title": look.heading(title), "tickformat": ".1f" if changes else "~s"}
    if changes:
        axis |= {"ticksuffix": "×", "rangemode": "tozero"}
    layout = look.layout(
        70 + 32 * len(labels), xaxis=axis if changes else {**axis, "type": "log", "dtick": "D2"},
        yaxis={"autorange": "reversed", "type": "category", "tickfont": {"color": look.INK}},
        margin={"b": 48},
    )  # fmt: skip
    return {"data": traces, "layout": layout}


def _pairs(view: View, labels: list[str], model: list[float], actual: list[float]) -> list[dict]:
    rods: tuple[list, list] = ([], [])
    for label, a, b in zip(labels, model, actual, strict=True):
        rods[0].extend([a, b, None])
        rods[1].extend([label, label, None])
    line = {"type": "scatter", "mode": "lines", "x": rods[0], "y": rods[1], "showlegend": False,
            "line": {"color": look.RULE, "width": 4}, "hoverinfo": "skip"}  # fmt: skip
    return [
        line,
        _dots(view.say("modelled"), "#D55E00", "diamond", labels, model),
        _dots(view.say("actual"), look.INK, "circle", labels, actual),
    ]


def _dots(name: str, colour: str, symbol: str, labels: list[str], values: list[float]) -> dict:
    return {
        "type": "scatter", "mode": "markers", "name": name, "x": values, "y": labels,
        "marker": {"color": colour, "size": 11, "symbol": symbol},
        "hovertemplate": f"%{{y}}<br>{name}: %{{x:,.3~r}}<extra></extra>",
    }  # fmt: skip

"""What the world goes without when the largest supplier of a stage stops."""

from __future__ import annotations

from monazite.report import look, marks, statistics
from monazite.report.view import View

TITLE = "chart.stops.title"


def build(view: View) -> dict | None:
    """Return the loss of use outside the stopped country, as a share, per stopped stage."""
    import polars as pl

    if view.stops is None or not view.stops.height:
        return None
    frame = statistics.stop_sums(view)
    last = statistics.of_stage(view, "magnet")
    sold = [m for m in last if m in set(frame["material"])] or list(frame["material"].unique())
    materials = sold[: len(_SHADES)]
    stages = list(dict.fromkeys(frame["stage"]))
    who = dict(frame.select("stage", "country").iter_rows())
    labels = [marks.wrap(view.pair(s, who[s]), 22) for s in stages]
    drawn = frame.filter(pl.col("material").is_in(materials))
    cells = {(s, m): v for s, m, v in
             drawn.select("stage", "material", "unserved_share").iter_rows()}  # fmt: skip
    traces = [
        _bar(view, m, shade, labels, [cells.get((s, m)) for s in stages])
        for m, shade in zip(materials, _SHADES, strict=False)
    ]
    layout = look.layout(
        70 + (24 + 18 * len(materials)) * len(stages), barmode="group", bargap=0.3,
        xaxis={"range": [0, 1.3], "tickformat": ".0%", "tickvals": look.TICKS,
               "title": look.heading(view.say("axis.unserved")), "zeroline": False},
        yaxis={"autorange": "reversed", "showgrid": False, "tickfont": {"color": look.INK}},
        margin={"b": 48},
    )  # fmt: skip
    return {"data": traces, "layout": layout}


_SHADES = ("#12395f", "#3f76a8", "#7ea6cc", "#b9cfe2", "#d8c49a", "#b08d57")


def _bar(view: View, material: str, colour: str, labels: list[str], values: list) -> dict:
    name = view.material(material)
    return {
        "type": "bar", "orientation": "h", "name": name, "y": labels, "x": values,
        "marker": {"color": colour}, "textposition": "outside", "cliponaxis": False,
        "text": ["" if v is None else view.percent(v) for v in values],
        "textfont": {"size": 11},
        "hovertemplate": f"%{{y}}<br>{name}: %{{text}}<extra></extra>",
    }  # fmt: skip

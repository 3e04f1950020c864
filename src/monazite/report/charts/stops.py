"""What the world goes without when the largest supplier of a stage stops."""

from __future__ import annotations

from monazite.report import look, marks, statistics
from monazite.report.view import View

TITLE = "chart.stops.title"


def build(view: View) -> dict | None:
    """Return unserved use outside the stopped country, as a share, per stopped stage."""
    import polars as pl

    frame = view.stops
    if frame is None or not frame.height:
        return None
    materials = sorted(set(frame["material"]), key=lambda m: -_most(frame, m))[:6]
    stages = sorted(set(frame["stage"]), key=statistics.rank)
    who = dict(frame.select("stage", "country").iter_rows())
    labels = [marks.wrap(view.pair(s, who[s]), 20) for s in stages]
    away = frame.filter(pl.col("place") != pl.col("country"))
    shares = away.group_by("stage", "material").agg(
        (pl.col("unserved").sum() / pl.col("used").sum()).alias("share")
    )
    cells = {(s, m): v for s, m, v in shares.iter_rows()}
    traces = [
        _bar(view, m, shade, labels, [cells.get((s, m)) for s in stages])
        for m, shade in zip(materials, _SHADES, strict=False)
    ]
    layout = look.layout(
        150 + (24 + 18 * len(materials)) * len(stages), barmode="group", bargap=0.3,
        xaxis={"range": [0, 1.14], "tickformat": ".0%", "tickvals": look.TICKS,
               "title": look.heading(view.say("axis.unserved")), "zeroline": False},
        yaxis={"autorange": "reversed", "showgrid": False, "tickfont": {"color": look.INK}},
        margin={"b": 48},
    )  # fmt: skip
    return {"data": traces, "layout": layout}


_SHADES = ("#12395f", "#3f76a8", "#7ea6cc", "#b9cfe2", "#d8c49a", "#b08d57")


def _most(frame: object, material: str) -> float:
    import polars as pl

    rows = frame.filter(pl.col("material") == material)  # type: ignore[attr-defined]
    return float(rows["unserved_share"].max() or 0.0)


def _bar(view: View, material: str, colour: str, labels: list[str], values: list) -> dict:
    name = view.material(material)
    return {
        "type": "bar", "orientation": "h", "name": name, "y": labels, "x": values,
        "marker": {"color": colour}, "textposition": "outside", "cliponaxis": False,
        "text": ["" if v is None else view.percent(v) for v in values],
        "textfont": {"size": 11},
        "hovertemplate": f"%{{y}}<br>{name}: %{{text}}<extra></extra>",
    }  # fmt: skip

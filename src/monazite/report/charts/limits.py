"""How full each stage is in each country: what runs against what could run."""

from __future__ import annotations

from monazite.report import look, marks, statistics
from monazite.report.view import View

TITLE = "chart.limits.title"


def build(view: View) -> dict | None:
    """Return utilisation per stage, inside and outside the country that has most of it."""
    import polars as pl

    frame = statistics.stage_limits(view)
    outside = frame.filter(pl.col("country").str.starts_with("outside:"))
    pairs = outside.with_columns(pl.col("country").str.strip_prefix("outside:").alias("top"))
    if not frame.height:
        return None
    top = dict(pairs.select("stage", "top").iter_rows())
    stages = list(dict.fromkeys(frame["stage"]))
    used = {(s, c): u / k for s, c, u, k in
            frame.select("stage", "country", "used", "capacity").iter_rows()}  # fmt: skip
    lead = {s: top.get(s) or _only(frame, s) for s in stages}
    labels = [marks.wrap(view.word("stage", s), 16) for s in stages]
    inside = [used.get((s, lead[s])) for s in stages]
    away = [used.get((s, f"outside:{lead[s]}")) for s in stages]
    traces = [_bar(view, view.say("largest_place"), look.STAGES["separation"], labels, inside,
                   [view.country(lead[s]) for s in stages])]  # fmt: skip
    if any(value is not None for value in away):
        places = [view.say("outside", country=view.country(lead[s])) for s in stages]
        colour = look.STAGES["magnet"]
        traces.append(_bar(view, view.say("elsewhere"), colour, labels, away, places))
    layout = look.layout(
        56 + 58 * len(stages), barmode="group", bargap=0.35, bargroupgap=0.08,
        xaxis={"range": [0, 1.18], "tickformat": ".0%", "zeroline": False,
               "tickvals": look.TICKS},
        yaxis={"autorange": "reversed", "showgrid": False, "tickfont": {"color": look.INK}},
        margin={"b": 28},
    )  # fmt: skip
    return {"data": traces, "layout": layout}


def _only(frame: object, stage: str) -> str:
    import polars as pl

    return frame.filter(pl.col("stage") == stage)["country"][0]  # type: ignore[attr-defined]


def _bar(
    view: View, name: str, colour: str, labels: list[str], values: list, places: list[str]
) -> dict:
    return {
        "type": "bar", "orientation": "h", "name": name, "y": labels, "x": values,
        "marker": {"color": colour},
        "text": ["" if v is None else view.percent(v) for v in values],
        "textposition": "outside", "textfont": {"size": 12}, "cliponaxis": False,
        "customdata": places,
        "hovertemplate": "%{customdata}: %{text}<extra></extra>",
    }  # fmt: skip

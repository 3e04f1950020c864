"""Marks that several figures share: stacked shares, and wrapped labels."""

from __future__ import annotations

from collections.abc import Iterable

from monazite.report import look, statistics
from monazite.report.view import View


def wrap(text: str, width: int = 22) -> str:
    """Return the text broken into lines for plotly; Chinese characters count double."""
    lines, used = [""], 0
    words = text.split(" ") if " " in text else _chunks(text, width)
    for word in words:
        length = measure(word)
        if lines[-1] and used + 1 + length > width:
            lines.append("")
            used = 0
        joined = " " if lines[-1] and " " in text else ""
        lines[-1] += joined + word
        used += len(joined) + length
    return "<br>".join(lines)


def measure(text: str) -> int:
    """Return the text's width in Latin characters."""
    return sum(2 if ord(character) > 0x2E80 else 1 for character in text)


def _chunks(text: str, width: int) -> Iterable[str]:
    size = max(width // 2, 1) if measure(text) > len(text) else len(text)
    return [text[i : i + size] for i in range(0, len(text), size)] or [text]


def shares(view: View, by: str) -> dict | None:
    """Return each stage's shares as a stacked bar, countries in one order and colour."""
    import polars as pl

    frame = statistics.stage_shares(view).filter(pl.col("by") == by)
    if not frame.height:
        return None
    stages = list(dict.fromkeys(frame["stage"]))
    weight = frame.group_by("country").agg(pl.col("share").sum()).sort(-pl.col("share"), "country")
    cells = {(s, c): v for s, c, v in frame.select("stage", "country", "share").iter_rows()}
    labels = [wrap(view.measure(stage), 24) for stage in stages]
    shown = [c for c in weight["country"] if max(cells.get((s, c), 0.0) for s in stages) >= 0.02]
    traces = [
        share_bar(view, view.country(c), view.colour(c), labels,
                   [cells.get((s, c), 0.0) for s in stages])
        for c in shown
    ]  # fmt: skip
    rest = [1 - sum(cells.get((s, c), 0.0) for c in shown) for s in stages]
    if max(rest) > 1e-3:
        traces.append(share_bar(view, view.say("other_countries"), look.REST, labels, rest))
    axis = {"range": [0, 1.0001], "tickformat": ".0%", "zeroline": False, "tickvals": look.TICKS}
    layout = look.layout(
        60 + 44 * len(stages), barmode="stack", bargap=0.3, xaxis=axis, uniformtext=look.FIT,
        yaxis={"autorange": "reversed", "showgrid": False, "tickfont": {"color": look.INK}},
        margin={"r": 24, "b": 28},
    )  # fmt: skip
    return {"data": traces, "layout": layout}


def share_bar(view: View, name: str, colour: str, labels: list[str], values: list[float]) -> dict:
    return {
        "type": "bar", "orientation": "h", "name": name, "y": labels,
        "x": [max(value, 0.0) for value in values],
        "marker": {"color": colour, "line": {"color": look.PAPER, "width": 1}},
        "text": [view.percent(value) if value >= 0.06 else "" for value in values],
        "textposition": "inside", "insidetextanchor": "middle", "textangle": 0,
        "textfont": {"color": look.text_on(colour), "size": 12},
        "constraintext": "inside", "cliponaxis": True,
        "customdata": [view.percent(value) for value in values],
        "hovertemplate": f"{name}: %{{customdata}}<extra></extra>",
    }  # fmt: skip

"""What each support of a project costs who gives it, in three lines, and what it changes."""

from __future__ import annotations

from monazite.report import finance, look
from monazite.report.marks import wrap
from monazite.report.view import View

TITLE = "chart.finance_lines.title"
WIDE = 700  # pixels, below which it scrolls
ROWS = 24  # the dearest, as far as a reader can follow
LINES = {"grant_equivalent": "#12395f", "expected_loss": "#D55E00", "unpaid_risk": "#efc46a"}


def build(view: View) -> dict | None:
    """Return stacked bars, one for each rule; None where nobody is given anything."""
    import polars as pl

    rows = finance.by_rule(view)
    if not rows.height:
        return None
    rows = rows.filter(pl.col("discounted").abs() > finance.LITTLE).head(ROWS)
    if not rows.height:
        return None
    labels = [
        wrap(view.say("finance.label", who=finance.provider(view, row["rule"]),
                      plants=finance.places(view, row["facility"], 1)), 60)
        for row in rows.iter_rows(named=True)
    ]  # fmt: skip
    labels = _apart(labels)
    traces: list[dict] = [
        {
            "type": "bar", "orientation": "h", "name": view.say(f"support.line.{line}"),
            "y": labels, "x": rows[line].to_list(),
            "marker": {"color": colour, "line": {"color": look.PAPER, "width": 0.5}},
            "customdata": [look.number(value) for value in rows[line]],
            "hovertemplate": f"%{{y}}<br>{view.say(f'support.line.{line}')}: %{{customdata}}"
                             "<extra></extra>",
        }
        for line, colour in LINES.items()
    ]  # fmt: skip
    ends = [sum(max(row[line], 0.0) for line in LINES) for row in rows.iter_rows(named=True)]
    told = [
        view.say("finance.end", sum=look.number(row["discounted"], 2), change=_change(view, row))
        for row in rows.iter_rows(named=True)
    ]
    traces.append({
        "type": "scatter", "mode": "text", "x": ends, "y": labels, "text": told,
        "textposition": "middle right", "hoverinfo": "skip", "showlegend": False,
        "textfont": {"size": 12, "color": look.QUIET}, "cliponaxis": False,
    })  # fmt: skip
    lows = [sum(min(row[line], 0.0) for line in LINES) for row in rows.iter_rows(named=True)]
    span = max(ends) - min([*lows, 0.0])
    layout = look.layout(
        80 + (34 if any("<br>" in label for label in labels) else 26) * len(labels),
        barmode="relative",
        bargap=0.35,
        xaxis={"title": look.heading(view.say("axis.present_value")), "tickformat": ",~r",
               "range": [min([*lows, 0.0]) - 0.02 * span, max(ends) + 0.42 * span]},
        yaxis={"autorange": "reversed", "showgrid": False, "tickfont": {"color": look.INK}},
        margin={"b": 52},
    )  # fmt: skip
    return {"data": traces, "layout": layout, "wide": WIDE}


def _change(view: View, row: dict) -> str:
    return view.say(f"finance.change.{row['change']}") if row["change"] else ""


def _apart(labels: list[str]) -> list[str]:
    """Labels that are the same, told apart by spaces that nobody sees: plotly would join them."""
    seen: dict[str, int] = {}
    found = []
    for label in labels:
        seen[label] = seen.get(label, 0) + 1
        found.append(label + "\u200b" * (seen[label] - 1))
    return found

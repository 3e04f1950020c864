"""Who gains and who pays when projects are supported: the change of accounts by country."""

from __future__ import annotations

from monazite.report import finance, look
from monazite.report.view import View

TITLE = "chart.support_gains.title"
ROWS = 12
PARTS = {"users": "#2f7d5b", "producers": "#0072B2", "treasury": "#E69F00", "others": "#8c93a0"}


def build(view: View) -> dict | None:
    """Return stacked bars by country with the sum as a diamond; None where it was not asked for."""
    import polars as pl

    rows = finance.accounts(view)
    if not rows.height:
        return None
    moved = rows.filter(pl.max_horizontal(pl.col(*PARTS).abs()) > finance.LITTLE)
    shown = moved.head(ROWS)
    if not shown.height:
        return None
    rest = rows.join(shown.select("country"), on="country", how="anti")
    labels = [view.country(c) if c else view.say("finance.nowhere") for c in shown["country"]]
    labels += [view.say("other_countries")]
    traces: list[dict] = []
    for part, colour in PARTS.items():
        values = [*shown[part].to_list(), float(rest[part].sum())]
        word = view.say(f"finance.account.{part}")
        traces.append({
            "type": "bar", "orientation": "h", "name": word, "y": labels, "x": values,
            "marker": {"color": colour, "line": {"color": look.PAPER, "width": 0.5}},
            "customdata": [look.number(value) for value in values],
            "hovertemplate": f"%{{y}}, {word}: %{{customdata}}<extra></extra>",
        })  # fmt: skip
    sums = [*shown["all"].to_list(), float(rest["all"].sum())]
    traces.append({
        "type": "scatter", "mode": "markers", "name": view.say("finance.account.all"),
        "y": labels, "x": sums, "customdata": [look.number(value) for value in sums],
        "marker": {"symbol": "diamond", "size": 9, "color": look.INK,
                   "line": {"color": look.PAPER, "width": 1}},
        "hovertemplate": "%{y}: %{customdata}<extra></extra>",
    })  # fmt: skip
    layout = look.layout(
        80 + 28 * len(labels), barmode="relative", bargap=0.32,
        xaxis={"title": look.heading(view.say("axis.present_value")), "tickformat": ",~r"},
        yaxis={"autorange": "reversed", "showgrid": False, "tickfont": {"color": look.INK}},
        margin={"b": 52},
    )  # fmt: skip
    return {"data": traces, "layout": layout}

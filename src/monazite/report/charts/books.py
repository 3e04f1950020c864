"""Who gains and who pays: the books by country and account."""

from __future__ import annotations

from monazite.report import look, statistics
from monazite.report.view import View

TITLE = "chart.books.title"
ACCOUNTS = {
    "producers": "#0072B2", "suppliers": "#332288", "traders": "#56B4E9", "treasury": "#E69F00",
    "quota_holders": "#6d3b66", "stock_holders": "#8c93a0", "disposal": "#997700",
    "calibration_residual": "#e0457b", "losses_carried": "#7fb39a",
}  # fmt: skip
LEFT_OUT = "users"  # their surplus is an area under a demand curve, many times all else


def build(view: View) -> dict | None:
    """Return every country's income by account, without users' surplus."""
    import polars as pl

    frame = statistics.accounts(view).filter(pl.col("account") != LEFT_OUT)
    if not frame.height:
        return None
    size = frame.group_by("country").agg(pl.col("amount").abs().sum())
    order = size.sort(["amount", "country"], descending=[True, False])["country"].to_list()[:16]
    labels = [view.country(c) for c in order]
    cells = {(a, c): v for a, c, v in frame.select("account", "country", "amount").iter_rows()}
    known = [a for a in ACCOUNTS if a in set(frame["account"])]
    accounts = known + sorted(set(frame["account"]) - set(known))
    traces = [_account(view, a, labels, [cells.get((a, c), 0.0) for c in order]) for a in accounts]
    layout = look.layout(
        80 + 30 * len(order), barmode="relative", bargap=0.3,
        xaxis={"title": look.heading(view.say("axis.money")), "tickformat": ",~r"},
        yaxis={"autorange": "reversed", "showgrid": False, "tickfont": {"color": look.INK}},
        margin={"b": 48},
    )  # fmt: skip
    return {"data": traces, "layout": layout}


def _account(view: View, account: str, labels: list[str], values: list[float]) -> dict:
    word = view.word("account", account)
    return {
        "type": "bar", "orientation": "h", "name": word, "y": labels, "x": values,
        "marker": look.marker(account, ACCOUNTS.get(account, look.REST)),
        "customdata": [look.number(value) for value in values],
        "hovertemplate": f"%{{y}}, {word}: %{{customdata}}<extra></extra>",
    }  # fmt: skip

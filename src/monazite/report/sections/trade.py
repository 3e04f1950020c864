"""Trade between countries, material by material."""

from monazite.report import parts, statistics
from monazite.report.view import View

NAMES = ("quantity", "freight", "duty", "export_tax", "rise", "residual", "rent")

OF_PERIOD = True


def heading(view: View) -> str:
    """Who sells most of what crosses borders, and the largest flow, by value."""
    import polars as pl

    flows = statistics.trade_value(view)
    total = float(flows["value"].sum()) if flows.height else 0.0
    if total <= statistics.SMALL:
        return ""
    sold = flows.group_by("origin").agg(pl.col("value").sum()).sort(-pl.col("value"), "origin")
    most = flows.row(0, named=True)
    return view.say(
        "heading.trade", country=view.the(sold["origin"][0]),
        share=view.percent(sold["value"][0] / total),
        material=view.aside(view.material(most["material"])), origin=view.the(most["origin"]),
        destination=view.the(most["destination"]),
    )  # fmt: skip


def build(view: View) -> str:
    """Return the matrix and the list of flows behind it."""
    picture = parts.detail_chart(view, "trade", view.say("chart.trade.note"))
    if not picture:
        return parts.absent(view, "absent.trade")
    return picture + parts.folded(view.say("trade.table"), _table(view))


def _table(view: View) -> str:
    import polars as pl

    columns = [
        parts.Column(view.say("column.material")),
        parts.Column(view.say("column.origin")),
        parts.Column(view.say("column.destination")),
        *(parts.Column(view.say(f"column.{name}"), numeric=True) for name in NAMES),
    ]
    flows = view.frame("flows").filter(pl.col("quantity") > statistics.SMALL)
    rows = [
        [view.material(row["material"]), view.country(row["origin"]),
         view.country(row["destination"]), *(row[name] for name in NAMES)]
        for row in flows.sort("material", -pl.col("quantity")).iter_rows(named=True)
    ]  # fmt: skip
    return parts.table(columns, rows)

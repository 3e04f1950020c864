"""Trade between countries, material by material."""

from monazite.report import parts, statistics
from monazite.report.view import View

NAMES = ("quantity", "freight", "duty", "export_tax", "rise", "residual", "rent")

OF_PERIOD = True


def build(view: View) -> str:
    """Return the matrix and the list of flows behind it."""
    picture = parts.chart(view, "trade", view.say("chart.trade.note"))
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

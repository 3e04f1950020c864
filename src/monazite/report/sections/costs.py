"""Cost curves of the oxides, and every facility behind them."""

from monazite.report import parts, statistics
from monazite.report.view import View

MONEY = ("cost", "rise", "residual", "loss_carried", "scarcity_rent", "limit_rent")  # USD/kg

OF_PERIOD = True


def build(view: View) -> str:
    """Return the curves and the table of activities with their residuals."""
    curves = parts.chart(view, "cost_curve", view.say("chart.cost_curve.note"))
    curves = curves or parts.absent(view, "absent.costs")
    return curves + parts.folded(view.say("costs.table"), _table(view))


def _table(view: View) -> str:
    import polars as pl

    columns = [
        parts.Column(view.say("column.facility")),
        parts.Column(view.say("column.country")),
        parts.Column(view.say("column.stage")),
        *(
            parts.Column(view.say(f"column.{name}"), numeric=True)
            for name in ("activity", "utilisation", *MONEY)
        ),
    ]  # fmt: skip
    order = pl.col("stage").map_elements(statistics.rank, return_dtype=pl.Int64)
    frame = view.frame("output").filter(pl.col("activity") > statistics.SMALL)
    frame = frame.sort(order, -pl.col("activity"), "facility")
    rows = [
        [view.facility(row["facility"]), view.country(row["country"]),
         view.word("stage", row["stage"]), row["activity"],
         parts.percent_cell(view, row["utilisation"]), *(row[name] for name in MONEY)]
        for row in frame.iter_rows(named=True)
    ]  # fmt: skip
    return parts.table(columns, rows)

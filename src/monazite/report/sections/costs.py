"""Cost curves of the oxides, and every facility behind them."""

from typing import Any

from monazite.report import look, parts, statistics
from monazite.report.view import View

MONEY = ("cost", "rise", "residual", "loss_carried", "scarcity_rent", "limit_rent")  # USD/kg

LOSS = 0.01  # of the price, and of what is made: less is not told as a loss

OF_PERIOD = True


def heading(view: View) -> str:
    """Where the most valuable oxide is made cheapest and dearest, and how much at a loss."""
    for material in statistics.of_stage(view, "separation"):
        rows = statistics.supply_curve(view, material).rows(named=True)
        if len(rows) > 1:
            return _finding(view, material, rows)
    return ""


def _finding(view: View, material: str, rows: list[dict[str, Any]]) -> str:
    cost = {row["facility"]: row["feed"] + row["cost"] + row["rise"] for row in rows}
    cheap, dear = (end(cost, key=lambda name: (cost[name], name)) for end in (min, max))
    lost = sum(row["quantity"] for row in rows if -row["loss_carried"] > LOSS * row["price"])
    share = lost / sum(row["quantity"] for row in rows)
    return view.say(
        "heading.costs_loss" if share >= LOSS else "heading.costs",
        material=view.aside(view.material(material)), share=view.percent(share),
        cheap=view.facility(cheap), dear=view.facility(dear),
        low=look.number(cost[cheap]), high=look.number(cost[dear]),
    )  # fmt: skip


def build(view: View) -> str:
    """Return the curves and the table of activities with their residuals."""
    curves = parts.detail_chart(view, "cost_curve", view.say("chart.cost_curve.note"))
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

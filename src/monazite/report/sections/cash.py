"""What projects earn: the value of each company's plants, step by step, and whether it pays."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from monazite.report import finance, look, parts
from monazite.report.view import View

if TYPE_CHECKING:
    import polars as pl


def heading(view: View) -> str:
    """How many of the companies earn what their capital costs."""
    rows = finance.earned(view)
    return _finding(view, rows) if rows.height else ""


def build(view: View) -> str:
    """Return the steps, a table of companies, debt service cover."""
    rows = finance.earned(view)
    if not rows.height:
        return parts.absent(view, "absent.cash")
    return (
        parts.chart(view, "cash_steps", view.say("chart.cash_steps.note"))
        + _table(view, rows)
        + parts.folded_chart(view, "cover_times", view.say("chart.cover_times.note"))
    )


def _finding(view: View, rows: pl.DataFrame) -> str:
    import polars as pl

    helped = rows.filter(pl.col("supported"))
    shown = helped if helped.height else rows
    key = "cash.finding" if helped.height else "cash.finding_plain"
    return view.say(
        key,
        count=shown.height,
        pays=shown.filter(pl.col("npv") >= 0).height,
        bare=shown.filter(pl.col("npv_unsupported") >= 0).height,
    )


def _table(view: View, rows: pl.DataFrame) -> str:
    numbers = ("npv", "npv_unsupported", "irr")
    columns = [
        parts.Column(view.say("column.company")),
        *(
            parts.Column(view.say(f"column.cash_{name}"), numeric=True, places=0)
            for name in numbers
        ),
        parts.Column(view.say("column.cash_payback"), numeric=True, digits=2),
        parts.Column(view.say("column.cash_price"), numeric=True),
        parts.Column(view.say("column.cash_incentive"), numeric=True),
        parts.Column(view.say("column.cash_unsupported"), numeric=True),
        parts.Column(view.say("column.cash_cover"), numeric=True, digits=2),
    ]
    told = [
        [
            _name(view, row),
            row["npv"],
            row["npv_unsupported"],
            parts.percent_cell(view, row["irr"]),
            row["payback"],
            _price(view, row),
            _band(row),
            row["incentive_unsupported"],
            row["cover"],
        ]
        for row in rows.iter_rows(named=True)
    ]
    table = parts.folded_table(view.say("cash.table"), columns, told)
    return f'<div class="named">{table}</div>'


def _name(view: View, row: dict[str, Any]) -> parts.Cell:
    """The company, and below it what is spent in these years."""
    name = finance.company(view, row["company"], row["plants"])
    name = view.say("cash.as_if", name=name) if row["as_if"] else name
    below = view.say("cash.capital", amount=look.number(row["capital"]))
    return parts.Cell(f"{escape(name)}<br><small>{escape(below)}</small>", name)


def _price(view: View, row: dict[str, Any]) -> parts.Cell:
    """The mean price of the main product, and below it which that is."""
    product = view.material(row["product"]) if row["product"] else ""
    text = f"{look.number(row['price'])}<br><small>{escape(product)}</small>"
    return parts.Cell(text, row["price"])


def _band(row: dict[str, Any]) -> parts.Cell:
    """The incentive price, and below it the prices at the low and the high end of its costs."""
    if row["incentive"] is None:
        return parts.Cell("–", None)
    ends = [look.number(row[end]) if row[end] is not None else "…" for end in ("low", "high")]
    text = f"{look.number(row['incentive'])}<br><small>{ends[0]} – {ends[1]}</small>"
    return parts.Cell(text, row["incentive"])

"""Prices by place, and what each consists of."""

from monazite.report import headline, look, parts, statistics
from monazite.report.view import View

OF_PERIOD = True


def heading(view: View) -> str:
    """The price gap that costs importers most, where there is one."""
    row = headline.gap(view)
    if row is None:
        return ""
    return view.say(
        "heading.prices", material=view.aside(view.material(row["material"])),
        high=view.the(row["high_place"]), low=view.the(row["low_place"]),
        dear=look.number(row["high"]), cheap=look.number(row["low"]),
    )  # fmt: skip


def build(view: View) -> str:
    """Return prices over time, else their parts along the marginal chain; the rest folded."""
    if not statistics.price_table(view).height:
        return parts.absent(view, "absent.prices")
    note = view.say("chart.price_times.note", period=view.period or "")
    times = parts.chart(view, "price_times", note)
    opened = parts.folded_chart if times else parts.chart
    return (
        times
        + opened(view, "price_parts", view.say("chart.price_parts.note"))
        + _spread(view)
        + parts.folded_chart(view, "price_places", view.say("chart.price_places.note"))
        + parts.folded(view.say("prices.table"), _all(view))
    )


def _spread(view: View) -> str:
    columns = [
        parts.Column(view.say("column.material")),
        parts.Column(view.say("column.low"), numeric=True),
        parts.Column(view.say("column.where")),
        parts.Column(view.say("column.high"), numeric=True),
        parts.Column(view.say("column.where")),
        parts.Column(view.say("column.gap"), numeric=True),
    ]
    spread = statistics.price_spread(view)
    known = spread.filter(spread["low"] > 0)  # what is paid to be rid of has no price to compare
    rows = [_spread_row(view, row) for row in known.iter_rows(named=True)]
    return parts.folded_table(view.say("prices.spread"), columns, rows)


def _spread_row(view: View, row: dict) -> list:
    """Return lowest and highest; one place alone has no gap, nor has a price below zero."""
    low = [view.material(row["material"]), row["low"], view.country(row["low_place"])]
    if row["places"] < 2:
        return [*low, None, "", None]
    gap = row["high"] / row["low"] - 1 if row["low"] > 0 else None
    high = [row["high"], view.country(row["high_place"])]
    return [*low, *high, parts.percent_cell(view, gap)]


def _all(view: View) -> str:
    columns = [
        parts.Column(view.say("column.material")),
        parts.Column(view.say("column.country")),
        parts.Column(view.say("column.price"), numeric=True),
        parts.Column(view.say("column.remark")),
    ]
    rows = [
        [view.material(row["material"]), view.country(row["country"]), row["price"],
         view.say("indicative") if row["indicative"] else ""]
        for row in statistics.price_table(view).iter_rows(named=True)
    ]  # fmt: skip
    return parts.table(columns, rows)

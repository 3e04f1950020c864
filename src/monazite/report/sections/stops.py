"""N-1: the largest supplier of each stage stops."""

from monazite.report import parts, statistics
from monazite.report.view import View


def build(view: View) -> str:
    """Return the picture and the table of what is unserved, at what price."""
    if view.stops is None or not view.stops.height:
        return parts.absent(view, "absent.stops")
    return parts.chart(view, "stops", view.say("chart.stops.note")) + _table(view)


def _table(view: View) -> str:
    import polars as pl

    columns = [
        parts.Column(view.say("column.stopped")),
        parts.Column(view.say("column.material")),
        parts.Column(view.say("column.place")),
        *(
            parts.Column(view.say(f"column.{name}"), numeric=True)
            for name in ("unserved", "unserved_share", "price_before", "price_after")
        ),
    ]
    assert view.stops is not None, "an absent table has its own sentence"
    order = pl.col("stage").map_elements(statistics.rank, return_dtype=pl.Int64)
    frame = view.stops.sort(order, -pl.col("unserved"), "material", "place")
    rows = [
        [view.pair(row["stage"], row["country"]),
         view.material(row["material"]), view.country(row["place"]), row["unserved"],
         parts.percent_cell(view, row["unserved_share"]), row["price_before"],
         _after(view, row["price_after"])]
        for row in frame.iter_rows(named=True)
    ]  # fmt: skip
    return parts.table(columns, rows, view.say("stops.table"))


def _after(view: View, price: float | None) -> object:
    return price if price is not None else parts.Cell(view.say("no_price"))

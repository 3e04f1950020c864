"""N-1: the largest supplier of each stage stops."""

from monazite.report import parts, statistics
from monazite.report.view import View

LEAST = 0.02  # share of use; smaller losses are left to the file of tables
SHOWN = 100  # places told of singly, those that lose most by value
LOST, PRICES = ("unserved", "unserved_share"), ("price_before", "price_after")


def build(view: View) -> str:
    """Return the picture and the table of what is unserved, at what price."""
    unproved = "".join(
        parts.paragraph(view.say("stops.failed", what=view.pair(stage, country)), "absent")
        for stage, country in view.failed
    )
    if view.stops is None or not view.stops.height:
        return unproved or parts.absent(view, "absent.stops")
    picture = parts.chart(view, "stops", view.say("chart.stops.note"))
    places = parts.folded(view.say("stops.places", count=SHOWN), _places(view))
    return picture + unproved + _materials(view) + places


def _materials(view: View) -> str:
    """Return what the places outside the stopped country lose together, material by material."""
    columns = [
        parts.Column(view.say("column.stopped")),
        parts.Column(view.say("column.material")),
        *(parts.Column(view.say(f"column.{name}"), numeric=True) for name in LOST),
        parts.Column(view.say("column.largest_user")),
        *(parts.Column(view.say(f"column.{name}"), numeric=True) for name in PRICES),
    ]
    rows = [
        [view.pair(row["stage"], row["country"]), view.material(row["material"]), row["unserved"],
         parts.percent_cell(view, row["unserved_share"]), view.country(row["place"]),
         row["price_before"], _after(view, row["price_after"])]
        for row in statistics.stop_sums(view).iter_rows(named=True)
        if row["unserved_share"] >= LEAST
    ]  # fmt: skip
    return parts.table(columns, rows, view.say("stops.table", least=view.percent(LEAST)))


def _places(view: View) -> str:
    columns = [
        parts.Column(view.say("column.stopped")),
        parts.Column(view.say("column.material")),
        parts.Column(view.say("column.place")),
        *(parts.Column(view.say(f"column.{name}"), numeric=True) for name in (*LOST, *PRICES)),
    ]
    rows = [
        [view.pair(row["stage"], row["country"]), view.material(row["material"]),
         view.country(row["place"]), row["unserved"],
         parts.percent_cell(view, row["unserved_share"]), row["price_before"],
         _after(view, row["price_after"])]
        for row in statistics.stop_losses(view).head(SHOWN).iter_rows(named=True)
    ]  # fmt: skip
    return parts.table(columns, rows)


def _after(view: View, price: float | None) -> object:
    return price if price is not None else parts.Cell(view.say("no_price"))

"""Which limits bind, in words."""

from collections.abc import Iterator

from monazite.report import look, parts, statistics
from monazite.report.view import View

AWAY = "outside:"
WORTH = 0.5  # MUSD/yr; a smaller rent is not worth a sentence
TOLD = 8  # sentences of one kind; what remains is in the table of facilities

OF_PERIOD = True


def build(view: View) -> str:
    """Return a sentence for every limit that binds, and how full the stages are."""
    told = [*_outside(view), *_places(view), *_named(view), *_arcs(view)]
    words = parts.items(told) if told else parts.absent(view, "absent.limits")
    return words + parts.chart(view, "limits", view.say("chart.limits.note"))


def _outside(view: View) -> Iterator[str]:
    frame = statistics.stage_limits(view)
    for row in frame.iter_rows(named=True):
        if row["full"] and row["country"].startswith(AWAY):
            place = view.the(row["country"].removeprefix(AWAY))
            yield _stage(view, row, view.say("outside", country=place))


def _places(view: View) -> Iterator[str]:
    """Tell of single countries, but not again of those outside the largest where all are full."""
    frame = statistics.stage_limits(view).sort("rent", "country", descending=[True, False])
    rows = [row for row in frame.iter_rows(named=True) if row["full"] and row["rent"] > WORTH]
    told = {row["stage"]: row["country"].removeprefix(AWAY) for row in rows
            if row["country"].startswith(AWAY)}  # fmt: skip
    full = [row for row in rows if not row["country"].startswith(AWAY)
            and told.get(row["stage"], row["country"]) == row["country"]]  # fmt: skip
    for row in full[:TOLD]:
        yield _stage(view, row, view.say("inside", country=view.the(row["country"])))


def _stage(view: View, row: dict, where: str) -> str:
    key = "limits.full" if row["rent"] > WORTH else "limits.full_free"
    if row["stage"] == "thrift":  # what users save is no plant
        key = "limits.saved"
    return view.say(
        key,
        stage=view.word("stage", row["stage"]),
        where=where,
        used=look.plain(row["used"]),
        capacity=look.plain(row["capacity"]),
        rent=look.plain(row["rent"], 2),
    )


def _named(view: View) -> Iterator[str]:
    names = view.names_of("limits", "limit")
    for row in statistics.named_limits(view).iter_rows(named=True):
        name = names.get(row["limit"], row["limit"].replace("_", " "))
        rent, upper = look.plain(row["rent"]), look.plain(row["upper"])
        key = "limits.named" if (row["rent"] or 0.0) > 1e-6 else "limits.named_free"
        yield view.say(key, name=name, used=look.plain(row["used"]), upper=upper, rent=rent)


def _arcs(view: View) -> Iterator[str]:
    for row in statistics.full_arcs(view).head(TOLD).iter_rows(named=True):
        yield view.say(
            "limits.arc",
            material=view.material(row["material"]),
            origin=view.the(row["origin"]),
            destination=view.the(row["destination"]),
            quantity=look.plain(row["quantity"]),
            rent=look.plain(row["rent"]),
        )

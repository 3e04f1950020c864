"""Which limits bind, in words."""

from collections.abc import Iterator

from monazite.report import look, parts, statistics
from monazite.report.view import View

AWAY = "outside:"
WORTH = 0.5  # MUSD/yr; a smaller rent is not worth a sentence
FIRST = 5  # sentences shown at once
TOLD = 8  # sentences of one kind; what remains is in the table of facilities

OF_PERIOD = True


def heading(view: View) -> str:
    """The limit that is worth most in a year; that none is, where nothing full earns a rent."""
    worth = [(amount, name) for amount, name, _ in _told(view) if name and amount > WORTH]
    if not worth:
        return view.say("heading.limits_free") if statistics.stage_limits(view).height else ""
    amount, name = max(worth)
    return view.say("heading.limits", name=name, amount=look.money(amount, view.lang))


def build(view: View) -> str:
    """Return a sentence for every limit that binds, dearest first, and how full the stages are."""
    told = [sentence for _, _, sentence in sorted(_told(view), key=lambda one: -one[0])]
    words = parts.items(told[:FIRST]) if told else parts.absent(view, "absent.limits")
    more = parts.items(told[FIRST:]) if told[FIRST:] else ""
    return (
        words
        + parts.folded(view.say("limits.more", count=len(told) - FIRST), more)
        + parts.folded_chart(view, "limits", view.say("chart.limits.note"))
    )


Told = tuple[float, str, str]  # what it is worth [MUSD/yr], its name, the sentence


def _told(view: View) -> list[Told]:
    return [*_outside(view), *_places(view), *_named(view), *_arcs(view)]


def _outside(view: View) -> Iterator[Told]:
    """Stages that are full everywhere but in one country: no single limit, so without a name."""
    frame = statistics.stage_limits(view)
    for row in frame.iter_rows(named=True):
        if row["full"] and row["country"].startswith(AWAY):
            place = view.the(row["country"].removeprefix(AWAY))
            yield row["rent"], "", _stage(view, row, view.say("outside", country=place))


def _places(view: View) -> Iterator[Told]:
    """Tell of single countries, but not again of those outside the largest where all are full."""
    frame = statistics.stage_limits(view).sort("rent", "country", descending=[True, False])
    rows = [row for row in frame.iter_rows(named=True) if row["full"] and row["rent"] > WORTH]
    told = {row["stage"]: row["country"].removeprefix(AWAY) for row in rows
            if row["country"].startswith(AWAY)}  # fmt: skip
    full = [row for row in rows if not row["country"].startswith(AWAY)
            and told.get(row["stage"], row["country"]) == row["country"]]  # fmt: skip
    for row in full[:TOLD]:
        name = view.inside_name(view.pair(row["stage"], row["country"]))
        where = view.say("inside", country=view.the(row["country"]))
        yield row["rent"], name, _stage(view, row, where)


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


def _named(view: View) -> Iterator[Told]:
    names = view.names_of("limits", "limit")
    for row in statistics.named_limits(view).iter_rows(named=True):
        name = names.get(row["limit"], row["limit"].replace("_", " "))
        rent, upper = look.plain(row["rent"]), look.plain(row["upper"])
        key = "limits.named" if (row["rent"] or 0.0) > 1e-6 else "limits.named_free"
        told = view.say(key, name=name, used=look.plain(row["used"]), upper=upper, rent=rent)
        yield (row["rent"] or 0.0) * row["used"], name, told


def _arcs(view: View) -> Iterator[Told]:
    for row in statistics.full_arcs(view).head(TOLD).iter_rows(named=True):
        ends = f"{view.country(row['origin'])} → {view.country(row['destination'])}"
        name = view.say("flow_of", material=view.material(row["material"]), ends=ends)
        told = view.say(
            "limits.arc",
            material=view.material(row["material"]),
            origin=view.the(row["origin"]),
            destination=view.the(row["destination"]),
            quantity=look.plain(row["quantity"]),
            rent=look.plain(row["rent"]),
        )
        yield row["rent"] * row["quantity"], name, told

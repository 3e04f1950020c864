"""N-1: the largest supplier of each stage stops."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monazite.report import parts, statistics, yearly
from monazite.report.view import View

if TYPE_CHECKING:
    import polars as pl

LEAST = 0.02  # share of use; smaller losses are left to the file of tables
SHOWN = 100  # places told of singly, those that lose most by value
LOST, PRICES = ("unserved", "unserved_share"), ("price_before", "price_after")


def heading(view: View) -> str:
    """The stop that takes most of the most used magnet (else material) from everybody else."""
    import polars as pl

    frame = yearly.stops(view) if view.answers is not None else _one_year(view)
    if not frame.height:
        return ""
    last = [m for m in statistics.of_stage(view, "magnet") if m in set(frame["material"])]
    frame = frame.filter(pl.col("material").is_in(last) | pl.lit(not last))
    used = frame.group_by("material").agg(pl.col("used").mean()).sort(-pl.col("used"), "material")
    mine = frame.filter(pl.col("material") == used["material"][0])
    if "period" in mine.columns:
        mine = mine.filter(pl.col("period") == mine["period"][-1])
    row = mine.sort(-pl.col("unserved_share"), "stage").row(0, named=True)
    if not row["unserved_share"] >= LEAST:
        return ""
    return view.say(
        "heading.stops_year" if row.get("period") else "heading.stops",
        stage=view.aside(view.measure(row["stage"])), country=view.the(row["country"]),
        material=view.aside(view.material(row["material"])),
        share=view.percent(row["unserved_share"]), year=row.get("period", ""),
    )  # fmt: skip


def _one_year(view: View) -> pl.DataFrame:
    import polars as pl

    known = view.stops is not None and view.stops.height > 0
    return statistics.stop_sums(view) if known else pl.DataFrame()


def build(view: View) -> str:
    """Return the picture and the table of what is unserved, at what price, or both by year."""
    if view.answers is not None:
        return _by_year(view)
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
    return parts.folded_table(view.say("stops.table", least=view.percent(LEAST)), columns, rows)


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


def _by_year(view: View) -> str:
    """Return what is lost in each of some years, and how long stores of members would last."""
    days = view.say("stops.days", days=f"{view.answers.commercial:g}")
    return (
        parts.chart(view, "stop_times", view.say("chart.stop_times.note"))
        + _losses(view)
        + parts.paragraph(days)
        + _cover(view)
    )


def _losses(view: View) -> str:
    """A row for each stop: who stops, what all lose, and what stores gave."""
    names = ("loss", "released")
    columns = [
        parts.Column(view.say("column.period")),
        parts.Column(view.say("column.stopped")),
        parts.Column(view.say("column.share"), numeric=True),
        *(parts.Column(view.say(f"column.{name}"), numeric=True) for name in names),
    ]
    keys = ("period", "stage", "country", "share", *names)
    frame = yearly.along(view.answers.stops.select(keys).unique(maintain_order=True))
    rows = [
        [row["period"], view.pair(row["stage"], row["country"]),
         parts.percent_cell(view, row["share"]), row["loss"], row["released"]]
        for row in frame.iter_rows(named=True)
    ]  # fmt: skip
    return parts.folded_table(view.say("stops.losses"), columns, rows)


def _cover(view: View) -> str:
    """Days of cover of members together, by material and year."""
    frame = view.answers.cover
    if not frame.height:
        return ""
    texts, figures = ("period", "material"), ("use", "strategic", "commercial", "days")
    columns = [
        *(parts.Column(view.say(f"column.{name}")) for name in texts),
        *(parts.Column(view.say(f"column.{name}"), numeric=True) for name in figures),
        parts.Column(view.say("column.largest_supplier")),
        parts.Column(view.say("column.share"), numeric=True),
        parts.Column(view.say("column.days_without"), numeric=True),
    ]
    rows = [
        [row["period"], view.material(row["material"]), *(row[name] for name in figures),
         view.country(row["largest"]), parts.percent_cell(view, row["share"]), row["days_without"]]
        for row in view.of_period(frame).iter_rows(named=True)
    ]  # fmt: skip
    told = view.say("comma").join(view.country(code) for code in view.answers.members)
    title = view.say("stops.cover", members=told or view.say("world"))
    return parts.folded(title, parts.table(columns, rows))

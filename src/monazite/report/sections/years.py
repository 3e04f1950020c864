"""Over the years: who holds which stage, at what price, what is built, and what stands idle."""

from typing import Any

from monazite.report import parts, statistics, yearly
from monazite.report.view import View, years_of

LEAST = 0.005  # of a stage: what moves less is told as unmoved


def heading(view: View) -> str:
    """The stage whose largest place gains or loses most of it, from the first year to the last."""
    names = years_of(view.outcome)
    ends = [view.outcome.shares_in(name) for name in names[:1] + names[-1:]]
    found = []
    for stage, shares in ends[0].items() if len(ends) > 1 else ():
        of, then = shares["by_place"], ends[1].get(stage, {}).get("by_place", {})
        if of and then:
            top = min(of, key=lambda c: (-of[c], c))
            found.append(
                (abs(then.get(top, 0.0) - of[top]), stage, top, of[top], then.get(top, 0.0))
            )
    if not found or max(found)[0] < LEAST:
        return view.say("heading.years_same", year=names[-1]) if found else ""
    _, stage, top, first, last = max(found)
    return view.say(
        "heading.years_rises" if last > first else "heading.years_falls",
        country=view.the(top), stage=view.aside(view.measure(stage)), begin=names[0],
        year=names[-1], first=view.percent(first), last=view.percent(last),
    )  # fmt: skip


def build(view: View) -> str:
    """Return shares over the periods; folded, prices, capacity, projects and what is idle."""
    if not statistics.share_times(view).height:
        return parts.absent(view, "absent.years")
    return (
        parts.chart(view, "share_times", view.say("chart.share_times.note"))
        + parts.folded_chart(view, "owner_times", view.say("chart.owner_times.note"))
        + parts.folded_chart(view, "hhi_times", view.say("chart.hhi_times.note"))
        + parts.folded_chart(view, "price_sides", view.say("chart.price_sides.note"))
        + parts.folded_chart(view, "waterfall", view.say("chart.waterfall.note"))
        + parts.folded_chart(view, "build_times", view.say("chart.build_times.note"))
        + parts.folded_chart(view, "gantt", view.say("chart.gantt.note"))
        + _idle(view)
        + parts.folded(view.say("years.idle"), _never(view))
        + _closures(view)
        + _old_scrap(view)
    )


def _plant(view: View, row: dict[str, Any]) -> list[str]:
    """The cells that say which plant a row is about."""
    return [
        view.facility(row["facility"]),
        view.country(row["country"]),
        view.word("stage", row["stage"]),
    ]


def _idle(view: View) -> str:
    """Named projects that are built and, in the period shown, use little of what they have."""
    rows = [
        [
            *_plant(view, row),
            view.say(f"status.{row['status']}"),
            row["capacity"],
            parts.percent_cell(view, row["utilisation"]),
        ]
        for row in yearly.idle(view).iter_rows(named=True)
    ]
    if not rows:
        return ""
    texts = ("facility", "country", "stage", "status")
    columns = [
        *(parts.Column(view.say(f"column.{name}")) for name in texts),
        parts.Column(view.say("column.standing"), numeric=True),
        parts.Column(view.say("column.utilisation"), numeric=True),
    ]
    title = view.say("years.built_idle", period=view.period or "")
    return parts.folded(title, parts.table(columns, rows))


def _never(view: View) -> str:
    """Named projects that nobody builds at these prices, by what they would add."""
    rows = [
        [
            view.facility(row["facility"]),
            view.country(row["country"]),
            view.say(f"status.{row['status']}"),
            row["size"],
        ]
        for row in statistics.projects_idle(view).iter_rows(named=True)
    ]
    columns = [
        parts.Column(view.say("column.facility")),
        parts.Column(view.say("column.country")),
        parts.Column(view.say("column.status")),
        parts.Column(view.say("column.size"), numeric=True),
    ]
    return parts.table(columns, rows)


def _closures(view: View) -> str:
    """Named plants and mines that end within the years, and why."""
    rows = [
        [
            *_plant(view, row),
            view.say(f"closing.{row['how']}"),
            parts.Cell(str(row["year"]), row["year"]),
            row["capacity"],
        ]
        for row in yearly.closures(view).iter_rows(named=True)
    ]
    if not rows:
        return ""
    texts = ("facility", "country", "stage", "how", "last_year")
    columns = [
        *(parts.Column(view.say(f"column.{name}")) for name in texts),
        parts.Column(view.say("column.standing"), numeric=True),
    ]
    return parts.folded(view.say("years.closures"), parts.table(columns, rows))


def _old_scrap(view: View) -> str:
    """All old scrap by kind and period, and what of it is new beside the base year and taken up."""
    from monazite.study.scrap import returned_in_all

    figures = ("back", "counted", "beyond", "taken")
    rows = [
        [view.material(row["material"]), row["period"], *(row[name] for name in figures)]
        for row in returned_in_all(view.outcome).iter_rows(named=True)
    ]
    if not rows:
        return ""
    columns = [
        parts.Column(view.say("column.material")),
        parts.Column(view.say("column.period")),
        *(parts.Column(view.say(f"column.scrap_{name}"), numeric=True) for name in figures),
    ]
    note = view.say("years.old_scrap.note")
    return parts.folded(
        view.say("years.old_scrap"), parts.paragraph(note) + parts.table(columns, rows)
    )

"""Over the years: who holds which stage, at what price, what is built, and what stands idle."""

from monazite.report import parts, statistics, yearly
from monazite.report.view import View


def build(view: View) -> str:
    """Return shares, prices and capacity over the periods, projects as bars, what is idle."""
    if not statistics.share_times(view).height:
        return parts.absent(view, "absent.years")
    return (
        parts.chart(view, "share_times", view.say("chart.share_times.note"))
        + parts.chart(view, "owner_times", view.say("chart.owner_times.note"))
        + parts.chart(view, "hhi_times", view.say("chart.hhi_times.note"))
        + parts.chart(view, "price_sides", view.say("chart.price_sides.note"))
        + parts.chart(view, "waterfall", view.say("chart.waterfall.note"))
        + parts.chart(view, "build_times", view.say("chart.build_times.note"))
        + parts.chart(view, "gantt", view.say("chart.gantt.note"))
        + _idle(view)
        + parts.folded(view.say("years.idle"), _never(view))
    )


def _idle(view: View) -> str:
    """Named projects that are built and, in the period shown, use little of what they have."""
    rows = [
        [
            view.facility(row["facility"]),
            view.country(row["country"]),
            view.word("stage", row["stage"]),
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

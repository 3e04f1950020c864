"""Over the years: who holds which stage, what is built, and when named projects come."""

from monazite.report import parts, statistics
from monazite.report.view import View


def build(view: View) -> str:
    """Return shares and capacity over the periods, projects as bars, and those never built."""
    if not statistics.share_times(view).height:
        return parts.absent(view, "absent.years")
    return (
        parts.chart(view, "share_times", view.say("chart.share_times.note"))
        + parts.chart(view, "build_times", view.say("chart.build_times.note"))
        + parts.chart(view, "gantt", view.say("chart.gantt.note"))
        + parts.folded(view.say("years.idle"), _never(view))
    )


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

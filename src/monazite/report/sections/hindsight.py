"""A year the model was not fitted to: its prices beside the real ones."""

from monazite.report import parts, statistics
from monazite.report.view import View


def build(view: View) -> str:
    """Return the picture and the table of modelled and real prices."""
    picture = parts.chart(view, "hindsight", view.say("chart.hindsight.note"))
    if not picture:
        return parts.absent(view, "absent.hindsight")
    words, numbers = ("material", "country", "year"), ("modelled", "actual", *statistics.CHANGES)
    columns = [parts.Column(view.say(f"column.{name}")) for name in words]
    columns += [parts.Column(view.say(f"column.{name}"), numeric=True) for name in numbers]
    rows = [
        [view.material(row["material"]), view.country(row["country"]), row["year"], row["model"],
         row["actual"], *(row[name] for name in statistics.CHANGES)]
        for row in statistics.hindsight(view).iter_rows(named=True)
    ]  # fmt: skip
    return picture + parts.table(columns, rows)

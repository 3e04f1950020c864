"""A year the model was not fitted to: its prices beside the real ones."""

from monazite.report import parts
from monazite.report.view import View


def build(view: View) -> str:
    """Return the picture and the table of modelled and real prices."""
    picture = parts.chart(view, "hindsight")
    if not picture:
        return parts.absent(view, "absent.hindsight")
    columns = [
        parts.Column(view.say("column.material")),
        parts.Column(view.say("column.country")),
        parts.Column(view.say("modelled"), numeric=True),
        parts.Column(view.say("actual"), numeric=True),
        parts.Column(view.say("column.difference"), numeric=True),
    ]
    assert view.hindsight is not None, "an absent table has its own sentence"
    rows = [
        [view.material(row["material"]), view.country(row["country"]), row["model"], row["actual"],
         parts.percent_cell(view, row["model"] / row["actual"] - 1 if row["actual"] else None)]
        for row in view.hindsight.iter_rows(named=True)
    ]  # fmt: skip
    return picture + parts.table(columns, rows)

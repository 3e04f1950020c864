"""A year the model was not fitted to: its prices beside the real ones."""

from collections.abc import Callable

from monazite.report import parts, statistics
from monazite.report.view import View


def build(view: View) -> str:
    """Return the picture and the table of modelled and real prices."""
    picture = parts.chart(view, "hindsight", view.say("chart.hindsight.note"))
    if not picture:
        return parts.absent(view, "absent.hindsight")
    frame = statistics.hindsight(view)
    words = [w for w in ("material", "country", "year") if frame[w].null_count() < frame.height]
    names: dict[str, Callable] = {"material": view.material, "country": view.country, "year": str}
    numbers = ("modelled", "actual", *statistics.CHANGES)
    columns = [parts.Column(view.say(f"column.{name}")) for name in words]
    columns += [parts.Column(view.say(f"column.{name}"), numeric=True) for name in numbers]
    rows = [
        [*(names[w](row[w]) for w in words), row["model"], row["actual"],
         *(row[name] for name in statistics.CHANGES)]
        for row in frame.iter_rows(named=True)
    ]  # fmt: skip
    return picture + parts.table(columns, rows)

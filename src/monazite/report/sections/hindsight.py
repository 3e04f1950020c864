"""A year the model was not fitted to: its prices beside the real ones."""

from collections.abc import Callable

from monazite.report import parts, statistics
from monazite.report.view import View


def heading(view: View) -> str:
    """How many prices the model moves the right way, else how far half of them lie from real."""
    import polars as pl

    frame = statistics.hindsight(view)
    if not frame.height:
        return ""
    model, real = (pl.col(name) - 1 for name in statistics.CHANGES)
    moved = frame.drop_nulls(statistics.CHANGES)
    words = {"year": frame["year"][0], "count": moved.height}
    if moved.height:
        right = moved.filter(model * real > 0).height
        return view.say("heading.hindsight", right=right, **words)
    known = frame.filter(pl.col("actual") > 0)
    half = known.select((pl.col("model") / pl.col("actual") - 1).abs().median()).item()
    words["count"] = known.height
    return (
        ""
        if half is None
        else view.say("heading.hindsight_level", half=view.percent(half), **words)
    )


def build(view: View) -> str:
    """Return the picture and the table of modelled and real prices."""
    picture = parts.folded_chart(view, "hindsight", view.say("chart.hindsight.note"))
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
    return picture + parts.folded_table(view.say("hindsight.table"), columns, rows)

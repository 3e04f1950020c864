"""How much of each headline figure rests on assumptions."""

from monazite.report import look, parts
from monazite.report.view import View


def build(view: View) -> str:
    """Return the bases of each stage's quantities and the table of headline figures."""
    picture = parts.chart(view, "bases", view.say("chart.bases.note"))
    table = "" if view.assumptions is None else _table(view)
    return picture + table or parts.absent(view, "absent.assumptions")


def _table(view: View) -> str:
    assert view.assumptions is not None, "an absent table has its own sentence"
    ranged = {"low", "high"} <= set(view.assumptions.columns)
    columns = [
        parts.Column(view.say("column.figure")),
        parts.Column(view.say("column.assumed")),
    ]
    if ranged:
        columns += [parts.Column(view.say(f"column.{key}_end"), True) for key in ("low", "high")]
    rows = [
        [
            row.get(f"figure_{view.lang}", row.get("figure")),
            parts.bar_cell(view, row["share"], look.BASES["assumption"]),
        ]
        + ([row["low"], row["high"]] if ranged else [])
        for row in view.assumptions.iter_rows(named=True)
    ]
    return parts.table(columns, rows, view.say("assumptions.table"))

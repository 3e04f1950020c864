"""How much of each headline figure rests on assumptions."""

from monazite.report import look, parts
from monazite.report.view import View


def heading(view: View) -> str:
    """The headline figure that rests most on assumptions."""
    if view.assumptions is None or not view.assumptions.height:
        return ""
    row = view.assumptions.sort("share", descending=True).row(0, named=True)
    name = row.get(f"figure_{view.lang}", row.get("figure"))
    return view.say("heading.assumptions", name=name, share=view.percent(row["share"]))


def build(view: View) -> str:
    """Return the bases of each stage's quantities and the table of headline figures."""
    table = "" if view.assumptions is None else _table(view)
    picture = parts.folded_chart(view, "bases", view.say("chart.bases.note"))
    return table + picture or parts.absent(view, "absent.assumptions")


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

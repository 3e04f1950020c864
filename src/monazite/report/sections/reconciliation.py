"""Raw figures that contradict each other, and what they became."""

from monazite.report import parts, statistics
from monazite.report.view import View


def heading(view: View) -> str:
    """By how much published figures were moved."""
    if view.reconciliation is None or not view.reconciliation.height:
        return ""
    moved = statistics.adjustments(view)["difference"].abs().drop_nulls()
    half, much = moved.quantile(0.5, "linear"), moved.quantile(0.9, "linear")
    if half is None or much is None:
        return ""
    return view.say("heading.reconciliation", count=moved.len(), half=view.percent(half),
                    much=view.percent(much))  # fmt: skip


def build(view: View) -> str:
    """Return the largest adjustments as a picture, and every figure in a table."""
    if view.reconciliation is None or not view.reconciliation.height:
        return parts.absent(view, "absent.reconciliation")
    picture = parts.folded_chart(view, "adjustments")
    return picture + parts.folded(view.say("reconciliation.table"), _table(view))


def _table(view: View) -> str:
    columns = [
        parts.Column(view.say("column.figure")),
        parts.Column(view.say("column.unit")),
        *(
            parts.Column(view.say(f"column.{name}"), numeric=True)
            for name in ("raw", "weight", "reconciled", "difference")
        ),
        parts.Column(view.say("column.basis")),
        parts.Column(view.say("column.source")),
    ]
    rows = [
        [row["observation"], view.unit(row.get("unit") or ""), row["raw"], row["weight"],
         row["reconciled"],
         parts.percent_cell(view, row["difference"]), view.word("basis", row.get("basis")),
         row.get("source")]
        for row in statistics.adjustments(view).iter_rows(named=True)
    ]  # fmt: skip
    return parts.table(columns, rows)

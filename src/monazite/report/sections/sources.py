"""Where every figure comes from."""

from html import escape

from monazite.report import parts
from monazite.report.view import View

FEW = 20  # more than these are folded away, to open on a click and in print


def build(view: View) -> str:
    """Return the case's sources; addresses are text, for the page never leaves this machine."""
    table = view.case_table("sources")
    if table is None or not table.height:
        return parts.absent(view, "absent.sources")
    rows = table.sort("citation", nulls_last=True).iter_rows(named=True)
    listed = f'<ol class="sources">{"".join(_source(row) for row in rows)}</ol>'
    if table.height <= FEW:
        return listed
    return parts.folded(view.say("sources.all", count=table.height), listed)


def _source(row: dict) -> str:
    about = ", ".join(str(row[key]) for key in ("date", "licence") if row.get(key))
    text = escape(str(row.get("citation") or row["source"])) + (
        f" ({escape(about)})" if about else ""
    )
    address = f'<span class="url">{escape(row["url"])}</span>' if row.get("url") else ""
    return f'<li id="source-{escape(row["source"])}">{text}{address}</li>'

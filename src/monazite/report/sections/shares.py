"""Who holds which stage, by place and by owner, with the index of concentration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monazite.report import parts, statistics
from monazite.report.view import View

if TYPE_CHECKING:
    import polars as pl


OF_PERIOD = True


def heading(view: View) -> str:
    """How much of how many stages the country that leads most of them holds, by place."""
    held = {s: shares["by_place"] for s, shares in view.shares.items() if shares.get("by_place")}
    if not held:
        return ""
    largest = {stage: min(of, key=lambda c: (-of[c], c)) for stage, of in held.items()}
    leads = list(largest.values())
    top = min(leads, key=lambda c: (-leads.count(c), c))
    mine = sorted((held[s][top], s) for s, c in largest.items() if c == top)
    (low, least), (high, most) = mine[0], mine[-1]
    key = "heading.shares_all" if len(mine) == len(held) else "heading.shares"
    if len(mine) == 1:
        key = "heading.shares_one"
    return view.say(
        key, country=view.the(top), count=len(mine), all=len(held), low=view.percent(low),
        least=view.aside(view.measure(least)), high=view.percent(high),
        most=view.aside(view.measure(most)),
    )  # fmt: skip


def build(view: View) -> str:
    """Return both pictures and the table of concentration."""
    if not view.shares:
        return parts.absent(view, "absent.shares")
    return (
        parts.chart(view, "shares_place")
        + parts.folded_chart(view, "shares_owner")
        + parts.folded(view.say("shares.concentration"), _table(view))
        + _definitions(view)
    )


def _table(view: View) -> str:
    columns = [
        parts.Column(view.say("column.stage")),
        parts.Column(view.say("column.largest_place")),
        parts.Column(view.say("column.share"), numeric=True),
        parts.Column(view.say("column.hhi_place"), numeric=True),
        parts.Column(view.say("column.largest_owner")),
        parts.Column(view.say("column.share"), numeric=True),
        parts.Column(view.say("column.hhi_owner"), numeric=True),
    ]
    stages = sorted(view.shares, key=lambda stage: (statistics.rank(stage), stage))
    rows = [_row(view, stage) for stage in stages]
    return f"<div>{parts.paragraph(view.say('shares.hhi'))}{parts.table(columns, rows)}</div>"


def _row(view: View, stage: str) -> list:
    row: list = [view.measure(stage)]
    for by in ("by_place", "by_owner"):
        shares = view.shares[stage].get(by, {})
        top = max(shares, key=lambda c: (shares[c], c), default=None)
        share = shares[top] if top is not None else None
        index = 10_000 * statistics.concentration(shares) if shares else None
        row += [view.country(top), parts.percent_cell(view, share), index]
    return row


def _definitions(view: View) -> str:
    """Return what each measure counts, as the case defines it."""
    table = view.case_table("measures")
    if table is None or not table.height:
        return ""
    told = []
    for stage in sorted(view.shares, key=lambda name: (statistics.rank(name), name)):
        rows = table.filter(table["measure"] == stage)
        if rows.height:
            told.append(_definition(view, stage, rows))
    return parts.folded(view.say("shares.definitions"), parts.items(told))


def _definition(view: View, stage: str, rows: pl.DataFrame) -> str:
    names = [view.material(m) for m in rows["material"].unique(maintain_order=True)]
    stated = "exclude_technology" in rows.columns
    without = rows["exclude_technology"].drop_nulls().to_list() if stated else []
    key = "shares.counted_without" if any("swarf" in text for text in without) else "shares.counted"
    materials = view.say("comma").join(names)
    return view.say(key, measure=view.measure(stage), materials=materials)

"""Public finance of projects: who pays how much for what, what it changes, what budgets hold."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from monazite.report import finance, look, parts
from monazite.report.view import View

if TYPE_CHECKING:
    import polars as pl

SUMS = ("discounted", "grant_equivalent", "expected_loss", "unpaid_risk", "plain", "principal")


def heading(view: View) -> str:
    """What public money is paid, and how much of it changes what is built."""
    rows = finance.by_rule(view)
    return _finding(view, rows) if rows.height else ""


def build(view: View) -> str:
    """Return a picture and a table of supports; then budgets and whose gains moved."""
    rows = finance.by_rule(view)
    if not rows.height:
        return parts.absent(view, "absent.finance")
    return (
        parts.chart(view, "finance_lines", view.say("chart.finance_lines.note"))
        + _table(view, rows)
        + _idle(view)
        + _sunk(view)
        + _budgets(view)
        + _gains(view)
    )


def _finding(view: View, rows: pl.DataFrame) -> str:
    """One sentence: what is paid, and how much of it changes anything."""
    import polars as pl

    public = rows.filter(pl.col("account") == "treasury")
    total = float(public["discounted"].sum())
    values: dict[str, Any] = {
        "sum": look.money(total, view.lang),
        "plain": look.money(float(public["plain"].sum()), view.lang),
        "count": rows.height,
    }
    if view.bare is None:
        return view.say("finance.finding_alone", **values)
    moved = finance.given(view).filter(
        pl.col("change").is_in(["only", "earlier", "more"]), pl.col("account") == "treasury"
    )
    names = finance.places(view, list(dict.fromkeys(moved["facility"])), 4)
    share = float(moved["discounted"].sum()) / total if abs(total) > 1e-9 else 0.0
    key = "finance.finding" if moved.height else "finance.finding_nothing"
    return view.say(key, **values, share=view.percent(share), names=names)


def _table(view: View, rows: pl.DataFrame) -> str:
    columns = [
        parts.Column(view.say("column.support")),
        parts.Column(view.say("column.support_change")),
        *(
            parts.Column(view.say(f"column.support_{name}"), numeric=True, places=1)
            for name in SUMS
        ),
    ]
    told = [
        [
            _giver(view, row),
            view.say(f"finance.change.{row['change']}") if row["change"] else "–",
            *(row[name] for name in SUMS),
        ]
        for row in rows.iter_rows(named=True)
    ]
    table = parts.folded_table(view.say("finance.table"), columns, told)
    return f'<div class="named">{table}</div>'


def _giver(view: View, row: dict[str, Any]) -> parts.Cell:
    """Who gives it for what, and below it of what kind it is and whose account pays."""
    who = view.say("finance.label", who=finance.provider(view, row["rule"]),
                   plants=finance.places(view, row["facility"], 3))  # fmt: skip
    country = view.country(row["country"])
    payer = view.say("finance.buyer", country=country) if row["account"] == "users" else country
    below = view.say("finance.below", kind=view.say(f"finance.kind.{row['kind']}"), payer=payer)
    return parts.Cell(f"{escape(who)}<br><small>{escape(below)}</small>", who)


def _idle(view: View) -> str:
    """Supports that nobody gets, because their projects are not built with them either."""
    from monazite.study.support_accounts import idle_supports

    rules = idle_supports(view.outcome)
    if not rules:
        return ""
    names = view.say("comma").join(dict.fromkeys(finance.provider(view, rule) for rule in rules))
    return parts.paragraph(view.say("finance.idle", names=names))


def _sunk(view: View) -> str:
    from monazite.study.supports import sunk

    if view.case_table("finance") is None:
        return ""
    rows = sunk(view.outcome.case)
    if not rows.height:
        return ""
    columns = [
        parts.Column(view.say("column.provider")),
        parts.Column(view.say("column.plants")),
        parts.Column(view.say("column.support_principal"), numeric=True),
    ]
    told = [
        [row["provider"], finance.places(view, row["projects"].split(";"), 3), row["amount"]]
        for row in rows.iter_rows(named=True)
    ]
    body = parts.paragraph(view.say("finance.sunk_note")) + parts.table(columns, told)
    return parts.folded(view.say("finance.sunk"), f"<div>{body}</div>")


def _budgets(view: View) -> str:
    """Each budget, what it holds, and what one more dollar of it would be worth and do."""
    rows = view.outcome.budgets
    if not rows.height:
        return ""
    columns = [
        parts.Column(view.say("column.budget")),
        parts.Column(view.say("column.period")),
        *(parts.Column(view.say(f"column.budget_{name}"), numeric=True)
          for name in ("envelope", "spent", "value")),
    ]  # fmt: skip
    told = [
        [row["budget"].replace("_", " "), row["period"] or view.say("finance.all_years"),
         row["envelope"], row["spent"], row["value"]]
        for row in rows.iter_rows(named=True)
    ]  # fmt: skip
    return (
        f"<h3>{view.say('finance.budgets')}</h3>"
        + parts.paragraph(_budget_finding(view, rows), "finding")
        + parts.folded_table(view.say("finance.budget_table"), columns, told)
    )


def _budget_finding(view: View, rows: pl.DataFrame) -> str:
    """The dual of the tightest budget beside what all its money does to everybody's accounts."""
    tight = rows.sort("value", descending=True, nulls_last=True).row(0, named=True)
    name, value = tight["budget"].replace("_", " "), tight["value"] or 0.0
    if value <= 1e-6:
        return view.say("finance.budget_loose")
    accounts = finance.accounts(view)
    spent = float(rows["spent"].sum() or 0.0)
    values = {"name": name, "value": look.number(value, 2), "spent": look.number(spent, 2)}
    if not accounts.height or spent <= 0:
        return view.say("finance.budget_alone", **values)
    change = float(accounts["all"].sum())
    return view.say("finance.budget_finding", **values, change=look.number(change, 2),
                    each=look.number(change / spent, 2))  # fmt: skip


def _gains(view: View) -> str:
    rows = finance.accounts(view)
    if not rows.height:
        return ""
    chart = parts.folded_chart(view, "support_gains", view.say("chart.support_gains.note"))
    names = ("users", "producers", "treasury", "others", "all")
    columns = [
        parts.Column(view.say("column.country")),
        *(parts.Column(view.say(f"finance.account.{name}"), numeric=True) for name in names),
    ]
    told = [
        [view.country(row["country"]) if row["country"] else view.say("finance.nowhere"),
         *(row[name] for name in names)]
        for row in rows.iter_rows(named=True)
    ]  # fmt: skip
    return chart + parts.folded(view.say("finance.gains"), parts.table(columns, told))

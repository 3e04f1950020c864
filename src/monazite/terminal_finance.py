"""How does public money for projects look in a terminal? What it is worth, and what it costs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from monazite.messages import say
from monazite.terminal import _show, _table, console, show_written, staged

if TYPE_CHECKING:
    import polars as pl

    from monazite.report.view import View

GAINS = ("users", "producers", "treasury", "others", "all")
SHOWN = 0.5  # MUSD in present value, below which a country's change is not told
SUMS = ("principal", "value", "grant_equivalent", "expected_loss", "a_year", "unpaid_a_year")
ECONOMICS = ("worth", "npv", "npv_without", "incentive_price", "incentive_price_without", "price")


def show_finance(outcome: Any, lang: str, out: Path | None, bare: Any = None) -> None:
    """Supports by rule, budgets, and projects with each and without; rows as CSV into a folder.

    `bare`: the outcome without any of the supports, beside which gains of countries are told.
    """
    import polars as pl

    from monazite.report.view import view_of
    from monazite.study.projects import projects, with_and_without
    from monazite.study.supports import change_of_accounts, supports

    view = view_of(outcome, lang)
    given = supports(outcome)
    price = projects(outcome).select("facility", "price")
    each = with_and_without(outcome).join(price, on="facility", how="left")
    if given.height:
        _show("cli.title.supports", _supports(view, given))
        console().print(say("cli.supports_note"), soft_wrap=True)
    else:
        console().print(say("cli.no_supports"), soft_wrap=True)
    if outcome.budgets.height:
        _show("cli.title.budgets", _budgets(outcome.budgets))
        console().print(say("cli.budgets_note"), soft_wrap=True)
    if each.height:
        _show("cli.title.without", _without(view, each.filter(pl.col("worth").abs() > 0.05)))
        console().print(say("cli.without_note"), soft_wrap=True)
    frames = {"supports": given, "with_and_without": each, "budgets": outcome.budgets}
    if bare is not None:
        frames["accounts"] = change_of_accounts(bare, outcome)
        _show("cli.title.accounts", _accounts(view, frames["accounts"]))
        console().print(say("cli.accounts_note"), soft_wrap=True)
    if out is None:
        return
    with staged(out) as scratch:
        for name, frame in frames.items():
            frame.write_csv(scratch / f"{name}.csv")
    show_written(out)


def _supports(view: View, given: pl.DataFrame) -> Any:
    """One line a rule: sums over the projects that got something of it."""
    import polars as pl

    from monazite.report.look import number

    columns = ["country", *SUMS]
    table = _table(say("cli.column.rule"), [say(f"cli.column.support_{name}") for name in columns])
    total = given.group_by("rule", "country", maintain_order=True).agg(pl.col(*SUMS).sum())
    for row in total.sort("principal", "rule", descending=[True, False]).iter_rows(named=True):
        place = view.country(row["country"])
        table.add_row(row["rule"], place, *(number(row[name]) for name in SUMS))
    return table


def _budgets(rows: pl.DataFrame) -> Any:
    from monazite.report.look import number

    heads = [say(f"cli.column.budget_{name}") for name in ("period", "envelope", "spent", "value")]
    table = _table(say("cli.column.rule"), heads)
    for row in rows.iter_rows(named=True):
        numbers = [number(row[name]) for name in ("envelope", "spent", "value")]
        table.add_row(row["budget"], row["period"] or say("cli.budget_whole"), *numbers)
    return table


def _without(view: View, each: pl.DataFrame) -> Any:
    from monazite.report.look import number

    heads = [say("cli.column.rule"), *(say(f"cli.column.each_{name}") for name in ECONOMICS)]
    table = _table(say("cli.column.facility"), heads)
    for row in each.iter_rows(named=True):
        shown = [number(row[name]) for name in ECONOMICS]
        table.add_row(view.facility(row["facility"]), row["rule"], *shown)
    return table


def _accounts(view: View, rows: pl.DataFrame) -> Any:
    """Countries with the largest changes, then the world."""
    import polars as pl

    from monazite.report.look import number

    heads = [say(f"cli.column.gain_{name}") for name in GAINS]
    table = _table(say("cli.column.gain_country"), heads)
    shown = rows.filter(pl.max_horizontal(pl.col(*GAINS).abs()) > SHOWN)
    for row in shown.iter_rows(named=True):
        table.add_row(view.country(row["country"]), *(number(row[name]) for name in GAINS))
    total = rows.select(pl.col(*GAINS).sum()).row(0)
    table.add_row(say("cli.gain_world"), *(number(each) for each in total))
    return table

"""How does public money for projects look in a terminal? What it is worth, and what it costs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from monazite.messages import say
from monazite.terminal import _show, _table, console, show_written, staged, staged_file

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
    from monazite.study.supports import change_of_accounts, cost_of_capital, sunk, supports

    view = view_of(outcome, lang)
    given = supports(outcome)
    price = projects(outcome).select("facility", "price")
    each = with_and_without(outcome).join(price, on="facility", how="left")
    if given.height:
        _show("cli.title.supports", _supports(view, given))
        console().print(say("cli.supports_note"), soft_wrap=True)
        if bare is not None:
            _changes(view, outcome, bare)
    else:
        console().print(say("cli.no_supports"), soft_wrap=True)
    rates = cost_of_capital(outcome)
    if rates.height:
        _show("cli.title.rates", _rates(view, rates, lang))
    if outcome.budgets.height:
        _show("cli.title.budgets", _budgets(outcome.budgets))
        console().print(say("cli.budgets_note"), soft_wrap=True)
    if each.height:
        _show("cli.title.without", _without(view, each.filter(pl.col("worth").abs() > 0.05)))
        console().print(say("cli.without_note"), soft_wrap=True)
    frames = {
        "supports": given,
        "cost_of_capital": rates,
        "with_and_without": each,
        "budgets": outcome.budgets,
    }
    spent = sunk(outcome.case)
    if spent.height:
        frames["sunk"] = spent
        _show("cli.title.sunk", _sunk(view, spent))
        console().print(say("cli.sunk_note"), soft_wrap=True)
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


def _changes(view: View, outcome: Any, bare: Any) -> None:
    """Which projects are built only with their supports, earlier or larger, and that others come
    anyhow.
    """
    from monazite.study.support_accounts import support_accounts

    found = dict(support_accounts(outcome, bare).select("facility", "change").rows())
    for change in ("only", "earlier", "more", "less"):
        names = sorted(view.facility(name) for name, what in found.items() if what == change)
        if names:
            told = {"names": ", ".join(names), "change": view.say(f"finance.change.{change}")}
            console().print(say("cli.supports_change", **told), soft_wrap=True)
    anyhow = sum(what == "anyhow" for what in found.values())
    console().print(say("cli.supports_anyhow", count=anyhow), soft_wrap=True)


def _supports(view: View, given: pl.DataFrame) -> Any:
    """One line a rule: sums over the projects that got something of it."""
    import polars as pl

    from monazite.report.look import number

    columns = ["country", *SUMS]
    table = _table(say("cli.column.rule"), [say(f"cli.column.support_{name}") for name in columns])
    keys = ("rule", "country", "account")
    total = given.group_by(keys, maintain_order=True).agg(pl.col(*SUMS).sum())
    for row in total.sort("principal", "rule", descending=[True, False]).iter_rows(named=True):
        place = view.country(row["country"])
        if row["account"] == "users":
            place = say("cli.payer_buyer", country=place)
        table.add_row(row["rule"], place, *(number(row[name]) for name in SUMS))
    return table


def _sunk(view: View, rows: pl.DataFrame) -> Any:
    from monazite.report.look import number

    heads = [say(f"cli.column.sunk_{name}") for name in ("provider", "plants", "start", "amount")]
    table = _table(say("cli.column.rule"), heads)
    for row in rows.iter_rows(named=True):
        plants = ", ".join(view.facility(name.strip()) for name in row["projects"].split(";"))
        told = (row["provider"], plants, str(row["start"] or "–"), number(row["amount"]))
        table.add_row(row["support"], *told)
    return table


def _rates(view: View, rates: pl.DataFrame, lang: str) -> Any:
    from monazite.report.look import number

    heads = [say(f"cli.column.rate_{name}") for name in ("capital", "wacc", "supported")]
    table = _table(say("cli.column.facility"), heads)
    for row in rates.iter_rows(named=True):
        shown = [_rate(row[name], lang) for name in ("wacc", "supported")]
        table.add_row(view.facility(row["facility"]), number(row["capital"]), *shown)
    return table


def _rate(rate: float | None, lang: str) -> str:
    """A rate in per cent with one decimal; a dash where there is none."""
    if rate is None:
        return "–"
    return f"{100 * rate:.1f}".replace("-", "−") + ("%" if lang == "zh" else " %")


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
    from monazite.study.supports import ROUNDING

    heads = [say(f"cli.column.gain_{name}") for name in GAINS]
    table = _table(say("cli.column.gain_country"), heads)
    shown = rows.filter(pl.max_horizontal(pl.col(*GAINS).abs()) > SHOWN)
    for row in shown.iter_rows(named=True):
        place = view.country(row["country"]) if row["country"] else say("cli.gain_nowhere")
        table.add_row(place, *(number(row[name]) for name in GAINS))
    total = rows.select(pl.col(*GAINS).sum()).row(0)
    told = (number(each if abs(each) > ROUNDING else 0.0) for each in total)
    table.add_row(say("cli.gain_world"), *told)
    return table


AFTER_TAX = (
    *("capital", "npv", "npv_unsupported", "irr", "payback", "incentive_price", "incentive_low"),
    *("incentive_high", "price", "cover_least"),
)
# columns of the screen, and the columns of the table that each adds up; a file holds them all
LINES = {
    "sales": ("revenue_",), "paid": ("paid_",), "costs": ("inputs", "running", "rents"),
    "taxes": ("royalty", "tax", "shield"), "upkeep": ("sustaining", "working"),
    "capital": ("capital",), "drawn": ("drawn_",), "service": ("service_",), "net": ("net",),
}  # fmt: skip
STATES = {
    "built": "cli.cash_state.built",
    "standing": "cli.cash_state.standing",
    "as_if": "cli.cash_state.as_if",
}
NOTES = {"as_if": "cli.cash_as_if", "standing": "cli.cash_standing"}
MOST = 30  # projects on a screen; a file holds them all


def show_after_tax(outcome: Any, terms: dict[str, Any], lang: str, out: Path | None) -> None:
    """Named projects after royalty and tax, the largest capital first."""
    import polars as pl

    from monazite.report.view import view_of
    from monazite.study.cashflow import after_tax

    view = view_of(outcome, lang)
    found = after_tax(outcome, **terms)
    generic = outcome.case.table("projects").filter(pl.col("status") == "generic")["facility"]
    named = found.filter(~pl.col("facility").is_in(generic.to_list()))
    _show("cli.title.after_tax", _after_tax(view, named.head(MOST), lang))
    console().print(say("cli.after_tax_note"), soft_wrap=True)
    _written_csv(found, out)


def _after_tax(view: View, rows: pl.DataFrame, lang: str) -> Any:
    from monazite.report.look import number, percent

    heads = [say("cli.column.cash_state")] if rows["state"].n_unique() > 1 else []
    heads += [say(f"cli.column.cash_{name}") for name in AFTER_TAX]
    table = _table(say("cli.column.facility"), heads)
    for row in rows.iter_rows(named=True):
        shown = [
            percent(row[name], lang) if name == "irr" else number(row[name]) for name in AFTER_TAX
        ]
        if len(heads) > len(AFTER_TAX):
            shown = [say(STATES[row["state"]]), *shown]
        table.add_row(view.facility(row["facility"]), *shown)
    return table


def show_cashflow(
    outcome: Any,
    name: str,
    plants: list[str],
    terms: dict[str, Any],
    lang: str,
    out: Path | None,
) -> None:
    """Each of the plants; their cash by year together, and its worth without each rule that pays
    or lends.
    """
    from monazite.report.look import number, percent
    from monazite.report.view import view_of
    from monazite.study.cashflow import account_of, after_tax, table_of, together, without_each

    view = view_of(outcome, lang)
    mine = together(outcome, plants)
    _show("cli.title.after_tax", _after_tax(view, after_tax(outcome, plants, **terms), lang))
    found = table_of(outcome, mine, **terms)
    heads = [say(f"cli.column.cash_{name}") for name in (*LINES, "cover")]
    table = _table(say("cli.column.cash_year"), heads)
    for row in found.iter_rows(named=True):
        sums = [sum(v for k, v in row.items() if k.startswith(of)) for of in LINES.values()]
        table.add_row(str(row["year"]), *(number(each) for each in (*sums, row["cover"])))
    title = view.facility(name) if len(plants) == 1 else name
    _show("cli.title.cashflow", table, project=title)
    console().print(say("cli.cashflow_note"), soft_wrap=True)
    columns = ("npv", "irr", "payback", "incentive_price", "cover_least")
    heads = [say(f"cli.column.cash_{n}") for n in columns]
    table = _table(say("cli.column.cash_without"), heads)
    named = {"": say("cli.cash_everything"), "*": say("cli.cash_nothing")}
    for row in without_each(outcome, mine, **terms).iter_rows(named=True):
        told = [percent(row[n], lang) if n == "irr" else number(row[n]) for n in columns]
        table.add_row(named.get(row["rule"], row["rule"]), *told)
    _show("cli.title.cash_without", table)
    _said(view, outcome, mine, account_of(outcome, mine, **terms))
    console().print(say("cli.after_tax_note"), soft_wrap=True)
    _written_csv(found, out)


def _said(view: View, outcome: Any, plants: list[str], account: Any) -> None:
    """What the table cannot tell: which product is priced, which plants nobody builds, what public
    money is spent already.
    """
    from monazite.report.look import number
    from monazite.study.plant_cash import state_of

    if account.main:
        console().print(
            say("cli.cash_main", product=view.material(account.main)), soft_wrap=True
        )  # fmt: skip
    for row in _sunk_of(outcome, plants):
        told = {"who": row["provider"], "amount": number(row["amount"])}
        console().print(say("cli.cash_sunk", **told), soft_wrap=True)
    for state, note in NOTES.items():
        names = [view.facility(name) for name in plants if state_of(outcome, name) == state]
        if names:
            console().print(say(note, names=", ".join(names)), soft_wrap=True)


def _sunk_of(outcome: Any, plants: list[str]) -> list[dict[str, Any]]:
    """Public money of the table `finance` for plants whose capital is sunk."""
    from monazite.study.supports import sunk

    return [
        row
        for row in sunk(outcome.case).to_dicts()
        if {name.strip() for name in row["projects"].split(";")} & set(plants)
    ]


def _written_csv(found: pl.DataFrame, out: Path | None) -> None:
    if out is not None:
        with staged_file(out) as scratch:
            found.write_csv(scratch)
        show_written(out)

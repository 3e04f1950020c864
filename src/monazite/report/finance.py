"""Which figures of public finance and of projects' cash are shown?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from monazite.report.view import View
from monazite.report.yearly import over_years

if TYPE_CHECKING:
    import polars as pl

COMPANIES = 24  # told one by one, those with support first, then the largest capital
INITIALS = 3  # letters, below which a part of a name is taken for initials
LITTLE = 0.5  # MUSD in present value


def given(view: View) -> pl.DataFrame:
    """Return study/support_accounts.py's rows, the dearest first; empty without supports."""
    import polars as pl

    if not over_years(view):
        return pl.DataFrame()
    return _given(view.outcome, view.bare)


@lru_cache(maxsize=2)
def _given(outcome: Any, bare: Any) -> pl.DataFrame:
    from monazite.study.support_accounts import support_accounts

    return support_accounts(outcome, bare)


def by_rule(view: View) -> pl.DataFrame:
    """Return the same summed over the projects of each rule; `change` is that of most money."""
    import polars as pl

    rows = given(view)
    if not rows.height:
        return rows
    sums = ("principal", "plain", "discounted", "grant_equivalent", "expected_loss", "unpaid_risk")
    found = rows.group_by("rule", "kind", "country", "account", maintain_order=True).agg(
        *(pl.col(name).sum() for name in sums),
        pl.col("facility"),
        pl.col("change").sort_by("discounted", descending=True).first(),
    )
    return found.sort("discounted", "rule", descending=[True, False])


def accounts(view: View) -> pl.DataFrame:
    """Return the change of countries' gains by the supports; empty where it was not asked for."""
    import polars as pl

    if view.bare is None or not over_years(view):
        return pl.DataFrame()
    return _accounts(view.bare, view.outcome)


@lru_cache(maxsize=2)
def _accounts(bare: Any, outcome: Any) -> pl.DataFrame:
    from monazite.study.supports import change_of_accounts

    return change_of_accounts(bare, outcome)


# --- names ----------------------------------------------------------------------------------------


def provider(view: View, rule: str) -> str:
    """Return who gives a support, as the table `finance` has it, else the rule's name."""
    row = _row(view, rule)
    return str(row["provider"]) if row and row["provider"] else _spoken(rule)


def named(view: View, rule: str) -> str:
    """Return who gives a support and of what kind it is, else the rule's name."""
    row = _row(view, rule)
    if not row or not row["provider"]:
        return _spoken(rule)
    kind = view.say(f"finance.kind.{row['kind']}")
    return view.say("finance.named", who=row["provider"], kind=kind)


def _row(view: View, rule: str) -> dict[str, Any] | None:
    table = view.case_table("finance")
    rows = [] if table is None else table.filter(table["support"] == rule).to_dicts()
    return rows[0] if rows else None


def _spoken(rule: str) -> str:
    """A rule's name as words, its short ones and those with figures as initials."""
    return " ".join(
        word.upper() if len(word) < INITIALS or not word.isalpha() else word
        for word in rule.split("_")
    )


def places(view: View, facilities: Sequence[str], most: int = 2) -> str:
    """Return the plants in words: what comes before the comma of their names, each once."""
    names = [view.facility(name) for name in facilities]
    short = list(dict.fromkeys(_plant(name) for name in names))
    if len(short) > most:
        return view.say("finance.more", names=view.say("comma").join(short[:most]),
                        count=len(short) - most)  # fmt: skip
    return view.say("comma").join(short)


def _plant(name: str) -> str:
    for mark in (", ", "（", " ("):
        name = name.split(mark)[0]
    return name


# --- what projects earn ---------------------------------------------------------------------------


def companies(view: View) -> list[tuple[str, list[str]]]:
    """Return (company, its plants that are told together), those with supports first.

    Of a case without owners each project is its own.
    """
    if not over_years(view):
        return []
    return _companies(view.outcome)


@lru_cache(maxsize=2)
def _companies(outcome: Any) -> list[tuple[str, list[str]]]:
    import polars as pl

    from monazite.study.cashflow import account_of, known, owners, together

    named = outcome.case.table("projects").filter(pl.col("status") != "generic")["facility"]
    own = owners(outcome)
    held = {name for mine in own.values() for name in mine}
    groups = {**own, **{name: [name] for name in known(outcome) if name not in held}}
    projects, ranked = set(named), []
    for company, plants in groups.items():
        mine = together(outcome, plants)
        if not projects & set(plants) or company == "generic":
            continue
        account = account_of(outcome, mine)
        lent = any(part.flow.drawn for part in account.parts)
        if account.capital > 0 or account.rules:
            ranked.append((not lent, -account.capital, company, mine))
    found: dict[tuple[str, ...], str] = {}
    for *_, company, mine in sorted(ranked):
        found.setdefault(tuple(mine), company)  # plants held half and half are told once
    return [(company, list(mine)) for mine, company in list(found.items())[:COMPANIES]]


def company(view: View, name: str, plants: Sequence[str]) -> str:
    """Return the words for an account: the company, and its plants where they say more."""
    return view.facility(name) if list(plants) == [name] else name


def earned(view: View) -> pl.DataFrame:
    """Return one row for each of `companies`: capital, npv, npv_unsupported, irr, payback, product,
    price, incentive prices, cover_least, shield.
    """
    import polars as pl

    return _earned(view.outcome) if over_years(view) else pl.DataFrame()


@lru_cache(maxsize=2)
def _earned(outcome: Any) -> pl.DataFrame:
    import numpy as np
    import polars as pl

    from monazite.study import cashflow

    rows = []
    for name, plants in _companies(outcome):
        account = cashflow.account_of(outcome, plants)
        year = cashflow.years_of(account)
        every = frozenset(account.rules)
        served = cashflow.cover(account, year)
        served = served[np.isfinite(served)]
        ends = [cashflow.account_of(outcome, plants, end=end) for end in ("low", "high")]
        rows.append({
            "company": name, "plants": plants, "capital": account.capital,
            "npv": cashflow.worth(account),
            "npv_unsupported": cashflow.worth(account, without=every),
            "irr": cashflow.rate_of(account, year), "payback": cashflow.payback(account, year),
            "product": account.main, "price": account.price,
            "incentive": cashflow.incentive(account),
            "low": cashflow.incentive(ends[0]), "high": cashflow.incentive(ends[1]),
            "incentive_unsupported": cashflow.incentive(account, every),
            "cover": float(served.min()) if len(served) else None,
            "supported": bool(account.rules),
            "as_if": all(p.flow.state == "as_if" for p in account.parts),
        })  # fmt: skip
    return pl.DataFrame(rows)


def steps(view: View, plants: Sequence[str]) -> pl.DataFrame:
    """Return what makes up the value of an account (study/cashflow.py)."""
    return _steps(view.outcome, tuple(plants))


@lru_cache(maxsize=64)
def _steps(outcome: Any, plants: tuple[str, ...]) -> pl.DataFrame:
    from monazite.study.cashflow import steps_of

    return steps_of(outcome, plants)


def covers(view: View) -> list[tuple[str, list[float], list[float]]]:
    """Return (company, years, debt service cover) of each with loans to serve."""
    import numpy as np

    from monazite.study.cashflow import account_of, cover, years_of

    found = []
    for name, plants in companies(view):
        account = account_of(view.outcome, plants)
        ratio = cover(account, years_of(account))
        due = np.isfinite(ratio)
        if due.any():
            years = (account.years[due] + 1).tolist()
            found.append((company(view, name, plants), years, ratio[due].tolist()))
    return found

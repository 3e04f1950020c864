"""How do the verdicts on lots look in a terminal, and in a file? Reasons in both languages."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from monazite.club.content.rule import Rule
from monazite.club.content.verdict import Verdict, Verdicts, figure
from monazite.club.lots import Register
from monazite.club.mass import EVER, Breach, balances, shown
from monazite.club.orders import Leg
from monazite.messages import LANGUAGES, language, say
from monazite.terminal import console, show_written, staged_file


def show_lots(
    told: Sequence[Verdicts], names: Mapping[str, str], broken: Sequence[Breach], about: str
) -> None:
    """The verdicts lot by lot, each reason in the current language and then in the other."""
    screen = console()
    if about:
        screen.print(Text(about), style="dim", soft_wrap=True)
    for one in told:
        screen.print(Text(f"\n{names[one.lot]}"), style="bold", soft_wrap=True)
        screen.print(_table(one))
    show_breaches(broken)


def show_breaches(broken: Sequence[Breach]) -> None:
    """Whether the books of the register hold, and every way in which they do not."""
    screen = console()
    key = "club.lots.books_broken" if broken else "club.lots.books_hold"
    screen.print(f"\n{say(key, count=len(broken))}", style="bold")
    for one in broken:
        for lang in _languages():
            screen.print(Text(f"  {one.told(lang)}"), soft_wrap=True)


def show_balances(
    register: Register, periods: Sequence[tuple[date, date]], out: Path | None
) -> None:
    """The metal account of each element at each site and period; all as CSV into a file."""
    rows = [
        (_span(first, last), one.site, one.element, one.taken, one.made, one.loss, one.gap)
        for first, last in periods
        for one in balances(register, first, last)
    ]
    table = Table()
    for key in ("period", "site", "element"):
        table.add_column(say(f"club.lots.{key}"))
    for key in ("taken", "made", "loss", "gap"):
        table.add_column(say(f"club.lots.{key}"), justify="right")
    for *names, taken, made, loss, gap in rows:
        if taken or made:
            table.add_row(*map(Text, (*names, *map(shown, (taken, made, loss, gap)))))
    console().print(table)
    if out is not None:
        with staged_file(out) as scratch, scratch.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            titles = ("taken [kg]", "made [kg]", "loss [kg]", "gap [kg]")
            writer.writerow(("period", "site", "element", *titles))
            writer.writerows((*row[:3], *(float(kg) for kg in row[3:])) for row in rows)
        show_written(out)


def _span(first: date, last: date) -> str:
    return "-" if (first, last) == EVER else f"{first.isoformat()}/{last.isoformat()}"


def _table(told: Verdicts) -> Table:
    table = Table(show_lines=True)
    for key in ("kind", "verdict", "value", "threshold"):
        table.add_column(say(f"club.lots.{key}"))
    table.add_column(say("club.lots.rule"), width=24)
    table.add_column(say("club.lots.reason"), overflow="fold")
    for one in told.all:
        value = "-" if one.state == "not_applicable" else _value(one)
        kind, state = say(f"club.kind.{one.kind}"), say(f"club.state.{one.state}")
        rule = f"{one.rule} {one.version}\n{say(f'club.force.{one.force}')}"
        reasons = "\n".join(one.reason(lang) for lang in _languages())
        cells = (kind, state, value, figure(one.kind, one.threshold), rule, reasons)
        table.add_row(*map(Text, cells))
    return table


def _value(one: Verdict) -> str:
    return figure(one.kind, one.value, near=one.threshold)


def _languages() -> list[str]:
    """The current language first."""
    return sorted(LANGUAGES, key=lambda lang: lang != language())


def show_rules(rules: Iterable[Rule], on: date) -> None:
    """The rules with what is in force on a day, why, and where it comes from."""
    screen = console()
    for rule in rules:
        phase = rule.on(on)
        force = say(f"club.force.{phase.state}")
        screen.print(f"\n{rule.title()} ({rule.name}, {rule.version})", style="bold")
        note = say(f"club.phase.{phase.note}")
        screen.print(f"  {say('club.standing', force=force, note=note)}", soft_wrap=True)
        for name, term in phase.terms.items():
            screen.print(Text(f"  {name}: {_term(term)}"), soft_wrap=True)
        for source in rule.sources:
            told = f"  {source.name}: {source.section}\n    {source.address}"
            screen.print(Text(told), soft_wrap=True)


def show_contract(
    contract: Any, notes: Mapping[str, str], on: date, kg: int, prices: Sequence[int]
) -> None:
    """A contract's terms and source, and what one delivery pays each party at market prices."""
    screen = console()
    screen.print(Text(f"\n{contract.id} ({contract.kind})"), style="bold")
    for field in fields(contract):
        value = getattr(contract, field.name)
        if field.name not in ("id", "kind") and value not in (None, 0):
            screen.print(Text(f"  {field.name}: {_spelt(value)}"), soft_wrap=True)
    screen.print(Text(f"  {notes['source']}"), soft_wrap=True)
    screen.print(Text(say("club.contracts.assumed", told=notes["assumed"])), soft_wrap=True)
    table = Table(title=say("club.contracts.title", kg=f"{kg:,}", on=on), title_justify="left")
    for key in ("market", "member", "kg", "money", "per_kg"):
        right: Any = "left" if key == "member" else "right"
        table.add_column(say(f"club.contracts.{key}"), justify=right)
    for price in prices:
        for leg_kg, money, member in _received(contract.once(on, kg, price).legs):
            cells = (f"{leg_kg:,}", f"{money / 10**6:,.2f}", f"{money / 10**6 / kg:,.2f}")
            table.add_row(*map(Text, (f"{price / 10**6:,.2f}", member, *cells)))
    screen.print(table)


def _received(legs: Iterable[Leg]) -> list[tuple[int, int, str]]:
    """What each member receives: kilograms, micro-dollars."""
    sums: dict[str, list[int]] = {}
    for leg in legs:
        own = sums.setdefault(leg.member, [0, 0])
        own[0] += leg.kg
        own[1] += leg.uusd
    return [(kg, money, member) for member, (kg, money) in sums.items()]


def _spelt(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _term(term: Any) -> str:
    return json.dumps(term, ensure_ascii=False)


def write_verdicts(
    file: Path,
    told: Sequence[Verdicts],
    broken: Sequence[Breach],
    rules: Mapping[str, Rule],
    on: date,
) -> None:
    """Everything as JSON, the same bytes for the same lots, rules and day."""
    record = {
        "on": on.isoformat(),
        "rules": {name: rule.version for name, rule in sorted(rules.items())},
        "breaches": [
            {
                "kind": one.kind,
                "lots": list(one.lots),
                "kg": str(one.kg),
                "told": {lang: one.told(lang) for lang in LANGUAGES},
            }
            for one in broken
        ],
        "lots": [one.record() for one in told],
    }
    with staged_file(file) as scratch:
        text = json.dumps(record, ensure_ascii=False, indent=2) + "\n"
        scratch.write_text(text, encoding="utf-8")
    show_written(file)

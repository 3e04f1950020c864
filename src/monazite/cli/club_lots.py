"""Which commands ask about lots? What rules say of them, and whether their books hold."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monazite.cli.club import club
from monazite.cli.options import Lang, OutFile, helped, into_file, parted
from monazite.errors import InputError
from monazite.messages import say

if TYPE_CHECKING:
    from monazite.club.lots import Register

lots = typer.Typer(help=helped("club_lots"), no_args_is_help=True)
club.add_typer(lots, name="lots")

On = Annotated[
    str | None,
    typer.Option("--on", help=helped("lots_on"), metavar="YYYY-MM-DD", show_default=False),
]
RulesFolder = Annotated[
    Path | None,
    typer.Option("--rules", help=helped("lots_rules_folder"), metavar="DIR", show_default=False),
]
Period = Annotated[
    str, typer.Option("--period", help=helped("lots_period"), metavar="year|quarter|month|ever")
]
OutJson = Annotated[Path | None, into_file("lots_out", "FILE.json")]


@lots.command(help=helped("lots_check"))
def check(
    file: Annotated[str, typer.Argument(help=helped("lots_file"), metavar="LOTS.json|example")],
    on: On = None,
    rules: RulesFolder = None,
    period: Period = "year",
    lot: Annotated[
        list[str] | None, typer.Option("--lot", help=helped("lots_lot"), metavar="ID,...")
    ] = None,
    out: OutJson = None,
    lang: Lang = "en",
) -> None:
    from monazite import terminal, terminal_lots
    from monazite.club import content
    from monazite.club.lot_file import read_lots

    on_day = day(on)
    found = content.rules(rules)
    register = read_lots(file)
    asked = lots_asked(parted(lot), register.by_id)
    with terminal.working("club.lots.working"):
        evidence = content.Evidence(register, periods_in(register, period))
        broken = evidence.breaches
        told = [content.verdicts(evidence, id, found, on_day) for id in asked]
    names = {
        one.id: f"{one.id}  {one.material} {one.grade}  {one.net_kg:,} kg" for one in register.lots
    }
    terminal_lots.show_lots(told, names, broken, register.about)
    if out is not None:
        terminal_lots.write_verdicts(out, told, broken, found, on_day)
    if broken:
        raise typer.Exit(1)


@lots.command(help=helped("lots_rules"))
def rules(on: On = None, rules: RulesFolder = None, lang: Lang = "en") -> None:
    from monazite import terminal_lots
    from monazite.club import content

    terminal_lots.show_rules(content.rules(rules).values(), day(on))


@lots.command(help=helped("lots_balance"))
def balance(
    file: Annotated[str, typer.Argument(help=helped("lots_file"), metavar="LOTS.json|example")],
    period: Period = "year",
    out: OutFile = None,
    lang: Lang = "en",
) -> None:
    from monazite import terminal_lots
    from monazite.club.lot_file import read_lots
    from monazite.club.mass import breaches

    register = read_lots(file)
    periods = periods_in(register, period)
    broken = breaches(register, periods)
    terminal_lots.show_balances(register, periods, out)
    terminal_lots.show_breaches(broken)
    if broken:
        raise typer.Exit(1)


def periods_in(register: Register, kind: str) -> tuple[tuple[date, date], ...]:
    from monazite.club.mass import MONTHS, periods_of

    if kind not in (*MONTHS, "ever"):
        raise typer.BadParameter(say("club.lots.no_period", kind=kind))
    return tuple(periods_of(register, kind))


def day(text: str | None) -> date:
    """The day of --on; today without it."""
    if text is None:
        return date.today()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(say("club.lots.no_day", text=text)) from error


def lots_asked(ids: list[str], known: object) -> list[str]:
    lots = list(known)  # type: ignore[call-overload]
    if unknown := [id for id in ids if id not in lots]:
        raise InputError(say("club.lots.no_lot", names=", ".join(unknown), known=", ".join(lots)))
    return ids or lots

"""How do the club's lots and contracts look in a terminal? Where lots are, what contracts owe."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from rich.text import Text

from monazite.messages import say
from monazite.terminal import _show, _table, console

if TYPE_CHECKING:
    from monazite.club.state import State


def show_lots(state: State, lots: Iterable[str], *, reasons: bool = False) -> None:
    """Lots with what is where, and their verdicts in short; with `reasons`, at length."""
    from monazite.club.register import whereabouts

    asked = list(lots)
    titles = [say(f"club.day.column.{name}") for name in ("material", "kg", "where", "verdicts")]
    table = _table(say("club.day.column.lot"), titles)
    for id in asked:
        lot, told = state.lots[id], [_short(one) for one in state.verdicts.get(id, ())]
        cells = (lot["material"], f"{lot['net_kg']:,}", whereabouts(state, id), "\n".join(told))
        table.add_row(Text(id), *map(Text, cells))
    _show("club.day.title.lots", table)
    if reasons:
        for id in asked:
            console().print(Text(f"\n{id}"), style="bold")
            for one in state.verdicts.get(id, ()):
                console().print(Text(f"  {_at_length(one)}"), soft_wrap=True)


def _short(one: Mapping[str, Any]) -> str:
    kind, state = one["kind"], one["state"]
    return f"{say(f'club.kind.{kind}')}: {say(f'club.state.{state}')}"


def _at_length(one: Mapping[str, Any]) -> str:
    from monazite.club.register import figures_of, reason_of

    kind, state = say(f"club.kind.{one['kind']}"), say(f"club.state.{one['state']}")
    value, threshold = figures_of(one)
    told = {name: one[name] for name in ("rule", "version", "on")}
    reason = reason_of(one)
    shown = {"kind": kind, "state": state, "value": value, "threshold": threshold}
    line = say("club.lot.verdict", **shown, **told, reason=reason)
    return f"{line} ({say('club.lot.inputs', digest=one['inputs'])})"


# --- contracts ------------------------------------------------------------------------------------


def show_contracts(state: State, ids: Iterable[str], *, terms: bool = False) -> None:
    """Contracts with the account of their year and what is owed; with `terms`, those too."""
    from monazite.club.beside import contract_of
    from monazite.club.ledger import MONEY, told

    asked = list(ids)
    columns = ("kind", "parties", "year", "taken", "returned", "make_up", "debts")
    table = _table(
        say("club.day.column.contract"), [say(f"club.day.column.{name}") for name in columns]
    )
    for id in asked:
        known, contract = state.contracts[id], contract_of(state, id)
        account = known["account"]
        owed = sum(one["uusd"] for one in known["debts"] if one["auction"] is None)
        cells = (
            say(f"club.contract.kind.{known['terms']['kind']}"),
            " → ".join(contract.parties),
            str(account["year"]),
            f"{account['taken_kg']:,}",
            told(MONEY, account["returned_uusd"]).split(" ")[0],
            f"{account['make_up_kg'] - account['made_up_kg']:,}",
            told(MONEY, owed).split(" ")[0],
        )
        table.add_row(Text(id), *map(Text, cells))
    _show("club.day.title.contracts", table)
    for id in asked if terms else ():
        console().print(Text(f"\n{id}"), style="bold")
        for name, value in state.contracts[id]["terms"].items():
            console().print(Text(f"  {name}: {value}"), soft_wrap=True)


def show_beside(state: State, auction: str) -> None:
    """What contracts move beside an auction, leg by leg; nothing where there are none."""
    from monazite.club.auction import legs_of
    from monazite.club.beside import part_of
    from monazite.club.ledger import MONEY, told

    rows = state.auctions[auction]["settlement"].get("beside", ())
    if not rows:
        return
    titles = [say(f"club.day.column.{name}") for name in ("part", "member", "kg", "usd")]
    table = _table(say("club.day.column.contract"), titles)
    for row in rows:
        for leg in legs_of(row["legs"]):
            part, money = say(f"club.part.{part_of(row, leg)}"), told(MONEY, leg.uusd).split(" ")[0]
            table.add_row(Text(row["contract"]), part, Text(leg.member), f"{leg.kg:,}", money)
        if row.get("lapsed"):
            why = say(f"club.lapsed.{row['lapsed']}")
            console().print(say("club.day.lapsed", contract=row["contract"], why=why))
    _show("club.day.title.beside", table, auction=auction)

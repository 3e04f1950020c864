"""How do the club's lots look in a terminal? Where their kilograms are, and their verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from rich.text import Text

from monazite.messages import language, say
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
    from monazite.club.register import figures_of

    kind, state = say(f"club.kind.{one['kind']}"), say(f"club.state.{one['state']}")
    value, threshold = figures_of(one)
    told = {name: one[name] for name in ("rule", "version", "on")}
    reason = f"{one['reason'][language()]} {one['standing'][language()]}"
    shown = {"kind": kind, "state": state, "value": value, "threshold": threshold}
    line = say("club.lot.verdict", **shown, **told, reason=reason)
    return f"{line} ({say('club.lot.inputs', digest=one['inputs'])})"

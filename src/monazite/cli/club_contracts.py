"""Which command shows what contracts pay?"""

from __future__ import annotations

from typing import Annotated

import typer

from monazite.cli.club import club
from monazite.cli.club_lots import On, day
from monazite.cli.options import Lang, helped, parted
from monazite.errors import InputError
from monazite.messages import say


@club.command("contracts", help=helped("club_contracts"))
def contracts(
    names: Annotated[
        list[str] | None, typer.Argument(help=helped("contracts_names"), metavar="[NAME]...")
    ] = None,
    kg: Annotated[str, typer.Option("--kg", help=helped("contracts_kg"), metavar="MASS")] = "100 t",
    market: Annotated[
        str, typer.Option("--market", help=helped("contracts_market"), metavar="USD/kg,...")
    ] = "60,110,130,150,160",
    on: On = None,
    lang: Lang = "en",
) -> None:
    from monazite import terminal_lots
    from monazite.club.contracts import notes, published

    known = published()
    if unknown := [name for name in names or () if name not in known]:
        told = {"names": ", ".join(unknown), "known": ", ".join(known)}
        raise InputError(say("club.contracts.unknown", **told))
    mass = _whole(kg, "kg")
    prices = [_whole(price, "USD/kg") for price in parted([market])]
    for name in names or known:
        terminal_lots.show_contract(known[name], notes()[name], day(on), mass, prices)


def _whole(text: str, unit: str) -> int:
    """A number with a unit, or in `unit` without one, as a whole number above zero."""
    from monazite.club.reading import whole

    found = whole(text if " " in text.strip() else f"{text.strip()} {unit}")
    if not isinstance(found, int) or found <= 0:
        raise InputError(say("club.contracts.no_number", text=text, unit=unit))
    return found

"""Which commands keep lots in the club's journal? Register, show, adopt rules, file needs.

`club lots` asks about lots in a file; `club lot` books them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monazite.cli.club import club
from monazite.cli.club_day import HERE, Folder, Key, Time, do, do_whole, member, opened, repeated
from monazite.cli.options import Lang, helped
from monazite.errors import InputError, fault

lot = typer.Typer(help=helped("day_lot"), no_args_is_help=True)
club.add_typer(lot, name="lot")


@lot.command("add", help=helped("lot_add"))
def add(
    file: Annotated[str, typer.Argument(help=helped("lot_file"), metavar="LOTS.json|example")],
    folder: Folder = HERE,
    time: Time = None,
    key: Key = None,
    lang: Lang = "en",
) -> None:
    from monazite import terminal
    from monazite.club.lot_file import read_lots
    from monazite.club.register import record_of
    from monazite.terminal_club_day import show_receipt
    from monazite.terminal_register import show_lots

    with opened(folder, time) as desk:
        given = read_lots(file, desk.state.lots)
        ask = {name: [record_of(one) for one in getattr(given, name)] for name in ("lots", "sales")}
        with terminal.working("club.lots.working"):
            receipt = desk.do("lots_registered", key or repeated("lots_registered", ask), ask)
        show_receipt("lots_registered", receipt)
        show_lots(desk.state, [one.id for one in given.lots])


@lot.command("show", help=helped("lot_show"))
def show(
    ids: Annotated[
        list[str] | None, typer.Argument(help=helped("lot_ids"), metavar="[LOT]...")
    ] = None,
    folder: Folder = HERE,
    lang: Lang = "en",
) -> None:
    from monazite.terminal_register import show_lots

    with opened(folder) as desk:
        known = desk.state.lots
        if faults := [
            fault("club_lot_unknown", "LOT", value=id) for id in ids or () if id not in known
        ]:
            raise InputError(faults)
        show_lots(desk.state, ids or sorted(known), reasons=True)


@lot.command("rules", help=helped("lot_rules"))
def rules(
    rules: Annotated[Path, typer.Argument(help=helped("lot_rules_folder"), metavar="DIR")],
    folder: Folder = HERE,
    time: Time = None,
    key: Key = None,
    lang: Lang = "en",
) -> None:
    from monazite.club.content import rules as read_rules

    read_rules(rules)  # says what is wrong, with the file
    texts = {path.stem: path.read_text(encoding="utf-8") for path in sorted(rules.glob("*.yaml"))}
    with opened(folder, time) as desk:
        do(desk, "rules_adopted", {"rules": texts}, key, desk.journal.seq)


@member.command("needs", help=helped("member_needs"))
def needs(
    file: Annotated[Path, typer.Argument(help=helped("member_needs_file"), metavar="BUYERS.csv")],
    folder: Folder = HERE,
    time: Time = None,
    lang: Lang = "en",
) -> None:
    from monazite.club.buyers import read_buyers
    from monazite.club.register import rules_of

    with opened(folder, time) as desk:
        found = read_buyers(file, rules_of(desk.state))
        do_whole(
            desk,
            "needs_filed",
            [
                {"member": one.member, "country": one.country, "uses": list(one.uses)}
                | {"needs": [[need.rule, need.when] for need in one.needs]}
                for one in found
            ],
        )

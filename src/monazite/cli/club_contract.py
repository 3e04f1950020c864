"""Which commands keep contracts in the club's journal? File them, call them, end their years.

`club contracts` and `club two-step` ask about contracts in files; `club contract` books them.
"""

from __future__ import annotations

from typing import Annotated

import typer

from monazite.cli.club import club
from monazite.cli.club_day import HERE, Folder, Key, Time, do, opened, repeated, whole_amount
from monazite.cli.options import Lang, helped
from monazite.cli.usage import number
from monazite.errors import InputError, fault

contract = typer.Typer(help=helped("day_contract"), no_args_is_help=True)
club.add_typer(contract, name="contract")

Id = Annotated[str, typer.Argument(help=helped("contract_id"), metavar="CONTRACT")]


@contract.command("add", help=helped("contract_add"))
def add(
    file: Annotated[str, typer.Argument(help=helped("contract_file"), metavar="FILE|NAME")],
    folder: Folder = HERE,
    time: Time = None,
    lang: Lang = "en",
) -> None:
    from monazite.club.contracts.filing import read_contracts
    from monazite.club.desk import Asked
    from monazite.terminal_club_day import show_receipt
    from monazite.terminal_register import show_contracts

    terms, places = read_contracts(file)
    asked = []
    for id, one in terms.items():
        ask = {"contract": id, "terms": one}
        place = (places.file, places.find((id,))[0])
        asked.append(Asked("contract_filed", repeated("contract_filed", ask), ask, place))
    with opened(folder, time) as desk:
        for receipt in desk.do_whole(asked):
            show_receipt("contract_filed", receipt)
        show_contracts(desk.state, list(terms))


@contract.command("call", help=helped("contract_call"))
def call(
    id: Id,
    mass: Annotated[str, typer.Argument(help=helped("day_mass"), metavar="'100 t'")],
    auction: Annotated[
        str, typer.Option("--auction", help=helped("contract_auction"), metavar="AUCTION")
    ],
    make_up: Annotated[bool, typer.Option("--make-up", help=helped("contract_make_up"))] = False,
    folder: Folder = HERE,
    time: Time = None,
    key: Key = None,
    lang: Lang = "en",
) -> None:
    kg = whole_amount(mass, "kg t kt", "MASS")
    ask = {"contract": id, "auction": auction, "kg": kg, "make_up": make_up}
    with opened(folder, time) as desk:
        do(desk, "contract_called", ask, key, desk.journal.seq)


@contract.command("year", help=helped("contract_year"))
def year(
    id: Id,
    which: Annotated[int, typer.Argument(help=helped("contract_which"), **number("YEAR", int))],
    market: Annotated[
        str | None,
        typer.Option("--market", help=helped("contract_market"), metavar="'130 USD/kg'"),
    ] = None,
    output: Annotated[
        str, typer.Option("--output", help=helped("contract_output"), metavar="'9000 t'")
    ] = "0 kg",
    folder: Folder = HERE,
    time: Time = None,
    key: Key = None,
    lang: Lang = "en",
) -> None:
    from monazite.terminal_register import show_contracts

    price = None if market is None else whole_amount(market, "USD/kg USD/t", "--market")
    kg = whole_amount(output, "kg t kt", "--output")
    ask = {"contract": id, "year": which, "market": price, "output_kg": kg}
    with opened(folder, time) as desk:
        do(desk, "contract_year_ended", ask, key)
        show_contracts(desk.state, [id])


@contract.command("show", help=helped("contract_show"))
def show(
    ids: Annotated[
        list[str] | None, typer.Argument(help=helped("contract_id"), metavar="[CONTRACT]...")
    ] = None,
    folder: Folder = HERE,
    lang: Lang = "en",
) -> None:
    from monazite.terminal_register import show_contracts

    with opened(folder) as desk:
        known = desk.state.contracts
        unknown = [id for id in ids or () if id not in known]
        if unknown:
            raise InputError([fault("club_no_contract", "CONTRACT", value=id) for id in unknown])
        show_contracts(desk.state, ids or sorted(known), terms=True)

"""Which commands run the club's day? Members, auctions, orders, settlement; replay and export.

Each command opens the club's folder, does one thing, and prints the receipt. A command given again
with the same key does nothing again. The key comes from what is asked where saying the same thing
twice can only mean once; `--key` gives another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monazite.cli.club import club
from monazite.cli.options import Lang, Out, helped
from monazite.cli.usage import number
from monazite.errors import InputError, fault
from monazite.messages import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monazite.club.desk import Desk

Folder = Annotated[
    Path,
    typer.Option("--club", help=helped("day_folder"), envvar="MONAZITE_CLUB", metavar="DIR"),
]
Time = Annotated[
    str | None,
    typer.Option("--time", help=helped("day_time"), metavar="ISO-8601", show_default=False),
]
Key = Annotated[
    str | None, typer.Option("--key", help=helped("day_key"), metavar="TEXT", show_default=False)
]
Auction = Annotated[str, typer.Argument(help=helped("day_auction"), metavar="AUCTION")]
Member = Annotated[str, typer.Argument(help=helped("day_member"), metavar="MEMBER")]
HERE = Path("club")

member = typer.Typer(help=helped("day_members"), no_args_is_help=True)
auction = typer.Typer(help=helped("day_auctions"), no_args_is_help=True)
club.add_typer(member, name="member")
club.add_typer(auction, name="auction")


# --- what commands share --------------------------------------------------------------------------


def _clock(time: str | None) -> Callable[[], str]:
    """The clock of a command: the system's, or one that stands at the time given."""
    from monazite.club.journal import system_clock

    if time is None:
        return system_clock
    moment = _moment(time, "--time")
    return lambda: moment


def _moment(text: str, option: str) -> str:
    from monazite.club.journal import moment

    try:
        return moment(datetime.fromisoformat(text))
    except ValueError as error:
        raise InputError([fault("club_ask_time", option, value=text)]) from error


@contextmanager
def opened(folder: Path, time: str | None = None) -> Iterator[Desk]:
    """The club in a folder, with the clock of a command."""
    from monazite import terminal
    from monazite.club.desk import Desk

    with terminal.working("club.day.working.start"):
        desk = Desk.open(folder, clock=_clock(time))
    with desk:
        for warning in desk.start.warnings:
            terminal.console(errors=True).print(warning, soft_wrap=True)
        yield desk


def repeated(type: str, ask: Mapping[str, Any], *more: object) -> str:
    """A key that is the same whenever the same is asked."""
    from monazite.club.canonical import canonical, digest

    return f"{type}-{digest(canonical([type, dict(ask), *map(str, more)]))[:32]}"


def do(desk: Desk, type: str, ask: Mapping[str, Any], key: str | None, *more: object) -> None:
    """Carry out a command and print its receipt."""
    from monazite.terminal_club_day import show_receipt

    show_receipt(type, desk.do(type, key or repeated(type, ask, *more), ask))


def do_whole(desk: Desk, type: str, asks: Sequence[Mapping[str, Any]]) -> None:
    """Several commands of one type, all of them or none; a later repetition is a new command."""
    from monazite.club.desk import Asked
    from monazite.terminal_club_day import show_receipt

    seq = desk.journal.seq
    for receipt in desk.do_whole(Asked(type, repeated(type, ask, seq), ask) for ask in asks):
        show_receipt(type, receipt)


def whole_amount(text: str, unit: str, option: str) -> int:
    """A number with a unit in whole kilograms or micro-dollars."""
    from monazite.club.reading import whole

    found = whole(text)
    known = text.strip().partition(" ")[2].strip() in unit.split()
    if not known or not isinstance(found, int):
        raise InputError([fault("club_amount", option, value=text, units=unit.replace(" ", ", "))])
    return found


# --- founding and members -------------------------------------------------------------------------


@club.command("init", help=helped("day_init"))
def init(
    name: Annotated[str, typer.Option("--name", help=helped("day_name"), show_default=False)] = "",
    lines: Annotated[
        Path | None,
        typer.Option("--from", help=helped("day_from"), metavar="JSONL", show_default=False),
    ] = None,
    folder: Folder = HERE,
    time: Time = None,
    lang: Lang = "en",
) -> None:
    from monazite import terminal
    from monazite.club.journal import restore
    from monazite.club.storage import SqliteStorage

    if bool(name) == (lines is not None):
        raise typer.BadParameter(say("club.day.fault.name_or_lines"))
    if lines is not None and not lines.is_file():
        raise InputError([fault("club_no_file", str(lines))])
    storage = SqliteStorage(folder)
    try:
        if lines is not None:
            with (
                lines.open(encoding="utf-8") as given,
                terminal.working("club.day.working.restore"),
            ):
                count = restore(storage, given)
            terminal.console().print(say("club.day.restored", count=count, folder=folder))
    finally:
        storage.close()
    with opened(folder, time) as desk:
        if lines is None:
            do(desk, "club_founded", {"name": name}, None)


@member.command("add", help=helped("day_member_add"))
def add(
    name: Member,
    group: Annotated[str, typer.Option("--group", help=helped("day_group"))],
    title: Annotated[str, typer.Option("--name", help=helped("day_title"))] = "",
    folder: Folder = HERE,
    time: Time = None,
    key: Key = None,
    lang: Lang = "en",
) -> None:
    with opened(folder, time) as desk:
        do(desk, "member_added", {"member": name, "group": group, "name": title}, key)


@member.command("money", help=helped("day_member_money"))
def money(
    name: Member,
    amount: Annotated[str, typer.Argument(help=helped("day_money"), metavar="'2 MUSD'")],
    reference: Annotated[str, typer.Option("--reference", help=helped("day_reference"))],
    withdraw: Annotated[bool, typer.Option("--withdraw", help=helped("day_withdraw"))] = False,
    folder: Folder = HERE,
    time: Time = None,
    key: Key = None,
    lang: Lang = "en",
) -> None:
    uusd = whole_amount(amount, "USD kUSD MUSD", "AMOUNT")
    ask = {"member": name, "uusd": uusd, "note": reference.strip()}
    if not reference.strip():
        raise InputError([fault("club_no_reference_given", "--reference", value=reference)])
    with opened(folder, time) as desk:
        do(desk, "money_out" if withdraw else "money_in", ask, key)


@member.command("metal", help=helped("day_member_metal"))
def metal(
    name: Member,
    product: Annotated[str, typer.Argument(help=helped("day_product"), metavar="PRODUCT")],
    mass: Annotated[str, typer.Argument(help=helped("day_mass"), metavar="'12 t'")],
    receipt: Annotated[str, typer.Option("--receipt", help=helped("day_receipt"))],
    withdraw: Annotated[bool, typer.Option("--withdraw", help=helped("day_withdraw"))] = False,
    folder: Folder = HERE,
    time: Time = None,
    key: Key = None,
    lang: Lang = "en",
) -> None:
    kg = whole_amount(mass, "kg t kt", "MASS")
    ask = {"member": name, "product": product, "kg": kg, "receipt": receipt}
    with opened(folder, time) as desk:
        do(desk, "metal_out" if withdraw else "metal_in", ask, key)


@club.command("status", help=helped("day_status"))
def status(folder: Folder = HERE, lang: Lang = "en") -> None:
    from monazite.terminal_club_day import show_status

    with opened(folder) as desk:
        show_status(desk)


# --- auctions -------------------------------------------------------------------------------------


def _percent(flag: str, help: str) -> Any:
    return typer.Option(flag, help=help, **number(flag, int, 2, 100))


@auction.command("draft", help=helped("day_draft"))
def draft(
    name: Auction,
    book: Annotated[Path, typer.Option("--book", help=helped("day_book"), metavar="FILE|DIR")],
    rules: Annotated[Path, typer.Option("--rules", help=helped("day_rules"), metavar="FILE")],
    bids: Annotated[int, _percent("--bid-percent", helped("day_bid_percent"))] = 10,
    asks: Annotated[int, _percent("--ask-percent", helped("day_ask_percent"))] = 10,
    backed: Annotated[bool, typer.Option("--backed", help=helped("day_backed"))] = False,
    named: Annotated[bool, typer.Option("--named", help=helped("day_named"))] = False,
    promise: Annotated[
        list[str] | None,
        typer.Option("--promise", help=helped("day_promise"), metavar="PRODUCT=RULE;RULE"),
    ] = None,
    folder: Folder = HERE,
    time: Time = None,
    lang: Lang = "en",
) -> None:
    from dataclasses import asdict

    from monazite.club.auction import KINDS, OURS
    from monazite.club.reading import read_book, read_rules, record_of

    given = record_of(read_book(book))
    kept = ("auction", *OURS, *(kind for kind in (*KINDS, "collateral") if given[kind]))
    published = asdict(read_rules(rules))
    terms = {"bid_ppm": bids * 10_000, "ask_ppm": asks * 10_000, "backed": backed}
    ask = {
        "auction": name,
        "book": {one: given[one] for one in kept},
        "rules": published,
        # told only where it is asked for, so that a draft of before has the same key
        "terms": terms | ({"named": True} if named else {}) | _promises(promise or ()),
    }
    with opened(folder, time) as desk:
        if published["commitment"] == "drawn":
            published["commitment"] = _drawn(folder, name)
        do(desk, "auction_drafted", ask, None)


def _promises(texts: Sequence[str]) -> dict[str, Any]:
    """What products promise, as terms of a draft: "mag@USA=dfars_step;ownership:in_force"."""
    found: dict[str, list[list[str]]] = {}
    for text in texts:
        product, _, rules = text.partition("=")
        needs = (one.strip().partition(":") for one in rules.split(";"))
        found.setdefault(product.strip(), []).extend(
            [rule, when or "always"] for rule, _, when in needs
        )
    return {"promises": found} if found else {}


def _secret(folder: Path, name: str) -> Path:
    from urllib.parse import quote

    return folder / "secrets" / quote(name, safe=" ")


def _drawn(folder: Path, name: str) -> str:
    """The digest of an auction's secret, drawn and put on the disk before it is first needed."""
    import os
    import secrets

    from monazite.club.canonical import digest

    file = _secret(folder, name)
    if not file.exists():
        file.parent.mkdir(mode=0o700, exist_ok=True)
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        os.write(handle, secrets.token_hex(32).encode())
        os.fsync(handle)
        os.close(handle)
    return digest(file.read_text())


@auction.command("open", help=helped("day_open"))
def open_(
    name: Auction,
    closes: Annotated[
        str | None,
        typer.Option("--closes", help=helped("day_closes"), metavar="ISO-8601", show_default=False),
    ] = None,
    folder: Folder = HERE,
    time: Time = None,
    lang: Lang = "en",
) -> None:
    until = None if closes is None else _moment(closes, "--closes")
    with opened(folder, time) as desk:
        do(desk, "auction_opened", {"auction": name, "closes": until}, None)


@auction.command("close", help=helped("day_close"))
def close(name: Auction, folder: Folder = HERE, time: Time = None, lang: Lang = "en") -> None:
    from monazite import terminal
    from monazite.terminal_club_day import show_receipt

    ask = {"auction": name}
    with opened(folder, time) as desk:
        with terminal.working("club.lots.working"):
            receipt = desk.do("auction_closed", repeated("auction_closed", ask), ask)
        show_receipt("auction_closed", receipt)


@auction.command("clear", help=helped("day_clear"))
def clear(
    name: Auction,
    secret: Annotated[
        str | None, typer.Option("--secret", help=helped("day_secret"), show_default=False)
    ] = None,
    folder: Folder = HERE,
    time: Time = None,
    lang: Lang = "en",
) -> None:
    from monazite import terminal
    from monazite.terminal_club_day import show_prices, show_receipt

    if secret is None:
        file = _secret(folder, name)
        if not file.is_file():
            raise InputError([fault("club_no_secret", str(file), value=name)])
        secret = file.read_text()
    with opened(folder, time) as desk:
        with terminal.working("club.day.working.clear"):
            ask = {"auction": name, "secret": secret}
            receipt = desk.do("auction_cleared", repeated("auction_cleared", ask), ask)
        show_receipt("auction_cleared", receipt)
        show_prices(desk, name)


@auction.command("publish", help=helped("day_publish"))
def publish(
    name: Auction,
    deadline: Annotated[
        str, typer.Option("--deadline", help=helped("day_deadline"), metavar="ISO-8601")
    ],
    folder: Folder = HERE,
    time: Time = None,
    lang: Lang = "en",
) -> None:
    from monazite.terminal_club_day import show_owed, show_prices
    from monazite.terminal_register import show_beside

    ask = {"auction": name, "deadline": _moment(deadline, "--deadline")}
    with opened(folder, time) as desk:
        do(desk, "auction_published", ask, None)
        show_prices(desk, name)
        show_beside(desk.state, name)
        show_owed(desk, name)


def _override(what: str) -> Callable[..., None]:
    def give(
        name: Auction,
        by: Annotated[str, typer.Option("--by", help=helped("day_by"))],
        member: Annotated[str, typer.Option("--member", help=helped("day_by_member"))],
        reason: Annotated[str, typer.Option("--reason", help=helped("day_reason"))],
        folder: Folder = HERE,
        time: Time = None,
        lang: Lang = "en",
    ) -> None:
        from monazite.terminal_club_day import show_override

        ask = {"auction": name, "what": what, "by": by, "member": member, "reason": reason}
        with opened(folder, time) as desk:
            do(desk, "override_given", ask, None)
            show_override(desk, name, what)

    return give


auction.command("release", help=helped("day_release"))(_override("release"))
auction.command("void", help=helped("day_void"))(_override("void"))


@club.command("order", help=helped("day_order"))
def order(
    name: Auction,
    file: Annotated[
        Path | None, typer.Argument(help=helped("day_orders"), metavar="FILE", show_default=False)
    ] = None,
    withdraw: Annotated[
        str | None, typer.Option("--withdraw", help=helped("day_cancel"), metavar="ORDER")
    ] = None,
    member: Annotated[
        str | None, typer.Option("--member", help=helped("day_member"), metavar="MEMBER")
    ] = None,
    folder: Folder = HERE,
    time: Time = None,
    key: Key = None,
    lang: Lang = "en",
) -> None:
    from monazite import terminal
    from monazite.club.auction import entries_in
    from monazite.club.commands.base import auction_in
    from monazite.club.desk import Asked
    from monazite.terminal_club_day import show_entered

    if (file is None) == (withdraw is None) or (withdraw is not None and member is None):
        raise typer.BadParameter(say("club.day.fault.file_or_withdraw"))
    with opened(folder, time) as desk:
        seq = desk.journal.seq
        if withdraw is not None:
            gone = {"auction": name, "member": member, "order": withdraw}
            do(desk, "order_cancelled", gone, key, seq)
            return
        assert file is not None
        found = auction_in(desk.state, "order_placed", name, "open")
        groups = {one: known["group"] for one, known in desk.state.members.items()}
        asked = []
        for kind, entry, line in entries_in(file, found, groups):
            ask = {"auction": name, "kind": kind, "entry": entry}
            own = f"{key}/{entry['id']}" if key else repeated("order_placed", ask, seq)
            asked.append(Asked("order_placed", own, ask, (file.name, line)))
        with terminal.working("club.day.working.order"):
            done = desk.do_whole(asked)
        show_entered(asked, done)


# --- settlement -----------------------------------------------------------------------------------


@club.command("settle", help=helped("day_settle"))
def settle(
    name: Auction,
    fund: Annotated[
        list[str] | None,
        typer.Option("--fund", help=helped("day_fund"), metavar="MEMBER,...", show_default=False),
    ] = None,
    default: Annotated[
        str | None,
        typer.Option(
            "--default", help=helped("day_default"), metavar="ISO-8601", show_default=False
        ),
    ] = None,
    folder: Folder = HERE,
    time: Time = None,
    lang: Lang = "en",
) -> None:
    from monazite.cli.options import parted
    from monazite.terminal_club_day import show_default, show_owed

    with opened(folder, time) as desk:
        if fund:
            do_whole(
                desk,
                "settlement_funded",
                [{"auction": name, "member": one} for one in parted(fund)],
            )
        if default is not None:
            ask = {"auction": name, "deadline": _moment(default, "--default")}
            do(desk, "settlement_defaulted", ask, None)
            show_default(desk, name)
        if not fund and default is None:
            do(desk, "settlement_delivered", {"auction": name}, None)
            do(desk, "settlement_final", {"auction": name}, None)
        show_owed(desk, name)


# --- proof and files ------------------------------------------------------------------------------


@club.command("replay", help=helped("day_replay"))
def replay(folder: Folder = HERE, lang: Lang = "en") -> None:
    from itertools import count

    from monazite.terminal import counting
    from monazite.terminal_club_day import show_replay

    with opened(folder) as desk:
        total, done = desk.journal.seq, count(1)
        with counting("club.day.working.replay") as told:
            found = desk.replay(lambda _: told(next(done), total))
        show_replay(found)


@club.command("export", help=helped("day_export"))
def export(
    out: Out = None,
    until: Annotated[
        int | None,
        typer.Option(
            "--until", help=helped("day_until"), show_default=False, **number("--until", int, 1)
        ),
    ] = None,
    folder: Folder = HERE,
    lang: Lang = "en",
) -> None:
    from monazite import terminal
    from monazite.club.export import write_lines, write_lots, write_statements

    target = out or folder / "export"
    if not (folder / "journal.db").is_file():
        raise InputError([fault("club_none", str(folder))])
    if target.exists() and not target.is_dir():
        raise InputError(say("cli.fault.not_a_folder", path=target))
    with terminal.working("cli.working.write"), terminal.staged(target) as scratch:
        write_lines(folder, scratch / "journal.jsonl", until)
        write_statements(scratch / "journal.jsonl", scratch)
        write_lots(scratch / "journal.jsonl", scratch / "lots.json")
    terminal.show_written(target)

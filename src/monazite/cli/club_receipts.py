"""Which commands hand out receipts of orders, and hold one against a published auction?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monazite.cli.club import club
from monazite.cli.options import Lang, helped, into_file
from monazite.errors import InputError, fault

HERE = Path("club")


@club.command("receipts", help=helped("receipts"))
def receipts(
    member: Annotated[str, typer.Argument(help=helped("day_member"), metavar="MEMBER")],
    out: Annotated[Path, into_file("receipts_out", "FILE.jsonl")],
    auction: Annotated[
        str | None,
        typer.Option("--auction", help=helped("receipts_auction"), show_default=False),
    ] = None,
    folder: Annotated[
        Path,
        typer.Option("--club", help=helped("day_folder"), envvar="MONAZITE_CLUB", metavar="DIR"),
    ] = HERE,
    lang: Lang = "en",
) -> None:
    from monazite import terminal
    from monazite.cli.club_day import opened
    from monazite.club.receipts import receipts_of

    with opened(folder) as desk:
        if member not in desk.state.members:
            raise InputError([fault("club_no_member", "MEMBER", 0, "", member)])
        lines = list(receipts_of(desk.journal.lines(), member, auction))
    if not lines:
        raise InputError([fault("club_receipt_nothing", member, value=auction or "")])
    with terminal.staged_file(out) as scratch:
        scratch.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")
    terminal.show_written(out)


@club.command("check-receipt", help=helped("check_receipt"))
def check_receipt(
    receipt: Annotated[Path, typer.Argument(help=helped("receipt_file"), metavar="RECEIPT")],
    result: Annotated[Path, typer.Argument(help=helped("club_result"), metavar="RESULT")],
    order: Annotated[
        str | None, typer.Option("--order", help=helped("receipt_order"), show_default=False)
    ] = None,
    hashes: Annotated[
        list[str] | None,
        typer.Option("--hash", help=helped("receipt_hash"), metavar="SHA-256", show_default=False),
    ] = None,
    journal: Annotated[
        Path | None,
        typer.Option("--journal", help=helped("receipt_journal"), metavar="JSONL"),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help=helped("receipt_all"))] = False,
    lang: Lang = "en",
) -> None:
    from monazite import terminal
    from monazite.club.receipts import check, read_receipts
    from monazite.terminal_receipt import show_report

    if journal is not None and not journal.is_file():
        raise InputError([fault("club_no_file", str(journal))])
    found = read_receipts(receipt)
    with terminal.working("cli.working.verify", result=result):
        report = check(
            found, result, order=order, journal=journal, hashes=hashes or (), every=every
        )
    show_report(report)
    if not report.sound:
        raise typer.Exit(1)

"""Which commands clear an auction and check a published result?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monazite.cli.options import Lang, Out, app, helped

READABLE = 2000  # orders that a page can still explain one by one


@app.command(help=helped("clear"))
def clear(
    book: Annotated[Path, typer.Argument(help=helped("club_book"), metavar="BOOK")],
    rules: Annotated[
        Path, typer.Option("--rules", help=helped("club_rules"), metavar="RULES.yaml")
    ],
    out: Out = None,
    exact: Annotated[bool, typer.Option("--exact", help=helped("club_exact"))] = False,
    lang: Lang = "en",
) -> None:
    from monazite import terminal
    from monazite.club import clearing, read_book, read_rules
    from monazite.club.demo import Day
    from monazite.club.publish import write
    from monazite.report.auction import write_auction
    from monazite.terminal_club import show_clearing

    with terminal.working("cli.working.clear", book=book):
        found = clearing.clear(read_book(book), read_rules(rules), exact=exact)
    if out is not None:
        with terminal.staged(out) as scratch:
            write(found, scratch)
            if len(found.book.orders) <= READABLE:
                write_auction(Day(found, (), ()), scratch)
    show_clearing(found)
    if out is not None:
        terminal.show_written(out)


@app.command(help=helped("verify"))
def verify(
    result: Annotated[Path, typer.Argument(help=helped("club_result"), metavar="RESULT")],
    lang: Lang = "en",
) -> None:
    from monazite import terminal
    from monazite.club.publish import findings
    from monazite.terminal_club import show_findings

    with terminal.working("cli.working.verify", result=result):
        found = findings(result)
    show_findings(found, result)
    if found:
        raise typer.Exit(1)

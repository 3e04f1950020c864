"""Which command shows a whole auction day?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monazite.cli.club import club
from monazite.cli.options import Lang, helped
from monazite.errors import InputError
from monazite.messages import say


@club.command("demo", help=helped("club_demo"))
def demo(
    out: Annotated[Path, typer.Option("--out", help=helped("out"), metavar="DIR")],
    lang: Lang = "en",
) -> None:
    from monazite import terminal
    from monazite.club import demo as shown
    from monazite.club.publish import write
    from monazite.club.reading import canonical
    from monazite.report.auction import write_auction
    from monazite.terminal_club import show_clearing

    if out.exists() and not out.is_dir():
        raise InputError(say("cli.fault.not_a_folder", path=out))
    with terminal.working("cli.working.clear", book="demo"):
        day = shown.day()
    with terminal.staged(out) as scratch:
        write(day.clearing, scratch)
        text = canonical(shown.record(day)) + "\n"
        (scratch / "day.json").write_text(text, encoding="utf-8", newline="\n")
        write_auction(day, scratch)
    show_clearing(day.clearing)
    terminal.show_written(out)

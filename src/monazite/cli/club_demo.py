"""Which command shows a whole auction day?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from monazite.cli.club import club
from monazite.cli.options import Lang, helped, into_folder


@club.command("demo", help=helped("club_demo"))
def demo(
    out: Annotated[Path, into_folder("out")],
    lang: Lang = "en",
) -> None:
    from monazite import terminal
    from monazite.club import demo as shown
    from monazite.club.publish import write
    from monazite.club.reading import canonical
    from monazite.report.auction import write_auction
    from monazite.terminal_club import show_clearing

    with terminal.working("cli.working.clear", book="demo"):
        day = shown.day()
    with terminal.staged(out) as scratch:
        write(day.clearing, scratch)
        text = canonical(shown.record(day)) + "\n"
        (scratch / "day.json").write_text(text, encoding="utf-8", newline="\n")
        write_auction(day, scratch)
    show_clearing(day.clearing)
    terminal.show_written(out)

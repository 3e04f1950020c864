"""Which command gives an auction's book its verdicts: which buyer may have which lot?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monazite.cli.club_lots import On, Period, RulesFolder, day, lots, lots_asked, periods_in
from monazite.cli.options import Lang, helped, into_file, parted


@lots.command(help=helped("lots_eligibility"))
def eligibility(
    file: Annotated[str, typer.Argument(help=helped("lots_file"), metavar="LOTS.json|example")],
    buyers: Annotated[
        Path, typer.Option("--buyers", help=helped("lots_buyers"), metavar="BUYERS.csv")
    ],
    out: Annotated[Path, into_file("lots_rows", "eligibility.csv")],
    on: On = None,
    rules: RulesFolder = None,
    period: Period = "year",
    lot: Annotated[
        list[str] | None, typer.Option("--lot", help=helped("lots_lot"), metavar="ID,...")
    ] = None,
    lang: Lang = "en",
) -> None:
    import csv

    from monazite import terminal
    from monazite.club import content
    from monazite.club.buyers import read_buyers
    from monazite.club.lot_file import read_lots
    from monazite.messages import say

    known, on_day, register = content.rules(rules), day(on), read_lots(file)
    asked, wanted = lots_asked(parted(lot), register.by_id), read_buyers(buyers, known)
    with terminal.working("club.lots.working"):
        evidence = content.Evidence(register, periods_in(register, period))
        found = content.rows(content.eligibility(evidence, asked, wanted, known, on_day), lang)
    with (
        terminal.staged_file(out) as scratch,
        scratch.open("w", encoding="utf-8", newline="") as to,
    ):
        writer = csv.writer(to, lineterminator="\n")
        writer.writerow(("buyer", "subject", "eligible", "reason"))
        for row in found:
            told = "true" if row.eligible else "false"
            writer.writerow((row.buyer, row.subject, told, row.reason))
    barred = sum(not row.eligible for row in found)
    terminal.console().print(say("club.lots.rows", count=len(found), barred=barred))
    terminal.show_written(out)

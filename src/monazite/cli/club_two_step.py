"""Which command settles contracts beside an auction: contract price first, deviations second?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monazite.cli.club import club
from monazite.cli.options import Lang, helped, into_file


@club.command("two-step", help=helped("two_step"))
def two_step(
    result: Annotated[Path, typer.Argument(help=helped("club_result"), metavar="RESULT")],
    contracts: Annotated[
        Path, typer.Option("--contracts", help=helped("two_step_contracts"), metavar="FILE.csv")
    ],
    out: Annotated[Path, into_file("out_file", "LEGS.csv")],
    lang: Lang = "en",
) -> None:
    import csv
    import json

    from monazite import terminal
    from monazite.club import contracts as kinds
    from monazite.club.contracts.beside import read_contracted
    from monazite.club.orders import Leg
    from monazite.club.publish import findings
    from monazite.messages import say
    from monazite.terminal_club import show_findings

    if found := findings(result):
        show_findings(found, result)
        raise typer.Exit(1)
    file = result / "result.json" if result.is_dir() else result
    record = json.loads(file.read_text(encoding="utf-8"))
    prices = {row["product"]: row["price"] for row in record["prices"]}
    wanted = read_contracted(contracts, prices)
    legs = kinds.two_step([Leg(**row) for row in record["legs"]], wanted, prices)
    with (
        terminal.staged_file(out) as scratch,
        scratch.open("w", encoding="utf-8", newline="") as to,
    ):
        writer = csv.writer(to, lineterminator="\n")
        writer.writerow(("order", "member", "product", "kg", "uusd"))
        writer.writerows((one.order, one.member, one.product, one.kg, one.uusd) for one in legs)
    terminal.console().print(say("club.two_step.done", contracts=len(wanted), legs=len(legs)))
    terminal.show_written(out)

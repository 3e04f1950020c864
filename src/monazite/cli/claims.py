"""Which command puts the statements of the debate to the model?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monazite.cli.options import Lang, Out, Overlay, Workers, app, helped, parted


@app.command(help=helped("claims"))
def claims(
    table: Annotated[
        Path | None,
        typer.Option("--table", help=helped("claims_table"), metavar="YAML", show_default=False),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", help=helped("claims_only"), metavar="ID,...", show_default=False),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help=helped("claims_quick"))] = False,
    years: Annotated[
        str | None,
        typer.Option(
            "--years", help=helped("years"), metavar="A:B[:STEP]|A,B,...", show_default=False
        ),
    ] = None,
    overlay: Overlay = None,
    out: Out = None,
    workers: Workers = 2,
    lang: Lang = "en",
) -> None:
    from monazite import terminal
    from monazite.study.claims import judge
    from monazite.study.claims.world import YEARS

    with terminal.counting("cli.working.claims") as told:
        found = judge(
            table,
            only=parted(only),
            quick=quick,
            years=years or YEARS,
            overlay=overlay,
            workers=workers,
            told=told,
        )
    terminal.show_claims(found, lang)
    if out is not None:
        terminal.write_claims(
            found, out, lang, table=table, years=years or YEARS, quick=quick, overlay=overlay
        )

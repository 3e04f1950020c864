"""Which commands set instruments against a goal, and mixes of them against what may come?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from monazite.cli.options import CaseName, Lang, Workers, app, helped, into_folder, parted
from monazite.cli.usage import number


@app.command(help=helped("goal"))
def goal(
    name: Annotated[str, typer.Argument(help=helped("goal_name"), metavar="GOAL")] = "us_refining",
    members: Annotated[
        list[str] | None,
        typer.Option(
            "--members", help=helped("goal_members"), metavar="ISO3,...", show_default=False
        ),
    ] = None,
    stage: Annotated[
        str | None, typer.Option("--stage", help=helped("goal_stage"), show_default=False)
    ] = None,
    share: Annotated[
        float | None,
        typer.Option("--share", help=helped("goal_share"), show_default=False, **number("--share")),
    ] = None,
    by: Annotated[
        int | None,
        typer.Option("--by", help=helped("goal_by"), show_default=False, **number("--by", int)),
    ] = None,
    case: CaseName = None,
    out: Annotated[Path | None, into_folder("goal_out")] = None,
    workers: Workers = 2,
    lang: Lang = "en",
) -> None:
    from monazite import terminal
    from monazite.study.goal import Goal, price
    from monazite.terminal_years import show_goal, write_goal

    given: dict[str, Any] = {"members": tuple(parted(members)) or None, "stage": stage,
                             "share": share, "by": by}  # fmt: skip
    asked = Goal.put(name, case, **{k: v for k, v in given.items() if v is not None})
    with terminal.counting("cli.working.goal") as told:
        found = price(asked, case=case, workers=workers, told=told)
    show_goal(found, lang)
    if out is not None:
        write_goal(found, out, lang)


@app.command(help=helped("regret"))
def regret(
    name: Annotated[str, typer.Argument(help=helped("regret_name"), metavar="TABLE")] = "six_mixes",
    years: Annotated[
        str | None,
        typer.Option(
            "--years", help=helped("regret_years"), metavar="A:B[:STEP]|A,B,...", show_default=False
        ),
    ] = None,
    demand: Annotated[
        list[str] | None,
        typer.Option(
            "--demand", help=helped("regret_demand"), metavar="slow,...", show_default=False
        ),
    ] = None,
    case: CaseName = None,
    out: Annotated[Path | None, into_folder("regret_out")] = None,
    workers: Workers = 2,
    lang: Lang = "en",
) -> None:
    from monazite import terminal
    from monazite.study.regret import Table
    from monazite.study.regret import regret as of
    from monazite.terminal_years import show_regret, write_regret

    given: dict[str, Any] = {"years": years, "demand": tuple(parted(demand)) or None}
    asked = Table.put(name, case, **{k: v for k, v in given.items() if v is not None})
    keep = out / "runs" if out is not None else None
    with terminal.counting("cli.working.regret") as told:
        found = of(asked, case=case, workers=workers, keep=keep, told=told)
    show_regret(found, lang)
    if out is not None:
        write_regret(found, out, lang)

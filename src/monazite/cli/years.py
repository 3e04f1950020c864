"""Which commands ask what comes over the years?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monazite.cli.options import (
    PROJECT_YEARS,
    CaseName,
    Demand,
    Foresight,
    Lang,
    OutFile,
    Overlay,
    ProjectYears,
    Scenario,
    Scrap,
    app,
    helped,
    into_folder,
    parted,
    ready,
)
from monazite.cli.usage import number
from monazite.messages import say

if TYPE_CHECKING:
    from monazite.data import Case
    from monazite.study.scenario import Scenario as Asked


@app.command(help=helped("over_years"))
def years(
    scenario: Scenario = "today",
    case: CaseName = None,
    overlay: Overlay = None,
    members: Annotated[
        list[str] | None,
        typer.Option("--members", help=helped("club"), metavar="ISO3,...", show_default=False),
    ] = None,
    commercial: Annotated[
        float,
        typer.Option("--commercial", help=helped("commercial"), **number("--commercial", low=0)),
    ] = 60.0,
    stop_years: Annotated[
        list[str] | None,
        typer.Option("--stops", help=helped("stop_years"), metavar="A,B,...", show_default=False),
    ] = None,
    years: ProjectYears = None,
    foresight: Foresight = None,
    demand: Demand = None,
    scrap: Scrap = None,
    out: Annotated[Path | None, into_folder("out_tables")] = None,
    lang: Lang = "en",
) -> None:
    from monazite import study, terminal
    from monazite.study.answers import answers, check_names, spread
    from monazite.terminal_years import show_years

    inside, stopped = parted(members), parted(stop_years)

    def check(base: Case, found: Asked) -> None:
        known = found.years.names if found.years else stopped
        check_names(base.table("countries")["country"].to_list(), known, inside, stopped)

    asked = ready(
        scenario, years, foresight, demand, scrap, PROJECT_YEARS, case=case, overlay=overlay,
        check=check,
    )  # fmt: skip
    with terminal.working("cli.working.run", scenario=scenario):
        outcome = study.run(asked, case=case, overlay=overlay)
    stopped = stopped or list(spread(outcome.market.axes.periods))
    with terminal.counting("cli.working.stops") as told:
        found = answers(outcome, members=inside, commercial=commercial, periods=stopped, told=told)
    show_years(outcome, found, lang, out)


@app.command(help=helped("projects"))
def projects(
    scenario: Scenario = "today",
    case: CaseName = None,
    overlay: Overlay = None,
    years: ProjectYears = None,
    foresight: Foresight = None,
    demand: Demand = None,
    scrap: Scrap = None,
    out: OutFile = None,
    lang: Lang = "en",
) -> None:
    from monazite import study, terminal
    from monazite.study.projects import projects as of

    asked = ready(
        scenario, years, foresight, demand, scrap, PROJECT_YEARS, case=case, overlay=overlay
    )
    with terminal.working("cli.working.run", scenario=scenario):
        outcome = study.run(asked, case=case, overlay=overlay)
    terminal.show_projects(outcome, of(outcome), lang, out)


@app.command(help=helped("independence"))
def independence(
    scenario: Scenario = "today",
    case: CaseName = None,
    overlay: Overlay = None,
    members: Annotated[
        list[str] | None,
        typer.Option("--members", help=helped("club"), metavar="ISO3,...", show_default=False),
    ] = None,
    named: Annotated[
        str | None,
        typer.Option("--club", help=helped("named_club"), metavar="SCENARIO", show_default=False),
    ] = None,
    without: Annotated[str, typer.Option("--without", help=helped("without"))] = "CHN",
    years: ProjectYears = None,
    foresight: Foresight = None,
    demand: Demand = None,
    scrap: Scrap = None,
    out: OutFile = None,
    lang: Lang = "en",
) -> None:
    from monazite import study, terminal
    from monazite.study import independence as of

    if named and members:
        raise typer.BadParameter(say("cli.fault.club_or_members"))
    told = parted(members) or list(of.members_of(named) if named else ())
    asked = ready(
        scenario, years, foresight, demand, scrap, PROJECT_YEARS, case=case, overlay=overlay,
        check=lambda base, _: of.check(base.table("countries")["country"].to_list(), told, without),
    )  # fmt: skip
    with terminal.working("cli.working.run", scenario=scenario):
        outcome = study.run(asked, case=case, overlay=overlay)
        club = told or list(of.club_of(outcome.scenario))
        found = of.independence(outcome, club, without=without)
    terminal.show_independence(outcome, found, club, without, lang, out)


@app.command(help=helped("support"))
def support(
    scenario: Scenario = "today",
    case: CaseName = None,
    overlay: Overlay = None,
    rules: Annotated[
        list[str] | None,
        typer.Option("--rules", help=helped("rules"), metavar="A,...", show_default=False),
    ] = None,
    members: Annotated[
        list[str] | None,
        typer.Option("--members", help=helped("members"), metavar="ISO3,...", show_default=False),
    ] = None,
    materials: Annotated[
        list[str] | None,
        typer.Option("--materials", help=helped("materials"), metavar="A,...", show_default=False),
    ] = None,
    years: ProjectYears = None,
    foresight: Foresight = None,
    demand: Demand = None,
    scrap: Scrap = None,
    out: Annotated[Path | None, into_folder("out_tables")] = None,
    lang: Lang = "en",
) -> None:
    from monazite import study, terminal
    from monazite.study.ask import case_of, find_scenario
    from monazite.study.support import check
    from monazite.study.support import support as of
    from monazite.terminal_years import show_support

    named = {"members": parted(members), "materials": parted(materials)}

    def bare(base: Case, found: Asked) -> Asked:
        return check(found, base, rules=parted(rules), **named)

    asked = ready(
        scenario, years, foresight, demand, scrap, PROJECT_YEARS, case=case, overlay=overlay,
        check=bare,
    )  # fmt: skip
    whole = find_scenario(asked)
    base = bare(case_of(whole, case=case, overlay=overlay), whole)
    with terminal.counting("cli.working.run", scenario=scenario) as told:
        told(0, 2)
        against = study.run(base, case=case, overlay=overlay)
        told(1, 2)
        outcome = study.run(asked, case=case, overlay=overlay)
    cost = of(outcome, against, **named)
    show_support(outcome, cost, lang, out)

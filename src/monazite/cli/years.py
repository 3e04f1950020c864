"""Which commands ask what comes over the years?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

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
    countries_of,
    helped,
    into_folder,
    over,
    parted,
)
from monazite.cli.usage import number
from monazite.messages import say


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
    from monazite.study.ask import find_scenario
    from monazite.terminal_years import show_years

    asked = over(scenario, years, foresight, demand, scrap, PROJECT_YEARS)
    inside, stopped = parted(members), parted(stop_years)
    if (inside or stopped) and (own := find_scenario(asked).years):
        check_names(countries_of(asked, case, overlay), own.names, inside, stopped)
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

    asked = over(scenario, years, foresight, demand, scrap, PROJECT_YEARS)
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
    asked = over(scenario, years, foresight, demand, scrap, PROJECT_YEARS)
    of.check(countries_of(asked, case, overlay), told, without)
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

    asked = over(scenario, years, foresight, demand, scrap, PROJECT_YEARS)
    whole, inside, goods = find_scenario(asked), parted(members), parted(materials)
    found = case_of(whole, case=case, overlay=overlay)
    base = check(whole, found, rules=parted(rules), members=inside, materials=goods)
    with terminal.counting("cli.working.run", scenario=scenario) as told:
        told(0, 2)
        against = study.run(base, case=case, overlay=overlay)
        told(1, 2)
        outcome = study.run(asked, case=case, overlay=overlay)
    cost = of(outcome, against, members=inside, materials=goods)
    show_support(outcome, cost, lang, out)

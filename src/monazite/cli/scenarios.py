"""Which commands ask a scenario?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from monazite.cli.options import (
    CaseName,
    Claims,
    Demand,
    Foresight,
    Lang,
    Out,
    Overlay,
    Scenario,
    Scrap,
    YearsOption,
    app,
    claims_for,
    helped,
    parted,
    ready,
    to_file,
)
from monazite.messages import say


@app.command(help=helped("run"))
def run(
    scenario: Scenario = "today",
    case: CaseName = None,
    overlay: Overlay = None,
    out: Out = None,
    as_json: Annotated[bool, typer.Option("--json", help=helped("json"))] = False,
    csv: Annotated[bool, typer.Option("--csv", help=helped("csv"))] = False,
    excel: Annotated[bool, typer.Option("--excel", help=helped("excel"))] = False,
    period: Annotated[
        str | None, typer.Option("--period", help=helped("period"), show_default=False)
    ] = None,
    years: YearsOption = None,
    foresight: Foresight = None,
    demand: Demand = None,
    scrap: Scrap = None,
    claims: Claims = None,
    lang: Lang = "en",
) -> None:
    from monazite import study, terminal
    from monazite.study.beforehand import check_period
    from monazite.study.beside import before, without_finance

    if (csv or excel) and out is None:
        raise typer.BadParameter(say("cli.fault.no_out"))
    asked = ready(
        scenario, years, foresight, demand, scrap, case=case, overlay=overlay,
        check=lambda base, found: check_period(base, found, period),
    )  # fmt: skip
    said = claims_for(claims, out, asked, case, overlay)
    with terminal.working("cli.working.run", scenario=scenario):
        outcome = study.run(asked, case=case, overlay=overlay)
    if out is not None:
        with terminal.working("cli.working.write"):
            against = before(asked, case=case, overlay=overlay)
            bare = without_finance(outcome, case=case, overlay=overlay)
            terminal.write_outcome(
                outcome, out, csv=csv, excel=excel, lang=lang, against=against, bare=bare,
                period=period, claims=said,
            )  # fmt: skip
    if as_json:
        terminal.show_json(outcome.record)
    else:
        terminal.show_outcome(outcome, lang, out, period)


@app.command(help=helped("compare"))
def compare(
    scenarios: Annotated[list[str], typer.Argument(help=helped("names"), metavar="A B ...")],
    case: CaseName = None,
    overlay: Overlay = None,
    members: Annotated[
        list[str] | None,
        typer.Option("--members", help=helped("members"), metavar="ISO3,...", show_default=False),
    ] = None,
    country: Annotated[
        str | None,
        typer.Option("--country", help=helped("named"), metavar="ISO3", show_default=False),
    ] = None,
    materials: Annotated[
        list[str] | None,
        typer.Option("--materials", help=helped("materials"), metavar="A,...", show_default=False),
    ] = None,
    out: Out = None,
    csv: Annotated[bool, typer.Option("--csv", help=helped("csv"))] = False,
    excel: Annotated[bool, typer.Option("--excel", help=helped("excel"))] = False,
    years: YearsOption = None,
    foresight: Foresight = None,
    demand: Demand = None,
    scrap: Scrap = None,
    claims: Claims = None,
    lang: Lang = "en",
) -> None:
    from monazite import study, terminal
    from monazite.study.beforehand import Together, check_names
    from monazite.study.effects import terms_of

    if len(set(scenarios)) < 2:
        raise typer.BadParameter(say("cli.fault.one_scenario"))
    if (csv or excel) and out is None:
        raise typer.BadParameter(say("cli.fault.no_out"))
    named = {"members": parted(members), "materials": parted(materials)}
    faults, asked = Together(), {}
    for k, name in enumerate(scenarios):
        with faults.also():
            asked[name] = ready(
                name, years, foresight, demand, scrap, case=case, overlay=overlay, whole=k > 0,
                check=None if k else lambda base, found: check_names(base, country, **named),
            )  # fmt: skip
    faults.tell()
    said = claims_for(claims, out, asked[scenarios[0]], case, overlay)
    outcomes = {}
    for name, one in asked.items():
        with terminal.working("cli.working.run", scenario=name):
            outcome = study.run(one, case=case, overlay=overlay)
        own = outcome.scenario.name
        outcomes[name if own in outcomes else own] = outcome
    terms = terms_of(outcomes, country=country, **named)
    written = None
    if out is not None:
        with terminal.working("cli.working.write"):
            written = terminal.write_comparison(
                outcomes, terms, out, csv=csv, excel=excel, lang=lang, claims=said
            )
    terminal.show_comparison(outcomes, terms, study.compare(outcomes), lang, written)


@app.command(help=helped("cost"))
def cost(
    grade: Annotated[str, typer.Option(help=helped("grade"))] = "high_coercivity",
    place: Annotated[str, typer.Option(help=helped("place"), metavar="ISO3")] = "DEU",
    scenario: Annotated[str, typer.Option(help=helped("scenario"), metavar="SCENARIO")] = "today",
    case: CaseName = None,
    overlay: Overlay = None,
    lang: Lang = "en",
) -> None:
    from monazite import study, terminal
    from monazite.study.cost import check, magnet_cost

    asked = ready(
        scenario, case=case, overlay=overlay, check=lambda base, _: check(base, grade, place)
    )
    with terminal.working("cli.working.run", scenario=scenario):
        outcome = study.run(asked, case=case, overlay=overlay)
    terminal.show_cost(outcome, magnet_cost(outcome, grade, place), grade, place, lang)


@app.command(help=helped("export"))
def export(
    scenario: Scenario,
    file: Annotated[
        Path, typer.Argument(help=helped("file"), metavar="FILE.mps|FILE.lp", callback=to_file)
    ],
    case: CaseName = None,
    overlay: Overlay = None,
    lang: Lang = "en",
) -> None:
    from monazite import study, terminal

    with terminal.working("cli.working.run", scenario=scenario):
        study.export(scenario, file, case=case, overlay=overlay)
    terminal.show_written(file)


@app.command(help=helped("scenarios"))
def scenarios(lang: Lang = "en") -> None:
    from monazite import study, terminal

    known = study.scenarios()
    terminal.show_names(
        "cli.title.scenarios", {name: one.described(lang) for name, one in known.items()}
    )


@app.command(help=helped("policies"))
def policies(
    name: Annotated[
        str | None, typer.Argument(help=helped("kind"), metavar="NAME", show_default=False)
    ] = None,
    schema: Annotated[bool, typer.Option("--schema", help=helped("schema"))] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help=helped("markdown"))] = False,
    lang: Lang = "en",
) -> None:
    from monazite import terminal
    from monazite.policy import manual

    if schema:
        from monazite.study.schema import scenario_schema

        terminal.show_json(scenario_schema())
    elif markdown:
        sys.stdout.write(manual.page())
    elif name is None:
        terminal.show_policies(lang)
    else:
        terminal.show_policy(manual.manual(name, lang), lang)

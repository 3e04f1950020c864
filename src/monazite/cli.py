"""What can be asked from a command line? Each command parses, calls the library once and prints.

Exit status: 0 answered, 1 no answer may be given, 2 something entered is wrong: one line a fault.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from monazite.errors import InputError, MonaziteError
from monazite.messages import language, say, speaking


def _language_of_help() -> str:
    """Help is written before options are read, so only the environment can choose its language."""
    try:
        return language(os.environ.get("MONAZITE_LANG", "en"))
    except ValueError:
        return "en"


_HELP = _language_of_help()


def _speak(context: typer.Context, value: str) -> str:
    """Make the language of --lang current until the command ends."""
    try:
        context.with_resource(speaking(value))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    return language(value)


def _help(key: str) -> str:
    return say(f"cli.help.{key}", _HELP)


Scenario = Annotated[str, typer.Argument(help=_help("scenario"), metavar="SCENARIO")]
CaseName = Annotated[
    str | None, typer.Option("--case", help=_help("case"), metavar="NAME|DIR", show_default=False)
]
Overlay = Annotated[
    Path | None, typer.Option("--overlay", help=_help("overlay"), metavar="DIR", show_default=False)
]
Out = Annotated[
    Path | None, typer.Option("--out", help=_help("out"), metavar="DIR", show_default=False)
]
OutFile = Annotated[
    Path | None,
    typer.Option("--out", help=_help("out_file"), metavar="FILE.csv", show_default=False),
]
Lang = Annotated[
    str,
    typer.Option(
        "--lang",
        help=_help("lang"),
        envvar="MONAZITE_LANG",
        metavar="en|zh",
        callback=_speak,
        is_eager=True,
    ),
]

YearsOption = Annotated[
    str | None,
    typer.Option("--years", help=_help("years"), metavar="A:B[:STEP]|A,B,...", show_default=False),
]
Foresight = Annotated[
    str | None,
    typer.Option(
        "--foresight", help=_help("foresight"), metavar="perfect|myopic|static", show_default=False
    ),
]
Demand = Annotated[
    str | None,
    typer.Option("--demand", help=_help("demand"), metavar="slow|central|fast", show_default=False),
]


PROJECT_YEARS = "2024,2026,2028,2030,2032,2035,2040"  # fine where projects come on line


def _over(name: str, years: str | None, foresight: str | None, demand: str | None) -> Any:
    """The scenario as named, or over the years asked for."""
    from monazite.study.ask import over_years

    given = {"foresight": foresight, "demand": demand}
    more = {key: value for key, value in given.items() if value is not None}
    if years is None:
        if more:
            raise typer.BadParameter(say("cli.fault.no_years"))
        return name
    return over_years(name, years, **more)


app = typer.Typer(
    help=_help("monazite"),
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.command(help=_help("run"))
def run(
    scenario: Scenario = "today",
    case: CaseName = None,
    overlay: Overlay = None,
    out: Out = None,
    as_json: Annotated[bool, typer.Option("--json", help=_help("json"))] = False,
    csv: Annotated[bool, typer.Option("--csv", help=_help("csv"))] = False,
    excel: Annotated[bool, typer.Option("--excel", help=_help("excel"))] = False,
    period: Annotated[
        str | None, typer.Option("--period", help=_help("period"), show_default=False)
    ] = None,
    years: YearsOption = None,
    foresight: Foresight = None,
    demand: Demand = None,
    lang: Lang = "en",
) -> None:
    from monazite import study, terminal
    from monazite.study.beside import before

    if (csv or excel) and out is None:
        raise typer.BadParameter(say("cli.fault.no_out"))
    asked = _over(scenario, years, foresight, demand)
    with terminal.working("cli.working.run", scenario=scenario):
        outcome = study.run(asked, case=case, overlay=overlay)
    if out is not None:
        with terminal.working("cli.working.write"):
            against = before(asked, case=case, overlay=overlay)
            terminal.write_outcome(
                outcome, out, csv=csv, excel=excel, lang=lang, against=against, period=period
            )
    if as_json:
        terminal.show_json(outcome.record)
    else:
        terminal.show_outcome(outcome, lang, out, period)


@app.command(help=_help("compare"))
def compare(
    scenarios: Annotated[list[str], typer.Argument(help=_help("names"), metavar="A B ...")],
    case: CaseName = None,
    overlay: Overlay = None,
    members: Annotated[
        list[str] | None,
        typer.Option("--members", help=_help("members"), metavar="ISO3,...", show_default=False),
    ] = None,
    country: Annotated[
        str | None,
        typer.Option("--country", help=_help("named"), metavar="ISO3", show_default=False),
    ] = None,
    materials: Annotated[
        list[str] | None,
        typer.Option("--materials", help=_help("materials"), metavar="A,...", show_default=False),
    ] = None,
    out: Out = None,
    csv: Annotated[bool, typer.Option("--csv", help=_help("csv"))] = False,
    excel: Annotated[bool, typer.Option("--excel", help=_help("excel"))] = False,
    years: YearsOption = None,
    foresight: Foresight = None,
    demand: Demand = None,
    lang: Lang = "en",
) -> None:
    from monazite import study, terminal
    from monazite.study.effects import terms_of

    if len(scenarios) < 2:
        raise typer.BadParameter(say("cli.fault.one_scenario"))
    if (csv or excel) and out is None:
        raise typer.BadParameter(say("cli.fault.no_out"))
    outcomes = {}
    for name in scenarios:
        with terminal.working("cli.working.run", scenario=name):
            asked = _over(name, years, foresight, demand)
            outcome = study.run(asked, case=case, overlay=overlay)
        own = outcome.scenario.name
        outcomes[name if own in outcomes else own] = outcome
    told = {"members": _parted(members), "materials": _parted(materials)}
    terms = terms_of(outcomes, country=country, **told)
    written = None
    if out is not None:
        with terminal.working("cli.working.write"):
            written = terminal.write_comparison(
                outcomes, terms, out, csv=csv, excel=excel, lang=lang
            )
    terminal.show_comparison(outcomes, terms, study.compare(outcomes), lang, written)


def _parted(names: list[str] | None) -> list[str]:
    """Names given one by one or parted by commas."""
    return [name.strip() for one in names or () for name in one.split(",") if name.strip()]


@app.command(help=_help("cost"))
def cost(
    grade: Annotated[str, typer.Option(help=_help("grade"))] = "high_coercivity",
    place: Annotated[str, typer.Option(help=_help("place"), metavar="ISO3")] = "DEU",
    scenario: Annotated[str, typer.Option(help=_help("scenario"), metavar="SCENARIO")] = "today",
    case: CaseName = None,
    overlay: Overlay = None,
    lang: Lang = "en",
) -> None:
    from monazite import study, terminal
    from monazite.study.cost import magnet_cost

    with terminal.working("cli.working.run", scenario=scenario):
        outcome = study.run(scenario, case=case, overlay=overlay)
    terminal.show_cost(outcome, magnet_cost(outcome, grade, place), grade, place, lang)


@app.command(help=_help("projects"))
def projects(
    scenario: Scenario = "today",
    case: CaseName = None,
    overlay: Overlay = None,
    years: Annotated[
        str, typer.Option("--years", help=_help("years"), metavar="A:B[:STEP]|A,B,...")
    ] = PROJECT_YEARS,
    foresight: Foresight = None,
    demand: Demand = None,
    out: OutFile = None,
    lang: Lang = "en",
) -> None:
    from monazite import study, terminal
    from monazite.study.projects import projects as of

    asked = _over(scenario, years, foresight, demand)
    with terminal.working("cli.working.run", scenario=scenario):
        outcome = study.run(asked, case=case, overlay=overlay)
    terminal.show_projects(outcome, of(outcome), lang, out)


@app.command(help=_help("independence"))
def independence(
    scenario: Scenario = "today",
    case: CaseName = None,
    overlay: Overlay = None,
    members: Annotated[
        list[str] | None,
        typer.Option("--members", help=_help("club"), metavar="ISO3,...", show_default=False),
    ] = None,
    without: Annotated[str, typer.Option("--without", help=_help("without"))] = "CHN",
    years: Annotated[
        str, typer.Option("--years", help=_help("years"), metavar="A:B[:STEP]|A,B,...")
    ] = PROJECT_YEARS,
    foresight: Foresight = None,
    demand: Demand = None,
    out: OutFile = None,
    lang: Lang = "en",
) -> None:
    from monazite import study, terminal
    from monazite.study import independence as of

    asked = _over(scenario, years, foresight, demand)
    with terminal.working("cli.working.run", scenario=scenario):
        outcome = study.run(asked, case=case, overlay=overlay)
        club = _parted(members) or list(of.club_of(outcome.scenario))
        found = of.independence(outcome, club, without=without)
    terminal.show_independence(outcome, found, club, without, lang, out)


@app.command(help=_help("scenarios"))
def scenarios(lang: Lang = "en") -> None:
    from monazite import study, terminal

    known = study.scenarios()
    terminal.show_names(
        "cli.title.scenarios", {name: one.described(lang) for name, one in known.items()}
    )


@app.command(help=_help("policies"))
def policies(
    name: Annotated[
        str | None, typer.Argument(help=_help("kind"), metavar="NAME", show_default=False)
    ] = None,
    schema: Annotated[bool, typer.Option("--schema", help=_help("schema"))] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help=_help("markdown"))] = False,
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


@app.command(help=_help("cases"))
def cases(lang: Lang = "en") -> None:
    from monazite import terminal
    from monazite.data import builtin, builtin_names

    meanings = {name: terminal.size_of(builtin(name)) for name in builtin_names()}
    terminal.show_names("cli.title.cases", meanings)


@app.command(help=_help("validate"))
def validate(
    path: Annotated[Path, typer.Argument(help=_help("path"), metavar="DIR")],
    overlay: Overlay = None,
    lang: Lang = "en",
) -> None:
    from monazite import terminal
    from monazite.data import Case

    with terminal.working("cli.working.validate"):
        case = Case.from_folder(path, overlay)
    terminal.show_valid(case)


@app.command(help=_help("template"))
def template(
    folder: Annotated[Path, typer.Argument(help=_help("folder"), metavar="DIR")],
    lang: Lang = "en",
) -> None:
    from monazite import terminal
    from monazite.data import template as write_template

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(say("cli.fault.not_empty", folder=folder))
    with terminal.staged(folder) as scratch:
        write_template(scratch)
    terminal.show_written(folder)


@app.command(help=_help("reconcile"))
def reconcile(case: CaseName = None, out: OutFile = None, lang: Lang = "en") -> None:
    from monazite import terminal
    from monazite.study import base_year

    with terminal.working("cli.working.reconcile"):
        found = base_year.reconcile(case or base_year.DEFAULT)
    terminal.show_reconciliation(found.report, out)


@app.command(help=_help("calibrate"))
def calibrate(case: CaseName = None, out: Out = None, lang: Lang = "en") -> None:
    from monazite import terminal
    from monazite.study import base_year

    with terminal.working("cli.working.calibrate"):
        found = base_year.calibrate(case or base_year.DEFAULT)
    terminal.show_calibration(found, out)


@app.command(help=_help("export"))
def export(
    scenario: Scenario,
    file: Annotated[Path, typer.Argument(help=_help("file"), metavar="FILE.mps|FILE.lp")],
    case: CaseName = None,
    overlay: Overlay = None,
    lang: Lang = "en",
) -> None:
    from monazite import study, terminal

    with terminal.working("cli.working.run", scenario=scenario):
        study.export(scenario, file, case=case, overlay=overlay)
    terminal.show_written(file)


@app.command(help=_help("cite"))
def cite(case: CaseName = None, lang: Lang = "en") -> None:
    from monazite import study, terminal
    from monazite.study.ask import case_of

    terminal.show_citation(case_of(study.Scenario(), case=case))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status."""
    try:
        app(arguments, prog_name="monazite")
    except SystemExit as ended:
        return int(ended.code or 0)
    except MonaziteError as error:
        return _refuse(error, error.exit_status)
    except OSError as error:
        return _refuse(error, 1)
    return 0


def _refuse(error: Exception, status: int) -> int:
    sys.stderr.write(f"{error}\n")
    return status

"""What do commands have in common? The app, options that several take, and how they are read."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monazite.cli.usage import Refused, language_asked, number
from monazite.errors import fault
from monazite.messages import language, say, speaking

if TYPE_CHECKING:
    from monazite.data import Case
    from monazite.study.scenario import Scenario as Asked

_HELP = language_asked()  # written before options are read: only the environment can choose it


def _speak(context: typer.Context, value: str) -> str:
    """Make the language of --lang current until the command ends."""
    try:
        context.with_resource(speaking(value))
    except ValueError as error:
        raise Refused(str(fault("usage_language", "--lang", value=value))) from error
    return language(value)


def helped(key: str) -> str:
    """The help of a command or option, in the language of the environment."""
    return say(f"cli.help.{key}", _HELP)


def _to_folder(out: Path | None) -> Path | None:
    """Refuse a place into which no folder can be written, before anything is solved."""
    if out is not None:
        stands = next(one for one in (out, *out.parents) if one.exists())
        if not stands.is_dir():
            raise Refused(say("cli.fault.not_a_folder", path=stands))
        if not os.access(stands, os.W_OK):
            raise Refused(str(fault("file_denied", str(stands))))
    return out


def to_file(out: Path | None) -> Path | None:
    """Refuse a place at which no file can be written, before anything is solved."""
    if out is not None and out.is_dir():
        raise Refused(say("cli.fault.a_folder", path=out))
    if out is not None:
        _to_folder(out.parent)
    return out


def into_folder(help: str) -> Any:
    """The option --out of a command that writes a folder."""
    return typer.Option(
        "--out", help=helped(help), metavar="DIR", show_default=False, callback=_to_folder
    )


def into_file(help: str, metavar: str) -> Any:
    """The option --out of a command that writes a file."""
    return typer.Option(
        "--out", help=helped(help), metavar=metavar, show_default=False, callback=to_file
    )


Scenario = Annotated[str, typer.Argument(help=helped("scenario"), metavar="SCENARIO")]
CaseName = Annotated[
    str | None, typer.Option("--case", help=helped("case"), metavar="NAME|DIR", show_default=False)
]
Overlay = Annotated[
    Path | None,
    typer.Option("--overlay", help=helped("overlay"), metavar="DIR", show_default=False),
]
Out = Annotated[Path | None, into_folder("out")]
OutFile = Annotated[Path | None, into_file("out_file", "FILE.csv")]
Lang = Annotated[
    str,
    typer.Option(
        "--lang",
        help=helped("lang"),
        envvar="MONAZITE_LANG",
        metavar="en|zh",
        callback=_speak,
        is_eager=True,
    ),
]

Claims = Annotated[
    Path | None,
    typer.Option("--claims", help=helped("claims_dir"), metavar="DIR", show_default=False),
]

YearsOption = Annotated[
    str | None,
    typer.Option("--years", help=helped("years"), metavar="A:B[:STEP]|A,B,...", show_default=False),
]
Foresight = Annotated[
    str | None,
    typer.Option(
        "--foresight", help=helped("foresight"), metavar="perfect|myopic|static", show_default=False
    ),
]
Demand = Annotated[
    str | None,
    typer.Option(
        "--demand", help=helped("demand"), metavar="slow|central|fast", show_default=False
    ),
]
Scrap = Annotated[
    str | None,
    typer.Option("--scrap", help=helped("scrap"), metavar="path|outcome", show_default=False),
]

Workers = Annotated[
    int, typer.Option("--workers", help=helped("workers"), **number("--workers", int, 1))
]

PROJECT_YEARS = "2024,2026,2028,2030,2032,2035,2040"  # fine where projects come on line

ProjectYears = Annotated[
    str | None,
    typer.Option(
        "--years", help=helped("years"), metavar="A:B[:STEP]|A,B,...", show_default=PROJECT_YEARS
    ),
]


def over(
    name: str,
    years: str | None,
    foresight: str | None,
    demand: str | None,
    scrap: str | None,
    otherwise: str | None,
) -> Any:
    """The outcome or scenario as named, over the years asked for, else its own, else `otherwise`.

    An outcome that was written is as it was solved; a scenario without years needs them for a
    foresight, a demand path or old scrap.
    """
    from monazite.study.ask import find_scenario, is_outcome, over_years

    given = {"foresight": foresight, "demand": demand, "scrap": scrap}
    more = {key: value for key, value in given.items() if value is not None}
    if is_outcome(name):
        if years or more:
            raise typer.BadParameter(say("cli.fault.solved_already"))
        return name
    if years is None and find_scenario(name).years:
        return over_years(name, **more) if more else name
    if years is None and otherwise is None:
        if more:
            raise typer.BadParameter(say("cli.fault.no_years"))
        return name
    return over_years(name, str(otherwise) if years is None else years, **more)


def ready(
    name: str,
    years: str | None = None,
    foresight: str | None = None,
    demand: str | None = None,
    scrap: str | None = None,
    otherwise: str | None = None,
    *,
    case: str | None,
    overlay: Path | None,
    check: Callable[[Case, Asked], object] | None = None,
    whole: bool = False,
) -> Any:
    """The scenario or outcome of `over`, once all that can be told before solving is right.

    `check` refuses names of options that case or scenario do not have; with `whole` the scenario
    itself is looked at too, which solving does else at once.
    """
    from monazite.study.ask import case_of, find_scenario
    from monazite.study.beforehand import Together, wrong_with

    told, asked = Together(), name
    with told.also():
        asked = over(name, years, foresight, demand, scrap, otherwise)
    found = find_scenario(name if told.faults else asked)
    base = case_of(found, case=case, overlay=overlay)
    if check is not None:
        with told.also():
            check(base, found)
    if told.faults or whole:
        told.faults += wrong_with(found, base)
    told.tell()
    return asked


def claims_for(
    folder: Path | None, out: Path | None, asked: Any, case: str | None, overlay: Path | None
) -> Any:
    """The answers to claims for the report of a scenario: those of the folder, which must fit.

    Without a folder those that stand where the report goes, if they fit; else that is said.
    """
    from monazite.errors import InputError
    from monazite.study.ask import case_of, find_scenario
    from monazite.study.claims import kept
    from monazite.study.claims.folder import is_kept
    from monazite.terminal import console

    if folder is not None and out is None:
        raise typer.BadParameter(say("cli.fault.claims_need_out"))
    where = folder if folder is not None else out
    if where is None or (folder is None and not is_kept(where)):
        return None
    try:
        return kept(where, case_of(find_scenario(asked), case=case, overlay=overlay))
    except InputError as error:
        if folder is not None:
            raise
        console(errors=True).print(say("cli.claims_left_out", fault=error), soft_wrap=True)
        return None


app = typer.Typer(
    help=helped("monazite"),
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def parted(names: list[str] | None) -> list[str]:
    """Names given one by one or parted by commas."""
    return [name.strip() for one in names or () for name in one.split(",") if name.strip()]

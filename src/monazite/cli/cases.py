"""Which commands deal with cases and their tables?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monazite.cli.options import CaseName, Lang, Out, OutFile, Overlay, app, helped
from monazite.errors import InputError
from monazite.messages import say


@app.command(help=helped("cases"))
def cases(lang: Lang = "en") -> None:
    from monazite import terminal
    from monazite.data import builtin, builtin_names

    meanings = {name: terminal.size_of(builtin(name)) for name in builtin_names()}
    terminal.show_names("cli.title.cases", meanings)


@app.command(help=helped("validate"))
def validate(
    path: Annotated[Path, typer.Argument(help=helped("path"), metavar="DIR")],
    overlay: Overlay = None,
    lang: Lang = "en",
) -> None:
    from monazite import terminal
    from monazite.data import Case

    with terminal.working("cli.working.validate"):
        case = Case.from_folder(path, overlay)
    terminal.show_valid(case)


@app.command(help=helped("template"))
def template(
    folder: Annotated[Path, typer.Argument(help=helped("folder"), metavar="DIR")],
    lang: Lang = "en",
) -> None:
    from monazite import terminal
    from monazite.data import template as write_template

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(say("cli.fault.not_empty", folder=folder))
    with terminal.staged(folder) as scratch:
        write_template(scratch)
    terminal.show_written(folder)


@app.command(help=helped("reconcile"))
def reconcile(case: CaseName = None, out: OutFile = None, lang: Lang = "en") -> None:
    from monazite import terminal
    from monazite.study import base_year

    with terminal.working("cli.working.reconcile"):
        found = base_year.reconcile(case or base_year.DEFAULT)
    terminal.show_reconciliation(found.report, out)


@app.command(help=helped("calibrate"))
def calibrate(case: CaseName = None, out: Out = None, lang: Lang = "en") -> None:
    from monazite import terminal
    from monazite.study import base_year

    with terminal.working("cli.working.calibrate"):
        found = base_year.calibrate(case or base_year.DEFAULT)
    terminal.show_calibration(found, out)


@app.command(help=helped("cite"))
def cite(case: CaseName = None, lang: Lang = "en") -> None:
    from monazite import study, terminal
    from monazite.study.ask import case_of

    terminal.show_citation(case_of(study.Scenario(), case=case))

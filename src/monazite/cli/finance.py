"""Which commands ask about public money for projects?"""

from __future__ import annotations

from math import inf
from typing import Annotated, Any

import typer

from monazite.cli.options import (
    PROJECT_YEARS,
    CaseName,
    Demand,
    Foresight,
    Lang,
    Out,
    OutFile,
    Overlay,
    Scenario,
    Scrap,
    YearsOption,
    app,
    helped,
    ready,
)
from monazite.cli.usage import number


@app.command(help=helped("finance"))
def finance(
    scenario: Scenario = "finance_2026",
    case: CaseName = None,
    overlay: Overlay = None,
    years: YearsOption = None,
    foresight: Foresight = None,
    demand: Demand = None,
    scrap: Scrap = None,
    accounts: Annotated[
        bool | None, typer.Option("--accounts/--no-accounts", help=helped("accounts"))
    ] = None,
    out: Out = None,
    lang: Lang = "en",
) -> None:
    from monazite import study, terminal, terminal_finance
    from monazite.study.supports import bare_of

    asked = ready(
        scenario, years, foresight, demand, scrap, PROJECT_YEARS, case=case, overlay=overlay
    )
    with terminal.working("cli.working.run", scenario=scenario):
        outcome = study.run(asked, case=case, overlay=overlay)
        if accounts or (accounts is None and outcome.budgets.height):
            bare = study.run(bare_of(outcome.scenario), case=case, overlay=overlay)
        else:
            bare = None
    terminal_finance.show_finance(outcome, lang, out, bare)


def _share(key: str, most: float = 1.0) -> Any:
    flag = f"--{key}"
    told = helped(f"cash_{key}")
    return typer.Option(flag, help=told, show_default=False, **number(flag, low=0, high=most))


@app.command(help=helped("cashflow"))
def cashflow(
    scenario: Scenario = "finance_2026",
    project: Annotated[
        str | None, typer.Argument(help=helped("cash_project"), metavar="PROJECT")
    ] = None,
    case: CaseName = None,
    overlay: Overlay = None,
    years: YearsOption = None,
    foresight: Foresight = None,
    demand: Demand = None,
    scrap: Scrap = None,
    tax: Annotated[float | None, _share("tax")] = None,
    royalty: Annotated[float | None, _share("royalty")] = None,
    sustaining: Annotated[float | None, _share("sustaining")] = None,
    working: Annotated[float | None, _share("working", inf)] = None,
    dearer: Annotated[float | None, _share("dearer")] = None,
    inflation: Annotated[float | None, _share("inflation")] = None,
    shield: Annotated[
        bool, typer.Option("--shield/--no-shield", help=helped("cash_shield"))
    ] = True,
    out: OutFile = None,
    lang: Lang = "en",
) -> None:
    from monazite import study, terminal, terminal_finance
    from monazite.study.cashflow import check, plants_of

    asked = ready(
        scenario, years, foresight, demand, scrap, PROJECT_YEARS, case=case, overlay=overlay,
        check=lambda base, _: check(base, project) if project else None,
    )  # fmt: skip
    with terminal.working("cli.working.run", scenario=scenario):
        outcome = study.run(asked, case=case, overlay=overlay)
    given = {
        "tax": tax, "royalty": royalty, "sustaining": sustaining, "working": working,
        "dearer": dearer, "inflation": inflation, "shield": None if shield else False,
    }  # fmt: skip
    terms = {name: value for name, value in given.items() if value is not None}
    if project is None:
        terminal_finance.show_after_tax(outcome, terms, lang, out)
    else:
        plants = plants_of(outcome, project)
        terminal_finance.show_cashflow(outcome, project, plants, terms, lang, out)

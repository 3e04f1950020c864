"""Which commands ask about public money for projects?"""

from __future__ import annotations

from typing import Annotated

import typer

from monazite.cli.options import (
    PROJECT_YEARS,
    CaseName,
    Demand,
    Foresight,
    Lang,
    Out,
    Overlay,
    Scenario,
    YearsOption,
    app,
    helped,
    over,
)


@app.command(help=helped("finance"))
def finance(
    scenario: Scenario = "finance_2026",
    case: CaseName = None,
    overlay: Overlay = None,
    years: YearsOption = None,
    foresight: Foresight = None,
    demand: Demand = None,
    accounts: Annotated[bool, typer.Option("--accounts", help=helped("accounts"))] = False,
    out: Out = None,
    lang: Lang = "en",
) -> None:
    from monazite import study, terminal, terminal_finance
    from monazite.study.ask import find_scenario
    from monazite.study.supports import bare_of

    asked = find_scenario(scenario)
    if years is not None or asked.years is None or foresight or demand:
        asked = over(scenario, years or PROJECT_YEARS, foresight, demand)
    with terminal.working("cli.working.run", scenario=scenario):
        outcome = study.run(asked, case=case, overlay=overlay)
        bare = (
            study.run(bare_of(outcome.scenario), case=case, overlay=overlay) if accounts else None
        )
    terminal_finance.show_finance(outcome, lang, out, bare)

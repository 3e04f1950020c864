"""Which commands ask about public money for projects?"""

from __future__ import annotations

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
    out: Out = None,
    lang: Lang = "en",
) -> None:
    from monazite import study, terminal, terminal_finance
    from monazite.study.ask import find_scenario

    asked = find_scenario(scenario)
    if years is not None or asked.years is None or foresight or demand:
        asked = over(scenario, years or PROJECT_YEARS, foresight, demand)
    with terminal.working("cli.working.run", scenario=scenario):
        outcome = study.run(asked, case=case, overlay=overlay)
    terminal_finance.show_finance(outcome, lang, out)

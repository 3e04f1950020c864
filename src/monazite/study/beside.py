"""What stands beside an outcome in its report? Where its base year is from and what it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

    from monazite.model.outcome import Outcome


def beside(outcome: Outcome) -> dict[str, Any]:
    """What `write_report` takes beside an outcome: raw figures, assumptions, hindsight, answers.

    Each is None where the case has nothing of the kind.
    """
    from monazite.study.assumptions import assumptions

    return {
        "reconciliation": raw_figures(outcome),
        "assumptions": assumptions(outcome),
        "hindsight": hindsight(outcome),
        "answers": years_beside(outcome),
    }


def years_beside(outcome: Outcome) -> Any:
    """The answers to questions about the years; None for an outcome that is not over years."""
    from monazite.study.answers import answers

    if getattr(outcome.scenario, "years", None) is None or len(outcome.market.axes.periods) < 2:
        return None
    return answers(outcome)


def before(
    scenario: Any, *, case: Any = None, overlay: Any = None, **options: Any
) -> Outcome | None:
    """The base year of a scenario's case, without its shocks and rules; None if it has no rules."""
    from monazite.study.ask import find_scenario, run

    found = find_scenario(scenario)
    if not found.instruments:
        return None
    kept = {
        name: getattr(found, name) for name in ("case", "overlay", "months", "years", "options")
    }
    today = find_scenario("today").model_copy(update=kept)
    return run(today, case=case, overlay=overlay, **options)


def without_finance(
    outcome: Outcome, *, case: Any = None, overlay: Any = None, **options: Any
) -> Outcome | None:
    """The same scenario without loans, grants and the rest of finance; None if it has none of it
    or is not over years.
    """
    from monazite.policy.finance import AbstractSupport
    from monazite.study.ask import run
    from monazite.study.supports import bare_of

    asked = outcome.scenario
    over_years = getattr(asked, "years", None) is not None
    if not over_years or not any(isinstance(r, AbstractSupport) for r in asked.instruments):
        return None
    return run(bare_of(asked), case=case, overlay=overlay, **options)


def hindsight(outcome: Outcome) -> pl.DataFrame | None:
    """The frozen model asked for 2023 beside the real prices, where the case has that year."""
    from monazite.data.case import builtin_folder, builtin_names
    from monazite.study.backcast import backcast

    case = outcome.case.name
    known = case in builtin_names()
    if not known or not (builtin_folder(case) / "source" / "tonnages_2023.csv").is_file():
        return None
    return backcast(case)


def raw_figures(outcome: Outcome) -> pl.DataFrame | None:
    """The report of `reconcile`: each raw figure of the case, its weight, what became of it.

    None unless the case comes with monazite and has a source folder.
    """
    from monazite.data.case import builtin_folder, builtin_names
    from monazite.study.base_year import reconcile

    case = outcome.case.name
    if case not in builtin_names() or not (builtin_folder(case) / "source").is_dir():
        return None
    return reconcile(case).report

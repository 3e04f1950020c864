"""How is one scenario solved after another that differs little? Each begins near an answer known.

Scenarios over years as in study/ask.py, but for one thing: smallest scales of projects are not
enforced (`study.years`), which would take two more solutions for each project below its own. So a
plant may be built in part, supply moves smoothly with a rule, and differences between scenarios are
those of the rules.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import inf
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from monazite.data import Case
    from monazite.model.market import Market
    from monazite.model.outcome import Outcome
    from monazite.study.scenario import Scenario


def solved(
    asked: Scenario,
    *,
    case: Any = None,
    near: Outcome | None = None,
    tables: Callable[[Case], Case] = lambda case: case,
    change: Callable[[Market], Market] = lambda market: market,
) -> Outcome:
    """The proved outcome of a scenario over years, of which everybody sees all.

    `case` takes the place of the scenario's; `near` is the outcome of one that differs little;
    `tables` changes the case by year before rules, and `change` the market before it is solved.
    Raises what `monazite.run` raises.
    """
    from monazite.model.outcome import Outcome, outcome_of
    from monazite.study.ask import market_under

    market = change(market_under(tables(_by_year(asked, case)), asked.begun(), inf))
    if near is not None:
        market = market.expecting(near)
    outcome = outcome_of(market, tolerance=asked.tolerance)
    return Outcome(outcome.cleared, {}, asked)


def _by_year(asked: Scenario, case: Any) -> Case:
    """The case by year; the same for all scenarios that differ in rules only."""
    bare = asked.model_copy(update={"instruments": ()})
    return _kept(bare.model_dump_json(exclude={"name", "title", "description"}), case)


@lru_cache(maxsize=3)
def _kept(text: str, case: Any) -> Case:
    from monazite.study.ask import given_case
    from monazite.study.scenario import Scenario

    return given_case(Scenario.model_validate_json(text), case=case, overlay=None)

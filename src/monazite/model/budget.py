"""Which builds get public money, and how much is there? Budgets of supports.

A build b [kt/yr] may be supported under a rule that draws on a budget, all of it or a part:

    supported[rule, b] <= b
    sum over rules and builds of money * supported <= envelope          [MUSD, undiscounted]

with money [USD per kg/yr] what the rule counts against the budget. The rule's charge is on what is
supported, not on the build. The dual of the budget is the value of a public dollar to those who
compete for it; whoever gets the money keeps that rent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from monazite.model.axes import Axes, Floats, Ints, numbers, table, texts

if TYPE_CHECKING:
    from monazite.kernel import Block, Program
    from monazite.model.build import BuildBlocks, Builds

WHOLE = ""  # the period of a budget over all periods


@dataclass(frozen=True)
class Budgets:
    """Rows: `name`, `period` (-1 over all) and `envelope` [MUSD]; elements: what may be supported.

    Of each element: the `rule`, the `build`, its `row` of budgets, and `money` [USD per kg/yr].
    """

    name: np.ndarray
    period: Ints
    envelope: Floats
    rule: np.ndarray
    build: Ints
    row: Ints
    money: Floats

    @property
    def size(self) -> int:
        """Number of builds that may be supported under a rule with a budget."""
        return len(self.build)

    def of(self, rule: str) -> Ints:
        """Positions of the elements of a rule."""
        return np.flatnonzero(self.rule == rule)


@dataclass(frozen=True)
class BudgetBlocks:
    """Columns `supported`, rows `within` (no more than is built) and `budget`."""

    supported: Block
    within: Block
    budget: Block


def read_budgets(case: Any, axes: Axes, builds: Builds) -> Budgets:
    """The budgets of a case; a term of a budget that is not there is left out."""
    frame = table(case, "budgets")
    names = texts(frame, "budget")
    envelope, yearly = numbers(frame, "envelope", np.inf), numbers(frame, "yearly", np.inf)
    rows: list[tuple[str, int, float]] = []
    for name, whole, year in zip(names.tolist(), envelope, yearly, strict=True):
        rows.append((name, -1, float(whole)))
        periods = range(len(axes.periods)) if np.isfinite(year) else ()
        rows += [(name, t, float(year * axes.years[t])) for t in periods]
    found = _terms(case, axes, builds, set(names.tolist()))
    place = {(name, t): k for k, (name, t, _) in enumerate(rows)}
    return Budgets(
        name=np.array([name for name, _, _ in rows], dtype=object),
        period=np.array([t for _, t, _ in rows], dtype=np.int64),
        envelope=np.array([most for _, _, most in rows], dtype=float),
        rule=np.array([rule for rule, *_ in found], dtype=object),
        build=np.array([build for _, build, *_ in found], dtype=np.int64),
        row=np.array([place[budget, -1] for *_, budget in found], dtype=np.int64),
        money=np.array([money for *_, money, _ in found], dtype=float),
    )


def _terms(
    case: Any, axes: Axes, builds: Builds, known: set[str]
) -> list[tuple[str, int, float, str]]:
    """Rule, build, money and budget of what may be supported: builds decided while a rule holds."""
    frame = table(case, "budget_terms")
    decided = builds.decided
    capital = builds.capital_cost(axes)
    first, last = numbers(frame, "first", -np.inf), numbers(frame, "last", np.inf)
    each = numbers(frame, "money", 0.0)
    names = ("budget", "rule", "facility")
    told = zip(*(texts(frame, name).tolist() for name in names), strict=True)
    found = []
    for k, (budget, rule, facility) in enumerate(told):
        mine = (builds.facility == facility) & (decided >= first[k]) & (decided < last[k])
        builds_of = np.flatnonzero(mine) if budget in known else np.zeros(0, dtype=np.int64)
        found += [(rule, b, float(each[k] * capital[b]), budget) for b in builds_of.tolist()]
    return found


def add_budgets(
    program: Program, axes: Axes, budgets: Budgets, builds: Builds, blocks: BuildBlocks | None
) -> BudgetBlocks | None:
    """Columns `supported` [kt/yr], rows `within` [kt/yr] and `budget` [MUSD]."""
    if blocks is None or budgets.size == 0:
        return None
    periods = np.array([*axes.periods, WHOLE], dtype=object)
    labels = {
        "rule": budgets.rule,
        "facility": builds.facility[budgets.build],
        "period": builds.named(axes)[budgets.build],
    }
    supported = program.add_columns("supported", labels, "kt/yr")
    within = program.add_rows("within", labels, "kt/yr", upper=0.0)
    program.add_terms(within, supported, 1.0, "1")
    program.add_terms(
        within, blocks.build, -1.0, "1", row=np.arange(budgets.size), column=budgets.build
    )
    budget = program.add_rows(
        "budget",
        {"budget": budgets.name, "period": periods[budgets.period]},
        "MUSD",
        upper=budgets.envelope,
    )
    for row, column in _shares(budgets, builds):
        unit = "USD/(kg/yr)"
        program.add_terms(budget, supported, budgets.money[column], unit, row=row, column=column)
    return BudgetBlocks(supported, within, budget)


def _shares(budgets: Budgets, builds: Builds) -> list[tuple[Ints, Ints]]:
    """(row, element) of the budget over all periods, and of that of the build's own period."""
    every = np.arange(budgets.size)
    yearly = {
        (str(name), int(t)): k
        for k, (name, t) in enumerate(zip(budgets.name, budgets.period, strict=True))
        if t >= 0
    }
    pairs = [
        (yearly.get((str(budgets.name[budgets.row[e]]), int(builds.period[budgets.build[e]]))), e)
        for e in every.tolist()
    ]
    own = np.array([(row, e) for row, e in pairs if row is not None], dtype=np.int64).reshape(-1, 2)
    return [(budgets.row, every), (own[:, 0], own[:, 1])]

"""What happens when public money for projects is short? A budget that supports share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from monazite.policy.base import MOVED, AbstractInstrument, wrong
from monazite.policy.bounds import with_rows

if TYPE_CHECKING:
    from monazite.model.outcome import Outcome
    from monazite.policy.base import Tables


class Budget(AbstractInstrument):
    """An envelope from which loans, grants, stakes, guarantees and letters are paid.

    Equation: rules that name it as their `budget` may support any part of a build, as long as the
    sum over rules and builds of money * kt/yr supported <= envelope, in MUSD when plants come on
    line, undiscounted; with `yearly` the same within each period, times its years. `counts` says
    what is money: outlay, what is paid out (the principal of a loan or stake, a grant, nothing for
    a guarantee, times the probability of a letter); or cost, the grant equivalent and expected loss
    of it, as credit programmes are budgeted for, never below nothing. A project is built without
    support where money is short.

    Who pays whom: a budget moves no money; its rules pay. Its dual is the value of one more public
    dollar to those who compete for it, in present value; whoever gets the money keeps that rent.
    What a dollar does for everybody together is told by the books: the change of gains, which is
    less, since a support only moves money and is spent on projects that may have come without it.

    Worked by hand: users pay 10 - q, a mine of 4 costs 2 a kg, a project at 2 a kg costs 20 of
    capital per kg/yr, for ten years at 10 %: annuity 3.2549, p = 5.2549, 0.7451 are built. A grant
    of a quarter, 5 per kg/yr, would have 1.5588 built and cost 7.7942. With an envelope of 2.5 only
    0.5 are supported, fewer than come anyhow: price and building stay, and one more dollar is worth
    its annuity of 0.16275 in each year to who gets it. With 5, 1 is supported and all that is
    built: p = 5, and one more dollar is worth (5 - 2 - 15 * 0.16275 = 0.5588) / 5 = 0.1118 a year.

    Example:

        kind: budget
        name: strategic_capital
        envelope: 1000
        counts: outlay
        status: proposed
        note: loans and grants with budget strategic_capital draw on it

    Source: Lerner 1944, The Economics of Control, for the value of a public dollar; US Federal
    Credit Reform Act of 1990 for budgets of cost.
    """

    kind: Literal["budget"] = "budget"
    # after the supports, whose terms it counts
    order = 1
    envelope: float | None = Field(default=None, ge=0.0, description="MUSD over all years")
    yearly: float | None = Field(default=None, ge=0.0, description="MUSD/yr, period by period")
    counts: Literal["outlay", "cost"] = "outlay"

    @model_validator(mode="after")
    def _has_an_end(self) -> Budget:
        if self.envelope is None and self.yearly is None:
            raise wrong("budget_end")
        return self

    def rewrite(self, tables: Tables) -> Tables:
        """A row of budgets, and what its terms count."""
        import polars as pl

        row = {"budget": self.name, "envelope": self.envelope, "yearly": self.yearly}
        schema = {"budget": pl.String, "envelope": pl.Float64, "yearly": pl.Float64}
        tables = with_rows(tables, "budgets", pl.DataFrame([row], schema=schema))
        terms = tables.get("budget_terms")
        if terms is None:
            return tables
        counted = pl.when(pl.col("budget") == self.name).then(pl.col(self.counts))
        changed = terms.with_columns(money=counted.otherwise(pl.col("money")))
        return {**tables, "budget_terms": changed}

    def bound(self, outcome: Outcome) -> bool:
        """Whether more of it would have been worth something."""
        rows = outcome.budgets.filter(budget=self.name)
        return bool(rows.height) and float(rows["value"].max() or 0.0) > MOVED  # type: ignore[arg-type]

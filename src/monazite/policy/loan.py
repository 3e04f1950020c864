"""What happens when a public bank lends to projects below their own cost of capital?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field, model_validator

from monazite.policy.base import wrong
from monazite.policy.finance import AbstractSupport, Worth, expected_loss, present, schedule

if TYPE_CHECKING:
    from monazite.model.axes import Floats


class Loan(AbstractSupport):
    """A loan for a share of a project's capital, at a rate below what its own money costs.

    Equation: a project of capital K, cost of capital w and life n pays an annuity of K * CRF(w, n)
    a year, CRF(r, n) = r / (1 - (1 + r)^-n). A loan of L = share * K, of which service s[k] is due
    in year k, lowers it by D = CRF(w, n) * (L - sum of s[k] / (1 + W)^k), with W the project's cost
    of capital in nominal terms, or `market_rate` where that is what such a loan would cost it
    elsewhere. At D it is built until the price pays costs and K * CRF(w, n) - D. In years of grace
    interest is paid, or added to the loan where `capitalised`; then comes a level annuity to the
    end of the tenor. It is drawn when the plant comes on line, from where all years count.

    Who pays whom: the treasury of `payer` pays the owners D a year as long as they pay their
    annuity, in three lines: the grant equivalent (under the rule's name), L less the value of its
    service at `funding_rate`; the expected loss, `default_rate` a year of what is owed, of which
    `loss_given_default` is lost; and unpaid risk, the rest of D: risk and time that the project's
    own financiers would have been paid for and the public is not. So a loan makes no value out of
    nothing: what the project gains the public pays, and what it builds too much is lost.

    Worked by hand: users pay 10 - q, a mine of 4 costs 2 a kg, a project at 2 a kg costs 20 of
    capital per kg/yr, for ten years at 10 %. Its annuity is 20 * 0.16275 = 3.2549, so p = 5.2549
    and 0.7451 are built. A loan of half the capital without interest over ten years: service 1 a
    year instead of 10 * 0.16275 = 1.6275, so D = 0.6275, p = 4.6275 and 1.3725 are built. At a
    funding rate of 5 % the lender gives up 10 - 7.7217 = 2.2783 per kg/yr, 0.2950 a year; it pays
    0.6275 * 1.3725 = 0.8612 a year in all, users gain 0.6275 * 5.0588 = 3.1743, the mine loses
    0.6275 * 4 = 2.5098, and the triangle 1/2 * 0.6275 * 0.6275 = 0.1969 is lost.

    A market rate of the loan's own rate makes it worth nothing. Without one the loan is compared
    with the project's whole cost of capital, as if it could borrow nowhere: the most it can be
    worth. Default rates and losses are assumptions to be changed: 3 % a year (range 1 to 6 %) and
    40 % (range 20 to 60 %; Basel framework, CRE32, senior unsecured claims on corporates: 40 %).

    Example:

        kind: loan
        name: eneabba_loan
        projects: [aus_iluka_refinery, aus_iluka_heavy]
        payer: AUS
        amount: 825
        rate: 0.065
        tenor: 16
        grace: 3
        start: 2022-04-04
        source: Export Finance Australia, 1.25 billion AUD (2022) at 0.66 USD; terms assumed

    Source: Brealey, Myers and Allen, Principles of Corporate Finance, chapter 19, for the value of
    subsidised loans; US Federal Credit Reform Act of 1990 for the lender's cost.
    """

    kind: Literal["loan"] = "loan"
    rate: float = Field(ge=0.0, le=1.0, description="a year, nominal")
    tenor: int = Field(ge=1, le=60, description="years to the last instalment, grace included")
    grace: int = Field(default=0, ge=0, le=59, description="years before the first instalment")
    capitalised: bool = False
    market_rate: float | None = Field(default=None, ge=0.0, le=1.0, description="a year, nominal")
    default_rate: float = Field(default=0.03, ge=0.0, le=1.0, description="a year")
    loss_given_default: float = Field(default=0.4, ge=0.0, le=1.0, description="share lost")

    @model_validator(mode="after")
    def _is_paid_back(self) -> Loan:
        if self.grace >= self.tenor:
            raise wrong("grace_tenor")
        return self

    def worth(self, wacc: Floats, life: Floats) -> Worth:
        """Per dollar lent."""
        service, balance = self.schedule
        own = (1.0 + wacc) * (1.0 + self.inflation) - 1.0
        discount = own if self.market_rate is None else np.full(len(wacc), self.market_rate)
        given = 1.0 - float(present(service, self.funding_rate))
        lost = expected_loss(balance, self.default_rate, self.loss_given_default, self.funding_rate)
        every = np.ones(len(wacc))
        return Worth(1.0 - present(service, discount), given * every, lost * every)

    def service(self, life: int) -> Floats:
        """Debt service, in real terms."""
        return self._deflated(self.schedule[0])

    def interest(self, life: int) -> Floats:
        """Interest on what is owed, in real terms."""
        return self._deflated(self.rate * self.schedule[1])

    @property
    def schedule(self) -> tuple[Floats, Floats]:
        """(service, balance) by year per dollar lent, nominal."""
        return schedule(self.rate, self.tenor, self.grace, capitalised=self.capitalised)

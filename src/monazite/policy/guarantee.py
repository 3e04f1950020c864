"""What happens when the public answers for a project's debt?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field, model_validator

from monazite.policy.base import wrong
from monazite.policy.finance import AbstractSupport, Worth, expected_loss, present, schedule

if TYPE_CHECKING:
    from monazite.model.axes import Floats


class Guarantee(AbstractSupport):
    """A promise to lenders that makes their money cheaper, for a fee.

    Equation: of a share of a project's capital K that it borrows, service falls from that of a loan
    at `market_rate` to that of one at `rate`, of the same tenor and grace, and a `fee` a year is
    paid on what is owed. With V(r) the value of service at rate r at the project's own cost of
    capital and O that of what is owed, D = CRF(w, n) * share * K * (V(market_rate) - V(rate)
    - fee * O), where CRF(w, n) = w / (1 - (1 + w)^-n).

    Who pays whom: no money moves until the project fails, and somebody bears what lenders are no
    longer paid for. The treasury of `payer` pays the owners D a year in three lines: under the
    rule's name the fees it gets, valued at `funding_rate` (so it receives them); the expected loss,
    `default_rate` a year of what is owed, of which `loss_given_default` is lost; and unpaid risk,
    the rest of D.

    Worked by hand: users pay 10 - q, a mine of 4 costs 2 a kg, a project at 2 a kg costs 20 of
    capital per kg/yr, for ten years at 10 %: annuity 3.2549, p = 5.2549, 0.7451 built. Half of it
    is borrowed for ten years (no inflation) at 10 %, 1.6275 a year; with a guarantee at 5 %, 1.2950
    a year. Without a fee D = 0.3324, p = 4.9225 and 1.0775 are built. At the market's own rate and
    without a fee it is worth nothing.

    Example:

        kind: guarantee
        name: nolans_untied
        projects: [aus_nolans_mine, aus_nolans]
        payer: DEU
        amount: 115
        market_rate: 0.09
        rate: 0.065
        fee: 0.01
        tenor: 12
        grace: 3
        source: German untied loan guarantee of 115 million USD (2024); rates, fee and tenor assumed

    Source: Merton 1977, Journal of Banking and Finance 1(1), for what a guarantee costs who gives
    it; US Federal Credit Reform Act of 1990 for fees and expected loss.
    """

    kind: Literal["guarantee"] = "guarantee"
    market_rate: float = Field(ge=0.0, le=1.0, description="a year, nominal")
    rate: float = Field(ge=0.0, le=1.0, description="a year, nominal")
    fee: float = Field(default=0.0, ge=0.0, le=0.2, description="a year")
    tenor: int = Field(ge=1, le=60, description="years to the last instalment, grace included")
    grace: int = Field(default=0, ge=0, le=59, description="years before the first instalment")
    capitalised: bool = False
    default_rate: float = Field(default=0.03, ge=0.0, le=1.0, description="a year")
    loss_given_default: float = Field(default=0.4, ge=0.0, le=1.0, description="share lost")

    @model_validator(mode="after")
    def _is_paid_back(self) -> Guarantee:
        if self.grace >= self.tenor:
            raise wrong("grace_tenor")
        if self.rate > self.market_rate:
            raise wrong("guarantee_rates")
        return self

    @property
    def drawn(self) -> float:
        """Nothing is paid out while all goes well."""
        return 0.0

    def service(self, life: int) -> Floats:
        """Fees less what debt costs less than without the guarantee, in real terms."""
        return self._deflated(-self._saved())

    def interest(self, life: int) -> Floats:
        """Interest and fees with it less interest without it, in real terms: there is less to
        deduct.
        """
        before, now = self._alone[1], self._covered[1]
        return self._deflated((self.rate + self.fee) * now - self.market_rate * before)

    def _saved(self) -> Floats:
        """Service at the market's rate less service and fees with the guarantee, nominal."""
        service, balance = self._covered
        return self._alone[0] - service - self.fee * balance

    @property
    def _alone(self) -> tuple[Floats, Floats]:
        return schedule(self.market_rate, self.tenor, self.grace, capitalised=self.capitalised)

    @property
    def _covered(self) -> tuple[Floats, Floats]:
        return schedule(self.rate, self.tenor, self.grace, capitalised=self.capitalised)

    def worth(self, wacc: Floats, life: Floats) -> Worth:
        """Per dollar of debt that it covers."""
        balance = self._covered[1]
        own = (1.0 + wacc) * (1.0 + self.inflation) - 1.0
        value = present(self._saved(), own)
        given = -float(present(self.fee * balance, self.funding_rate))
        lost = expected_loss(balance, self.default_rate, self.loss_given_default, self.funding_rate)
        every = np.ones(len(wacc))
        return Worth(value, given * every, lost * every)

"""What happens when the public holds part of a project and asks less for it than others?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from monazite.policy.finance import AbstractSupport, Worth, crf, expected_loss, present, real

if TYPE_CHECKING:
    from monazite.model.axes import Floats


class Equity(AbstractSupport):
    """A public stake for a share of a project's capital, content with less than its owners ask.

    Equation: the stake S = share * K is paid back with `required_return`, q in real terms, by a
    level payment S * CRF(q, n) a year over the life n, where owners would have asked S * CRF(w, n):
    D = S * (CRF(w, n) - CRF(q, n)), with CRF(r, n) = r / (1 - (1 + r)^-n). A return above the
    project's own cost of capital makes D negative. What a stake earns beyond its required return
    stays with the other owners.

    Who pays whom: the treasury of `payer` pays the owners D a year as long as they pay their
    annuity, in three lines: the grant equivalent (under the rule's name), S less the value of its
    payments at `funding_rate`, negative where it asks more than money costs it; the expected loss,
    `default_rate` a year of what is not yet paid back; and unpaid risk, the rest of D.

    Worked by hand: users pay 10 - q, a mine of 4 costs 2 a kg, a project at 2 a kg costs 20 of
    capital per kg/yr, for ten years at 10 %: annuity 3.2549, p = 5.2549, 0.7451 built. A stake of
    half at a required return of 5 % (no inflation) saves 10 * (0.16275 - 0.12950) = 0.3324: p =
    4.9225 and 1.0775 are built. At a funding rate of 5 % its grant equivalent is nothing, and
    0.3324 less the expected loss is risk that nobody pays the public for.

    Default rates are assumptions to be changed: 3 % a year (range 1 to 6 %), and a stake loses all
    that was not paid back (range 60 to 100 %).

    Example:

        kind: equity
        name: nolans_nrf
        projects: [aus_nolans_mine, aus_nolans]
        payer: AUS
        amount: 132
        required_return: 0.08
        source: National Reconstruction Fund, 200 million AUD at 0.66 USD; return assumed

    Source: Brealey, Myers and Allen, Principles of Corporate Finance, equivalent annual cost.
    """

    kind: Literal["equity"] = "equity"
    required_return: float = Field(ge=0.0, le=1.0, description="a year, nominal")
    default_rate: float = Field(default=0.03, ge=0.0, le=1.0, description="a year")
    loss_given_default: float = Field(default=1.0, ge=0.0, le=1.0, description="share lost")

    def worth(self, wacc: Floats, life: Floats) -> Worth:
        """Per dollar of the stake."""
        asked = real(self.required_return, self.inflation)
        funds = real(self.funding_rate, self.inflation)
        given = 1.0 - crf(asked, life) / crf(funds, life)
        lost = [self._lost(asked, funds, n) for n in life.tolist()]
        return Worth(1.0 - crf(asked, life) / crf(wacc, life), given, np.array(lost, dtype=float))

    def service(self, life: int) -> Floats:
        """The level payment of the required return."""
        return np.full(life, float(crf(real(self.required_return, self.inflation), life)))

    def _lost(self, asked: float, funds: float, life: float) -> float:
        """Expected loss: what is not yet paid back is the value of the payments still to come."""
        years = max(1, round(life))
        paid = np.full(years, float(crf(asked, years)))
        balance = np.array([float(present(paid[k:], asked)) for k in range(years)])
        return expected_loss(balance, self.default_rate, self.loss_given_default, funds)

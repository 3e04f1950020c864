"""What happens when a buyer pays up front for what a plant will make?"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from monazite.policy.base import wrong
from monazite.policy.finance import AbstractSupport, Worth, expected_loss, present, schedule

if TYPE_CHECKING:
    from monazite.model.axes import Floats


class Prepayment(AbstractSupport):
    """A buyer's money for a share of a project's capital, paid back in deliveries.

    Equation: of a project of capital K, cost of capital w and life n a buyer pays L = share * K as
    the plant comes on line. It is credited against what the plant delivers, c[k] in year k: nothing
    in years of grace, then level to the end of the tenor, with interest at `rate` on what is owed.
    Deliveries are credited at the price of the day less a `discount`, so that goods worth s[k] =
    c[k] / (1 - discount) leave in year k. The annuity of the plant falls by D = CRF(w, n) * (L -
    sum of s[k] / (1 + W)^k), with CRF(r, n) = r / (1 - (1 + r)^-n) and W the cost of capital in
    nominal terms. What the buyer takes beyond that it buys like everybody else; a price that is
    fixed in the contract is a rule of its own (floor_offtake, contract_for_difference).

    Who pays whom: users in the country of `payer` pay the owners D a year as long as they pay their
    annuity, in three lines: the grant equivalent (under the rule's name), L less the value of the
    deliveries at `funding_rate`, which is what the buyer asks for money at this risk; the expected
    loss, nothing unless a `default_rate` is given, since a rate at that risk has it inside; and
    unpaid risk, the rest of D. No treasury pays.

    Worked by hand: users pay 10 - q, a mine of 4 costs 2 a kg, a project at 2 a kg costs 20 of
    capital per kg/yr, for ten years at 10 %: annuity 3.2549, p = 5.2549, 0.7451 built. A buyer
    prepays half of it, credited in ten equal parts without interest, of 1 each: D = 10 * 0.16275 -
    1 = 0.6275, p = 4.6275 and 1.3725 are built, as with a free loan. Credited at a discount of a
    fifth, goods worth 1.25 leave a year: D = 0.3775, p = 4.8774 and 1.1226 are built. A buyer that
    itself asks 10 % (no inflation) gives up all of D.

    Credited at a discount of 1 - 1 / 1.6275 = 38.6 % what is delivered is worth what was paid, and
    the money ahead is worth nothing. `funding_rate` is an assumption to be changed: 9 % (range 6 to
    12 %), as unsecured lending to such a company.

    Example:

        kind: prepayment
        name: apple_mp
        projects: [usa_mp_independence_exp, usa_mp_independence_exp_fin]
        payer: USA
        amount: 200
        tenor: 8
        grace: 1
        start: 2025-07-15
        source: Apple and MP Materials, 200 million USD ahead for magnets from 2027; terms assumed

    Source: Brealey, Myers and Allen, Principles of Corporate Finance, chapter 19, for the value of
    subsidised loans; MP Materials, annual report 2020 (form 10-K), for advances of a buyer that
    are credited against deliveries (Shenghe, 2017).
    """

    account: ClassVar[str] = "users"

    kind: Literal["prepayment"] = "prepayment"
    rate: float = Field(default=0.0, ge=0.0, le=1.0, description="a year, nominal")
    discount: float = Field(default=0.0, ge=0.0, le=0.9, description="share of the price")
    tenor: int = Field(ge=1, le=60, description="years to the last delivery, grace included")
    grace: int = Field(default=0, ge=0, le=59, description="years before the first delivery")
    funding_rate: float = Field(default=0.09, ge=0.0, le=1.0, description="a year, nominal")
    default_rate: float = Field(default=0.0, ge=0.0, le=1.0, description="a year")
    loss_given_default: float = Field(default=0.4, ge=0.0, le=1.0, description="share lost")

    @model_validator(mode="after")
    def _is_delivered(self) -> Prepayment:
        if self.grace >= self.tenor:
            raise wrong("grace_tenor")
        return self

    def worth(self, wacc: Floats, life: Floats) -> Worth:
        """Per dollar paid ahead."""
        credited, balance = self._credits
        delivered = credited / (1.0 - self.discount)
        own = (1.0 + wacc) * (1.0 + self.inflation) - 1.0
        given = 1.0 - float(present(delivered, self.funding_rate))
        lost = expected_loss(balance, self.default_rate, self.loss_given_default, self.funding_rate)
        every = np.ones(len(wacc))
        return Worth(1.0 - present(delivered, own), given * every, lost * every)

    def service(self, life: int) -> Floats:
        """What deliveries are worth, in real terms."""
        return self._deflated(self._credits[0] / (1.0 - self.discount))

    def interest(self, life: int) -> Floats:
        """Their worth beyond what they pay back: interest, and sales at a discount."""
        credited, balance = self._credits
        paid_back = credited - self.rate * balance
        return self._deflated(credited / (1.0 - self.discount) - paid_back)

    @property
    def _credits(self) -> tuple[Floats, Floats]:
        """(credited, owed) by year per dollar, nominal; in grace interest is added."""
        return schedule(self.rate, self.tenor, self.grace, capitalised=True)

"""What happens when a treasury tops producers up to a strike? Contracts for difference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field, model_validator

from monazite.policy import contingent
from monazite.policy.base import AbstractInstrument, group, wrong

if TYPE_CHECKING:
    from monazite.model.axes import Floats
    from monazite.model.books import Payment
    from monazite.model.market import Charge, Market
    from monazite.model.outcome import Outcome


class ContractForDifference(AbstractInstrument):
    """A treasury pays producers of a material what a reference price lacks to a strike.

    Equation: per kg made by a facility under contract, with P the price at `reference`,
    pay(P) = max(0, strike - P) - give_back * max(0, P - strike),
    so that its netback is its own price plus pay(P). give_back 0 is a one-way contract, 1 a
    two-way one, in between a share of the upside. Prices and quantities clear at a pay that
    reproduces itself. `tonnes` (kt/yr) and `money` (MUSD/yr) end the payment at a total: what the
    program paid beyond them is given back after clearing and moves no decision, because a payment
    that stops at a total would make marginal cost fall. With `marginal: false` nothing is paid on
    the margin at all: for contracts that are smaller than what the facility makes anyway.

    Who pays whom: the treasury of `payer` pays the owners of the facilities; above the strike they
    pay it. Users pay the market price, which the extra output lowers.

    Worked by hand: a mine in A has marginal cost 1 + x, users in B pay 10 - q, freight is 1.
    Without a contract q = 4, 5 in A, 6 in B; users gain 8 and the mine 8. With a strike of 7 on the
    price in A the mine earns 7, so x = 6; 4 in B, 3 in A; the treasury pays 4 * 6 = 24. Users and
    the mine gain 18 each, 20 more than before for 24: a loss of 1/2 * (6 - 4) * (7 - 3) = 4. With
    money for 10 prices are the same, the mine keeps 4, and money covers 2.5 kt of 6. Two-way at a
    strike of 4: x = 3, 6 in A, 7 in B, and the mine pays (6 - 4) * 3 = 6.

    Example:

        kind: contract_for_difference
        name: mp_price_protection
        material: ndpr_oxide
        facilities: [usa_mp_sep]
        reference: CHN
        strike: 110
        give_back: 0.3
        payer: USA
        start: 2025-10-01
        end: 2035-09-30
        source: Price Protection Agreement, US Department of Defense and MP Materials, 2025

    Source: form 8-K of MP Materials, July 2025 (strike 110 USD/kg NdPr for ten years, 30 % of
    the upside once the second magnet plant runs); for the reference price, which the agreement
    leaves to a benchmark, the price at the place named.
    """

    kind: Literal["contract_for_difference"] = "contract_for_difference"
    material: str
    facilities: tuple[str, ...] = group()
    countries: tuple[str, ...] = group()
    reference: str = Field(description="country whose price of the material is looked at")
    strike: float = Field(ge=0.0, description="USD/kg")
    give_back: float = Field(default=0.0, ge=0.0, le=1.0, description="share above the strike")
    payer: str = Field(description="country whose treasury pays")
    tonnes: float | None = Field(default=None, ge=0.0, description="kt/yr paid for at most")
    money: float | None = Field(default=None, ge=0.0, description="MUSD/yr paid at most")
    marginal: bool = True

    @model_validator(mode="after")
    def _speaks_of_someone(self) -> ContractForDifference:
        if not (self.facilities or self.countries):
            raise wrong("contract_parties")
        return self

    def pay(self, price: Floats) -> Floats:
        """USD per kg to the producer at a reference price."""
        gap = self.strike - np.maximum(price, 0.0)
        return np.maximum(gap, 0.0) - self.give_back * np.maximum(-gap, 0.0)

    def charges(self, market: Market) -> list[Charge]:
        """The payment per kg of activity, while the contract moves decisions."""
        return [self._strike.charge(market, self.force(market))] if self.marginal else []

    def settle(self, outcome: Outcome) -> list[Payment]:
        """What tonnes and money leave of it, less what was paid on the margin."""
        contingent.prove(self, outcome)
        found, rate = self._reckoned(outcome)
        owed = self._paid(found, rate)
        already = rate * found.total if self.marginal else np.zeros_like(owed)
        return [found.transfer(outcome, self.name, owed - already, "treasury", self.payer)]

    def coverage(self, outcome: Outcome) -> list[contingent.Coverage]:
        """kt/yr that were topped up in full, of those made, in every period it paid."""
        found, rate = self._reckoned(outcome)
        paid, labels = self._paid(found, rate), outcome.market.axes.periods
        return [
            contingent.Coverage(
                self.name, labels[t], float(paid[t] / rate[t]), float(found.total[t])
            )
            for t in np.flatnonzero(rate > 0)
        ]

    def contradictions(self, outcome: Outcome) -> list[str]:
        """Where it paid although the price was above the strike, or not what the price lacks."""
        if not self.marginal:
            return []
        return self._strike.contradictions(outcome, self.force(outcome.market))

    @property
    def _strike(self) -> contingent.Strike:
        return contingent.Strike(
            self.name,
            self.material,
            self.reference,
            self.facilities,
            self.countries,
            self.pay,
            "treasury",
            self.payer,
        )

    def _reckoned(self, outcome: Outcome) -> tuple[contingent.Reckoning, Floats]:
        found = self._strike.reckon(outcome, self.force(outcome.market))
        return found, self.pay(np.nan_to_num(found.price, nan=self.strike))

    def _paid(self, found: contingent.Reckoning, rate: Floats) -> Floats:
        """MUSD/yr by period: rate * min(output, tonnes), at most the money there is."""
        return contingent.at_most(rate * contingent.at_most(found.total, self.tonnes), self.money)

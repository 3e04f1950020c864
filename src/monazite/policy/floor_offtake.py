"""What happens when a buyer promises producers a floor? Floors inside offtake contracts."""

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


class FloorOfftake(AbstractInstrument):
    """A buyer pays producers of a material the higher of a floor and the price.

    Equation: with P the price at `reference` and Q the contract tonnes, the lesser of `tonnes`
    (kt/yr) and what the facilities make, the buyer pays max(floor, P) * Q: on top of the price
    max(0, floor - P) * Q. Above the `second_strike` the seller returns
    min(cap, give_back * max(0, P - second_strike) * Q) a year. The premium per kg is what the
    facility counts on when it decides what to make; the end at `tonnes`, the return and its cap
    are settled after clearing and move no decision. With `marginal: false` the premium too is
    settled only: for a contract smaller than what the facility makes anyway.

    Who pays whom: users in the country of `buyer` pay the owners of the facilities; above the
    second strike these pay back. The premium is a cost of the buyer, not of one kg more that he
    uses: use follows the market price.

    Worked by hand: a mine in A has marginal cost 1 + x, users in B pay 10 - q, freight is 1.
    Without a contract q = 4, 5 in A, 6 in B, users gain 8. With a floor of 7 on all the mine makes,
    x = 6; 3 in A, 4 in B; users gain 18 in the market and pay (7 - 3) * 6 = 24 on top: the
    buyer, not a treasury, bears the floor. For 2 kt of the 4 made anyway: users pay (7 - 5) * 2 = 4
    and nothing else moves. With a second strike of 4 and give-back 0.5 at P = 5 the mine returns
    0.5 * (5 - 4) * 4 = 2, or 1.5 under a cap of 1.5.

    Example:

        kind: floor_offtake
        name: lynas_jare
        material: ndpr_oxide
        facilities: [mys_lynas_light]
        buyer: JPN
        reference: CHN
        floor: 110
        tonnes: 5
        second_strike: 150
        give_back: 0.3
        cap: 10
        marginal: false
        start: 2026-03-10
        end: 2038
        source: Lynas Rare Earths, supply agreement with Japan Australia Rare Earths, March 2026

    Source: Lynas Rare Earths, announcement of 10 March 2026: NdPr floor of 110 USD/kg, 30 % above
    150 USD/kg returned up to 10 MUSD a year, 5000 t a year firm, to 2038.
    """

    kind: Literal["floor_offtake"] = "floor_offtake"
    material: str
    facilities: tuple[str, ...] = group()
    countries: tuple[str, ...] = group()
    buyer: str = Field(description="country whose users pay")
    reference: str = Field(description="country whose price of the material is looked at")
    floor: float = Field(ge=0.0, description="USD/kg")
    tonnes: float | None = Field(default=None, ge=0.0, description="kt/yr under contract")
    second_strike: float | None = Field(default=None, ge=0.0, description="USD/kg")
    give_back: float = Field(default=0.0, ge=0.0, le=1.0, description="share above second_strike")
    cap: float | None = Field(default=None, ge=0.0, description="MUSD/yr returned at most")
    marginal: bool = True

    @model_validator(mode="after")
    def _hangs_together(self) -> FloorOfftake:
        if not (self.facilities or self.countries):
            raise wrong("contract_parties")
        if (self.second_strike is None) != (self.give_back == 0.0):
            raise wrong("strike_and_back")
        if self.second_strike is not None and self.second_strike < self.floor:
            raise wrong("strike_below_floor")
        return self

    def premium(self, price: Floats) -> Floats:
        """USD per kg that the buyer adds to a reference price."""
        return np.maximum(self.floor - np.maximum(price, 0.0), 0.0)

    def charges(self, market: Market) -> list[Charge]:
        """The premium per kg of activity, while the contract moves decisions."""
        return [self._strike.charge(market, self.force(market))] if self.marginal else []

    def settle(self, outcome: Outcome) -> list[Payment]:
        """The premium on contract tonnes, less what was paid on the margin, and the return."""
        contingent.prove(self, outcome)
        found, rate = self._reckoned(outcome)
        owed = rate * contingent.at_most(found.total, self.tonnes) - self.returned(found)
        already = rate * found.total if self.marginal else np.zeros_like(owed)
        return [found.transfer(outcome, self.name, owed - already, "users", self.buyer)]

    def returned(self, found: contingent.Reckoning) -> Floats:
        """What the sellers give back [MUSD/yr] by period."""
        if self.second_strike is None:
            return np.zeros_like(found.total)
        above = np.maximum(np.nan_to_num(found.price) - self.second_strike, 0.0)
        tonnes = contingent.at_most(found.total, self.tonnes)
        return contingent.at_most(self.give_back * above * tonnes, self.cap)

    def coverage(self, outcome: Outcome) -> list[contingent.Coverage]:
        """kt/yr under contract, of those made, in every period in which the floor was paid."""
        found, rate = self._reckoned(outcome)
        under, labels = contingent.at_most(found.total, self.tonnes), outcome.market.axes.periods
        return [
            contingent.Coverage(self.name, labels[t], float(under[t]), float(found.total[t]))
            for t in np.flatnonzero(rate > 0)
        ]

    def contradictions(self, outcome: Outcome) -> list[str]:
        """Where the floor was paid although the price was above it, or not what the price lacks."""
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
            self.premium,
            "users",
            self.buyer,
        )

    def _reckoned(self, outcome: Outcome) -> tuple[contingent.Reckoning, Floats]:
        found = self._strike.reckon(outcome, self.force(outcome.market))
        return found, self.premium(np.nan_to_num(found.price, nan=self.floor))

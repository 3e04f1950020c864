"""What happens when an outsider answers with lower prices? A rival's subsidy on its materials."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field, model_validator

from monazite.policy import select
from monazite.policy.base import AbstractInstrument, group, wrong

if TYPE_CHECKING:
    from monazite.model.axes import Floats, Ints
    from monazite.model.market import Charge, Market


class PriceCut(AbstractInstrument):
    """A rival's treasury pays for lower prices of named materials: on output, or on exports only.

    Equation: the cut s is specific, or rate * max(P, 0) with P the price in the rival's country.
    On output, a plant of the rival runs until its price + s covers its cost: everyone pays less, at
    home too. On exports, P[destination] (1 - loss) = P[rival] + freight + charges - s on arcs that
    leave the rivals; what a rival that exports a material buys of it abroad pays s back (without
    that wall, goods would be sent out and home again for the subsidy). Then buyers abroad pay
    less and buyers at home more.

    Who pays whom: the rival's treasury pays its plants' owners (output) or the traders (exports);
    through prices users gain and every other producer loses.

    Worked by hand: a mine in A with marginal cost 1 + x; users in A and in B, p = 10 - q each;
    freight 1. Without a cut: 20/3 in A, 23/3 in B, x = 17/3. A cut of 2 on output: 6 in A, 7 in B,
    x = 7, A's treasury pays 14. A cut of 2 on exports: 22/3 in A, 19/3 in B, 11/3 exported, A's
    treasury pays 22/3; x = 19/3.

    Output means facilities: supply given as a curve has no owner to be paid and is not cut. A cut
    on output above what it costs to discard a by-product would be made to be thrown away.

    Example:

        kind: price_cut
        name: china_answers_with_lower_prices
        rivals: [CHN]
        materials: [ndpr_oxide, dy_oxide, tb_oxide]
        rate: 0.2
        paid_on: exports
        status: proposed

    Source: Krugman, Obstfeld and Melitz, International Economics, chapter on the instruments of
    trade policy, for export subsidies.
    """

    kind: Literal["price_cut"] = "price_cut"
    rivals: tuple[str, ...] = Field(min_length=1)
    materials: tuple[str, ...] = Field(min_length=1)
    destinations: tuple[str, ...] = group()
    specific: float = Field(default=0.0, ge=0.0, description="USD/kg")
    rate: float = Field(default=0.0, ge=0.0, lt=1.0, description="share of the rival's price")
    paid_on: Literal["output", "exports"] = "exports"

    @model_validator(mode="after")
    def _is_one_cut(self) -> PriceCut:
        if self.specific and self.rate:
            raise wrong("cut_forms")
        if self.destinations and self.paid_on == "output":
            raise wrong("cut_destinations")
        return self

    def charges(self, market: Market) -> list[Charge]:
        """The cut as a negative charge, and its repayment by what returns."""
        if self.paid_on == "output":
            return [self._on_output(market)]
        out = select.arcs(
            market,
            materials=self.materials,
            origins=self.rivals,
            destinations=self.destinations,
            not_destinations=self.rivals,
        )
        back = select.arcs(
            market,
            materials=self.materials,
            origins=self.destinations,
            destinations=self.rivals,
            not_origins=self.rivals,
        )
        arcs = market.arcs
        back = back[np.isin(arcs.destination_key[back], arcs.origin_key[out])]
        return [
            self._on_arcs(market, out, -1.0, arcs.origin, arcs.origin_key),
            self._on_arcs(market, back, 1.0, arcs.destination, arcs.destination_key),
        ]

    def _on_arcs(self, market: Market, here: Ints, sign: float, rival: Ints, key: Ints) -> Charge:
        from monazite.model.market import Charge

        paid = sign * self.force(market)[market.arcs.period[here]]
        if not self.rate:
            return Charge(self.name, "flow", here, self.specific * paid, country=rival[here])
        nodes = market.nodes.at[key[here]]

        def cut(prices: Floats) -> Floats:
            return self.rate * paid * np.maximum(prices[nodes], 0.0)

        return Charge(self.name, "flow", here, country=rival[here], nodes=nodes, rule=cut)

    def _on_output(self, market: Market) -> Charge:
        from monazite.model.market import Charge

        ways, plants = market.ways, market.plants
        here = select.activities(market, makes=self.materials, countries=self.rivals)
        plant = ways.plant[here]
        paid = -self.force(market)[plants.period[plant]]
        treasury = plants.country[plant]
        if not self.rate:
            made = np.sum([select.output(market, here, m) for m in self.materials], axis=0)
            amount = self.specific * made * paid
            return Charge(self.name, "activity", here, amount, country=treasury)
        cut = np.isin(ways.term_material, select.codes(market.axes.materials, self.materials))
        cut &= (ways.term_quantity > 0) & np.isin(ways.term_of, here)
        nodes, of, quantity = (
            market.nodes.at[ways.term_key[cut]],
            np.searchsorted(here, ways.term_of[cut]),
            ways.term_quantity[cut],
        )

        def worth(prices: Floats) -> Floats:
            value = quantity * np.maximum(prices[nodes], 0.0)
            return self.rate * paid * np.bincount(of, value, minlength=len(here))

        return Charge(self.name, "activity", here, country=treasury, nodes=nodes, rule=worth)

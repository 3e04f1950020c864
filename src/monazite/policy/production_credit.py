"""What happens when a treasury pays for making? Credits per kilogram or for a share of cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field, model_validator

from monazite.policy import select
from monazite.policy.base import AbstractInstrument, group, wrong

if TYPE_CHECKING:
    from monazite.model.axes import Floats, Ints
    from monazite.model.market import Charge, Market


class ProductionCredit(AbstractInstrument):
    """What a treasury pays producers for what they make: USD/kg or a share of avoidable cost.

    Equation: an activity that makes the materials runs until value of its outputs - inputs
    = avoidable cost + rising cost + rents - credit, with credit = part[t] * specific * kg made per
    kg of activity, or part[t] * share * avoidable cost. part[t] is 1 while the rule holds, 0
    outside its dates, and after a year named in phase_out what that year says until the next one.
    A period of several years gets the mean of its years; one without a date gets 1.

    Who pays whom: the treasury (the plant's own, or `payer`) pays the plant's owners. Users gain
    where the credit lowers the price, other producers lose by it.

    Worked by hand: a mine in A with marginal cost 1 + x, demand p = 10 - q in B, freight 1; without
    a credit q = 4, 5 in A, 6 in B. A credit of 2: 10 - q = 1 + q - 2 + 1 gives q = 5, 4 in A, 5 in
    B; the treasury pays 10, users gain 4.5, the mine gains 4.5, 1 is lost. A share of 50 % of the
    avoidable cost of 1: 10 - q = 1 + q - 0.5 + 1 gives q = 4.25; the treasury pays 2.125.

    Avoidable cost is that of the facility, without feed and without the rise near capacity.

    Example:

        kind: production_credit
        name: us_45x
        countries: [USA]
        materials: [ndpr_oxide, dy_oxide, tb_oxide, sm_oxide, la_oxide, ce_oxide]
        share: 0.10
        start: 2023
        phase_out: {2031: 0.75, 2032: 0.5, 2033: 0.25, 2034: 0.0}
        source: US 45X, 10 % of production cost, scaled down over 2031-33 under the 2025 act

    Source: Krugman, Obstfeld and Melitz, International Economics, for subsidies of production.
    """

    kind: Literal["production_credit"] = "production_credit"
    materials: tuple[str, ...] = Field(min_length=1)
    countries: tuple[str, ...] = group()
    facilities: tuple[str, ...] = group()
    owners: tuple[str, ...] = group()
    specific: float = Field(default=0.0, ge=0.0, description="USD per kg made")
    share: float = Field(default=0.0, ge=0.0, le=1.0, description="share of avoidable cost")
    phase_out: dict[int, float] = Field(
        default_factory=dict, description="part still paid from each year on"
    )
    payer: str = Field(default="", description="country that pays; the plant's where not given")

    @model_validator(mode="after")
    def _has_one_rate(self) -> ProductionCredit:
        if self.specific and self.share:
            raise wrong("credit_forms")
        if any(not 0.0 <= part <= 1.0 for part in self.phase_out.values()):
            raise wrong("phase_out_range")
        return self

    def charges(self, market: Market) -> list[Charge]:
        """The credit as a negative charge on every activity it speaks of."""
        from monazite.model.market import Charge

        here = select.activities(
            market,
            makes=self.materials,
            countries=self.countries,
            facilities=self.facilities,
            owners=self.owners,
        )
        plant = market.ways.plant[here]
        treasury = market.plants.country[plant]
        if self.payer:
            treasury = np.broadcast_to(
                select.codes(market.axes.countries, [self.payer]), here.shape
            )
        part = self.part(market)[market.plants.period[plant]]
        amount = -part * self._full(market, here)
        return [Charge(self.name, "activity", here, amount, country=treasury)]

    def _full(self, market: Market, here: Ints) -> Floats:
        """USD per kg of activity before any phase-out."""
        if self.share:
            return self.share * market.ways.cost[here]
        kilograms = [select.output(market, here, material) for material in self.materials]
        return self.specific * np.sum(kilograms, axis=0)

    def part(self, market: Market) -> Floats:
        """Part of the credit paid by period: dates and phase-out together."""
        begin, years = market.axes.start, market.axes.years
        edges = [-np.inf, *sorted(self.phase_out), np.inf]
        parts = [1.0, *(self.phase_out[year] for year in sorted(self.phase_out))]
        found = np.zeros(len(begin))
        for first, last, paid in zip(edges, edges[1:], parts, strict=False):
            found += paid * self._share_within(begin, years, first, last)
        return np.where(np.isnan(begin), 1.0, found)

    def _share_within(self, begin: Floats, years: Floats, first: float, last: float) -> Floats:
        """Share of each period that lies within the dates and within [first, last)."""
        low = np.maximum(begin, first)
        span = np.clip(np.minimum(begin + years, last) - low, 0.0, None)
        inside = np.where(span > 0, self.force_over(low, np.where(span > 0, span, 1.0)), 0.0)
        return inside * span / years

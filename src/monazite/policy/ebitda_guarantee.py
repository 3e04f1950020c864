"""What happens when a treasury guarantees what a plant earns?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field, model_validator

from monazite.model.axes import Floats, Ints, add_up
from monazite.policy import select
from monazite.policy.base import AbstractInstrument, group, wrong

if TYPE_CHECKING:
    from monazite.model.books import Payment
    from monazite.model.outcome import Outcome


class EbitdaGuarantee(AbstractInstrument):
    """A treasury makes up what plants earn in a year to a guaranteed sum.

    Equation: with E what the facilities earn together in a year before interest, tax and
    write-offs, E = sales - inputs - running cost - rents of limits + what rules pay for output,
    and G the guaranteed sum, the treasury pays max(0, G - E) and gets share_above * max(0, E - G).
    G is `ebitda` in the year of `start` and `growth` a year more after it, in real terms: a sum
    that rises with prices has growth 0. Nothing is paid before one of them stands.

    Who pays whom: the treasury of `payer` pays the owners of the facilities, by what their capital
    costs a year, or evenly where none of it was spent in these years; above G they pay it. It is
    settled after clearing and moves no decision: who earns G either way runs as prices tell him. A
    buyer that also takes all output at cost plus a margin makes plants run that would stand idle;
    that costs more than is told here.

    Worked by hand: users pay 10 - q, a mine of 4 costs 2 a kg, a committed project of 1 costs 2 a
    kg: p = 5, and it earns 3 a year. Guaranteed 4, it gets 1 of the treasury a year; guaranteed 2
    with half of what is above, it pays 0.5. Prices and quantities stay.

    Example:

        kind: ebitda_guarantee
        name: mp_10x_ebitda
        facilities: [usa_mp_10x_metal, usa_mp_10x_alloy, usa_mp_10x, usa_mp_10x_fin]
        ebitda: 140
        payer: USA
        start: 2028
        end: 2037
        source: offtake agreement of the US Department of Defense with MP Materials, July 2025

    Source: MP Materials, form 8-K of July 2025 and form 10-Q of September 2025: at least 140
    million USD of EBITDA a year for ten years, adjusted for inflation, once the plant is ramped up.
    """

    kind: Literal["ebitda_guarantee"] = "ebitda_guarantee"
    facilities: tuple[str, ...] = group()
    ebitda: float = Field(ge=0.0, description="MUSD/yr for all of them together, real")
    growth: float = Field(default=0.0, ge=-0.2, le=0.2, description="a year, real")
    share_above: float = Field(default=0.0, ge=0.0, le=1.0, description="share of what is above")
    payer: str = Field(description="country whose treasury pays")

    @model_validator(mode="after")
    def _speaks_of_some(self) -> EbitdaGuarantee:
        if not self.facilities:
            raise wrong("contract_parties")
        return self

    def settle(self, outcome: Outcome) -> list[Payment]:
        """What the treasury makes up, less what it gets of what is above."""
        from monazite.model.books import Party, Payment
        from monazite.model.owners import read_owners

        market = outcome.market
        mine, paid = self._plants(outcome), self.paid(outcome)
        part = self._parts(outcome, mine)
        owners = read_owners(market.case, market.axes, market.plants)
        element, row = owners.of(mine)
        period = market.plants.period[mine][element]
        amount = part[element] * paid[period] * owners.share[row]
        facility = market.plants.facility[owners.plant[row]]
        payer = select.codes(market.axes.countries, [self.payer])[0]
        producer = Party("producers", owners.country[row], facility, owners.owner[row])
        return [Payment(self.name, period, amount, producer, Party("treasury", payer, facility))]

    def paid(self, outcome: Outcome) -> Floats:
        """MUSD/yr by period that the treasury pays; below nothing what it gets."""
        gap = self.guaranteed(outcome) - self.earned(outcome)
        paid = np.maximum(gap, 0.0) - self.share_above * np.maximum(-gap, 0.0)
        return paid * self.force(outcome.market) * self._stands(outcome)

    def guaranteed(self, outcome: Outcome) -> Floats:
        """MUSD/yr by period."""
        start = outcome.market.axes.start
        begun = start[0] if self.start is None else getattr(self.start, "year", self.start)
        years = np.nan_to_num(np.maximum(start - begun, 0.0))
        return self.ebitda * (1.0 + self.growth) ** years

    def earned(self, outcome: Outcome) -> Floats:
        """MUSD/yr by period that the facilities earn together without it."""
        market, x = outcome.market, outcome.activity
        ways, at = market.ways, market.nodes.at
        mine = np.isin(ways.plant, self._plants(outcome))
        worth = ways.term_quantity * outcome.raw_price[at[ways.term_key]]
        margin = add_up(ways.term_of, worth, len(x)) - ways.cost - outcome.activity_limit_rent
        for charge, amount in zip(market.charges, outcome.cleared.charged, strict=True):
            if charge.family == "activity":
                np.subtract.at(margin, charge.element, amount)
        cash = margin * x - outcome.activity_rise * market.activity.on_rise(outcome.x) / 2
        period = market.plants.period[ways.plant]
        return add_up(period, np.where(mine, cash, 0.0), len(market.axes.periods))

    def _plants(self, outcome: Outcome) -> Ints:
        """Its facilities in every period. InputError for one that the case does not know."""
        known = outcome.case.table("facilities")["facility"].to_list()
        select.codes(known, self.facilities)
        return np.flatnonzero(np.isin(outcome.market.plants.facility, list(self.facilities)))

    def _stands(self, outcome: Outcome) -> Floats:
        mine, period = self._plants(outcome), outcome.market.plants.period
        stands = add_up(period[mine], outcome.capacity[mine], len(outcome.market.axes.periods))
        return (stands > 0).astype(float)

    def _parts(self, outcome: Outcome, mine: Ints) -> Floats:
        """Share of each plant in the payment of its period."""
        market = outcome.market
        period, size = market.plants.period[mine], len(market.axes.periods)
        cost = market.builds.capital(outcome.built, len(market.plants.facility))[mine]
        stands = (outcome.capacity[mine] > 0).astype(float)
        weight = np.where(add_up(period, cost, size)[period] > 0, cost, stands)
        total = add_up(period, weight, size)[period]
        return np.divide(weight, total, out=np.zeros(len(mine)), where=total > 0)

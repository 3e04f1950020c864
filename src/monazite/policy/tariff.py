"""What happens when an importer charges goods from others? Specific and ad valorem duties."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field, model_validator

from monazite.model.trade import export_wedge
from monazite.policy import select
from monazite.policy.base import AbstractInstrument, group, wrong

if TYPE_CHECKING:
    from monazite.model.axes import Floats
    from monazite.model.market import Charge, Market


class Tariff(AbstractInstrument):
    """A duty on what importers buy from origins, on top of the duties of the case.

    Equation: on every arc from an origin to an importer,
    P[importer] (1 - loss) = P[origin] + freight + export charges + specific + rate * V, with the
    customs value V = P[origin] + export charges + freight.

    Who pays whom: the trader pays the importer's treasury.

    Worked by hand: supply p = 1 + q in A, demand p = 10 - q in B, freight 1. Free trade: q = 4,
    5 in A, 6 in B. A duty of 2: 10 - q = 1 + q + 1 + 2 gives q = 3, 4 in A, 7 in B, receipts 6.
    At 25 % of V = 1 + q + 1: 10 - q = 1.25 (2 + q) gives q = 10/3, V = 16/3, receipts 40/9.

    Example:

        kind: tariff
        name: section_301_magnets
        importers: [USA]
        origins: [CHN]
        materials: [magnet_standard, magnet_high_coercivity]
        rate: 0.25
        start: 2026
        source: USTR four-year review, 25 % on permanent magnets from 1 January 2026

    Source: Samuelson 1952, American Economic Review 42(3); WTO Agreement on Customs Valuation,
    Article 8.2 for V.
    """

    price_part: ClassVar[str] = "duty"
    kind: Literal["tariff"] = "tariff"
    importers: tuple[str, ...] = Field(min_length=1)
    origins: tuple[str, ...] = group()
    exempt: tuple[str, ...] = group()
    materials: tuple[str, ...] = group()
    specific: float = Field(default=0.0, ge=0.0, description="USD/kg")
    rate: float = Field(default=0.0, ge=0.0, le=10.0, description="share of the customs value")

    @model_validator(mode="after")
    def _has_a_rate(self) -> Tariff:
        if self.specific and self.rate:
            raise wrong("tariff_forms")
        return self

    def charges(self, market: Market) -> list[Charge]:
        """The duty on every arc it speaks of."""
        from monazite.model.market import Charge

        here = select.arcs(
            market,
            materials=self.materials,
            origins=self.origins,
            destinations=self.importers,
            not_origins=(*self.exempt, *(self.importers if not self.origins else ())),
        )
        share = self.force(market)[market.arcs.period[here]]
        treasury = market.arcs.destination[here]
        if not self.rate:
            return [Charge(self.name, "flow", here, self.specific * share, country=treasury)]
        nodes = market.nodes.at[market.arcs.origin_key[here]]

        def duty(prices: Floats) -> Floats:
            value = customs_value(market, prices)[here]
            return self.rate * share * value

        return [Charge(self.name, "flow", here, country=treasury, nodes=nodes, rule=duty)]


def customs_value(market: Market, prices: Floats) -> Floats:
    """V by arc [USD/kg]: price at the origin, not below zero, plus export charges plus freight."""
    import numpy as np

    arcs = market.arcs
    origin = np.maximum(prices[market.nodes.at[arcs.origin_key]], 0.0)
    return origin + export_wedge(arcs, origin) + arcs.export_tax + arcs.freight

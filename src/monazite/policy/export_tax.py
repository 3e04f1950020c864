"""What happens when an exporter charges what leaves? Export taxes and tax that is not refunded."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from monazite.policy import select
from monazite.policy.base import AbstractInstrument, group, wrong

if TYPE_CHECKING:
    from monazite.model.axes import Floats
    from monazite.model.market import Charge, Market


class ExportTax(AbstractInstrument):
    """A charge on what leaves exporters, on top of the export charges of the case.

    Equation: on every arc out of an exporter that leaves the group of exporters,
    P[destination] (1 - loss) = P[origin] + freight + duties + specific + rate * max(P[origin], 0).
    Value-added tax that is not refunded on export is a rate: vat - refund. P[origin] is the price
    at home without value-added tax, so P[origin] (1 + rate) is the price f.o.b.

    Who pays whom: the trader pays the exporter's treasury. Whoever is less able to turn elsewhere
    bears it: below, the tax of 2 lowers the price at home by 1 and raises the price abroad by 1.

    Worked by hand: supply p = 1 + q in A, demand p = 10 - q in B, freight 1. Free trade: q = 4,
    5 in A, 6 in B. A tax of 2: 10 - q = 1 + q + 1 + 2 gives q = 3, 4 in A, 7 in B, receipts 6.
    At 25 % of the price in A: 10 - q = 1.25 (1 + q) + 1 gives q = 31/9, 40/9 in A, 59/9 in B,
    receipts 10/9 * 31/9 = 310/81. A tax of 8 or more ends trade.

    A tariff of another rule is taken on a customs value with the export charges of the case, not
    with those of this rule.

    Example:

        kind: export_tax
        name: vat_not_refunded_on_magnets
        exporters: [CHN]
        materials: [magnet_standard, magnet_high_coercivity]
        vat: 0.13
        refund: 0.0
        status: proposed
        note: the treatment of oxides and metals (13 % not refunded) laid on magnets, a what-if

    Source: Krugman, Obstfeld and Melitz, International Economics, chapter on the instruments of
    trade policy; the tables of the rare-earth case for China's refunds.
    """

    price_part: ClassVar[str] = "duty"
    kind: Literal["export_tax"] = "export_tax"
    exporters: tuple[str, ...] = Field(min_length=1)
    destinations: tuple[str, ...] = group()
    exempt: tuple[str, ...] = group()
    materials: tuple[str, ...] = group()
    specific: float = Field(default=0.0, ge=0.0, description="USD/kg")
    rate: float = Field(default=0.0, ge=0.0, le=10.0, description="share of the price at home")
    vat: float = Field(default=0.0, ge=0.0, le=1.0, description="value-added tax, a share")
    refund: float = Field(default=0.0, ge=0.0, le=1.0, description="part of it given back")

    @model_validator(mode="after")
    def _has_one_base(self) -> ExportTax:
        if bool(self.specific) + bool(self.rate) + bool(self.vat or self.refund) > 1:
            raise wrong("tax_forms")
        if self.refund > self.vat:
            raise wrong("refund_above")
        return self

    @property
    def share(self) -> float:
        """Ad valorem rate on the price at home."""
        return self.rate + self.vat - self.refund

    def charges(self, market: Market) -> list[Charge]:
        """The tax on every arc it speaks of."""
        from monazite.model.market import Charge

        here = select.arcs(
            market,
            materials=self.materials,
            origins=self.exporters,
            destinations=self.destinations,
            not_destinations=(*self.exempt, *self.exporters),
        )
        force = self.force(market)[market.arcs.period[here]]
        treasury = market.arcs.origin[here]
        if not self.share:
            return [Charge(self.name, "flow", here, self.specific * force, country=treasury)]
        nodes = market.nodes.at[market.arcs.origin_key[here]]

        def tax(prices: Floats) -> Floats:
            return self.share * force * np.maximum(prices[nodes], 0.0)

        return [Charge(self.name, "flow", here, country=treasury, nodes=nodes, rule=tax)]

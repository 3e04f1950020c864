"""What happens when imports are lifted to a floor at the border? Variable levies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from monazite.errors import InputError, fault
from monazite.policy import contingent, select
from monazite.policy.base import MOVED, AbstractInstrument, group, wrong
from monazite.policy.tariff import customs_value

if TYPE_CHECKING:
    from monazite.model.axes import Floats, Ints
    from monazite.model.market import Charge, Market
    from monazite.model.outcome import Outcome

ENTERED_VALUE = "entered_value"


class BorderFloor(AbstractInstrument):
    """Members levy on imports from others what a reference price lacks to a floor.

    Equation: on every arc from a non-member that is not exempt into a member,
    levy = content * max(0, floor - R), with content 1 for the material itself, and for each product
    in `downstream` the kg of the material that one kg of it takes by the recipes of the case, or as
    given in `content`. R is P[reference] + landing, the price of the material at a named place
    plus what it costs to bring it from there to the border; or, with `reference: entered_value`,
    the customs value of each shipment, P[origin] + export charges + freight (for products: the
    price of the material at their origin). Where no price is possible at that place, nothing is
    proved and R is `fallback`; at 0, the default, the levy is then the whole floor. The floor holds
    inside while something is imported; a zone that exports the material keeps its own price.

    Who pays whom: the trader pays the treasury of the member that imports.

    Worked by hand: supply p = 1 + q in A, demand p = 10 - q in B, freight 1: q = 4, 5 in A, 6 in B.
    A floor of 7.5 in B on the price in A with landing 1: the levy is 7.5 - P[A] - 1, so P[B] = 7.5
    and q = 2.5, P[A] = 3.5, levy 3: the tariff of 3 that lifts the price to the floor; receipts
    7.5. Users gain 3.125 after 8, suppliers 3.125 after 8. At a floor of 10 or above nothing is
    imported. With B also making a product of 0.5 kg of the material, the product pays 1.5.

    Example:

        kind: border_floor
        name: ndpr_border_floor
        members: [USA, AUS, JPN, MYS]
        exempt: [EST]
        material: ndpr_oxide
        floor: 110
        reference: entered_value
        downstream: [ndpr_metal, magnet_standard]
        content: {magnet_standard: 0.36}
        status: proposed
        source: US proposal of 4 February 2026 for a preferential trade zone with border floors

    Source: US Proclamation of 6 August 2026 on polysilicon (duty = floor less entered value, the
    whole floor where it is not proved; partners with an equal floor exempt) as the template.
    Variable levy: Gardner 1987, The Economics of Agricultural Policies.
    """

    kind: Literal["border_floor"] = "border_floor"
    members: tuple[str, ...] = Field(min_length=1)
    exempt: tuple[str, ...] = group()
    material: str
    floor: float = Field(ge=0.0, description="USD/kg")
    reference: str = Field(description="country whose price is looked at, or entered_value")
    landing: float = Field(default=0.0, description="USD/kg from the reference to the border")
    fallback: float = Field(default=0.0, ge=0.0, description="USD/kg where there is no price")
    downstream: tuple[str, ...] = group()
    content: dict[str, float] = Field(default_factory=dict, description="kg per kg of product")

    @model_validator(mode="after")
    def _hangs_together(self) -> BorderFloor:
        stray = sorted(set(self.content) - set(self.downstream))
        if stray:
            raise wrong("content_stray", names=", ".join(stray))
        if any(kg <= 0 for kg in self.content.values()):
            raise wrong("content_kg")
        if self.reference == ENTERED_VALUE and self.landing:
            raise wrong("landing_twice")
        return self

    def charges(self, market: Market) -> list[Charge]:
        """The levy on every arc it speaks of."""
        from monazite.model.market import Charge

        arc, content = self._arcs(market)
        if len(arc) == 0:
            return []
        node = self._looked_at(market, arc)
        scale = content * self.force(market)[market.arcs.period[arc]]

        def levy(prices: Floats) -> Floats:
            return scale * np.maximum(self.floor - self._value(market, arc, node, prices), 0.0)

        to, nodes = market.arcs.destination[arc], np.unique(node[node >= 0])
        return [Charge(self.name, "flow", arc, country=to, nodes=nodes, rule=levy)]

    def contradictions(self, outcome: Outcome) -> list[str]:
        """Where it was levied although the reference was at the floor, or not what it lacks."""
        market = outcome.market
        arc, content = self._arcs(market)
        node = self._looked_at(market, arc)
        arc, content, node = arc[node >= 0], content[node >= 0], node[node >= 0]
        lacks = self.floor - self._value(market, arc, node, outcome.raw_price)
        due = content * self.force(market)[market.arcs.period[arc]] * np.maximum(lacks, 0.0)
        amount = contingent.charged(outcome, self.name, "flow", arc)
        return contingent.unlike(self.name, outcome, node, amount, due)

    def settle(self, outcome: Outcome) -> list[Any]:
        """Nothing beyond the levy; but the levy must be the one that prices call for."""
        contingent.prove(self, outcome)
        return []

    def bound(self, outcome: Outcome) -> bool:
        """Whether a levy stood anywhere: one that shuts trade brings nothing and still binds."""
        arc, _ = self._arcs(outcome.market)
        levied = contingent.charged(outcome, self.name, "flow", arc)
        return bool(levied.max(initial=0.0) > MOVED)

    def _arcs(self, market: Market) -> tuple[Ints, Floats]:
        """Arcs of the material and its products into members, and the content of each."""
        found = [
            select.arcs(
                market,
                materials=[material],
                destinations=self.members,
                not_origins=(*self.members, *self.exempt),
            )
            for material in (self.material, *self.downstream)
        ]
        kg = [1.0, *(self._content(market, product) for product in self.downstream)]
        return np.concatenate(found), np.repeat(kg, [len(arcs) for arcs in found])

    def _content(self, market: Market, product: str) -> float:
        if product in self.content:
            return self.content[product]
        kg = content(recipes(market.case), product, self.material)
        if kg <= 0:
            what = fault(
                "instrument_content",
                "scenario",
                value=product,
                product=product,
                material=self.material,
            )
            raise InputError([what])
        return kg

    def _looked_at(self, market: Market, arc: Ints) -> Ints:
        """The node of the reference of every arc, -1 where no price is possible."""
        period = market.arcs.period[arc]
        if self.reference != ENTERED_VALUE:
            return contingent.nodes_at(market, self.material, self.reference)[period]
        material = select.codes(market.axes.materials, [self.material])
        return contingent.proved(market, market.axes.key(material, market.arcs.origin[arc], period))

    def _value(self, market: Market, arc: Ints, node: Ints, prices: Floats) -> Floats:
        """R [USD/kg of the material] by arc."""
        value = np.maximum(prices[node], 0.0) + self.landing
        if self.reference == ENTERED_VALUE:
            own = market.arcs.material[arc] == market.axes.materials.index(self.material)
            value = np.where(own, customs_value(market, prices)[arc], value)
        return np.where(node >= 0, value, self.fallback)


Recipe = tuple[dict[str, float], dict[str, float]]


def recipes(case: Any) -> list[Recipe]:
    """(inputs, outputs) of every way of making something, kg by material."""
    found: dict[tuple[str, str], Recipe] = {}
    names = ("technology", "mode", "material", "direction", "quantity")
    for technology, mode, material, direction, kg in (
        case.table("recipes").select(names).iter_rows()
    ):
        found.setdefault((technology, mode), ({}, {}))[direction == "out"][material] = kg
    return list(found.values())


def content(ways: list[Recipe], product: str, material: str, path: tuple[str, ...] = ()) -> float:
    """kg of a material that one kg of a product takes, by the recipes whose main output it is.

    content(product) = sum over inputs of kg * content(input) / kg of product; the way that takes
    most counts. Joint outputs (swarf) bear nothing: what is lost in making was imported too. A
    product that is never the main output of a recipe, or made without the material, takes 0.
    """
    if product == material:
        return 1.0
    if product in path:
        return 0.0
    here = (*path, product)
    return max(
        (
            sum(kg * content(ways, fed, material, here) for fed, kg in taken.items())
            / made[product]
            for taken, made in ways
            if product in made and made[product] >= max(made.values())
        ),
        default=0.0,
    )

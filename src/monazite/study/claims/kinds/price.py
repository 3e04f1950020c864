"""What does a material cost at a place, or how much more than elsewhere?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from monazite.study.claims.base import AbstractTest, Seen

if TYPE_CHECKING:
    from monazite.study.claims.world import World


class Price(AbstractTest):
    """price at a place; with `others` the mean price that they pay by quantity over it."""

    kind: Literal["price"] = "price"
    UNIT = "USD/kg"
    material: str
    place: str
    others: tuple[str, ...] = ()

    @property
    def unit(self) -> str:
        """USD/kg, or times where prices are compared."""
        return "times" if self.others and self.against is None else super().unit

    def read(self, world: World, seen: Seen) -> float | None:
        """USD/kg, or a ratio; None where nothing can be bought."""
        here = seen.outcome.price(self.material, self.place, seen.period)
        if not self.others:
            return here
        there = seen.outcome.volume_price(self.material, list(self.others), seen.period)
        return there / here if here and there is not None else None

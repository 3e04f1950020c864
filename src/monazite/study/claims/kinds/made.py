"""How much do some plants or places make of materials, and what share of the world's output?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from monazite.study.claims.base import AbstractTest, Seen

if TYPE_CHECKING:
    from monazite.study.claims.world import World


class Made(AbstractTest):
    """share = made by the facilities (or in the places) / made by all, in kg of all materials.

    With `at: capacity` the facilities count with what their whole nameplate capacity could make,
    without completion and ramp, in the mode that makes most.
    """

    kind: Literal["made"] = "made"
    materials: tuple[str, ...] = Field(min_length=1)
    facilities: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    at: Literal["output", "capacity"] = "output"

    def read(self, world: World, seen: Seen) -> float | None:
        """A fraction; None where nobody makes any."""
        from monazite.study.claims.reading import total

        for name in self.facilities:
            world.facility(seen, name)
        every = total(seen, "production", materials=self.materials)
        if every <= 0:
            return None
        if self.at == "capacity":
            return sum(self._could(seen, name) for name in self.facilities) / every
        among = {"facility": self.facilities, "country": self.places}
        return total(seen, "production", materials=self.materials, **among) / every

    def _could(self, seen: Seen, facility: str) -> float:
        """kt/yr of the materials at nameplate capacity."""
        case, ways = seen.outcome.case, seen.outcome.market.ways
        plants, axes = seen.outcome.market.plants, seen.outcome.market.axes
        built = case.table("projects").filter(case.table("projects")["facility"] == facility)
        stands = case.table("facilities").filter(case.table("facilities")["facility"] == facility)
        room = float(stands["capacity"].max() or 0.0) + float(built["size"].sum())
        mine = (plants.facility == facility) & (plants.period == axes.at(seen.period))
        wanted = np.isin(np.array(axes.materials)[ways.term_material], list(self.materials))
        counted = wanted & (ways.term_quantity > 0) & mine[ways.plant[ways.term_of]]
        made = np.bincount(ways.term_of[counted], weights=ways.term_quantity[counted])
        return room * float(made.max(initial=0.0))

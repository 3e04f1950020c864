"""How much of what places take do they make themselves?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from monazite.study.claims.base import AbstractTest, Seen

if TYPE_CHECKING:
    from monazite.study.claims.world import World


class Coverage(AbstractTest):
    """coverage = made / taken in the places, kg of all materials together; trade aside.

    Taken is what users use, less what they save, and plants put in. None where nothing is taken.
    """

    kind: Literal["coverage"] = "coverage"
    materials: tuple[str, ...] = Field(min_length=1)
    places: tuple[str, ...] = Field(min_length=1)

    def read(self, world: World, seen: Seen) -> float | None:
        """A fraction, above 1 for net exporters."""
        from monazite.study.claims.reading import total

        among = {"materials": self.materials, "country": self.places}
        made = sum(total(seen, name, **among) for name in ("production", "supply"))
        taken = sum(
            float(world.origins(seen)[material][1][seen.at(self.places)].sum())
            for material in self.materials
            if material in world.origins(seen)
        )
        return made / taken if taken > 0 else None

"""How much of what places take do they make themselves?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from monazite.study.claims.base import AbstractTest, Seen

if TYPE_CHECKING:
    from monazite.study.claims.world import World


class Coverage(AbstractTest):
    """coverage = made / taken in the places, kg of all materials together; trade aside.

    Taken is what users use and plants put in. None where nothing is taken.
    """

    kind: Literal["coverage"] = "coverage"
    materials: tuple[str, ...] = Field(min_length=1)
    places: tuple[str, ...] = Field(min_length=1)

    def read(self, world: World, seen: Seen) -> float | None:
        """A fraction, above 1 for net exporters."""
        made = sum(self._sum(seen, name) for name in ("production", "supply"))
        taken = sum(self._sum(seen, name) for name in ("use", "inputs"))
        return made / taken if taken > 0 else None

    def _sum(self, seen: Seen, name: str) -> float:
        from monazite.study.claims.reading import total

        return total(seen, name, materials=self.materials, country=self.places)

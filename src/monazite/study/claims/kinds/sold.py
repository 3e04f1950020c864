"""Where does what a country ships go?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from monazite.study.claims.base import AbstractTest, Seen

if TYPE_CHECKING:
    from monazite.study.claims.world import World


class Sold(AbstractTest):
    """share = shipped from the origin straight to the destinations / all that it ships, in kg.

    None where it ships nothing.
    """

    kind: Literal["sold"] = "sold"
    materials: tuple[str, ...] = Field(min_length=1)
    origin: str
    destinations: tuple[str, ...] = Field(min_length=1)

    def read(self, world: World, seen: Seen) -> float | None:
        """A fraction."""
        from monazite.study.claims.reading import total

        given = {"materials": self.materials, "origin": (self.origin,)}
        every = total(seen, "flows", **given)
        there = total(seen, "flows", destination=self.destinations, **given)
        return there / every if every > 0 else None

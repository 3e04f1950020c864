"""What would members be left with if a country closed overnight?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from monazite.study.claims.base import AbstractTest, Seen

if TYPE_CHECKING:
    from monazite.study.claims.world import World


class Served(AbstractTest):
    """share of a material that members would be served without a country, or its price in times.

    As in `monazite independence`: with the capacity that stands in the period.
    """

    kind: Literal["served"] = "served"
    material: str
    members: tuple[str, ...] = Field(min_length=1)
    without: tuple[str, ...] = Field(default=("CHN",), min_length=1, max_length=1)
    what: Literal["share", "times"] = "share"

    @property
    def unit(self) -> str:
        """A share, or times the price of the first period."""
        return "times" if self.what == "times" else super().unit

    def read(self, world: World, seen: Seen) -> float | None:
        """A fraction, or times; None where members use none of it."""
        found = world.closed(seen, self.members, self.without[0])
        row = found.filter(found["material"] == self.material)
        return row[self.what][0] if row.height else None

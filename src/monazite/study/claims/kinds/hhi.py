"""How concentrated is a stage?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from monazite.study.claims.base import AbstractTest, Seen

if TYPE_CHECKING:
    from monazite.study.claims.world import World


class Hhi(AbstractTest):
    """HHI = sum of squared shares of a measure, between 0 and 1, by place or by owners' country."""

    kind: Literal["hhi"] = "hhi"
    measure: str
    by: Literal["place", "owner"] = "place"

    def read(self, world: World, seen: Seen) -> float | None:
        """A number between 0 and 1; None where nothing is made."""
        found = world.measure(seen, self.measure)
        return float(found["hhi" if self.by == "place" else "hhi_owner"]) or None

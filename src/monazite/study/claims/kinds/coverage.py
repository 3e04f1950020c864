"""How much of what places take, or of what is in the goods they use, do they make themselves?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from monazite.study.claims.base import AbstractTest, Seen

if TYPE_CHECKING:
    from monazite.study.claims.world import World


class Coverage(AbstractTest):
    """coverage = made / taken in the places, kg of all materials together; trade aside.

    Taken is what users use, less what they save, and plants put in. With `content` it is what users
    use of the materials and what is in the products made of them that they use, by the recipes of
    the base year: the need of a place that imports its magnets. None where nothing is taken.
    """

    kind: Literal["coverage"] = "coverage"
    materials: tuple[str, ...] = Field(min_length=1)
    places: tuple[str, ...] = Field(min_length=1)
    content: bool = False

    def read(self, world: World, seen: Seen) -> float | None:
        """A fraction, above 1 for net exporters."""
        from monazite.study.claims.reading import total

        among = {"materials": self.materials, "country": self.places}
        made = sum(total(seen, name, **among) for name in ("production", "supply"))
        taken = self._held(world, seen) if self.content else self._taken(world, seen)
        return made / taken if taken > 0 else None

    def _taken(self, world: World, seen: Seen) -> float:
        known = world.origins(seen)
        places = seen.at(self.places)
        return sum(float(known[m][1][places].sum()) for m in self.materials if m in known)

    def _held(self, world: World, seen: Seen) -> float:
        from monazite.study.claims.reading import saved, total

        base = world.outcome("today", over=False)
        content = dict.fromkeys(self.materials, 1.0) | world.contents(base, self.materials)
        found = 0.0
        for product, held in content.items():
            among = {"materials": [product], "country": self.places}
            found += held * (total(seen, "use", **among) - saved(seen, product, self.places))
        return found

    @property
    def needs(self) -> tuple[tuple[str, bool], ...]:
        """With `content` the base year too."""
        own = super().needs
        extra = (("today", False),) if self.content and ("today", False) not in own else ()
        return (*own, *extra)

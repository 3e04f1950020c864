"""How much of a gap that a rule tears does a project close, and at what price?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from monazite.study.claims.base import AbstractTest, Answer
from monazite.study.scenario import Shock

if TYPE_CHECKING:
    from monazite.study.claims.base import Seen
    from monazite.study.claims.world import World

SOME = 1e-6  # kt/yr: a smaller gap is none


class Gap(AbstractTest):
    """share = (use with the project - use without it) / (use without the rule - use without it).

    `scenario` has rule and project, `torn` the rule alone, `free` neither; use is that of a
    material in the places. With `what: times` the price at the first place with the project over
    that without the rule. `stress` are shocks by name that come on top of all three scenarios: at
    central assumptions each gives another end of the answer's range, a range of the data.
    """

    kind: Literal["gap"] = "gap"
    torn: str
    free: str
    material: str
    places: tuple[str, ...] = Field(min_length=1)
    what: Literal["share", "times"] = "share"
    stress: dict[str, tuple[Shock, ...]] = Field(default_factory=dict)

    @property
    def needs(self) -> tuple[tuple[str, bool], ...]:
        """The three scenarios."""
        over = self.year is not None
        return tuple((name, over) for name in (self.scenario, self.torn, self.free))

    @property
    def unit(self) -> str:
        """A share, or times the price without the rule."""
        return "times" if self.what == "times" else super().unit

    def read(self, world: World, seen: Seen) -> Answer | float | None:
        """A fraction, 1 for a gap that is closed; None where there is no gap or no price."""
        value = self._number(world)
        if world.point.name != "central" or not self.stress:
            return value
        ends = [self._number(world, shocks) for _, shocks in sorted(self.stress.items())]
        if value is None or any(end is None for end in ends):
            return Answer(None)
        known = [value, *(end for end in ends if end is not None)]
        return Answer(value, min(known), max(known))

    def _number(self, world: World, shocks: Sequence[Shock] = ()) -> float | None:
        names = (self.scenario, self.torn, self.free)
        done, torn, free = (world.seen(name, self.year, shocks) for name in names)
        if self.what == "times":
            place = self.places[0]
            now, then = (
                one.outcome.price(self.material, place, one.period) for one in (done, free)
            )
            return now / then if now is not None and then else None
        least, most = self._used(torn), self._used(free)
        return (self._used(done) - least) / (most - least) if most - least > SOME else None

    def _used(self, seen: Seen) -> float:
        """kt/yr that users and plants in the places take, less what they save."""
        from monazite.study.claims.reading import saved, total

        among = {"materials": (self.material,), "country": self.places}
        taken = total(seen, "use", **among) + total(seen, "inputs", **among)
        return taken - sum(saved(seen, self.material, (place,)) for place in self.places)

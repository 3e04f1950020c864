"""Who makes how much of a stage? The share of places or owners in a measure of the case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from monazite.study.claims.base import AbstractTest, Answer, Seen

if TYPE_CHECKING:
    import numpy as np

    from monazite.study.claims.world import World


class Share(AbstractTest):
    """share = what the places make / what all make of a measure, by place or by owners' country.

    In the base year its range sets every assumed and estimated output of these places to its low
    and of all others to its high, and the other way round.
    """

    kind: Literal["share"] = "share"
    measure: str
    places: tuple[str, ...] = Field(min_length=1)
    by: Literal["place", "owner"] = "place"

    def read(self, world: World, seen: Seen) -> Answer | float | None:
        """A fraction."""
        shares = world.measure(seen, self.measure)[f"by_{self.by}"]
        value = sum(shares.get(place, 0.0) for place in self.places)
        if self.year is not None or self.by == "owner" or self.scenario != "today":
            return float(value)
        return Answer(float(value), *self._range(seen))

    def _range(self, seen: Seen) -> tuple[float, float]:
        import numpy as np

        from monazite.model.shares import by_activity, read_measures
        from monazite.study.assumptions import activity_ranges

        market = seen.outcome.market
        made = by_activity(seen.outcome, read_measures(market.case, market.axes)[self.measure])
        _, low, high = activity_ranges(seen.outcome)
        country = np.array(market.axes.countries, dtype=object)[
            market.plants.country[market.ways.plant]
        ]
        here = np.isin(country.astype(str), list(self.places))
        return (
            _part(made * np.where(here, low, high), here),
            _part(made * np.where(here, high, low), here),
        )


def _part(made: np.ndarray, here: np.ndarray) -> float:
    total = float(made.sum())
    return float(made[here].sum()) / total if total > 0 else 0.0

"""In which year does a plant first make something?"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Literal

from monazite.study.claims.base import AbstractTest, Seen

if TYPE_CHECKING:
    from monazite.study.claims.world import World

SOME = 1e-3  # kt/yr


class Started(AbstractTest):
    """The first year of the first period in which a facility runs; never (inf) where it does not.

    `year` only asks for an outcome over years.
    """

    kind: Literal["started"] = "started"
    UNIT = "year"
    facility: str

    def read(self, world: World, seen: Seen) -> float | None:
        """A calendar year."""
        import polars as pl

        world.facility(seen, self.facility)
        market = seen.outcome.market
        runs = seen.outcome.output.filter(
            pl.col("facility") == self.facility, pl.col("activity") > SOME
        )
        if runs.is_empty():
            return inf
        first = min(market.axes.at(period) for period in runs["period"].unique())
        standing = market.plants.capacity[market.plants.facility == self.facility]
        built = (market.builds.facility == self.facility) & (seen.outcome.built > SOME)
        begins = min(market.builds.begins[built], default=0.0) if not standing.any() else 0.0
        return float(max(market.axes.start[first], begins))

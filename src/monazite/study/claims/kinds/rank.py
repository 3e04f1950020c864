"""Which place has a country or a company among the makers of a stage?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from monazite.study.claims.base import AbstractTest, Seen

if TYPE_CHECKING:
    from monazite.study.claims.world import World


class Rank(AbstractTest):
    """1 + how many make more of a measure than `who`, plants in `without` not counted.

    None where `who` makes nothing.
    """

    kind: Literal["rank"] = "rank"
    UNIT = "rank"
    measure: str
    who: str
    by: Literal["place", "company"] = "place"
    without: tuple[str, ...] = ()

    def read(self, world: World, seen: Seen) -> float | None:
        """A whole number from 1."""
        from monazite.model.owners import read_owners
        from monazite.model.shares import by_plant, read_measures

        world.measure(seen, self.measure)
        market = seen.outcome.market
        terms = read_measures(market.case, market.axes)[self.measure]
        made = by_plant(seen.outcome, terms, market.axes.at(seen.period))
        place = np.array(market.axes.countries, dtype=object)[market.plants.country].astype(str)
        made = np.where(np.isin(place, list(self.without)), 0.0, made)
        names, amounts = place, made
        if self.by == "company":
            owners = read_owners(market.case, market.axes, market.plants)
            names, amounts = owners.owner.astype(str), made[owners.plant] * owners.share
        labels, at = np.unique(names, return_inverse=True)
        sums = dict(zip(labels.tolist(), np.bincount(at, weights=amounts).tolist(), strict=True))
        mine = sums.get(self.who, 0.0)
        return 1.0 + sum(amount > mine for amount in sums.values()) if mine > 0 else None

"""How much of the new capacity is used?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from monazite.model.axes import add_up
from monazite.study.claims.base import AbstractTest, Seen

if TYPE_CHECKING:
    from monazite.study.claims.world import World


class Running(AbstractTest):
    """share = used / capacity of what projects have added by the period, weighted by capacity."""

    kind: Literal["running"] = "running"
    stages: tuple[str, ...] = ()
    without: tuple[str, ...] = ("CHN",)

    def read(self, world: World, seen: Seen) -> float | None:
        """A fraction; None where nothing was added."""
        outcome = seen.outcome
        plants, axes = outcome.market.plants, outcome.market.axes
        added = outcome.market.builds.capacity(outcome.built, len(plants.capacity))
        place = np.array(axes.countries, dtype=object)[plants.country].astype(str)
        here = (plants.period == axes.at(seen.period)) & (added > 1e-4)
        here &= ~np.isin(place, list(self.without)) & (plants.stage != "thrift")
        if self.stages:
            here &= np.isin(plants.stage.astype(str), list(self.stages))
        room = outcome.capacity
        used = add_up(outcome.market.ways.plant, outcome.activity, len(room))
        part = np.where(room > 0, used / np.maximum(room, 1e-12), 0.0)
        total = float(added[here].sum())
        return float((part * added)[here].sum()) / total if total > 0 else None

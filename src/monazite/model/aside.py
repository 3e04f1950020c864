"""Which of many projects matter? Those that pay at the prices found; the others stay aside.

Projects tie the years of a program together, and most of them are never built. So a program is
solved with the builds that may matter; the others, and plants that nothing has built, are fixed at
zero and leave it. Each gets the dual it would have: a plant's capacity is worth the best margin of
its activities, and a build

    z = annuities - sum over periods of worked * worth of capacity.

Builds with z < 0 pay, and join. When there are none, the answer with these duals is one of the
whole program, and is proved on it: column generation (Dantzig and Wolfe 1960, Operations Research
8(1), 101-111; Gilmore and Gomory 1961).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from monazite.model.axes import Floats
from monazite.model.segments import values

if TYPE_CHECKING:
    from monazite.kernel import Standard
    from monazite.model.market import Market

PAYS = 1e-9  # part of its annuities that a build must earn beyond them to join
LOSES = 1e-2  # part of its annuities that a build must lose to step aside
IDLE = 1e-6  # kt/yr
FEW = 60  # builds; with fewer all stay in
WHOLE = 1500  # builds; with fewer all are in from the start
THINNING = 7  # rounds
AT_ONCE = 25  # projects that join at a time


class Aside:
    """The builds of a market that are in its program; what joins stays in."""

    def __init__(self, market: Market) -> None:
        assert market.build is not None and market.capacity is not None
        self.market, self.builds = market, market.builds
        block = market.build.build
        self.upper = values(market.standard.column_upper, block)
        must = values(market.standard.column_lower, block) > 0
        # who begins with all thins once, who begins with a hint never
        if market.likely is not None:
            self.active, self.rounds = must | market.likely, THINNING
        elif self.builds.size <= WHOLE:
            self.active, self.rounds = np.ones(self.builds.size, dtype=bool), THINNING - 1
        else:
            self.active, self.rounds = must, 0
        self.in_place = market.standard.row_upper[market.capacity.slice] > 0

    @property
    def shut(self) -> np.ndarray:
        """Plants without capacity and without a build in the program."""
        count = len(self.in_place)
        given = self.builds.capacity(np.where(self.active, self.upper, 0.0), count)
        return ~self.in_place & (given <= 0)

    def changes(self) -> dict:
        """Upper bounds of zero on what stays aside."""
        market, shut = self.market, self.shut
        aside = np.flatnonzero(~self.active)
        found = {"build": {"upper": (aside, np.zeros(len(aside)))}}
        for block, of in market.activity.parts():
            closed = np.flatnonzero(shut[market.ways.plant[of]])
            found[block.name] = {"upper": (closed, np.zeros(len(closed)))}
        if market.way_part is not None:
            closed = np.flatnonzero(shut[market.ways.plant[market.way_parts.of]])
            found[market.way_part.name] = {"upper": (closed, np.zeros(len(closed)))}
        return found

    def duals(self, whole: Standard, x: Floats, y: Floats) -> Floats:
        """Duals of the whole program: those of the smaller one, and the worth of shut plants."""
        market, shut, y = self.market, self.shut, y.copy()
        assert market.capacity is not None
        ways, size = market.ways, len(market.ways.plant)
        z = whole.cost + whole.curvature * x - whole.A.T @ y
        premium = np.zeros(size)
        if market.way_part is not None:
            parts = market.way_parts
            np.maximum.at(premium, parts.of, -values(z, market.way_part))
            element = np.unique(parts.of)
            closed = shut[ways.plant[element]]
            rows = whole.blocks["activity_whole"].start + np.flatnonzero(closed)
            y[rows] = premium[element[closed]]
            premium[~shut[ways.plant]] = 0.0
        worth = np.zeros(len(shut))
        for block, of in market.activity.parts():
            margin = premium[of] - values(z, block)
            np.maximum.at(worth, ways.plant[of], margin)
        rows = market.capacity.start + np.flatnonzero(shut)
        y[rows] = -worth[shut]
        return y

    def join(self, whole: Standard, x: Floats, y: Floats) -> bool:
        """Whether builds that stayed aside pay: those of the projects that pay most join.

        In the first rounds, what is in and neither built nor near paying steps aside again.
        """
        assert self.market.build is not None
        block, of = self.market.build.build, self.builds.project
        z, cost = (whole.cost - whole.A.T @ y)[block.slice], values(whole.cost, block)
        pays = (z < -PAYS * cost) & ~self.active & (self.upper > 0)
        joins = pays
        if pays.any():
            gain = np.bincount(of, weights=np.where(pays, -z * self.upper, 0.0))
            least = np.sort(gain)[-AT_ONCE:][0]
            joins = pays & (gain[of] >= least)
        if self.rounds < THINNING and self.builds.size > FEW:
            self.active = self.active & ~((values(x, block) < IDLE) & (z > LOSES * cost))
        self.rounds += 1
        self.active = self.active | joins
        return bool(joins.any())

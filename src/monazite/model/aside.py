"""Which of many builds and arcs matter? Those that pay at the prices found; others stay aside.

Projects tie the years of a program together, and every two countries may trade every material; most
projects are never built and most arcs never used. So a program is solved with those that may
matter; the others, and plants that nothing has built, are fixed at zero and leave it. Each gets the
dual it would have: a plant's capacity is worth the best margin of its activities, a build has

    z = annuities - sum over periods of worked * worth of capacity,

and an arc z = what moving a kg costs + price at its origin - price at its destination. Those with
z < 0 pay, and join. When there are none, the answer with these duals is one of the whole program,
and is proved on it: column generation (Dantzig and Wolfe 1960, Operations Research 8(1), 101-111;
Gilmore and Gomory 1961).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from monazite.model.axes import Floats
from monazite.model.near import first_prices
from monazite.model.segments import values

if TYPE_CHECKING:
    from monazite.kernel import Block, Standard
    from monazite.model.market import Market
    from monazite.model.marks import Parts
    from monazite.model.segments import Segments

    Changes = dict[str, dict[str, tuple[np.ndarray, np.ndarray]]]

PAYS = 1e-9  # part of its annuities that a build must earn beyond them to join
LOSES = 1e-3  # part of its annuities that a build must lose to step aside
IDLE = 1e-6  # kt/yr
FEW = 60  # builds; with fewer all stay in
WHOLE = 2500  # builds; with fewer all are in from the start
AT_ONCE = 25  # projects that join at a time,
BEST = 3  # each with so many of the periods that pay most
MANY = 1000  # arcs that rise from nothing; with fewer all stay in
FEW_ARCS = 0.001  # part of all arcs
NEAR = 0.03  # part of the price at its origin that an arc may lose at reference prices and begin in


class Aside:
    """What of a market is in its program and what stands aside; what joins stays in."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self.builds = None if market.build is None else _Builds(market)
        few = market.flow.rise is None or market.flow.rise.size < MANY
        self.arcs = None if few else _Arcs(market)

    @property
    def parts(self) -> list[_Builds | _Arcs]:
        """Who keeps something aside."""
        return [part for part in (self.builds, self.arcs) if part is not None]

    def changes(self) -> Changes:
        """Upper bounds of zero on what stays aside."""
        return {name: bound for part in self.parts for name, bound in part.changes().items()}

    def duals(self, whole: Standard, x: Floats, y: Floats) -> Floats:
        """Duals of the whole program: those of the smaller one, and the worth of what it lacks.

        Rows that hold nothing of the smaller program have no dual there worth keeping.
        """
        y = y.copy()
        for part in self.parts:
            y[part.rows()] = 0.0
        for part in self.parts:
            part.price(whole.cost + whole.curvature * x - whole.A.T @ y, y)
        return y

    def join(self, whole: Standard, x: Floats, y: Floats) -> bool:
        """Whether something that stayed aside pays; it is in from now on.

        Far from an answer builds wait until next to no arcs join: prices where lanes are missing
        call for too many.
        """
        z = whole.cost + whole.curvature * x - whole.A.T @ y
        arcs = 0 if self.arcs is None else self.arcs.join(whole, x, z)
        far = self.market.near is None and arcs > FEW_ARCS * self.market.flow.size
        if self.builds is None or far:
            return arcs > 0
        return self.builds.join(whole, x, z) or arcs > 0

    def everything(self) -> bool:
        """Take all in; False where all was in."""
        found = [part.everything() for part in self.parts]
        return any(found)


class _Builds:
    """Builds, and the plants that none of them in the program adds to."""

    def __init__(self, market: Market) -> None:
        assert market.build is not None and market.capacity is not None
        self.market, self.builds = market, market.builds
        block = market.build.build
        self.upper = values(market.standard.column_upper, block)
        must = values(market.standard.column_lower, block) > 0
        if market.near is not None:
            self.active = must | market.near.builds
        elif self.builds.size <= WHOLE:
            self.active = np.ones(self.builds.size, dtype=bool)
        else:
            self.active = must
        self.left = np.zeros(self.builds.size, dtype=int)  # how often each stepped aside
        self.in_place = market.standard.row_upper[market.capacity.slice] > 0

    @property
    def shut(self) -> np.ndarray:
        """Plants without capacity and without a build in the program."""
        count = len(self.in_place)
        given = self.builds.capacity(np.where(self.active, self.upper, 0.0), count)
        return ~self.in_place & (given <= 0)

    @property
    def closed(self) -> np.ndarray:
        """Activities of plants that are shut."""
        return self.shut[self.market.ways.plant]

    def changes(self) -> Changes:
        """Upper bounds of zero on builds that stay aside and activities of plants shut."""
        market, aside = self.market, np.flatnonzero(~self.active)
        found = _closing(market.activity, market.way_part, market.way_parts, self.closed)
        return found | {"build": {"upper": (aside, np.zeros(len(aside)))}}

    def rows(self) -> np.ndarray:
        """Capacities of plants that are shut, and the wholes of their activities."""
        assert self.market.capacity is not None
        capacity = self.market.capacity.start + np.flatnonzero(self.shut)
        return np.concatenate([capacity, _wholes(self.market, "activity", self.closed)])

    def price(self, z: Floats, y: Floats) -> None:
        """Give plants that are shut the worth of their capacity."""
        market, shut, closed = self.market, self.shut, self.closed
        assert market.capacity is not None
        premium = _premiums(market, "activity", closed, z)
        y[_wholes(market, "activity", closed)] = premium[_split(market, "activity", closed)]
        worth = np.zeros(len(shut))
        for block, of in market.activity.parts():
            np.maximum.at(worth, market.ways.plant[of], premium[of] - values(z, block))
        y[market.capacity.start + np.flatnonzero(shut)] = -worth[shut]

    def join(self, whole: Standard, x: Floats, z: Floats) -> bool:
        """Whether builds that stayed aside pay: the best of the projects that pay most join.

        What is in, not built and not near paying steps aside again, but not more than twice.
        """
        assert self.market.build is not None
        block, of = self.market.build.build, self.builds.project
        z, cost = values(z, block), values(whole.cost, block)
        scale = np.abs(cost)
        gain = np.where((z < -PAYS * scale) & ~self.active & (self.upper > 0), -z * self.upper, 0.0)
        joins = (gain > 0) & (_rank(gain, of) < BEST)
        most = np.zeros(len(self.builds.projects.facility))
        np.maximum.at(most, of, gain)
        joins &= most[of] >= np.sort(most)[-AT_ONCE:][0]
        if self.builds.size > FEW:
            idle = self.active & (values(x, block) < IDLE) & (z > LOSES * scale) & (self.left < 2)
            self.left += idle
            self.active = self.active & ~idle
        self.active = self.active | joins
        return bool(joins.any())

    def everything(self) -> bool:
        """Take all builds in; False where all were in."""
        aside = bool((~self.active).any())
        self.active, self.left[:] = np.ones_like(self.active), 2
        return aside


class _Arcs:
    """Arcs that rise from nothing: lanes that nobody used, and on which every kg costs more."""

    def __init__(self, market: Market) -> None:
        self.market = market
        weight = market.axes.weight[market.nodes.period]
        y = np.zeros(market.standard.A.shape[0])
        y[market.balance.slice] = weight * first_prices(market)
        z = market.standard.cost - market.standard.A.T @ y
        origin = np.abs(y[market.balance.slice][market.nodes.at[market.arcs.origin_key]])
        must = market.flow.total(market.standard.column_lower) > 0
        near = np.zeros(market.flow.size, dtype=bool)
        near[market.flow.base_of] = True
        for block, of in market.flow.parts():
            near[of] |= values(z, block) <= NEAR * origin[of]
        self.active = must | near if market.near is None else must | near | market.near.arcs
        room = market.flow.total(np.minimum(market.standard.column_upper, 1.0)) > 0
        self.shut = ~room

    def changes(self) -> Changes:
        """Upper bounds of zero on arcs that stay aside."""
        market = self.market
        return _closing(market.flow, market.arc_part, market.arc_parts, ~self.active)

    def rows(self) -> np.ndarray:
        """Wholes of arcs that stay aside."""
        return _wholes(self.market, "flow", ~self.active)

    def price(self, z: Floats, y: Floats) -> None:
        """Give what only a part of the goods may pay for on closed arcs its premium."""
        premium = _premiums(self.market, "flow", ~self.active, z)
        y[self.rows()] = premium[_split(self.market, "flow", ~self.active)]

    def join(self, whole: Standard, x: Floats, z: Floats) -> int:
        """How many arcs that stayed aside pay; all of those join."""
        pays = np.zeros_like(self.active)
        for block, of in self.market.flow.parts():
            pays[of] |= values(z, block) < -PAYS * (1.0 + np.abs(values(whole.cost, block)))
        pays &= ~self.active & ~self.shut
        self.active = self.active | pays
        return int(pays.sum())

    def everything(self) -> bool:
        """Take all arcs in; False where all were in."""
        aside = bool((~self.active).any())
        self.active = np.ones_like(self.active)
        return aside


def _rank(value: Floats, group: np.ndarray) -> np.ndarray:
    """The place of each value in its group, 0 the largest."""
    order = np.lexsort((-value, group))
    first = np.searchsorted(group[order], group[order])
    place = np.empty(len(value), dtype=int)
    place[order] = np.arange(len(value)) - first
    return place


def _closing(whole: Segments, part: Block | None, parts: Parts, closed: np.ndarray) -> Changes:
    """Upper bounds of zero on the columns of closed elements and on their parts."""
    blocks = [*whole.parts(), *([] if part is None else [(part, parts.of)])]
    found: Changes = {}
    for block, of in blocks:
        at = np.flatnonzero(closed[of])
        found[block.name] = {"upper": (at, np.zeros(len(at)))}
    return found


def _parts(market: Market, family: str) -> tuple[Block | None, Parts]:
    return {
        "activity": (market.way_part, market.way_parts),
        "flow": (market.arc_part, market.arc_parts),
    }[family]


def _split(market: Market, family: str, closed: np.ndarray) -> np.ndarray:
    """Closed elements that have parts."""
    part, parts = _parts(market, family)
    element = np.unique(parts.of) if part is not None else np.zeros(0, dtype=np.int64)
    return element[closed[element]]


def _wholes(market: Market, family: str, closed: np.ndarray) -> np.ndarray:
    """The rows that hold the parts of closed elements within their wholes."""
    part, parts = _parts(market, family)
    if part is None:
        return np.zeros(0, dtype=np.int64)
    at = np.flatnonzero(closed[np.unique(parts.of)])
    return market.standard.blocks[f"{family}_whole"].start + at


def _premiums(market: Market, family: str, closed: np.ndarray, z: Floats) -> Floats:
    """What the best part of each closed element earns beyond the whole."""
    part, parts = _parts(market, family)
    premium = np.zeros(len(closed))
    if part is not None:
        np.maximum.at(premium, parts.of, -values(z, part))
        premium[~closed] = 0.0
    return premium

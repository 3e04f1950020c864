"""Which of many builds, activities and arcs matter? Those that pay; others stay aside.

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

from typing import TYPE_CHECKING, Any

import numpy as np

from monazite.kernel.certify import reduced_cost
from monazite.model.axes import Floats, Ints, add_up
from monazite.model.near import first_prices
from monazite.model.segments import values

if TYPE_CHECKING:
    from monazite.kernel import Standard
    from monazite.model.market import Market

    Changes = dict[str, dict[str, tuple[np.ndarray, np.ndarray]]]

PAYS = 1e-9  # part of its cost that something must earn beyond it to join
NEARLY = 0.01  # part of its annuities that a build may lose and join where few others pay,
SETTLING = 60  # so few
CLOSE_BY = 0.01  # part of what its goods are worth that an arc or activity may lose and join
LOSES = 0.02  # part of its annuities that a build must lose to step aside
FAR = 0.02  # part of what its goods are worth that an arc or activity must lose to step aside
LEAVES = 2  # times that something may step aside
FULL = 1e-3  # part of its bound within which a build is built in full
TIED = 1e-9  # part of its size within which a pipeline is
IDLE = 1e-6  # kt/yr
NOTHING = 1e-8  # kt/yr, of builds at a point to be proved
FEW = 60  # builds; with fewer all stay in
WHOLE = 2500  # builds; with fewer all are in from the start
MANY = 1000  # arcs that rise from nothing; with fewer all stay in
FEW_ARCS = 0.001  # part of all arcs
NEAR = 0.01  # part of the price at its origin that an arc may lose at reference prices and begin in


def few_builds(market: Market) -> bool:
    """Whether a market's builds are few enough to begin with all of them."""
    assert market.build is not None
    return int(np.sum(values(market.standard.column_upper, market.build.build) > 0)) <= WHOLE


class Aside:
    """What of a market is in its program and what stands aside; what joins stays in."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self.builds = None if market.build is None else _Builds(market)
        few = market.flow.rise is None or market.flow.rise.size < MANY
        self.elements: list[_Elements] = [] if few else [_Arcs(market)]
        if self.builds is not None:
            self.elements.append(_Ways(market, self.builds))

    @property
    def parts(self) -> list[Any]:
        """Who keeps something aside."""
        return [*([] if self.builds is None else [self.builds]), *self.elements]

    def changes(self) -> Changes:
        """Upper bounds of zero on what stays aside."""
        return {name: bound for part in self.parts for name, bound in part.changes().items()}

    def duals(self, whole: Standard, x: Floats, y: Floats) -> Floats:
        """Duals of the whole program: those of the smaller one, and the worth of what it lacks.

        Rows that hold nothing of the smaller program, or only what is zero, have no dual there
        worth keeping: theirs is the least that lets nothing in them pay.
        """
        y = y.copy()
        for part in self.elements:
            y[part.rows(x)] = 0.0
        for part in self.elements:
            part.price(reduced_cost(whole, x, y), x, y)
        if self.builds is not None:
            y[self.builds.rows()] = 0.0
            self.builds.price(reduced_cost(whole, x, y), y)
        return y

    def join(
        self, whole: Standard, x: Floats, y: Floats, least: float = PAYS, *, leave: bool = True
    ) -> int:
        """How much of what stayed aside pays by more than `least` of its cost; it is in now. What
        is in, idle and far from paying steps aside, if it may `leave`.

        Far from an answer builds wait until next to nothing else joins: prices where lanes are
        missing call for too many.
        """
        z = reduced_cost(whole, x, y)
        size = abs(whole.A).T @ np.abs(y) + np.abs(whole.cost)
        found = sum(part.join(x, z, size, least, leave) for part in self.elements)
        far = self.market.near is None and found > FEW_ARCS * self.market.flow.size
        if self.builds is None or far:
            return found
        return self.builds.join(whole, x, z, least, leave) + found

    def rest(self, x: Floats) -> None:
        """Set aside builds that are not built at a point that is to be proved: of a plant without
        capacity every dual is open, and polishing would guess.
        """
        if self.builds is not None:
            self.builds.rest(x)

    def everything(self) -> bool:
        """Take all in; False where all was in."""
        found = [part.everything() for part in self.parts]
        return any(found)


class _Builds:
    """Builds that may pay. Those that pay by far and are built in full are fixed there, and leave
    the program as those aside do.
    """

    def __init__(self, market: Market) -> None:
        assert market.build is not None
        self.block, self.row, self.builds = market.build.build, market.build.pipeline, market.builds
        self.upper = values(market.standard.column_upper, self.block)
        lower = values(market.standard.column_lower, self.block)
        self.must, self.given = lower > 0, (lower > 0) & (lower == self.upper)
        if market.near is not None:
            self.active = self.must | (market.near.builds & (self.upper > 0))
        elif few_builds(market):
            self.active = self.must | (self.upper > 0)
        else:
            self.active = self.must.copy()
        self.full = np.zeros(self.builds.size, dtype=bool)
        self.left = np.zeros(self.builds.size, dtype=int)  # how often each stepped aside
        self.line = np.unique(self.builds.project, return_inverse=True)[1]
        self.most = values(market.standard.row_upper, self.row)

    def changes(self) -> Changes:
        """Upper bounds of zero on builds that stay aside, lower bounds on those built in full."""
        aside, full = np.flatnonzero(~self.active), np.flatnonzero(self.full)
        upper, lower = (aside, np.zeros(len(aside))), (full, self.upper[full])
        return {"build": {"upper": upper, "lower": lower}}

    def rows(self) -> Ints:
        """The rows of pipelines that are built in full."""
        return self.row.start + np.flatnonzero(self._done())

    def price(self, z: Floats, y: Floats) -> None:
        """Give the pipelines that are built in full the most that their builds can pay; a year
        that stayed aside and could pay more has to join first.
        """
        rent = np.full(len(self.most), np.inf)
        np.minimum.at(rent, self.line[self.full], -values(z, self.block)[self.full])
        y[self.rows()] = -np.maximum(rent[self._done()], 0.0)

    def join(self, whole: Standard, x: Floats, z: Floats, least: float, leave: bool) -> int:
        """How many builds that stayed aside pay; of each project those years join that pay more
        than the years beside them, and where few pay also what would nearly pay.

        One plant too few makes every year of it and of its suppliers pay, and one year of it
        settles that. What is in, not built and not near paying steps aside again. What does not
        pay in full is free again and counts; so is a pipeline of which other years pay more.
        """
        z, scale = values(z, self.block), np.abs(values(whole.cost, self.block))
        room = self.upper > 0
        aside = ~self.active & room
        pays = aside & (z < -least * scale)
        joins = pays.copy()
        joins[room] &= _peaks(np.where(pays, -z, 0.0)[room], self.builds.project[room])
        if leave and 0 < pays.sum() <= SETTLING:
            joins |= aside & (z < NEARLY * scale)
        contested = np.zeros(len(self.most), dtype=bool)
        contested[self.line[joins]] = True
        freed = self.full & ((z > least * scale) | (contested & self._done())[self.line])
        self.full = self.full & ~freed
        if leave and self.builds.size > FEW:
            self._leave(values(x, self.block), z, scale, ~contested[self.line])
        self.active = self.active | joins
        return int(joins.sum() + freed.sum())

    def _leave(self, built: Floats, z: Floats, scale: Floats, may: np.ndarray) -> None:
        """Set aside what is idle and far from paying, and fix what is built in full and pays by
        far, with all other years of a pipeline that this fills.
        """
        may = may & self.active & ~self.must & ~self.full & (self.left < LEAVES)
        idle = may & (built < IDLE) & (z > LOSES * scale)
        full = may & (built > (1 - FULL) * self.upper) & (z < -LOSES * scale)
        self.left += idle | full
        self.full = self.full | full
        self.active = self.active & ~idle & (self.full | self.must | ~self._done()[self.line])

    def rest(self, x: Floats) -> None:
        """Set aside what is in and not built, of pipelines with room."""
        built = values(x, self.block)
        room = add_up(self.line, built, len(self.most)) < (1 - FULL) * self.most
        idle = self.active & ~self.must & (built < NOTHING) & room[self.line]
        idle &= self.left < LEAVES
        self.left += idle
        self.active = self.active & ~idle

    def _done(self) -> np.ndarray:
        """Pipelines with something built in full and no room for more."""
        fixed = np.where(self.full | self.given, self.upper, 0.0)
        some = add_up(self.line, self.full, len(self.most)) > 0
        return some & (add_up(self.line, fixed, len(self.most)) > (1 - TIED) * self.most)

    def everything(self) -> bool:
        """Take all builds in; False where all were in."""
        aside = bool((~self.active | self.full).any())
        self.active, self.left[:] = np.ones_like(self.active), LEAVES
        self.full = np.zeros_like(self.full)
        return aside


class _Elements:
    """Activities or arcs of which those that lose too much stay aside."""

    family = ""

    def __init__(self, market: Market, active: np.ndarray) -> None:
        standard = market.standard
        self.market = market
        self.whole, self.part, self.of_parts = {
            "activity": (market.activity, market.way_part, market.way_parts),
            "flow": (market.flow, market.arc_part, market.arc_parts),
        }[self.family]
        self.room = self.whole.total(np.minimum(standard.column_upper, 1.0)) > 0
        self.must = self.whole.total(standard.column_lower) > 0
        self.active = active | self.must
        self.left = np.zeros(self.whole.size, dtype=int)  # how often each stepped aside
        self.leaves = 0 if market.build is None else LEAVES

    def closed(self) -> np.ndarray:
        """Elements that are not in the program."""
        return ~self.active

    def still(self, x: Floats) -> np.ndarray:
        """Elements that cannot move at a point."""
        return self.closed()

    def changes(self) -> Changes:
        """Upper bounds of zero on the columns of elements that are not in and on their parts."""
        blocks = self.whole.parts()
        blocks += [] if self.part is None else [(self.part, self.of_parts.of)]
        closed = self.closed()
        found: Changes = {}
        for block, of in blocks:
            at = np.flatnonzero(closed[of])
            found[block.name] = {"upper": (at, np.zeros(len(at)))}
        return found

    def rows(self, x: Floats) -> np.ndarray:
        """The rows that hold parts within wholes that cannot move."""
        return self._split(self.still(x))[0]

    def price(self, z: Floats, x: Floats, y: Floats) -> None:
        """Give what only a part of the goods may pay for, where nothing moves, its premium."""
        rows, element = self._split(self.still(x))
        y[rows] = self.premium(z)[element]

    def premium(self, z: Floats) -> Floats:
        """What the best part of each element earns beyond the whole."""
        premium = np.zeros(self.whole.size)
        if self.part is not None:
            np.maximum.at(premium, self.of_parts.of, -values(z, self.part))
        return premium

    def join(self, x: Floats, z: Floats, size: Floats, least: float, leave: bool) -> int:
        """How many elements that stayed aside pay; these join, and those that nearly pay.

        `size` is what the goods of a column are worth. What is in, idle and far from paying steps
        aside again.
        """
        loss, worth, cost = np.full((3, self.whole.size), np.inf)
        for block, of in self.whole.parts():
            for lowest, found in ((loss, z), (worth, size)):
                np.minimum.at(lowest, of, values(found, block))
            cost[of] = 1.0 + np.abs(values(self.market.standard.cost, block))
        aside = ~self.active & self.room
        pays = aside & (loss < -least * cost)
        idle = self.active & ~self.must & (self.whole.total(x) < IDLE) & (self.left < self.leaves)
        idle &= leave & (loss > FAR * worth)
        self.left += idle
        joins = pays | (aside & (loss < CLOSE_BY * worth)) if pays.any() else pays
        self.active = (self.active | joins) & ~idle
        return int(pays.sum())

    def everything(self) -> bool:
        """Take all in; False where all were in."""
        aside = bool((~self.active).any())
        self.active, self.left[:] = np.ones_like(self.active), self.leaves
        return aside

    def _split(self, still: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The rows that hold parts of these elements within their wholes, and which elements."""
        if self.part is None:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        element = np.unique(self.of_parts.of)
        at = np.flatnonzero(still[element])
        return self.market.standard.blocks[f"{self.family}_whole"].start + at, element[at]


class _Ways(_Elements):
    """Activities that may pay, in plants that stand or may be built."""

    family = "activity"

    def __init__(self, market: Market, builds: _Builds) -> None:
        super().__init__(market, np.ones(market.activity.size, dtype=bool))
        assert market.capacity is not None
        self.capacity, self.builds, self.plant = market.capacity, builds, market.ways.plant
        self.in_place = market.standard.row_upper[market.capacity.slice] > 0

    def shut(self) -> np.ndarray:
        """Plants without capacity and without a build in the program."""
        return self._without(self.builds.upper)

    def empty(self, x: Floats) -> np.ndarray:
        """Plants without capacity at a point."""
        built = values(x, self.builds.block)
        return self._without(np.where(built > IDLE, built, 0.0))

    def closed(self) -> np.ndarray:
        """Activities that are not in the program, for themselves or for their plant."""
        return ~self.active | self.shut()[self.plant]

    def still(self, x: Floats) -> np.ndarray:
        """Activities that are not in the program or have no capacity at a point."""
        return ~self.active | self.empty(x)[self.plant]

    def rows(self, x: Floats) -> np.ndarray:
        """The rows that hold parts within wholes, and the capacities of empty plants."""
        empty = self.capacity.start + np.flatnonzero(self.empty(x))
        return np.concatenate([super().rows(x), empty])

    def price(self, z: Floats, x: Floats, y: Floats) -> None:
        """Also give empty plants the worth of their capacity: the best margin of what they would
        run; what stands aside of a plant in the program has to join first.
        """
        super().price(z, x, y)
        empty, premium = self.empty(x), self.premium(z)
        worth = np.zeros(len(empty))
        counts = self.room & (self.active | self.shut()[self.plant])
        for block, of in self.whole.parts():
            margin = np.where(counts[of], premium[of] - values(z, block), 0.0)
            np.maximum.at(worth, self.plant[of], margin)
        y[self.capacity.start + np.flatnonzero(empty)] = -worth[empty]

    def _without(self, built: Floats) -> np.ndarray:
        """Plants with nothing in place and nothing of these builds, as far as they are in."""
        given = np.where(self.builds.active, built, 0.0)
        return ~self.in_place & (self.builds.builds.capacity(given, len(self.in_place)) <= 0)


class _Arcs(_Elements):
    """Arcs that rise from nothing: lanes that nobody used, and on which every kg costs more."""

    family = "flow"

    def __init__(self, market: Market) -> None:
        weight = market.axes.weight[market.nodes.period]
        y = np.zeros(market.standard.A.shape[0])
        y[market.balance.slice] = weight * first_prices(market)
        z = market.standard.cost - market.standard.A.T @ y
        origin = np.abs(y[market.balance.slice][market.nodes.at[market.arcs.origin_key]])
        near = np.zeros(market.flow.size, dtype=bool)
        near[market.flow.base_of] = True
        for block, of in market.flow.parts():
            near[of] |= values(z, block) <= NEAR * origin[of]
        super().__init__(market, near if market.near is None else near | market.near.arcs)


def _peaks(value: Floats, group: np.ndarray) -> np.ndarray:
    """Where a value is no less than those beside it in its group."""
    same = group[1:] == group[:-1]
    rise = value[1:] - value[:-1]
    found = np.ones(len(value), dtype=bool)
    found[1:] &= ~same | (rise >= 0)
    found[:-1] &= ~same | (rise <= 0)
    return found

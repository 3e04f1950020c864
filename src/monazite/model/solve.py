"""At which prices does a market clear? Repeated convex programs around tangents, wedges and
shortage.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

import numpy as np

from monazite.errors import CertificateError, InfeasibleError
from monazite.kernel import (
    Certificate,
    Patch,
    Point,
    Solution,
    Standard,
    approach,
    certify,
    solve,
)
from monazite.kernel.certify import reduced_cost
from monazite.kernel.fixpoint import solve_fixpoint
from monazite.messages import say
from monazite.model.aside import PAYS, SETTLING, Aside
from monazite.model.axes import Floats, Ints, add_up
from monazite.model.demand import Pieces, start_of, tangents
from monazite.model.market import Market
from monazite.model.near import Sketch, first_prices
from monazite.model.segments import Segments, spread, values
from monazite.model.trade import duty_wedge, export_wedge

FLOOR = 0.01  # USD/kg: residuals of prices are relative to max(|price|, FLOOR); spec of the wedges
IMBALANCE = 1e-9  # relative imbalance above which reference prices are moved to the prices found
NOTHING = 1e-9  # kt/yr: a gram a year
CLOSE = 1e-9  # relative distance of a tangent from its curve at which it is accepted
TIGHT = 1e-12  # asked of the kernel: prices next to the end of a tie need more than quantities do
COARSE = 2e-9  # asked while charges, tangents and what stands aside still move
ROUGH = 1e-6  # asked while builds join; nothing is proved there
FINE = 1e-9  # asked where few join any more, for a point that can be proved as it stands,
CLOSING = 100  # once prices are so many tolerances from those that charges were taken on
MOST_ROUGH = 20  # of such programs
SURE = 1e-3  # part of its cost by which something must pay to join at rough prices,
LIKELY = 1e-8  # and at fine ones
NO_MORE = 1e-8  # part of the objective by which rough programs differ where no more are needed,
ALIKE = 1e-5  # and where the last one is only to begin with
MOST_TANGENTS = 60
DEAF = 0.01  # elasticity below which what moves at a node does not answer its price
SMALL = 1e-6  # kt/yr: a kilogram
SETTLINGS = 3  # times that prices are settled anew after their references moved
MOST_PLAIN = 40
ROUNDING = 1e-9  # part of a price
SETTLED = 0.1  # part of the tolerance within which plain steps must end,
OVER_YEARS = 0.5  # and where builds make a program take seconds
STEEP = 0.3  # change of a price found to that of the one used, beyond which no secant is taken
SLOW = 0.7  # a gap that shrinks less from one program to the next is left to the safeguarded steps
MOST_MOVES = 4  # of reference prices after a program; what is left then is judged by the outcome
FEW = 0.1  # kt/yr: smaller nodes may miss 1e-6 of this, a tenth of a kilogram a year


@dataclass(frozen=True)
class Cleared:
    """A solved market; `solution.standard` is the program of the last solve.

    `export_charge` and `duty` are the ad valorem parts [USD/kg shipped] by arc. `iterations` counts
    evaluations of the wedges, `programs` the programs solved, `residual` is the relative distance
    of the prices used for wedges from the prices found. `unserved` [kt/yr] is by piece of use,
    `charged` holds the amounts [USD/kg] of each charge of instruments, by its elements.
    `unpriced` marks nodes whose price is above any bound because fixed use there cannot be met.
    """

    market: Market
    solution: Solution
    export_charge: Floats
    duty: Floats
    charged: tuple[Floats, ...]
    iterations: int
    programs: int
    residual: float
    unserved: Floats
    unpriced: np.ndarray
    seconds: float


def sketch(market: Market) -> Sketch | None:
    """A point near the answer of a market over years, for less than a fifth of its time: where the
    search of a longer one may begin. None where none is found.
    """
    if market.uses.pieces.fixed.any():
        market = _serving(market, shortage(market)[0])
    inner = _Inner(close_dead_ends(market))
    inner.approach(ALIKE)
    if inner.point is None:
        return None
    whole, x, y = inner.point
    known = market.reach.open[market.nodes.key]
    prices = np.where(known, inner.prices, np.nan)
    return Sketch(inner.market, x, reduced_cost(whole, x, y), whole.cost, prices)


def clear(market: Market, *, tolerance: float = 1e-6) -> Cleared:
    """The prices and quantities at which the market clears.

    Raises InfeasibleError when something other than fixed use cannot be met, and CertificateError
    when a program does not prove itself or the prices used for ad valorem charges do not settle.
    """
    started = perf_counter()
    pieces = market.uses.pieces
    unserved, unpriced = np.zeros(len(pieces.owner)), np.zeros(market.nodes.size, dtype=bool)
    if pieces.fixed.any():
        unserved, unpriced = shortage(market)
        market = _serving(market, unserved)
    inner = _Inner(close_dead_ends(market))
    prices, iterations = _settle(inner, tolerance)
    origin = prices[market.nodes.at[market.arcs.origin_key]]
    return Cleared(
        market=inner.market,
        solution=inner.solution,
        export_charge=export_wedge(market.arcs, origin),
        duty=duty_wedge(market.arcs, origin),
        charged=tuple(charge.at(prices) for charge in market.charges),
        iterations=iterations,
        programs=inner.programs,
        residual=_distance(inner.prices, prices, market),
        unserved=unserved,
        unpriced=unpriced,
        seconds=perf_counter() - started,
    )


def shortage(market: Market) -> tuple[Floats, np.ndarray]:
    """What part of fixed use cannot be met [kt/yr by piece], and the nodes that the shortage
    prices.

    Maximises fixed use served under the market's balances, capacities and limits alone (a linear
    program). A node with a dual above zero could serve more if it had more: its price has no bound.
    Raises InfeasibleError when not even a market without fixed use is possible.
    """
    pieces, standard = market.uses.pieces, market.standard
    columns = [name for name, block in standard.blocks.items() if block.kind == "column"]
    changes: dict = {name: {"cost": (None, 0.0), "curvature": (None, 0.0)} for name in columns}
    changes["use"] |= {"cost": (None, np.where(pieces.fixed, -1.0, 0.0)), "lower": (None, 0.0)}
    changes[market.slack.name] |= {"lower": (None, 0.0), "upper": (None, 0.0)}
    found = solve(standard.apply(Patch(changes)))
    if not found.solved:
        raise InfeasibleError(found.message, found.explanation)
    missing = np.where(pieces.fixed, pieces.lower - found.value("use"), 0.0)
    missing = np.where(missing > 1e-9 * pieces.lower, missing, 0.0)
    return missing, (found.value(market.balance) > 1e-9) & bool(missing.any())


def _serving(market: Market, unserved: Floats) -> Market:
    if not unserved.any():
        return market
    pieces = market.uses.pieces
    served = pieces.lower - unserved
    upper = np.where(pieces.fixed, served, pieces.upper)
    return market.patched({"use": {"lower": (None, served), "upper": (None, upper)}})


def close_dead_ends(market: Market) -> Market:
    """The market with every column fixed at zero that no good can reach or leave.

    Balances hold them there anyway; as bounds they leave the program, which an interior point
    likes.
    """
    reach, arcs = market.reach, market.arcs
    supplied, absorbed = reach.supplied, reach.absorbed
    moving = reach.moving(arcs.origin_key, arcs.destination_key)
    moved = reach.moving(*market.arc_parts.ends)
    runs, parts = np.split(reach.runs.copy(), [len(market.ways.plant)])
    # an arc or activity that moves nothing of its own class may still carry a cleaner part
    moving[market.arc_parts.of[moved]] = True
    runs[market.way_parts.of[parts]] = True
    dead = [(block, ~moving[of]) for block, of in market.flow.parts()]
    dead += [(block, ~runs[of]) for block, of in market.activity.parts()]
    for block, closed in (
        (market.arc_part, ~moved),
        (market.way_part, ~parts),
        (market.use, ~supplied[market.uses.pieces.key]),
        (market.supply, ~absorbed[market.curves.pieces.key]),
        (market.waste, ~supplied[market.wasted]),
    ):
        dead += [] if block is None else [(block, closed)]
    changes = {b.name: {"upper": (np.flatnonzero(c), 0.0)} for b, c in dead if c.any()}
    return market.patched(changes) if changes else market


def _settle(inner: _Inner, tolerance: float) -> tuple[Floats, int]:
    """Repeat the program until the prices that ad valorem charges are taken on are those it
    returns.

    The PIES method (Ahn and Hogan 1982, Operations Research 30(3)) on the vector of origin prices
    of arcs with a rate; every inner program keeps its terms and changes its costs. Returns the
    prices the charges were taken on, and how often they were tried; `inner` holds the program
    solved there.
    """
    market = inner.market
    prices, tried = _plainly(inner, tolerance)
    if inner.settled:
        return prices, tried
    prices = prices.copy()
    inner.solve(prices)
    at = decisive(market)
    if len(at) == 0 or _distance(inner.prices, prices, market) <= tolerance:
        return prices, 1
    scale = np.maximum(np.maximum(np.abs(prices[at]), np.abs(inner.prices[at])), FLOOR)

    def respond(scaled: Floats) -> Floats:
        prices[at] = scaled * scale
        return inner.solve(prices, 0)[at] / scale

    labels = [_told(market, node) for node in at]
    tried = 1
    for _ in range(SETTLINGS):
        start = inner.prices[at] / scale
        found = solve_fixpoint(respond, start, tolerance=tolerance / 10, labels=labels, scale=scale)
        tried += found.iterations
        inner.solve(prices)
        if not found.converged:
            break
        if _distance(inner.prices, prices, market) <= tolerance:
            return prices, tried
        # the slack that makes prices unique moved with them: settle again from there
    raise CertificateError(say("model.wedges", told=f"{found.message} {inner.deaf()}".strip()))


def _plainly(inner: _Inner, tolerance: float) -> tuple[Floats, int]:
    """Programs in which charges, tangents, reference prices and what stands aside all follow the
    last one, while that brings them closer; `inner.settled` where it brought them home.

    Returns the prices of the last charges, and how often they were taken.
    """
    last, tried = np.inf, 0
    within = tolerance * (SETTLED if inner.aside.builds is None else OVER_YEARS)
    prices, calm, near = inner.approach(NO_MORE, within)
    while tried < MOST_PLAIN:
        exact, tried = calm, tried + 1
        calm = inner.step(prices, TIGHT if exact else COARSE, near)
        near = None
        gap = _distance(inner.prices, prices, inner.market)
        inner.settled = calm and exact and gap <= within and inner.balanced()
        if inner.settled or (calm and gap > max(SLOW * last, within)):
            break
        inner.reference, last = inner.prices, gap if calm else np.inf
        if gap > within:
            prices = inner.prices
        if not calm and inner.aside.builds is not None:
            prices, calm, near = inner.approach(NO_MORE, within, prices)
    return prices, tried


def _distance(found: Floats, used: Floats, market: Market) -> float:
    """Largest |found - used| / max(found, FLOOR) over the nodes whose prices decide a charge.

    Nothing is charged on a price below zero, so prices count from zero up.
    """
    at = decisive(market)
    if len(at) == 0:
        return 0.0
    found, used = np.maximum(found[at], 0.0), np.maximum(used[at], 0.0)
    return float(np.max(np.abs(found - used) / np.maximum(found, FLOOR)))


class _Inner:
    """The program with its charges fixed; keeps tangents and references between solves."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self.programs = 0
        self.reference = first_prices(market)
        self.touch = {"use": start_of(market.uses.pieces), "supply": start_of(market.curves.pieces)}
        self.prices = self.reference
        self.solution: Any = None
        self.before: tuple[Floats, Solution] | None = None
        self.aside = Aside(market)
        self.settled = False
        self.found: Any = None
        self.point: tuple[Standard, Floats, Floats] | None = None

    def solve(self, prices: Floats, most_moves: int = MOST_MOVES) -> Floats:
        """Prices by node when ad valorem charges are taken on `prices`.

        Each call starts from the reference prices that the last one found, so that the slack left
        by `most_moves` = 0 vanishes as calls converge.
        """
        charges = _costs(self.market, prices)
        if self.solution is not None:
            self.reference = self.prices
        moves = 0
        for _ in range(MOST_TANGENTS):
            if self._once(charges):
                continue
            if moves == most_moves or self.balanced():
                return self.prices
            self.reference, moves = self.prices, moves + 1
        raise CertificateError(say("model.tangents", most=MOST_TANGENTS))

    def approach(
        self, enough: float, tolerance: float = np.inf, prices: Floats | None = None
    ) -> tuple[Floats, bool, Point | None]:
        """Prices to take charges on, whether next to nothing joins there any more, and the point
        where an answer may be proved as it stands: programs without proof, rough ones first.

        `enough` is the part of the objective by which two of them may differ, `tolerance` the part
        of a price by which charges may miss the price found. With `prices` it goes on from these.
        """
        fine, last, gap = prices is not None, np.inf, np.inf
        prices = self.reference if prices is None else prices
        then: tuple[Floats, Floats] | None = None
        for _ in range(0 if self.aside.builds is None else MOST_ROUGH):
            tried = self._try(prices, fine)
            if tried is None:
                return prices, False, None
            point, joined, bent, objective = tried
            before, gap = gap, _distance(self.prices, prices, self.market)
            alike = abs(objective - last) <= enough * abs(objective)
            still = not bent and (alike or not joined) and (fine or tolerance == np.inf)
            if still and gap <= tolerance and not joined:
                return prices, True, point
            if still and (gap <= tolerance or gap > SLOW * before):
                return self.prices, True, None
            fine = joined <= SETTLING and gap <= CLOSING * tolerance < np.inf
            onward = _onward(prices, self.prices, then)
            then, prices, last, self.reference = (
                (prices, self.prices),
                onward,
                objective,
                self.prices,
            )
        return prices, not self.aside.parts, None

    def _try(self, prices: Floats, fine: bool) -> tuple[Point, int, bool, float] | None:
        """A program without proof: its point, how much joined, whether tangents moved, and its
        objective; None where it has no answer.
        """
        whole = self._program(_costs(self.market, prices))
        found = approach(self._small(whole), FINE if fine else ROUGH)
        self.programs += 1
        if found is None:
            return None
        x, y = found[0], self.aside.duals(whole, *found)
        joined = self.aside.join(whole, x, y, LIKELY if fine else SURE, leave=not fine)
        self.point, self.prices = (whole, x, y), self._priced(y)
        return found, joined, self.bend(x), whole.objective(x)

    def step(self, prices: Floats, tolerance: float, near: Point | None = None) -> bool:
        """One program with charges taken on `prices`; False while more joins it or tangents move.

        What came out is kept as the answer, proved on the whole program, where nothing joins.
        """
        whole = self._program(_costs(self.market, prices))
        found = self._solved(whole, tolerance, near)
        y = self.aside.duals(whole, found.x, found.y)
        joined = self.aside.join(whole, found.x, y, PAYS if tolerance == TIGHT else LIKELY)
        return not self._keep(whole, found, y) and not joined

    def _once(self, charges: dict) -> bool:
        whole = self._program(charges)
        while True:
            found = self._solved(whole)
            y = self.aside.duals(whole, found.x, found.y)
            if not self.aside.join(whole, found.x, y):
                return self._keep(whole, found, y)

    def _program(self, charges: dict) -> Standard:
        """The whole program with these costs, the tangents and the reference prices of now."""
        market = self.market
        weight = market.axes.weight[market.nodes.period]
        slack = {market.slack.name: {"cost": (None, weight * self.reference)}}
        return market.standard.apply(Patch({**slack, **charges, **self._tangents()}))

    def _solved(
        self, whole: Standard, tolerance: float = TIGHT, near: Point | None = None
    ) -> Solution:
        """The certified answer of a program without what stands aside (aside.py)."""
        while True:
            self.programs += near is None
            small = self._small(whole)
            self.found, near = solve(small, warm=self.found, near=near, tolerance=tolerance), None
            if self.found.solved or not self.aside.everything():
                return self.found.check()

    def _small(self, whole: Standard) -> Standard:
        """The program without what stands aside."""
        return whole.apply(Patch(netted(self.market))).apply(Patch(self.aside.changes()))

    def _priced(self, y: Floats) -> Floats:
        """Prices by node [USD/kg] of duals."""
        weight = self.market.axes.weight[self.market.nodes.period]
        return values(y, self.market.balance) / weight

    def _keep(self, whole: Standard, found: Solution, y: Floats) -> bool:
        """Keep an answer; whether tangents were far from their curves there, and are moved."""
        market = self.market
        self.before = None if self.solution is None else (self.prices, self.solution)
        proof = certify(whole, found.x, y)
        solution = _with(replace(found, y=y), whole, found.x, proof)
        self.solution = tidy(market, _stored(market, whole, solution))
        self.prices = self._priced(solution.y)
        return self.bend(solution.x)

    def balanced(self) -> bool:
        """Whether the slack that makes prices unique is next to nothing where something moves."""
        slack = np.abs(self.solution.value(self.market.slack))
        through = throughput(self.market, self.solution)
        return bool(np.all(slack <= np.maximum(IMBALANCE * through, NOTHING)))

    def deaf(self) -> str:
        """Where prices that decide a charge ran on while what moves there hardly answered; empty
        where that is not so.
        """
        market, at = self.market, decisive(self.market)
        if self.before is None or not len(at):
            return ""
        (old, then), new = self.before, self.prices[at]
        before, after = (throughput(market, each)[at] for each in (then, self.solution))
        moved = np.abs(new - old[at]) / np.maximum(np.abs(new), FLOOR)
        answer = np.abs(after - before) / np.maximum(after, NOTHING)
        k = int(np.argmax(np.where(after > SMALL, moved, 0.0)))
        if moved[k] <= 0.0 or answer[k] > DEAF * moved[k]:
            return ""
        words = {
            "node": market.balance.label(int(at[k])),
            "a": f"{old[at[k]]:.6g}",
            "b": f"{new[k]:.6g}",
            "part": f"{100 * answer[k]:.1g}",
            "reference": f"{market.reference[at[k]]:.6g}",
        }
        return say("model.deaf", **words)

    def _tangents(self) -> dict:
        changes = {}
        for name, pieces, sign in _curved(self.market):
            cost, curvature = tangents(pieces, self.touch[name], self.market.axes, sign)
            changes[name] = {"cost": (None, cost), "curvature": (None, curvature)}
        return changes

    def bend(self, x: Floats) -> bool:
        """Move tangents to where the program went; True while one was far from its curve."""
        far = False
        for name, pieces, _ in _curved(self.market):
            q = values(x, self.market.standard.blocks[name])
            intercept, slope = pieces.tangent(self.touch[name])
            true = pieces.marginal(q)
            gap = np.abs(intercept + slope * q - true) / np.maximum(np.abs(true), FLOOR)
            far |= bool(np.max(gap) > CLOSE)
            self.touch[name] = np.where(pieces.power, q, 0.0)
        return far


def _onward(used: Floats, found: Floats, then: tuple[Floats, Floats] | None) -> Floats:
    """Prices to take charges on next: where the secant of each node's found price over the used
    one, through this round and the one before, meets the line on which both are the same.
    """
    if then is None:
        return found
    step = used - then[0]
    moved = np.abs(step) > ROUNDING * np.abs(used)
    slope = np.divide(found - then[1], step, out=np.zeros_like(step), where=moved)
    slope = np.where(np.abs(slope) <= STEEP, slope, 0.0)
    return used + (found - used) / (1.0 - slope)


def _curved(market: Market) -> list[tuple[str, Pieces, float]]:
    """The blocks that hold isoelastic pieces, with the sign of their cost."""
    blocks = (("use", market.uses.pieces, -1.0), ("supply", market.curves.pieces, 1.0))
    return [block for block in blocks if block[1].power.any()]


def _costs(market: Market, prices: Floats) -> dict:
    """Costs of activities, arcs and builds with every charge on top, taken on `prices` by node."""
    changes: dict = {}
    for family, added in _added(market, prices).items():
        added = market.weighed(family, added)
        for block, of in market.columns(family):
            cost = values(market.standard.cost, block) + added[of]
            changes[block.name] = {"cost": (None, cost)}
    return changes


def _added(market: Market, prices: Floats) -> dict[str, Floats]:
    """USD/kg by element of each family that pays something: ad valorem charges and instruments'."""
    arcs = market.arcs
    found: dict[str, Floats] = {}
    if len(arcs.rated):
        origin = prices[market.nodes.at[arcs.origin_key]]
        found["flow"] = export_wedge(arcs, origin) + duty_wedge(arcs, origin)
    for charge in market.charges:
        size = len(market.period(charge.family))
        total = found.setdefault(charge.family, np.zeros(size))
        np.add.at(total, charge.element, charge.at(prices))
    return found


def decisive(market: Market) -> Ints:
    """The nodes whose prices decide a charge: origins of rated arcs, what rules look at."""
    origins = market.nodes.at[market.arcs.origin_key[market.arcs.rated]]
    looked_at = [charge.nodes for charge in market.charges if charge.rule is not None]
    return np.unique(np.concatenate([origins, *looked_at]).astype(np.int64))


def _told(market: Market, node: int) -> str:
    """A node whose price decides something, and the rules that look at it."""
    looking = {c.item for c in market.charges if c.rule is not None and node in c.nodes}
    if node in market.nodes.at[market.arcs.origin_key[market.arcs.rated]]:
        looking.add(say("model.rated"))
    rules = ", ".join(sorted(looking))
    return say("model.looked_at", node=market.balance.label(node), rules=rules)


def netted(market: Market) -> dict:
    """What enters less what leaves, in one column, for stocks without a rate.

    Two columns without bounds and without cost could grow together for ever at one net: a face
    without end, on which an interior point loses its way.
    """
    if market.stock is None:
        return {}
    stocks = market.stocks
    at = np.flatnonzero(np.isinf(stocks.rate) & np.isinf(stocks.rate_out))
    return {"stock_in": {"lower": (at, -np.inf)}, "stock_out": {"upper": (at, 0.0)}}


def _stored(market: Market, standard: Standard, solution: Solution) -> Solution:
    """The netted solution as one of the program itself: what leaves more than enters, leaves."""
    if market.stock is None:
        return solution
    x = solution.x.copy()
    _store_one_way(market, x)
    return _with(solution, standard, x, certify(standard, x, solution.y))


def tidy(market: Market, solution: Solution) -> Solution:
    """The solution with flat segments filled first and nothing moved to and fro, certified.

    Among solutions of one cost an interior point returns one in the middle: quantities spread over
    both segments within its tolerance, and flows to and fro where that costs nothing. Moving
    them changes no row and no dual, lowers or keeps cost, and makes price equations hold exactly.
    """
    standard, x = solution.standard, solution.x.copy()
    for family in (market.activity, market.flow):
        _fill_flat_first(market, family, x)
    _haul_one_way(market, x)
    _store_one_way(market, x)
    certificate = certify(standard, x, solution.y)
    return _with(solution, standard, x, certificate) if certificate.ok else solution


def _with(solution: Solution, standard: Standard, x: Floats, certificate: Certificate) -> Solution:
    """The solution with other quantities of the same cost, its duals as they are."""
    return replace(
        solution,
        standard=standard,
        x=x,
        z=standard.cost + standard.curvature * x - standard.A.T @ solution.y,
        objective=standard.objective(x),
        certificate=certificate,
    )


def _fill_flat_first(market: Market, family: Segments, x: Floats) -> None:
    if family.base is None or family.rise is None:
        return
    total, ends = family.total(x), np.zeros(family.size)
    ends[family.base_of] = market.standard.column_upper[family.base.slice]
    x[family.base.slice] = np.minimum(total, ends)[family.base_of]
    x[family.rise.slice] = np.maximum(total - ends, 0.0)[family.rise_of]


def _haul_one_way(market: Market, x: Floats) -> None:
    """Take the smaller of two opposite flows from both, where that loses and earns nothing."""
    there, back = market.opposite
    flow = market.flow.base
    if flow is None or len(there) == 0:
        return
    own = (
        x[flow.slice]
        - spread(x, market.arc_part, market.arc_parts.of, market.flow.size)[market.flow.base_of]
    )
    both = np.maximum(np.minimum(own[there], own[back]), 0.0)
    x[flow.start + there] -= both
    x[flow.start + back] -= both


def _store_one_way(market: Market, x: Floats) -> None:
    """Take the smaller of what enters and what leaves a stock in one period from both."""
    if market.stock is None:
        return
    into, out = x[market.stock.into.slice], x[market.stock.out.slice]
    both = np.minimum(into, out)
    into -= both
    out -= both


def throughput(market: Market, solution: Solution) -> Floats:
    """kt/yr by node: half of what arrives plus what leaves."""
    found = 0.5 * (market.turnover @ np.abs(solution.x))
    for name, parts in (("activity_part", market.way_parts), ("flow_part", market.arc_parts)):
        if parts.size:
            # a part takes the place of what the whole moves in its own class
            less = np.abs(parts.term_quantity) * solution.value(name)[parts.term_of]
            found -= add_up(market.nodes.at[parts.term_from], less, market.nodes.size)
    return np.maximum(found, 0.0)


def imbalance(market: Market, solution: Solution) -> float:
    """Largest |in - out| of a node over max(throughput, FEW)."""
    slack = np.abs(solution.value(market.slack))
    return float(np.max(slack / np.maximum(throughput(market, solution), FEW), initial=0.0))

"""At which prices does a market clear? Repeated convex programs around tangents, wedges and
shortage.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

import numpy as np

from monazite.errors import CertificateError, InfeasibleError
from monazite.kernel import Patch, Solution, solve
from monazite.kernel.certify import reduced_cost
from monazite.kernel.fixpoint import solve_fixpoint
from monazite.messages import say
from monazite.model.aside import few_builds
from monazite.model.axes import Floats
from monazite.model.market import Market
from monazite.model.near import Sketch
from monazite.model.search import COARSE, TIGHT, Search
from monazite.model.trade import duty_wedge, export_wedge
from monazite.model.unique import unique
from monazite.model.wedges import FLOOR, Settling, decisive, distance, looked_at

NO_MORE = 1e-8  # part of the objective by which rough programs differ where no more are needed,
ALIKE = 1e-5  # and where the last one is only to begin with
SETTLINGS = 3  # times that prices are settled anew after their references moved
MOST_PLAIN = 40
SETTLED = 0.1  # part of the tolerance within which plain steps must end,
OVER_YEARS = 0.5  # and where builds make a program take seconds


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
    inner = Search(close_dead_ends(market))
    inner.approach(ALIKE)
    if inner.point is None:
        return None
    whole, x, y = inner.point
    known = market.reach.open[market.nodes.key]
    prices = np.where(known, inner.prices, np.nan)
    return Sketch(inner.market, x, reduced_cost(whole, x, y), whole.cost, prices)


def _near_at_once(market: Market) -> Market:
    """The market whose search begins, where nothing is known of its answer and its builds are too
    many to begin with all, near a sketch in which all that comes in a period comes at once.
    """
    if market.build is None or market.near is not None or few_builds(market):
        return market
    if market.builds.first.all():
        return market
    known = sketch(market.at_once())
    return market if known is None else market.expecting(known)


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
    inner = Search(_near_at_once(close_dead_ends(market)))
    prices, iterations = _settle(inner, tolerance)
    solution, prices = unique(inner.market, inner.solution, prices, tolerance)
    found = solution.value(market.balance) / market.axes.weight[market.nodes.period]
    origin = prices[market.nodes.at[market.arcs.origin_key]]
    return Cleared(
        market=inner.market,
        solution=solution,
        export_charge=export_wedge(market.arcs, origin),
        duty=duty_wedge(market.arcs, origin),
        charged=tuple(charge.at(prices) for charge in market.charges),
        iterations=iterations,
        programs=inner.programs,
        residual=distance(found, prices, market),
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


def _settle(inner: Search, tolerance: float) -> tuple[Floats, int]:
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
    if len(at) == 0 or distance(inner.prices, prices, market) <= tolerance:
        return prices, 1
    scale = np.maximum(np.maximum(np.abs(prices[at]), np.abs(inner.prices[at])), FLOOR)

    def respond(scaled: Floats) -> Floats:
        prices[at] = scaled * scale
        return inner.solve(prices, 0)[at] / scale

    labels = [looked_at(market, node) for node in at]
    tried = 1
    for _ in range(SETTLINGS):
        start = inner.prices[at] / scale
        found = solve_fixpoint(respond, start, tolerance=tolerance / 10, labels=labels, scale=scale)
        tried += found.iterations
        inner.solve(prices)
        if not found.converged:
            break
        if distance(inner.prices, prices, market) <= tolerance:
            return prices, tried
        # the slack that makes prices unique moved with them: settle again from there
    raise CertificateError(say("model.wedges", told=f"{found.message} {inner.deaf()}".strip()))


def _plainly(inner: Search, tolerance: float) -> tuple[Floats, int]:
    """Programs in which charges, tangents, reference prices and what stands aside all follow the
    last one, while that brings them closer; `inner.settled` where it brought them home.

    Returns the prices of the last charges, and how often they were taken.
    """
    settling, tried = Settling(inner.market), 0
    within = tolerance * (SETTLED if inner.aside.builds is None else OVER_YEARS)
    prices, calm, near = inner.approach(NO_MORE, within)
    while tried < MOST_PLAIN:
        exact, tried = calm, tried + 1
        calm = inner.step(prices, TIGHT if exact else COARSE, near)
        near, onward = None, settling.next(prices, inner.prices)
        inner.settled = calm and exact and settling.gap <= within and inner.balanced()
        if inner.settled or (calm and settling.stuck and settling.gap > within):
            break
        inner.reference = inner.prices
        if settling.gap > within:
            prices = onward
        if not calm and inner.aside.builds is not None:
            prices, calm, near = inner.approach(NO_MORE, within, prices)
    return prices, tried

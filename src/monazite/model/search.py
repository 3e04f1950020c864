"""Which program is solved next? One with its charges fixed, without what stands aside.

A `Search` keeps what programs have in common: tangents, reference prices, what stands aside.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from monazite.errors import CertificateError
from monazite.kernel import Patch, Point, Solution, Standard, approach, certify, solve
from monazite.messages import say
from monazite.model.aside import PAYS, Aside
from monazite.model.axes import Floats
from monazite.model.demand import Pieces, start_of, tangents
from monazite.model.market import Market
from monazite.model.near import first_prices
from monazite.model.segments import values
from monazite.model.tidy import netted, stored, throughput, tidy, with_quantities
from monazite.model.wedges import FLOOR, Settling, costs, decisive

IMBALANCE = 1e-9  # relative imbalance above which reference prices are moved to the prices found
NOTHING = 1e-9  # kt/yr: a gram a year
CLOSE = 1e-9  # relative distance of a tangent from its curve at which it is accepted
TIGHT = 1e-12  # asked of the kernel: prices next to the end of a tie need more than quantities do
COARSE = 2e-9  # asked while charges, tangents and what stands aside still move
ROUGH = 1e-6  # asked while builds join; nothing is proved there
FINE = 1e-8  # asked where few join any more, for a point that can be proved as it stands,
CLOSING = 200  # once prices are so many tolerances from those that charges were taken on
MOST_ROUGH = 20  # of such programs
FEW_JOIN = 100  # of what stands aside, or fewer: the next program is asked for FINE
SURE = 1e-3  # part of its cost by which something must pay to join at rough prices,
LIKELY = 1e-8  # and at fine ones
MOST_TANGENTS = 60
MOST_MOVES = 4  # of reference prices after a program; what is left then is judged by the outcome
DEAF = 0.01  # elasticity below which what moves at a node does not answer its price
SMALL = 1e-6  # kt/yr: a kilogram
MUCH = 0.01  # part of what moves at a node, carried by slack, beyond which that is
STIFF = 100.0  # times as stiff


@dataclass(frozen=True)
class Tried:
    """What a program without proof found: a point, how much joined there, whether tangents moved,
    and its objective.
    """

    point: Point
    joined: int
    bent: bool
    objective: float


class Search:
    """The program with its charges fixed; keeps tangents and references between solves."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self.programs = 0
        self.reference = first_prices(market)
        self.touch = {"use": start_of(market.uses.pieces), "supply": start_of(market.curves.pieces)}
        self.prices = self.reference
        self.stiff = np.ones_like(self.reference)  # times the curvature of the slack
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
        charges = costs(self.market, prices)
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
        fine, last, settling = prices is not None, np.inf, Settling(self.market)
        prices = self.reference if prices is None else prices
        for _ in range(0 if self.aside.builds is None else MOST_ROUGH):
            tried = self._try(prices, fine)
            if tried is None:
                return prices, False, None
            onward, was = settling.next(prices, self.prices, rough=not fine), fine
            alike = abs(tried.objective - last) <= enough * abs(tried.objective)
            still = not tried.bent and (alike or not tried.joined) and (fine or tolerance == np.inf)
            if still and settling.gap <= tolerance and not tried.joined:
                return prices, True, tried.point
            if still and (settling.gap <= tolerance or settling.stuck):
                return self.prices, True, None
            close = settling.gap <= CLOSING * tolerance or settling.slow > 1 or fine
            fine = close and tried.joined <= FEW_JOIN and tolerance < np.inf
            if fine and not was:
                settling, onward = Settling(self.market), self.prices
            last, prices, self.reference = tried.objective, onward, self.prices
        return prices, not self.aside.parts, None

    def _try(self, prices: Floats, fine: bool) -> Tried | None:
        """A program without proof; None where it has no answer."""
        whole = self._program(costs(self.market, prices))
        found = approach(self._small(whole), FINE if fine else ROUGH)
        self.programs += 1
        if found is None:
            return None
        x, y = found[0], self.aside.duals(whole, *found)
        joined = self.aside.join(whole, x, y, LIKELY if fine else SURE, leave=not fine)
        self.point, self.prices = (whole, x, y), self._priced(y)
        return Tried(found, joined, self.bend(x), whole.objective(x))

    def step(self, prices: Floats, tolerance: float, near: Point | None = None) -> bool:
        """One program with charges taken on `prices`; False while more joins it or tangents move.

        What came out is kept as the answer, proved on the whole program, where nothing joins.
        """
        whole = self._stiffened(self._program(costs(self.market, prices)))
        if near is not None:
            self.aside.rest(near[0])
        found = self._solved(whole, tolerance, near)
        y = self.aside.duals(whole, found.x, found.y)
        least = PAYS if tolerance == TIGHT else LIKELY
        joined = self.aside.join(whole, found.x, y, least, leave=False)
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

    def _stiffened(self, whole: Standard) -> Standard:
        """The program with its slack stiffer where it carried much."""
        slack = self.market.slack
        at = np.flatnonzero(self.stiff > 1.0)
        stiff = values(whole.curvature, slack)[at] * self.stiff[at]
        return whole.apply(Patch({slack.name: {"curvature": (at, stiff)}}))

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
        solution = with_quantities(replace(found, y=y), whole, found.x, proof)
        self.solution = tidy(market, stored(market, whole, solution))
        self.prices = self._priced(solution.y)
        return self.bend(solution.x)

    def balanced(self) -> bool:
        """Whether the slack that makes prices unique is next to nothing where something moves.

        Where it is much of what little moves, it is stiffened for the programs proved from now on:
        a few grams would pay a dollar more in each of dozens of programs until they are given up.
        """
        slack = np.abs(self.solution.value(self.market.slack))
        through = throughput(self.market, self.solution)
        carries = slack > np.maximum(IMBALANCE * through, NOTHING)
        self.stiff = np.where(carries & (slack > MUCH * through), STIFF, self.stiff)
        return not carries.any()

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


def _curved(market: Market) -> list[tuple[str, Pieces, float]]:
    """The blocks that hold isoelastic pieces, with the sign of their cost."""
    blocks = (("use", market.uses.pieces, -1.0), ("supply", market.curves.pieces, 1.0))
    return [block for block in blocks if block[1].power.any()]

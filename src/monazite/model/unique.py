"""Which price is told where a market leaves it open? The one nearest to the case's own.

What an owner's mine sells to the owner's plant may have any price between what the ore costs and
what the plant can pay: quantities, and all other prices, are the same at each. Of the duals y that
prove the quantities x of an answer (a face of the dual program), that is told which minimises

    sum over open nodes n of (y_n - w_n r_n)^2 / 2 + small * sum over rents of y_r^2 / 2

with r the reference prices [USD/kg] of the case and w the weights of periods. That is what the
slack of the balances asks for in one program; over several its references move with the search,
and an open price would lie where the search happened to pass. Here it depends on x alone.

A price is open where the columns that run do not settle it: a column strictly between its bounds
is an equation between the duals of its rows, and taking equations with one unknown, over and over,
finds all others, because use that answers its price settles its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from monazite.kernel import Patch, Solution, Standard, certify, solve
from monazite.kernel.certify import reduced_cost
from monazite.model.axes import Floats, Ints
from monazite.model.market import Market
from monazite.model.tidy import throughput, with_quantities
from monazite.model.wedges import Settling, costs

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

INSIDE = 1e-9  # kt/yr from its bound at which a column or row is strictly within
MOVES = 1e-6  # kt/yr through a node whose price counts
RENT = 1e-6  # weight of a rent beside that of a price
MOST = 2000  # open rows; of more the search's own prices are told
STIFF = 1e10  # weight of what equations miss,
MET = 1e-6  # and how near is met
STEPS = 500  # of conjugate gradients to meet them exactly
ROUNDS = 20  # charges that follow an open price are taken anew so often
EXACT = 1e-11
ALIKE = 1e-6  # part of a price below which it is the same


@dataclass(frozen=True)
class Face:
    """The open duals, by row, with their bounds, and the columns that bound them: the side of its
    bounds at which each is held, neither where it is within. Something moves at `open` of the rows.
    """

    open: Ints
    rows: Ints
    least: Floats
    most: Floats
    columns: Ints
    at_lower: np.ndarray
    at_upper: np.ndarray

    @property
    def equal(self) -> np.ndarray:
        """The columns that are equations: within their bounds, or with no room between them."""
        return self.at_lower == self.at_upper


def unique(
    market: Market, solution: Solution, used: Floats, tolerance: float
) -> tuple[Solution, Floats]:
    """The answer with its open prices nearest to the references, and the prices [USD/kg by node]
    that its charges are taken on; both as given where they are that already, or not proved.
    """
    face = _face(market, solution)
    if face is None:
        return solution, used
    taken, mine, settling = used.copy(), market.balance.slice, Settling(market)
    weight = market.axes.weight[market.nodes.period]
    at = face.rows[(face.rows >= mine.start) & (face.rows < mine.stop)] - mine.start
    for _ in range(ROUNDS):
        standard = solution.standard.apply(Patch(costs(market, taken)))
        y = _nearest(market, standard, solution, face)
        if y is None:
            break
        found = y[mine] / weight
        onward = settling.next(taken, found)
        if settling.gap > tolerance:
            taken[at] = onward[at]
            continue
        if np.allclose(y[face.open], solution.y[face.open], rtol=ALIKE, atol=ALIKE):
            break
        proved = _proved(market, standard, solution, y, at)
        return (solution, used) if proved is None else (proved, taken)
    return solution, used


def _proved(
    market: Market, standard: Standard, solution: Solution, y: Floats, node: Ints
) -> Solution | None:
    """The answer with these duals, its slack referring to them; None where they are not proved."""
    slack = market.slack.start + node
    wanted = y[market.balance.start + node] - standard.curvature[slack] * solution.x[slack]
    standard = standard.apply(Patch({market.slack.name: {"cost": (node, wanted)}}))
    proof = certify(standard, solution.x, y)
    if not proof.ok:
        return None
    return with_quantities(replace(solution, y=y), standard, solution.x, proof)


def _face(market: Market, solution: Solution) -> Face | None:
    """What is open around nodes where something moves; None where all prices are settled.

    Plants, builds and stocks tie the goods of one place together, so the face follows these as far
    as duals are open, but no arcs: a place where nothing moves has the price that the search found.
    """
    standard, x = solution.standard, solution.x
    links = abs(standard.A).sign().tocsr()
    live = standard.column_upper > standard.column_lower
    live[market.slack.slice] = False
    lower, upper = _held(x, standard.column_lower, standard.column_upper)
    low, high = _held(standard.A @ x, standard.row_lower, standard.row_upper)
    within = np.flatnonzero(live & ~lower & ~upper)
    unsettled = _unsettled(links[:, within], low | high)
    moving = np.zeros(len(unsettled), dtype=bool)
    moving[market.balance.slice] = throughput(market, solution) > MOVES
    moving &= unsettled
    if not moving.any():
        return None
    rows = np.flatnonzero(_tied(links, moving, unsettled, live & ~_arcs(market)))
    if len(rows) > MOST:
        return None
    columns = np.flatnonzero(live & (links[rows].sum(axis=0).A1 > 0))
    least, most = np.where(high[rows], -np.inf, 0.0), np.where(low[rows], np.inf, 0.0)
    return Face(np.flatnonzero(moving), rows, least, most, columns, lower[columns], upper[columns])


def _held(value: Floats, lower: Floats, upper: Floats) -> tuple[np.ndarray, np.ndarray]:
    """Whether values lie at their lower, and at their upper bounds."""
    return value <= lower + INSIDE, value >= upper - INSIDE


def _arcs(market: Market) -> np.ndarray:
    """Which columns are arcs, or cleaner parts of them."""
    found = np.zeros(market.standard.A.shape[1], dtype=bool)
    for block in (*(block for block, _ in market.flow.parts()), market.arc_part):
        if block is not None:
            found[block.slice] = True
    return found


def _unsettled(links: csr_matrix, tight: np.ndarray) -> np.ndarray:
    """Rows whose duals no equations settle one by one: those of slack rows are zero, and a column
    with one unknown dual tells it.
    """
    unknown, place = tight.astype(float), np.arange(len(tight), dtype=float)
    while True:
        alone = np.flatnonzero(links.T @ unknown == 1.0)
        if not len(alone):
            return unknown > 0
        unknown[(links.T @ (unknown * place))[alone].astype(int)] = 0.0


def _tied(
    links: csr_matrix, rows: np.ndarray, among: np.ndarray, columns: np.ndarray
) -> np.ndarray:
    """The rows that columns tie to these, and those tied to them, among some."""
    while True:
        reached = (links @ ((links.T @ rows.astype(float) > 0) & columns).astype(float) > 0) & among
        if reached.sum() == rows.sum():
            return rows
        rows = reached


def _nearest(market: Market, standard: Standard, solution: Solution, face: Face) -> Floats | None:
    """The duals of the face nearest to the references; None where no program proves them.

    minimise the distance over y of open rows, A'y + e = cost + curvature x of columns within their
    bounds, <= of columns at their lower, >= of columns at their upper bound. Equations that hold
    to rounding only, and of which some follow from others, are met by e, at a high cost.
    """
    from scipy.sparse import hstack, identity

    y, weight = solution.y.copy(), np.full(len(solution.y), RENT)
    wanted = np.zeros(len(y))
    weight[market.balance.slice] = 1.0
    wanted[market.balance.slice] = market.reference * market.axes.weight[market.nodes.period]
    y[face.rows] = 0.0
    own = reduced_cost(standard, solution.x, y)[face.columns]
    each, free = weight[face.rows], np.full(len(face.columns), np.inf)
    found = solve(
        Standard(
            name="open prices",
            objective_unit=standard.objective_unit,
            A=hstack([standard.A[face.rows][:, face.columns].T, identity(len(own))], format="csc"),
            cost=np.append(-each * wanted[face.rows], np.zeros(len(own))),
            curvature=np.append(each, np.full(len(own), STIFF)),
            row_lower=np.where(face.at_lower & ~face.equal, -np.inf, own),
            row_upper=np.where(face.at_upper & ~face.equal, np.inf, own),
            column_lower=np.append(face.least, -free),
            column_upper=np.append(face.most, free),
            blocks={},
        ),
        tolerance=EXACT,
    )
    if not found.solved:
        return None
    near = found.x[: len(face.rows)]
    y[face.rows] = min(
        (near, _exact(standard, face, own, near)),
        key=lambda duals: _missed(standard, face, own, duals),
    )
    return y


def _missed(standard: Standard, face: Face, own: Floats, y: Floats) -> float:
    """By how much duals of the face miss an equation or break an inequality at most."""
    gap = own - standard.A[face.rows][:, face.columns].T @ y
    missed = np.where(face.equal, np.abs(gap), np.where(face.at_lower, -gap, gap))
    beyond = np.maximum(face.least - y, y - face.most)
    return float(max(missed.max(initial=0.0), beyond.max(initial=0.0)))


def _exact(standard: Standard, face: Face, own: Floats, y: Floats) -> Floats:
    """The duals of the face without what equations missed: the least step of those within their
    bounds that meets every equation, and every inequality that holds as one.
    """
    from scipy.sparse.linalg import lsmr

    gap = own - standard.A[face.rows][:, face.columns].T @ y
    met = (np.abs(gap) <= MET * (1.0 + np.abs(own))) | face.equal
    inside = (y > face.least + MET) & (y < face.most - MET)
    equations = standard.A[face.rows[inside]][:, face.columns[met]].T
    y = y.copy()
    y[inside] += lsmr(equations, gap[met], atol=1e-14, btol=1e-14, maxiter=STEPS)[0]
    return y

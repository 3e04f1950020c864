"""At which prices do products tied by conversions and arcs clear, and how much of each moves?

The program: greatest Σ limit·bought − Σ limit·sold − Σ fee·runs over the balance of each product. A
solver proposes; then, in fractions,

1. prices P: of all prices that support the proposal, the point nearest the references,
   least Σ ((P − reference) / reference)²;
2. quantities x at those prices: what is better than its limit moves whole, what is worse not at
   all, and of what lies on its limit as much as can (most kilograms in and out of members' orders,
   the stockpile's own last), shared as evenly as can be (least Σ x² / size);
3. proof: x balances and fits P, so both are best; P is nearest among all prices that x allows.

Where a step fails the proposal was wrong, and an exact simplex takes the solver's place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import numpy as np

from monazite.club.exact import Nearest, Number, dot, maximise
from monazite.errors import CertificateError

EXCESS = -1_000_000  # what a kilogram that only the floor buys counts for, beside a member's 1
WHOLE = ("link", "extra")


@dataclass(frozen=True)
class Curve:
    """Kilograms at each limit of one side of one product, limits ascending."""

    limits: np.ndarray
    kg: np.ndarray

    def at(self, price: Fraction) -> int:
        """Kilograms exactly at a price."""
        if price.denominator != 1:
            return 0
        k = int(np.searchsorted(self.limits, price.numerator))
        found = k < len(self.limits) and int(self.limits[k]) == price.numerator
        return int(self.kg[k]) if found else 0

    def below(self, price: Fraction) -> int:
        """Kilograms at limits strictly below a price."""
        return int(self.kg[: self._left(price)].sum())

    def above(self, price: Fraction) -> int:
        """Kilograms at limits strictly above a price."""
        return int(self.kg[self._right(price) :].sum())

    def last_below(self, price: Fraction) -> int | None:
        k = self._left(price)
        return int(self.limits[k - 1]) if k else None

    def first_above(self, price: Fraction) -> int | None:
        k = self._right(price)
        return int(self.limits[k]) if k < len(self.limits) else None

    def _left(self, price: Fraction) -> int:
        return int(np.searchsorted(self.limits, -(-price.numerator // price.denominator)))

    def _right(self, price: Fraction) -> int:
        whole = price.numerator // price.denominator
        return int(np.searchsorted(self.limits, whole, side="right"))


EMPTY = Curve(np.empty(0, np.int64), np.empty(0, np.int64))


@dataclass(frozen=True)
class Extra:
    """An order beside members': the stockpile's (weight 0), or the floor itself (`EXCESS`)."""

    id: str
    node: int
    sign: int  # +1 sells, −1 buys
    limit: int
    kg: int
    weight: int = 0


@dataclass(frozen=True)
class Link:
    """A conversion or an arc: kilograms of each product per run (+ gives, − takes), fee, runs."""

    id: str
    terms: Mapping[int, int]
    fee: int
    cap: int
    arc: bool = False


@dataclass(frozen=True)
class Net:
    """Products tied together. Nodes are numbered; `floor` is None where a product has none."""

    references: Sequence[int]
    floors: Sequence[int | None]
    bids: Sequence[Curve]
    asks: Sequence[Curve]
    extras: Sequence[Extra] = ()
    links: Sequence[Link] = ()


@dataclass(frozen=True)
class Item:
    """A quantity that may be anything between 0 and `cap` at the prices: what and where."""

    kind: str  # bid, ask, extra, link; and bids, asks: what is better than its limit
    at: int  # node of a bid or ask, number of an extra or link
    cap: int
    weight: int
    terms: Mapping[int, int]


@dataclass(frozen=True)
class Cleared:
    """Prices, the items on their limit with their exact quantities, and the proof's multipliers."""

    prices: list[Fraction]
    items: list[Item]
    x: list[Fraction]
    pulls: dict[str, Any] = field(default_factory=dict)
    cut: bool = False


def clear_net(net: Net, *, exact: bool = False) -> Cleared:
    """Prices and quantities of linked products, proved. `exact` leaves the solver out.

    Raises CertificateError where no proof is found, which would be a fault of this program.
    """
    whole = with_floors(net)
    if not exact:
        found = _proposed(whole)
        if found is not None and (cleared := _settled(whole, found)) is not None:
            return _cut(whole, cleared)
    cleared = _settled(whole, _exact_face(whole))
    if cleared is None:
        raise CertificateError("linked products: no proof of prices and quantities")
    return _cut(whole, cleared)


def with_floors(net: Net) -> Net:
    """The net with a last buyer at each floor, who takes what nobody else does at that price."""
    more = []
    for node, floor in enumerate(net.floors):
        if floor is not None:
            supply = int(net.asks[node].kg.sum())
            supply += sum(e.kg for e in net.extras if e.node == node and e.sign == 1)
            supply += sum(max(0, k.terms.get(node, 0)) * k.cap for k in net.links)
            # one kilogram more than can come, so that it is never filled and the price never lower
            more.append(Extra(f"floor:{node}", node, -1, floor, supply + 1, EXCESS))
    return replace(net, extras=[*net.extras, *more])


# --- 1: prices ------------------------------------------------------------------------------------

Face = tuple[list[int | None], list[int | None], list[int | None], list[int | None]]


def _settled(net: Net, face: Face) -> Cleared | None:
    """Prices nearest the references on `face`, quantities at them, and the proof of both."""
    try:
        prices, multiplier = _nearest(net, face)
    except ValueError:
        return None
    for _ in range(3):
        found = _quantities(net, prices)
        if found is None:
            return None
        items, x, pulls = found
        # the rows that held before most likely hold again
        guess = {k: 1 if m > 0 else -1 for k, m in enumerate(multiplier) if m}
        again, multiplier = _nearest(net, _face(net, prices, items, x), guess)
        if again == prices:
            # the rows are in the order of `_rows`: the box of each node, then the links
            return Cleared(prices, items, x, {**pulls, "price": multiplier})
        prices = again
    return None


def _rows(net: Net) -> list[Mapping[int, int]]:
    return [{i: 1} for i in range(len(net.references))] + [link.terms for link in net.links]


def _nearest(
    net: Net, face: Face, guess: Mapping[int, int] | None = None
) -> tuple[list[Fraction], list[Fraction]]:
    """The prices of the face nearest the references, and the multiplier of each row."""
    low, high, least, most = face
    rows = _rows(net)
    weight = [Fraction(1, r * r) for r in net.references]
    problem = Nearest(net.references, weight, rows, [*low, *least], [*high, *most])
    if guess is None:
        return problem.solve(_float_guess(problem))
    bounds = {1: problem.upper, -1: problem.lower}
    return problem.solve({k: s for k, s in guess.items() if bounds[s][k] is not None})


def _float_guess(problem: Nearest) -> dict[int, int]:
    """Which rows pull, by a solver; no more than a guess."""
    import piqp
    from scipy import sparse

    size, rows = len(problem.target), problem.rows
    scale = np.array([float(r) for r in problem.target])  # prices in units of their references
    matrix = sparse.lil_matrix((len(rows), size))
    for k, row in enumerate(rows):
        for v, a in row.items():
            matrix[k, v] = a * scale[v]
    norm = np.maximum(abs(matrix).max(axis=1).toarray().ravel(), 1e-300)
    matrix = sparse.diags(1 / norm) @ matrix.tocsr()
    lower, upper = (
        np.array([default if b is None else float(b) for b in bounds]) / norm
        for bounds, default in ((problem.lower, -1e300), (problem.upper, 1e300))
    )
    lower[lower < -1e29], upper[upper > 1e29] = -1e30, 1e30
    same = np.array([problem._equation(k) for k in range(len(rows))])
    bounded = (lower[~same] > -1e29) | (upper[~same] < 1e29)
    solver = piqp.SparseSolver()
    solver.settings.eps_abs = solver.settings.eps_rel = 1e-11
    solver.settings.verbose = False
    one = sparse.csc_matrix
    solver.setup(
        one(sparse.eye(size)), -np.ones(size),
        one(matrix[same]), lower[same],
        one(matrix[~same][bounded]), lower[~same][bounded], upper[~same][bounded],
    )  # fmt: skip
    solver.solve()
    pull = np.asarray(solver.result.z_u) - np.asarray(solver.result.z_l)
    free = np.flatnonzero(~same)[bounded]
    return {int(k): (1 if p > 0 else -1) for k, p in zip(free, pull, strict=True) if abs(p) > 1e-8}


def _face(net: Net, prices: Sequence[Fraction], items: Sequence[Item], x: Sequence[Number]) -> Face:
    """Limits of every price, and of every link's margin, that these quantities allow."""
    low: list[int | None] = []
    high: list[int | None] = []
    for node, price in enumerate(prices):
        low.append(_largest(net.asks[node].last_below(price), net.bids[node].last_below(price)))
        high.append(_least(net.asks[node].first_above(price), net.bids[node].first_above(price)))
    for extra in net.extras:
        if extra.limit < prices[extra.node]:
            low[extra.node] = _largest(low[extra.node], extra.limit)
        elif extra.limit > prices[extra.node]:
            high[extra.node] = _least(high[extra.node], extra.limit)
    least: list[int | None] = [None] * len(net.links)
    most: list[int | None] = [None] * len(net.links)
    for k, link in enumerate(net.links):
        runs = dot(link.terms, prices) > link.fee
        least[k], most[k] = (link.fee, None) if runs else (None, link.fee)
    for item, moved in zip(items, x, strict=True):
        if item.kind == "link":
            least[item.at] = net.links[item.at].fee if moved > 0 else None
            most[item.at] = net.links[item.at].fee if moved < item.cap else None
            continue
        node, sign = next(iter(item.terms.items()))
        limit = int(prices[node])
        if (moved > 0) if sign == 1 else (moved < item.cap):
            low[node] = _largest(low[node], limit)
        if (moved < item.cap) if sign == 1 else (moved > 0):
            high[node] = _least(high[node], limit)
    return low, high, least, most


def _largest(*values: int | None) -> int | None:
    return max((v for v in values if v is not None), default=None)


def _least(*values: int | None) -> int | None:
    return min((v for v in values if v is not None), default=None)


# --- 2: quantities --------------------------------------------------------------------------------


def _items(net: Net, prices: Sequence[Fraction]) -> Iterator[Item]:
    """What lies exactly on its limit at the prices, and may move in part."""
    for node, price in enumerate(prices):
        if cap := net.bids[node].at(price):
            yield Item("bid", node, cap, 1, {node: -1})
        if cap := net.asks[node].at(price):
            yield Item("ask", node, cap, 1, {node: 1})
    for k, extra in enumerate(net.extras):
        if extra.kg and extra.limit == prices[extra.node]:
            yield Item("extra", k, extra.kg, extra.weight, {extra.node: extra.sign})
    for k, link in enumerate(net.links):
        if link.cap and dot(link.terms, prices) == link.fee:
            yield Item("link", k, link.cap, 0, link.terms)


def whole_moves(net: Net, prices: Sequence[Fraction]) -> list[int]:
    """Kilograms of each node that come (+) or go (−) with all that is better than its limit."""
    sums = [net.asks[i].below(price) - net.bids[i].above(price) for i, price in enumerate(prices)]
    for extra in net.extras:
        if extra.sign * (prices[extra.node] - extra.limit) > 0:
            sums[extra.node] += extra.sign * extra.kg
    for link in net.links:
        if dot(link.terms, prices) > link.fee:
            for node, kg in link.terms.items():
                sums[node] += kg * link.cap
    return sums


def _quantities(
    net: Net, prices: Sequence[Fraction]
) -> tuple[list[Item], list[Fraction], dict[str, Any]] | None:
    """The items on their limit, how much of each moves, and the proof; None if nothing balances."""
    items = list(_items(net, prices))
    sums = whole_moves(net, prices)
    rows = _balance(items, len(sums))
    best = maximise([i.weight for i in items], rows, [-s for s in sums], [i.cap for i in items])
    if best is None:
        return None
    first, duals = best
    lower: list[Number | None] = [-s for s in sums]
    upper: list[Number | None] = [-s for s in sums]
    for j, item in enumerate(items):
        worth = item.weight - sum(duals[i] * a for i, a in item.terms.items())
        lower.append(item.cap if worth > 0 else 0)
        upper.append(0 if worth < 0 else item.cap)
        assert worth == 0 or first[j] == (item.cap if worth > 0 else 0)
    boxes: list[Mapping[int, int]] = [{j: 1} for j in range(len(items))]
    even = Nearest(
        [0] * len(items), [Fraction(1, i.cap) for i in items], rows + boxes, lower, upper
    )
    x, pulls = even.solve()
    return items, x, {"volume": duals, "even": pulls[: len(sums)]}


def _balance(items: Sequence[Item], nodes: int) -> list[Mapping[int, int]]:
    rows: list[dict[int, int]] = [{} for _ in range(nodes)]
    for j, item in enumerate(items):
        for node, kg in item.terms.items():
            rows[node][j] = kg
    return list(rows)


def worth(curve: Curve, price: Fraction, sign: int) -> int:
    """Σ limit·kg of what is better than the price: bids (−1) above it, asks (+1) below."""
    at = slice(curve._left(price)) if sign == 1 else slice(curve._right(price), None)
    pairs = zip(curve.limits[at].tolist(), curve.kg[at].tolist(), strict=True)
    return sum(limit * kg for limit, kg in pairs)


def welfare(net: Net, cleared: Cleared) -> Fraction:
    """Σ limit·bought − Σ limit·sold − Σ fee·runs, in micro-dollars, of the exact quantities."""
    if cleared.cut:
        before = cleared.pulls["before"]
        cleared = Cleared(cleared.prices, before["items"], before["x"])
    moved = [(item, x) for item, x in zip(cleared.items, cleared.x, strict=True)]
    total = Fraction(0)
    for node, price in enumerate(cleared.prices):
        total += worth(net.bids[node], price, -1) - worth(net.asks[node], price, 1)
    moved += [(i, Fraction(i.cap)) for i in _better(net, cleared.prices) if i.kind in WHOLE]
    for item, x in moved:
        if item.kind == "link":
            total -= net.links[item.at].fee * x
        elif item.kind == "extra":
            total -= net.extras[item.at].sign * net.extras[item.at].limit * x
        else:
            node, sign = next(iter(item.terms.items()))
            total -= sign * cleared.prices[node] * x
    return total


# --- what only the floor would buy ----------------------------------------------------------------


def _cut(net: Net, cleared: Cleared) -> Cleared:
    """Quantities without the floor's own buyer, each cut as evenly as the balances allow.

    Prices stay. Of all quantities nobody loses by, those with least Σ (x⁰ − x)² / x⁰ are taken, x⁰
    being what would have moved; so a cut runs up the chain and down its other products.
    """
    idle = {k for k, extra in enumerate(net.extras) if extra.weight == EXCESS}
    moved = list(zip(cleared.items, cleared.x, strict=True))
    if not any(x for item, x in moved if item.kind == "extra" and item.at in idle):
        return cleared
    kept = [(i, x) for i, x in moved if x and not (i.kind == "extra" and i.at in idle)]
    kept += [(item, Fraction(item.cap)) for item in _better(net, cleared.prices)]
    items = [item for item, _ in kept]
    rows = _balance(items, len(net.references))
    nodes = len(rows)
    boxes: list[Mapping[int, int]] = [{j: 1} for j in range(len(items))]
    even = Nearest(
        [x for _, x in kept], [1 / x for _, x in kept], rows + boxes,
        [*[0] * nodes, *[0] * len(items)], [*[0] * nodes, *[i.cap for i in items]],
    )  # fmt: skip
    x, pulls = even.solve()
    before = {"items": cleared.items, "x": cleared.x}
    return Cleared(
        cleared.prices,
        items,
        x,
        {**cleared.pulls, "cut": pulls[:nodes], "before": before},
        cut=True,
    )


def _better(net: Net, prices: Sequence[Fraction]) -> Iterator[Item]:
    """What is better than its limit: one item a side of a product, each link, each extra."""
    for node, price in enumerate(prices):
        if cap := net.bids[node].above(price):
            yield Item("bids", node, cap, 1, {node: -1})
        if cap := net.asks[node].below(price):
            yield Item("asks", node, cap, 1, {node: 1})
    for k, extra in enumerate(net.extras):
        if extra.kg and extra.sign * (prices[extra.node] - extra.limit) > 0:
            yield Item("extra", k, extra.kg, extra.weight, {extra.node: extra.sign})
    for k, link in enumerate(net.links):
        if link.cap and dot(link.terms, prices) > link.fee:
            yield Item("link", k, link.cap, 0, link.terms)


# --- proposals ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Levels:
    """Every price level of the net as one column: node, sign (+1 sells), limit, kilograms."""

    node: np.ndarray
    sign: np.ndarray
    limit: np.ndarray
    kg: np.ndarray


def _levels(net: Net) -> Levels:
    parts = []
    for node, (bids, asks) in enumerate(zip(net.bids, net.asks, strict=True)):
        for sign, curve in ((-1, bids), (1, asks)):
            size = len(curve.limits)
            parts.append((np.full(size, node), np.full(size, sign), curve.limits, curve.kg))
    for e in net.extras:
        parts.append(tuple(np.array([v], np.int64) for v in (e.node, e.sign, e.limit, e.kg)))  # type: ignore[arg-type]
    return Levels(*(np.concatenate(column).astype(np.int64) for column in zip(*parts, strict=True)))


def _proposed(net: Net) -> Face | None:
    """The face that a solver's answer points at; None where it gives no answer."""
    import highspy

    levels = _levels(net)
    size, count, nodes = len(levels.node), len(net.links), len(net.references)
    price = float(max(net.references)) / 1000.0
    mass = float(max(1, int(levels.kg.max(initial=1)))) / 1000.0
    ends = np.array([[n, kg] for link in net.links for n, kg in link.terms.items()], float)
    runs = np.array([max(abs(kg) for kg in link.terms.values()) for link in net.links], float)
    lengths = [len(link.terms) for link in net.links]
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = nodes, size + count
    # a link is counted in the kilograms of its largest leg, so that all columns are alike
    fees = np.array([link.fee for link in net.links], float) / np.maximum(runs, 1.0)
    caps = np.array([link.cap for link in net.links], float) * runs
    lp.col_cost_ = np.concatenate([levels.sign * levels.limit, fees]) / price
    lp.col_lower_ = np.zeros(size + count)
    lp.col_upper_ = np.concatenate([levels.kg, caps]) / mass
    lp.row_lower_ = lp.row_upper_ = np.zeros(nodes)
    starts = np.concatenate([np.arange(size + 1), size + np.cumsum(lengths, dtype=int)])
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = starts.astype(np.int32)
    linked = ends[:, 0] if count else np.empty(0)
    values = ends[:, 1] / np.repeat(runs, lengths) if count else np.empty(0)
    lp.a_matrix_.index_ = np.concatenate([levels.node, linked]).astype(np.int32)
    lp.a_matrix_.value_ = np.concatenate([levels.sign, values]).astype(float)
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("presolve", "off")  # six times as fast: the columns are boxes
    solver.setOptionValue("primal_feasibility_tolerance", 1e-9)
    solver.setOptionValue("dual_feasibility_tolerance", 1e-9)
    solver.passModel(lp)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    x = np.asarray(solver.getSolution().col_value) * mass
    return _face_of(net, levels, x[:size], x[size:] / np.maximum(runs, 1.0))


def _face_of(net: Net, levels: Levels, x: np.ndarray, runs: np.ndarray) -> Face:
    """Limits of prices and margins that rough quantities allow."""
    nodes, small = len(net.references), 1e-6
    moved = x > small * np.maximum(1.0, levels.kg * 1e-3)
    short = x < levels.kg - small * np.maximum(1.0, levels.kg * 1e-3)
    low = np.full(nodes, np.iinfo(np.int64).min)
    high = np.full(nodes, np.iinfo(np.int64).max)
    below = np.where(levels.sign == 1, moved, short)
    above = np.where(levels.sign == 1, short, moved)
    np.maximum.at(low, levels.node[below], levels.limit[below])
    np.minimum.at(high, levels.node[above], levels.limit[above])
    least: list[int | None] = []
    most: list[int | None] = []
    for link, r in zip(net.links, runs, strict=True):
        tiny = small * max(1.0, link.cap * 1e-3)
        least.append(link.fee if r > tiny else None)
        most.append(link.fee if r < link.cap - tiny else None)
    ends = np.iinfo(np.int64)
    lows = [None if v == ends.min else int(v) for v in low]
    highs = [None if v == ends.max else int(v) for v in high]
    return lows, highs, least, most


def _exact_face(net: Net) -> Face:
    """The face of a best answer found by simplex in fractions, over every level."""
    levels = _levels(net)
    size, nodes = len(levels.node), len(net.references)
    rows: list[dict[int, int]] = [{} for _ in range(nodes)]
    for j in range(size):
        rows[int(levels.node[j])][j] = int(levels.sign[j])
    for k, link in enumerate(net.links):
        for node, kg in link.terms.items():
            rows[node][size + k] = kg
    gain = [-int(s) * int(p) for s, p in zip(levels.sign, levels.limit, strict=True)]
    gain += [-link.fee for link in net.links]
    upper = [int(kg) for kg in levels.kg] + [link.cap for link in net.links]
    found = maximise(gain, rows, [0] * nodes, upper)
    assert found is not None  # nothing moving is always possible
    x, _ = found
    low: list[int | None] = [None] * nodes
    high: list[int | None] = [None] * nodes
    for j in range(size):
        node, limit = int(levels.node[j]), int(levels.limit[j])
        sells = levels.sign[j] == 1
        if (x[j] > 0) if sells else (x[j] < upper[j]):
            low[node] = _largest(low[node], limit)
        if (x[j] < upper[j]) if sells else (x[j] > 0):
            high[node] = _least(high[node], limit)
    runs = x[size:]
    least = [link.fee if r > 0 else None for link, r in zip(net.links, runs, strict=True)]
    most = [link.fee if r < link.cap else None for link, r in zip(net.links, runs, strict=True)]
    return low, high, least, most

"""Who gets what of a quantity that does not suffice, to the last lot and the last kilogram?

Pro rata by group, whole lots; the remaining lots go by largest fraction, then by a hash of auction,
committed value and name, which nobody can steer. Within a group the same again, order by order.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np

Hash = Callable[[str], str]
PPM = 1_000_000


def tie_hash(auction: str, commitment: str) -> Hash:
    """The function that settles ties: SHA-256 over the JSON list of auction, value and name."""

    def of(name: str) -> str:
        text = json.dumps([auction, commitment, name], ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode("utf-8")).hexdigest()

    return of


def apportion(
    total: int, sizes: np.ndarray, name: Callable[[int], str], tie: Hash, caps: np.ndarray | None
) -> tuple[np.ndarray, int]:
    """Whole numbers in proportion to `sizes` that sum to `total`, and who got the last one.

    No share exceeds its size, nor its cap as long as the caps leave room for the total.
    """
    if caps is not None:
        return _capped(total, sizes, name, tie, np.minimum(sizes, caps))
    whole = int(sizes.sum())
    if total * int(sizes.max()) < 2**62:
        shares, rest = np.divmod(total * sizes, whole)
    else:
        pairs = [divmod(total * int(size), whole) for size in sizes]
        shares, rest = (np.array([p[k] for p in pairs], dtype=object) for k in (0, 1))
        shares = shares.astype(np.int64)
    left = total - int(shares.sum())
    ranked = _ranked(rest, left, name, tie)
    shares[ranked] += 1
    if ranked:
        return shares, ranked[-1]
    served = np.flatnonzero(shares > 0)
    return shares, max((int(k) for k in served), key=lambda k: tie(name(k)), default=-1)


def _ranked(rest: np.ndarray, left: int, name: Callable[[int], str], tie: Hash) -> list[int]:
    """The `left` positions with the largest fraction, ties by hash."""
    if not left:
        return []
    cut = np.sort(rest)[len(rest) - left]
    first = [int(k) for k in np.flatnonzero(rest > cut)]
    equal = [int(k) for k in np.flatnonzero(rest == cut)]
    if len(first) + len(equal) > left:
        equal.sort(key=lambda k: tie(name(k)))
    return first + equal[: left - len(first)]


def _capped(
    total: int, sizes: np.ndarray, name: Callable[[int], str], tie: Hash, caps: np.ndarray
) -> tuple[np.ndarray, int]:
    """Those whose share would pass their cap get the cap; the others share the rest."""
    if int(caps.sum()) <= total:
        shares = caps.copy()
        if int(caps.sum()) < total:
            rest, last = apportion(total - int(caps.sum()), sizes - caps, name, tie, None)
            return shares + rest, last
        return shares, int(np.flatnonzero(shares > 0)[-1])
    shares, free = np.zeros_like(sizes), np.ones(len(sizes), bool)
    while True:
        left, whole = total - int(shares[~free].sum()), int(sizes[free].sum())
        over = [int(k) for k in np.flatnonzero(free) if left * int(sizes[k]) > whole * int(caps[k])]
        if not over:
            break
        shares[over], free[over] = caps[over], False
    at = np.flatnonzero(free)
    part, last = apportion(left, sizes[at], lambda k: name(int(at[k])), tie, None)
    shares[at] = part
    return shares, int(at[last])


def share(
    kg: int,
    sizes: np.ndarray,
    groups: np.ndarray,
    lot_kg: int,
    ids: Sequence[str],
    group_names: Sequence[str],
    tie: Hash,
    cap_ppm: int = PPM,
) -> np.ndarray:
    """Kilograms for each order out of `kg`: pro rata by group, then by order, in whole lots.

    `sizes` are kilograms; a remainder smaller than a lot goes to whoever is last in line for one.
    """
    if kg == int(sizes.sum()):
        return sizes.copy()
    if kg == 0:
        return np.zeros_like(sizes)
    unit = lot_kg if not np.any(sizes % lot_kg) else 1
    lots, broken = sizes // unit, kg % unit
    total = kg // unit + (1 if broken else 0)
    codes, inverse = np.unique(groups, return_inverse=True)
    of_group = np.zeros(len(codes), np.int64)
    np.add.at(of_group, inverse, lots)
    caps = None if cap_ppm >= PPM else np.full(len(codes), total * cap_ppm // PPM, np.int64)
    given, last_group = apportion(total, of_group, lambda k: group_names[int(codes[k])], tie, caps)
    fills = np.zeros_like(sizes)
    order = np.argsort(inverse, kind="stable")
    ends = np.searchsorted(inverse[order], np.arange(len(codes) + 1))
    last = -1
    for g in np.flatnonzero(given):
        at = order[ends[g] : ends[g + 1]]
        if int(given[g]) == int(of_group[g]) and g != last_group:
            fills[at] = lots[at]
            continue
        part, final = apportion(int(given[g]), lots[at], _namer(ids, at), tie, None)
        fills[at] = part
        if g == last_group:
            last = int(at[final])
    fills *= unit
    if broken:
        fills[last] -= unit - broken
    return fills


def _namer(ids: Sequence[str], at: np.ndarray) -> Callable[[int], str]:
    return lambda k: ids[int(at[k])]


# --- fractions of a kilogram ----------------------------------------------------------------------


def whole_flows(flows: Sequence[tuple[int, int, Fraction]]) -> list[int]:
    """Each flow (from, to, kilograms) rounded up or down so that every node still balances.

    The flows round a cycle of broken ones are moved until one of them is whole; the smaller move is
    taken. Needs that what each node gets besides these flows is whole.
    """
    values = [flow for _, _, flow in flows]
    touching: dict[int, list[int]] = {}
    for k, (tail, head, _) in enumerate(flows):
        touching.setdefault(tail, []).append(k)
        touching.setdefault(head, []).append(k)
    for k in range(len(flows)):
        while values[k].denominator != 1:
            cycle = _cycle(k, flows, values, touching)
            _push(cycle, values)
    return [int(value) for value in values]


def _cycle(
    start: int,
    flows: Sequence[tuple[int, int, Fraction]],
    values: Sequence[Fraction],
    touching: dict[int, list[int]],
) -> list[tuple[int, int]]:
    """Broken flows that form a cycle, each with +1 where it is walked forward, −1 backward."""
    node, path, seen = flows[start][0], list[tuple[int, int]](), dict[int, int]()
    edge = start
    while node not in seen:
        seen[node] = len(path)
        if path:
            came = path[-1][0]
            edge = next(k for k in touching[node] if k != came and values[k].denominator != 1)
        tail, head, _ = flows[edge]
        path.append((edge, 1 if tail == node else -1))
        node = head if tail == node else tail
    return path[seen[node] :]


def _push(cycle: Sequence[tuple[int, int]], values: list[Fraction]) -> None:
    up = min(_room(values[k], way) for k, way in cycle)
    down = min(_room(values[k], -way) for k, way in cycle)
    step = up if up <= down else -down
    for k, way in cycle:
        values[k] += way * step


def _room(value: Fraction, way: int) -> Fraction:
    """How far a value may move until it is whole."""
    floor = value.numerator // value.denominator
    return floor + 1 - value if way == 1 else value - floor

"""At which price does one product clear by itself, and how much lies on the limit?

Sort and scan in whole numbers. With D(p) what is bid at p or more and S(p) what is asked at p or
less, the prices that clear are those with D(p⁺) ≤ S(p) and S(p⁻) ≤ D(p); the volume is the most
that can trade at the price taken, min(D(p), S(p)).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from monazite.club.linked import Curve


@dataclass(frozen=True)
class Margin:
    """What moves of what is asked and bid exactly at the price, members' and the stockpile's."""

    price: int
    bids: int
    asks: int
    stockpile_bids: int
    stockpile_asks: int


def interval(bids: Curve, asks: Curve) -> tuple[int, int] | None:
    """The lowest and the highest price that clear; None where nothing trades."""
    if not len(bids.limits) or not len(asks.limits):
        return None
    if int(bids.limits[-1]) < int(asks.limits[0]):
        return None
    grid = np.union1d(bids.limits, asks.limits)
    demand = _from(bids, grid, "left")  # at this price or more
    supply = _upto(asks, grid, "right")  # at this price or less
    low = grid[np.argmax(_from(bids, grid, "right") <= supply)]
    high = grid[len(grid) - 1 - np.argmax((_upto(asks, grid, "left") <= demand)[::-1])]
    return int(low), int(high)


def _upto(curve: Curve, grid: np.ndarray, side: Any) -> np.ndarray:
    sums = np.concatenate([[0], np.cumsum(curve.kg)])
    return sums[np.searchsorted(curve.limits, grid, side=side)]


def _from(curve: Curve, grid: np.ndarray, side: Any) -> np.ndarray:
    """What lies at the grid's price or above (side left), or above it only (side right)."""
    sums = np.concatenate([[0], np.cumsum(curve.kg)])
    return sums[-1] - sums[np.searchsorted(curve.limits, grid, side=side)]


def choose(low: int, high: int, reference: int | None, tick: int) -> int:
    """The price of [low, high] nearest the reference, else the middle; on the tick, half even."""
    if reference is None:
        return _to_tick(low + high, 2 * tick, tick)
    if reference <= low or reference >= high:
        return low if reference <= low else high
    return min(max(_to_tick(reference, tick, tick), low), high)


def _to_tick(value: int, unit: int, tick: int) -> int:
    """value / unit to the nearest whole number, half to even, in ticks."""
    whole, rest = divmod(value, unit)
    up = 2 * rest > unit or (2 * rest == unit and whole % 2 == 1)
    return (whole + up) * tick


def margin(
    price: int,
    bids: Curve,
    asks: Curve,
    stockpile_bids: dict[int, int],
    stockpile_asks: dict[int, int],
) -> Margin:
    """What moves of what lies on the price: members' first, the stockpile's only against them.

    The curves hold members' orders; the stockpile's come as kilograms by limit.
    """
    strict = asks.kg[: np.searchsorted(asks.limits, price)].sum()
    strict -= bids.kg[np.searchsorted(bids.limits, price, side="right") :].sum()
    need = -int(strict)  # what must come from the margin, more asks than bids
    need += sum(kg for limit, kg in stockpile_bids.items() if limit > price)
    need -= sum(kg for limit, kg in stockpile_asks.items() if limit < price)
    most_bids, most_asks = at(bids, price), at(asks, price)
    spare_bids, spare_asks = stockpile_bids.get(price, 0), stockpile_asks.get(price, 0)
    gap = need - (most_asks - most_bids)  # more must be sold (+) or bought (−) than members do
    if gap >= 0:
        sold = min(gap, spare_asks)
        return Margin(price, most_bids - (gap - sold), most_asks, 0, sold)
    bought = min(-gap, spare_bids)
    return Margin(price, most_bids, most_asks - (-gap - bought), bought, 0)


def at(curve: Curve, price: int) -> int:
    """Kilograms exactly at a price."""
    k = int(np.searchsorted(curve.limits, price))
    return int(curve.kg[k]) if k < len(curve.limits) and int(curve.limits[k]) == price else 0


def curve_of(limits: np.ndarray, kg: np.ndarray, tick: int = 1) -> Curve:
    """Kilograms summed by limit, limits ascending; all of them lie on the tick."""
    if not len(limits):
        return Curve(limits.astype(np.int64), kg.astype(np.int64))
    first, span = int(limits.min()), (int(limits.max()) - int(limits.min())) // tick
    if span < 4 * len(limits) + 65_536 and int(kg.sum()) < 2**53:
        # sums of doubles are exact below 2⁵³
        steps = (limits - first) // tick if tick > 1 else limits - first
        sums = np.bincount(steps, weights=kg, minlength=span + 1)
        used = np.flatnonzero(sums)
        return Curve(used * tick + first, sums[used].astype(np.int64))
    order = np.argsort(limits, kind="stable")
    ranked = limits[order]
    starts = np.flatnonzero(np.concatenate([[True], ranked[1:] != ranked[:-1]]))
    return Curve(ranked[starts], np.add.reduceat(kg[order], starts))


def joined(curve: Curve, more: dict[int, int]) -> Curve:
    """A curve with some kilograms at single limits added."""
    if not more:
        return curve
    limits = np.concatenate([curve.limits, np.array(sorted(more), np.int64)])
    kg = np.concatenate([curve.kg, np.array([more[p] for p in sorted(more)], np.int64)])
    return curve_of(limits, kg)

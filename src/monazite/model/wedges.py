"""What do charges that follow prices add to each kg, and how far are they from settled?"""

from __future__ import annotations

import numpy as np

from monazite.messages import say
from monazite.model.axes import Floats, Ints
from monazite.model.market import Market
from monazite.model.segments import values
from monazite.model.trade import duty_wedge, export_wedge

FLOOR = 0.01  # USD/kg: residuals of prices are relative to max(|price|, FLOOR); spec of the wedges
SLOW = 0.7  # part to which a program must bring the gap down
CLOSE_BY = 0.01  # a gap beyond which prices of different programs are hardly of one curve
STEEP = 0.3  # change of a price found with the one used, beyond which it tells nothing there
LEAST, MOST = -3.0, 0.9  # slopes that count: what swings meets in the middle, 0.9 is ten steps
STEEPEST = 10.0  # fall of a price found with the one used, beyond which a bracket is out of date
TELLING = 1e-5  # part of a price by which it must have moved for a slope to tell anything


def costs(market: Market, prices: Floats) -> dict:
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
    seen = [charge.nodes for charge in market.charges if charge.rule is not None]
    return np.unique(np.concatenate([origins, *seen]).astype(np.int64))


def looked_at(market: Market, node: int) -> str:
    """A node whose price decides something, and the rules that look at it."""
    looking = {c.item for c in market.charges if c.rule is not None and node in c.nodes}
    if node in market.nodes.at[market.arcs.origin_key[market.arcs.rated]]:
        looking.add(say("model.rated"))
    rules = ", ".join(sorted(looking))
    return say("model.looked_at", node=market.balance.label(node), rules=rules)


def distance(found: Floats, used: Floats, market: Market) -> float:
    """Largest |found - used| / max(found, FLOOR) over the nodes whose prices decide a charge.

    Nothing is charged on a price below zero, so prices count from zero up.
    """
    at = decisive(market)
    if len(at) == 0:
        return 0.0
    found, used = np.maximum(found[at], 0.0), np.maximum(used[at], 0.0)
    return float(np.max(np.abs(found - used) / np.maximum(found, FLOOR)))


def onward(
    used: Floats, found: Floats, then: tuple[Floats, Floats] | None, *, steep: bool
) -> Floats:
    """Prices to take charges on next: where the secant of each node's found price over the used
    one, through this program and the one before, meets the line on which both are the same.

    Slopes up to STEEP count; all slopes, between LEAST and MOST, where `steep` ones are believed.
    """
    if then is None:
        return found
    step = used - then[0]
    moved = np.abs(step) > TELLING * np.abs(used)
    slope = np.divide(found - then[1], step, out=np.zeros_like(step), where=moved)
    told = slope if steep else np.where(np.abs(slope) <= STEEP, slope, 0.0)
    return used + (found - used) / (1.0 - np.clip(told, LEAST, MOST))


class Settling:
    """Prices that charges are taken on, program by program: how far those found are, and which
    come next.

    Where programs in a row hardly helped, a price found may jump between two used. From then on
    each stays between the last used that was found higher and the last that was found lower.
    """

    def __init__(self, market: Market) -> None:
        self.market = market
        self.gap = np.inf
        self.slow = 0
        self.careful = False
        self._then: tuple[Floats, Floats] | None = None
        self._low = np.full(market.nodes.size, np.nan)
        self._high = self._low

    def next(self, used: Floats, found: Floats, *, rough: bool = False) -> Floats:
        """Prices to try after `used` gave `found`; `gap` is their distance, and `slow` counts the
        programs in a row that hardly brought it down. Near an answer what `rough` programs find
        differs by their noise, and steep secants of it mislead.
        """
        before, self.gap = self.gap, distance(found, used, self.market)
        self.slow = self.slow + 1 if self.gap > SLOW * before else 0
        self.careful |= self.slow > 1
        self._bracket(used, found)
        onto = onward(
            used, found, self._then, steep=(self.gap <= CLOSE_BY and not rough) or self.slow > 1
        )
        self._then = used, found
        return between(onto, self._low, self._high) if self.careful else onto

    def _bracket(self, used: Floats, found: Floats) -> None:
        """Keep `used` as a bound of its price; forget one so near on the other side that nothing
        continuous could cross between: other prices have moved since.
        """
        rises, falls, least = found > used, found < used, np.abs(found - used) / STEEPEST
        self._high = np.where(rises & (self._high - used < least), np.nan, self._high)
        self._low = np.where(falls & (used - self._low < least), np.nan, self._low)
        self._low = np.where(rises, used, self._low)
        self._high = np.where(falls, used, self._high)

    @property
    def stuck(self) -> bool:
        """Whether three programs in a row hardly helped, of which the last knew steep secants."""
        return self.slow > 2


def between(price: Floats, low: Floats, high: Floats) -> Floats:
    """Prices, those outside their bounds in the middle of these; as they are without both."""
    outside = (low < high) & ((price <= low) | (price >= high))
    return np.where(outside, (low + high) / 2, price)

"""Where does a market begin its search that is much like one already solved? Near its answer.

What was built, which arcs were used and at what prices, found again by name and by date: the other
market may have fewer periods, or other bounds. It changes where a search begins and no answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from monazite.model.axes import Axes, Floats, Ints
from monazite.model.segments import values

if TYPE_CHECKING:
    from monazite.model.build import Builds
    from monazite.model.market import Market
    from monazite.model.outcome import Outcome

SOME = 1e-6  # kt/yr
LOSES = 1e-3  # part of its annuities that a build may lose and still be near paying


@dataclass(frozen=True, eq=False)
class Sketch:
    """A point near the answer of a market: columns, their reduced costs and costs, and prices by
    node [USD/kg], NaN where there is none. It proves nothing.
    """

    market: Market
    x: Floats
    z: Floats
    cost: Floats
    prices: Floats


@dataclass(frozen=True)
class Near:
    """Builds and arcs that mattered, and prices by node [USD/kg]; aligned with a market."""

    builds: np.ndarray
    arcs: np.ndarray
    prices: Floats


def first_prices(market: Market) -> Floats:
    """The prices by node [USD/kg] from which a search begins."""
    return market.reference if market.near is None else market.near.prices


def near(market: Market, known: Outcome | Sketch) -> Near:
    """What of an answer is near a market: by date, period by period where there are no dates.

    A period lies between the last one of the answer that begins no later and the first that begins
    no sooner. An arc was used, and a project may be built, where it was in either; a price is the
    mean of both.
    """
    sketch = known if isinstance(known, Sketch) else sketched(known)
    before, after = _around(sketch.market.axes, market.axes)
    return Near(
        builds=_built(market, sketch, before) | _built(market, sketch, after),
        arcs=_used(market, sketch, before) | _used(market, sketch, after),
        prices=_prices(market, sketch, before, after),
    )


def sketched(outcome: Outcome) -> Sketch:
    """What of an outcome a search begins with."""
    solution = outcome.cleared.solution
    cost = solution.standard.cost
    return Sketch(outcome.market, solution.x, solution.z, cost, outcome.node_price)


def _around(old: Axes, new: Axes) -> tuple[Ints, Ints]:
    """Positions of the old periods before and after each new one."""
    last = len(old.periods) - 1
    if np.isnan(old.start).any() or np.isnan(new.start).any():
        same = np.minimum(np.arange(len(new.periods)), last)
        return same, same
    before = np.searchsorted(old.start, new.start, side="right") - 1
    after = np.searchsorted(old.start, new.start, side="left")
    return np.clip(before, 0, last), np.clip(after, 0, last)


def _translated(old: tuple[str, ...], new: tuple[str, ...]) -> Ints:
    """The old code of each new name, -1 where it is new."""
    place = {name: k for k, name in enumerate(old)}
    return np.array([place.get(name, -1) for name in new], dtype=np.int64)


def _prices(market: Market, known: Sketch, before: Ints, after: Ints) -> Floats:
    old, new = known.market, market
    dense = np.full(old.axes.shape, np.nan)
    dense[old.nodes.period, old.nodes.material, old.nodes.country] = known.prices
    material = _translated(old.axes.materials, new.axes.materials)[new.nodes.material]
    country = _translated(old.axes.countries, new.axes.countries)[new.nodes.country]
    known = (material >= 0) & (country >= 0)
    pair = np.array([dense[of[new.nodes.period], material, country] for of in (before, after)])
    found = np.where(np.isnan(pair[0]), pair[1], np.where(np.isnan(pair[1]), pair[0], pair.mean(0)))
    return np.where(known & ~np.isnan(found), found, market.reference)


def _used(market: Market, known: Sketch, period: Ints) -> np.ndarray:
    old, new = known.market, market
    _, materials, countries = old.axes.shape
    dense = np.zeros((len(old.axes.periods), materials, countries, countries), dtype=bool)
    moved = old.flow.total(known.x) > SOME
    arcs = old.arcs
    dense[arcs.period[moved], arcs.material[moved], arcs.origin[moved], arcs.destination[moved]] = 1
    material = _translated(old.axes.materials, new.axes.materials)[new.arcs.material]
    country = _translated(old.axes.countries, new.axes.countries)
    origin, destination = country[new.arcs.origin], country[new.arcs.destination]
    known = (material >= 0) & (origin >= 0) & (destination >= 0)
    return known & dense[period[new.arcs.period], material, origin, destination]


def _built(market: Market, known: Sketch, period: Ints) -> np.ndarray:
    old, new = known.market.builds, market.builds
    if known.market.build is None or new.size == 0:
        return np.zeros(new.size, dtype=bool)
    x, z, cost = (values(of, known.market.build.build) for of in (known.x, known.z, known.cost))
    room = values(known.market.standard.column_upper, known.market.build.build) > 0
    mattered = (x > SOME) | (room & (z < LOSES * np.abs(cost)))
    named = zip(_names(old), old.period.tolist(), strict=True)
    done = {pair for pair, one in zip(named, mattered.tolist(), strict=True) if one}
    wanted = zip(_names(new), period[new.period].tolist(), strict=True)
    return np.array([pair in done for pair in wanted])


def _names(builds: Builds) -> list[tuple[str, int]]:
    """What each build's project is called: its facility, and which of the facility's it is."""
    seen: dict[str, int] = {}
    names = []
    for one in builds.projects.facility:
        seen[one] = seen.get(one, -1) + 1
        names.append((str(one), seen[one]))
    return [names[k] for k in builds.project]

"""How does a market run when a rule comes as a surprise? Solve, keep what is past, solve again.

People act on the rules they know. At each piece of news the whole horizon is solved with the rules
as known then; what was in store at the end of every period already over stays as it was. Given
those levels a past period is a market of its own with the same answer as before, so its prices and
quantities are those at which people acted without knowing better.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from monazite.model.axes import Floats, Ints
    from monazite.model.market import Market
    from monazite.model.outcome import Outcome

NEVER = -np.inf  # before all news


def unfold(
    market_at: Callable[[float], Market],
    solve: Callable[[Market], Outcome],
    news: Iterable[float],
) -> Outcome:
    """The outcome after the last piece of news.

    `market_at(year)` is the market with the rules as known at a calendar year. Raises what `solve`
    raises.
    """
    found = solve(market_at(NEVER))
    for year in sorted(set(news)):
        market = market_at(year)
        over = past(market, year)
        if over.any():
            market = kept(market, over, found)
        found = solve(market)
    return found


def past(market: Market, year: float) -> np.ndarray:
    """Which periods are over: those with more than half of their time before a calendar year."""
    axes = market.axes
    return axes.start + axes.years / 2 < year


def kept(market: Market, over: np.ndarray, before: Outcome) -> Market:
    """The market in which stocks at the end of past periods are as they were."""
    stocks = market.stocks
    at = np.flatnonzero(over[stocks.period])
    if len(at) == 0:
        return market
    old = dict(zip(_labels(before.market), before.block("stock_level"), strict=True))
    labels = _labels(market)
    # a store that a rule brings was empty before the rule
    level = np.array([max(float(old.get(labels[k], 0.0)), 0.0) for k in at])
    return market.patched({"stock_level": {"lower": (at, level), "upper": (at, level)}})


def _labels(market: Market) -> list[tuple[Any, ...]]:
    """What each stock and period is called."""
    stocks, axes = market.stocks, market.axes
    material: Ints | Floats = np.array(axes.materials, dtype=object)[stocks.material]
    country = np.array(axes.countries, dtype=object)[stocks.country]
    return list(zip(material, country, stocks.stock, stocks.period.tolist(), strict=True))

"""Which of many answers of one cost is told? The one with nothing moved to and fro.

Also what passes through each node, and how far its balance is from closed.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from monazite.kernel import Certificate, Solution, Standard, certify
from monazite.model.axes import Floats, add_up
from monazite.model.market import Market
from monazite.model.segments import Segments, spread

FEW = 0.1  # kt/yr: smaller nodes may miss 1e-6 of this, a tenth of a kilogram a year


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


def stored(market: Market, standard: Standard, solution: Solution) -> Solution:
    """The netted solution as one of the program itself: what leaves more than enters, leaves."""
    if market.stock is None:
        return solution
    x = solution.x.copy()
    _store_one_way(market, x)
    return with_quantities(solution, standard, x, certify(standard, x, solution.y))


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
    return with_quantities(solution, standard, x, certificate) if certificate.ok else solution


def with_quantities(
    solution: Solution, standard: Standard, x: Floats, certificate: Certificate
) -> Solution:
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

"""Small random markets, built the same way in any order of their columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from monazite.kernel import Block, Program


@dataclass(frozen=True)
class Market:
    """A spatial market: supply steps, demand steps and arcs between nodes, as plain arrays."""

    nodes: int
    ask: np.ndarray
    supply_node: np.ndarray
    supply_slope: np.ndarray
    supply_cap: np.ndarray
    bid: np.ndarray
    demand_node: np.ndarray
    demand_slope: np.ndarray
    demand_cap: np.ndarray
    origin: np.ndarray
    destination: np.ndarray
    freight: np.ndarray


def random_market(seed: int, *, nodes: int = 5, steps: int = 3, curved: bool) -> Market:
    """Prices in USD/kg between 1 and 30, quantities in kt/yr of the order of 1."""
    rng = np.random.default_rng(seed)
    size = nodes * steps
    origin, destination = np.where(~np.eye(nodes, dtype=bool))
    slope = rng.uniform(0.5, 3.0, (2, size)) if curved else np.zeros((2, size))
    return Market(
        nodes=nodes,
        ask=rng.uniform(1, 15, size),
        supply_node=np.repeat(np.arange(nodes), steps),
        supply_slope=slope[0],
        supply_cap=rng.uniform(0.5, 3, size),
        bid=rng.uniform(8, 30, size),
        demand_node=np.repeat(np.arange(nodes), steps),
        demand_slope=slope[1],
        demand_cap=rng.uniform(0.5, 3, size),
        origin=origin,
        destination=destination,
        freight=rng.uniform(0.5, 6, origin.size),
    )


def build(market: Market, *, order: int | None = None) -> tuple[Program, Block]:
    """The program and its balance rows; ``order`` seeds a shuffle of blocks and columns."""
    rng = np.random.default_rng(order)
    program = Program("market")
    balance = program.add_rows("balance", {"node": range(market.nodes)}, "kt/yr", lower=0, upper=0)
    parts = {
        "supply": (market.ask, market.supply_slope, market.supply_cap),
        "use": (-market.bid, market.demand_slope, market.demand_cap),
        "flow": (market.freight, 0 * market.freight, np.full(market.freight.size, np.inf)),
    }
    touched = {
        "supply": [(market.supply_node, 1.0)],
        "use": [(market.demand_node, -1.0)],
        "flow": [(market.origin, -1.0), (market.destination, 1.0)],
    }
    names = list(parts) if order is None else [str(name) for name in rng.permutation(list(parts))]
    for name in names:
        cost, slope, cap = parts[name]
        shuffle = np.arange(cost.size) if order is None else rng.permutation(cost.size)
        columns = program.add_columns(
            name,
            {"k": shuffle},
            "kt/yr",
            cost=cost[shuffle],
            curvature=slope[shuffle],
            upper=cap[shuffle],
        )
        for node, sign in touched[name]:
            program.add_terms(balance, columns, sign, "1", row=node[shuffle])
    return program, balance

"""Spatial price equilibrium with linear arc cost: the problem of Samuelson and Takayama-Judge.

Several goods, each traded between all pairs of 100 regions at a constant freight; linear supply
and demand in every region. Curvature on supply and use, none on the arcs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from registry import Benchmark

from monazite.kernel import Program

REGIONS = 100


@dataclass(frozen=True)
class Data:
    """One entry a node (good and region) and one an arc; prices in USD/kg, flows in kt/yr."""

    supply_intercept: np.ndarray
    supply_slope: np.ndarray
    use_intercept: np.ndarray
    use_slope: np.ndarray
    origin: np.ndarray
    destination: np.ndarray
    freight: np.ndarray
    freight_slope: np.ndarray


def draw(size: int, seed: int) -> Data:
    """Random supply, demand and freight with about ``size`` columns in all."""
    rng = np.random.default_rng(seed)
    pairs = np.array(np.where(~np.eye(REGIONS, dtype=bool)))
    goods = max(1, round(size / (pairs.shape[1] + 2 * REGIONS)))
    nodes = goods * REGIONS
    origin, destination = (pairs[:, None, :] + REGIONS * np.arange(goods)[:, None]).reshape(2, -1)
    return Data(
        supply_intercept=rng.uniform(10, 25, nodes),
        supply_slope=rng.uniform(3, 10, nodes),
        use_intercept=rng.uniform(150, 650, nodes),
        use_slope=rng.uniform(1, 5, nodes),
        origin=origin,
        destination=destination,
        freight=rng.uniform(10, 25, origin.size),
        freight_slope=np.zeros(origin.size),
    )


def build(data: Data):
    """Maximise the area between demand and supply less freight (Samuelson 1952)."""
    program = Program("spatial")
    nodes = {"node": range(data.supply_slope.size)}
    supply = program.add_columns(
        "supply", nodes, "kt/yr", cost=data.supply_intercept, curvature=data.supply_slope
    )
    use = program.add_columns(
        "use", nodes, "kt/yr", cost=-data.use_intercept, curvature=data.use_slope
    )
    arcs = {"arc": range(data.origin.size)}
    flow = program.add_columns(
        "flow", arcs, "kt/yr", cost=data.freight, curvature=data.freight_slope
    )
    balance = program.add_rows("balance", nodes, "kt/yr", lower=0, upper=0)
    program.add_terms(balance, supply, 1.0, "1")
    program.add_terms(balance, use, -1.0, "1")
    program.add_terms(balance, flow, -1.0, "1", row=data.origin)
    program.add_terms(balance, flow, 1.0, "1", row=data.destination)
    return program.freeze()


BENCHMARK = Benchmark(
    name="linear_arcs",
    source="Samuelson (1952), AER 42(3); Takayama and Judge (1964), Econometrica 32(4)",
    sizes=(10_000, 50_000, 200_000),
    draw=draw,
    build=build,
)

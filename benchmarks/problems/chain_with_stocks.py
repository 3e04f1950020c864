"""A four-stage chain with trade and stocks over many periods.

Mines, separation, metal and magnets in 20 countries; every material can be traded between all
pairs and stored; use of magnets has linear demand that shifts from period to period. The
multi-period spatial problem of Takayama and Judge (1971, part IV), with activities between the
markets in the manner of activity analysis.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from registry import Benchmark

from monazite.kernel import Program, regularise

COUNTRIES, STAGES = 20, 4
RECOVERY = 0.9  # of each stage's feed, an assumption of this benchmark
NODES = COUNTRIES * STAGES
COLUMNS_A_PERIOD = STAGES * COUNTRIES * (COUNTRIES - 1) + 4 * NODES + COUNTRIES


@dataclass(frozen=True)
class Data:
    """One entry a period and place; node = stage * COUNTRIES + country within each period."""

    periods: int
    cost: np.ndarray
    slope: np.ndarray
    capacity: np.ndarray
    use_intercept: np.ndarray
    use_slope: np.ndarray
    origin: np.ndarray
    destination: np.ndarray
    freight: np.ndarray
    freight_slope: np.ndarray
    reference: np.ndarray | None = None


def draw(size: int, seed: int) -> Data:
    """Random costs, capacities with outages, and demand that drifts and shakes."""
    rng = np.random.default_rng(seed)
    periods = max(2, round(size / COLUMNS_A_PERIOD))
    pairs = np.array(np.where(~np.eye(COUNTRIES, dtype=bool)))
    within = (pairs[:, None, :] + COUNTRIES * np.arange(STAGES)[:, None]).reshape(2, -1)
    shift = NODES * np.arange(periods)[:, None]
    arcs = within.shape[1]
    outage = np.where(rng.random((periods, NODES)) < 0.05, 0.3, 1.0)
    shock = 1 + 0.3 * rng.standard_normal((periods, 1)).cumsum(axis=0) / np.sqrt(periods)
    return Data(
        periods=periods,
        cost=np.tile(rng.uniform(5, 30, NODES), periods),
        slope=np.tile(rng.uniform(0.5, 5, NODES), periods),
        capacity=(rng.uniform(2, 12, NODES) * outage).ravel(),
        use_intercept=(rng.uniform(200, 500, COUNTRIES) * np.clip(shock, 0.4, 1.8)).ravel(),
        use_slope=np.tile(rng.uniform(10, 60, COUNTRIES), periods),
        origin=(within[0] + shift).ravel(),
        destination=(within[1] + shift).ravel(),
        freight=np.tile(rng.uniform(0.5, 6, arcs), periods),
        freight_slope=np.tile(rng.uniform(0, 0.5, arcs) * (rng.random(arcs) < 0.5), periods),
    )


def build(data: Data):
    """Maximise discounted value of use less the cost of making, carrying and holding."""
    program = Program("chain")
    count = data.periods * NODES
    nodes = {"node": range(count)}
    weight = np.repeat(0.995 ** np.arange(data.periods), NODES)  # 6 % a year by months
    balance = program.add_rows("balance", nodes, "kt/yr", lower=0, upper=0)
    _add_activities(program, balance, data, nodes, weight)
    _add_use(program, balance, data, weight)
    _add_trade(program, balance, data, weight)
    _add_stocks(program, balance, data, nodes, weight)
    if data.reference is not None:
        regularise(program, balance, data.reference)
    return program.freeze()


def _add_activities(program, balance, data, nodes, weight):
    activity = program.add_columns(
        "activity", nodes, "kt/yr", cost=data.cost * weight, curvature=data.slope * weight
    )
    capacity = program.add_rows("capacity", nodes, "kt/yr", upper=data.capacity)
    program.add_terms(capacity, activity, 1.0, "1")
    program.add_terms(balance, activity, RECOVERY, "1")
    fed = np.flatnonzero(np.arange(activity.size) % NODES >= COUNTRIES)
    program.add_terms(balance, activity, -1.0, "1", row=fed - COUNTRIES, column=fed)


def _add_use(program, balance, data, weight):
    magnets = np.flatnonzero(np.arange(balance.size) % NODES >= NODES - COUNTRIES)
    use = program.add_columns(
        "use",
        {"node": magnets},
        "kt/yr",
        cost=-data.use_intercept * weight[magnets],
        curvature=data.use_slope * weight[magnets],
    )
    program.add_terms(balance, use, -1.0, "1", row=magnets)


def _add_trade(program, balance, data, weight):
    flow = program.add_columns(
        "flow",
        {"arc": range(data.origin.size)},
        "kt/yr",
        cost=data.freight * weight[data.origin],
        curvature=data.freight_slope * weight[data.origin],
    )
    program.add_terms(balance, flow, -1.0, "1", row=data.origin)
    program.add_terms(balance, flow, 1.0, "1", row=data.destination)


def _add_stocks(program, balance, data, nodes, weight):
    period = np.repeat(np.arange(data.periods), NODES)
    level = program.add_columns(
        "level", nodes, "kt/yr", cost=0.2 * weight, upper=15.0, together=period
    )
    into = program.add_columns("into", nodes, "kt/yr", cost=0.05 * weight, upper=5.0)
    out = program.add_columns("out", nodes, "kt/yr", cost=0.05 * weight, upper=5.0)
    first = np.arange(level.size) < NODES
    carried = program.add_rows(
        "carried", nodes, "kt/yr", lower=np.where(first, 1.0, 0.0), upper=np.where(first, 1.0, 0.0)
    )
    program.add_terms(carried, level, 1.0, "1")
    later = np.arange(NODES, level.size)
    program.add_terms(carried, level, -0.999, "1", row=later, column=later - NODES)
    program.add_terms(carried, into, -1.0, "1")
    program.add_terms(carried, out, 1.0, "1")
    program.add_terms(balance, into, -1.0, "1")
    program.add_terms(balance, out, 1.0, "1")


BENCHMARK = Benchmark(
    name="chain_with_stocks",
    source="Takayama and Judge (1971), Spatial and Temporal Price and Allocation Models, part IV",
    sizes=(10_000, 50_000, 200_000),
    draw=draw,
    build=build,
)

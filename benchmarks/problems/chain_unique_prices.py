"""The chain with stocks, its prices made unique: what a run of the model solves.

As chain_with_stocks with a regularising slack on every balance row (mu = 1e-7), so that costs
of 1e7 stand beside slopes of 0.1.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from registry import Benchmark

from problems import chain_with_stocks


def draw(size: int, seed: int) -> chain_with_stocks.Data:
    """The data of chain_with_stocks and a reference price for every balance row."""
    data = chain_with_stocks.draw(size, seed)
    stage = np.arange(data.cost.size) % chain_with_stocks.NODES // chain_with_stocks.COUNTRIES
    rng = np.random.default_rng([seed, 2])
    return replace(data, reference=(stage + 1) * rng.uniform(20, 60, stage.size))


BENCHMARK = Benchmark(
    name="chain_unique_prices",
    source="as chain_with_stocks; regularised as in monazite.kernel.prices",
    sizes=(10_000, 50_000, 200_000),
    draw=draw,
    build=chain_with_stocks.build,
)

"""Spatial price equilibrium with quadratic arc cost: freight rises with the flow it carries.

The problem of Harker and of Nagurney's computational studies, where carriers congest. As
linear_arcs, but each arc's freight is h + g f with g > 0, so trade spreads over many arcs.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from registry import Benchmark

from problems import linear_arcs


def draw(size: int, seed: int) -> linear_arcs.Data:
    """The data of linear_arcs with a slope of freight between 0.01 and 0.2 USD/kg per kt/yr."""
    data = linear_arcs.draw(size, seed)
    rng = np.random.default_rng([seed, 1])
    return replace(data, freight_slope=rng.uniform(0.01, 0.2, data.freight.size))


BENCHMARK = Benchmark(
    name="curved_arcs",
    source="Harker (1986), J. Regional Science 26(1); Nagurney (1987), J. Regional Science 27(1)",
    sizes=(10_000, 50_000, 200_000),
    draw=draw,
    build=linear_arcs.build,
)

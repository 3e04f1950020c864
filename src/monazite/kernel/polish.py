"""Which bounds hold exactly? The last digits of an interior-point answer.

An interior-point method stops a little inside every bound, and where a price is settled only by a
regularising slack that little is amplified by 1/mu. Guessing which bounds hold turns the program
into equations, whose solution is exact to rounding (the polishing step of OSQP: Stellato et al.
2020, section 4). The certificate says whether the guess was right; nobody has to trust it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from monazite.kernel.certify import reduced_cost
from monazite.kernel.program import Standard

Point = tuple[np.ndarray, np.ndarray]


def polished(
    standard: Standard,
    point: Point,
    equations: Callable[[Standard], Point | None],
    steady: float = 0.0,
) -> Point | None:
    """The point (x, y) at which exactly the bounds that seem to hold do hold; None when
    ``equations`` finds no solution.

    A bound seems to hold when its dual exceeds the distance to it. What is solved for is the
    step from the point, not the new point: where the answer is not unique, the small step keeps
    to the answer at hand. Where two columns are worth the same to the last digit and neither seems
    held, nothing limits that step; ``steady`` is curvature that the step itself has, which does
    (Rockafellar 1976, the proximal point method), and vanishes as rounds converge.
    """
    x, y = point
    columns = _held(x, standard.column_lower, standard.column_upper, reduced_cost(standard, x, y))
    activity = standard.A @ x
    rows = _held(activity, standard.row_lower, standard.row_upper, y)
    start = np.where(np.isfinite(rows), y, 0.0)
    step = equations(
        replace(
            standard,
            curvature=standard.curvature + steady,
            cost=reduced_cost(standard, x, start),
            column_lower=_or(columns - x, -np.inf),
            column_upper=_or(columns - x, np.inf),
            row_lower=_or(rows - activity, -np.inf),
            row_upper=_or(rows - activity, np.inf),
        )
    )
    if step is None:
        return None
    # the bound itself, not x + (bound - x), which may miss it by rounding
    return _or(columns, x + step[0]), start + step[1]


def _held(value: np.ndarray, lower: np.ndarray, upper: np.ndarray, dual: np.ndarray) -> np.ndarray:
    """The bound that holds each value, NaN where none does."""
    at_lower = (lower == upper) | (dual > value - lower)
    at_upper = ~at_lower & (-dual > upper - value)
    return np.where(at_lower, lower, np.where(at_upper, upper, np.nan))


def _or(value: np.ndarray, otherwise: np.ndarray | float) -> np.ndarray:
    return np.where(np.isfinite(value), value, otherwise)

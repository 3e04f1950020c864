"""Which bounds hold exactly? The last digits of an interior-point answer.

An interior-point method stops a little inside every bound, and where a price is settled only by a
regularising slack that little is amplified by 1/mu. Guessing which bounds hold turns the program
into equations, whose solution is exact to rounding (the polishing step of OSQP: Stellato et al.
2020, section 4). The certificate says whether the guess was right; nobody has to trust it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from monazite.kernel.certify import reduced_cost
from monazite.kernel.program import Standard


def guess(standard: Standard, x: np.ndarray, y: np.ndarray) -> Standard:
    """The program in which every bound that holds at (x, y) is an equation and no other exists.

    A bound holds when its dual exceeds the distance to it.
    """
    z = reduced_cost(standard, x, y)
    columns = _held(x, standard.column_lower, standard.column_upper, z)
    rows = _held(standard.A @ x, standard.row_lower, standard.row_upper, y)
    return replace(
        standard,
        column_lower=np.where(np.isfinite(columns), columns, -np.inf),
        column_upper=np.where(np.isfinite(columns), columns, np.inf),
        row_lower=np.where(np.isfinite(rows), rows, -np.inf),
        row_upper=np.where(np.isfinite(rows), rows, np.inf),
    )


def _held(value: np.ndarray, lower: np.ndarray, upper: np.ndarray, dual: np.ndarray) -> np.ndarray:
    """The bound that holds each value, NaN where none does."""
    at_lower = (lower == upper) | (dual > value - lower)
    at_upper = ~at_lower & (-dual > upper - value)
    return np.where(at_lower, lower, np.where(at_upper, upper, np.nan))

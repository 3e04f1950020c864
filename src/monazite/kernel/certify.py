"""Is this point the answer? Residuals computed by us from x and y alone, not by a solver."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from monazite.kernel.program import Standard

LIMIT = 1e-6


@dataclass(frozen=True)
class Certificate:
    """Four scaled residuals of the optimality conditions; all zero proves the optimum.

    With z = c + q x - A'y, split by sign into z+ (held by a lower bound) and z- (upper bound),
    and y likewise for rows:

    - ``primal``: the largest violation of a row bound over 1 + sum_j |a_ij x_j|, and of a column
      bound over 1 + |x_j|.
    - ``dual``: the largest part of z that no finite bound can hold, over
      1 + |c_j| + |q_j x_j| + sum_i |a_ij y_i|; and of y, over 1 + |y_i|.
    - ``complementarity``: the largest product of a dual and the distance to the bound that holds
      it, each divided by its own scale above.
    - ``gap``: |primal - dual objective| over 1 + sum_j |c_j x_j| + 1/2 sum_j q_j x_j^2, the money
      that changes hands rather than its balance.
    """

    primal: float
    dual: float
    complementarity: float
    gap: float

    @property
    def worst(self) -> float:
        """The largest of the four; NaN counts as infinite."""
        values = np.array([self.primal, self.dual, self.complementarity, self.gap])
        return float(np.max(np.where(np.isnan(values), np.inf, values)))

    @property
    def ok(self) -> bool:
        """Whether the point is accepted as the answer: worst residual at most 1e-6."""
        return self.worst <= LIMIT


def certify(standard: Standard, x: np.ndarray, y: np.ndarray) -> Certificate:
    """The certificate of a point ``x`` (one a column) with row duals ``y`` (one a row)."""
    z = reduced_cost(standard, x, y)
    absolute = abs(standard.A)
    row_scale = 1 + absolute @ np.abs(x)
    column_scale = 1 + np.abs(x)
    pull = np.abs(standard.cost) + np.abs(standard.curvature * x)
    rows = _Side(standard.A @ x, standard.row_lower, standard.row_upper, y)
    columns = _Side(x, standard.column_lower, standard.column_upper, z)
    z_scale = 1 + pull + absolute.T @ np.abs(y)
    y_scale = 1 + np.abs(y)
    money = 1 + np.sum(np.abs(standard.cost * x) + 0.5 * standard.curvature * x**2)
    return Certificate(
        primal=max(_most(rows.violation / row_scale), _most(columns.violation / column_scale)),
        dual=max(_most(columns.unheld / z_scale), _most(rows.unheld / y_scale)),
        complementarity=max(
            _most(rows.product(y_scale, row_scale)), _most(columns.product(z_scale, column_scale))
        ),
        gap=float(abs(_gap(standard, x, rows, columns)) / money),
    )


def reduced_cost(standard: Standard, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """z = c + q x - A'y: positive where a lower bound holds the column, negative for an upper."""
    return standard.cost + standard.curvature * x - standard.A.T @ y


class _Side:
    """Rows or columns seen alike: a value between two bounds, and the dual that holds it."""

    def __init__(
        self, value: np.ndarray, lower: np.ndarray, upper: np.ndarray, dual: np.ndarray
    ) -> None:
        self.has_lower, self.has_upper = np.isfinite(lower), np.isfinite(upper)
        self.lower = np.where(self.has_lower, lower, 0.0)
        self.upper = np.where(self.has_upper, upper, 0.0)
        self.above = np.where(self.has_lower, value - lower, 0.0)
        self.below = np.where(self.has_upper, upper - value, 0.0)
        self.pushed, self.pulled = np.maximum(dual, 0.0), np.maximum(-dual, 0.0)

    @property
    def violation(self) -> np.ndarray:
        return np.maximum(0.0, np.maximum(-self.above, -self.below))

    @property
    def unheld(self) -> np.ndarray:
        return np.where(self.has_lower, 0.0, self.pushed) + np.where(
            self.has_upper, 0.0, self.pulled
        )

    def product(self, dual_scale: np.ndarray, scale: np.ndarray) -> np.ndarray:
        held = self.pushed * np.abs(self.above) + self.pulled * np.abs(self.below)
        return held / (dual_scale * scale)

    def value_of_bounds(self) -> float:
        return float(np.sum(self.pushed * self.lower - self.pulled * self.upper))


def _gap(standard: Standard, x: np.ndarray, rows: _Side, columns: _Side) -> float:
    # primal c'x + 1/2 x'qx less dual (value of bounds) - 1/2 x'qx; the offset is in both
    primal = np.sum((standard.cost + standard.curvature * x) * x)
    return float(primal - rows.value_of_bounds() - columns.value_of_bounds())


def _most(residual: np.ndarray) -> float:
    return float(np.max(residual)) if residual.size else 0.0

"""Why is there no answer? Which rows must give and by how much, or which columns run away."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from monazite.kernel.program import Standard

# A violation below this, relative to the row's bound, is rounding.
_NOTICE = 1e-7
# Equalities are physics (mass balances), inequalities are choices (capacities, quotas): where
# either could give the same amount, the choice is named.
_EQUALITY_WEIGHT = 1.001


@dataclass(frozen=True)
class Give:
    """A row (or a column with crossed bounds) that must give, by ``amount`` in ``unit``."""

    row_label: str
    amount: float
    unit: str

    def __str__(self) -> str:
        return f"{self.row_label} must give {self.amount:.6g} {self.unit}"


def explain_infeasible(standard: Standard) -> list[Give]:
    """The rows that must give, with the smallest total violation; empty when feasible.

    Minimises sum(e+ + e-) subject to rl <= A x + e+ - e- <= ru and the column bounds, each
    violation in its row's own unit. Columns whose own bounds cross are named alone: no row
    could help them. Slack columns of `regularise` count as absent. Largest amount first.
    """
    standard = without_slack(standard)
    crossed = _crossed(standard, "column", standard.column_lower, standard.column_upper)
    crossed += _crossed(standard, "row", standard.row_lower, standard.row_upper)
    return _ordered(crossed or _elastic(standard))


def without_slack(standard: Standard) -> Standard:
    """The program with the slack columns of `regularise` held at zero."""
    if not standard.slacks:
        return standard
    lower, upper = standard.column_lower.copy(), standard.column_upper.copy()
    for name in standard.slacks:
        lower[standard.blocks[name].slice] = upper[standard.blocks[name].slice] = 0.0
    return replace(standard, column_lower=lower, column_upper=upper)


def explain_unbounded(standard: Standard) -> list[str]:
    """Names of columns that grow without end while the objective falls; empty when bounded.

    Minimises c'd over directions d in [-1, 1] that keep every bound (A d and d within the bounds'
    recession cone) and move no column with curvature.
    """
    from scipy.optimize import linprog

    lower = np.where(np.isfinite(standard.column_lower), 0.0, -1.0)
    upper = np.where(np.isfinite(standard.column_upper), 0.0, 1.0)
    curved = standard.curvature > 0
    lower[curved] = upper[curved] = 0.0
    above, below = np.isfinite(standard.row_lower), np.isfinite(standard.row_upper)
    A = standard.A.tocsr()
    found = linprog(
        standard.cost,
        A_ub=_stack(A[below & ~above], -A[above & ~below]),
        b_ub=np.zeros(int((below ^ above).sum())),
        A_eq=A[below & above],
        b_eq=np.zeros(int((below & above).sum())),
        bounds=np.column_stack([lower, upper]),
        method="highs",
    )
    if found.x is None or found.fun > -1e-9 * (1 + np.max(np.abs(standard.cost), initial=0.0)):
        return []
    moving = np.flatnonzero(np.abs(found.x) > 1e-9)
    largest = moving[np.argsort(-np.abs(found.x[moving]), kind="stable")][:5]
    return [standard.label("column", int(j)) for j in largest]


def _elastic(standard: Standard) -> list[Give]:
    from scipy.sparse import eye_array

    from monazite.kernel.highs import Highs

    rows, columns = standard.A.shape
    weight = np.where(standard.row_lower == standard.row_upper, _EQUALITY_WEIGHT, 1.0)
    identity = eye_array(rows, format="csc")
    elastic = replace(
        standard,
        A=_beside(standard.A, identity, -identity),
        cost=np.concatenate([np.zeros(columns), weight, weight]),
        curvature=np.zeros(columns + 2 * rows),
        column_lower=np.concatenate([standard.column_lower, np.zeros(2 * rows)]),
        column_upper=np.concatenate([standard.column_upper, np.full(2 * rows, np.inf)]),
        offset=0.0,
        together=None,
    )
    # undoing presolve of e+ and e-, which are duplicates, HiGHS 1.15 prints lines nobody asked for
    attempt = Highs(presolve=False).attempt(elastic, basis=None, tolerance=1e-9)
    if attempt.x is None:
        return []
    amount = attempt.x[columns : columns + rows] + attempt.x[columns + rows :]
    bound = np.where(np.isfinite(standard.row_lower), standard.row_lower, standard.row_upper)
    scale = 1 + np.abs(np.where(np.isfinite(bound), bound, 0.0))
    return [
        _give(standard, "row", int(i), float(amount[i]))
        for i in np.flatnonzero(amount > _NOTICE * scale)
    ]


def _crossed(standard: Standard, kind: Any, lower: np.ndarray, upper: np.ndarray) -> list[Give]:
    return [
        _give(standard, kind, int(i), float(lower[i] - upper[i]))
        for i in np.flatnonzero(lower > upper)
    ]


def _give(standard: Standard, kind: Any, index: int, amount: float) -> Give:
    unit = str(standard.block_at(kind, index).unit)
    return Give(standard.label(kind, index), amount, unit)


def _ordered(gives: list[Give]) -> list[Give]:
    return sorted(gives, key=lambda give: (-give.amount, give.row_label))


def _beside(*parts: Any) -> Any:
    from scipy.sparse import csc_matrix, hstack

    return csc_matrix(hstack(parts, format="csc"))


def _stack(*parts: Any) -> Any:
    from scipy.sparse import vstack

    return vstack(parts, format="csr")

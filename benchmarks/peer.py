"""The named peer: cvxpy with Clarabel, given the same program in the form that suits it best."""

from __future__ import annotations

from dataclasses import dataclass
from time import process_time
from typing import Any

import numpy as np


@dataclass(frozen=True)
class PeerResult:
    """Processor seconds of the whole call and of Clarabel alone, the objective, the status."""

    seconds: float
    solver_seconds: float
    objective: float
    status: str


def solve_with_peer(standard: Any) -> PeerResult:
    """Equations, one-sided rows and finite bounds only; the objective as one quadratic form."""
    import cvxpy

    started = process_time()
    x = cvxpy.Variable(standard.A.shape[1])
    problem = cvxpy.Problem(_objective(cvxpy, standard, x), _constraints(standard, x))
    data, chain, inverse = problem.get_problem_data(cvxpy.CLARABEL, solver_opts={})
    compiled = process_time()
    raw = chain.solve_via_data(problem, data)
    solved = process_time()
    problem.unpack_results(raw, chain, inverse)
    return PeerResult(
        seconds=process_time() - started,
        solver_seconds=solved - compiled,
        objective=float(problem.value) + standard.offset,
        status=str(problem.status),
    )


def _objective(cvxpy: Any, standard: Any, x: Any) -> Any:
    from scipy.sparse import diags_array

    curvature = diags_array(standard.curvature, format="csc")
    quadratic = cvxpy.quad_form(x, curvature, assume_PSD=True)
    return cvxpy.Minimize(standard.cost @ x + 0.5 * quadratic)


def _constraints(standard: Any, x: Any) -> list[Any]:
    A = standard.A.tocsr()
    lower, upper = standard.row_lower, standard.row_upper
    equal = lower == upper
    above, below = np.isfinite(lower) & ~equal, np.isfinite(upper) & ~equal
    floored, capped = np.isfinite(standard.column_lower), np.isfinite(standard.column_upper)
    return [
        *([A[equal] @ x == lower[equal]] if equal.any() else []),
        *([A[above] @ x >= lower[above]] if above.any() else []),
        *([A[below] @ x <= upper[below]] if below.any() else []),
        *([x[floored] >= standard.column_lower[floored]] if floored.any() else []),
        *([x[capped] <= standard.column_upper[capped]] if capped.any() else []),
    ]

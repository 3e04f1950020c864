"""Linear programs, by HiGHS (Huangfu and Hall 2018), with a warm start from a basis."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from monazite.kernel.backend import AbstractBackend, Attempt, Status
from monazite.kernel.program import Standard

# HiGHS refuses feasibility tolerances below 1e-10 (options reference)
_TIGHTEST = 1e-10


class Highs(AbstractBackend):
    """Simplex or interior point with crossover, as HiGHS chooses; refuses curvature."""

    name: ClassVar[str] = "HiGHS"
    quadratic: ClassVar[bool] = False
    warm_start: ClassVar[bool] = True

    def __init__(self, *, presolve: bool = True) -> None:
        self._presolve = presolve

    def attempt(self, standard: Standard, *, basis: Any, tolerance: float) -> Attempt:
        """Solves the linear program; ``basis`` is that of an earlier attempt of equal shape."""
        solver = _loaded(standard, tolerance)
        if not self._presolve:
            solver.setOptionValue("presolve", "off")
        if basis is not None:
            solver.setBasis(basis)
        solver.run()
        return _read(solver, standard)


def _loaded(standard: Standard, tolerance: float) -> Any:
    import highspy

    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("primal_feasibility_tolerance", max(tolerance, _TIGHTEST))
    solver.setOptionValue("dual_feasibility_tolerance", max(tolerance, _TIGHTEST))
    solver.passModel(highs_lp(standard))
    return solver


def highs_lp(standard: Standard) -> Any:
    """The linear part of the program as a HiGHS object, without names."""
    import highspy

    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = standard.A.shape
    lp.col_cost_, lp.offset_ = standard.cost, standard.offset
    lp.col_lower_, lp.col_upper_ = standard.column_lower, standard.column_upper
    lp.row_lower_, lp.row_upper_ = standard.row_lower, standard.row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = standard.A.indptr, standard.A.indices
    lp.a_matrix_.value_ = standard.A.data
    return lp


def _read(solver: Any, standard: Standard) -> Attempt:
    import highspy

    ended = solver.getModelStatus()
    kinds = highspy.HighsModelStatus
    status = {
        kinds.kOptimal: Status.SOLVED,
        # no columns: nothing to do, and nothing can be wrong but the rows' own bounds
        kinds.kModelEmpty: Status.SOLVED,
        kinds.kInfeasible: Status.INFEASIBLE,
        kinds.kUnboundedOrInfeasible: Status.INFEASIBLE,
        kinds.kUnbounded: Status.UNBOUNDED,
    }.get(ended, Status.NOT_CONVERGED)
    solution, info = solver.getSolution(), solver.getInfo()
    x = np.array(solution.col_value, dtype=float)
    y = np.array(solution.row_dual, dtype=float)
    fits = (y.size, x.size) == standard.A.shape
    return Attempt(
        status=status,
        x=x if fits else None,
        y=y if fits else None,
        iterations=max(0, info.simplex_iteration_count) + max(0, info.ipm_iteration_count),
        told=f"HiGHS: {solver.modelStatusToString(ended)}",
        basis=solver.getBasis(),
    )

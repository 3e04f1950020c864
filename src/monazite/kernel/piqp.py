"""Separable quadratic programs, by PIQP (Schwan, Jiang, Kuhn and Jones 2023)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, ClassVar

import numpy as np

from monazite.kernel.backend import AbstractBackend, Attempt, Status
from monazite.kernel.certify import LIMIT, certify
from monazite.kernel.polish import Point, polished
from monazite.kernel.program import Standard

# Tried in this order until one is proved. The first is the solver's default but for the tolerance.
# The second believes in infeasibility only when it is plain; the third brings costs to scale too,
# and the last one regularises and refines more, for programs of badly mixed scales; its steps are
# small, so it may take more of them.
_SLOW_TO_DESPAIR = {"eps_primal_inf": 1e-10, "eps_dual_inf": 1e-10}
_SETTINGS: tuple[dict[str, Any], ...] = (
    {},
    _SLOW_TO_DESPAIR,
    _SLOW_TO_DESPAIR | {"preconditioner_scale_cost": True, "tau": 0.95},
    _SLOW_TO_DESPAIR
    | {"rho_init": 1e-4, "delta_init": 1e-2, "iterative_refinement_always_enabled": True}
    | {"max_iter": 500},
)
_MOST_ITERATIONS = 150
_POLISHING = 10  # iterations; equations need two or three
_POLISHING_ROUNDS = 5
_FEW_GROUPS = range(2, 9)  # so many groups: the zeros cost more than they save
_LINKS = 40  # zeros a column; more made no difference on groups of 80
_COARSE = 1e-9  # tolerance beyond which any answer that can be proved will do
_FINER = 0.1  # part of the tolerance asked of the solver, which scales residuals in its own way
_POLISHABLE = 1e-9  # the bounds that hold are mostly known by then; what follows is mostly noise
_NEAR = 1e-2  # worst residual after a first round from another point, beyond which it is too far
_WOBBLE = 1e-3  # rounds may get worse by while they are better than this
_WARM_ROUNDS = 8
_LARGE = 20_000  # columns
_STEADY = 1e-4  # curvature of the steps of polishing large programs, where free ones go astray,
_STEADY_ROUNDS = 30  # so many of them, a twentieth of a second each,
_HARDLY = 1e-7  # until duals move by no more than this part of what they are
_ROUNDING = 1e-13  # as good as double precision gets, and what polishing aims at
_FINEST = 1e-12  # below it large programs turn to noise and never stop
_ENOUGH = 1e-9  # a thousandth of what is accepted; other settings seldom do better
_HOPELESS = (Status.INFEASIBLE, Status.UNBOUNDED)


class Piqp(AbstractBackend):
    """A proximal interior-point method, its last digits polished on the bounds that hold."""

    name: ClassVar[str] = "PIQP"
    quadratic: ClassVar[bool] = True
    warm_start: ClassVar[bool] = True

    def attempt(self, standard: Standard, *, basis: Any, tolerance: float) -> Attempt:
        """Solves the program; ``basis`` is a point (x, y) near the answer. Tries other settings
        before giving up.
        """
        coarse = tolerance > _COARSE
        enough = LIMIT if coarse else max(10 * tolerance, _ENOUGH)
        near = None if basis is None else _from(standard, basis)
        if near is not None:
            return near
        tried: list[tuple[float, Attempt]] = []
        least = tolerance * _FINER if coarse else _POLISHABLE
        early = coarse or _large(standard)
        first = [_limits(max(least, _FINEST), _MOST_ITERATIONS)] if early else []
        finest = _limits(max(min(tolerance, _COARSE) * _FINER, _FINEST), _MOST_ITERATIONS)
        for settings in [*first, *(finest | each for each in _SETTINGS)]:
            attempt = _run(standard, settings)
            worst = _worst(standard, attempt)
            if worst > enough or not coarse:
                worst, attempt = _polished(standard, attempt)
            if worst <= enough:
                return replace(attempt, status=Status.SOLVED, basis=(attempt.x, attempt.y))
            tried.append((worst, attempt))
            claims = [each.status for _, each in tried]
            if claims[-1] in _HOPELESS and claims.count(claims[-1]) > 1:
                break
        return min(tried, key=lambda pair: pair[0])[1]


def approach(standard: Standard, tolerance: float) -> Point | None:
    """A point (x, y) near the answer of a program, None where none is found; it proves nothing.

    For choosing what to solve: a third of the iterations of an answer that can be proved.
    """
    for settings in (_SETTINGS[0], _SETTINGS[2]):
        attempt = _run(standard, _limits(tolerance, _MOST_ITERATIONS) | settings)
        if attempt.status is Status.SOLVED and attempt.x is not None and attempt.y is not None:
            return attempt.x, attempt.y
    return None


def _polished(standard: Standard, attempt: Attempt) -> tuple[float, Attempt]:
    """The attempt with its bounds made exact, where that proves better, and its worst residual.

    A wrong guess breaks a bound or turns a dual round, so the next guess differs: rounds of this
    are a primal-dual active-set method (Hintermueller, Ito and Kunisch 2002) from a good start.
    """
    if attempt.x is None or attempt.y is None or attempt.status in _HOPELESS:
        return _worst(standard, attempt), attempt
    start = attempt.x, attempt.y
    best = _worst(standard, attempt), start
    if _large(standard):
        best = min(best, _steadily(standard, start), key=_first)
    else:
        for worst, point in islice(_rounds(standard, start), _POLISHING_ROUNDS):
            best = min(best, (worst, point), key=_first)
            if worst <= _ROUNDING:
                break
    return best[0], replace(attempt, x=best[1][0], y=best[1][1])


def _from(standard: Standard, point: Point) -> Attempt | None:
    """The answer where the bounds that hold are nearly those of a point; None where they are not.

    Every round must prove better than the one before, but for steady ones.
    """
    best: tuple[float, Point] = np.inf, point
    last, k = _NEAR, 0
    if _large(standard):
        best = _steadily(standard, point)
    else:
        for k, best in enumerate(_rounds(standard, point)):
            if best[0] <= _ENOUGH or best[0] > last or k + 1 == _WARM_ROUNDS:
                break
            last = max(best[0], _WOBBLE)
    if best[0] > _ENOUGH:
        return None
    told = "polished from a point near by"
    return Attempt(Status.SOLVED, *best[1], k + 1, told, best[1])


def _large(standard: Standard) -> bool:
    """Whether rounding is what keeps a program from its last digits; a small one just goes on."""
    return bool(standard.cost.size >= _LARGE)


def _steadily(standard: Standard, point: Point) -> tuple[float, Point]:
    """Steady rounds until duals hardly move and, where that proves too, a last free one.

    Columns may go on along a tie, where every point is an answer.
    """
    best: tuple[float, Point] = np.inf, point
    for k, (worst, found) in enumerate(_rounds(standard, point, _STEADY)):
        moved = np.max(np.abs(found[1] - point[1]) / (1 + np.abs(found[1])), initial=0.0)
        best, point = min(best, (worst, found), key=_first), found
        if (worst <= _ENOUGH and moved <= _HARDLY) or k + 1 == _STEADY_ROUNDS:
            break
    free = next(_rounds(standard, best[1]), (np.inf, point))
    return free if free[0] <= _ENOUGH else best


def _first(pair: tuple[float, Any]) -> float:
    return pair[0]


def _rounds(standard: Standard, point: Point, steady: float = 0.0) -> Iterator[tuple[float, Point]]:
    """Worst residuals and points of polishing again and again."""
    found = polished(standard, point, _solve_equations, steady)
    while found is not None:
        x = np.clip(found[0], standard.column_lower, standard.column_upper)
        yield certify(standard, x, found[1]).worst, (x, found[1])
        found = polished(standard, found, _solve_equations, steady)


def _solve_equations(standard: Standard) -> Point | None:
    attempt = _run(standard, _limits(_ROUNDING, _POLISHING))
    return None if attempt.x is None or attempt.y is None else (attempt.x, attempt.y)


def _worst(standard: Standard, attempt: Attempt) -> float:
    if attempt.x is None or attempt.y is None:
        return np.inf
    return certify(standard, attempt.x, attempt.y).worst


def _limits(precision: float, iterations: int) -> dict[str, Any]:
    return {
        "eps_abs": precision,
        "eps_rel": precision,
        "eps_duality_gap_abs": precision,
        "eps_duality_gap_rel": precision,
        "max_iter": iterations,
    }


@dataclass(frozen=True, eq=False)
class _Reduced:
    """The program without fixed columns and empty rows, its rows split into kinds."""

    A: Any
    shift: np.ndarray
    free: np.ndarray
    fixed_value: np.ndarray
    equal: np.ndarray
    between: np.ndarray
    contradiction: bool


def _reduce(standard: Standard) -> _Reduced:
    free = standard.column_lower < standard.column_upper
    fixed_value = np.where(free, 0.0, standard.column_lower)
    # an interior-point method has no interior on a fixed column, so these become constants
    shift = standard.A @ fixed_value if not free.all() else np.zeros(standard.A.shape[0])
    A = (standard.A if free.all() else standard.A[:, free]).tocsr()
    filled = np.diff(A.indptr) > 0
    lower, upper = standard.row_lower - shift, standard.row_upper - shift
    slack = 1e-9 * (1 + np.abs(shift))
    contradiction = bool(np.any(~filled & ((lower > slack) | (upper < -slack))))
    bounded = np.isfinite(lower) | np.isfinite(upper)
    equal = filled & (standard.row_lower == standard.row_upper)
    return _Reduced(
        A=A,
        shift=shift,
        free=free,
        fixed_value=fixed_value,
        equal=np.flatnonzero(equal),
        between=np.flatnonzero(filled & bounded & ~equal),
        contradiction=contradiction,
    )


def _run(standard: Standard, settings: dict[str, Any]) -> Attempt:
    import piqp

    reduced = _reduce(standard)
    if reduced.contradiction:
        told = "a row of fixed columns misses its bound"
        return Attempt(Status.INFEASIBLE, None, None, 0, told)
    solver = piqp.SparseSolver()
    for name, value in settings.items():
        setattr(solver.settings, name, value)
    free, shift = reduced.free, reduced.shift
    equal, between = reduced.equal, reduced.between
    solver.setup(
        _hessian(standard, free),
        standard.cost[free],
        reduced.A[equal].tocsc(),
        (standard.row_lower - shift)[equal],
        reduced.A[between].tocsc(),
        (standard.row_lower - shift)[between],
        (standard.row_upper - shift)[between],
        standard.column_lower[free],
        standard.column_upper[free],
    )
    ended = solver.solve()
    return _read(solver, ended, standard, reduced)


def _hessian(standard: Standard, free: np.ndarray) -> Any:
    """The curvature as a diagonal, with explicit zeros between columns that belong together.

    PIQP orders its factorisation by minimum degree, which takes the sparse ties between periods
    first and so fills every period with all others. The zeros make the ties look dense, so they
    are left for last and the periods fall apart: the order nested dissection would have found
    (George 1973). PIQP reads the upper triangle only.
    """
    from scipy.sparse import coo_matrix

    curvature = standard.curvature[free]
    diagonal = np.arange(curvature.size)
    upper, lower = [diagonal], [diagonal]
    if standard.together is not None and standard.together.max() + 1 not in _FEW_GROUPS:
        group = standard.together[free]
        order = np.argsort(group, kind="stable")
        order = order[group[order] >= 0]
        for step in range(1, min(_LINKS, order.size - 1) + 1):
            same = group[order[:-step]] == group[order[step:]]
            upper.append(order[:-step][same])
            lower.append(order[step:][same])
    row, column = np.concatenate(upper), np.concatenate(lower)
    value = np.zeros(row.size)
    value[: curvature.size] = curvature
    shape = (curvature.size, curvature.size)
    return coo_matrix((value, (row, column)), shape=shape).tocsc()


def _read(solver: Any, ended: Any, standard: Standard, reduced: _Reduced) -> Attempt:
    import piqp

    kinds = piqp.Status
    status = {
        kinds.PIQP_SOLVED: Status.SOLVED,
        kinds.PIQP_PRIMAL_INFEASIBLE: Status.INFEASIBLE,
        kinds.PIQP_DUAL_INFEASIBLE: Status.UNBOUNDED,
    }.get(ended, Status.NOT_CONVERGED)
    result = solver.result
    x = reduced.fixed_value.copy()
    x[reduced.free] = np.clip(
        result.x, standard.column_lower[reduced.free], standard.column_upper[reduced.free]
    )
    y = np.zeros(standard.A.shape[0])
    # PIQP writes P x + c + A'y + G'(z_u - z_l) + ... = 0; ours is c + q x - A'y - z = 0
    y[reduced.equal] = -result.y
    y[reduced.between] = result.z_l - result.z_u
    whole = bool(np.isfinite(x).all() and np.isfinite(y).all())
    return Attempt(
        status=status,
        x=x if whole else None,
        y=y if whole else None,
        iterations=int(result.info.iter),
        told=f"PIQP: {ended.name.removeprefix('PIQP_').replace('_', ' ').lower()}",
    )

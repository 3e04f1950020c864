"""What is the answer, and is it proved? Solves a program, certifies it, explains a failure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np

from monazite.errors import CertificateError, InfeasibleError, ProgramError
from monazite.kernel.backend import AbstractBackend, Attempt, Status
from monazite.kernel.certify import LIMIT, Certificate, certify, reduced_cost
from monazite.kernel.explain import Give, explain_infeasible, explain_unbounded
from monazite.kernel.polish import Point
from monazite.kernel.program import Block, Standard

_SUSPICIOUS = 1e-4  # of what a row carries


@dataclass(frozen=True, eq=False)
class Solution:
    """What came out. ``x``, ``y`` and ``z`` are NaN unless ``status`` is `Status.SOLVED`.

    ``y`` is d objective / d right side of each row (positive at an active lower bound), ``z`` the
    same for column bounds; c + q x - A'y - z = 0 exactly. ``objective`` is in the program's
    objective unit. ``explanation`` lists what would have to give when nothing is feasible.
    """

    standard: Standard
    status: Status
    x: np.ndarray
    y: np.ndarray
    z: np.ndarray
    objective: float
    iterations: int
    seconds: float
    certificate: Certificate | None
    message: str
    backend: str
    explanation: Sequence[Give] = ()
    basis: Any = field(default=None, repr=False)

    @property
    def solved(self) -> bool:
        """Whether there is an answer, proved."""
        return self.status is Status.SOLVED

    def value(self, block: Block | str) -> np.ndarray:
        """The columns of one block, in its unit; the duals of it, when it is a block of rows."""
        found = self.standard.blocks[block if isinstance(block, str) else block.name]
        return (self.x if found.kind == "column" else self.y)[found.slice]

    def rent(self, block: Block | str) -> np.ndarray:
        """The duals of one block of columns: what its bounds are worth."""
        found = self.standard.blocks[block if isinstance(block, str) else block.name]
        if found.kind != "column":
            raise ProgramError(f"{found.name} holds rows; their duals are their value")
        return self.z[found.slice]

    def check(self) -> Solution:
        """Itself when solved; otherwise raises `InfeasibleError` or `CertificateError`."""
        if self.solved:
            return self
        if self.status is Status.NOT_CONVERGED:
            raise CertificateError(self.message)
        raise InfeasibleError(self.message, self.explanation)


def solve(
    standard: Standard,
    *,
    backend: AbstractBackend | None = None,
    warm: Solution | None = None,
    near: Point | None = None,
    tolerance: float = 1e-9,
) -> Solution:
    """The certified answer of a program; failure is a result with an explanation, not an error.

    Picks PIQP when any column has curvature and HiGHS otherwise. ``warm`` is an earlier solution
    of the same program with other numbers, ``near`` a point (x, y) close to the
    answer of one with curvature. Raises `ProgramError` when ``backend`` cannot take
    curvature and the program has some, or when ``warm`` has another shape.
    """
    started = perf_counter()
    if (standard.column_lower > standard.column_upper).any() or (
        standard.row_lower > standard.row_upper
    ).any():
        return _infeasible(standard, "", 0, started)
    chosen = _choose(standard, backend)
    basis = near if near is not None and chosen.quadratic else _basis(standard, warm)
    attempt = chosen.attempt(standard, basis=basis, tolerance=tolerance)
    return _judge(standard, chosen, attempt, started)


def _choose(standard: Standard, backend: AbstractBackend | None) -> AbstractBackend:
    if backend is None:
        from monazite.kernel.highs import Highs
        from monazite.kernel.piqp import Piqp

        return Piqp() if standard.quadratic else Highs()
    if standard.quadratic and not backend.quadratic:
        raise ProgramError(f"{backend.name} takes no curvature here; leave the choice to solve()")
    return backend


def _basis(standard: Standard, warm: Solution | None) -> Any:
    if warm is None:
        return None
    if warm.standard.A.shape != standard.A.shape:
        raise ProgramError(
            f"the warm start has {warm.standard.A.shape} rows and columns, "
            f"the program {standard.A.shape}"
        )
    return warm.basis


def _judge(
    standard: Standard, backend: AbstractBackend, attempt: Attempt, started: float
) -> Solution:
    certificate = None
    if attempt.x is not None and attempt.y is not None:
        certificate = certify(standard, attempt.x, attempt.y)
        if certificate.ok and not _invented(standard, attempt.x):
            return _solved(standard, backend, attempt, certificate, started)
    return _failed(standard, backend, attempt, certificate, started)


def _invented(standard: Standard, x: np.ndarray) -> bool:
    """Whether a regularising slack stands in for supply that does not exist."""
    if not standard.slacks:
        return False
    slack = np.zeros_like(x)
    for name in standard.slacks:
        part = standard.blocks[name].slice
        slack[part] = x[part]
    imbalance = np.abs(standard.A @ slack) / (1 + abs(standard.A) @ np.abs(x))
    # a far price makes a slack of mu*(price - reference) too: the elastic program decides
    return bool(np.max(imbalance, initial=0.0) > _SUSPICIOUS and explain_infeasible(standard))


def _solved(
    standard: Standard,
    backend: AbstractBackend,
    attempt: Attempt,
    certificate: Certificate,
    started: float,
) -> Solution:
    assert attempt.x is not None and attempt.y is not None
    return Solution(
        standard=standard,
        status=Status.SOLVED,
        x=attempt.x,
        y=attempt.y,
        z=reduced_cost(standard, attempt.x, attempt.y),
        objective=standard.objective(attempt.x),
        iterations=attempt.iterations,
        seconds=perf_counter() - started,
        certificate=certificate,
        message=Status.SOLVED.value,
        backend=backend.name,
        basis=attempt.basis,
    )


def _failed(
    standard: Standard,
    backend: AbstractBackend,
    attempt: Attempt,
    certificate: Certificate | None,
    started: float,
) -> Solution:
    # whatever the solver thought: the elastic program and the ray decide, both linear
    give = explain_infeasible(standard)
    if give:
        return _infeasible(standard, backend.name, attempt.iterations, started, give)
    growing = explain_unbounded(standard)
    if growing:
        names = ", ".join(growing)
        message = f"{Status.UNBOUNDED.value} Growing: {names}."
        return _empty(standard, Status.UNBOUNDED, message, backend.name, attempt, started)
    reached = "no point" if certificate is None else f"a worst residual of {certificate.worst:.1e}"
    message = (
        f"{Status.NOT_CONVERGED.value} {attempt.told} after {attempt.iterations} iterations "
        f"with {reached}, where at most {LIMIT:.0e} is accepted."
    )
    return _empty(standard, Status.NOT_CONVERGED, message, backend.name, attempt, started)


def _infeasible(
    standard: Standard,
    backend: str,
    iterations: int,
    started: float,
    give: Sequence[Give] | None = None,
) -> Solution:
    found = explain_infeasible(standard) if give is None else give
    rows = "; ".join(str(row) for row in found[:5])
    more = f" and {len(found) - 5} more" if len(found) > 5 else ""
    message = f"{Status.INFEASIBLE.value} Smallest violation: {rows}{more}."
    attempt = Attempt(Status.INFEASIBLE, None, None, iterations, "")
    return _empty(standard, Status.INFEASIBLE, message, backend, attempt, started, found)


def _empty(
    standard: Standard,
    status: Status,
    message: str,
    backend: str,
    attempt: Attempt,
    started: float,
    give: Sequence[Give] = (),
) -> Solution:
    rows, columns = standard.A.shape
    return Solution(
        standard=standard,
        status=status,
        x=np.full(columns, np.nan),
        y=np.full(rows, np.nan),
        z=np.full(columns, np.nan),
        objective=float("nan"),
        iterations=attempt.iterations,
        seconds=perf_counter() - started,
        certificate=None,
        message=message,
        backend=backend,
        explanation=tuple(give),
        basis=None,
    )

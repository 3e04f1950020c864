"""How can the price of one good depend on the use of another? Through a symmetric matrix only."""

from __future__ import annotations

from typing import Any

import numpy as np

from monazite.errors import ProgramError
from monazite.kernel.program import Block, Program

# Entries and eigenvalues this far from symmetric or from zero, relative to the largest, are
# rounding in the data.
_ROUNDING = 1e-9


def symmetric_demand(
    program: Program,
    columns: Block,
    matrix: Any,
    *,
    positions: Any = None,
    name: str | None = None,
) -> Block:
    """Adds -1/2 u'M u to the objective: inverse demand p = a + M u, for uses u of ``columns``.

    ``matrix`` M[i, j] = dp_i / du_j, in objective unit per column unit squared, symmetric and
    negative semidefinite; the intercepts a are minus the columns' own cost. ``positions`` gives
    the columns of each group that shares the matrix, one group a row; by default all columns
    are one group.

    With M = -V diag(k) V' the term is 1/2 sum_r k_r w_r^2, where w = V'u are free columns tied
    by factor rows, so the program stays separable. Returns the block of w.

    Raises `ProgramError`, saying why, when M is not symmetric (no value of use has such prices
    as its gradient: Samuelson 1950, integrability), not negative semidefinite (a price would rise
    with use of its own mix), or does not fit ``positions``.
    """
    groups = _groups(columns, positions)
    M = _checked(np.asarray(matrix, dtype=float), columns, groups)
    value, vector = np.linalg.eigh(-(M + M.T) / 2)
    kept = np.flatnonzero(value > _ROUNDING * max(value.max(initial=0.0), 0.0))
    name = name or f"{columns.name}_factor"
    count, size = groups.shape
    dims = {
        "group": np.repeat(np.arange(count), kept.size),
        "factor": np.tile(np.arange(kept.size), count),
    }
    factors = program.add_columns(
        name, dims, columns.unit, curvature=np.tile(value[kept], count), lower=-np.inf
    )
    rows = program.add_rows(f"{name}_row", dims, columns.unit, lower=0.0, upper=0.0)
    program.add_terms(rows, factors, -1.0, "1")
    # row (g, r) takes V[i, r] of column groups[g, i]
    program.add_terms(
        rows,
        columns,
        np.tile(vector[:, kept].T.ravel(), count),
        "1",
        row=np.repeat(np.arange(count * kept.size), size),
        column=np.repeat(groups, kept.size, axis=0).ravel(),
    )
    return factors


def _groups(columns: Block, positions: Any) -> np.ndarray:
    if positions is None:
        return np.arange(columns.size)[None, :]
    groups = np.atleast_2d(np.asarray(positions))
    flat = groups.ravel()
    if np.unique(flat).size < flat.size:
        raise ProgramError(f"a column of {columns.name} is in two groups of cross-price demand")
    return groups


def _checked(M: np.ndarray, columns: Block, groups: np.ndarray) -> np.ndarray:
    size = groups.shape[1]
    if M.shape != (size, size):
        raise ProgramError(
            f"the cross-price matrix of {columns.name} is {M.shape}, its groups have {size} columns"
        )
    if not np.isfinite(M).all():
        raise ProgramError(f"the cross-price matrix of {columns.name} is not all finite numbers")
    largest = np.abs(M).max(initial=0.0)
    apart = np.abs(M - M.T)
    if apart.max(initial=0.0) > _ROUNDING * largest:
        i, j = np.unravel_index(np.argmax(apart), apart.shape)
        one, other = columns.label(int(groups[0, i])), columns.label(int(groups[0, j]))
        raise ProgramError(
            f"the cross-price matrix is not symmetric: the price of {one} moves by {M[i, j]:g} "
            f"per unit of {other}, the other way round by {M[j, i]:g}. No value of use has such "
            "prices as its gradient, so there is nothing to maximise; make the two equal"
        )
    highest = float(np.linalg.eigvalsh((M + M.T) / 2).max(initial=0.0))
    if highest > _ROUNDING * largest:
        raise ProgramError(
            f"the cross-price matrix of {columns.name} is not negative semidefinite: its largest "
            f"eigenvalue is {highest:g}, so some mix of goods would fetch more the more of it is "
            "used; strengthen own-price slopes or weaken cross-price ones"
        )
    return M

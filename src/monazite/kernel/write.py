"""Can another solver read it? The program as an LP or MPS file, with the names of its labels.

Names survive where the format allows: blanks become ``_`` in both; in LP files, where brackets
mark the quadratic part, ``flow[dy_oxide,CHN]`` becomes ``flow(dy_oxide,CHN)``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import numpy as np

from monazite.errors import ProgramError
from monazite.kernel.program import Standard

# CPLEX LP format: characters a name may contain beyond letters and digits
_LP_MARKS = set("!\"#$%&()/,.;?@_'`{}|~")
_MPS_INFINITY = 1e30  # what MPS readers take for infinite
_WRAP = 8  # terms a line; readers of LP files may stop at long lines


def write_mps(standard: Standard, path: str | Path) -> None:
    """Writes free-format MPS; curvature as QUADOBJ, the objective's constant as its right side.

    Raises `ProgramError` when two rows or two columns have the same name.
    """
    columns, rows = _names(standard, "column", _mps_name), _names(standard, "row", _mps_name)
    Path(path).write_text("\n".join(_mps(standard, columns, rows)) + "\n", encoding="utf-8")


def write_lp(standard: Standard, path: str | Path) -> None:
    """Writes the CPLEX LP format; curvature as ``[ q x ^2 ] / 2``.

    A row bounded on both sides becomes two, the second named ``row~upper``.

    Raises `ProgramError` when two rows or two columns have the same name in this format.
    """
    columns, rows = _names(standard, "column", _lp_name), _names(standard, "row", _lp_name)
    Path(path).write_text("\n".join(_lp(standard, columns, rows)) + "\n", encoding="utf-8")


def _names(
    standard: Standard, kind: Literal["column", "row"], spell: Callable[[str], str]
) -> list[str]:
    names = [
        spell(block.label(i))
        for block in standard.blocks.values()
        if block.kind == kind
        for i in range(block.size)
    ]
    if len(set(names)) < len(names):
        seen: set[str] = set()
        twice = next(name for name in names if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise ProgramError(f"two {kind}s would be named {twice}; give them labels that differ")
    return names


def _mps_name(label: str) -> str:
    return "_".join(label.split())


def _lp_name(label: str) -> str:
    spelled = _mps_name(label).replace("[", "(").replace("]", ")")
    safe = "".join(c if c.isalnum() or c in _LP_MARKS else "_" for c in spelled)
    # a leading digit, mark or e (as in e12) would be read as a number
    return safe if safe[:1].isalpha() and safe[0] not in "eE" else f"n_{safe}"


def _number(value: float) -> str:
    return repr(float(value))  # shortest spelling that reads back the same


def _mps(standard: Standard, columns: list[str], rows: list[str]) -> Iterator[str]:
    yield f"NAME {_mps_name(standard.name) or 'monazite'}"
    yield "ROWS"
    yield " N objective"
    kinds = _kinds(standard)
    yield from (f" {kind} {name}" for kind, name in zip(kinds, rows, strict=True))
    yield "COLUMNS"
    yield from _mps_columns(standard, columns, rows)
    yield "RHS"
    yield from _mps_sides(standard, rows)
    yield "RANGES"
    for i in np.flatnonzero(_ranged(standard)):
        yield f" RANGES {rows[i]} {_number(standard.row_upper[i] - standard.row_lower[i])}"
    yield "BOUNDS"
    bounds = zip(columns, standard.column_lower, standard.column_upper, strict=True)
    for name, lower, upper in bounds:
        yield from _mps_bounds(name, lower, upper)
    curved = np.flatnonzero(standard.curvature)
    if curved.size:
        yield "QUADOBJ"
        for j in curved:
            yield f" {columns[j]} {columns[j]} {_number(standard.curvature[j])}"
    yield "ENDATA"


def _mps_columns(standard: Standard, columns: list[str], rows: list[str]) -> Iterator[str]:
    A = standard.A
    for j, name in enumerate(columns):
        yield f" {name} objective {_number(standard.cost[j])}"
        for k in range(A.indptr[j], A.indptr[j + 1]):
            yield f" {name} {rows[A.indices[k]]} {_number(A.data[k])}"


def _mps_sides(standard: Standard, rows: list[str]) -> Iterator[str]:
    if standard.offset:
        yield f" RHS objective {_number(-standard.offset)}"
    upper_only = np.isfinite(standard.row_upper) & ~np.isfinite(standard.row_lower)
    side = np.where(upper_only, standard.row_upper, standard.row_lower)
    for name, value in zip(rows, side, strict=True):
        if value:
            yield f" RHS {name} {_number(max(value, -_MPS_INFINITY))}"


def _mps_bounds(name: str, lower: float, upper: float) -> Iterator[str]:
    if lower == upper:
        yield f" FX BOUND {name} {_number(lower)}"
        return
    if lower == -np.inf:
        yield f" {'FR' if upper == np.inf else 'MI'} BOUND {name}"
    elif lower or upper < np.inf:
        # written even when 0: some readers take a negative upper bound alone to free the lower
        yield f" LO BOUND {name} {_number(lower)}"
    if upper < np.inf:
        yield f" UP BOUND {name} {_number(upper)}"


def _kinds(standard: Standard) -> list[str]:
    lower, upper = standard.row_lower, standard.row_upper
    # a free row is >= -infinity: as a further N row readers would drop it
    kinds = np.where(np.isfinite(upper) & ~np.isfinite(lower), "L", "G")
    kinds[lower == upper] = "E"
    return [str(kind) for kind in kinds]


def _ranged(standard: Standard) -> np.ndarray:
    lower, upper = standard.row_lower, standard.row_upper
    return np.isfinite(lower) & np.isfinite(upper) & (lower != upper)


def _lp(standard: Standard, columns: list[str], rows: list[str]) -> Iterator[str]:
    yield "minimize"
    yield " objective:"
    yield from _lp_terms(standard.cost, columns)
    if standard.offset:
        yield f" {_signed(standard.offset)}"
    curved = np.flatnonzero(standard.curvature)
    if curved.size:
        yield " + ["
        yield from (f" {_signed(standard.curvature[j])} {columns[j]} ^2" for j in curved)
        yield " ] / 2"
    yield "subject to"
    A = standard.A.tocsr()
    for i, name in enumerate(rows):
        part = slice(A.indptr[i], A.indptr[i + 1])
        terms = list(_lp_terms(A.data[part], [columns[j] for j in A.indices[part]]))
        # an empty row still needs a term, or the format loses its name
        terms = terms or [f" 0 {columns[0]}"]
        yield from _lp_row(name, terms, standard.row_lower[i], standard.row_upper[i])
    yield "bounds"
    for j, name in enumerate(columns):
        lower, upper = standard.column_lower[j], standard.column_upper[j]
        yield f" {_bound(lower)} <= {name} <= {_bound(upper)}"
    yield "end"


def _lp_row(name: str, terms: list[str], lower: float, upper: float) -> Iterator[str]:
    if lower == upper:
        sides = [(name, "=", lower)]
    elif not np.isfinite(upper):
        sides = [(name, ">=", lower)]  # a free row too: >= -inf keeps its name
    elif not np.isfinite(lower):
        sides = [(name, "<=", upper)]
    else:  # HiGHS 1.15 reads a <= expression <= b as two wrong rows
        sides = [(name, ">=", lower), (f"{name}~upper", "<=", upper)]
    for named, relation, side in sides:
        yield f" {named}:"
        yield from terms
        yield f" {relation} {_bound(side)}"


def _lp_terms(values: np.ndarray, names: list[str]) -> Iterator[str]:
    terms = [f"{_signed(value)} {name}" for value, name in zip(values, names, strict=True)]
    for start in range(0, len(terms), _WRAP):
        yield " " + " ".join(terms[start : start + _WRAP])


def _signed(value: float) -> str:
    return f"{'-' if value < 0 else '+'} {_number(abs(value))}"


def _bound(value: float) -> str:
    return _number(value) if np.isfinite(value) else ("+inf" if value > 0 else "-inf")

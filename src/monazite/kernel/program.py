"""What is to be minimised? Named blocks of columns and rows, frozen into sparse arrays.

minimise   c'x + 1/2 x'diag(q)x + offset
subject to rl <= A x <= ru,  xl <= x <= xu
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from monazite.errors import ProgramError
from monazite.units import Unit, as_unit

if TYPE_CHECKING:
    from scipy.sparse import csc_matrix

    from monazite.kernel.patch import Patch

Labels = Any  # a sequence or array of labels, one a position
Numbers = Any  # a number, a sequence of numbers or an array; broadcast to the block


@dataclass(frozen=True, eq=False)
class Block:
    """A named range of columns or rows, one for every label of its dimensions."""

    name: str
    dims: Mapping[str, Labels]
    unit: Unit
    start: int
    size: int
    kind: Literal["column", "row"]

    @property
    def slice(self) -> slice:
        """Where this block lies in the arrays of `Standard` and `Solution`."""
        return slice(self.start, self.start + self.size)

    def label(self, i: int) -> str:
        """The name of position ``i``, such as ``flow[dy_oxide,CHN,JPN]``."""
        if not 0 <= i < self.size:
            raise ProgramError(f"{self.name} has positions 0 to {self.size - 1}, not {i}")
        if not self.dims:
            return self.name
        return f"{self.name}[{','.join(str(labels[i]) for labels in self.dims.values())}]"


@dataclass(frozen=True, eq=False)
class Standard:
    """The program as arrays: what a backend sees. The arrays are read-only and may be shared.

    Shapes: ``A`` is rows by columns (CSC); ``cost``, ``curvature``, ``column_lower`` and
    ``column_upper`` have one entry a column; ``row_lower`` and ``row_upper`` one a row.
    ``together`` numbers the group of each column, -1 for none; see `Program.add_columns`.
    ``slacks`` names the blocks of columns that `regularise` added.
    """

    name: str
    objective_unit: Unit
    A: csc_matrix
    cost: np.ndarray
    curvature: np.ndarray
    row_lower: np.ndarray
    row_upper: np.ndarray
    column_lower: np.ndarray
    column_upper: np.ndarray
    blocks: Mapping[str, Block]
    offset: float = 0.0
    together: np.ndarray | None = None
    slacks: tuple[str, ...] = ()

    @property
    def quadratic(self) -> bool:
        """Whether any column has curvature."""
        return bool(np.any(self.curvature))

    def apply(self, patch: Patch) -> Standard:
        """The same program with other numbers; see `monazite.kernel.patch`."""
        from monazite.kernel.patch import apply

        return apply(self, patch)

    def label(self, kind: Literal["column", "row"], index: int) -> str:
        """The name of one column or row of the whole program."""
        block = self.block_at(kind, index)
        return block.label(index - block.start)

    def block_at(self, kind: Literal["column", "row"], index: int) -> Block:
        """The block in which one column or row of the whole program lies."""
        for block in self.blocks.values():
            if block.kind == kind and block.start <= index < block.start + block.size:
                return block
        raise ProgramError(f"{self.name or 'the program'} has no {kind} {index}")

    def objective(self, x: np.ndarray) -> float:
        """c'x + 1/2 x'diag(q)x + offset, in the objective's unit."""
        # np.sum adds pairwise: more exact than a dot product, and never waits for threads
        return float(np.sum((self.cost + 0.5 * self.curvature * x) * x) + self.offset)


class Program:
    """Columns, rows and terms, added block by block; nothing is checked twice in `freeze`.

    Units: a cost is in objective unit per column unit, a curvature in objective unit per column
    unit squared, bounds are in the unit of their own block.
    """

    def __init__(self, name: str = "", *, objective_unit: str | Unit = "MUSD/yr") -> None:
        self.name = name
        self.objective_unit = as_unit(objective_unit)
        self.blocks: dict[str, Block] = {}
        self._size = {"column": 0, "row": 0}
        self._columns: list[tuple[np.ndarray, ...]] = []
        self._rows: list[tuple[np.ndarray, ...]] = []
        self._terms: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self._offset = 0.0
        self._together: list[np.ndarray] = []
        self._groups: dict[Any, int] = {}
        self._slacks: list[str] = []

    def add_columns(
        self,
        name: str,
        dims: Mapping[str, Labels],
        unit: str | Unit,
        *,
        cost: Numbers = 0.0,
        curvature: Numbers = 0.0,
        lower: Numbers = 0.0,
        upper: Numbers = np.inf,
        together: Labels = None,
    ) -> Block:
        """A block of columns, one for each label; without dimensions a single column.

        ``together`` is a hint for speed that never changes the answer: one label a position, equal
        where columns tie the same parts of the program. For stock levels, give the period: the
        solver then works period by period (8 times faster on 108 periods of 80 stocks). One
        label for columns that tie everything leaves them all for last.

        Raises `ProgramError` for a name already taken, dimensions or numbers of unequal length,
        a NaN or a negative curvature. Bounds that cross are not refused here: `solve` tells them.
        """
        block = self._block(name, dims, unit, "column")
        fields = {"cost": cost, "curvature": curvature, "lower": lower, "upper": upper}
        self._columns.append(tuple(_field(block, f, value) for f, value in fields.items()))
        self._together.append(self._group(block, together))
        return self._accept(block)

    def add_rows(
        self,
        name: str,
        dims: Mapping[str, Labels],
        unit: str | Unit,
        *,
        lower: Numbers = -np.inf,
        upper: Numbers = np.inf,
    ) -> Block:
        """A block of rows, one for each label; without dimensions a single row.

        Raises `ProgramError` as `add_columns` does.
        """
        block = self._block(name, dims, unit, "row")
        fields = {"lower": lower, "upper": upper}
        self._rows.append(tuple(_field(block, f, value) for f, value in fields.items()))
        return self._accept(block)

    def add_terms(
        self,
        rows: Block,
        columns: Block,
        coefficient: Numbers,
        unit: str | Unit,
        *,
        row: Numbers = None,
        column: Numbers = None,
    ) -> None:
        """Adds coefficient * column to rows; repeated positions add up.

        ``row`` and ``column`` are positions inside the blocks, by default 0, 1, 2 ... each.
        The unit of the coefficient times that of the columns must be that of the rows.
        Raises `ProgramError` on a unit mismatch, a position outside a block, unequal lengths or
        a coefficient that is not finite.
        """
        self._own(rows, "row")
        self._own(columns, "column")
        _match_units(rows, columns, as_unit(unit))
        where = f"terms of {columns.name} in {rows.name}"
        value = np.asarray(coefficient, dtype=float)
        if not np.all(np.isfinite(value)):
            raise ProgramError(f"{where}: a coefficient is not a finite number")
        at_row, at_column = _positions(rows, row), _positions(columns, column)
        try:
            at_row, at_column, value = np.broadcast_arrays(at_row, at_column, value)
        except ValueError:
            lengths = f"{at_row.size} rows, {at_column.size} columns, {value.size} coefficients"
            raise ProgramError(f"{where}: lengths differ: {lengths}") from None
        self._terms.append(
            (at_row.ravel() + rows.start, at_column.ravel() + columns.start, value.ravel().copy())
        )

    def add_constant(self, value: float) -> None:
        """Adds a constant to the objective, in the objective's unit."""
        if not np.isfinite(value):
            raise ProgramError(f"the constant {value} is not a finite number")
        self._offset += float(value)

    def mark_slack(self, columns: Block) -> None:
        """Says that ``columns`` only choose among prices and may not stand in for supply."""
        self._own(columns, "column")
        self._slacks.append(columns.name)

    def freeze(self) -> Standard:
        """The program as arrays. The program may grow afterwards; the arrays will not."""
        cost, curvature, column_lower, column_upper = _join(self._columns, 4)
        row_lower, row_upper = _join(self._rows, 2)
        return Standard(
            name=self.name,
            objective_unit=self.objective_unit,
            A=self._matrix(),
            cost=cost,
            curvature=curvature,
            row_lower=row_lower,
            row_upper=row_upper,
            column_lower=column_lower,
            column_upper=column_upper,
            blocks=dict(self.blocks),
            offset=self._offset,
            together=np.concatenate(self._together) if self._groups else None,
            slacks=tuple(self._slacks),
        )

    def _group(self, block: Block, together: Labels) -> np.ndarray:
        if together is None:
            return np.full(block.size, -1, dtype=np.int32)
        labels = list(together)
        if len(labels) != block.size:
            raise ProgramError(
                f"{block.name}: together has {len(labels)} labels for {block.size} positions"
            )
        numbers = [self._groups.setdefault(label, len(self._groups)) for label in labels]
        return np.array(numbers, dtype=np.int32)

    def _matrix(self) -> csc_matrix:
        from scipy.sparse import coo_matrix

        row, column, value = _join(self._terms, 3)
        shape = (self._size["row"], self._size["column"])
        # without terms the joined arrays are empty floats
        index = (row.astype(np.int32, copy=False), column.astype(np.int32, copy=False))
        A = coo_matrix((value, index), shape=shape).tocsc()
        for array in (A.data, A.indices, A.indptr):
            array.flags.writeable = False
        return A

    def _block(
        self,
        name: str,
        dims: Mapping[str, Labels],
        unit: str | Unit,
        kind: Literal["column", "row"],
    ) -> Block:
        if name in self.blocks:
            raise ProgramError(f"there is already a block named {name!r}; choose another name")
        sizes = {dim: len(labels) for dim, labels in dims.items()}
        if len(set(sizes.values())) > 1:
            raise ProgramError(f"{name}: the dimensions differ in length: {sizes}")
        size = next(iter(sizes.values()), 1)
        return Block(name, dict(dims), as_unit(unit), self._size[kind], size, kind)

    def _accept(self, block: Block) -> Block:
        self.blocks[block.name] = block
        self._size[block.kind] += block.size
        return block

    def _own(self, block: Block, kind: str) -> None:
        if self.blocks.get(block.name) is not block:
            raise ProgramError(f"{block.name} is not a block of this program")
        if block.kind != kind:
            raise ProgramError(f"{block.name} holds {block.kind}s where {kind}s are needed")


def check_field(block: Block, field: str, value: np.ndarray) -> None:
    """Raises `ProgramError` for numbers that no cost, curvature or bound may be."""
    if np.isnan(value).any():
        raise ProgramError(f"{block.name}: {field} has a NaN at {block.label(_first(value))}")
    if field == "curvature" and (value < 0).any():
        where = block.label(int(np.argmax(value < 0)))
        raise ProgramError(f"{where}: the curvature is negative, so the program is not convex")
    if field in ("cost", "curvature") and np.isinf(value).any():
        raise ProgramError(f"{block.name}: an infinite {field}; use a bound instead")
    wrong = {"lower": np.inf, "upper": -np.inf}
    if field in wrong and (value == wrong[field]).any():
        raise ProgramError(f"{block.name}: {field} is infinite on the wrong side")


def _first(value: np.ndarray) -> int:
    return int(np.argmax(np.isnan(value)))


def _field(block: Block, field: str, value: Numbers) -> np.ndarray:
    array = np.asarray(value, dtype=float)
    if array.ndim > 1 or array.ndim == 1 and array.size != block.size:
        given = f"{array.size} numbers for {block.size} positions"
        raise ProgramError(f"{block.name}: {field} has {given}")
    full = np.full(block.size, array) if array.ndim == 0 else array.copy()
    check_field(block, field, full)
    return full


def _positions(block: Block, given: Numbers) -> np.ndarray:
    if given is None:
        return np.arange(block.size, dtype=np.int32)
    positions = np.asarray(given)
    if positions.size and not np.issubdtype(positions.dtype, np.integer):
        raise ProgramError(f"positions in {block.name} must be whole numbers")
    if positions.size and (positions.min() < 0 or positions.max() >= block.size):
        low, high = int(positions.min()), int(positions.max())
        raise ProgramError(
            f"positions {low} to {high} in {block.name}, which has 0 to {block.size - 1}"
        )
    return positions.astype(np.int32)


def _match_units(rows: Block, columns: Block, unit: Unit) -> None:
    if unit * columns.unit != rows.unit:
        raise ProgramError(
            f"unit mismatch: a coefficient in {unit} times {columns.name} in {columns.unit} "
            f"is {unit * columns.unit}, but {rows.name} is in {rows.unit}"
        )


def _join(chunks: Sequence[tuple[np.ndarray, ...]], width: int) -> list[np.ndarray]:
    joined = [
        np.concatenate([chunk[k] for chunk in chunks]) if chunks else np.empty(0)
        for k in range(width)
    ]
    for array in joined:
        array.flags.writeable = False
    return joined

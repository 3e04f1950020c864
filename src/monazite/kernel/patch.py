"""How does the same program get other numbers? Never other terms: sparsity cannot change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from monazite.errors import ProgramError
from monazite.kernel.program import Block, Standard, check_field

_ARRAYS = {
    ("column", "cost"): "cost",
    ("column", "curvature"): "curvature",
    ("column", "lower"): "column_lower",
    ("column", "upper"): "column_upper",
    ("row", "lower"): "row_lower",
    ("row", "upper"): "row_upper",
}


@dataclass(frozen=True)
class Patch:
    """New numbers for named blocks: ``{block: {field: (positions or None, values)}}``.

    Fields: cost, curvature, lower, upper for columns; lower, upper for rows. None means every
    position of the block. Values are in the units the block was added with.
    """

    changes: Mapping[str, Mapping[str, tuple[Any, Any]]]


def apply(standard: Standard, patch: Patch) -> Standard:
    """The program with the patch's numbers; unchanged arrays, and ``A``, are shared.

    Raises `ProgramError` for an unknown block or field, positions outside the block, unequal
    lengths, or numbers that `Program.add_columns` would refuse.
    """
    changed: dict[str, np.ndarray] = {}
    for name, fields in patch.changes.items():
        block = _block(standard, name)
        for field, (positions, values) in fields.items():
            name_of = _array(block, field)
            if name_of not in changed:
                changed[name_of] = getattr(standard, name_of).copy()
            _write(changed[name_of][block.slice], block, field, positions, values)
    for array in changed.values():
        array.flags.writeable = False
    return replace(standard, **cast(dict[str, Any], changed))


def _block(standard: Standard, name: str) -> Block:
    if name not in standard.blocks:
        known = ", ".join(standard.blocks)
        raise ProgramError(f"a patch names the block {name!r}; the program has {known}")
    return standard.blocks[name]


def _array(block: Block, field: str) -> str:
    if (block.kind, field) not in _ARRAYS:
        known = ", ".join(name for kind, name in _ARRAYS if kind == block.kind)
        raise ProgramError(
            f"a patch changes {field!r} of the {block.kind}s {block.name}; it may change {known}"
        )
    return _ARRAYS[block.kind, field]


def _write(target: np.ndarray, block: Block, field: str, positions: Any, values: Any) -> None:
    where = slice(None) if positions is None else _inside(block, positions)
    numbers = np.asarray(values, dtype=float)
    wanted = block.size if positions is None else np.size(positions)
    if numbers.ndim > 1 or numbers.ndim == 1 and numbers.size != wanted:
        raise ProgramError(
            f"a patch has {numbers.size} numbers for {wanted} positions of {block.name}"
        )
    target[where] = numbers
    check_field(block, field, target)


def _inside(block: Block, positions: Any) -> np.ndarray:
    array = np.atleast_1d(np.asarray(positions))
    if array.size and not np.issubdtype(array.dtype, np.integer):
        raise ProgramError(f"a patch needs whole numbers as positions of {block.name}")
    if array.size and (array.min() < 0 or array.max() >= block.size):
        raise ProgramError(
            f"a patch names positions {array.min()} to {array.max()} of {block.name}, "
            f"which has 0 to {block.size - 1}"
        )
    return array.astype(np.int64)

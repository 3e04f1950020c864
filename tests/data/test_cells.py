"""Is a number told wrong in the same way, whether it is typed already or read as text?"""

from __future__ import annotations

import math

import polars as pl
import pytest

from monazite.data.cells import Reading, read_cells
from monazite.data.schema import Column, tables

BOUNDED = {
    (column.low, column.above, column.high, column.below): column
    for table in tables().values()
    for column in table.columns
    if column.kind == "number"
}


def values_for(column: Column) -> list[float | None]:
    """Bounds of the column, values next to them, and some far away."""
    ends = (column.low, column.above, column.high, column.below)
    known = [end for end in ends if end is not None]
    near = [math.nextafter(end, to) for end in known for to in (-math.inf, math.inf)]
    return [None, -1e9, -1.0, 0.5, 2.0, 1e9, math.nan, math.inf, *known, *near]


def told(reading: Reading) -> tuple[list[float | None], list[tuple[int, str]]]:
    series, problems = reading
    return series.to_list(), [(one.row, one.key) for one in problems]


@pytest.mark.parametrize("column", BOUNDED.values(), ids=lambda column: str(column.name))
def test_typed_numbers_are_judged_as_those_of_a_text(column: Column) -> None:
    for value in values_for(column):
        text = None if value is None else repr(value)
        typed = read_cells(pl.Series("x", [value, None], dtype=pl.Float64), column, None)
        if value is not None and not math.isfinite(value):
            assert [one.key for one in typed[1]] == ["not_finite"]
            continue
        assert told(typed) == told(read_cells(pl.Series("x", [text, None]), column, None))


def test_every_kind_of_bound_is_met() -> None:
    for k in range(4):
        assert any(bounds[k] is not None for bounds in BOUNDED)

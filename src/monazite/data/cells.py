"""What does a column of cells mean, in the program's units, and which cells mean nothing?

Whole columns are converted at once; only cells that resist are looked at one by one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from monazite.data.names import nearest
from monazite.data.read import unit_fault
from monazite.data.schema import Column, in_unit
from monazite.units import convert, parse

if TYPE_CHECKING:
    import polars as pl

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_MEASURED = rf"^({_NUMBER})\s*([^\d\s.,'’+\-_].*)$"
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:[,'’\s]\d{3})+(?:\.\d+)?(?:\s*[^\d\s].*)?")
_COMMA = re.compile(r"[+-]?\d[\d.]*,\d+(?:\s*[^\d\s].*)?")


@dataclass(frozen=True)
class Problem:
    """A cell that means nothing: its row, its text, and what is wrong by catalogue key."""

    row: int
    value: Any
    key: str
    values: dict[str, Any] = field(default_factory=dict)


Reading = tuple["pl.Series", list[Problem]]


def read_cells(cells: pl.Series, column: Column, header_unit: str | None) -> Reading:
    """The typed column, null where a cell is empty or wrong, and what is wrong."""
    if not header_unit and _right(cells, column):
        return cells, []
    if column.kind == "number":
        return _numbers(cells, column, header_unit)
    if column.kind == "integer":
        return _integers(cells, column)
    if column.kind in ("date", "day"):
        return _dates(cells, column)
    return _texts(cells, column)


def _right(cells: pl.Series, column: Column) -> bool:
    """Whether every cell plainly is as the column wants it; the usual case, told quickly."""
    import polars as pl

    if column.kind == "number" and cells.dtype == pl.Float64:
        values = cells.to_numpy()
        known = values[np.isfinite(values)]
        if known.size + cells.null_count() < values.size:
            return False
        return not known.size or _within(float(known.min()), float(known.max()), column)
    if column.kind == "text" and cells.dtype == pl.String:
        words = set(cells.to_list()) - {None}
        plain = all(word and word == word.strip() for word in words)
        return plain and (not column.allowed or words <= set(column.allowed))
    return False


def _within(least: float, most: float, column: Column) -> bool:
    """Whether numbers from `least` to `most` are in the column's range."""
    return not (
        (column.low is not None and least < column.low)
        or (column.above is not None and least <= column.above)
        or (column.high is not None and most > column.high)
        or (column.below is not None and most >= column.below)
    )


def empty(column: Column, size: int) -> pl.Series:
    """A column of nothing, of the right type."""
    import polars as pl

    kinds = {"number": pl.Float64, "integer": pl.Int64, "date": pl.Date}
    dtype = kinds.get(column.kind, pl.String)
    return pl.Series(column.name, [None] * size, dtype=dtype)


def _text(cells: pl.Series) -> pl.Series:
    """Cells as stripped text, null where nothing stands."""
    import polars as pl

    text = cells
    if text.dtype.is_float():  # 2025.0 names the period 2025, not "2025.0"
        whole = text.is_not_null() & (text == text.floor()) & (text.abs() < 1e15)
        spelt = text.cast(pl.Int64, strict=False).cast(pl.String)
        text = text.cast(pl.String).zip_with(~whole.fill_null(False), spelt)
    text = text.cast(pl.String, strict=False).str.strip_chars()
    return text.set((text == "").fill_null(False), None)


def _numbers(cells: pl.Series, column: Column, header_unit: str | None) -> Reading:
    import polars as pl

    if cells.dtype.is_numeric() or cells.dtype == pl.Null:
        values = scale(cells.cast(pl.Float64), header_unit, column.unit)
        problems: list[Problem] = []
    else:
        values, problems = _measured(_text(cells), column, header_unit)
    bad = (values.is_not_null() & ~values.is_finite()).fill_null(False)
    problems += [Problem(row, cell, "not_finite") for row, cell in _picked(cells, bad)]
    values = values.set(bad, None)
    outside, found = _outside(values, column, cells)
    return values.set(outside, None), problems + found


def scale(values: Any, unit: str | None, wanted: str) -> Any:
    """A series of numbers in `unit` (None: already right) told in the unit `wanted`."""
    return convert(values, unit, wanted) if unit and unit != wanted else values


def _measured(text: pl.Series, column: Column, header_unit: str | None) -> Reading:
    """Numbers from text: plain ones in the header's unit, others in the unit of their cell."""
    import polars as pl

    plain = text.cast(pl.Float64, strict=False)
    values = scale(plain, header_unit, column.unit)
    rows = (text.is_not_null() & plain.is_null()).arg_true()
    if not len(rows):
        return values, []
    rest = text.gather(rows)
    amounts = rest.str.extract(_MEASURED, 1).cast(pl.Float64, strict=False)
    units = rest.str.extract(_MEASURED, 2)
    wrong = {unit: _cell_unit_fault(unit, header_unit, column) for unit in units.unique()}
    problems: list[Problem] = []
    for unit in units.unique().drop_nulls():
        here = (units == unit).fill_null(False)
        if wrong[unit]:
            continue
        scaled = scale(amounts.filter(here), unit, column.unit)
        values = values.scatter(rows.filter(here), scaled)
    for row, cell, unit in zip(rows, rest, units, strict=True):
        key = wrong[unit] if unit else _not_a_number(cell)
        if key:
            told = {"unit": column.unit or "-", "cell_unit": unit, "header_unit": header_unit}
            problems.append(Problem(row, cell, key, told))
    return values, problems


def _cell_unit_fault(unit: str | None, header_unit: str | None, column: Column) -> str:
    if unit is None:
        return ""
    wrong = unit_fault(unit, column.unit)
    if wrong == "unit_of_text":
        return "not_a_number"
    if not wrong and header_unit and parse(unit) != parse(header_unit):
        return "conflicting_units"
    return wrong


def _not_a_number(cell: str) -> str:
    if _THOUSANDS.fullmatch(cell):
        return "thousands_separator"
    return "decimal_comma" if _COMMA.fullmatch(cell) else "not_a_number"


def _picked(cells: pl.Series, mask: pl.Series) -> Iterator[tuple[int, Any]]:
    """Row and cell wherever the mask holds."""
    return zip(mask.arg_true().to_list(), cells.filter(mask).to_list(), strict=True)


def _outside(
    values: pl.Series, column: Column, cells: pl.Series
) -> tuple[pl.Series, list[Problem]]:
    """Mask of the values out of the column's range, and a problem for each."""
    import polars as pl

    mask = pl.Series([False] * len(values), dtype=pl.Boolean)
    for bound, out in (
        (column.low, lambda limit: values < limit),
        (column.high, lambda limit: values > limit),
        (column.above, lambda limit: values <= limit),
        (column.below, lambda limit: values >= limit),
    ):
        if bound is not None:
            mask = mask | out(bound).fill_null(False)
    told = {"unit": column.unit, "range": range_text(column)}
    return mask, [
        Problem(row, cell, _range_fault(value, column), told)
        for (row, cell), value in zip(_picked(cells, mask), values.filter(mask), strict=True)
    ]


def _range_fault(value: float, column: Column) -> str:
    if column.name == "elasticity" and column.below == 0:
        return "positive_elasticity"
    if column.low == 0 and value < 0:
        return "negative" if in_unit(column) else "negative_number"
    if column.unit == "1" and value > 1:
        return "out_of_range_fraction"
    return "out_of_range"


def range_text(column: Column) -> str:
    """The column's range in signs: ``0 ≤ loss < 1``; "" when there is none."""
    left = f"{column.low:g} ≤ " if column.low is not None else ""
    left = f"{column.above:g} < " if column.above is not None else left
    right = f" ≤ {column.high:g}" if column.high is not None else ""
    right = f" < {column.below:g}" if column.below is not None else right
    return f"{left}{column.name}{right}{in_unit(column)}" if left or right else ""


def _integers(cells: pl.Series, column: Column) -> Reading:
    import polars as pl

    values, problems = _numbers(cells, column, None)
    broken = (values.is_not_null() & (values != values.round(0))).fill_null(False)
    problems += [Problem(row, cell, "not_whole") for row, cell in _picked(cells, broken)]
    return values.set(broken, None).cast(pl.Int64), problems


def _dates(cells: pl.Series, column: Column) -> Reading:
    import polars as pl

    if cells.dtype in (pl.Date, pl.Datetime):
        days = cells.cast(pl.Date)
        return (days if column.kind == "date" else days.cast(pl.String)), []
    text = _text(cells)
    # 2025 and 2025-03 are days too: the first of that year or month
    padded = text.str.replace(r"^(\d{4})$", "$1-01").str.replace(r"^(\d{4}-\d{2})$", "$1-01")
    exact = padded.set(~padded.str.contains(r"^\d{4}-\d{2}-\d{2}$").fill_null(True), None)
    days = exact.str.to_date("%Y-%m-%d", strict=False)
    bad = text.is_not_null() & days.is_null()
    problems = [Problem(row, cell, "bad_date") for row, cell in _picked(text, bad)]
    return (days if column.kind == "date" else text.set(days.is_null(), None)), problems


def _texts(cells: pl.Series, column: Column) -> Reading:
    text = _text(cells)
    if not column.allowed:
        return text, []
    bad = (text.is_not_null() & ~text.is_in(list(column.allowed))).fill_null(False)
    near = {word: nearest(word, column.allowed) for word in text.filter(bad).unique()}
    told = {word: {"allowed": ", ".join(column.allowed), "near": near[word]} for word in near}
    problems = [
        Problem(row, word, "not_allowed_near" if near[word] else "not_allowed", told[word])
        for row, word in _picked(text, bad)
    ]
    return text.set(bad, None), problems

"""What does one table say once its cells are read, and what did an overlay change in it?

A sheet holds every column of the schema, typed and in the program's units, and for each row the
file and line it came from, in the columns `FILE` and `LINE`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from monazite.data.cells import Problem, empty, read_cells
from monazite.data.read import Raw
from monazite.data.schema import Table
from monazite.errors import Fault, fault

if TYPE_CHECKING:
    import polars as pl

FILE, LINE = "_file", "_line"


@dataclass(frozen=True)
class Change:
    """One cell that an overlay changed; a row it added has `old` None in every cell."""

    table: str
    key: tuple[Any, ...]
    column: str
    old: Any
    new: Any


@dataclass(frozen=True)
class Sheet:
    """A table with typed columns and the place of every row.

    ``given`` tells which columns each file has; ``spoilt`` names the cells (file, line, column)
    already found at fault, line 0 standing for the whole column; ``overlays`` the files that need
    not have every column; ``complete`` is False when rows had to be left out.
    """

    table: Table
    frame: pl.DataFrame
    given: Mapping[str, frozenset[str]]
    spoilt: frozenset[tuple[str, int, str]] = frozenset()
    overlays: frozenset[str] = frozenset()
    complete: bool = True

    def excused(self, file: str, line: int, column: str) -> bool:
        """Whether the cell is empty because it, or its column's header, is already at fault."""
        return not self.spoilt.isdisjoint(((file, line, column), (file, 0, column)))

    def names_known(self, column: str) -> bool:
        """Whether every name of the column could be read, so that others are unknown names."""
        return self.complete and not any(self.excused(file, 0, column) for file in self.given)


def read_sheet(raw: Raw) -> tuple[Sheet, list[Fault]]:
    """The sheet of one raw table; cells that mean nothing become empty and are reported."""
    import polars as pl

    size, columns, faults = len(raw.lines), [], list[Fault]()
    for column in raw.table.columns:
        if column.name in raw.frame.columns:
            unit = raw.units.get(column.name)
            series, problems = read_cells(raw.frame[column.name], column, unit)
            faults += [_placed(raw, column.name, one) for one in problems]
        else:
            series = empty(column, size)
        if column.key and column.default is not None:
            series = series.fill_null(column.default)
        columns.append(series.alias(column.name))
    columns.append(pl.Series(FILE, [raw.file] * size, dtype=pl.String))
    columns.append(pl.Series(LINE, raw.lines, dtype=pl.Int64))
    given = {raw.file: frozenset(raw.frame.columns)}
    spoilt = {(one.file, one.line, one.column) for one in faults}
    spoilt |= {(raw.file, 0, column) for column in raw.spoilt}
    sheet = Sheet(raw.table, pl.DataFrame(columns), given, frozenset(spoilt), complete=raw.complete)
    sheet, twice = _single_rows(sheet)
    return sheet, faults + twice


def _placed(raw: Raw, column: str, problem: Problem) -> Fault:
    line = raw.lines[problem.row]
    return fault(problem.key, raw.file, line, column, problem.value, **problem.values)


def _single_rows(sheet: Sheet) -> tuple[Sheet, list[Fault]]:
    """The sheet with the first row of each key, and a fault for each row that repeats one."""
    import polars as pl

    table, frame = sheet.table, sheet.frame
    needed = [column.name for column in table.columns if column.key and column.required]
    whole = pl.all_horizontal(pl.col(name).is_not_null() for name in needed) if needed else True
    frame = frame.with_columns(_first=pl.col(LINE).min().over(table.keys))
    repeated = frame.filter((pl.col(LINE) != pl.col("_first")) & whole)
    faults = [
        fault(
            "duplicate_key", row[FILE], row[LINE], table.keys[0], row[table.keys[0]],
            keys=", ".join(f"{key}={row[key]}" for key in table.keys if row[key] is not None),
            first=row["_first"],
        )
        for row in repeated.iter_rows(named=True)
    ]  # fmt: skip
    if faults:
        frame = frame.filter(~((pl.col(LINE) != pl.col("_first")) & whole))
    return replace(sheet, frame=frame.drop("_first")), faults


def lay_over(base: Sheet, over: Sheet) -> tuple[Sheet, list[Change]]:
    """`base` with the rows of `over` added, or laid over the rows of the same key.

    Only cells that hold something replace what was there; but source, basis, low and high speak of
    the row's figure, and go with it when it is replaced. Neither argument is changed.
    """
    import polars as pl

    keys, columns = base.table.keys, base.frame.columns
    below, above = _with_join_keys(base.frame, keys), _with_join_keys(over.frame, keys)
    joins = [f"_key_{key}" for key in keys]
    joined = below.with_row_index("_row").join(above, on=joins, how="left", suffix="_new")
    merged = joined.sort("_row").with_columns(
        _merged(base.table, name).alias(f"_out_{name}") for name in columns if name not in keys
    )
    added = above.join(below, on=joins, how="anti").sort(LINE).select(columns)
    kept = [pl.col(name if name in keys else f"_out_{name}").alias(name) for name in columns]
    sheet = Sheet(
        base.table,
        pl.concat([merged.select(kept), added]),
        {**base.given, **over.given},
        base.spoilt | over.spoilt,
        base.overlays | over.given.keys(),
        base.complete and over.complete,
    )
    return sheet, _changed(base.table, merged) + _added(base.table, added)


def _merged(table: Table, name: str) -> pl.Expr:
    import polars as pl

    merged = pl.coalesce(f"{name}_new", name)
    if not table.figure or name not in table.evidence:
        return merged
    figure = pl.col(f"{table.figure}_new")
    replaced = figure.is_not_null() & figure.ne_missing(pl.col(table.figure))
    return pl.when(replaced).then(pl.col(f"{name}_new")).otherwise(merged)


def _with_join_keys(frame: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """Key columns again as text without nulls, since a join drops rows whose key is null."""
    import polars as pl

    return frame.with_columns(
        pl.col(key).cast(pl.String).fill_null("").alias(f"_key_{key}") for key in keys
    )


def _changed(table: Table, merged: pl.DataFrame) -> list[Change]:
    import polars as pl

    changes = []
    for name in (column.name for column in table.columns if not column.key):
        rows = merged.filter(pl.col(name).ne_missing(pl.col(f"_out_{name}")))
        changes += [
            Change(table.name, _key(table, row), name, row[name], row[f"_out_{name}"])
            for row in rows.iter_rows(named=True)
        ]
    return changes


def _added(table: Table, added: pl.DataFrame) -> list[Change]:
    return [
        Change(table.name, _key(table, row), column.name, None, row[column.name])
        for row in added.iter_rows(named=True)
        for column in table.columns
        if not column.key and row[column.name] is not None
    ]


def _key(table: Table, row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[key] for key in table.keys)

"""What stands in tables that somebody holds in memory: lists, dicts, pandas or polars frames?

A None is an empty cell. So is a NaN in a pandas frame, which has no other; elsewhere it is refused.
"""

from __future__ import annotations

import datetime
import math
import numbers
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from monazite.data.names import suggest
from monazite.data.read import Raw, nothing, raw_table
from monazite.data.schema import Table, tables
from monazite.errors import Fault, fault

if TYPE_CHECKING:
    import polars as pl

Columns = list[tuple[str, Any]]


def read_memory(given: Mapping[str, Any], label: str = "") -> tuple[list[Raw], list[Fault]]:
    """Tables by name: lists of dicts, dicts of columns, pandas or polars frames.

    A table without columns, such as an empty list, counts as absent. `label` goes before the names
    in faults.
    """
    raws, faults = [], list[Fault]()
    for name, content in given.items():
        file = f"{label}{name}"
        if name not in tables():
            faults.append(suggest("unknown_table", str(name), tables(), file, value=name))
            continue
        columns = _columns(content)
        if columns != []:
            raw, found = _read(tables()[name], file, columns)
            raws.append(raw)
            faults += found
    return raws, faults


def _read(table: Table, file: str, columns: Columns | None) -> tuple[Raw, list[Fault]]:
    if columns is None:
        return nothing(table, file), [fault("not_a_table", file)]
    sizes = {len(values) for _, values in columns}
    if len(sizes) > 1:
        return nothing(table, file), [fault("uneven_columns", file, value=sorted(sizes))]
    names = [name for name, _ in columns]
    return raw_table(table, file, names, [_series(values) for _, values in columns])


def _columns(content: Any) -> Columns | None:
    """Names and values of the columns of whatever holds a table; None when nothing of the kind."""
    import polars as pl

    if isinstance(content, pl.DataFrame):
        return [(column.name, column) for column in content.get_columns()]
    if isinstance(content, Mapping):
        return [(str(name), list(values)) for name, values in content.items()]
    if hasattr(content, "isna") and hasattr(content, "columns"):
        return _pandas(content)
    if isinstance(content, Sequence) and all(isinstance(row, Mapping) for row in content):
        names = dict.fromkeys(name for row in content for name in row)
        return [(str(name), [row.get(name) for row in content]) for name in names]
    return None


def _pandas(frame: Any) -> Columns:
    return [
        (
            str(name),
            [
                None if missing else value
                for value, missing in zip(
                    frame.iloc[:, at].tolist(), frame.iloc[:, at].isna(), strict=True
                )
            ],
        )
        for at, name in enumerate(frame.columns)
    ]


def _series(values: Any) -> pl.Series:
    """A column of one type: text, numbers or dates as they are, a mixture as text."""
    import polars as pl

    if isinstance(values, pl.Series):
        plain = not (values.dtype.is_nested() or values.dtype == pl.Object)
        return values if plain else pl.Series([str(value) for value in values], dtype=pl.String)
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {str}:
        return pl.Series(values, dtype=pl.String)
    if all(issubclass(kind, numbers.Real) and kind is not bool for kind in kinds):
        return pl.Series([_real(value) for value in values], dtype=pl.Float64)
    if all(issubclass(kind, datetime.date) for kind in kinds):
        return pl.Series([_day(value) for value in values], dtype=pl.Date)
    return pl.Series([_spelt(value) for value in values], dtype=pl.String)


def _real(value: Any) -> float | None:
    try:
        return None if value is None else float(value)
    except OverflowError:
        return math.inf


def _day(value: Any) -> Any:
    return value.date() if isinstance(value, datetime.datetime) else value


def _spelt(value: Any) -> str | None:
    """A cell of a column of mixed types as a CSV file would hold it."""
    if value is None:
        return None
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        return repr(_real(value))
    return str(_day(value))

"""How do shocks change a case? Selected cells of its tables, checked before anything is solved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from monazite.data.names import nearest
from monazite.data.schema import Column, tables
from monazite.errors import Fault, InputError

if TYPE_CHECKING:
    import polars as pl

    from monazite.data import Case
    from monazite.study.scenario import Scenario, Shock


def shocked(case: Case, scenario: Scenario) -> Case:
    """The case with the scenario's shocks, one after the other; the case itself where there are
    none.

    Raises InputError with every fault: an unknown table or column, no row selected, a number asked
    of a text, or a value outside the column's range. A shock asks what if: it may leave the range
    of evidence (low, high) of a figure, which the changed rows no longer carry; what was an
    assumption is then a definition, that of the question.
    """
    if not scenario.shocks:
        return case
    changed: dict[str, pl.DataFrame] = {}
    faults: list[Fault] = []
    for k, shock in enumerate(scenario.shocks):
        frame = changed.get(shock.table)
        if frame is None:
            frame = _table(case, shock.table)
        found = _faults(case, scenario, k, shock, frame)
        faults += found
        if frame is not None and not found:
            after = _changed(frame, shock)
            faults += _outside(scenario, k, shock, after)
            changed[shock.table] = after
    if faults:
        raise InputError(faults)
    return replace(case, frames={**case.frames, **changed})


def selected(frame: pl.DataFrame, shock: Shock) -> pl.Series:
    """True for the rows that the shock's `where` means."""
    import polars as pl

    every = pl.lit(True)
    for column, wanted in shock.where.items():
        values = wanted if isinstance(wanted, list) else [wanted]
        words = [str(value) for value in values]
        if frame[column].dtype.is_numeric():
            every &= pl.col(column).is_in([float(value) for value in values])
        else:
            every &= pl.col(column).cast(pl.String).is_in(words)
    return frame.with_columns(every.fill_null(False).alias("_row"))["_row"]


def _table(case: Case, name: str) -> pl.DataFrame | None:
    try:
        return case.table(name)
    except KeyError:
        return None


def _faults(
    case: Case, scenario: Scenario, k: int, shock: Shock, frame: pl.DataFrame | None
) -> list[Fault]:
    if frame is None:
        near = nearest(shock.table, case.frames)
        return [
            scenario.fault("shock_table", "shocks", k, "table", table=shock.table, near=near or "-")
        ]
    parts: dict[str, Mapping[str, Any]] = {
        "where": shock.where,
        "set": shock.set,
        "multiply": shock.multiply,
        "add": shock.add,
    }
    found = [
        _unknown(scenario, k, shock, frame, part, column)
        for part, columns in parts.items()
        for column in columns
        if column not in frame.columns
    ]
    keys = tables()[shock.table].keys
    found += [
        scenario.fault("shock_key", "shocks", k, part, column, name=column, table=shock.table)
        for part in ("set", "multiply", "add")
        for column in parts[part]
        if column in keys
    ]
    found += [
        scenario.fault("shock_text", "shocks", k, part, column, name=column, table=shock.table)
        for part in ("multiply", "add")
        for column in parts[part]
        if column in frame.columns and not frame[column].dtype.is_numeric()
    ]
    if found:
        return found
    return _empty(scenario, k, shock, frame)


def _outside(scenario: Scenario, k: int, shock: Shock, after: pl.DataFrame) -> list[Fault]:
    """Changed cells outside the range of their column."""
    rows = after.filter(selected(after, shock)) if _keeps_rows(shock) else after
    table = tables()[shock.table]
    return [
        scenario.fault("shock_range", "shocks", k, part, column, name=column, table=shock.table)
        for part, columns in (("set", shock.set), ("multiply", shock.multiply), ("add", shock.add))
        for column in columns
        if not _fits(table.column(column), rows[column])
    ]


def _keeps_rows(shock: Shock) -> bool:
    """Whether the rows meant are the same after the shock: it changes no column it selects by."""
    return not set(shock.where) & (set(shock.set) | set(shock.multiply) | set(shock.add))


def _fits(column: Column, values: pl.Series) -> bool:
    found = values.drop_nulls()
    if column.allowed:
        return bool(found.is_in(list(column.allowed)).all())
    if not found.dtype.is_numeric():
        return True
    limits = (
        (column.low, found >= (column.low or 0)),
        (column.high, found <= (column.high or 0)),
        (column.above, found > (column.above or 0)),
        (column.below, found < (column.below or 0)),
    )
    return all(bool(inside.all()) for limit, inside in limits if limit is not None)


def _unknown(
    scenario: Scenario, k: int, shock: Shock, frame: pl.DataFrame, part: str, column: str
) -> Fault:
    near = nearest(column, frame.columns) or ", ".join(frame.columns)
    names = {"name": column, "table": shock.table, "near": near}
    return scenario.fault("shock_column", "shocks", k, part, column, **names)


def _empty(scenario: Scenario, k: int, shock: Shock, frame: pl.DataFrame) -> list[Fault]:
    """Shocks that change nothing: no row selected, or only empty cells multiplied."""
    rows = frame.filter(selected(frame, shock))
    if rows.is_empty():
        return [scenario.fault("shock_rows", "shocks", k, "where", table=shock.table)]
    return [
        scenario.fault("shock_cells", "shocks", k, part, column, name=column, table=shock.table)
        for part, columns in (("multiply", shock.multiply), ("add", shock.add))
        for column in columns
        if rows[column].null_count() == rows.height
    ]


def _changed(frame: pl.DataFrame, shock: Shock) -> pl.DataFrame:
    import polars as pl

    here = selected(frame, shock)
    new: dict[str, Any] = {}
    for column, value in shock.set.items():
        new[column] = pl.lit(value)
    for column, factor in shock.multiply.items():
        new[column] = new.get(column, pl.col(column)) * factor
    for column, amount in shock.add.items():
        new[column] = new.get(column, pl.col(column)) + amount
    figure = tables()[shock.table].figure
    if figure in new:
        new |= {name: pl.lit(None) for name in ("low", "high") if name in frame.columns}
        if "basis" in frame.columns and "basis" not in new:
            # an assumption without its range would be a fault; this figure is the question's own
            assumed = pl.col("basis") == "assumption"
            new["basis"] = pl.when(assumed).then(pl.lit("definition")).otherwise(pl.col("basis"))
    return frame.with_columns(
        pl.when(here).then(value).otherwise(pl.col(column)).cast(frame[column].dtype).alias(column)
        for column, value in new.items()
    )

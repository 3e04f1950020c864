"""How do shocks change a case? Selected cells of its tables, checked before anything is solved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from monazite.data.cells import Problem, read_cells
from monazite.data.names import nearest, suggest
from monazite.data.schema import Column, tables
from monazite.errors import Fault, InputError, fault

if TYPE_CHECKING:
    import polars as pl

    from monazite.data import Case
    from monazite.study.scenario import Scenario, Shock


CELLS = ("set", "multiply", "add")


def shocked(case: Case, scenario: Scenario) -> Case:
    """The case with the scenario's shocks, one after the other; the case itself where there are
    none.

    Raises InputError with every fault of every shock: an unknown table or column, no row selected,
    a number asked of a text, or a value that the column may not hold. A shock asks what if: it may
    leave the range of evidence (low, high) of a figure, which the changed rows no longer carry;
    what was an assumption is then a definition, that of the question.
    """
    if not scenario.shocks:
        return case
    changed: dict[str, pl.DataFrame] = {}
    faults: list[Fault] = []
    for k, shock in enumerate(scenario.shocks):
        if shock.table not in case.frames:
            key, near = _nearest("shock_table", shock.table, case.frames)
            at = ("shocks", k, "table")
            faults.append(scenario.fault(key, *at, table=shock.table, **near))
            continue
        frame = changed.get(shock.table, case.table(shock.table))
        sound, found = _sound(case, scenario, k, frame)
        faults += found
        if sound is not None:
            changed[shock.table] = _changed(frame, sound)
            faults += _outside(scenario, k, sound, changed[shock.table])
    if faults:
        raise InputError(faults)
    after = replace(case, frames={**case.frames, **changed})
    if at_odds := list(_at_odds(after, scenario)):
        raise InputError(at_odds)
    return after


def _at_odds(case: Case, scenario: Scenario) -> Iterator[Fault]:
    """Shocks that leave their table as no table may be, such as a recipe that creates an element:
    the first fault of each table, at the last shock on it. Other tables may be left behind, as the
    knee of a plant whose capacity is cut.
    """
    from monazite.data import Case

    try:
        Case.from_tables(case.stated, case.name)
    except InputError as error:
        first = {one.file: one for one in reversed(error.faults)}
        last = {shock.table: k for k, shock in enumerate(scenario.shocks)}
        for table in sorted(first.keys() & last.keys()):
            told = {"table": table, "told": first[table].what, "do": first[table].remedy}
            yield scenario.fault("shock_odds", "shocks", last[table], "table", **told)


def _sound(
    case: Case, scenario: Scenario, k: int, frame: pl.DataFrame
) -> tuple[Shock | None, list[Fault]]:
    """The shock without cells that do not fit, and what is wrong with them; no shock where nobody
    knows which rows it means.
    """
    shock, faults = scenario.shocks[k], list[Fault]()
    fits: dict[str, dict[str, Any]] = {part: {} for part in ("where", *CELLS)}
    for part, cells in fits.items():
        for name, value in getattr(shock, part).items():
            key, values = _wrong(case, shock.table, part, name, value)
            if key:
                told = {"name": name, "table": shock.table, **values}
                faults.append(scenario.fault(key, "shocks", k, part, name, **told))
            else:
                cells[name] = value
    if len(fits["where"]) < len(shock.where):
        return None, faults
    sound = shock.model_copy(update=fits)
    empty = _empty(scenario, k, sound, frame)
    return (None if empty else sound), faults + empty


def _wrong(case: Case, table: str, part: str, name: str, value: Any) -> tuple[str, dict[str, Any]]:
    """What is wrong with one cell of a shock, by catalogue key and with its words; else ""."""
    frame = case.table(table)
    if name not in frame.columns:
        return _nearest("shock_column", name, frame.columns)
    column = tables()[table].column(name)
    if part == "where":
        numeric = column.kind in ("number", "integer")
        strange = [one for one in _listed(value) if numeric and isinstance(one, str | bool)]
        return ("shock_number", {"given": strange[0]}) if strange else ("", {})
    if column.key:
        return "shock_key", {}
    if part != "set":
        return ("", {}) if column.kind in ("number", "integer") else ("shock_text", {})
    unfit = _unfit(case, column, value)
    return ("shock_value", {"told": unfit.what, "do": unfit.remedy}) if unfit else ("", {})


def _nearest(key: str, name: str, known: Iterable[str]) -> tuple[str, dict[str, Any]]:
    near = nearest(name, known)
    return (f"{key}_near", {"near": near}) if near else (key, {"names": ", ".join(known)})


def _unfit(case: Case, column: Column, value: Any) -> Fault | None:
    """Why a column may not hold a value: the fault a table would have."""
    cell, problems = _cell(column, value)
    for one in problems:
        return fault(one.key, "", 0, column.name, one.value, **one.values)
    if not column.references:
        return None
    target, named = column.references.split(".")
    known = case.table(target)[named].unique().drop_nulls().to_list()
    for word in str(cell).split(";") if column.listing else [cell]:
        if known and word.strip() not in known:
            return suggest("unknown_reference", word, known, "", value=word,
                           target=column.references)  # fmt: skip
    return None


def _cell(column: Column, value: Any) -> tuple[Any, list[Problem]]:
    """A value as a table's cell would be read, in the program's units, and what is wrong."""
    import polars as pl

    series, problems = read_cells(pl.Series(column.name, [value]), column, None)
    return series[0], problems


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def selected(frame: pl.DataFrame, shock: Shock) -> pl.Series:
    """True for the rows that the shock's `where` means."""
    import polars as pl

    every = pl.lit(True)
    for column, wanted in shock.where.items():
        values = _listed(wanted)
        words = [str(value) for value in values]
        if frame[column].dtype.is_numeric():
            every &= pl.col(column).is_in([float(value) for value in values])
        else:
            every &= pl.col(column).cast(pl.String).is_in(words)
    return frame.with_columns(every.fill_null(False).alias("_row"))["_row"]


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
        new[column] = pl.lit(_cell(tables()[shock.table].column(column), value)[0])
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

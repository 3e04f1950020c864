"""How do the tables that were read become one checked market?

Sheets are read, an overlay is laid over them, relations between tables are checked, defaults are
filled, rows are put in the order of their keys, and missing name tables are supplied.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monazite.data.cells import empty
from monazite.data.observations import in_program_units
from monazite.data.read import Raw
from monazite.data.relations import check
from monazite.data.schema import INFERRED, PERIOD, Table, references, tables
from monazite.data.sheet import FILE, LINE, Change, Sheet, lay_over, read_sheet
from monazite.errors import Fault

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Assembly:
    """Every table of the schema, what an overlay changed, and the tables nobody wrote."""

    frames: Mapping[str, pl.DataFrame]
    changes: tuple[Change, ...]
    supplied: frozenset[str]


def assemble(base: list[Raw], overlay: list[Raw]) -> tuple[Assembly, list[Fault]]:
    """The market of the `base` tables with `overlay` laid over them, and every fault in it.

    With faults the market is only what could be made of the rest: show the faults, not the market.
    """
    below, faults = _sheets(base)
    above, more = _sheets(overlay)
    sheets, changes = dict(below), list[Change]()
    for name, sheet in above.items():
        if name in below:
            sheets[name], changed = lay_over(below[name], sheet)
        else:
            sheets[name], changed = lay_over(_without_rows(sheet), sheet)
        changes += changed
    sheets, units = in_program_units(sheets)
    faults = faults + more + units + check(sheets)
    frames = {
        name: _finished(table, sheets[name].frame if name in sheets else None)
        for name, table in tables().items()
    }
    supplied = _supplied(frames)
    return Assembly({**frames, **supplied}, tuple(changes), frozenset(supplied)), faults


def _sheets(raws: list[Raw]) -> tuple[dict[str, Sheet], list[Fault]]:
    sheets, faults = dict[str, Sheet](), list[Fault]()
    for raw in raws:
        sheets[raw.table.name], found = read_sheet(raw)
        faults += found
    return sheets, faults


def _without_rows(sheet: Sheet) -> Sheet:
    return Sheet(sheet.table, sheet.frame.clear(), {})


def _finished(table: Table, frame: pl.DataFrame | None) -> pl.DataFrame:
    """The table as a case holds it: defaults filled, no places, rows in the order of their keys."""
    import polars as pl

    if frame is None:
        return pl.DataFrame([empty(column, 0) for column in table.columns])
    filled = frame.drop(FILE, LINE).with_columns(
        pl.col(column.name).fill_null(column.default)
        for column in table.columns
        if column.default is not None
    )
    by = ["start", "period"] if table.name == "periods" else table.keys
    return filled.sort(by, nulls_last=False)


def _supplied(frames: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Name tables and the one year that nobody wrote."""
    supplied = {}
    for name in INFERRED:
        if not frames[name].height:
            key = tables()[name].keys[0]
            supplied[name] = _named(tables()[name], _names_used(frames, f"{name}.{key}"))
    if not frames["periods"].height:
        supplied["periods"] = _named(tables()["periods"], [PERIOD])
    return supplied


def _names_used(frames: Mapping[str, pl.DataFrame], target: str) -> list[str]:
    used = set[str]()
    for table, column in references(target):
        used |= set(frames[table][column].drop_nulls().unique())
    return sorted(used)


def _named(table: Table, names: list[str]) -> pl.DataFrame:
    """A table whose rows have a name and otherwise defaults."""
    import polars as pl

    columns = [empty(column, len(names)) for column in table.columns]
    frame = pl.DataFrame(columns).with_columns(pl.Series(table.keys[0], names, dtype=pl.String))
    return frame.with_columns(
        pl.col(column.name).fill_null(column.default)
        for column in table.columns
        if column.default is not None
    )

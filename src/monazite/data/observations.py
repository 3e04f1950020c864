"""What does an observation measure in the program's units?

Each row of observations names its own unit. What happens within a year may be told as a mass: 210
kt in the named year is 210 kt/yr.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from monazite.data.cells import scale
from monazite.data.schema import KINDS
from monazite.data.sheet import FILE, LINE, Sheet
from monazite.errors import Fault, UnitFault, fault
from monazite.units import convert, parse

if TYPE_CHECKING:
    import polars as pl

_MEASURED = ("value", "low", "high")


def in_program_units(sheets: Mapping[str, Sheet]) -> tuple[dict[str, Sheet], list[Fault]]:
    """The sheets with observations in kt, kt/yr, USD/kg or 1, and a fault for each wrong unit."""
    if "observations" not in sheets:
        return dict(sheets), []
    sheet = sheets["observations"]
    frame, faults = _convert(sheet.frame)
    return {**sheets, "observations": replace(sheet, frame=frame)}, faults


def _convert(frame: pl.DataFrame) -> tuple[pl.DataFrame, list[Fault]]:
    import polars as pl

    faults: list[Fault] = []
    for kind, unit in frame.select("kind", "unit").drop_nulls().unique().sort(pl.all()).rows():
        here = (pl.col("kind") == kind) & (pl.col("unit") == unit)
        wrong = _wrong(unit, KINDS[kind])
        if wrong:
            faults += [
                fault(wrong, row[FILE], row[LINE], "unit", unit, unit=KINDS[kind])
                for row in frame.filter(here).iter_rows(named=True)
            ]
            continue
        scaled = [
            pl.when(here)
            .then(scale(frame[name], _yearly(unit, KINDS[kind]), KINDS[kind]))
            .otherwise(pl.col(name))
            .alias(name)
            for name in _MEASURED
        ]
        frame = frame.with_columns(*scaled, _told=pl.when(here).then(pl.lit(KINDS[kind])))
        frame = frame.with_columns(unit=pl.coalesce("_told", "unit")).drop("_told")
    return frame, faults


def _yearly(unit: str, wanted: str) -> str:
    mass_per_year = wanted == "kt/yr" and parse(unit).dimension == parse("kt").dimension
    return f"({unit})/yr" if mass_per_year else unit


def _wrong(unit: str, wanted: str) -> str:
    try:
        convert(1.0, _yearly(unit, wanted), wanted)
    except UnitFault:
        try:
            parse(unit)
        except UnitFault:
            return "unknown_unit"
        return "wrong_unit"
    return ""

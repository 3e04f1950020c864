"""What stands in the files of a folder, cell by cell, before anybody asks what it means?

CSV cells stay text; Parquet and in-memory columns keep their type. Every row remembers its line,
the header being line 1, so that a fault can name the place.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from monazite.data.names import suggest
from monazite.data.schema import Table, tables
from monazite.errors import Fault, fault
from monazite.units import UnitFault, convert, parse

if TYPE_CHECKING:
    import polars as pl

SUFFIXES = (".csv", ".parquet")
_HEADER = re.compile(r"(.*?)\s*\[(.*)\]")


@dataclass(frozen=True)
class Raw:
    """One table as found: the columns the schema knows, the line of each row, units of the header.

    ``spoilt`` names the columns whose header is at fault, so that they were not read; ``complete``
    is False when rows had to be left out, so that names may be missing.
    """

    table: Table
    file: str
    frame: pl.DataFrame
    lines: Sequence[int]
    units: Mapping[str, str]
    spoilt: frozenset[str] = frozenset()
    complete: bool = True


def read_folder(path: str | Path, label: str = "") -> tuple[list[Raw], list[Fault]]:
    """Every table of a folder, and what is wrong with the files as files.

    `label` goes before the file names in faults. Subfolders, hidden files and files that are
    neither CSV nor Parquet are left alone.
    """
    folder = Path(path)
    if not folder.is_dir():
        return [], [fault("no_folder", str(path))]
    files = sorted(data_files(folder))
    if not files:
        return [], [fault("no_tables", str(path))]
    raws, faults, seen = [], [], dict[str, str]()
    for one in sorted(folder.iterdir()):
        if one.is_dir() and one.suffix.lower() in SUFFIXES and one.stem in tables():
            faults.append(fault("table_is_folder", label + one.name, value=one.stem))
    for file in files:
        name = label + file.name
        if file.stem not in tables():
            faults.append(suggest("unknown_table", file.stem, tables(), name, value=file.stem))
        elif file.stem in seen:
            faults.append(fault("table_twice", name, other=seen[file.stem], table=file.stem))
        else:
            seen[file.stem] = name
            raw, found = read_file(file, name)
            raws.append(raw)
            faults += found
    return raws, faults


def read_file(path: Path, name: str) -> tuple[Raw, list[Fault]]:
    """One table from a CSV or Parquet file whose stem is the table's name."""
    reader = _read_csv if path.suffix.lower() == ".csv" else _read_parquet
    return reader(path, tables()[path.stem], name)


def data_files(folder: Path) -> Iterable[Path]:
    """The CSV and Parquet files that stand in a folder, hidden ones and subfolders left out."""
    for file in folder.iterdir():
        if file.is_file() and file.suffix.lower() in SUFFIXES and not file.name.startswith("."):
            yield file


def nothing(table: Table, name: str) -> Raw:
    """A table of which nothing could be read, so that nobody is blamed for what it lacks."""
    import polars as pl

    return Raw(table, name, pl.DataFrame(), [], {}, frozenset(table.by_name), complete=False)


def _read_csv(path: Path, table: Table, name: str) -> tuple[Raw, list[Fault]]:
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return nothing(table, name), [_encoding_fault(content, error, name)]
    try:
        records, lines = _records(text)
    except _Quoting as error:
        return nothing(table, name), [fault("bad_quoting", name, error.line)]
    if not records:
        return nothing(table, name), [fault("empty_file", name, 1)]
    if len(records[0]) == 1 and any(mark in records[0][0] for mark in ";\t"):
        return nothing(table, name), [fault("delimiter", name, lines[0], value=records[0][0])]
    return _assemble(table, name, records, lines)


def _assemble(
    table: Table, name: str, records: list[list[str]], lines: list[int]
) -> tuple[Raw, list[Fault]]:
    import polars as pl

    header, width = records[0], len(records[0])
    ragged = [row for row, record in enumerate(records) if len(record) != width]
    faults = [_ragged_fault(name, lines[row], header, len(records[row])) for row in ragged]
    for row in reversed(ragged):
        del records[row], lines[row]
    columns = zip(*records[1:], strict=True) if records[1:] else [()] * width
    cells = [pl.Series(values, dtype=pl.String) for values in columns]
    raw, found = raw_table(table, name, header, cells, lines[1:], header_line=lines[0])
    return replace(raw, complete=not ragged), [*faults, *found]


class _Quoting(Exception):
    def __init__(self, line: int) -> None:
        self.line = line


def _records(text: str) -> tuple[list[list[str]], list[int]]:
    """Records that hold anything, and the line on which each begins."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    records, lines, begin = [], [], 1
    try:
        for record in reader:
            if any(record):
                records.append(record)
                lines.append(begin)
            begin = reader.line_num + 1
    except csv.Error as error:
        raise _Quoting(begin) from error
    return records, lines


def _encoding_fault(content: bytes, error: UnicodeDecodeError, name: str) -> Fault:
    before = content[: error.start]
    line = before.count(b"\n") + 1
    header = content.split(b"\n", 1)[0].decode("latin-1").strip().split(",")
    position = before[before.rfind(b"\n") + 1 :].count(b",")
    column = header[position] if line > 1 and position < len(header) else ""
    shown = content[error.start : error.start + 1].hex()
    return fault("bad_encoding", name, line, _split(column)[0], value=f"0x{shown}")


def _ragged_fault(name: str, line: int, header: list[str], found: int) -> Fault:
    column = _split(header[min(found, len(header) - 1)])[0]
    return fault("ragged_row", name, line, column, value=found, expected=len(header))


def _read_parquet(path: Path, table: Table, name: str) -> tuple[Raw, list[Fault]]:
    import polars as pl

    try:
        frame = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        return nothing(table, name), [fault("unreadable", name, value=str(error).split("\n")[0])]
    return raw_table(table, name, frame.columns, frame.get_columns(), None)


def raw_table(
    table: Table,
    name: str,
    header: Sequence[str],
    columns: Sequence[pl.Series],
    lines: Sequence[int] | None = None,
    header_line: int = 1,
) -> tuple[Raw, list[Fault]]:
    """The columns that the schema knows, and what is wrong with the header.

    Without `lines` rows count from line 2 on, as if a header stood on line 1.
    """
    import polars as pl

    kept, units, faults = _header(table, name, header, header_line)
    for one in faults:
        if one.key in ("unknown_unit", "wrong_unit"):
            del kept[one.column]
    frame = pl.DataFrame([columns[at].alias(column) for column, at in kept.items()])
    count = range(2, len(columns[0]) + 2 if columns else 2) if lines is None else lines
    return Raw(table, name, frame, count, units, _spoilt(table, faults)), faults


def _spoilt(table: Table, faults: list[Fault]) -> frozenset[str]:
    """Columns that are not read, or not found, because of a fault in the header."""
    spoilt = set[str]()
    for one in faults:
        spoilt |= {one.column, one.values.get("near", "")} & set(table.by_name)
        if one.key == "empty_header":
            spoilt |= set(table.by_name)
    return frozenset(spoilt)


def _header(
    table: Table, name: str, header: Sequence[str], line: int
) -> tuple[dict[str, int], dict[str, str], list[Fault]]:
    """Position of each known column, units of the header, and what is wrong with the header."""
    kept, units, faults = dict[str, int](), dict[str, str](), list[Fault]()
    for position, title in enumerate(header):
        column, unit = _split(title)
        if not column:
            faults.append(fault("empty_header", name, line, value=position + 1))
        elif column not in table.by_name:
            known = table.by_name
            faults.append(suggest("unknown_column", column, known, name, line, column, column))
        elif column in kept:
            faults.append(fault("duplicate_header", name, line, column, column))
        else:
            kept[column] = position
            wrong = None if unit is None else unit_fault(unit, table.column(column).unit)
            if wrong:
                wanted = table.column(column).unit
                faults.append(fault(wrong, name, line, column, unit, unit=wanted))
            elif unit is not None:
                units[column] = unit
    return kept, units, faults


def unit_fault(unit: str, wanted: str) -> str:
    """What is wrong with `unit` in a column measured in `wanted`, by catalogue key; "" if right."""
    if not wanted:
        return "unit_of_text"
    try:
        parse(unit)
    except UnitFault:
        return "unknown_unit"
    try:
        convert(1.0, unit, wanted)
    except UnitFault:
        return "wrong_unit"
    return ""


def _split(title: str) -> tuple[str, str | None]:
    match = _HEADER.fullmatch(title.strip())
    return (match[1].strip(), match[2].strip()) if match else (title.strip(), None)

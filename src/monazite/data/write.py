"""How are tables written so that reading them again gives the same case?

Floats are written with the fewest digits that give the same number back, headers carry their units.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from monazite.data.schema import Table, header, reference_page, tables
from monazite.errors import InputError, fault

if TYPE_CHECKING:
    import polars as pl


def write_tables(frames: Mapping[str, pl.DataFrame], folder: Path, parquet: bool) -> list[Path]:
    """Write each table into `folder`, leaving out columns in which nothing stands."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, frame in frames.items():
        table = tables()[name]
        told = frame.select(_told(table, frame)).rename(
            {column: header(table.column(column)) for column in _told(table, frame)}
        )
        path = folder / f"{name}.{'parquet' if parquet else 'csv'}"
        _write_parquet(told, path) if parquet else _write_csv(told, path)
        written.append(path)
    return written


def template(folder: str | Path, lang: str | None = None) -> list[Path]:
    """Write every table without rows, and README.md that explains the columns in `lang`.

    The folder is a sound beginning: `validate` finds nothing wrong with it. Raises `InputError`
    rather than overwrite a table.
    """
    folder = Path(folder)
    there = [name for name in tables() if (folder / f"{name}.csv").exists()]
    if there:
        raise InputError([fault("would_overwrite", f"{name}.csv") for name in there])
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "README.md"
    page.write_text(reference_page(lang), encoding="utf-8")
    return [page, *(_write_header(table, folder) for table in tables().values())]


def _write_header(table: Table, folder: Path) -> Path:
    path = folder / f"{table.name}.csv"
    titles = ",".join(header(column) for column in table.columns)
    path.write_text(f"{titles}\n", encoding="utf-8")
    return path


def digest(frames: Mapping[str, pl.DataFrame]) -> str:
    """SHA-256 of tables in canonical order of rows: every column name, cell and place of a gap."""
    total = hashlib.sha256()
    for name in sorted(frames):
        table = tables()[name]
        for column in sorted(_told(table, frames[name])):
            total.update(f"\x1e{name}\x1f{column}\x1f{frames[name].height}\x1f".encode())
            total.update(_bytes(frames[name][column]))
    return total.hexdigest()


def _told(table: Table, frame: pl.DataFrame) -> list[str]:
    """Columns that say something, in the schema's order."""
    return [
        column.name
        for column in table.columns
        if column.required or frame[column.name].null_count() < frame.height
    ]


def _bytes(series: pl.Series) -> bytes:
    """The same bytes on every machine and with every version of polars."""
    import numpy as np
    import polars as pl

    gaps = np.packbits(series.is_null().to_numpy()).tobytes()
    if series.dtype == pl.Float64:
        filled = series.fill_null(0.0).to_numpy() + 0.0  # -0.0 is 0.0
        return gaps + filled.astype("<f8").tobytes()
    if series.dtype == pl.Int64:
        return gaps + series.fill_null(0).to_numpy().astype("<i8").tobytes()
    texts = series.cast(pl.String).fill_null("").to_list()
    sizes = ",".join(str(len(text)) for text in texts)
    return gaps + f"{sizes}\x1f{''.join(texts)}".encode()


def _write_csv(frame: pl.DataFrame, path: Path) -> None:
    import csv

    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(frame.columns)
        writer.writerows(frame.iter_rows())


def _write_parquet(frame: pl.DataFrame, path: Path) -> None:
    frame.write_parquet(path)

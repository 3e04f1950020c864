"""What is the market we ask about? A case: frozen, validated tables, one digest.

Case.from_folder("my_market")          CSV or Parquet files
Case.from_tables({"demand": [...]})     lists of dicts, dicts of columns, pandas or polars frames
builtin("rare_earths")                  a case that comes with monazite
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monazite.data.assemble import Assembly, assemble
from monazite.data.memory import read_memory
from monazite.data.names import suggest
from monazite.data.read import Raw, data_files, read_folder
from monazite.data.schema import tables
from monazite.data.sheet import Change
from monazite.data.write import digest, write_tables
from monazite.errors import Fault, InputError

if TYPE_CHECKING:
    import polars as pl

Overlay = str | Path | Mapping[str, Any] | None
_CASES = Path(__file__).parent / "cases"


@dataclass(frozen=True, eq=False)
class Case:
    """Validated tables of one market: units converted, defaults filled, rows in the order of their
    keys.

    Build it with `from_folder`, `from_tables` or `builtin`, never by hand. ``changes`` lists what
    an overlay changed. Without a materials (countries) table its names are those the other tables
    use, and without a periods table there is one year; ``supplied`` names the tables that came
    about so.
    """

    name: str
    frames: Mapping[str, pl.DataFrame]
    changes: tuple[Change, ...] = ()
    supplied: frozenset[str] = frozenset()

    @classmethod
    def from_folder(
        cls, path: str | Path, overlay: Overlay = None, *, name: str | None = None
    ) -> Case:
        """The case in a folder of ``<table>.csv`` or ``<table>.parquet`` files.

        `overlay` is a folder or tables in memory that add rows or change cells by key. Raises
        `InputError` with every fault found.
        """
        return _build(cls, name or Path(path).resolve().name, read_folder(path), overlay)

    @classmethod
    def from_tables(
        cls, tables: Mapping[str, Any], name: str = "case", *, overlay: Overlay = None
    ) -> Case:
        """The case in memory: each table a list of dicts, a dict of columns, or a data frame.

        Column names may carry units, ``"capacity [t/yr]"``. Raises `InputError` with every fault
        found; lines count as if the table stood in a file with a header.
        """
        return _build(cls, name, read_memory(tables), overlay)

    def table(self, name: str) -> pl.DataFrame:
        """The table with every column of the schema; without rows when the case does not have it.

        Raises KeyError when the schema knows no such table.
        """
        return self.frames[name]

    @property
    def stated(self) -> dict[str, pl.DataFrame]:
        """The tables somebody wrote: those with rows, without the supplied ones."""
        return {
            name: frame
            for name, frame in self.frames.items()
            if frame.height and name not in self.supplied
        }

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the content: the same for any order of rows and columns, in any format."""
        return digest(self.stated)

    def write(self, folder: str | Path, *, parquet: bool = False) -> list[Path]:
        """Write the tables that have rows, with units in the headers; returns the files' paths."""
        return write_tables(self.stated, Path(folder), parquet)

    def __repr__(self) -> str:
        rows = {name: frame.height for name, frame in self.stated.items()}
        return f"Case({self.name!r}, {rows}, digest={self.digest[:12]})"


def builtin(name: str, overlay: Overlay = None) -> Case:
    """The case called `name` that comes with monazite. Raises `InputError` for an unknown name."""
    if name not in builtin_names():
        known = ", ".join(builtin_names()) or "-"
        raise InputError([suggest("unknown_case", name, builtin_names(), name, cases=known)])
    return (
        _shipped(name) if overlay is None else Case.from_folder(_CASES / name, overlay, name=name)
    )


@lru_cache(maxsize=4)
def _shipped(name: str) -> Case:
    """A case as it comes, read once: many questions begin with it, and nothing changes a case."""
    return Case.from_folder(_CASES / name, name=name)


def builtin_folder(case: str | Path) -> Path:
    """The folder of a case: a built-in one by its name, otherwise the path itself."""
    return _CASES / case if str(case) in builtin_names() else Path(case)


def builtin_names() -> list[str]:
    """Names of the cases that come with monazite."""
    if not _CASES.is_dir():
        return []
    folders = (folder for folder in _CASES.iterdir() if folder.is_dir())
    return sorted(folder.name for folder in folders if any(data_files(folder)))


def validate(path: str | Path, overlay: Overlay = None) -> list[Fault]:
    """Every fault of the tables in a folder, with `overlay` laid over them."""
    return _assembled(read_folder(path), overlay)[1]


Found = tuple[list[Raw], list[Fault]]


def _build(cls: type[Case], name: str, found: Found, overlay: Overlay) -> Case:
    market, faults = _assembled(found, overlay)
    if faults:
        raise InputError(faults)
    return cls(name, market.frames, market.changes, market.supplied)


def _assembled(found: Found, overlay: Overlay) -> tuple[Assembly, list[Fault]]:
    raws, faults = found
    above, more = _overlay(overlay)
    market, wrong = assemble(raws, above)
    return market, _sorted([*faults, *more, *wrong])


def _overlay(overlay: Overlay) -> Found:
    if overlay is None:
        return [], []
    if isinstance(overlay, Mapping):
        return read_memory(overlay, "overlay/")
    return read_folder(overlay, f"{Path(overlay).resolve().name}/")


def _sorted(faults: list[Fault]) -> list[Fault]:
    """Faults by table in the schema's order, then by file, line and column."""
    ranks = {name: rank for rank, name in enumerate(tables())}
    files = {file: Path(file).stem for file in {one.file for one in faults}}
    columns = {name: {it: at for at, it in enumerate(tables()[name].by_name)} for name in ranks}

    def place(one: Fault) -> tuple[int, str, int, int]:
        table = files[one.file]
        column = columns.get(table, {}).get(one.column, -1)
        return (ranks.get(table, -1), one.file, one.line, column)

    return sorted(faults, key=place)

"""What did people enter before a case was calibrated? The tables of its ``source`` folder.

Plain CSV, one row per raw figure with low, high, basis and source. `SOURCE_TABLES` names the
columns that must be there; a trailing ``#`` marks a number. Tables of `OPTIONAL` and `MAY_BE_NONE`
may be left out.
Faults are named like those of a case: file, line, column, value, remedy.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from monazite.data.case import builtin, builtin_folder
from monazite.errors import Fault, InputError, fault

if TYPE_CHECKING:
    import polars as pl

_RANGE = ("quantity#", "low#", "high#", "basis", "source")
SOURCE_TABLES: dict[str, tuple[str, ...]] = {
    "materials": (
        "material",
        "stage",
        "basis",
        "element",
        "factor#",
        "disposal_cost#",
        "name_en",
        "name_zh",
    ),
    "countries": ("country", "name_en", "name_zh", "region"),
    "recipes": ("technology", "mode", "material", "direction", *_RANGE, "recovery#", "note"),
    "substitutes": (
        *("technology", "mode", "of", "replaced", "by", "part#", "per#", "low#", "high#"),
        *("basis", "source", "note"),
    ),
    "activities": ("facility", "technology", "country", "mode", *_RANGE, "note"),
    "flows": ("material", "origin", "destination", *_RANGE, "note"),
    "uses": ("country", "material", "sector", *_RANGE, "note"),
    "discards": ("material", "country", *_RANGE, "note"),
    "observations": (
        *(
            "observation",
            "kind",
            "material",
            "country",
            "partner",
            "facility",
            "technology",
            "mode",
            "sector",
        ),
        *("value#", "low#", "high#", "basis", "source", "note"),
    ),
    "prices": ("material", "place", "price#", "low#", "high#", "basis", "source", "note"),
    "elasticities": ("key", "side", "value#", "low#", "high#", "basis", "source", "note"),
    "freight": ("origin", "destination", "freight#", "low#", "high#", "basis", "source"),
    "handling": ("material", "product_per_unit#", "surcharge#", "basis", "source"),
    "charges": ("country", "stage", "kind", "rate#", "basis", "source"),
    "quotas": (
        *("quota", "facility", "coefficient#", "holder", "upper#", "binding"),
        *("name_en", "name_zh", "source", "basis", "note"),
    ),
    "facility_list": (
        *("facility", "name_en", "name_zh", "technology", "country", "capacity#", "status"),
        *("basis", "low#", "high#", "source", "note"),
    ),
    "facility_excluded": ("facility", "name_en", "country", "status", "reason", "source"),
    "facility_costs": (
        "facility",
        "technology",
        "cost#",
        "low#",
        "high#",
        "basis",
        "source",
        "note",
    ),
    "owners": (
        "facility",
        "owner",
        "owner_country",
        "share#",
        "source",
        "basis",
        "low#",
        "high#",
        "note",
    ),
    "projects": (
        *("facility", "name_en", "name_zh", "technology", "country", "capacity#", "low#", "high#"),
        *("cost#", "cost_low#", "cost_high#", "status", "earliest#", "lead#"),
        *("capex#", "capex_low#", "capex_high#", "wacc#", "life#", "ramp", "completion#"),
        *("yearly#", "minimum#", "decline#", "basis", "source", "note"),
    ),
    "stocks": (
        *("country", "material", "stock", "rate#", "rate_out#", "capacity#", "initial#"),
        *("low#", "high#", "basis", "source", "note"),
    ),
    "ramps": ("ramp", "year#", "share#", "low#", "high#", "basis", "source", "note"),
    "demand_paths": (
        *("path", "sector", "country", "year#", "index#", "low#", "high#"),
        *("basis", "source", "note"),
    ),
    "limit_paths": ("limit", "year#", "index#", "low#", "high#", "basis", "source", "note"),
    "thrift": (
        *("material", "yearly#", "times#", "life#", "share#", "low#", "high#"),
        *("basis", "source", "note"),
    ),
    "scrap": (
        *("material", "gives", "quantity#", "life#", "growth#", "cost#"),
        *("counted#", "reached#", "collected#", "low#", "high#", "basis", "source", "note"),
    ),
    "fiscal": (
        *("country", "tax#", "low#", "high#", "royalty#", "currency", "per_usd#"),
        *("basis", "source", "note"),
    ),
    "finance": (
        *("support", "kind", "projects", "amount#", "rate#", "low#", "high#", "market_rate#"),
        *("tenor#", "grace#", "share#", "terms", "probability#", "years#", "provider", "payer"),
        *("start", "state", "basis", "source", "note"),
    ),
    "sources": ("source", "citation", "url", "date", "licence"),
}
OPTIONAL = {"measures": ("measure", "material", "weight#", "exclude_technology")}
MAY_BE_NONE = (  # nothing of the kind where the table is not there
    *("substitutes", "discards", "observations", "handling", "charges", "quotas"),
    *("facility_excluded", "stocks", "limit_paths", "thrift", "scrap", "fiscal", "finance"),
)


def read_source(case: str | Path) -> dict[str, pl.DataFrame]:
    """The source tables of a built-in case or a case folder.

    Numbers are floats, everything else text; ``quotas.binding`` is true or false. Raises
    `InputError` with every fault found.
    """
    if not builtin_folder(case).is_dir():
        builtin(str(case))  # which says so, with the names there are
    folder = builtin_folder(case) / "source"
    found: dict[str, pl.DataFrame] = {}
    faults: list[Fault] = []
    more = {
        name: columns for name, columns in OPTIONAL.items() if (folder / f"{name}.csv").is_file()
    }
    for name, columns in {**SOURCE_TABLES, **more}.items():
        file = folder / f"{name}.csv"
        if name in MAY_BE_NONE and not file.is_file():
            found[name] = _none(columns)
            continue
        frame, wrong = _read(file, columns)
        faults += wrong
        if frame is not None:
            found[name] = frame
    if not faults:
        faults = [*_unsourced(found), *_backwards(found)]
    if faults:
        raise InputError(faults)
    quotas = found["quotas"]
    return found | {"quotas": quotas.with_columns(quotas["binding"] == "true")}


def read_table(case: str | Path, name: str, columns: Sequence[str]) -> pl.DataFrame:
    """One further table of the source folder with these columns. Raises `InputError`."""
    frame, faults = _read(builtin_folder(case) / "source" / f"{name}.csv", tuple(columns))
    if frame is None or faults:
        raise InputError(faults)
    return frame


def _none(columns: tuple[str, ...]) -> pl.DataFrame:
    """A table without rows."""
    import polars as pl

    kinds = {c.rstrip("#"): pl.Float64 if c.endswith("#") else pl.String for c in columns}
    return pl.DataFrame(schema=kinds)


def _read(path: Path, columns: tuple[str, ...]) -> tuple[pl.DataFrame | None, list[Fault]]:
    import polars as pl

    file = f"source/{path.name}"
    if not path.is_file():
        return None, [fault("source_missing", file)]
    frame = pl.read_csv(path, infer_schema=False)
    names = [c.rstrip("#") for c in columns]
    missing = [c for c in names if c not in frame.columns]
    if missing:
        return None, [fault("source_column", file, 1, c) for c in missing]
    faults: list[Fault] = []
    for name in (c[:-1] for c in columns if c.endswith("#")):
        number = frame[name].cast(pl.Float64, strict=False)
        wrong = frame[name].is_not_null() & (number.is_null() | ~number.is_finite().fill_null(True))
        for k in wrong.arg_true():
            faults.append(fault("source_number", file, k + 2, name, frame[name][k]))
        frame = frame.with_columns(number.alias(name))
    return frame.select(names), faults


def _unsourced(tables: dict[str, pl.DataFrame]) -> list[Fault]:
    """Every figure names a row of the sources table."""
    known = set(tables["sources"]["source"])
    faults = []
    for name, frame in tables.items():
        if name == "sources" or "source" not in frame.columns:
            continue
        for k, key in enumerate(frame["source"]):
            for word in (key or "").split(";"):
                if word.strip() not in known:
                    faults.append(
                        fault("source_unknown", f"source/{name}.csv", k + 2, "source", key)
                    )
    return faults


def _backwards(tables: dict[str, pl.DataFrame]) -> list[Fault]:
    """A range holds its figure: low <= value <= high."""
    faults = []
    for name, frame in tables.items():
        figure = SOURCE_TABLES.get(name, ())
        numbers = [c[:-1] for c in figure if c.endswith("#")]
        if "low" not in frame.columns or name in ("facility_list", "owners"):
            continue
        told = numbers[numbers.index("low") - 1]  # a range follows its figure
        value, low, high = (frame[c] for c in (told, "low", "high"))
        for k in ((value < low) | (value > high)).fill_null(False).arg_true():
            cell = f"{low[k]} / {value[k]} / {high[k]}"
            faults.append(fault("source_range", f"source/{name}.csv", k + 2, told, cell))
    return faults

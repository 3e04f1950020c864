"""Along which axes does a market run, and what does a year in each period weigh?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from monazite.messages import say

if TYPE_CHECKING:
    import polars as pl

Floats = np.ndarray
Ints = np.ndarray


@dataclass(frozen=True)
class Axes:
    """Sorted labels of materials and countries; periods in time with `start` and `years`.

    `start` is in calendar years, NaN for a period without a date, which no first or last year
    touches.

    `factor` discounts a flow of period t, dated at the middle of the period, to the middle of the
    first one: factor[t] = (1 + discount)^-(middle[t] - middle[0]).  `weight` = years * factor turns
    MUSD/yr into MUSD.
    """

    materials: tuple[str, ...]
    countries: tuple[str, ...]
    periods: tuple[str, ...]
    start: Floats
    years: Floats
    factor: Floats

    @property
    def weight(self) -> Floats:
        """Present value of one MUSD/yr paid over each period, in MUSD per MUSD/yr."""
        return self.years * self.factor

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of periods, materials and countries."""
        return len(self.periods), len(self.materials), len(self.countries)

    def key(self, material: Ints, country: Ints, period: Ints) -> Ints:
        """One integer for each (period, material, country)."""
        _, materials, countries = self.shape
        return (np.asarray(period) * materials + material) * countries + country

    def at(self, period: Any = None) -> int:
        """The position of a period, the first unless told. KeyError for an unknown one."""
        if period is None:
            return 0
        _expect("period", str(period), self.periods)
        return self.periods.index(str(period))

    def find(self, material: str, country: str, period: Any = None) -> int:
        """The key of a place, in the first period unless told. KeyError for unknown names."""
        place = {"material": (material, self.materials), "country": (country, self.countries)}
        for kind, (label, known) in place.items():
            _expect(kind, label, known)
        t = self.at(period)
        return int(
            self.key(
                np.array(self.materials.index(material)),
                np.array(self.countries.index(country)),
                np.array(t),
            )
        )


def _expect(kind: str, label: str, known: tuple[str, ...]) -> None:
    if label not in known:
        raise KeyError(say("model.unknown", kind=kind, label=label, known=", ".join(known)))


def read_axes(case: Any, discount: float = 0.0) -> Axes:
    """The axes of a case; without a table of periods, one period of one year named "all".

    Periods are put in the order of their start; without dates they follow each other as listed.
    """
    periods = table(case, "periods")
    labels, start, years = ["all"], np.full(1, np.nan), np.ones(1)
    if not periods.is_empty():
        dates = np.array([calendar_year(day) for day in periods["start"].to_list()])
        order = np.argsort(dates, kind="stable")
        labels = [str(periods["period"][int(k)]) for k in order]
        start, years = dates[order], numbers(periods, "years", 1.0)[order]
    listed = np.cumsum(years) - years
    middle = (listed if np.isnan(start).any() else start) + years / 2
    factor = (1.0 + discount) ** -(middle - middle[0])
    return Axes(
        materials=tuple(sorted([*table(case, "materials")["material"], *variants(case)])),
        countries=tuple(sorted(table(case, "countries")["country"].to_list())),
        periods=tuple(labels),
        start=start,
        years=years,
        factor=factor,
    )


def variants(case: Any) -> dict[str, tuple[str, tuple[str, ...]]]:
    """The variants of traced materials: name -> (material, marks it is free of), see marks.py.

    dy_oxide@no_CHN is dy_oxide free of the mark CHN. A material has one for every set of marks
    that somebody asks for, as far as it traces them, and one that its supply curves deliver.
    """
    traced, put = marked(case, "material"), marked(case, "country")
    found = {m: {free & marks for free in asked(case)} for m, marks in traced.items()}
    curves = table(case, "curves")
    for m, country in zip(texts(curves, "material"), texts(curves, "country"), strict=True):
        if found.get(m):
            found[m].add(traced[m] - put.get(country, frozenset()))
    return {
        material + "".join(f"@no_{mark}" for mark in sorted(free)): (material, tuple(sorted(free)))
        for material, sets in found.items()
        for free in sets
        if free
    }


def asked(case: Any) -> set[frozenset[str]]:
    """The sets of marks that users or arcs ask goods to be free of, as far as they are traced."""
    traced = marked(case, "material")
    found = set()
    for name in ("demand", "arcs"):
        rows = table(case, name)
        cells = zip(texts(rows, "material"), texts(rows, "free_of"), strict=True)
        for material, cell in set(cells):
            words = frozenset(word.strip() for word in cell.split(";"))
            found.add(words & traced.get(material, frozenset()))
    return found - {frozenset()}


def marked(case: Any, column: str) -> dict[str, frozenset[str]]:
    """The marks by material, country or facility of the table `mark_terms`."""
    terms = table(case, "mark_terms")
    found: dict[str, frozenset[str]] = {}
    for mark, name in zip(texts(terms, "mark"), texts(terms, column), strict=True):
        if name:
            found[name] = found.get(name, frozenset()) | {mark}
    return found


def calendar_year(day: date | datetime | str | int | float | None) -> float:
    """A date as a decimal year, 1 July 2025 as 2025.496; a number as it is, no date as NaN."""
    if day is None:
        return float("nan")
    if isinstance(day, (int, float)):
        return float(day)
    if isinstance(day, str):
        day = date.fromisoformat(day)
    first, after = date(day.year, 1, 1), date(day.year + 1, 1, 1)
    return day.year + (day.toordinal() - first.toordinal()) / (after - first).days


def table(case: Any, name: str) -> "pl.DataFrame":
    """The table of a case, or an empty frame where the case has no such table."""
    import polars as pl

    try:
        found = case.table(name)
    except (KeyError, LookupError):
        return pl.DataFrame()
    return pl.DataFrame() if found is None else found


def numbers(frame: "pl.DataFrame", column: str, default: float) -> Floats:
    """A column as floats, `default` where it is absent or empty."""
    if column not in frame.columns:
        return np.full(frame.height, default)
    # an empty cell becomes NaN on the way to numpy; a table holds no NaN of its own
    found = np.array(frame[column].to_numpy(), dtype=float)
    return np.where(np.isnan(found), default, found)


def texts(frame: "pl.DataFrame", column: str, default: str = "") -> np.ndarray:
    """A column as Python strings, `default` where it is absent or empty."""
    if column not in frame.columns:
        return np.full(frame.height, default, dtype=object)
    found = [default if cell is None else str(cell) for cell in frame[column].to_list()]
    return np.array(found, dtype=object)


def codes(labels: np.ndarray, axis: Sequence[str]) -> Ints:
    """The position of each label on a sorted axis. KeyError names the labels not on it."""
    if len(labels) == 0:
        return np.zeros(0, dtype=np.int64)
    names = np.array(axis, dtype=str)
    wanted = np.asarray(labels, dtype=str)
    place = np.minimum(np.searchsorted(names, wanted), len(names) - 1)
    missing = names[place] != wanted
    if missing.any():
        raise KeyError(f"unknown labels: {', '.join(sorted(set(wanted[missing])))}")
    return place.astype(np.int64)


def add_up(of: Ints, amounts: Floats, size: int) -> Floats:
    """Amounts summed by element: floats also where there is nothing to sum."""
    return np.bincount(of, weights=amounts, minlength=size).astype(float)


def over_periods(frame: "pl.DataFrame", keys: Sequence[str], axes: Axes) -> "pl.DataFrame":
    """One row per key and period, sorted; a row without a period stands for all without their own.

    The column `t` counts the periods.
    """
    import polars as pl

    if frame.is_empty():
        return frame.with_columns(pl.lit(0, dtype=pl.Int64).alias("t")).clear()
    count = pl.DataFrame(
        {"period": list(axes.periods), "t": np.arange(len(axes.periods), dtype=np.int64)}
    )
    keys = [key for key in keys if key in frame.columns]
    if "period" not in frame.columns or frame["period"].null_count() == frame.height:
        bare = frame.drop("period", strict=False)
        return bare.join(count, how="cross").sort(["t", *keys], nulls_last=False)
    frame = frame.with_columns(pl.col("period").cast(pl.String))
    named = frame.filter(pl.col("period").is_not_null()).join(count, on="period", how="inner")
    every = frame.filter(pl.col("period").is_null()).drop("period").join(count, how="cross")
    every = every.join(
        named.select([*keys, "period"]), on=[*keys, "period"], how="anti", nulls_equal=True
    )
    return pl.concat([named, every.select(named.columns)]).sort(["t", *keys], nulls_last=False)

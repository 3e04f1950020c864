"""How does a rule put a bound of its own into the tables of a case? Rows of limits and terms."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from monazite.model.axes import calendar_year, numbers

if TYPE_CHECKING:
    import polars as pl

    from monazite.policy.base import AbstractInstrument, Tables

HALF = 0.5  # of a period: a bound holds in periods of which at least so much lies within its dates


def bounded(
    tables: Tables, rule: AbstractInstrument, upper: float, holder: str, terms: pl.DataFrame
) -> Tables:
    """The tables with the limit `<rule's name>/quota` on the given terms, in kt/yr.

    Its rent goes to the holder; a holder that is the code of a country has that country.
    """
    import polars as pl

    limit = f"{rule.name}/quota"
    rows = pl.DataFrame(
        [
            {"limit": limit, "period": period, "kind": "quota", "holder": holder, "upper": upper}
            for period in periods_of(tables, rule)
        ],
        schema_overrides={"period": pl.String, "upper": pl.Float64},
    )
    if rows.is_empty() or terms.is_empty():
        return tables
    rows = rows.with_columns(basis=pl.lit("derived"))
    own = terms.with_columns(limit=pl.lit(limit), basis=pl.lit("derived"))
    return with_rows(with_rows(tables, "limits", rows), "limit_terms", own)


def periods_of(tables: Tables, rule: AbstractInstrument) -> list[str | None]:
    """The periods in which a rule holds; [None], every period, where it always does."""
    frame = tables.get("periods")
    if frame is None or frame.is_empty():
        return [None]
    begin = np.array([calendar_year(day) for day in frame["start"].to_list()])
    holds = rule.force_over(begin, numbers(frame, "years", 1.0)) >= HALF
    if holds.all():
        return [None]
    return [str(name) for name, one in zip(frame["period"], holds, strict=True) if one]


def with_rows(tables: Tables, name: str, rows: pl.DataFrame) -> Tables:
    """The tables with further rows in one of them."""
    import polars as pl

    before = tables.get(name)
    frames = [rows] if before is None else [before, rows]
    return {**tables, name: pl.concat(frames, how="diagonal_relaxed")}


def known(names: Iterable[str], column: pl.Series | None) -> list[str]:
    """The names, each of which a column must hold. InputError tells the nearest otherwise."""
    from monazite.policy.select import codes

    asked: list[Any] = list(names)
    codes([] if column is None else sorted(set(column.drop_nulls())), asked)
    return asked

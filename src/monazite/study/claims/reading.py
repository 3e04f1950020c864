"""What do several tests read from an outcome? Rows and sums of a table, in one period."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from monazite.study.cover import THRIFT

if TYPE_CHECKING:
    import polars as pl

    from monazite.study.claims.base import Seen


def rows(seen: Seen, name: str, **among: Sequence[str]) -> pl.DataFrame:
    """Rows of a table of the outcome in the period; `materials` counts variants as the material.

    What users save is no output of anybody.
    """
    import polars as pl

    from monazite.model.average import plain

    found = getattr(seen.outcome, name).filter(pl.col("period") == seen.period)
    if "facility" in found.columns:
        found = found.filter(~pl.col("facility").str.starts_with(THRIFT))
    if "material" in found.columns:
        found = found.with_columns(plain("material"))
    for column, names in among.items():
        key = "material" if column == "materials" else column
        if names:
            found = found.filter(pl.col(key).is_in(list(names)))
    return found


def total(seen: Seen, name: str, **among: Sequence[str]) -> float:
    """The sum of quantities [kt/yr] of such rows."""
    return float(rows(seen, name, **among)["quantity"].sum())


def saved(seen: Seen, material: str, places: Sequence[str]) -> float:
    """kt/yr of a material that users in the places save."""
    import polars as pl

    found = seen.outcome.production.filter(
        pl.col("period") == seen.period,
        pl.col("facility").str.starts_with(THRIFT),
        pl.col("material") == material,
        pl.col("country").is_in(list(places)),
    )
    return float(found["quantity"].sum())

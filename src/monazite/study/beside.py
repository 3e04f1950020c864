"""What stands beside an outcome in its report? The raw figures that its base year was made from."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

    from monazite.model.outcome import Outcome


def raw_figures(outcome: Outcome) -> pl.DataFrame | None:
    """observation, unit, raw, weight, reconciled, basis, source: each raw figure of the case.

    None unless the case comes with monazite and has a source folder.
    """
    import polars as pl

    from monazite.data.case import builtin_folder, builtin_names
    from monazite.study.base_year import reconcile

    case = outcome.case.name
    if case not in builtin_names() or not (builtin_folder(case) / "source").is_dir():
        return None
    unit = pl.when(pl.col("kind") == "recipes").then(pl.lit("kg/kg")).otherwise(pl.lit("kt/yr"))
    figure = pl.concat_str("kind", "key", separator=": ").str.replace_all("/", ", ")
    named = (figure.alias("observation"), unit.alias("unit"))
    return reconcile(case).report.select(*named, "raw", "weight", "reconciled", "basis", "source")

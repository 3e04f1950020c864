"""How do outcomes differ? Prices and shares side by side, with the change from the first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

    from monazite.model.outcome import Outcome


def compare(outcomes: Mapping[str, Outcome]) -> pl.DataFrame:
    """kind (price, use or share), item (material or measure), country, scenario, value, change.

    Prices in USD/kg and use in kt/yr of the first period, shares as fractions by place. `change` is
    value / value of the first scenario - 1 for prices and use, the difference for shares; null
    where either has none, and for the first. Rows stand in the order of the scenarios.
    """
    import polars as pl

    frames = [
        _values(outcome).with_columns(pl.lit(name).alias("scenario"))
        for name, outcome in outcomes.items()
    ]
    keys = ["kind", "item", "country"]
    first = frames[0].select(*keys, pl.col("value").alias("base"))
    found = pl.concat(frames).join(first, on=keys, how="left", maintain_order="left")
    change = (
        pl.when(pl.col("scenario") == next(iter(outcomes)))
        .then(None)
        .when(pl.col("kind") == "share")
        .then(pl.col("value") - pl.col("base"))
        .when(pl.col("base") > 0)
        .then(pl.col("value") / pl.col("base") - 1.0)
    )
    return found.select(*keys, "scenario", "value", change.alias("change"))


def _values(outcome: Outcome) -> pl.DataFrame:
    import polars as pl

    first = pl.col("period") == outcome.market.axes.periods[0]
    prices = outcome.prices.filter(first & ~pl.col("indicative")).select(
        pl.lit("price").alias("kind"), pl.col("material").alias("item"), "country",
        pl.col("price").alias("value"),
    )  # fmt: skip
    used = outcome.use.filter(first).group_by("material", "country").agg(pl.col("quantity").sum())
    used = used.sort("material", "country").select(
        pl.lit("use").alias("kind"), pl.col("material").alias("item"), "country",
        pl.col("quantity").alias("value"),
    )  # fmt: skip
    shares = pl.DataFrame(
        [
            ("share", measure, country, part)
            for measure, share in outcome.shares.items()
            for country, part in share["by_place"].items()
        ],
        schema={"kind": pl.String, "item": pl.String, "country": pl.String, "value": pl.Float64},
        orient="row",
    )
    return pl.concat([prices, used, shares])

"""How do outcomes differ? Prices and shares side by side, with the change from the first."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monazite.study.effects import Terms, effects

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


def tables_of(outcomes: Mapping[str, Outcome], terms: Terms) -> dict[str, pl.DataFrame]:
    """The tables of a comparison by name.

    effects: see `monazite.study.effects`; changes: see `compare`; price_parts: scenario, material,
    country, price and its groups (model/price_parts.py) of the materials compared; instruments:
    scenario, name, kind, status, bound and who paid whom [MUSD/yr].
    """
    return {
        "effects": effects(outcomes, terms),
        "changes": compare(outcomes),
        "price_parts": _parts(outcomes, terms),
        "instruments": _paid(outcomes),
    }


def _parts(outcomes: Mapping[str, Outcome], terms: Terms) -> pl.DataFrame:
    import polars as pl

    from monazite.model.price_parts import price_part_table

    return pl.concat(
        price_part_table(outcome, terms.materials).select(pl.lit(name).alias("scenario"), pl.all())
        for name, outcome in outcomes.items()
    )


def _paid(outcomes: Mapping[str, Outcome]) -> pl.DataFrame:
    """One row for each payment of each rule; one without payment for a rule that moves no money."""
    import polars as pl

    sides = ("payer", "payer_country", "payee", "payee_country")
    rows = [
        (name, *(rule[key] for key in ("name", "kind", "status", "bound")),
         *(paid.get(side) for side in sides), paid.get("amount"))
        for name, outcome in outcomes.items()
        for rule in outcome.record["instruments"]
        for paid in rule["payments"] or [{}]
    ]  # fmt: skip
    schema: dict[str, Any] = dict.fromkeys(("scenario", "name", "kind", "status"), pl.String)
    schema |= {"bound": pl.Boolean, **dict.fromkeys(sides, pl.String), "amount": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def write_tables(
    tables: Mapping[str, pl.DataFrame], folder: Path, *, csv: bool = False, excel: bool = False
) -> None:
    """Write each table as Parquet into a folder; also as CSV, or all as comparison.xlsx."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in tables.items():
        frame.write_parquet(folder / f"{name}.parquet")
        if csv:
            frame.write_csv(folder / f"{name}.csv")
    if excel:
        import xlsxwriter

        with xlsxwriter.Workbook(folder / "comparison.xlsx") as workbook:
            for name, frame in tables.items():
                frame.write_excel(workbook, worksheet=name)


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

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

    Prices in USD/kg and use in kt/yr as means over periods, shares of what all of them make by
    place. `change` is
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

    effects: see `monazite.study.effects`; by_year, changes: see there; price_parts: scenario,
    material, country, price and its groups (model/price_parts.py) of the materials compared;
    instruments: scenario, name, kind, status, bound and who paid whom [MUSD/yr].
    """
    return {
        "effects": effects(outcomes, terms),
        "by_year": by_year(outcomes, terms),
        "changes": compare(outcomes),
        "price_parts": _parts(outcomes, terms),
        "instruments": _paid(outcomes),
    }


def by_year(outcomes: Mapping[str, Outcome], terms: Terms) -> pl.DataFrame:
    """kind (price, share), item (material, measure), place, period, scenario, value.

    price: what members (inside) and all others (outside) pay on average over kg for the materials
    compared and the products made of them [USD/kg]; share: of the named country in what all places
    make. Null where nothing is bought or made.
    """
    import polars as pl

    first = next(iter(outcomes.values()))
    every = first.market.axes.countries
    sides = {
        "inside": list(terms.members),
        "outside": [country for country in every if country not in terms.members],
    }
    rows: list[tuple[Any, ...]] = []
    for material in (*terms.materials, *terms.content):
        for place, countries in sides.items():
            priced = [
                (period, name, outcome.volume_price(material, countries, period, contracts=False))
                for name, outcome in outcomes.items()
                for period in outcome.market.axes.periods
            ]
            if any(value is not None for *_, value in priced):
                rows += [("price", material, place, *each) for each in priced]
    for name, outcome in outcomes.items():
        for period in outcome.market.axes.periods:
            for measure, share in outcome.shares_in(period).items():
                value = share["by_place"].get(terms.country, 0.0) if share["total"] > 0 else None
                rows.append(("share", measure, terms.country, period, name, value))
    text = ("kind", "item", "place", "period", "scenario")
    schema: dict[str, Any] = dict.fromkeys(text, pl.String) | {"value": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


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
    """Means over periods, weighted by years; a price counts that exists in every period."""
    import polars as pl

    axes, keys = outcome.market.axes, ["material", "country"]
    of_all = dict(zip(axes.periods, (axes.years / axes.years.sum()).tolist(), strict=True))
    weight = pl.col("period").replace_strict(of_all, return_dtype=pl.Float64)
    mean = (pl.col("price") * weight).sum()
    real = pl.col("price").is_not_null().all() & ~pl.col("indicative").all()
    prices = outcome.prices.group_by(keys, maintain_order=True).agg(
        pl.when(real).then(mean).alias("value")
    )
    used = outcome.use.group_by(keys).agg((pl.col("quantity") * weight).sum().alias("value"))
    item = pl.col("material").alias("item")
    return pl.concat(
        [
            prices.drop_nulls("value").select(pl.lit("price").alias("kind"), item, *_REST),
            used.sort(keys).select(pl.lit("use").alias("kind"), item, *_REST),
            _shares(outcome),
        ]
    )


_REST = ("country", "value")


def _shares(outcome: Outcome) -> pl.DataFrame:
    """Shares by place of what all periods make together."""
    import polars as pl

    axes = outcome.market.axes
    rows = [
        ("share", measure, country, part, share["total"] * years)
        for period, years in zip(axes.periods, axes.years.tolist(), strict=True)
        for measure, share in outcome.shares_in(period).items()
        for country, part in share["by_place"].items()
    ]
    schema: dict[str, Any] = dict.fromkeys(("kind", "item", "country"), pl.String)
    frame = pl.DataFrame(rows, schema | {"value": pl.Float64, "made": pl.Float64}, orient="row")
    made = (pl.col("value") * pl.col("made")).sum()
    grouped = frame.group_by("kind", "item", "country", maintain_order=True).agg(value=made)
    return grouped.with_columns(pl.col("value") / pl.col("value").sum().over("item"))

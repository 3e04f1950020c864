"""What did a kilogram cost on average? Prices weighted by what is bought, apart from marginal ones.

`Outcome.price` is marginal: what one more kilogram would cost at one place in one period. A
volume-weighted price is what buyers paid for all they took, over places and periods,

    (sum of weight[t] * (P[t, i] * bought[t, i] + paid on top[t, i])) / (sum of weight[t] * bought)

with `bought` [kt/yr] what users take and plants use as input, and `paid on top` what rules make
users pay producers beyond the price (a floor inside an offtake). Both agree at one place in one
period without such a rule: there every kilogram has the same price. Public purchases are no use.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from monazite.model.frames import QUIET

if TYPE_CHECKING:
    import polars as pl

    from monazite.model.outcome import Outcome


def plain(column: str) -> pl.Expr:
    """A material without the marks that a class of it is free of: dy_oxide of dy_oxide@no_CHN."""
    import polars as pl

    return pl.col(column).str.split("@").list.first()


def bought(outcome: Outcome) -> pl.DataFrame:
    """period, material, country, quantity [kt/yr]: what users take and plants use as input."""
    import polars as pl

    keys = ["period", "material", "country"]
    public = [rule.name for rule in outcome.market.instruments]
    used = outcome.use.filter(~pl.col("sector").fill_null("").is_in(public))
    both = pl.concat([used.select(*keys, "quantity"), outcome.inputs.select(*keys, "quantity")])
    return both.group_by(keys, maintain_order=True).agg(pl.col("quantity").sum())


def volume_prices(outcome: Outcome) -> pl.DataFrame:
    """period, material, country, quantity [kt/yr], price (marginal), volume_price [USD/kg].

    Only where something is bought.
    """
    import polars as pl

    keys = ["period", "material", "country"]
    priced = bought(outcome).filter(pl.col("quantity") > QUIET)
    priced = priced.join(outcome.prices.select(*keys, "price"), on=keys, how="left")
    priced = priced.join(_on_top(outcome), on=keys, how="left", maintain_order="left")
    more = pl.col("amount").fill_null(0.0) / pl.col("quantity")
    return priced.with_columns((pl.col("price") + more).alias("volume_price")).drop("amount")


def volume_price(
    outcome: Outcome,
    material: str,
    countries: str | Iterable[str] | None = None,
    period: Any = None,
    *,
    contracts: bool = True,
) -> float | None:
    """USD/kg paid on average for a material; None where nothing is bought at a price.

    Without `contracts` only market prices are averaged, not what rules make users pay on top.

    Classes of the material that rules tell apart count together, unless one of them is named.
    `countries`: one, several or (None) all; `period`: one or (None) all, weighted by years.
    Raises KeyError for names the case does not know.
    """
    import polars as pl

    axes = outcome.market.axes
    places = _places(axes.countries, countries)
    for place in places or axes.countries[:1]:
        axes.find(material, place, period)
    rows = outcome.volume_prices.filter(
        (pl.col("material") == material) | (plain("material") == material),
        pl.col("volume_price").is_not_null(),
    )
    if countries is not None:
        rows = rows.filter(pl.col("country").is_in(places))
    if period is not None:
        rows = rows.filter(pl.col("period") == str(period))
    weight = pl.col("period").replace_strict(
        dict(zip(axes.periods, axes.weight.tolist(), strict=True)), return_dtype=pl.Float64
    )
    paid = pl.col("volume_price" if contracts else "price")
    rows = rows.select((weight * pl.col("quantity")).alias("mass"), paid.alias("paid"))
    mass = float(rows["mass"].sum())
    return float((rows["mass"] * rows["paid"]).sum()) / mass if mass > 0 else None


def _places(known: Sequence[str], countries: str | Iterable[str] | None) -> list[str]:
    if countries is None:
        return []
    return [countries] if isinstance(countries, str) else list(countries)


def _on_top(outcome: Outcome) -> pl.DataFrame:
    """period, material, country, amount [MUSD/yr] that rules on a material make users pay."""
    import polars as pl

    material = {
        rule.name: rule.material
        for rule in outcome.market.instruments
        if isinstance(getattr(rule, "material", None), str)
    }
    users = pl.col("account") == "users"
    mine = pl.col("item").is_in(list(material)) & (pl.col("owner") != pl.col("item"))
    named = pl.col("item").replace_strict(material, default=None, return_dtype=pl.String)
    paid = outcome.books().filter(users & mine).with_columns(named.alias("material"))
    keys = ["period", "material", "country"]
    return paid.group_by(keys, maintain_order=True).agg((-pl.col("amount")).sum().alias("amount"))

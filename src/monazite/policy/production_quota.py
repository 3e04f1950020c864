"""What happens when a country allots what may be made? Quotas on plants, places and materials."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from monazite.policy.base import AbstractInstrument, group, wrong
from monazite.policy.bounds import bounded, known

if TYPE_CHECKING:
    import polars as pl

    from monazite.policy.base import Tables


class ProductionQuota(AbstractInstrument):
    """The most that named plants together may make in a year; who holds the quota gets its rent.

    Equation: sum over the plants meant of weight * output of the materials <= maximum [kt/yr], its
    dual being the rent. Without materials it bounds activity, kt/yr of the plants' own reference.
    Plants are meant that are among the facilities, countries and technologies named; what is not
    named does not narrow.

    Who pays whom: the owner of a plant pays the rent for what it makes to the holder: a country's
    code, a company or a ministry. Users pay for it in the price. A quota on making raises the price
    at home as much as abroad; an export quota or tax lowers the price at home.

    Worked by hand: a mine in A with marginal cost 1 + x, demand p = 10 - q in B, freight 1. Without
    a quota: q = 4, 5 in A, 6 in B. A quota of 3: 7 in B, 6 in A, marginal cost 4, so a rent of 2
    per kg and 6 for the holder. A quota of 5 binds nothing.

    Quotas have no share of a period: one holds in periods of which half or more lies between its
    dates. Where quotas of a case or of other rules speak of the same plants, all hold.

    Example:

        kind: production_quota
        name: nickel_style_cap_on_ionic_clay
        countries: [MMR]
        technologies: [mine_ionic_clay]
        maximum: 20.0
        holder: MMR
        status: proposed
        note: Indonesia's yearly cap on nickel ore, laid on Myanmar's clays as a what-if

    Source: Krugman, Obstfeld and Melitz, International Economics, chapter on the instruments of
    trade policy, for rents of quotas.
    """

    kind: Literal["production_quota"] = "production_quota"
    facilities: tuple[str, ...] = group()
    countries: tuple[str, ...] = group()
    technologies: tuple[str, ...] = group()
    materials: tuple[str, ...] = group()
    weights: dict[str, float] = Field(
        default_factory=dict, description="kg counted per kg of a material; 1 where not given"
    )
    maximum: float = Field(ge=0.0, description="kt/yr")
    holder: str = ""

    @model_validator(mode="after")
    def _names_something(self) -> ProductionQuota:
        if not (self.facilities or self.countries or self.technologies or self.materials):
            raise wrong("quota_of_what")
        if set(self.weights) - set(self.materials):
            raise wrong("weights_stray")
        if any(weight <= 0 for weight in self.weights.values()):
            raise wrong("weights_positive")
        return self

    def rewrite(self, tables: Tables) -> Tables:
        """The case with the quota among its limits."""
        return bounded(tables, self, self.maximum, self.holder, self._terms(tables))

    def _terms(self, tables: Tables) -> pl.DataFrame:
        import polars as pl

        plants, recipes = tables.get("facilities"), tables.get("recipes")
        if plants is None or recipes is None:
            known([*self.facilities, *self.countries, *self.technologies, *self.materials], None)
            return pl.DataFrame()
        named = {
            "facility": self.facilities,
            "country": self.countries,
            "technology": self.technologies,
        }
        for column, names in named.items():
            if names:
                plants = plants.filter(
                    pl.col(column).is_in(known(names, tables["facilities"][column]))
                )
        plants = plants.select("facility", "technology").unique(maintain_order=True)
        if not self.materials:
            return plants.select("facility", coefficient=pl.lit(1.0))
        made = recipes.filter(pl.col("direction") == "out")
        made = made.filter(pl.col("material").is_in(known(self.materials, made["material"])))
        counted = pl.col("material").replace_strict(
            self.weights, default=1.0, return_dtype=pl.Float64
        )
        made = made.with_columns(coefficient=pl.col("quantity") * counted)
        made = made.group_by("technology", "mode", maintain_order=True).agg(
            pl.col("coefficient").sum()
        )
        return plants.join(made, on="technology").select("facility", "mode", "coefficient")

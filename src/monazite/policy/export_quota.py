"""What happens when a country allots what may leave? Export quotas, pooled over destinations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from monazite.policy.base import AbstractInstrument, group, wrong
from monazite.policy.bounds import bounded, known

if TYPE_CHECKING:
    import polars as pl

    from monazite.policy.base import Tables


class ExportQuota(AbstractInstrument):
    """The most that exporters together may ship in a year; who holds the licences gets their rent.

    Equation: sum over the arcs out of the exporters of weight * flow <= maximum [kt/yr], its dual
    being the rent R of a licence; on each such arc
    P[destination] (1 - loss) = P[origin] + freight + duties + weight * R. One pool covers every
    material and destination named (none named: all), so that R is the same for all and licences go
    where buyers pay most. Give two rules to keep two pools apart. Goods between exporters of the
    rule do not count.

    Who pays whom: the trader pays the rent to the holder: a country's code, an agency or a company.
    The price at home falls and the price abroad rises, as under an export tax of R; only the
    receiver differs.

    Worked by hand: supply p = 1 + q in A, demand p = 10 - q in B, freight 1. Free trade: q = 4,
    5 in A, 6 in B. A quota of 3: 4 in A, 7 in B, R = 2, and 6 for the holder. A quota of 5 binds
    nothing. With a second buyer C, p = 13 - q, freight 1, and a quota of 5 on both: 10 - qB =
    13 - qC and qB + qC = 5 give 1 to B and 4 to C at 9 each, 6 in A, R = 2, 10 for the holder.

    Quotas have no share of a period: one holds in periods of which half or more lies between its
    dates.

    Example:

        kind: export_quota
        name: drc_cobalt_quota
        exporters: [COD]
        materials: [cobalt_hydroxide]
        maximum: 96.6
        holder: ARECOMS
        start: 2025-10-16
        end: 2027-12-31
        source: ARECOMS, 87 kt base and 9.6 kt strategic a year for 2026 and 2027

    Source: Krugman, Obstfeld and Melitz, International Economics, chapter on the instruments of
    trade policy; Takayama and Judge 1971, chapter on quotas.
    """

    kind: Literal["export_quota"] = "export_quota"
    exporters: tuple[str, ...] = Field(min_length=1)
    destinations: tuple[str, ...] = group()
    exempt: tuple[str, ...] = group()
    materials: tuple[str, ...] = group()
    weights: dict[str, float] = Field(
        default_factory=dict, description="kg counted per kg of a material; 1 where not given"
    )
    maximum: float = Field(ge=0.0, description="kt/yr")
    holder: str = ""

    @model_validator(mode="after")
    def _weighs_its_materials(self) -> ExportQuota:
        if self.materials and set(self.weights) - set(self.materials):
            raise wrong("weights_stray")
        if any(weight <= 0 for weight in self.weights.values()):
            raise wrong("weights_positive")
        return self

    def rewrite(self, tables: Tables) -> Tables:
        """The case with the quota among its limits."""
        return bounded(tables, self, self.maximum, self.holder, self._terms(tables))

    def _terms(self, tables: Tables) -> pl.DataFrame:
        import polars as pl

        arcs = tables.get("arcs")
        if arcs is None:
            known([*self.exporters, *self.materials, *self.destinations], None)
            return pl.DataFrame()
        places = pl.concat([arcs["origin"], arcs["destination"]])
        outside = [*known(self.exempt, places), *known(self.exporters, places)]
        material, destination = pl.col("material"), pl.col("destination")
        counted = pl.col("origin").is_in(self.exporters) & ~destination.is_in(outside)
        if self.destinations:
            counted &= destination.is_in(known(self.destinations, places))
        wanted = known([*self.materials, *self.weights], arcs["material"])
        if self.materials:
            counted &= material.is_in(wanted)
        return (
            arcs.filter(counted)
            .select("material", "origin", "destination")
            .unique(maintain_order=True)
            .with_columns(
                coefficient=material.replace_strict(
                    self.weights, default=1.0, return_dtype=pl.Float64
                )
            )
        )

"""What does it cost to buy nothing made in, or by, a named country? Content rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from monazite.policy.base import MOVED, AbstractInstrument, group, wrong
from monazite.policy.bounds import known, periods_of
from monazite.policy.provenance import (
    Provenance,
    among,
    asked_to_be_free,
    countries,
    dearer,
    materials,
    premiums,
    split,
    tempting,
    with_column,
)

if TYPE_CHECKING:
    import polars as pl

    from monazite.model.outcome import Outcome
    from monazite.policy.base import Tables


class Waiver(BaseModel):
    """What one use may take of any provenance, kt/yr."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    country: str
    material: str
    sector: str
    quantity: float = Field(ge=0.0, description="kt/yr")


class ContentRule(AbstractInstrument):
    """Users in member countries, or some of their sectors, buy only goods free of covered content.

    Equation: covered goods and those free of covered content have prices of their own, with
    P[free] >= P[covered], because goods may be sold as less than they are. A user under the rule
    pays P[free]; the difference is the content premium (table `classes` of the outcome). With
    `at: border` covered goods may not enter the members at all. Rising cost, knee and capacity bind
    the sum of both classes: a plant that serves both has one cost.

    Covered is what is made, at any step, in a covered place (`by: place`) or by facilities of which
    owners from there hold `owner_share` or more (`by: owner`), and all that is made of it. An input
    below `de_minimis` of the value of its product does not count: 0.001 is China's rule of 2025,
    under which a foreign product needs a licence. Stocks, of unknown provenance, are covered. A
    waiver lets one use take some tonnes of any class; an exempt country is not under the rule. Two
    rules on one use bind together, and the smaller of their waivers holds. Without members the rule
    holds for all but the covered countries.

    Who pays whom: users pay the premium to those who make, carry and sell free goods; no treasury.

    Worked by hand: A supplies at 1 + q, C at 4 + q; freight to B is 1 from A and 1 + q/2 from C. In
    B civil users take 10 - P, captive ones 5 - P/2. Without the rule
    15 - 1.5 P = P - 2 + (P - 5)/1.5 gives P = 122/19 for both. When captive users may not buy what
    A makes, 5 - P/2 = (P - 5)/1.5 gives P = 50/7 for them, and 10 - P = P - 2 gives P = 6 for the
    others: a premium of 8/7 on a use of 10/7. With a waiver of 0.25 they pay 97/14 at the margin
    and the others 6.125.

    Example:

        kind: content_rule
        name: dfars_magnets
        members: [USA]
        sectors: [defence_aerospace]
        covered: [CHN, RUS]
        by: place
        waivers: [{country: USA, material: magnet_smco, sector: defence_aerospace, quantity: 0.02}]
        start: 2027
        source: US DFARS 252.225-7052, magnets and their materials from 1 January 2027

    Source: US DFARS 252.225-7052; China, Announcement 61 of 2025, for the 0.1 % of value.
    """

    kind: Literal["content_rule"] = "content_rule"
    members: tuple[str, ...] = group()
    exempt: tuple[str, ...] = group()
    sectors: tuple[str, ...] = group()
    materials: tuple[str, ...] = group()
    covered: tuple[str, ...] = Field(min_length=1)
    by: Literal["place", "owner"] = "place"
    owner_share: float = Field(default=0.5, gt=0.0, le=1.0, description="share")
    de_minimis: float = Field(default=0.0, ge=0.0, le=1.0, description="share of value")
    untraced: tuple[str, ...] = group()
    at: Literal["use", "border"] = "use"
    waivers: tuple[Waiver, ...] = ()

    @model_validator(mode="after")
    def _hangs_together(self) -> ContentRule:
        if self.at == "border" and (self.sectors or self.waivers):
            raise wrong("border_sectors")
        return self

    @property
    def provenance(self) -> Provenance:
        """What makes goods covered."""
        return Provenance(self.covered, self.by, self.owner_share, self.de_minimis, self.untraced)

    def rewrite(self, tables: Tables) -> Tables:
        """The uses, or arcs, that may take free goods only."""
        name = "demand" if self.at == "use" else "arcs"
        periods = periods_of(tables, self)
        if name not in tables or not periods:
            return tables
        here = self._under_it(tables)
        speaks_of = tables[name].filter(here)["material"].unique()
        traced = split(tables, self.provenance, speaks_of)
        if self.at == "border":
            return asked_to_be_free(traced, name, here, self.provenance.mark, periods)
        traced = with_column(with_column(traced, name, "waived"), name, "free_of")
        waived = self._waived(tables[name])
        return asked_to_be_free(traced, name, here, self.provenance.mark, periods, waived=waived)

    def bound(self, outcome: Outcome) -> bool:
        """Whether those under the rule pay a premium, or cannot have what they ask for."""
        here = self._under_it(outcome.case.frames)
        if self.at == "border":
            return tempting(outcome, outcome.case.table("arcs").filter(here), MOVED)
        under = outcome.case.table("demand").filter(here).select("material", "country").unique()
        told = premiums(outcome, self.provenance.mark)
        return dearer(told.join(under, on=["material", "country"], how="semi"), MOVED)

    def _under_it(self, tables: Mapping[str, pl.DataFrame]) -> pl.Expr:
        """Uses by members, or arcs into them from outside."""
        import polars as pl

        name, place = ("demand", "country") if self.at == "use" else ("arcs", "destination")
        rows = tables[name]
        here = among(place, self.members, countries(tables))
        here &= among("material", self.materials, materials(tables))
        if self.sectors:
            here &= among("sector", self.sectors, rows["sector"])
        if self.at == "border":
            here &= ~pl.col("origin").is_in(list(self.members))
        free = [*self.exempt] if self.members else [*self.exempt, *self.covered]
        return here & ~pl.col(place).is_in(free)

    def _waived(self, rows: pl.DataFrame) -> pl.Expr:
        """Tonnes waived by use; where another rule waives too, the smaller."""
        import polars as pl

        own = pl.lit(0.0)
        for one in self.waivers:
            known([one.country], rows["country"])
            this = pl.col("country") == one.country
            this &= pl.col("material").is_in(known([one.material], rows["material"]))
            this &= pl.col("sector").is_in(known([one.sector], rows["sector"]))
            own = pl.when(this).then(one.quantity).otherwise(own)
        other = pl.when(pl.col("free_of").is_not_null()).then(pl.col("waived").fill_null(0.0))
        return pl.min_horizontal(own, other.otherwise(own))

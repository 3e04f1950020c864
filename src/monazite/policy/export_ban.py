"""What happens when nothing may leave an exporter? Bans, also through third countries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from monazite.policy.base import MOVED, AbstractInstrument, group
from monazite.policy.bounds import known, periods_of
from monazite.policy.provenance import (
    Provenance,
    among,
    asked_to_be_free,
    countries,
    in_periods,
    materials,
    split,
    tempting,
)

if TYPE_CHECKING:
    import polars as pl

    from monazite.model.outcome import Outcome
    from monazite.policy.base import Tables


class ExportBan(AbstractInstrument):
    """Nothing of the materials leaves the exporters for the destinations.

    Equation: flow = 0 on every arc from an exporter to a destination; without destinations, to
    everybody else. With `through_third_countries`, moreover, goods of the materials that any step
    in an exporter's country has touched may not enter the destinations from anywhere: others ship
    there what is free of such steps, and keep or sell elsewhere what is not. Inputs below
    `de_minimis` of a product's value, and those `untraced`, do not count.

    Who pays whom: nobody is paid. What is scarce behind the ban earns its makers more.

    Worked by hand: A supplies at 1 + q, C at 4 + q; B and C use 10 - q each; freight is 1 from A to
    B, from A to C and from C to B. Free trade, P in A: 18 - 2 P = P - 1 + P - 3, P = 5.5, 6.5 in B
    and C; A ships 4.5 and C makes 2.5. A bans exports to B only: B buys in C and A fills the gap
    there. P in C: 19 - 2 P = P - 4 + P - 2, P = 6.25, 7.25 in B, 5.25 in A. Through third countries
    too, B gets only what C makes: 9 - P = P - 4, P = 6.5 in C for that, 7.5 in B; A alone supplies
    C: 10 - P = P - 2, P = 6 in C, 5 in A. Goods made in C earn a premium of 0.5.

    Example:

        kind: export_ban
        name: no_dysprosium_to_japan
        exporters: [CHN]
        destinations: [JPN]
        materials: [dy_oxide, dy_metal]
        through_third_countries: true
        status: proposed
        note: Announcement 46 of 2024 barred gallium, germanium and antimony to the USA this way

    Source: China, Ministry of Commerce, Announcement 46 of 3 December 2024 (suspended in part until
    27 November 2026), which bars transfer through third countries.
    """

    kind: Literal["export_ban"] = "export_ban"
    exporters: tuple[str, ...] = Field(min_length=1)
    destinations: tuple[str, ...] = group()
    exempt: tuple[str, ...] = group()
    materials: tuple[str, ...] = group()
    through_third_countries: bool = False
    de_minimis: float = Field(default=0.0, ge=0.0, le=1.0, description="share of value")
    untraced: tuple[str, ...] = group()

    @property
    def provenance(self) -> Provenance:
        """What makes goods the exporters'."""
        return Provenance(self.exporters, de_minimis=self.de_minimis, untraced=self.untraced)

    def rewrite(self, tables: Tables) -> Tables:
        """The arcs closed, and those of third countries open to other goods only."""
        import polars as pl

        periods = periods_of(tables, self)
        arcs = tables.get("arcs")
        if arcs is None or not periods:
            return tables
        origin = pl.col("origin").is_in(list(self.exporters))
        entering = self._entering(tables)
        # a knee, where there is one, lies below the bound
        shut = {"bound": pl.lit(0.0), "knee": pl.col("knee") * 0.0}
        closed = in_periods(tables, "arcs", origin & entering, periods, **shut)
        if not self.through_third_countries:
            return closed
        speaks_of = arcs.filter(entering)["material"].unique()
        traced = split(closed, self.provenance, speaks_of)
        return asked_to_be_free(traced, "arcs", ~origin & entering, self.provenance.mark, periods)

    def bound(self, outcome: Outcome) -> bool:
        """Whether somebody would pay for what may not leave, or for what may not pass."""
        import polars as pl

        arcs = outcome.case.table("arcs").filter(self._entering(outcome.case.frames))
        if not self.through_third_countries:
            arcs = arcs.filter(pl.col("origin").is_in(list(self.exporters)))
        return tempting(outcome, arcs, MOVED)

    def _entering(self, tables: Mapping[str, pl.DataFrame]) -> pl.Expr:
        """Arcs of the materials into the destinations, from outside them."""
        import polars as pl

        places = countries(tables)
        outside = [*known(self.exempt, places), *known(self.exporters, places)]
        into = among("destination", self.destinations, places)
        return (
            among("material", self.materials, materials(tables))
            & into
            & ~pl.col("destination").is_in(outside)
        )

"""What happens when every shipment needs a licence? A desk, a queue, and goods that wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import Field, field_validator, model_validator

from monazite.model.axes import calendar_year, numbers
from monazite.policy.base import MOVED, AbstractInstrument, group, wrong, year_of
from monazite.policy.bounds import HALF, known, with_rows
from monazite.policy.provenance import (
    Provenance,
    among,
    asked_to_be_free,
    countries,
    in_periods,
    split,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

    from monazite.model.outcome import Outcome
    from monazite.policy.base import Tables

    Grants = list[tuple[str | None, float]]

MONTHS = 12  # in a year
LEAST = 1e-5  # kt a month, 10 kg: a desk that grants less is closed, for the program's sake
ROOM = 1e3  # kt: more than any exporter's sheds are asked to hold


class ExportLicence(AbstractInstrument):
    """Exports wait for a desk that grants so much a month; what is not granted waits in store.

    Equation: by month t, z[t] = z[t-1] + applied[t] - granted[t], granted[t] <= desk[t], z being
    what stands in the exporters' store under the rule's name. Applying is putting goods there, or
    shipping at once where the desk has room; goods may be taken back for use at home. On a covered
    arc P[destination] (1 - loss) = P[origin] + freight + duties + R[t], R being the worth of a
    licence; while goods wait, P[origin] rises by the cost of waiting from month to month.

    Give `desk` in kt a month for all materials together, or `approval` as shares of the exports of
    the base year, material by material; a list counts months from the start, its last figure
    holds on. A desk of less than 10 kg a month is closed. `refused` are destinations that get
    nothing; `refused_uses` are sectors abroad that may not use the goods, nor what is made of them,
    wherever they buy.

    Unless `announced`, nobody expects the start: months before it are solved without the rule,
    what is in store then is kept, and the months from the start on are solved again. Once it has
    started the whole list is known; with `expected: to_last` each figure is believed to last until
    the next one comes, a surprise again. The market must run in months (`months:` of the scenario,
    which also gives buyers a stock to run down and rebuild) for anything to wait. A rule holds in
    months of which half or more lies between its dates.

    Who pays whom: traders pay the worth of licences to the holder. What is refused or waits costs
    buyers more than it brings anyone.

    Worked by hand: supply p = 1 + q in A, demand p = 10 - q in B, freight 1, in kt a month: q = 4,
    5 in A, 6 in B. B keeps a month of use, 4, at no cost, and a missing kg costs 4 a month in an
    empty store, so a when a of the 4 are missing. Waiting costs A 0.5 a month, and what waits at
    the end is worth 5. Unannounced, the desk grants nothing in February and 6 in March, the last
    month, both known when it starts. Goods wait at the end of both months, so A's price is
    5 - 0.5 = 4.5 in March and 4 in February, its output 3.5 and 3, and the queue stands at 3, then
    at 3 + 3.5 - 6 = 0.5. B takes a out of store in February: 10 - a = P[March] + a. In March it
    uses 6 - a + b, b being what is still missing: P = 4 + a - b, and P = 6 + b. So b = 0, a = 2:
    B pays 6, 8, 6, uses 4, 2, 4, and exports are 4, 0, 6: nothing, then half more than ever. A
    licence is worth 6 - 1 - 4.5 = 0.5 in March, 3 in all for its holder.

    Example:

        kind: export_licence
        name: announcement_18_heavy
        exporters: [CHN]
        materials: [dy_oxide, tb_oxide]
        approval: [0.0, 0.0, 0.25]
        start: 2025-04-04
        source: Announcement 18 of 2025, Ministry of Commerce and General Administration of Customs

    Source: Williams and Wright 1991, Storage and Commodity Markets, chapter 2, for goods that wait;
    Krugman, Obstfeld and Melitz, International Economics, for the worth of a licence.
    """

    kind: Literal["export_licence"] = "export_licence"
    exporters: tuple[str, ...] = Field(min_length=1)
    materials: tuple[str, ...] = group()
    destinations: tuple[str, ...] = group()
    exempt: tuple[str, ...] = group()
    refused: tuple[str, ...] = group()
    refused_uses: tuple[str, ...] = group()
    desk: tuple[float, ...] = Field(default=(), description="kt a month, from the start on")
    approval: tuple[float, ...] = Field(
        default=(), description="share of the base year's exports, by month from the start on"
    )
    holder: str = ""
    waiting_cost: float = Field(
        default=0.1, ge=0.0, description="a year, share of the price at home"
    )
    announced: bool = False
    expected: Literal["as_scheduled", "to_last"] = "as_scheduled"

    @field_validator("desk", "approval", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        """One figure stands for every month."""
        return (value,) if isinstance(value, int | float) else value

    @model_validator(mode="after")
    def _has_a_desk(self) -> ExportLicence:
        if bool(self.desk) == bool(self.approval):
            raise wrong("desk_or_approval")
        if min(self.desk or self.approval) < 0:
            raise wrong("desk_negative")
        if self.start is None and not self.announced:
            raise wrong("desk_unannounced")
        return self

    @property
    def schedule(self) -> tuple[float, ...]:
        """What is granted, by month from the start on."""
        return tuple(each if each >= LEAST else 0.0 for each in self.desk) or self.approval

    def news(self) -> tuple[float, ...]:
        """The start, and every change of the desk that was not expected."""
        if not self.acts or self.start is None:
            return ()
        months = range(len(self.schedule) if self.expected == "to_last" else 1)
        began = year_of(self.start)
        return tuple(began + k / MONTHS for k in months if k or not self.announced)

    def as_known(self, year: float) -> ExportLicence:
        """Suspended before an unannounced start; with the figures of the desk known by then."""
        if self.start is None:
            return self
        passed = year - year_of(self.start)
        if passed < 0 and not self.announced:
            return self.model_copy(update={"status": "suspended"})
        if self.expected == "as_scheduled":
            return self
        count = max(1, int(np.floor(max(passed, 0.0) * MONTHS + HALF)) + 1)
        return self.model_copy(
            update={"desk": self.desk[:count], "approval": self.approval[:count]}
        )

    @property
    def provenance(self) -> Provenance:
        """What makes goods the exporters'."""
        return Provenance(self.exporters)

    def rewrite(self, tables: Tables) -> Tables:
        """The case with the desk among its limits and the exporters' store among its stocks."""
        import polars as pl

        grants = self._grants(tables)
        if "arcs" not in tables or not grants:
            return tables
        covered, refused = self._covered(tables), pl.col("destination").is_in(list(self.refused))
        arcs = _lanes(tables["arcs"].filter(covered & ~refused))
        tables = self._shut(tables, covered, refused, grants)
        limits, terms = self._desks(arcs, [one for one in grants if one[1] > 0])
        if not limits.is_empty():
            tables = with_rows(with_rows(tables, "limits", limits), "limit_terms", terms)
        if self.refused_uses:
            tables = self._refuse(tables, [period for period, _ in grants])
        stores = self._stores(tables, tables["arcs"].filter(covered))
        return tables if stores.is_empty() else with_rows(tables, "stocks", stores)

    def bound(self, outcome: Outcome) -> bool:
        """Whether a licence is worth something, or somebody would pay for what is shut."""
        import polars as pl

        if super().bound(outcome):
            return True
        if self.refused or self.refused_uses:
            return True
        shut = [period for period, granted in self._grants(outcome.case.stated) if granted == 0]
        lanes = outcome.case.table("arcs").filter(self._covered(outcome.case.stated))
        lanes = lanes.select("material", "origin", "destination", "loss", "freight").unique()
        worth = outcome.prices.select("period", "material", "country", "price")
        if shut != [None]:
            worth = worth.filter(pl.col("period").is_in(shut))
        here = worth.rename({"country": "origin", "price": "here"})
        there = worth.rename({"country": "destination", "price": "there"})
        both = lanes.join(here, on=["material", "origin"]).join(
            there, on=["period", "material", "destination"]
        )
        more = pl.col("there") * (1 - pl.col("loss")) - pl.col("here") - pl.col("freight")
        return bool(shut) and not both.filter(more > MOVED).is_empty()

    def queue(self, outcome: Outcome) -> pl.DataFrame:
        """period, exporter, material, applied, granted, waiting: kt in the period, kt at its end.

        waiting[t] = waiting[t-1] + applied[t] - granted[t]; applied counts what is taken back
        below zero.
        """
        import polars as pl

        keys = ["period", "exporter", "material"]
        years = dict(zip(outcome.market.axes.periods, outcome.market.axes.years, strict=True))
        kt = pl.col("period").replace_strict(years, return_dtype=pl.Float64)
        stores = outcome.stocks.filter(stock=self.name).rename({"country": "exporter"})
        sent = outcome.flows.filter(self._covered(outcome.case.stated))
        granted = sent.group_by("period", "origin", "material", maintain_order=True).agg(
            granted=(pl.col("quantity") * kt).sum()
        )
        joined = stores.join(
            granted.rename({"origin": "exporter"}), on=keys, how="left", maintain_order="left"
        ).with_columns(pl.col("granted").fill_null(0.0))
        stored = (pl.col("stock_in") - pl.col("stock_out")) * kt
        return joined.select(
            *keys, (stored + pl.col("granted")).alias("applied"), "granted", waiting="level"
        )

    def _covered(self, tables: Mapping[str, pl.DataFrame]) -> pl.Expr:
        """Arcs that need a licence, those to refused destinations included."""
        import polars as pl

        places = countries(tables)
        outside = [*known(self.exempt, places), *known(self.exporters, places)]
        into = among("destination", (*self.destinations, *self.refused), places)
        if not self.destinations:
            into = pl.lit(True)
        return (
            pl.col("origin").is_in(list(self.exporters))
            & ~pl.col("destination").is_in(outside)
            & into
            & among("material", self.materials, tables["arcs"]["material"])
        )

    def _shut(self, tables: Tables, covered: pl.Expr, refused: pl.Expr, grants: Grants) -> Tables:
        """Arcs closed where nothing is granted: a bound of 0, not a limit without inside."""
        import polars as pl

        nothing = [period for period, granted in grants if granted == 0]
        none = pl.lit(None, pl.Float64)
        zero = {"bound": pl.lit(0.0), "knee": none, "slope": none}
        if self.refused:
            every = [period for period, _ in grants]
            tables = in_periods(tables, "arcs", covered & refused, every, **zero)
        return in_periods(tables, "arcs", covered, nothing, **zero) if nothing else tables

    def _refuse(self, tables: Tables, periods: list[str | None]) -> Tables:
        """Sectors abroad ask for goods that hold nothing of the exporters'."""
        import polars as pl

        sector = among("sector", self.refused_uses, tables["demand"]["sector"])
        abroad = sector & ~pl.col("country").is_in(list(self.exporters))
        wanted = tables["demand"].filter(abroad)["material"].unique()
        traced = split(tables, self.provenance, wanted)
        return asked_to_be_free(traced, "demand", abroad, self.provenance.mark, periods)

    def _desks(self, arcs: pl.DataFrame, grants: Grants) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Rows of limits by period, and of their terms."""
        import polars as pl

        pools = [("desk", arcs, 1.0)]
        if self.approval:
            pools = [
                (str(material), rows, float(rows["base"].sum()) / MONTHS)
                for (material,), rows in arcs.group_by("material", maintain_order=True)
            ]
        common = {"kind": "quota", "holder": self.holder, "basis": "derived"}
        rows = [
            {"limit": self._pool(name), "period": period, "upper": MONTHS * scale * granted}
            for name, _, scale in pools
            for period, granted in grants
        ]
        terms = [
            lanes.drop("base").with_columns(limit=pl.lit(self._pool(name)), basis=pl.lit("derived"))
            for name, lanes, _ in pools
        ]
        schema = {"limit": pl.String, "period": pl.String, "upper": pl.Float64}
        limits = pl.DataFrame(rows, schema=schema).with_columns(
            pl.lit(value).alias(name) for name, value in common.items()
        )
        return limits, pl.concat(terms) if terms else arcs.clear()

    def _pool(self, name: str) -> str:
        return f"{self.name}/{name}"

    def _grants(self, tables: Mapping[str, pl.DataFrame]) -> Grants:
        """The periods in which the rule holds, each with the figure of the desk in it."""
        frame = tables.get("periods")
        if frame is None or frame.is_empty():
            return [(None, self.schedule[0])]
        begin = np.array([calendar_year(day) for day in frame["start"].to_list()])
        years = numbers(frame, "years", 1.0)
        holds = self.force_over(begin, years) >= HALF
        first = np.min(begin[holds], initial=np.inf)
        # without dates the first figure of the list stands for all
        month = np.where(np.isfinite(begin - first), (begin - first) * MONTHS + HALF, 0.0)
        last = len(self.schedule) - 1
        at = np.minimum(np.floor(month), last).astype(int)
        return [
            (str(name), self.schedule[k])
            for name, k, one in zip(frame["period"], at, holds, strict=True)
            if one
        ]

    def _stores(self, tables: Tables, arcs: pl.DataFrame) -> pl.DataFrame:
        """Rows of stocks in which goods wait; what waits at the end is worth the price at home."""
        import polars as pl

        periods, prices = tables.get("periods"), tables.get("prices")
        if periods is None or periods.height < 2:
            return pl.DataFrame()  # in a single period nothing can wait for the next one
        places = arcs.select("material", country="origin").unique(maintain_order=True)
        worth = pl.lit(0.0)
        if prices is not None and not prices.is_empty():
            home = prices.select("material", "country", "price")
            places = places.join(home, on=["material", "country"], how="left")
            worth = pl.col("price").fill_null(0.0).clip(lower_bound=0.0)
        return places.select(
            "material",
            "country",
            stock=pl.lit(self.name),
            capacity=pl.lit(ROOM),
            carrying_cost=self.waiting_cost * worth,
            final_value=worth,
            basis=pl.lit("derived"),
        )


def _lanes(arcs: pl.DataFrame) -> pl.DataFrame:
    """material, origin and destination of arcs, and what they carry in the base year."""
    import polars as pl

    base = pl.col("base") if "base" in arcs.columns else pl.lit(None)
    keys = ["material", "origin", "destination"]
    return (
        arcs.select(*keys, base.fill_null(0.0).cast(pl.Float64).alias("base"))
        .group_by(keys, maintain_order=True)
        .agg(pl.col("base").max())
    )

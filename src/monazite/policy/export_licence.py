"""What happens when every shipment needs a licence? A desk, a queue, and goods that wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import Field, field_validator, model_validator

from monazite.model.axes import calendar_year, numbers
from monazite.policy.base import AbstractInstrument, group, year_of
from monazite.policy.bounds import HALF, known, with_rows

if TYPE_CHECKING:
    import polars as pl

    from monazite.model.outcome import Outcome
    from monazite.policy.base import Tables

MONTHS = 12  # in a year
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
    holds on. `refused` are destinations that get nothing. Unless `announced`, nobody expects the
    start: months before it are solved without the rule, their stocks are kept, and the months from
    the start on are solved again. With `expected: to_last` each figure of the list is believed to
    last when it comes, so the next one is a surprise too; with `as_scheduled` all are known at the
    start. The market must run in months (`months:` of the scenario, which also gives buyers a cover
    of stock that they run down and rebuild) for anything to wait. A rule holds in months of which
    half or more lies between its dates.

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
    desk: tuple[float, ...] = Field(default=(), description="kt a month, from the start on")
    approval: tuple[float, ...] = Field(
        default=(), description="share of the base year's exports, by month from the start on"
    )
    holder: str = ""
    waiting_cost: float = Field(
        default=0.1, ge=0.0, description="a year, share of the price at home"
    )
    announced: bool = False
    expected: Literal["to_last", "as_scheduled"] = "to_last"

    @field_validator("desk", "approval", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        """One figure stands for every month."""
        return (value,) if isinstance(value, int | float) else value

    @model_validator(mode="after")
    def _has_a_desk(self) -> ExportLicence:
        if bool(self.desk) == bool(self.approval):
            raise ValueError("give desk or approval, one of them")
        if min(self.schedule) < 0:
            raise ValueError("a desk grants 0 or more")
        if self.start is None and not self.announced:
            raise ValueError("a rule without a start is announced: say announced: true")
        return self

    @property
    def schedule(self) -> tuple[float, ...]:
        """What is granted, by month from the start on."""
        return self.desk or self.approval

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

    def rewrite(self, tables: Tables) -> Tables:
        """The case with the desk among its limits and the exporters' store among its stocks."""
        arcs = self._arcs(tables)
        if arcs.is_empty():
            return tables
        desks, terms = self._desks(tables, arcs)
        if desks.is_empty():
            return tables
        tables = with_rows(with_rows(tables, "limits", desks), "limit_terms", terms)
        stores = self._stores(tables, arcs)
        return tables if stores.is_empty() else with_rows(tables, "stocks", stores)

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
        arcs = self._arcs(outcome.case.stated).select("material", "origin", "destination")
        sent = outcome.flows.join(arcs.unique(), on=arcs.columns, how="semi")
        granted = sent.group_by("period", "origin", "material").agg(
            granted=(pl.col("quantity") * kt).sum()
        )
        joined = stores.join(
            granted.rename({"origin": "exporter"}), on=keys, how="left", maintain_order="left"
        ).with_columns(pl.col("granted").fill_null(0.0))
        stored = (pl.col("stock_in") - pl.col("stock_out")) * kt
        return joined.select(
            *keys, (stored + pl.col("granted")).alias("applied"), "granted", waiting="level"
        )

    def _arcs(self, tables: Tables) -> pl.DataFrame:
        """material, origin, destination and base of the covered arcs."""
        import polars as pl

        arcs = tables.get("arcs")
        if arcs is None:
            known([*self.exporters, *self.materials, *self.destinations], None)
            return pl.DataFrame()
        places = pl.concat([arcs["origin"], arcs["destination"]])
        outside = [*known(self.exempt, places), *known(self.exporters, places)]
        destination = pl.col("destination")
        covered = pl.col("origin").is_in(self.exporters) & ~destination.is_in(outside)
        if self.destinations:
            covered &= destination.is_in(known([*self.destinations, *self.refused], places))
        if self.materials:
            covered &= pl.col("material").is_in(known(self.materials, arcs["material"]))
        known(self.refused, places)
        base = pl.col("base") if "base" in arcs.columns else pl.lit(None)
        return arcs.filter(covered).select(
            "material", "origin", "destination", base.fill_null(0.0).cast(pl.Float64).alias("base")
        )

    def _desks(self, tables: Tables, arcs: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Rows of limits by period, and of their terms."""
        import polars as pl

        sent = arcs.filter(~pl.col("destination").is_in(self.refused))
        pools = [("refused", arcs.filter(pl.col("destination").is_in(self.refused)), 0.0)]
        if self.desk:
            pools += [("desk", sent, 1.0)]
        else:
            pools += [
                (str(material), rows, float(rows["base"].sum()) / MONTHS)
                for (material,), rows in sent.group_by("material", maintain_order=True)
            ]
        pools = [pool for pool in pools if not pool[1].is_empty()]
        common = {"kind": "quota", "holder": self.holder, "basis": "derived"}
        rows = [
            {
                "limit": f"{self.name}/{pool}",
                "period": period,
                "upper": MONTHS * scale * granted,
                **common,
            }
            for pool, _, scale in pools
            for period, granted in self._grants(tables)
        ]
        terms = [
            rows.select("material", "origin", "destination")
            .unique(maintain_order=True)
            .with_columns(limit=pl.lit(f"{self.name}/{pool}"), basis=pl.lit("derived"))
            for pool, rows, _ in pools
        ]
        schema = {"period": pl.String, "upper": pl.Float64}
        return pl.DataFrame(rows, schema_overrides=schema), pl.concat(terms)

    def _grants(self, tables: Tables) -> list[tuple[str | None, float]]:
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

"""How does a base year run month by month? The same market, with buyers who keep stocks.

Every month of the window begins as the base year: the market is first solved over the whole window
without rules, and its prices are those at which stocks are valued. Importers hold a cover of so
many days of what they buy abroad; holding costs `carrying` of the price a year, and the last kg
missing in an empty store costs `premium` of the price a month, a missing kg less in proportion to
how little is missing. The level at which buyers stand still at base prices is the cover told; what
is left after the last month is worth the base price. Without a rule nothing moves, to the digit.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, model_validator

from monazite.errors import InputError, fault
from monazite.policy.base import wrong
from monazite.policy.bounds import with_rows

if TYPE_CHECKING:
    import polars as pl

    from monazite.data import Case
    from monazite.model.outcome import Outcome

    Tables = dict[str, pl.DataFrame]

DAYS = 365.25
YEAR = 12
BUILDING = ("projects", "finance")  # tables of what may be built, and of who pays for it
SOME = 1e-4  # kt/yr: 100 kg a year; who buys less keeps no stock


class Months(BaseModel):
    """The months of a scenario, the first and the last one as in 2025-01, and what buyers keep.

    `cover` in days of imports, `carrying` and `premium` as shares of the base price, a year and a
    month; `materials`: of which buyers keep stocks, without names all that is traded.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    first: str = Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")
    last: str = Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")
    cover: float = Field(default=60.0, ge=0.0, le=1000.0)
    carrying: float = Field(default=0.1, ge=0.0)
    premium: float = Field(default=0.5, gt=0.0)
    materials: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _runs_forward(self) -> Months:
        if not 1 <= self.count <= 10 * YEAR:
            raise wrong("months_range")
        if self.carrying >= YEAR * self.premium:
            raise wrong("months_carrying")
        return self

    @property
    def count(self) -> int:
        """How many months."""
        return _number(self.last) - _number(self.first) + 1

    @property
    def starts(self) -> list[date]:
        """The first day of each month."""
        begin = _number(self.first)
        return [date(k // YEAR, k % YEAR + 1, 1) for k in range(begin, begin + self.count)]

    @property
    def names(self) -> list[str]:
        """What each month is called, as in 2025-04."""
        return [f"{day:%Y-%m}" for day in self.starts]


def monthly(case: Case, months: Months, *, discount: float = 0.0) -> Case:
    """The case by month. Raises InputError for a case of several periods."""
    from monazite.data import Case
    from monazite.model.outcome import solve_market

    given = case.stated.get("periods")
    if given is not None and given.height > 1:
        raise InputError([fault("months_periods", "scenario", value=str(given.height))])
    # nothing is built within months
    stated = {name: each for name, each in case.stated.items() if name not in BUILDING}
    whole = over(stated, [months.starts[0]], ["all"], [months.count / YEAR])
    base = solve_market(Case.from_tables(whole, case.name), discount=discount)
    tables = over(stated, months.starts, months.names, [1 / YEAR] * months.count)
    tables["prices"] = _prices(tables, base)
    tables["arcs"] = _arcs(tables["arcs"], base)
    buyers = _buyers(base, months)
    if not buyers.is_empty():
        tables = with_rows(tables, "stocks", buyers)
    return replace(Case.from_tables(tables, case.name), changes=case.changes)


def _number(month: str) -> int:
    year, _, of = month.partition("-")
    return int(year) * YEAR + int(of) - 1


def over(tables: Tables, starts: list[date], names: list[str], years: list[float]) -> Tables:
    """The tables over other periods: what held in the one period now holds in all."""
    import polars as pl

    found = {
        name: frame.with_columns(period=pl.lit(None, dtype=pl.String))
        if "period" in frame.columns
        else frame
        for name, frame in tables.items()
    }
    return found | {"periods": pl.DataFrame({"period": names, "start": starts, "years": years})}


def _prices(tables: Tables, base: Outcome) -> pl.DataFrame:
    """Reference prices: those of the base, and what the case states where the base has none."""
    import polars as pl

    found = base.prices.filter(pl.col("price").is_not_null()).select("material", "country", "price")
    found = found.with_columns(basis=pl.lit("derived"))
    stated = tables.get("prices")
    if stated is None or stated.is_empty():
        return found
    rest = stated.join(found, on=["material", "country"], how="anti")
    return pl.concat([found, rest], how="diagonal_relaxed")


def _arcs(arcs: pl.DataFrame, base: Outcome) -> pl.DataFrame:
    """The arcs with what they carry at base, which rules may take shares of."""
    import polars as pl

    keys = ["material", "origin", "destination"]
    moved = base.flows.group_by(keys, maintain_order=True).agg(base=pl.col("quantity").sum())
    joined = arcs.drop("base", strict=False).join(moved, on=keys, how="left", maintain_order="left")
    return joined.with_columns(pl.col("base").fill_null(0.0))


def _buyers(base: Outcome, months: Months) -> pl.DataFrame:
    """Stocks of importers that stand still at base prices.

    One kg less for a year saves `carrying` and costs short_cost * (cover - level) / cover, so that
    both are the same at level = cover * (1 - carrying / short_cost).
    """
    import polars as pl

    bought = base.flows.group_by("material", country="destination", maintain_order=True).agg(
        bought=pl.col("received").sum()
    )
    prices = base.prices.select("material", "country", "price")
    rows = bought.join(prices, on=["material", "country"]).filter(
        pl.col("bought") > SOME, pl.col("price") > 0
    )
    if months.materials:
        rows = rows.filter(pl.col("material").is_in(months.materials))
    level = pl.col("bought") * months.cover / DAYS
    return rows.sort("material", "country").select(
        "material",
        "country",
        stock=pl.lit("buyers"),
        initial=level,
        capacity=level + pl.col("bought"),
        carrying_cost=months.carrying * pl.col("price"),
        final_value=pl.col("price"),
        cover=level / (1.0 - months.carrying / (YEAR * months.premium)),
        short_cost=YEAR * months.premium * pl.col("price"),
        basis=pl.lit("derived"),
    )

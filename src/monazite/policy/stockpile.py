"""What happens when a state keeps a reserve? Purchases toward days of use, releases by price."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from monazite.policy.base import AbstractInstrument, group, wrong
from monazite.policy.bounds import with_rows

if TYPE_CHECKING:
    import polars as pl

    from monazite.model.axes import Floats, Ints
    from monazite.model.books import Payment
    from monazite.model.outcome import Outcome
    from monazite.policy.base import Tables

DAYS = 365.0  # in a year


class Offer(BaseModel):
    """A price: in USD/kg, or as a multiple of the base-year price at the place."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    price: float | None = Field(default=None, ge=0.0, description="USD/kg")
    times: float | None = Field(default=None, ge=0.0, description="times the base price")

    @model_validator(mode="after")
    def _has_one_price(self) -> Offer:
        if (self.price is None) == (self.times is None):
            raise wrong("tier_price")
        return self


class Tier(Offer):
    """A part of what is held at the start, and the price from which it is sold."""

    share: float = Field(gt=0.0, le=1.0, description="of what is held at the start")


class Stockpile(AbstractInstrument):
    """A strategic reserve: buys toward a target in days of use, sells in tiers from given prices.

    Equation: target = days / 365 * base-year use of the material in the country, held likewise.
    Purchases b, kt/yr, bring what is held to the target at no more than `pace` days of use a year.
    With a `bid` they stop where the price passes it; without one they are made at any price. Tier k
    sells o_k from price a_k up, together at most share_k of what was held: b = 0 where P > bid,
    o_k = 0 where P < a_k. Tiers are convex: the cheapest empties first; what no tier offers stays.
    Base-year use is what users (but for not_sectors) and plants of the case take; `use` states it
    instead.

    Who pays whom: the owners' treasuries (or companies) pay for purchases and carrying cost and get
    what releases fetch, by their shares. What is left stands in the account stockpile at the bid
    (nothing without a bid) or at the ask, each with the carrying cost paid on it; what was held at
    the start was nobody's purchase. Users pay for purchases in the price, producers gain.

    Worked by hand: supply p = 1 + q in A, demand p = 10 - q in B, freight 1: q = 4, 6 in B. Buying
    36.5 days of a use of 10 a year = 1: 10 - (q - 1) = 2 + q gives q = 4.5, 6.5 in B, 6.5 paid by
    B's treasury and another 0.2 at a carrying cost of 0.2. With a bid of 6.25 it buys 0.5 only.
    Holding 1 and selling half from 5.9 and half from 6.5: 10 - (q + o) = 2 + q = 5.9 gives q = 3.9,
    o = 0.2, and B's treasury gets 1.18.

    In one period it buys, or sells, for that year. Over several periods the program sees them all:
    it buys when that is cheapest within pace and dates, sells when prices are highest, and what it
    buys it keeps to the end. Prices are those of the first period; later the ask rises by carrying
    costs paid since. Threshold triggers (sell only once a price or shortage has been seen) are not
    convex and are not modelled; solve again year by year with another `held` for that.

    Example:

        kind: stockpile
        name: project_vault
        country: USA
        materials: [ndpr_oxide, dy_oxide, sm_oxide]
        days: 60
        pace: 60
        carrying: 0.06
        release: [{share: 0.5, times: 1.5}, {share: 0.5, times: 3.0}]
        start: 2026
        source: Project Vault, about 60 days of demand; tiers and carrying cost are assumptions

    Source: Williams and Wright 1991, Storage and Commodity Markets, chapter 2, and chapter 13 on
    public stockpiles.
    """

    order: ClassVar[int] = -1
    kind: Literal["stockpile"] = "stockpile"
    country: str
    materials: tuple[str, ...] = Field(min_length=1)
    days: float = Field(default=0.0, ge=0.0, description="target, days of base-year use")
    held: float = Field(default=0.0, ge=0.0, description="held at the start, days of use")
    use: dict[str, float] = Field(default_factory=dict, description="kt/yr, by material")
    not_sectors: tuple[str, ...] = group()
    pace: float | None = Field(default=None, ge=0.0, description="days of use bought a year")
    bid: Offer | None = None
    release: tuple[Tier, ...] = ()
    carrying_cost: float = Field(default=0.0, ge=0.0, description="USD/kg/yr")
    carrying: float = Field(default=0.0, ge=0.0, description="share of the base price a year")
    owners: dict[str, float] = Field(
        default_factory=dict, description="shares by country code or company; the place's own"
    )

    @model_validator(mode="after")
    def _is_one_reserve(self) -> Stockpile:
        if self.carrying and self.carrying_cost:
            raise wrong("carrying_forms")
        if sum(tier.share for tier in self.release) > 1.0 + 1e-9:
            raise wrong("release_shares")
        if self.owners and abs(sum(self.owners.values()) - 1.0) > 1e-9:
            raise wrong("owners_sum")
        if any(share <= 0 for share in self.owners.values()):
            raise wrong("owners_positive")
        if any(amount < 0 for amount in self.use.values()):
            raise wrong("use_negative")
        return self

    # --- into the program -----------------------------------------------------------------------

    def rewrite(self, tables: Tables) -> Tables:
        """The case with the reserve among its stocks: one that buys, one for each tier."""
        import polars as pl

        rows = [row for material in self.materials for row in self._stocks(tables, material)]
        if not rows:
            return tables
        text = {"period": pl.String}
        added = pl.DataFrame(rows, schema_overrides=text, infer_schema_length=None)
        return with_rows(tables, "stocks", added.with_columns(basis=pl.lit("derived")))

    def _stocks(self, tables: Tables, material: str) -> list[dict[str, Any]]:
        """Rows of the table stocks for one material, one per stock and period."""
        names, years = _periods(tables)
        force = self.force_over(_begin(tables), years)
        use, cost = self._use(tables, material), self._carrying(tables, material)
        aged = cost * float(years.sum())  # carrying paid to the end, so that offers are net of it
        held, target = self.held / DAYS * use, self.days / DAYS * use
        lacking = max(target - held, 0.0)
        pace = np.inf if self.pace is None else self.pace / DAYS * use
        within = min(lacking, pace * float(force @ years)) if force.any() else 0.0
        found: list[dict[str, Any]] = []

        def stock(name: str, **fields: Any) -> None:
            fields |= {"material": material, "country": self.country, "carrying_cost": cost}
            found.extend(
                {"stock": f"{self.name}/{name}", "period": period, **_open(fields, share)}
                for period, share in zip(names, force, strict=True)
            )

        if within > 0:
            worth = self._price(tables, material, self.bid) + aged if self.bid else 0.0
            least = 0.0 if self.bid else within
            most = None if self.pace is None else pace
            ends = {"final_minimum": least, "final_value": worth}
            stock("bought", capacity=within, rate=most, rate_out=0.0, **ends)
        parts = [tier.share * held for tier in self.release]
        for k, (tier, part) in enumerate(zip(self.release, parts, strict=True)):
            ask = self._price(tables, material, tier) + aged
            whole = {"initial": part, "capacity": part, "rate": 0.0}
            if part > 0:
                stock(f"tier{k + 1}", **whole, rate_out=part / years.min(), final_value=ask)
        if (rest := held - sum(parts)) > 1e-12:
            stock("kept", initial=rest, capacity=rest, rate=0.0, rate_out=0.0)
        return found

    def _use(self, tables: Tables, material: str) -> float:
        """Base-year use in the country [kt/yr]: of users and, as an input, of plants."""
        if material in self.use:
            return self.use[material]
        found = self._final_use(tables, material) + _input(tables, material, self.country)
        if found <= 0:
            raise _lacks("stockpile_use", material, self.country)
        return found

    def _final_use(self, tables: Tables, material: str) -> float:
        rows = _here(tables, "demand", material, self.country)
        if rows is None:
            return 0.0
        rows = rows.filter(~rows["sector"].is_in(list(self.not_sectors)))
        return float(rows.unique(["sector", "block"])["quantity"].sum())

    def _price(self, tables: Tables, material: str, offer: Offer) -> float:
        if offer.price is not None:
            return offer.price
        assert offer.times is not None, "an offer has one of the two"
        return offer.times * _base_price(tables, material, self.country)

    def _carrying(self, tables: Tables, material: str) -> float:
        if not self.carrying:
            return self.carrying_cost
        return self.carrying * _base_price(tables, material, self.country)

    # --- into the books -------------------------------------------------------------------------

    def settle(self, outcome: Outcome) -> list[Payment]:
        """Owners take over the cash of the reserve, the account stockpile what is left in it."""
        from monazite.model.books import Party, Payment
        from monazite.model.frames import labels

        market, stocks = outcome.market, outcome.market.stocks
        mine = _own(stocks.stock, self.name)
        if len(mine) == 0:
            return []
        period, material = stocks.period[mine], labels(market.axes.materials, stocks.material[mine])
        country = stocks.country[mine]
        price = outcome.raw_price[market.nodes.at[stocks.key[mine]]]
        level = outcome.block("stock_level")[mine]
        bought = outcome.block("stock_in")[mine] - outcome.block("stock_out")[mine]
        spent = price * bought + stocks.carrying_cost[mine] * level
        left = np.where(stocks.last[mine], stocks.final_value[mine] * level, 0.0)
        keeper = Party("stock_holders", country, material, stocks.stock[mine])
        reserve = Party("stockpile", country, material, self.name)
        return [
            *(
                Payment(self.name, period, share * spent, keeper, self._owner(market.axes, name))
                for name, share in (self.owners or {self.country: 1.0}).items()
            ),
            Payment(self.name, period, left / market.axes.years[period], reserve, keeper),
        ]

    def _owner(self, axes: Any, name: str) -> Any:
        """A country's treasury, or a company among the holders of stocks."""
        from monazite.model.books import Party

        if name in axes.countries:
            return Party("treasury", axes.countries.index(name), self.name)
        return Party("stock_holders", owner=name)


def _own(stock: np.ndarray, name: str) -> Ints:
    return np.flatnonzero([str(each).split("/")[0] == name for each in stock])


def _open(fields: dict[str, Any], force: float) -> dict[str, Any]:
    """The fields of a stock in a period in which its rule holds for part of the time."""
    if force >= 1.0 or (force > 0 and fields["rate"] is None):
        return fields
    out = fields["rate_out"] if force > 0 else 0.0
    return {**fields, "rate": (fields["rate"] or 0.0) * force, "rate_out": out}


def _periods(tables: Tables) -> tuple[list[str | None], Floats]:
    """Names and years of the periods, in the order of their start; one unnamed year without any."""
    frame = tables.get("periods")
    if frame is None or frame.is_empty():
        return [None], np.ones(1)
    return [str(name) for name in frame["period"]], np.array(frame["years"], dtype=float)


def _begin(tables: Tables) -> Floats:
    from monazite.model.axes import calendar_year

    frame = tables.get("periods")
    if frame is None or frame.is_empty():
        return np.full(1, np.nan)
    return np.array([calendar_year(day) for day in frame["start"].to_list()])


def _input(tables: Tables, material: str, country: str) -> float:
    """kt/yr that the country's plants take in at their base activity."""
    import polars as pl

    needed = ("facilities", "activities", "recipes")
    if any(tables.get(name) is None for name in needed):
        return 0.0
    plants, activities, recipes = (tables[name] for name in needed)
    here = plants.filter(pl.col("country") == country).select("facility", "technology").unique()
    taken = recipes.filter((pl.col("material") == material) & (pl.col("direction") == "in"))
    found = (
        activities.join(here, on="facility")
        .join(taken.select("technology", "mode", "quantity"), on=["technology", "mode"])
        .select(pl.col("base") * pl.col("quantity"))
    )
    return float(found.to_series().sum())


def _base_price(tables: Tables, material: str, country: str) -> float:
    """USD/kg at the place in the table of prices, or that of the place's users."""
    for name in ("prices", "demand"):
        rows = _here(tables, name, material, country)
        if rows is not None and rows["price"].drop_nulls().len():
            return float(rows["price"].drop_nulls()[0])
    raise _lacks("stockpile_price", material, country)


def _here(tables: Tables, name: str, material: str, country: str) -> pl.DataFrame | None:
    import polars as pl

    frame = tables.get(name)
    if frame is None:
        return None
    return frame.filter((pl.col("material") == material) & (pl.col("country") == country))


def _lacks(key: str, material: str, country: str) -> Exception:
    from monazite.errors import InputError, fault

    return InputError([fault(key, "scenario", value=material, material=material, country=country)])

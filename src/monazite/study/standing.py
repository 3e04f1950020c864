"""What stands in a year? A market of that year alone, with its capacity and nothing to be built.

Questions about a shock that nobody saw coming are asked of it: a country is closed, a stage stops.
Everything is as in the outcome but for two things. Capacity is what stood in the period; no project
adds to it. Where stores are asked for, what was in them when the period began may be used up within
the year: strategic reserves as their rule offers them, and what commercial buyers hold, so many
days of their imports (the model over years keeps no commercial stocks, so their days are an
assumption). Nobody draws on a store unless a kg costs more than it did in the outcome.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from monazite.errors import CertificateError
from monazite.study.closing import in_ground
from monazite.study.months import BUILDING

if TYPE_CHECKING:
    import polars as pl

    from monazite.data import Case
    from monazite.model.market import Market
    from monazite.model.outcome import Outcome

    Tables = dict[str, pl.DataFrame]

MU = 1e-10  # without a large supplier prices go far from where they were
COARSER = (MU, 1e-9, 1e-8)  # where so little does not prove itself, more is tried
DAYS = 365.25
BUYERS = "buyers"  # as in the model by month
SOME = 1e-4  # kt/yr: who imports less holds nothing
LEAST = 1e-7  # kt: less than 100 g is an empty store


def standing(outcome: Outcome, period: str, *, cover: float | None = None) -> Case:
    """The case of one period, one year long, with the capacity that stands in it.

    Deposits hold what is left in the ground. Without `cover` nothing is in store; with it what
    rules keep in store, and that many days of imports with commercial buyers. Raises KeyError for
    an unknown period.
    """
    import polars as pl

    from monazite.data import Case

    market = outcome.market
    at = market.axes.at(period)
    plants = np.flatnonzero(market.plants.period == at)
    room = dict(zip(market.plants.facility[plants], outcome.capacity[plants], strict=True))
    tables = {name: _only(frame, period) for name, frame in outcome.case.stated.items()}
    for name in BUILDING:
        tables.pop(name, None)
    if "periods" in tables:
        tables["periods"] = tables["periods"].with_columns(years=pl.lit(1.0))
    tables["facilities"] = _as_built(tables["facilities"], room)
    if "activities" in tables:
        tables["activities"] = _within(tables["activities"], room)
    tables.pop("stocks", None)
    stocks = _stored(outcome, period, ground=True)
    if cover is not None:
        stocks += [*_stored(outcome, period), *_bought(outcome, period, cover)]
    if stocks:
        tables["stocks"] = pl.DataFrame(stocks).with_columns(basis=pl.lit("derived"))
    return replace(Case.from_tables(tables, outcome.case.name), changes=outcome.case.changes)


def shut(case: Case, country: str) -> Case:
    """The case in which a country makes, sells, buys and stores nothing."""
    import polars as pl

    from monazite.data import Case

    tables = dict(case.stated)
    open_lane = (pl.col("origin") != country) & (pl.col("destination") != country)
    for name in ("facilities", "demand", "curves", "stocks"):
        if name in tables:
            tables[name] = tables[name].filter(pl.col("country") != country)
    if "arcs" in tables:
        tables["arcs"] = tables["arcs"].filter(open_lane)
    left = tables["facilities"]["facility"].to_list()
    for name in ("activities", "owners", "limit_terms"):
        if name in tables:
            here = pl.col("facility").is_in(left) | pl.col("facility").is_null()
            tables[name] = tables[name].filter(here)
    return replace(Case.from_tables(tables, case.name), changes=case.changes)


def proved(market: Callable[[float], Market]) -> Outcome:
    """The outcome of `market(mu)` at the first `mu` of `COARSER` at which it proves itself.

    Raises CertificateError where it does at none, InfeasibleError as `outcome_of`.
    """
    from monazite.model.outcome import outcome_of

    for mu in COARSER[:-1]:
        try:
            return outcome_of(market(mu))
        except CertificateError:
            continue
    return outcome_of(market(COARSER[-1]))


def under_rules(case: Case, outcome: Outcome, mu: float = MU) -> Market:
    """The market of such a case in which the outcome's rules go on charging and paying."""
    from monazite.model.market import Market

    market = Market(case, mu=mu)
    charges = [each for rule in outcome.market.instruments for each in rule.charges(market)]
    return market.charged(*charges)


def _only(frame: pl.DataFrame, period: str) -> pl.DataFrame:
    import polars as pl

    if "period" not in frame.columns:
        return frame
    return frame.filter(pl.col("period").is_null() | (pl.col("period") == period))


def _as_built(facilities: pl.DataFrame, room: dict[Any, Any]) -> pl.DataFrame:
    """Facilities with the capacity that stands, available and with no year of their own."""
    import polars as pl

    capacity = pl.col("facility").replace_strict(room, default=0.0, return_dtype=pl.Float64)
    given = {"availability": 1.0, "status": "operating", "first_year": None, "last_year": None}
    return (
        facilities.unique("facility", keep="last", maintain_order=True)
        .with_columns(
            capacity.alias("capacity"),
            *(pl.lit(value).alias(name) for name, value in given.items()),
            pl.lit(None, dtype=pl.String).alias("period"),
        )
        .with_columns(pl.col("first_year", "last_year").cast(pl.Int64))
    )


def _within(activities: pl.DataFrame, room: dict[Any, Any]) -> pl.DataFrame:
    """Knees no higher than the capacity that stands."""
    import polars as pl

    most = pl.col("facility").replace_strict(room, default=0.0, return_dtype=pl.Float64)
    return activities.with_columns(knee=pl.min_horizontal("knee", most))


def _stored(outcome: Outcome, period: str, *, ground: bool = False) -> list[dict[str, Any]]:
    """What was in store, or in the ground, when the period began; it may be sold at its rule's
    price or dearer, and be dug at its royalty.
    """
    stocks, axes = outcome.market.stocks, outcome.market.axes
    at = axes.at(period)
    level = outcome.block("stock_level")
    rows = []
    for k in np.flatnonzero((stocks.period == at) & (in_ground(outcome.market) == ground)):
        held = float(stocks.initial[k] if at == 0 else level[k - 1])
        material, country = axes.materials[stocks.material[k]], axes.countries[stocks.country[k]]
        if held > LEAST:
            asked = float(stocks.final_value[k])
            rows.append(_stock(outcome, period, material, country, str(stocks.stock[k]),
                               held, asked))  # fmt: skip
    return rows


def _bought(outcome: Outcome, period: str, cover: float) -> list[dict[str, Any]]:
    """So many days of what each country imports of each material."""
    import polars as pl

    flows = outcome.flows.filter(pl.col("period") == period)
    sums = flows.group_by("material", "destination").agg(pl.col("received").sum())
    return [
        _stock(outcome, period, material, country, BUYERS, received * cover / DAYS, 0.0)
        for material, country, received in sums.sort("material", "destination").rows()
        if cover > 0 and received > SOME
    ]


def _stock(
    outcome: Outcome, period: str, material: str, country: str, name: str, held: float, ask: float
) -> dict[str, Any]:
    """A store that only gives, at `ask` or the outcome's price, whichever is more."""
    price = outcome.price(material, country, period) or 0.0
    return {
        "material": material, "country": country, "stock": name, "initial": held,
        "capacity": held, "rate": 0.0, "rate_out": held, "final_value": max(ask, price, 0.0),
    }  # fmt: skip

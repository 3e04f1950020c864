"""What is left when the largest supplier of a stage stops?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from monazite.model.axes import Ints
from monazite.model.frames import QUIET
from monazite.model.market import Market
from monazite.model.outcome import Outcome, outcome_of, solve_market
from monazite.model.shares import by_plant, read_measures

if TYPE_CHECKING:
    import polars as pl


def n_minus_one(before: Any) -> pl.DataFrame:
    """Each measure's largest supplier by country stops, one at a time; what each place goes
    without.

    `before` is an outcome or a case. The facilities of that country that count in the measure stand
    still in every period. Columns: stage (the measure), country, share (fraction), material, place,
    used and unserved (kt/yr, all periods' sum), unserved_share, price_before, price_after (USD/kg
    in the first period, null where there is none). Unserved is the fall of use, whatever it is due
    to: what is no longer to be had at any price, and what users give up because it costs more.
    """
    import polars as pl

    outcome = before if isinstance(before, Outcome) else solve_market(before)
    frames = [
        stop_frame(outcome, stop(outcome, measure, country), measure, country)
        for measure, country in largest(outcome).items()
    ]
    return pl.concat(frames) if frames else pl.DataFrame()


def largest(outcome: Outcome) -> dict[str, str]:
    """The country with the largest share by place of each measure that has any."""
    return {
        measure: next(iter(share["by_place"]))
        for measure, share in outcome.shares.items()
        if share["by_place"]
    }


def stop(outcome: Outcome, measure: str, country: str) -> Outcome:
    """The outcome when a country's facilities that count in a measure stand still."""
    return outcome_of(outcome.market.cap("capacity", stopped(outcome, measure, country), 0.0))


def stopped(outcome: Outcome, measure: str, country: str) -> Ints:
    """Positions of the plants of a country that count in a measure in any period."""
    market: Market = outcome.market
    terms = read_measures(market.case, market.axes)[measure]
    code = market.axes.countries.index(country)
    counted = np.zeros(len(market.plants.facility), dtype=bool)
    for period in range(len(market.axes.periods)):
        counted |= by_plant(outcome, terms, period) > QUIET
    names = set(market.plants.facility[counted & (market.plants.country == code)])
    return np.flatnonzero(np.isin(market.plants.facility, list(names)))


def stop_frame(before: Outcome, after: Outcome, measure: str, country: str) -> pl.DataFrame:
    """One stop as a table (see n_minus_one), a row for each material and place of use."""
    import polars as pl

    keys = ["material", "country"]
    used, left = (one.use.group_by(keys).agg(pl.col("quantity").sum()) for one in (before, after))
    both = used.join(left, on=keys, suffix="_after").filter(pl.col("quantity") > QUIET).sort(keys)
    places = both.select(keys).rows()
    lost = (pl.col("quantity") - pl.col("quantity_after")).clip(lower_bound=0.0)
    share = before.shares[measure]["by_place"].get(country)
    return both.select(
        pl.lit(measure).alias("stage"),
        pl.lit(country).alias("country"),
        pl.lit(share, dtype=pl.Float64).alias("share"),
        pl.col("material"),
        pl.col("country").alias("place"),
        pl.col("quantity").alias("used"),
        lost.alias("unserved"),
        (lost / pl.col("quantity")).alias("unserved_share"),
        pl.Series("price_before", [before.price(*at) for at in places], dtype=pl.Float64),
        pl.Series("price_after", [after.price(*at) for at in places], dtype=pl.Float64),
    )

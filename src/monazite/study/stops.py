"""What is lost when the largest supplier of a stage stops at once, year by year (N-1)?

For each period of an outcome: the market of that year with what stands then (standing.py), nobody
able to build, rules as they are. Stage by stage the country that makes most of it stops for a year:
all its plants that count in the stage stand still. Stores may be drawn on, and only then.

    unserved = use in that year - use with the stop                 whatever it is due to
    released = what stores gave, at prices before the stop           MUSD
    loss     = welfare in that year - welfare with the stop         MUSD/yr, all the world's

The loss counts a kg out of store at its price before the stop, too. Stages whose largest supplier
would stop the same plants are told once, under the first name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from monazite.errors import CertificateError, InfeasibleError
from monazite.study.closing import in_ground

if TYPE_CHECKING:
    import polars as pl

    from monazite.model.market import Market
    from monazite.model.outcome import Outcome

COVER = 60.0  # days of imports that buyers hold, an assumption: as in the model by month


def stops(
    outcome: Outcome,
    *,
    periods: Iterable[str] = (),
    stages: Iterable[str] = (),
    cover: float = COVER,
) -> pl.DataFrame:
    """A row for each period, stage, material and place of use, sorted along the periods.

    period, stage, country (who stops), share (of the stage, fraction), loss [MUSD/yr] and released
    [MUSD] of the whole stop, material, place, used and unserved [kt/yr], unserved_share,
    price_before and price_after [USD/kg, null where there is none]. All periods and stages unless
    told. `cover` is what commercial buyers hold, in days of imports. A stop whose answer did not
    prove itself has one row, in which all else is null.
    """
    import polars as pl

    frames = []
    for period in tuple(periods) or outcome.market.axes.periods:
        frames += _period(outcome, period, tuple(stages), cover)
    return pl.concat(frames) if frames else none()


def none() -> pl.DataFrame:
    """The table of no stop at all."""
    import polars as pl

    return pl.DataFrame(schema=_schema())


def sums(found: pl.DataFrame) -> pl.DataFrame:
    """period, stage, country, share, loss, released, material, used, unserved, unserved_share.

    Everybody together but the country that stops, the first periods first.
    """
    import polars as pl

    keys = ["period", "stage", "country", "share", "loss", "released", "material"]
    outside = found.filter(pl.col("place") != pl.col("country"))
    summed = outside.group_by(keys, maintain_order=True).agg(pl.col("used", "unserved").sum())
    return summed.with_columns(unserved_share=pl.col("unserved") / pl.col("used"))


def _schema() -> dict[str, Any]:
    import polars as pl

    text = ("period", "stage", "country", "material", "place")
    return {name: pl.String if name in text else pl.Float64 for name in COLUMNS}


COLUMNS = ("period", "stage", "country", "share", "loss", "released", "material", "place", "used",
           "unserved", "unserved_share", "price_before", "price_after")  # fmt: skip


def _period(
    outcome: Outcome, period: str, stages: tuple[str, ...], cover: float
) -> list[pl.DataFrame]:
    from monazite.model.resilience import largest, stopped
    from monazite.study.standing import proved, standing, under_rules

    case = standing(outcome, period, cover=cover)

    def open_market(mu: float) -> Market:
        return under_rules(case, outcome, mu)

    def closed_stores(mu: float) -> Market:
        market = open_market(mu)
        stores = np.flatnonzero(~in_ground(market))
        closed = {"stock_out": {"upper": (stores, 0.0)}}
        return market.patched(closed) if len(stores) else market

    before = proved(closed_stores)
    frames, told = [], set()
    for stage, country in largest(before).items():
        if stages and stage not in stages:
            continue
        plants = stopped(before, stage, country)
        if tuple(plants) in told:
            continue
        told.add(tuple(plants))
        try:
            after = proved(partial(_stopped, open_market, plants))
        except (CertificateError, InfeasibleError):
            frames.append(_unproved(before, period, stage, country))
        else:
            frames.append(_frame(before, after, period, stage, country))
    return frames


def _stopped(open_market: Callable[[float], Market], plants: Any, mu: float) -> Market:
    return open_market(mu).cap("capacity", plants, 0.0)


def _frame(before: Outcome, after: Outcome, period: str, stage: str, country: str) -> pl.DataFrame:
    import polars as pl

    from monazite.model.resilience import stop_frame

    gone = before.objective - after.objective
    stores = ~in_ground(after.market)
    given = float((after.block("stock_out") * after.market.stocks.final_value)[stores].sum())
    return stop_frame(before, after, stage, country).select(
        pl.lit(period).alias("period"),
        "stage",
        "country",
        "share",
        pl.lit(gone, dtype=pl.Float64).alias("loss"),
        pl.lit(given, dtype=pl.Float64).alias("released"),
        *COLUMNS[6:],
    )


def _unproved(before: Outcome, period: str, stage: str, country: str) -> pl.DataFrame:
    import polars as pl

    known = {"period": period, "stage": stage, "country": country}
    share = before.shares[stage]["by_place"].get(country)
    row = dict.fromkeys(COLUMNS) | known | {"share": share}
    return pl.DataFrame([row], schema=_schema())

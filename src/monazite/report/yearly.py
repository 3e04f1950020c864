"""Which figures of an outcome over years are shown? Shares, concentration, prices, capacity."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from monazite.report.statistics import rank, traded
from monazite.report.view import View, periods_of

if TYPE_CHECKING:
    import polars as pl

QUIET = 0.05  # MUSD: below it a line says nothing
PRICED = 8  # materials whose prices inside and outside are shown, the most traded


def over_years(view: View) -> bool:
    """Whether the outcome runs over several dated years."""
    scenario = view.outcome.scenario if hasattr(view.outcome, "scenario") else None
    years = scenario is not None and getattr(scenario, "years", None) is not None
    return years and len(periods_of(view.outcome)) > 1


def along(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows with a stage in the order of the chain, otherwise as they stand."""
    order = {stage: rank(stage) for stage in set(frame["stage"])}
    return frame.sort(frame["stage"].replace_strict(order, default=0), maintain_order=True)


def concentration(view: View) -> pl.DataFrame:
    """Return period, stage, by (place, owner), hhi, largest, share; empty in one period."""
    import polars as pl

    from monazite.study.concentration import concentration as of

    if not over_years(view):
        return pl.DataFrame()
    return along(of(view.outcome).filter(pl.col("by") != "company"))


def price_sides(view: View) -> pl.DataFrame:
    """Return material, period, inside and outside [USD/kg]: prices of what is bought there.

    Empty without members or years; null where nothing is bought.
    """
    import polars as pl

    from monazite.model.average import plain

    members = getattr(view.answers, "members", ())
    if not members or not over_years(view):
        return pl.DataFrame()
    every = view.outcome.market.axes.countries
    outside = [c for c in every if c not in members]
    materials = list(dict.fromkeys(m.split("@")[0] for m in traded(view)))[:PRICED]
    rows = [
        (material, period, *(view.outcome.volume_price(material, places, period)
                             for places in (list(members), outside)))
        for material in materials
        for period in periods_of(view.outcome)
    ]  # fmt: skip
    schema = {"material": pl.String, "period": pl.String, "inside": pl.Float64,
              "outside": pl.Float64}  # fmt: skip
    known = view.outcome.prices.select(plain("material")).unique().to_series()
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return frame.filter(pl.col("material").is_in(known.implode()))


def waterfall(view: View) -> pl.DataFrame:
    """Return stage, country, step, quantity [kt/yr] of the last period, along the chain."""
    import polars as pl

    from monazite.study.building import capacity_steps

    if not over_years(view):
        return pl.DataFrame()
    last = periods_of(view.outcome)[-1]
    return along(capacity_steps(view.outcome).filter(pl.col("period") == last))


def idle(view: View) -> pl.DataFrame:
    """Return what was built and stands idle in the period shown (see study/building.py)."""
    import polars as pl

    from monazite.study.building import idle as of

    if not over_years(view):
        return pl.DataFrame()
    return view.of_period(of(view.outcome)).filter(pl.col("status") != "generic")


def closures(view: View) -> pl.DataFrame:
    """Return the named plants and mines that end within the years (see study/closing.py)."""
    import polars as pl

    from monazite.study.closing import closures as of

    if not over_years(view):
        return pl.DataFrame()
    return of(view.outcome).filter(pl.col("status") != "generic")


def stops(view: View) -> pl.DataFrame:
    """Return sums of stops by year (see study/stops.py), along the chain; empty without them."""
    import polars as pl

    from monazite.study.stops import sums

    if view.answers is None or not view.answers.stops.height:
        return pl.DataFrame()
    return along(sums(view.answers.stops))


def support(view: View) -> Any:
    """Return what the rules cost (see study/support.py); None where it cannot be told.

    That is in a single period, without rules, and where shocks come with them: then the outcome
    that the rules are measured against is another world.
    """
    if view.against is None or not over_years(view) or view.outcome.scenario.shocks:
        return None
    return _support(view.outcome, view.against)


@lru_cache(maxsize=2)
def _support(outcome: Any, against: Any) -> Any:
    from monazite.study.support import support as of

    return of(outcome, against)

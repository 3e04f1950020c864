"""What gets built, where, and what stays idle? Capacity from the first year to each later one.

    standing = what stood in the first year - closed + built (by how certain) - still ramping up
    idle     = standing - used

Built counts the nameplate times the probability of completion; what a young plant cannot yet use of
it is still ramping up; closed is what was taken out of service or opened by a year of its own. What
users save is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from monazite.model.axes import Floats, add_up

if TYPE_CHECKING:
    import polars as pl

    from monazite.model.outcome import Outcome

CERTAIN = ("committed", "construction", "financing", "planned", "generic")
STEPS = ("first", "closed", *CERTAIN, "ramping", "standing", "idle", "used")
THRIFT = "thrift"


def capacity_steps(outcome: Outcome) -> pl.DataFrame:
    """period, stage, country, step (see STEPS), quantity [kt/yr]; zero steps are left out.

    first + closed + built + ramping = standing and standing + idle = used: what is closed, ramping
    up and idle is negative.
    """
    import polars as pl

    rows = [
        (period, stage, country, step, float(quantity))
        for at, period in enumerate(outcome.market.axes.periods)
        for step, by in _steps(outcome, at).items()
        for (stage, country), quantity in sorted(by.items())
        if abs(quantity) > 1e-6
    ]
    text = dict.fromkeys(("period", "stage", "country", "step"), pl.String)
    return pl.DataFrame(rows, schema=text | {"quantity": pl.Float64}, orient="row")


def idle(outcome: Outcome, *, least: float = 0.05) -> pl.DataFrame:
    """period, facility, country, stage, status, built, capacity, used [kt/yr], utilisation.

    Plants of which something was built and that use less than they have by more than `least` of it,
    the most idle first in each period: built and standing still is the price of optimism.
    """
    import polars as pl

    market = outcome.market
    plants = market.plants
    used = add_up(market.ways.plant, outcome.activity, len(plants.facility))
    built = _nameplate(outcome)
    status = dict(zip(market.builds.projects.facility, market.builds.projects.status, strict=True))
    some = (built > 1e-4) & (outcome.capacity > 1e-6) & (plants.stage != THRIFT)
    rows = [
        (market.axes.periods[plants.period[k]], str(plants.facility[k]),
         market.axes.countries[plants.country[k]], str(plants.stage[k]),
         str(status[plants.facility[k]]), float(built[k]), float(outcome.capacity[k]),
         float(used[k]), float(used[k] / outcome.capacity[k]))
        for k in np.flatnonzero(some)
        if used[k] < (1.0 - least) * outcome.capacity[k]
    ]  # fmt: skip
    text = ("period", "facility", "country", "stage", "status")
    names = (*text, "built", "capacity", "used", "utilisation")
    schema = {name: pl.String if name in text else pl.Float64 for name in names}
    found = pl.DataFrame(rows, schema=schema, orient="row")
    still = (pl.col("capacity") - pl.col("used")).alias("_still")
    return (
        found.with_columns(still)
        .sort("period", "_still", "facility", descending=[False, True, False])
        .drop("_still")
    )


def _nameplate(outcome: Outcome) -> Floats:
    """kt/yr by plant that was built until then and still stands, before ramping up."""
    builds = outcome.market.builds
    amount = outcome.built[builds.term_of]
    standing = np.where(builds.charged > 0, amount, 0.0)
    return add_up(builds.term_plant, standing, len(outcome.capacity))


def _steps(outcome: Outcome, at: int) -> dict[str, dict[tuple[str, str], float]]:
    market, plants = outcome.market, outcome.market.plants
    here, start = plants.period == at, plants.period == 0
    first, now = (_by(outcome, plants.capacity, where) for where in (start, here))
    added = np.zeros(len(plants.capacity))
    found: dict[str, dict[tuple[str, str], float]] = {"first": first}
    found["closed"] = _less(now, first)
    builds = market.builds
    status = builds.projects.status[builds.project[builds.term_of]]
    stands = np.where(builds.charged > 0, outcome.built[builds.term_of], 0.0)
    for how in CERTAIN:
        mine = add_up(builds.term_plant, np.where(status == how, stands, 0.0), len(added))
        added += mine
        found[how] = _by(outcome, mine, here)
    whole = _by(outcome, outcome.capacity, here)
    found["ramping"] = _by(outcome, outcome.capacity - plants.capacity - added, here)
    used = add_up(market.ways.plant, outcome.activity, len(added))
    found["standing"], found["used"] = whole, _by(outcome, used, here)
    found["idle"] = _less(found["used"], whole)
    return {step: found[step] for step in STEPS}


def _by(outcome: Outcome, amounts: Floats, where: Floats) -> dict[tuple[str, str], float]:
    """Sums by stage and country of some plants, what users save left out."""
    market = outcome.market
    found: dict[tuple[str, str], float] = {}
    for k in np.flatnonzero(where & (market.plants.stage != THRIFT)):
        key = (str(market.plants.stage[k]), market.axes.countries[market.plants.country[k]])
        found[key] = found.get(key, 0.0) + float(amounts[k])
    return found


def _less(one: dict[tuple[str, str], float], other: dict[tuple[str, str], float]) -> dict:
    return {key: one.get(key, 0.0) - other.get(key, 0.0) for key in {**one, **other}}

"""When can a club do without a country, and at what price? The country is closed, overnight.

For each period of an outcome: a market with the capacity that stands in it, nothing further built,
in which every facility of the named country stands still and every lane from and to it is shut, so
that nothing that is left carries its provenance at any stage, mine to magnet. Everybody else bids
for it. What is served of what members used in the outcome, and at which price, tells how far they
depend:

    share = use without the country / use in the outcome           by material, all members together
    times  = price at which members' users buy it / price in the first period of the outcome

A club is independent in a material at 1 + x times the price if served >= 95 % and times <= 1 + x,
in two periods that follow each other. Rules of the outcome do not hold: the question is what could
be done, not what is allowed. What is in store does not count. The binding row is the plant whose
capacity earns the largest rent, the binding stage its stage.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from monazite.errors import CertificateError, InputError, fault
from monazite.study.beforehand import unknown
from monazite.study.standing import proved, shut, standing

if TYPE_CHECKING:
    import polars as pl

    from monazite.model.outcome import Outcome

ENOUGH = 0.95  # of reference use
STEPS = (0.0, 0.25, 0.5, 1.0)  # how much dearer
SOME = 1e-3  # kt/yr: what members use less of is no dependence


def independence(
    outcome: Outcome,
    members: Sequence[str],
    *,
    without: str = "CHN",
    materials: Iterable[str] = (),
    periods: Iterable[str] = (),
) -> pl.DataFrame:
    """period, material, used, served [kt/yr], share, price_before, price [USD/kg], times, stage,
    plant.

    `materials` and `periods` are all that members use and all of the outcome unless told.
    `stage` is that of the plant whose capacity earns the largest rent, null where none is
    scarce. A period whose answer did not prove itself has neither served nor price. Raises
    InputError for unknown names and for a country that is a member.
    """
    import polars as pl

    check(outcome.market.axes.countries, members, without)
    frames = [
        _period(outcome, tuple(members), without, period)
        for period in (tuple(periods) or outcome.market.axes.periods)
    ]
    found = pl.concat(frames)
    wanted = list(materials)
    return found.filter(pl.col("material").is_in(wanted)) if wanted else found


def club_of(scenario: Any) -> tuple[str, ...]:
    """The members of the first club among a scenario's rules, else of the shipped one."""
    from monazite.study.scenario import Scenario

    return _inside(scenario) or _inside(Scenario.shipped("club"))


def members_of(name: str) -> tuple[str, ...]:
    """The members of a scenario's club, by name or file. Raises InputError where it has none."""
    from monazite.study.ask import find_scenario

    found = _inside(find_scenario(name))
    if not found:
        raise InputError([fault("no_club", "--club", value=name)])
    return found


def _inside(scenario: Any) -> tuple[str, ...]:
    """The members of the first club among a scenario's rules."""
    clubs = (rule for rule in getattr(scenario, "instruments", ()) if rule.kind == "club")
    return next((tuple(rule.inside) for rule in clubs), ())


def verdicts(found: pl.DataFrame, steps: Sequence[float] = STEPS) -> pl.DataFrame:
    """material, x, since: the first period from which a club is independent at 1 + x times.

    Two periods running, or the only one there is; null where it never is. A period in which
    members use none of a material says nothing of it and is no period running.
    """
    import polars as pl

    periods = found["period"].unique(maintain_order=True).to_list()
    rows = []
    for part in found.partition_by("material", maintain_order=True):
        at = np.array([periods.index(period) for period in part["period"]])
        for x in steps:
            times = part["times"].fill_null(np.inf).to_numpy()
            served = (part["share"].to_numpy() >= ENOUGH) & (times <= 1.0 + x + 1e-9)
            good = np.zeros(len(periods) + 1, dtype=bool)
            good[at] = served
            good[-1] = len(periods) == 1  # nothing follows the last of several
            both = np.flatnonzero(good[:-1] & good[1:])
            since = periods[int(both[0])] if len(both) else None
            rows.append((part["material"][0], float(x), since))
    schema = {"material": pl.String, "x": pl.Float64, "since": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def check(countries: Sequence[str], members: Sequence[str], without: str) -> None:
    """Raises InputError for names that are no countries, and for a country that is a member."""
    faults = unknown("asked_country", "--members", members, countries)
    faults += unknown("asked_country", "--without", [without], countries)
    if without in members:
        faults.append(fault("independence_member", "--without", value=without))
    if faults:
        raise InputError(faults)


def _period(outcome: Outcome, members: tuple[str, ...], without: str, period: str) -> pl.DataFrame:
    import polars as pl

    from monazite.model.market import Market

    case = shut(standing(outcome, period), without)
    free: Outcome | None = None
    with suppress(CertificateError):
        free = proved(lambda mu: Market(case, mu=mu))
    inside = pl.col("country").is_in(list(members))
    keys = ["material"]
    before = outcome.use.filter(inside, pl.col("period") == period)
    first = outcome.use.filter(inside, pl.col("period") == outcome.market.axes.periods[0])
    used = before.group_by(keys).agg(pl.col("quantity").sum().alias("used"))
    then = first.filter(pl.col("price").is_not_null()).group_by(keys).agg(_mean("price_before"))
    now = (outcome.use.clear() if free is None else free.use).filter(inside)
    served = now.group_by(keys).agg(pl.col("quantity").sum().alias("served"))
    price = now.filter(pl.col("price").is_not_null()).group_by(keys).agg(_mean("price"))
    joined = used.filter(pl.col("used") > SOME).sort("material")
    for frame in (served, then, price):
        joined = joined.join(frame, on=keys, how="left", maintain_order="left")
    stage, plant = _binding(free)
    got = pl.col("served").fill_null(0.0) if free else pl.lit(None, dtype=pl.Float64)
    return joined.select(
        pl.lit(period).alias("period"),
        "material",
        "used",
        got.alias("served"),
        (got / pl.col("used")).alias("share"),
        "price_before",
        "price",
        (pl.col("price") / pl.col("price_before")).alias("times"),
        pl.lit(stage, dtype=pl.String).alias("stage"),
        pl.lit(plant, dtype=pl.String).alias("plant"),
    )


def _mean(name: str) -> pl.Expr:
    """The mean price of users by quantity; of what is asked for where nothing is used."""
    import polars as pl

    quantity = pl.col("quantity").clip(lower_bound=1e-9)
    return ((pl.col("price") * quantity).sum() / quantity.sum()).alias(name)


def _binding(free: Outcome | None) -> tuple[str | None, str | None]:
    """The plant whose capacity earns most as rent, and its stage; None where none earns any."""
    if free is None:
        return None, None
    plants, rent = free.market.plants, free.capacity_rent * free.capacity
    best = int(np.argmax(rent)) if len(rent) else 0
    if not len(rent) or rent[best] <= 1e-6:
        return None, None
    return str(plants.stage[best]), str(plants.facility[best])

"""How long would stores last? Days of cover by year, over all use and over the largest supplier's.

    days         = 365.25 * (strategic + commercial) / use
    days_without = 365.25 * (strategic + commercial) / what came from the largest supplier abroad

Strategic is what rules keep in store on average over the period; commercial so many days of
imports, as buyers hold them by assumption. Use is what users take and plants put in. The largest
supplier is the country, none of those asked about unless all are, in which most of the material
they use was made; re-exports are followed, each place passing on the mix that reached it. What
users save is no use.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from monazite.study.closing import in_ground
from monazite.study.standing import BUYERS, DAYS
from monazite.study.stops import COVER

if TYPE_CHECKING:
    import polars as pl

    from monazite.model.axes import Floats
    from monazite.model.outcome import Outcome

SOME = 1e-3  # kt/yr: less is no use to speak of
LITTLE = 1e-4  # of use: rounding, no supply
THRIFT = "thrift_"  # facilities that give back what users save


def cover(
    outcome: Outcome, places: Sequence[str] = (), *, commercial: float = COVER
) -> pl.DataFrame:
    """period, material, use [kt/yr], strategic, commercial [kt], days, largest, share,
    days_without.

    All `places` together, every country unless told; what they get from one another is no import.
    What lies in the ground is no store. `share` is the largest supplier's of what they use; both it
    and `days_without` are null where nobody abroad supplies anything; without stores either there
    is no row. Rows of periods follow each other, materials by name.
    """
    import polars as pl

    countries = outcome.market.axes.countries
    inside = np.isin(countries, list(places or countries))
    stocks, names = outcome.market.stocks, outcome.market.axes.materials
    ground = {names[m] for m in stocks.material[in_ground(outcome.market)]}
    rows = []
    for period in outcome.market.axes.periods:
        for material, mix in origins(outcome, period).items():
            row = _row(outcome, period, material, mix, inside, commercial)
            if row is not None and material not in ground:
                rows.append(row)
    text = ("period", "material", "largest")
    names = ("period", "material", "use", "strategic", "commercial", "days", "largest", "share",
             "days_without")  # fmt: skip
    schema = {name: pl.String if name in text else pl.Float64 for name in names}
    return pl.DataFrame(rows, schema=schema, orient="row")


def origins(outcome: Outcome, period: str) -> dict[str, tuple[Floats, Floats]]:
    """By material: share of what is at each place by maker (places x makers), kt/yr used by place.

    The mix s of a place solves (own[j] + sum of received[i, j]) s[j] = own[j] e[j]
    + sum of received[i, j] s[i]; what stores give is of the place itself.
    """
    import polars as pl

    axes = outcome.market.axes
    place = {name: k for k, name in enumerate(axes.countries)}
    size = len(place)

    def by_place(*frames: pl.DataFrame) -> dict[str, Floats]:
        found: dict[str, Floats] = {}
        for frame in frames:
            mine = frame.filter(pl.col("period") == period).select(_plain(), "country", "quantity")
            for material, country, quantity in mine.iter_rows():
                found.setdefault(material, np.zeros(size))[place[country]] += quantity
        return found

    saving = pl.col("facility").str.starts_with(THRIFT)
    saved = outcome.production.filter(saving).with_columns(-pl.col("quantity"))
    own = by_place(outcome.production.filter(~saving), outcome.supply)
    used = by_place(outcome.use, outcome.inputs, saved)
    came: dict[str, Floats] = {}
    flows = outcome.flows.filter(pl.col("period") == period)
    for material, origin, destination, quantity in flows.select(
        _plain(), "origin", "destination", "received"
    ).iter_rows():
        table = came.setdefault(material, np.zeros((size, size)))
        table[place[destination], place[origin]] += quantity
    return {
        material: (
            _mix(own.get(material, np.zeros(size)), came.get(material, np.zeros((size, size)))),
            np.maximum(used[material], 0.0),
        )
        for material in sorted(used)
    }


def _mix(own: Floats, came: Floats) -> Floats:
    inflow = own + came.sum(axis=1)
    system = np.diag(np.where(inflow > 0, inflow, 1.0)) - came
    found = np.linalg.lstsq(system, np.diag(own), rcond=None)[0]
    return np.clip(found, 0.0, 1.0)


def _plain() -> pl.Expr:
    from monazite.model.average import plain

    return plain("material")


def _row(
    outcome: Outcome,
    period: str,
    material: str,
    mix: tuple[Floats, Floats],
    inside: Floats,
    commercial: float,
) -> tuple[object, ...] | None:
    made, used = mix[0], np.where(inside, mix[1], 0.0)
    use = float(used.sum())
    if use < SOME:
        return None
    by_maker = used @ made
    suppliers = by_maker if inside.all() else np.where(inside, 0.0, by_maker)
    top = int(np.argmax(suppliers))
    abroad = float(suppliers.sum()) if not inside.all() else _crossing(made, used)
    strategic, held = _in_store(outcome, period, material, inside)
    held += commercial / DAYS * (abroad if abroad > LITTLE * use else 0.0)
    whole, some = strategic + held, suppliers[top] > LITTLE * use
    if whole <= 0 and not some:
        return None
    return (
        period, material, use, strategic, held, DAYS * whole / use,
        outcome.market.axes.countries[top] if some else None,
        float(suppliers[top] / use) if some else None,
        DAYS * whole / float(suppliers[top]) if some else None,
    )  # fmt: skip


def _crossing(made: Floats, used: Floats) -> float:
    """kt/yr used in another country than that in which it was made."""
    return float((used * (made.sum(axis=1) - np.diag(made))).sum())


def _in_store(outcome: Outcome, period: str, material: str, inside: Floats) -> tuple[float, float]:
    """kt that rules keep, and that buyers keep, on average over the period."""
    stocks, axes = outcome.market.stocks, outcome.market.axes
    at, level = axes.at(period), outcome.block("stock_level")
    found = [0.0, 0.0]
    for k in np.flatnonzero(stocks.period == at):
        name = axes.materials[stocks.material[k]].split("@")[0]
        if name == material and inside[stocks.country[k]]:
            before = float(stocks.initial[k] if at == 0 else level[k - 1])
            found[int(stocks.stock[k] == BUYERS)] += (before + float(level[k])) / 2
    return found[0], found[1]

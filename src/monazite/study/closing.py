"""What closes, when, and why? Mines and plants that end within the years looked at.

    closed   the facility's own `last_year`
    life     what a project added has stood for its life (a mine's life as its study states it)
    ore      the stock that a mine digs from is empty

A deposit is a stock in the ground or on a heap, of a material that nobody makes: what is dug is
gone. A kg left is worth the royalty, which rises at the rate of interest while it is dug
(Hotelling 1931, The Economics of Exhaustible Resources, Journal of Political Economy 39(2)).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from monazite.model.axes import Ints
from monazite.study.building import THRIFT

if TYPE_CHECKING:
    import polars as pl

    from monazite.model.market import Market
    from monazite.model.outcome import Outcome

LEAST = 1e-4  # kt/yr
EMPTY = 1e-3  # part of a deposit
OWN = "operating"  # status of what stands from the first
Row = tuple[str, str, str, str, str, int, float]


def closures(outcome: Outcome) -> pl.DataFrame:
    """facility, country, stage, status, how (closed | life | ore), year (the last one in which it
    works), capacity [kt/yr] that ends; by year.

    What ends with the last period or later is not told, nor what users save. Nothing where periods
    have no dates.
    """
    import polars as pl

    rows: list[Row] = []
    if not np.isnan(outcome.market.axes.start).any():
        rows = [*_dated(outcome), *_lived(outcome), *_dug_out(outcome)]
    text = dict.fromkeys(("facility", "country", "stage", "status", "how"), pl.String)
    schema = text | {"year": pl.Int64, "capacity": pl.Float64}
    found = pl.DataFrame(rows, schema=schema, orient="row").filter(pl.col("stage") != THRIFT)
    return found.sort("year", "facility", "how")


def deposits(outcome: Outcome) -> pl.DataFrame:
    """period, material, country, stock, dug [kt/yr], left [kt], royalty [USD/kg] of deposits.

    `left` is what is there when the period ends, and the royalty what one more kg then is worth.
    """
    import polars as pl

    keys = ("material", "country", "stock")
    known = list(_stores(outcome))
    there = pl.DataFrame(known, schema=dict.fromkeys(keys, pl.String), orient="row")
    return outcome.stocks.join(there, on=keys, how="semi", maintain_order="left").select(
        "period", *keys, dug="stock_out", left="level", royalty="value"
    )


def in_ground(market: Market) -> np.ndarray:
    """Which stocks, by stock and period, are deposits: no recipe and no curve makes more of it."""
    axes, ways = market.axes, market.ways
    given = market.curves.key // len(axes.countries) % len(axes.materials)
    made = np.union1d(ways.term_material[ways.term_quantity > 0], given)
    return ~np.isin(market.stocks.material, made)


def _stores(outcome: Outcome) -> dict[tuple[str, str, str], Ints]:
    """(material, country, stock) of each deposit that holds something at first, and where its
    periods stand among the stocks.
    """
    stocks, axes = outcome.market.stocks, outcome.market.axes
    found: dict[tuple[str, str, str], list[int]] = {}
    for k in np.flatnonzero(in_ground(outcome.market)):
        name = axes.materials[stocks.material[k]], axes.countries[stocks.country[k]]
        found.setdefault((*name, str(stocks.stock[k])), []).append(int(k))
    rows = {key: np.array(at) for key, at in found.items()}
    return {key: at for key, at in rows.items() if stocks.initial[at[0]] > 0}


def _end(outcome: Outcome) -> float:
    """The first year after the last period."""
    axes = outcome.market.axes
    return float(axes.start[-1] + axes.years[-1])


def _plant(outcome: Outcome, k: int) -> tuple[str, str, str, str]:
    """facility, country, stage and status of a plant."""
    plants, projects = outcome.market.plants, outcome.market.builds.projects
    name = str(plants.facility[k])
    status = dict(zip(projects.facility.tolist(), projects.status.tolist(), strict=True))
    country = outcome.market.axes.countries[plants.country[k]]
    return name, country, str(plants.stage[k]), str(status.get(name, OWN))


def _dated(outcome: Outcome) -> list[Row]:
    """Facilities that have a last year of their own, with the capacity they had in it."""
    plants = outcome.market.plants
    frame = outcome.case.table("facilities")
    told = {}
    if "last_year" in frame.columns:
        told = dict(frame.select("facility", "last_year").drop_nulls().rows())
    found: dict[str, Row] = {}
    for k in np.argsort(plants.period, kind="stable"):
        last = told.get(str(plants.facility[k]))
        if last is not None and last + 1 < _end(outcome) and outcome.capacity[k] > LEAST:
            size = float(outcome.capacity[k] / plants.standing[k])
            found[str(plants.facility[k])] = (*_plant(outcome, k), "closed", int(last), size)
    return list(found.values())


def _lived(outcome: Outcome) -> list[Row]:
    """What projects added that comes to the end of its life."""
    builds, plants = outcome.market.builds, outcome.market.plants
    at = {str(name): k for k, name in enumerate(plants.facility)}
    last = builds.begins + builds.projects.life[builds.project] - 1
    ends = (outcome.built > LEAST) & (last + 1 < _end(outcome))
    return [
        (*_plant(outcome, at[str(builds.facility[k])]), "life", round(float(last[k])),
         float(outcome.built[k]))
        for k in np.flatnonzero(ends)
    ]  # fmt: skip


def _dug_out(outcome: Outcome) -> list[Row]:
    """Mines whose deposit is empty, with the period's last year in which the last of it is dug."""
    stocks, axes = outcome.market.stocks, outcome.market.axes
    ways, plants = outcome.market.ways, outcome.market.plants
    found: list[Row] = []
    for rows in _stores(outcome).values():
        level = outcome.block("stock_level")[rows]
        empty = rows[level <= EMPTY * stocks.initial[rows[0]]]
        if len(empty):
            at = int(stocks.period[empty[0]])
            takes = (ways.term_key == stocks.key[empty[0]]) & (ways.term_quantity < 0)
            last = round(float(axes.start[at] + axes.years[at] - 1))
            found += [
                (*_plant(outcome, k), "ore", last, float(outcome.capacity[k]))
                for k in np.unique(ways.plant[ways.term_of[takes]])
                if plants.period[k] == at and outcome.capacity[k] > LEAST
            ]
    return found

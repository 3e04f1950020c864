"""Which columns of a market does a rule speak of? Arcs and activities by name, never by number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from monazite.errors import InputError
from monazite.model.axes import Ints

if TYPE_CHECKING:
    from monazite.model.market import Market

Names = Sequence[str]


def arcs(
    market: Market,
    *,
    materials: Names = (),
    origins: Names = (),
    destinations: Names = (),
    not_origins: Names = (),
    not_destinations: Names = (),
) -> Ints:
    """Arcs whose material, origin and destination are among the names; no names means any."""
    found = np.ones(len(market.arcs.material), dtype=bool)
    countries = market.axes.countries
    for code, names, axis, wanted in (
        (market.arcs.material, materials, market.axes.materials, True),
        (market.arcs.origin, origins, countries, True),
        (market.arcs.destination, destinations, countries, True),
        (market.arcs.origin, not_origins, countries, False),
        (market.arcs.destination, not_destinations, countries, False),
    ):
        if names:
            found &= np.isin(code, codes(axis, names)) == wanted
    return np.flatnonzero(found)


def activities(
    market: Market,
    *,
    makes: Names = (),
    countries: Names = (),
    facilities: Names = (),
    stages: Names = (),
    owners: Names = (),
) -> Ints:
    """Activities that make one of the materials, by place, facility, stage and owner's country."""
    ways, plants, axes = market.ways, market.plants, market.axes
    found = np.ones(len(ways.plant), dtype=bool)
    if makes:
        made = np.isin(ways.term_material, codes(axes.materials, makes)) & (ways.term_quantity > 0)
        found &= np.isin(np.arange(len(found)), ways.term_of[made])
    if countries:
        found &= np.isin(plants.country[ways.plant], codes(axes.countries, countries))
    if facilities:
        found &= np.isin(plants.facility[ways.plant], list(facilities))
    if stages:
        found &= np.isin(plants.stage[ways.plant], list(stages))
    if owners:
        found &= np.isin(ways.plant, _owned(market, owners))
    return np.flatnonzero(found)


def output(market: Market, activity: Ints, material: str) -> np.ndarray:
    """kg of a material made per kg of each activity."""
    ways = market.ways
    here = (ways.term_material == codes(market.axes.materials, [material])[0]) & (
        ways.term_quantity > 0
    )
    made = np.bincount(ways.term_of[here], ways.term_quantity[here], minlength=len(ways.plant))
    return made[activity]


def node(market: Market, material: str, country: str, period: int = 0) -> int:
    """The balance node of a material at a place; -1 where nothing touches it."""
    axes = market.axes
    m, c = codes(axes.materials, [material]), codes(axes.countries, [country])
    return int(market.nodes.at[axes.key(m, c, np.array([period]))][0])


def codes(axis: Sequence[str], names: Names) -> Ints:
    """Positions of names on an axis. InputError for a name that is not there, with the nearest."""
    from monazite.data.names import suggest

    place = {name: k for k, name in enumerate(axis)}
    unknown = [name for name in names if name not in place]
    if unknown:
        raise InputError(
            [
                suggest("instrument_name", name, axis, "scenario", value=name, name=name)
                for name in unknown
            ]
        )
    return np.array([place[name] for name in names], dtype=np.int64)


def _owned(market: Market, owners: Names) -> Ints:
    from monazite.model.owners import read_owners

    found = read_owners(market.case, market.axes, market.plants)
    wanted = codes(market.axes.countries, owners)
    share = np.bincount(
        found.plant,
        found.share * np.isin(found.country, wanted),
        minlength=len(market.plants.facility),
    )
    return np.flatnonzero(share > 0.5)

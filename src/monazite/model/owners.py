"""Who owns the plants of a market?"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from monazite.model.axes import Axes, Floats, Ints, codes, numbers, table, texts
from monazite.model.chain import Plants


@dataclass(frozen=True)
class Owners:
    """One element per plant and owner: share of the plant, the owner's name and country.

    A facility without owners in the case belongs wholly to an unnamed owner of its own country.
    """

    plant: Ints
    owner: np.ndarray
    country: Ints
    share: Floats

    def of(self, plant: Ints) -> tuple[Ints, Ints]:
        """For elements that belong to plants: (element, owner) pairs, every owner of each."""
        order = np.argsort(self.plant, kind="stable")
        first = np.searchsorted(self.plant[order], plant, side="left")
        count = np.searchsorted(self.plant[order], plant, side="right") - first
        element = np.repeat(np.arange(len(plant)), count)
        within = np.arange(len(element)) - np.repeat(np.cumsum(count) - count, count)
        return element, order[first[element] + within]


def read_owners(case: Any, axes: Axes, plants: Plants) -> Owners:
    """The owners of every plant."""
    frame = table(case, "owners")
    facility, owner = texts(frame, "facility"), texts(frame, "owner")
    country, share = (
        codes(texts(frame, "owner_country"), axes.countries),
        numbers(frame, "share", 0.0),
    )
    rows = {name: np.flatnonzero(facility == name) for name in sorted(set(facility))}
    named = [rows.get(name, np.zeros(0, dtype=np.int64)) for name in plants.facility]
    alone = np.array([len(each) == 0 for each in named], dtype=bool)
    row = np.concatenate([*named, np.zeros(0, dtype=np.int64)])
    counts = np.array([len(each) for each in named], dtype=np.int64)
    return Owners(
        plant=np.concatenate([np.repeat(np.arange(len(named)), counts), np.flatnonzero(alone)]),
        owner=np.concatenate([owner[row], np.full(alone.sum(), "", dtype=object)]),
        country=np.concatenate([country[row], plants.country[alone]]),
        share=np.concatenate([share[row], np.ones(alone.sum())]),
    )

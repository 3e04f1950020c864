"""Who makes how much of what? Shares by place and by owner of each measure, and how concentrated.

A measure adds up outputs (or inputs) of facilities: sum over materials of weight * quantity. The
table `measures` names them (measure, material, weight, count = output | input, exclude_technology =
names parted by ";"). Without it every stage of the materials is a measure of its outputs' mass.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from monazite.model.axes import Axes, Floats, codes, numbers, table, texts
from monazite.model.owners import read_owners

if TYPE_CHECKING:
    from monazite.model.outcome import Outcome


@dataclass(frozen=True)
class Term:
    """One material's part in a measure; `sign` is 1 for outputs and -1 for inputs."""

    material: int
    weight: float
    sign: float
    without: frozenset[str]


def read_measures(case: Any, axes: Axes) -> dict[str, list[Term]]:
    """Measures by name, from the case or by stage."""
    frame = table(case, "measures")
    if frame.is_empty():
        return _stages(case, axes)
    material = codes(texts(frame, "material"), axes.materials)
    weight, count = numbers(frame, "weight", 1.0), texts(frame, "count", "output")
    without = texts(frame, "exclude_technology")
    found: dict[str, list[Term]] = {}
    for k, name in enumerate(texts(frame, "measure")):
        excluded = frozenset(word.strip() for word in without[k].split(";") if word.strip())
        sign = -1.0 if count[k] == "input" else 1.0
        term = Term(int(material[k]), float(weight[k]), sign, excluded)
        found.setdefault(name, []).append(term)
    return found


def measure_names(case: Any) -> list[str]:
    """Names of the measures, from the case or by stage, without a market."""
    frame, by = table(case, "measures"), "measure"
    if frame.is_empty():
        frame, by = table(case, "materials"), "stage"
    names = dict.fromkeys(texts(frame, by, "other"))
    return list(names) if by == "measure" else sorted(names.keys() - {"other"})


def _stages(case: Any, axes: Axes) -> dict[str, list[Term]]:
    frame = table(case, "materials")
    material = codes(texts(frame, "material"), axes.materials)
    found: dict[str, list[Term]] = {}
    for k, stage in enumerate(texts(frame, "stage", "other")):
        if stage != "other":
            term = Term(int(material[k]), 1.0, 1.0, frozenset())
            found.setdefault(stage, []).append(term)
    return dict(sorted(found.items()))


def by_activity(outcome: Outcome, terms: list[Term]) -> Floats:
    """A measure by activity [kt/yr]."""
    ways, plants = outcome.market.ways, outcome.market.plants
    plant = ways.plant[ways.term_of]
    moved = ways.term_quantity * outcome.activity[ways.term_of]
    counted = np.zeros(len(moved))
    for term in terms:
        here = (ways.term_material == term.material) & (term.sign * ways.term_quantity > 0)
        if term.without:
            here &= ~np.isin(plants.technology[plant], list(term.without))
        here &= plants.stage[plant] != "thrift"  # what users save is no output
        counted += np.where(here, term.weight * np.abs(moved), 0.0)
    return np.bincount(ways.term_of, weights=counted, minlength=len(ways.plant))


def by_plant(outcome: Outcome, terms: list[Term], period: int = 0) -> Floats:
    """A measure by plant [kt/yr], plants of other periods 0."""
    ways, plants = outcome.market.ways, outcome.market.plants
    made = by_activity(outcome, terms)
    total = np.bincount(ways.plant, weights=made, minlength=len(plants.facility))
    return np.where(plants.period == period, total, 0.0)


def measure_shares(outcome: Outcome, period: int = 0) -> dict[str, dict[str, Any]]:
    """{measure: {total [kt/yr], by_place, by_owner, by_company, hhi, hhi_owner}}; shares are
    fractions.

    by_place is by the country a facility stands in, by_owner by the country of its owners,
    by_company by the owners' names. HHI = sum of squared shares, between 0 and 1 (Herfindahl 1950;
    Hirschman 1964, American Economic Review 54(5), 761), over places and over owners' countries; 0
    where nothing is made.
    """
    market = outcome.market
    countries = market.axes.countries
    owners = read_owners(market.case, market.axes, market.plants)
    found = {}
    for name, terms in read_measures(market.case, market.axes).items():
        made = by_plant(outcome, terms, period)
        owned = made[owners.plant] * owners.share
        places = _shares(np.array(countries, dtype=object)[market.plants.country], made)
        nations = _shares(np.array(countries, dtype=object)[owners.country], owned)
        found[name] = {
            "total": float(made.sum()),
            "by_place": places,
            "by_owner": nations,
            "by_company": _shares(owners.owner, owned),
            "hhi": _hhi(places),
            "hhi_owner": _hhi(nations),
        }
    return found


def _shares(names: np.ndarray, quantity: Floats) -> dict[str, float]:
    """Share of each name, the largest first; nothing where nothing is made."""
    total = float(quantity.sum())
    if total <= 1e-9:
        return {}
    labels, place = np.unique(names.astype(str), return_inverse=True)
    sums = np.bincount(place, weights=quantity) / total
    order = np.lexsort((labels, -sums))
    return {str(labels[k]): float(sums[k]) for k in order if sums[k] > 1e-9}


def _hhi(shares: Mapping[str, float]) -> float:
    return sum(share**2 for share in shares.values())

"""How much of each headline figure rests on assumptions, and how far could it be off?

A stage's share rests on the outputs of its facilities: the assumed part is the tonnage of
activities whose basis is `assumption`. Its range sets the leader's assumed and estimated outputs to
their low and everybody else's to their high, and the other way round. A price rests on the costs of
its marginal chain: the assumed part is what is assumed cost or calibration residual, out of the
absolute sum of its parts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from monazite.messages import say

if TYPE_CHECKING:
    import polars as pl

    from monazite.model.outcome import Outcome

MEASURES = ("mining", "separation", "heavy_separation", "metal", "magnets")
PRICES = ("ndpr_oxide", "dy_oxide", "magnet_high_coercivity")
COLUMNS = ("figure_en", "figure_zh", "share", "low", "high")


def assumptions(outcome: Outcome, *, country: str = "CHN") -> pl.DataFrame | None:
    """figure_en, figure_zh, share (0..1 assumed), low, high of each headline figure.

    Figures are the largest country's share of each stage (a fraction) and prices at ``country``
    (USD/kg). None for a case whose activities state no basis.
    """
    import polars as pl

    if getattr(outcome.scenario, "years", None) is not None:
        return None  # ranges are those of the base year
    if (
        outcome.case.table("activities")["basis"].null_count()
        == outcome.case.table("activities").height
    ):
        return None
    rows = [_stage(outcome, name) for name in MEASURES if name in outcome.shares]
    rows += [_price(outcome, m, country) for m in PRICES if m in outcome.market.axes.materials]
    return pl.DataFrame([r for r in rows if r], schema=list(COLUMNS), orient="row")


def _stage(outcome: Outcome, measure: str) -> tuple | None:
    from monazite.model.shares import by_activity, read_measures

    market = outcome.market
    places = outcome.shares[measure]["by_place"]
    if not places:
        return None
    leader = next(iter(places))
    made = by_activity(outcome, read_measures(market.case, market.axes)[measure])
    basis, low, high = activity_ranges(outcome)
    here = (
        np.array(market.axes.countries, dtype=object)[market.plants.country[market.ways.plant]]
        == leader
    )
    worst = _share(made * np.where(here, low, high), here)
    best = _share(made * np.where(here, high, low), here)
    assumed = float(made[basis == "assumption"].sum() / made.sum())
    told = [
        say(f"assumptions.{measure}", lang, country=_name(outcome, leader, lang))
        for lang in ("en", "zh")
    ]
    return (*told, assumed, worst, best)


def _share(made: np.ndarray, here: np.ndarray) -> float:
    return float(made[here].sum() / made.sum())


def activity_ranges(outcome: Outcome) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Basis, low / base and high / base of every activity; 1 where nothing is stated."""
    ways, plants = outcome.market.ways, outcome.market.plants
    names = ("facility", "mode", "basis", "base", "low", "high")
    known = {row[:2]: row[2:] for row in outcome.case.table("activities").select(names).rows()}
    basis, low, high = [], [], []
    for plant, mode in zip(ways.plant, ways.mode, strict=True):
        stated, base, least, most = known.get((plants.facility[plant], mode), ("", 0.0, None, None))
        basis.append(stated or "")
        low.append(least / base if base and least is not None else 1.0)
        high.append(most / base if base and most is not None else 1.0)
    return np.array(basis), np.array(low), np.array(high)


def _price(outcome: Outcome, material: str, country: str) -> tuple | None:
    price, parts = outcome.price(material, country), outcome.decompose(material, country)
    if price is None or not parts:
        return None
    assumed_cost = _assumed_costs(outcome)
    size = sum(abs(part.amount) for part in parts)
    assumed = sum(
        abs(part.amount)
        for part in parts
        if part.item == "residual" or (part.item == "cost" and part.who in assumed_cost)
    )
    told = [
        say("assumptions.price", lang, material=_material(outcome, material, lang),
            country=_name(outcome, country, lang))
        for lang in ("en", "zh")
    ]  # fmt: skip
    return (*told, assumed / size, price, price)


def _assumed_costs(outcome: Outcome) -> set[str]:
    """Facilities whose avoidable cost is an assumption; every one where the case does not say."""
    from monazite.data.case import builtin_folder, builtin_names
    from monazite.data.source import read_source

    name = outcome.case.name
    if name not in builtin_names() or not (builtin_folder(name) / "source").is_dir():
        return set(outcome.case.table("facilities")["facility"])
    costs = read_source(name)["facility_costs"]
    return set(costs.filter(costs["basis"] == "assumption")["facility"])


def _name(outcome: Outcome, country: str, lang: str) -> str:
    return _told(outcome.case.table("countries"), "country", country, lang)


def _material(outcome: Outcome, material: str, lang: str) -> str:
    return _told(outcome.case.table("materials"), "material", material, lang)


def _told(frame: pl.DataFrame, key: str, name: str, lang: str) -> str:
    row = frame.filter(frame[key] == name)
    return str((row[f"name_{lang}"][0] if row.height else None) or name)

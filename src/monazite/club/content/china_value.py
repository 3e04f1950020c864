"""How much of a lot's value is in listed rare-earth items of Chinese origin? China's 0.1 % rule.

    share = value of Chinese-origin part 1 items in the lot / (net mass · value per kg of the lot)

A part 1 item (metal, alloy or oxide of the annex) is of Chinese origin when its last step was done
there. What a parent embodies goes into a child by the kilograms taken: input that is lost in
processing still counts, so the share is an upper bound. Only goods of part 2 are under the rule;
an annex item made in China is under it whole. A value or an origin that is not known counts as
Chinese. Source: MOFCOM Announcement No. 61 of 2025, article 1 (1) and (3), annex 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from monazite.club.content.evidence import Evidence, may_hold
from monazite.club.content.verdict import Finding, Witness
from monazite.club.lots import MILLION, Lot


def judge(lot: Lot, evidence: Evidence, terms: Mapping[str, Any]) -> Finding:
    """Met when the share is below the threshold: no Chinese licence by the value limb."""
    threshold = Fraction(terms["threshold_ppm"], MILLION)
    values = {"material": lot.material}
    if listed(lot, terms) and (own := _made_there(lot, terms)):
        return Finding("not_met", "own", Fraction(1), threshold, (own,), values)
    if not in_part_2(lot, terms):
        return Finding("not_applicable", "not_listed", None, threshold, (), values)
    embodied, against, unknown = _embodied(lot, evidence, terms)
    if unknown:
        return Finding("not_met", "unknown", None, threshold, tuple(unknown), values)
    if embodied == 0:
        return Finding("met", "none", Fraction(0), threshold, (), values)
    if not lot.value_uusd_per_kg:
        missing = (Witness(lot.id, "no_value"),)
        return Finding("not_met", "unknown", None, threshold, missing, values)
    share = embodied / (lot.net_kg * lot.value_uusd_per_kg)
    case = "met" if share < threshold else "not_met"
    return Finding(case, case, share, threshold, tuple(against), values)


def listed(lot: Lot, terms: Mapping[str, Any]) -> bool:
    """Whether the lot is an item of part 1 or part 2 of the annex."""
    return lot.material in terms["part_1"] or in_part_2(lot, terms)


def in_part_2(lot: Lot, terms: Mapping[str, Any]) -> bool:
    """Whether the lot is an item of part 2: by its material and, for some, what it holds."""
    return any(
        lot.material in line["materials"]
        and (not line["holding"] or any(may_hold(lot, each) for each in line["holding"]))
        for line in terms["part_2"]
    )


def _made_there(lot: Lot, terms: Mapping[str, Any]) -> Witness | None:
    """What says that a listed lot is of Chinese origin, or that its origin is not known."""
    if not lot.steps:
        return None if lot.parents else Witness(lot.id, "no_steps")
    last = lot.steps[-1]
    if last.country is None:
        return Witness(lot.id, "unknown_step", {"step": last.name})
    values = {"step": last.name, "country": last.country}
    return Witness(lot.id, "step", values) if last.country in terms["origin"] else None


def _embodied(
    lot: Lot, evidence: Evidence, terms: Mapping[str, Any]
) -> tuple[Fraction, list[Witness], list[Witness]]:
    """Value of Chinese part 1 items in the lot, uUSD; which they are; what cannot be known."""
    value: dict[str, Fraction] = {}
    against: list[Witness] = []
    unknown: list[Witness] = []
    behind = _behind(lot, evidence, terms)
    for one in (each for each in evidence.oldest_first(lot) if each.id in behind):
        value[one.id] = Fraction(0)
        if (here := behind[one.id]) is not None:
            against.append(here)
            if one.value_uusd_per_kg is None:
                unknown.append(Witness(one.id, "no_value"))
            value[one.id] = Fraction(one.net_kg * (one.value_uusd_per_kg or 0))
            continue
        unknown += _hidden(one, evidence, terms)
        for parent in one.parents:
            if parent.lot in value:
                made_of = evidence.register.by_id[parent.lot]
                value[one.id] += value[parent.lot] * parent.kg / made_of.net_kg
    if lot.id not in value:  # it descends from itself
        unknown += evidence.gaps(lot, terms["accepts"])
    return value.get(lot.id, Fraction(0)), against, unknown


def _behind(lot: Lot, evidence: Evidence, terms: Mapping[str, Any]) -> dict[str, Witness | None]:
    """Lots that matter, with what makes them Chinese; what such an item was made of does not."""
    found: dict[str, Witness | None] = {}
    waiting = [lot]
    while waiting:
        one = waiting.pop()
        holds = any(may_hold(one, element) for element in terms["part_1_elements"])
        if one.id in found or not holds:
            continue
        found[one.id] = _made_there(one, terms) if one.material in terms["part_1"] else None
        if found[one.id] is None:
            lots = evidence.register.by_id
            waiting += [lots[parent.lot] for parent in one.parents if parent.lot in lots]
    return found


def _hidden(lot: Lot, evidence: Evidence, terms: Mapping[str, Any]) -> list[Witness]:
    """What keeps from knowing the listed items in a lot that is not a Chinese one itself."""
    found = evidence.gaps(lot, terms["accepts"])
    for element in terms["part_1_elements"]:
        if evidence.unexplained(lot, element) > 0:
            found.append(Witness(lot.id, "unexplained", {"element": element}))
    return found

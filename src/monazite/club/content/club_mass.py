"""What share of a lot's rare earths, by mass, went through a covered country? The club's own rule.

    share = (Σ_e contained_e · s_e + Σ_u most_u · s_u) / (Σ_e contained_e + Σ_u most_u · s_u)

over the rare earths e that the lot's assay states, with s their worst shares, and over those u that
it does not state but that its ancestry holds: leaving one out does not help.

An element is covered when any step of any lot it came through was done in a covered country, or is
unknown, or rests on a claim below the least level. Mass balance may serve here (its credits cannot
be given twice, see `monazite.club.mass`); book and claim may not.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from monazite.club.content.evidence import Evidence, may_hold
from monazite.club.content.verdict import Finding, Witness
from monazite.club.lots import LEVELS, MILLION, Lot


def judge(lot: Lot, evidence: Evidence, terms: Mapping[str, Any]) -> Finding:
    """Met when the share is at most the threshold."""
    threshold = Fraction(terms["at_most_ppm"], MILLION)
    if not any(may_hold(lot, element) for element in terms["elements"]):
        return Finding("not_applicable", "not_listed", None, threshold)
    held = [element for element in terms["elements"] if lot.contained(element) > 0]
    if not held:
        missing = (Witness(lot.id, "no_assay"),)
        return Finding("not_met", "unknown", None, threshold, missing)
    covered = whole = Fraction(0)
    found: list[Witness] = []
    for element in terms["elements"]:
        stated = lot.assay(element) is not None
        kg = lot.contained(element) if stated else evidence.most(lot, element)
        if kg == 0:
            continue
        share, told = evidence.worst(
            lot, element, lambda one: _against(one, terms), terms["accepts"]
        )
        covered += kg * share
        whole += kg if stated else kg * share
        found += [one for one in told if one not in found]
    share = covered / whole
    case = "met" if share <= threshold else "not_met"
    return Finding(case, case if found else "none", share, threshold, tuple(found))


def _against(lot: Lot, terms: Mapping[str, Any]) -> Witness | None:
    """A covered or unknown step of the lot itself, or a claim of origin that is too weak."""
    for step in lot.steps:
        if step.country is None:
            return Witness(lot.id, "unknown_step", {"step": step.name})
        if step.country in terms["covered"]:
            return Witness(lot.id, "step", {"step": step.name, "country": step.country})
    level = lot.level(terms["about"])
    if level is None or LEVELS.index(level) < LEVELS.index(terms["least_level"]):
        values = {"level": level or "none", "least": terms["least_level"]}
        return Witness(lot.id, "unproved", values)
    return None

"""Who owns those that made a lot? The 25 % rule of a foreign entity of concern.

Over the lot and all it was made of, the greatest share of an operator that is held by covered
owners. An operator seated in a covered nation, or a step done in one, is under its jurisdiction:
the whole. Else, by the register of owners,

    held(operator) = Σ share_i · h_i + what is missing to the whole
    h_i = 1                if owner i is covered or not known
    h_i = 1                if covered owners hold `whole_from` or more of it
    h_i = held(owner i)    otherwise

Source: 89 FR 37079 (US Department of Energy), read by 26 CFR 1.30D-6.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from monazite.club.content.evidence import Evidence
from monazite.club.content.verdict import Finding, Witness
from monazite.club.lots import MILLION, Lot, Owner


def judge(lot: Lot, evidence: Evidence, terms: Mapping[str, Any]) -> Finding:
    """Met when the greatest share is below the threshold."""
    threshold = Fraction(terms["threshold_ppm"], MILLION)
    greatest, against = Fraction(0), list[Witness]()
    for one in evidence.ancestry(lot):
        for share, witness in _shares(one, evidence, terms):
            greatest = max(greatest, share)
            if share >= threshold:
                against.append(witness)
    case = "met" if greatest < threshold else "not_met"
    return Finding(case, case, greatest, threshold, tuple(against))


def _shares(
    lot: Lot, evidence: Evidence, terms: Mapping[str, Any]
) -> Iterator[tuple[Fraction, Witness]]:
    whole = Fraction(1)
    for gap in evidence.gaps(lot, terms["accepts"]):
        yield whole, gap
    if lot.operator_country is None:
        yield whole, Witness(lot.id, "unknown_seat", {"operator": lot.operator})
    elif lot.operator_country in terms["covered"]:
        values = {"operator": lot.operator, "country": lot.operator_country}
        yield whole, Witness(lot.id, "seat", values)
    for step in lot.steps:
        if step.country in terms["covered"]:
            yield whole, Witness(lot.id, "step", {"step": step.name, "country": step.country})
        elif step.country is None:
            yield whole, Witness(lot.id, "unknown_step", {"step": step.name})
    share = held(lot.owners, terms)
    values = {"operator": lot.operator, "percent": f"{float(share * 100):.4g}"}
    yield share, Witness(lot.id, "owned", values)


def held(owners: tuple[Owner, ...], terms: Mapping[str, Any]) -> Fraction:
    """The share of an entity that covered owners hold, or may hold: what is not known is theirs."""
    known = sum(owner.share_ppm or 0 for owner in owners)
    theirs = sum(
        (Fraction(owner.share_ppm or 0, MILLION) * _part(owner, terms) for owner in owners),
        Fraction(0),
    )
    return theirs + Fraction(max(0, MILLION - known), MILLION)


def _part(owner: Owner, terms: Mapping[str, Any]) -> Fraction:
    if owner.country is None:
        return Fraction(1)
    if owner.country in terms["covered"]:
        return Fraction(1) if owner.kind in terms["counts"] else Fraction(0)
    if not owner.owners:
        return Fraction(0)
    above = held(owner.owners, terms)
    return Fraction(1) if above >= Fraction(terms["whole_from_ppm"], MILLION) else above

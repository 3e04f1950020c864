"""Is the chain-of-custody model that a lot declares possible for what it was made of?

A chain is as strong as its weakest link (ISO 22095:2020, 3.3): a lot cannot be segregated when one
of its ancestors was booked by mass balance, nor identity-preserved with two sources. The rule
serves the other five: each of them names the models on whose records it relies.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from monazite.club.content.evidence import Evidence
from monazite.club.content.verdict import Finding, Witness
from monazite.club.lots import MODELS, Lot

PHYSICAL = MODELS[:3]  # the paper follows the metal


def judge(lot: Lot, evidence: Evidence, terms: Mapping[str, Any]) -> Finding:
    """Met when no lot of the ancestry contradicts the declared model."""
    lots = evidence.ancestry(lot)
    rank = MODELS.index(lot.custody)
    against = [
        Witness(one.id, "custody", {"model": one.custody})
        for one in lots
        if MODELS.index(one.custody) > rank and not _both_kept_apart(lot, one)
    ]
    beginnings = [one for one in lots if not one.parents]
    if lot.custody == "identity_preserved" and len(beginnings) > terms["sources_of_identity"]:
        against += [Witness(one.id, "source") for one in beginnings]
    case = "not_met" if len(against) > terms["at_most"] else "met"
    values = {"model": lot.custody}
    threshold = Fraction(terms["at_most"])
    return Finding(case, case, Fraction(len(against)), threshold, tuple(against), values)


def _both_kept_apart(lot: Lot, ancestor: Lot) -> bool:
    """Identity may be kept from a segregated lot on: what counts is the number of sources."""
    return lot.custody == "identity_preserved" and ancestor.custody == "segregated"

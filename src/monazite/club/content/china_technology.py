"""Was a lot made abroad with Chinese rare-earth technology? The second limb of Announcement 61.

Counted are the steps outside China, over the lot and all it was made of, whose technology is
licensed from China or of unknown source. One is too many. Steps inside China are left to the rule
on value and origin. Source: MOFCOM Announcement No. 61 of 2025, article 1 (2).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from monazite.club.content.china_value import listed
from monazite.club.content.evidence import Evidence
from monazite.club.content.verdict import Finding, Witness
from monazite.club.lots import Lot


def judge(lot: Lot, evidence: Evidence, terms: Mapping[str, Any]) -> Finding:
    """Met when no step abroad uses, or may use, technology from China."""
    threshold = Fraction(terms["at_most"])
    values = {"material": lot.material}
    if not listed(lot, terms):
        return Finding("not_applicable", "not_listed", None, threshold, (), values)
    against = [
        witness
        for one in evidence.ancestry(lot)
        for witness in (*_against(one, terms), *evidence.gaps(one, terms["accepts"]))
    ]
    case = "not_met" if len(against) > terms["at_most"] else "met"
    return Finding(case, case, Fraction(len(against)), threshold, tuple(against), values)


def _against(lot: Lot, terms: Mapping[str, Any]) -> Iterator[Witness]:
    for step in lot.steps:
        if step.name not in terms["steps"] or step.country in terms["origin"]:
            continue
        if step.technology is None:
            yield Witness(lot.id, "unknown_technology", {"step": step.name})
        elif step.technology in terms["origin"]:
            values = {"step": step.name, "country": step.technology}
            yield Witness(lot.id, "technology", values)

"""Was any step of a magnet's chain done in a covered country? US DFARS 252.225-7052, both phases.

What is counted are the steps, over the lot and all it was made of that may hold a traced element,
which were done in a covered country or cannot be shown not to have been. One is too many. Shares do
not matter, so neither a blend with a covered part nor a mass-balance book meets the rule. What is
unknown of a lot counts where a step of the rule may lie behind it: until 2026 nobody asks where an
oxide comes from, from 2027 on everybody does.

The clause's exceptions (off-the-shelf items, electronic devices, recycled magnets, no other source)
are for the contracting officer and not modelled; nor are tantalum and tungsten.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from monazite.club.chain import possible
from monazite.club.content.evidence import Evidence, may_hold
from monazite.club.content.verdict import Finding, Witness
from monazite.club.lots import STEPS, Lot


def judge(lot: Lot, evidence: Evidence, terms: Mapping[str, Any]) -> Finding:
    """Met when no step is covered or unknown."""
    threshold = Fraction(terms["at_most"])
    if not any(may_hold(lot, element) for element in terms["elements"]):
        return Finding("not_applicable", "not_listed", None, threshold)
    against = [
        witness
        for one in evidence.ancestry(lot)
        if any(may_hold(one, element) for element in terms["elements"])
        for witness in _against(one, one is lot, evidence, terms)
    ]
    case = "not_met" if len(against) > terms["at_most"] else "met"
    return Finding(case, case, Fraction(len(against)), threshold, tuple(against))


def _against(
    lot: Lot, judged: bool, evidence: Evidence, terms: Mapping[str, Any]
) -> Iterator[Witness]:
    for step in lot.steps:
        if step.name in terms["steps"] and step.country is None:
            yield Witness(lot.id, "unknown_step", {"step": step.name})
        elif step.name in terms["steps"] and step.country in terms["covered"]:
            yield Witness(lot.id, "step", {"step": step.name, "country": step.country})
    before = _may_lie_before(lot, terms)
    for gap in evidence.gaps(lot, terms["accepts"]):
        if gap.why == "missing_step":
            counts = gap.values["step"] in terms["steps"]
        elif gap.why in ("breach", "custody"):  # the metal may be another lot's: its steps as well
            counts = judged or not possible(lot.material).isdisjoint(terms["steps"])
        else:
            counts = before
        if counts:
            yield gap
    for element in terms["elements"]:
        if before and evidence.unexplained(lot, element) > 0:
            yield Witness(lot.id, "unexplained", {"element": element})


def _may_lie_before(lot: Lot, terms: Mapping[str, Any]) -> bool:
    """Whether a step of the rule may lie before the first one that the lot names."""
    if lot.steps and lot.steps[0].name == "recycling":
        return False
    first = STEPS.index(lot.steps[0].name) if lot.steps else len(STEPS)
    behind = possible(lot.material)
    return any(STEPS.index(name) < first for name in terms["steps"] if name in behind)

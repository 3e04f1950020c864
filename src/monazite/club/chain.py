"""Which steps must lie behind a material, and which of them does a lot's record leave out?

A step that a record does not name cannot be shown to have been done anywhere, so leaving one out
must not help. Steps are followed along each path: those of a lot are its own and what all its
parents of the chain have in common.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from monazite.club.lots import STEPS, Lot, Register

DIFFUSED = ("dy_oxide", "tb_oxide")  # go into a finished block, beside the metals it is made of
BEFORE = frozenset(("mining", "concentration", "refining", "recycling"))  # may lie behind anything
SHORT_LOOP = frozenset(("separation", "reduction", "alloying"))  # which recycled magnets may skip


@cache
def needed() -> Mapping[str, tuple[str, ...]]:
    """Material -> the steps that must lie behind it."""
    import yaml

    lines = yaml.safe_load(Path(__file__).with_name("chain.yaml").read_text(encoding="utf-8"))
    return {name: tuple(line["steps"]) for line in lines for name in line["materials"]}


def missing(register: Register) -> dict[str, tuple[str, ...]]:
    """Lot id -> steps that must lie behind it and that neither it nor its parents name."""
    behind: dict[str, frozenset[str]] = {}
    found: dict[str, tuple[str, ...]] = {}
    for id in register.order:
        lot = register.by_id[id]
        parents = [
            behind[one.lot]
            for one in lot.parents
            if one.lot in behind and _leads_to(lot, register.by_id[one.lot])
        ]
        own = frozenset(step.name for step in lot.steps)
        behind[id] = own | (frozenset.intersection(*parents) if parents else frozenset())
        spared = SHORT_LOOP if "recycling" in behind[id] else frozenset()
        steps = needed().get(lot.material, ())
        found[id] = tuple(one for one in steps if one not in behind[id] | spared)
    return found


def possible(material: str) -> frozenset[str]:
    """Steps that may lie behind a material; all of them where it is not one of the chain."""
    if material.startswith("ore_"):
        return frozenset(("mining", "concentration"))
    return BEFORE | frozenset(needed()[material]) if material in needed() else frozenset(STEPS)


def _leads_to(lot: Lot, parent: Lot) -> bool:
    """Whether the steps behind a parent are on the lot's main path."""
    if parent.material in DIFFUSED and lot.material.startswith(("blank_", "magnet_")):
        return False
    return parent.material in needed() or parent.material.startswith(("ore_", "seg_", "swarf_"))

"""What was found of a lot under a rule? A verdict keeps its figures, its reason and its version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from monazite.club.content.rule import KINDS
from monazite.messages import LANGUAGES, say

WITNESSES = 3  # told in a reason; the verdict keeps all


@dataclass(frozen=True)
class Witness:
    """What speaks against a lot: which lot of its ancestry, and what is wrong or unknown there."""

    lot: str
    why: str
    values: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def told(self, lang: str | None = None) -> str:
        """The witness in words."""
        return say(f"club.witness.{self.why}", lang, lot=self.lot, **_named(self.values, lang))


@dataclass(frozen=True)
class Finding:
    """What a rule's function returns: met, not_met or not_applicable, its figures and its reason.

    `value` None means that it cannot be known, which never meets a claim.
    """

    state: str
    case: str
    value: Fraction | None
    threshold: Fraction
    witnesses: tuple[Witness, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Verdict:
    """One rule's answer on one lot on one day, and whether the rule was in force on that day."""

    rule: str
    kind: str
    version: str
    lot: str
    on: date
    force: str
    note: str
    binds: bool
    finding: Finding

    @property
    def state(self) -> str:
        """met, not_met or not_applicable."""
        return self.finding.state

    @property
    def met(self) -> bool:
        """Whether the claim may be made: the rule is met or does not speak of such a lot."""
        return self.state != "not_met"

    @property
    def value(self) -> Fraction | None:
        """What was measured; None where it cannot be known."""
        return self.finding.value

    @property
    def threshold(self) -> Fraction:
        """What it was measured against."""
        return self.finding.threshold

    def reason(self, lang: str | None = None) -> str:
        """Why, with the figures and what speaks against the lot."""
        found = self.finding
        told = [one.told(lang) for one in found.witnesses[:WITNESSES]]
        if more := len(found.witnesses) - WITNESSES:
            told += [say("club.witness.more", lang, count=more)] if more > 0 else []
        given = {
            "value": figure(self.kind, found.value, lang, near=found.threshold),
            "threshold": figure(self.kind, found.threshold, lang),
            "witnesses": say("club.witness.part", lang).join(told),
            **_named(found.values, lang),
        }
        return say(f"club.reason.{self.rule}.{found.case}", lang, **given)

    def standing(self, lang: str | None = None) -> str:
        """Whether the rule was in force on the day, and why."""
        note = say(f"club.phase.{self.note}", lang)
        return say("club.standing", lang, force=say(f"club.force.{self.force}", lang), note=note)

    def record(self) -> dict[str, Any]:
        """The verdict for a file, with its reason in every language."""
        value = self.value
        return {
            "kind": self.kind,
            "rule": self.rule,
            "version": self.version,
            "on": self.on.isoformat(),
            "force": self.force,
            "binds": self.binds,
            "state": self.state,
            "value": None if value is None else str(value),
            "threshold": str(self.threshold),
            "reason": {lang: self.reason(lang) for lang in LANGUAGES},
            "standing": {lang: self.standing(lang) for lang in LANGUAGES},
        }


@dataclass(frozen=True)
class Verdicts:
    """All verdicts on one lot on one day, in the order of the rules' kinds."""

    lot: str
    on: date
    all: tuple[Verdict, ...]

    def of(self, kind: str) -> Verdict:
        """The one verdict of a kind. Raises KeyError where there is none or more than one."""
        found = [one for one in self.all if one.kind == kind]
        if len(found) != 1:
            raise KeyError(kind)
        return found[0]

    def by(self, rule: str) -> Verdict:
        """The verdict of a rule. Raises KeyError where there is none."""
        return {one.rule: one for one in self.all}[rule]

    def record(self) -> dict[str, Any]:
        """The verdicts for a file."""
        told = [one.record() for one in self.all]
        return {"lot": self.lot, "on": self.on.isoformat(), "verdicts": told}


ORDER = (*KINDS, "custody")
NAMED = ("step", "model", "level", "least", "kind")  # values that have a name in each language


def _named(values: Mapping[str, Any], lang: str | None) -> dict[str, Any]:
    return {
        name: say(f"club.name.{one}", lang) if name in NAMED else one
        for name, one in values.items()
    }


def figure(
    kind: str, value: Fraction | None, lang: str | None = None, *, near: Fraction | None = None
) -> str:
    """A measured value for people: steps and lots are counted, all else is a share in percent.

    A share has four decimals of a percent, and as many more as tell it from 0 and from `near`, the
    threshold that it may just miss.
    """
    if value is None:
        return say("club.unknown", lang)
    if kind in ("step", "technology", "custody"):
        return str(value)
    for decimals in range(4, 40):
        shown = _percent(value, decimals)
        if all(one == value or shown != _percent(one, decimals) for one in (Fraction(0), near)):
            break
    return f"{shown:f}%"


def _percent(value: Fraction | None, decimals: int) -> Decimal | None:
    if value is None:
        return None
    whole = round(value * 100 * 10**decimals)
    return (Decimal(whole) / 10**decimals).normalize()

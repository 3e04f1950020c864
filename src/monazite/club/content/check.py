"""Which verdicts does a lot get on a day, and which buyers may therefore have it?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from importlib import import_module
from typing import Any

from monazite.club.content.evidence import Evidence
from monazite.club.content.rule import Rule
from monazite.club.content.verdict import ORDER, Finding, Verdict, Verdicts
from monazite.club.lots import Lot
from monazite.club.orders import ANYONE
from monazite.club.orders import Eligibility as Row
from monazite.messages import say

ALWAYS, IN_FORCE = "always", "in_force"
FOR_ALL = ("breach", "pledged", "not_yet")  # refusals that hold for every buyer


def verdicts(evidence: Evidence, lot: str, rules: Mapping[str, Rule], on: date) -> Verdicts:
    """The verdicts of all rules on a lot, by value, mass, step, entity, technology, custody.

    Raises KeyError for a lot that is not in the register.
    """
    own = evidence.lot(lot)
    found = [_verdict(evidence, own, rule, on) for rule in rules.values()]
    return Verdicts(
        lot, on, tuple(sorted(found, key=lambda one: (ORDER.index(one.kind), one.rule)))
    )


def _verdict(evidence: Evidence, lot: Lot, rule: Rule, on: date) -> Verdict:
    phase = rule.on(on)
    judge = import_module(f"monazite.club.content.{rule.name}").judge
    finding: Finding = judge(lot, evidence, phase.terms)
    standing = (phase.state, phase.note, phase.binds)
    return Verdict(rule.name, rule.kind, rule.version, lot.id, on, *standing, finding)


@dataclass(frozen=True)
class Need:
    """A rule that a buyer needs met: always, or only while it is, or may be, in force."""

    rule: str
    when: str = ALWAYS


@dataclass(frozen=True)
class Buyer:
    """A member as a buyer: where it is, what it buys for, which rules its lots must meet."""

    member: str
    country: str
    uses: tuple[str, ...] = ()
    needs: tuple[Need, ...] = ()


@dataclass(frozen=True)
class Refusal:
    """Why a buyer may not have a lot."""

    why: str
    values: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def told(self, lang: str | None = None) -> str:
        """The refusal in words."""
        rule = self.values.get("rule")
        title = {"title": say(f"club.rule.{rule}", lang)} if rule else {}
        return say(f"club.refusal.{self.why}", lang, **self.values, **title)


@dataclass(frozen=True)
class Eligibility:
    """Whether a buyer may have a lot on a day: the verdicts, and what refuses it."""

    lot: str
    member: str
    verdicts: Verdicts
    refusals: tuple[Refusal, ...]

    @property
    def eligible(self) -> bool:
        """Whether nothing refuses the lot to the buyer."""
        return not self.refusals


def eligible(
    evidence: Evidence, lot: str, buyer: Buyer, rules: Mapping[str, Rule], on: date
) -> Eligibility:
    """Whether a buyer may have a lot on a day. Raises KeyError for an unknown lot or rule."""
    return _eligible(evidence, verdicts(evidence, lot, rules, on), buyer)


def eligibility(
    evidence: Evidence,
    lots: Iterable[str],
    buyers: Iterable[Buyer],
    rules: Mapping[str, Rule],
    on: date,
) -> dict[tuple[str, str], Eligibility]:
    """(member, lot) -> eligibility, for the book of an auction; each lot is judged once."""
    judged = [verdicts(evidence, lot, rules, on) for lot in lots]
    return {
        (buyer.member, one.lot): _eligible(evidence, one, buyer)
        for buyer in buyers
        for one in judged
    }


def rows(found: Mapping[tuple[str, str], Eligibility], lang: str | None = None) -> list[Row]:
    """Eligibility as a book holds it: a lot that nobody may have, then each buyer's verdicts."""
    told: dict[tuple[str, str], Row] = {}
    for (member, lot), one in sorted(found.items()):
        everyone = [each.told(lang) for each in one.refusals if each.why in FOR_ALL]
        if everyone:
            told[ANYONE, lot] = Row(ANYONE, lot, False, "; ".join(everyone))
        reason = "; ".join(each.told(lang) for each in one.refusals)
        told[member, lot] = Row(member, lot, one.eligible, reason)
    return [told[key] for key in sorted(told)]


def _eligible(evidence: Evidence, found: Verdicts, buyer: Buyer) -> Eligibility:
    lot = evidence.lot(found.lot)
    refusals: list[Refusal] = []
    for need in buyer.needs:
        verdict = found.by(need.rule)
        if not verdict.met and (need.when == ALWAYS or verdict.binds):
            refusals.append(Refusal("rule", {"rule": need.rule, "version": verdict.version}))
    if lot.id in evidence.breached:
        refusals.append(Refusal("breach", {"lot": lot.id}))
    if lot.lien == "pledged":
        refusals.append(Refusal("pledged", {"lot": lot.id}))
    if lot.available_from is not None and lot.available_from > found.on:
        refusals.append(Refusal("not_yet", {"lot": lot.id, "on": lot.available_from}))
    barred = {f"country:{buyer.country}", *(f"use:{use}" for use in buyer.uses)}
    refusals += [Refusal("barred", {"what": one}) for one in lot.restrictions if one in barred]
    return Eligibility(lot.id, buyer.member, found, tuple(refusals))

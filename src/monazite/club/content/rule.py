"""What does a content rule say, and does it bind on a day? Dated data with their sources.

A rule file holds `kind`, `version`, `terms`, `sources` and `phases`. A phase runs from a day to a
day, both included, has a `state`, and may change some of the terms. Days before the first phase
have the state "none". Nothing is assumed of a day that no phase covers: its state is "unknown".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from monazite.errors import InputError
from monazite.messages import catalogue, say

KINDS = ("value", "mass", "step", "entity", "technology")  # and "custody", which serves them
STATES = ("none", "announced", "in_force", "suspended", "unknown", "ended")
HERE = Path(__file__).parent
IDLE = ("none", "announced", "suspended", "ended")  # an unknown state binds: it is no permission


@dataclass(frozen=True)
class Source:
    """Where a threshold or a date comes from."""

    name: str
    section: str
    address: str


@dataclass(frozen=True)
class Phase:
    """From `first` to `last`: the state of a rule, the note that says why, and its terms."""

    first: date
    last: date
    state: str
    note: str
    terms: Mapping[str, Any]

    @property
    def binds(self) -> bool:
        """Whether the rule must be kept on these days; an unknown state counts as binding."""
        return self.state not in IDLE


@dataclass(frozen=True)
class Rule:
    """A content rule: its data, by name and version; its function is the module of that name."""

    name: str
    kind: str
    version: str
    terms: Mapping[str, Any]
    phases: tuple[Phase, ...]
    sources: tuple[Source, ...]

    def on(self, day: date) -> Phase:
        """The phase that holds on a day."""
        for phase in self.phases:
            if phase.first <= day <= phase.last:
                return phase
        early = not self.phases or day < self.phases[0].first
        note = "no_rule_yet" if early else "no_phase"
        return Phase(day, day, "none" if early else "unknown", note, self.terms)

    def title(self, lang: str | None = None) -> str:
        """The rule's name for people."""
        return say(f"club.rule.{self.name}", lang)


@cache
def rules(folder: Path | None = None) -> Mapping[str, Rule]:
    """The shipped rules by name, with those of `folder` in place of the ones of the same name.

    Raises InputError for a file that is no rule, has no function, lacks a term of the shipped one,
    or differs from it under the same version.
    """
    shipped = {path.stem: _parsed(path.stem, _text(path)) for path in sorted(HERE.glob("*.yaml"))}
    if folder is None:
        return shipped
    if not folder.is_dir():
        raise InputError(say("club.fault.no_rules", folder=folder))
    return rules_with({path.stem: _text(path) for path in sorted(folder.glob("*.yaml"))})


def rules_with(own: Mapping[str, str]) -> Mapping[str, Rule]:
    """The shipped rules, with the rule files `own` (name -> text) in place of those of their name.

    Raises InputError as `rules` does.
    """
    shipped = rules()
    found = {name: _replacing(name, text, shipped) for name, text in own.items()}
    return {name: found.get(name, rule) for name, rule in shipped.items()}


def _replacing(name: str, text: str, shipped: Mapping[str, Rule]) -> Rule:
    """A user's rule, of the same terms as the shipped one, under a version of its own."""
    path = f"{name}.yaml"
    if name not in shipped:
        raise InputError(say("club.fault.no_function", path=path, name=name))
    rule, old = _parsed(name, text), shipped[name]
    for terms in (rule.terms, *(phase.terms for phase in rule.phases)):
        for name, term in old.terms.items():
            kind = type(term)
            if not isinstance(terms.get(name), kind):
                told = {"path": path, "name": name, "kind": kind.__name__}
                raise InputError(say("club.fault.rule_term", **told))
    for phase in rule.phases:
        if f"club.phase.{phase.note}" not in catalogue():
            raise InputError(say("club.fault.rule_note", path=path, note=phase.note))
    if rule != old and rule.version == old.version:
        raise InputError(say("club.fault.rule_version", path=path, version=rule.version))
    return rule


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except ValueError as error:
        raise InputError(say("club.fault.no_rule", path=path, error=error)) from error


def _parsed(name: str, text: str) -> Rule:
    import yaml

    try:
        return _rule(name, yaml.safe_load(text))
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise InputError(say("club.fault.no_rule", path=f"{name}.yaml", error=error)) from error


def _rule(name: str, data: Mapping[str, Any]) -> Rule:
    if data["kind"] not in (*KINDS, "custody"):
        raise ValueError(f"kind: {data['kind']}")
    terms = data["terms"]
    phases = tuple(_phase(one, terms) for one in data["phases"])
    for one, after in zip(phases, phases[1:], strict=False):
        if after.first <= one.last:
            raise ValueError(f"from: {after.first} <= {one.last}")
    sources = tuple(Source(**one) for one in data["sources"])
    return Rule(name, data["kind"], str(data["version"]), terms, phases, sources)


def _phase(data: Mapping[str, Any], terms: Mapping[str, Any]) -> Phase:
    first, last = data["from"], data.get("until", date.max)
    if data["state"] not in STATES or not isinstance(first, date) or not first <= last:
        raise ValueError(f"state: {data['state']}, from: {first}, until: {last}")
    changed = data.get("terms", {})
    if unknown := set(changed) - set(terms):
        raise ValueError(f"terms: {', '.join(sorted(unknown))}")
    return Phase(first, last, data["state"], data["note"], {**terms, **changed})

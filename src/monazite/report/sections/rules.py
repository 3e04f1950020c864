"""The rules put on the market: what each did, who paid whom, and the change from the base year."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from html import escape
from typing import Any

from monazite.messages import say
from monazite.policy.manual import title
from monazite.report import brief, compare, parts
from monazite.report.effects import Comparison, averaged, comparison, findings, whole
from monazite.report.view import View, years_of

OPEN = 6  # rules of which a table is shown at once
PAID = 4  # payments of a rule that are told, the largest first


def heading(view: View) -> str:
    """Who loses most by the rules and who gains most, where there is an outcome without them."""
    found = compared(view)
    return "" if found is None else brief.money_heading(found)


def build(view: View) -> str:
    """Return the rules, what their money covered, and their effects where a base year is given."""
    rules = view.outcome.record.get("instruments") or []
    if not rules:
        return parts.absent(view, "absent.rules")
    return _rules(view, rules) + _coverage(view, rules) + _effects(view)


def _rules(view: View, rules: list[Mapping[str, Any]]) -> str:
    heads = ("rule", "rule_kind", "rule_status", "rule_did", "rule_paid")
    columns = [parts.Column(view.say(f"column.{head}")) for head in heads]
    rows = [
        [
            rule["name"].replace("_", " "),
            title(rule["kind"], view.lang),
            view.say(f"rules.status.{rule['status']}"),
            view.say(f"rules.{_did(rule)}"),
            parts.Cell(_payments(view, rule), sum(paid["amount"] for paid in rule["payments"])),
        ]
        for rule in rules
    ]
    told = view.say("rules.table")
    return parts.folded(told, parts.table(columns, rows, told), is_open=len(rows) <= OPEN)


def _did(rule: Mapping[str, Any]) -> str:
    if rule["status"] == "suspended":
        return "suspended"
    return "bound" if rule["bound"] else "idle"


def _payments(view: View, rule: Mapping[str, Any]) -> str:
    told = [
        view.say(
            "rules.payment",
            payer=_side(view, paid["payer"], paid["payer_country"]),
            payee=_side(view, paid["payee"], paid["payee_country"]),
            amount=whole(paid["amount"]),
        )
        for paid in rule["payments"][:PAID]
        if paid["amount"] > 0.05
    ]
    return "<br>".join(escape(each) for each in told) or "–"


def _side(view: View, account: str, country: str) -> str:
    word = view.word("account", account)
    return view.say("rules.side", account=word, country=view.country(country)) if country else word


def _coverage(view: View, rules: list[Mapping[str, Any]]) -> str:
    told = [
        say(
            "policy.coverage",
            view.lang,
            rule=rule["name"].replace("_", " "),
            period=one["period"],
            covered=whole(1000 * one["covered"]),
            of=whole(1000 * one["of"]),
        )
        for rule in rules
        for one in rule["coverage"]
    ]
    return parts.folded(view.say("rules.coverage"), parts.items(told) if told else "")


def _effects(view: View) -> str:
    found = compared(view)
    if found is None:
        return parts.absent(view, "rules.alone")
    heading = view.say("rules.against", first=found.title(found.names[0]))
    comma = view.say("comma")
    members = comma.join(view.country(code) for code in found.terms.members)
    told = view.say("rules.inside", members=members, country=found.named)
    over = averaged(found) if years_of(view.outcome) else ""
    stands = parts.items([each for each in (over, *findings(found)) if each])
    table = parts.folded(view.say("rules.effects"), compare.table(found))
    return f"<h3>{escape(heading)}</h3>{parts.paragraph(told)}{stands}{table}"


@lru_cache(maxsize=2)
def compared(view: View) -> Comparison | None:
    """The outcome against the one without its rules; None where there is none or no rule."""
    from monazite.study.effects import effects, terms_of

    if view.against is None or not view.outcome.record.get("instruments"):
        return None
    name = view.outcome.scenario.name if view.outcome.scenario is not None else "scenario"
    outcomes = {"today": view.against, name: view.outcome}
    terms = terms_of(outcomes)
    return comparison(outcomes, terms, effects(outcomes, terms), view.lang)

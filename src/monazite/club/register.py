"""What does the club know of lots? Its register, their verdicts, who may buy, and who got which.

Everything here is a pure function of the state. A lot's title is an asset of the ledger
(`ledger.title`), so that what is offered is put up with the order, what is sold is put up before
delivery, and no kilogram can be in two places.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from monazite.club import ledger
from monazite.club.canonical import canonical, digest
from monazite.club.ledger import LOT, title
from monazite.club.orders import ANYONE, Leg
from monazite.messages import language, say

if TYPE_CHECKING:
    from monazite.club.content import Buyer, Evidence, Rule, Verdict
    from monazite.club.lots import Lot, Register
    from monazite.club.state import State

PERIOD = "year"  # over which the metal of a site must balance
Row = dict[str, Any]


# --- the register ---------------------------------------------------------------------------------


def register_of(lots: Iterable[Mapping[str, Any]], sales: Iterable[Mapping[str, Any]]) -> Register:
    """The register of records as the state keeps them."""
    from monazite.club.lot_file import lots_of

    return lots_of({"lots": [dict(one) for one in lots], "sales": [dict(one) for one in sales]})


def record_of(one: Any) -> Row:
    """A lot or a sale as JSON holds it, without what it does not state."""
    told = json.loads(json.dumps(asdict(one), default=str))
    return {
        field.name: told[field.name]
        for field in fields(one)
        if getattr(one, field.name) != field.default
    }


def evidence_of(register: Register) -> Evidence:
    """The register as a basis for verdicts, sites in balance over calendar years."""
    from monazite.club.content import Evidence
    from monazite.club.mass import periods_of

    return Evidence(register, tuple(periods_of(register, PERIOD)))


def titles(lots: Iterable[Lot], sales: Iterable[Any], register: Register) -> list[list]:
    """The postings by which lots come into being, are taken for others, and are sold."""
    postings: list[list] = []
    for lot in lots:
        own = ledger.free(lot.holder)
        postings += ledger.move(title(lot.id), lot.net_kg, ledger.OUTSIDE, own)
        for parent in lot.parents:
            if parent.lot in register.by_id:
                postings += ledger.move(title(parent.lot), parent.kg, own, ledger.OUTSIDE)
    for one in sales:
        seller, buyer = ledger.free(one.seller), ledger.free(one.buyer)
        postings += ledger.move(title(one.lot), one.kg, seller, buyer)
    return postings


@dataclass(frozen=True)
class Paper:
    """A warehouse receipt of a lot: whose it is, for how much; empty holder: it was given up."""

    lot: str
    holder: str
    kg: int


def papers(state: State) -> dict[str, Paper]:
    """Every receipt that lots and sales name, with what it stands for now."""
    found = {
        one["receipt"]: Paper(one["id"], one["holder"], one["net_kg"])
        for one in state.lots.values()
        if "receipt" in one
    }
    for sale in sorted(state.sales, key=lambda one: (one["on"], one["id"])):
        if sale.get("receipt"):
            before = found[sale["receipt"]]
            left, lot = before.kg - sale["kg"], sale["lot"]
            found[sale["receipt"]] = Paper(lot, "", 0)
            for name, new in (
                ("issued", Paper(lot, sale["buyer"], sale["kg"])),
                ("rest", Paper(lot, sale["seller"], left)),
            ):
                if sale.get(name):
                    found[sale[name]] = new
    return found


def whereabouts(state: State, lot: str) -> str:
    """Where the kilograms of a lot are now: account by account, with what went into other lots."""
    asset = title(lot)
    held = [
        f"{account} {assets[asset]:,} kg"
        for account, assets in sorted(state.balances.items())
        if account != ledger.OUTSIDE and asset in assets
    ]
    used = [
        f"{one['id']} {parent['kg']:,} kg"
        for one in state.lots.values()
        for parent in one.get("parents", ())
        if parent["lot"] == lot
    ]
    return "; ".join([*held, *used]) or "0 kg"


# --- verdicts -------------------------------------------------------------------------------------


def rules_of(state: State) -> Mapping[str, Rule]:
    """The content rules of the club: the shipped ones, or its own in place of them."""
    from monazite.club.content.rule import rules, rules_with

    return rules_with(state.rules) if state.rules else rules()


def judged(
    evidence: Evidence, lots: Iterable[str], rules: Mapping[str, Rule], on: date
) -> dict[str, list[Row]]:
    """The verdicts on each lot on a day, with reasons in every language.

    Each names the digest of its inputs: the rule, the day, the lot, what it was made of and what
    else was made of the same.
    """
    from monazite.club import content

    laws = {
        name: json.dumps(asdict(one), default=str, sort_keys=True) for name, one in rules.items()
    }
    found: dict[str, list[Row]] = {}
    for lot in lots:
        inputs = canonical(_inputs(evidence, lot))
        verdicts = content.verdicts(evidence, lot, rules, on).all
        found[lot] = [_record(one, inputs, laws[one.rule]) for one in verdicts]
    return found


def _record(verdict: Verdict, lots: str, law: str) -> Row:
    return verdict.record() | {"inputs": digest(f"{verdict.on.isoformat()}\n{law}\n{lots}")}


def _inputs(evidence: Evidence, lot: str) -> list[Row]:
    ancestry = {one.id for one in evidence.ancestry(evidence.lot(lot))}
    parents = {parent.lot for id in ancestry for parent in evidence.lot(id).parents}
    beside = {id for parent in parents for id in evidence.made_of.get(parent, ())}
    return [record_of(evidence.lot(id)) for id in sorted(ancestry | beside)]


def figures_of(record: Mapping[str, Any], lang: str | None = None) -> tuple[str, str]:
    """Value and threshold of a recorded verdict, for people."""
    from monazite.club.content.verdict import figure

    value = None if record["value"] is None else Fraction(record["value"])
    threshold = Fraction(record["threshold"])
    told = figure(record["kind"], value, lang, near=threshold)
    return told, figure(record["kind"], threshold, lang)


def reason_of(record: Mapping[str, Any], lang: str | None = None) -> str:
    """Why a recorded verdict is what it is, and whether its rule was in force."""
    told = {name: record[name][language(lang)] for name in ("reason", "standing")}
    return say("club.lot.reasons", lang, **told)


# --- who may buy ----------------------------------------------------------------------------------


def at_close(state: State, auction: Mapping[str, Any], on: date) -> Row:
    """The verdicts on the lots that are offered, and the rows of eligibility that follow.

    Each buyer is judged by what it needs; a lot that nobody may have is barred to everybody. A
    conversion or first refusal may take any lot of a product, so that a member that may not have
    one of them may not take the product by it.
    """
    from monazite.club import content

    offered = offers(state, auction)
    if not offered:
        return {}
    lots = sorted({lot for lot, _ in offered.values()})
    evidence = evidence_of(register_of(state.lots.values(), state.sales))
    rules = rules_of(state)
    buyers = [content.Buyer(ANYONE, ""), *buyers_of(state)]
    table = content.eligibility(evidence, lots, buyers, rules, on)
    told = {lang: content.rows(table, lang) for lang in ("en", "zh")}
    rows = [
        {**asdict(en), "reason": {"en": en.reason, "zh": zh.reason}}
        for en, zh in zip(told["en"], told["zh"], strict=True)
    ]
    return {
        "verdicts": judged(evidence, lots, rules, on),
        "eligibility": [
            *rows,
            *_by_product(auction, offered, rows),
            *_unpromised(evidence, auction, offered, rules, on),
        ],
    }


def _unpromised(
    evidence: Evidence,
    auction: Mapping[str, Any],
    offered: Mapping[str, tuple[str, str]],
    rules: Mapping[str, Rule],
    on: date,
) -> list[Row]:
    """Lots that do not meet what a product promises, barred to everybody."""
    from monazite.club import content

    promises = auction["terms"].get("promises", {})
    found: dict[str, Row] = {}
    for lot, product in sorted(set(offered.values())):
        needs = tuple(content.Need(rule, when) for rule, when in promises.get(product, ()))
        anyone = content.Buyer(ANYONE, "", needs=needs)
        refusals = content.eligible(evidence, lot, anyone, rules, on).refusals if needs else ()
        broken = [one for one in refusals if one.why == "rule"]
        if broken:
            told = {
                lang: f"{product}: {'; '.join(one.told(lang) for one in broken)}"
                for lang in ("en", "zh")
            }
            row = {"buyer": ANYONE, "subject": lot, "eligible": False, "reason": told}
            found.setdefault(lot, row)
    return [found[lot] for lot in sorted(found)]


def offers(state: State, auction: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Order -> (lot, product) of every ask that offers a registered lot."""
    return {
        id: (one["entry"]["lot"], one["entry"]["product"])
        for id, one in sorted(auction["orders"].items())
        if one["kind"] == "orders"
        and one["entry"]["side"] == "ask"
        and one["entry"].get("lot", "") in state.lots
    }


def buyers_of(state: State) -> list[Buyer]:
    """What members need of a lot, where they have said so."""
    from monazite.club.content import Buyer, Need

    found = []
    for member, known in sorted(state.members.items()):
        if "buys" in known:
            buys = known["buys"]
            needs = tuple(Need(rule, when) for rule, when in buys["needs"])
            found.append(Buyer(member, buys["country"], tuple(buys["uses"]), needs))
    return found


def _by_product(
    auction: Mapping[str, Any], offered: Mapping[str, tuple[str, str]], rows: Iterable[Row]
) -> list[Row]:
    barred = {(row["buyer"], row["subject"]): row["reason"] for row in rows if not row["eligible"]}
    found: dict[tuple[str, str], Row] = {}
    for one in auction["orders"].values():
        entry = one["entry"]
        for product in _taken_blind(one["kind"], entry):
            for lot in sorted({lot for lot, of in offered.values() if of == product}):
                reason = barred.get((entry["member"], lot))
                if reason is not None and (ANYONE, lot) not in barred:
                    key = entry["member"], product
                    told = {lang: f"{lot}: {text}" for lang, text in reason.items()}
                    row = {"buyer": key[0], "subject": product, "eligible": False, "reason": told}
                    found.setdefault(key, row)
    return [found[key] for key in sorted(found)]


def _taken_blind(kind: str, entry: Mapping[str, Any]) -> list[str]:
    if kind == "conversions":
        return [product for product, _ in entry["inputs"]]
    return [entry["product"]] if kind == "refusals" else []


def with_rows(drafted: Iterable[Row], derived: Iterable[Row]) -> list[Row]:
    """The rows of the draft with those that follow from verdicts; what either bars is barred."""
    found = {(row["buyer"], row["subject"]): dict(row) for row in drafted}
    for row in derived:
        key = row["buyer"], row["subject"]
        if key not in found or found[key]["eligible"]:
            found[key] = {**row, "reason": row["reason"]["en"]}
    return [found[key] for key in sorted(found)]


# --- who got which lot ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Share:
    """Kilograms of a lot that go from a seller to a buyer."""

    lot: str
    seller: str
    buyer: str
    kg: int


def shared_out(legs: Iterable[Leg], offered: Mapping[str, tuple[str, str]]) -> list[Share]:
    """Which buyer gets which lot: lots and buyers of a product in the order of their orders' ids.

    Every lot of a product may go to every buyer of it, and they pay one price, so any way to share
    them serves; this one splits few. What is sold without a lot goes to whoever is left.
    """
    rows = sorted(legs, key=lambda leg: (leg.order, leg.product))
    wanting: dict[str, deque[list[Any]]] = {}
    for leg in rows:
        if leg.kg > 0:
            wanting.setdefault(leg.product, deque()).append([leg.member, leg.kg])
    found: dict[tuple[str, str, str], int] = {}
    for leg in rows:
        lot, product = offered.get(leg.order, ("", ""))
        left, buyers = -leg.kg if leg.product == product else 0, wanting.get(product, deque())
        while left > 0 and buyers:
            kg = min(left, buyers[0][1])
            key = lot, leg.member, buyers[0][0]
            found[key] = found.get(key, 0) + kg
            left, buyers[0][1] = left - kg, buyers[0][1] - kg
            if not buyers[0][1]:
                buyers.popleft()
    return [Share(*key, kg) for key, kg in sorted(found.items())]


def rows_of_shares(shares: Iterable[Share]) -> list[list[Any]]:
    """Shares as rows for state and events."""
    return [[one.lot, one.seller, one.buyer, one.kg] for one in shares]


def title_legs(shares: Iterable[Share]) -> list[Leg]:
    """The movements of title that go with shares; they sum to zero lot by lot."""
    return [
        leg
        for one in shares
        for leg in (
            Leg("", one.seller, title(one.lot), -one.kg, 0),
            Leg("", one.buyer, title(one.lot), one.kg, 0),
        )
    ]


def sales_of(auction: str, rows: Iterable[Sequence[Any]], on: str) -> list[Row]:
    """The shares of a delivered auction as sales of the register."""
    return [
        {"id": f"{auction}/{n}", "lot": lot, "kg": kg, "seller": seller, "buyer": buyer}
        | {"on": on}
        for n, (lot, seller, buyer, kg) in enumerate(rows, start=1)
        if seller != buyer
    ]


def lot_in(asset: str) -> str | None:
    """The lot whose title an asset stands for."""
    return asset.removeprefix(LOT) if asset.startswith(LOT) else None

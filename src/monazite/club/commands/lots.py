"""Which lots does the club know, what do buyers need of them, and by which rules are they judged?

A lot is registered with its full record, sales beside auctions with it; both change title in the
ledger. What would let a lot, a receipt or a kilogram be used twice is refused as a whole.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from monazite.club import ledger
from monazite.club.commands.base import (
    LIST,
    MAP,
    NAME,
    TEXT,
    Ask,
    Command,
    Faults,
    Found,
    Now,
    check_member,
    checking,
    is_name,
)
from monazite.club.event import Event
from monazite.club.register import (
    evidence_of,
    judged,
    lot_in,
    papers,
    record_of,
    register_of,
    rules_of,
    titles,
    whereabouts,
)
from monazite.club.state import State

if TYPE_CHECKING:
    from monazite.club.content import Evidence
    from monazite.club.lots import Register

TYPE = "lots_registered"


def _register(now: Now, ask: Ask) -> Found:
    from monazite.club.lot_file import lots_of

    state, on = now.state, date.fromisoformat(now.time[:10])
    new = lots_of({"lots": ask["lots"], "sales": ask["sales"]}, known=state.lots)
    with checking(TYPE) as faults:
        for one, given in zip((*new.lots, *new.sales), (*ask["lots"], *ask["sales"]), strict=True):
            if record_of(one) != given:  # else one record could be stored in several ways
                faults.add("club_lot_record", "lots", given["id"])
        _new(faults, state, new, on)
    register = register_of([*state.lots.values(), *ask["lots"]], [*state.sales, *ask["sales"]])
    evidence = evidence_of(register)
    postings = titles(new.lots, new.sales, register)
    with checking(TYPE) as faults:
        _hold(faults, evidence)
        _there(faults, state, postings)
    verdicts = judged(evidence, [lot.id for lot in new.lots], rules_of(state), on)
    return {"postings": postings, "verdicts": verdicts}


def _new(faults: Faults, state: State, given: Register, on: date) -> None:
    """What is wrong with lots and sales for the club, each by itself."""
    if not given.lots and not given.sales:
        faults.add("club_no_lots_given", "lots")
    for lot in given.lots:
        if lot.id in state.lots:
            faults.add("club_lot_registered", "lots", lot.id)
        if lot.made > on:
            faults.add("club_lot_future", "made", lot.id, made=lot.made.isoformat())
        depositor = state.receipts.get(lot.receipt)
        if depositor not in (None, lot.holder):
            faults.add("club_receipt_twice", "receipt", lot.receipt, member=depositor)
    known = {one["id"] for one in state.sales}
    held = {(paper.lot, paper.holder) for paper in papers(state).values()}
    held.update((lot.id, lot.holder) for lot in given.lots if lot.receipt)
    for sale in given.sales:
        if sale.id in known:
            faults.add("club_sale_registered", "sales", sale.id)
        if not sale.receipt and (sale.lot, sale.seller) in held:
            faults.add("club_sale_paper", "receipt", sale.id)
        if sale.receipt in state.receipts:  # the metal lies in the club's own warehouse under it
            used = state.receipts[sale.receipt]
            faults.add("club_receipt_twice", "receipt", sale.receipt, member=used)
        if sale.on > on:
            faults.add("club_lot_future", "on", sale.id, made=sale.on.isoformat())
    holders = {lot.holder for lot in given.lots}
    holders.update(name for sale in given.sales for name in (sale.seller, sale.buyer))
    for name in sorted(holders):
        if not is_name(name):
            faults.add("club_ask_name", "holder", name)


def _hold(faults: Faults, evidence: Evidence) -> None:
    """The books hold with the new lots: no lot, receipt or kilogram of metal is used twice."""
    for one in evidence.breaches:
        faults.add("club_breach", "lots", ", ".join(one.lots), told=one.told())


def _there(faults: Faults, state: State, postings: Iterable[list]) -> None:
    """What is taken or sold is at its holder's disposal: not offered, not sold, not used."""
    net: dict[tuple[str, str], int] = {}
    for account, asset, amount in postings:
        net[account, asset] = net.get((account, asset), 0) + amount
    for (account, asset), amount in sorted(net.items()):
        has = ledger.balance(state.balances, account, asset)
        if account != ledger.OUTSIDE and has + amount < 0:
            lot_short(faults, state, asset, account.removeprefix("free/"), -amount, has)


def lot_short(faults: Faults, state: State, asset: str, member: str, need: int, has: int) -> None:
    """Add a fault for kilograms of a lot that a member does not dispose of."""
    lot = str(lot_in(asset))
    amounts = {"need": f"{need:,} kg", "has": f"{has:,} kg"}
    faults.add(
        "club_lot_short", "lot", lot, member=member, where=whereabouts(state, lot), **amounts
    )


def _registered(state: State, event: Event) -> None:
    for lot in event.ask["lots"]:
        state.lots[lot["id"]] = lot
    state.sales += event.ask["sales"]
    state.verdicts.update(event.found["verdicts"])


# --- what buyers need -----------------------------------------------------------------------------


def _need(now: Now, ask: Ask) -> Found:
    from monazite.club.lot_file import COUNTRY

    with checking("needs_filed") as faults:
        check_member(faults, now.state, ask["member"])
        if not COUNTRY.fullmatch(ask["country"]):
            faults.add("club_buyer_country", "country", ask["country"])
        for use in ask["uses"]:
            if not isinstance(use, str):
                faults.add("club_ask_text", "uses", use)
        check_needs(faults, "needs", rules_of(now.state), ask["needs"])
    return {}


def check_needs(faults: Faults, column: str, rules: Collection[str], needs: Any) -> None:
    """Add a fault for what is no list of [rule, always or in_force]."""
    from monazite.club.content.check import ALWAYS, IN_FORCE

    for need in needs if isinstance(needs, list | tuple) else [needs]:
        pair = isinstance(need, list | tuple) and len(need) == 2
        if not pair or need[0] not in rules or need[1] not in (ALWAYS, IN_FORCE):
            faults.add("club_buyer_need", column, need, known=", ".join(rules))


def _needed(state: State, event: Event) -> None:
    buys = {name: event.ask[name] for name in ("country", "uses", "needs")}
    state.members[event.ask["member"]]["buys"] = buys


# --- the club's own rules -------------------------------------------------------------------------


def _adopt(now: Now, ask: Ask) -> Found:
    from monazite.club.content.rule import rules_with

    with checking("rules_adopted") as faults:
        for name, text in ask["rules"].items():
            if not isinstance(text, str):
                faults.add("club_ask_text", name, text)
    found: Mapping[str, Any] = rules_with(ask["rules"])
    return {"versions": {name: rule.version for name, rule in found.items()}}


def _adopted(state: State, event: Event) -> None:
    state.rules = dict(event.ask["rules"])


_NEEDS = {"member": NAME, "country": TEXT, "uses": LIST, "needs": LIST}
COMMANDS = (
    Command(TYPE, {"lots": LIST, "sales": LIST}, _register, _registered),
    Command("needs_filed", _NEEDS, _need, _needed),
    Command("rules_adopted", {"rules": MAP}, _adopt, _adopted),
)

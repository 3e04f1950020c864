"""Who belongs to the club, and what have they brought?"""

from __future__ import annotations

from monazite.club import ledger
from monazite.club.commands.base import (
    COUNT,
    NAME,
    TEXT,
    Ask,
    Command,
    Faults,
    Found,
    Now,
    check_member,
    checking,
)
from monazite.club.event import Event
from monazite.club.ledger import LOT, MONEY, OUTSIDE, free
from monazite.club.orders import CLUB, STOCKPILE
from monazite.club.register import papers
from monazite.club.state import State

OWN = (CLUB, STOCKPILE)  # the club's own accounts, members of nobody's group


def _found(now: Now, ask: Ask) -> Found:
    with checking("club_founded") as faults:
        if now.state.club:
            faults.add("club_founded_twice", "name", ask["name"], known=now.state.club["name"])
    return {}


def _founded(state: State, event: Event) -> None:
    state.club = {"name": event.ask["name"], "since": event.time}
    for member in OWN:
        state.members[member] = {"group": member, "name": member, "since": event.time}


def _add(now: Now, ask: Ask) -> Found:
    with checking("member_added") as faults:
        if ask["member"] in now.state.members:
            faults.add("club_member_twice", "member", ask["member"])
        if ask["group"] in OWN:
            faults.add("club_own_group", "group", ask["group"])
    return {}


def _added(state: State, event: Event) -> None:
    ask = event.ask
    state.members[ask["member"]] = {
        "group": ask["group"],
        "name": ask["name"],
        "since": event.time,
    }


def _money_in(now: Now, ask: Ask) -> Found:
    with checking("money_in") as faults:
        check_member(faults, now.state, ask["member"])
        _fresh_reference(faults, now.state, ask)
    return {"postings": ledger.move(MONEY, ask["uusd"], OUTSIDE, free(ask["member"]))}


def _money_out(now: Now, ask: Ask) -> Found:
    with checking("money_out") as faults:
        _fresh_reference(faults, now.state, ask)
    return {"postings": _out(now, "money_out", ask["member"], MONEY, ask["uusd"])}


def _fresh_reference(faults: Faults, state: State, ask: Ask) -> None:
    """A bank's reference stands for one payment for ever, like a key; none given is not checked."""
    if ask["note"] in state.references:
        known = state.references[ask["note"]]
        faults.add("club_reference_twice", "reference", ask["note"], seq=known)


def _reference(state: State, event: Event) -> None:
    if event.ask["note"]:
        state.references.setdefault(event.ask["note"], event.seq)


def _out(now: Now, type: str, member: str, asset: str, amount: int) -> list[list]:
    with checking(type) as faults:
        check_member(faults, now.state, member)
        has = ledger.balance(now.state.balances, free(member), asset)
        if amount > has:
            need, here = ledger.told(asset, amount), ledger.told(asset, has)
            faults.add("club_short", "member", member, need=need, has=here)
    return ledger.move(asset, amount, free(member), OUTSIDE)


def _metal_in(now: Now, ask: Ask) -> Found:
    with checking("metal_in") as faults:
        check_member(faults, now.state, ask["member"])
        _fresh_receipt(faults, now.state, ask)
        _of_its_lot(faults, now.state, ask)
    return {"postings": ledger.move(ask["product"], ask["kg"], OUTSIDE, free(ask["member"]))}


def _metal_out(now: Now, ask: Ask) -> Found:
    with checking("metal_out") as faults:
        _fresh_receipt(faults, now.state, ask)
    return {"postings": _out(now, "metal_out", ask["member"], ask["product"], ask["kg"])}


def _fresh_receipt(faults: Faults, state: State, ask: Ask) -> None:
    if ask["product"] == MONEY or ask["product"].startswith(LOT):
        faults.add("club_not_metal", "product", ask["product"])
    if ask["receipt"] in state.receipts:
        faults.add(
            "club_receipt_twice", "receipt", ask["receipt"], member=state.receipts[ask["receipt"]]
        )


def _of_its_lot(faults: Faults, state: State, ask: Ask) -> None:
    """A receipt of a lot is lodged by who holds it, for no more than it stands for."""
    paper = papers(state).get(ask["receipt"])
    if paper is not None and (paper.holder != ask["member"] or ask["kg"] > paper.kg):
        told = {"lot": paper.lot, "holder": paper.holder or "–", "kg": f"{paper.kg:,}"}
        faults.add("club_receipt_of_lot", "receipt", ask["receipt"], **told)


def _receipt(state: State, event: Event) -> None:
    state.receipts[event.ask["receipt"]] = event.ask["member"]


_MONEY = {"member": NAME, "uusd": COUNT, "note": TEXT}
_METAL = {"member": NAME, "product": TEXT, "kg": COUNT, "receipt": NAME}
COMMANDS = (
    Command("club_founded", {"name": TEXT}, _found, _founded),
    Command("member_added", {"member": NAME, "group": NAME, "name": TEXT}, _add, _added),
    Command("money_in", _MONEY, _money_in, _reference),
    Command("money_out", _MONEY, _money_out, _reference),
    Command("metal_in", _METAL, _metal_in, _receipt),
    Command("metal_out", _METAL, _metal_out, _receipt),
)

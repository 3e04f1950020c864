"""How is an auction settled? proposed → funded → delivered → final; or a default in between.

Publishing proposes: it tells everybody what it owes and by when, frees the collateral of orders
that got nothing, and takes what a member owes where its collateral covers all of it. A member funds
all it owes at once and has its collateral back. When all have, one entry delivers metal against
money. Whoever has not funded by the deadline is closed out.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from monazite.club import ledger
from monazite.club.auction import legs_of, products_of, rows_of
from monazite.club.beside import (
    Row,
    beside,
    book,
    legs_in,
    losses,
    pledge_name,
    split,
    unbook,
)
from monazite.club.commands.base import (
    NAME,
    TIME,
    Ask,
    Command,
    Found,
    Now,
    auction_in,
    checking,
)
from monazite.club.event import Event
from monazite.club.ledger import MONEY, escrow, free
from monazite.club.register import offers, rows_of_shares, sales_of, shared_out, title_legs
from monazite.club.settlement import Owed, close_out, damages, due, gives
from monazite.club.state import State
from monazite.errors import InputError


def _publish(now: Now, ask: Ask) -> Found:
    auction = auction_in(now.state, "auction_published", ask["auction"], "cleared")
    with checking("auction_published") as faults:
        if "settlement" in auction:
            faults.add("club_published", "auction", ask["auction"])
        for product in auction["held"]:
            faults.add("club_held", "product", product)
        if ask["deadline"] <= now.time:
            faults.add("club_closes_past", "deadline", ask["deadline"], now=now.time)
    legs = legs_of(auction["legs"])
    filled = {(leg.member, leg.order) for leg in legs}
    rows = _beside(now, auction)
    filled |= {
        (member, pledge_name(row["contract"])) for row in rows for _, member, *_ in row["legs"]
    }
    postings: list[list] = []
    pledged: Owed = {}
    for account, asset, amount in ledger.under(now.state.balances, f"held/{ask['auction']}/"):
        member, order = account.split("/")[2:]
        if (member, order) in filled:
            assets = pledged.setdefault(member, {})
            assets[asset] = assets.get(asset, 0) + amount
        else:
            postings += ledger.move(asset, amount, account, free(member))
    shares = shared_out(legs, offers(now.state, auction))
    owed, there = due([*legs, *legs_in(rows), *title_legs(shares)]), set()
    for member, needs in gives(owed).items():
        if all(pledged.get(member, {}).get(asset, 0) >= need for asset, need in needs.items()):
            there.add(member)
            postings += _taken(now.state, ask["auction"], member, filled, needs)
    return {
        "owed": owed,
        "lots": rows_of_shares(shares),
        "beside": rows,
        "funded": there == set(gives(owed)),
        "postings": postings,
    }


def _beside(now: Now, auction: dict[str, Any]) -> list[Row]:
    with checking("auction_published") as faults:
        try:
            return beside(now.state, auction, date.fromisoformat(now.time[:10]))
        except InputError as error:
            faults.add("club_contract_refused", "contract", told=str(error))
    raise AssertionError("a fault was added")


def _taken(
    state: State, auction: str, member: str, filled: set[tuple[str, str]], needs: dict[str, int]
) -> list[list]:
    """All that a member owes, out of what it put up with its orders; the rest is free again."""
    postings: list[list] = []
    for account, asset, amount in ledger.under(state.balances, f"held/{auction}/{member}/"):
        if (member, account.split("/")[3]) in filled:
            postings += ledger.move(asset, amount, account, free(member))
    for asset, need in needs.items():
        postings += ledger.move(asset, need, free(member), escrow(auction, member))
    return postings


def _published(state: State, event: Event) -> None:
    rows = event.found.get("beside", [])
    book(state, event.ask["auction"], rows)
    state.auctions[event.ask["auction"]]["settlement"] = {
        "state": "funded" if event.found["funded"] else "proposed",
        "deadline": event.ask["deadline"],
        "owed": event.found["owed"],
        "lots": event.found.get("lots", []),
        "beside": rows,
        "defaults": [],
    }


def short(state: State, auction: str, owed: Owed) -> Owed:
    """What members still have to put up: what they owe less what is in their escrow."""
    found: Owed = {}
    for member, assets in gives(owed).items():
        account = escrow(auction, member)
        for asset, need in assets.items():
            missing = need - ledger.balance(state.balances, account, asset)
            if missing > 0:
                found.setdefault(member, {})[asset] = missing
    return found


def _settling(now: Now, type: str, auction: str, *states: str) -> dict[str, Any]:
    """The settlement of a published auction, in one of `states`. Raises InputError."""
    found = auction_in(now.state, type, auction, "cleared")
    settlement = found.get("settlement", {"state": "unpublished"})
    with checking(type) as faults:
        if settlement["state"] not in states:
            at, need = settlement["state"], ", ".join(states)
            faults.add("club_wrong_state", "auction", auction, now=at, need=need)
    return settlement


def _fund(now: Now, ask: Ask) -> Found:
    auction, member = ask["auction"], ask["member"]
    settlement = _settling(now, "settlement_funded", auction, "proposed")
    missing = short(now.state, auction, settlement["owed"])
    with checking("settlement_funded") as faults:
        if member not in missing:
            faults.add("club_owes_nothing", "member", member, auction=auction)
    postings = _released(now.state, auction, member)
    back: dict[str, int] = {}
    for account, asset, amount in postings:
        if account == free(member):
            back[asset] = back.get(asset, 0) + amount
    with checking("settlement_funded") as faults:
        for asset, need in sorted(missing[member].items()):
            has = ledger.balance(now.state.balances, free(member), asset)
            has += back.get(asset, 0)
            if need > has:
                short_of = {"need": ledger.told(asset, need), "has": ledger.told(asset, has)}
                faults.add("club_short", "member", member, **short_of)
            postings += ledger.move(asset, need, free(member), escrow(auction, member))
    return {"funded": set(missing) == {member}, "postings": postings}


def _released(state: State, auction: str, member: str) -> list[list]:
    """A member's collateral for an auction, back to it."""
    postings: list[list] = []
    for account, asset, amount in ledger.under(state.balances, f"held/{auction}/{member}/"):
        postings += ledger.move(asset, amount, account, free(member))
    return postings


def _funded(state: State, event: Event) -> None:
    if event.found["funded"]:
        state.auctions[event.ask["auction"]]["settlement"]["state"] = "funded"


def _default(now: Now, ask: Ask) -> Found:
    name = ask["auction"]
    settlement = _settling(now, "settlement_defaulted", name, "proposed")
    auction, state = now.state.auctions[name], now.state
    with checking("settlement_defaulted") as faults:
        if now.time < settlement["deadline"]:
            faults.add("club_too_early", "auction", name, closes=settlement["deadline"])
        if ask["deadline"] <= now.time:
            faults.add("club_closes_past", "deadline", ask["deadline"], now=now.time)
    out = sorted(short(state, name, settlement["owed"]))
    lots = {one.id: one.lot_kg for one in products_of(auction).values()}
    salt = auction["digest"]  # known to nobody before the close
    closed = close_out(legs_of(auction["legs"]), auction["prices"], out, lots=lots, salt=salt)
    pledged = {member: _pledged(state, name, member) for member in out}
    stay, gone = split(settlement.get("beside", ()), out)
    cuts = [*closed.cuts, *losses(gone, out)]
    shares = shared_out(closed.legs, offers(state, auction))
    paid = damages(cuts, pledged, salt=salt)
    owed = due([*closed.legs, *legs_in(stay), *title_legs(shares)])
    back = [posting for member in out for posting in _released(state, name, member)]
    return {
        "defaulters": out,
        "legs": rows_of(closed.legs),
        "lots": rows_of_shares(shares),
        "beside": stay,
        "gone": gone,
        "owed": owed,
        "cuts": [[c.order, c.member, c.product, c.kg, c.uusd] for c in cuts],
        "taken": paid.taken,
        "given": paid.given,
        "funded": not short(state, name, owed),
        "postings": [*back, *_paid(paid.taken, paid.given), *_refunded(state, name, owed)],
    }


def _pledged(state: State, auction: str, member: str) -> int:
    found = ledger.under(state.balances, f"held/{auction}/{member}/")
    return sum(amount for _, asset, amount in found if asset == MONEY)


def _paid(taken: dict[str, int], given: dict[str, int]) -> list[list]:
    """From the defaulters to those who were cut; the sums are equal."""
    return [
        *([free(member), MONEY, -amount] for member, amount in sorted(taken.items())),
        *([free(member), MONEY, amount] for member, amount in sorted(given.items())),
    ]


def _refunded(state: State, auction: str, owed: dict[str, dict[str, int]]) -> list[list]:
    """What was put up beyond what is owed after the cut, back to whom it belongs."""
    postings: list[list] = []
    needs = gives(owed)
    for account, asset, amount in ledger.under(state.balances, f"escrow/{auction}/"):
        member = str(ledger.owner(account))
        beyond = amount - needs.get(member, {}).get(asset, 0)
        postings += ledger.move(asset, beyond, account, free(member))
    return postings


def _defaulted(state: State, event: Event) -> None:
    found, auction = event.found, state.auctions[event.ask["auction"]]
    auction["legs"] = found["legs"]
    unbook(state, found.get("gone", ()))
    auction["settlement"].update(
        owed=found["owed"],
        lots=found.get("lots", []),
        beside=found.get("beside", []),
        deadline=event.ask["deadline"],
        state="funded" if found["funded"] else "proposed",
    )
    kept = ("defaulters", "cuts", "taken", "given")
    auction["settlement"]["defaults"].append({name: found[name] for name in kept})


def _deliver(now: Now, ask: Ask) -> Found:
    auction = ask["auction"]
    settlement = _settling(now, "settlement_delivered", auction, "funded")
    postings: list[list] = []
    for member, assets in settlement["owed"].items():
        for asset, amount in assets.items():
            account = free(member) if amount > 0 else escrow(auction, member)
            postings.append([account, asset, amount])
    # whoever had nothing to put up kept its collateral here until no default could make it owe
    for account, asset, amount in ledger.under(now.state.balances, f"held/{auction}/"):
        postings += ledger.move(asset, amount, account, free(str(ledger.owner(account))))
    return {"postings": postings}


def _delivered(state: State, event: Event) -> None:
    name = event.ask["auction"]
    settlement = state.auctions[name]["settlement"]
    settlement["state"] = "delivered"
    state.sales += sales_of(name, settlement.get("lots", ()), event.time[:10])


def _finish(now: Now, ask: Ask) -> Found:
    auction = ask["auction"]
    _settling(now, "settlement_final", auction, "delivered")
    with checking("settlement_final") as faults:
        for prefix in (f"held/{auction}/", f"escrow/{auction}/"):
            for account, asset, amount in ledger.under(now.state.balances, prefix):
                faults.add("club_left_over", account, ledger.told(asset, amount))
    return {}


def _finished(state: State, event: Event) -> None:
    """Orders stay in the journal; the state of a settled auction keeps what it came to."""
    auction = state.auctions[event.ask["auction"]]
    auction["settlement"]["state"] = "final"
    auction.update(state="settled", orders={}, book=auction["book"] | {"eligibility": []})


COMMANDS = (
    Command("auction_published", {"auction": NAME, "deadline": TIME}, _publish, _published),
    Command("settlement_funded", {"auction": NAME, "member": NAME}, _fund, _funded),
    Command("settlement_defaulted", {"auction": NAME, "deadline": TIME}, _default, _defaulted),
    Command("settlement_delivered", {"auction": NAME}, _deliver, _delivered),
    Command("settlement_final", {"auction": NAME}, _finish, _finished),
)

"""How do orders come in? Entered, amended and withdrawn until the close; the last one counts.

The collateral of an order is held from its entry. An amendment is the same id entered again: it
replaces the order, and the collateral is made up or given back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from monazite.club import ledger
from monazite.club.auction import KINDS, book_with, products_of, terms_of
from monazite.club.beside import PLEDGE
from monazite.club.collateral import pledge
from monazite.club.commands.base import (
    MAP,
    NAME,
    Ask,
    Command,
    Found,
    Now,
    auction_in,
    check_member,
    checking,
)
from monazite.club.commands.lots import lot_short
from monazite.club.event import Event
from monazite.club.ledger import free, held
from monazite.club.register import lot_in
from monazite.club.state import State


def _place(now: Now, ask: Ask) -> Found:
    auction = auction_in(now.state, "order_placed", ask["auction"], "open")
    kind, given = ask["kind"], dict(ask["entry"])
    order, member = str(given.get("id", "")), str(given.get("member", ""))
    with checking("order_placed") as faults:
        if auction["closes"] is not None and now.time >= auction["closes"]:
            faults.add("club_too_late", "auction", ask["auction"], closes=auction["closes"])
        if kind not in KINDS:
            faults.add("club_kind", "kind", kind, known=", ".join(KINDS))
        check_member(faults, now.state, member)
        for name in ("group", "revision", "cancelled"):
            if name in given:
                faults.add("club_not_yours", name, given[name])
        known = auction["orders"].get(order)
        if (
            "/" in order
            or order.startswith(PLEDGE)
            or (known is not None and (known["member"], known["kind"]) != (member, kind))
        ):
            faults.add("club_taken", "id", order)
    group = now.state.members[member]["group"]
    entry = book_with(auction, kind, [given | {"group": group}])[0]
    needs = _pledge(auction, ask["auction"], entry) | _offered(now.state, auction, entry)
    postings = put_up(now, "order_placed", ask["auction"], member, order, needs)
    return {"group": group, "pledge": needs, "postings": postings}


def _pledge(auction: dict[str, Any], name: str, entry: Any) -> dict[str, int]:
    with checking("order_placed") as faults:
        try:
            return pledge(entry, products_of(auction), terms_of(auction))
        except KeyError as error:
            faults.add("club_no_price", "product", error.args[0], auction=name)
    raise AssertionError("a fault was added")


def _offered(state: State, auction: dict[str, Any], entry: Any) -> dict[str, int]:
    """The title that an ask of a lot puts up, in kg. Raises InputError."""
    lot = getattr(entry, "lot", "")
    if getattr(entry, "side", "") != "ask":
        return {}
    if not lot:
        with checking("order_placed") as faults:
            terms = terms_of(auction)
            if terms.named or entry.product in terms.promises:
                faults.add("club_lot_needed", "lot", entry.id)
        return {}
    product = products_of(auction)[entry.product]
    with checking("order_placed") as faults:
        if lot not in state.lots:
            faults.add("club_lot_unknown", "lot", lot)
        elif state.lots[lot]["material"] != product.material:
            made_of = state.lots[lot]["material"]
            faults.add("club_lot_material", "lot", lot, found=made_of, need=product.material)
    return {ledger.title(lot): entry.lots * product.lot_kg}


def put_up(
    now: Now, type: str, auction: str, member: str, order: str, needs: Mapping[str, int]
) -> list[list]:
    """The postings that bring what an order has put up to `needs`. Raises InputError."""
    balances, account = now.state.balances, held(auction, member, order)
    postings: list[list] = []
    with checking(type) as faults:
        for asset in sorted({*needs, *balances.get(account, ())}):
            more = needs.get(asset, 0) - ledger.balance(balances, account, asset)
            has = ledger.balance(balances, free(member), asset)
            if more > has and lot_in(asset) is not None:
                lot_short(faults, now.state, asset, member, more, has)
            elif more > has:
                told = {"need": ledger.told(asset, more), "has": ledger.told(asset, has)}
                faults.add("club_collateral", "id", order, member=member, **told)
            postings += ledger.move(asset, more, free(member), account)
    return postings


def _placed(state: State, event: Event) -> None:
    ask, found = event.ask, event.found
    entry = {**ask["entry"], "group": found["group"]}
    orders = state.auctions[ask["auction"]]["orders"]
    orders[entry["id"]] = {"kind": ask["kind"], "member": entry["member"], "entry": entry}


def _cancel(now: Now, ask: Ask) -> Found:
    auction = auction_in(now.state, "order_cancelled", ask["auction"], "open")
    known = auction["orders"].get(ask["order"])
    with checking("order_cancelled") as faults:
        if auction["closes"] is not None and now.time >= auction["closes"]:
            faults.add("club_too_late", "auction", ask["auction"], closes=auction["closes"])
        if known is None or known["member"] != ask["member"]:
            faults.add("club_no_order", "order", ask["order"], member=ask["member"])
    return {
        "postings": put_up(now, "order_cancelled", ask["auction"], ask["member"], ask["order"], {})
    }


def _cancelled(state: State, event: Event) -> None:
    del state.auctions[event.ask["auction"]]["orders"][event.ask["order"]]


COMMANDS = (
    Command("order_placed", {"auction": NAME, "kind": NAME, "entry": MAP}, _place, _placed),
    Command(
        "order_cancelled", {"auction": NAME, "member": NAME, "order": NAME}, _cancel, _cancelled
    ),
)

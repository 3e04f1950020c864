"""How does an auction go from a draft to its results? draft → open → closed → cleared, or void.

Two persons from members of different owners release a price that is held, or call an auction off.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from monazite.club import ledger
from monazite.club.auction import (
    DIGEST,
    OURS,
    book_at,
    committed,
    held_in,
    prices_of,
    rows_of,
    rules_with,
)
from monazite.club.beside import unbook
from monazite.club.canonical import canonical, digest
from monazite.club.collateral import MILLION, Terms
from monazite.club.commands.base import (
    MAP,
    MAYBE_TIME,
    NAME,
    TEXT,
    Ask,
    Command,
    Faults,
    Found,
    Now,
    auction_in,
    check_member,
    checking,
)
from monazite.club.commands.lots import check_needs
from monazite.club.commands.members import OWN
from monazite.club.event import Event
from monazite.club.ledger import LOT, free
from monazite.club.register import at_close, rules_of, with_rows
from monazite.club.settlement import unbalanced
from monazite.club.state import State

OVERRIDES = ("release", "void")
LEAST, MOST = 20_000, MILLION  # collateral rates, millionths


def _draft(now: Now, ask: Ask) -> Found:
    from monazite.club.reading import book_of

    with checking("auction_drafted") as faults:
        if ask["auction"] in now.state.auctions:
            faults.add("club_auction_twice", "auction", ask["auction"])
        for name in sorted(set(ask["book"]) - {"auction", *OURS}):
            faults.add("club_not_in_draft", name)
        if ask["book"].get("auction") != ask["auction"]:
            faults.add("club_other_auction", "auction", ask["book"].get("auction"))
        if not DIGEST.fullmatch(str(ask["rules"].get("commitment"))):
            faults.add("club_commitment", "commitment", ask["rules"].get("commitment"))
        _check_terms(faults, ask["terms"])
    book = book_of(ask["book"])
    with checking("auction_drafted") as faults:
        for product in book.products:
            if product.id.startswith(LOT):
                faults.add("club_not_metal", "products", product.id)
        _check_promises(faults, now.state, ask["terms"], {one.id for one in book.products})
        for buyer in book.purchases:
            check_member(faults, now.state, buyer.member)
        for seller in book.releases:
            check_member(faults, now.state, seller.member)
    return {}


def _check_terms(faults: Faults, terms: Mapping[str, Any]) -> None:
    for name in ("bid_ppm", "ask_ppm"):
        rate = terms.get(name)
        if not isinstance(rate, int) or not LEAST <= rate <= MOST:
            faults.add("club_rate", name, rate, least=LEAST, most=MOST)
    flags = ("backed", "named")
    for name in sorted({*terms, "backed"} - {"bid_ppm", "ask_ppm", "promises"}):
        if name not in flags or not isinstance(terms.get(name), bool):
            faults.add("club_terms", name, terms.get(name), known=", ".join(vars(Terms())))


def _check_promises(
    faults: Faults, state: State, terms: Mapping[str, Any], products: Collection[str]
) -> None:
    promises = terms.get("promises", {})
    if not isinstance(promises, Mapping):
        faults.add("club_terms", "promises", promises, known=", ".join(vars(Terms())))
        return
    for product, needs in promises.items():
        if product not in products:
            faults.add("club_contract_product", "promises", product)
        check_needs(faults, "promises", rules_of(state), needs)


def _drafted(state: State, event: Event) -> None:
    ask = event.ask
    state.auctions[ask["auction"]] = {
        "state": "draft",
        "book": {name: ask["book"].get(name, []) for name in OURS} | {"auction": ask["auction"]},
        "rules": ask["rules"],
        "terms": ask["terms"],
        "closes": None,
        "orders": {},
        "votes": {},
    }


def _open(now: Now, ask: Ask) -> Found:
    auction_in(now.state, "auction_opened", ask["auction"], "draft")
    with checking("auction_opened") as faults:
        if ask["closes"] is not None and ask["closes"] <= now.time:
            faults.add("club_closes_past", "closes", ask["closes"], now=now.time)
    return {}


def _opened(state: State, event: Event) -> None:
    state.auctions[event.ask["auction"]].update(state="open", closes=event.ask["closes"])


def _close(now: Now, ask: Ask) -> Found:
    auction = auction_in(now.state, "auction_closed", ask["auction"], "open")
    with checking("auction_closed") as faults:
        if auction["closes"] is not None and now.time < auction["closes"]:
            faults.add("club_too_early", "auction", ask["auction"], closes=auction["closes"])
    on = date.fromisoformat((auction["closes"] or now.time)[:10])  # not when somebody gets to it
    return {"orders": len(auction["orders"]), **at_close(now.state, auction, on)}


def _closed(state: State, event: Event) -> None:
    auction, found = state.auctions[event.ask["auction"]], event.found
    auction["state"] = "closed"
    state.verdicts.update(found.get("verdicts", {}))
    if "eligibility" in found:
        book = auction["book"]
        rows = with_rows(book["eligibility"], found["eligibility"])
        auction["book"] = book | {"eligibility": rows}


def _clear(now: Now, ask: Ask) -> Found:
    auction = auction_in(now.state, "auction_cleared", ask["auction"], "closed")
    with checking("auction_cleared") as faults:
        if not committed(auction, ask["secret"]):
            faults.add("club_secret", "secret")
    clearing = now.clear(book_at(auction), rules_with(auction, ask["secret"]))
    with checking("auction_cleared") as faults:
        for asset, left in unbalanced(clearing.legs).items():
            faults.add("club_unbalanced", "legs", asset, left=left)
    record = canonical(clearing.record)
    return {
        "record": clearing.record,
        "proof": clearing.proof,
        "digest": digest(record),
        "legs": rows_of(clearing.legs),
        "prices": prices_of(clearing),
        "held": held_in(clearing),
    }


def _cleared(state: State, event: Event) -> None:
    found = event.found
    kept = {name: found[name] for name in ("digest", "legs", "prices", "held")}
    state.auctions[event.ask["auction"]].update(state="cleared", **kept)


def _override(now: Now, ask: Ask) -> Found:
    state = now.state
    auction = auction_in(
        state, "override_given", ask["auction"], "draft", "open", "closed", "cleared"
    )
    with checking("override_given") as faults:
        if ask["what"] not in OVERRIDES:
            faults.add("club_override", "what", ask["what"], known=", ".join(OVERRIDES))
        if not ask["reason"].strip():
            faults.add("club_no_reason", "reason")
        check_member(faults, state, ask["member"])
        if ask["member"] in OWN:
            faults.add("club_own_person", "member", ask["member"])
        if auction.get("settlement", {}).get("state") == "delivered":
            faults.add("club_delivered", "auction", ask["auction"])
        if ask["what"] == "release" and not auction.get("held"):
            faults.add("club_not_held", "auction", ask["auction"])
    votes = auction["votes"].get(ask["what"], [])
    group = state.members[ask["member"]]["group"]
    with checking("override_given") as faults:
        for vote in votes:
            if vote["by"] == ask["by"] or vote["group"] == group:
                faults.add("club_same_person", "by", ask["by"], first=vote["by"])
    done = bool(votes)
    postings = _give_back(state, ask["auction"]) if done and ask["what"] == "void" else []
    return {"group": group, "done": done, "postings": postings}


def _give_back(state: State, auction: str) -> list[list]:
    """Everything held or put up for an auction, back to whom it belongs."""
    postings: list[list] = []
    for prefix in (f"held/{auction}/", f"escrow/{auction}/"):
        for account, asset, amount in ledger.under(state.balances, prefix):
            postings += ledger.move(asset, amount, account, free(str(ledger.owner(account))))
    return postings


def _overridden(state: State, event: Event) -> None:
    ask, auction = event.ask, state.auctions[event.ask["auction"]]
    vote = {name: ask[name] for name in ("by", "member", "reason")}
    vote |= {"group": event.found["group"], "time": event.time}
    auction["votes"].setdefault(ask["what"], []).append(vote)
    if event.found["done"]:
        if ask["what"] == "release":
            auction["held"] = []
        else:
            auction["state"] = "void"
            unbook(state, auction.get("settlement", {}).get("beside", ()))


COMMANDS = (
    Command(
        "auction_drafted",
        {"auction": NAME, "book": MAP, "rules": MAP, "terms": MAP},
        _draft,
        _drafted,
    ),
    Command("auction_opened", {"auction": NAME, "closes": MAYBE_TIME}, _open, _opened),
    Command("auction_closed", {"auction": NAME}, _close, _closed),
    Command("auction_cleared", {"auction": NAME, "secret": TEXT}, _clear, _cleared),
    Command(
        "override_given",
        {"auction": NAME, "what": NAME, "by": NAME, "member": NAME, "reason": TEXT},
        _override,
        _overridden,
    ),
)

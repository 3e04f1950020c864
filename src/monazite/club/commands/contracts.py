"""Which contracts does the club hold, how much of each is called, and what is left owed?

A contract is filed once. A call says before the close how many kilograms of it settle with an
auction, and both parties put up collateral. What a year's minimum leaves owed is a debt, which is
settled with the next auction that is published.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from monazite.club.auction import products_of, terms_of
from monazite.club.beside import contract_of, pledge_name, unsettled
from monazite.club.collateral import MILLION
from monazite.club.commands.base import (
    COUNT,
    FLAG,
    MAP,
    MAYBE_COUNT,
    NAME,
    NATURAL,
    Ask,
    Command,
    Faults,
    Found,
    Now,
    auction_in,
    check_member,
    checking,
)
from monazite.club.commands.orders import put_up
from monazite.club.contracts.base import Account, Contract
from monazite.club.contracts.booked import booked
from monazite.club.contracts.filing import account_in, contract_in
from monazite.club.contracts.filing import terms_of as written
from monazite.club.event import Event
from monazite.club.ledger import MONEY
from monazite.club.state import State
from monazite.errors import InputError


def _file(now: Now, ask: Ask) -> Found:
    with checking("contract_filed") as faults:
        if ask["contract"] in now.state.contracts:
            faults.add("club_contract_filed", "contract", ask["contract"])
    if written(ask["contract"], ask["terms"]) != ask["terms"]:
        with checking("contract_filed") as faults:
            faults.add("club_contract_record", "terms", ask["contract"])
    contract = contract_in(ask["contract"], ask["terms"])
    with checking("contract_filed") as faults:
        for member in contract.parties:
            check_member(faults, now.state, member)
    account = account_in(ask["contract"], ask["terms"], int(now.time[:4]))
    return {"account": asdict(account)}


def _filed(state: State, event: Event) -> None:
    # copies, because accounts and debts go on changing and an event does not
    account = dict(event.found["account"])
    known = {"terms": event.ask["terms"], "account": account, "debts": []}
    state.contracts[event.ask["contract"]] = known


def _known(faults: Faults, state: State, contract: str) -> None:
    if contract not in state.contracts:
        faults.add("club_no_contract", "contract", contract)


# --- calls ----------------------------------------------------------------------------------------


def _call(now: Now, ask: Ask) -> Found:
    type, name = "contract_called", ask["contract"]
    auction = auction_in(now.state, type, ask["auction"], "draft", "open")
    with checking(type) as faults:
        _known(faults, now.state, name)
        if auction["closes"] is not None and now.time >= auction["closes"]:
            faults.add("club_too_late", "auction", ask["auction"], closes=auction["closes"])
    contract, products = contract_of(now.state, name), products_of(auction)
    with checking(type) as faults:
        if contract.product not in products:
            faults.add("club_contract_product", "product", contract.product)
    reference = products[contract.product].reference
    with checking(type) as faults:
        if ask["kg"]:
            _try(faults, now, ask, contract, reference)
    terms = terms_of(auction)
    postings: list[list] = []
    pledge: dict[str, int] = {}
    for member, rate in zip(contract.parties, (terms.ask_ppm, terms.bid_ppm), strict=True):
        pledge[member] = -(-ask["kg"] * contract.stake(reference or 0) * rate // MILLION)
        needs = {MONEY: pledge[member]}
        postings += put_up(now, type, ask["auction"], member, pledge_name(name), needs)
    return {"pledge": pledge, "postings": postings}


def _try(faults: Faults, now: Now, ask: Ask, contract: Contract, reference: int | None) -> None:
    """Would the terms allow this call today, at the reference price (any price without one)?"""
    market = 1 if reference is None else reference
    account = Account(**now.state.contracts[contract.id]["account"])
    on = date.fromisoformat(now.time[:10])
    try:
        booked(contract, on, ask["kg"], None, market, account, make_up=ask["make_up"])
    except InputError as error:
        faults.add("club_contract_refused", "contract", contract.id, told=str(error))


def _called(state: State, event: Event) -> None:
    ask = event.ask
    calls = state.auctions[ask["auction"]].setdefault("calls", {})
    calls.pop(ask["contract"], None)
    if ask["kg"]:
        calls[ask["contract"]] = {"kg": ask["kg"], "make_up": ask["make_up"]}


# --- the end of a year ----------------------------------------------------------------------------


def _end_year(now: Now, ask: Ask) -> Found:
    type, name = "contract_year_ended", ask["contract"]
    with checking(type) as faults:
        _known(faults, now.state, name)
    contract, account = contract_of(now.state, name), _account(now.state, name)
    with checking(type) as faults:
        if ask["year"] != account.year:
            faults.add("club_contract_other_year", "year", ask["year"], year=account.year)
        elif account.year >= int(now.time[:4]):
            faults.add("club_contract_year_runs", "contract", name, year=account.year)
        if (auction := unsettled(now.state, name)) is not None:
            faults.add("club_contract_unsettled", "contract", name, auction=auction)
    with checking(type) as faults:
        try:
            done = contract.year_end(ask["market"], account, ask["output_kg"])
        except InputError as error:
            faults.add("club_contract_refused", "contract", name, told=str(error))
    debts = [
        {"year": account.year, "debtor": one.debtor, "creditor": one.creditor, "uusd": one.uusd}
        | {"product": one.product, "make_up_kg": one.make_up_kg, "auction": None}
        for one in done.debts
    ]
    return {"account": asdict(done.account), "debts": debts}


def _account(state: State, contract: str) -> Account:
    return Account(**state.contracts[contract]["account"])


def _year_ended(state: State, event: Event) -> None:
    known: dict[str, Any] = state.contracts[event.ask["contract"]]
    known["account"] = dict(event.found["account"])
    known["debts"] += [dict(debt) for debt in event.found["debts"]]


COMMANDS = (
    Command("contract_filed", {"contract": NAME, "terms": MAP}, _file, _filed),
    Command(
        "contract_called",
        {"contract": NAME, "auction": NAME, "kg": NATURAL, "make_up": FLAG},
        _call,
        _called,
    ),
    Command(
        "contract_year_ended",
        {"contract": NAME, "year": COUNT, "market": MAYBE_COUNT, "output_kg": NATURAL},
        _end_year,
        _year_ended,
    ),
)

"""Which contracts settle beside an auction, what do they move, and what if a party defaults?

Pure functions of the state. A row tells what one call, or one debt of a year that has ended, moves
in an auction's settlement: its legs, and the contract's account before and after. Rows are settled
with the auction as one; who does not fund takes its contracts out with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from monazite.club.auction import legs_of, products_of, rows_of
from monazite.club.contracts.base import Account, Contract, Debt, settle_debt
from monazite.club.contracts.booked import booked
from monazite.club.contracts.filing import contract_in
from monazite.club.contracts.two_step import DEVIATION
from monazite.club.orders import Leg
from monazite.club.settlement import Cut
from monazite.club.state import State
from monazite.errors import InputError

Row = dict[str, Any]
PLEDGE = "contract "  # what a call's collateral is named by; no order's id begins so
TALLY = ("taken_kg", "returned_uusd", "made_up_kg")  # what a call adds to


def contract_of(state: State, id: str) -> Contract:
    """A contract that the club holds."""
    return contract_in(id, state.contracts[id]["terms"])


def pledge_name(contract: str) -> str:
    """Under which name a call's collateral is held, as orders' is under their ids."""
    return f"{PLEDGE}{contract}"


def beside(state: State, auction: Mapping[str, Any], on: date) -> list[Row]:
    """The rows of an auction that settles on a day: its calls, then every debt that is open.

    A call that the terms do not allow on that day, or that needs a price where there is none, has
    no legs and says why. Raises InputError where the account is of another year.
    """
    calls = sorted(auction.get("calls", {}).items())
    rows = [_call(state, auction, id, one, on) for id, one in calls]
    for id, known in sorted(state.contracts.items()):
        for at, debt in enumerate(known["debts"]):
            if debt["auction"] is None:
                rows.append({"contract": id, "debt": at, "legs": rows_of(_owed(id, debt))})
    return rows


def _call(
    state: State, auction: Mapping[str, Any], id: str, call: Mapping[str, Any], on: date
) -> Row:
    contract = contract_of(state, id)
    price = auction["prices"].get(contract.product)
    reference = products_of(auction)[contract.product].reference
    account = Account(**state.contracts[id]["account"])
    row = {"contract": id, "kg": call["kg"], "make_up": call["make_up"], "price": price}
    row |= {"market": reference if price is None else price, "before": asdict(account)}
    row |= {"after": asdict(account), "legs": [], "lapsed": ""}
    if not contract.first <= on <= contract.last:
        return row | {"lapsed": "over"}
    try:
        done = booked(contract, on, call["kg"], price, reference, account, make_up=call["make_up"])
    except InputError:
        if account.year != on.year:
            raise
        return row | {"lapsed": "no_price" if row["market"] is None else "terms"}
    return row | {"legs": rows_of(done.legs), "after": asdict(done.account)}


def _owed(contract: str, debt: Mapping[str, Any]) -> list[Leg]:
    parties = (debt["debtor"], debt["creditor"], debt["product"])
    return settle_debt(Debt(f"{contract}/{debt['year']}", *parties, debt["uusd"]))


def legs_in(rows: Iterable[Row]) -> list[Leg]:
    """The legs of rows; they sum to zero row by row."""
    return [leg for row in rows for leg in legs_of(row["legs"])]


def split(rows: Iterable[Row], out: Collection[str]) -> tuple[list[Row], list[Row]]:
    """Rows that stay, and rows of whoever is out."""
    stay: list[Row] = []
    gone: list[Row] = []
    for row in rows:
        hit = any(leg[1] in out for leg in row["legs"])
        (gone if hit else stay).append(row)
    return stay, gone


def losses(rows: Iterable[Row], out: Collection[str]) -> list[Cut]:
    """What parties to the rows of defaulters lose: the value of their legs at the market price.

    A debt is not lost: it stays owed.
    """
    found = []
    for row in rows:
        if "debt" in row:
            continue
        worth: dict[str, int] = {}
        for leg in legs_of(row["legs"]):
            worth[leg.member] = worth.get(leg.member, 0) + leg.uusd + leg.kg * (row["market"] or 0)
        product = row["legs"][0][2]
        found += [
            Cut(row["contract"], member, product, 0, value)
            for member, value in sorted(worth.items())
            if value > 0 and member not in out
        ]
    return found


def part_of(row: Row, leg: Leg) -> str:
    """What a leg of a row is: quantity, deviation, payment (a give-back, a difference), debt."""
    if "debt" in row:
        return "debt"
    if leg.order.endswith(DEVIATION):
        return "deviation"
    return "quantity" if leg.kg else "payment"


# --- what a settlement leaves in the state --------------------------------------------------------


def book(state: State, name: str, rows: Iterable[Row]) -> None:
    """Count rows in their contracts' accounts and mark their debts as settled in an auction."""
    for row in rows:
        known = state.contracts[row["contract"]]
        if "debt" in row:
            known["debts"][row["debt"]]["auction"] = name
        else:
            _tally(known["account"], row, 1)


def unbook(state: State, rows: Iterable[Row]) -> None:
    """Take rows that will not be settled out again."""
    for row in rows:
        known = state.contracts[row["contract"]]
        if "debt" in row:
            known["debts"][row["debt"]]["auction"] = None
        else:
            _tally(known["account"], row, -1)


def _tally(account: dict[str, int], row: Row, sign: int) -> None:
    for name in TALLY:
        account[name] += sign * (row["after"][name] - row["before"][name])


def unsettled(state: State, contract: str) -> str | None:
    """An auction that is published and not delivered, and settles a contract."""
    for name, auction in sorted(state.auctions.items()):
        settlement = auction.get("settlement", {})
        waits = auction["state"] == "cleared" and settlement.get("state") in ("proposed", "funded")
        if waits and any(row["contract"] == contract for row in settlement.get("beside", ())):
            return name
    return None

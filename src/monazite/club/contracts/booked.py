"""What does a contract move beside an auction? Its own settlement, and its metal back at the price.

A call of Q kg settles as the contract says at the auction's price p. What of it moves metal moves
back at p, because the same kilograms are sold and bought in the auction: so each party ends with
the metal that the auction gave it, Q at the contract's terms, and only the deviation at p. Where
the auction made no price, the reference stands for the market, and the contract is delivered as
such.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from monazite.club.contracts.base import Account, Contract, Settlement
from monazite.club.contracts.two_step import DEVIATION
from monazite.club.orders import Leg


def booked(
    contract: Contract,
    on: date,
    kg: int,
    price: int | None,
    market: int | None,
    account: Account,
    *,
    make_up: bool = False,
) -> Settlement:
    """Legs, debts and account of a call at an auction's price, or at a market price without one.

    With `make_up` the call is for metal that was paid for before. Raises InputError as the contract
    does.
    """
    act = contract.made_up_at if make_up else contract.at
    done = act(on, kg, market if price is None else price, account)
    return Settlement((*done.legs, *deviation(done.legs, price)), done.account, done.debts)


def deviation(legs: Iterable[Leg], price: int | None) -> tuple[Leg, ...]:
    """The metal of legs back at a price; nothing where there is none."""
    if price is None:
        return ()
    return tuple(
        Leg(leg.order + DEVIATION, leg.member, leg.product, -leg.kg, leg.kg * price)
        for leg in legs
        if leg.kg
    )

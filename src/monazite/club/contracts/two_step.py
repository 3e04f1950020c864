"""How do contracts settle beside an auction? Only what deviates from them at the auction price.

An auction's legs settle all that its members sold and bought in it at the clearing price p. A
contract over Q kg at price c between two of them adds four legs: Q at c from seller to buyer, and Q
at p back. So each ends with the metal that the auction gave it, with Q settled at c, and only the
deviation (fill less contract quantity) at p. All sums stay zero. Who has not traded at all has sold
or bought back its contract at p. Where the auction made no price, contracts are delivered as such.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from monazite.club.contracts.base import deliver
from monazite.club.orders import Leg

DEVIATION = "/deviation"  # marks the legs that take a contract quantity out of the auction's price


@dataclass(frozen=True)
class Contracted:
    """A contract's quantity in one auction, at the contract's price (uUSD/kg)."""

    contract: str
    seller: str
    buyer: str
    product: str
    kg: int
    price: int


def two_step(
    auction: Iterable[Leg], contracted: Iterable[Contracted], prices: Mapping[str, int | None]
) -> list[Leg]:
    """The auction's legs with those of the contracts; `prices` are the clearing prices."""
    legs = list(auction)
    for one in contracted:
        legs += deliver(one.contract, one.product, one.seller, one.buyer, one.kg, one.price)
        price = prices.get(one.product)
        if price is not None:
            back = one.contract + DEVIATION
            legs += deliver(back, one.product, one.buyer, one.seller, one.kg, price)
    return legs


def deviations(legs: Iterable[Leg], contracts: Iterable[str]) -> dict[tuple[str, str], int]:
    """(member, product) -> kg that settle at the auction price: fill less contract quantity."""
    own = set(contracts)
    found: dict[tuple[str, str], int] = {}
    for leg in legs:
        if leg.order not in own:
            key = leg.member, leg.product
            found[key] = found.get(key, 0) + leg.kg
    return found

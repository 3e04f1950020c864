"""How much must a member put up when it enters an order? A part of the order's notional.

    bid, first refusal   lots · lot_kg · limit                          at the rate for bids
    ask                  lots · lot_kg · max(limit, reference, floor)   at the rate for asks
    conversion           runs · max(Σ inputs · price, Σ outputs · price)     at the rate for asks
    freight              cap_kg · max(price at origin, at destination)       at the rate for asks

where price is the reference, else the floor, else the top of the band. Rounded up to the
micro-dollar. A limit below zero counts as nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from monazite.club.ledger import MONEY
from monazite.club.orders import Arc, Conversion, Order, Product, Refusal

MILLION = 1_000_000
Entry = Order | Conversion | Arc | Refusal


@dataclass(frozen=True)
class Terms:
    """Collateral in millionths of the notional; ``backed`` asks put up their metal instead.

    The defaults of 10 % are assumptions, as are the limits of use, 2 % to 100 %: margins of metal
    exchanges are within them. At 100 % of bids nobody can fail to pay; where asks are backed,
    nobody can offer what it does not have. ``named`` asks name a lot that the club knows, so that
    metal is never sold without its title. ``promises`` gives products the rules that every lot in
    them must meet, as [rule, when]; their asks name lots too.
    """

    bid_ppm: int = 100_000
    ask_ppm: int = 100_000
    backed: bool = False
    named: bool = False
    promises: Mapping[str, Sequence[Sequence[str]]] = field(default_factory=dict)


def pledge(entry: Entry, products: Mapping[str, Product], terms: Terms) -> dict[str, int]:
    """What an order has to put up: micro-dollars, or the metal of a backed ask.

    Raises KeyError(product) where a conversion or freight meets a product without any price.
    """
    if terms.backed and isinstance(entry, Order) and entry.side == "ask":
        return {entry.product: entry.lots * products[entry.product].lot_kg}
    return {MONEY: hold(entry, products, terms)}


def hold(entry: Entry, products: Mapping[str, Product], terms: Terms) -> int:
    """The collateral of an order, micro-dollars. Raises KeyError(product) without any price."""
    buys = isinstance(entry, Refusal) or (isinstance(entry, Order) and entry.side == "bid")
    rate = terms.bid_ppm if buys else terms.ask_ppm
    return -(-notional(entry, products) * rate // MILLION)


def notional(entry: Entry, products: Mapping[str, Product]) -> int:
    """The value at stake in an order, micro-dollars. Raises KeyError(product) without any price."""
    if isinstance(entry, Order | Refusal):
        product = products[entry.product]
        prices = [entry.limit, 0]
        if isinstance(entry, Order) and entry.side == "ask":
            prices += [product.reference or 0, product.floor or 0]
        return entry.lots * product.lot_kg * max(prices)
    if isinstance(entry, Conversion):
        sides = (_value(side, products) for side in (entry.inputs, entry.outputs))
        return entry.runs * max(sides)
    ends = (_value([(end, 1)], products) for end in (entry.origin, entry.destination))
    return entry.cap_kg * max(ends)


def _value(recipe: Iterable[tuple[str, int]], products: Mapping[str, Product]) -> int:
    return sum(kg * _price(products[name]) for name, kg in recipe)


def _price(product: Any) -> int:
    top = None if product.band is None else product.band[1]
    for price in (product.reference, product.floor, top):
        if price is not None:
            return max(price, 0)
    raise KeyError(product.id)

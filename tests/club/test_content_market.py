"""Do verdicts reach an auction, and do contracts settle beside it? The shipped lots, cleared."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from monazite.club import content
from monazite.club.clearing import clear
from monazite.club.contracts import Contracted, deviations, two_step, unbalanced
from monazite.club.lot_file import read_lots
from monazite.club.orders import Book, Clearing, Order, Product, Rules

USD = 1_000_000
FORT, BAOTOU = "EX-FORT-MAG-1", "EX-BAOTOU-MAG-1"
BUYERS = (
    content.Buyer("Navy", "USA", needs=(content.Need("dfars_step"), content.Need("ownership"))),
    content.Buyer("Plant", "JPN"),
)
PRODUCTS = tuple(
    Product(name, "magnet_standard", "JPN", lot_kg=1000, tick=USD, reference=price * USD)
    for name, price in (("free", 80), ("any", 60))
)


def order(
    id: str, member: str, side: Any, product: str, lots: int, usd: int, lot: str = ""
) -> Order:
    return Order(id, member, member, side, product, lots, usd * USD, lot=lot)


ORDERS = (
    order("a1", "Fort", "ask", "free", 150, 70, FORT),
    order("a2", "Baotou", "ask", "any", 200, 45, BAOTOU),
    order("b1", "Navy", "bid", "free", 50, 95),
    order("b2", "Navy", "bid", "any", 50, 95),
    order("b3", "Plant", "bid", "free", 100, 85),
    order("b4", "Plant", "bid", "any", 50, 65),
)


@pytest.fixture(scope="module")
def cleared() -> Clearing:
    evidence = content.Evidence(read_lots("example"))
    day = date(2027, 1, 1)
    found = content.eligibility(evidence, [FORT, BAOTOU], BUYERS, content.rules(), day)
    book = Book("x", PRODUCTS, orders=ORDERS, eligibility=content.rows(found))
    return clear(book, Rules("1", "secret"))


def taken(cleared: Clearing) -> dict[tuple[str, str], int]:
    return {(leg.member, leg.product): leg.kg for leg in cleared.legs}


def test_a_buyer_that_needs_a_rule_gets_no_lot_that_fails_it(cleared: Clearing) -> None:
    assert taken(cleared) == {
        ("Fort", "free"): -150_000,
        ("Navy", "free"): 50_000,
        ("Plant", "free"): 100_000,
        ("Baotou", "any"): -50_000,
        ("Plant", "any"): 50_000,
    }


def test_without_verdicts_it_would_have_had_one(cleared: Clearing) -> None:
    free = clear(Book("x", PRODUCTS, orders=ORDERS), Rules("1", "secret"))
    assert taken(free)["Navy", "any"] == 50_000


def test_a_contract_beside_the_auction_conserves_metal_and_money(cleared: Clearing) -> None:
    """Fort and Plant have 60 t under contract at 75; the auction's price is 80."""
    prices = {"free": cleared.price("free"), "any": cleared.price("any")}
    contract = Contracted("k", "Fort", "Plant", "free", 60_000, 75 * USD)
    legs = two_step(cleared.legs, [contract], prices)
    assert prices["free"] == 80 * USD and unbalanced(legs) == {} == unbalanced(cleared.legs)
    assert deviations(legs, ["k"])["Plant", "free"] == 40_000
    paid = -sum(leg.uusd for leg in legs if leg.member == "Plant" and leg.product == "free")
    assert paid == (60_000 * 75 + 40_000 * 80) * USD
    got = sum(leg.uusd for leg in legs if leg.member == "Fort")
    assert got == (60_000 * 75 + 90_000 * 80) * USD

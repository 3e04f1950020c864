"""Which orders stand: collateral and eligibility, one at a time."""

from __future__ import annotations

from random_books import RULES

from monazite.club import Arc, Book, Conversion, Eligibility, Order, Product, Refusal, clear
from monazite.club.orders import Collateral


def reasons(*orders, **more):
    found = clear(Book("a", (Product("p", "x", "EU"),), orders, **more), RULES)
    return {row["order"]: row["reason"] for row in found.record["orders"]}


def bid(name, member, lots, limit):
    return Order(name, member, member, "bid", "p", lots, limit)


def test_collateral_serves_the_best_limits_first_and_first_refusals_before_them():
    """100 of collateral: 40 for the refusal, then 5·9 = 45; 4·8 no longer fits, 3·5 does."""
    orders = (bid("low", "m", 3, 5), bid("mid", "m", 4, 8), bid("top", "m", 5, 9))
    ask = Order("s", "n", "n", "ask", "p", 30, 1)
    refusal = (Refusal("r", "m", "m", "p", 4, 10),)
    found = reasons(*orders, ask, refusals=refusal, collateral=(Collateral("m", 100),))
    assert (found["top"], found["mid"], found["low"]) == ("filled", "collateral", "filled")
    assert reasons(*orders, ask, collateral=(Collateral("m", 100),))["mid"] == "filled"
    assert reasons(*orders, ask, collateral=(Collateral("z", 0),))["mid"] == "filled"


def test_verdicts_close_lots_and_products_and_own_rows_go_before_those_for_anyone():
    ask = Order("s", "n", "n", "ask", "p", 30, 1, lot="L")
    orders = (bid("b", "m", 3, 5), bid("c", "k", 3, 5), ask)
    closed = (Eligibility("*", "p", False), Eligibility("k", "p", True))
    found = reasons(*orders, eligibility=closed)
    assert (found["b"], found["c"], found["s"]) == ("eligibility", "filled", "rationed")
    assert reasons(*orders, eligibility=(Eligibility("*", "L", False),))["s"] == "lot"
    # a lot barred to one buyer keeps that buyer out of the product it is offered in
    found = reasons(*orders, eligibility=(Eligibility("m", "L", False),))
    assert (found["b"], found["c"]) == ("barred_lot", "filled")


def test_two_plants_on_their_fee_share_by_size():
    """Twelve runs are wanted of plants of 10 and of 20 at one fee: 4 and 8."""
    products = tuple(Product(k, k, "AUS", reference=10) for k in ("ore", "oxide"))
    orders = (
        Order("o", "m", "m", "ask", "ore", 99, 5), Order("b", "k", "k", "bid", "oxide", 12, 20),
    )  # fmt: skip
    plants = tuple(
        Conversion(name, name, name, (("ore", 1),), (("oxide", 1),), 2, runs)
        for name, runs in (("small", 10), ("large", 20))
    )
    found = clear(Book("a", products, orders, plants), RULES)
    assert {row["order"]: row["runs"] for row in found.record["links"]} == {
        "small": "4", "large": "8",
    }  # fmt: skip


def test_what_is_loaded_is_delivered():
    """An arc's two legs are the same kilograms, however broken the quantities around it."""
    products = tuple(Product(k, "x", k, reference=10) for k in ("a", "b", "c"))
    orders = (
        Order("s", "m", "m", "ask", "a", 50, 5), Order("t", "k", "k", "bid", "c", 10, 90),
    )  # fmt: skip
    recipe = (Conversion("c", "f", "f", (("b", 7),), (("c", 3),), 2, 99),)
    arcs = (Arc("f", "h", "h", "a", "b", 1, 99),)
    found = clear(Book("z", products, orders, recipe, arcs), RULES)
    legs = {(leg.order, leg.product): leg.kg for leg in found.legs}
    assert legs["f", "a"] == -legs["f", "b"] and legs["f", "a"] in (23, 24)
    assert legs["c", "b"] in (23, 24) and legs["c", "c"] == -10

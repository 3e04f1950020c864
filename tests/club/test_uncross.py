"""Does one product clear as a person would clear it, and as others have published?

Prices here are plain numbers; nothing depends on what they are called.
"""

from __future__ import annotations

import random
from itertools import product as every

import pytest
from random_books import RULES, single

from monazite.club import Book, Order, Product, Purchase, Release, Rules, clear


def market(bids, asks, *, reference=None, tick=1, lot_kg=1, **more):
    """A book of (group, lots, limit) a side; the order's id is b0, b1, ..., a0, a1, ..."""
    rows = [
        Order(f"{side[0]}{k}", group, group, side, "p", lots, limit)
        for side, entries in (("bid", bids), ("ask", asks))
        for k, (group, lots, limit) in enumerate(entries)
    ]
    fields = {"reference": reference, "tick": tick, "lot_kg": lot_kg}
    known = {key: more.pop(key) for key in ("floor", "band", "min_lots") if key in more}
    return Book("a", (Product("p", "x", "EU", **fields, **known),), tuple(rows), **more)


def fills(clearing):
    return {row["order"]: row["kg"] for row in clearing.record["orders"]}


def row(clearing):
    return clearing.record["prices"][0]


def test_one_bid_and_one_ask_trade_at_the_reference_between_them():
    for reference, price in ((3, 6), (8, 8), (40, 10), (None, 8)):
        found = clear(market([("A", 5, 10)], [("B", 7, 6)], reference=reference), RULES)
        # seven are asked and five bid: the price cannot leave the ask
        assert (found.price("p"), fills(found)) == (6, {"b0": 5, "a0": 5})
        even = clear(market([("A", 5, 10)], [("B", 5, 6)], reference=reference), RULES)
        assert (even.price("p"), fills(even)) == (price, {"b0": 5, "a0": 5})


def test_no_trade_has_no_price():
    found = clear(market([("A", 5, 5)], [("B", 5, 6)]), RULES)
    assert found.price("p") is None and found.legs == ()
    assert {one["reason"] for one in found.record["orders"]} == {"no_trade"}


@pytest.mark.parametrize(("low", "high", "price"), [(10, 20, 15), (10, 25, 20), (15, 30, 20)])
def test_the_middle_is_rounded_to_the_even_tick(low, high, price):
    """17.5 and 22.5 lie between ticks of 5: both go to 20, the even one."""
    found = clear(market([("A", 1, high)], [("B", 1, low)], tick=5), RULES)
    assert found.price("p") == price


def test_a_reference_off_the_tick_goes_to_the_nearest_tick():
    for reference, price in ((16, 15), (18, 20), (29, 30)):
        found = clear(market([("A", 1, 30)], [("B", 1, 10)], tick=5, reference=reference), RULES)
        assert found.price("p") == price


def test_margin_is_shared_by_group_and_not_by_order():
    """Nine lots for groups A and B, which offer nine each at the limit: splitting gains nothing."""
    asks = [("A", 3, 7), ("A", 3, 7), ("A", 3, 7), ("B", 9, 7)]
    found = fills(clear(market([("C", 9, 9)], asks), RULES))
    by_group = [found["a0"] + found["a1"] + found["a2"], found["a3"]]
    assert sorted(by_group) == [4, 5]


def test_remaining_lots_go_by_largest_fraction():
    """Ten for sizes 7, 2 and 6: quotas 4.67, 1.33 and 4.00; the lot left goes to the first."""
    found = fills(clear(market([("C", 10, 9)], [("A", 7, 7), ("B", 2, 7), ("D", 6, 7)]), RULES))
    assert [found[k] for k in ("a0", "a1", "a2")] == [5, 1, 4]


def test_a_tie_follows_the_committed_value_and_not_the_arrival():
    book = market([("C", 1, 9)], [("A", 1, 7), ("B", 1, 7)])
    winners = set()
    for k in range(12):
        rules = Rules("1", f"seed {k}")
        found = fills(clear(book, rules))
        back = Book("a", book.products, tuple(reversed(book.orders)))
        assert fills(clear(back, rules)) == found
        winners.add(found["a0"])
    assert winners == {0, 1}


def test_the_cap_of_a_group_holds_where_a_floor_is_rationed():
    """Twenty of forty at the floor; A would get 15 of them and may have at most half."""
    asks, bids = [("A", 30, 7), ("B", 5, 7), ("D", 5, 7)], [("C", 16, 9)]
    plain = fills(clear(market(bids, asks, floor=7), RULES))
    assert plain == {"b0": 16, "a0": 12, "a1": 2, "a2": 2}
    capped = clear(market(bids, asks, floor=7), Rules("1", "s", group_cap_ppm=500_000))
    assert fills(capped) == {"b0": 16, "a0": 8, "a1": 4, "a2": 4}
    assert row(capped)["excess_kg"] == 24
    # without a floor the cap has nothing to say
    assert fills(clear(market(bids, asks), Rules("1", "s", group_cap_ppm=500_000))) == plain


def test_the_stockpile_buys_the_smallest_of_excess_room_and_money():
    asks = [("A", 30, 7)]
    for room, money, handling, kg in ((9, 10**6, 0, 9), (99, 80, 1, 10), (99, 10**6, 0, 14)):
        buy = (Purchase("s", "p", room, money, handling),)
        found = clear(market([("C", 16, 9)], asks, floor=7, purchases=buy), RULES)
        assert (found.price("p"), row(found)["floor_covered_kg"]) == (7, kg)
        assert row(found)["excess_kg"] == 30 - 16 - kg
        assert fills(found) == {"b0": 16, "a0": 16 + kg}


def test_members_bids_at_the_floor_go_before_the_stockpile():
    buy = (Purchase("s", "p", 99, 10**6),)
    found = clear(market([("C", 8, 7)], [("A", 10, 7)], floor=7, purchases=buy), RULES)
    assert fills(found) == {"b0": 8, "a0": 10} and row(found)["floor_covered_kg"] == 2


def test_a_release_sells_at_its_price_after_members():
    tier = (Release("s", "p", 10, 9, 60),)
    found = clear(market([("C", 8, 12)], [("A", 5, 9)], releases=tier), RULES)
    assert found.price("p") == 9 and fills(found) == {"b0": 8, "a0": 5}
    assert found.record["stockpile"][0]["kg"] == 3


def test_faults_void_an_order_and_the_result_says_why():
    rows = [
        Order("small", "A", "A", "bid", "p", 1, 20), Order("tick", "A", "A", "bid", "p", 5, 22),
        Order("low", "A", "A", "ask", "p", 5, 10), Order("gone", "A", "A", "bid", "p", 5, 20),
        Order("gone", "A", "A", "bid", "p", 5, 20, revision=1, cancelled=True),
        Order("more", "A", "A", "bid", "p", 5, 20),
        Order("more", "A", "A", "bid", "p", 9, 25, revision=3),
        Order("sell", "B", "B", "ask", "p", 9, 15),
    ]  # fmt: skip
    product = Product("p", "x", "EU", tick=5, floor=15, min_lots=2)
    found = clear(Book("a", (product,), tuple(rows)), RULES)
    reasons = {one["order"]: one["reason"] for one in found.record["orders"]}
    assert reasons == {
        "small": "too_small", "tick": "tick", "low": "floor", "gone": "cancelled",
        "more": "filled", "sell": "filled",
    }  # fmt: skip
    assert fills(found)["more"] == 9


# --- published ------------------------------------------------------------------------------------


def test_asx_2002_opening_call_example():
    """The order book with which the Australian exchange's change of algorithm was explained.

    Reading of the trading engine course, University of New South Wales, appendix; prices in cents.
    1,000 can trade from 6.10 to 6.39; least surplus leaves 6.35 to 6.39, and pressure to buy takes
    the highest, 6.39 (our reading of its third principle). Below it a bid of 6.39 would go
    unserved, so here too no other price clears.
    """
    bids = [("199", 500, 640), ("227", 500, 639), ("298", 500, 639), ("288", 1000, 634)]
    bids += [("144", 500, 633)]
    asks = [("606", 1000, 610), ("317", 500, 640), ("150", 520, 641), ("203", 550, 642)]
    asks += [("202", 519, 643)]
    for reference in (1, 639, 700, None):
        found = clear(market(bids, asks, reference=reference), RULES)
        assert (row(found)["kg"], found.price("p")) == (1000, 639)


def test_marketgrid_single_price_auction_example():
    """The documentation's crossed book: the most that can trade is 290, at 12,400."""
    prices = range(13100, 12100, -100)
    bids = (0, 45, 95, 25, 35, 25, 55, 200, 80, 60)
    asks = (35, 50, 10, 15, 10, 20, 90, 155, 125, 10)
    book = [
        [(f"{side}{p}", q, p) for p, q in zip(prices, sizes, strict=True) if q]
        for side, sizes in (("b", bids), ("s", asks))
    ]
    found = clear(market(*book, reference=12700), RULES)
    assert (found.price("p"), row(found)["kg"]) == (12400, 290)
    # 280 are bid above 12,400, so ten of the 200 bid at it are served
    assert sum(one["kg"] for one in found.record["orders"] if one["order"] == "b6") == 10


# --- against brute force --------------------------------------------------------------------------


def brute(book):
    """Greatest surplus and, at the price, greatest volume by trying every price and quantity."""
    bids = [one for one in book.orders if one.side == "bid"]
    asks = [one for one in book.orders if one.side == "ask"]
    prices = sorted({one.limit for one in book.orders})
    values = sorted((p.limit for p in bids for _ in range(p.lots)), reverse=True)
    costs = sorted(p.limit for p in asks for _ in range(p.lots))
    surplus = max(
        (sum(v - c for v, c in zip(values[:q], costs[:q], strict=True))
         for q in range(min(len(values), len(costs)) + 1)),
        default=0,
    )  # fmt: skip
    volume = {p: min(sum(v >= p for v in values), sum(c <= p for c in costs)) for p in prices}
    clears = [
        p for p in prices
        if sum(v > p for v in values) <= sum(c <= p for c in costs)
        and sum(c < p for c in costs) <= sum(v >= p for v in values)
    ]  # fmt: skip
    return surplus, volume, clears


@pytest.mark.parametrize("seed", range(300))
def test_surplus_price_and_volume_are_those_of_brute_force(seed):
    book = single(random.Random(seed))
    surplus, volume, clears = brute(book)
    found = clear(book, RULES)
    lot = book.products[0].lot_kg
    assert found.record["welfare"] == str(surplus * lot)
    price = found.price("p")
    if price is None:
        assert not max(volume.values(), default=0)
        return
    assert clears[0] <= price <= clears[-1]
    if price in volume:
        assert row(found)["kg"] == volume[price] * lot == max(volume.values()) * lot


def test_small_books_one_by_one():
    """Every book of two bids and two asks at three limits: who pays more is never served after."""
    for limits in every((1, 2, 3), repeat=4):
        bids = [("A", 2, limits[0]), ("B", 3, limits[1])]
        asks = [("C", 2, limits[2]), ("D", 3, limits[3])]
        found = clear(market(bids, asks), RULES)
        got, price = fills(found), found.price("p")
        if price is None:
            assert max(limits[:2]) < min(limits[2:])
            continue
        for name, lots, sign in (("b0", 2, 1), ("b1", 3, 1), ("a0", 2, -1), ("a1", 3, -1)):
            limit = dict(zip(("b0", "b1", "a0", "a1"), limits, strict=True))[name]
            gain = sign * (limit - price)
            assert got[name] == (lots if gain > 0 else 0) or gain == 0

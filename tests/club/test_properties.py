"""What holds for every book? Each property says which quantities equal which.

MONAZITE_BOOKS=10000 tries that many random books in the two tests over all of them.
"""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from dataclasses import replace
from fractions import Fraction

import pytest
from random_books import RULES, chain, single

from monazite.club import Book, Rules, clear
from monazite.club.reading import canonical, record_of
from monazite.club.verify import verify

BOOKS = int(os.environ.get("MONAZITE_BOOKS", "120"))


def book_of(seed):
    rng = random.Random(seed)
    return chain(rng) if seed % 2 else single(rng)


def rules_of(seed):
    if seed % 3:
        return RULES
    return Rules("1", f"seed {seed}", premium=2, group_cap_ppm=400_000, parties=2)


def prices(clearing):
    return {row["product"]: (row["price"], row["kg"]) for row in clearing.record["prices"]}


def group_fills(book, clearing):
    """Kilograms of each (group, side, product)."""
    groups = {one.id: (one.group, one.side, one.product) for one in book.orders}
    sums = Counter()
    for row in clearing.record["orders"]:
        sums[groups[row["order"]]] += row["kg"]
    return {key: kg for key, kg in sums.items() if kg}


@pytest.mark.parametrize("start", range(0, BOOKS, 20))
def test_every_book_is_proved_conserves_and_serves_nobody_beyond_its_limit(start):
    """verify finds nothing; Σ kg = 0 by product; Σ money = 0; price ≥ floor; money fits limits."""
    for seed in range(start, min(start + 20, BOOKS)):
        book, rules = book_of(seed), rules_of(seed)
        found = clear(book, rules)
        published = (record_of(book), record_of(rules), found.record, found.proof)
        assert verify(*(json.loads(canonical(part)) for part in published)) == [], seed
        kg, money = Counter(), 0
        for leg in found.legs:
            kg[leg.product] += leg.kg
            money += leg.uusd
        assert not any(kg.values()) and money == 0, seed
        floors = {one.id: one.floor for one in book.products}
        for name, (price, _) in prices(found).items():
            assert price is None or floors[name] is None or price >= floors[name]
        _individually_rational(book, found)


def _individually_rational(book, found):
    limits = {one.id: one for one in book.orders}
    lots = {one.id: one.lot_kg for one in book.products}
    got = prices(found)
    exact = {
        name: Fraction(price)
        for part in found.proof["components"]
        for name, price in zip(part["products"], part["prices"], strict=True)
    }
    for row in found.record["orders"]:
        order = limits[row["order"]]
        assert 0 <= row["kg"] <= order.lots * lots[order.product]
        if row["kg"]:
            price = got[order.product][0]
            assert price <= order.limit if order.side == "bid" else price >= order.limit
    margins = Counter()
    for leg in found.legs:
        margins[leg.order] += leg.uusd
    runs = {row["order"]: Fraction(row["runs"]) for row in found.record["links"]}
    for one in book.conversions:
        legs = (*one.inputs, *one.outputs)
        # a leg is rounded to a kilogram, a price to a micro-dollar
        slack = sum(
            (abs(exact[name]) + 1 for name, _ in legs if name in exact), Fraction(0)
        ) + runs[one.id] * sum(Fraction(kg, 2) for _, kg in legs)
        assert margins[one.id] >= one.fee * runs[one.id] - slack


@pytest.mark.parametrize("start", range(0, BOOKS, 20))
def test_shuffled_entries_give_the_same_bytes(start):
    for seed in range(start, min(start + 20, BOOKS)):
        book, rng = book_of(seed), random.Random(-seed)
        lists = ("products", "orders", "conversions", "arcs", "purchases", "refusals")
        mixed = {name: list(getattr(book, name)) for name in lists}
        for rows in mixed.values():
            rng.shuffle(rows)
        other = replace(book, **{name: tuple(rows) for name, rows in mixed.items()})
        rules = rules_of(seed)
        assert canonical(clear(other, rules).record) == canonical(clear(book, rules).record)


@pytest.mark.parametrize("seed", range(60))
def test_a_split_within_a_group_changes_no_price_and_no_group(seed):
    book = plain(seed)
    parts = []
    for one in book.orders:
        halves = (one.lots // 2, one.lots - one.lots // 2)
        for k, lots in enumerate(halves):
            if lots:
                parts.append(replace(one, id=f"{one.id}/{k}", lots=lots))
    other = replace(book, orders=tuple(parts))
    before, after = clear(book, RULES), clear(other, RULES)
    assert prices(before) == prices(after)
    assert group_fills(book, before) == group_fills(other, after)


def plain(seed):
    """A book without a stockpile's or a refusal's whole quantities, which do not scale."""
    rng = random.Random(seed)
    return chain(rng, extras=False) if seed % 2 else single(rng)


def scaled(book, k):
    return replace(
        book,
        orders=tuple(replace(one, lots=k * one.lots) for one in book.orders),
        conversions=tuple(replace(one, runs=k * one.runs) for one in book.conversions),
        arcs=tuple(replace(one, cap_kg=k * one.cap_kg) for one in book.arcs),
    )


@pytest.mark.parametrize("seed", range(60))
def test_quantities_scaled_by_seven_scale_fills_and_keep_prices(seed):
    """Exact quantities and surplus are seven times as large; prices are the same."""
    book = plain(seed)
    before, after = clear(book, RULES), clear(scaled(book, 7), RULES)
    assert Fraction(after.record["welfare"]) == 7 * Fraction(before.record["welfare"])
    for one, other in zip(before.proof["components"], after.proof["components"], strict=True):
        assert one["prices"] == other["prices"]
        assert [7 * Fraction(x) for x in one["x"]] == [Fraction(x) for x in other["x"]]
    if not seed % 2:
        assert after.price("p") == before.price("p")
        assert prices(after)["p"][1] == 7 * prices(before)["p"][1]


@pytest.mark.parametrize("seed", range(60))
def test_a_book_beside_a_copy_of_itself_trades_twice_as_much_at_the_same_prices(seed):
    book = plain(seed)

    def twin(one):
        return replace(one, id=f"{one.id}'")

    both = replace(
        book,
        orders=(*book.orders, *map(twin, book.orders)),
        conversions=(*book.conversions, *map(twin, book.conversions)),
        arcs=(*book.arcs, *map(twin, book.arcs)),
    )
    before, after = clear(book, RULES), clear(both, RULES)
    assert Fraction(after.record["welfare"]) == 2 * Fraction(before.record["welfare"])
    for one, other in zip(before.proof["components"], after.proof["components"], strict=True):
        assert one["prices"] == other["prices"]
    if not seed % 2:
        assert after.price("p") == before.price("p")
        assert prices(after)["p"][1] == 2 * prices(before)["p"][1]


@pytest.mark.parametrize("seed", range(60))
def test_new_order_numbers_change_no_price_and_no_group(seed):
    book = plain(seed)
    other = replace(book, orders=tuple(replace(one, id=f"z{one.id[::-1]}") for one in book.orders))
    before, after = clear(book, RULES), clear(other, RULES)
    assert prices(before) == prices(after)
    assert group_fills(book, before) == group_fills(other, after)


@pytest.mark.parametrize("seed", range(60))
def test_a_better_limit_never_loses_quantity(seed):
    """Raising a bid's limit, or lowering an ask's, by three leaves its exact fill no smaller."""
    book = single(random.Random(seed), size=7)
    rng = random.Random(seed)
    if not book.orders:
        return
    one = rng.choice(book.orders)
    tick = book.products[0].tick
    better = replace(one, limit=one.limit + (3 if one.side == "bid" else -3) * tick)
    other = replace(book, orders=tuple(better if o.id == one.id else o for o in book.orders))
    kg = [
        next(row["kg"] for row in clear(b, RULES).record["orders"] if row["order"] == one.id)
        for b in (book, other)
    ]
    assert kg[1] >= kg[0]


@pytest.mark.parametrize("seed", range(60))
def test_a_better_limit_never_loses_quantity_along_the_chain_either(seed):
    """Its exact quantity is no smaller, by revealed preference; whole lots may cost less than one.

    Were it smaller, the quantities of either book would serve the other one better: with limits
    l′ > l, (l′ − l)·(x′ − x) ≥ 0 for the best x at l and the best x′ at l′.
    """
    rng = random.Random(seed)
    book = chain(rng, extras=False)
    if not book.orders:
        return
    one, more = rng.choice(book.orders), rng.randint(1, 4)
    better = replace(one, limit=one.limit + (more if one.side == "bid" else -more))
    other = replace(book, orders=tuple(better if o.id == one.id else o for o in book.orders))
    lot = next(p.lot_kg for p in book.products if p.id == one.product)
    kg = [
        next(row["kg"] for row in clear(b, RULES).record["orders"] if row["order"] == one.id)
        for b in (book, other)
    ]
    assert kg[1] > kg[0] - lot


def test_products_that_do_not_meet_clear_as_if_alone():
    one, other = single(random.Random(5)), chain(random.Random(7))
    both = Book(
        "a", (*one.products, *other.products), (*one.orders, *other.orders), other.conversions,
        other.arcs, other.purchases, other.releases, other.refusals, other.eligibility,
        other.collateral,
    )  # fmt: skip
    together = clear(both, RULES)
    apart = {**prices(clear(one, RULES)), **prices(clear(other, RULES))}
    if not other.collateral:
        assert prices(together) == apart

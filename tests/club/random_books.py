"""Small random books that have something of everything, for properties and cross-checks."""

from __future__ import annotations

import random

from monazite.club import (
    Arc,
    Book,
    Conversion,
    Eligibility,
    Order,
    Product,
    Purchase,
    Refusal,
    Release,
    Rules,
)
from monazite.club.orders import Collateral

RULES = Rules("1", "seed", premium=1)


def single(rng: random.Random, *, size: int = 8, limits: int = 8) -> Book:
    """One product by itself: bids and asks at a handful of limits, a handful of groups."""
    tick = rng.choice([1, 1, 5])
    reference = rng.choice([None, rng.randint(1, 12 * tick)])
    product = Product("p", "x", "EU", lot_kg=rng.choice([1, 5]), tick=tick, reference=reference)
    return Book("a", (product,), tuple(orders(rng, "p", size, tick, limits)))


def orders(rng: random.Random, product: str, size: int, tick: int, limits: int, low: int = 2):
    for k in range(rng.randint(0, size)):
        group = rng.choice("ABCDE")
        side = rng.choice(["bid", "ask"])
        limit = tick * rng.randint(low, low + limits)
        lots = rng.randint(1, 9)
        member = group + rng.choice("12")
        yield Order(f"{product}{k}", member, group, side, product, lots, limit)


def chain(rng: random.Random, *, extras: bool = True) -> Book:
    """Two to four products tied by conversions and arcs, sometimes with floors and a stockpile."""
    names = ["ore", "oxide", "metal", "magnet"][: rng.randint(2, 4)]
    products, entries, conversions, arcs = [], [], [], []
    purchases, releases, refusals = [], [], []
    for name in names:
        floor = rng.randint(3, 9) if extras and rng.random() < 0.25 else None
        band = (4, 12) if extras and rng.random() < 0.2 else None
        lot = rng.choice([1, 5, 10])
        products.append(
            Product(
                name, name, "EU", lot_kg=lot, reference=rng.randint(4, 15), floor=floor, band=band
            )
        )
        entries += orders(rng, name, 7, 1, 14)
        if floor is not None and rng.random() < 0.7:
            room, money = rng.randint(0, 60), rng.randint(0, 600)
            purchases.append(Purchase(f"buy_{name}", name, room, money, rng.randint(0, 2)))
        if extras and rng.random() < 0.2:
            releases.append(Release(f"sell_{name}", name, rng.randint(0, 20), 9, 70, 5))
        if extras and rng.random() < 0.3:
            refusals.append(Refusal(f"ref_{name}", "A1", "A", name, rng.randint(1, 5), 12))
    for k in range(rng.randint(1, 3)):
        one, other = rng.sample(names, 2)
        group = rng.choice("ABF")
        if rng.random() < 0.4:
            arcs.append(
                Arc(
                    f"arc{k}", group + "1", group, one, other, rng.randint(0, 3), rng.randint(1, 60)
                )
            )
            continue
        third = [n for n in names if n not in (one, other)]
        outputs = [(other, rng.randint(1, 5))]
        if third and rng.random() < 0.5:
            outputs.append((rng.choice(third), rng.randint(1, 3)))
        inputs = ((one, rng.randint(2, 9)),)
        fee, runs = rng.randint(-5, 20), rng.randint(1, 12)
        conversions.append(
            Conversion(f"con{k}", group + "1", group, inputs, tuple(outputs), fee, runs)
        )
    verdicts = [Eligibility("B1", names[0], False)] if extras and rng.random() < 0.2 else []
    money = [Collateral("C1", rng.randint(0, 300))] if extras and rng.random() < 0.2 else []
    return Book(
        "a", tuple(products), tuple(entries), tuple(conversions), tuple(arcs), tuple(purchases),
        tuple(releases), tuple(refusals), tuple(verdicts), tuple(money),
    )  # fmt: skip

"""Which orders stand when the book is opened, and why are the others void?

The last revision of an order counts. An order is void where it is cancelled, too small, off the
tick, below the floor, not eligible, or more than its member's collateral covers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import numpy as np

from monazite.club.orders import ANYONE, Book, Product

BID, ASK = -1, 1


@dataclass(frozen=True)
class Columns:
    """The last revision of every order, by id, as arrays; `void` is "" where it stands."""

    id: list[str]
    member: list[str]
    group: np.ndarray
    groups: list[str]
    sign: np.ndarray
    product: np.ndarray
    lots: np.ndarray
    limit: np.ndarray
    lot: list[str]
    void: np.ndarray

    def __len__(self) -> int:
        return len(self.id)


def last_revisions(orders: Sequence[Any]) -> list[Any]:
    """One entry of each id, that of the highest revision, in the order of ids."""
    names = [one.id for one in orders]
    if all(map(str.__lt__, names, names[1:])):
        return list(orders)
    kept: dict[str, Any] = {}
    for one in orders:
        before = kept.get(one.id)
        if before is None or before.revision < one.revision:
            kept[one.id] = one
    return [kept[name] for name in sorted(kept)]


def open_orders(book: Book, products: Mapping[str, int]) -> Columns:
    """The orders of a book as columns, with what voids them."""
    orders = last_revisions(book.orders)
    groups = sorted({one.group for one in orders})
    code = {name: k for k, name in enumerate(groups)}
    sign = {"bid": BID, "ask": ASK}
    size = len(orders)

    def column(name: str, numbers: Mapping[str, int] | None = None) -> np.ndarray:
        values = map(attrgetter(name), orders)
        return np.fromiter(map(numbers.__getitem__, values) if numbers else values, np.int64, size)

    columns = Columns(
        [one.id for one in orders],
        [one.member for one in orders],
        column("group", code),
        groups,
        column("side", sign),
        column("product", products),
        column("lots"),
        column("limit"),
        [one.lot for one in orders],
        np.full(size, "", dtype=object),
    )
    for k, one in enumerate(orders):
        if one.cancelled:
            columns.void[k] = "cancelled"
    _void(columns, [by_id(book)[name] for name in products], book)
    return columns


def by_id(book: Book) -> dict[str, Product]:
    return {one.id: one for one in book.products}


def _void(columns: Columns, products: Sequence[Product], book: Book) -> None:
    """Put a reason at each order that does not stand; the first that applies."""

    def of(field: str, empty: int = 0) -> np.ndarray:
        values = [getattr(one, field) for one in products]
        return np.array([empty if v is None else v for v in values], np.int64)[columns.product]

    def mark(where: np.ndarray, reason: str) -> None:
        columns.void[where & (columns.void == "")] = reason

    least = np.iinfo(np.int64).min
    if len(columns):
        mark(columns.lots < of("min_lots"), "too_small")
        mark(columns.limit % of("tick") != 0, "tick")
        mark(columns.limit < of("floor", least), "floor")
    names = [one.id for one in products]
    _void_ineligible(columns, names, book)
    _void_uncovered(columns, products, book)


class Verdicts:
    """May a buyer take a lot or a product? A row of its own goes before one for anyone."""

    def __init__(self, book: Book) -> None:
        self.rows = {(row.buyer, row.subject): row.eligible for row in book.eligibility}

    def allow(self, buyer: str, subject: str) -> bool:
        return self.rows.get((buyer, subject), self.rows.get((ANYONE, subject), True))


def _void_ineligible(columns: Columns, names: Sequence[str], book: Book) -> None:
    if not book.eligibility:
        return
    verdicts = Verdicts(book)
    offered: dict[int, set[str]] = {}
    for k in range(len(columns)):
        if columns.void[k] or columns.sign[k] != ASK or not columns.lot[k]:
            continue
        if not verdicts.rows.get((ANYONE, columns.lot[k]), True):
            columns.void[k] = "lot"
        else:
            offered.setdefault(int(columns.product[k]), set()).add(columns.lot[k])
    barred = {(buyer, subject) for (buyer, subject), yes in verdicts.rows.items() if not yes}
    for k in range(len(columns)):
        if columns.void[k] or columns.sign[k] != BID:
            continue
        product, member = int(columns.product[k]), columns.member[k]
        if not verdicts.allow(member, names[product]):
            columns.void[k] = "eligibility"
        elif any((member, lot) in barred for lot in offered.get(product, ())):
            columns.void[k] = "barred_lot"


def _void_uncovered(columns: Columns, products: Sequence[Product], book: Book) -> None:
    """Bids of a member, best limit first, as far as its collateral reaches; the rest are void."""
    left = {row.member: row.money for row in book.collateral}
    if not left:
        return
    void, known = links_void(book), by_id(book)
    for one in standing(book.refusals):
        if one.member in left and one.id not in void:
            left[one.member] -= refusal_cost(one, known[one.product])
    at = [
        k for k in range(len(columns))
        if not columns.void[k] and columns.sign[k] == BID and columns.member[k] in left
    ]  # fmt: skip
    for k in sorted(at, key=lambda k: (-int(columns.limit[k]), columns.id[k])):
        lot_kg = products[int(columns.product[k])].lot_kg
        cost = max(0, int(columns.limit[k])) * int(columns.lots[k]) * lot_kg
        if cost <= left[columns.member[k]]:
            left[columns.member[k]] -= cost
        else:
            columns.void[k] = "collateral"


def refusal_cost(refusal: Any, product: Product) -> int:
    """The most that a first refusal may cost, in micro-dollars."""
    return max(0, refusal.limit) * refusal.lots * product.lot_kg


def standing(orders: Sequence[Any]) -> list[Any]:
    """Last revisions that are not cancelled."""
    return [one for one in last_revisions(orders) if not one.cancelled]


def links_void(book: Book) -> dict[str, str]:
    """Why conversions, arcs and first refusals are void: id -> reason, for those that are."""
    verdicts = Verdicts(book)
    void = dict[str, str]()
    for one in last_revisions(book.conversions):
        if one.cancelled:
            void[one.id] = "cancelled"
        elif not all(verdicts.allow(one.member, name) for name, _ in one.inputs):
            void[one.id] = "eligibility"
    for one in last_revisions(book.arcs):
        if one.cancelled:
            void[one.id] = "cancelled"
    left = {row.member: row.money for row in book.collateral}
    products = by_id(book)
    for one in last_revisions(book.refusals):
        if one.cancelled:
            void[one.id] = "cancelled"
        elif not verdicts.allow(one.member, one.product):
            void[one.id] = "eligibility"
        elif one.limit % products[one.product].tick:
            void[one.id] = "tick"
        elif one.member in left:
            cost = refusal_cost(one, products[one.product])
            if cost > left[one.member]:
                void[one.id] = "collateral"
            else:
                left[one.member] -= cost
    return void

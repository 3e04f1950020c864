"""What does the auction program get to see of an auction in the journal? A book and its rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from monazite.club.canonical import digest
from monazite.club.collateral import Terms
from monazite.club.orders import Book, Clearing, Leg, Product, Rules
from monazite.club.reading import book_of

KINDS = ("orders", "conversions", "arcs", "refusals")  # what members enter
OURS = ("products", "purchases", "releases", "eligibility")  # what the club publishes
DIGEST = re.compile(r"[0-9a-f]{64}")


def book_with(auction: Mapping[str, Any], kind: str, entries: Iterable[Mapping[str, Any]]) -> Any:
    """Entries of one kind as orders, checked against the auction's products. Raises InputError."""
    drafted = auction["book"]
    given = {
        "auction": drafted["auction"],
        "products": drafted["products"],
        "purchases": drafted["purchases"],
        "releases": drafted["releases"],
        kind: [dict(one) for one in entries],
    }
    return getattr(book_of(given), kind)


def book_at(auction: Mapping[str, Any]) -> Book:
    """Everything that stands in the book now, in the order of the ids."""
    given = dict(auction["book"])
    for kind in KINDS:
        given[kind] = [
            one["entry"] for _, one in sorted(auction["orders"].items()) if one["kind"] == kind
        ]
    return book_of(given)


def rules_with(auction: Mapping[str, Any], secret: str) -> Rules:
    """The rules with the value that was committed before the opening in place of its digest.

    While the book is open only the digest is known, so nobody can choose an id that wins ties.
    """
    return replace(Rules(**auction["rules"]), commitment=secret)


def committed(auction: Mapping[str, Any], secret: str) -> bool:
    """Is this the value whose digest was published?"""
    return digest(secret) == auction["rules"]["commitment"]


def products_of(auction: Mapping[str, Any]) -> dict[str, Product]:
    """The auction's products by id."""
    return {one["id"]: Product(**one) for one in auction["book"]["products"]}


def terms_of(auction: Mapping[str, Any]) -> Terms:
    """The collateral terms."""
    return Terms(**auction["terms"])


def legs_of(rows: Iterable[Sequence[Any]]) -> list[Leg]:
    """Legs from the rows [order, member, product, kg, uusd] that state keeps."""
    return [Leg(*row) for row in rows]


def rows_of(legs: Iterable[Leg]) -> list[list[Any]]:
    """Legs as rows for state and events."""
    return [[one.order, one.member, one.product, one.kg, one.uusd] for one in legs]


def prices_of(clearing: Clearing) -> dict[str, int]:
    """The clearing prices of what traded, micro-dollars per kg."""
    rows = clearing.record["prices"]
    return {row["product"]: row["price"] for row in rows if row["price"] is not None}


def held_in(clearing: Clearing) -> list[str]:
    """The products whose price waits for two persons."""
    return sorted(clearing.record.get("held", []))

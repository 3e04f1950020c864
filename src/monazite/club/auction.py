"""What does the auction program get to see of an auction in the journal? A book and its rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from monazite.club.canonical import digest
from monazite.club.collateral import Terms
from monazite.club.orders import Book, Clearing, Leg, Product, Rules
from monazite.club.reading import book_of, mapping_of, table, text_of
from monazite.errors import CertificateError, InputError, fault
from monazite.messages import say
from monazite.places import Places

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


def proved(book: Book, rules: Rules) -> Clearing:
    """The clearing of a book, once the separate checker finds nothing against it.

    Raises CertificateError otherwise: what is not proved is not recorded.
    """
    from monazite.club.clearing import clear
    from monazite.club.publish import files_of
    from monazite.club.verify import verify_texts

    clearing = clear(book, rules)
    found = verify_texts(*files_of(clearing).values())
    if found:
        told = "; ".join(" ".join(map(str, one[:2])) for one in found[:5])
        raise CertificateError(say("club.journal.unproved", auction=book.auction, found=told))
    return clearing


def held_in(clearing: Clearing) -> list[str]:
    """The products whose price waits for two persons."""
    rows = clearing.record["prices"]
    return [row["product"] for row in rows if row["state"].startswith("held")]


# --- files of members -----------------------------------------------------------------------------


def entries_in(
    path: Path, auction: Mapping[str, Any], groups: Mapping[str, str]
) -> list[tuple[str, dict[str, Any], int]]:
    """(kind, entry, line) of every order in a file, checked against the auction's products.

    A CSV table holds bids and asks; YAML or JSON holds the lists orders, conversions, arcs and
    refusals as a book does, without groups. Raises InputError with every fault and its place.
    """
    found, places = _table(path) if path.suffix == ".csv" else _lists(path)
    faults = [
        fault("club_not_entered", path.name, places.find((name,))[0], name, name)
        for name in found
        if name not in KINDS
    ]
    if faults:
        raise InputError(faults)
    if not any(found.values()):
        raise InputError([fault("club_no_orders", path.name)])
    rows = {kind: _with_groups(found[kind], groups) for kind in found}
    drafted = auction["book"]
    kept = {name: drafted[name] for name in ("auction", "products", "purchases", "releases")}
    book = book_of(kept | rows, places)
    return [
        (kind, entry_of(one), places.find((kind, k))[0])
        for kind in KINDS
        for k, one in enumerate(getattr(book, kind))
    ]


def _lists(path: Path) -> tuple[dict[str, Any], Places]:
    return mapping_of(text_of(path), path.name, "club_book_shape")


def _table(path: Path) -> tuple[dict[str, Any], Places]:
    rows, lines = table(path)
    at: dict[tuple[str | int, ...], tuple[int, int]] = {}
    at.update({("orders", k): (line, 0) for k, line in enumerate(lines)})
    return {"orders": rows}, Places(path.name, (), at)


def _with_groups(rows: Any, groups: Mapping[str, str]) -> Any:
    return [_with_group(row, groups) for row in rows] if isinstance(rows, list) else rows


def _with_group(row: Any, groups: Mapping[str, str]) -> Any:
    """A row with the group of its member; anything else is left for the reader to complain of."""
    if not isinstance(row, dict):
        return row
    return row | {"group": groups.get(str(row.get("member")), "?")}


def entry_of(order: Any) -> dict[str, Any]:
    """An order as it is asked for: what the club knows itself is left to the club."""
    entry = asdict(order)
    return {name: entry[name] for name in entry if name not in ("group", "revision", "cancelled")}

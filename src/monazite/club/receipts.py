"""Did an order enter the auction exactly as it was acknowledged, and what did it get?

A receipt is the journal's own line of the event. Its SHA-256 is the hash that was acknowledged when
the order came in, so whoever kept the hash knows that no letter of the line has changed; and the
line tells nothing of anybody else. It is held against what is published of the auction, and, where
it is at hand, against the exported journal.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from monazite.club.auction import KINDS
from monazite.club.event import Event, read_line
from monazite.club.journal import read_lines
from monazite.club.publish import findings
from monazite.club.reading import book_of, record_of, text_of
from monazite.errors import InputError, fault

PLACED, CANCELLED = "order_placed", "order_cancelled"
OWN = {"revision": 0, "cancelled": False}  # what the club adds to an entry, besides the group


@dataclass(frozen=True)
class Receipt:
    """The acknowledgement of one entry, amendment or withdrawal of an order."""

    event: Event
    auction: str
    order: str
    member: str

    @property
    def entry(self) -> dict[str, Any] | None:
        """What was acknowledged; None where the order was withdrawn."""
        if self.event.type == CANCELLED:
            return None
        return {**self.event.ask["entry"], "group": self.event.found["group"], **OWN}


@dataclass(frozen=True)
class Finding:
    """Something that is not as it was acknowledged: ``club.receipt.<code>`` with its values."""

    code: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Checked:
    """What became of one order; ``row`` is its row of the result, if it has one."""

    receipt: Receipt
    row: Mapping[str, Any] | None
    legs: tuple[Mapping[str, Any], ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Report:
    """Every order of the receipts, and what concerns none of them alone."""

    auction: str
    orders: tuple[Checked, ...]
    findings: tuple[Finding, ...]

    @property
    def sound(self) -> bool:
        """Is everything as it was acknowledged?"""
        return not self.findings and not any(one.findings for one in self.orders)


# --- writing and reading receipts -----------------------------------------------------------------


def receipts_of(lines: Iterable[str], member: str, auction: str | None = None) -> Iterator[str]:
    """The lines of a journal that acknowledge orders of a member."""
    for line in lines:
        found = _receipt(line)
        if found is not None and found.member == member and auction in (None, found.auction):
            yield line


def read_receipts(file: Path) -> list[Receipt]:
    """The receipts of a file, one a line. Raises InputError with every line that is none."""
    text = text_of(file)
    lines = [(k, line) for k, line in enumerate(text.splitlines(), start=1) if line.strip()]
    found = [(k, _receipt(line)) for k, line in lines]
    faults = [fault("club_receipt_line", file.name, k) for k, one in found if one is None]
    if faults or not found:
        raise InputError(faults or [fault("club_receipt_line", file.name)])
    return [one for _, one in found if one is not None]


def _receipt(line: str) -> Receipt | None:
    """The receipt that a line is, written exactly as the journal writes it."""
    read = read_line(line)
    if read is None or read[0].type not in (PLACED, CANCELLED):
        return None
    try:
        event, ask = read[0], read[0].ask
        entry = ask["entry"] if event.type == PLACED else {"id": ask["order"], **ask}
        told = (ask["auction"], entry["id"], entry["member"])
        if event.type == PLACED and (ask["kind"] not in KINDS or "group" not in event.found):
            return None
        return Receipt(event, *told) if all(isinstance(one, str) for one in told) else None
    except (KeyError, TypeError):
        return None


# --- checking -------------------------------------------------------------------------------------


def check(
    receipts: Sequence[Receipt],
    result: Path,
    *,
    order: str | None = None,
    journal: Path | None = None,
    hashes: Sequence[str] = (),
    every: bool = False,
) -> Report:
    """Hold receipts against a published auction, the hashes that were acknowledged and a journal.

    `every` says that the receipts are all of their member: an order under its name without one is
    a finding. Raises InputError where none of the receipts is of the auction (or of `order`).
    """
    told = _unproved(result)
    published = _Published.read(result)
    chosen = _chosen(receipts, published.auction, order)
    told += _hashes(chosen, hashes)
    later = _in_journal(journal, chosen) if journal is not None else {}
    checked = [
        _checked(own, published, later.get(name, [])) for name, own in sorted(chosen.items())
    ]
    if every:
        told += list(published.unknown(chosen))
    return Report(published.auction, tuple(checked), tuple(told))


def _chosen(
    receipts: Sequence[Receipt], auction: str, order: str | None
) -> dict[str, list[Receipt]]:
    """The receipts of an auction by order, in the order of their events."""
    found: dict[str, list[Receipt]] = {}
    for one in sorted(receipts, key=lambda one: one.event.seq):
        if one.auction == auction and order in (None, one.order):
            found.setdefault(one.order, []).append(one)
    if not found:
        raise InputError([fault("club_receipt_none", auction, value=order or "")])
    return found


def _unproved(result: Path) -> list[Finding]:
    found = findings(result)
    return [Finding("unproved", {"count": len(found)})] if found else []


def _hashes(chosen: Mapping[str, Sequence[Receipt]], hashes: Sequence[str]) -> list[Finding]:
    """Hashes that were acknowledged and that no receipt has: the file is not what was sent."""
    known = {one.event.hash for own in chosen.values() for one in own}
    return [
        Finding("hash", {"hash": one})
        for one in (given.strip().lower() for given in hashes)
        if one not in known
    ]


@dataclass(frozen=True)
class _Published:
    """Rows of what is published, by the id of their order."""

    auction: str
    book: Mapping[str, Any]
    entries: Mapping[str, list[tuple[str, dict[str, Any]]]]
    rows: Mapping[str, Mapping[str, Any]]
    legs: Mapping[str, list[Mapping[str, Any]]]

    @staticmethod
    def read(result: Path) -> _Published:
        folder = result if result.is_dir() else result.parent
        file = result / "result.json" if result.is_dir() else result
        book = json.loads((folder / "book.json").read_text(encoding="utf-8"))
        record = json.loads(file.read_text(encoding="utf-8"))
        entries: dict[str, list[tuple[str, dict[str, Any]]]] = {}
        for kind in KINDS:
            for row in book[kind]:
                entries.setdefault(row["id"], []).append((kind, row))
        sections = ("orders", "links", "refusals", "refusals_void")
        rows = {row["order"]: row for name in sections for row in record[name]}
        legs: dict[str, list[Mapping[str, Any]]] = {}
        for leg in record["legs"]:
            legs.setdefault(leg["order"], []).append(leg)
        return _Published(book["auction"], book, entries, rows, legs)

    def unknown(self, chosen: Mapping[str, Sequence[Receipt]]) -> Iterator[Finding]:
        """Orders under the name of a member of whom there are receipts, but none of these."""
        members = {one.member for own in chosen.values() for one in own}
        for name, entries in sorted(self.entries.items()):
            for _, row in entries:
                if row["member"] in members and name not in chosen:
                    yield Finding("no_receipt", {"order": name, "member": row["member"]})


def _checked(own: Sequence[Receipt], published: _Published, more: Sequence[Finding]) -> Checked:
    last = own[-1]
    found = [*more, *_in_book(last, published)]
    row = published.rows.get(last.order)
    return Checked(last, row, tuple(published.legs.get(last.order, ())), tuple(found))


def _in_book(last: Receipt, published: _Published) -> Iterator[Finding]:
    """Where the published entry of an order is not what was last acknowledged of it."""
    entries = published.entries.get(last.order, [])
    if last.entry is None:
        if entries:
            yield Finding("still_there", {"order": last.order})
        return
    if len(entries) != 1:
        yield Finding("twice" if entries else "dropped", {"order": last.order})
        return
    (kind, row), own = entries[0], last.event.ask["kind"]
    if kind != own:
        yield Finding("changed", _differs(last.order, "kind", own, kind))
    expected = _as_published(last.entry, own, published.book)
    for name in sorted({*expected, *row}):
        here, there = expected.get(name), row.get(name)
        if type(here) is not type(there) or here != there:
            yield Finding("changed", _differs(last.order, name, here, there))


def _differs(order: str, name: str, here: Any, there: Any) -> dict[str, Any]:
    return {"order": order, "field": name, "acknowledged": here, "published": there}


def _as_published(entry: dict[str, Any], kind: str, book: Mapping[str, Any]) -> dict[str, Any]:
    """An entry as a book publishes it: with every field, in kilograms and micro-dollars."""
    given = {"auction": book["auction"], "products": book["products"], kind: [entry]}
    try:
        (row,) = record_of(book_of(given))[kind]
    except InputError:
        row = entry  # the published products are not those it was acknowledged for
    found: dict[str, Any] = json.loads(json.dumps(row))
    return found


def _in_journal(file: Path, chosen: Mapping[str, Sequence[Receipt]]) -> dict[str, list[Finding]]:
    """What an exported journal says of these orders: other events, or ones without a receipt.

    Raises JournalError where the journal itself does not hold together.
    """
    waiting = {one.event.seq: one for own in chosen.values() for one in own}
    auctions = {one.auction for one in waiting.values()}
    found: dict[str, list[Finding]] = {}
    with file.open(encoding="utf-8") as lines:
        for event in read_lines(lines):
            mine = waiting.pop(event.seq, None)
            if mine is not None and mine.event.hash != event.hash:
                found.setdefault(mine.order, []).append(Finding("other_event", _at(mine.event)))
            elif mine is None and (name := _concerns(event, auctions)) in chosen:
                told = {**_at(event), "order": name, "what": event.type}
                found.setdefault(str(name), []).append(Finding("without_receipt", told))
    for mine in waiting.values():
        found.setdefault(mine.order, []).append(Finding("no_event", _at(mine.event)))
    return found


def _concerns(event: Event, auctions: set[str]) -> str | None:
    """The order of these auctions that an event enters, amends or withdraws."""
    if event.type not in (PLACED, CANCELLED) or event.ask["auction"] not in auctions:
        return None
    return str(event.ask["entry"]["id"] if event.type == PLACED else event.ask["order"])


def _at(event: Event) -> dict[str, Any]:
    return {"seq": event.seq, "time": event.time}

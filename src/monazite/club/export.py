"""Which files does a club give out? Its journal as lines, results, and a statement a member."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from urllib.parse import quote

from monazite.club.auction import book_at, rules_with
from monazite.club.canonical import canonical
from monazite.club.event import NOTHING, Event
from monazite.club.journal import Journal, read_lines, rescued
from monazite.club.reading import record_of
from monazite.club.state import State, apply, fold
from monazite.club.statement import statements
from monazite.club.storage import SqliteStorage
from monazite.errors import JournalError
from monazite.messages import say


def write_lines(folder: Path, file: Path, until: int | None = None) -> None:
    """The journal of a club as lines, each proved on the way, the storage as a whole besides.

    With `until` the events up to that number, out of a damaged journal too. Raises JournalError.
    """
    with file.open("w", encoding="utf-8", newline="\n") as out:
        for line in _whole(folder) if until is None else _part(folder, until):
            out.write(f"{line}\n")


def _whole(folder: Path) -> Iterator[str]:
    storage = SqliteStorage(folder)
    try:
        yield from Journal(storage).lines()
        storage.check()
    finally:
        storage.close()


def _part(folder: Path, until: int) -> Iterator[str]:
    previous, seq = NOTHING, 0
    for event in rescued(folder):
        if event.seq > until:
            return
        yield event.line(previous)
        previous, seq = event.hash, event.seq
    if seq < until:
        raise JournalError(say("club.journal.unproved_until", seq=seq, until=until), seq + 1)


def write_statements(lines: Path, folder: Path) -> None:
    """From exported lines alone: results of auctions, and statements as CSV, JSON and HTML."""
    for event, state in _folded(lines):
        if event.type == "auction_cleared":
            _write_result(event, state, folder / "auctions")
    with lines.open(encoding="utf-8") as given:
        found = statements(read_lines(given))
    for member, one in found.items():
        base = folder / "statements" / quote(member, safe=" ")
        base.parent.mkdir(exist_ok=True)
        for end, text in (("csv", one.csv()), ("json", one.json()), ("html", one.html())):
            base.with_name(f"{base.name}.{end}").write_text(text, encoding="utf-8", newline="\n")


def write_lots(lines: Path, file: Path) -> None:
    """From exported lines alone: the club's lots and every sale of them, as a file of lots.

    Nothing is written where the club has no lots.
    """
    with lines.open(encoding="utf-8") as given:
        state = fold(read_lines(given))
    if state.lots:
        told = {"lots": list(state.lots.values()), "sales": state.sales}
        told |= {"about": state.club["name"]}
        file.write_text(canonical(told) + "\n", encoding="utf-8", newline="\n")


def _folded(lines: Path) -> Iterator[tuple[Event, State]]:
    """Each event with the state before it."""
    state = State()
    with lines.open(encoding="utf-8") as given:
        for event in read_lines(given):
            yield event, state
            apply(state, event)


def _write_result(event: Event, state: State, folder: Path) -> None:
    """Book, rules, result and proof of an auction, as `monazite verify` reads them."""
    name = event.ask["auction"]
    auction = state.auctions[name]
    target = folder / quote(name, safe=" ")
    target.mkdir(parents=True, exist_ok=True)
    files = {
        "book.json": canonical(record_of(book_at(auction))),
        "rules.json": canonical(asdict(rules_with(auction, event.ask["secret"]))),
        "result.json": canonical(event.found["record"]),
        "proof.json": canonical(event.found["proof"]),
    }
    for file, text in files.items():
        (target / file).write_text(text + "\n", encoding="utf-8", newline="\n")

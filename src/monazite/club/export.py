"""Which files does a club give out? Its journal as lines, results, and a statement a member."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from urllib.parse import quote

from monazite.club.auction import book_at, rules_with
from monazite.club.canonical import canonical
from monazite.club.event import Event
from monazite.club.journal import Journal, read_lines
from monazite.club.reading import record_of
from monazite.club.state import State, apply
from monazite.club.statement import statements
from monazite.club.storage import SqliteStorage


def write_lines(folder: Path, file: Path, until: int | None = None) -> None:
    """The journal of a club as lines, each proved on the way.

    Works on a damaged journal up to the event before the first that does not fit, where `until`
    says so; the storage as a whole is not checked. Raises JournalError.
    """
    storage = SqliteStorage(folder)
    try:
        with file.open("w", encoding="utf-8", newline="\n") as out:
            for line in Journal(storage).lines(until):
                out.write(f"{line}\n")
    finally:
        storage.close()


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

"""Who takes commands and gives receipts? One desk for a club: decide, append, sync, acknowledge.

A command is a type, what is asked, and a key chosen by the sender. The same key with the same
command gives the same receipt, however often it comes; it is applied once.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from monazite.club.auction import proved
from monazite.club.canonical import canonical, digest
from monazite.club.commands import command, commands
from monazite.club.commands.base import Now, check_fields
from monazite.club.event import Draft, Event
from monazite.club.journal import Clock, Journal, rescued, system_clock
from monazite.club.orders import Book, Clearing, Rules
from monazite.club.state import FOLD, State, apply
from monazite.club.storage import AbstractStorage, Snapshot, SqliteStorage
from monazite.errors import Fault, InputError, JournalError, fault
from monazite.messages import say

Clear = Callable[[Book, Rules], Clearing]
Seen = Callable[[Event], None]
AGAIN = ("auction_cleared", "auction_published", "settlement_defaulted")  # what a replay repeats
TAIL = 1000  # events beyond a snapshot that are not worth another


@dataclass(frozen=True)
class Asked:
    """A command as it comes in; ``place`` is the file and line it stands in, if any."""

    type: str
    key: str
    ask: Mapping[str, Any]
    place: tuple[str, int] | None = None


@dataclass(frozen=True)
class Receipt:
    """What is acknowledged; ``again`` where the key had been applied before."""

    seq: int
    hash: str
    time: str
    again: bool


@dataclass(frozen=True)
class Refusal:
    """What was not done, and why."""

    key: str
    error: InputError


@dataclass(frozen=True)
class Start:
    """What a start found: events proved, events folded, and what is worth saying."""

    events: int
    folded: int
    warnings: tuple[str, ...] = field(default=())


class Desk:
    """A club in work. Close it, or use it in a ``with`` block."""

    def __init__(
        self, storage: AbstractStorage, *, clear: Clear = proved, clock: Clock = system_clock
    ) -> None:
        """The club behind `storage`, every event proved. Raises JournalError."""
        self.storage, self.clock, self._clear = storage, clock, clear
        self.journal = Journal(storage)
        self.state, self.start = _started(self.journal)
        self._kept = self.start.events - self.start.folded

    @staticmethod
    def open(folder: Path, *, clear: Clear = proved, clock: Clock = system_clock) -> Desk:
        """The club in a folder. Raises InputError where there is none, JournalError."""
        if not (folder / "journal.db").is_file():
            raise InputError([fault("club_none", str(folder))])
        try:
            storage = SqliteStorage(folder)
            try:
                return Desk(storage, clear=clear, clock=clock)
            except BaseException:
                storage.close()
                raise
        except JournalError as error:
            if not error.damaged:
                raise
            good = sum(1 for _ in rescued(folder))
            told = say("club.journal.what_is_left", error=error, seq=good)
            raise JournalError(told, error.seq or good + 1, damaged=True) from error

    def __enter__(self) -> Desk:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Take a snapshot where it is worth it, and let go of the files."""
        try:
            worth = self.journal.seq - self._kept > max(TAIL, self.journal.seq // 4)
            if worth and not self.journal.broken:
                self.snapshot()
        except JournalError:
            pass  # a full disk: the next start folds more events, and nothing is lost
        finally:
            self.storage.close()

    def do(self, type: str, key: str, ask: Mapping[str, Any]) -> Receipt:
        """Carry out one command. Raises InputError with every fault, JournalError, OSError."""
        (done,) = self.do_all([Asked(type, key, ask)])
        if isinstance(done, Refusal):
            raise done.error
        return done

    def do_all(self, asked: Iterable[Asked]) -> list[Receipt | Refusal]:
        """Carry out commands in order and store what is good in one step; all durable on return."""
        self.journal.writable()
        try:
            done = [self._one(one) for one in asked]
            self.journal.commit()
        except BaseException:
            self.journal.fail()  # the state may be ahead of the disk
            raise
        return done

    def do_whole(self, asked: Iterable[Asked]) -> list[Receipt]:
        """Carry out commands in order, all of them or none; durable on return.

        Raises InputError with every fault of every command, each at the command's place.
        """
        self.journal.writable()
        every = list(asked)
        before = self.state.text() if len(every) > 1 else None
        try:
            done = [self._one(one) for one in every]
            refused = _refused(every, done)
            if refused is not None:
                self.journal.forget()
                self.state = self.state if before is None else State.read(before)
            self.journal.commit()
        except BaseException:
            self.journal.fail()  # the state may be ahead of the disk
            raise
        if refused is not None:
            raise refused
        return [one for one in done if isinstance(one, Receipt)]

    def _one(self, asked: Asked) -> Receipt | Refusal:
        try:
            if (known := self.journal.seen(asked.key)) is not None:
                return _again(known, asked)
            draft, time = self._decided(asked)
            event = self.journal.add(draft, time)
        except InputError as error:
            return Refusal(asked.key, error)
        apply(self.state, event)
        return Receipt(event.seq, event.hash, event.time, again=False)

    def _decided(self, asked: Asked) -> tuple[Draft, str]:
        known = command(asked.type)
        if known is None:
            names = ", ".join(commands())
            raise InputError([fault("club_no_command", asked.type, known=names)])
        if not asked.key or len(asked.key) > 200:
            raise InputError([fault("club_key", asked.type, value=asked.key)])
        if not self.state.club and asked.type != "club_founded":
            raise InputError([fault("club_not_founded", asked.type)])
        check_fields(known, asked.ask)
        time = self.clock()
        return Draft(
            asked.type,
            asked.key,
            asked.ask,
            known.decide(Now(self.state, time, self._clear), asked.ask),
        ), time

    def replay(self, seen: Seen | None = None) -> Replay:
        """Prove this desk's state from the first event on. Raises JournalError."""
        found = replay(self.journal.verify(), clear=self._clear, seen=seen)
        if found.state != digest(self.state.text()):
            raise JournalError(say("club.journal.other_state"))
        return found

    def snapshot(self) -> None:
        """Keep the state, so that the next start folds only what comes after."""
        text = self.state.text()
        self.storage.keep(Snapshot(self.journal.seq, self.journal.hash, FOLD, text, digest(text)))
        self._kept = self.journal.seq


def _refused(asked: Iterable[Asked], done: Iterable[Receipt | Refusal]) -> InputError | None:
    """Everything that is wrong with commands that belong together; None where nothing is."""
    faults: list[Fault] = []
    for one, result in zip(asked, done, strict=True):
        if isinstance(result, Refusal):
            if not result.error.faults:
                return result.error
            faults += [at_place(each, one.place) for each in result.error.faults]
    return InputError(faults) if faults else None


def at_place(one: Fault, place: tuple[str, int] | None) -> Fault:
    """A fault of a command, told at the place of the file that the command stands in."""
    if place is None or not one.key:
        return one
    file, line = place
    return fault(one.key, lang=one.lang, **{**one.values, "file": file, "line": line})


def _again(known: Event, asked: Asked) -> Receipt:
    same = known.type == asked.type and canonical(known.ask) == canonical(dict(asked.ask))
    if not same:
        raise InputError([fault("club_key_taken", asked.type, value=asked.key, seq=known.seq)])
    return Receipt(known.seq, known.hash, known.time, again=True)


# --- starting -------------------------------------------------------------------------------------


def _started(journal: Journal) -> tuple[State, Start]:
    """Prove every event, fold those behind the newest whole snapshot, then prove the storage."""
    snapshot, warnings = _usable(journal)
    state, after = (State(), 0) if snapshot is None else (State.read(snapshot.state), snapshot.seq)
    count = 0
    with _no_cycles():
        for event in journal.verify():
            count += 1
            if event.seq > after:
                apply(state, event)
    journal.storage.check()
    return state, Start(count, count - after, tuple(warnings))


@contextmanager
def _no_cycles() -> Iterator[None]:
    """Let the search for cycles rest: a fold makes none, and looking takes most of its time."""
    working = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if working:
            gc.enable()


def _usable(journal: Journal) -> tuple[Snapshot | None, list[str]]:
    warnings: list[str] = []
    for snapshot in journal.storage.snapshots():
        at = journal.storage.at(snapshot.seq)
        if snapshot.fold != FOLD:
            continue
        if snapshot.whole and at is not None and at.hash == snapshot.hash:
            return snapshot, warnings
        warnings.append(say("club.journal.snapshot", seq=snapshot.seq))
    return None, warnings


# --- replay ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Replay:
    """What a replay proved."""

    events: int
    auctions: tuple[str, ...]
    state: str
    hash: str


def replay(events: Iterable[Event], *, clear: Clear = proved, seen: Seen | None = None) -> Replay:
    """Fold from the first event; clear and settle every auction again.

    Raises JournalError on a difference. `seen` is called with each event, for progress.
    """
    state, count, auctions, last = State(), 0, [], ""
    with _no_cycles():
        for event in events:
            if event.type in AGAIN:
                _decided_again(state, event, clear)
            if event.type == "auction_cleared":
                auctions.append(event.ask["auction"])
            apply(state, event)
            count, last = count + 1, event.hash
            if seen is not None:
                seen(event)
    return Replay(count, tuple(auctions), digest(state.text()), last)


def _decided_again(state: State, event: Event, clear: Clear) -> None:
    known = command(event.type)
    assert known is not None
    if event.type != "auction_cleared" and "lots" not in event.found:
        return  # written by a version that did not settle lots and contracts
    found = known.decide(Now(state, event.time, clear), event.ask)
    # a proof is checked, not compared: another solver may show the same result in another way
    if canonical(found | {"proof": {}}) != canonical(event.found | {"proof": {}}):
        raise JournalError(
            say("club.journal.other_clearing", seq=event.seq, auction=event.ask["auction"]),
            event.seq,
        )

"""What happened, in which order, and who could have changed it since? A chain of hashed events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from monazite.club.event import NOTHING, Draft, Event, chained, read_line
from monazite.club.storage import AbstractStorage, Rescue
from monazite.errors import InputError, JournalError, fault
from monazite.messages import say

Clock = Callable[[], str]
MOMENT = "%Y-%m-%dT%H:%M:%S.%fZ"  # of one width, so that order in time is order of text


def system_clock() -> str:
    """Now, in UTC, to the microsecond."""
    return moment(datetime.now(UTC))


def moment(when: datetime) -> str:
    """A point in time as the journal writes it. Raises ValueError without a time zone."""
    if when.tzinfo is None:
        raise ValueError(f"{when} has no time zone")
    return when.astimezone(UTC).strftime(MOMENT)


class Journal:
    """Events behind a storage: read in order, appended whole, never changed.

    `add` numbers and chains events in memory; `commit` stores them. After a failed commit nobody
    knows what the disk holds, so the journal takes nothing more until it is opened again.
    """

    def __init__(self, storage: AbstractStorage) -> None:
        self.storage = storage
        self._waiting: dict[str, Event] = {}
        self.broken = False
        self._at_the_end()

    def _at_the_end(self) -> None:
        last = self.storage.last()
        self.seq, self.hash = (0, NOTHING) if last is None else (last.seq, last.hash)
        self.time = "" if last is None else last.time

    def verify(self, after: int = 0) -> Iterator[Event]:
        """The events behind `after`, each once it is proved.

        Raises JournalError that names the first event that does not fit.
        """
        before = self.storage.at(after) if after else None
        yield from proved(self.storage.rows(after), after, before.hash if before else NOTHING)

    def seen(self, key: str) -> Event | None:
        """The event of an idempotency key, waiting ones included; keys never expire."""
        return self._waiting.get(key) or self.storage.find(key)

    def add(self, draft: Draft, time: str) -> Event:
        """The next event, chained to the last one and not yet stored.

        Raises InputError for a time before the last event, JournalError after a failed commit.
        """
        self.writable()
        if time < self.time:
            raise InputError([fault("club_clock", draft.type, value=time, last=self.time)])
        event = chained(self.seq + 1, time, draft.type, draft.key, draft.body, self.hash)
        self._waiting[draft.key] = event
        self.seq, self.hash, self.time = event.seq, event.hash, time
        return event

    def commit(self) -> None:
        """Store every waiting event, all or none; on return they are on the disk."""
        self.writable()
        if not self._waiting:
            return
        try:
            self.storage.append(list(self._waiting.values()))
        except BaseException:
            self.fail()
            raise
        self._waiting = {}

    def forget(self) -> None:
        """Drop every waiting event, as if it had never been added."""
        self._waiting = {}
        self._at_the_end()

    def fail(self) -> None:
        """Take nothing more: what is in memory is no longer what is stored."""
        self.broken = True

    def writable(self) -> None:
        """Raise JournalError after a failed commit."""
        if self.broken:
            raise JournalError(say("club.journal.broken"))

    def lines(self) -> Iterator[str]:
        """Each event as its line of canonical JSON, proved on the way."""
        previous = NOTHING
        for event in self.verify():
            yield event.line(previous)
            previous = event.hash


def proved(events: Iterable[Event], seq: int = 0, previous: str = NOTHING) -> Iterator[Event]:
    """The events behind number `seq`, whose hash is `previous`, each once it is proved.

    Raises JournalError that names the first event that does not fit.
    """
    for event in events:
        seq += 1
        if event.seq != seq:
            raise JournalError(say("club.journal.gap", seq=seq, next=event.seq), seq)
        again = chained(seq, event.time, event.type, event.key, event.body, previous)
        if again.hash != event.hash:
            raise JournalError(say("club.journal.changed", seq=seq), seq)
        previous = event.hash
        yield event


def rescued(folder: Path) -> Iterator[Event]:
    """The events of a damaged journal that can be proved, up to the first that cannot."""
    rescue = Rescue(folder)
    try:
        yield from proved(rescue.rows())
    except JournalError:
        return
    finally:
        rescue.close()


def read_lines(lines: Iterable[str]) -> Iterator[Event]:
    """The events of exported lines, each proved by the one behind it.

    The last line has nobody behind it: compare its digest with a receipt. Raises JournalError.
    """
    before = NOTHING
    for seq, text in enumerate(lines, start=1):
        read = read_line(text.rstrip("\n"))
        if read is None or read[0].seq != seq or read[1] != before:
            raise JournalError(say("club.journal.changed", seq=seq), seq)
        yield read[0]
        before = read[0].hash


def restore(storage: AbstractStorage, lines: Iterable[str]) -> int:
    """Fill an empty storage with exported lines, all or none; return how many there are."""
    if storage.last() is not None:
        raise JournalError(say("club.journal.not_empty"))
    events = list(read_lines(lines))
    if events:
        storage.append(events)
    return len(events)

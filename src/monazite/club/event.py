"""What is one thing that happened, and which bytes stand for it?

Event n is one line of canonical JSON ``{"body":…,"key":…,"previous":…,"seq":n,"time":…,"type":…}``
where ``previous`` is the SHA-256 of the line before (64 zeros for the first). ``sha256sum`` of an
exported line is therefore what the next line must name; nobody needs this program to check.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from monazite.club.canonical import canonical, digest

NOTHING = "0" * 64  # what the first event follows
TEXT = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True)
class Draft:
    """A command that was found good: what was asked, and what was found when it was checked."""

    type: str
    key: str
    ask: Mapping[str, Any]
    found: Mapping[str, Any]

    @property
    def body(self) -> str:
        """Both as canonical JSON."""
        return canonical({"ask": dict(self.ask), "found": dict(self.found)})


@dataclass(frozen=True)
class Event:
    """One event as it is stored; ``seq`` and ``hash`` are the receipt for it."""

    seq: int
    time: str
    type: str
    key: str
    body: str
    hash: str

    @cached_property
    def _read(self) -> dict[str, Any]:
        return json.loads(self.body)

    @property
    def ask(self) -> dict[str, Any]:
        """What was asked for."""
        return self._read["ask"]

    @property
    def found(self) -> dict[str, Any]:
        """What was found when it was checked."""
        return self._read["found"]

    def line(self, previous: str) -> str:
        """The line that stands for the event behind one of hash `previous`."""
        return line(self.seq, self.time, self.type, self.key, self.body, previous)


def line(seq: int, time: str, type: str, key: str, body: str, previous: str) -> str:
    """One line of canonical JSON; `body` is canonical JSON already."""
    return (
        f'{{"body":{body},"key":{TEXT(key)},"previous":"{previous}",'
        f'"seq":{seq},"time":"{time}","type":{TEXT(type)}}}'
    )


def chained(seq: int, time: str, type: str, key: str, body: str, previous: str) -> Event:
    """The event with its hash worked out."""
    return Event(seq, time, type, key, body, digest(line(seq, time, type, key, body, previous)))


def read_line(text: str) -> tuple[Event, str] | None:
    """An exported line as an event and the hash it follows; None unless written as we write."""
    try:
        read = json.loads(text)
        body, previous = canonical(read["body"]), read["previous"]
        seq, time, type, key = (read[name] for name in ("seq", "time", "type", "key"))
        event = chained(seq, time, type, key, body, previous)
        return (event, previous) if event.line(previous) == text else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None

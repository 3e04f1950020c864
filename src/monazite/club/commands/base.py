"""What is a command made of, and what is wrong with one?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from monazite.club.event import Event
from monazite.club.orders import Book, Clearing, Rules
from monazite.club.state import State
from monazite.errors import Fault, InputError, fault

Ask = Mapping[str, Any]
Found = dict[str, Any]

TEXT, NAME, COUNT, TIME, MAP, LIST = "text", "name", "count", "time", "map", "list"
MAYBE_TIME, NATURAL, MAYBE_COUNT, FLAG = "time?", "natural", "count?", "flag"
_MISFIT = {
    TEXT: "club_ask_text",
    NAME: "club_ask_name",
    COUNT: "club_ask_count",
    TIME: "club_ask_time",
    MAP: "club_ask_map",
    LIST: "club_ask_list",
    MAYBE_TIME: "club_ask_time",
    NATURAL: "club_ask_natural",
    MAYBE_COUNT: "club_ask_count",
    FLAG: "club_ask_flag",
}
MOST = 10**18  # SQLite and every reader of JSON but the strictest hold it
MOMENT_LENGTH = len("2026-11-22T09:00:00.000000Z")


@dataclass(frozen=True)
class Now:
    """What a command is decided on: the state, the time, and how orders are cleared."""

    state: State
    time: str
    clear: Callable[[Book, Rules], Clearing]


@dataclass(frozen=True)
class Command:
    """One kind of command; ``fields`` names what is asked and of which kind each is."""

    type: str
    fields: Mapping[str, str]
    decide: Callable[[Now, Ask], Found]
    apply: Callable[[State, Event], None]


class Faults:
    """Collects what is wrong with a command, to tell all of it at once."""

    def __init__(self, type: str) -> None:
        self.type, self.found = type, list[Fault]()

    def add(self, key: str, column: str = "", value: Any = None, **values: Any) -> None:
        """One more fault."""
        self.found.append(fault(key, self.type, 0, column, value, **values))

    def stop(self) -> None:
        """Raise InputError if anything was found."""
        if self.found:
            raise InputError(self.found)


@contextmanager
def checking(type: str) -> Iterator[Faults]:
    """Collect faults inside the block and raise them at its end."""
    faults = Faults(type)
    yield faults
    faults.stop()


def check_fields(command: Command, ask: Ask) -> None:
    """Raise InputError for a field that is missing, unknown or of the wrong kind."""
    with checking(command.type) as faults:
        for name in sorted(set(ask) - set(command.fields)):
            faults.add("club_ask_unknown", name, known=", ".join(command.fields))
        for name, kind in command.fields.items():
            if name not in ask:
                faults.add("club_ask_missing", name)
            elif not _fits(kind, ask[name]):
                faults.add(_MISFIT[kind], name, ask[name])


def _fits(kind: str, value: Any) -> bool:
    if kind in (MAYBE_TIME, MAYBE_COUNT) and value is None:
        return True
    if kind in (COUNT, MAYBE_COUNT, NATURAL):
        return type(value) is int and (kind != NATURAL) <= value <= MOST
    if kind == FLAG:
        return isinstance(value, bool)
    if kind == MAP:
        return isinstance(value, Mapping)
    if kind == LIST:
        return isinstance(value, list | tuple)
    if not isinstance(value, str):
        return False
    if kind == NAME:
        return is_name(value)
    if kind in (TIME, MAYBE_TIME):
        return is_moment(value)
    return len(value) <= 2000


def is_name(value: str) -> bool:
    """May this name a member or an auction, and so be a part of an account's name?"""
    return 0 < len(value) <= 200 and "/" not in value and value == value.strip()


def is_moment(value: str) -> bool:
    """Is this a point in time as the journal writes it?"""
    from datetime import datetime

    try:
        datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ")
    except ValueError:
        return False
    return len(value) == MOMENT_LENGTH


def check_member(faults: Faults, state: State, member: str) -> None:
    """Add a fault for a member the club does not have."""
    if member not in state.members:
        faults.add("club_no_member", "member", member)


def auction_in(state: State, type: str, auction: str, *states: str) -> dict[str, Any]:
    """An auction that is in one of `states`. Raises InputError."""
    with checking(type) as faults:
        found = state.auctions.get(auction)
        if found is None:
            faults.add("club_no_auction", "auction", auction)
        elif found["state"] not in states:
            at, need = found["state"], ", ".join(states)
            faults.add("club_wrong_state", "auction", auction, now=at, need=need)
    return state.auctions[auction]

"""What follows from the events so far? Members, auctions and accounts, as plain values.

`State` is the accumulator of a fold and belongs to whoever folds: `apply` changes it in place,
because a copy for each of a million events would take hours. Everything in it is what JSON holds,
so that a snapshot is its canonical JSON and two states are equal when their bytes are.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from monazite.club import ledger
from monazite.club.canonical import canonical
from monazite.club.event import Event
from monazite.errors import JournalError
from monazite.messages import say

FOLD = 2  # goes up when the same events give another state; older snapshots are then not used


@dataclass
class State:
    """The club after some events."""

    club: dict[str, Any] = field(default_factory=dict)
    members: dict[str, dict[str, Any]] = field(default_factory=dict)
    auctions: dict[str, dict[str, Any]] = field(default_factory=dict)
    receipts: dict[str, str] = field(default_factory=dict)
    references: dict[str, int] = field(default_factory=dict)  # of the bank -> the event that has it
    lots: dict[str, dict[str, Any]] = field(default_factory=dict)  # records, as registered
    sales: list[dict[str, Any]] = field(default_factory=list)  # of lots, in and beside auctions
    verdicts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # the last of each lot
    contracts: dict[str, dict[str, Any]] = field(default_factory=dict)  # terms, account, debts
    rules: dict[str, str] = field(default_factory=dict)  # the club's own rule files, by name
    balances: ledger.Balances = field(default_factory=dict)

    def text(self) -> str:
        """The state as canonical JSON."""
        return canonical(vars(self))

    @staticmethod
    def read(text: str) -> State:
        """The state that `text` holds."""
        return State(**json.loads(text))


def apply(state: State, event: Event) -> None:
    """What the state is after one more event: its entry in the accounts, then what its type does.

    Raises JournalError for an entry that does not balance or a type this version does not know.
    """
    from monazite.club.commands import command

    postings = event.found.get("postings", ())
    if postings and (reason := ledger.wrong(state.balances, postings)) is not None:
        told = say("club.journal.unbalanced", seq=event.seq, type=event.type, reason=reason)
        raise JournalError(told, event.seq)
    known = command(event.type)
    if known is None:
        raise JournalError(say("club.journal.unknown", seq=event.seq, type=event.type), event.seq)
    ledger.enter(state.balances, postings)
    known.apply(state, event)


def fold(events: Iterable[Event], start: State | None = None) -> State:
    """The state after the events, from `start` (which it changes) or from nothing."""
    state = State() if start is None else start
    for event in events:
        apply(state, event)
    return state

"""What can go wrong, and how it is said.

MonaziteError
├── InputError          what a person entered is wrong; carries every fault found (exit status 2)
├── UnitFault           two quantities of different dimension, or a unit nobody knows
├── ProgramError        the kernel was misused: unit mismatch, asymmetric demand, foreign patch
├── CertificateError    a solution does not prove itself within the limit
├── InfeasibleError     no answer may be given; carries the rows that would have to give
└── JournalError        a club's journal cannot be trusted or written; carries the first event hit
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

FAULTS_SHOWN = 50


@dataclass(frozen=True)
class Fault:
    """One thing wrong in one place of the input, and what to do about it.

    ``line`` counts from 1, the header being line 1; 0 means the fault is not on one line. A fault
    made by `fault` names the value within ``what`` and can be told in another language; one made by
    hand has the value put in front of ``what``.
    """

    file: str
    line: int
    column: str
    value: Any
    what: str
    remedy: str
    key: str = field(default="", repr=False, compare=False)
    values: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    lang: str = field(default="en", repr=False, compare=False)

    @property
    def place(self) -> str:
        """``facilities.csv:17:capacity``, without the parts that are not known."""
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part)

    @property
    def spot(self) -> tuple[int, int]:
        """Line and column, by which faults of a file are put in order."""
        return self.line, int(self.column) if self.column.isdecimal() else 0

    def __str__(self) -> str:
        from monazite.messages import say

        shown = "" if self.key or self.value is None else f"{self.value} "
        what = f"{shown}{self.what}"
        return say("errors.fault", self.lang, place=self.place, what=what, remedy=self.remedy)

    def told(self, lang: str | None = None) -> Fault:
        """The same fault in `lang` (default: the current language)."""
        return fault(self.key, lang=lang, **self.values) if self.key else self


def fault(
    key: str,
    file: str,
    line: int = 0,
    column: str = "",
    value: Any = None,
    *,
    lang: str | None = None,
    **values: Any,
) -> Fault:
    """The fault ``errors.<key>`` of the catalogue at a place, told in `lang` (or the current one).

    The sentences may use {file}, {line}, {column}, {value} and whatever `values` adds.
    """
    from monazite.messages import language, say

    given = {"file": file, "line": line, "column": column, "value": value, **values}
    shown = {name: _shown(one) for name, one in given.items()}
    what, remedy = (say(f"errors.{key}.{part}", lang, **shown) for part in ("what", "remedy"))
    return Fault(file, line, column, value, what, remedy, key, given, language(lang))


class MonaziteError(Exception):
    """The root of every error this package raises on purpose."""

    exit_status = 1


class InputError(MonaziteError):
    """What a person entered is wrong; ``faults`` holds every fault found, not only the first."""

    exit_status = 2

    def __init__(self, faults: Sequence[Fault] | str) -> None:
        self.faults: list[Fault] = [] if isinstance(faults, str) else list(faults)
        Exception.__init__(self, faults if isinstance(faults, str) else listing(faults))


class UnitFault(MonaziteError):
    """Two quantities of different dimension, or a unit nobody knows."""


class ProgramError(MonaziteError):
    """The kernel was misused: unit mismatch, asymmetric demand, a patch for another program."""


class CertificateError(MonaziteError):
    """A solution does not prove itself within the limit."""


class InfeasibleError(MonaziteError):
    """No answer may be given; ``explanation`` lists the rows that would have to give."""

    def __init__(self, message: str, explanation: Sequence[Any] = ()) -> None:
        self.explanation = list(explanation)
        Exception.__init__(self, message)


class JournalError(MonaziteError):
    """A club's journal cannot be trusted or written; ``seq`` is the first event it concerns.

    ``damaged`` where what is stored is not what was written, and what is left can be rescued.
    """

    def __init__(self, message: str, seq: int | None = None, *, damaged: bool = False) -> None:
        self.seq, self.damaged = seq, damaged or seq is not None
        Exception.__init__(self, message)


def listing(faults: Iterable[Fault], lang: str | None = None) -> str:
    """The faults in `lang`, one a line; after the first 50 only how many more there are."""
    from monazite.messages import say

    every = list(faults)
    lines = [str(one.told(lang)) for one in every[:FAULTS_SHOWN]]
    if len(every) > FAULTS_SHOWN:
        lines.append(say("errors.more", lang, count=len(every) - FAULTS_SHOWN))
    return "\n".join(lines)


def _shown(value: Any) -> Any:
    return f"{value:.10g}" if isinstance(value, float) else value

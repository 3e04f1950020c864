"""What can go wrong, and how it is said.

    MonaziteError
    ├── InputError          what a person entered is wrong; carries every fault found (exit status 2)
    ├── UnitFault           two quantities of different dimension, or a unit nobody knows
    ├── ProgramError        the kernel was misused: unit mismatch, asymmetric demand, foreign patch
    ├── CertificateError    a solution does not prove itself within the limit
    └── InfeasibleError     no answer may be given; carries the rows that would have to give
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Fault:
    """One thing wrong in one place of the input, and what to do about it.

    ``line`` counts from 1, the header being line 1; 0 means the fault is not on one line.
    """

    file: str
    line: int
    column: str
    value: Any
    what: str
    remedy: str

    def __str__(self) -> str:
        where = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        shown = "" if self.value is None else f"{self.value} "
        return f"{where}: {shown}{self.what}; {self.remedy}"


class MonaziteError(Exception):
    """The root of every error this package raises on purpose."""


class InputError(MonaziteError):
    """What a person entered is wrong; ``faults`` holds every fault found, not only the first."""

    def __init__(self, faults: Sequence[Fault] | str) -> None:
        self.faults: list[Fault] = [] if isinstance(faults, str) else list(faults)
        told = faults if isinstance(faults, str) else "\n".join(str(fault) for fault in faults)
        Exception.__init__(self, told)


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

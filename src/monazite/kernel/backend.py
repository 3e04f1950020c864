"""Who does the arithmetic? The interface every solver is reached through."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar

import numpy as np

from monazite.kernel.program import Standard


class Status(Enum):
    """How a solve ended, as a sentence."""

    SOLVED = "The program is solved and its certificate holds."
    INFEASIBLE = "No choice of the columns meets every row; the explanation lists what must give."
    UNBOUNDED = "The objective can fall without end; the message names columns that grow."
    NOT_CONVERGED = "The solver stopped before its answer could be proved; treat it as no answer."


@dataclass(frozen=True, eq=False)
class Attempt:
    """What a backend brings back; a claim to be certified, never an answer yet.

    ``status`` is the backend's own opinion; ``x`` and ``y`` are its last point, if it has one.
    """

    status: Status
    x: np.ndarray | None
    y: np.ndarray | None
    iterations: int
    told: str
    basis: Any = None


class AbstractBackend(ABC):
    """A solver. ``name`` and what it can do are declared on the class."""

    name: ClassVar[str]
    quadratic: ClassVar[bool]
    warm_start: ClassVar[bool]

    @abstractmethod
    def attempt(self, standard: Standard, *, basis: Any, tolerance: float) -> Attempt:
        """Solves as well as it can; must not raise for a program without an answer."""

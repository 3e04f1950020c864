"""Where can a material come from, and where can it go? Which nodes can have a price at all."""

from dataclasses import dataclass

import numpy as np

from monazite.model.axes import Ints


@dataclass(frozen=True)
class Links:
    """Who can move what, by node key. Each activity is a set of terms; each arc joins two keys.

    `runs` says which activities have capacity; `term_of` is the activity of each term.
    """

    size: int
    term_of: Ints
    term_key: Ints
    term_out: np.ndarray
    runs: np.ndarray
    origin: Ints
    destination: Ints
    sources: Ints
    sinks: Ints


@dataclass(frozen=True)
class Reach:
    """By node key: `supplied` if something can arrive, `absorbed` if something can leave or be
    used.

    `runs`, by activity: whether all its inputs can arrive and all its outputs leave.
    """

    supplied: np.ndarray
    absorbed: np.ndarray
    runs: np.ndarray

    @property
    def open(self) -> np.ndarray:
        """Nodes at which a trade is possible: only these have a price."""
        return self.supplied & self.absorbed

    def moving(self, origin: Ints, destination: Ints) -> np.ndarray:
        """Whether something can be brought from one node key to the other and taken there."""
        return self.supplied[origin] & self.absorbed[destination]


def reach(links: Links) -> Reach:
    """Follow goods forward from mines, curves and stocks, and backward from users and waste.

    An activity runs only if all its inputs can arrive and all its outputs can leave; activities
    that cannot are taken out and the walk is repeated until nothing changes. Equation: least fixed
    points of supplied(j) <= source(j) or arc(i, j) and supplied(i) or activity(j) and supplied(all
    inputs).
    """
    runs = links.runs
    while True:
        supplied = _walk(links, runs, links.sources, forward=True)
        absorbed = _walk(links, runs, links.sinks, forward=False)
        reached = np.where(links.term_out, absorbed[links.term_key], supplied[links.term_key])
        still = runs & _all(links, reached)
        if (still == runs).all():
            return Reach(supplied, absorbed, runs)
        runs = still


def _walk(links: Links, runs: np.ndarray, start: Ints, *, forward: bool) -> np.ndarray:
    """Keys reached from `start` along arcs and running activities, forward or backward."""
    reached = np.zeros(links.size, dtype=bool)
    reached[start] = True
    tail, head = (links.origin, links.destination) if forward else (links.destination, links.origin)
    given = links.term_out if forward else ~links.term_out
    sinks = _all(links, ~links.term_out)  # activities without output
    count = -1
    while count != (count := int(reached.sum())):
        reached[head[reached[tail]]] = True
        # forward, all inputs are needed; backward, one output with a taker is enough to look
        # further, since `reach` takes out the activities of which another output has none
        here = reached[links.term_key]
        ready = runs & (
            _all(links, here | given) if forward else sinks | _any(links, here & ~given)
        )
        reached[links.term_key[given & ready[links.term_of]]] = True
    return reached


def _all(links: Links, true: np.ndarray) -> np.ndarray:
    return np.bincount(links.term_of[~true], minlength=len(links.runs)) == 0


def _any(links: Links, true: np.ndarray) -> np.ndarray:
    return np.bincount(links.term_of[true], minlength=len(links.runs)) > 0

"""Which wedges reproduce themselves? A safeguarded fixed point of w -> f(w), f being dear.

Price-contingent rules make a program's numbers depend on its own duals. Plain repetition
converges slowly or not at all; here the residual f(w) - w is driven to zero by Anderson's method
of type II (Anderson 1965; Walker and Ni 2011), which is the secant method in one dimension and a
quasi-Newton method once there are as many differences as unknowns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

Map = Callable[[np.ndarray], np.ndarray]

_PATIENCE = 3  # failures in a row before the memory is dropped
_NEWEST = 6  # evaluations looked at when saying what oscillates


@dataclass(frozen=True, eq=False)
class Step:
    """One evaluation: the point, what the map made of it, and max |f - w| / (1 + |w|)."""

    value: np.ndarray
    image: np.ndarray
    residual: float


@dataclass(frozen=True, eq=False)
class Fixpoint:
    """The best point found. When converged it is also the last one evaluated.

    ``iterations`` counts evaluations of the map; ``residual`` is max |f(w) - w| / (1 + |w|);
    ``message`` says in a sentence how it ended, and on failure what oscillates between what.
    """

    value: np.ndarray
    iterations: int
    residual: float
    converged: bool
    history: Sequence[Step] = field(repr=False)
    message: str = ""


def solve_fixpoint(
    f: Map,
    start: np.ndarray,
    *,
    tolerance: float = 1e-9,
    max_iterations: int = 25,
    labels: Sequence[str] | None = None,
    scale: np.ndarray | None = None,
    memory: int = 10,
) -> Fixpoint:
    """The point w with w = f(w), in at most ``max_iterations`` evaluations of ``f``.

    Each step extrapolates from the best point so far with the differences of up to ``memory``
    others. A step that does not lower the residual is kept as a difference but not as a base, and
    the next may go half as far; after three such in a row the memory is dropped and three plain
    steps, halved when they overshoot, are taken and accepted, which leaves a local dip of the
    residual. With one unknown, a step outside a known change of sign is bisected. ``labels`` and
    ``scale``, what one of each unknown is in its own unit, are for the message alone.
    """
    steps = [_evaluate(f, np.atleast_1d(np.asarray(start, dtype=float)))]
    state = _State(steps[0])
    while state.base.residual > tolerance and len(steps) < max_iterations:
        newest = _evaluate(f, _propose(state, steps))
        steps.append(newest)
        state = _advance(state, newest, memory)
    best = min(steps, key=lambda step: step.residual)
    return _finish(best, steps, tolerance, labels, scale)


@dataclass(frozen=True)
class _State:
    """Where steps start from, the others remembered, how far a step may go, failures in a row.

    ``plain`` counts the plain steps still to be taken, each ``stride`` of the residual long.
    """

    base: Step
    others: tuple[Step, ...] = ()
    reach: float = np.inf
    failures: int = 0
    plain: int = 0
    stride: float = 1.0


def _evaluate(f: Map, value: np.ndarray) -> Step:
    image = np.atleast_1d(np.asarray(f(value.copy()), dtype=float))
    if image.shape != value.shape:
        raise ValueError(f"the map turned {value.size} numbers into {image.size}")
    residual = np.max(np.abs(image - value) / (1 + np.abs(value)), initial=0.0)
    return Step(value, image, float(residual) if np.isfinite(residual) else np.inf)


def _propose(state: _State, steps: list[Step]) -> np.ndarray:
    base = state.base
    if state.plain:
        return base.value + state.stride * (base.image - base.value)
    move = _move(base, state.others)
    length = float(np.linalg.norm(move))
    if length > state.reach:
        move = move * (state.reach / length)
    proposed = base.value + move
    return _bracketed(proposed, steps) if proposed.size == 1 else proposed


def _move(base: Step, others: tuple[Step, ...]) -> np.ndarray:
    residual = base.image - base.value
    usable = [other for other in others if np.isfinite(other.residual)]
    if not usable:
        return residual
    dw = np.column_stack([other.value - base.value for other in usable])
    dr = np.column_stack([other.image - other.value - residual for other in usable])
    # each difference at unit length: a far failed point must not hide the near ones
    size = np.linalg.norm(dr, axis=0)
    size[size == 0] = 1.0
    weight, *_ = np.linalg.lstsq(dr / size, -residual, rcond=1e-10)
    return residual + (dw + dr) @ (weight / size)


def _advance(state: _State, newest: Step, memory: int) -> _State:
    if state.plain:
        return _plodded(state, newest)
    went = float(np.linalg.norm(newest.value - state.base.value))
    if newest.residual < state.base.residual:
        others = (*state.others, state.base)[-memory:]
        return _State(newest, others, np.inf if state.failures == 0 else 4 * went)
    failures = state.failures + 1
    if failures == _PATIENCE:
        return _State(state.base, plain=_PATIENCE)
    return _State(state.base, (*state.others, newest)[-memory:], went / 2, failures)


def _plodded(state: _State, newest: Step) -> _State:
    overshot = (newest.image - newest.value) @ (state.base.image - state.base.value) < 0
    stride = state.stride / 2 if overshot else state.stride
    others = (*state.others, state.base)
    return _State(newest, others, plain=state.plain - 1, stride=stride)


def _bracketed(proposed: np.ndarray, steps: list[Step]) -> np.ndarray:
    """Bisects when one unknown is known to lie between two points and the step leaves them."""
    over = [step.value[0] for step in steps if step.image[0] > step.value[0]]
    under = [step.value[0] for step in steps if step.image[0] < step.value[0]]
    if not over or not under or max(over) >= min(under):
        return proposed
    low, high = max(over), min(under)
    return proposed if low < proposed[0] < high else np.array([(low + high) / 2])


def _finish(
    base: Step,
    steps: list[Step],
    tolerance: float,
    labels: Sequence[str] | None,
    scale: np.ndarray | None,
) -> Fixpoint:
    converged = base.residual <= tolerance
    count = len(steps)
    if converged:
        message = f"Converged in {count} evaluations to a residual of {base.residual:.1e}."
    else:
        message = (
            f"Not converged in {count} evaluations: the best residual is {base.residual:.1e}, "
            f"where {tolerance:.0e} is wanted; {_oscillation(base, steps, labels, scale)}."
        )
    return Fixpoint(base.value, count, base.residual, converged, tuple(steps), message)


def _oscillation(
    base: Step, steps: list[Step], labels: Sequence[str] | None, scale: np.ndarray | None
) -> str:
    apart = np.abs(base.image - base.value) / (1 + np.abs(base.value))
    worst = np.argsort(-apart, kind="stable")[:3]
    # a step that is cut short leaves its image behind: both ends of each step are looked at
    recent = np.array([end for step in steps[-_NEWEST:] for end in (step.value, step.image)])
    recent = recent * (1.0 if scale is None else scale)
    told = [
        f"{labels[i] if labels else f'component {i}'} moves between "
        f"{recent[:, i].min():.6g} and {recent[:, i].max():.6g}"
        for i in worst
        if apart[i] > 0 or not np.isfinite(apart[i])
    ]
    return ", ".join(told) or "the map gave no finite number"

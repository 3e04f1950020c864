"""Are small systems solved exactly? Against the definition of a solution, and against SciPy."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import pytest
from scipy.optimize import linprog

from monazite.club.exact import Nearest, dot, eliminate, maximise, solution


def random_program(seed):
    rng = random.Random(seed)
    size = rng.randint(2, 8)
    rows = [
        {v: a for v in range(size) if (a := rng.choice([0, 0, -3, -2, -1, 1, 2, 3]))}
        for _ in range(rng.randint(1, 4))
    ]
    upper = [rng.randint(0, 5) for _ in range(size)]
    inside = [rng.randint(0, most) for most in upper]
    right = [sum(a * inside[v] for v, a in row.items()) for row in rows]
    if rng.random() < 0.2:
        right[0] += rng.randint(1, 20)
    return rng, [rng.randint(-4, 4) for _ in range(size)], rows, right, upper


def test_elimination_finds_contradictions_and_what_follows_from_the_rest():
    rows = [{0: 2, 1: 1}, {0: 4, 1: 2}, {1: 3, 2: -1}]
    assert eliminate(rows, [5, 11, 0]) is None
    forms, needed = eliminate(rows, [5, 10, 0])
    assert len(needed) == 2 and len(forms) == 2
    found = solution(rows, [5, 10, 0])
    point = [found.get(v, Fraction(0)) for v in range(3)]
    assert [dot(row, point) for row in rows] == [5, 10, 0]


@pytest.mark.parametrize("seed", range(120))
def test_the_simplex_is_optimal_and_its_duals_prove_it(seed):
    _, gain, rows, right, upper = random_program(seed)
    matrix = np.zeros((len(rows), len(gain)))
    for k, row in enumerate(rows):
        for v, a in row.items():
            matrix[k, v] = a
    best = linprog([-g for g in gain], A_eq=matrix, b_eq=right, bounds=[(0, u) for u in upper])
    found = maximise(gain, rows, right, upper)
    assert (found is None) == (best.status == 2)
    if found is None:
        return
    x, y = found
    assert all(0 <= v <= most for v, most in zip(x, upper, strict=True))
    assert [dot(row, x) for row in rows] == right
    assert float(sum(g * v for g, v in zip(gain, x, strict=True))) == pytest.approx(-best.fun)
    for j, g in enumerate(gain):
        worth = g - sum(y[k] * row.get(j, 0) for k, row in enumerate(rows))
        assert worth == 0 or x[j] == (upper[j] if worth > 0 else 0)


@pytest.mark.parametrize("seed", range(120))
def test_the_nearest_point_satisfies_its_conditions_however_it_is_found(seed):
    rng, _, rows, right, upper = random_program(seed)
    boxes = [{v: 1} for v in range(len(upper))]
    lower = [b - rng.randint(0, 3) if rng.random() < 0.7 else None for b in right]
    higher = [b + rng.randint(0, 3) if rng.random() < 0.7 else None for b in right]
    problem = Nearest(
        [rng.randint(-5, 9) for _ in upper], [rng.randint(1, 4) for _ in upper], rows + boxes,
        [*lower, *[0] * len(upper)], [*higher, *upper],
    )  # fmt: skip
    guess = {k: rng.choice([1, -1]) for k in range(len(rows)) if rng.random() < 0.4}
    guess = {k: s for k, s in guess.items() if (higher if s == 1 else lower)[k] is not None}
    answers = []
    for way in (problem.solve, lambda: problem.solve(guess), problem._one_by_one):
        try:
            answers.append(way())
        except ValueError:
            answers.append(None)
    points = [None if found is None else found[0] for found in answers]
    assert points[0] == points[1] == points[2]
    for found in answers:
        if found is not None:
            _is_nearest(problem, *found)


def _is_nearest(problem, point, pull):
    for v, (target, weight) in enumerate(zip(problem.target, problem.weight, strict=True)):
        slope = sum(m * row.get(v, 0) for m, row in zip(pull, problem.rows, strict=True))
        assert weight * (point[v] - target) + slope == 0
    for row, m, low, high in zip(problem.rows, pull, problem.lower, problem.upper, strict=True):
        value = dot(row, point)
        assert (low is None or value >= low) and (high is None or value <= high)
        assert m == 0 or value == (high if m > 0 else low)

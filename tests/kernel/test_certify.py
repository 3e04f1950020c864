"""The certificate: exact at an answer, and beyond its limit once anything is moved."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_markets import build, random_market

from monazite.kernel import Program, certify, solve
from monazite.kernel.certify import LIMIT


def test_residuals_by_hand():
    """minimise 2x, x >= 1 by a row, 0 <= x <= 5: answer x = 1, y = 2. Each residual by hand."""
    program = Program()
    x = program.add_columns("x", {}, "kt", cost=2, upper=5)
    row = program.add_rows("r", {}, "kt", lower=1)
    program.add_terms(row, x, 1.0, "1")
    standard = program.freeze()

    exact = certify(standard, np.array([1.0]), np.array([2.0]))
    assert (exact.primal, exact.dual, exact.complementarity, exact.gap) == (0, 0, 0, 0)
    # x = 0.9 misses the row by 0.1, over 1 + 0.9; its dual 2 over 1 + 2 times that residual
    short = certify(standard, np.array([0.9]), np.array([2.0]))
    assert short.primal == pytest.approx(0.1 / 1.9)
    assert short.complementarity == pytest.approx(2 / 3 * 0.1 / 1.9)
    assert short.gap == pytest.approx(0.2 / 2.8)
    # x = 6 breaks the column's bound, over 1 + 6
    assert certify(standard, np.array([6.0]), np.array([2.0])).primal == pytest.approx(1 / 7)
    # y = 1 leaves z = 1 on x = 1, one above its lower bound: 1/(1+2+1) times 1/(1+1)
    low = certify(standard, np.array([1.0]), np.array([1.0]))
    assert low.complementarity == pytest.approx(1 / 8)
    assert low.gap == pytest.approx(1 / 3)
    # y = -1 has no upper row bound to hold it
    assert certify(standard, np.array([1.0]), np.array([-1.0])).dual == pytest.approx(1 / 2)


def test_a_free_column_cannot_hold_a_reduced_cost():
    program = Program()
    program.add_columns("x", {}, "kt", cost=1, lower=-np.inf)
    certificate = certify(program.freeze(), np.zeros(1), np.zeros(0))
    assert certificate.dual == pytest.approx(1 / 2)
    assert not certificate.ok


def test_nan_is_never_accepted():
    program = Program()
    program.add_columns("x", {}, "kt", cost=1, curvature=1.0)
    certificate = certify(program.freeze(), np.array([np.nan]), np.zeros(0))
    assert certificate.worst == np.inf and not certificate.ok


@settings(max_examples=15)
@given(st.integers(0, 10**6), st.booleans(), st.sampled_from([1e-3, 1e-4, -1e-3, -1e-4]))
def test_any_moved_number_breaks_the_certificate(seed, curved, by):
    """Mutation: each flow that is used, each price, moved by 0.1 t/yr, or by 0.1 %, and more."""
    standard = build(random_market(seed, nodes=3, steps=2, curved=curved))[0].freeze()
    solution = solve(standard)
    assert solution.certificate.worst < 1e-8
    for j in np.flatnonzero(solution.x > 0.01):
        moved = solution.x.copy()
        moved[j] += by
        assert certify(standard, moved, solution.y).worst > LIMIT
    for i in range(solution.y.size):
        # a node without trade has a whole interval of right prices
        if np.abs(standard.A[i].toarray().ravel() * solution.x).max() < 1e-3:
            continue
        moved = solution.y.copy()
        moved[i] *= 1 + 10 * by
        if curved:
            assert certify(standard, solution.x, moved).worst > LIMIT


def test_swapped_signs_break_the_certificate():
    """The classic bug: prices of the right size and the wrong sign."""
    standard = build(random_market(3, curved=True))[0].freeze()
    solution = solve(standard)
    assert not certify(standard, solution.x, -solution.y).ok
    assert not certify(standard, -solution.x, solution.y).ok

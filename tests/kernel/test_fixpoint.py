"""Fixed points where plain repetition fails or crawls, and honest reports where there is none."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monazite.kernel import solve_fixpoint


def repeat(f, start, *, tolerance, most):
    """Plain repetition: evaluations needed, or None."""
    value = np.asarray(start, dtype=float)
    for count in range(1, most + 1):
        image = f(value)
        if np.max(np.abs(image - value) / (1 + np.abs(value))) <= tolerance:
            return count
        if np.abs(image).max() > 1e12:
            return None
        value = image
    return None


def ad_valorem(rate, supply_slope, demand_slope):
    """Origin price p = s q, use q = 10 - d (p + w), wedge w = rate p. Answer by hand."""

    def f(wedge):
        price = (10 - demand_slope * wedge) * supply_slope / (1 + supply_slope * demand_slope)
        return rate * price

    price = 10 * supply_slope / (1 + supply_slope * demand_slope * (1 + rate))
    return f, rate * price


@pytest.mark.parametrize(
    ("rate", "supply_slope", "demand_slope"), [(0.5, 1.0, 0.1), (1.2, 4.0, 2.0), (5.0, 2.0, 3.0)]
)
def test_one_linear_wedge_takes_three_evaluations(rate, supply_slope, demand_slope):
    f, answer = ad_valorem(rate, supply_slope, demand_slope)
    found = solve_fixpoint(f, np.zeros(1))
    assert found.converged and found.iterations <= 4
    assert found.value[0] == pytest.approx(answer, rel=1e-9)
    assert found.value is found.history[-1].value


def test_one_wedge_where_repetition_diverges():
    f, answer = ad_valorem(1.2, 4.0, 2.0)
    assert repeat(f, np.zeros(1), tolerance=1e-9, most=200) is None
    assert solve_fixpoint(f, np.zeros(1)).value[0] == pytest.approx(answer, rel=1e-9)


@pytest.mark.parametrize(
    ("floor", "expansion", "elasticity"), [(12, 0.2, -0.25), (12, 0.5, -0.2), (12, 0.02, -1.0)]
)
def test_a_contract_for_difference_with_curved_demand(floor, expansion, elasticity):
    """Price 6 q^(1/e) at output q = 1 + s w; payment w = max(0, floor - price): a kink at 0."""

    def f(wedge):
        return np.maximum(0, floor - 6 * (1 + expansion * wedge) ** (1 / elasticity))

    found = solve_fixpoint(f, np.zeros(1))
    assert found.converged
    assert found.value == pytest.approx(f(found.value), rel=1e-8)
    assert found.value[0] > 0


def eight_wedges(gain):
    """Eight coupled floors: w = max(0, 30 - p), p = 20 + B w with output raised by every wedge.

    The largest eigenvalue of B is ``gain``, in plain repetition the factor of each step.
    """
    rng = np.random.default_rng(11)
    basis, _ = np.linalg.qr(rng.normal(size=(8, 8)))
    B = basis @ np.diag(np.linspace(0.1, 1, 8) * gain) @ basis.T
    need = rng.uniform(5, 15, 8)

    def f(wedge):
        return need - B @ wedge

    return f, np.linalg.solve(np.eye(8) + B, need)


@pytest.mark.parametrize(("gain", "plain"), [(0.8, 61), (0.97, 500), (3.0, None)])
def test_eight_coupled_wedges(gain, plain):
    f, answer = eight_wedges(gain)
    needed = repeat(f, np.zeros(8), tolerance=1e-9, most=1000)
    assert needed is None if plain is None else needed >= plain
    found = solve_fixpoint(f, np.zeros(8))
    assert found.converged and found.iterations <= 14
    assert found.value == pytest.approx(answer, rel=1e-7)


def test_eight_kinked_wedges_where_repetition_diverges():
    f, _ = eight_wedges(2.0)

    def kinked(wedge):
        return np.maximum(0, f(wedge) - 3)

    assert repeat(kinked, np.zeros(8), tolerance=1e-9, most=200) is None
    found = solve_fixpoint(kinked, np.zeros(8))
    assert found.converged and found.iterations <= 25
    assert found.value == pytest.approx(kinked(found.value), abs=1e-7)
    assert (found.value == 0).any() or (found.value < 1e-8).any()


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.integers(1, 6), st.floats(-5, 0.8))
def test_linear_maps_are_solved_in_a_few_more_evaluations_than_unknowns(seed, size, slope):
    rng = np.random.default_rng(seed)
    basis, _ = np.linalg.qr(rng.normal(size=(size, size)))
    matrix = basis @ np.diag(np.linspace(slope / 2, slope, size)) @ basis.T
    shift = rng.uniform(1, 10, size)
    found = solve_fixpoint(lambda w: matrix @ w + shift, np.zeros(size))
    assert found.converged
    assert found.value == pytest.approx(np.linalg.solve(np.eye(size) - matrix, shift), rel=1e-6)


def test_a_map_without_fixed_point_says_what_oscillates():
    def jumping(w):
        return np.where(w > 1, [0.0, 0.5], [2.0, 0.5])

    found = solve_fixpoint(jumping, np.zeros(2), labels=["duty[dy,USA]", "duty[tb,USA]"])
    assert not found.converged and found.iterations == 25
    assert "duty[dy,USA] moves between 0 and 2" in found.message
    assert "duty[tb,USA]" not in found.message
    assert found.residual == min(step.residual for step in found.history)


def test_the_budget_is_kept_and_the_start_untouched():
    calls = []
    start = np.zeros(1)

    def f(w):
        calls.append(w)
        w += 1
        return w

    found = solve_fixpoint(f, start, max_iterations=7)
    assert len(calls) == found.iterations == 7 and not found.converged
    assert start[0] == 0


def test_a_fixed_start_costs_one_evaluation():
    found = solve_fixpoint(lambda w: w, np.ones(3))
    assert (found.iterations, found.converged, found.residual) == (1, True, 0.0)


def test_no_unknowns_converge_at_once():
    assert solve_fixpoint(lambda w: w, np.zeros(0)).converged


def test_a_point_where_the_map_fails_is_stepped_back_from():
    """NaN beyond 6, fixed point at 4: the first plain step lands on the NaN."""

    def f(w):
        return np.where(w > 6, np.nan, 8 - w)

    found = solve_fixpoint(f, np.zeros(1))
    assert found.converged and found.value[0] == pytest.approx(4)

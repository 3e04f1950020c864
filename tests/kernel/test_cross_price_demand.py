"""Cross-price demand: the right prices from a symmetric matrix, a refusal of any other."""

import numpy as np
import pytest

from monazite.errors import ProgramError
from monazite.kernel import Program, solve, symmetric_demand

INTERCEPT = np.array([20.0, 15.0])
SUPPLY = np.array([3.0, 4.0])
SUBSTITUTES = np.array([[-2.0, -0.5], [-0.5, -1.0]])


def market(matrix, *, places=1, positions=None):
    """Two goods a place, supplied at constant cost 3 and 4."""
    program = Program()
    dims = {"place": np.repeat(np.arange(places), 2), "good": np.tile(["dy", "tb"], places)}
    supply = program.add_columns("supply", dims, "kt/yr", cost=np.tile(SUPPLY, places))
    use = program.add_columns("use", dims, "kt/yr", cost=-np.tile(INTERCEPT, places))
    balance = program.add_rows("balance", dims, "kt/yr", lower=0, upper=0)
    program.add_terms(balance, supply, 1.0, "1")
    program.add_terms(balance, use, -1.0, "1")
    symmetric_demand(program, use, matrix, positions=positions)
    return program.freeze()


def test_two_substitutes_by_hand():
    """p = a + M u with p = (3, 4): u = M^-1 (p - a) = (46/7, 54/7)."""
    solution = solve(market(SUBSTITUTES))
    assert solution.value("use") == pytest.approx([46 / 7, 54 / 7], abs=1e-8)
    assert solution.value("balance") == pytest.approx(SUPPLY, abs=1e-8)


def test_groups_share_the_matrix_without_touching_each_other():
    solution = solve(market(SUBSTITUTES, places=3, positions=[[0, 1], [2, 3], [4, 5]]))
    assert solution.value("use") == pytest.approx(np.tile([46 / 7, 54 / 7], 3), abs=1e-8)


def test_group_order_follows_the_positions():
    flipped = SUBSTITUTES[::-1, ::-1]
    solution = solve(market(flipped, positions=[[1, 0]]))
    assert solution.value("use") == pytest.approx([46 / 7, 54 / 7], abs=1e-8)


def test_a_semidefinite_matrix_needs_fewer_factors():
    """Perfect substitutes 1:1 with p = 20 - (u1 + u2) for the first: only the cheaper is used."""
    standard = market(np.array([[-1.0, -1.0], [-1.0, -1.0]]))
    assert standard.blocks["use_factor"].size == 1
    solution = solve(standard)
    # good 1 nets 20 - 3 = 17 at zero use, good 2 only 15 - 4 = 11: u1 = 17, u2 = 0
    assert solution.value("use") == pytest.approx([17, 0], abs=1e-7)


@pytest.mark.parametrize(
    ("matrix", "said"),
    [
        (
            [[-2, -0.5], [-0.4, -1]],
            r"not symmetric: the price of use\[0,dy\] moves by -0.5 per unit",
        ),
        ([[-1, -2], [-2, -1]], r"not negative semidefinite: its largest eigenvalue is 1,"),
        ([[1, 0], [0, -1]], "not negative semidefinite"),
        ([[-1, 0, 0], [0, -1, 0], [0, 0, -1]], r"is \(3, 3\), its groups have 2 columns"),
        ([[-1, np.nan], [np.nan, -1]], "not all finite"),
    ],
)
def test_other_matrices_are_refused_with_the_reason(matrix, said):
    with pytest.raises(ProgramError, match=said):
        market(np.array(matrix, dtype=float))


def test_a_column_in_two_groups_is_refused():
    with pytest.raises(ProgramError, match="in two groups"):
        market(SUBSTITUTES, places=2, positions=[[0, 1], [1, 2]])


def test_random_matrices_give_the_prices_they_state():
    rng = np.random.default_rng(7)
    for size in (3, 6):
        root = rng.normal(size=(size, size))
        matrix = -(root @ root.T) - 0.1 * np.eye(size)
        intercept, cost = rng.uniform(10, 20, size), rng.uniform(1, 5, size)
        program = Program()
        supply = program.add_columns("supply", {"k": range(size)}, "kt/yr", cost=cost)
        use = program.add_columns("use", {"k": range(size)}, "kt/yr", cost=-intercept)
        balance = program.add_rows("balance", {"k": range(size)}, "kt/yr", lower=0, upper=0)
        program.add_terms(balance, supply, 1.0, "1")
        program.add_terms(balance, use, -1.0, "1")
        symmetric_demand(program, use, matrix)
        solution = solve(program.freeze())
        quantity, price = solution.value(use), solution.value(balance)
        used = quantity > 1e-6
        assert used.any()
        assert price[used] == pytest.approx((intercept + matrix @ quantity)[used], abs=1e-7)

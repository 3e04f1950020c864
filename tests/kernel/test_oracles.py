"""Other people's solvers as oracles: Clarabel on curved markets, HiGHS through linopy on steps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_markets import build, random_market

from monazite.kernel import Highs, Patch, Piqp, solve


def clarabel(standard):
    """Objective and row duals from cvxpy and Clarabel, in this package's sign."""
    cvxpy = pytest.importorskip("cvxpy")
    x = cvxpy.Variable(standard.A.shape[1])
    rows = standard.A @ x == standard.row_lower
    curved = standard.curvature > 0
    quadratic = 0.5 * cvxpy.sum(cvxpy.multiply(standard.curvature[curved], x[curved] ** 2))
    capped = np.isfinite(standard.column_upper)
    problem = cvxpy.Problem(
        cvxpy.Minimize(standard.cost @ x + quadratic),
        [rows, x >= standard.column_lower, x[capped] <= standard.column_upper[capped]],
    )
    problem.solve(cvxpy.CLARABEL, tol_gap_abs=1e-11, tol_gap_rel=1e-11, tol_feas=1e-11)
    return problem.value, -rows.dual_value


def linopy_highs(standard):
    """Objective and row duals from linopy and HiGHS."""
    linopy = pytest.importorskip("linopy")
    xarray = pytest.importorskip("xarray")
    model = linopy.Model()
    columns = range(standard.A.shape[1])
    x = model.add_variables(
        lower=xarray.DataArray(standard.column_lower, coords={"column": columns}),
        upper=xarray.DataArray(standard.column_upper, coords={"column": columns}),
        name="x",
    )
    A = xarray.DataArray(
        standard.A.toarray(), coords={"row": range(standard.A.shape[0]), "column": columns}
    )
    side = xarray.DataArray(standard.row_lower, coords={"row": range(standard.A.shape[0])})
    model.add_constraints((A * x).sum("column"), "=", side, name="balance")
    model.add_objective((xarray.DataArray(standard.cost, coords={"column": columns}) * x).sum())
    model.solve("highs", output_flag=False)
    return model.objective.value, model.constraints["balance"].dual.values


@pytest.mark.parametrize("seed", range(8))
def test_curved_markets_agree_with_clarabel(seed):
    standard = build(random_market(seed, nodes=4 + seed % 3, curved=True))[0].freeze()
    solution = solve(standard)
    objective, prices = clarabel(standard)
    assert solution.backend == "PIQP"
    assert solution.objective == pytest.approx(objective, rel=1e-6)
    assert solution.y == pytest.approx(prices, rel=1e-6)


@pytest.mark.filterwarnings("ignore")  # linopy's own deprecations
@pytest.mark.parametrize("seed", range(4))
def test_stepwise_markets_agree_with_linopy(seed):
    standard = build(random_market(seed, nodes=4, curved=False))[0].freeze()
    solution = solve(standard)
    objective, prices = linopy_highs(standard)
    assert solution.backend == "HiGHS"
    assert solution.objective == pytest.approx(objective, rel=1e-6)
    # a column strictly between its bounds fixes the price of its node, and of nodes it joins
    settled = _settled(standard, solution.x)
    assert settled.any()
    assert solution.y[settled] == pytest.approx(prices[settled], rel=1e-6)


def _settled(standard, x):
    """Rows whose price is unique: those the interior columns determine (full column rank)."""
    inside = (x > standard.column_lower + 1e-7) & (x < standard.column_upper - 1e-7)
    basis = standard.A[:, inside].toarray()
    # y_i is determined by A_inside' y = c exactly when e_i lies in the span of the columns
    projection = basis @ np.linalg.pinv(basis)
    return np.abs(np.diag(projection) - 1) < 1e-9


@settings(max_examples=15)
@given(st.integers(0, 10**6))
def test_both_backends_agree_on_linear_programs(seed):
    standard = build(random_market(seed, curved=False))[0].freeze()
    simplex, interior = solve(standard, backend=Highs()), solve(standard, backend=Piqp())
    assert simplex.objective == pytest.approx(interior.objective, rel=1e-7)
    assert max(simplex.certificate.worst, interior.certificate.worst) < 1e-8


@settings(max_examples=15)
@given(st.integers(0, 10**6), st.integers(1, 10**6), st.booleans())
def test_the_order_of_columns_changes_nothing(seed, order, curved):
    market = random_market(seed, curved=curved)
    one = solve(build(market)[0].freeze())
    other = solve(build(market, order=order)[0].freeze())
    assert one.objective == pytest.approx(other.objective, rel=1e-9)
    if curved:
        assert one.y == pytest.approx(other.y, rel=1e-7)


@settings(max_examples=15)
@given(st.integers(0, 10**6), st.floats(0.01, 100), st.floats(0.01, 100))
def test_other_units_of_money_and_mass_change_only_the_scale(seed, money, mass):
    """Costs times ``money``, quantities times ``mass``: prices follow money, flows mass."""
    standard = build(random_market(seed, curved=True))[0].freeze()
    changes = {
        name: {
            "cost": (None, standard.cost[block.slice] * money),
            "curvature": (None, standard.curvature[block.slice] * money / mass),
            "upper": (None, standard.column_upper[block.slice] * mass),
        }
        for name, block in standard.blocks.items()
        if block.kind == "column"
    }
    one, other = solve(standard), solve(standard.apply(Patch(changes)))
    assert other.objective == pytest.approx(one.objective * money * mass, rel=1e-6)
    assert other.y == pytest.approx(one.y * money, rel=1e-6)

"""Hand cases: answers, dual signs, failures that explain themselves."""

from dataclasses import replace

import numpy as np
import pytest

from monazite.errors import CertificateError, InfeasibleError, ProgramError
from monazite.kernel import (
    AbstractBackend,
    Highs,
    Patch,
    Piqp,
    Program,
    Status,
    approach,
    explain_infeasible,
    solve,
)
from monazite.kernel.backend import Attempt
from monazite.kernel.piqp import _solve_equations
from monazite.kernel.polish import polished

BOTH = pytest.mark.parametrize("backend", [Highs(), Piqp()], ids=["highs", "piqp"])


def transport():
    """Two sources (15, 20), two sinks (10, 12); costs a->x 1, a->y 3, b->x 2, b->y 1."""
    program = Program("transport")
    arcs = {"from": ["a", "a", "b", "b"], "to": ["x", "y", "x", "y"]}
    flow = program.add_columns("flow", arcs, "kt/yr", cost=[1, 3, 2, 1])
    supply = program.add_rows("supply", {"from": ["a", "b"]}, "kt/yr", upper=[15, 20])
    need = program.add_rows("need", {"to": ["x", "y"]}, "kt/yr", lower=[10, 12])
    program.add_terms(supply, flow, 1.0, "1", row=[0, 0, 1, 1])
    program.add_terms(need, flow, 1.0, "1", row=[0, 1, 0, 1])
    return program.freeze()


@BOTH
def test_transport_by_hand(backend):
    solution = solve(transport(), backend=backend)
    assert solution.solved
    assert solution.x == pytest.approx([10, 0, 0, 12], abs=1e-8)
    assert solution.objective == pytest.approx(22, abs=1e-8)
    assert solution.value("need") == pytest.approx([1, 1], abs=1e-8)
    assert solution.value("supply") == pytest.approx([0, 0], abs=1e-8)
    assert solution.rent("flow") == pytest.approx([0, 2, 1, 0], abs=1e-8)


@BOTH
def test_a_scarce_source_earns_a_negative_upper_dual(backend):
    scarce = transport().apply(Patch({"supply": {"upper": ([0], [4.0])}}))
    solution = solve(scarce, backend=backend)
    # six of x's ten now come from b at 2 instead of 1: a's capacity is worth 1
    assert solution.x == pytest.approx([4, 0, 6, 12], abs=1e-8)
    assert solution.value("supply") == pytest.approx([-1, 0], abs=1e-8)
    assert solution.value("need") == pytest.approx([2, 1], abs=1e-8)


def test_quadratic_market_by_hand():
    """Supply p = 2 + q, demand p = 10 - q, at one node: q = 4, p = 6, welfare 16."""
    program = Program()
    trade = program.add_columns(
        "trade", {"side": ["supply", "use"]}, "kt/yr", cost=[2, -10], curvature=[1, 1]
    )
    balance = program.add_rows("balance", {}, "kt/yr", lower=0, upper=0)
    program.add_terms(balance, trade, [1.0, -1.0], "1", row=[0, 0])
    solution = solve(program.freeze())
    assert solution.backend == "PIQP"
    assert solution.x == pytest.approx([4, 4], abs=1e-8)
    assert solution.y == pytest.approx([6], abs=1e-8)
    assert solution.objective == pytest.approx(-16, abs=1e-8)
    assert solution.certificate.worst < 1e-8


ROW_KINDS = {
    # rl, ru, sign of the price in the objective, x expected, y expected
    "equality, price up": (3, 3, 1, 3, 1),
    "equality, price down": (3, 3, -1, 3, -1),
    "lower only": (3, np.inf, 1, 3, 1),
    "upper only": (-np.inf, 3, -1, 3, -1),
    "between, at lower": (3, 7, 1, 3, 1),
    "between, at upper": (3, 7, -1, 7, -1),
}


@pytest.mark.parametrize("kind", ROW_KINDS)
@pytest.mark.parametrize(
    ("backend", "curvature"),
    [(Highs(), 0.0), (Piqp(), 0.0), (Piqp(), 1e-3)],
    ids=["highs", "piqp", "piqp curved"],
)
def test_sign_of_row_duals(backend, kind, curvature):
    """minimise sign*x + q/2 x^2 with a row on 1*x: y is sign + q*x, the slope of the objective."""
    lower, upper, sign, x, y = ROW_KINDS[kind]
    program = Program()
    column = program.add_columns("x", {}, "kt", cost=sign, curvature=curvature, lower=-np.inf)
    row = program.add_rows("r", {}, "kt", lower=lower, upper=upper)
    program.add_terms(row, column, 1.0, "1")
    solution = solve(program.freeze(), backend=backend)
    assert solution.x[0] == pytest.approx(x, abs=1e-8)
    assert solution.y[0] == pytest.approx(y + curvature * x, abs=1e-8)
    assert solution.z[0] == pytest.approx(0, abs=1e-8)


@BOTH
@pytest.mark.parametrize(
    ("lower", "upper", "sign", "x"),
    [
        (3, np.inf, 1, 3),
        (-np.inf, 3, -1, 3),
        (3, 7, 1, 3),
        (3, 7, -1, 7),
        (3, 3, 1, 3),
        (3, 3, -1, 3),
    ],
)
def test_sign_of_column_duals(backend, lower, upper, sign, x):
    """z is d objective / d bound: positive at a lower bound, negative at an upper one."""
    program = Program()
    program.add_columns("x", {}, "kt", cost=sign, lower=lower, upper=upper)
    solution = solve(program.freeze(), backend=backend)
    assert solution.x[0] == pytest.approx(x, abs=1e-8)
    assert solution.z[0] == pytest.approx(sign, abs=1e-8)


def test_duals_are_derivatives():
    """Moving each active bound by h moves the objective by h*y or h*z."""
    standard = transport().apply(
        Patch({"supply": {"upper": ([0], [4.0])}, "flow": {"curvature": (None, 0.3)}})
    )
    solution, h = solve(standard), 1e-4
    for i in range(2):
        moved = Patch({"need": {"lower": ([i], [float(standard.row_lower[2 + i]) + h])}})
        slope = (solve(standard.apply(moved)).objective - solution.objective) / h
        assert slope == pytest.approx(solution.value("need")[i], abs=1e-3)


def test_fixed_columns_and_rows_without_room_are_priced():
    """A fixed use of 4 at a node served at cost 5: the price is 5, the fixed column's rent -> 5."""
    program = Program()
    serve = program.add_columns("serve", {}, "kt/yr", cost=5, curvature=0.5)
    use = program.add_columns("use", {}, "kt/yr", lower=4, upper=4)
    balance = program.add_rows("balance", {}, "kt/yr", lower=0, upper=0)
    idle = program.add_rows("idle", {}, "kt/yr", lower=-1, upper=4)
    program.add_terms(balance, serve, 1.0, "1")
    program.add_terms(balance, use, -1.0, "1")
    program.add_terms(idle, use, 1.0, "1")
    solution = solve(program.freeze())
    assert solution.value(serve) == pytest.approx([4], abs=1e-9)
    assert solution.value(balance) == pytest.approx([7], abs=1e-8)
    assert solution.value(idle) == pytest.approx([0])
    assert solution.rent(use) == pytest.approx([7], abs=1e-8)


@pytest.mark.parametrize("curvature", [0.0, 1.0])
def test_infeasible_names_the_row_and_the_amount(curvature):
    changes = {"need": {"lower": ([0], [26.0])}, "flow": {"curvature": (None, curvature)}}
    standard = transport().apply(Patch(changes))
    # 26 + 12 is wanted, 15 + 20 is there: 3 kt/yr must give somewhere
    solution = solve(standard)
    assert solution.status is Status.INFEASIBLE
    assert sum(give.amount for give in solution.explanation) == pytest.approx(3, abs=1e-6)
    assert {give.unit for give in solution.explanation} == {"kt/yr"}
    assert solution.certificate is None and np.isnan(solution.x).all()
    assert "must give" in solution.message
    with pytest.raises(InfeasibleError) as raised:
        solution.check()
    assert raised.value.explanation == list(solution.explanation)


def test_infeasible_blames_the_quota_before_the_balance():
    """A fixed use of 10 under a quota of 6: the balance could give 4 as well, but is physics."""
    program = Program()
    output = program.add_columns("output", {"i": ["CHN"]}, "kt/yr", cost=1)
    program.add_columns("use", {"i": ["CHN"]}, "kt/yr", lower=10, upper=10)
    balance = program.add_rows("balance", {"i": ["CHN"]}, "kt/yr", lower=0, upper=0)
    quota = program.add_rows("quota", {"i": ["CHN"]}, "kt/yr", upper=6)
    program.add_terms(balance, output, 1.0, "1")
    program.add_terms(balance, program.blocks["use"], -1.0, "1")
    program.add_terms(quota, output, 1.0, "1")
    (give,) = explain_infeasible(program.freeze())
    assert give.row_label == "quota[CHN]"
    assert give.amount == pytest.approx(4)
    assert str(give) == "quota[CHN] must give 4 kt/yr"


def test_feasible_programs_need_no_explanation():
    assert explain_infeasible(transport()) == []


@pytest.mark.parametrize("curvature", [0.0, 1.0])
def test_crossed_bounds_name_the_column(curvature):
    changes = {"flow": {"lower": ([2], [5.0]), "upper": ([2], [3.5])}}
    standard = (
        transport().apply(Patch(changes)).apply(Patch({"flow": {"curvature": ([0], curvature)}}))
    )
    solution = solve(standard)
    assert solution.status is Status.INFEASIBLE
    (give,) = solution.explanation
    assert (give.row_label, give.amount) == ("flow[b,x]", 1.5)


@pytest.mark.parametrize("curvature", [0.0, 1.0])
def test_unbounded_names_the_column_that_grows(curvature):
    changes = {
        "flow": {"cost": ([1], [-1.0]), "curvature": ([0], [curvature])},
        "supply": {"upper": (None, np.inf)},
    }
    solution = solve(transport().apply(Patch(changes)))
    assert solution.status is Status.UNBOUNDED
    assert "flow[a,y]" in solution.message
    assert solution.explanation == () and solution.certificate is None


def test_unbounded_and_infeasible_at_once_is_infeasible():
    changes = {
        "flow": {"cost": ([1], [-1.0]), "upper": ([0, 2], [1.0, 1.0])},
        "supply": {"upper": (None, np.inf)},
    }
    solution = solve(transport().apply(Patch(changes)))
    assert solution.status is Status.INFEASIBLE
    assert [give.row_label for give in solution.explanation] == ["need[x]"]
    assert solution.explanation[0].amount == pytest.approx(8)


class Liar(AbstractBackend):
    """Claims success with a wrong point."""

    name = "liar"
    quadratic = True
    warm_start = False

    def attempt(self, standard, *, basis, tolerance):
        rows, columns = standard.A.shape
        return Attempt(Status.SOLVED, np.ones(columns), np.ones(rows), 7, "liar: solved")


def test_a_solver_that_lies_is_not_believed():
    solution = solve(transport(), backend=Liar())
    assert solution.status is Status.NOT_CONVERGED
    assert solution.certificate is None and np.isnan(solution.objective)
    assert "liar: solved after 7 iterations with a worst residual of" in solution.message
    with pytest.raises(CertificateError, match="treat it as no answer"):
        solution.check()


def test_warm_start_needs_fewer_iterations_and_gives_the_same_answer():
    standard = transport()
    for k, cost in enumerate(np.linspace(0.1, 3, 5)):
        patched = standard.apply(Patch({"flow": {"cost": ([k % 4], [float(cost)])}}))
        first = solve(patched)
        again = solve(patched, warm=first)
        assert again.iterations == 0
        assert again.objective == pytest.approx(first.objective, abs=1e-9)


def test_misuse_is_refused():
    curved = transport().apply(Patch({"flow": {"curvature": (None, 1.0)}}))
    with pytest.raises(ProgramError, match="HiGHS takes no curvature"):
        solve(curved, backend=Highs())
    other = Program()
    other.add_columns("x", {}, "kt", upper=1)
    with pytest.raises(ProgramError, match="the warm start has"):
        solve(transport(), warm=solve(other.freeze()))


def test_every_status_is_a_sentence():
    for status in Status:
        assert status.value[0].isupper() and status.value.endswith(".")


def test_an_approach_comes_near_and_says_nothing_where_there_is_no_answer():
    x, y = approach(transport(), 1e-6)
    assert x == pytest.approx([10, 0, 0, 12], abs=1e-3)
    assert y[2:] == pytest.approx([1, 1], abs=1e-3)
    too_little = transport().apply(Patch({"supply": {"upper": ([0, 1], [4.0, 4.0])}}))
    assert approach(too_little, 1e-6) is None


def test_an_approach_that_does_not_arrive_is_tried_with_costs_to_scale(monkeypatch):
    from monazite.kernel import piqp

    real, asked = piqp._run, []

    def lost_at_first(standard, settings):
        asked.append(settings.get("preconditioner_scale_cost", False))
        found = real(standard, settings)
        return found if asked[-1] else replace(found, status=Status.NOT_CONVERGED)

    monkeypatch.setattr(piqp, "_run", lost_at_first)
    x, _ = approach(transport(), 1e-6)
    assert x == pytest.approx([10, 0, 0, 12], abs=1e-3)
    assert asked == [False, True]


def test_a_point_near_the_answer_is_proved_where_it_stands():
    curved = transport().apply(Patch({"flow": {"curvature": (None, 1.0)}}))
    far, point = solve(curved), approach(curved, 1e-9)
    near = solve(curved, near=point, tolerance=1e-12)
    assert near.solved and near.iterations <= 2 < far.iterations
    assert near.x == pytest.approx(far.x, abs=1e-9)
    # a linear program starts from no point
    assert solve(transport(), near=point).objective == pytest.approx(solve(transport()).objective)


def tied(apart: float):
    """Ten from two sources that cost the same but for `apart`, at most six from each."""
    program = Program("tied")
    source = program.add_columns("source", {"of": "ab"}, "kt/yr", cost=[1, 1 + apart], upper=6)
    need = program.add_rows("need", {"of": "n"}, "kt/yr", lower=10, upper=10)
    program.add_terms(need, source, 1.0, "1", row=[0, 0])
    return program.freeze()


def test_steady_rounds_do_not_run_along_a_tie():
    """Both sources seem free at five each; what they differ by is rounding, and may move them by
    what it is over the curvature of the step, but not from bound to bound.
    """
    apart, middle = 1e-9, (np.array([5.0, 5.0]), np.array([1.0]))
    moved = {}
    for steady in (1e-12, 1e-4):
        x, _ = polished(tied(apart), middle, _solve_equations, steady)
        assert x.sum() == pytest.approx(10, abs=1e-9)
        moved[steady] = x[0] - 5
    assert moved[1e-4] == pytest.approx(apart / (2 * 1e-4), rel=1e-3)
    assert abs(moved[1e-12]) > 1000 * abs(moved[1e-4])

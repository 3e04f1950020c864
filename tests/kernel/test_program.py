"""Programs, blocks and patches: what is assembled, what is refused."""

import numpy as np
import pytest

from monazite.errors import ProgramError
from monazite.kernel import Patch, Program


def small():
    program = Program("small")
    flow = program.add_columns(
        "flow", {"material": ["dy", "dy"], "to": ["CHN", "JPN"]}, "kt/yr", cost=[1.0, 2.0], upper=9
    )
    other = program.add_columns("other", {}, "kt/yr", lower=-1)
    rows = program.add_rows("balance", {"node": ["a", "b", "c"]}, "kt/yr", lower=0, upper=[1, 2, 3])
    program.add_terms(rows, flow, [4.0, 5.0], "1", row=[0, 2])
    program.add_terms(rows, other, 7.0, "1", row=[0, 1, 2], column=[0, 0, 0])
    program.add_terms(rows, flow, 0.5, "1", row=[0], column=[0])
    return program, flow, other, rows


def test_terms_land_where_they_are_put_and_add_up():
    standard = small()[0].freeze()
    assert standard.A.toarray().tolist() == [[4.5, 0, 7], [0, 0, 7], [0, 5, 7]]
    assert standard.cost.tolist() == [1, 2, 0]
    assert standard.column_lower.tolist() == [0, 0, -1]
    assert standard.column_upper.tolist() == [9, 9, np.inf]
    assert standard.row_upper.tolist() == [1, 2, 3]


def test_labels_name_every_column_and_row():
    program, flow, other, rows = small()
    assert flow.label(1) == "flow[dy,JPN]"
    assert other.label(0) == "other"
    standard = program.freeze()
    assert standard.label("column", 1) == "flow[dy,JPN]"
    assert standard.label("column", 2) == "other"
    assert standard.label("row", 2) == "balance[c]"
    with pytest.raises(ProgramError, match="positions 0 to 2, not 3"):
        rows.label(3)


def test_coefficients_carry_units():
    program = Program()
    activity = program.add_columns("activity", {"p": ["x"]}, "kt/yr")
    stock = program.add_columns("stock", {"p": ["x"]}, "kt")
    balance = program.add_rows("balance", {"p": ["x"]}, "kt/yr", lower=0)
    program.add_terms(balance, stock, 0.5, "1/yr")
    with pytest.raises(ProgramError) as refused:
        program.add_terms(balance, stock, 0.5, "1")
    assert str(refused.value) == (
        "unit mismatch: a coefficient in 1 times stock in kt is kt, but balance is in kt/yr"
    )
    with pytest.raises(ProgramError, match="unit mismatch"):
        program.add_terms(balance, activity, 1000.0, "t/kt")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"row": [3]}, "positions 3 to 3 in balance, which has 0 to 2"),
        ({"row": [-1]}, "positions -1 to -1 in balance"),
        ({"row": [0.5]}, "whole numbers"),
        ({"row": [0, 1, 2]}, "lengths differ: 3 rows, 2 columns"),
        ({"coefficient": [1.0, np.nan]}, "not a finite number"),
        ({"coefficient": [1.0, np.inf]}, "not a finite number"),
    ],
)
def test_wrong_terms_are_refused(change, said):
    program, flow, _, rows = small()
    given = {"coefficient": 1.0, "row": [0, 1]} | change
    with pytest.raises(ProgramError, match=said):
        program.add_terms(rows, flow, given.pop("coefficient"), "1", **given)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"cost": [1.0]}, "cost has 1 numbers for 2 positions"),
        ({"cost": [1.0, np.nan]}, r"cost has a NaN at new\[b\]"),
        ({"cost": np.inf}, "infinite cost"),
        ({"curvature": [0, -1e-12]}, r"new\[b\]: the curvature is negative"),
        ({"lower": np.inf}, "lower is infinite on the wrong side"),
        ({"upper": -np.inf}, "upper is infinite on the wrong side"),
    ],
)
def test_wrong_columns_are_refused(fields, said):
    with pytest.raises(ProgramError, match=said):
        small()[0].add_columns("new", {"k": ["a", "b"]}, "kt/yr", **fields)


def test_blocks_of_other_programs_and_kinds_are_refused():
    program, flow, _, rows = small()
    stranger = small()[1]
    with pytest.raises(ProgramError, match="flow is not a block of this program"):
        program.add_terms(rows, stranger, 1.0, "1", row=[0, 1])
    with pytest.raises(ProgramError, match="flow holds columns where rows are needed"):
        program.add_terms(flow, flow, 1.0, "1")
    with pytest.raises(ProgramError, match="already a block named 'flow'"):
        program.add_rows("flow", {}, "kt/yr")
    with pytest.raises(ProgramError, match=r"differ in length: \{'a': 1, 'b': 2\}"):
        program.add_rows("new", {"a": [1], "b": [1, 2]}, "kt/yr")


def test_arguments_are_copied_and_arrays_are_read_only():
    cost = np.array([1.0, 2.0])
    program = Program()
    columns = program.add_columns("x", {"k": [0, 1]}, "kt/yr", cost=cost)
    rows = program.add_rows("r", {"k": [0, 1]}, "kt/yr")
    coefficient = np.array([3.0, 4.0])
    program.add_terms(rows, columns, coefficient, "1")
    cost[0] = coefficient[0] = 99
    standard = program.freeze()
    assert standard.cost[0] == 1 and standard.A[0, 0] == 3
    with pytest.raises(ValueError, match="read-only"):
        standard.cost[0] = 5
    with pytest.raises(ValueError, match="read-only"):
        standard.A.data[0] = 5


def test_patch_changes_numbers_and_nothing_else():
    standard = small()[0].freeze()
    patch = Patch(
        {
            "flow": {"cost": ([1], [8.0]), "upper": (None, 4)},
            "balance": {"upper": (None, [5, 6, 7])},
        }
    )
    patched = standard.apply(patch)
    assert patched.cost.tolist() == [1, 8, 0]
    assert patched.column_upper.tolist() == [4, 4, np.inf]
    assert patched.row_upper.tolist() == [5, 6, 7]
    assert patched.A is standard.A and patched.row_lower is standard.row_lower
    assert standard.cost.tolist() == [1, 2, 0] and standard.row_upper.tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"flaw": {"cost": (None, 1)}}, "'flaw'; the program has flow, other, balance"),
        ({"flow": {"coefficient": (None, 1)}}, "'coefficient' of the columns flow"),
        ({"balance": {"cost": (None, 1)}}, "'cost' of the rows balance; it may change lower"),
        ({"flow": {"cost": ([2], 1)}}, "positions 2 to 2 of flow, which has 0 to 1"),
        ({"flow": {"cost": ([-1], 1)}}, "positions -1 to -1 of flow"),
        ({"flow": {"cost": ([0.0], 1)}}, "whole numbers as positions of flow"),
        ({"flow": {"cost": (None, [1, 2, 3])}}, "3 numbers for 2 positions of flow"),
        ({"flow": {"curvature": (None, -1)}}, "curvature is negative"),
        ({"flow": {"lower": (None, np.nan)}}, "lower has a NaN"),
    ],
)
def test_wrong_patches_are_refused(changes, said):
    with pytest.raises(ProgramError, match=said):
        small()[0].freeze().apply(Patch(changes))


def test_a_program_without_anything_freezes_and_solves():
    from monazite.kernel import solve

    program = Program()
    program.add_constant(3.5)
    solution = solve(program.freeze())
    assert solution.solved and solution.objective == 3.5


def test_importing_the_kernel_loads_no_solver():
    import subprocess
    import sys

    code = (
        "import sys, monazite.kernel\n"
        "heavy = {'scipy', 'piqp', 'highspy', 'polars', 'pandas'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def stocked(periods, *, hint):
    """One stock a place over some periods: bought cheap in even periods, used in all."""
    program = Program()
    dims = {"period": np.repeat(np.arange(periods), 3), "place": np.tile(np.arange(3), periods)}
    even = dims["period"] % 2 == 0
    buy = program.add_columns("buy", dims, "kt", cost=np.where(even, 1.0, 9.0), curvature=0.1)
    level = program.add_columns(
        "level", dims, "kt", cost=0.01, upper=5, together=dims["period"] if hint else None
    )
    balance = program.add_rows("balance", dims, "kt", lower=2, upper=2)
    program.add_terms(balance, buy, 1.0, "1")
    program.add_terms(balance, level, -1.0, "1")
    later = np.arange(3, level.size)
    program.add_terms(balance, level, 1.0, "1", row=later, column=later - 3)
    return program.freeze()


@pytest.mark.parametrize("periods", [4, 20])
def test_the_hint_for_speed_changes_no_answer(periods):
    from monazite.kernel import solve

    plain, hinted = solve(stocked(periods, hint=False)), solve(stocked(periods, hint=True))
    assert hinted.x == pytest.approx(plain.x, abs=1e-9)
    assert hinted.y == pytest.approx(plain.y, abs=1e-9)
    # 2 is used each period; the odd ones' 2 are bought before, 4 at 1 + 0.1 * 4 the next kt
    assert hinted.value("buy")[:6] == pytest.approx([4, 4, 4, 0, 0, 0], abs=1e-9)
    assert hinted.value("balance")[:6] == pytest.approx([1.4, 1.4, 1.4, 1.41, 1.41, 1.41], abs=1e-9)


def test_the_hint_numbers_columns_of_all_blocks_alike():
    program = Program()
    program.add_columns("a", {"k": [0, 1, 2]}, "kt", together=["2025", "2030", "2025"])
    program.add_columns("b", {"k": [0]}, "kt")
    program.add_columns("c", {"k": [0, 1]}, "kt", together=["2030", "2035"])
    assert program.freeze().together.tolist() == [0, 1, 0, -1, 1, 2]
    with pytest.raises(ProgramError, match="d: together has 1 labels for 2 positions"):
        program.add_columns("d", {"k": [0, 1]}, "kt", together=["2025"])


def test_one_group_is_tied_whole_and_a_few_not_at_all():
    from monazite.kernel.piqp import _hessian

    def tied(groups: int) -> int:
        program = Program()
        columns = {"k": range(6)}
        program.add_columns("a", columns, "kt", together=[k % groups for k in range(6)])
        return int(_hessian(program.freeze(), np.ones(6, dtype=bool)).nnz) - 6

    assert tied(1) == 15  # every pair
    assert tied(2) == 0


def test_the_hint_puts_zeros_between_the_columns_of_a_group():
    from monazite.kernel.piqp import _hessian

    standard = stocked(20, hint=True)
    hessian = _hessian(standard, np.ones(standard.cost.size, dtype=bool)).tocoo()
    assert hessian.diagonal() == pytest.approx(standard.curvature)
    start = standard.blocks["level"].start
    off = [(i - start, j - start) for i, j in zip(hessian.row, hessian.col, strict=True) if i != j]
    assert sorted(off)[:4] == [(0, 1), (0, 2), (1, 2), (3, 4)]
    assert len(off) == 60 and all(i < j for i, j in off)

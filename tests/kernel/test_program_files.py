"""Files other solvers read: same numbers, same names, same answer."""

import numpy as np
import pytest

from monazite.errors import ProgramError
from monazite.kernel import Program, solve, write_lp, write_mps

WRITERS = pytest.mark.parametrize(("write", "suffix"), [(write_lp, "lp"), (write_mps, "mps")])


def awkward(curvature=(0, 2, 0, 1e3)):
    """Every kind of bound and row, an empty row, a constant, names with blanks and accents."""
    program = Program("two words")
    dims = {
        "material": ["dy_oxide", "dy_oxide", "nd pr", "nd pr"],
        "to": ["CHN", "Côte d'Ivoire", "JPN", "中国"],
    }
    flow = program.add_columns(
        "flow",
        dims,
        "kt/yr",
        cost=[1 / 3, 0, -2, 1e-17],
        curvature=curvature,
        lower=[0, -np.inf, -3, -np.inf],
        upper=[np.inf, np.inf, -1, 5],
    )
    fixed = program.add_columns("e12", {}, "kt/yr", lower=2, upper=2)
    capped = program.add_columns("capped", {}, "kt/yr", upper=-0.0)
    rows = program.add_rows(
        "row",
        {"k": list("abcdef")},
        "kt/yr",
        lower=[0.1, -np.inf, -9, -21, -np.inf, -1],
        upper=[0.1, 4, np.inf, 7.5, np.inf, 1],
    )
    program.add_terms(rows, flow, [1.0, 0.1, 3.0, -4.0], "1", row=[0, 1, 2, 3])
    program.add_terms(rows, fixed, 1.0, "1", row=[4])
    program.add_terms(rows, capped, 1.0, "1", row=[0])
    program.add_constant(12.5)
    return program.freeze()


def read(path):
    import highspy

    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    assert solver.readModel(str(path)) == highspy.HighsStatus.kOk
    return solver


def expected_names(suffix):
    flow = ["dy_oxide,CHN", "dy_oxide,Côte_d'Ivoire", "nd_pr,JPN", "nd_pr,中国"]
    if suffix == "lp":
        columns = [f"flow({label})" for label in flow] + ["n_e12", "capped"]
        rows = [f"row({k})" for k in "abcdef"]
        return columns, [*rows[:4], "row(d)~upper", *rows[4:], "row(f)~upper"]
    return [f"flow[{label}]" for label in flow] + ["e12", "capped"], [f"row[{k}]" for k in "abcdef"]


@WRITERS
def test_names_survive_a_round_trip_through_highs(tmp_path, write, suffix):
    write(awkward(), tmp_path / f"program.{suffix}")
    lp = read(tmp_path / f"program.{suffix}").getLp()
    columns, rows = expected_names(suffix)
    assert list(lp.col_names_) == columns
    assert list(lp.row_names_) == rows


@WRITERS
def test_numbers_survive_a_round_trip_through_highs(tmp_path, write, suffix):
    standard = awkward()
    write(standard, tmp_path / f"program.{suffix}")
    model = read(tmp_path / f"program.{suffix}").getModel()
    lp = model.lp_
    assert list(lp.col_cost_) == standard.cost.tolist()
    assert list(lp.col_lower_) == standard.column_lower.tolist()
    assert list(lp.col_upper_) == standard.column_upper.tolist()
    assert lp.offset_ == 12.5
    curvature = dict(zip(model.hessian_.index_, model.hessian_.value_, strict=True))
    assert [curvature.get(j, 0.0) for j in range(6)] == standard.curvature.tolist()
    sides = dict(zip(lp.row_names_, zip(lp.row_lower_, lp.row_upper_, strict=True), strict=True))
    if suffix == "lp":
        for name in ("row(d)", "row(f)"):
            sides[name] = (sides[name][0], sides.pop(f"{name}~upper")[1])
    wanted = list(zip(standard.row_lower.tolist(), standard.row_upper.tolist(), strict=True))
    assert list(sides.values()) == wanted


@WRITERS
def test_the_answer_survives_a_round_trip_through_highs(tmp_path, write, suffix):
    standard = awkward(curvature=(0, 2, 0.5, 1e3))
    write(standard, tmp_path / f"program.{suffix}")
    solver = read(tmp_path / f"program.{suffix}")
    solver.run()
    assert solver.getInfo().objective_function_value == pytest.approx(
        solve(standard).objective, rel=1e-6
    )


@WRITERS
def test_names_that_collide_are_refused(tmp_path, write, suffix):
    program = Program()
    program.add_columns("flow", {"to": ["a b", "a_b"]}, "kt/yr")
    with pytest.raises(ProgramError, match="two columns would be named flow.a_b."):
        write(program.freeze(), tmp_path / f"program.{suffix}")

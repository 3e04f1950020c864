"""Old scrap of what the outcome itself used: series on paper, saving, foresight, opening again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from one_mine import MINE, tables
from typer.testing import CliRunner

import monazite as mz
from monazite.cli import app
from monazite.errors import CertificateError, InputError
from monazite.messages import speaking
from monazite.study import scrap
from monazite.study.years import Years, old_scrap

A10 = 0.1 / (1 - 1.1**-10)  # annuity of 1 over ten years at 10 %
BACK = {"material": "m", "gives": "m", "quantity": 1.0, "collected": 0.25, "life": 2.0,
        "counted": 0.0}  # fmt: skip
BASE = [{"period": "2024", "years": 1.0}]  # the year of the case: of nothing then a quarter now
STILL = {"path": "central", "sector": "cars", "year": 2025, "index": 1.0}
PROJECT = {"facility": "new", "status": "planned", "size": 9.0, "life": 10.0, "capex": 20.0}


def world(**more: Any) -> mz.Case:
    """Demand p = 10 - q at (6, 4), a mine of 4 at cost 2, one that may be built, old scrap."""
    return mz.Case.from_tables(tables(scrap=[BACK], periods=BASE) | more, "scrap")


def asked(years: dict[str, Any], rules: tuple[dict[str, Any], ...] = ()) -> mz.Scenario:
    whole = {"first": 2025, "last": 2028, "decided": 2025, "scrap": "outcome"} | years
    return mz.Scenario.checked({"name": "y", "years": whole, "instruments": list(rules)})


def run(years: dict[str, Any], rules: tuple[dict[str, Any], ...] = (), **more: Any) -> Any:
    return mz.run(asked(years, rules), case=world(**more))


def used(outcome: Any) -> list[float]:
    return outcome.use["quantity"].to_list()


def back(outcome: Any) -> list[float]:
    return outcome.supply["quantity"].to_list()


QUOTA = {"kind": "production_quota", "name": "quota", "facilities": ["old"], "maximum": 2.0,
         "start": 2026, "end": "2026-12-31"}  # fmt: skip


def test_what_is_used_comes_back_and_is_used_again() -> None:
    """Half of it, a year later: q[t] = 4 + q[t-1] / 2 from 4 on is 6, 7, 7.5, 7.75, towards 8.

    The path says 4 every year, so by it 2 come back and 6 are used.
    """
    half = {**BACK, "collected": 0.5, "life": 1.0}
    outcome = run({}, scrap=[half])
    assert used(outcome) == pytest.approx([6, 7, 7.5, 7.75], abs=1e-3)
    assert used(run({"scrap": "path"}, scrap=[half])) == pytest.approx([6] * 4)


def test_a_rule_that_lowers_use_lowers_the_scrap_of_a_life_later() -> None:
    """Closing half the mine in 2026 takes 2 kt of use, and a quarter of them, 0.5, in 2028."""
    free, held = run({}), run({}, (QUOTA,))
    less = [a - b for a, b in zip(used(free), used(held), strict=True)]
    assert less == pytest.approx([0, 2, 0, 0.5], abs=1e-3)
    fewer = [a - b for a, b in zip(back(free), back(held), strict=True)]
    assert fewer == pytest.approx([0, 0, 0, 0.5], abs=1e-3)
    path = run({"scrap": "path"}, (QUOTA,))
    assert back(path) == pytest.approx([1] * 4)


def test_before_the_first_year_scrap_is_as_the_table_says() -> None:
    """4 kt in 2024, 10 % less before; from 2027 on a quarter of what was used two years before."""
    outcome = run({}, scrap=[{**BACK, "growth": 0.1}])
    first = [1 / 1.1, 1.0]
    assert back(outcome) == pytest.approx([*first, *(1 + b / 4 for b in first)], abs=1e-3)


def test_between_the_case_and_the_first_year_asked_for_use_is_the_paths() -> None:
    """A case of 2024 grows by half a year later and stays; asked for from 2026 on, scrap of two
    years' life is of 4 kt, 6, and then of what the outcome used: 5 and more.
    """
    path = [{**STILL, "index": 1.5}]
    outcome = run({"first": 2026, "last": 2029}, demand_paths=path)
    q = used(outcome)
    assert q == pytest.approx([5, 5.5, 4 + q[0] / 4, 4 + q[1] / 4], abs=1e-3)
    assert back(outcome) == pytest.approx([1, 1.5, q[0] / 4, q[1] / 4], abs=1e-3)


def test_nothing_comes_back_of_what_was_saved() -> None:
    """Demand doubles in 2026: 10 - q / 2 meets 5, what a kg saved costs, at 10 kt of 4 mined, 1 of
    scrap and 4 saved, the most there may be: 9 kt at 5.5. Really used are 5, and 1.25 come back.
    """
    path = [STILL, {**STILL, "year": 2026, "index": 2.0}]
    saving = {"material": "m", "share": 0.5, "yearly": 1.0, "life": 10.0, "times": 5 / 6}
    outcome = run({}, demand_paths=path, thrift=[saving])
    assert used(outcome)[1] == pytest.approx(9.0, abs=1e-3)
    assert back(outcome)[3] == pytest.approx(0.25 * (9 - 4), abs=1e-3)


def test_within_a_period_use_follows_the_path() -> None:
    """Use triples evenly over 2025 and 2026, one period; scrap of 2027, a year's life, is of the
    year 2026: 4 * 3^(1/2) of 2 (1 + 3^(1/2)), of which the outcome uses what 10 - q / g meets.
    """
    path = [STILL, {**STILL, "year": 2027, "index": 3.0}]
    yearly = {**BACK, "life": 1.0}
    outcome = run({"grid": [2025, 2027]}, demand_paths=path, scrap=[yearly])
    q = used(outcome)
    assert q[0] == pytest.approx(5.0)
    assert back(outcome)[1] == pytest.approx(0.25 * q[0] * 3**0.5 / ((1 + 3**0.5) / 2), abs=1e-3)


@pytest.mark.parametrize("seen", [{}, {"foresight": "static"}, {"foresight": "myopic", "window": 1},
                                  {"foresight": "myopic", "window": 3}])  # fmt: skip
def test_however_far_people_see_scrap_is_what_was_used(seen: dict[str, Any]) -> None:
    """Also where demand grows, a plant is built and a rule holds the old one back."""
    path = [STILL, {**STILL, "year": 2027, "index": 2.0}]
    project = {**PROJECT, "earliest": 2025, "lead": 1.0}
    outcome = run(seen, (QUOTA,), demand_paths=path, projects=[project])
    q, got = used(outcome), outcome.scrap.rows["back"].to_list()
    assert got == pytest.approx([1, 1, q[0] / 4, q[1] / 4], abs=1e-3)
    assert outcome.certificate.ok and outcome.mass_balance < 1e-6
    assert outcome.ledger.residual < 1e-6
    built = outcome.built.sum()
    assert (built > 0.5) == (seen.get("window", 3) == 3 and seen.get("foresight") != "static")


def test_who_builds_counts_on_the_scrap_to_come() -> None:
    """Undiscounted, a plant of 2026 earns its cost on average: p = 2 + 20 A over three years,
    though scrap of that year's use makes the last of them cheaper.
    """
    path = [STILL, {**STILL, "year": 2026, "index": 2.0}]
    outcome = run({"discount": 0.0}, demand_paths=path, projects=[{**PROJECT, "earliest": 2025}])
    q, got = used(outcome), outcome.scrap.rows["back"].to_list()
    assert sum(q[1:]) / 3 == pytest.approx(2 * (10 - (2 + 20 * A10)), abs=1e-3)
    assert got[3] == pytest.approx(q[1] / 4, abs=1e-3)
    assert q[3] - q[2] == pytest.approx(got[3] - got[2], abs=1e-3) and q[3] > q[2] + 0.5


@settings(max_examples=10)
@given(
    st.lists(st.floats(0.3, 3.0), min_size=3, max_size=3),
    st.sampled_from([[2025, 2026, 2027, 2028], [2025, 2027, 2028], [2024, 2026, 2030]]),
    st.floats(0.5, 6.0),
)
def test_where_use_follows_the_path_both_are_one(
    index: list[float], grid: list[int], life: float
) -> None:
    """Use that answers no price and does not save: scrap is that of the path on any grid."""
    fixed = [{"country": "A", "material": "m", "sector": s, "form": "fixed", "quantity": 4.0}
             for s in ("cars", "wind")]  # fmt: skip
    more = {
        "demand": fixed,
        "demand_paths": [{"path": "central", "sector": "cars", "year": 2026 + k, "index": i}
                         for k, i in enumerate(index)],
        "facilities": [{"facility": "old", "capacity": 60.0, **MINE}],
        "scrap": [{**BACK, "life": life, "cost": 0.5}],
    }  # fmt: skip
    own, path = (run({"grid": grid, "scrap": by}, **more) for by in ("outcome", "path"))
    assert own.scrap.rounds == 1
    assert back(own) == pytest.approx(back(path), abs=1e-6)
    assert own.objective == pytest.approx(path.objective, rel=1e-6, abs=1e-6)


@settings(max_examples=8)
@given(
    st.lists(st.floats(0.3, 3.0), min_size=5, max_size=5),
    st.floats(0.3, 1.0),
    st.sampled_from([1.0, 2.0, 2.5]),
    st.sampled_from(["perfect", "static", "myopic"]),
)
def test_it_settles_where_much_comes_back_soon(
    index: list[float], collected: float, life: float, seen: str
) -> None:
    """Scrap of scrap of scrap, with a plant to build: what is supplied is what was used."""
    more = {
        "demand_paths": [{"path": "central", "sector": "cars", "year": 2026 + k, "index": i}
                         for k, i in enumerate(index)],
        "projects": [{**PROJECT, "earliest": 2025, "lead": 1.0}],
        "scrap": [{**BACK, "collected": collected, "life": life}],
    }  # fmt: skip
    outcome = run({"last": 2030, "foresight": seen}, **more)
    left = old_scrap(world(**more), outcome.scenario.years, outcome)["back"].to_list()
    assert outcome.scrap.rows["back"].to_list() == pytest.approx(left, rel=1e-3)


def test_the_sectors_of_a_country_part() -> None:
    """Cars give up what is dear, wind does not: what comes back is a quarter of both."""
    cars = {"country": "A", "material": "m", "sector": "cars", "price": 6.0, "quantity": 4.0,
            "elasticity": -1.5}  # fmt: skip
    wind = {"country": "A", "material": "m", "sector": "wind", "form": "fixed", "quantity": 2.0}
    outcome = run({}, demand=[cars, wind])
    total = outcome.use.group_by("period", maintain_order=True).agg(pl.col("quantity").sum())
    q = dict(total.rows())
    assert q["2025"] == pytest.approx(5.5)  # 4 mined, a quarter of 6 comes back
    assert back(outcome)[2:] == pytest.approx([q["2025"] / 4, q["2026"] / 4], abs=1e-3)


def test_what_follows_the_answer_is_told_and_follows_it() -> None:
    outcome = run({}, (QUOTA,))
    again = old_scrap(world(), outcome.scenario.years, outcome)["back"]
    assert again.to_list() == pytest.approx(outcome.scrap.rows["back"].to_list(), rel=1e-4)
    assert outcome.record["scrap"] == {"rounds": outcome.scrap.rounds, "moved": outcome.scrap.moved}
    assert 1 < outcome.scrap.rounds <= 4 and outcome.scrap.moved <= scrap.STILL
    assert run({"scrap": "path"}).record["scrap"] is None


def test_the_screen_tells_in_how_many_rounds_it_settled(tmp_path: Path) -> None:
    world().write(tmp_path / "case")
    (tmp_path / "own.yaml").write_text(
        "years: {first: 2025, last: 2028, scrap: outcome}", encoding="utf-8"
    )
    told = CliRunner().invoke(
        app, ["run", str(tmp_path / "own.yaml"), "--case", str(tmp_path / "case")]
    )
    assert told.exit_code == 0 and "settled in 2 rounds" in told.output


def test_a_case_without_scrap_is_solved_once() -> None:
    outcome = run({}, scrap=[])
    assert used(outcome) == pytest.approx([4] * 4) and outcome.scrap.rounds == 1


@pytest.mark.parametrize(("lang", "says"), [("en", "does not settle with the use"),
                                            ("zh", "无法相互收敛")])  # fmt: skip
def test_scrap_that_never_settles_is_told(lang: str, says: str) -> None:
    """More than 2 leave 1 and less leave 3: no amount leaves itself."""

    def rows(amount: float) -> pl.DataFrame:
        one = {"country": "A", "material": "m", "gives": "m", "period": "2025"}
        return pl.DataFrame([{**one, "back": amount, "cost": 0.0}])

    def left(outcome: Any) -> pl.DataFrame:
        return rows(1.5) if outcome is None else rows(1.0 if outcome > 2 else 3.0)

    with speaking(lang), pytest.raises(CertificateError, match=says) as told:
        scrap.settled(lambda asked, near: asked["back"][0], left)
    assert "2025" in str(told.value) and " m " in str(told.value)


def test_an_answer_is_opened_with_its_own_scrap(tmp_path: Path) -> None:
    before = run({}, (QUOTA,))
    folder = before.write(tmp_path / "kept")
    after = mz.run(folder, case=world())
    assert after.objective == before.objective and after.supply.equals(before.supply)
    assert after.record["scrap"] == before.record["scrap"]
    (folder / "scrap.parquet").write_bytes(b"torn")
    with pytest.raises(InputError, match=r"scrap.parquet: .*cannot be read"):
        mz.run(folder, case=world())
    (folder / "scrap.parquet").unlink()
    with pytest.raises(InputError, match=r"scrap.parquet: .*not there"):
        mz.run(folder, case=world())
    changed = world(scrap=[{**BACK, "collected": 0.3}])
    with pytest.raises(InputError, match="no longer those that were solved"):
        mz.run(before.write(tmp_path / "other"), case=changed)


def test_it_is_asked_for_in_years() -> None:
    assert Years().scrap == "path" and Years.parsed("2024,2030", scrap="outcome").scrap == "outcome"
    with pytest.raises(InputError, match="scrap.*wild is not one of"):
        Years.parsed("2024,2030", scrap="wild")
    with pytest.raises(ValueError, match="years"):
        mz.run("today", scrap="outcome")
    invoked = CliRunner().invoke(app, ["run", "today", "--scrap", "outcome"])
    assert invoked.exit_code == 2

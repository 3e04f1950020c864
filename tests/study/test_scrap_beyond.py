"""Old scrap beyond that of the base year: shares on paper, falling use, the base year."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from one_mine import tables

import monazite as mz
from monazite.errors import InputError
from monazite.report.sections.years import _old_scrap as section
from monazite.report.view import view_of
from monazite.study import scrap
from monazite.study.answers import answers
from monazite.study.years import Years, old_scrap
from monazite.terminal_years import show_years

BACK = {"material": "m", "gives": "m", "quantity": 1.0, "collected": 0.25, "life": 2.0}
FALL = {"path": "central", "sector": "cars", "year": 2026, "index": 0.5}
OTHER = {"sector": "wind", "form": "fixed", "country": "A", "quantity": 4.0}
BASE = [{"period": "2024", "years": 1.0}]


def world(**more: Any) -> mz.Case:
    """Demand p = 10 - q at (6, 4), a mine of 4 at cost 2, old scrap."""
    return mz.Case.from_tables(tables(scrap=[BACK]) | more, "beyond")


def run(years: dict[str, Any], **more: Any) -> Any:
    whole = {"first": 2025, "last": 2028, "decided": 2025} | years
    return mz.run(mz.Scenario.checked({"name": "y", "years": whole}), case=world(**more))


def supplied(outcome: Any) -> list[float]:
    """Old scrap taken up by period."""
    rows = dict(outcome.supply.select("period", "quantity").rows())
    return [rows.get(period, 0.0) for period in outcome.market.axes.periods]


def found(years: Years, **more: Any) -> pl.DataFrame:
    return scrap.beyond(old_scrap(world(**more), years))


def test_as_much_as_in_the_base_year_adds_nothing() -> None:
    """A quarter of 4 kt came back in the year of the case too, and 4 kt at 6 closed without it."""
    outcome = run({})
    assert [outcome.price("m", "A", str(year)) for year in range(2025, 2029)] == [
        pytest.approx(6.0)
    ] * 4
    assert outcome.supply.height == 0
    assert old_scrap(world(), Years.parsed("2025:2028"))["back"].to_list() == pytest.approx([1] * 4)


def test_what_is_more_than_in_the_base_year_comes_on_top() -> None:
    """Use grew by a tenth a year: 1 / 1.21 of scrap in 2025, 1 / 1.1 in 2026, then 1."""
    growing = {**BACK, "growth": 0.1}
    all_of_it, then = [1 / 1.21, 1 / 1.1, 1.0, 1.0], 1 / 1.21
    rows = found(Years.parsed("2025:2028"), scrap=[growing])
    assert rows["back"].to_list() == pytest.approx(all_of_it)
    assert rows["counted"].to_list() == pytest.approx([then] * 4)
    assert rows["beyond"].to_list() == pytest.approx([b - then for b in all_of_it])
    assert supplied(run({}, scrap=[growing])) == pytest.approx([b - then for b in all_of_it])


@pytest.mark.parametrize(
    ("more", "back"),
    [
        ({}, [1.0, 1.0, 1.0, 1.0]),
        ({"counted": 0.05}, [0.2, 1.0, 1.0, 1.0]),
        ({"counted": 0.05, "reached": 2027}, [0.2, 0.6, 1.0, 1.0]),
        ({"counted": 0.05, "reached": 2030}, [0.2, 0.36, 0.52, 0.68]),
        ({"counted": 0.0, "reached": 2020}, [0.0, 1.0, 1.0, 1.0]),
        ({"counted": 0.5, "reached": 2027}, [2.0, 1.5, 1.0, 1.0]),
        ({"reached": 2027}, [1.0, 1.0, 1.0, 1.0]),
    ],
)
def test_the_share_goes_from_that_of_the_base_year_to_the_one_stated(
    more: dict[str, Any], back: list[float]
) -> None:
    """Of 4 kt a quarter comes back once `collected` is reached, before it evenly more."""
    rows = found(Years.parsed("2025:2028"), scrap=[{**BACK, **more}])
    assert rows["back"].to_list() == pytest.approx(back)
    assert rows["beyond"].to_list() == pytest.approx([max(b - back[0], 0.0) for b in back])
    assert supplied(run({}, scrap=[{**BACK, **more}])) == pytest.approx(
        [max(b - back[0], 0.0) for b in back]
    )


def test_where_less_comes_back_nothing_is_taken_away() -> None:
    """Half as much is used from 2026 on, so half comes back from 2028 on, and the mine still gives
    4: 10 - 2 q meets them at 2 in each of the years.
    """
    outcome = run({}, demand_paths=[FALL])
    rows = old_scrap(world(demand_paths=[FALL]), outcome.scenario.years)
    assert rows["back"].to_list() == pytest.approx([1, 1, 1, 0.5])
    assert supplied(outcome) == pytest.approx([0] * 4)
    assert outcome.price("m", "A", "2028") == pytest.approx(outcome.price("m", "A", "2026"))


def test_what_one_use_gives_less_is_set_against_what_another_gives_more() -> None:
    """Two goods leave the same scrap: half a kt less of one and, with a growth of 60 % over its
    life, 0.6 kt more of the other: 0.1 is new. Costs are means of all that comes back.
    """
    wind = {**OTHER, "material": "n"}
    base = tables()
    rows = found(
        Years.parsed("2025,2028"),
        materials=[{"material": "m"}, {"material": "n"}],
        demand=[*base["demand"], wind],
        demand_paths=[FALL, {**FALL, "sector": "wind", "index": 1.6}],
        scrap=[{**BACK, "cost": 1.0}, {**BACK, "material": "n", "cost": 3.0}],
    )
    assert rows["back"].to_list() == pytest.approx([2.0, 2.1])
    assert rows["beyond"].to_list() == pytest.approx([0.0, 0.1])
    assert rows["cost"].to_list() == pytest.approx([2.0, (0.5 * 1 + 1.6 * 3) / 2.1])


def test_the_base_year_is_that_of_the_case_wherever_the_grid_begins() -> None:
    """Use grew by a tenth a year until 2024: what is beyond in 2026 is so on every grid."""
    more = {"scrap": [{**BACK, "growth": 0.1, "life": 4.0}], "periods": BASE}
    late = found(Years.parsed("2026:2028"), **more)["beyond"].to_list()
    assert late == pytest.approx([1 / 1.1**2 - 1 / 1.1**4, 1 / 1.1 - 1 / 1.1**4, 1 - 1 / 1.1**4])
    assert found(Years.parsed("2024:2028"), **more)["beyond"].to_list()[2:] == pytest.approx(late)


def test_by_the_outcome_too_only_what_is_beyond_comes_on_top() -> None:
    """A quarter of 4 kt came back two years after 2022, a quarter of what 2025 and 2026 used does
    in 2027 and 2028; half the mine is closed in 2026, so 0.5 come back in 2028, half of the 1 that
    the base year has in its supply already, and its use stays at 4.
    """
    quota = {"kind": "production_quota", "name": "quota", "facilities": ["old"], "maximum": 2.0,
             "start": 2026, "end": "2026-12-31"}  # fmt: skip
    years = {"first": 2025, "last": 2028, "decided": 2025, "scrap": "outcome"}
    asked = mz.Scenario.checked({"name": "y", "years": years, "instruments": [quota]})
    outcome = mz.run(asked, case=world(periods=BASE))
    assert outcome.scrap.rows["back"].to_list() == pytest.approx([1, 1, 1, 0.5], abs=1e-3)
    assert outcome.scrap.rows["counted"].to_list() == pytest.approx([1] * 4)
    assert supplied(outcome) == pytest.approx([0] * 4, abs=1e-3)
    assert outcome.use["quantity"].to_list() == pytest.approx([4, 2, 4, 4], abs=1e-3)


def test_terminal_report_and_table_tell_all_of_it_and_what_is_new(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of 4 kt back come 0.2, 0.6, 1 and 1 kt a year, 0.4 and 0.8 more than in the base year; users
    take them all, for 10 - q meets what is mined and collected above its cost of 1.
    """
    rising = {**BACK, "counted": 0.05, "reached": 2027, "cost": 1.0}
    outcome = run({}, scrap=[rising])
    rows = scrap.returned(outcome)
    assert rows.columns == ["period", "material", "country", "back", "counted", "beyond", "taken",
                            "cost"]  # fmt: skip
    assert rows["back"].to_list() == pytest.approx([0.2, 0.6, 1, 1])
    assert rows["counted"].to_list() == pytest.approx([0.2] * 4)
    assert rows["beyond"].to_list() == pytest.approx([0, 0.4, 0.8, 0.8])
    assert rows["taken"].to_list() == pytest.approx([0, 0.4, 0.8, 0.8], abs=1e-6)
    show_years(outcome, answers(outcome, periods=["2027"]), "en", tmp_path / "out")
    told = " ".join(capsys.readouterr().out.split())
    assert "Old scrap: comes back in all" in told
    assert "0.2 (0; 0) 0.6 (0.4; 0.4) 1 (0.8; 0.8) 1 (0.8; 0.8)" in told, told
    written = pl.read_csv(tmp_path / "out" / "old_scrap.csv")
    assert written["taken"].to_list() == pytest.approx([0, 0.4, 0.8, 0.8], abs=1e-6)
    page = section(view_of(outcome, "zh"))
    assert page.count("<tr") == 5  # a row for each period, and the head
    assert "旧料" in page and "超出基年的部分" in page
    none = run({}, scrap=[])
    assert scrap.returned(none).height == 0 and section(view_of(none)) == ""


def test_what_is_too_dear_to_collect_is_not_taken() -> None:
    """10 - q meets the mine's 4 at 6: who collects at 5.5 sells half of what is new, 0.5 of 1."""
    outcome = run({}, scrap=[{**BACK, "counted": 0.0, "cost": 5.5}])
    assert scrap.returned(outcome)["taken"].to_list() == pytest.approx([0, 0.5, 0.5, 0.5], abs=1e-4)
    assert outcome.price("m", "A", "2026") == pytest.approx(5.5, abs=1e-4)


def test_an_answer_opened_again_tells_the_same_old_scrap(tmp_path: Path) -> None:
    for way in ("path", "outcome"):
        outcome = run({"scrap": way}, scrap=[{**BACK, "growth": 0.1}])
        again = mz.run(outcome.write(tmp_path / way), case=world(scrap=[{**BACK, "growth": 0.1}]))
        assert scrap.returned(again).equals(scrap.returned(outcome))
        assert (outcome.record["scrap"] is None) == (way == "path")
        assert (tmp_path / way / "scrap.parquet").is_file() == (way == "outcome")


@given(
    collected=st.floats(0.0, 1.0),
    counted=st.none() | st.floats(0.0, 1.0),
    reached=st.none() | st.integers(1990, 2060),
    growth=st.floats(-0.3, 0.3),
    life=st.floats(0.5, 30.0),
    index=st.floats(0.0, 3.0),
)
def test_the_base_year_gets_nothing_and_no_year_less_than_nothing(
    collected: float, counted: float | None, reached: int | None, growth: float, life: float,
    index: float,
) -> None:  # fmt: skip
    """Whatever is stated: a base year with old scrap is the base year without."""
    one = {**BACK, "collected": collected, "growth": growth, "life": life}
    told = {key: v for key, v in (("counted", counted), ("reached", reached)) if v is not None}
    rows = found(
        Years.parsed("2024:2030"), periods=BASE, scrap=[one | told],
        demand_paths=[{**FALL, "index": index}],
    )  # fmt: skip
    assert rows["beyond"][0] == pytest.approx(0.0, abs=1e-12) and rows["beyond"].min() >= 0.0
    left = (rows["beyond"] - (rows["back"] - rows["counted"])).min()
    assert left >= -1e-12
    share = collected if counted is None else counted
    assert rows["counted"][0] == pytest.approx(4 * share * (1 + growth) ** -life)


def test_the_first_year_of_the_reference_world_is_its_base_year() -> None:
    """Every price at which anything changes hands in 2024, and everything made, with perfect
    foresight: old scrap comes on top from the year after, here 0.1 kt of it.
    """
    base, outcome = mz.run("today"), mz.run("today", years="2024,2025")
    keys = ["material", "country"]
    both = base.prices.join(outcome.prices.filter(pl.col("period") == "2024"), on=keys)
    both = both.filter(~pl.col("indicative"), ~pl.col("indicative_right"))
    assert both.height > 300
    apart = ((both["price_right"] - both["price"]).abs() / both["price"].abs().clip(0.01)).max()
    assert apart < 1e-5
    rows = scrap.beyond(old_scrap(base.case, outcome.scenario.years))
    by_year = dict(rows.group_by("period").agg(pl.col("beyond").sum()).rows())
    assert by_year["2024"] == pytest.approx(0.0, abs=1e-9) and 0.05 < by_year["2025"] < 0.2


def test_an_answer_with_scrap_of_other_columns_is_told(tmp_path: Path) -> None:
    folder = run({"scrap": "outcome"}).write(tmp_path / "kept")
    file = folder / "scrap.parquet"
    pl.read_parquet(file).drop("counted").write_parquet(file)
    with pytest.raises(InputError, match=r"scrap.parquet: .*cannot be read"):
        mz.run(folder, case=world())


def test_a_share_above_all_and_a_year_that_is_none_are_told() -> None:
    with pytest.raises(InputError, match="counted") as told:
        world(scrap=[{**BACK, "counted": 1.5, "reached": 20}])
    assert "reached" in str(told.value)

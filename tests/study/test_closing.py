"""What closes and why, by hand, and what it does in the reference world."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import monazite as mz
from monazite.model.market import Market
from monazite.report.sections.years import _closures as section
from monazite.report.view import view_of
from monazite.study.answers import answers
from monazite.study.closing import closures, deposits
from monazite.study.cover import cover
from monazite.study.standing import proved, standing
from monazite.study.stops import stops
from monazite.terminal_years import show_years

DIG = {"technology": "dig", "country": "A", "cost": 2.0}
RECIPES = [
    {"technology": "dig", "material": "ground", "direction": "in", "quantity": 1.0},
    {"technology": "dig", "material": "ore", "direction": "out", "quantity": 1.0},
    {"technology": "mine", "material": "ore", "direction": "out", "quantity": 1.0},
]
COARSE = "2024,2026,2028,2030,2035,2040"


def run(grid: tuple[int, ...] = (), **more: Any) -> Any:
    """Demand p = 10 - q from 2025 to 2030: a deposit of 6 at 2, mines at 1 that close and wear out.

    Old has 1 until 2026; new, 2 from 2026 on, lives three years; last closes with the horizon.
    """
    mine = {"technology": "mine", "country": "A", "cost": 1.0}
    tables = {
        "facilities": [
            {"facility": "dig", "capacity": 20.0, **DIG},
            {"facility": "old", "capacity": 1.0, "last_year": 2026, **mine},
            {"facility": "last", "capacity": 1.0, "last_year": 2030, **mine},
            {"facility": "new", "capacity": 0.0, "status": "planned", **mine},
        ],
        "projects": [
            {"facility": "new", "status": "committed", "earliest": 2026, "size": 2.0, "life": 3.0,
             "capex": 0.0}
        ],
        "recipes": RECIPES,
        "demand": [{"country": "A", "material": "ore", "intercept": 10.0, "slope": 1.0}],
        "stocks": [{"country": "A", "material": "ground", "stock": "pit", "initial": 6.0,
                    "capacity": 9.0, "rate": 0.0, "rate_out": 99.0}],
    } | more  # fmt: skip
    asked = {"first": 2025, "last": 2030, "decided": 2025, "discount": 0.1, "grid": grid}
    scenario = mz.Scenario.checked({"name": "y", "years": asked})
    return mz.run(scenario, case=mz.Case.from_tables(tables, "closing"))


def test_each_way_to_close_is_told_with_its_last_year() -> None:
    rows = closures(run()).select("facility", "status", "how", "year", "capacity").rows()
    assert rows == [
        ("old", "operating", "closed", 2026, pytest.approx(1)),
        ("new", "committed", "life", 2028, pytest.approx(2, abs=1e-5)),
        ("dig", "operating", "ore", 2030, pytest.approx(20)),
    ]


def test_a_deposit_is_told_from_a_store() -> None:
    """The pit's six are all dug, dearest last: 10 % a year; a store of ore is no deposit."""
    shop = {"country": "A", "material": "ore", "stock": "shop", "initial": 1.0, "capacity": 1.0,
            "rate": 0.0, "rate_out": 99.0}  # fmt: skip
    pit = {"country": "A", "material": "ground", "stock": "pit", "initial": 6.0, "capacity": 9.0,
           "rate": 0.0, "rate_out": 99.0}  # fmt: skip
    found = deposits(run(stocks=[shop, pit]))
    assert found["stock"].unique().to_list() == ["pit"]
    assert found["dug"].sum() == pytest.approx(6, abs=1e-5)
    assert found["left"].to_list()[-1] == pytest.approx(0, abs=1e-5)
    royalty = found["royalty"].to_list()
    steps = [after / before for before, after in zip(royalty, royalty[1:], strict=False)]
    assert steps == pytest.approx([1.1] * 5)


def test_years_without_dates_close_nothing() -> None:
    case = mz.Case.from_tables(
        {
            "facilities": [{"facility": "old", "capacity": 1.0, "technology": "mine",
                            "country": "A", "cost": 1.0, "last_year": 1990}],
            "recipes": RECIPES[2:],
            "demand": [{"country": "A", "material": "ore", "intercept": 10.0, "slope": 1.0}],
        },
        "undated",
    )  # fmt: skip
    outcome = mz.run("today", case=case)
    assert closures(outcome).height == 0
    assert deposits(outcome).height == 0


# --- the reference world --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def coarse() -> Any:
    return mz.run("today", years=COARSE)


def test_no_more_than_the_reserve_is_dug_at_eneabba(coarse: Any) -> None:
    """96 kt: periods of two and five years count all their years."""
    found = deposits(coarse)
    assert found["stock"].unique().to_list() == ["eneabba"]
    years = dict(zip(coarse.market.axes.periods, coarse.market.axes.years, strict=True))
    dug = sum(years[period] * amount for period, amount in found.select("period", "dug").rows())
    assert dug == pytest.approx(96.0, abs=1e-3)
    made = coarse.output.filter(facility="aus_eneabba_feed").select("period", "activity").rows()
    assert sum(years[p] * amount for p, amount in made) == pytest.approx(dug, abs=1e-3)
    assert found["left"].min() == pytest.approx(0, abs=1e-3)


def test_what_nobody_can_dig_yet_has_the_price_of_its_royalty(coarse: Any) -> None:
    royalty = deposits(coarse)["royalty"].to_list()
    periods = coarse.market.axes.periods
    prices = [coarse.price("stockpiled_monazite", "AUS", period) for period in periods]
    assert prices == pytest.approx(royalty, rel=1e-4)


def test_its_royalty_rises_at_the_rate_of_interest(coarse: Any) -> None:
    """Hotelling 1931: from the middle of one period to that of the next."""
    axes = coarse.market.axes
    middle = axes.start + axes.years / 2
    royalty = deposits(coarse)["royalty"].to_numpy()
    rate = coarse.scenario.years.discount
    assert royalty[0] > 0.5
    assert royalty / royalty[0] == pytest.approx((1 + rate) ** (middle - middle[0]), rel=1e-4)


def test_a_larger_heap_is_worth_less_a_kilogram(coarse: Any) -> None:
    """At 140 kt, within its range, more is dug and a kg of it is worth less from the first."""
    more = {"table": "stocks", "where": {"stock": "eneabba"}, "set": {"initial": 140.0}}
    asked = mz.Scenario.checked(
        {"name": "more", "shocks": [more], "years": coarse.scenario.years.model_dump()}
    )
    larger = mz.run(asked)
    assert deposits(larger)["royalty"][0] < deposits(coarse)["royalty"][0]
    made = [one.output.filter(facility="aus_eneabba_feed")["activity"].sum()
            for one in (coarse, larger)]  # fmt: skip
    assert made[1] > made[0]


def test_browns_range_ends_after_eleven_years() -> None:
    """Committed for 2028, it stands to 2038: on a coarse grid four fifths of 2035 to 2039."""
    now = {"table": "projects", "where": {"facility": "aus_browns"},
           "set": {"status": "committed", "completion": 1.0}}  # fmt: skip
    asked = {"name": "browns", "shocks": [now], "years": {"first": 2024, "last": 2040}}
    outcome = mz.run(mz.Scenario.checked(asked), years=COARSE)
    stands = dict(outcome.output.filter(facility="aus_browns").select("period", "capacity").rows())
    assert stands["2035"] == pytest.approx(4.35 * 4 / 5)
    assert stands.get("2040", 0.0) == pytest.approx(0, abs=1e-6)
    ends = closures(outcome).filter(facility="aus_browns")
    assert ends.select("how", "year").rows() == [("life", 2038)]


def test_the_base_year_digs_nothing_and_pays_no_royalty() -> None:
    outcome = mz.run("today")
    assert outcome.stocks["stock_out"].sum() == pytest.approx(0, abs=1e-9)
    assert outcome.stocks["value"].to_list() == pytest.approx([0], abs=1e-5)


def test_ore_in_the_ground_is_no_store_but_can_be_dug_in_a_stop() -> None:
    """In 2027 alone, with nobody able to build, a mine on a deposit runs as it did; its ore gives
    no days of cover and is nothing that stores release.
    """
    outcome = run()
    case = standing(outcome, "2027")
    alone = proved(lambda mu: Market(case, mu=mu))
    dug = alone.output.filter(facility="dig")["activity"].to_list()
    told = outcome.output.filter(facility="dig", period="2027")["activity"].to_list()
    assert told[0] > 0.5
    assert dug == pytest.approx(told, abs=1e-4)
    assert "ground" not in cover(outcome)["material"].to_list()
    found = stops(outcome, periods=["2027"], cover=0.0)
    assert found["released"].to_list() == pytest.approx([0.0] * found.height, abs=1e-6)


def test_the_terminal_and_the_report_say_what_closes(tmp_path: Path, capsys: Any) -> None:
    outcome = run()
    found = answers(outcome, periods=["2027"])
    show_years(outcome, found, "en", tmp_path / "out")
    shown = capsys.readouterr().out
    for word in ("What closes by 2030", "end of its life", "its ore is dug", "Deposits"):
        assert word in shown
    written = (tmp_path / "out" / "closures.csv").read_text(encoding="utf-8").splitlines()
    assert written[0] == "facility,country,stage,status,how,year,capacity"
    assert [line.split(",")[4] for line in written[1:]] == ["closed", "life", "ore"]
    page = section(view_of(outcome, "zh"))
    assert page.count("<tr") == 4  # a row for each, and the head
    assert "寿命到期" in page
    assert "矿石采尽" in page

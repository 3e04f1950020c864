"""What is built, when and at what price: cases worked by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import monazite as mz
from monazite.model.market import Market
from monazite.model.outcome import solve_market

A10 = 0.1 / (1 - 1.1**-10)  # annuity of 1 over ten years at 10 %


def market(
    years: int = 2, discount: float = 0.0, grid: tuple[int, ...] = (), **project: Any
) -> Any:
    """Demand p = 10 - q, a mine of 4 at cost 2, and a project that adds to it; one market a year.

    Without the project q = 4 and p = 6 every year: one more kg/yr is worth 4 a year. Periods begin
    in the years of `grid` where one is told.
    """
    ramps, starts = project.pop("ramps", None), grid or tuple(range(2025, 2025 + years))
    row = {"facility": "new", "status": "planned", "size": 9.0, "capex": 20.0, "life": 10.0}
    mine = {"technology": "mine", "country": "A", "cost": 2.0}
    tables = {
        "facilities": [
            {"facility": "old", "capacity": 4.0, **mine},
            {"facility": "new", "capacity": 0.0, "status": "planned", **mine},
        ],
        "recipes": [{"technology": "mine", "material": "m", "direction": "out", "quantity": 1.0}],
        "demand": [{"country": "A", "material": "m", "intercept": 10.0, "slope": 1.0}],
        "periods": [
            {"period": str(y), "start": f"{y}-01-01", "years": float(end - y)}
            for y, end in zip(starts, (*starts[1:], 2 * starts[-1] - starts[-2]), strict=True)
        ],
        "projects": [{"earliest": 2025, **row, **project}],
    }
    if ramps is not None:
        tables["ramps"] = [
            {"ramp": "slow", "year": k + 1, "share": share} for k, share in enumerate(ramps)
        ]
        tables["projects"][0]["ramp"] = "slow"
    return solve_market(mz.Case.from_tables(tables, "build"), discount=discount)


def prices(outcome: Any) -> list[float]:
    return [outcome.price("m", "A", period) for period in outcome.market.axes.periods]


def test_building_goes_on_until_the_price_pays_cost_and_annuity() -> None:
    """p = 2 + 20 A10 = 5.25 in both years, so 0.745 kt/yr stand from the first on."""
    outcome = market()
    assert prices(outcome) == pytest.approx([2 + 20 * A10] * 2)
    assert outcome.built == pytest.approx([4 - 20 * A10, 0.0], abs=1e-6)
    capital = outcome.books().filter(item="capital")["amount"].to_list()
    assert capital == pytest.approx([-20 * A10 * (4 - 20 * A10)] * 2)
    assert outcome.ledger.residual < 1e-9


def test_nothing_is_built_at_an_annuity_above_the_rent() -> None:
    """capex 4 / A10 makes the annuity 4, what one more kg/yr is worth: the limit of building."""
    assert market(capex=4.01 / A10).built == pytest.approx([0, 0], abs=1e-6)
    assert market(capex=3.99 / A10).built.sum() == pytest.approx(0.01, abs=1e-6)
    assert prices(market(capex=400.0)) == pytest.approx([6, 6])


def test_a_project_comes_no_earlier_than_it_can_be_ready() -> None:
    """p = 6 until 2027, then 5.25: who knows it will come pays no less before."""
    outcome = market(4, earliest=2027)
    assert prices(outcome) == pytest.approx([6, 6, 2 + 20 * A10, 2 + 20 * A10])
    assert outcome.builds["period"].to_list() == ["2027", "2028"]


def test_half_a_first_year_is_paid_for_by_the_second() -> None:
    """Rents 4 - b/2 and 4 - b, weighted 1/2 and 1, cover two annuities of 2: b = (6 - 4) / 1.25."""
    outcome = market(capex=2 / A10, ramps=[0.5, 1.0])
    assert outcome.built.tolist() == pytest.approx([1.6, 0.0], abs=1e-5)
    assert prices(outcome) == pytest.approx([6 - 0.8, 6 - 1.6])
    assert sorted(outcome.capacity.tolist()) == pytest.approx([0.8, 1.6, 4, 4], abs=1e-5)


def test_size_completion_and_yearly_limit_hold_a_project() -> None:
    """A size of 0.5 at a probability of 0.4 counts 0.2; 0.1 a year takes two years."""
    outcome = market(3, size=0.5, completion=0.4, yearly=0.1)
    assert outcome.built == pytest.approx([0.1, 0.1, 0.0], abs=1e-6)
    assert prices(outcome) == pytest.approx([5.9, 5.8, 5.8])
    assert outcome.builds["rent"][0] > 0


def test_what_is_committed_comes_whatever_it_costs() -> None:
    outcome = market(status="committed", size=1.0, capex=500.0)
    assert prices(outcome) == pytest.approx([5, 5])
    assert outcome.built == pytest.approx([1.0])


def test_a_plant_ends_with_its_life() -> None:
    """Life 1 at capex 2 and 10 %: annuity 2.2 a year; it is built anew every year."""
    outcome = market(2, life=1.0, capex=2.0)
    assert outcome.built == pytest.approx([1.8, 1.8], abs=1e-6)
    assert prices(outcome) == pytest.approx([4.2, 4.2])


def test_a_committed_plant_begins_in_its_year_on_any_grid() -> None:
    """Two kt/yr from 2026 on, half of it in its first year: over 2025 and 2026 a quarter of it on
    the mean, half of its annuity, and from 2027 on all. Year by year it is the same plant.
    """
    plant = {"status": "committed", "earliest": 2026, "size": 2.0, "ramps": (0.5, 1.0)}
    coarse = market(grid=(2025, 2027, 2029), **plant)
    assert coarse.capacity[coarse.market.plants.facility == "new"] == pytest.approx([0.5, 2, 2])
    assert prices(coarse) == pytest.approx([5.5, 4, 4])
    capital = coarse.books().filter(item="capital", name="new")["amount"].to_list()
    assert capital == pytest.approx([-20 * A10, -40 * A10, -40 * A10])
    assert prices(market(6, **plant)) == pytest.approx([6, 5, 4, 4, 4, 4])


def test_a_plant_may_begin_inside_a_period() -> None:
    """Ready in 2026, b runs for half of 2025 and 2026 at half of its annuity a = 20 A10, and then
    whole: (6 - b/2 - 2 - a) / 2 + (6 - b - 2 - a) = 0, so b = 1.2 (4 - a), and nothing later.
    """
    free = market(grid=(2025, 2027), earliest=2026)
    assert free.builds["begins"].to_list() == [2026.0, 2027.0]
    b = 1.2 * (4 - 20 * A10)
    assert free.built == pytest.approx([b, 0.0], abs=1e-6)
    assert prices(free) == pytest.approx([6 - b / 2, 6 - b])
    slow = market(grid=(2025, 2027), earliest=2026, yearly=0.2)
    assert slow.market.builds.begins.tolist() == [2026, 2027, 2028]
    assert slow.market.builds.upper == pytest.approx([0.2] * 3)


# --- a yearly limit inside long periods -----------------------------------------------------------

LONG = (2025, 2026, 2029)  # one year, then three and three


def test_a_binding_yearly_limit_lets_in_as_much_each_year_of_a_long_period() -> None:
    """0.1 a year always pays: 0.1 stands in 2025, 0.2, 0.3 and 0.4 in the years to 2028, 0.3 on the
    mean, and 0.6 on the mean of the next three. Year by year the means are the same.
    """
    coarse = market(grid=LONG, yearly=0.1)
    assert coarse.market.builds.begins.tolist() == list(range(2025, 2032))
    assert coarse.built == pytest.approx([0.1] * 7, abs=1e-6)
    assert prices(coarse) == pytest.approx([5.9, 5.7, 5.4])
    yearly = prices(market(7, yearly=0.1))
    assert yearly == pytest.approx([5.9, 5.8, 5.7, 5.6, 5.5, 5.4, 5.3])
    capital = coarse.books().filter(item="capital")["amount"].to_list()
    assert capital == pytest.approx([-20 * A10 * amount for amount in (0.1, 0.3, 0.6)])
    assert coarse.ledger.residual < 1e-9


def test_a_yearly_limit_that_does_not_bind_changes_nothing() -> None:
    """0.745 kt/yr stand from the first year on, as without a limit; one more gram would not pay."""
    coarse, free = market(grid=LONG, yearly=2.0), market(grid=LONG)
    assert prices(coarse) == pytest.approx([2 + 20 * A10] * 3) == prices(free)
    assert coarse.built == pytest.approx([4 - 20 * A10, *[0.0] * 6], abs=1e-6)
    assert free.built == pytest.approx([4 - 20 * A10, 0.0, 0.0], abs=1e-6)


def test_a_yearly_limit_may_bind_in_the_first_years_of_a_period() -> None:
    """0.3 come in 2025 and in 2026, x in 2027, two thirds of which count until 2028 and all later:
    (3.4 - 2x/3 - a) 2/3 + (3.4 - x - a) = 0 at an annuity a = 20 A10, so x = 15/13 (3.4 - a).
    """
    x = 15 / 13 * (3.4 - 20 * A10)
    outcome = market(grid=LONG, yearly=0.3)
    assert outcome.built == pytest.approx([0.3, 0.3, x, *[0.0] * 4], abs=1e-6)
    assert prices(outcome) == pytest.approx([5.7, 5.4 - 2 * x / 3, 5.4 - x])


def test_size_holds_over_the_years_of_a_period() -> None:
    """0.25 at 0.1 a year: 0.1, 0.1 and 0.05 as soon as may be."""
    outcome = market(grid=LONG, yearly=0.1, size=0.25)
    assert outcome.built == pytest.approx([0.1, 0.1, 0.05, *[0.0] * 4], abs=1e-6)
    assert prices(outcome) == pytest.approx([5.9, 5.8 - 0.05 * 2 / 3, 5.75])
    assert outcome.builds["rent"][0] > 0


def test_a_year_that_lets_in_all_of_a_project_is_one_build() -> None:
    """And what is committed comes in its year, whatever the limit."""
    assert market(grid=LONG, yearly=9.0).market.builds.begins.tolist() == [2025, 2026, 2029]
    sunk = market(grid=LONG, status="committed", earliest=2027, size=0.9, yearly=0.1)
    assert prices(sunk) == pytest.approx([6, 6 - 0.9 * 2 / 3, 5.1])


def test_years_of_one_period_have_names_of_their_own() -> None:
    """So another solver can read the program; year by year names are those of periods."""
    coarse, fine = (market(yearly=0.1, **more).market.build.build for more in (
        {"grid": LONG}, {"years": 3}))  # fmt: skip
    told = ("2025", "2026", "2026+2027", "2026+2028", "2029", "2029+2030", "2029+2031")
    assert [coarse.label(k) for k in range(7)] == [f"build[new,{name}]" for name in told]
    assert [fine.label(k) for k in range(3)] == [f"build[new,{y}]" for y in (2025, 2026, 2027)]


def world(rng: np.random.Generator) -> dict[str, Any]:
    """Six slow projects of all lives and first years, some at mines that close."""
    mine = {"technology": "mine", "country": "A", "cost": 2.0, "capacity": 0.0}
    slow = {"status": "generic", "size": 9.0, "capex": 20.0, "ramp": "slow"}
    first, last, life = (rng.integers(*ends, 6) for ends in ((2023, 2034), (2026, 2045), (1, 9)))
    return {
        "facilities": [
            {"facility": f"f{k}", "status": "planned", "last_year": int(last[k]), **mine}
            for k in range(6)
        ],
        "recipes": [{"technology": "mine", "material": "m", "direction": "out", "quantity": 1.0}],
        "demand": [{"country": "A", "material": "m", "intercept": 10.0, "slope": 1.0}],
        "projects": [
            {"facility": f"f{k}", "earliest": int(first[k]), "life": float(life[k]),
             "yearly": rng.uniform(0.1, 1.0), **slow} for k in range(6)
        ],
        "ramps": [{"ramp": "slow", "year": k + 1, "share": s} for k, s in enumerate((0.2, 0.7, 1))],
    }  # fmt: skip


def over(tables: dict[str, Any], starts: tuple[int, ...]) -> Market:
    """A market in periods from each start to the next."""
    periods = [
        {"period": str(a), "start": f"{a}-01-01", "years": float(b - a)}
        for a, b in zip(starts, starts[1:], strict=False)
    ]
    return Market(mz.Case.from_tables(tables | {"periods": periods}, "means"))


def by_plant(market: Market, amounts: np.ndarray) -> dict[tuple[str, int], float]:
    start = market.axes.start[market.plants.period].astype(int).tolist()
    return dict(zip(zip(market.plants.facility, start, strict=True), amounts, strict=True))


@pytest.mark.parametrize("seed", range(8))
def test_what_is_built_year_by_year_gives_a_period_the_mean_of_its_years(seed: int) -> None:
    """Any plan of yearly builds, with ramps, lives and mines that close: capacity and annuities of
    a period are the means of those of its years, within the same limits.
    """
    rng = np.random.default_rng(seed)
    tables, ends = world(rng), (2025, 2027, 2030, 2035, 2040)
    fine, coarse = over(tables, tuple(range(2025, 2041))), over(tables, ends)
    plan = rng.uniform(0.0, 1.0, fine.builds.size) * fine.builds.upper
    named = zip(fine.builds.facility, fine.builds.begins, strict=True)
    amount = dict(zip(named, plan, strict=True))
    named = zip(coarse.builds.facility, coarse.builds.begins, strict=True)
    quantity = np.array([amount.get(key, 0.0) for key in named])
    assert (quantity <= coarse.builds.upper + 1e-12).all()
    assert quantity.sum() == pytest.approx(plan.sum())
    for name in ("capacity", "capital"):
        of_year, of_period = (
            by_plant(market, getattr(market.builds, name)(each, len(market.plants.facility)))
            for market, each in ((fine, plan), (coarse, quantity))
        )
        assert max(of_period.values()) > 0
        for (facility, start), value in of_period.items():
            years = range(start, ends[ends.index(start) + 1])
            mean = np.mean([of_year.get((facility, year), 0.0) for year in years])
            assert value == pytest.approx(mean, abs=1e-12)


def test_what_was_committed_before_the_first_year_is_as_old_as_it_would_be() -> None:
    """Of a plant of 2024 that takes three years, one of life 4 is left half from 2026 on."""
    ramps = (0.1, 0.5, 1.0)
    old = market(3, status="committed", earliest=2024, size=2.0, ramps=ramps)
    assert prices(old) == pytest.approx([5, 4, 4])
    ends = market(3, status="committed", earliest=2023, size=2.0, life=4.0)
    assert prices(ends) == pytest.approx([4, 4, 6])


def test_waiting_for_cheaper_plants() -> None:
    """capex falls by half each year: annuities 4.5 and 2.25, so all is built in the second."""
    outcome = market(2, capex=4.5 / A10, decline=0.5)
    assert outcome.built == pytest.approx([0.0, 1.75], abs=1e-6)
    assert prices(outcome) == pytest.approx([6.0, 4.25])


@pytest.mark.parametrize("discount", [0.0, 0.05, 0.2])
def test_annuities_need_no_terminal_value(discount: float) -> None:
    """The same capacity is built on a horizon of two years and of six."""
    short, long = market(2, discount), market(6, discount)
    assert short.built[0] == pytest.approx(long.built[0], abs=1e-6)
    assert prices(long) == pytest.approx([2 + 20 * A10] * 6)


def test_later_never_helps() -> None:
    """Welfare falls with the year a project can be ready, and with its capital cost."""
    by_year = [market(4, earliest=y).objective for y in (2025, 2026, 2027, 2029)]
    by_cost = [market(4, capex=c).objective for c in (5.0, 10.0, 20.0, 40.0)]
    assert (np.diff(by_year) < 0).all()
    assert (np.diff(by_cost) < 0).all()


def test_a_case_without_dates_builds_nothing() -> None:
    tables = {
        "facilities": [
            {"facility": "new", "technology": "mine", "country": "A", "cost": 2.0, "capacity": 1.0}
        ],
        "recipes": [{"technology": "mine", "material": "m", "direction": "out", "quantity": 1.0}],
        "demand": [{"country": "A", "material": "m", "intercept": 10.0, "slope": 1.0}],
        "projects": [{"facility": "new", "status": "planned", "size": 9.0, "capex": 0.1}],
    }
    outcome = solve_market(mz.Case.from_tables(tables))
    assert (outcome.builds.height, outcome.price("m", "A")) == (0, pytest.approx(9))


def test_what_is_scarce_is_told_once_in_its_dearest_period() -> None:
    """The old mine is full in all three years; in 2025, before the new one, its rent is 4."""
    plant = {"status": "committed", "earliest": 2026, "size": 1.0}
    told = market(3, **plant).binding
    mine = [words for words in told if words.split(": ")[1].startswith("old")]
    worth = "old runs at capacity; one more kg of it would be worth 4.00 USD."
    assert mine == [f"In 2025 most, of 3 periods: {worth}"]
    assert len(told) == 2 and told[1].startswith("In 2026 most, of 2 periods: new ")

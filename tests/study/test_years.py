"""A base year that runs on: growth, building, saving, scrap and foresight, worked by hand."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from one_mine import MINE, tables

import monazite as mz
from monazite.errors import InputError
from monazite.study.ask import over_years
from monazite.study.years import Years, path_of

A10 = 0.1 / (1 - 1.1**-10)  # annuity of 1 over ten years at 10 %
PROJECT = {"facility": "new", "status": "planned", "size": 9.0, "life": 10.0}


def run(years: dict[str, Any], rules: tuple[dict[str, Any], ...] = (), **more: Any) -> Any:
    asked = {"name": "y", "years": {"first": 2025, "last": 2028, "decided": 2025} | years}
    scenario = mz.Scenario.checked({**asked, "instruments": list(rules)})
    return mz.run(scenario, case=mz.Case.from_tables(tables(**more), "years"))


def prices(outcome: Any) -> list[float]:
    return [outcome.price("m", "A", period) for period in outcome.market.axes.periods]


def test_nothing_moves_without_paths_and_projects() -> None:
    assert prices(run({})) == pytest.approx([6.0] * 4)


def test_demand_grows_along_its_path_evenly_between_the_years_told() -> None:
    """Use doubles by 2027: q = 4 on p = 10 - q / g gives p = 10 - 4 / g."""
    path = [{"path": "central", "sector": "cars", "year": 2027, "index": 2.0}]
    found = prices(run({}, demand_paths=path))
    assert found == pytest.approx([6, 10 - 4 / 2**0.5, 8, 8])


def test_a_country_has_a_path_of_its_own_and_an_unknown_path_is_told() -> None:
    path = [
        {"path": "fast", "sector": "cars", "year": 2026, "index": 3.0},
        {"path": "fast", "sector": "cars", "country": "A", "year": 2026, "index": 2.0},
    ]
    assert prices(run({"demand": "fast"}, demand_paths=path))[1] == pytest.approx(8)
    with pytest.raises(InputError, match="central.*use one of: fast"):
        run({}, demand_paths=path)


def test_growth_runs_from_the_year_of_the_case_wherever_the_grid_begins() -> None:
    """Use doubles from 2024 to 2028: in 2026 q = 4 on p = 10 - q / g gives p = 10 - 4 / 2^0.5."""
    path = [{"path": "central", "sector": "cars", "year": 2028, "index": 2.0}]
    more = {"demand_paths": path, "periods": [{"period": "2024", "years": 1.0}]}
    late = run({"first": 2026, "last": 2028, "decided": 2026}, **more)
    whole = run({"first": 2024, "last": 2028, "decided": 2026}, **more)
    assert prices(late) == pytest.approx([10 - 4 / 2**0.5, 10 - 4 / 2**0.75, 8])
    assert prices(late) == pytest.approx(prices(whole)[2:])
    with pytest.raises(InputError, match="2023 lies before the year of the case, 2024"):
        run({"first": 2023}, **more)


def test_rising_costs_of_trade_fade_from_the_year_of_the_case() -> None:
    """A sells to B at 2 + q f, and B uses 10 - q: f is 1 in 2024 and 1/2 two years later."""
    arc = {"material": "m", "origin": "A", "destination": "B", "knee": 0.0, "slope": 1.0}
    world = {
        "periods": [{"period": "2024", "years": 1.0}],
        "facilities": [{"facility": "old", "capacity": 40.0, **MINE}],
        "demand": [{"country": "B", "material": "m", "sector": "cars",
                    "price": 6.0, "quantity": 4.0, "elasticity": -1.5}],
        "prices": [{"material": "m", "country": "B", "price": 6.0}],
        "arcs": [arc],
    }  # fmt: skip
    for first in (2024, 2026):
        found = run({"first": first, "last": 2026, "decided": 2026}, **world)
        assert found.price("m", "B", "2026") == pytest.approx(10 - 8 / 1.5)


def test_capital_declines_from_the_year_of_the_case() -> None:
    """Capital of 20 a kg/yr falls by a tenth a year: 16.2 in 2026, whether or not 2024 is asked."""
    project = {**PROJECT, "earliest": 2026, "capex": 20.0, "decline": 0.1}
    more = {"projects": [project], "periods": [{"period": "2024", "years": 1.0}]}
    for first in (2024, 2026):
        found = run({"first": first, "last": 2026, "decided": 2024}, **more)
        assert prices(found)[-1] == pytest.approx(2 + 16.2 * A10)


def test_years_are_told_from_text_or_refused_in_one_line() -> None:
    assert Years.parsed("2024:2030:3").starts == (2024, 2027, 2030)
    for text, told in (
        ("", '"" names no years'),
        ("2024:2040:-2", "2024:2040:-2 names no years"),
        ("2024:2040:0", "2024:2040:0 names no years"),
        ("2040:2024", "2040:2024 does not fit: first comes before last"),
        ("2026,2025", "2026,2025 does not fit: the years of grid rise"),
    ):
        with pytest.raises(InputError, match=re.escape(f"--years: {told}")) as caught:
            Years.parsed(text)
        assert len(caught.value.faults) == 1


def test_a_scenario_keeps_its_own_years_under_another_foresight() -> None:
    asked = mz.Scenario.checked({"name": "own", "years": {"grid": [2025, 2027], "window": 3}})
    found = over_years(asked, foresight="myopic").years
    assert found is not None
    assert (found.starts, found.window, found.foresight) == ((2025, 2027), 3, "myopic")
    with pytest.raises(InputError, match="wild is not one of"):
        over_years(asked, foresight="wild")
    with pytest.raises(ValueError, match="2024:2040"):
        over_years("today", foresight="static")


def test_a_path_is_geometric_and_linear_where_it_ends_at_nothing() -> None:
    index = path_of({2026: 4.0, 2028: 0.0}, 2024)
    assert [index(y) for y in (2023, 2024, 2025, 2026, 2027, 2028, 2040)] == pytest.approx(
        [1, 1, 2, 4, 2, 0, 0]
    )


def test_a_period_of_several_years_has_the_mean_of_its_years() -> None:
    path = [{"path": "central", "sector": "cars", "year": 2027, "index": 3.0}]
    outcome = run({"grid": [2025, 2027]}, demand_paths=path)
    assert outcome.market.axes.years.tolist() == [2, 2]
    assert prices(outcome)[0] == pytest.approx(10 - 4 / ((1 + 3**0.5) / 2))


def test_what_is_decided_later_comes_after_its_lead_time() -> None:
    project = {**PROJECT, "earliest": 2025, "lead": 2.0, "capex": 20.0}
    outcome = run({"decided": 2025}, projects=[project])
    assert prices(outcome) == pytest.approx([6, 6, 2 + 20 * A10, 2 + 20 * A10])
    sunk = run({}, projects=[{**project, "status": "committed", "size": 1.0}])
    assert prices(sunk) == pytest.approx([5] * 4)


def test_foresight() -> None:
    """Demand doubles in 2027. Who sees a year builds for it; static builds nothing.

    Who sees one year never begins what takes a year.
    """
    path = [{"path": "central", "sector": "cars", "year": y, "index": i} for y, i in
            ((2026, 1.0), (2027, 2.0))]  # fmt: skip
    project = {**PROJECT, "earliest": 2026, "lead": 1.0, "capex": 20.0}
    more = {"demand_paths": path, "projects": [project]}
    perfect = run({}, **more)
    static = run({"foresight": "static"}, **more)
    far, near = (run({"foresight": "myopic", "window": w}, **more) for w in (4, 1))
    assert prices(static) == pytest.approx([6, 6, 8, 8])
    assert prices(perfect)[1:] == pytest.approx([2 + 20 * A10] * 3)
    assert prices(far) == pytest.approx(prices(perfect), abs=1e-5)
    assert prices(near) == pytest.approx(prices(static), abs=1e-5)
    assert static.objective < perfect.objective
    assert near.objective <= perfect.objective + 1e-6


def test_myopic_never_beats_perfect_foresight() -> None:
    path = [
        {"path": "central", "sector": "cars", "year": 2025 + k, "index": i}
        for k, i in enumerate((1.0, 2.5, 0.8, 1.5))
        if k
    ]
    more = {"demand_paths": path, "projects": [{**PROJECT, "earliest": 2025, "capex": 20.0}]}
    best = run({}, **more).objective
    for window in (1, 2, 3):
        found = run({"foresight": "myopic", "window": window}, **more).objective
        assert found <= best + 1e-6


def test_who_sees_far_enough_builds_year_by_year_inside_long_periods() -> None:
    """0.1 a year from 2026 on: 0.1 in half of the first period, 0.2 to 0.4 in the years from 2027
    on and 0.5 to 0.7 in those from 2030 on. Who sees no more than the period he is in begins too
    late for the first year of the next, which takes a year to build.
    """
    project = {**PROJECT, "lead": 1.0, "capex": 20.0, "yearly": 0.1}
    more = {"projects": [project]}
    perfect = run({"grid": [2025, 2027, 2030]}, **more)
    assert perfect.builds["begins"].to_list() == [2026, 2027, 2028, 2029, 2030, 2031, 2032]
    assert prices(perfect) == pytest.approx([6 - 0.1 / 2, 6 - 0.3, 6 - 0.6])
    seen = {"grid": [2025, 2027, 2030], "foresight": "myopic"}
    assert prices(run({**seen, "window": 9}, **more)) == pytest.approx(prices(perfect), abs=1e-5)
    short = run({**seen, "window": 2}, **more)
    assert short.built == pytest.approx([0.1, 0, 0.1, 0.1, 0, 0.1, 0.1], abs=1e-5)
    assert prices(short) == pytest.approx([6 - 0.1 / 2, 6 - 0.2, 6 - 0.4], abs=1e-5)


def test_users_save_what_stays_dear() -> None:
    """Half of use at most, at 5 a year: with use doubled p = 8 falls to 5 by saving 2 of 10.

    p = 10 - d / 2 = 5 at d = 10; the mine gives 4, so 6 would have to be saved, but no more than
    half of the greatest use, 4, may be: p = 10 - (4 + 4) / 2 = 6. At 9 a year nobody saves.
    """
    path = [{"path": "central", "sector": "cars", "year": 2026, "index": 2.0}]
    saving = {"material": "m", "share": 0.5, "yearly": 1.0, "life": 10.0}
    outcome = run({}, demand_paths=path, thrift=[{**saving, "times": 5 / 6}])
    assert prices(outcome)[1:] == pytest.approx([6.0] * 3)
    assert outcome.builds["built"].sum() == pytest.approx(4.0, abs=1e-5)
    dear = run({}, demand_paths=path, thrift=[{**saving, "times": 1.5}])
    assert prices(dear)[1:] == pytest.approx([8.0] * 3)
    mined = run({}, demand_paths=path, thrift=[{**saving, "times": 5 / 6}],
                materials=[{"material": "m", "stage": "mining"}])  # fmt: skip
    assert mined.shares_in("2027")["mining"]["total"] == pytest.approx(4.0)


def test_old_scrap_comes_back_after_its_life() -> None:
    """Of what was used two years before, 4 kt at 10 % less a year, a quarter comes back, free; what
    came back in the first year, that of the case, is in the supply of that year already.
    """
    scrap = {"material": "m", "gives": "m", "quantity": 1.0, "collected": 0.25}
    outcome = run({}, scrap=[{**scrap, "life": 2.0, "growth": 0.1}])
    back = [1 / 1.1**2, 1 / 1.1, 1, 1]
    assert prices(outcome) == pytest.approx([6 - (b - back[0]) for b in back])


def test_limits_grow_and_trade_loosens() -> None:
    """A quota of 2 doubles by 2027; the slope of an arc halves every two years."""
    quota = {
        "limits": [{"limit": "q", "kind": "quota", "upper": 2.0}],
        "limit_terms": [{"limit": "q", "facility": "old"}],
        "limit_paths": [{"limit": "q", "year": 2027, "index": 2.0}],
    }
    assert prices(run({}, **quota)) == pytest.approx([8, 10 - 2 * 2**0.5, 6, 6])
    arc = {"material": "m", "origin": "A", "destination": "B", "knee": 0.0, "slope": 1.0}
    demand = {"country": "B", "material": "m", "intercept": 10.0, "slope": 1.0}
    outcome = run({"relax": 2.0}, arcs=[arc], demand=[demand], facilities=[
        {"facility": "old", "capacity": 40.0, **MINE}])  # fmt: skip
    sent = [outcome.flow("m", "A", "B", p) for p in outcome.market.axes.periods]
    # 10 - q = 2 + s q
    assert sent == pytest.approx([8 / (1 + 2 ** (-k / 2)) for k in range(4)])


def test_a_knee_grows_with_its_quota_but_not_beyond_the_plant() -> None:
    """Cost rises by 1 per kt above a knee of 2, of 4 with twice the quota: a plant of 3 is flat."""
    quota = {
        "activities": [{"facility": "old", "base": 2.0, "knee": 2.0, "slope": 1.0}],
        "facilities": [{"facility": "old", "capacity": 3.0, **MINE}],
        "limits": [{"limit": "q", "kind": "quota", "upper": 2.5}],
        "limit_terms": [{"limit": "q", "facility": "old"}],
        "limit_paths": [{"limit": "q", "year": 2026, "index": 2.0}],
    }
    outcome = run({}, **quota)
    assert prices(outcome) == pytest.approx([7.5, 7, 7, 7])
    rise = outcome.output.select("period", "rise").rows()
    assert [amount for _, amount in rise] == pytest.approx([0.5, 0, 0, 0], abs=1e-6)


def test_lanes_open_with_the_years_only() -> None:
    lane = {"material": "m", "origin": "A", "destination": "B", "freight": 1.0}
    demand = {"country": "B", "material": "m", "intercept": 10.0, "slope": 1.0}
    case = mz.Case.from_tables(tables(lanes=[lane], demand=[demand]), "lanes")
    assert mz.run("today", case=case).price("m", "B") is None
    assert prices_b(run({}, lanes=[lane], demand=[demand])) == pytest.approx([6.0] * 4)


def prices_b(outcome: Any) -> list[float]:
    return [outcome.price("m", "B", period) for period in outcome.market.axes.periods]


def test_below_its_scale_a_project_is_built_whole_or_not_at_all() -> None:
    """0.745 of a plant of 1 pays best; whole, p = 5 < 5.25, nothing, p = 6: whole gains more.

    One kt/yr gains 4 - 1/2 - 3.25 = 0.245 a year; a plant of 2 would lose 0.5.
    """
    project = {**PROJECT, "earliest": 2025, "capex": 20.0}
    whole = run({}, projects=[{**project, "minimum": 1.0}])
    assert prices(whole) == pytest.approx([5] * 4)
    none = run({}, projects=[{**project, "minimum": 2.0}])
    assert prices(none) == pytest.approx([6] * 4)


def test_each_of_many_projects_is_built_whole_or_not_at_all() -> None:
    """As above in thirteen countries that do not trade: none keeps a part of a plant."""
    names = [f"C{k}" for k in range(13)]
    mine = {"technology": "mine", "cost": 2.0}
    tables = {
        "countries": [{"country": c} for c in names],
        "recipes": [{"technology": "mine", "material": "m", "direction": "out", "quantity": 1.0}],
        "facilities": [
            {**mine, "facility": f"{kind}{c}", "country": c, "capacity": capacity}
            for c in names
            for kind, capacity in (("old", 4.0), ("new", 0.0))
        ],
        "demand": [{"country": c, "material": "m", "intercept": 10.0, "slope": 1.0}
                   for c in names],
        "projects": [{**PROJECT, "facility": f"new{c}", "earliest": 2025, "capex": 20.0,
                      "minimum": 2.0} for c in names],
    }  # fmt: skip
    asked = {"name": "y", "years": {"first": 2025, "last": 2028, "decided": 2025}}
    found = mz.run(mz.Scenario.checked(asked), case=mz.Case.from_tables(tables, "many"))
    assert found.built == pytest.approx(0, abs=1e-6)
    assert [found.price("m", c, "2028") for c in names] == pytest.approx([6] * 13)


def test_who_sees_some_years_only_builds_whole_plants_too() -> None:
    """As above: who sees two years at a time builds the whole of 1, nothing of 2."""
    project = {**PROJECT, "earliest": 2025, "capex": 20.0}
    near = {"foresight": "myopic", "window": 2}
    assert prices(run(near, projects=[{**project, "minimum": 1.0}])) == pytest.approx([5] * 4)
    assert prices(run(near, projects=[{**project, "minimum": 2.0}])) == pytest.approx([6] * 4)


def test_a_window_is_years_not_periods() -> None:
    """Demand doubles in 2028. On periods of two years, who sees two years sees one period and
    begins nothing that takes a year; who sees three sees the next, and builds for it.
    """
    path = [{"path": "central", "sector": "cars", "year": y, "index": i} for y, i in
            ((2026, 1.0), (2027, 1.0), (2028, 2.0))]  # fmt: skip
    project = {**PROJECT, "earliest": 2026, "lead": 1.0, "capex": 20.0}
    more = {"demand_paths": path, "projects": [project]}
    grid = {"grid": [2024, 2026, 2028, 2030], "decided": 2024}
    two, three, all_ = (
        run(grid | {"foresight": "myopic", "window": w}, **more) for w in (2, 3, 10)
    )
    assert two.built.sum() == pytest.approx(0, abs=1e-6)
    assert three.built.sum() > 1
    assert prices(all_) == pytest.approx(prices(run(grid, **more)), abs=1e-5)


def test_who_sees_little_may_still_decide_what_begins_late_in_a_period() -> None:
    """Ready in 2027 and decided a year before: in 2026 there is time. It runs for half of what is
    seen then, 2026 and 2027, so b / 2 = 4 - 20 A10 is built; after that all of b stands.
    """
    project = {**PROJECT, "earliest": 2027, "lead": 1.0, "capex": 20.0}
    grid = {"grid": [2024, 2026, 2028], "decided": 2024}
    found = run(grid | {"foresight": "myopic", "window": 2}, projects=[project])
    b = 2 * (4 - 20 * A10)
    assert prices(found) == pytest.approx([6, 2 + 20 * A10, 6 - b], abs=1e-5)


def test_a_likely_half_of_a_plant_may_be_half_its_smallest_scale() -> None:
    """2 kt/yr at even odds counts 1, its scale of 1 counts 0.5: 0.745 is above, and stays."""
    project = {**PROJECT, "size": 2.0, "completion": 0.5, "minimum": 1.0, "capex": 20.0}
    assert prices(run({}, projects=[{**project, "earliest": 2025}])) == pytest.approx(
        [2 + 20 * A10] * 4
    )


def test_rules_without_a_start_begin_when_told() -> None:
    tax = {"kind": "production_credit", "name": "credit", "countries": ["A"], "materials": ["m"],
           "specific": 1.0}  # fmt: skip
    found = run({"rules_from": 2027}, (tax,)).books().filter(account="treasury")
    assert sorted(set(found["period"])) == ["2027", "2028"]
    dated = run({}, ({**tax, "start": 2028},)).books().filter(account="treasury")
    assert set(dated["period"]) == {"2028"}


def test_more_to_build_never_hurts() -> None:
    gains = [
        run({}, projects=[{**PROJECT, "size": s, "earliest": 2025, "capex": 20.0}]).objective
        for s in (0.1, 0.4, 0.7, 5.0)
    ]
    assert (np.diff(gains) > 0).all()


def test_years_are_checked() -> None:
    assert Years(grid=(2024, 2030, 2040)).lengths == (6, 10, 10)
    with pytest.raises(InputError, match="the years of grid rise"):
        mz.Scenario.checked({"years": {"grid": [2030, 2025]}})
    with pytest.raises(InputError, match="months or years, not both"):
        mz.Scenario.checked({"years": {}, "months": {"first": "2025-01", "last": "2025-02"}})


def test_the_digest_knows_the_years() -> None:
    plain, long = mz.Scenario(name="a"), mz.Scenario(name="a", years=Years())
    assert plain.digest != long.digest


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("2024:2027", (2024, 2025, 2026, 2027)),
        ("2024:2030:3", (2024, 2027, 2030)),
        ("2024,2030,2040", (2024, 2030, 2040)),
        ("2030", (2030,)),
    ],
)
def test_years_are_read_from_a_text(text: str, starts: tuple[int, ...]) -> None:
    assert Years.parsed(text).starts == starts


@pytest.mark.parametrize("text", ["20x4", "2024:", "2024:2030:0", "2024:2030:2:1", ""])
def test_a_text_without_years_is_told(text: str) -> None:
    with pytest.raises(InputError, match="names no years"):
        Years.parsed(text)


def test_a_field_that_does_not_fit_is_told_as_itself() -> None:
    with pytest.raises(InputError, match="foresight.*wild is not one of"):
        Years.parsed("2024:2040", foresight="wild")
    with pytest.raises(InputError, match="first comes before last"):
        Years.parsed("2040:2024")


def test_money_for_projects_leaves_with_them() -> None:
    """A support names projects; a case without these, or with fewer, must not stumble over it."""
    from monazite.study.independence import independence

    project = {**PROJECT, "earliest": 2025, "capex": 20.0}
    money = {"support": "loan", "kind": "loan", "projects": "new", "state": "closed",
             "amount": 1.0, "rate": 0.05, "tenor": 10}  # fmt: skip
    more = {"projects": [project], "finance": [money]}
    assert prices(run({}, **more)) == pytest.approx([2 + 20 * A10] * 4)
    assert prices(run({"foresight": "static"}, **more)) == pytest.approx([6.0] * 4)
    abroad = {"country": "B", "material": "m", "intercept": 1.0, "slope": 1.0}
    demand = [{"country": "A", "material": "m", "intercept": 10.0, "slope": 1.0}, abroad]
    found = independence(run({}, **more, demand=demand), ["A"], without="B")
    assert found["share"].to_list() == pytest.approx([1.0] * 4, abs=1e-4)


def test_many_years_begin_near_fewer_and_find_the_same() -> None:
    """Nine years begin near four, those near none: the answer is that of a search from scratch."""
    from monazite.model.outcome import outcome_of
    from monazite.study.ask import market_of

    assert Years(first=2025, last=2033).fewer() == Years(
        first=2025, last=2033, grid=(2025, 2028, 2031, 2033)
    )
    assert Years(first=2025, last=2030).fewer() is None
    years = {"first": 2025, "last": 2033, "decided": 2025}
    asked = mz.Scenario.checked({"name": "y", "years": years})
    path = [
        {"path": "central", "sector": "cars", "year": y, "index": i}
        for y, i in ((2025, 1.0), (2033, 1.5))
    ]
    grown = mz.Case.from_tables(
        tables(projects=[{**PROJECT, "capex": 10.0, "wacc": 0.1}], demand_paths=path), "grown"
    )
    found = mz.run(asked, case=grown)
    plain = outcome_of(market_of(asked, case=grown), tolerance=asked.tolerance)
    assert plain.built.sum() > 1.0 and (plain.built > 1e-3).sum() > 2
    assert found.objective == pytest.approx(plain.objective, rel=1e-8)
    assert found.built == pytest.approx(plain.built, abs=1e-4)


def test_years_may_be_asked_for_in_a_notebook():
    """`run(years=...)` is the scenario over those years; who sees how far needs years."""
    found = mz.run("today", years="2024,2026", foresight="static", demand="slow")
    years = found.scenario.years
    assert (years.starts, years.foresight, years.demand) == ((2024, 2026), "static", "slow")
    assert found.price("ndpr_oxide", "CHN", "2026") > 0
    with pytest.raises(ValueError, match="years"):
        mz.run("today", foresight="static")


@pytest.mark.parametrize(("last", "apart"), [(2035, False), (2036, True)])
def test_builds_are_set_apart_over_twelve_periods_and_more(last: int, apart: bool) -> None:
    standard = run({"last": last}, projects=[{**PROJECT, "capex": 20.0}]).market.standard
    assert (standard.together is not None) is apart
    if apart:
        assert (standard.together[standard.blocks["build"].slice] == 0).all()

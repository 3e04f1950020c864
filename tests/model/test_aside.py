"""Leaving builds and arcs aside changes nothing: the answer and its duals are those of the whole
program, wherever the search begins.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import monazite as mz
from monazite.model import aside
from monazite.model.outcome import solve_market


def random_case(seed: int) -> mz.Case:
    """Two materials in a row, two places, a dozen projects of every cost over five years."""
    rng = np.random.default_rng(seed)
    places, stages = ("A", "B"), ("dig", "press")
    plants = [
        {"facility": f"{t}_{c}", "technology": t, "country": c, "capacity": rng.uniform(0.5, 4),
         "cost": rng.uniform(0.5, 3)}
        for t in stages for c in places
    ]  # fmt: skip
    new = [
        {"facility": f"new_{k}", "technology": stages[k % 2], "country": places[k // 2 % 2],
         "capacity": 0.0, "status": "planned", "cost": rng.uniform(0.2, 3)}
        for k in range(12)
    ]  # fmt: skip
    projects = [
        {"facility": one["facility"], "status": "planned" if k else "committed",
         "earliest": int(rng.integers(2025, 2029)), "size": rng.uniform(0.2, 3),
         "yearly": rng.uniform(0.2, 2), "capex": rng.uniform(2, 40), "life": rng.uniform(2, 20),
         "ramp": "slow"}
        for k, one in enumerate(new)
    ]  # fmt: skip
    return mz.Case.from_tables(
        {
            "facilities": plants + new,
            "recipes": [
                {"technology": "dig", "material": "ore", "direction": "out", "quantity": 1.0},
                {"technology": "press", "material": "ore", "direction": "in", "quantity": 1.2},
                {"technology": "press", "material": "magnet", "direction": "out", "quantity": 1.0},
            ],
            "demand": [
                {"country": c, "material": "magnet", "price": 12.0, "quantity": rng.uniform(2, 6),
                 "elasticity": -0.5} for c in places
            ],
            "arcs": [
                {"material": m, "origin": o, "destination": d, "freight": 0.2}
                for m in ("ore", "magnet") for o, d in ("AB", "BA")
            ],
            "periods": [{"period": str(y), "start": f"{y}-01-01"} for y in range(2025, 2030)],
            "projects": projects,
            "ramps": [{"ramp": "slow", "year": k + 1, "share": s} for k, s in enumerate((0.4, 1))],
        },
        "aside",
    )  # fmt: skip


def answer(seed: int, few: int, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(aside, "FEW", few)
    monkeypatch.setattr(aside, "WHOLE", few)
    return solve_market(random_case(seed), discount=0.04)


@pytest.mark.parametrize("seed", range(12))
def test_what_stays_aside_would_not_pay(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = answer(seed, 10_000, monkeypatch)
    part = answer(seed, 0, monkeypatch)
    assert part.certificate.ok and whole.certificate.ok
    assert part.objective == pytest.approx(whole.objective, rel=1e-9)
    assert part.prices["price"].to_list() == pytest.approx(whole.prices["price"].to_list(), 1e-5)
    assert part.capacity == pytest.approx(whole.capacity, abs=1e-5)
    assert part.ledger.residual < 1e-9


@pytest.mark.parametrize("seed", range(8))
def test_plants_that_stand_aside_are_worth_their_premium(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Users in B want goods that A did not touch: new plants in B earn what these fetch more."""
    rule = {"kind": "content_rule", "name": "free", "members": ["B"], "covered": ["A"]}
    asked = mz.Scenario.checked({"name": "free", "instruments": [{**rule, "by": "place"}]})
    found = []
    for few in (10_000, 0):
        monkeypatch.setattr(aside, "FEW", few)
        monkeypatch.setattr(aside, "WHOLE", few)
        found.append(mz.run(asked, case=random_case(seed)))
    assert found[1].certificate.ok
    assert found[1].objective == pytest.approx(found[0].objective, rel=1e-9)
    assert found[1].capacity == pytest.approx(found[0].capacity, abs=1e-5)


@pytest.mark.parametrize("seed", range(6))
def test_plants_that_nobody_built_are_worth_what_they_would_earn_and_no_more(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing stands, a solver may find any worth between the best margin and what it costs
    to build. Taken at the higher end it would make other years of the project seem to pay.
    """
    from monazite.model.aside import Aside
    from monazite.model.market import Market
    from monazite.model.outcome import outcome_of

    monkeypatch.setattr(aside, "FEW", 10_000)
    market = Market(random_case(seed), discount=0.04)
    solution = outcome_of(market).cleared.solution
    held = Aside(market)
    assert held.builds is not None and market.capacity is not None
    ways = held.elements[0]
    assert isinstance(ways, aside._Ways)
    empty = ways.empty(solution.x)
    assert empty.any()
    y = solution.y.copy()
    y[market.capacity.start + np.flatnonzero(empty)] -= 1000.0
    found = held.duals(solution.standard, solution.x, y)
    worth = -found[market.capacity.slice]
    free = found.copy()
    free[market.capacity.slice] = 0.0
    margin = -(solution.standard.cost - solution.standard.A.T @ free)
    for plant in np.flatnonzero(empty):
        mine = [
            margin[block.start + k]
            for block, of in market.activity.parts()
            for k in np.flatnonzero(market.ways.plant[of] == plant)
        ]
        assert worth[plant] == pytest.approx(max(0.0, *mine), abs=1e-9)
    held.builds.active = solution.value("build") > 1e-6
    assert held.join(solution.standard, solution.x, found) == 0


def in_full(seed: int, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Any, np.ndarray]:
    """An answer, what stands aside of it, and its builds as far as they may go."""
    from monazite.model.market import Market
    from monazite.model.outcome import outcome_of

    monkeypatch.setattr(aside, "FEW", 10_000)
    market = Market(random_case(seed), discount=0.04)
    solution = outcome_of(market).cleared.solution
    held = aside.Aside(market)
    assert held.builds is not None
    return solution, held, solution.value("build") > held.builds.upper - 1e-9


@pytest.mark.parametrize("seed", [0, 1, 2, 4, 5, 6, 7, 8])
def test_builds_in_full_leave_the_program(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where what pays is fixed at its bound, the rest of the program has the same answer."""
    from monazite.model import search

    monkeypatch.setattr(search, "FEW_JOIN", -1)  # all programs are rough, in which builds leave
    fixed = []
    real = aside._Builds.changes

    def watched(self: Any) -> Any:
        found = real(self)
        at, bound = found["build"]["lower"]
        assert bound == pytest.approx(self.upper[at]) and not self.must[at].any()
        fixed.append(len(at))
        return found

    monkeypatch.setattr(aside._Builds, "changes", watched)
    part = answer(seed, 0, monkeypatch)
    assert fixed[0] == 0 and max(fixed) > 0
    assert part.certificate.ok
    assert part.objective == pytest.approx(answer(seed, 10_000, monkeypatch).objective, rel=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_a_pipeline_built_in_full_earns_what_the_worst_of_it_can_pay(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    solution, held, full = in_full(seed, monkeypatch)
    builds, whole = held.builds, solution.standard
    builds.full = full & ~builds.must
    done = builds._done()
    assert done.any()
    y = solution.y.copy()
    y[builds.rows()] = -1000.0  # what the program told of it counts for nothing
    y = held.duals(whole, solution.x, y)
    z = (whole.cost - whole.A.T @ y)[builds.block.slice]
    for row in np.flatnonzero(done):
        mine = builds.full & (builds.line == row)
        assert np.max(z[mine]) == pytest.approx(0.0, abs=1e-9)
        assert np.sum(builds.upper[mine]) == pytest.approx(builds.most[row])
        assert y[builds.row.start + row] < 0.0
    builds.active = solution.value("build") > 1e-6
    assert held.join(whole, solution.x, y) == 0 and builds.full.any()


def test_what_does_not_pay_in_full_is_free_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plants worth nothing: no build pays. Another year that pays more frees its pipeline."""
    solution, held, full = in_full(0, monkeypatch)
    builds, whole = held.builds, solution.standard
    builds.full, builds.active = full & ~builds.must, full.copy()
    done, count = builds._done(), int(builds.full.sum())
    y = solution.y.copy()
    y[held.market.capacity.slice] = 0.0
    assert held.join(whole, solution.x, y) == count and not builds.full.any()

    builds.full, builds.active = full & ~builds.must, full.copy()
    y = held.duals(whole, solution.x, solution.y)
    row = int(np.flatnonzero(done)[0])
    other = np.flatnonzero((builds.line == row) & ~full)[0]
    z = np.zeros_like(solution.x)
    z[builds.block.slice] = np.where(full, 0.0, 1000.0)
    z[builds.block.start + other] = -1.0
    held.elements.clear()
    monkeypatch.setattr(aside, "reduced_cost", lambda *_: z)
    assert held.join(whole, solution.x, y) == 1 + int((full & (builds.line == row)).sum())
    assert builds.active[other] and not builds.full[builds.line == row].any()
    assert builds.full.sum() == count - (full & (builds.line == row)).sum()


def test_plants_that_are_not_built_rest_before_a_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of projects with room, what is not built goes and what is stays; it goes twice at most."""
    solution, held, full = in_full(0, monkeypatch)
    builds, built = held.builds, solution.value("build")
    total = np.bincount(builds.line, weights=built)
    room = (total < 0.999 * builds.most)[builds.line]
    assert (room & (built < 1e-9)).any() and (~room & (built < 1e-9)).any()
    for _ in range(aside.LEAVES):
        builds.active[:] = True
        held.rest(solution.x)
        assert builds.active.tolist() == (~room | (built > 1e-9) | builds.must).tolist()
    builds.active[:] = True
    held.rest(solution.x)
    assert builds.active.all()


def test_what_must_be_built_in_part_leaves_its_pipeline_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A plant held at its smallest scale may grow: beside it no year in full fills the project."""
    solution, held, full = in_full(0, monkeypatch)
    row = int(np.flatnonzero(np.bincount(held.builds.line, weights=full) == 2)[0])
    mine = np.flatnonzero(held.builds.line == row)
    first, second = mine[full[mine]]
    upper = held.builds.upper
    for lower, done in ((0.5 * upper[first], False), (upper[first], True)):
        market = held.market.patched({"build": {"lower": ([first], [lower])}})
        builds = aside.Aside(market).builds
        assert builds is not None and builds.must[first]
        builds.full[second] = True
        builds.most = builds.most.copy()
        builds.most[row] = upper[first] + upper[second]
        assert builds._done()[row] == done


def test_slack_that_carries_a_few_grams_is_stiffened() -> None:
    """A hundred grams a year cost 1,300 USD/kg and are wanted at any price. Slack refers to 1,000
    at first: it would give up a dollar a program.
    """
    from monazite.model.market import Market
    from monazite.model.search import TIGHT, Search

    tables = {
        "curves": [{"country": "A", "material": "ore", "intercept": 1300.0, "slope": 1.0}],
        "demand": [{"country": "A", "material": "ore", "price": 1000.0, "quantity": 1e-7,
                    "form": "fixed"}],
    }  # fmt: skip
    search = Search(Market(mz.Case.from_tables(tables, "grams")))
    search.reference = search.prices = np.array([1000.0])
    programs = 0
    while not programs or not search.balanced():
        search.reference, programs = search.prices, programs + 1
        search.step(search.prices, TIGHT)
    assert search.prices == pytest.approx([1300.0], rel=1e-6)
    assert programs <= 6


def test_a_sketch_is_near_the_answer() -> None:
    """Its program is not proved, and prices and builds are right to a thousandth."""
    from monazite.model.market import Market
    from monazite.model.outcome import outcome_of
    from monazite.model.solve import sketch

    market = Market(random_case(4), discount=0.04)
    found, answer = sketch(market), outcome_of(market)
    assert found is not None and market.build is not None
    assert found.prices == pytest.approx(answer.node_price, rel=1e-3, nan_ok=True)
    built = found.x[market.build.build.slice]
    assert built == pytest.approx(answer.built, abs=1e-2)


def test_charges_follow_the_secant() -> None:
    """Prices found of 6 + 0.2 p and 1 - 0.8 p where charges were taken on p are 7.5 and 5/9 where
    both are the same: the second step is there. What answers one to one goes ten steps at once.
    """
    from monazite.model.wedges import onward

    def found(used: np.ndarray) -> np.ndarray:
        return np.array([6.0, 1.0, 0.1]) + np.array([0.2, -0.8, 1.0]) * used

    first = np.array([10.0, 2.0, 5.0])
    second = onward(first, found(first), None, steep=True)
    assert second == pytest.approx([8.0, -0.6, 5.1])
    third = onward(second, found(second), (first, found(first)), steep=True)
    assert third == pytest.approx([7.5, 5 / 9, 6.1])
    # far from an answer programs differ by more than their charges: steep slopes tell nothing
    third = onward(second, found(second), (first, found(first)), steep=False)
    assert third == pytest.approx([7.5, 1.48, 5.2])


def test_prices_that_swing_meet_in_the_middle_once_programs_do_not_help() -> None:
    """Found is 20 less what was used: 10.5 and 9.5 in turns. After two programs that brought it no
    nearer the step goes to 10; a third such one is stuck, and one that helps begins anew.
    """
    from monazite.model.market import Market
    from monazite.model.wedges import Settling, decisive

    market = Market(lanes(1))
    assert len(decisive(market))
    settling = Settling(market)
    prices, asked, stuck = np.full(market.nodes.size, 10.5), [], []
    for _ in range(3):
        prices = settling.next(prices, 20.0 - prices)
        asked.append(float(prices[0]))
        stuck.append(settling.stuck)
    assert asked == pytest.approx([9.5, 10.5, 10.0])
    settling.next(np.full_like(prices, 10.5), np.full_like(prices, 9.5))
    assert settling.gap == pytest.approx(1 / 9.5)
    assert [*stuck, settling.stuck] == [False, False, False, True]
    settling.next(prices, prices)
    assert settling.gap == 0.0 and not settling.stuck


def test_a_price_that_falls_steeply_is_held_between_the_two_that_bracket_it() -> None:
    """Found is 10 where charges are taken on up to 9.6, 9 from 9.8 on, five less a dollar between:
    both are the same at 9.6 + 0.4 / 6. Level on either side, it would go to and fro for ever.
    """
    from monazite.model.market import Market
    from monazite.model.wedges import Settling

    market = Market(lanes(1))
    settling, prices, gaps = Settling(market), np.full(market.nodes.size, 9.0), []
    for _ in range(24):
        prices = settling.next(prices, 10.0 - 5.0 * np.clip(prices - 9.6, 0.0, 0.2))
        gaps.append(settling.gap)
    assert prices[0] == pytest.approx(9.6 + 0.4 / 6, abs=1e-6)
    assert gaps[1] > 0.09 and gaps[2] > 0.09 and gaps[-1] < 1e-6


def test_a_bracket_that_no_steep_fall_explains_is_forgotten() -> None:
    """9.02 was found lower; now 9 is found at 10, two cents away: it goes to 10, not to 9.01."""
    from monazite.model.market import Market
    from monazite.model.wedges import Settling

    market = Market(lanes(1))
    settling, one = Settling(market), np.ones(market.nodes.size)
    settling.careful = True
    settling.next(9.02 * one, 8.0 * one)
    assert settling.next(9.0 * one, 10.0 * one) == pytest.approx(10.0 * one)
    settling.next(9.5 * one, 9.0 * one)
    assert settling.next(9.1 * one, 9.9 * one) == pytest.approx(9.3 * one)


def test_prices_are_bracketed_only_where_both_ends_are_known() -> None:
    from monazite.model.wedges import between

    none = np.nan
    low, high = np.array([1.0, 1.0, none, 3.0, 1.0]), np.array([2.0, 2.0, 2.0, 1.0, 2.0])
    price = np.array([1.2, 2.5, 5.0, 0.5, 1.0])
    assert between(price, low, high) == pytest.approx([1.2, 1.5, 5.0, 0.5, 1.5])


def test_a_hint_changes_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    from monazite.model.market import Market
    from monazite.model.outcome import outcome_of

    monkeypatch.setattr(aside, "FEW", 0)
    monkeypatch.setattr(aside, "WHOLE", 0)
    market = Market(random_case(3), discount=0.04)
    plain = outcome_of(market)
    fewer = dict(random_case(3).stated)
    fewer["periods"] = fewer["periods"][::2]
    for hint in (plain, solve_market(mz.Case.from_tables(fewer, "fewer"), discount=0.04)):
        found = outcome_of(market.expecting(hint))
        assert found.objective == pytest.approx(plain.objective, rel=1e-9)
        assert found.cleared.programs <= plain.cleared.programs


def in_long_periods(seed: int) -> mz.Case:
    """The case in two periods, a year and then eight, in which slow projects come year by year."""
    tables = dict(random_case(seed).stated)
    periods = [("2025", "2025-01-01", 1.0), ("2026", "2026-01-01", 8.0)]
    tables["periods"] = tables["periods"].clear()
    tables |= {
        "periods": [dict(zip(("period", "start", "years"), p, strict=True)) for p in periods]
    }
    return mz.Case.from_tables(tables, "long")


@pytest.mark.parametrize("seed", range(6))
def test_a_search_that_begins_with_all_of_a_period_at_once_ends_the_same(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from monazite.model import solve
    from monazite.model.market import Market

    asked = []
    sketch = solve.sketch
    monkeypatch.setattr(solve, "sketch", lambda market: asked.append(market) or sketch(market))
    case = in_long_periods(seed)
    whole = solve_market(case, discount=0.04)
    assert not asked
    monkeypatch.setattr(aside, "FEW", 0)
    monkeypatch.setattr(aside, "WHOLE", 0)
    part = solve_market(case, discount=0.04)
    assert len(asked) == 1 and not whole.market.builds.first.all()
    assert part.objective == pytest.approx(whole.objective, rel=1e-9)
    assert part.prices["price"].to_list() == pytest.approx(whole.prices["price"].to_list(), 1e-5)
    assert part.capacity == pytest.approx(whole.capacity, abs=1e-5)
    plain = Market(case, discount=0.04)
    rough = asked[0].standard
    block, first = plain.build.build.slice, plain.builds.first
    own = plain.standard.column_upper[block]
    assert (rough.column_upper[block][~first] == 0).all()
    sums = np.add.reduceat(own, np.flatnonzero(first))
    size = plain.builds.projects.size[plain.builds.project[first]]
    assert rough.column_upper[block][first] == pytest.approx(np.minimum(sums, size))
    assert (rough.column_upper[block] >= rough.column_lower[block]).all()


def test_a_search_begins_where_a_coarser_one_ended() -> None:
    """By name and date: prices between two known years are their mean, builds come in between."""
    from monazite.model.market import Market
    from monazite.model.near import near

    case = random_case(3)
    fewer = dict(case.stated)
    fewer["periods"] = fewer["periods"][::4]  # 2025 and 2029
    known = solve_market(mz.Case.from_tables(fewer, "fewer"), discount=0.04)
    market = Market(case, discount=0.04)
    found = near(market, known)
    price = {(p, m, c): v for p, m, c, v in known.prices.select(
        "period", "material", "country", "price").rows()}  # fmt: skip
    nodes, axes = market.nodes, market.axes
    for k in range(nodes.size):
        name = axes.materials[nodes.material[k]], axes.countries[nodes.country[k]]
        ends = [price[year, *name] for year in ("2025", "2029")]
        want = {0: ends[0], 4: ends[1]}.get(int(nodes.period[k]), sum(ends) / 2)
        assert found.prices[k] == pytest.approx(want, abs=1e-9)
    built = known.builds.filter((known.builds["built"] > 1e-6) & (known.builds["period"] == "2029"))
    later = set(built["facility"].to_list())
    assert later
    for k in np.flatnonzero(market.builds.period >= 1):
        if market.builds.facility[k] in later:
            assert found.builds[k]


def lanes(seed: int, fixed: bool = False, rate: float = 0.1) -> mz.Case:
    """Five places that all may trade with all, on lanes that rise from nothing."""
    rng = np.random.default_rng(seed)
    places = "ABCDE"
    return mz.Case.from_tables(
        {
            "curves": [
                {"country": c, "material": "ore", "price": rng.uniform(2, 9),
                 "quantity": rng.uniform(1, 6), "elasticity": 0.5}
                for c in (places[:1] if fixed else places)
            ],
            "demand": [
                {"country": c, "material": "ore", "price": 10.0, "quantity": rng.uniform(1, 4),
                 **({"form": "fixed"} if fixed and c == "E" else {"elasticity": -0.6})}
                for c in places
            ],
            "arcs": [
                {"material": "ore", "origin": o, "destination": d, "knee": 0.0,
                 "freight": rng.uniform(0.1, 2), "slope": rng.uniform(0.05, 1),
                 "export_rate": rate if o == "A" else 0.0}
                for o in places for d in places if o != d
            ],
        },
        "lanes",
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("rule", [False, True])
def test_arcs_that_stay_aside_would_not_pay(
    seed: int, rule: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = [{"kind": "content_rule", "name": "free", "members": ["B"], "covered": ["A"],
              "by": "place"}]  # fmt: skip
    asked = mz.Scenario.checked({"name": "lanes", "instruments": rules if rule else []})
    found = []
    for many in (10_000, 0):
        monkeypatch.setattr(aside, "MANY", many)
        found.append(mz.run(asked, case=lanes(seed)))
    whole, part = found
    assert part.certificate.ok and whole.certificate.ok
    assert part.objective == pytest.approx(whole.objective, rel=1e-7)
    traded = whole.throughput > 1e-4  # a class that nobody trades has no one price
    assert part.node_price[traded] == pytest.approx(whole.node_price[traded], rel=1e-5)
    assert part.quantity == pytest.approx(whole.quantity, abs=1e-4)


def test_the_last_program_is_solved_to_full_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs on the way may be coarse; the one that is kept must not."""
    from monazite.model import search
    from monazite.model.market import Market
    from monazite.model.outcome import outcome_of

    asked = []
    real = search.solve

    def watched(standard: Any, **given: Any) -> Any:
        asked.append(given["tolerance"])
        return real(standard, **given)

    monkeypatch.setattr(search, "solve", watched)
    monkeypatch.setattr(aside, "MANY", 0)
    found = outcome_of(Market(lanes(1)))
    assert asked[0] == search.COARSE and asked[-1] == search.TIGHT
    assert found.certificate.worst < 1e-9
    asked.clear()
    monkeypatch.setattr(search.Search, "balanced", lambda self: True)  # nothing else asks for more
    outcome_of(Market(lanes(1, rate=0.0)))
    assert asked[-1] == search.TIGHT


def test_an_answer_is_proved_where_the_last_program_without_proof_stands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is polished there, in a round or two, and not solved from nothing again."""
    from monazite.model import search
    from monazite.model.market import Market
    from monazite.model.outcome import outcome_of

    iterations = []
    real = search.solve

    def watched(standard: Any, **given: Any) -> Any:
        found = real(standard, **given)
        iterations.append((given["near"] is not None, found.iterations))
        return found

    monkeypatch.setattr(search, "solve", watched)
    found = outcome_of(Market(random_case(3), discount=0.04))
    assert found.certificate.worst < 1e-9
    assert iterations[0][0] and iterations[0][1] <= 3


def test_use_that_only_an_unlikely_lane_can_meet_brings_all_lanes_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(aside, "MANY", 0)
    part = mz.run("today", case=lanes(2, fixed=True))
    monkeypatch.setattr(aside, "MANY", 10_000)
    whole = mz.run("today", case=lanes(2, fixed=True))
    assert part.node_price == pytest.approx(whole.node_price, rel=1e-5)
    assert part.quantity == pytest.approx(whole.quantity, abs=1e-4)


def test_most_never_join(monkeypatch: pytest.MonkeyPatch) -> None:
    """Projects at a hundred times the cost stay out of every program, and are priced out."""
    monkeypatch.setattr(aside, "FEW", 0)
    monkeypatch.setattr(aside, "WHOLE", 0)
    tables = {name: frame.to_dicts() for name, frame in random_case(1).stated.items()}
    for row in tables["projects"][1:]:
        row["capex"] = 4000.0
    seen = []
    real = aside.Aside.join

    def watched(self: Any, *given: Any, **named: Any) -> int:
        again = real(self, *given, **named)
        seen.append(int(self.builds.active.sum()))
        return again

    monkeypatch.setattr(aside.Aside, "join", watched)
    outcome = solve_market(mz.Case.from_tables(tables, "dear"))
    assert max(seen) == 1  # what is committed
    assert outcome.builds["built"].to_numpy()[1:].max() < 1e-9

"""Are effects of rules measured as defined? By hand, in two and three countries."""

from __future__ import annotations

from typing import Any

import pytest
from two_countries import TABLES

import monazite as mz
from monazite.data import Case
from monazite.errors import InputError
from monazite.study.effects import ALL, effects, terms_of
from monazite.study.products import contents_of

DUTY = {"kind": "tariff", "importers": ["B"], "specific": 2.0}


def under(tables: dict[str, Any], *rules: dict[str, Any]) -> Any:
    scenario = mz.Scenario.checked({"name": "test", "instruments": list(rules)})
    return mz.run(scenario, case=Case.from_tables(tables, "hand"))


def cells(frame: Any, scenario: str) -> dict[tuple[str, str, str], float | None]:
    rows = frame.filter(scenario=scenario).select("measure", "item", "place", "value")
    return {row[:3]: row[3] for row in rows.iter_rows()}


@pytest.fixture(scope="module")
def duty() -> dict[tuple[str, str, str], float | None]:
    outcomes = {"free": under(TABLES), "duty": under(TABLES, DUTY)}
    terms = terms_of(outcomes, country="A")
    assert (terms.members, terms.materials, terms.content) == (("B",), ("m",), {})
    return cells(effects(outcomes, terms), "duty")


def test_a_duty_by_hand(duty: dict) -> None:
    """Free: 16/3 in B, 10/3 from A, 4/3 at home. Duty of 2: 6 in B, 2 from each."""
    assert duty["price", "m", "inside"] == pytest.approx(6)
    assert duty["price", "m", "outside"] is None, "nobody buys in A"
    assert duty["free", "m", "members"] == pytest.approx(2000)
    assert duty["dependence", "m", "members"] == pytest.approx(1 / 2)


def test_gains_by_hand_sum_to_welfare(duty: dict) -> None:
    """Users 98/9 to 8, B's makers 8/9 to 2, A's 50/9 to 2, 4 to B's treasury: 4/3 is lost."""
    gains = {key[1:]: value for key, value in duty.items() if key[0] == "gain"}
    assert gains["users", "members"] == pytest.approx(8 - 98 / 9)
    assert gains["treasury", "B"] == pytest.approx(4)
    assert gains["producers/other", "members"] == pytest.approx(2 - 8 / 9)
    assert gains["producers/other", "named"] == pytest.approx(2 - 50 / 9)
    assert gains[ALL, "members"] == pytest.approx(-26 / 9 + 4 + 10 / 9)
    assert gains[ALL, "named"] == pytest.approx(-32 / 9)
    assert gains[ALL, ALL] == pytest.approx(-4 / 3)
    single = sum(value for (item, _), value in gains.items() if item != ALL)
    assert single == pytest.approx(gains[ALL, ALL])


def test_costs_by_hand(duty: dict) -> None:
    """Users and treasury of B together gain 10/9 on terms of trade; 5/7 - 1/2 of dependence go."""
    assert duty["cost", ALL, "members"] == pytest.approx(-10 / 9)
    assert duty["supported", ALL, "members"] == pytest.approx(2000), "what members make"
    assert duty["cost_per_tonne", ALL, "members"] == pytest.approx(-1e6 * 10 / 9 / 2000)
    assert duty["cost_per_point", ALL, "members"] == pytest.approx(-10 / 9 / (150 / 7))


def test_the_first_scenario_costs_nothing_and_has_no_cost_per_anything() -> None:
    outcomes = {"free": under(TABLES), "duty": under(TABLES, DUTY)}
    found = cells(effects(outcomes, terms_of(outcomes, country="A")), "free")
    assert found["dependence", "m", "members"] == pytest.approx(5 / 7)
    assert found["gain", "treasury", "B"] == 0
    assert {
        found[name, ALL, "members"] for name in ("cost", "cost_per_tonne", "cost_per_point")
    } == {None}


def test_who_is_measured() -> None:
    """Members of rules, or those named, or all but the named country; unknown names are refused."""
    outcomes = {"free": under(TABLES)}
    assert terms_of(outcomes, country="A").members == ("B",)
    assert terms_of(outcomes, country="A", members=["A", "B"]).members == ("A", "B")
    paid = {"kind": "floor_purchase", "material": "m", "place": "A", "floor": 1.0, "tonnes": 1.0}
    assert terms_of({"x": under(TABLES, paid)}, country="B").members == ("A",)
    with pytest.raises(InputError, match="did you mean"):
        terms_of(outcomes, country="A", materials=["mm"])
    assert terms_of(outcomes).country == "A", "there is no China, and A makes most"
    with pytest.raises(InputError, match="ZZZ"):
        terms_of(outcomes, country="ZZZ")


def test_support_is_what_rules_cover_and_money_for_it_is_cost() -> None:
    """B's mine 4 + x under a strike of 7 at 16/3: 10 - (P - 2) - 3 = P, P = 4.5, 2.5 for 3 kt."""
    tables = TABLES | {
        "curves": TABLES["curves"][:1],
        "recipes": [
            {"technology": "dig", "mode": "m", "material": "m", "direction": "out", "quantity": 1}
        ],
        "facilities": [
            {"facility": "pit", "technology": "dig", "country": "B", "stage": "mining"}
            | {"capacity": 9.0, "cost": 4.0}
        ],
        "activities": [{"facility": "pit", "mode": "m", "base": 0.0, "knee": 0.0, "slope": 1.0}],
    }
    contract = {
        "kind": "contract_for_difference",
        "material": "m",
        "facilities": ["pit"],
        "reference": "B",
        "strike": 7.0,
        "payer": "B",
    }
    outcomes = {"free": under(tables), "cfd": under(tables, contract)}
    found = cells(effects(outcomes, terms_of(outcomes, country="A")), "cfd")
    assert found["price", "m", "inside"] == pytest.approx(4.5, abs=1e-5)
    assert found["supported", ALL, "members"] == pytest.approx(3000, abs=0.1)
    users, treasury = 5.5**2 / 2 - 98 / 9, -2.5 * 3
    assert found["cost", ALL, "members"] == pytest.approx(-(users + treasury), abs=1e-4)
    assert found["gain", "producers/mining", "members"] == pytest.approx(4.5 - 8 / 9, abs=1e-4)


def test_origin_is_followed_through_re_exports() -> None:
    """C makes 3, gets 1 from A and sells all 4 to B: a quarter of what B uses was made in A."""
    mine = {"technology": "dig", "stage": "mining", "cost": 1.0}
    tables = {
        "recipes": [
            {"technology": "dig", "mode": "m", "material": "m", "direction": "out", "quantity": 1}
        ],
        "facilities": [
            mine | {"facility": "a", "country": "A", "capacity": 1.0},
            mine | {"facility": "c", "country": "C", "capacity": 3.0},
        ],
        "demand": TABLES["demand"],
        "arcs": [
            {"material": "m", "origin": "A", "destination": "C", "freight": 0.1},
            {"material": "m", "origin": "C", "destination": "B", "freight": 0.1},
        ],
    }
    outcomes = {"free": under(tables)}
    found = cells(effects(outcomes, terms_of(outcomes, country="A", members=["B"])), "free")
    assert found["dependence", "m", "members"] == pytest.approx(1 / 4, abs=1e-6)
    assert found["free", "m", "members"] == pytest.approx(3000, abs=0.01)


def test_what_only_passes_through_a_store_is_not_counted_twice() -> None:
    """A sells 2 kt cheaply in the first year and nothing later; B stores 1 and uses 1 a year."""
    mine = {"facility": "pit", "technology": "dig", "stage": "mining", "country": "A"}
    tables = {
        "periods": [
            {"period": "one", "start": "2024-01-01", "years": 1.0},
            {"period": "two", "start": "2025-01-01", "years": 1.0},
        ],
        "recipes": [
            {"technology": "dig", "mode": "m", "material": "m", "direction": "out", "quantity": 1}
        ],
        "facilities": [
            mine | {"period": "one", "capacity": 2.0, "cost": 1.0},
            mine | {"period": "two", "capacity": 0.0, "cost": 1.0},
        ],
        "demand": [{"country": "B", "material": "m", "intercept": 10.0, "slope": 1.0}],
        "arcs": [{"material": "m", "origin": "A", "destination": "B", "freight": 1.0}],
        "stocks": [{"country": "B", "material": "m", "capacity": 5.0, "carrying_cost": 0.0}],
    }
    outcomes = {"free": under(tables)}
    found = cells(effects(outcomes, terms_of(outcomes, country="A", members=["B"])), "free")
    assert outcomes["free"].stocks["stock_in"].max() == pytest.approx(1, abs=1e-4)
    assert found["dependence", "m", "members"] == pytest.approx(1, abs=1e-6)
    assert found["free", "m", "members"] == pytest.approx(0, abs=0.01)


def test_supply_that_moves_downstream_is_leakage() -> None:
    """B makes 7 of n from m at 2 * 1.5; a duty of 1 on m, and it buys 6.5 of n at 3.5 instead."""
    plant = {"technology": "make", "stage": "metal", "cost": 0.0, "capacity": 100.0}
    tables = {
        "recipes": [
            {"technology": "dig", "mode": "m", "material": "m", "direction": "out", "quantity": 1},
            {"technology": "make", "mode": "n", "material": "m", "direction": "in", "quantity": 2},
            {"technology": "make", "mode": "n", "material": "n", "direction": "out", "quantity": 1},
        ],
        "facilities": [
            {"facility": "pit", "technology": "dig", "country": "A", "stage": "mining"}
            | {"cost": 1.0, "capacity": 100.0},
            plant | {"facility": "a", "country": "A"},
            plant | {"facility": "b", "country": "B"},
        ],
        "demand": [
            {"country": "B", "material": "n", "intercept": 10.0, "slope": 1.0},
            {"country": "A", "material": "n", "intercept": 3.0, "slope": 1.0},
        ],
        "arcs": [
            {"material": "m", "origin": "A", "destination": "B", "freight": 0.5},
            {"material": "n", "origin": "A", "destination": "B", "freight": 1.5},
        ],
    }
    rule = {"kind": "tariff", "importers": ["B"], "materials": ["m"], "specific": 1.0}
    outcomes = {"free": under(tables), "duty": under(tables, rule)}
    terms = terms_of(outcomes, country="A")
    assert terms.materials == ("m",)
    assert terms.content == {"n": pytest.approx(2.0)}
    before, after = (cells(effects(outcomes, terms), name) for name in outcomes)
    assert before["imports", "n", "members"] == pytest.approx(0, abs=1e-3)
    assert after["imports", "n", "members"] == pytest.approx(6500, abs=0.1)
    assert after["leakage", ALL, "members"] == pytest.approx(13000, abs=0.2)


def test_contents_follow_recipes_and_leave_swarf_out() -> None:
    outcome = mz.run("today")
    found = contents_of(outcome, ["ndpr_oxide"])
    recipes = outcome.case.table("recipes").filter(direction="in")
    quantity = {
        (t, m): q for t, m, q in recipes.select("technology", "material", "quantity").rows()
    }
    metal = quantity["metal_ndpr", "ndpr_oxide"]
    assert found["ndpr_metal"] == pytest.approx(metal)
    assert found["ndfeb_alloy"] == pytest.approx(metal * quantity["alloy_ndfeb", "ndpr_metal"])
    # grinding takes mass away, not concentration
    assert found["magnet_standard"] == pytest.approx(found["blank_standard"], rel=1e-6)
    assert not {m for m in found if m.startswith(("swarf", "dy", "tb", "la", "ce"))}

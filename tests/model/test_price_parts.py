"""Are prices opened as a debate speaks of them, and averages kept apart from the margin?"""

from __future__ import annotations

from typing import Any

import pytest

import monazite as mz
from monazite.data import Case
from monazite.model.decompose import decompose
from monazite.model.price_parts import GROUPS, price_part_table

TABLES: dict[str, Any] = {
    "curves": [{"country": "A", "material": "m", "intercept": 1.0, "slope": 1.0}],
    "demand": [{"country": "B", "material": "m", "intercept": 10.0, "slope": 1.0}],
    "arcs": [{"material": "m", "origin": "A", "destination": "B", "freight": 1.0}],
}
MINE: dict[str, Any] = {
    "facilities": [
        {
            "facility": "pit",
            "technology": "mine",
            "country": "A",
            "stage": "mining",
            "capacity": 20.0,
            "cost": 1.0,
        }
    ],
    "activities": [{"facility": "pit", "mode": "standard", "base": 0.0, "knee": 0.0, "slope": 1.0}],
    "recipes": [
        {
            "technology": "mine",
            "mode": "standard",
            "material": "m",
            "direction": "out",
            "quantity": 1.0,
        }
    ],
    "demand": TABLES["demand"],
    "arcs": TABLES["arcs"],
}


def under(tables: dict[str, Any], *rules: dict[str, Any]) -> Any:
    scenario = mz.Scenario.checked({"name": "test", "instruments": list(rules)})
    return mz.run(scenario, case=Case.from_tables(tables, "hand"))


def nonzero(parts: dict[str, float]) -> dict[str, float]:
    return {name: pytest.approx(v, abs=1e-6) for name, v in parts.items() if abs(v) > 1e-6}


def test_a_duty_and_a_quota_stand_in_their_own_groups() -> None:
    """q = 3 under a duty of 2 as under a quota of 3: 4 in A, 1 freight, 2 between the two."""
    tariff = {"kind": "tariff", "importers": ["B"], "specific": 2.0}
    quota = {"kind": "export_quota", "exporters": ["A"], "maximum": 3.0}
    taxed = under(TABLES, tariff).price_parts("m", "B")
    assert nonzero(taxed) == {"ore": 4.0, "freight": 1.0, "duty": 2.0}
    assert nonzero(under(TABLES, quota).price_parts("m", "B")) == {
        "ore": 4.0,
        "freight": 1.0,
        "licence_rent": 2.0,
    }


def test_support_lowers_a_price_and_a_levy_raises_it() -> None:
    """A strike of 7 at 3 in A pays 4: the mine's 7, less 4, plus 1 of freight is 4 in B."""
    contract = {
        "kind": "contract_for_difference",
        "material": "m",
        "countries": ["A"],
        "reference": "A",
        "strike": 7.0,
        "payer": "A",
    }
    supported = under(MINE, contract)
    assert supported.price("m", "B") == pytest.approx(4.0, abs=1e-5)
    assert nonzero(supported.price_parts("m", "B")) == pytest.approx(
        {"ore": 7.0, "support": -4.0, "freight": 1.0}, abs=1e-5
    )
    levy = {
        "kind": "border_floor",
        "members": ["B"],
        "material": "m",
        "reference": "A",
        "floor": 6.0,
    }
    levied = under(TABLES, levy)
    parts = levied.price_parts("m", "B")
    assert parts["levy"] == pytest.approx(6.0 - levied.price("m", "A"), abs=1e-4)
    assert sum(parts.values()) == pytest.approx(levied.price("m", "B"))


def test_joint_cost_is_divided_by_value() -> None:
    """One kg of each at 3: 4 - x + 2 - x = 3, x = 1.5, 2.5 and 0.5; each bears its own value."""
    plant = MINE["facilities"][0] | {"cost": 3.0, "stage": "separation"}
    recipe = MINE["recipes"][0]
    tables = {
        "facilities": [plant],
        "recipes": [recipe | {"material": "a"}, recipe | {"material": "b"}],
        "demand": [
            {"country": "A", "material": "a", "intercept": 4.0, "slope": 1.0},
            {"country": "A", "material": "b", "intercept": 2.0, "slope": 1.0},
        ],
    }
    outcome = under(tables)
    assert nonzero(outcome.price_parts("a", "A")) == {"processing": 2.5}
    assert nonzero(outcome.price_parts("b", "A")) == {"processing": 0.5}
    whole = {part.item: part.amount for part in decompose(outcome, "a", "A")}
    assert whole == {"cost": pytest.approx(3.0), "credit": pytest.approx(-0.5, abs=1e-6)}


def test_every_price_of_the_reference_world_is_the_sum_of_its_groups() -> None:
    outcome = mz.run("today")
    table = price_part_table(outcome)
    assert table.height > 200
    sums = table.select(GROUPS).sum_horizontal()
    assert float((sums - table["price"]).abs().max() or 0.0) < 1e-6
    (row,) = price_part_table(outcome, ["dy_oxide"]).filter(country="JPN").to_dicts()
    assert row["price"] == pytest.approx(outcome.price("dy_oxide", "JPN"))
    assert row["freight"] > 0 and row["support"] == 0


def test_the_parts_of_a_club_stand_in_their_own_groups() -> None:
    """A duty of 2 in a club: 4 in A, 1 freight, 2 duty, as if it stood alone; its name is told."""
    club = {"kind": "club", "name": "ours", "members": ["B"], "duties": [{"specific": 2.0}]}
    outcome = under(TABLES, club)
    assert nonzero(outcome.price_parts("m", "B")) == {"ore": 4.0, "freight": 1.0, "duty": 2.0}
    (record,) = outcome.record["instruments"]
    assert record["bound"] and [paid["amount"] for paid in record["payments"]] == pytest.approx([6])


# --- averages -------------------------------------------------------------------------------------


def test_a_volume_weighted_price_by_hand() -> None:
    """A too buys, p = 6 - q: 16/3 in A for 2/3, 19/3 in B for 11/3; on average 241/39."""
    home = {"country": "A", "material": "m", "intercept": 6.0, "slope": 1.0}
    outcome = under({**TABLES, "demand": [*TABLES["demand"], home]})
    assert outcome.price("m", "A") == pytest.approx(16 / 3)
    assert outcome.volume_price("m", "B") == pytest.approx(19 / 3)
    assert outcome.volume_price("m") == pytest.approx(241 / 39)
    assert outcome.volume_price("m", ["A", "B"]) == pytest.approx(241 / 39)
    assert outcome.volume_price("m", []) is None
    with pytest.raises(KeyError):
        outcome.volume_price("m", "C")


def test_periods_count_by_years_and_tonnes() -> None:
    """6 for 4 kt in one year, then 3 years of 8 for 6: (24 + 3 * 48) / (4 + 18)."""
    demand = TABLES["demand"][0]
    tables = TABLES | {
        "periods": [
            {"period": "one", "start": "2024-01-01", "years": 1.0},
            {"period": "two", "start": "2025-01-01", "years": 3.0},
        ],
        "demand": [
            demand | {"period": "one"},
            demand | {"period": "two", "intercept": 14.0},
        ],
    }
    outcome = under(tables)
    assert outcome.price("m", "B", "two") == pytest.approx(8)
    assert outcome.volume_price("m", "B") == pytest.approx((24 + 3 * 48) / 22)
    assert outcome.volume_price("m", "B", "one") == pytest.approx(6)


def test_what_a_contract_makes_users_pay_on_top_is_in_the_average_only() -> None:
    """2 kt of 4 at a floor of 7 while the price in A is 5: 4 more on 24 paid in B for 4 kt."""
    offtake = {
        "kind": "floor_offtake",
        "material": "m",
        "countries": ["A"],
        "buyer": "B",
        "reference": "A",
        "floor": 7.0,
        "tonnes": 2.0,
        "marginal": False,
    }
    outcome = under(MINE, offtake)
    assert outcome.price("m", "B") == pytest.approx(6, abs=1e-5)
    assert outcome.volume_price("m", "B") == pytest.approx(7, abs=1e-5)


def test_public_purchases_are_no_use() -> None:
    """A buyer at 8 in B with room for 1 kt: 2 + q = 8 is beyond users' 10 - q and that 1 kt."""
    buyer = {"kind": "floor_purchase", "material": "m", "place": "B", "floor": 8.0, "tonnes": 1.0}
    outcome = under(TABLES, buyer)
    found = outcome.volume_prices.filter(material="m", country="B")["quantity"][0]
    # 10 - q = 2 + q + 1 gives q = 3.5 for users, 6.5 in B
    assert found == pytest.approx(3.5, abs=1e-6)
    assert outcome.volume_price("m", "B") == pytest.approx(6.5, abs=1e-6)


# --- the record -----------------------------------------------------------------------------------


def test_the_record_names_every_rule_and_what_it_paid() -> None:
    rules = (
        {"kind": "tariff", "name": "duty", "importers": ["B"], "specific": 2.0},
        {"kind": "export_quota", "name": "cap", "exporters": ["A"], "maximum": 2.0, "holder": "A"},
        {"kind": "tariff", "name": "idle", "importers": ["A"], "specific": 2.0},
        {"kind": "tariff", "name": "asleep", "importers": ["B"], "rate": 1, "status": "suspended"},
    )
    outcome = under(TABLES, *rules)
    found = {one["name"]: one for one in outcome.record["instruments"]}
    assert list(found) == ["duty", "cap", "idle", "asleep"]
    assert [found[name]["bound"] for name in found] == [True, True, False, False]
    assert found["asleep"]["status"] == "suspended"
    # 10 - 2 = 8 in B, 3 in A: the duty of 2 and freight of 1 leave a rent of 2, on 2 kt
    (duty,), (rent,) = found["duty"]["payments"], found["cap"]["payments"]
    assert (duty["payer"], duty["payee"], duty["payee_country"]) == ("traders", "treasury", "B")
    assert duty["amount"] == pytest.approx(4)
    assert (rent["payee"], rent["payee_country"]) == ("quota_holders", "A")
    assert rent["amount"] == pytest.approx(4)
    assert found["idle"]["payments"] == found["asleep"]["payments"] == []
    (warning,) = outcome.warnings
    assert warning.startswith("idle binds nothing")
    assert outcome.record["warnings"] == [warning]

"""Production quotas: by hand, in sign, at their limits, in the books."""

from typing import Any

import pytest

import monazite as mz
from monazite.errors import InputError

from .markets import gain, under

QUOTA = {"kind": "production_quota", "name": "cap", "countries": ["A"], "holder": "ministry"}


def mine(**more: Any) -> mz.Case:
    """A mine in A with marginal cost 1 + x, demand p = 10 - q in B, freight 1."""
    tables = {
        "facilities": [
            {"facility": "pit", "technology": "dig", "country": "A", "capacity": 20.0, "cost": 1.0}
        ],
        "recipes": [{"technology": "dig", "material": "m", "direction": "out", "quantity": 1.0}],
        "activities": [{"facility": "pit", "base": 4.0, "knee": 0.0, "slope": 1.0}],
        "demand": [{"country": "B", "material": "m", "intercept": 10.0, "slope": 1.0}],
        "arcs": [{"material": "m", "origin": "A", "destination": "B", "freight": 1.0}],
    }
    return mz.Case.from_tables(tables | more, "mine")


def test_a_quota_by_hand() -> None:
    """Of 3: 7 in B, 6 in A, marginal cost 4, a rent of 2 per kg, 6 for the holder."""
    outcome = under(mine(), {**QUOTA, "maximum": 3.0})
    assert outcome.flow("m", "A", "B") == pytest.approx(3)
    assert (outcome.price("m", "A"), outcome.price("m", "B")) == pytest.approx((6, 7))
    rent = outcome.limits.row(0, named=True)
    assert (rent["limit"], rent["holder"]) == ("cap/quota", "ministry")
    assert rent["rent"] == pytest.approx(2)
    assert gain(outcome, "quota_holders") == pytest.approx(6)
    assert outcome.market.instruments[0].bound(outcome)


@pytest.mark.parametrize(
    "fields", [{"maximum": 5.0}, {"maximum": 1e6}, {"maximum": 3.0, "status": "suspended"}]
)
def test_a_quota_above_what_is_made_is_no_quota(fields: dict[str, Any]) -> None:
    outcome = under(mine(), {**QUOTA, **fields})
    assert outcome.flow("m", "A", "B") == pytest.approx(4, abs=1e-6)
    assert outcome.price("m", "B") == pytest.approx(6, abs=1e-6)
    assert not any(rule.bound(outcome) for rule in outcome.market.instruments)


def test_a_quota_of_nothing_is_a_ban() -> None:
    outcome = under(mine(), {**QUOTA, "maximum": 0.0})
    assert outcome.flow("m", "A", "B") == pytest.approx(0, abs=1e-6)
    assert gain(outcome, "quota_holders") == pytest.approx(0, abs=1e-6)


def test_who_gains_and_who_pays() -> None:
    """Users and the mine lose 3.5 each, the holder gains 6, the triangle of 1 is lost."""
    free, after = under(mine()), under(mine(), {**QUOTA, "maximum": 3.0})
    change = {a: gain(after, a) - gain(free, a) for a in ("users", "producers", "quota_holders")}
    assert change == pytest.approx({"users": -3.5, "producers": -3.5, "quota_holders": 6.0})
    assert after.ledger.residual < 1e-9


def test_a_holder_by_its_country_is_booked_there() -> None:
    outcome = under(mine(), {**QUOTA, "maximum": 3.0, "holder": "A"})
    assert gain(outcome, "quota_holders", "A") == pytest.approx(6)


def test_joint_outputs_are_counted_by_their_weights() -> None:
    """1 kg of activity makes 1 kg of m and 0.5 kg of n, counted twice: 2 kg, so 3 of activity."""
    made = [("m", 1.0), ("n", 0.5)]
    recipes = [
        {"technology": "dig", "material": m, "direction": "out", "quantity": q} for m, q in made
    ]
    use = [{"country": "B", "material": "m", "intercept": 10.0, "slope": 1.0}]
    use += [{"country": "A", "material": "n", "intercept": 1.0, "slope": 0.1}]
    rule = {"materials": ["m", "n"], "weights": {"n": 2.0}, "maximum": 6.0}
    outcome = under(mine(recipes=recipes, demand=use), {**QUOTA, "countries": [], **rule})
    assert outcome.flow("m", "A", "B") == pytest.approx(3)
    assert outcome.limits["used"].to_list() == pytest.approx([6.0])


def test_only_the_plants_named_are_bound() -> None:
    """A second pit in A outside the quota makes up for the first: 2 + 2 become 1 + x."""
    pits = [
        {"facility": f, "technology": f, "country": "A", "capacity": 20.0, "cost": 1.0}
        for f in ("pit", "hole")
    ]
    tables = {
        "facilities": pits,
        "recipes": [
            {"technology": f, "material": "m", "direction": "out", "quantity": 1.0}
            for f in ("pit", "hole")
        ],
        "activities": [
            {"facility": f, "base": 4.0, "knee": 0.0, "slope": 2.0} for f in ("pit", "hole")
        ],
    }
    for named in ({"facilities": ["pit"]}, {"technologies": ["pit"]}):
        outcome = under(mine(**tables), {**QUOTA, **named, "maximum": 1.0})
        made = dict(outcome.output.select("facility", "activity").iter_rows())
        # 10 - 1 - x = 1 + 2 x + 1
        assert made == pytest.approx({"pit": 1.0, "hole": 7 / 3})


def test_dates_and_order() -> None:
    """A quota from mid 2026 leaves 2025 alone and holds in 2026; the tighter of two binds."""
    case = mine(
        periods=[{"period": "y1", "start": "2025-01-01"}, {"period": "y2", "start": "2026-01-01"}]
    )
    rules = [
        {**QUOTA, "maximum": 3.0, "start": "2026-06-01"},
        {**QUOTA, "name": "tighter", "maximum": 2.0, "start": 2026, "holder": "B"},
    ]
    one, other = under(case, *rules), under(case, *rules[::-1])
    assert [one.flow("m", "A", "B", t) for t in ("y1", "y2")] == pytest.approx([4, 2])
    assert gain(one, "quota_holders", "B") == pytest.approx(8)
    assert one.price("m", "B", "y2") == pytest.approx(other.price("m", "B", "y2"), abs=1e-9)
    assert one.market.instruments[1].bound(one)
    assert not one.market.instruments[0].bound(one)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"countries": []}, "name facilities"),
        ({"weights": {"m": 2.0}}, "weights are for the materials"),
        ({"materials": ["m"], "weights": {"m": 0.0}}, "above 0"),
        ({"technologies": ["digg"]}, "dig"),
        ({"materials": ["mm"]}, "mm"),
        ({"maximum": -1.0}, "-1.0 is below 0"),
    ],
)
def test_what_is_refused(fields: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        under(mine(), {**QUOTA, "maximum": 3.0, **fields})

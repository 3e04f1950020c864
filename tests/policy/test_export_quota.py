"""Export quotas: by hand, pooled, in sign, at their limits, in the books."""

from typing import Any

import pytest

import monazite as mz
from monazite.errors import InputError

from .markets import gain, two_countries, under

QUOTA = {"kind": "export_quota", "name": "licences", "exporters": ["A"], "holder": "ministry"}


def two_buyers(**more: Any) -> mz.Case:
    """The two-country market with a second buyer C, p = 13 - q, freight 1."""
    use = [("B", 10.0), ("C", 13.0)]
    return two_countries(
        demand=[{"country": c, "material": "m", "intercept": p, "slope": 1.0} for c, p in use],
        arcs=[{"material": "m", "origin": "A", "destination": c, "freight": 1.0} for c in "BC"],
        **more,
    )


def test_a_quota_by_hand() -> None:
    """Of 3: 4 in A, 7 in B, a licence is worth 2, the holder gets 6."""
    outcome = under(two_countries(), {**QUOTA, "maximum": 3.0})
    assert outcome.flow("m", "A", "B") == pytest.approx(3)
    assert (outcome.price("m", "A"), outcome.price("m", "B")) == pytest.approx((4, 7))
    assert outcome.limits["rent"].to_list() == pytest.approx([2.0])
    assert gain(outcome, "quota_holders") == pytest.approx(6)
    assert outcome.market.instruments[0].bound(outcome)


def test_licences_go_where_buyers_pay_most() -> None:
    """A pool of 5: 1 to B, 4 to C at 9 each, 6 in A, 2 per licence, 10 for the holder."""
    outcome = under(two_buyers(), {**QUOTA, "maximum": 5.0})
    sold = [outcome.flow("m", "A", c) for c in "BC"]
    assert sold == pytest.approx([1.0, 4.0])
    assert [outcome.price("m", c) for c in "ABC"] == pytest.approx([6, 9, 9])
    assert gain(outcome, "quota_holders") == pytest.approx(10)


@pytest.mark.parametrize("fields", [{"destinations": ["B"]}, {"exempt": ["C"]}])
def test_a_quota_for_some_destinations(fields: dict[str, Any]) -> None:
    """1 to B instead of 5/3; C alone: 13 - q = 1 + 1 + q + 1 gives 5."""
    outcome = under(two_buyers(), {**QUOTA, "maximum": 1.0, **fields})
    sold = [outcome.flow("m", "A", c) for c in "BC"]
    assert sold == pytest.approx([1.0, 5.0])


def test_materials_share_one_pool_by_their_weights() -> None:
    """m and n (a kg counts twice) from A: 8 - 2 q_m = R, 8 - 2 q_n = 2 R, q_m + 2 q_n = 5.

    So 8 - 2 (5 - 2 q_n) = 4 - q_n: q_n = 6/5, q_m = 13/5, R = 14/5.
    """
    both = ("m", "n")
    case = two_countries(
        curves=[{"country": "A", "material": m, "intercept": 1.0, "slope": 1.0} for m in both],
        demand=[{"country": "B", "material": m, "intercept": 10.0, "slope": 1.0} for m in both],
        arcs=[{"material": m, "origin": "A", "destination": "B", "freight": 1.0} for m in both],
    )
    outcome = under(case, {**QUOTA, "maximum": 5.0, "weights": {"n": 2.0}})
    sold = [outcome.flow(m, "A", "B") for m in both]
    assert sold == pytest.approx([13 / 5, 6 / 5])
    assert outcome.limits["rent"].to_list() == pytest.approx([14 / 5])


def test_goods_between_exporters_do_not_count() -> None:
    outcome = under(two_buyers(), {**QUOTA, "exporters": ["A", "B"], "maximum": 0.0})
    sold = [outcome.flow("m", "A", c) for c in "BC"]
    assert sold == pytest.approx([4.0, 0.0], abs=1e-6)


@pytest.mark.parametrize(
    "fields", [{"maximum": 5.0}, {"maximum": 1e6}, {"maximum": 3.0, "status": "suspended"}]
)
def test_a_quota_above_what_leaves_is_no_quota(fields: dict[str, Any]) -> None:
    outcome = under(two_countries(), {**QUOTA, **fields})
    assert outcome.flow("m", "A", "B") == pytest.approx(4, abs=1e-6)
    assert outcome.price("m", "B") == pytest.approx(6, abs=1e-6)
    assert not any(rule.bound(outcome) for rule in outcome.market.instruments)


def test_a_quota_of_nothing_is_a_ban() -> None:
    outcome = under(two_countries(), {**QUOTA, "maximum": 0.0})
    assert outcome.flow("m", "A", "B") == pytest.approx(0, abs=1e-6)


def test_who_gains_and_who_pays() -> None:
    """Users and suppliers lose 3.5 each, the holder gains 6, the triangle of 1 is lost."""
    free, after = under(two_countries()), under(two_countries(), {**QUOTA, "maximum": 3.0})
    change = {a: gain(after, a) - gain(free, a) for a in ("users", "suppliers", "quota_holders")}
    assert change == pytest.approx({"users": -3.5, "suppliers": -3.5, "quota_holders": 6.0})
    assert after.ledger.residual < 1e-9


def test_dates_and_order() -> None:
    """A quota to the end of March 2025 holds for too little of that year to be one."""
    periods = [{"period": "y1", "start": "2025-01-01"}, {"period": "y2", "start": "2026-01-01"}]
    case = two_countries(periods=periods)
    rules = [
        {**QUOTA, "maximum": 2.0, "end": "2025-03-31"},
        {**QUOTA, "name": "second", "maximum": 3.0, "start": "2025-11-01"},
    ]
    one, other = under(case, *rules), under(case, *rules[::-1])
    assert [one.flow("m", "A", "B", t) for t in ("y1", "y2")] == pytest.approx([4, 3])
    assert one.price("m", "B", "y2") == pytest.approx(other.price("m", "B", "y2"), abs=1e-9)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"materials": ["m"], "weights": {"n": 2.0}}, "weights are for the materials"),
        ({"weights": {"m": -2.0}}, "above 0"),
        ({"exporters": ["AA"]}, "AA"),
        ({"maximum": -1.0}, "-1.0 is below 0"),
    ],
)
def test_what_is_refused(fields: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        under(two_countries(), {**QUOTA, "maximum": 3.0, **fields})

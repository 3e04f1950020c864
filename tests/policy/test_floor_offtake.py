"""Floors inside offtakes: by hand, in sign, at their limits, in the books."""

import pytest

from monazite.errors import InputError
from monazite.policy.floor_offtake import FloorOfftake

from .markets import gain, under
from .mines import mine_in_a, prices

OFFTAKE = {
    "kind": "floor_offtake",
    "name": "offtake",
    "material": "m",
    "facilities": ["mine"],
    "buyer": "B",
    "reference": "A",
    "floor": 7.0,
}
SMALL = {**OFFTAKE, "marginal": False}
RETURN = {"floor": 0.0, "second_strike": 4.0, "give_back": 0.5}


def test_the_buyer_bears_the_floor_by_hand() -> None:
    """1 + x = 7: x = 6; 3 in A, 4 in B; users gain 18 less (7 - 3) * 6, no treasury moves."""
    outcome = under(mine_in_a(), OFFTAKE)
    assert outcome.flow("m", "A", "B") == pytest.approx(6)
    assert prices(outcome) == pytest.approx((3, 4))
    assert gain(outcome, "users", "B") == pytest.approx(18 - 24)
    assert gain(outcome, "producers", "A") == pytest.approx(18)
    assert gain(outcome, "treasury") == 0
    assert outcome.objective == pytest.approx(12)
    assert outcome.ledger.residual < 1e-9


def test_it_is_a_contract_for_difference_paid_by_users() -> None:
    cfd = {"kind": "contract_for_difference", "material": "m", "facilities": ["mine"]}
    cfd |= {"reference": "A", "strike": 7.0, "payer": "B"}
    one, other = under(mine_in_a(), OFFTAKE), under(mine_in_a(), cfd)
    assert prices(one) == pytest.approx(prices(other), rel=1e-6)
    moved = gain(one, "users") - gain(other, "users")
    assert moved == pytest.approx(gain(other, "treasury") - gain(one, "treasury"))


def test_a_contract_for_part_of_the_output_by_hand() -> None:
    """(7 - 5) * 2 from users to the mine; 4 kt at 5 and 6 as before."""
    rule = FloorOfftake(**{**SMALL, "tonnes": 2.0})
    outcome = under(mine_in_a(), rule)
    assert prices(outcome) == pytest.approx((5, 6))
    assert gain(outcome, "users") == pytest.approx(8 - 4)
    assert gain(outcome, "producers") == pytest.approx(8 + 4)
    (coverage,) = rule.coverage(outcome)
    assert (coverage.covered, coverage.of) == pytest.approx((2, 4))


def test_contract_tonnes_end_the_premium_as_a_transfer() -> None:
    """x = 6 as without an end; the premium of 4 is paid on 2 kt."""
    outcome = under(mine_in_a(), {**OFFTAKE, "tonnes": 2.0})
    assert prices(outcome) == pytest.approx((3, 4))
    assert gain(outcome, "users") == pytest.approx(18 - 8)


@pytest.mark.parametrize(
    ("more", "returned"), [({}, 2.0), ({"cap": 1.5}, 1.5), ({"tonnes": 1}, 0.5)]
)
def test_the_return_above_the_second_strike_by_hand(more: dict, returned: float) -> None:
    """0.5 * (5 - 4) * 4 = 2, under a cap of 1.5, or on 1 kt; the price stays."""
    outcome = under(mine_in_a(), {**OFFTAKE, **RETURN, **more})
    assert prices(outcome) == pytest.approx((5, 6))
    assert gain(outcome, "users") == pytest.approx(8 + returned)
    assert gain(outcome, "producers") == pytest.approx(8 - returned)
    assert outcome.ledger.residual < 1e-9


@pytest.mark.parametrize(
    "fields", [{"floor": 0.0}, {"floor": 4.99}, {"tonnes": 0.0, "marginal": False}]
)
def test_a_floor_of_nothing_is_no_floor(fields: dict) -> None:
    outcome = under(mine_in_a(), {**OFFTAKE, **fields})
    assert prices(outcome) == pytest.approx((5, 6), abs=1e-6)
    assert gain(outcome, "users") == pytest.approx(8, abs=1e-5)


def test_suspended_is_no_rule() -> None:
    outcome = under(mine_in_a(), {**OFFTAKE, "status": "suspended"})
    assert prices(outcome) == pytest.approx((5, 6), abs=1e-9)


def test_a_huge_floor_guarantees_output() -> None:
    mine = {"facility": "mine", "technology": "dig", "country": "A", "stage": "mining"}
    small = [mine | {"capacity": 3.0, "cost": 6.0, "status": "operating"}]
    outcome = under(mine_in_a(facilities=small), {**OFFTAKE, "floor": 500.0})
    assert outcome.flow("m", "A", "B") == pytest.approx(3)


def test_order_does_not_matter() -> None:
    other = {**SMALL, "name": "other", "tonnes": 1.0, "floor": 4.0}
    one, two = under(mine_in_a(), OFFTAKE, other), under(mine_in_a(), other, OFFTAKE)
    assert prices(one) == pytest.approx(prices(two), rel=1e-9)
    assert gain(one, "users") == pytest.approx(gain(two, "users")) == pytest.approx(-6 - 1)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"facilities": []}, "facilities or countries"),
        ({"give_back": 0.3}, "together"),
        ({"second_strike": 5.0, "give_back": 0.3}, "below floor"),
    ],
)
def test_faults_are_named(fields: dict, told: str) -> None:
    with pytest.raises(InputError, match=told):
        under(mine_in_a(), {**OFFTAKE, **fields})

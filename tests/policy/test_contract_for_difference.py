"""Contracts for difference: by hand, in sign, at their limits, in the books."""

import pytest

import monazite as mz
from monazite.errors import InputError
from monazite.policy.contract_for_difference import ContractForDifference

from .markets import gain, under
from .mines import mine_in_a, prices

CFD = {
    "kind": "contract_for_difference",
    "name": "cfd",
    "material": "m",
    "facilities": ["mine"],
    "reference": "A",
    "strike": 7.0,
    "payer": "A",
}


def test_one_way_by_hand() -> None:
    """1 + x = 7: x = 6; 10 - 6 = 4 in B, 3 in A; the treasury pays (7 - 3) * 6."""
    outcome = under(mine_in_a(), CFD)
    assert outcome.flow("m", "A", "B") == pytest.approx(6)
    assert prices(outcome) == pytest.approx((3, 4))
    assert gain(outcome, "treasury", "A") == pytest.approx(-24)
    assert gain(outcome, "users", "B") == pytest.approx(18)
    assert gain(outcome, "producers", "A") == pytest.approx(18)
    assert outcome.ledger.residual < 1e-9


def test_the_loss_is_the_triangle() -> None:
    """Between demand less freight (3 at 6 kt) and cost (7 at 6 kt), from 4 kt on: 1/2 * 2 * 4."""
    free, after = under(mine_in_a(), {**CFD, "strike": 0.0}), under(mine_in_a(), CFD)
    assert free.ledger.welfare - after.ledger.welfare == pytest.approx(4)
    assert after.objective == pytest.approx(after.ledger.welfare)


def test_users_are_no_worse_off_at_any_strike() -> None:
    free = gain(under(mine_in_a(), {**CFD, "status": "suspended"}), "users")
    for strike in (0.0, 3.0, 5.0, 6.0, 9.0, 20.0):
        assert gain(under(mine_in_a(), {**CFD, "strike": strike}), "users") >= free - 1e-6


def test_two_way_by_hand() -> None:
    """1 + x = 4: x = 3; 7 in B, 6 in A; the mine pays (6 - 4) * 3."""
    outcome = under(mine_in_a(), {**CFD, "strike": 4.0, "give_back": 1.0})
    assert outcome.flow("m", "A", "B") == pytest.approx(3)
    assert prices(outcome) == pytest.approx((6, 7))
    assert gain(outcome, "treasury", "A") == pytest.approx(6)


def test_a_share_of_the_upside() -> None:
    """Netback 4 + 0.5 (P - 4) = 1 + x with P = 9 - x: x = 11/3, P = 16/3, paid 2/3 * 11/3."""
    outcome = under(mine_in_a(), {**CFD, "strike": 4.0, "give_back": 0.5})
    assert outcome.flow("m", "A", "B") == pytest.approx(11 / 3)
    assert gain(outcome, "treasury", "A") == pytest.approx(2 / 3 * 11 / 3)


def test_money_and_tonnes_are_transfers() -> None:
    """Money for 10 at a gap of 4 covers 2.5 kt of 6; prices stay. Tonnes of 2 pay 8."""
    for cap, paid, covered in (({"money": 10.0}, 10, 2.5), ({"tonnes": 2.0}, 8, 2.0)):
        rule = ContractForDifference(**{**CFD, **cap})
        outcome = under(mine_in_a(), rule)
        assert prices(outcome) == pytest.approx((3, 4))
        assert gain(outcome, "treasury", "A") == pytest.approx(-paid)
        assert gain(outcome, "producers", "A") == pytest.approx(18 - 24 + paid)
        (coverage,) = rule.coverage(outcome)
        assert (coverage.covered, coverage.of) == pytest.approx((covered, 6))
        assert f"{1000 * covered:,.0f} t of 6,000 t" in coverage.told("en")
        assert outcome.ledger.residual < 1e-9


def test_a_small_contract_moves_no_decision() -> None:
    """2 kt of the 4 that are made anyway: (7 - 5) * 2 from the treasury, q = 4."""
    outcome = under(mine_in_a(), {**CFD, "tonnes": 2.0, "marginal": False})
    assert outcome.flow("m", "A", "B") == pytest.approx(4)
    assert gain(outcome, "treasury", "A") == pytest.approx(-4)
    assert gain(outcome, "producers", "A") == pytest.approx(8 + 4)


@pytest.mark.parametrize(
    "fields",
    [{"strike": 0.0}, {"strike": 4.9}, {"status": "suspended"}, {"strike": 5.0, "give_back": 1.0}],
)
def test_a_strike_that_asks_for_nothing_is_no_rule(fields: dict) -> None:
    outcome = under(mine_in_a(), {**CFD, **fields})
    assert outcome.flow("m", "A", "B") == pytest.approx(4, abs=1e-6)
    assert prices(outcome) == pytest.approx((5, 6), abs=1e-6)
    assert gain(outcome, "treasury") == pytest.approx(0, abs=1e-5)


def test_a_huge_strike_guarantees_output() -> None:
    """At 200 the mine runs at its capacity whatever users pay: 3 kt."""
    mine = {"facility": "mine", "technology": "dig", "country": "A", "stage": "mining"}
    small = [mine | {"capacity": 3.0, "cost": 6.0, "status": "operating"}]
    case = mine_in_a(facilities=small)
    assert under(case, {**CFD, "strike": 0.0}).flow("m", "A", "B") == pytest.approx(1.5)
    assert under(case, {**CFD, "strike": 200.0}).flow("m", "A", "B") == pytest.approx(3)


def test_order_does_not_matter() -> None:
    duty = {"kind": "tariff", "name": "duty", "importers": ["B"], "rate": 0.2}
    one, other = under(mine_in_a(), CFD, duty), under(mine_in_a(), duty, CFD)
    assert prices(one) == pytest.approx(prices(other), rel=1e-6)
    assert one.flow("m", "A", "B") == pytest.approx(6)


def test_faults_are_named() -> None:
    with pytest.raises(InputError, match="facilities or countries"):
        under(mine_in_a(), {**CFD, "facilities": []})
    with pytest.raises(InputError, match="mime"):
        under(mine_in_a(), {**CFD, "facilities": ["mime"]})


def test_it_pays_mp_in_the_reference_world() -> None:
    """MP separates more, nobody pays more for NdPr oxide, and few programs are needed."""
    asked = {"material": "ndpr_oxide", "facilities": ["usa_mp_sep"], "reference": "CHN"}
    rule = {**CFD, **asked, "strike": 110.0, "give_back": 0.3, "payer": "USA"}
    today = mz.run("today")
    outcome = mz.run(mz.Scenario.checked({"instruments": [rule]}))
    made = [
        o.production.filter(material="ndpr_oxide", facility="usa_mp_sep")["quantity"].sum()
        for o in (today, outcome)
    ]
    assert made[1] > 1.1 * made[0]
    assert outcome.cleared.iterations <= 25 and outcome.cleared.residual <= 1e-6
    for place in ("USA", "JPN", "CHN", "MYS"):
        assert outcome.price("ndpr_oxide", place) <= today.price("ndpr_oxide", place) + 1e-6

"""Production credits: by hand, in sign, at their limits, phased out, in the books."""

from typing import Any

import pytest

from monazite.errors import InputError

from .markets import gain, under
from .test_production_quota import mine

CREDIT = {"kind": "production_credit", "name": "credit", "materials": ["m"], "countries": ["A"]}
YEARS = [
    {"period": "2029", "start": "2029-01-01", "years": 2.0},
    {"period": "2031", "start": "2031-01-01", "years": 1.0},
    {"period": "2032", "start": "2032-01-01", "years": 2.0},
]


def test_a_credit_per_kilogram_by_hand() -> None:
    """Of 2: q = 5, 4 in A, 5 in B; the treasury pays 10."""
    outcome = under(mine(), {**CREDIT, "specific": 2.0})
    assert outcome.flow("m", "A", "B") == pytest.approx(5)
    assert (outcome.price("m", "A"), outcome.price("m", "B")) == pytest.approx((4, 5))
    assert gain(outcome, "treasury", "A") == pytest.approx(-10)


def test_a_share_of_cost_by_hand() -> None:
    """Half of the avoidable cost of 1: q = 4.25; the treasury pays 2.125."""
    outcome = under(mine(), {**CREDIT, "share": 0.5})
    assert outcome.flow("m", "A", "B") == pytest.approx(4.25)
    assert gain(outcome, "treasury") == pytest.approx(-2.125)


def test_who_gains_and_who_pays() -> None:
    """Users and the mine gain 4.5 each, the treasury pays 10, the triangle of 1 is lost."""
    free, after = under(mine()), under(mine(), {**CREDIT, "specific": 2.0})
    change = {a: gain(after, a) - gain(free, a) for a in ("users", "producers", "treasury")}
    assert change == pytest.approx({"users": 4.5, "producers": 4.5, "treasury": -10.0})
    assert after.ledger.residual < 1e-9
    assert after.market.instruments[0].bound(after)


def test_another_country_may_pay() -> None:
    outcome = under(mine(), {**CREDIT, "specific": 2.0, "payer": "B"})
    assert gain(outcome, "treasury", "B") == pytest.approx(-10)
    assert gain(outcome, "treasury", "A") == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"specific": 0.0},
        {"share": 0.0},
        {"specific": 2.0, "status": "suspended"},
        {"specific": 2.0, "countries": ["B"]},
    ],
)
def test_a_credit_of_nothing_is_no_credit(fields: dict[str, Any]) -> None:
    outcome = under(mine(), {**CREDIT, **fields})
    assert outcome.flow("m", "A", "B") == pytest.approx(4, abs=1e-6)
    assert outcome.price("m", "B") == pytest.approx(6, abs=1e-6)


def test_a_huge_credit_guarantees_full_capacity() -> None:
    """A pit of 8 runs full: 2 in B, 1 in A, though its marginal cost is 9."""
    pit = {"facility": "pit", "technology": "dig", "country": "A", "capacity": 8.0, "cost": 1.0}
    outcome = under(mine(facilities=[pit]), {**CREDIT, "specific": 100.0})
    assert outcome.flow("m", "A", "B") == pytest.approx(8)
    assert (outcome.price("m", "A"), outcome.price("m", "B")) == pytest.approx((1, 2))


def test_a_credit_counts_the_material_made() -> None:
    """2 kg of m per kg of activity are credited 2 USD."""
    recipe = {"technology": "dig", "material": "m", "direction": "out", "quantity": 2.0}
    outcome = under(mine(recipes=[recipe]), {**CREDIT, "specific": 1.0})
    # 2 (10 - 2 x - 1) = 1 + x - 2
    assert outcome.flow("m", "A", "B") == pytest.approx(2 * 19 / 5)
    assert gain(outcome, "treasury") == pytest.approx(-2 * 19 / 5)


def test_dates_and_phase_out() -> None:
    """From 2030: half of 2029-30; then 75 %; then the mean of 50 % and 25 %. q = 4 + credit / 2."""
    rule = {
        **CREDIT,
        "specific": 2.0,
        "start": 2030,
        "phase_out": {2031: 0.75, 2032: 0.5, 2033: 0.25, 2034: 0.0},
    }
    outcome = under(mine(periods=YEARS), rule)
    sold = [outcome.flow("m", "A", "B", row["period"]) for row in YEARS]
    assert sold == pytest.approx([4.5, 4.75, 4.375])
    ended = under(mine(periods=YEARS), {**rule, "end": 2032})
    assert ended.flow("m", "A", "B", "2032") == pytest.approx(4.25)


def test_order_does_not_matter() -> None:
    rules = [{**CREDIT, "specific": 1.0}, {**CREDIT, "name": "more", "share": 0.5, "payer": "B"}]
    one, other = under(mine(), *rules), under(mine(), *rules[::-1])
    assert one.flow("m", "A", "B") == pytest.approx(4.75)
    assert one.price("m", "B") == pytest.approx(other.price("m", "B"), abs=1e-12)
    assert gain(one, "treasury", "B") == pytest.approx(gain(other, "treasury", "B"))


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"specific": 1.0, "share": 0.1}, "not both"),
        ({"specific": 1.0, "phase_out": {2031: 1.5}}, "between 0 and 1"),
        ({"specific": 1.0, "materials": ["mm"]}, "mm"),
        ({"share": 1.5}, "1.5 is above 1"),
    ],
)
def test_what_is_refused(fields: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        under(mine(), {**CREDIT, **fields})

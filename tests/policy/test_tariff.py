"""Tariffs: by hand, in sign, at their limits, in the books."""

import pytest

from monazite.errors import InputError

from .markets import gain, two_countries, under

DUTY = {"kind": "tariff", "name": "duty", "importers": ["B"]}


def test_a_specific_duty_by_hand() -> None:
    """10 - q = 1 + q + 1 + 2: q = 3, 4 in A, 7 in B, receipts 6."""
    outcome = under(two_countries(), {**DUTY, "specific": 2.0})
    assert outcome.flow("m", "A", "B") == pytest.approx(3)
    assert (outcome.price("m", "A"), outcome.price("m", "B")) == pytest.approx((4, 7))
    assert gain(outcome, "treasury", "B") == pytest.approx(6)


def test_an_ad_valorem_duty_by_hand() -> None:
    """10 - q = 1.25 (2 + q): q = 10/3, V = 16/3, receipts 0.25 * 16/3 * 10/3."""
    outcome = under(two_countries(), {**DUTY, "rate": 0.25})
    assert outcome.flow("m", "A", "B") == pytest.approx(10 / 3)
    assert gain(outcome, "treasury", "B") == pytest.approx(0.25 * 16 / 3 * 10 / 3)


def test_two_duties_add_up_in_any_order() -> None:
    rules = [{**DUTY, "specific": 1.0}, {**DUTY, "name": "more", "specific": 0.5}]
    one, other = under(two_countries(), *rules), under(two_countries(), *rules[::-1])
    assert one.flow("m", "A", "B") == pytest.approx(4 - 0.75)
    assert one.price("m", "B") == other.price("m", "B")


@pytest.mark.parametrize(
    "fields", [{"specific": 0.0}, {"rate": 0.0}, {"specific": 3.0, "status": "suspended"}]
)
def test_a_duty_of_nothing_is_no_duty(fields: dict) -> None:
    outcome = under(two_countries(), {**DUTY, **fields})
    assert outcome.flow("m", "A", "B") == pytest.approx(4, abs=1e-6)
    assert outcome.price("m", "B") == pytest.approx(6, abs=1e-6)


def test_a_huge_duty_is_a_ban() -> None:
    outcome = under(two_countries(), {**DUTY, "specific": 1000.0})
    assert outcome.flow("m", "A", "B") == pytest.approx(0, abs=1e-6)


def test_who_gains_and_who_pays() -> None:
    """Users and suppliers lose more than the treasury gains: the triangle of 1/2 * 1 * 2."""
    before, after = two_countries(), under(two_countries(), {**DUTY, "specific": 2.0})
    free = under(before, {**DUTY, "specific": 0.0})
    lost = sum(gain(free, a) - gain(after, a) for a in ("users", "suppliers"))
    assert lost - gain(after, "treasury") == pytest.approx(0.5 * 1 * 2)
    assert after.ledger.residual < 1e-9


def test_both_rates_at_once_are_refused() -> None:
    with pytest.raises(InputError, match="not both"):
        under(two_countries(), {**DUTY, "specific": 1.0, "rate": 0.1})

"""Export taxes: by hand, in sign, at their limits, in the books."""

from typing import Any

import pytest

from monazite.errors import InputError

from .markets import gain, two_countries, under

TAX = {"kind": "export_tax", "name": "tax", "exporters": ["A"]}
TWO_YEARS = [{"period": "y1", "start": "2025-01-01"}, {"period": "y2", "start": "2026-01-01"}]


def test_a_specific_tax_by_hand() -> None:
    """10 - q = 1 + q + 1 + 2: q = 3, 4 in A, 7 in B, receipts 6 of the exporter's treasury."""
    outcome = under(two_countries(), {**TAX, "specific": 2.0})
    assert outcome.flow("m", "A", "B") == pytest.approx(3)
    assert (outcome.price("m", "A"), outcome.price("m", "B")) == pytest.approx((4, 7))
    assert gain(outcome, "treasury", "A") == pytest.approx(6)
    assert gain(outcome, "treasury", "B") == 0


@pytest.mark.parametrize("fields", [{"rate": 0.25}, {"vat": 0.3, "refund": 0.05}])
def test_an_ad_valorem_tax_by_hand(fields: dict[str, Any]) -> None:
    """10 - q = 1.25 (1 + q) + 1: q = 31/9, 40/9 in A, 59/9 in B, receipts 310/81."""
    outcome = under(two_countries(), {**TAX, **fields})
    assert outcome.flow("m", "A", "B") == pytest.approx(31 / 9)
    assert (outcome.price("m", "A"), outcome.price("m", "B")) == pytest.approx((40 / 9, 59 / 9))
    assert gain(outcome, "treasury", "A") == pytest.approx(310 / 81)


@pytest.mark.parametrize(
    "fields",
    [
        {"specific": 0.0},
        {"rate": 0.0},
        {"vat": 0.13, "refund": 0.13},
        {"specific": 3.0, "status": "suspended"},
        {"specific": 3.0, "exempt": ["B"]},
        {"rate": 1.0, "destinations": ["A"]},
    ],
)
def test_a_tax_of_nothing_is_no_tax(fields: dict[str, Any]) -> None:
    outcome = under(two_countries(), {**TAX, **fields})
    assert outcome.flow("m", "A", "B") == pytest.approx(4, abs=1e-6)
    assert outcome.price("m", "B") == pytest.approx(6, abs=1e-6)


def test_a_tax_of_eight_ends_trade() -> None:
    assert under(two_countries(), {**TAX, "specific": 7.9}).flow("m", "A", "B") == pytest.approx(
        0.05
    )
    for huge in (8.0, 1000.0):
        outcome = under(two_countries(), {**TAX, "specific": huge})
        assert outcome.flow("m", "A", "B") == pytest.approx(0, abs=1e-6)


def test_who_gains_and_who_pays() -> None:
    """Users and suppliers lose 3.5 each; the treasury gains 6; the triangle of 1 is lost."""
    free, after = under(two_countries()), under(two_countries(), {**TAX, "specific": 2.0})
    change = {a: gain(after, a) - gain(free, a) for a in ("users", "suppliers", "treasury")}
    assert change == pytest.approx({"users": -3.5, "suppliers": -3.5, "treasury": 6.0})
    assert after.ledger.residual < 1e-9


def test_goods_within_the_group_of_exporters_are_not_taxed() -> None:
    """Demand in both: B is inside with A, C is not."""
    case = two_countries(
        demand=[{"country": c, "material": "m", "intercept": 10.0, "slope": 1.0} for c in "BC"],
        arcs=[{"material": "m", "origin": "A", "destination": c, "freight": 1.0} for c in "BC"],
    )
    outcome = under(case, {**TAX, "exporters": ["A", "B"], "specific": 2.0})
    apart = outcome.price("m", "B") - outcome.price("m", "A")
    assert apart == pytest.approx(1)
    assert outcome.price("m", "C") - outcome.price("m", "A") == pytest.approx(3)


def test_dates_and_order() -> None:
    """A tax from 2026 leaves 2025 alone; the order of two taxes does not matter."""
    case = two_countries(periods=TWO_YEARS)
    rules = [
        {**TAX, "specific": 1.0, "start": 2026},
        {**TAX, "name": "vat", "rate": 0.1, "start": 2026},
    ]
    one, other = under(case, *rules), under(case, *rules[::-1])
    assert one.flow("m", "A", "B", "y1") == pytest.approx(4)
    # 10 - q = 1.1 (1 + q) + 1 + 1
    assert one.flow("m", "A", "B", "y2") == pytest.approx(6.9 / 2.1)
    assert one.price("m", "B", "y2") == pytest.approx(other.price("m", "B", "y2"), abs=1e-9)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"specific": 1.0, "vat": 0.1}, "give specific, rate, or vat"),
        ({"vat": 0.1, "refund": 0.2}, "refund is above vat"),
        ({"exporters": []}, "it has 0, and needs 1"),
        ({"rate": -0.1}, "-0.1 is below 0"),
    ],
)
def test_what_is_refused(fields: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        under(two_countries(), {**TAX, **fields})

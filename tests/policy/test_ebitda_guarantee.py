"""Guaranteed earnings: by hand, in sign, at their limits, over their dates, in the books."""

from typing import Any

import pytest

from monazite.errors import InputError
from monazite.study.cashflow import after_tax, table_of

from .plants import built, built_under, gain, paid

SURE = {"status": "committed", "size": 1.0}  # p = 5, sells 5, runs at 2: earns 3 a year
FOUR = {"kind": "ebitda_guarantee", "name": "floor", "facilities": ["new"], "ebitda": 4.0}
FOUR |= {"payer": "B"}


def test_what_is_missing_is_made_up_by_hand() -> None:
    outcome = built_under(FOUR, **SURE)
    assert outcome.price("m", "A", "2026") == pytest.approx(5)
    assert paid(outcome, "floor", "B") == pytest.approx(1)
    assert gain(outcome, "producers") == pytest.approx(gain(built_under(**SURE), "producers") + 1)
    assert outcome.ledger.residual < 1e-9
    assert outcome.market.instruments[0].bound(outcome)


def test_what_is_above_is_shared_by_hand() -> None:
    rule = {**FOUR, "ebitda": 2.0, "share_above": 0.5}
    assert paid(built_under(rule, **SURE), "floor") == pytest.approx(-0.5)
    assert paid(built_under({**rule, "share_above": 0.0}, **SURE)) == pytest.approx(0)
    assert paid(built_under({**rule, "ebitda": 3.0}, **SURE)) == pytest.approx(0, abs=1e-6)


def test_what_other_rules_pay_for_output_counts() -> None:
    """A credit of 0.5 a kg: 3.5 are earned, and half as much is missing."""
    credit = {"kind": "production_credit", "name": "credit", "countries": ["A"]}
    credit |= {"materials": ["m"], "specific": 0.5}
    assert paid(built_under(FOUR, credit, **SURE), "floor") == pytest.approx(0.5)


def test_it_moves_no_decision() -> None:
    plain, sure = built_under(), built_under({**FOUR, "ebitda": 100.0})
    assert built(sure) == pytest.approx(built(plain), abs=1e-9)
    assert sure.price("m", "A", "2026") == pytest.approx(plain.price("m", "A", "2026"))


def test_it_holds_in_its_dates_and_grows() -> None:
    """From 2027 on 4, in 2028 a tenth more: 0, 1, 1.4."""
    outcome = built_under({**FOUR, "start": 2027, "growth": 0.1}, **SURE)
    rows = outcome.books().filter(account="treasury", item="floor").sort("period")
    assert rows["period"].to_list() == ["2027", "2028"]
    assert (-rows["amount"]).to_list() == pytest.approx([1, 1.4])


def test_nothing_is_paid_for_what_does_not_stand() -> None:
    """Too dear to be built, and ready only in 2028."""
    assert paid(built_under(FOUR, capex=60.0)) == pytest.approx(0)
    late = built_under(FOUR, earliest=2028, **SURE)
    rows = late.books().filter(account="treasury", item="floor")
    assert rows["period"].to_list() == ["2028"]


def test_plants_share_by_what_their_capital_costs() -> None:
    """The old mine earns 4 * 3 as well: 15 together, 20 guaranteed, all to whose capital counts."""
    both = {**FOUR, "facilities": ["new", "old"], "ebitda": 20.0}
    outcome = built_under(both, **SURE)
    rows = outcome.books().filter(account="producers", period="2026", item="floor")
    assert dict(rows.select("name", "amount").rows()) == pytest.approx({"new": 5.0})
    sunk = built_under({**both, "ebitda": 21.0}, capex=0.0, **SURE)
    rows = sunk.books().filter(account="producers", period="2026", item="floor")
    assert dict(rows.select("name", "amount").rows()) == pytest.approx({"new": 3.0, "old": 3.0})


def test_it_stands_in_the_cash_account() -> None:
    outcome = built_under(FOUR, **SURE)
    none: dict[str, Any] = {"tax": 0.0, "royalty": 0.0, "sustaining": 0.0, "working": 0.0}
    assert table_of(outcome, "new", **none)["paid_floor"].to_list()[1:] == pytest.approx([1] * 10)
    found = after_tax(outcome, ["new"], **none).row(0, named=True)
    annuity = 0.1 / (1 - 1.1**-10)
    assert found["npv"] - found["npv_unsupported"] == pytest.approx(1 / annuity)


def test_what_is_wrong_is_told() -> None:
    with pytest.raises(InputError, match="nwe"):
        built_under({**FOUR, "facilities": ["nwe"]}, **SURE)
    with pytest.raises(InputError):
        built_under({**FOUR, "facilities": []}, **SURE)
    with pytest.raises(InputError, match="share_above"):
        built_under({**FOUR, "share_above": 1.5}, **SURE)

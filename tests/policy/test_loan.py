"""Concessional loans: by hand, in sign, at their limits, over their dates, in the books."""

from typing import Any

import numpy as np
import pytest

from monazite.errors import InputError
from monazite.policy.finance import crf, expected_loss, present, schedule

from .plants import A10, F10, PLAIN, built, built_under, gain, paid

LOAN = {"kind": "loan", "name": "loan", "projects": ["new"], "share": 0.5, **PLAIN}
FREE = {**LOAN, "rate": 0.0, "tenor": 10, "default_rate": 0.0}
D = 10 * A10 - 1  # a year of a loan of 10 at nothing


def test_a_loan_without_interest_by_hand() -> None:
    """Service of 1 a year in place of 10 * A10: the price falls by D, and D more is built."""
    outcome = built_under(FREE)
    assert outcome.price("m", "A", "2026") == pytest.approx(2 + 20 * A10 - D)
    assert built(outcome) == pytest.approx(4 - 20 * A10 + D, abs=1e-6)
    assert paid(outcome) == pytest.approx(D * built(outcome))


def test_loan_value_is_the_annuity_difference_less_the_lenders_cost() -> None:
    """Who gains what a year, and what is lost: the triangle, and nothing beside it."""
    before, after = built_under(), built_under(FREE)
    change = {a: gain(after, a) - gain(before, a) for a in ("users", "producers", "treasury")}
    first, second = built(before), built(after)
    assert change["users"] == pytest.approx(D * (4 + (first + second) / 2))
    # the new plant earns its annuity before and after; the old mine loses what the price loses
    assert change["producers"] == pytest.approx(-D * 4)
    assert change["treasury"] == pytest.approx(-D * second)
    assert sum(change.values()) == pytest.approx(-D * D / 2)
    assert after.ledger.residual < 1e-9


def test_the_lenders_cost_stands_in_three_lines() -> None:
    """At a funding rate of 5 %: 10 F10 - 1 is given, default takes its part, the rest is unpaid."""
    outcome = built_under({**FREE, "default_rate": 0.02, "loss_given_default": 0.5})
    kilo = built(outcome)
    assert paid(outcome, "loan") == pytest.approx(kilo * (10 * F10 - 1))
    owed = 10 - np.arange(10)
    lost = sum(0.98 ** (k - 1) * 0.02 * 0.5 * owed[k - 1] / 1.05**k for k in range(1, 11))
    assert paid(outcome, "loan/expected_loss") == pytest.approx(kilo * lost * F10)
    assert paid(outcome) == pytest.approx(kilo * D)
    assert outcome.market.instruments[0].bound(outcome)


def test_a_loan_at_what_money_costs_anyway_is_worth_nothing() -> None:
    for fields in ({"rate": 0.1}, {"rate": 0.06, "market_rate": 0.06}):
        outcome = built_under({**FREE, **fields})
        assert outcome.price("m", "A", "2026") == pytest.approx(2 + 20 * A10)


@pytest.mark.parametrize(
    "fields",
    [{"share": 0.0}, {"status": "suspended"}, {"start": 2027, "end": 2026}, {"end": 2025}],
)
def test_no_loan_changes_nothing(fields: dict[str, Any]) -> None:
    outcome = built_under({**FREE, **fields})
    assert built(outcome) == pytest.approx(4 - 20 * A10, abs=1e-6)
    assert paid(outcome) == pytest.approx(0, abs=1e-9)


def test_longer_cheaper_and_larger_loans_are_worth_more() -> None:
    def worth(**fields: Any) -> float:
        return built(built_under({**LOAN, "rate": 0.04, "tenor": 10, **fields}))

    assert worth() < worth(tenor=20) < worth(tenor=20, grace=5)
    assert worth(tenor=20, grace=5) < worth(tenor=20, grace=5, capitalised=True)
    assert worth(rate=0.06) < worth() < worth(share=0.8)
    assert worth() < worth(inflation=0.03), "inflation eats what is owed in dollars"


def test_an_everlasting_free_loan_of_all_capital_pays_for_the_plant() -> None:
    """Forty years without interest, all but the last repaid late: nearly a grant."""
    outcome = built_under({**FREE, "share": 1.0, "tenor": 60, "grace": 59})
    assert outcome.price("m", "A", "2026") == pytest.approx(2 + 20 * A10 * 1.1**-60)


def test_dates_are_those_of_the_decision() -> None:
    """A lead of two years: a rule that ends in 2026 still holds for what comes in 2028."""
    ended = built_under({**FREE, "end": 2026}, earliest=2028, lead=2.0)
    assert built(ended) == pytest.approx(4 - 20 * A10 + D, abs=1e-6)
    late = built_under({**FREE, "start": 2027}, earliest=2028, lead=2.0)
    assert built(late) == pytest.approx(4 - 20 * A10, abs=1e-6)


def test_what_waits_for_the_loan_comes_with_it() -> None:
    """Who builds in 2026 pays 3.25 a year for ten and earns 2.63 from 2027 on: nobody does."""
    outcome = built_under({**FREE, "start": 2027})
    assert outcome.built.tolist() == pytest.approx([0.0, 4 - 20 * A10 + D, 0.0], abs=1e-5)
    assert paid(outcome) == pytest.approx(0, abs=1e-6)
    prices = [outcome.price("m", "A", str(year)) for year in (2026, 2027)]
    assert prices == pytest.approx([6, 2 + 20 * A10 - D], abs=1e-5)


def test_an_amount_is_spread_by_the_capital_that_projects_state() -> None:
    """90 of 9 * 20 is a half, whatever the chance of completion."""
    outcome = built_under({**FREE, "share": None, "amount": 90.0}, completion=0.5)
    assert outcome.price("m", "A", "2026") == pytest.approx(2 + 20 * A10 - D)


def test_what_is_committed_gets_it_and_decides_nothing() -> None:
    outcome = built_under(FREE, status="committed", size=1.0, lead=5.0)
    assert built(outcome) == pytest.approx(1)
    assert paid(outcome, country="A") == pytest.approx(D)


def test_another_country_lends_and_loans_add_up() -> None:
    rules = [{**FREE, "payer": "B", "share": 0.2}, {**FREE, "name": "more", "share": 0.3}]
    one, other = built_under(*rules), built_under(*rules[::-1])
    assert built(one) == pytest.approx(4 - 20 * A10 + D, abs=1e-6)
    assert paid(one, country="B") == pytest.approx(0.4 * D * built(one))
    assert paid(one, country="A") == pytest.approx(paid(other, country="A"))


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"projects": ["nwe"]}, "new"),
        ({"payer": "X"}, "X"),
        ({"projects": []}, "whom it finances"),
        ({"amount": 3.0}, "one of them"),
        ({"grace": 10}, "paid back"),
    ],
)
def test_what_is_refused(fields: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        built_under({**FREE, **fields})


def test_schedules() -> None:
    """A level loan at 10 % costs its annuity; in grace interest is paid or grows."""
    service, balance = schedule(0.1, 10)
    assert service == pytest.approx([A10] * 10)
    assert balance[-1] * 1.1 == pytest.approx(A10)
    paid_off, _ = schedule(0.1, 12, 2)
    assert paid_off.tolist() == pytest.approx([0.1, 0.1] + [A10] * 10)
    grown, _ = schedule(0.1, 12, 2, capitalised=True)
    assert grown.tolist() == pytest.approx([0, 0] + [1.21 * A10] * 10)
    for each in (service, paid_off, grown):
        assert present(each, 0.1) == pytest.approx(1)
    assert crf(0.0, 4.0) == pytest.approx(0.25)
    assert expected_loss(np.array([1.0]), 0.5, 0.4, 0.0) == pytest.approx(0.2)

"""Grants: by hand, in sign, at their limits, in the books."""

import pytest

from monazite.study.supports import supports

from .plants import A10, F10, PLAIN, built, built_under, gain, paid

GRANT = {"kind": "grant", "name": "grant", "projects": ["new"], "share": 0.25, **PLAIN}


def test_a_grant_of_a_quarter_by_hand() -> None:
    outcome = built_under(GRANT)
    assert outcome.price("m", "A", "2026") == pytest.approx(2 + 15 * A10)
    assert built(outcome) == pytest.approx(4 - 15 * A10, abs=1e-6)
    assert paid(outcome) == pytest.approx(5 * A10 * built(outcome))
    assert paid(outcome, "grant") == pytest.approx(5 * F10 * built(outcome))
    assert paid(outcome, "grant/expected_loss") == 0
    assert outcome.ledger.residual < 1e-9


def test_a_grant_costs_more_than_others_gain() -> None:
    before, after = built_under(), built_under(GRANT)
    change = {a: gain(after, a) - gain(before, a) for a in ("users", "producers", "treasury")}
    assert change["users"] > 0 > change["treasury"]
    assert sum(change.values()) == pytest.approx(-((5 * A10) ** 2) / 2)


def test_nothing_given_and_all_given() -> None:
    assert built(built_under({**GRANT, "share": 0.0})) == pytest.approx(4 - 20 * A10, abs=1e-6)
    # with all capital given, building goes on until the price is running cost
    everything = built_under({**GRANT, "share": 1.0})
    assert everything.price("m", "A", "2026") == pytest.approx(2, abs=1e-6)


def test_a_sum_is_spread_over_what_is_stated() -> None:
    """45 of 180 is a quarter; what is not built gets none of it."""
    outcome = built_under({**GRANT, "share": None, "amount": 45.0})
    assert built(outcome) == pytest.approx(4 - 15 * A10, abs=1e-6)
    assert paid(outcome) < 45 * A10


@pytest.mark.parametrize(
    ("fields", "meant"),
    [
        ({"countries": ["A"]}, True),
        ({"countries": ["B"]}, False),
        ({"stages": ["mining"]}, True),
        ({"stages": ["metal"]}, False),
        ({"progress": ["planned", "generic"]}, True),
        ({"progress": ["committed"]}, False),
        ({"countries": ["A"], "progress": ["committed"]}, False),
    ],
)
def test_whom_it_speaks_of(fields: dict, meant: bool) -> None:
    outcome = built_under({**GRANT, "projects": [], **fields})
    assert (paid(outcome) > 0) is meant


def test_the_public_rate_counts_in_real_terms() -> None:
    """7.1 % at an inflation of 2 % is 5 %: the grant's annuity is 5 * F10 of the 5 * A10."""
    outcome = built_under({**GRANT, "inflation": 0.02, "funding_rate": 1.05 * 1.02 - 1})
    assert paid(outcome, "grant") == pytest.approx(5 * F10 * built(outcome))
    assert paid(outcome) == pytest.approx(5 * A10 * built(outcome))


def test_more_than_all_capital_is_not_given() -> None:
    """A sum above what the project states to cost, 180, is all of it."""
    outcome = built_under({**GRANT, "share": None, "amount": 500.0})
    assert outcome.price("m", "A", "2026") == pytest.approx(2, abs=1e-6)


def test_a_grant_that_ends_inside_a_long_period_is_for_what_was_decided_by_then() -> None:
    """0.1 a year from 2026 on, decided as it comes: what comes in 2026 and 2027 gets a quarter of
    20 a kg/yr, paid for on 0.1, 0.2 and 0.2 in three years and on 0.2 later; 2028 gets none.
    """
    outcome = built_under({**GRANT, "end": 2027}, grid=[2026, 2029], yearly=0.1)
    assert outcome.built == pytest.approx([0.1] * 6, abs=1e-6)
    assert supports(outcome)["principal"].to_list() == pytest.approx([5 * 0.2])
    rows = outcome.books().filter(account="treasury", item="grant")
    amounts = [-rows.filter(period=period)["amount"].sum() for period in ("2026", "2029")]
    assert amounts == pytest.approx([5 * F10 * 0.5 / 3, 5 * F10 * 0.2])
    assert outcome.ledger.residual < 1e-9

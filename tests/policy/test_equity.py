"""Public equity: by hand, in sign, at its limits, in the books."""

import pytest

from .plants import A10, F10, PLAIN, built, built_under, gain, paid

STAKE = {"kind": "equity", "name": "stake", "projects": ["new"], "share": 0.5, **PLAIN}
CHEAP = {**STAKE, "required_return": 0.05, "default_rate": 0.0}


def test_a_patient_owner_by_hand() -> None:
    """10 * (A10 - F10) = 0.3324 a year; at its own funding rate it gives nothing away."""
    outcome, saved = built_under(CHEAP), 10 * (A10 - F10)
    assert outcome.price("m", "A", "2026") == pytest.approx(2 + 20 * A10 - saved)
    assert paid(outcome) == pytest.approx(saved * built(outcome))
    assert paid(outcome, "stake") == pytest.approx(0, abs=1e-9)
    assert paid(outcome, "stake/unpaid_risk") == pytest.approx(saved * built(outcome))
    assert outcome.ledger.residual < 1e-9


def test_a_stake_lost_in_the_first_year() -> None:
    """Default for certain: the whole stake is owed then, and lost: 10 / 1.05 a kg/yr."""
    outcome = built_under({**CHEAP, "default_rate": 1.0})
    lost = paid(outcome, "stake/expected_loss") / built(outcome)
    assert lost == pytest.approx(10 / 1.05 * F10)


def test_who_asks_as_much_as_others_changes_nothing_and_who_asks_more_is_shunned() -> None:
    same = built_under({**CHEAP, "required_return": 0.1})
    assert built(same) == pytest.approx(4 - 20 * A10, abs=1e-6)
    assert paid(same, "stake") < 0, "at 10 % the public earns on money that costs it 5 %"
    dear = built_under({**CHEAP, "required_return": 0.15})
    assert built(dear) < 4 - 20 * A10 - 0.1


def test_who_gains() -> None:
    before, after = built_under(), built_under(CHEAP)
    change = {a: gain(after, a) - gain(before, a) for a in ("users", "producers", "treasury")}
    assert change["users"] > 0 > change["treasury"]
    assert sum(change.values()) == pytest.approx(-((10 * (A10 - F10)) ** 2) / 2)

"""Guarantees: by hand, in sign, at their limits, in the books."""

import pytest

from monazite.errors import InputError

from .plants import A10, F10, PLAIN, built, built_under, gain, paid

COVER = {"kind": "guarantee", "name": "cover", "projects": ["new"], "share": 0.5, **PLAIN}
CHEAP = {**COVER, "market_rate": 0.1, "rate": 0.05, "tenor": 10, "default_rate": 0.0}


def test_cheaper_debt_by_hand() -> None:
    """Half is borrowed at 5 % in place of 10 %: 10 * (A10 - F10) a year."""
    outcome, saved = built_under(CHEAP), 10 * (A10 - F10)
    assert outcome.price("m", "A", "2026") == pytest.approx(2 + 20 * A10 - saved)
    assert paid(outcome, "cover") == pytest.approx(0, abs=1e-9)
    assert paid(outcome) == pytest.approx(saved * built(outcome))
    assert outcome.market.instruments[0].bound(outcome), "though it gives nothing but its name"
    assert outcome.ledger.residual < 1e-9


def test_a_fee_comes_back_to_the_public() -> None:
    """One year of debt: service 11 falls to 10.5, a fee of 0.3; 0.2 / 1.1 are saved."""
    one = {**CHEAP, "tenor": 1, "fee": 0.03}
    outcome = built_under(one)
    kilo = built(outcome)
    assert paid(outcome) == pytest.approx(kilo * 0.2 / 1.1 * A10)
    assert paid(outcome, "cover") == pytest.approx(-kilo * 0.3 / 1.05 * F10)
    risky = built_under({**one, "default_rate": 0.1, "loss_given_default": 0.5})
    assert paid(risky, "cover/expected_loss") == pytest.approx(kilo * 0.5 / 1.05 * F10)
    assert paid(risky) == pytest.approx(paid(outcome)), "what it is worth is not what it costs"


@pytest.mark.parametrize("fields", [{"rate": 0.1}, {"share": 0.0}, {"status": "suspended"}])
def test_a_guarantee_of_nothing(fields: dict) -> None:
    assert built(built_under({**CHEAP, **fields})) == pytest.approx(4 - 20 * A10, abs=1e-6)


def test_a_fee_that_takes_it_all_back_and_more() -> None:
    assert built(built_under({**CHEAP, "fee": 0.2})) < 4 - 20 * A10


def test_who_gains() -> None:
    before, after = built_under(), built_under(CHEAP)
    change = {a: gain(after, a) - gain(before, a) for a in ("users", "treasury")}
    assert change["users"] > 0 > change["treasury"]


@pytest.mark.parametrize(
    ("fields", "told"), [({"rate": 0.11}, "market_rate"), ({"grace": 10}, "paid back")]
)
def test_what_is_refused(fields: dict, told: str) -> None:
    with pytest.raises(InputError, match=told):
        built_under({**CHEAP, **fields})

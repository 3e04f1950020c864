"""Letters of interest: half a chance of money is half the money."""

import pytest

from monazite.errors import InputError

from .plants import A10, PLAIN, built, built_under, paid

LETTER = {"kind": "letter_of_interest", "name": "letter", "projects": ["new"], "share": 0.25}
LETTER = {**LETTER, **PLAIN, "probability": 0.4, "terms": {"kind": "grant"}}


def test_a_letter_about_a_grant_by_hand() -> None:
    """0.4 of a quarter of 20 is 2."""
    outcome = built_under(LETTER)
    assert outcome.price("m", "A", "2026") == pytest.approx(2 + 18 * A10)
    assert paid(outcome) == pytest.approx(2 * A10 * built(outcome))
    assert outcome.ledger.residual < 1e-9


def test_certain_and_impossible_letters() -> None:
    loan = {"kind": "loan", "rate": 0.02, "tenor": 12, "grace": 2}
    sure = built_under({**LETTER, "probability": 1.0, "terms": loan})
    own = {key: LETTER[key] for key in ("projects", "share", *PLAIN)}
    meant = built_under({**own, **loan})
    assert built(sure) == pytest.approx(built(meant), abs=1e-6)
    assert paid(sure, "letter/expected_loss") == pytest.approx(paid(meant, "loan/expected_loss"))
    never = built_under({**LETTER, "probability": 0.0})
    assert built(never) == pytest.approx(4 - 20 * A10, abs=1e-6)
    assert not never.market.instruments[0].bound(never)


def test_terms_may_have_a_public_of_their_own() -> None:
    """At a funding rate of 10 % a grant costs what it is worth: no unpaid risk."""
    outcome = built_under({**LETTER, "funding_rate": 0.1})
    assert paid(outcome, "letter") == pytest.approx(paid(outcome))


def test_what_is_refused() -> None:
    with pytest.raises(InputError, match="beside terms"):
        built_under({**LETTER, "terms": {"kind": "grant", "share": 0.5}})
    with pytest.raises(InputError, match=r"1\.5 is above 1"):
        built_under({**LETTER, "probability": 1.5})

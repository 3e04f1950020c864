"""Budgets: by hand, at none and at plenty; more of it never hurts; what a dollar is worth."""

from typing import Any

import numpy as np
import pytest

from monazite.errors import InputError
from monazite.study.supports import supports

from .plants import A10, PLAIN, built, built_under, gain, paid

PURSE = {"kind": "budget", "name": "purse"}
GRANT = {"kind": "grant", "name": "grant", "projects": ["new"], "share": 0.25, **PLAIN}
GRANT |= {"budget": "purse"}
LOAN = {"kind": "loan", "name": "loan", "projects": ["new"], "share": 0.5, **PLAIN}
LOAN |= {"budget": "purse", "rate": 0.0, "tenor": 10}
YEARS = 3


def purse(outcome: Any) -> dict[str, Any]:
    return outcome.budgets.filter(period="").row(0, named=True)


def under(envelope: float, *rules: Any, **more: Any) -> Any:
    return built_under({**PURSE, "envelope": envelope}, *(rules or (GRANT,)), **more)


def test_too_little_to_change_anything_is_a_present() -> None:
    """0.5 of the 0.7451 that come anyhow; a dollar is worth its annuity to who gets it."""
    outcome = under(2.5)
    assert outcome.price("m", "A", "2026") == pytest.approx(2 + 20 * A10)
    assert built(outcome) == pytest.approx(4 - 20 * A10, abs=1e-5)
    assert purse(outcome)["spent"] == pytest.approx(2.5)
    assert purse(outcome)["value"] == pytest.approx(YEARS * A10, rel=1e-5)
    assert paid(outcome) == pytest.approx(2.5 * A10)
    before = built_under()
    change = sum(gain(outcome, a) - gain(before, a) for a in ("users", "producers", "treasury"))
    assert change == pytest.approx(0, abs=1e-5), "what a present does for all together"


def test_a_budget_that_holds_what_is_built() -> None:
    """With 5, 1 is supported and all that is built: p = 5; a dollar more, 0.1118 a year."""
    outcome = under(5.0)
    assert built(outcome) == pytest.approx(1, abs=1e-6)
    assert outcome.price("m", "A", "2026") == pytest.approx(5)
    assert purse(outcome)["value"] == pytest.approx(YEARS * (5 - 2 - 15 * A10) / 5)
    assert paid(outcome) == pytest.approx(5 * A10)
    assert outcome.ledger.residual < 1e-9
    assert [rule.bound(outcome) for rule in outcome.market.instruments] == [True, True]


def test_the_value_of_a_dollar_is_what_one_more_brings_the_program() -> None:
    """The dual beside the difference of two programs."""

    def worth(outcome: Any) -> float:
        return outcome.objective + YEARS * paid(outcome)  # what those inside see

    low, high = under(5.0), under(5.01)
    assert (worth(high) - worth(low)) / 0.01 == pytest.approx(purse(low)["value"], rel=1e-2)
    everybody = (high.objective - low.objective) / 0.01
    assert everybody < 0 < purse(low)["value"], "the books tell what it does for all"


def test_nothing_is_no_support_and_plenty_no_budget() -> None:
    none, plenty = under(0.0), under(100.0)
    assert built(none) == pytest.approx(built(built_under()), abs=1e-5)
    assert paid(none) == pytest.approx(0, abs=1e-6)
    assert purse(none)["value"] is None, "of nothing there is no price"
    free = built_under({**GRANT, "budget": ""})
    assert built(plenty) == pytest.approx(built(free), abs=1e-5)
    assert paid(plenty) == pytest.approx(paid(free), rel=1e-5)
    assert purse(plenty)["value"] == pytest.approx(0, abs=1e-5)
    assert purse(plenty)["spent"] == pytest.approx(5 * built(free), rel=1e-5)
    assert not plenty.market.instruments[-1].bound(plenty)


def test_more_budget_never_hurts_those_it_is_for() -> None:
    """The program's objective, receipts inside left out, rises and bends; so does building."""
    outcomes = [under(money, GRANT, LOAN) for money in (0.0, 2.0, 4.0, 8.0, 16.0, 32.0)]
    inside = np.array([each.objective + YEARS * paid(each) for each in outcomes])
    assert (np.diff(inside) > -1e-6).all()
    values = np.array([purse(each)["value"] for each in outcomes[1:]])
    assert (np.diff(values) < 1e-5).all()
    assert (np.diff([built(each) for each in outcomes]) > -1e-5).all()


def test_money_goes_to_what_is_worth_most_of_it() -> None:
    """A dollar of grant is worth a dollar, one lent for ten years 0.3855: the grant is taken."""
    given = supports(under(3.0, GRANT, LOAN))
    assert given["rule"].to_list() == ["grant"]
    assert given["principal"].to_list() == pytest.approx([3.0], rel=1e-5)


def test_what_counts_is_outlay_or_cost() -> None:
    """A loan of 10 costs 10 - 7.7217 and its expected loss; a guarantee lays nothing out."""
    cost = {**PURSE, "envelope": 2.0, "counts": "cost"}
    outcome = built_under(cost, {**LOAN, "default_rate": 0.0})
    row = supports(outcome).row(0, named=True)
    assert row["grant_equivalent"] == pytest.approx(2.0, rel=1e-5)
    assert row["principal"] == pytest.approx(10 * 2 / (10 - (1 - 1.05**-10) / 0.05), rel=1e-5)
    risky = built_under(cost, {**LOAN, "default_rate": 0.05, "loss_given_default": 0.5})
    row = supports(risky).row(0, named=True)
    assert row["expected_loss"] > 0.05
    assert row["grant_equivalent"] + row["expected_loss"] == pytest.approx(2.0, rel=1e-5)
    cover = {**LOAN, "kind": "guarantee", "market_rate": 0.1, "rate": 0.02}
    assert paid(under(0.0, cover)) > 0
    letter = {**GRANT, "kind": "letter_of_interest", "name": "letter", "probability": 0.5}
    letter |= {"terms": {"kind": "grant"}}
    assert supports(under(1.0, letter))["principal"].to_list() == pytest.approx([2.0], rel=1e-5)


def test_a_year_at_a_time() -> None:
    """1 a year, what comes in 2026 gets no more: 0.2 are supported in each of three years."""
    outcome = built_under({**PURSE, "yearly": 1.0}, GRANT)
    spent = outcome.budgets.filter(outcome.budgets["period"] != "")["spent"]
    assert (spent <= 1 + 1e-6).all()
    assert supports(outcome)["principal"].sum() == pytest.approx(spent.sum())
    sure = {"status": "committed", "size": 1.0}
    blocks = built_under({**PURSE, "yearly": 1.0}, GRANT, grid=[2026, 2029], **sure)
    assert supports(blocks)["principal"].to_list() == pytest.approx([3.0]), "three years of one"


def test_a_project_without_money_is_built_without_it() -> None:
    """A rule that ends before the decision gets nothing, and leaves the money to others."""
    outcome = under(2.5, {**GRANT, "end": 2025}, {**GRANT, "name": "late"})
    assert supports(outcome)["rule"].to_list() == ["late"]


def test_what_is_refused() -> None:
    with pytest.raises(InputError, match="purse"):
        built_under(GRANT)
    with pytest.raises(InputError, match="has an end"):
        built_under(PURSE, GRANT)
    assert built(built_under({**PURSE, "envelope": 1.0})) == pytest.approx(4 - 20 * A10, abs=1e-5)

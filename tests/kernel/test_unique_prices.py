"""Prices are unique by construction, and near the reference where there is a choice."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_markets import build, random_market

from monazite.errors import ProgramError
from monazite.kernel import Program, Status, regularise, solve


def one_bid_one_ask(reference, *, first, mu=1e-7):
    """An ask of 20 at 6, a bid for 20 at 10: every price from 6 to 10 clears."""
    cost, sign = {"ask": 6.0, "bid": -10.0}, {"ask": 1.0, "bid": -1.0}
    sides = [first, "bid" if first == "ask" else "ask"]
    program = Program()
    trade = program.add_columns(
        "trade", {"side": sides}, "kt/yr", cost=[cost[side] for side in sides], upper=20
    )
    balance = program.add_rows("balance", {"node": ["n"]}, "kt/yr", lower=0, upper=0)
    program.add_terms(balance, trade, [sign[side] for side in sides], "1", row=[0, 0])
    regularise(program, balance, [reference], mu)
    return solve(program.freeze())


@pytest.mark.parametrize("reference", [6.0, 7.25, 8.5, 10.0])
def test_a_wide_interval_gives_the_reference(reference):
    prices = [one_bid_one_ask(reference, first=side).y[0] for side in ("ask", "bid")]
    assert prices[0] == pytest.approx(prices[1], abs=1e-9)
    assert prices[0] == pytest.approx(reference, abs=1e-6)


@pytest.mark.parametrize(("reference", "price"), [(2.0, 6.0), (15.0, 10.0)])
def test_a_reference_outside_gives_the_nearest_end(reference, price):
    solution = one_bid_one_ask(reference, first="ask")
    assert solution.y[0] == pytest.approx(price, abs=1e-6)
    # the imbalance admitted is mu * (price - reference)
    assert solution.value("balance_slack")[0] == pytest.approx(1e-7 * (price - reference), rel=1e-3)


def test_a_node_without_trade_has_the_reference_price():
    program = Program()
    rows = program.add_rows("balance", {"node": ["alone"]}, "kt/yr", lower=0, upper=0)
    regularise(program, rows, 4.25)
    assert solve(program.freeze()).y[0] == pytest.approx(4.25, abs=1e-9)


@settings(max_examples=12)
@given(st.integers(0, 10**6), st.integers(1, 10**6), st.booleans())
def test_prices_do_not_depend_on_the_order_of_columns(seed, order, curved):
    market = random_market(seed, curved=curved)
    reference = np.random.default_rng(seed).uniform(5, 20, market.nodes)
    prices = []
    for shuffle in (None, order):
        program, balance = build(market, order=shuffle)
        regularise(program, balance, reference)
        solution = solve(program.freeze())
        assert solution.certificate.worst < 1e-8
        prices.append(solution.value(balance))
    assert prices[0] == pytest.approx(prices[1], rel=1e-9)


@settings(max_examples=10)
@given(st.integers(0, 10**6))
def test_regularising_leaves_a_unique_price_alone(seed):
    """A curved market's prices move by no more than mu times their distance from the reference."""
    market = random_market(seed, curved=True)
    program, balance = build(market)
    plain = solve(program.freeze())
    regularise(program, balance, 0.0)
    assert solve(program.freeze()).value(balance) == pytest.approx(plain.value(balance), abs=2e-4)


@pytest.mark.parametrize("mu", [0.0, -1e-7, np.inf, np.nan])
def test_mu_must_be_positive_and_finite(mu):
    program, balance = build(random_market(1, curved=False))
    with pytest.raises(ProgramError, match="mu must be positive"):
        regularise(program, balance, 5.0, mu)


def short_market(capacity):
    """A fixed use of 10 served by one plant, with regularised prices."""
    program = Program()
    output = program.add_columns("output", {"i": ["CHN"]}, "kt/yr", cost=3, upper=capacity)
    use = program.add_columns("use", {"i": ["CHN"]}, "kt/yr", lower=10, upper=10)
    balance = program.add_rows("balance", {"i": ["CHN"]}, "kt/yr", lower=0, upper=0)
    program.add_terms(balance, output, 1.0, "1")
    program.add_terms(balance, use, -1.0, "1")
    regularise(program, balance, 5.0)
    return program.freeze()


def test_the_slack_does_not_stand_in_for_missing_supply():
    """Four kt/yr are missing: without the check the answer is a price of forty million."""
    solution = solve(short_market(6.0))
    assert solution.status is Status.INFEASIBLE
    (give,) = solution.explanation
    assert give.row_label == "balance[CHN]"
    assert give.amount == pytest.approx(4)
    assert solve(short_market(11.0)).value("balance")[0] == pytest.approx(3, abs=1e-9)


def test_a_price_far_from_its_reference_is_still_a_price():
    """A demand at 9000 against a reference of 5, met exactly: slack 9e-4, market feasible."""
    program = Program()
    trade = program.add_columns(
        "trade", {"k": ["output", "use"]}, "kt/yr", cost=[8000, -9000], upper=[0.5, 1.0]
    )
    balance = program.add_rows("balance", {}, "kt/yr", lower=0, upper=0)
    program.add_terms(balance, trade, [1.0, -1.0], "1", row=[0, 0])
    regularise(program, balance, 5.0)
    solution = solve(program.freeze())
    assert solution.solved
    assert solution.y[0] == pytest.approx(9000, rel=1e-9)

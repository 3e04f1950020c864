"""Does everybody get what the legs say, and if somebody fails, what the rule says? By hand."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monazite.club.ledger import enter, told, totals, wrong
from monazite.club.orders import CLUB, Leg
from monazite.club.settlement import (
    Cut,
    close_out,
    damages,
    due,
    gives,
    in_proportion,
    unbalanced,
)

P, Q = 100, 7


def bid(order: str, kg: int, price: int = P, product: str = "a") -> Leg:
    return Leg(order, order.upper(), product, kg, -kg * price)


def ask(order: str, kg: int, price: int = P, product: str = "a") -> Leg:
    return Leg(order, order.upper(), product, -kg, kg * price)


def left(legs: tuple[Leg, ...]) -> dict[tuple[str, str], tuple[int, int]]:
    return {(leg.order, leg.product): (leg.kg, leg.uusd) for leg in legs}


# --- entries --------------------------------------------------------------------------------------


def test_an_entry_that_does_not_balance_or_overdraws_is_refused() -> None:
    balances = {"free/a": {"$": 5}}
    assert wrong(balances, [["free/a", "$", -5], ["free/b", "$", 5]]) is None
    assert wrong(balances, [["free/a", "$", -5], ["free/b", "$", 4]]) == "$ -1"
    assert wrong(balances, [["free/a", "$", -6], ["free/b", "$", 6]]) == "free/a $ -1"
    assert wrong(balances, [["outside", "$", -6], ["free/b", "$", 6]]) is None
    # two postings of one account count together
    again = [["free/a", "$", -3], ["free/a", "$", -3], ["free/b", "$", 6]]
    assert wrong(balances, again) == "free/a $ -1"


def test_an_account_at_zero_is_closed() -> None:
    balances = {"free/a": {"$": 5}}
    enter(balances, [["free/a", "$", -5], ["free/b", "$", 5]])
    assert balances == {"free/b": {"$": 5}}
    assert totals(balances) == {"$": 5}


def test_amounts_are_told_exactly() -> None:
    assert told("$", -1_234_567_890) == "-1,234.567890 USD"
    assert told("ndpr", 12_000) == "12,000 kg ndpr"


# --- due ------------------------------------------------------------------------------------------


def test_due_is_net_over_all_legs_of_a_member() -> None:
    legs = [Leg("1", "M", "a", 10, -1000), Leg("2", "M", "a", -4, 400), Leg("3", "N", "a", -6, 600)]
    assert due(legs) == {"M": {"$": -600, "a": 6}, "N": {"$": 600, "a": -6}}
    assert gives(due(legs)) == {"M": {"$": 600}, "N": {"a": 6}}
    assert unbalanced(legs) == {}
    assert unbalanced(legs[:2]) == {"$": -600, "a": 6}


# --- shares ---------------------------------------------------------------------------------------


def test_shares_by_largest_fraction() -> None:
    assert in_proportion(10, [1, 1, 1], ["c", "a", "b"]) == [3, 4, 3]
    assert in_proportion(7, [5, 3, 2], ["a", "b", "c"]) == [4, 2, 1]  # 3.5, 2.1, 1.4


@given(st.lists(st.integers(1, 10**12), min_size=1, max_size=8), st.fractions(0, 1))
def test_shares_add_up_and_stay_within_one_of_their_part(
    weights: list[int], part: Fraction
) -> None:
    total = int(sum(weights) * part)
    shares = in_proportion(total, weights, [str(n) for n in range(len(weights))])
    assert sum(shares) == total
    for share, weight in zip(shares, weights, strict=True):
        assert 0 <= share <= weight
        assert abs(share - Fraction(total * weight, sum(weights))) < 1


# --- close-out ------------------------------------------------------------------------------------


def test_a_buyer_that_does_not_pay_cuts_the_sellers() -> None:
    """400 sold as 250 and 150; the buyer of 100 fails: cuts of 62.5 and 37.5, in whole kg."""
    legs = [bid("b", 300), bid("o", 100), ask("s", 250), ask("t", 150)]
    closed = close_out(legs, {"a": P}, {"O"})
    rows = left(closed.legs)
    assert rows["b", "a"] == (300, -30_000) and ("o", "a") not in rows
    assert sorted(rows["s", "a"] + rows["t", "a"]) in (
        sorted((-188, 18_800, -112, 11_200)),
        sorted((-187, 18_700, -113, 11_300)),
    )
    assert sum(cut.kg for cut in closed.cuts) == 100
    assert sum(cut.uusd for cut in closed.cuts) == 10_000
    assert unbalanced(closed.legs) == {}


def test_a_seller_that_does_not_deliver_cuts_the_buyers() -> None:
    legs = [bid("b", 300), bid("o", 100), ask("s", 200), ask("t", 200)]
    closed = close_out(legs, {"a": P}, {"T"})
    assert left(closed.legs) == {
        ("b", "a"): (150, -15_000),
        ("o", "a"): (50, -5_000),
        ("s", "a"): (-200, 20_000),
    }
    assert closed.cuts == (
        Cut("b", "B", "a", 150, 15_000),
        Cut("o", "O", "a", 50, 5_000),
    )


def test_cuts_are_whole_lots_where_all_legs_are() -> None:
    legs = [bid("b", 300), bid("o", 100), ask("s", 200), ask("t", 200)]
    rows = left(close_out(legs, {"a": P}, {"T"}, lots={"a": 100}).legs)
    assert sorted((rows["b", "a"][0], rows.get(("o", "a"), (0, 0))[0])) in ([0, 200], [100, 100])
    legs = [bid("b", 300), bid("o", 100), ask("s", 250), ask("t", 150)]
    assert left(close_out(legs, {"a": P}, {"T"}, lots={"a": 100}).legs)["b", "a"][0] % 100 != 0


def test_two_defaults_that_face_each_other_hurt_nobody() -> None:
    legs = [bid("b", 300), bid("o", 100), ask("s", 300), ask("t", 100)]
    closed = close_out(legs, {"a": P}, {"O", "T"})
    assert closed.cuts == () and sum(leg.kg for leg in closed.legs) == 0


def test_a_chain_is_cut_up_and_down() -> None:
    """50 kg of a become 40 of b. The seller of a fails with half: the works halves, so does b."""
    legs = [
        ask("s", 25),
        ask("t", 25),
        Leg("w", "W", "a", 50, -50 * P),
        Leg("w", "W", "b", -40, 40 * 150),
        bid("m", 30, 150, "b"),
        bid("n", 10, 150, "b"),
    ]
    closed = close_out(legs, {"a": P, "b": 150}, {"T"})
    assert left(closed.legs) == {
        ("s", "a"): (-25, 2_500),
        ("w", "a"): (25, -2_500),
        ("w", "b"): (-20, 3_000),
        ("m", "b"): (15, -2_250),
        ("n", "b"): (5, -750),
    }
    assert unbalanced(closed.legs) == {}
    # and from the other end: a buyer of b fails with a quarter, the works and both sellers shrink
    closed = close_out(legs, {"a": P, "b": 150}, {"N"})
    rows = left(closed.legs)
    assert rows["w", "b"] == (-30, 4_500) and rows["w", "a"][0] == 37  # 50 · 3/4 = 37.5
    assert rows["s", "a"][0] + rows["t", "a"][0] == -37
    assert unbalanced(closed.legs) == {}


def test_a_premium_goes_with_its_trade() -> None:
    """A first refusal pays 5 a kg on top, shared by two displaced; it fails: they get none."""
    legs = [
        Leg("r", "R", "a", 20, -20 * P - 100),
        Leg("d", "D", "a", 0, 60),
        Leg("e", "E", "a", 0, 40),
        ask("s", 20),
    ]
    closed = close_out(legs, {"a": P}, {"R"})
    assert closed.legs == ()
    assert {(cut.order, cut.kg, cut.uusd) for cut in closed.cuts} == {
        ("d", 0, 60),
        ("e", 0, 40),
        ("s", 20, 2_000),
    }
    # the seller fails with half of it instead: half of the premium is left, in the same proportion
    legs = [*legs[:3], ask("s", 10), ask("t", 10)]
    closed = close_out(legs, {"a": P}, {"T"})
    assert left(closed.legs) == {
        ("r", "a"): (10, -10 * P - 50),
        ("d", "a"): (0, 30),
        ("e", "a"): (0, 20),
        ("s", "a"): (-10, 1_000),
    }


@st.composite
def chains(draw: st.DrawFn) -> tuple[list[Leg], dict[str, int], list[str]]:
    """Random legs of three products in balance, with converters, freight and premiums."""
    prices = {name: draw(st.integers(1, 10**9)) for name in "abc"}
    legs: list[Leg] = []
    open_ = dict.fromkeys("abc", 0)
    for number in range(draw(st.integers(0, 4))):
        given, taken = draw(st.permutations("abc"))[:2]
        into, out = draw(st.integers(1, 500)), draw(st.integers(1, 500))
        for product, kg in ((given, into), (taken, -out)):
            legs.append(Leg(f"w{number}", f"W{number % 3}", product, kg, -kg * prices[product]))
            open_[product] += kg
    for product in "abc":
        for number in range(draw(st.integers(0, 4))):
            kg = draw(st.integers(-500, 500).filter(bool))
            legs.append(Leg(f"{product}{number}", f"M{number}", product, kg, -kg * prices[product]))
            open_[product] += kg
        if open_[product]:
            kg = -open_[product]
            legs.append(Leg(f"{product}x", f"X{product}", product, kg, -kg * prices[product]))
        if draw(st.booleans()):
            amount = draw(st.integers(1, 10**6))
            legs.append(Leg(f"p{product}", "M0", product, 0, -amount))
            legs.append(Leg(f"q{product}", "M1", product, 0, amount))
    members = sorted({leg.member for leg in legs})
    out = draw(st.lists(st.sampled_from(members), unique=True)) if members else []
    return legs, prices, out


@given(chains())
def test_whoever_fails_metal_and_money_are_conserved(
    drawn: tuple[list[Leg], dict[str, int], list[str]],
) -> None:
    legs, prices, out = drawn
    assert unbalanced(legs) == {}
    closed = close_out(legs, prices, out)
    assert unbalanced(closed.legs) == {}
    before = {(leg.order, leg.product): leg for leg in legs}
    for leg in closed.legs:
        assert leg.member not in out
        if leg.member == CLUB and not leg.order:
            continue
        was = before[leg.order, leg.product]
        assert leg.kg * was.kg >= 0 and abs(leg.kg) <= abs(was.kg)  # nobody trades more or turns
        if leg.kg:
            assert leg.uusd == -leg.kg * prices[leg.product]  # at the auction price, exactly
    if not out:
        assert sorted(left(closed.legs)) == sorted(left(tuple(legs)))
        assert closed.cuts == ()


def test_the_same_close_out_in_any_order_of_the_rows() -> None:
    legs = [bid("b", 7), bid("o", 7), bid("p", 7), ask("s", 11), ask("t", 10)]
    for salt in "uvwxyz":
        one = close_out(legs, {"a": P}, {"T"}, salt=salt)
        two = close_out(legs[::-1], {"a": P}, {"T"}, salt=salt)
        assert left(one.legs) == left(two.legs)


# --- damages --------------------------------------------------------------------------------------


def test_collateral_goes_to_those_who_were_cut_by_value() -> None:
    cuts = [Cut("1", "A", "a", 3, 300), Cut("2", "B", "a", 1, 100)]
    assert damages(cuts, {"X": 80}).given == {"A": 60, "B": 20}
    assert damages(cuts, {"X": 80}).taken == {"X": 80}
    # never above the value of the cut; the rest stays with the defaulters, in proportion
    both = damages(cuts, {"X": 600, "Y": 200})
    assert both.taken == {"X": 300, "Y": 100} and both.given == {"A": 300, "B": 100}
    assert damages([], {"X": 80}).taken == {}
    assert damages(cuts, {}).given == {}
    # one micro-dollar cannot be split
    assert sum(damages(cuts, {"X": 1}).given.values()) == 1


@pytest.mark.parametrize("pool", [0, 1, 2, 3, 7, 399, 400, 401])
def test_what_is_taken_is_given(pool: int) -> None:
    cuts = [Cut("1", "A", "a", 3, 300), Cut("2", "B", "a", 1, 99), Cut("3", "C", "a", 1, 1)]
    paid = damages(cuts, {"X": pool, "Y": 1})
    assert sum(paid.taken.values()) == sum(paid.given.values()) == min(pool + 1, 400)

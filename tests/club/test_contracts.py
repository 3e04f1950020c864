"""Do contracts pay what their published terms say, and does every settlement sum to zero?"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monazite.cli import main
from monazite.club.contracts import (
    Account,
    Contracted,
    contract,
    deviations,
    notes,
    published,
    settle_debt,
    two_step,
    unbalanced,
)
from monazite.club.orders import Leg
from monazite.errors import InputError

USD = 1_000_000  # uUSD
T = 1_000  # kg
MUSD = USD * 1_000_000
ON = date(2026, 11, 22)
YEAR = Account(2026)
JARE = published()["lynas_jare_ndpr"]
MP = published()["mp_dod_ndpr"]


def sums(legs: Any) -> dict[str, tuple[int, int]]:
    """Member -> (kg, uUSD) received."""
    found: dict[str, tuple[int, int]] = {}
    for leg in legs:
        kg, money = found.get(leg.member, (0, 0))
        found[leg.member] = kg + leg.kg, money + leg.uusd
    return found


# --- offtake: Lynas and JARE ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("market", "price", "back"),
    [
        (60, 110, 0),  # below the floor the buyer pays the floor
        (109, 110, 0),
        (110, 110, 0),
        (111, 111, 0),
        (150, 150, 0),  # at the strike nothing comes back
        (151, 151, 0.3),  # 30 % of 1 USD
        (160, 160, 3),
    ],
)
def test_lynas_jare_2026_price_and_give_back_per_kg(market: int, price: int, back: float) -> None:
    """100 t: floor 110 USD/kg, 30 % of what is above 150 USD/kg back."""
    found = JARE.settle(ON, 100 * T, market * USD, YEAR)
    money = 100 * T * price * USD - int(100 * T * back * USD)
    assert sums(found.legs) == {JARE.seller: (-100 * T, money), JARE.buyer: (100 * T, -money)}
    assert found.account == Account(2026, 100 * T, int(100 * T * back * USD))
    assert unbalanced(found.legs) == {}


def test_lynas_jare_2026_give_back_is_capped_at_10_musd_a_year() -> None:
    """5,000 t at 160: 30 % of 50 MUSD is 15, capped at 10; at 156.66 it is 9.99, not capped."""
    full = JARE.settle(ON, 5000 * T, 160 * USD, YEAR)
    assert full.account.returned_uusd == 10 * MUSD
    assert sums(full.legs)[JARE.seller][1] == 5000 * T * 160 * USD - 10 * MUSD
    below = JARE.settle(ON, 5000 * T, 156_660_000, YEAR)
    assert below.account.returned_uusd == 9_990_000 * USD


def test_lynas_jare_2026_the_cap_is_for_the_year_not_for_a_delivery() -> None:
    """Twice 2,500 t at 160: 7.5 MUSD, then 2.5; the third pays nothing; January begins anew."""
    account, paid = YEAR, []
    for _ in range(3):
        found = JARE.settle(ON, 2500 * T, 160 * USD, account)
        paid.append(found.account.returned_uusd - account.returned_uusd)
        account = found.account
    assert paid == [7_500_000 * USD, 2_500_000 * USD, 0]
    after = JARE.close(160 * USD, account).account
    assert (after.year, after.returned_uusd, after.taken_kg) == (2027, 0, 0)


@pytest.mark.parametrize(("taken", "short"), [(5000, 0), (4999, 1), (0, 5000), (6000, 0)])
def test_lynas_jare_2026_5000_t_a_year_are_firm(taken: int, short: int) -> None:
    found = JARE.close(90 * USD, Account(2026, taken_kg=taken * T))
    assert found.legs == ()
    owed = [(one.debtor, one.uusd, one.make_up_kg) for one in found.debts]
    assert owed == ([(JARE.buyer, short * T * 110 * USD, short * T)] if short else [])
    assert found.account.make_up_kg == short * T
    for debt in found.debts:
        paid = settle_debt(debt)
        assert unbalanced(paid) == {} and {leg.kg for leg in paid} == {0}
        assert sums(paid)[JARE.seller] == (0, debt.uusd)


def test_lynas_jare_2026_half_of_the_heavy_rare_earths_is_firm() -> None:
    """Of 104 t a year 52 are firm; at the market price, for no floor is published."""
    heavy = published()["lynas_jare_heavy"]
    assert heavy.least(104 * T) == 52 * T
    assert heavy.price(700 * USD) == 700 * USD and heavy.give_back(1, 700 * USD, 0) == 0
    (debt,) = heavy.close(700 * USD, Account(2026, taken_kg=50 * T), 104 * T).debts
    assert debt.make_up_kg == 2 * T and debt.uusd == 2 * T * 700 * USD


def test_metal_of_an_offtake_that_was_paid_for_is_called_for_later_without_money() -> None:
    after = JARE.close(90 * USD, Account(2026, taken_kg=4990 * T)).account
    found = JARE.make_up(date(2027, 1, 5), 7 * T, after)
    assert sums(found.legs) == {JARE.seller: (-7 * T, 0), JARE.buyer: (7 * T, 0)}
    assert found.account.taken_kg == 0 and found.account.made_up_kg == 7 * T
    with pytest.raises(InputError, match="3,000 kg"):
        JARE.make_up(date(2027, 1, 6), 4 * T, found.account)


@pytest.mark.parametrize("day", [date(2026, 3, 9), date(2039, 1, 1)])
def test_a_contract_settles_in_its_term_only(day: date) -> None:
    with pytest.raises(InputError, match=r"2026-03-10 to 2038-12-31"):
        JARE.settle(day, 1, USD, Account(day.year))


def test_another_years_account_and_a_negative_mass_are_refused() -> None:
    with pytest.raises(InputError, match="close the year first"):
        JARE.settle(ON, 1, USD, Account(2025))
    with pytest.raises(InputError, match="-1 kg"):
        JARE.settle(ON, -1, USD, YEAR)


# --- contract for difference: MP Materials --------------------------------------------------------


@pytest.mark.parametrize(("benchmark", "support"), [(60, 50), (109, 1), (110, 0), (137, 0)])
def test_mp_dod_2025_pays_up_to_110_and_nothing_back_before_the_plant_runs(
    benchmark: int, support: int
) -> None:
    """718 t, the NdPr of the fourth quarter of 2025."""
    found = MP.settle(date(2025, 12, 31), 718 * T, benchmark * USD, Account(2025))
    money = 718 * T * support * USD
    expected = {MP.guarantor: (0, -money), MP.producer: (0, money)} if support else {}
    assert sums(found.legs) == expected


@pytest.mark.parametrize(("benchmark", "back"), [(110, 0), (120, 3), (160, 15)])
def test_mp_dod_2025_returns_30_percent_above_110_once_the_plant_runs(
    benchmark: int, back: int
) -> None:
    begun = replace(MP, give_back_from=date(2028, 7, 1))
    found = begun.settle(date(2028, 7, 1), 1000 * T, benchmark * USD, Account(2028))
    money = 1000 * T * back * USD
    assert sums(found.legs).get(MP.guarantor, (0, 0)) == (0, money)
    early = begun.settle(date(2028, 6, 30), 1000 * T, benchmark * USD, Account(2028))
    assert early.legs == ()


def test_mp_dod_2025_runs_ten_years_from_the_fourth_quarter() -> None:
    MP.settle(date(2025, 10, 1), 1, USD, Account(2025))
    MP.settle(date(2035, 9, 30), 1, USD, Account(2035))
    for day in (date(2025, 9, 30), date(2035, 10, 1)):
        with pytest.raises(InputError):
            MP.settle(day, 1, USD, Account(day.year))


def test_a_contract_for_difference_moves_no_metal() -> None:
    found = MP.settle(date(2026, 3, 31), 1000 * T, 100 * USD, YEAR)
    assert {leg.kg for leg in found.legs} == {0} and unbalanced(found.legs) == {}


# --- take or pay ----------------------------------------------------------------------------------


def take_or_pay(pay_ppm: int = 800_000) -> Any:
    terms = {"seller": "S", "buyer": "B", "product": "p", "first": date(2026, 1, 1)}
    return contract(
        "top",
        "take_or_pay",
        **terms,
        last=date(2030, 12, 31),
        least_kg=100,
        price=10 * USD,
        pay_ppm=pay_ppm,
    )


def test_what_is_not_taken_is_owed_and_may_be_made_up_at_the_rest_of_the_price() -> None:
    """70 of 100 kg at 10 USD: 80 % of 300 is owed; next year 110 kg hold 10 made up at 2 USD."""
    own = take_or_pay()
    first = own.settle(ON, 70, YEAR)
    assert sums(first.legs)["S"] == (-70, 700 * USD)
    closed = own.close(first.account)
    (debt,) = closed.debts
    assert (debt.debtor, debt.creditor, debt.uusd, debt.make_up_kg) == ("B", "S", 240 * USD, 30)
    second = own.settle(date(2027, 5, 1), 110, closed.account)
    assert sums(second.legs)["S"] == (-110, 1000 * USD + 20 * USD)
    assert own.close(second.account).account.make_up_kg == 20
    # all in all the metal cost its price: 180 kg taken and 20 still open at what was paid for them
    total = 700 + 240 + 1020
    assert total == 180 * 10 + 20 * 8


def test_made_up_metal_does_not_count_toward_the_minimum() -> None:
    own = take_or_pay()
    account = Account(2027, make_up_kg=30)
    some = own.settle(date(2027, 2, 1), 120, account).account
    assert (some.taken_kg, some.made_up_kg) == (120, 20)
    more = own.settle(date(2027, 3, 1), 15, some)
    assert more.account.made_up_kg == 30
    assert sums(more.legs)["B"] == (15, -(10 * 2 + 5 * 10) * USD)
    assert own.close(more.account).debts == ()


def test_at_rate_0_nothing_is_owed_and_at_the_minimum_neither() -> None:
    assert take_or_pay(0).close(Account(2026, taken_kg=1)).debts == ()
    assert take_or_pay().close(Account(2026, taken_kg=100)).debts == ()
    assert take_or_pay().close(Account(2026, taken_kg=99)).debts[0].uusd == 8 * USD


# --- priority -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("output", "had", "asked", "there", "gets"),
    [
        (10_000, 0, 8_000, 10_000, 7_200),  # the cap
        (10_000, 7_000, 8_000, 3_000, 200),  # what is left of it
        (10_000, 7_200, 1, 1, 0),
        (6_000, 0, 8_000, 6_000, 6_000),  # no more than is made
        (10_000, 0, 8_000, 500, 500),  # no more than there is
        (10_000, 0, 30, 500, 30),  # no more than is asked
    ],
)
def test_lynas_japan_priority_to_7200_t(
    output: int, had: int, asked: int, there: int, gets: int
) -> None:
    own, account = published()["lynas_japan_ndpr_priority"], Account(2026, taken_kg=had * T)
    found = own.settle(ON, asked * T, there * T, output * T, 120 * USD, account)
    money = gets * T * 120 * USD
    assert sums(found.legs).get(own.holder, (0, 0)) == (gets * T, -money)
    assert found.account.taken_kg == (had + gets) * T


def test_lynas_japan_priority_to_three_quarters_of_the_heavy_output() -> None:
    own = published()["lynas_japan_heavy_priority"]
    assert own.entitled(104 * T, Account(2026)) == 78 * T
    assert own.entitled(104 * T, Account(2026, taken_kg=52 * T)) == 26 * T


def test_every_published_contract_has_a_source_and_says_what_is_assumed() -> None:
    assert set(notes()) == set(published())
    assert all(one["source"] and one["assumed"] for one in notes().values())
    assert published()["mp_dod_ndpr"].give_back_from is None


# --- beside an auction ----------------------------------------------------------------------------


def fills(price: int, **kg: int) -> list[Leg]:
    """Auction legs of members at one price; a seller's kilograms are negative."""
    return [Leg(f"o-{who}", who, "p", each, -each * price) for who, each in kg.items()]


def test_contract_quantity_at_contract_price_and_only_the_deviation_at_the_auctions() -> None:
    """S sells 120 and B buys 90 at 130; 100 are under contract at 110.

    S: 100·110 + 20·130 = 13,600. B: 100·110 - 10·130 = 9,700, for it sold 10 back. C buys 30.
    """
    legs = two_step(
        fills(130, S=-120, B=90, C=30), [Contracted("k", "S", "B", "p", 100, 110)], {"p": 130}
    )
    assert sums(legs) == {"S": (-120, 13_600), "B": (90, -9_700), "C": (30, -3_900)}
    assert deviations(legs, ["k"]) == {("S", "p"): -20, ("B", "p"): -10, ("C", "p"): 30}
    assert unbalanced(legs) == {}


def test_at_equal_prices_a_contract_changes_nothing() -> None:
    auction = fills(110, S=-100, B=100)
    legs = two_step(auction, [Contracted("k", "S", "B", "p", 60, 110)], {"p": 110})
    assert sums(legs) == sums(auction)


def test_who_did_not_trade_has_sold_and_bought_back_its_contract() -> None:
    legs = two_step([], [Contracted("k", "S", "B", "p", 100, 110)], {"p": 130})
    assert sums(legs) == {"S": (0, -2_000), "B": (0, 2_000)}


def test_without_an_auction_price_a_contract_is_delivered_as_such() -> None:
    legs = two_step([], [Contracted("k", "S", "B", "p", 100, 110)], {"p": None})
    assert sums(legs) == {"S": (-100, 11_000), "B": (100, -11_000)}


def test_a_price_of_zero_is_a_price() -> None:
    legs = two_step([], [Contracted("k", "S", "B", "p", 100, 110)], {"p": 0})
    assert sums(legs) == {"S": (0, 11_000), "B": (0, -11_000)}


@pytest.mark.parametrize(("above", "back"), [(5, 2), (15, 4), (1, 0), (2, 1)])
def test_a_share_of_money_is_rounded_half_to_even(above: int, back: int) -> None:
    """30 % of 5 uUSD is 1.5, of 15 is 4.5."""
    assert JARE.give_back(1, 150 * USD + above, 0) == back


def test_the_floor_of_an_offtake_beside_an_auction() -> None:
    """Lynas and JARE at an auction price of 100: JARE pays 110 for 10 t and 100 for 2 t more."""
    price = JARE.price(100 * USD)
    one = Contracted(JARE.id, "S", "B", "p", 10 * T, price)
    legs = two_step(fills(100 * USD, S=-12 * T, B=12 * T), [one], {"p": 100 * USD})
    assert sums(legs)["B"] == (12 * T, -(10 * T * 110 + 2 * T * 100) * USD)


MEMBERS = ("S", "B", "C", "D")


@given(
    price=st.integers(0, 10**12),
    kg=st.lists(st.integers(-(10**7), 10**7), min_size=3, max_size=3),
    contracts=st.lists(
        st.tuples(st.permutations(MEMBERS), st.integers(1, 10**7), st.integers(0, 10**12)),
        max_size=5,
    ),
)
def test_contracts_beside_an_auction_conserve_metal_and_money(
    price: int, kg: list[int], contracts: list[Any]
) -> None:
    auction = fills(price, **dict(zip(MEMBERS, [*kg, -sum(kg)], strict=True)))
    own = [
        Contracted(f"k{n}", who[0], who[1], "p", mass, at)
        for n, (who, mass, at) in enumerate(contracts)
    ]
    legs = two_step(auction, own, {"p": price})
    assert unbalanced(legs) == {}
    got, before = sums(legs), sums(auction)
    assert {who: one[0] for who, one in got.items()} == {who: one[0] for who, one in before.items()}
    for who in MEMBERS:  # contract quantity at contract price, the rest at the auction's
        sold = [(one.kg, one.price) for one in own if one.seller == who]
        bought = [(one.kg, one.price) for one in own if one.buyer == who]
        settled = sum(m * at for m, at in sold) - sum(m * at for m, at in bought)
        net = sum(m for m, _ in bought) - sum(m for m, _ in sold)
        assert got[who][1] == settled - (got[who][0] - net) * price


@given(
    deliveries=st.lists(st.tuples(st.integers(0, 3 * 10**6), st.integers(0, 4 * 10**8)), max_size=8)
)
def test_a_year_of_an_offtake_balances_and_keeps_to_its_cap(deliveries: list[Any]) -> None:
    account, legs = YEAR, []
    for kg, market in deliveries:
        found = JARE.settle(ON, kg, market, account)
        account, legs = found.account, [*legs, *found.legs]
    assert unbalanced(legs) == {} and account.returned_uusd <= 10 * MUSD
    assert account.taken_kg == sum(kg for kg, _ in deliveries)
    for debt in JARE.close(USD, account).debts:
        assert debt.make_up_kg == 5000 * T - account.taken_kg


def test_what_does_not_sum_to_zero_is_told() -> None:
    legs = [Leg("k", "S", "p", -10, 100), Leg("k", "B", "p", 9, -99)]
    assert unbalanced(legs) == {"p": (-1, 0), "": (0, 1)}


# --- the command ----------------------------------------------------------------------------------


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.delenv("MONAZITE_LANG", raising=False)

    def call(*arguments: str) -> tuple[int, str, str]:
        status = main(["club", "contracts", *arguments])
        told = capsys.readouterr()
        return status, told.out, told.err

    return call


def test_contracts_tells_what_a_delivery_pays_at_market_prices(run: Any) -> None:
    """5,000 t at 60: the floor, 550 MUSD; at 160: 800 less the cap of 10."""
    status, out, _ = run(
        *("lynas_jare_ndpr", "--kg", "5000 t", "--market", "60,160", "--on", "2026-11-22")
    )
    assert status == 0 and "550,000,000.00" in out and "790,000,000.00" in out
    assert "thewest.com.au" in out and "assumed" in out and "mp_dod" not in out
    status, out, _ = run("--on", "2026-11-22", "--lang", "zh")
    assert status == 0 and all(name in out for name in published()) and "假设" in out


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("nobody",), "lynas_jare_ndpr"),
        (("--kg", "much"), "much"),
        (("--kg", "-1"), "-1"),
        (("--market", "60,x"), "'x'"),
        (("lynas_jare_ndpr", "--on", "2020-01-01"), "2026-03-10"),
    ],
)
def test_a_question_about_contracts_that_has_no_answer_is_refused(
    run: Any, arguments: tuple[str, ...], word: str
) -> None:
    status, _, err = run(*arguments)
    assert status == 2 and word in err and "Traceback" not in err


@pytest.mark.parametrize("name", sorted(published()))
def test_one_delivery_of_every_published_contract_balances(name: str) -> None:
    for market in (60, 110, 160):
        legs = published()[name].once(date(2026, 11, 22), 7, market * USD).legs
        assert unbalanced(legs) == {}
    assert unbalanced(take_or_pay().once(date(2026, 11, 22), 7, USD).legs) == {}

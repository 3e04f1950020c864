"""Do contracts settle beside auctions in the journal: at their terms, secured, once, and undone?

The auction is the one of `day`: at 100 USD/kg the buyer takes 300 kg and the other 100, the seller
gives 250 and the second 150.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from day import LATE, LEGS, PRICE, SECRET, USD, Day, hand_made

from monazite.club.contracts import Contracted, published, two_step
from monazite.club.contracts.base import Account
from monazite.club.contracts.booked import booked, deviation
from monazite.club.contracts.filing import contract_in, kinds, read_contracts, terms_of
from monazite.club.desk import replay
from monazite.club.ledger import totals
from monazite.club.settlement import unbalanced
from monazite.club.state import fold
from monazite.club.statement import statements
from monazite.errors import InputError, JournalError

OFFTAKE = {
    "kind": "offtake", "seller": "seller", "buyer": "buyer", "product": "oxide",
    "first": "2026-01-01", "last": "2030-12-31", "firm_kg": 1000, "floor": 110 * USD,
}  # fmt: skip
BACK = {"strike": 90 * USD, "give_back_ppm": 300_000}
TAKE = {
    "kind": "take_or_pay", "seller": "seller", "buyer": "buyer", "product": "oxide",
    "first": "2026-01-01", "last": "2030-12-31", "least_kg": 400, "price": 120 * USD,
    "pay_ppm": 800_000,
}  # fmt: skip
DIFFERENCE = {
    "kind": "contract_for_difference", "producer": "seller", "guarantor": "works",
    "product": "oxide", "first": "2026-01-01", "last": "2030-12-31", "strike": 110 * USD,
}  # fmt: skip
FIRST = {
    "kind": "priority", "seller": "seller", "holder": "buyer", "product": "oxide",
    "first": "2026-01-01", "last": "2030-12-31", "cap_kg": 500,
}  # fmt: skip


def file(club: Day, id: str = "K", **terms: Any) -> None:
    club("contract_filed", contract=id, terms=terms)


def call(club: Day, kg: int, id: str = "K", auction: str = "A", make_up: bool = False) -> None:
    club("contract_called", contract=id, auction=auction, kg=kg, make_up=make_up)


@pytest.fixture
def club() -> Day:
    club = Day()
    club.enter()
    club.money(works=10_000)
    return club


def go_on(club: Day, *, publish: bool = True) -> Day:
    club("auction_closed", auction="A")
    club("auction_cleared", auction="A", secret=SECRET)
    if publish:
        club("auction_published", auction="A", deadline=LATE)
    return club


def settled(club: Day) -> Day:
    go_on(club)
    settlement = club.desk.state.auctions["A"]["settlement"]
    club.money(buyer=10_000)
    club.fund(*(m for m in ("seller", "second", "buyer", "other") if m in settlement["owed"]))
    club("settlement_delivered", auction="A")
    club("settlement_final", auction="A")
    return club


def money(club: Day, *members: str) -> list[float]:
    """What each gets from the auction and what settles beside it, in USD."""
    owed = club.desk.state.auctions["A"]["settlement"]["owed"]
    return [owed[member].get("$", 0) / USD for member in members]


def prove(club: Day) -> None:
    events = list(club.desk.journal.verify())
    assert fold(events).text() == club.desk.state.text()
    assert set(totals(club.desk.state.balances).values()) == {0}
    replay(events, clear=club.desk._clear)


# --- what settles ---------------------------------------------------------------------------------


def test_the_contract_quantity_has_the_contracts_price_and_the_deviation_the_auctions(
    club: Day,
) -> None:
    """200 kg at the floor of 110; the seller sells 50 more, the buyer buys 100 more, at 100."""
    file(club, **OFFTAKE)
    call(club, 200)
    go_on(club)
    assert money(club, "seller", "buyer") == [200 * 110 + 50 * 100, -(200 * 110 + 100 * 100)]
    owed = club.desk.state.auctions["A"]["settlement"]["owed"]
    assert (owed["seller"]["oxide"], owed["buyer"]["oxide"]) == (-250, 300)
    assert money(club, "second", "other") == [15_000, -10_000]  # who has no contract


def test_the_seller_gives_back_above_the_strike_up_to_the_cap(club: Day) -> None:
    """30 % of (100 - 90) on 200 kg are 600; with a cap of 500 a year, 500, and then nothing."""
    file(club, **OFFTAKE | BACK | {"cap_uusd": 500 * USD})
    file(club, "J", **OFFTAKE | BACK)
    call(club, 200)
    call(club, 200, "J")
    settled(club)
    assert money(club, "seller") == [27_000 + 2_000 - 500 - 600]
    accounts = [club.desk.state.contracts[id]["account"] for id in "KJ"]
    assert [one["returned_uusd"] // USD for one in accounts] == [500, 600]
    assert [one["taken_kg"] for one in accounts] == [200, 200]
    club.open("B")
    call(club, 100, auction="B")
    row = club.desk.state.auctions["B"]["calls"]["K"]
    assert row == {"kg": 100, "make_up": False}


def test_a_difference_moves_money_alone(club: Day) -> None:
    """Strike 110, price 100: the guarantor pays 10 on each of 70 kg, out of its collateral."""
    file(club, **DIFFERENCE)
    call(club, 70)
    settled(club)
    assert money(club, "works", "seller") == [-700, 25_000 + 700]
    assert club.free("works") == (10_000 - 700) * USD


def test_take_or_pay_is_at_its_own_price(club: Day) -> None:
    file(club, **TAKE)
    call(club, 50)
    go_on(club)
    assert money(club, "seller", "buyer") == [25_000 + 50 * 20, -30_000 - 50 * 20]


def test_without_a_price_the_contract_is_delivered_as_such(club: Day) -> None:
    """Nobody trades metal: 30 kg go at its reference of 150, above the floor."""
    file(club, **OFFTAKE | {"product": "metal"})
    club.metal("metal", seller=30)
    call(club, 30)
    settled(club)
    owed = club.desk.state.auctions["A"]["settlement"]["owed"]
    assert (owed["seller"]["metal"], owed["buyer"]["metal"]) == (-30, 30)
    assert money(club, "seller", "buyer") == [25_000 + 4_500, -30_000 - 4_500]
    assert club.free("buyer", "metal") == 30


def test_two_steps_are_those_of_the_pure_function() -> None:
    """`booked` is `two_step` for every price, with the give-back on top."""
    contract = contract_in("K", OFFTAKE | BACK)
    for price in (80, 95, 110, 130):
        done = booked(contract, date(2026, 11, 22), 40, price * USD, None, Account(2026))
        terms = Contracted("K", "seller", "buyer", "oxide", 40, max(110, price) * USD)
        wanted = two_step([], [terms], {"oxide": price * USD})
        got = [leg for leg in done.legs if leg.kg]
        assert sorted(map(repr, got)) == sorted(map(repr, wanted))
        assert unbalanced(done.legs) == {}
        back = sum(leg.uusd for leg in done.legs if leg.member == "buyer" and not leg.kg)
        assert back == max(0, price - 90) * 40 * USD * 3 // 10
    assert deviation(LEGS, None) == ()


def test_published_terms_settle_with_their_figures(club: Day) -> None:
    """Lynas and JARE: 100 kg at 160 give back 30 % of 10 USD each; at 100, the floor of 110."""
    club("member_added", member="Lynas Rare Earths", group="L", name="")
    jare = "Japan Australia Rare Earths (JARE)"
    club("member_added", member=jare, group="J", name="")
    terms, _ = read_contracts("lynas_jare_ndpr")
    club("contract_filed", contract="jare", terms=terms["lynas_jare_ndpr"])
    assert club.desk.state.contracts["jare"]["account"]["year"] == 2026
    contract = contract_in("jare", terms["lynas_jare_ndpr"])
    assert contract == published()["lynas_jare_ndpr"].__class__(
        **{**vars(published()["lynas_jare_ndpr"]), "id": "jare"}
    )
    for price, paid in ((100, 11_000), (160, 16_000 - 300)):
        done = booked(contract, date(2026, 11, 22), 100, None, price * USD, Account(2026))
        assert sum(leg.uusd for leg in done.legs if leg.member == jare) == -paid * USD


# --- the collateral of a call ---------------------------------------------------------------------


def test_both_parties_put_up_collateral_and_get_it_back(club: Day) -> None:
    """10 % of 200 kg at the floor, 110: 2,200 each; an amended call takes the difference."""
    file(club, **OFFTAKE)
    before = {member: club.free(member) for member in ("seller", "buyer")}
    call(club, 200)
    for member in before:
        assert club.desk.state.balances[f"held/A/{member}/contract K"] == {"$": 2_200 * USD}
    call(club, 100)
    assert club.free("seller") == before["seller"] - 1_100 * USD
    call(club, 0)
    assert {member: club.free(member) for member in before} == before
    assert club.desk.state.auctions["A"]["calls"] == {}
    with pytest.raises(InputError, match="needs 110,000.000000 USD"):
        call(club, 10_000)


def test_an_order_cannot_take_the_name_of_a_calls_collateral(club: Day) -> None:
    with pytest.raises(InputError, match="contract K"):
        club.order("contract K", "buyer", "bid", 1, 100)


def test_a_call_that_lapses_gives_its_collateral_back() -> None:
    """No trade, and no reference: there is nothing to settle an offtake at."""
    club = Day(clear=hand_made([], {}))
    club.found()
    club.money(seller=10_000, buyer=10_000)
    products = [{"id": "oxide", "material": "o", "place": "FRA", "lot_kg": 100, "floor": 90 * USD}]
    from monazite.club.canonical import digest

    club(
        "auction_drafted",
        auction="A",
        book={"auction": "A", "products": products},
        rules={"version": "1", "commitment": digest(SECRET)},
        terms={"bid_ppm": 100_000, "ask_ppm": 100_000, "backed": False},
    )
    club("auction_opened", auction="A", closes=None)
    file(club, **OFFTAKE)
    call(club, 10)
    assert club.free("buyer") == (10_000 - 110) * USD
    go_on(club)
    (row,) = club.desk.state.auctions["A"]["settlement"]["beside"]
    assert (row["lapsed"], row["legs"]) == ("no_price", [])
    assert club.free("buyer") == 10_000 * USD
    assert club.desk.state.contracts["K"]["account"]["taken_kg"] == 0


# --- defaults and voids ---------------------------------------------------------------------------


def test_a_defaulter_takes_its_contract_out_and_pays_for_it(club: Day) -> None:
    """The seller loses 200 kg at 10 above the price, 2,000, beside its cut, and is compensated."""
    file(club, **OFFTAKE)
    call(club, 200)
    go_on(club)
    assert club.desk.state.contracts["K"]["account"]["taken_kg"] == 200
    club.fund("seller", "second", "other")
    before = club.free("seller")
    club.desk.clock = lambda: LATE
    club("settlement_defaulted", auction="A", deadline="2026-11-23T23:00:00.000000Z")
    settlement = club.desk.state.auctions["A"]["settlement"]
    (default,) = settlement["defaults"]
    assert ["K", "seller", "oxide", 0, 2_000 * USD] in default["cuts"]
    # collateral: 10 % of 300 kg at 120, and of 200 kg at 110
    assert default["taken"] == {"buyer": (3_600 + 2_200) * USD}
    assert sum(default["given"].values()) == 5_800 * USD
    assert settlement["beside"] == []
    assert club.desk.state.contracts["K"]["account"]["taken_kg"] == 0
    assert club.free("seller") == before + default["given"]["seller"]
    club("settlement_delivered", auction="A")
    prove(club)


def test_another_default_leaves_the_contract(club: Day) -> None:
    """The other does not pay: the buyer and its contract are settled as before."""
    file(club, **OFFTAKE)
    call(club, 200)
    go_on(club)
    club.money(buyer=10_000)
    club.fund("seller", "second", "buyer")
    club.desk.clock = lambda: LATE
    club("settlement_defaulted", auction="A", deadline="2026-11-23T23:00:00.000000Z")
    assert money(club, "buyer") == [-32_000]
    assert club.desk.state.contracts["K"]["account"]["taken_kg"] == 200
    club("settlement_delivered", auction="A")
    prove(club)


def test_a_void_auction_leaves_no_trace_in_the_account(club: Day) -> None:
    file(club, **OFFTAKE | BACK)
    call(club, 200)
    go_on(club)
    account = club.desk.state.contracts["K"]["account"]
    assert (account["taken_kg"], account["returned_uusd"]) == (200, 600 * USD)
    for by in ("seller", "buyer"):
        club("override_given", auction="A", what="void", by=by, member=by, reason="fire")
    account = club.desk.state.contracts["K"]["account"]
    assert (account["taken_kg"], account["returned_uusd"]) == (0, 0)
    prove(club)


# --- years and debts ------------------------------------------------------------------------------


def next_year(club: Day) -> None:
    club.desk.clock = lambda: "2027-01-15T09:00:00.000000Z"


def end(club: Day, id: str = "K", year: int = 2026, market: int | None = 100 * USD) -> None:
    club("contract_year_ended", contract=id, year=year, market=market, output_kg=0)


def test_what_was_firm_and_not_taken_is_settled_with_the_next_auction(club: Day) -> None:
    """1,000 kg firm, 200 taken: 800 at the floor of 110 are owed, and may be made up later."""
    file(club, **OFFTAKE)
    call(club, 200)
    settled(club)
    next_year(club)
    end(club)
    account = club.desk.state.contracts["K"]["account"]
    assert (account["year"], account["taken_kg"], account["make_up_kg"]) == (2027, 0, 800)
    (debt,) = club.desk.state.contracts["K"]["debts"]
    assert (debt["debtor"], debt["uusd"], debt["auction"]) == ("buyer", 88_000 * USD, None)
    club.open("B")
    call(club, 50, auction="B", make_up=True)
    for type, more in (("closed", {}), ("cleared", {"secret": SECRET})):
        club(f"auction_{type}", auction="B", **more)
    club("auction_published", auction="B", deadline="2027-01-20T09:00:00.000000Z")
    owed = club.desk.state.auctions["B"]["settlement"]["owed"]
    # the fills at 100; 50 kg for nothing and back at 100; the debt
    assert owed["buyer"]["$"] == (-30_000 + 5_000 - 88_000) * USD
    assert owed["seller"]["$"] == (25_000 - 5_000 + 88_000) * USD
    assert club.desk.state.contracts["K"]["debts"][0]["auction"] == "B"
    assert club.desk.state.contracts["K"]["account"]["made_up_kg"] == 50
    club.open("C")
    for type, more in (("closed", {}), ("cleared", {"secret": SECRET})):
        club(f"auction_{type}", auction="C", **more)
    club("auction_published", auction="C", deadline="2027-01-20T09:00:00.000000Z")
    assert club.desk.state.auctions["C"]["settlement"]["beside"] == []  # a debt is settled once
    prove(club)


def test_a_debt_that_is_not_paid_stays_open(club: Day) -> None:
    file(club, **TAKE)
    club.desk.clock = lambda: "2027-01-15T09:00:00.000000Z"
    end(club, market=None)
    assert club.desk.state.contracts["K"]["debts"][0]["uusd"] == 400 * 120 * USD * 8 // 10
    go_on_at(club, "2027-01-16T09:00:00.000000Z")
    club.fund("seller", "second", "other")
    club.desk.clock = lambda: "2027-01-16T09:00:00.000000Z"
    club("settlement_defaulted", auction="A", deadline="2027-01-17T09:00:00.000000Z")
    assert club.desk.state.auctions["A"]["settlement"]["defaults"][0]["defaulters"] == ["buyer"]
    assert club.desk.state.contracts["K"]["debts"][0]["auction"] is None
    prove(club)


def go_on_at(club: Day, deadline: str) -> None:
    club("auction_closed", auction="A")
    club("auction_cleared", auction="A", secret=SECRET)
    club("auction_published", auction="A", deadline=deadline)


def test_a_year_ends_once_and_after_it(club: Day) -> None:
    file(club, **OFFTAKE)
    with pytest.raises(InputError, match="2026 of contract K is not over"):
        end(club)
    call(club, 200)
    go_on(club)
    next_year(club)
    with pytest.raises(InputError, match="part of A, which is published and not delivered"):
        end(club)
    with pytest.raises(InputError, match="the account is of 2026, not of 2025"):
        end(club, year=2025)
    for by in ("seller", "buyer"):
        club("override_given", auction="A", what="void", by=by, member=by, reason="fire")
    with pytest.raises(InputError, match="needs a market price"):
        end(club, market=None)
    end(club)
    with pytest.raises(InputError, match="the account is of 2027"):
        end(club)


def test_an_auction_of_the_new_year_asks_for_the_old_one_to_be_ended(club: Day) -> None:
    file(club, **OFFTAKE)
    call(club, 200)
    next_year(club)
    club("auction_closed", auction="A")
    club("auction_cleared", auction="A", secret=SECRET)
    ask = {"auction": "A", "deadline": "2027-01-16T09:00:00.000000Z"}
    with pytest.raises(InputError, match="close the year first"):
        club("auction_published", **ask)
    end(club)
    club("auction_published", **ask)
    assert club.desk.state.contracts["K"]["account"]["taken_kg"] == 200


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "told"),
    [
        (OFFTAKE | {"buyer": "nobody"}, "nobody is no member"),
        (OFFTAKE | {"buyer": "seller"}, "both parties are seller"),
        (OFFTAKE | {"kind": "loan"}, "no kind of contract loan"),
        (OFFTAKE | {"last": "2025-01-01"}, "before the first"),
        (OFFTAKE | {"floor": "110 USD/kg"}, "not as the journal writes"),
        (OFFTAKE | {"floor": -1}, "not from 0"),
        (OFFTAKE | {"give_back_ppm": 1_000_001}, "not from 0 to 1000000"),
        (OFFTAKE | {"floors": 1}, "no field floors"),
        ({**OFFTAKE, "account": {"year": 2026, "taken_kg": -3}}, "not from 0"),
    ],
)
def test_terms_are_checked(club: Day, terms: dict[str, Any], told: str) -> None:
    before = club.desk.state.text()
    with pytest.raises(InputError, match=told):
        file(club, **terms)
    assert club.desk.state.text() == before


def test_a_contract_is_filed_once_and_may_have_a_history(club: Day) -> None:
    file(club, **OFFTAKE, account={"year": 2026, "taken_kg": 900})
    with pytest.raises(InputError, match="K is filed already"):
        file(club, **OFFTAKE)
    next_year(club)
    end(club)
    assert club.desk.state.contracts["K"]["debts"][0]["make_up_kg"] == 100


def test_calls_are_checked(club: Day) -> None:
    file(club, **OFFTAKE)
    file(club, "P", **FIRST)
    file(club, "F", **OFFTAKE | {"first": "2027-01-01"})
    file(club, "X", **OFFTAKE | {"product": "scrap"})
    for id, kg, make_up, told in (
        ("N", 1, False, "no contract N"),
        ("P", 1, False, "enter it as a first refusal"),
        ("F", 1, False, "runs from 2027"),
        ("X", 1, False, "no product scrap"),
        ("K", 1, True, "0 kg"),
    ):
        with pytest.raises(InputError, match=told):
            call(club, kg, id, make_up=make_up)
    club("auction_closed", auction="A")
    with pytest.raises(InputError, match="A is closed"):
        call(club, 1)


def test_files_of_contracts_are_read_with_units_and_places(tmp_path: Any) -> None:
    path = tmp_path / "k.yaml"
    path.write_text(
        "K:\n  kind: offtake\n  seller: a\n  buyer: b\n  product: p\n  first: 2026-01-01\n"
        "  last: 2026-12-31\n  firm_kg: 5 kt\n  floor: 110 USD/kg\n  give_back_ppm: 30 %\n"
        "  strike: 150 USD/kg\n  cap_uusd: 10 MUSD\n"
    )
    terms, _ = read_contracts(path)
    assert (terms["K"]["firm_kg"], terms["K"]["give_back_ppm"]) == (5_000_000, 300_000)
    assert (terms["K"]["cap_uusd"], terms["K"]["first"]) == (10**13, "2026-01-01")
    assert terms_of("K", terms["K"]) == terms["K"]
    path.write_text(path.read_text().replace("5 kt", "five").replace("30 %", "130 %"))
    with pytest.raises(InputError) as caught:
        read_contracts(path)
    assert [one.line for one in caught.value.faults] == [8]
    path.write_text("[]")
    with pytest.raises(InputError, match="holds terms by"):
        read_contracts(path)
    assert list(kinds()) == ["contract_for_difference", "offtake", "priority", "take_or_pay"]


# --- proof ----------------------------------------------------------------------------------------


def test_statements_show_contracts(club: Day) -> None:
    file(club, **OFFTAKE | BACK)
    call(club, 200)
    settled(club)
    found = statements(club.desk.journal.verify())
    told = json.loads(found["buyer"].json())
    rows = [
        (row["part"], row["price"] // USD, row["kg"], row["uusd"] // USD) for row in told["beside"]
    ]
    assert rows == [
        ("quantity", 110, 200, -22_000),
        ("payment", 0, 0, 600),
        ("deviation", 100, -200, 20_000),
    ]
    assert told["contracts"][0]["returned_uusd"] == 600 * USD
    moved = sum(row["uusd"] for row in (*told["fills"], *told["beside"]))
    delivered = [m for m in found["buyer"].movements if m.type == "settlement_delivered"]
    paid = -sum(m.amount for m in delivered if m.asset == "$")
    assert (moved, paid) == (-31_400 * USD, 31_400 * USD)
    assert json.loads(found["other"].json())["beside"] == []
    assert "contract quantity" in found["buyer"].html("en")
    assert "合同数量" in found["buyer"].html("zh")


def test_a_replay_works_the_settlement_out_again(club: Day, monkeypatch: Any) -> None:
    """With another floor than was booked the replay must not agree."""
    file(club, **OFFTAKE)
    call(club, 200)
    settled(club)
    prove(club)
    monkeypatch.setattr(
        "monazite.club.contracts.offtake.Offtake.price", lambda self, market: market
    )
    with pytest.raises(JournalError, match="another result than the one recorded"):
        prove(club)


def test_prices_are_those_of_the_auction(club: Day) -> None:
    file(club, **OFFTAKE)
    call(club, 200)
    go_on(club)
    (row,) = club.desk.state.auctions["A"]["settlement"]["beside"]
    assert (row["price"], row["market"]) == (PRICE, PRICE)

"""Is each command applied once, checked to the micro-dollar, and settled on both sides or none?"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import day
import pytest
from day import CLEAR, LATE, LEGS, PRICE, SECRET, USD, Day, hand_made, ticks

from monazite.club.canonical import canonical, digest
from monazite.club.collateral import Terms, hold, notional
from monazite.club.desk import Asked, Desk, Receipt, Refusal, replay
from monazite.club.ledger import totals
from monazite.club.orders import Arc, Conversion, Leg, Order, Product
from monazite.club.orders import Refusal as First
from monazite.club.state import FOLD, State, fold
from monazite.club.storage import MemoryStorage, Snapshot, SqliteStorage
from monazite.errors import CertificateError, InputError, JournalError


@pytest.fixture
def club() -> Day:
    return Day()


# --- keys -----------------------------------------------------------------------------------------


def test_a_key_is_applied_once_however_often_it_comes(club: Day) -> None:
    club.found()
    ask = {"member": "buyer", "uusd": 5, "note": ""}
    first = club.desk.do("money_in", "wire 7", ask)
    again = club.desk.do("money_in", "wire 7", dict(reversed(ask.items())))
    assert (again.seq, again.hash, again.again) == (first.seq, first.hash, True)
    assert club.free("buyer") == 5 and club.desk.journal.seq == first.seq


def test_a_key_of_another_command_is_refused(club: Day) -> None:
    club.found()
    club.desk.do("money_in", "wire 7", {"member": "buyer", "uusd": 5, "note": ""})
    with pytest.raises(InputError, match="belongs to another command, event 7"):
        club.desk.do("money_in", "wire 7", {"member": "buyer", "uusd": 6, "note": ""})
    with pytest.raises(InputError, match="belongs to another command"):
        club.desk.do("money_out", "wire 7", {"member": "buyer", "uusd": 5, "note": ""})
    assert club.free("buyer") == 5


def test_a_key_counts_within_a_batch_too(club: Day) -> None:
    club.found()
    ask = {"member": "buyer", "uusd": 5, "note": ""}
    done = club.desk.do_all([Asked("money_in", "w", ask), Asked("money_in", "w", ask)])
    assert [one.again for one in done if isinstance(one, Receipt)] == [False, True]
    assert club.free("buyer") == 5


def test_what_is_refused_in_a_batch_leaves_the_rest(club: Day) -> None:
    club.found()
    take = {"member": "buyer", "uusd": 9, "note": ""}
    give = {"member": "buyer", "uusd": 5, "note": ""}
    done = club.desk.do_all([Asked("money_out", "a", take), Asked("money_in", "b", give)])
    assert isinstance(done[0], Refusal) and "has 0.000000 USD" in str(done[0].error)
    assert isinstance(done[1], Receipt) and club.free("buyer") == 5
    assert club.desk.journal.seen("a") is None  # a refusal may be sent again later


def test_commands_that_belong_together_are_done_together_or_not_at_all(club: Day) -> None:
    """The second command could be done only because of the first; the third spoils all three."""
    club.found()
    before, seq = club.desk.state.text(), club.desk.journal.seq
    ask = {"member": "buyer", "uusd": 5, "note": ""}
    less = {**ask, "uusd": 3}
    good = [Asked("money_in", "a", ask, ("f.csv", 2)), Asked("money_out", "b", less, ("f.csv", 3))]
    bad = Asked("money_out", "c", {**ask, "uusd": 7}, ("f.csv", 4))
    worse = Asked("money_in", "d", {**ask, "member": "nobody"}, ("f.csv", 5))
    with pytest.raises(InputError) as caught:
        club.desk.do_whole([*good, bad, worse])
    assert [(one.file, one.line) for one in caught.value.faults] == [("f.csv", 4), ("f.csv", 5)]
    assert (club.desk.state.text(), club.desk.journal.seq) == (before, seq)
    assert club.desk.journal.seen("a") is None
    assert [one.seq for one in club.desk.do_whole(good)] == [seq + 1, seq + 2]
    assert [one.again for one in club.desk.do_whole(good)] == [True, True]
    found = list(club.desk.journal.verify())
    assert len(found) == seq + 2 and fold(found).text() == club.desk.state.text()


# --- fields ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("type", "ask", "told"),
    [
        (
            "member_added",
            {"member": "a/b", "group": "", "name": "x"},
            ["member: 'a/b'", "group: ''"],
        ),
        ("money_in", {"member": "buyer", "uusd": 1.5, "note": ""}, ["1.5 is no whole number"]),
        ("money_in", {"member": "buyer", "uusd": True, "note": ""}, ["True is no whole number"]),
        ("money_in", {"member": "buyer", "uusd": -5, "note": ""}, ["-5 is no whole number"]),
        (
            "money_in",
            {"uusd": 5, "notes": ""},
            ["notes: there is no", "member: the field", "note: the"],
        ),
        ("money_in", {"member": "nobody", "uusd": 5, "note": ""}, ["nobody is no member"]),
        (
            "member_added",
            {"member": "buyer", "group": "club", "name": ""},
            ["already", "own group"],
        ),
        (
            "auction_opened",
            {"auction": "A", "closes": "tomorrow"},
            ["'tomorrow' is no point in time"],
        ),
        ("auction_opened", {"auction": "A", "closes": None}, ["there is no auction A"]),
        ("sell", {}, ["there is no such command"]),
    ],
)
def test_every_fault_of_a_command_is_told(
    club: Day, type: str, ask: dict[str, Any], told: list[str]
) -> None:
    club.found()
    before = club.desk.journal.seq
    with pytest.raises(InputError) as caught:
        club(type, **ask)
    for part in told:
        assert part in str(caught.value)
    assert club.desk.journal.seq == before


def test_nothing_comes_before_the_founding(club: Day) -> None:
    with pytest.raises(InputError, match="not founded yet"):
        club("member_added", member="a", group="a", name="")
    club("club_founded", name="One")
    with pytest.raises(InputError, match="founded already, as One"):
        club("club_founded", name="Two")


def test_a_receipt_is_used_once(club: Day) -> None:
    club.found()
    club("metal_in", member="seller", product="oxide", kg=5, receipt="W-1")
    with pytest.raises(InputError, match="receipt W-1 was used already, by seller"):
        club("metal_in", member="second", product="oxide", kg=5, receipt="W-1")
    with pytest.raises(InputError, match="stands for money"):
        club("metal_in", member="second", product="$", kg=5, receipt="W-2")
    with pytest.raises(InputError, match="has 5 kg oxide at its disposal and needs 6 kg oxide"):
        club("metal_out", member="seller", product="oxide", kg=6, receipt="W-3")


# --- collateral -----------------------------------------------------------------------------------

OXIDE = Product("oxide", "o", "FRA", lot_kg=3, reference=110)
METAL = Product("metal", "m", "FRA", lot_kg=3, floor=200)
TERMS = Terms(bid_ppm=250_000, ask_ppm=100_000)


@pytest.mark.parametrize(
    ("entry", "value", "held"),
    [
        (Order("1", "m", "g", "bid", "oxide", 2, 101), 606, 152),  # 151.5, rounded up
        (
            Order("1", "m", "g", "ask", "oxide", 2, 101),
            660,
            66,
        ),  # at the reference, above its limit
        (Order("1", "m", "g", "ask", "oxide", 2, 120), 720, 72),
        (Order("1", "m", "g", "ask", "metal", 1, -5), 600, 60),  # at the floor
        (Order("1", "m", "g", "bid", "oxide", 2, -101), 0, 0),
        (First("1", "m", "g", "oxide", 1, 7), 21, 6),
        (Conversion("1", "m", "g", (("oxide", 10),), (("metal", 5),), 0, 3), 3_300, 330),
        (Conversion("1", "m", "g", (("oxide", 10),), (("metal", 6),), 0, 3), 3_600, 360),
        (Arc("1", "m", "g", "oxide", "metal", 1, 7), 1_400, 140),
    ],
)
def test_collateral_by_hand(entry: Any, value: int, held: int) -> None:
    products = {"oxide": OXIDE, "metal": METAL}
    assert notional(entry, products) == value
    assert hold(entry, products, TERMS) == held


def test_collateral_needs_some_price() -> None:
    with pytest.raises(KeyError, match="oxide"):
        hold(
            Arc("1", "m", "g", "oxide", "metal", 1, 7),
            {"oxide": Product("oxide", "o", "FRA"), "metal": METAL},
            TERMS,
        )


def test_collateral_is_checked_at_entry_to_the_micro_dollar(club: Day) -> None:
    """3 lots of 100 kg at 120 USD/kg are 36,000 USD; 10 % of it is 3,600 USD."""
    club.found()
    club.open()
    club("money_in", member="buyer", uusd=3_600 * USD - 1, note="")
    with pytest.raises(
        InputError, match=r"needs 3,600.000000 USD more as collateral.* 3,599.999999 USD"
    ):
        club.order("b1", "buyer", "bid", 3, 120)
    club("money_in", member="buyer", uusd=1, note="")
    club.order("b1", "buyer", "bid", 3, 120)
    assert club.free("buyer") == 0
    assert club.desk.state.balances["held/A/buyer/b1"] == {"$": 3_600 * USD}
    with pytest.raises(InputError, match="has 0.000000 USD"):
        club("money_out", member="buyer", uusd=1, note="")


def test_amending_and_withdrawing_until_the_close(club: Day) -> None:
    club.found()
    club.money(buyer=10_000, other=10_000)
    club.open(closes="2026-11-22T10:00:00.000000Z")
    club.order("b1", "buyer", "bid", 3, 120)
    club.order("b1", "buyer", "bid", 1, 100)  # less: collateral comes back
    assert club.free("buyer") == 9_000 * USD
    club.order("b1", "buyer", "bid", 2, 100)
    assert club.free("buyer") == 8_000 * USD
    with pytest.raises(InputError, match="cannot be the id"):
        club.order("b1", "other", "bid", 1, 100)
    with pytest.raises(InputError, match="other has no order b1"):
        club("order_cancelled", auction="A", member="other", order="b1")
    club.order("b2", "buyer", "bid", 1, 100)
    club("order_cancelled", auction="A", member="buyer", order="b2")
    assert club.free("buyer") == 8_000 * USD
    with pytest.raises(InputError, match="runs until 2026-11-22T10"):
        club("auction_closed", auction="A")
    club.desk.clock = lambda: "2026-11-22T10:00:00.000000Z"
    with pytest.raises(InputError, match="has closed at 2026-11-22T10"):
        club.order("b1", "buyer", "bid", 3, 100)
    with pytest.raises(InputError, match="has closed at"):
        club("order_cancelled", auction="A", member="buyer", order="b1")
    club("auction_closed", auction="A")
    seen: list[Any] = []
    club.desk._clear = lambda book, rules: seen.append((book, rules)) or CLEAR(book, rules)
    club("auction_cleared", auction="A", secret=SECRET)
    ((book, rules),) = seen
    assert [(one.id, one.lots, one.group) for one in book.orders] == [("b1", 2, "B")]
    assert rules.commitment == SECRET


def test_an_order_names_neither_its_group_nor_a_product_that_is_not_there(club: Day) -> None:
    club.found()
    club.money(buyer=10_000)
    club.open()
    with pytest.raises(InputError, match="group: the club itself knows"):
        club.order("b1", "buyer", "bid", 3, 120, group="S")
    with pytest.raises(InputError, match="no product gold"):
        club.order("b1", "buyer", "bid", 3, 120, product="gold")
    with pytest.raises(InputError, match="lots"):
        club.order("b1", "buyer", "bid", 0, 120)
    with pytest.raises(InputError, match="lott"):
        club.order("b1", "buyer", "bid", 1, 120, lott="x")


# --- the states of an auction ---------------------------------------------------------------------

STEPS = {
    "draft": lambda c: c.draft(),
    "open": lambda c: c("auction_opened", auction="A", closes=None),
    "order": lambda c: c.order("b9", "buyer", "bid", 1, 100),
    "close": lambda c: c("auction_closed", auction="A"),
    "clear": lambda c: c("auction_cleared", auction="A", secret=SECRET),
    "publish": lambda c: c("auction_published", auction="A", deadline=LATE),
    "fund": lambda c: c.fund("buyer"),
    "default": lambda c: c("settlement_defaulted", auction="A", deadline=LATE),
    "deliver": lambda c: c("settlement_delivered", auction="A"),
    "final": lambda c: c("settlement_final", auction="A"),
}
# after how much of a day each step may be taken; every other pair is refused
ALLOWED = {
    "nothing": {"draft"},
    "draft": {"open"},
    "open": {"order", "close"},
    "close": {"clear"},
    "clear": {"publish"},
    "publish": {"fund"},
    "funded": {"deliver"},
    "deliver": {"final"},
    "final": set(),
}


def until(stage: str) -> Day:
    club = Day()
    club.found()
    club.money(seller=10_000, second=10_000, buyer=50_000, other=20_000)
    club.metal(seller=250, second=150)
    for name in ("draft", "open", "close", "clear", "publish"):
        if stage == "nothing":
            return club
        STEPS[name](club)
        if stage == name:
            return club
    club.fund("buyer", "other", "seller", "second")
    for name in ("funded", "deliver", "final"):
        if name != "funded":
            STEPS[name](club)
        if stage == name:
            return club
    raise AssertionError(stage)


@pytest.mark.parametrize("stage", ALLOWED)
def test_a_step_out_of_turn_is_refused(stage: str) -> None:
    for step, act in STEPS.items():
        club = until(stage)
        if step in ALLOWED[stage]:
            act(club)
        else:
            before = club.desk.state.text()
            with pytest.raises(InputError):
                act(club)
            assert club.desk.state.text() == before, (stage, step)


def test_the_secret_must_be_the_one_committed(club: Day) -> None:
    club.enter()
    club("auction_closed", auction="A")
    with pytest.raises(InputError, match="not the secret"):
        club("auction_cleared", auction="A", secret="another")


def test_legs_that_do_not_balance_are_not_recorded() -> None:
    club = Day(clear=hand_made(LEGS[:-1], {"oxide": PRICE}))
    club.enter()
    club("auction_closed", auction="A")
    with pytest.raises(InputError, match="does not balance"):
        club("auction_cleared", auction="A", secret=SECRET)


# --- overrides ------------------------------------------------------------------------------------


def vote(club: Day, what: str, by: str, member: str, reason: str = "tested") -> Receipt:
    return club("override_given", auction="A", what=what, by=by, member=member, reason=reason)


def test_a_held_price_needs_two_persons_of_different_owners() -> None:
    club = Day(clear=hand_made(LEGS, {"oxide": PRICE}, held=["oxide"]))
    club.cleared()
    with pytest.raises(InputError, match="the price of oxide is held"):
        STEPS["publish"](club)
    with pytest.raises(InputError, match="no reason"):
        vote(club, "release", "Anna", "buyer", " ")
    with pytest.raises(InputError, match="club itself"):
        vote(club, "release", "Anna", "club")
    vote(club, "release", "Anna", "buyer")
    with pytest.raises(InputError, match="is held"):
        STEPS["publish"](club)
    for by, member in (("Anna", "seller"), ("Bo", "buyer")):
        with pytest.raises(InputError, match="not independent of Anna"):
            vote(club, "release", by, member)
    vote(club, "release", "Bo", "seller", "two buyers, checked by telephone")
    STEPS["publish"](club)
    votes = club.desk.state.auctions["A"]["votes"]["release"]
    assert [(one["by"], one["reason"]) for one in votes] == [
        ("Anna", "tested"),
        ("Bo", "two buyers, checked by telephone"),
    ]


def test_a_void_auction_gives_everything_back() -> None:
    club = Day()
    club.found()
    club.money(seller=10_000, second=10_000, buyer=50_000, other=20_000)
    club.metal(seller=250, second=150)
    before = dict(club.desk.state.balances)
    club.open()
    club.order("b1", "buyer", "bid", 3, 120)
    for step in ("close", "clear", "publish"):
        STEPS[step](club)
    club.fund("buyer", "seller")
    vote(club, "void", "Anna", "buyer")
    assert club.desk.state.auctions["A"]["state"] == "cleared"
    vote(club, "void", "Bo", "seller")
    assert club.desk.state.auctions["A"]["state"] == "void"
    assert club.desk.state.balances == before
    with pytest.raises(InputError, match="A is void"):
        club.fund("other")


# --- delivery against payment ---------------------------------------------------------------------


def test_settlement_by_hand(club: Day) -> None:
    club.published()
    assert (
        club.free("other") == (20_000 - 1_100) * USD
    )  # the hold of o2, which got nothing, is back
    club.fund("buyer")
    assert club.free("buyer") == 20_000 * USD and club.free("buyer", "oxide") == 0
    assert club.desk.state.balances["escrow/A/buyer"] == {"$": 30_000 * USD}
    assert "held/A/buyer/b1" not in club.desk.state.balances
    with pytest.raises(InputError, match="A is proposed"):
        STEPS["deliver"](club)
    with pytest.raises(InputError, match="buyer has nothing to put up"):
        club.fund("buyer")
    club.fund("other", "seller", "second")
    STEPS["deliver"](club)
    assert {m: (club.free(m) // USD, club.free(m, "oxide")) for m in day.MEMBERS} == {
        "buyer": (20_000, 300),
        "other": (10_000, 100),
        "seller": (35_000, 0),
        "second": (25_000, 0),
        "works": (0, 0),
    }
    STEPS["final"](club)
    assert set(club.sums()) == {0}
    assert not [name for name in club.desk.state.balances if name.startswith(("held", "escrow"))]


def test_funding_needs_all_that_is_owed(club: Day) -> None:
    club.published()
    club("money_out", member="buyer", uusd=club.free("buyer") - 26_400 * USD + 1, note="")
    with pytest.raises(InputError, match=r"has 29,999.999999 USD .*needs 30,000.000000 USD"):
        club.fund("buyer")  # with its collateral of 3,600 it is one micro-dollar short
    club("money_in", member="buyer", uusd=1, note="")
    club.fund("buyer")
    assert club.free("buyer") == 0


def test_backed_asks_put_up_their_metal_and_deliver_by_themselves() -> None:
    club = Day()
    club.found()
    club.money(buyer=50_000, other=20_000)
    club.metal(seller=250, second=200)
    club.open(backed=True)
    with pytest.raises(
        InputError, match="needs 300 kg oxide more as collateral; seller has 250 kg"
    ):
        club.order("s1", "seller", "ask", 3, 90)
    club.metal(seller=50)
    club.order("s1", "seller", "ask", 3, 90)
    club.order("s2", "second", "ask", 1, 95)
    club.order("s2", "second", "ask", 2, 95)
    assert club.free("seller", "oxide") == club.free("second", "oxide") == 0
    with pytest.raises(InputError, match="needs 100 kg oxide more"):
        club.order("s3", "seller", "ask", 1, 90)
    club.order("b1", "buyer", "bid", 3, 120)
    club.order("o1", "other", "bid", 1, 110)
    for step in ("close", "clear", "publish"):
        STEPS[step](club)
    # the legs take 250 and 150 of the 300 and 200; what is over is free again
    assert club.desk.state.balances["escrow/A/seller"] == {"oxide": 250}
    assert (club.free("seller", "oxide"), club.free("second", "oxide")) == (50, 50)
    club.fund("buyer", "other")
    STEPS["deliver"](club)
    STEPS["final"](club)
    assert club.free("seller") == 250 * PRICE and set(club.sums()) == {0}


def test_bids_with_full_collateral_pay_by_themselves() -> None:
    """36,000 USD are held for 3 lots at 120; 30,000 are owed, the rest is free again."""
    club = Day()
    club.found()
    club.money(buyer=36_000, other=11_000, seller=10_000, second=10_000)
    club.metal(seller=250, second=150)
    club.open(bid_ppm=1_000_000)
    club.order("b1", "buyer", "bid", 3, 120)
    club.order("o1", "other", "bid", 1, 110)
    club.order("s1", "seller", "ask", 3, 90)
    club.order("s2", "second", "ask", 2, 95)
    for step in ("close", "clear", "publish"):
        STEPS[step](club)
    assert club.desk.state.balances["escrow/A/buyer"] == {"$": 30_000 * USD}
    assert (club.free("buyer"), club.free("other")) == (6_000 * USD, 1_000 * USD)
    club.fund("seller", "second")
    STEPS["deliver"](club)
    STEPS["final"](club)
    assert set(club.sums()) == {0}


def at_deadline(club: Day) -> None:
    club.desk.clock = lambda: LATE
    later = "2026-11-23T00:00:00.000000Z"
    club("settlement_defaulted", auction="A", deadline=later)


def test_a_buyer_that_does_not_fund(club: Day) -> None:
    """other bought 100 kg for 10,000 USD with 1,100 USD of collateral. The sellers, cut by 100 as
    250 : 150, keep that metal, share the 1,100 USD, and have the rest settled."""
    club.published()
    club.fund("buyer", "seller", "second")
    with pytest.raises(InputError, match="too early"):
        STEPS["default"](club)
    at_deadline(club)
    (default,) = club.desk.state.auctions["A"]["settlement"]["defaults"]
    assert default["defaulters"] == ["other"] and default["taken"] == {"other": 1_100 * USD}
    cut = {row[1]: row[3] for row in default["cuts"]}
    assert cut["seller"] + cut["second"] == 100 and cut["seller"] in (62, 63)
    given = default["given"]
    assert given["seller"] + given["second"] == 1_100 * USD
    assert given["seller"] == 1_100 * USD * cut["seller"] // 100
    assert club.free("other") == (20_000 - 1_100) * USD
    STEPS["deliver"](club)
    STEPS["final"](club)
    assert (club.free("buyer", "oxide"), club.free("other", "oxide")) == (300, 0)
    assert club.free("seller", "oxide") == cut["seller"]
    sold = 250 - cut["seller"]
    assert club.free("seller") == 10_000 * USD + given["seller"] + sold * PRICE
    assert set(club.sums()) == {0}


def test_a_seller_that_does_not_deliver(club: Day) -> None:
    """second sold 150 kg. Its collateral, 10 % of 2 lots at the reference of 110, is 2,200 USD."""
    club.published()
    club.fund("buyer", "other", "seller")
    at_deadline(club)
    (default,) = club.desk.state.auctions["A"]["settlement"]["defaults"]
    assert default["taken"] == {"second": 2_200 * USD}
    assert sum(row[3] for row in default["cuts"]) == 150
    STEPS["deliver"](club)
    got = club.free("buyer", "oxide"), club.free("other", "oxide")
    assert sum(got) == 250 and got[0] in (187, 188)
    spent = (50_000 * USD - club.free("buyer")) + (20_000 * USD - club.free("other"))
    assert spent == 250 * PRICE - 2_200 * USD
    assert club.free("second", "oxide") == 150
    assert set(club.sums()) == {0}


def test_collateral_of_one_that_owes_nothing_is_free_with_the_delivery() -> None:
    """works sells and buys the same; its collateral stays until no default can make it owe."""
    legs = (
        Leg("w1", "works", "oxide", 90, -90 * PRICE),
        Leg("w2", "works", "oxide", -90, 90 * PRICE),
        Leg("b1", "buyer", "oxide", 90, -90 * PRICE),
        Leg("s1", "seller", "oxide", -90, 90 * PRICE),
    )
    club = Day(clear=hand_made(legs, {"oxide": PRICE}))
    club.enter()
    club.money(works=2_000)
    club.order("w1", "works", "bid", 1, 100)
    for step in ("close", "clear", "publish"):
        STEPS[step](club)
    club.fund("buyer", "seller")
    assert club.free("works") == 1_000 * USD
    STEPS["deliver"](club)
    assert club.free("works") == 2_000 * USD
    STEPS["final"](club)


def test_one_that_owes_more_after_a_default_gets_a_new_deadline() -> None:
    """works sells and buys 90 kg, so owes nothing; when its seller fails it owes 45 kg."""
    legs = (
        Leg("w1", "works", "oxide", 90, -90 * PRICE),
        Leg("w2", "works", "oxide", -90, 90 * PRICE),
        Leg("b1", "buyer", "oxide", 90, -90 * PRICE),
        Leg("s1", "seller", "oxide", -90, 90 * PRICE),
    )
    club = Day(clear=hand_made(legs, {"oxide": PRICE}))
    club.enter()
    for step in ("close", "clear", "publish"):
        STEPS[step](club)
    club.fund("buyer")
    at_deadline(club)
    settlement = club.desk.state.auctions["A"]["settlement"]
    assert settlement["state"] == "proposed"
    assert settlement["owed"]["works"] == {"$": 45 * PRICE, "oxide": -45}
    club.metal(works=45)
    club.fund("works")
    STEPS["deliver"](club)
    assert set(club.sums()) == {0}


# --- starting again -------------------------------------------------------------------------------


def all_steps(club: Day) -> None:
    club.published()
    club.fund("buyer", "other", "seller", "second")
    STEPS["deliver"](club)
    STEPS["final"](club)


def test_restart_from_a_snapshot_and_its_tail(tmp_path: Path) -> None:
    club = Day(SqliteStorage(tmp_path))
    club.enter()
    club.desk.snapshot()
    STEPS["close"](club)
    text, seq = club.desk.state.text(), club.desk.journal.seq
    club.desk.close()
    with Desk.open(tmp_path, clear=CLEAR) as again:
        assert again.state.text() == text
        assert (again.start.events, again.start.folded, again.start.warnings) == (seq, 1, ())


def test_a_damaged_snapshot_is_named_and_left_aside(tmp_path: Path) -> None:
    club = Day(SqliteStorage(tmp_path))
    club.enter()
    text, seq = club.desk.state.text(), club.desk.journal.seq
    club.desk.snapshot()
    club.storage._base.execute("UPDATE snapshots SET state = replace(state, 'buyer', 'layer')")
    club.desk.close()
    with Desk.open(tmp_path, clear=CLEAR) as again:
        assert again.state.text() == text
        assert again.start.folded == seq
        assert "snapshot after event" in again.start.warnings[0]


def test_a_forged_snapshot_is_found_by_a_replay(tmp_path: Path) -> None:
    """Its digest fits, so a start believes it; the events do not say so."""
    club = Day(SqliteStorage(tmp_path))
    club.enter()
    forged = State.read(club.desk.state.text())
    forged.balances["free/buyer"]["$"] += 1
    text = forged.text()
    seq, hash = club.desk.journal.seq, club.desk.journal.hash
    club.storage.keep(Snapshot(seq, hash, FOLD, text, digest(text)))
    club.storage.close()
    with (
        Desk.open(tmp_path, clear=CLEAR) as again,
        pytest.raises(JournalError, match="the state kept does not follow from the events"),
    ):
        again.replay()


def test_the_state_goes_through_json_unchanged(club: Day) -> None:
    all_steps(club)
    assert State.read(club.desk.state.text()).text() == club.desk.state.text()
    assert fold(club.desk.journal.verify()).text() == club.desk.state.text()


def test_a_replay_clears_again_and_compares_byte_for_byte(club: Day) -> None:
    all_steps(club)
    found = replay(club.desk.journal.verify(), clear=CLEAR)
    assert found.auctions == ("A",) and found.events == club.desk.journal.seq
    assert found.hash == club.desk.journal.hash
    assert found.state == digest(club.desk.state.text())
    other = hand_made(LEGS, {"oxide": PRICE + 1})
    with pytest.raises(JournalError, match="auction A gives another result") as caught:
        replay(club.desk.journal.verify(), clear=other)
    assert caught.value.seq is not None


def test_a_result_that_the_checker_refuses_is_not_recorded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from monazite.club import clearing
    from monazite.club.auction import proved

    honest = clearing.clear

    def wrong(book: Any, rules: Any) -> Any:
        found = honest(book, rules)
        for row in found.record["prices"]:
            row["price"] = (row["price"] or 0) + 1
        return found

    monkeypatch.setattr(clearing, "clear", wrong)
    club = Day(clear=proved)
    club.enter()
    STEPS["close"](club)
    before = club.desk.journal.seq
    with pytest.raises(CertificateError, match="is not proved and was not recorded"):
        STEPS["clear"](club)
    assert club.storage.last().seq == before
    monkeypatch.undo()
    again = Day(club.storage, clear=proved, clock=ticks(1000))
    again.desk.do("auction_cleared", "once more", {"auction": "A", "secret": SECRET})
    assert again.desk.state.auctions["A"]["state"] == "cleared"


def test_the_day_is_the_same_bytes_under_any_seed_of_hashing() -> None:
    program = (
        "from day import Day\n"
        "from test_desk import all_steps\n"
        "club = Day(); all_steps(club)\n"
        "print(club.desk.journal.hash, club.desk.state.text())\n"
    )
    seen = set()
    for seed in ("0", "1", "random"):
        here = str(Path(__file__).parent)
        paths = os.pathsep.join([here, *filter(None, [os.environ.get("PYTHONPATH")])])
        ran = subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": paths},
            capture_output=True,
            text=True,
        )
        assert ran.returncode == 0, ran.stderr
        seen.add(ran.stdout)
    assert len(seen) == 1 and "settled" in seen.pop()


def test_an_event_that_does_not_balance_stops_the_fold(club: Day) -> None:
    from monazite.club.event import Draft

    club.found()
    bad = Draft("money_in", "x", {"member": "buyer"}, {"postings": [["free/buyer", "$", 5]]})
    club.desk.journal.add(bad, LATE)
    club.desk.journal.commit()
    with pytest.raises(JournalError, match=r"event 7 .* does not balance: \$ \+5") as caught:
        Desk(club.storage, clear=CLEAR)
    assert caught.value.seq == 7


def test_an_event_of_a_later_version_is_named(club: Day) -> None:
    from monazite.club.event import Draft

    club.found()
    club.desk.journal.add(Draft("barter", "x", {}, {}), LATE)
    club.desk.journal.commit()
    with pytest.raises(JournalError, match="does not know, barter"):
        Desk(club.storage, clear=CLEAR)


def test_a_desk_whose_write_failed_takes_nothing_more(tmp_path: Path) -> None:
    club = Day(SqliteStorage(tmp_path, pages=8))
    with pytest.raises(JournalError, match="disk is full"):
        club.enter()
        for number in range(1000):
            club.money(buyer=number + 1)
    with pytest.raises(JournalError, match="last write failed"):
        club.money(buyer=1)
    club.desk.close()
    with Desk.open(tmp_path, clear=CLEAR) as again:
        assert set(totals(again.state.balances).values()) == {0}


def test_no_club_in_a_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no club in this folder"):
        Desk.open(tmp_path, clear=CLEAR)
    assert list(tmp_path.iterdir()) == []


def test_memory_and_disk_agree(tmp_path: Path) -> None:
    one, two = Day(MemoryStorage(), clock=ticks()), Day(SqliteStorage(tmp_path), clock=ticks())
    all_steps(one)
    all_steps(two)
    assert one.desk.journal.hash == two.desk.journal.hash
    assert canonical(list(one.desk.journal.lines())) == canonical(list(two.desk.journal.lines()))
    two.desk.close()

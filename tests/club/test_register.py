"""Are lots kept in the journal, judged there, and is no kilogram of them offered or sold twice?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from day import LATE, USD, Day
from hypothesis import given
from hypothesis import strategies as st

import monazite
from monazite.club.desk import replay
from monazite.club.ledger import totals
from monazite.club.lot_file import lots_of, read_lots
from monazite.club.lots import Assay, Lot, Parent
from monazite.club.orders import Leg
from monazite.club.register import Share, record_of, shared_out, title_legs
from monazite.club.settlement import unbalanced
from monazite.club.state import fold
from monazite.club.statement import statements
from monazite.errors import InputError

MINE = {"name": "mining", "country": "AUS", "technology": "AUS"}
CRACK = {"name": "separation", "country": "MYS", "technology": "AUS"}


def lot(id: str, holder: str, kg: int, **more: Any) -> dict[str, Any]:
    """The record of a lot of oxide without parents."""
    fields = {
        "id": id, "material": "ndpr_oxide", "grade": "99.5%", "net_kg": kg, "made": "2026-10-01",
        "holder": holder, "site": "plant", "operator": "Plant Ltd", "operator_country": "AUS",
        "custody": "segregated", "steps": [MINE, CRACK],
        "assays": [{"element": "Nd", "ppm": 600000}],
    }  # fmt: skip
    (one,) = lots_of({"lots": [fields | more], "sales": []}).lots
    return record_of(one)


def sale(id: str, of: str, kg: int, seller: str, buyer: str, receipt: str) -> dict[str, Any]:
    one = {"id": id, "lot": of, "kg": kg, "seller": seller, "buyer": buyer, "on": "2026-11-01"}
    return one | {"receipt": receipt}


def register(club: Day, *lots: dict[str, Any], sales: tuple[Any, ...] = ()) -> Any:
    return club("lots_registered", lots=list(lots), sales=list(sales))


@pytest.fixture
def club() -> Day:
    """Members, an open auction, and a lot of 300 kg of the seller."""
    club = Day()
    club.found()
    club.money(seller=20_000, second=20_000, buyer=60_000, other=60_000)
    register(club, lot("L1", "seller", 300, receipt="R1"))
    club.open()
    return club


def told(caught: Any) -> str:
    return str(caught.value)


# --- registering ----------------------------------------------------------------------------------


def test_a_lot_is_registered_with_its_record_title_and_verdicts(club: Day) -> None:
    state = club.desk.state
    assert state.lots["L1"]["steps"] == [MINE, CRACK] and state.lots["L1"]["receipt"] == "R1"
    assert club.free("seller", "lot/L1") == 300
    found = {one["kind"]: one for one in state.verdicts["L1"]}
    assert list(found) == ["value", "mass", "step", "entity", "technology", "custody"]
    step = found["step"]
    assert (step["rule"], step["state"], step["on"]) == (
        "dfars_step",
        "met",
        "2026-11-22",
    )
    for one in found.values():
        assert one["version"] and len(one["inputs"]) == 64
        assert set(one["reason"]) == {"en", "zh"} and one["reason"]["en"] != one["reason"]["zh"]
    # the owners of the plant are not known, so nobody can say that they are not covered
    assert (found["entity"]["state"], found["entity"]["threshold"]) == ("not_met", "1/4")


def test_the_digest_names_the_inputs(club: Day) -> None:
    """It is the same for the same lot, changes with it, and not with a lot that is apart."""
    other = Day()
    other.found()
    register(other, lot("Z", "second", 9, receipt="R9"), lot("L1", "seller", 300, receipt="R1"))
    third = Day()
    third.found()
    register(third, lot("L1", "seller", 300, receipt="R1", grade="99%"))
    digests = [one.desk.state.verdicts["L1"][2]["inputs"] for one in (club, other, third)]
    assert digests[0] == digests[1] != digests[2]


REFUSED = {
    "the same id": (lot("L1", "seller", 5), "lot L1 is registered already"),
    "the same receipt": (lot("L2", "second", 5, receipt="R1"), "receipt R1"),
    "more taken than there is": (
        lot("L2", "seller", 5, parents=[{"lot": "L1", "kg": 301}], made="2026-11-01"),
        "L1",
    ),
    "taken by who has it not": (
        lot("L2", "second", 5, parents=[{"lot": "L1", "kg": 5}], made="2026-11-01"),
        "second disposes of 0 kg of lot L1, not of 5 kg; the lot is at: free/seller 300 kg",
    ),
    "metal from nothing": (
        lot("L2", "seller", 300, parents=[{"lot": "L1", "kg": 200}], made="2026-11-01"),
        "60 kg of Nd more left than went in",
    ),
    "not yet made": (lot("L2", "seller", 5, made="2026-11-23"), "still to come"),
    "a holder no account can name": (lot("L2", "a/b", 5), "'a/b' is no name"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_would_be_used_twice_is_refused(club: Day, what: str) -> None:
    record, why = REFUSED[what]
    before = club.desk.state.text()
    with pytest.raises(InputError) as caught:
        register(club, record)
    assert why in told(caught)
    assert club.desk.state.text() == before


def test_records_are_kept_in_one_way_only(club: Day) -> None:
    with pytest.raises(InputError, match="not as the journal writes it"):
        register(club, lot("L2", "seller", 5) | {"net_kg": "5 kg"})
    with pytest.raises(InputError, match="neither a lot nor a sale"):
        register(club)


def test_a_sale_beside_auctions_moves_title_and_gives_up_the_paper(club: Day) -> None:
    first = sale("S1", "L1", 300, "seller", "buyer", "R1")
    register(club, sales=(first,))
    assert (club.free("seller", "lot/L1"), club.free("buyer", "lot/L1")) == (0, 300)
    with pytest.raises(InputError) as caught:
        register(club, sales=(sale("S2", "L1", 300, "seller", "other", "R1"),))
    assert "R1" in told(caught) and "seller disposes of 0 kg" in told(caught)
    with pytest.raises(InputError, match="sale S1 is booked already"):
        register(club, sales=(first,))


def test_metal_under_a_lots_receipt_is_its_holders(club: Day) -> None:
    for member, kg in (("buyer", 5), ("seller", 301)):
        with pytest.raises(
            InputError, match="receipt R1 stands for 300 kg of lot L1, holder seller"
        ):
            club("metal_in", member=member, product="oxide", kg=kg, receipt="R1")
    club("metal_in", member="seller", product="oxide", kg=300, receipt="R1")
    with pytest.raises(InputError, match="stands for money"):
        club("metal_in", member="seller", product="lot/L1", kg=300, receipt="R7")
    with pytest.raises(InputError, match="used already, by seller"):
        register(club, lot("L2", "second", 5, receipt="R1"))


def test_a_receipt_is_lodged_or_given_up_not_both(club: Day) -> None:
    first = sale("S1", "L1", 200, "seller", "buyer", "R1") | {"issued": "R1b", "rest": "R1s"}
    register(club, sales=(first,))

    def lodge(member: str, kg: int, receipt: str) -> None:
        club("metal_in", member=member, product="oxide", kg=kg, receipt=receipt)

    for member, kg, receipt, told in (
        ("seller", 1, "R1", "0 kg of lot L1, holder –"),
        ("seller", 101, "R1s", "100 kg of lot L1, holder seller"),
        ("seller", 1, "R1b", "200 kg of lot L1, holder buyer"),
    ):
        with pytest.raises(InputError, match=told):
            lodge(member, kg, receipt)
    lodge("buyer", 200, "R1b")
    with pytest.raises(InputError, match="R1b was used already, by buyer"):
        register(club, sales=(sale("S2", "L1", 200, "buyer", "other", "R1b"),))


def test_title_from_an_auction_is_sold_on_without_a_paper(club: Day) -> None:
    """The seller still has the paper R1 for what is left to it, and must give it up."""
    settled(club)
    bare = {"id": "S1", "lot": "L1", "kg": 200, "seller": "buyer", "buyer": "other"}
    register(club, sales=(bare | {"on": "2026-11-22"},))
    assert (club.free("buyer", "lot/L1"), club.free("other", "lot/L1")) == (50, 200)
    with pytest.raises(InputError, match="its seller has one for the lot"):
        register(club, sales=(bare | {"id": "S2", "seller": "seller", "on": "2026-11-22"},))
    with pytest.raises(InputError, match="buyer disposes of 50 kg of lot L1, not of 200 kg"):
        register(club, sales=(bare | {"id": "S3", "on": "2026-11-22"},))
    prove(club)


def test_where_lots_are_named_no_metal_is_sold_without_its_title(club: Day) -> None:
    club.open("N", named=True)
    entry = {"id": "x", "member": "seller", "side": "ask", "product": "oxide", "lots": 1}
    entry |= {"limit": 90 * USD}
    with pytest.raises(InputError, match="the ask x names no lot"):
        club("order_placed", auction="N", kind="orders", entry=entry)
    club("order_placed", auction="N", kind="orders", entry=entry | {"lot": "L1"})
    bid = entry | {"id": "b", "member": "buyer", "side": "bid"}
    club("order_placed", auction="N", kind="orders", entry=bid)
    with pytest.raises(InputError, match="named"):
        club.open("O", named=7)


def test_the_shipped_register_is_booked_as_one_event(club: Day) -> None:
    given = read_lots("example")
    register(club, *map(record_of, given.lots), sales=tuple(map(record_of, given.sales)))
    from monazite.club.mass import holdings

    kg = {(one, holder): kg for (one, holder), kg in holdings(given).items() if kg}
    booked = {
        (asset.removeprefix("lot/"), account.removeprefix("free/")): amount
        for account, assets in club.desk.state.balances.items()
        for asset, amount in assets.items()
        if asset.startswith("lot/EX") and account != "outside"
    }
    assert booked == kg


# --- no kilogram twice ----------------------------------------------------------------------------


def test_an_ask_puts_up_the_title_of_its_lot(club: Day) -> None:
    club.order("s1", "seller", "ask", 2, 90, lot="L1")
    assert club.free("seller", "lot/L1") == 100
    with pytest.raises(InputError) as caught:
        club.order("s9", "seller", "ask", 2, 90, lot="L1")
    assert "disposes of 100 kg of lot L1, not of 200 kg" in told(caught)
    assert "held/A/seller/s1 200 kg" in told(caught)
    club.order("s1", "seller", "ask", 3, 90, lot="L1")  # amended: all of it
    club("order_cancelled", auction="A", member="seller", order="s1")
    assert club.free("seller", "lot/L1") == 300


@pytest.mark.parametrize(
    ("member", "of", "product", "why"),
    [
        ("seller", "L9", "oxide", "the club has no lot L9"),
        ("second", "L1", "oxide", "second disposes of 0 kg of lot L1"),
        ("seller", "L1", "metal", "the lot L1 is ndpr_oxide, the product is ndpr_metal"),
    ],
)
def test_an_ask_of_a_lot_must_have_it(
    club: Day, member: str, of: str, product: str, why: str
) -> None:
    with pytest.raises(InputError, match=why):
        club.order("s1", member, "ask", 1, 90, lot=of, product=product)


def published(club: Day) -> Day:
    """The day behind LEGS: s1 sells 250 of the 300 kg of L1, s2 150 kg without a lot."""
    club.metal(seller=250, second=150)
    club.order("b1", "buyer", "bid", 3, 120)
    club.order("o1", "other", "bid", 1, 110)
    club.order("s1", "seller", "ask", 3, 90, lot="L1")
    club.order("s2", "second", "ask", 2, 95)
    club("auction_closed", auction="A")
    club("auction_cleared", auction="A", secret="chosen before the opening")
    club("auction_published", auction="A", deadline=LATE)
    return club


def settled(club: Day) -> Day:
    published(club)
    club.fund("seller", "second", "buyer", "other")
    club("settlement_delivered", auction="A")
    club("settlement_final", auction="A")
    return club


def test_title_goes_with_the_metal_and_is_sold_once(club: Day) -> None:
    settled(club)
    assert (club.free("seller", "lot/L1"), club.free("buyer", "lot/L1")) == (50, 250)
    assert club.desk.state.sales == [
        {"id": "A/1", "lot": "L1", "kg": 250, "seller": "seller", "buyer": "buyer"}
        | {"on": "2026-11-22"}
    ]
    club.open("B")

    def offer(member: str, lots: int) -> None:
        entry = {"id": f"x{member}", "member": member, "side": "ask", "product": "oxide"}
        entry |= {"lots": lots, "limit": 90 * USD, "lot": "L1"}
        club("order_placed", auction="B", kind="orders", entry=entry)

    with pytest.raises(InputError, match="seller disposes of 50 kg of lot L1, not of 100 kg"):
        offer("seller", 1)
    with pytest.raises(InputError, match="buyer disposes of 250 kg of lot L1, not of 300 kg"):
        offer("buyer", 3)
    offer("buyer", 2)
    # what was bought can be made into another lot, and what is offered cannot
    made = lot("M", "buyer", 50, parents=[{"lot": "L1", "kg": 50}], made="2026-11-22")
    register(club, made)
    with pytest.raises(InputError, match="buyer disposes of 0 kg"):
        register(club, made | {"id": "N", "parents": [{"lot": "L1", "kg": 50}]})
    prove(club)


def prove(club: Day) -> None:
    events = list(club.desk.journal.verify())
    assert fold(events).text() == club.desk.state.text()
    assert set(totals(club.desk.state.balances).values()) == {0}
    replay(events, clear=club.desk._clear)


def test_what_is_sold_is_put_up_before_delivery(club: Day) -> None:
    published(club)
    owed = club.desk.state.auctions["A"]["settlement"]["owed"]
    assert owed["seller"] == {"$": 25_000 * USD, "lot/L1": -250, "oxide": -250}
    assert owed["buyer"] == {"$": -30_000 * USD, "lot/L1": 250, "oxide": 300}
    club.fund("seller")
    assert club.desk.state.balances["escrow/A/seller"] == {"lot/L1": 250, "oxide": 250}
    assert club.free("seller", "lot/L1") == 50


def test_a_void_auction_gives_title_back(club: Day) -> None:
    published(club)
    club.fund("seller")
    for by in ("seller", "buyer"):
        club("override_given", auction="A", what="void", by=by, member=by, reason="fire")
    assert club.free("seller", "lot/L1") == 300


def test_a_default_leaves_the_lot_with_its_seller(club: Day) -> None:
    """Of 400 kg 300 go, 188 or 187 of them from s1; 100 kg are left to other."""
    published(club)
    club.fund("seller", "second", "other")
    club.desk.clock = lambda: LATE
    club("settlement_defaulted", auction="A", deadline="2026-11-23T23:00:00.000000Z")
    legs = {row[0]: row[3] for row in club.desk.state.auctions["A"]["legs"]}
    sold = -legs["s1"]
    assert sold in (62, 63) and legs["s2"] == sold - 100
    assert club.free("seller", "lot/L1") == 300 - sold
    club("settlement_delivered", auction="A")
    assert club.free("other", "lot/L1") == sold and club.free("buyer", "lot/L1") == 0
    prove(club)


# --- verdicts and buyers --------------------------------------------------------------------------


def test_needs_are_checked(club: Day) -> None:
    needs = {"member": "buyer", "country": "USA", "uses": [], "needs": [["dfars_step", "always"]]}
    club("needs_filed", **needs)
    assert club.desk.state.members["buyer"]["buys"]["needs"] == [["dfars_step", "always"]]
    with pytest.raises(InputError) as caught:
        club("needs_filed", member="no", country="us", uses=[7], needs=[["x", "always"], ["y"]])
    assert len(caught.value.faults) == 5


def test_who_may_not_have_a_lot_may_not_take_its_product_blindly(club: Day) -> None:
    """A conversion or first refusal could be given any lot; a bid is looked at lot by lot."""
    for member in ("works", "buyer", "other"):
        needs = [["ownership", "always"]] if member != "other" else []
        club("needs_filed", member=member, country="USA", uses=[], needs=needs)
    club.money(works=90_000)
    club.order("s1", "seller", "ask", 3, 90, lot="L1")  # nobody knows who owns its plant
    club.order("b1", "buyer", "bid", 3, 120)
    for member in ("works", "other"):
        entry = {"id": f"c-{member}", "member": member, "fee": 0, "runs": 1}
        entry |= {"inputs": [["oxide", 120]], "outputs": [["metal", 100]]}
        club("order_placed", auction="A", kind="conversions", entry=entry)
    entry = {"id": "r", "member": "buyer", "product": "oxide", "lots": 1, "limit": 120 * USD}
    club("order_placed", auction="A", kind="refusals", entry=entry)
    club("auction_closed", auction="A")
    rows = club.desk.state.auctions["A"]["book"]["eligibility"]
    found = {(row["buyer"], row["subject"]): row["eligible"] for row in rows}
    assert found == {
        ("*", "L1"): True, ("buyer", "L1"): False, ("other", "L1"): True, ("works", "L1"): False,
        ("buyer", "oxide"): False, ("works", "oxide"): False,
    }  # fmt: skip
    (told,) = [
        row["reason"] for row in rows if (row["buyer"], row["subject"]) == ("works", "oxide")
    ]
    assert told.startswith("L1: ")


def test_lots_are_judged_for_the_day_of_the_close_not_of_the_command() -> None:
    """DFARS reaches back to the mine from 2027 on; the book closed in 2026."""
    club = Day()
    club.found()
    club.money(seller=20_000)
    mined = {"name": "mining", "country": "CHN", "technology": "CHN"}
    register(club, lot("L1", "seller", 300, steps=[mined, CRACK]))
    club.open(closes="2026-12-31T12:00:00.000000Z")
    club.order("s1", "seller", "ask", 3, 90, lot="L1")
    club.desk.clock = lambda: "2027-01-02T09:00:00.000000Z"
    club("auction_closed", auction="A")
    step = club.desk.state.verdicts["L1"][2]
    assert (step["rule"], step["on"], step["state"]) == ("dfars_step", "2026-12-31", "met")
    register(club, lot("L2", "seller", 300, steps=[mined, CRACK]))
    late = club.desk.state.verdicts["L2"][2]
    assert (late["on"], late["state"]) == ("2027-01-02", "not_met")


def test_the_clubs_own_rules_count_from_their_event_on(club: Day) -> None:
    file = Path(monazite.__file__).parent / "club" / "content" / "ownership.yaml"
    text = file.read_text(encoding="utf-8")
    own = text.replace('version: "', 'version: "own-')
    club("rules_adopted", rules={"ownership": own})
    register(club, lot("L2", "seller", 5))
    versions = [club.desk.state.verdicts[one][3]["version"] for one in ("L1", "L2")]
    assert versions[1] == f"own-{versions[0]}"
    with pytest.raises(InputError, match="no function|ownersheep"):
        club("rules_adopted", rules={"ownersheep": own})
    prove(club)


# --- who gets which lot ---------------------------------------------------------------------------


def test_lots_go_to_buyers_in_order_and_the_rest_has_none() -> None:
    legs = [
        Leg("b1", "x", "p", 300, 0), Leg("b2", "y", "p", 100, 0), Leg("b3", "z", "q", 50, 0),
        Leg("s1", "s", "p", -250, 0), Leg("s2", "t", "p", -150, 0), Leg("s3", "t", "q", -50, 0),
    ]  # fmt: skip
    found = shared_out(legs, {"s2": ("L", "p")})
    assert found == [Share("L", "t", "x", 150)]
    both = shared_out(legs, {"s1": ("K", "p"), "s2": ("L", "p"), "s3": ("M", "p")})
    assert both == [Share("K", "s", "x", 250), Share("L", "t", "x", 50), Share("L", "t", "y", 100)]


@given(st.lists(st.integers(1, 50), min_size=1, max_size=6), st.data())
def test_shares_are_what_was_sold_and_no_buyer_gets_more_than_it_bought(
    sold: list[int], data: st.DataObject
) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(1, sum(sold)), max_size=4)) | {0, sum(sold)})
    bought = [b - a for a, b in zip(cuts, cuts[1:], strict=False)]
    legs = [Leg(f"s{n}", f"m{n % 3}", "p", -kg, 0) for n, kg in enumerate(sold)]
    legs += [Leg(f"b{n}", f"m{n % 4}", "p", kg, 0) for n, kg in enumerate(bought)]
    offered = {f"s{n}": (f"L{n}", "p") for n in range(len(sold)) if data.draw(st.booleans())}
    shares = shared_out(legs, offered)
    for n, kg in enumerate(sold):
        got = sum(one.kg for one in shares if one.lot == f"L{n}")
        assert got == (kg if f"s{n}" in offered else 0)
    for member in {leg.member for leg in legs}:
        taken = sum(leg.kg for leg in legs if leg.member == member and leg.kg > 0)
        assert sum(one.kg for one in shares if one.buyer == member) <= taken
    assert unbalanced(title_legs(shares)) == {}


# --- statements -----------------------------------------------------------------------------------


def test_statements_show_lots_and_verdicts(club: Day) -> None:
    settled(club)
    found = statements(club.desk.journal.verify())
    buyer = json.loads(found["buyer"].json())
    assert buyer["lots"] == [{"auction": "A", "lot": "L1", "material": "ndpr_oxide", "kg": 250}]
    assert [one["kind"] for one in buyer["verdicts"]["L1"]][:2] == ["value", "mass"]
    assert json.loads(found["seller"].json())["lots"][0]["kg"] == -250
    assert json.loads(found["second"].json())["lots"] == []
    assert json.loads(found["second"].json())["verdicts"] == {}
    assert "kg of lot L1" in found["buyer"].html("en") and "批次 L1" in found["buyer"].html("zh")
    rows = [row for row in found["buyer"].csv().splitlines() if ",lot/L1," in row]
    assert len(rows) == 1 and rows[0].endswith(",free/buyer,lot/L1,250,250")


def test_a_record_says_what_is_not_at_its_default() -> None:
    from datetime import date

    one = Lot(
        "a", "m", "", 9, date(2026, 1, 1), "h", "s", "o", None, "segregated",
        parents=(Parent("b", 3),), assays=(Assay("Nd", 5),),
    )  # fmt: skip
    record = record_of(one)
    assert record["operator_country"] is None and "port" not in record
    assert lots_of({"lots": [record], "sales": []}).lots == (one,)

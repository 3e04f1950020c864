"""Whatever is asked in whatever order: nothing is lost, nothing is applied in part, all replays.

Days are drawn at random and cleared by the real auction program: bids, asks, a conversion, freight,
first refusals, a stockpile that buys at the floor, asks of lots, contracts called beside the
auction, members that fund or do not.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from day import MEMBERS, SECRET, USD, Day, ticks
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_filed import BACK, DIFFERENCE, OFFTAKE, TAKE
from test_register import lot

from monazite.club.auction import proved
from monazite.club.canonical import digest
from monazite.club.desk import replay
from monazite.club.ledger import MONEY, OUTSIDE, totals
from monazite.club.state import State, fold
from monazite.club.statement import statements
from monazite.errors import InputError

NAMES = st.sampled_from(sorted(MEMBERS))
BOOK = {
    "auction": "A",
    "products": [
        {"id": "oxide", "material": "o", "place": "FRA", "lot_kg": 10, "reference": 100 * USD,
         "floor": 90 * USD},
        {"id": "metal", "material": "m", "place": "FRA", "lot_kg": 10, "reference": 150 * USD},
        {"id": "there", "material": "m", "place": "USA", "lot_kg": 10, "reference": 155 * USD},
    ],
    "purchases": [{"id": "p", "product": "oxide", "room_kg": 60, "money": 10_000 * USD}],
}  # fmt: skip
RULES = {"version": "1", "commitment": digest(SECRET), "premium": USD}
PRODUCTS = st.sampled_from(["oxide", "metal", "there"])


@st.composite
def orders(draw: st.DrawFn) -> dict[str, Any]:
    """An order of any kind; the number of ids is small, so that many are amendments."""
    kind = draw(st.sampled_from(["orders", "orders", "orders", "conversions", "arcs", "refusals"]))
    member = draw(NAMES)
    entry: dict[str, Any] = {"id": f"{kind}-{member}-{draw(st.integers(0, 2))}", "member": member}
    if kind == "orders":
        entry |= {"side": draw(st.sampled_from(["bid", "ask"])), "product": draw(PRODUCTS)}
        entry |= {"lots": draw(st.integers(1, 9)), "limit": draw(st.integers(80, 180)) * USD}
        if entry["side"] == "ask" and entry["product"] == "oxide" and draw(st.booleans()):
            entry |= {"lot": f"L-{member}"}
    elif kind == "refusals":
        entry |= {"product": draw(PRODUCTS), "lots": draw(st.integers(1, 5)), "limit": 200 * USD}
    elif kind == "conversions":
        entry |= {
            "inputs": [["oxide", 12]],
            "outputs": [["metal", 10]],
            "runs": draw(st.integers(1, 9)),
        }
        entry |= {"fee": draw(st.integers(0, 400)) * USD}
    else:
        entry |= {
            "origin": "metal",
            "destination": "there",
            "freight": draw(st.integers(0, 8)) * USD,
        }
        entry |= {"cap_kg": draw(st.integers(1, 90))}
    return {"auction": "A", "kind": kind, "entry": entry}


ORDERING = st.one_of(
    orders().map(lambda ask: ("order_placed", ask)),
    orders().map(lambda ask: ("order_placed", ask)),
    orders().map(lambda ask: ("order_placed", ask)),
    orders().map(
        lambda ask: (
            "order_cancelled",
            {"auction": "A", "member": ask["entry"]["member"], "order": ask["entry"]["id"]},
        )
    ),
    st.tuples(st.sampled_from("KTD"), st.integers(0, 60)).map(
        lambda two: (
            "contract_called",
            {"contract": two[0], "auction": "A", "kg": two[1], "make_up": False},
        )
    ),
    st.tuples(NAMES, st.integers(1, 10**12)).map(
        lambda one: ("money_out", {"member": one[0], "uusd": one[1], "note": ""})
    ),
)
SETTLING = st.one_of(
    NAMES.map(lambda one: ("settlement_funded", {"auction": "A", "member": one})),
    NAMES.map(lambda one: ("settlement_funded", {"auction": "A", "member": one})),
    st.just(("settlement_delivered", {"auction": "A"})),
    st.just(("settlement_final", {"auction": "A"})),
    st.tuples(NAMES, NAMES).map(
        lambda two: (
            "override_given",
            {"auction": "A", "what": "void", "by": two[0], "member": two[1], "reason": "drawn"},
        )
    ),
)


def at(second: int) -> str:
    return f"2026-11-22T{9 + second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}.000000Z"


def attempt(club: Day, type: str, ask: dict[str, Any]) -> bool:
    """Do it or be refused; either way the books balance, and a refusal changes nothing."""
    before = club.desk.state.text()
    try:
        club(type, **ask)
    except InputError:
        assert club.desk.state.text() == before
        return False
    assert set(totals(club.desk.state.balances).values()) <= {0}
    for account, assets in club.desk.state.balances.items():
        assert account == OUTSIDE or min(assets.values()) > 0
    return True


def started(backed: bool, bids: int) -> Day:
    club = Day(clear=proved, clock=ticks())
    club.found()
    for member in (*MEMBERS, "stockpile"):
        club("money_in", member=member, uusd=40_000 * USD, note="")
    for product in ("oxide", "metal", "there"):
        for member in ("seller", "second", "works"):
            club("metal_in", member=member, product=product, kg=80, receipt=f"{member}{product}")
    club(
        "lots_registered",
        lots=[lot(f"L-{one}", one, 60, material="o") for one in MEMBERS],
        sales=[],
    )
    club("contract_filed", contract="K", terms=OFFTAKE | BACK)
    club("contract_filed", contract="T", terms=TAKE | {"seller": "second", "product": "metal"})
    club("contract_filed", contract="D", terms=DIFFERENCE | {"producer": "other"})
    terms = {"bid_ppm": bids, "ask_ppm": 100_000, "backed": backed}
    club("auction_drafted", auction="A", book=BOOK, rules=RULES, terms=terms)
    club("auction_opened", auction="A", closes=None)
    return club


SEEN: Counter[str] = Counter()


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.booleans(),
    st.sampled_from([50_000, 1_000_000]),
    st.lists(ORDERING, min_size=6, max_size=30),
    st.lists(SETTLING, max_size=12),
    st.booleans(),
)
def test_any_day(
    backed: bool, bids: int, ordering: list[Any], settling: list[Any], diligent: bool
) -> None:
    lived(backed, bids, ordering, settling, diligent)


def lived(
    backed: bool, bids: int, ordering: list[Any], settling: list[Any], diligent: bool
) -> None:
    club = started(backed, bids)
    for type, ask in ordering:
        SEEN[type] += attempt(club, type, ask)
    assert attempt(club, "auction_closed", {"auction": "A"})
    assert attempt(club, "auction_cleared", {"auction": "A", "secret": SECRET})
    assert attempt(club, "auction_published", {"auction": "A", "deadline": at(1800)})
    for type, ask in settling:
        SEEN[type] += attempt(club, type, ask)
    finish(club, diligent)
    prove(club)


def finish(club: Day, diligent: bool) -> None:
    """Fund where there is enough, close out who has not funded, until all is settled or void."""
    auction = club.desk.state.auctions["A"]
    for round in range(1, 20):
        if diligent:
            for member in (*MEMBERS, "stockpile"):
                attempt(club, "settlement_funded", {"auction": "A", "member": member})
        if auction["state"] != "cleared" or auction["settlement"]["state"] != "proposed":
            break
        club.desk.clock = ticks(1800 * round)
        ask = {"auction": "A", "deadline": at(1800 * (round + 1))}
        SEEN["default"] += attempt(club, "settlement_defaulted", ask)
    attempt(club, "settlement_delivered", {"auction": "A"})
    attempt(club, "settlement_final", {"auction": "A"})
    assert auction["state"] in ("settled", "void")
    SEEN[auction["state"]] += 1
    SEEN["legs"] += len(auction["legs"])
    SEEN["lots sold"] += len(auction["settlement"]["lots"]) * (auction["state"] == "settled")
    beside = auction["settlement"]["beside"]
    SEEN["contracts"] += sum(bool(row["legs"]) for row in beside) * (auction["state"] == "settled")
    SEEN["cut"] += sum(len(one["cuts"]) for one in auction["settlement"]["defaults"])
    left = [name for name in club.desk.state.balances if name.startswith(("held", "escrow"))]
    assert left == []


def prove(club: Day) -> None:
    """The events alone give the same state, clearing and statements."""
    events = list(club.desk.journal.verify())
    text = club.desk.state.text()
    assert fold(events).text() == text and State.read(text).text() == text
    found = replay(events, clear=proved)
    assert found.state == digest(text)
    outside = club.desk.state.balances.get(OUTSIDE, {})
    held: Counter[str] = Counter()
    for one in statements(events).values():
        for assets in one.balances.values():
            held.update(assets)
    assert {asset: -amount for asset, amount in outside.items()} == dict(held)
    assert held[MONEY] <= 6 * 40_000 * USD


def order(kind: str, member: str, **entry: Any) -> tuple[str, dict[str, Any]]:
    named = {"id": f"{kind}-{member}-0", "member": member, **entry}
    return "order_placed", {"auction": "A", "kind": kind, "entry": named}


def test_days_hold_everything_that_a_day_may_hold() -> None:
    """Ore bought through a plant that sells metal: all pay, or the buyer at the end does not."""
    ordering = [
        order("orders", "seller", side="ask", product="oxide", lots=6, limit=90 * USD,
              lot="L-seller"),
        ("contract_called", {"contract": "D", "auction": "A", "kg": 40, "make_up": False}),
        order("orders", "buyer", side="bid", product="metal", lots=5, limit=180 * USD),
        order("orders", "second", side="ask", product="metal", lots=1, limit=100 * USD),
        ("order_cancelled", {"auction": "A", "member": "second", "order": "orders-second-0"}),
        order("conversions", "works", inputs=[["oxide", 12]], outputs=[["metal", 10]], runs=5,
              fee=100 * USD),
    ]  # fmt: skip
    void = ("override_given", {"auction": "A", "what": "void", "reason": "drawn"})
    voided = [(void[0], {**void[1], "by": by, "member": by}) for by in ("seller", "buyer")]
    SEEN.clear()
    paid = [("settlement_funded", {"auction": "A", "member": "works"})]
    for settling, diligent in (([], True), (paid, False), (voided, False)):
        lived(False, 50_000, ordering, settling, diligent)
    for what in (
        "order_placed",
        "order_cancelled",
        "default",
        "settled",
        "void",
        "legs",
        "cut",
        "contracts",
        "lots sold",
    ):
        assert SEEN[what] > 0, what

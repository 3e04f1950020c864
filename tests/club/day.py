"""A club for tests: two sellers, two buyers, one auction, and legs worked out by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any

from monazite.club.canonical import digest
from monazite.club.desk import Desk, Receipt
from monazite.club.orders import Book, Clearing, Leg, Rules
from monazite.club.storage import AbstractStorage, MemoryStorage

USD = 1_000_000
SECRET = "chosen before the opening"
PRODUCTS = [
    {
        "id": "oxide",
        "material": "ndpr_oxide",
        "place": "FRA",
        "lot_kg": 100,
        "reference": 110 * USD,
    },
    {"id": "metal", "material": "ndpr_metal", "place": "FRA", "lot_kg": 10, "reference": 150 * USD},
]
MEMBERS = {"seller": "S", "second": "S2", "buyer": "B", "other": "O", "works": "W"}


def ticks(start: int = 0) -> Callable[[], str]:
    """A clock that gains a second every time it is read."""
    second = count(start)

    def clock() -> str:
        minutes, seconds = divmod(next(second), 60)
        hours, minutes = divmod(minutes, 60)
        return f"2026-11-22T{9 + hours:02}:{minutes:02}:{seconds:02}.000000Z"

    return clock


LATE = "2026-11-22T23:00:00.000000Z"


def hand_made(
    legs: Sequence[Leg], prices: Mapping[str, int], held: Sequence[str] = ()
) -> Callable[[Book, Rules], Clearing]:
    """Clears every book with these legs."""

    def clear(book: Book, rules: Rules) -> Clearing:
        rows = [vars_of(leg) for leg in legs]
        shown = [
            {"product": name, "price": prices[name], "state": "held" if name in held else "cleared"}
            for name in sorted(prices)
        ]
        return Clearing(book, rules, {"legs": rows, "prices": shown})

    return clear


def vars_of(leg: Leg) -> dict[str, Any]:
    return {name: getattr(leg, name) for name in ("order", "member", "product", "kg", "uusd")}


# at 100 USD/kg the buyer takes 300 kg and the other 100; the sellers give 250 and 150
PRICE = 100 * USD
LEGS = (
    Leg("b1", "buyer", "oxide", 300, -300 * PRICE),
    Leg("o1", "other", "oxide", 100, -100 * PRICE),
    Leg("s1", "seller", "oxide", -250, 250 * PRICE),
    Leg("s2", "second", "oxide", -150, 150 * PRICE),
)
CLEAR = hand_made(LEGS, {"oxide": PRICE})


class Day:
    """A desk whose commands get a new key each."""

    def __init__(
        self,
        storage: AbstractStorage | None = None,
        *,
        clear: Callable[[Book, Rules], Clearing] = CLEAR,
        clock: Callable[[], str] | None = None,
    ) -> None:
        self.storage = storage or MemoryStorage()
        self.desk = Desk(self.storage, clear=clear, clock=clock or ticks())
        self.number = count(self.desk.journal.seq + 1)

    def __call__(self, type: str, **ask: Any) -> Receipt:
        return self.desk.do(type, f"k{next(self.number)}", ask)

    def free(self, member: str, asset: str = "$") -> int:
        return self.desk.state.balances.get(f"free/{member}", {}).get(asset, 0)

    def found(self) -> None:
        self("club_founded", name="Test")
        for member, group in MEMBERS.items():
            self("member_added", member=member, group=group, name=member.title())

    def money(self, **usd: int) -> None:
        for member, amount in usd.items():
            self("money_in", member=member, uusd=amount * USD, note="")

    def metal(self, product: str = "oxide", **kg: int) -> None:
        for member, amount in kg.items():
            receipt = f"r-{member}-{product}-{next(self.number)}"
            self("metal_in", member=member, product=product, kg=amount, receipt=receipt)

    def draft(self, auction: str = "A", **terms: int) -> None:
        self(
            "auction_drafted",
            auction=auction,
            book={"auction": auction, "products": PRODUCTS},
            rules={"version": "1", "commitment": digest(SECRET)},
            terms={"bid_ppm": 100_000, "ask_ppm": 100_000, "backed": False} | terms,
        )

    def open(self, auction: str = "A", closes: str | None = None, **terms: int) -> None:
        self.draft(auction, **terms)
        self("auction_opened", auction=auction, closes=closes)

    def order(self, id: str, member: str, side: str, lots: int, usd: float, **more: Any) -> Receipt:
        entry = {"id": id, "member": member, "side": side, "product": "oxide", "lots": lots}
        entry |= {"limit": round(usd * USD)} | more
        return self("order_placed", auction="A", kind="orders", entry=entry)

    def enter(self, **terms: int) -> None:
        """Everything up to the close: the four orders behind `LEGS`, and one that gets nothing."""
        self.found()
        self.money(seller=10_000, second=10_000, buyer=50_000, other=20_000)
        self.metal(seller=250, second=150)
        self.open(**terms)
        self.order("b1", "buyer", "bid", 3, 120)
        self.order("o1", "other", "bid", 1, 110)
        self.order("o2", "other", "bid", 5, 80)
        self.order("s1", "seller", "ask", 3, 90)
        self.order("s2", "second", "ask", 2, 95)

    def cleared(self, **terms: int) -> None:
        self.enter(**terms)
        self("auction_closed", auction="A")
        self("auction_cleared", auction="A", secret=SECRET)

    def published(self, deadline: str = LATE, **terms: int) -> None:
        self.cleared(**terms)
        self("auction_published", auction="A", deadline=deadline)

    def fund(self, *members: str) -> None:
        for member in members:
            self("settlement_funded", auction="A", member=member)

    def sums(self) -> Iterator[int]:
        from monazite.club.ledger import totals

        return iter(totals(self.desk.state.balances).values())

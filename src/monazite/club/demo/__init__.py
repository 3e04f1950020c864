"""What does a whole auction day look like? A dozen members and more from ore to magnet, made up.

The book and its rules stand beside this file as a person would write them. Lots come from the
example of `lots`; their verdicts are worked out here by the content rules, and the lot that fails
is void. Two contracts settle beside the auction: an offtake between two members, of which only the
deviation is bought at the auction's price, and a contract for difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from monazite.club.clearing import clear
from monazite.club.orders import ANYONE, MICRO, Book, Clearing, Eligibility, Leg, Rules
from monazite.club.reading import read_book, read_rules
from monazite.messages import LANGUAGES

FOLDER = Path(__file__).parent
DAY = date(2026, 11, 20)
RULES = ("club_mass", "ownership")  # what every lot of the demonstration must meet


@dataclass(frozen=True)
class Told:
    """A lot's verdict under the rules of the day, in words of each language."""

    lot: str
    order: str
    eligible: bool
    reason: dict[str, str]


@dataclass(frozen=True)
class Contract:
    """A contract beside the auction: its parties, terms and the legs it adds."""

    id: str
    kind: str
    parties: tuple[str, str]
    product: str
    kg: int
    price: int  # what a kilogram costs under it, micro-dollars
    market: int
    legs: tuple[Leg, ...]


@dataclass(frozen=True)
class Day:
    """An auction day: its clearing, the verdicts on lots, and the contracts beside it."""

    clearing: Clearing
    verdicts: tuple[Told, ...]
    contracts: tuple[Contract, ...]


def day() -> Day:
    """The demonstration, cleared."""
    book, rules = read_book(FOLDER / "book.yaml"), read_rules(FOLDER / "rules.yaml")
    told = verdicts(book)
    return of(book, rules, told)


def of(book: Book, rules: Rules, told: Sequence[Told]) -> Day:
    """The day of a book with verdicts on its lots."""
    failed = (one for one in told if not one.eligible)
    barred = [Eligibility(ANYONE, one.lot, False, one.reason["en"]) for one in failed]
    found = clear(replace(book, eligibility=(*book.eligibility, *barred)), rules)
    return Day(found, tuple(told), contracts(found))


def verdicts(book: Book) -> tuple[Told, ...]:
    """What the rules of the day say of every lot that an order offers."""
    from monazite.club import content
    from monazite.club.lot_file import read_lots

    evidence = content.Evidence(read_lots("example"))
    rules = {name: rule for name, rule in content.rules().items() if name in RULES}
    found = []
    for order in sorted(book.orders, key=lambda one: one.id):
        if order.lot:
            every = content.verdicts(evidence, order.lot, rules, DAY).all
            told = [one for one in every if not one.met] or every
            reason = {lang: "; ".join(one.reason(lang) for one in told) for lang in LANGUAGES}
            found.append(Told(order.lot, order.id, all(one.met for one in every), reason))
    return tuple(found)


def contracts(found: Clearing) -> tuple[Contract, ...]:
    """An offtake of oxide in Japan, and a contract for difference on oxide under the floor."""
    from monazite.club.contracts.base import Account
    from monazite.club.contracts.contract_for_difference import ContractForDifference
    from monazite.club.contracts.offtake import Offtake
    from monazite.club.contracts.two_step import Contracted, two_step

    first, last, account = date(2026, 1, 1), date(2035, 12, 31), Account(DAY.year)
    made = []
    offtake = Offtake("offtake", "kuan", "tokyo", "ndpr@JPN", first, last, floor=70 * MICRO)
    market = found.price(offtake.product)
    if market is not None:
        kg, price = 10_000, offtake.price(market)
        ours = Contracted(offtake.id, offtake.seller, offtake.buyer, offtake.product, kg, price)
        legs = two_step([], [ours], {offtake.product: market})
        parties = (offtake.seller, offtake.buyer)
        made.append(
            Contract(
                offtake.id, "offtake", parties, offtake.product, kg, price, market, tuple(legs)
            )
        )
    cfd = ContractForDifference(
        "difference", "passmine", "treasury", "ndpr@USA", first, last, strike=115 * MICRO
    )
    market = found.price(cfd.product)
    key = (cfd.producer, cfd.product)
    sold = -sum(leg.kg for leg in found.legs if (leg.member, leg.product) == key)
    if market is not None and sold > 0:
        settled = cfd.settle(DAY, sold, market, account)
        parties = (cfd.producer, cfd.guarantor)
        made.append(
            Contract(cfd.id, cfd.kind, parties, cfd.product, sold, cfd.strike, market, settled.legs)
        )
    return tuple(made)


def record(day: Day) -> dict[str, Any]:
    """Verdicts and contracts of a day as nested lists and mappings."""
    return {
        "verdicts": [
            {"lot": one.lot, "order": one.order, "eligible": one.eligible, "reason": one.reason}
            for one in day.verdicts
        ],
        "contracts": [
            {
                "id": one.id, "kind": one.kind, "parties": list(one.parties),
                "product": one.product, "kg": one.kg, "price": one.price, "market": one.market,
                "legs": [
                    {
                        "order": leg.order, "member": leg.member, "product": leg.product,
                        "kg": leg.kg, "uusd": leg.uusd,
                    }
                    for leg in one.legs
                ],
            }
            for one in day.contracts
        ],
    }  # fmt: skip

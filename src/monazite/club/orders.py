"""What do members hand in, what do the rules say, and what comes out of an auction?

Everything is whole: mass in kilograms, prices in micro-dollars per kilogram (1 USD/kg = 1,000,000),
money in micro-dollars. A book and its rules are all that `clear` looks at; it has no clock, no
random number and no memory. The types below are also the schema of the files (`reading`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from annotated_types import Ge, Le, Len

MICRO = 1_000_000  # micro-dollars in a dollar
CLUB = "club"  # the club's own account in every list of legs
STOCKPILE = "stockpile"  # the group of the stockpile's own orders
ANYONE = "*"  # every buyer, in an eligibility row

# beyond these a price times a mass could leave 64 bits
MOST_KG = 1_000_000_000_000  # 1,000 Mt
MOST_IN_ALL = 4 * 10**18  # kilograms of all orders of a book together
MOST_PRICE = 1_000_000_000_000  # 1,000,000 USD/kg

Name = Annotated[str, Len(1, 200)]
Count = Annotated[int, Ge(1), Le(MOST_KG)]
Natural = Annotated[int, Ge(0), Le(MOST_KG)]
Price = Annotated[int, Ge(-MOST_PRICE), Le(MOST_PRICE)]
Money = Annotated[int, Ge(0), Le(10**24)]
Positive = Annotated[int, Ge(1), Le(MOST_PRICE)]
Side = Literal["bid", "ask"]


@dataclass(frozen=True, slots=True)
class Product:
    """What is traded: one material of one grade at one place, in lots, at prices on a tick.

    ``reference`` is the published price nearest which the clearing price lies; ``floor`` the lowest
    at which the club lets it trade; ``band`` the prices (lowest, highest) that need no release by
    two persons. Content is part of the product: lots that satisfy a rule trade as a product of
    their own, and a conversion without fee lets them serve as the plain one.
    """

    id: Name
    material: Name
    place: Name
    grade: str = ""
    lot_kg: Count = 1
    tick: Positive = 1
    min_lots: Count = 1
    reference: Positive | None = None
    floor: Positive | None = None
    band: tuple[Price, Price] | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """A member's wish to buy (bid) or sell (ask) up to ``lots`` at ``limit`` or better.

    ``group`` is the beneficial owner; ``lot`` the lot that an ask offers. Of entries with one
    ``id`` the last ``revision`` counts: that is how an order is amended, or ``cancelled``.
    """

    id: Name
    member: Name
    group: Name
    side: Side
    product: Name
    lots: Count
    limit: Price
    lot: str = ""
    revision: Natural = 0
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Conversion:
    """A recipe with a fee: each run takes ``inputs`` and gives ``outputs``, (product, kg) each.

    It runs up to ``runs`` times where Σ outputs·price − Σ inputs·price ≥ ``fee`` (micro-dollars a
    run), buys its inputs and sells its outputs at the clearing prices, and keeps the difference.
    """

    id: Name
    member: Name
    group: Name
    inputs: Annotated[tuple[tuple[Name, Count], ...], Len(1)]
    outputs: Annotated[tuple[tuple[Name, Count], ...], Len(1)]
    fee: Price
    runs: Count
    revision: Natural = 0
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Arc:
    """Freight of one product to another place: up to ``cap_kg`` (the licence) at ``freight`` a kg.

    The member that holds it gets the difference of the two prices, which is at least the freight.
    """

    id: Name
    member: Name
    group: Name
    origin: Name
    destination: Name
    freight: Price
    cap_kg: Count
    revision: Natural = 0
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Purchase:
    """What the stockpile may buy at a product's floor: the smallest of excess, room and money.

    ``handling`` (micro-dollars per kg) is paid out of the same money beside the floor.
    """

    id: Name
    product: Name
    room_kg: Natural
    money: Money
    handling: Annotated[int, Ge(0), Le(MOST_PRICE)] = 0
    member: Name = STOCKPILE


@dataclass(frozen=True, slots=True)
class Release:
    """One tier of the stockpile's sales: ``kg`` at the published ``price``.

    A tier is at most a third of ``stock_kg`` above ``core_kg``, the part that is never sold.
    """

    id: Name
    product: Name
    kg: Natural
    price: Positive
    stock_kg: Natural
    core_kg: Natural = 0
    member: Name = STOCKPILE


@dataclass(frozen=True, slots=True)
class Refusal:
    """A first refusal, filed before the close: up to ``lots`` at clearing price plus premium.

    It is taken where that sum is not above ``limit``, and displaces end bids of this product only.
    """

    id: Name
    member: Name
    group: Name
    product: Name
    lots: Count
    limit: Price
    revision: Natural = 0
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Eligibility:
    """A verdict: may ``buyer`` (a member, or "*") take ``subject``, a lot or a product?"""

    buyer: Name
    subject: Name
    eligible: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Collateral:
    """The most that a member's bids and refusals may cost together, in micro-dollars."""

    member: Name
    money: Money


@dataclass(frozen=True)
class Book:
    """Everything handed in before the close of one auction."""

    auction: Name
    products: Sequence[Product]
    orders: Sequence[Order] = ()
    conversions: Sequence[Conversion] = ()
    arcs: Sequence[Arc] = ()
    purchases: Sequence[Purchase] = ()
    releases: Sequence[Release] = ()
    refusals: Sequence[Refusal] = ()
    eligibility: Sequence[Eligibility] = ()
    collateral: Sequence[Collateral] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """The published rules of an auction.

    ``commitment`` is the value committed before the opening that settles ties. ``premium`` is what
    a first refusal pays the displaced (micro-dollars per kg); ``group_cap_ppm`` the most that one
    group may be given of a quantity rationed at a floor, in millionths; ``parties`` the number of
    independent groups on each side from which a price outside its band is not held (None: it
    always is).
    """

    version: Name
    commitment: Name
    premium: Annotated[int, Ge(0), Le(MOST_PRICE)] = 0
    group_cap_ppm: Annotated[int, Ge(1), Le(1_000_000)] = 1_000_000
    parties: Count | None = None


@dataclass(frozen=True, slots=True)
class Leg:
    """One movement: ``kg`` and ``uusd`` (micro-dollars), positive where the member receives."""

    order: str
    member: str
    product: str
    kg: int
    uusd: int


@dataclass(frozen=True)
class Clearing:
    """What an auction did. ``record`` is `result.json`, ``proof`` is `proof.json`.

    Equal books give equal records, byte for byte; a proof is checked, not compared.
    """

    book: Book
    rules: Rules
    record: dict[str, Any]
    proof: dict[str, Any] = field(default_factory=dict)

    @property
    def legs(self) -> tuple[Leg, ...]:
        """Every movement of mass and money, of products held as well; they sum to zero."""
        return tuple(self._legs())

    def _legs(self) -> Iterator[Leg]:
        for row in self.record["legs"]:
            yield Leg(row["order"], row["member"], row["product"], row["kg"], row["uusd"])

    def price(self, product: str) -> int | None:
        """The clearing price in micro-dollars per kg; None where the product did not trade."""
        for row in self.record["prices"]:
            if row["product"] == product:
                return row["price"]
        raise KeyError(product)

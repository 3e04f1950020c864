"""Who delivers and pays what after an auction, and what if somebody does not?

Works from legs alone. Everybody settles with the club, net over an auction: a member puts up what
it owes, and one entry then gives everybody what is due, both sides or none.

Close-out. A member that has not put up what it owes by the deadline is out with all its orders.
The other side of each of its legs is cut by the same quantity, in proportion, at the auction price,
so nobody pays for another's default with more than the trade itself. An order with several
products (a conversion, freight) shrinks as a whole, and what that leaves open is cut in turn,
up and down the chain. Those who were cut share the defaulters' collateral in proportion to the
value of their cut, up to that value; what is left goes back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from monazite.club.canonical import digest
from monazite.club.ledger import MONEY
from monazite.club.orders import CLUB, Leg

Owed = dict[str, dict[str, int]]


def due(legs: Iterable[Leg]) -> Owed:
    """What each member receives (positive) and gives (negative) of each asset, net."""
    sums: Owed = {}
    for leg in legs:
        assets = sums.setdefault(leg.member, {})
        for asset, amount in ((leg.product, leg.kg), (MONEY, leg.uusd)):
            assets[asset] = assets.get(asset, 0) + amount
    return {
        member: {
            asset: sums[member][asset] for asset in sorted(sums[member]) if sums[member][asset]
        }
        for member in sorted(sums)
    }


def gives(owed: Owed) -> Owed:
    """The part of `due` that members have to put up, as positive amounts."""
    return {
        member: given
        for member, assets in owed.items()
        if (given := {asset: -amount for asset, amount in assets.items() if amount < 0})
    }


def unbalanced(legs: Iterable[Leg]) -> dict[str, int]:
    """The assets whose legs do not sum to zero."""
    sums: dict[str, int] = {}
    for leg in legs:
        for asset, amount in ((leg.product, leg.kg), (MONEY, leg.uusd)):
            sums[asset] = sums.get(asset, 0) + amount
    return {asset: sums[asset] for asset in sorted(sums) if sums[asset]}


def in_proportion(total: int, weights: Sequence[int], names: Sequence[str]) -> list[int]:
    """`total` shared by `weights` in whole units: the largest fractions get what is left.

    Equal fractions go in the order of `names`. No share exceeds its weight where `total` does not
    exceed their sum.
    """
    whole = sum(weights)
    shares = [total * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), names[i]))
    for index in order[: total - sum(shares)]:
        shares[index] += 1
    return shares


@dataclass(frozen=True)
class Cut:
    """What a leg lost by another's default: kilograms, and their value at the auction price."""

    order: str
    member: str
    product: str
    kg: int
    uusd: int


@dataclass(frozen=True)
class CloseOut:
    """The legs that remain, and what those lost who did nothing wrong."""

    legs: tuple[Leg, ...]
    cuts: tuple[Cut, ...]


def close_out(
    legs: Sequence[Leg],
    prices: Mapping[str, int],
    defaulters: Collection[str],
    *,
    lots: Mapping[str, int] | None = None,
    salt: str = "",
) -> CloseOut:
    """The legs without the defaulters, cut as the rule above says; sums stay zero.

    `lots` gives the kilograms of a lot per product: where every leg of a product is in whole lots,
    cuts are too. `salt` orders equal fractions.
    """
    book = _Legs(legs, prices, lots or {}, salt)
    for at, leg in enumerate(legs):
        if leg.member in defaulters:
            book.kg[at] = book.rest[at] = 0
    while (product := book.open()) is not None:
        book.cut(product)
    book.settle_rest()
    return CloseOut(book.left(), book.cuts(defaulters))


class _Legs:
    """Legs on their way through a close-out: kilograms, and money beside the price (premiums)."""

    def __init__(
        self, legs: Sequence[Leg], prices: Mapping[str, int], lots: Mapping[str, int], salt: str
    ) -> None:
        self.legs, self.prices, self.lots, self.salt = legs, prices, lots, salt
        self.kg = [leg.kg for leg in legs]
        self.rest = [leg.uusd + leg.kg * prices.get(leg.product, 0) for leg in legs]
        self.extra = list(self.rest)
        self.of: dict[str, list[int]] = {}
        self.at: dict[str, list[int]] = {}
        for index, leg in enumerate(legs):
            self.of.setdefault(leg.order, []).append(index)
            self.at.setdefault(leg.product, []).append(index)
        self.club = 0

    def name(self, index: int) -> str:
        leg = self.legs[index]
        return digest(f"{self.salt}/{leg.order}/{leg.product}/{leg.kg}")

    def open(self) -> str | None:
        """The first product whose kilograms do not sum to zero."""
        for product in sorted(self.at):
            if sum(self.kg[i] for i in self.at[product]):
                return product
        return None

    def cut(self, product: str) -> None:
        """Cut the longer side of a product in proportion until it is in balance."""
        rows = self.at[product]
        over = sum(self.kg[i] for i in rows)
        longer = [i for i in rows if self.kg[i] * over > 0]
        unit = self.lots.get(product, 1)
        if over % unit or any(self.kg[i] % unit for i in longer):
            unit = 1
        weights = [abs(self.kg[i]) // unit for i in longer]
        shares = in_proportion(abs(over) // unit, weights, [self.name(i) for i in longer])
        for index, share in zip(longer, shares, strict=True):
            self._shrink(index, abs(self.kg[index]) - share * unit)

    def _shrink(self, index: int, kg: int) -> None:
        """Set a leg to `kg` and the other products of its order to the same part of themselves."""
        self._set(index, kg)
        whole = abs(self.legs[index].kg)
        for other in self.of[self.legs[index].order]:
            if self.legs[other].product != self.legs[index].product:
                part = abs(self.legs[other].kg) * kg // whole
                self._set(other, min(abs(self.kg[other]), part))

    def _set(self, index: int, kg: int) -> None:
        leg = self.legs[index]
        self.kg[index] = kg if leg.kg > 0 else -kg
        if leg.kg:
            part = abs(self.extra[index]) * kg // abs(leg.kg)
            self.rest[index] = part if self.extra[index] > 0 else -part

    def settle_rest(self) -> None:
        """Bring premiums into balance product by product; what nobody can bear is the club's."""
        for product in sorted(self.at):
            rows = self.at[product]
            over = sum(self.rest[i] for i in rows) - sum(self.extra[i] for i in rows)
            bearers = [i for i in rows if self.rest[i] * over > 0]
            weights = [abs(self.rest[i]) for i in bearers]
            amount = min(abs(over), sum(weights))
            if bearers:
                shares = in_proportion(amount, weights, [self.name(i) for i in bearers])
                for index, share in zip(bearers, shares, strict=True):
                    self.rest[index] -= share if over > 0 else -share
            self.club -= (abs(over) - amount) * (1 if over > 0 else -1)

    def money(self, index: int) -> int:
        leg = self.legs[index]
        return self.rest[index] - self.kg[index] * self.prices.get(leg.product, 0)

    def left(self) -> tuple[Leg, ...]:
        rows = [
            replace(leg, kg=self.kg[i], uusd=self.money(i))
            for i, leg in enumerate(self.legs)
            if self.kg[i] or self.money(i)
        ]
        club = [Leg("", CLUB, "", 0, self.club)] if self.club else []
        return (*rows, *club)

    def cuts(self, defaulters: Collection[str]) -> tuple[Cut, ...]:
        rows = []
        for index, leg in enumerate(self.legs):
            kg = abs(leg.kg - self.kg[index])
            value = kg * abs(self.prices.get(leg.product, 0))
            value += abs(self.extra[index] - self.rest[index])
            if leg.member not in defaulters and value:
                rows.append(Cut(leg.order, leg.member, leg.product, kg, value))
        return tuple(rows)


@dataclass(frozen=True)
class Damages:
    """Collateral taken from each defaulter and given to each member that was cut; equal sums."""

    taken: dict[str, int]
    given: dict[str, int]


def damages(cuts: Iterable[Cut], collateral: Mapping[str, int], *, salt: str = "") -> Damages:
    """How the defaulters' collateral is shared: by value of the cut, and never above it."""
    lost: dict[str, int] = {}
    for cut in cuts:
        lost[cut.member] = lost.get(cut.member, 0) + cut.uusd
    pool = min(sum(collateral.values()), sum(lost.values()))
    if not pool:
        return Damages({}, {})
    return Damages(_shared(pool, collateral, salt), _shared(pool, lost, salt))


def _shared(total: int, weights: Mapping[str, int], salt: str) -> dict[str, int]:
    members = sorted(weights)
    names = [digest(f"{salt}/{member}") for member in members]
    shares = in_proportion(total, [weights[member] for member in members], names)
    return {member: share for member, share in zip(members, shares, strict=True) if share}

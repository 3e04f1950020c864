"""What can be shown of where a lot comes from? What is unknown is against it.

The worst share of an element in a lot is an upper bound on what of it may be covered or unknown:

    s(lot) = 1                                     where something speaks against the lot itself
    s(lot) = (B + G) / (B + G + F)                 otherwise, over its parents p
    B = Σ kg_p·high_p·s_p,  F = Σ kg_p·low_p·(1 - s_p),  G = what no parent explains

with the assay's upper end for what is against the lot and its lower end for what is for it. A lot
without parents has s = 0 if its steps begin in the ground or with scrap, else 1.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property

from monazite.club.chain import missing
from monazite.club.content.verdict import Witness
from monazite.club.lots import BEGINNINGS, MILLION, MODELS, Lot, Register
from monazite.club.mass import EVER, Breach, breaches

Against = Callable[[Lot], Witness | None]


@dataclass(frozen=True)
class Evidence:
    """The register as a basis for verdicts: lots in breach of the books show nothing.

    `periods` are those over which sites must balance.
    """

    register: Register
    periods: tuple[tuple[date, date], ...] = (EVER,)

    @cached_property
    def breaches(self) -> Sequence[Breach]:
        """Every way in which the books do not hold."""
        return breaches(self.register, self.periods)

    @cached_property
    def breached(self) -> Mapping[str, str]:
        """Lot id -> the kind of breach it takes part in: itself, or by taking of such a lot."""
        found: dict[str, str] = {}
        for one in self.breaches:
            for lot in one.lots:
                found.setdefault(lot, one.kind)
        return found

    @cached_property
    def made_of(self) -> Mapping[str, list[str]]:
        """Lot id -> the ids of the lots made of it."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for lot in self.register.by_id.values():
            for parent in lot.parents:
                found[parent.lot].append(lot.id)
        return found

    @cached_property
    def missing(self) -> Mapping[str, tuple[str, ...]]:
        """Lot id -> steps that must lie behind it and are not named."""
        return missing(self.register)

    def lot(self, id: str) -> Lot:
        """A lot of the register. Raises KeyError for an unknown one."""
        return self.register.by_id[id]

    def ancestry(self, lot: Lot) -> tuple[Lot, ...]:
        """The lot and all it was made of, nearest first."""
        return self.register.ancestry(lot.id)

    def oldest_first(self, lot: Lot) -> list[Lot]:
        """The ancestry, parents before children; without lots that descend from themselves."""
        known = [one for one in self.ancestry(lot) if one.id in self._depth]
        return sorted(known, key=lambda one: self._depth[one.id])

    @cached_property
    def _depth(self) -> Mapping[str, int]:
        return {id: place for place, id in enumerate(self.register.order)}

    def gaps(self, lot: Lot, accepts: Sequence[str]) -> list[Witness]:
        """What hides how a lot came about: a breach, weak custody, strangers, steps left out."""
        found: list[Witness] = []
        if lot.id in self.register.circular or lot.id in self.breached:
            found.append(Witness(lot.id, "breach", {"kind": self.breached.get(lot.id, "circle")}))
        if lot.custody not in accepts:
            found.append(Witness(lot.id, "custody", {"model": lot.custody}))
        strangers = [one.lot for one in lot.parents if one.lot not in self.register.by_id]
        found += [Witness(lot.id, "stranger", {"parent": one}) for one in strangers]
        if not lot.parents and not begins(lot):
            found.append(Witness(lot.id, "no_beginning"))
        left_out = self.missing.get(lot.id, ())
        return found + [Witness(lot.id, "missing_step", {"step": step}) for step in left_out]

    def unexplained(self, lot: Lot, element: str) -> Fraction:
        """Kilograms of an element that are in the lot and in nothing it was made of, at the least.

        Joint products share their parents, so a lot is measured with all that its site made of the
        same parents; the part that is missing falls on each in proportion.
        """
        own = lot.assay(element)
        if not lot.parents or own is None or own.low == 0:
            return Fraction(0)
        made = [
            self.register.by_id[id]
            for id in dict.fromkeys(id for one in lot.parents for id in self.made_of[one.lot])
            if self.register.by_id[id].site == lot.site
        ]
        out = sum(one.net_kg * found.low for one in made if (found := one.assay(element)))
        taken = sum(
            parent.kg * _high(self.register.by_id.get(parent.lot), element)
            for one in made
            for parent in one.parents
        )
        missing = Fraction(max(0, out - taken), out)
        return missing * lot.net_kg * own.low / MILLION

    def most(self, lot: Lot, element: str) -> Fraction:
        """The most of an element that a lot can hold, kg: by its assay, else by its parents'.

        An element that no lot of the ancestry states is taken as absent.
        """
        kg: dict[str, Fraction] = {}
        for one in self.oldest_first(lot):
            if (own := one.assay(element)) is not None:
                kg[one.id] = Fraction(one.net_kg * own.high, MILLION)
                continue
            brought = (
                kg[parent.lot] * parent.kg / self.register.by_id[parent.lot].net_kg
                for parent in one.parents
                if parent.lot in kg
            )
            kg[one.id] = sum(brought, Fraction(0))
        return kg.get(lot.id, Fraction(0))

    def worst(
        self, lot: Lot, element: str, against: Against, accepts: Sequence[str]
    ) -> tuple[Fraction, tuple[Witness, ...]]:
        """The worst share of an element in the lot, and all that speaks against it."""
        shares: dict[str, Fraction] = {}
        found: list[Witness] = []
        for one in self.oldest_first(lot):
            if not may_hold(one, element):
                continue
            shares[one.id], told = self._share(one, element, against, accepts, shares)
            found += [each for each in told if each not in found]
        if lot.id in self.register.circular:
            return Fraction(1), tuple(self.gaps(lot, accepts))
        return shares.get(lot.id, Fraction(0)), tuple(found)

    def _share(
        self,
        lot: Lot,
        element: str,
        against: Against,
        accepts: Sequence[str],
        shares: Mapping[str, Fraction],
    ) -> tuple[Fraction, list[Witness]]:
        told = self.gaps(lot, accepts)
        if (own := against(lot)) is not None:
            told.insert(0, own)
        if any(one.why != "stranger" for one in told):
            return Fraction(1), told
        if not lot.parents:
            return Fraction(0), told
        bad = good = Fraction(0)
        for parent in lot.parents:
            made_of = self.register.by_id.get(parent.lot)
            share = shares.get(parent.lot, Fraction(0)) if made_of else Fraction(1)
            bad += Fraction(parent.kg * _high(made_of, element), MILLION) * share
            good += Fraction(parent.kg * _low(made_of, element), MILLION) * (1 - share)
        if (gap := self.unexplained(lot, element)) > 0:
            told.append(Witness(lot.id, "unexplained", {"element": element}))
        bad += gap
        if bad + good == 0:
            told.append(Witness(lot.id, "unexplained", {"element": element}))
            return Fraction(1), told
        return bad / (bad + good), told


def begins(lot: Lot) -> bool:
    """Whether the lot's steps begin in the ground or with scrap."""
    return any(step.name in BEGINNINGS for step in lot.steps)


def may_hold(lot: Lot, element: str) -> bool:
    """Whether the lot may hold an element: its assay does not say that it holds none."""
    found = lot.assay(element)
    return found is None or found.high > 0


def weakest(lots: Sequence[Lot]) -> str:
    """The weakest custody model among lots."""
    return MODELS[max(MODELS.index(one.custody) for one in lots)]


def _high(lot: Lot | None, element: str) -> int:
    if lot is None:
        return MILLION
    found = lot.assay(element)
    return MILLION if found is None else found.high


def _low(lot: Lot | None, element: str) -> int:
    found = lot.assay(element) if lot else None
    return 0 if found is None else found.low

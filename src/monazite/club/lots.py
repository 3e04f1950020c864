"""What is a lot, who holds it, and what was it made of? The record, and the register of all lots.

Mass is in whole kilograms. A mass fraction is in parts per million of the net mass, with its
uncertainty, so that contained masses are exact fractions of a kilogram.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import Annotated, Literal, get_args

from annotated_types import Ge, Le, Len

MILLION = 1_000_000
# Steps of a chain, in its order. "alloying" is the melting of an alloy from metals, "reduction" the
# making of metal from oxide; recycling begins a chain as mining does.
StepName = Literal[
    "mining",
    "concentration",
    "separation",
    "refining",
    "reduction",
    "alloying",
    "powder",
    "pressing",
    "sintering",
    "magnetising",
    "recycling",
]
STEPS: tuple[str, ...] = get_args(StepName)
BEGINNINGS = ("mining", "recycling")
# ISO 22095:2020, clause 3.3, from the strictest link between paper and metal to none.
Model = Literal[
    "identity_preserved", "segregated", "controlled_blending", "mass_balance", "book_and_claim"
]
MODELS: tuple[str, ...] = get_args(Model)
Level = Literal["declared", "checked", "certified"]
LEVELS: tuple[str, ...] = get_args(Level)
Lien = Literal["free", "pledged"]
# Incoterms 2020, International Chamber of Commerce; empty where none is agreed.
Incoterm = Literal["", "EXW", "FCA", "FAS", "FOB", "CFR", "CIF", "CPT", "CIP", "DAP", "DPU", "DDP"]
Kind = Literal["government", "company", "person"]

Name = Annotated[str, Len(1, 200)]
Kilograms = Annotated[int, Ge(1), Le(10**12)]
Ppm = Annotated[int, Ge(0), Le(MILLION)]
Value = Annotated[int, Ge(1), Le(10**12)]  # uUSD per kg


@dataclass(frozen=True)
class Parent:
    """Kilograms taken of another lot."""

    lot: Name
    kg: Kilograms


@dataclass(frozen=True)
class Assay:
    """The mass fraction of an element, ppm of the net mass, and its uncertainty (half width)."""

    element: Name
    ppm: Ppm
    plus_minus_ppm: Ppm = 0

    @property
    def low(self) -> int:
        """The least it can be, ppm."""
        return max(0, self.ppm - self.plus_minus_ppm)

    @property
    def high(self) -> int:
        """The most it can be, ppm."""
        return min(MILLION, self.ppm + self.plus_minus_ppm)


@dataclass(frozen=True)
class Owner:
    """A holder of an operator, its share in ppm, and the holder's own holders.

    A country or share of None is unknown. Holders of a holder are its whole known register; what is
    missing to 1,000,000 ppm is unknown.
    """

    name: Name
    country: str | None
    share_ppm: Ppm | None
    kind: Kind = "company"
    owners: tuple[Owner, ...] = ()


@dataclass(frozen=True)
class Step:
    """A step of production: where it was done, and which country licenses its technology."""

    name: StepName
    country: str | None
    technology: str | None


@dataclass(frozen=True)
class Document:
    """A paper of the lot, by its SHA-256, so that nobody can change it unseen."""

    name: Name
    sha256: str


@dataclass(frozen=True)
class Claim:
    """What is said of a lot and how well: declared by its seller, checked, or certified."""

    about: Name
    level: Level
    by: Name


@dataclass(frozen=True)
class Lot:
    """A parcel of one material: what it is, who made it of what and where, and where it lies.

    `steps` are those between the parents and this lot; without parents, all from the ground on.
    """

    id: Name
    material: Name
    grade: str
    net_kg: Kilograms
    made: date
    holder: Name
    site: Name
    operator: Name
    operator_country: str | None
    custody: Model
    parents: tuple[Parent, ...] = ()
    assays: tuple[Assay, ...] = ()
    owners: tuple[Owner, ...] = ()
    steps: tuple[Step, ...] = ()
    value_uusd_per_kg: Value | None = None
    warehouse: str = ""
    receipt: str = ""
    lien: Lien = "free"
    available_from: date | None = None
    incoterm: Incoterm = ""
    port: str = ""
    restrictions: tuple[str, ...] = ()
    documents: tuple[Document, ...] = ()
    claims: tuple[Claim, ...] = ()

    def assay(self, element: str) -> Assay | None:
        """The assay of an element; None where it is not stated."""
        return next((one for one in self.assays if one.element == element), None)

    def contained(self, element: str) -> Fraction:
        """Contained mass of an element, kg, at the stated fraction; 0 where none is stated."""
        found = self.assay(element)
        return Fraction(self.net_kg * found.ppm, MILLION) if found else Fraction(0)

    def level(self, about: str) -> str | None:
        """The best level at which something is claimed of the lot; None where it is not."""
        held = [LEVELS.index(one.level) for one in self.claims if one.about == about]
        return LEVELS[max(held)] if held else None


@dataclass(frozen=True)
class Sale:
    """A transfer of title: a receipt is given up, `kg` go to the buyer under the receipt `issued`.

    What is left of the surrendered receipt goes on under the receipt `rest`. A delivery in one of
    the club's auctions has no receipt.
    """

    id: Name
    lot: Name
    kg: Kilograms
    seller: Name
    buyer: Name
    on: date
    receipt: str = ""
    issued: str = ""
    rest: str = ""


@dataclass(frozen=True)
class Register:
    """All lots and sales that the club knows of; `monazite.club.mass` tells if they hold.

    `about` says in words what the register is, such as that it is an example.
    """

    lots: tuple[Lot, ...]
    sales: tuple[Sale, ...] = ()
    about: str = ""

    @cached_property
    def by_id(self) -> Mapping[str, Lot]:
        """Lot id -> lot; the first one where an id stands twice (which `mass.breaches` tells)."""
        found: dict[str, Lot] = {}
        for lot in self.lots:
            found.setdefault(lot.id, lot)
        return found

    @cached_property
    def order(self) -> tuple[str, ...]:
        """Lot ids, parents before children; lots that descend from themselves are left out."""
        return _order({lot.id: _known(lot, self.by_id) for lot in self.by_id.values()})

    @cached_property
    def circular(self) -> frozenset[str]:
        """Lots that descend from themselves, or from such a lot."""
        return frozenset(self.by_id) - frozenset(self.order)

    def ancestry(self, lot: str) -> tuple[Lot, ...]:
        """The lot and all it was made of, nearest first. Raises KeyError for an unknown id."""
        seen, waiting = {lot: self.by_id[lot]}, deque([lot])
        while waiting:
            for parent in _known(self.by_id[waiting.popleft()], self.by_id):
                if parent not in seen:
                    seen[parent] = self.by_id[parent]
                    waiting.append(parent)
        return tuple(seen.values())


def _known(lot: Lot, lots: Mapping[str, Lot]) -> list[str]:
    return [parent.lot for parent in lot.parents if parent.lot in lots]


def _order(parents: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    sorter = TopologicalSorter(parents)
    done: list[str] = []
    # after finding a circle the sorter still gives all that does not hang on it
    with suppress(CycleError):
        sorter.prepare()
    while ready := sorter.get_ready():
        done.extend(ready)
        sorter.done(*ready)
    return tuple(done)

"""Is any lot, receipt or kilogram used twice, and does more metal leave a site than went in?

Three books, all in exact numbers:

* title: a holder of a lot starts with what it made, plus what it bought, less what it sold and what
  went into its own lots; no day may end below zero. A mass-balance credit is such a taking too, so
  that a kilogram of certified input carries one claim;
* receipts: each is issued once and given up once;
* metal: for each site, period and element, the contained mass of what was made from other lots is
  at most the contained mass of what was taken for it, both as far as their assays allow.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from itertools import groupby
from typing import Any

from monazite.club.lots import MILLION, Lot, Register, Sale

EVER = (date.min, date.max)
MONTHS = {"year": 12, "quarter": 3, "month": 1}


@dataclass(frozen=True)
class Breach:
    """One way in which the books do not hold: which rule, for which lots, by how much."""

    kind: str
    lots: tuple[str, ...]
    kg: Fraction = Fraction(0)
    values: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def told(self, lang: str | None = None) -> str:
        """The breach in words, in `lang` or the current language."""
        from monazite.messages import say

        given = {"lots": ", ".join(self.lots), "kg": shown(self.kg), **self.values}
        return say(f"club.breach.{self.kind}", lang, **given)


@dataclass(frozen=True)
class Balance:
    """The metal account of one element at one site in one period, kg of the element.

    `taken` and `made` are at the stated assays; `gap` is what cannot be explained by their
    uncertainty: max(0, least made - most taken).
    """

    site: str
    element: str
    taken: Fraction
    made: Fraction
    gap: Fraction

    @property
    def loss(self) -> Fraction:
        """What was taken and is in nothing made: tailings, slag, dust, stock in process."""
        return self.taken - self.made


def breaches(register: Register, periods: Iterable[tuple[date, date]] = (EVER,)) -> list[Breach]:
    """Every way in which the books of `register` do not hold; empty if they hold.

    `periods` are the first and last days over which sites must balance.
    """
    found = [*_twice_registered(register), *_genealogy(register)]
    found += [*_receipts(register), *_titles(register)]
    for first, last in periods:
        made = _made(register, first, last)
        wrong = (one for one in balances(register, first, last) if one.gap > 0)
        found += [_from_nothing(one, made[one.site], first, last) for one in wrong]
    return found


def periods_of(register: Register, kind: str) -> list[tuple[date, date]]:
    """The calendar years, quarters or months in which lots were made; "ever" is all days."""
    if kind == "ever":
        return [EVER]
    months = MONTHS[kind]
    starts = {
        date(lot.made.year, (lot.made.month - 1) // months * months + 1, 1) for lot in register.lots
    }
    return [(first, _last_day(first, months)) for first in sorted(starts)]


def _last_day(first: date, months: int) -> date:
    after = first.month - 1 + months
    return date(first.year + after // 12, after % 12 + 1, 1) - timedelta(days=1)


# --- title ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Movement:
    """Kilograms of a lot that come to a holder (positive) or leave it, on a day."""

    lot: str
    holder: str
    on: date
    kg: int
    cause: str


def movements(register: Register) -> Iterator[Movement]:
    """All movements of title, in no order: made, taken for another lot, sold, bought."""
    for lot in register.lots:
        if register.by_id[lot.id] is lot:
            yield Movement(lot.id, lot.holder, lot.made, lot.net_kg, lot.id)
            for parent in lot.parents:
                yield Movement(parent.lot, lot.holder, lot.made, -parent.kg, lot.id)
    for sale in register.sales:
        yield Movement(sale.lot, sale.seller, sale.on, -sale.kg, sale.id)
        yield Movement(sale.lot, sale.buyer, sale.on, sale.kg, sale.id)


def holdings(register: Register, on: date = date.max) -> dict[tuple[str, str], int]:
    """Kilograms of each (lot, holder) at the end of a day."""
    found: defaultdict[tuple[str, str], int] = defaultdict(int)
    for one in movements(register):
        if one.on <= on:
            found[one.lot, one.holder] += one.kg
    return dict(found)


def _titles(register: Register) -> Iterator[Breach]:
    known = (one for one in movements(register) if one.lot in register.by_id)
    for (lot, holder), own in groupby(sorted(known, key=_account), key=lambda m: (m.lot, m.holder)):
        if short := _shortest(list(own)):
            kg, on, causes = short
            values = {"holder": holder, "on": on.isoformat(), "causes": ", ".join(causes)}
            yield Breach("overdrawn", (lot,), Fraction(kg), values)


def _account(one: Movement) -> tuple[str, str, date]:
    return one.lot, one.holder, one.on


def _shortest(own: list[Movement]) -> tuple[int, date, list[str]] | None:
    """The most by which an account is below zero, the first such day, and what drew on it by then.

    What comes and goes on one day is counted together: days are the finest time a lot knows.
    """
    level, worst, first = 0, 0, None
    for on, today in groupby(own, key=lambda one: one.on):
        level += sum(one.kg for one in today)
        if level < 0 and first is None:
            first = on
        worst = min(worst, level)
    if first is None:
        return None
    causes = sorted({one.cause for one in own if one.kg < 0 and one.on <= first})
    return -worst, first, causes


# --- receipts -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Receipt:
    lot: str
    holder: str
    kg: int
    pledged: bool


def _receipts(register: Register) -> Iterator[Breach]:
    open_, given_up = dict[str, _Receipt](), dict[str, str]()
    for lot in register.by_id.values():
        if lot.receipt:
            new = _Receipt(lot.id, lot.holder, lot.net_kg, lot.lien == "pledged")
            yield from _issue(lot.receipt, new, open_, given_up)
    for sale in sorted(register.sales, key=lambda one: (one.on, one.id)):
        if sale.receipt:  # an auction's delivery is booked without a paper
            yield from _give_up(sale, open_, given_up)


def _issue(
    receipt: str, new: _Receipt, open_: dict[str, _Receipt], given_up: Mapping[str, str]
) -> Iterator[Breach]:
    if receipt in open_ or receipt in given_up:
        other = open_[receipt].lot if receipt in open_ else new.lot
        yield Breach("receipt_twice", tuple(sorted({other, new.lot})), values={"receipt": receipt})
    open_.setdefault(receipt, new)


def _give_up(sale: Sale, open_: dict[str, _Receipt], given_up: dict[str, str]) -> Iterator[Breach]:
    values = {"receipt": sale.receipt, "sale": sale.id, "earlier": given_up.get(sale.receipt, "")}
    held = open_.pop(sale.receipt, None)
    if held is None:
        kind = "receipt_sold_twice" if sale.receipt in given_up else "receipt_unknown"
        yield Breach(kind, (sale.lot,), Fraction(sale.kg), values)
        return
    given_up[sale.receipt] = sale.id
    if (held.lot, held.holder) != (sale.lot, sale.seller):
        values |= {"of": held.lot, "holder": held.holder, "seller": sale.seller}
        yield Breach("receipt_of_another", (sale.lot,), Fraction(sale.kg), values)
        return
    if held.pledged:
        yield Breach("receipt_pledged", (sale.lot,), Fraction(sale.kg), values)
    if sale.kg > held.kg:
        yield Breach("receipt_too_small", (sale.lot,), Fraction(sale.kg - held.kg), values)
    parts = {sale.issued: (sale.buyer, sale.kg), sale.rest: (sale.seller, held.kg - sale.kg)}
    for receipt, (holder, kg) in parts.items():
        if receipt and kg > 0:
            yield from _issue(receipt, _Receipt(sale.lot, holder, kg, False), open_, given_up)


# --- genealogy ------------------------------------------------------------------------------------


def _twice_registered(register: Register) -> Iterator[Breach]:
    for lot in register.lots:
        if register.by_id[lot.id] is not lot:
            yield Breach("lot_twice", (lot.id,), Fraction(lot.net_kg))


def _genealogy(register: Register) -> Iterator[Breach]:
    if register.circular:
        yield Breach("circle", tuple(sorted(register.circular)))
    for lot in register.by_id.values():
        for parent in lot.parents:
            made_of = register.by_id.get(parent.lot)
            if made_of is not None and made_of.made > lot.made:
                values = {"parent": parent.lot, "on": lot.made, "later": made_of.made}
                yield Breach("before_parent", (lot.id,), Fraction(parent.kg), values)


# --- metal ----------------------------------------------------------------------------------------


def balances(register: Register, first: date, last: date) -> list[Balance]:
    """The metal accounts of all sites over the days from `first` to `last`, both included.

    Only lots made of other lots count: what comes out of the ground is its own beginning. An
    element that a parent's assay does not state is taken as absent from that parent.
    """
    made = _made(register, first, last)
    return [
        _balance(register, site, element, made[site])
        for site in sorted(made)
        for element in sorted({assay.element for lot in made[site] for assay in lot.assays})
    ]


def _made(register: Register, first: date, last: date) -> Mapping[str, list[Lot]]:
    """Site -> the lots made there of other lots over the days."""
    made: defaultdict[str, list[Lot]] = defaultdict(list)
    for lot in register.by_id.values():
        if lot.parents and first <= lot.made <= last:
            made[lot.site].append(lot)
    return made


def _balance(register: Register, site: str, element: str, made: list[Lot]) -> Balance:
    out = [(lot.net_kg, lot.assay(element)) for lot in made]
    taken = [
        (parent.kg, found.assay(element))
        for lot in made
        for parent in lot.parents
        if (found := register.by_id.get(parent.lot))
    ]
    least = sum(kg * one.low for kg, one in out if one)
    most = sum(kg * one.high for kg, one in taken if one)
    gap = Fraction(max(0, least - most), MILLION)
    if any(parent.lot not in register.by_id for lot in made for parent in lot.parents):
        gap = Fraction(
            0
        )  # a parent outside the register may have held any metal: unknown, not proved
    middle = [sum(kg * one.ppm for kg, one in side if one) for side in (taken, out)]
    return Balance(site, element, Fraction(middle[0], MILLION), Fraction(middle[1], MILLION), gap)


def _from_nothing(one: Balance, made: Iterable[Lot], first: date, last: date) -> Breach:
    lots = tuple(sorted(lot.id for lot in made if lot.contained(one.element) > 0))
    when = "" if (first, last) == EVER else f" ({first.isoformat()}/{last.isoformat()})"
    values = {
        "site": one.site,
        "element": one.element,
        "taken": shown(one.taken),
        "made": shown(one.made),
        "when": when,
    }
    return Breach("metal_from_nothing", lots, one.gap, values)


def shown(kg: Fraction) -> str:
    """A mass in kg for people: whole where it is whole, else to the gram."""
    return f"{kg.numerator:,}" if kg.denominator == 1 else f"{float(kg):,.3f}"

"""What do all contracts share? Legs that sum to zero, debts, and what a year has seen so far.

A contract is a frozen record of its terms. It settles a delivery from the account of its year and
gives back legs, debts and the account after it; nothing else is remembered. Kilograms, prices in
micro-dollars per kg and money in micro-dollars are whole; a share of money is rounded half to even.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Protocol

from monazite.club.lots import MILLION
from monazite.club.orders import Leg
from monazite.errors import InputError
from monazite.messages import say


@dataclass(frozen=True)
class Debt:
    """Money owed without metal moving, and the kilograms that the debtor may call for later."""

    contract: str
    debtor: str
    creditor: str
    product: str
    uusd: int
    make_up_kg: int = 0


@dataclass(frozen=True)
class Account:
    """What one contract has seen in one calendar year."""

    year: int
    taken_kg: int = 0
    returned_uusd: int = 0
    made_up_kg: int = 0
    make_up_kg: int = 0  # still open from earlier years

    def next_year(self, make_up_kg: int = 0) -> Account:
        """The account of the year after, with what is still to be made up."""
        left = self.make_up_kg - self.made_up_kg
        return Account(self.year + 1, make_up_kg=left + make_up_kg)


@dataclass(frozen=True)
class Settlement:
    """What a delivery or the end of a year does: legs, debts, and the account after it."""

    legs: tuple[Leg, ...]
    account: Account
    debts: tuple[Debt, ...] = ()


class Contract(Protocol):
    """What the club asks of a contract of any kind."""

    @property
    def id(self) -> str:
        """Its name."""

    @property
    def product(self) -> str:
        """What it is about."""

    @property
    def first(self) -> date:
        """The first day of its term."""

    @property
    def last(self) -> date:
        """The last day of its term."""

    @property
    def parties(self) -> tuple[str, str]:
        """Who delivers or is supported, and who takes or supports."""

    def at(self, on: date, kg: int, market: int | None, account: Account) -> Settlement:
        """What `kg` move at a market price (None: there is none).

        Raises InputError where the terms do not allow it or need a price.
        """

    def made_up_at(self, on: date, kg: int, market: int | None, account: Account) -> Settlement:
        """Metal that was paid for as a debt and is called for now. Raises InputError."""

    def stake(self, reference: int) -> int:
        """The price at which a call is secured, uUSD/kg."""

    def year_end(self, market: int | None, account: Account, output_kg: int) -> Settlement:
        """The end of a year. Raises InputError where something is owed that needs a price."""


def priced(contract: str, market: int | None) -> int:
    """A market price that must be there. Raises InputError."""
    if market is None:
        raise InputError(say("club.fault.contract_market", contract=contract))
    return market


def no_make_up(contract: str) -> InputError:
    """What is said where a kind has no separate call for what was paid for before."""
    return InputError(say("club.fault.contract_no_make_up", contract=contract))


def deliver(contract: str, product: str, seller: str, buyer: str, kg: int, price: int) -> list[Leg]:
    """Metal one way and money the other, at a price; nothing where no metal moves."""
    if kg == 0:
        return []
    return [
        Leg(contract, seller, product, -kg, kg * price),
        Leg(contract, buyer, product, kg, -kg * price),
    ]


def pay(contract: str, product: str, payer: str, payee: str, uusd: int) -> list[Leg]:
    """Money alone; nothing where there is none to pay."""
    if uusd == 0:
        return []
    return [Leg(contract, payer, product, 0, -uusd), Leg(contract, payee, product, 0, uusd)]


def settle_debt(debt: Debt) -> list[Leg]:
    """The payment of a debt."""
    return pay(debt.contract, debt.product, debt.debtor, debt.creditor, debt.uusd)


def part(uusd: int, ppm: int) -> int:
    """A share of an amount of money, rounded half to even to the micro-dollar."""
    return round(Fraction(uusd * ppm, MILLION))


def unbalanced(legs: Iterable[Leg]) -> dict[str, tuple[int, int]]:
    """Product -> (kg, uUSD) of legs that do not sum to zero; empty for every settlement.

    Money is summed over all products, under the name "".
    """
    kg: defaultdict[str, int] = defaultdict(int)
    money = 0
    for leg in legs:
        kg[leg.product] += leg.kg
        money += leg.uusd
    wrong = {product: (sum_, 0) for product, sum_ in sorted(kg.items()) if sum_}
    return wrong | ({"": (0, money)} if money else {})


def due(contract: Contract, on: date, account: Account, *masses: int) -> None:
    """Raise InputError where a contract does not run on a day, for the account of another year, or
    for a mass below zero.
    """
    name, first, last = contract.id, contract.first, contract.last
    if not first <= on <= last:
        told = say("club.fault.contract_over", contract=name, first=first, last=last, on=on)
        raise InputError(told)
    if account.year != on.year:
        told = say("club.fault.contract_year", contract=name, year=account.year, on=on)
        raise InputError(told)
    for kg in masses:
        if kg < 0:
            raise InputError(say("club.fault.contract_kg", contract=name, kg=kg))

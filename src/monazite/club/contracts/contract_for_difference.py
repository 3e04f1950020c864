"""What does a contract for difference pay at a reference price? Money alone; no metal moves.

    guarantor pays  max(0, strike - P) · kg
    producer pays   share · max(0, P - strike) · kg     from the day its give-back begins

The producer sells its metal to whom it likes. Published example: MP Materials and the US Department
of Defense, 2025, where the kilograms are those sold or put in stock and the give-back begins when a
new magnet plant runs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from monazite.club.contracts.base import (
    Account,
    Settlement,
    due,
    no_make_up,
    part,
    pay,
    priced,
)


@dataclass(frozen=True)
class ContractForDifference:
    """A strike per kg between a guarantor and a producer; `give_back_from` None: not begun."""

    id: str
    producer: str
    guarantor: str
    product: str
    first: date
    last: date
    strike: int
    give_back_ppm: int = 0
    give_back_from: date | None = None
    kind: Literal["contract_for_difference"] = "contract_for_difference"

    def settle(self, on: date, kg: int, reference: int, account: Account) -> Settlement:
        """The payment on `kg` at a reference price.

        Raises InputError outside the term or for the account of another year.
        """
        due(self, on, account, kg)
        shared = self.give_back_from is not None and on >= self.give_back_from
        support = max(0, self.strike - reference) * kg
        back = part(max(0, reference - self.strike) * kg, self.give_back_ppm) if shared else 0
        legs = pay(self.id, self.product, self.guarantor, self.producer, support)
        legs += pay(self.id, self.product, self.producer, self.guarantor, back)
        after = replace(
            account,
            taken_kg=account.taken_kg + kg,
            returned_uusd=account.returned_uusd + back,
        )
        return Settlement(tuple(legs), after)

    @property
    def parties(self) -> tuple[str, str]:
        """Producer and guarantor."""
        return self.producer, self.guarantor

    def at(self, on: date, kg: int, market: int | None, account: Account) -> Settlement:
        """The payment at a market price."""
        return self.settle(on, kg, priced(self.id, market), account)

    def made_up_at(self, on: date, kg: int, market: int | None, account: Account) -> Settlement:
        """Raises InputError: no metal moves."""
        raise no_make_up(self.id)

    def stake(self, reference: int) -> int:
        """The strike, or the reference where that is higher."""
        return max(self.strike, reference)

    def year_end(self, market: int | None, account: Account, output_kg: int) -> Settlement:
        """Nothing is owed for what was not produced."""
        return Settlement((), account.next_year())

    def once(self, on: date, kg: int, market: int) -> Settlement:
        """The first payment of a year, to see what the terms do."""
        return self.settle(on, kg, market, Account(on.year))


CONTRACT = ContractForDifference

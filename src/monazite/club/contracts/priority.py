"""How much may a holder of priority availability have, before others, at the market price?

    entitled = min(cap a year, share · output of the year) - what it has had this year
    it gets    min(what it asks, entitled, what there is)

A cap or a share that is not agreed does not limit. The right is to be served first, not to a lower
price; what is not asked for goes to others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from monazite.club.contracts.base import (
    Account,
    Settlement,
    deliver,
    due,
    no_make_up,
)
from monazite.club.lots import MILLION
from monazite.errors import InputError
from monazite.messages import say


@dataclass(frozen=True)
class PriorityAvailability:
    """Who is served first by whom, up to what: kilograms a year, a share of output, or both."""

    id: str
    seller: str
    holder: str
    product: str
    first: date
    last: date
    cap_kg: int | None = None
    share_ppm: int | None = None
    kind: Literal["priority"] = "priority"

    def entitled(self, output_kg: int, account: Account) -> int:
        """What is still due to the holder first, kg, in a year with so much output so far."""
        limits = [output_kg]
        if self.cap_kg is not None:
            limits.append(self.cap_kg)
        if self.share_ppm is not None:
            limits.append(output_kg * self.share_ppm // MILLION)
        return max(0, min(limits) - account.taken_kg)

    def settle(
        self,
        on: date,
        asked_kg: int,
        available_kg: int,
        output_kg: int,
        price: int,
        account: Account,
    ) -> Settlement:
        """What the holder gets of what there is, at the market price.

        Raises InputError outside the term or for the account of another year.
        """
        due(self, on, account, asked_kg, available_kg, output_kg)
        kg = min(asked_kg, available_kg, self.entitled(output_kg, account))
        legs = deliver(self.id, self.product, self.seller, self.holder, kg, price)
        return Settlement(tuple(legs), replace(account, taken_kg=account.taken_kg + kg))

    @property
    def parties(self) -> tuple[str, str]:
        """Seller and holder."""
        return self.seller, self.holder

    def at(self, on: date, kg: int, market: int | None, account: Account) -> Settlement:
        """Raises InputError: a right to be first has no price of its own to settle at."""
        raise InputError(say("club.fault.contract_priority", contract=self.id))

    def made_up_at(self, on: date, kg: int, market: int | None, account: Account) -> Settlement:
        """Raises InputError: nothing is paid for in advance."""
        raise no_make_up(self.id)

    def stake(self, reference: int) -> int:
        """The market's price."""
        return reference

    def year_end(self, market: int | None, account: Account, output_kg: int) -> Settlement:
        """Nothing is owed for what was not asked for."""
        return Settlement((), account.next_year())

    def once(self, on: date, kg: int, market: int) -> Settlement:
        """The first delivery of a year, of an output of `kg`, all of which is asked for."""
        return self.settle(on, kg, kg, kg, market, Account(on.year))


CONTRACT = PriorityAvailability

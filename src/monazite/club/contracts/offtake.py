"""What does an offtake with a minimum take, a floor price and a give-back above a strike pay?

    price(P)     = max(floor, P)
    give back    = min(share · max(0, P - strike) · kg, cap - what was given back this year)
    owed at the end of a year = (minimum - taken) · price(P)

The buyer bears the floor, the seller the give-back, no treasury either. What was not taken is owed
as a debt with the right to call for the metal later. Published example: Lynas and JARE, 2026.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from monazite.club.contracts.base import (
    Account,
    Debt,
    Settlement,
    deliver,
    due,
    part,
    pay,
    priced,
)
from monazite.club.lots import MILLION
from monazite.errors import InputError
from monazite.messages import say


@dataclass(frozen=True)
class Offtake:
    """A seller and a buyer, the years, what is firm, and how the price is made.

    `firm_kg` is the minimum a year, `firm_share_ppm` the minimum as a share of the seller's output
    of the year; the greater holds. Prices in uUSD/kg; no floor or no strike is None.
    """

    id: str
    seller: str
    buyer: str
    product: str
    first: date
    last: date
    firm_kg: int = 0
    firm_share_ppm: int = 0
    floor: int | None = None
    strike: int | None = None
    give_back_ppm: int = 0
    cap_uusd: int | None = None
    kind: Literal["offtake"] = "offtake"

    def price(self, market: int) -> int:
        """What the buyer pays per kg at a market price."""
        return market if self.floor is None else max(self.floor, market)

    def give_back(self, kg: int, market: int, returned: int) -> int:
        """What the seller returns on `kg`, having returned so much this year already."""
        if self.strike is None:
            return 0
        due = part(max(0, market - self.strike) * kg, self.give_back_ppm)
        return due if self.cap_uusd is None else min(due, max(0, self.cap_uusd - returned))

    def settle(self, on: date, kg: int, market: int, account: Account) -> Settlement:
        """A delivery. Raises InputError outside the term or for the account of another year."""
        due(self, on, account, kg)
        back = self.give_back(kg, market, account.returned_uusd)
        legs = deliver(self.id, self.product, self.seller, self.buyer, kg, self.price(market))
        legs += pay(self.id, self.product, self.seller, self.buyer, back)
        after = replace(
            account,
            taken_kg=account.taken_kg + kg,
            returned_uusd=account.returned_uusd + back,
        )
        return Settlement(tuple(legs), after)

    @property
    def parties(self) -> tuple[str, str]:
        """Seller and buyer."""
        return self.seller, self.buyer

    def at(self, on: date, kg: int, market: int | None, account: Account) -> Settlement:
        """A delivery at a market price."""
        return self.settle(on, kg, priced(self.id, market), account)

    def made_up_at(self, on: date, kg: int, market: int | None, account: Account) -> Settlement:
        """As `make_up`; the market does not matter."""
        return self.make_up(on, kg, account)

    def stake(self, reference: int) -> int:
        """The price at the reference."""
        return self.price(reference)

    def year_end(self, market: int | None, account: Account, output_kg: int) -> Settlement:
        """As `close`; a price is needed only where something is owed."""
        if self.least(output_kg) <= account.taken_kg:
            return self.close(0, account, output_kg)
        return self.close(priced(self.id, market), account, output_kg)

    def once(self, on: date, kg: int, market: int) -> Settlement:
        """The first delivery of a year, to see what the terms do."""
        return self.settle(on, kg, market, Account(on.year))

    def least(self, output_kg: int) -> int:
        """The minimum take of a year with so much output, kg; a part of a kilogram is not owed."""
        return max(self.firm_kg, output_kg * self.firm_share_ppm // MILLION)

    def close(self, market: int, account: Account, output_kg: int = 0) -> Settlement:
        """The end of a year: what was firm and not taken is a debt of the buyer."""
        short = max(0, self.least(output_kg) - account.taken_kg)
        after = account.next_year(short)
        if short == 0:
            return Settlement((), after)
        owed = short * self.price(market)
        debt = Debt(self.id, self.buyer, self.seller, self.product, owed, short)
        return Settlement((), after, (debt,))

    def make_up(self, on: date, kg: int, account: Account) -> Settlement:
        """Metal that was paid for as a debt and is called for now: no money moves.

        Raises InputError for more than is open, outside the term or for another year's account.
        """
        due(self, on, account, kg)
        if kg > (open_kg := account.make_up_kg - account.made_up_kg):
            told = say("club.fault.contract_make_up", contract=self.id, kg=kg, open=f"{open_kg:,}")
            raise InputError(told)
        legs = deliver(self.id, self.product, self.seller, self.buyer, kg, 0)
        return Settlement(tuple(legs), replace(account, made_up_kg=account.made_up_kg + kg))


CONTRACT = Offtake

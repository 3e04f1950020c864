"""What does a take-or-pay contract make of what the buyer does not take? A debt, and a right.

    owed at the end of a year = share · price · (minimum - taken)

and each kilogram so paid may be called for later, above that year's minimum, at what is left of
the price: (1 - share) · price. Rights lapse with the contract.
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
    no_make_up,
    part,
    pay,
)


@dataclass(frozen=True)
class TakeOrPay:
    """A fixed price and a minimum a year, of which a share is paid whether taken or not."""

    id: str
    seller: str
    buyer: str
    product: str
    first: date
    last: date
    least_kg: int
    price: int
    pay_ppm: int
    kind: Literal["take_or_pay"] = "take_or_pay"

    def settle(self, on: date, kg: int, account: Account) -> Settlement:
        """A delivery; above the year's minimum it uses up rights first, then is at full price.

        Raises InputError outside the term or for the account of another year.
        """
        due(self, on, account, kg)
        ordinary = min(kg, max(0, self.least_kg - account.taken_kg))
        made_up = min(kg - ordinary, account.make_up_kg - account.made_up_kg)
        legs = deliver(self.id, self.product, self.seller, self.buyer, kg, self.price)
        back = part(made_up * self.price, self.pay_ppm)  # paid for already
        legs += pay(self.id, self.product, self.seller, self.buyer, back)
        after = replace(
            account,
            taken_kg=account.taken_kg + kg,
            made_up_kg=account.made_up_kg + made_up,
        )
        return Settlement(tuple(legs), after)

    @property
    def parties(self) -> tuple[str, str]:
        """Seller and buyer."""
        return self.seller, self.buyer

    def at(self, on: date, kg: int, market: int | None, account: Account) -> Settlement:
        """A delivery at the fixed price; the market does not matter."""
        return self.settle(on, kg, account)

    def made_up_at(self, on: date, kg: int, market: int | None, account: Account) -> Settlement:
        """Raises InputError: a delivery above the minimum uses up rights by itself."""
        raise no_make_up(self.id)

    def stake(self, reference: int) -> int:
        """The fixed price, or the reference where that is higher."""
        return max(self.price, reference)

    def year_end(self, market: int | None, account: Account, output_kg: int) -> Settlement:
        """As `close`."""
        return self.close(account)

    def once(self, on: date, kg: int, market: int) -> Settlement:
        """The first delivery of a year, to see what the terms do; the market does not matter."""
        return self.settle(on, kg, Account(on.year))

    def close(self, account: Account) -> Settlement:
        """The end of a year: the buyer owes for what it did not take, and may make it up."""
        short = max(0, self.least_kg - account.taken_kg)
        after = account.next_year(short)
        owed = part(short * self.price, self.pay_ppm)
        if owed == 0:
            return Settlement((), after)
        debt = Debt(self.id, self.buyer, self.seller, self.product, owed, short)
        return Settlement((), after, (debt,))


CONTRACT = TakeOrPay

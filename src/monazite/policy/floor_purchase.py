"""What happens when a treasury buys at a floor? Public purchases into a stockpile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from monazite.messages import say
from monazite.model.axes import calendar_year, numbers
from monazite.policy import contingent, select
from monazite.policy.base import MOVED, AbstractInstrument, wrong
from monazite.policy.bounds import with_rows

if TYPE_CHECKING:
    from monazite.model.axes import Floats, Ints
    from monazite.model.books import Payment
    from monazite.model.outcome import Outcome
    from monazite.policy.base import Tables


class FloorPurchase(AbstractInstrument):
    """A treasury stands ready to buy a material at a floor price at a place, and stores it.

    Equation: purchases g [kt/yr] between 0 and room = min(tonnes, money / floor) with
    g = 0 where P > floor, P = floor where 0 < g < room, P <= floor where g = room,
    P being the price at `place`. While there is room the floor holds there, and elsewhere, on arcs
    in use, floor less freight and duty. The program sees one more buyer of a step of `room` kt/yr.

    Who pays whom: the treasury of `payer` (default: of the place) pays the floor for every kg, also
    where its room ends and the market price is lower: what the floor exceeds P by goes to all who
    sell at the place, by what each brought. The goods stand in the account `stockpile` at
    `worth` [USD/kg]; at 0, the default, public money is spent until something is sold again.

    Worked by hand: supply p = 1 + q in A, demand p = 10 - q in B, freight 1. Without a floor q = 4,
    5 in A, 6 in B; users and suppliers gain 8 each. A floor of 6 in A: suppliers make 5, users at 7
    take 3, the treasury buys 2 for 12. Users gain 4.5, suppliers 12.5. Deadweight with a worthless
    stock: 16 - (17 - 12) = 11, that is the cost of 12 less 1 by which suppliers gain more than
    users lose. With money for 6 it may buy 1: 1 + q = 9 - (q - 1), q = 4.5, 5.5 in A; the treasury
    pays 6, of which 0.5 above the market; money covers 1 kt of the 4.5 offered.

    Example:

        kind: floor_purchase
        name: buyer_of_last_resort
        material: ndpr_oxide
        place: USA
        floor: 110
        tonnes: 1.9
        money: 200
        source: SECURE Minerals Act (bill of January 2026), reserve that buys below a target price

    Source: price support with purchases as in Gardner 1987, The Economics of Agricultural Policies;
    Samuelson 1952, American Economic Review 42(3).
    """

    kind: Literal["floor_purchase"] = "floor_purchase"
    material: str
    place: str = Field(description="country where it buys")
    floor: float = Field(ge=0.0, description="USD/kg")
    tonnes: float | None = Field(default=None, ge=0.0, description="kt/yr bought at most")
    money: float | None = Field(default=None, ge=0.0, description="MUSD/yr spent at most")
    payer: str = Field(default="", description="country whose treasury pays; empty: the place")
    worth: float = Field(default=0.0, ge=0.0, description="USD/kg of what is stored")

    @model_validator(mode="after")
    def _ends_somewhere(self) -> FloorPurchase:
        if self.tonnes is None and self.money is None:
            raise wrong("buyer_unlimited")
        return self

    @property
    def room(self) -> float:
        """kt/yr it can buy."""
        by_money = np.inf if self.money is None or not self.floor else self.money / self.floor
        by_tonnes = np.inf if self.tonnes is None else self.tonnes
        found = min(by_money, by_tonnes)
        return found if np.isfinite(found) else 0.0

    def rewrite(self, tables: Tables) -> Tables:
        """One more buyer at the place: a step of demand at the floor, as wide as there is room."""
        import polars as pl

        step: dict[str, Any] = {
            "country": self.place,
            "material": self.material,
            "sector": self.name,
        }
        step |= {"form": "step", "block": 0, "price": self.floor, "basis": "derived"}
        rows = [
            step | {"period": period, "quantity": self.room * share}
            for period, share in self._periods(tables)
            if self.room * share > 0 and self.floor > 0
        ]
        if not rows:
            return tables
        return with_rows(
            tables, "demand", pl.DataFrame(rows, schema_overrides={"period": pl.String})
        )

    def settle(self, outcome: Outcome) -> list[Payment]:
        """The treasury takes the buyer's place, and pays sellers the floor."""
        from monazite.model.books import OUTSIDE, Party, Payment

        contingent.prove(self, outcome)
        node, period, bought = self._bought(outcome)
        if len(node) == 0:
            return []
        axes = outcome.market.axes
        place, payer = select.codes(axes.countries, [self.place, self.payer or self.place])
        price = outcome.raw_price[node]
        buyer = Party("users", place, self.material, self.name)
        treasury, stock = Party("treasury", payer, self.name), Party("stockpile", payer, self.name)
        lost = (self.floor - self.worth) * bought
        return [
            Payment(self.name, period, self.floor * bought, stock, buyer),
            Payment(self.name, period, price * bought, buyer, treasury),
            # a loss on what is stored: the program counted every kg at the floor
            Payment(self.name, period, -lost, stock, OUTSIDE, inside=True),
            *self._premiums(outcome, node, period, np.maximum(self.floor - price, 0.0) * bought),
        ]

    def bound(self, outcome: Outcome) -> bool:
        """Whether it bought anything."""
        return bool(self._bought(outcome)[2].max(initial=0.0) > MOVED)

    def coverage(self, outcome: Outcome) -> list[contingent.Coverage]:
        """kt/yr bought of those that sellers could not place above the floor.

        That is what was bought while the floor holds, and all that reached the place where not.
        """
        node, period, bought = self._bought(outcome)
        price, labels = outcome.raw_price[node], outcome.market.axes.periods
        arrived = [sum(q.sum() for _, q in contingent.sellers(outcome, int(n))) for n in node]
        short = price < self.floor * (1 - contingent.SLACK)
        offered = np.where(short, arrived, bought)
        return [
            contingent.Coverage(self.name, labels[t], float(bought[k]), float(offered[k]))
            for k, t in enumerate(period)
            if bought[k] > MOVED
        ]

    def contradictions(self, outcome: Outcome) -> list[str]:
        """Where it bought above the floor, or had room left below it."""
        node, period, bought = self._bought(outcome)
        price = outcome.raw_price[node]
        room = self.room * self.force(outcome.market)[period]
        slack = contingent.SLACK * max(self.floor, 0.01)
        wrong = (bought > MOVED) & (price > self.floor + slack)
        wrong |= (bought < room - MOVED) & (price < self.floor - slack)
        return [
            say(
                "policy.purchase_contradiction",
                rule=self.name,
                floor=f"{self.floor:g}",
                node=outcome.market.balance.label(int(node[k])),
                price=f"{price[k]:.6g}",
                bought=f"{bought[k]:.6g}",
                room=f"{room[k]:.6g}",
            )
            for k in np.flatnonzero(wrong)
        ]

    def _bought(self, outcome: Outcome) -> tuple[Ints, Ints, Floats]:
        """Node, period and kt/yr of its purchases."""
        uses = outcome.market.uses
        place, material = (
            select.codes(axis, [name])[0]
            for axis, name in (
                (outcome.market.axes.countries, self.place),
                (outcome.market.axes.materials, self.material),
            )
        )
        mine = np.flatnonzero(
            (uses.sector == self.name) & (uses.country == place) & (uses.material == material)
        )
        node = outcome.market.nodes.at[uses.key[mine]]
        return node, uses.period[mine], outcome.used[mine]

    def _premiums(
        self, outcome: Outcome, node: Ints, period: Ints, amount: Floats
    ) -> list[Payment]:
        """What the floor exceeds the price by, to all who brought something to the place."""
        from monazite.model.books import Party, Payment

        payer = select.codes(outcome.market.axes.countries, [self.payer or self.place])[0]
        found = []
        for where, t, money in zip(node, period, amount, strict=True):
            brought = contingent.sellers(outcome, int(where))
            total = sum(float(quantity.sum()) for _, quantity in brought)
            for seller, quantity in brought if total > 0 else ():
                when = np.full(len(quantity), t)
                part = money * quantity / total
                treasury = Party("treasury", payer, self.name)
                found.append(Payment(self.name, when, part, seller, treasury))
        return found

    def _periods(self, tables: Tables) -> list[tuple[str | None, float]]:
        """Periods in which it buys and the share of each; (None, 1), every period, if undated."""
        frame: Any = tables.get("periods")
        undated = self.start is None and self.end is None
        if undated or frame is None or frame.is_empty():
            return [(None, 1.0)]
        begin = np.array([calendar_year(day) for day in frame["start"].to_list()])
        share = self.force_over(begin, numbers(frame, "years", 1.0))
        return [(str(name), float(part)) for name, part in zip(frame["period"], share, strict=True)]

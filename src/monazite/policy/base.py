"""What is an instrument? Fields that are its YAML, and what it does to a market and its books.

    news      when it surprises those who did not expect it, and what they believed before
    rewrite   before assembly: rows of limits, demand, stocks, arcs ...
    charges   on columns of the market, fixed or following prices: who pays whom per kg
    settle    after clearing: transfers that no program sees (caps, yearly limits, purchases)
    bound     did it do anything? an idle instrument is told as a warning

Books close with any mix of instruments: charges are costs inside the program and receipts outside
it, settlements only move money between accounts. Nothing depends on the order of a list.
"""

from __future__ import annotations

from abc import ABC
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast, get_args

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_serializer, model_validator
from pydantic_core import PydanticCustomError

from monazite.messages import say
from monazite.model.axes import Floats

if TYPE_CHECKING:
    from typing import Self

    import polars as pl

    from monazite.model.books import Payment
    from monazite.model.market import Charge, Market
    from monazite.model.outcome import Outcome

    Tables = dict[str, pl.DataFrame]

MOVED = 1e-6  # MUSD/yr or kt/yr above which an instrument has done something


def wrong(key: str, **values: str) -> PydanticCustomError:
    """What a validator raises: the words `policy.fault.<key>` in the reader's language."""
    return PydanticCustomError(
        cast("Any", key), cast("Any", say(f"policy.fault.{key}", **values)), values
    )


class AbstractInstrument(BaseModel, ABC):
    """Fields that every instrument has; its own come on top.

    `status`: in_force and proposed rules act alike and are told apart in reports, suspended ones do
    nothing. `start` and `end` are years or dates, both included; without them a rule always holds.
    `name` is the item under which its payments stand in the books.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    # the group of model/price_parts.py in which its charges stand; by their sign where not given
    price_part: ClassVar[str] = ""

    # rules rewrite tables in this order, then by kind and name: never in the order of a list. Those
    # that read what users need come before those that add users, those that split materials last
    order: ClassVar[int] = 0

    kind: str
    name: str = ""
    status: Literal["in_force", "suspended", "proposed"] = "in_force"
    start: int | date | None = None
    end: int | date | None = None
    source: str = ""
    note: str = ""

    @model_validator(mode="before")
    @classmethod
    def _named(cls, fields: Any) -> Any:
        """A rule without a name is called by its kind."""
        if isinstance(fields, dict) and not fields.get("name"):
            return {**fields, "name": fields.get("kind") or cls.kind_name()}
        return fields

    @model_serializer(mode="wrap")
    def _with_kind(self, write: Any) -> dict[str, Any]:
        """Written with its kind, which is the default of a class and so would be left out."""
        return {"kind": self.kind, **write(self)}

    @classmethod
    def kind_name(cls) -> str:
        """The word for this instrument in YAML."""
        return str(get_args(cls.model_fields["kind"].annotation)[0])

    @property
    def acts(self) -> bool:
        """Whether it does anything at all."""
        return self.status != "suspended"

    def force(self, market: Market) -> Floats:
        """Share of each period in which the rule holds, between 0 and 1; 1 where undated."""
        return self.force_over(market.axes.start, market.axes.years)

    def force_over(self, begin: Floats, years: Floats) -> Floats:
        """Share of periods that begin at a calendar year (NaN where undated) and last so long."""
        first = -np.inf if self.start is None else year_of(self.start)
        last = np.inf if self.end is None else year_of(self.end, last=True)
        inside = np.minimum(begin + years, last) - np.maximum(begin, first)
        return np.where(np.isnan(begin), 1.0, np.clip(inside / years, 0.0, 1.0))

    def since(self, start: int | date) -> Self:
        """The rule from a year or date on, unless it has a start of its own."""
        return self if self.start is not None else self.model_copy(update={"start": start})

    def news(self) -> tuple[float, ...]:
        """Calendar years at which something about the rule comes as a surprise."""
        return ()

    def as_known(self, year: float) -> AbstractInstrument:
        """The rule as people believe it to be at a calendar year."""
        return self

    def rewrite(self, tables: Tables) -> Tables:
        """The case's tables under the rule."""
        return tables

    def charges(self, market: Market) -> list[Charge]:
        """What is paid per kg of activities and arcs."""
        return []

    def settle(self, outcome: Outcome) -> list[Payment]:
        """Transfers between accounts that the program does not see, MUSD/yr."""
        return []

    def bound(self, outcome: Outcome) -> bool:
        """Whether money moved in its name, or a limit of its name bound."""
        paid = (p for p in outcome.ledger.payments if p.item == self.name)
        if any(float(np.abs(p.amount).max(initial=0.0)) > MOVED for p in paid):
            return True
        limits = outcome.market.limits
        mine = np.array([str(each).split("/")[0] == self.name for each in limits.limit], bool)
        return bool(mine.any() and float(outcome.limit_rent[mine].max(initial=0.0)) > MOVED)


def year_of(when: int | date, *, last: bool = False) -> float:
    """A year or date as a number; the end of it for the last."""
    if isinstance(when, date):
        day = when.timetuple().tm_yday - (0 if last else 1)
        return when.year + day / 365.25
    return float(when) + (1.0 if last else 0.0)


def group(default: Any = None) -> Any:
    """A field that holds names; empty means every one."""
    return Field(default_factory=lambda: tuple(default or ()))

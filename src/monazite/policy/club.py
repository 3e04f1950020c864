"""What happens when countries trade freely among themselves and lift a wall around? A club."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, model_validator

from monazite.policy.base import AbstractInstrument, group, wrong
from monazite.policy.border_floor import BorderFloor
from monazite.policy.bounds import known, periods_of
from monazite.policy.content_rule import ContentRule
from monazite.policy.provenance import among, countries, in_periods, materials
from monazite.policy.tariff import Tariff

if TYPE_CHECKING:
    from datetime import date
    from typing import Self

    import polars as pl

    from monazite.model.books import Payment
    from monazite.model.market import Charge, Market
    from monazite.model.outcome import Outcome
    from monazite.policy.base import Tables

PARTS = ("duties", "floors", "content")
SHARED = ("status", "start", "end", "source")


class Club(AbstractInstrument):
    """Members trade free of duty with each other and put duties, floors or content rules on others.

    Equation: inside, duties are 0 on every arc between members; outside, the duties (tariff),
    floors (border_floor) and the content rule (content_rule) that are named, each with the club's
    members, exempt partners and dates. Membership is data: `without` takes members out, to ask what
    leaving does to those who leave and to those who stay.

    Who pays whom: as the parts do. Duties and levies go to the treasury of the member that imports,
    under the names <club>/duties/1, <club>/floors/1 ...

    Worked by hand: A supplies at 1 + q, C at 3 + q, freight 1 to B from each; B uses 10 - P and has
    a duty of 1 on all. 10 - P = P - 3 + P - 5 gives P = 6, 3 from A, 1 from C, receipts 4. B and C
    form a club with a further duty of 1 on others: 10 - P = P - 4 + P - 4, P = 6 again, 2 from
    each; A pays 2 to the duty of the case and 2 to the club's. C's suppliers gain 2 after 0.5, A's
    2 after 4.5: trade is diverted. Without C the wall stands against it too:
    10 - P = P - 4 + P - 6, P = 20/3, 8/3 from A and 2/3 from C, receipts 20/3.

    Example:

        kind: club
        name: minerals_club
        members: [USA, AUS, JPN, KOR, MYS, THA]
        without: [THA]
        materials: [ndpr_oxide, magnet_standard]
        duties: [{materials: [magnet_standard], rate: 0.15}]
        floors: [{material: ndpr_oxide, floor: 75, reference: entered_value}]
        content: {covered: [CHN], sectors: [defence_aerospace]}
        status: proposed
        source: announcements of November 2025 and 4 February 2026

    Source: Viner 1950, The Customs Union Issue, for creation and diversion of trade; announcements
    of the critical-minerals trading club of November 2025 and February 2026 for the design.
    """

    kind: Literal["club"] = "club"
    members: tuple[str, ...] = Field(min_length=1)
    without: tuple[str, ...] = group()
    exempt: tuple[str, ...] = group()
    materials: tuple[str, ...] = group()
    free_inside: bool = True
    duties: tuple[Tariff, ...] = ()
    floors: tuple[BorderFloor, ...] = ()
    content: ContentRule | None = None

    @model_validator(mode="before")
    @classmethod
    def _hands_on(cls, fields: Any) -> Any:
        """The parts of a club have its members, partners and dates."""
        if not isinstance(fields, dict) or not fields.get("members"):
            return fields
        if not (_names(fields["members"]) and _names(fields.get("without") or ())):
            # that is what is wrong: parts without members would be told beside it
            return {key: one for key, one in fields.items() if key not in PARTS}
        found = dict(fields)
        for part, members in (("duties", "importers"), ("floors", "members")):
            given = found.get(part) or ()
            if isinstance(given, (list, tuple)):
                names = [f"{_name(fields)}/{part}/{k}" for k in range(1, len(given) + 1)]
                each = zip(given, names, strict=True)
                found[part] = tuple(_part(one, fields, name, members) for one, name in each)
        if found.get("content"):
            found["content"] = _part(
                found["content"], fields, f"{_name(fields)}/content", "members"
            )
        return found

    @model_validator(mode="after")
    def _hangs_together(self) -> Club:
        stray = sorted(set(self.without) - set(self.members))
        if stray:
            raise wrong("without_stray", names=", ".join(stray))
        if not self.inside:
            raise wrong("without_all")
        return self

    @property
    def inside(self) -> tuple[str, ...]:
        """The members that have not left."""
        return tuple(each for each in self.members if each not in self.without)

    @property
    def parts(self) -> tuple[AbstractInstrument, ...]:
        """The rules it is made of."""
        return (*self.duties, *self.floors, *((self.content,) if self.content else ()))

    def since(self, start: int | date) -> Self:
        """The club from a year or date on, and with it every part without a start of its own."""
        whole = super().since(start)
        return whole.model_copy(
            update={
                "duties": tuple(each.since(start) for each in self.duties),
                "floors": tuple(each.since(start) for each in self.floors),
                "content": self.content.since(start) if self.content else None,
            }
        )

    def rewrite(self, tables: Tables) -> Tables:
        """No duty between members, and the content rule."""
        import polars as pl

        arcs = tables.get("arcs")
        if arcs is not None and self.free_inside:
            inside = self._inside(tables)
            charged = [name for name in ("duty", "duty_rate") if name in arcs.columns]
            free = {name: pl.lit(0.0) for name in charged}
            tables = in_periods(tables, "arcs", inside, periods_of(tables, self), **free)
        for part in self.parts:
            tables = part.rewrite(tables)
        return tables

    def charges(self, market: Market) -> list[Charge]:
        """Duties and levies on what comes from others."""
        return [charge for part in self.parts for charge in part.charges(market)]

    def settle(self, outcome: Outcome) -> list[Payment]:
        """What its parts settle."""
        return [payment for part in self.parts for payment in part.settle(outcome)]

    def contradictions(self, outcome: Outcome) -> list[str]:
        """Where a levy is not what its reference price calls for."""
        return [told for floor in self.floors for told in floor.contradictions(outcome)]

    def bound(self, outcome: Outcome) -> bool:
        """Whether one of its parts did anything."""
        return any(part.bound(outcome) for part in self.parts)

    def _inside(self, tables: Tables) -> pl.Expr:
        """Arcs of the materials between members."""
        import polars as pl

        inside = known(self.inside, countries(tables))
        both = pl.col("origin").is_in(inside) & pl.col("destination").is_in(inside)
        return both & among("material", self.materials, materials(tables))


def _names(given: Any) -> bool:
    return isinstance(given, list | tuple) and all(isinstance(one, str) for one in given)


def _name(fields: Mapping[str, Any]) -> str:
    return str(fields.get("name") or "club")


def _part(given: Any, club: Mapping[str, Any], name: str, members: str) -> Any:
    """A part with what it takes from the club; what it says itself stays."""
    if not isinstance(given, Mapping):
        return given
    shared = {key: club[key] for key in (*SHARED, "exempt") if club.get(key)}
    left = set(club.get("without") or ())
    # who takes every member out is told so by the club, not by its parts
    inside = tuple(each for each in club["members"] if each not in left) or tuple(club["members"])
    own = {"name": name, members: inside, **shared}
    return {
        **own,
        **{key: value for key, value in given.items() if key != members},
        members: inside,
    }

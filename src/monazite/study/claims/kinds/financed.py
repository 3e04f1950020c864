"""How much public money do projects get, by what the case knows of it?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from monazite.study.claims.base import AbstractTest, Seen

if TYPE_CHECKING:
    from monazite.study.claims.world import World


class Financed(AbstractTest):
    """MUSD = sum of the amounts that the case states for supports of one of the facilities.

    `kinds` are those of the table `finance` (loan, grant, equity ...), `payers` whose treasury it
    is; none means all. A support for several facilities counts whole, once.
    """

    kind: Literal["financed"] = "financed"
    UNIT = "MUSD"
    facilities: tuple[str, ...] = Field(min_length=1)
    kinds: tuple[str, ...] = ()
    payers: tuple[str, ...] = ()

    def read(self, world: World, seen: Seen) -> float | None:
        """MUSD; None where the case tells of no such support."""
        import polars as pl

        for name in self.facilities:
            world.facility(seen, name)
        named = pl.col("projects").str.split(";").list.eval(pl.element().str.strip_chars())
        found = seen.outcome.case.table("finance").filter(
            named.list.set_intersection(list(self.facilities)).list.len() > 0
        )
        for column, names in (("kind", self.kinds), ("payer", self.payers)):
            if names:
                found = found.filter(pl.col(column).is_in(list(names)))
        amounts = found["amount"].drop_nulls()
        return float(amounts.sum()) if len(amounts) else None

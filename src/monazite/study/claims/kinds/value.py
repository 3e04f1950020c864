"""Which stages earn the value that is added between ore and magnet?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from monazite.study.claims.base import AbstractTest, Seen

if TYPE_CHECKING:
    from monazite.study.claims.world import World


class Value(AbstractTest):
    """share = value added by the stages / by all stages, in the places or everywhere.

    Value added is what plants make at the prices of their place less what they put in.
    """

    kind: Literal["value"] = "value"
    stages: tuple[str, ...] = Field(min_length=1)
    places: tuple[str, ...] = ()

    def read(self, world: World, seen: Seen) -> float | None:
        """A fraction; None where nothing is made."""
        import polars as pl

        from monazite.study.claims.reading import rows
        from monazite.study.products import SAME

        stage = {
            name: SAME.get(one or "", one or "")
            for name, one in seen.outcome.case.table("facilities")
            .select("facility", "stage")
            .rows()
        }
        price = rows(seen, "prices").select("material", "country", "price")
        sums: dict[str, float] = {}
        for name, sign in (("production", 1.0), ("inputs", -1.0)):
            found = rows(seen, name, country=self.places)
            found = found.join(price, on=["material", "country"], how="left")
            worth = (pl.col("quantity") * pl.col("price").fill_null(0.0)).sum().alias("worth")
            for facility, amount in found.group_by("facility").agg(worth).iter_rows():
                key = stage[facility]
                sums[key] = sums.get(key, 0.0) + sign * amount
        every = sum(sums.values())
        return sum(sums.get(key, 0.0) for key in self.stages) / every if every > 0 else None

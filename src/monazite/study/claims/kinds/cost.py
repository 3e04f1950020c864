"""How much dearer is the same work elsewhere than in a country?"""

from __future__ import annotations

from math import exp, log
from typing import TYPE_CHECKING, Literal

from monazite.study.claims.base import AbstractTest, Seen

if TYPE_CHECKING:
    from monazite.study.claims.world import World


class Cost(AbstractTest):
    """times = avoidable cost a kg outside a place over that inside, technology by technology.

    Means by activity in each technology and mode that runs on both sides; over these the geometric
    mean weighted by what is spent outside. Costs of an outcome are those of the case: cash cost
    with labour, energy, reagents and waste, without capital. None where nothing is comparable.
    """

    kind: Literal["cost"] = "cost"
    UNIT = "times"
    place: str
    stages: tuple[str, ...] = ()

    def read(self, world: World, seen: Seen) -> float | None:
        """A ratio."""
        import polars as pl

        from monazite.study.claims.reading import rows

        found = rows(seen, "output", stage=self.stages).filter(pl.col("activity") > 0)
        spent = (pl.col("cost") * pl.col("activity")).sum()
        sides = found.group_by("technology", "mode", inside=pl.col("country") == self.place).agg(
            (spent / pl.col("activity").sum()).alias("cost"), spent.alias("spent")
        )
        both = sides.filter(pl.col("inside")).join(
            sides.filter(~pl.col("inside")), on=["technology", "mode"], suffix="_outside"
        )
        both = both.filter(pl.col("cost") > 0, pl.col("cost_outside") > 0)
        weight = both["spent_outside"].to_list()
        ratio = (both["cost_outside"] / both["cost"]).to_list()
        if not weight:
            return None
        return exp(sum(w * log(r) for w, r in zip(weight, ratio, strict=True)) / sum(weight))

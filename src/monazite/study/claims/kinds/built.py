"""How much capacity do investors add that had not been committed?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from monazite.study.claims.base import AbstractTest, Seen

if TYPE_CHECKING:
    from monazite.study.claims.world import World


class Built(AbstractTest):
    """kt/yr of capacity that comes on line by the period looked at, times completion.

    Stages are those of facilities; `without` leaves out countries, `statuses` are of projects.
    """

    kind: Literal["built"] = "built"
    UNIT = "kt/yr"
    stages: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    without: tuple[str, ...] = ("CHN",)
    statuses: tuple[str, ...] = ("construction", "financing", "planned", "generic")

    def read(self, world: World, seen: Seen) -> float | None:
        """kt/yr."""
        import polars as pl

        axes = seen.outcome.market.axes
        until = list(axes.periods)[: axes.at(seen.period) + 1]
        frame = seen.outcome.case.table("facilities").select("facility", "country", "stage")
        found = seen.outcome.builds.join(frame.unique("facility"), on="facility", how="left")
        found = found.filter(
            pl.col("period").is_in(until),
            pl.col("status").is_in(list(self.statuses)),
            ~pl.col("country").is_in(list(self.without)),
            ~pl.col("facility").str.starts_with("thrift_"),
        )
        for column, names in (("stage", self.stages), ("country", self.places)):
            if names:
                found = found.filter(pl.col(column).is_in(list(names)))
        return float(found["built"].sum())

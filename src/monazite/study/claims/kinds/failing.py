"""How many named projects could not live at the prices of an outcome without support?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from monazite.study.claims.base import AbstractTest, Seen

if TYPE_CHECKING:
    from monazite.study.claims.world import World

RUNS = 0.5  # of its capacity over the periods: below it a plant stands rather than runs
ROUNDING = 1e-3  # of capital: a project built until it just pays has an NPV of 0


class Failing(AbstractTest):
    """share = named projects that do not pay / all named projects in the places, by number.

    A project pays when it is built, runs at more than half of its capacity and has an NPV of at
    least 0 at its own cost of capital, without what rules pay it unless `supported`. `first` and
    `last` keep to projects that may be ready in those years.
    """

    kind: Literal["failing"] = "failing"
    without: tuple[str, ...] = ("CHN",)
    places: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ("committed", "construction", "financing", "planned")
    supported: bool = False
    first: int = 1900
    last: int = 2200

    def read(self, world: World, seen: Seen) -> float | None:
        """A fraction; None without such projects. Over all periods: `year` only asks for years."""
        import polars as pl

        case = seen.outcome.case
        place = dict(case.table("facilities").select("facility", "country").iter_rows())
        named = case.table("projects").filter(
            pl.col("status").is_in(list(self.statuses)),
            pl.col("earliest").fill_null(0).is_between(self.first, self.last),
            ~pl.col("facility").str.starts_with("thrift_"),
        )
        names = {
            name
            for name in named["facility"]
            if place[name] not in self.without and (not self.places or place[name] in self.places)
        }
        if not names:
            return None
        worth = "npv" if self.supported else "npv_without_support"
        good = world.projects(seen).filter(
            pl.col("facility").is_in(sorted(names)),
            pl.col("utilisation") > RUNS,
            pl.col(worth) >= -ROUNDING * pl.col("capex") - 1e-6,
        )
        return 1.0 - good.height / len(names)

"""Who gains and who loses, by the books?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from monazite.study.claims.base import AbstractTest, Answer, Seen

if TYPE_CHECKING:
    from monazite.study.claims.world import World

SOME = 1.0  # MUSD/yr: less is no gain


class Money(AbstractTest):
    """MUSD/yr of accounts in places, mean over periods by years; with `against` what they gain.

    Accounts are those of the books (users, producers, treasury ...), of producers by their owners'
    country; none means all. With `count` the number of places that gain over the number of places.
    """

    kind: Literal["money"] = "money"
    UNIT = "MUSD/yr"
    accounts: tuple[str, ...] = ()
    places: tuple[str, ...] = Field(min_length=1)
    count: bool = False

    @property
    def unit(self) -> str:
        """MUSD/yr, or a share of places."""
        return "1" if self.count else super().unit

    @property
    def changes(self) -> bool:
        """A share of places is no difference."""
        return super().changes and not self.count

    def answer(self, world: World) -> Answer:
        """The money; counted, who gains against the other scenario."""
        if not self.count or self.against is None:
            return super().answer(world)
        gains = [
            (self._of(world, self.scenario, place) - self._of(world, self.against, place)) > SOME
            for place in self.places
        ]
        return Answer(sum(gains) / len(gains))

    def _of(self, world: World, scenario: str, place: str) -> float:
        return _sum(world.seen(scenario, self.year), self.accounts, (place,))

    def read(self, world: World, seen: Seen) -> float | None:
        """MUSD/yr."""
        return _sum(seen, self.accounts, self.places)


def _sum(seen: Seen, accounts: tuple[str, ...], places: tuple[str, ...]) -> float:
    import polars as pl

    axes = seen.outcome.market.axes
    share = dict(zip(axes.periods, (axes.years / axes.years.sum()).tolist(), strict=True))
    weight = pl.col("period").replace_strict(share, return_dtype=pl.Float64)
    found = seen.outcome.books().filter(pl.col("country").is_in(list(places)))
    if accounts:
        found = found.filter(pl.col("account").is_in(list(accounts)))
    return float(found.select((pl.col("amount") * weight).sum()).item())

"""Where was what members take made? The share of some makers in it, re-exports followed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from monazite.study.claims.base import AbstractTest, Seen

if TYPE_CHECKING:
    from monazite.study.claims.world import World


class Origin(AbstractTest):
    """share = what members take that the makers made / what members take, by place of processing.

    Of several materials the mean weighted by value at mean prices of the period, or with
    `of: weakest` the smallest share: a chain is inside a club as far as its weakest stage is.
    """

    kind: Literal["origin"] = "origin"
    materials: tuple[str, ...] = Field(min_length=1)
    members: tuple[str, ...] = Field(min_length=1)
    makers: tuple[str, ...] = Field(min_length=1)
    of: Literal["mean", "weakest"] = "mean"

    def read(self, world: World, seen: Seen) -> float | None:
        """A fraction; None where members take nothing."""
        from monazite.study.claims.reading import made_by, taken_by

        shares, weights = [], []
        for material in self.materials:
            took = taken_by(seen, material, self.members)
            amount = sum(took.values())
            if amount <= 0:
                continue
            made = made_by(seen, material, self.makers)
            shares.append(sum(took[place] * made[place] for place in took) / amount)
            price = seen.outcome.volume_price(material, None, seen.period, contracts=False)
            weights.append(amount * (price or 0.0))
        if not shares:
            return None
        if self.of == "weakest":
            return min(shares)
        parts = [share * weight for share, weight in zip(shares, weights, strict=True)]
        return sum(parts) / sum(weights) if sum(weights) > 0 else None

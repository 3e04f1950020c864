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
    `of: weakest` the smallest share: a chain is inside a club as far as its weakest stage is. What
    users save they do not take.
    """

    kind: Literal["origin"] = "origin"
    materials: tuple[str, ...] = Field(min_length=1)
    members: tuple[str, ...] = Field(min_length=1)
    makers: tuple[str, ...] = Field(min_length=1)
    of: Literal["mean", "weakest"] = "mean"

    def read(self, world: World, seen: Seen) -> float | None:
        """A fraction; None where members take nothing."""
        shares, weights = [], []
        members, makers = seen.at(self.members), seen.at(self.makers)
        for material in self.materials:
            if material not in world.origins(seen):
                continue
            mix, used = world.origins(seen)[material]
            amount = float(used[members].sum())
            if amount <= 0:
                continue
            shares.append(float(mix[members][:, makers].sum(axis=1) @ used[members]) / amount)
            price = seen.outcome.volume_price(material, None, seen.period, contracts=False)
            weights.append(amount * (price or 0.0))
        if not shares:
            return None
        if self.of == "weakest":
            return min(shares)
        parts = [share * weight for share, weight in zip(shares, weights, strict=True)]
        return sum(parts) / sum(weights) if sum(weights) > 0 else None

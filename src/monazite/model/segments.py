"""How does a marginal cost that is flat up to a knee and rises above it enter a program?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from monazite.model.axes import Floats, Ints, add_up

if TYPE_CHECKING:
    from monazite.kernel import Block, Program


@dataclass(frozen=True)
class Segments:
    """The columns of one family: `base[k]` belongs to element `base_of[k]`, `rise[k]` to
    `rise_of[k]`.

    A block is None where no element needs it.
    """

    size: int
    base: "Block | None"
    base_of: Ints
    rise: "Block | None"
    rise_of: Ints

    def parts(self) -> list[tuple["Block", Ints]]:
        """The blocks there are, each with the elements of its columns."""
        pairs = ((self.base, self.base_of), (self.rise, self.rise_of))
        return [(block, of) for block, of in pairs if block is not None]

    def on_base(self, x: Floats) -> Floats:
        """Values of the base columns by element, 0 where there is no column."""
        return spread(x, self.base, self.base_of, self.size)

    def on_rise(self, x: Floats) -> Floats:
        """Values of the rising columns by element, 0 where there is no column."""
        return spread(x, self.rise, self.rise_of, self.size)

    def total(self, x: Floats) -> Floats:
        """Quantity of each element: base plus rising part."""
        return self.on_base(x) + self.on_rise(x)


def spread(x: Floats, block: "Block | None", of: Ints, size: int) -> Floats:
    """Sum the values of a block's columns by element."""
    if block is None:
        return np.zeros(size)
    return add_up(of, values(x, block), size)


def values(x: Floats, block: "Block") -> Floats:
    """The part of a solution vector that belongs to a block."""
    return x[block.start : block.start + block.size]


def add_segments(
    program: "Program",
    name: str,
    dims: Mapping[str, np.ndarray],
    *,
    cost: Floats,
    knee: Floats,
    slope: Floats,
    bound: Floats,
    weight: Floats,
) -> Segments:
    """Columns of marginal cost `cost` up to `knee`, then cost + slope*(q - knee), q <= bound.

    Units: kt/yr, USD/kg, slope in (USD/kg)/(kt/yr). Both parts start at the same cost and the
    second rises, so the first fills first at an optimum. Positive mathematical programming: Howitt
    (1995), American Journal of Agricultural Economics 77(2), 329-342, with rising cost only above
    the knee.
    """
    rising = slope > 0
    knee = np.maximum(knee, 0.0)
    first = np.where(rising, np.minimum(knee, bound), bound)
    above = bound - knee
    base_of = np.flatnonzero(first > 0)
    rise_of = np.flatnonzero(rising & (above > 0))

    def block(label: str, of: Ints, upper: Floats, curvature: Floats) -> Any:
        if len(of) == 0:
            return None
        chosen = {axis: labels[of] for axis, labels in dims.items()}
        return program.add_columns(
            label,
            chosen,
            "kt/yr",
            cost=(weight * cost)[of],
            curvature=(weight * curvature)[of],
            lower=0.0,
            upper=upper[of],
        )

    base = block(name, base_of, first, np.zeros_like(slope))
    rise = block(f"{name}_rise", rise_of, above, slope)
    return Segments(len(cost), base, base_of, rise, rise_of)

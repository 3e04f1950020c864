"""Which price, when several are right? The one nearest to a reference, found by the same program.

A one-bid-one-ask market with bid 10 and ask 6 clears at any price between. A free slack s on the
balance row, costing ref*s + s^2/(2 mu), turns the row's dual into ref + s/mu: among all dual
solutions it takes the one that minimises sum mu/2 (price - ref)^2 (a proximal step on the dual,
Rockafellar 1976). The imbalance this admits is mu*(price - ref). Where a market has no answer at
all the slack would invent one at an absurd price: `solve` looks for that and reports the market
infeasible.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from monazite.errors import ProgramError
from monazite.kernel.program import Block, Program


def regularise(program: Program, rows: Block, reference: Any, mu: Any = 1e-7) -> Block:
    """Adds the slack columns that make the duals of ``rows`` unique; returns their block.

    ``reference`` is the dual wanted where the program leaves a choice, in objective unit per row
    unit; ``mu`` is the imbalance admitted per unit of distance from it. Each is one number or one
    a row. Raises `ProgramError` when ``mu`` is not positive or a number does not fit the rows.
    """
    width = np.asarray(mu, dtype=float)
    if not (np.isfinite(width).all() and (width > 0).all()):
        raise ProgramError(f"mu must be positive and finite to make {rows.name} unique")
    slack = program.add_columns(
        f"{rows.name}_slack",
        rows.dims,
        rows.unit,
        cost=reference,
        curvature=1 / width,
        lower=-np.inf,
    )
    program.add_terms(rows, slack, 1.0, "1")
    program.mark_slack(slack)
    return slack

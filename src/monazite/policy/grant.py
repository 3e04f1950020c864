"""What happens when a treasury pays part of a plant?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from monazite.policy.finance import AbstractSupport, Worth

if TYPE_CHECKING:
    from monazite.model.axes import Floats


class Grant(AbstractSupport):
    """Money for a share of a project's capital that is not paid back.

    Equation: a project of capital K, cost of capital w and life n pays K * CRF(w, n) a year, with
    CRF(r, n) = r / (1 - (1 + r)^-n). A grant of G = share * K lowers that by D = G * CRF(w, n). An
    `amount` is spread over all projects of the rule by their capital, at the size they state: what
    is not built gets nothing.

    Who pays whom: the treasury of `payer` pays the owners D a year as long as they pay their
    annuity, in two lines: the grant's own annuity at the public's funding rate, under the rule's
    name, and unpaid risk, what the same money costs the project's own financiers beyond that.

    Worked by hand: users pay 10 - q, a mine of 4 costs 2 a kg, a project at 2 a kg costs 20 of
    capital per kg/yr, for ten years at 10 %: annuity 3.2549, p = 5.2549, 0.7451 built. A grant of a
    quarter saves 5 * 0.16275 = 0.8137: p = 4.4412, 1.5588 are built, the treasury pays 1.2685 a
    year. At a funding rate of 5 % (no inflation) 5 * 0.1295 = 0.6475 of the 0.8137 is the grant.

    Example:

        kind: grant
        name: caremag_state
        projects: [fra_caremag, fra_caremag_rec]
        payer: FRA
        amount: 124
        start: 2025-03-17
        source: French state, 106 million EUR of grants, advances and tax credit (2025) at 1.17 USD

    Source: Brealey, Myers and Allen, Principles of Corporate Finance, equivalent annual cost.
    """

    kind: Literal["grant"] = "grant"

    def worth(self, wacc: Floats, life: Floats) -> Worth:
        """A dollar given is worth a dollar."""
        every = np.ones(len(wacc))
        return Worth(every, every, 0.0 * every)

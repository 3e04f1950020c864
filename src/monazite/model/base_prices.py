"""At which prices did the base year clear? Prices at every place that touch a base quantity.

    minimise   1/2 sum_k (r_k / s_k)^2
    with r_k = p - observed            for a quoted price,          s_k: a quarter of its range
         r_k = sum out p - sum in p - cost   for an activity,       s_k: MARGIN * cost
         r_k = p_j (1 - loss) - p_i (1 + rate) - freight  on an arc, s_k: BASIS * price level
    subject to p_j <= p_i (1 + rate) + freight + opening cost on arcs without trade,
               p = -disposal cost where something is thrown away,  p >= TINY elsewhere.

All prices are USD/kg without value-added tax, at the place. A quoted FOB price is read at each
buyer, less freight. The inequality is the spatial arbitrage condition of Samuelson (1952),
American Economic Review 42(3).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from monazite.errors import MonaziteError

MARGIN = 0.5  # standard deviation of a margin, share of the sourced cost
BASIS = 0.05  # standard deviation of an arc's residual, share of the price level
FOB = 0.05  # standard deviation of a quoted FOB price at one buyer
TINY = 1e-3  # USD/kg, least price of what is used

Node = tuple[str, str]


@dataclass
class Residuals:
    """Rows of the least squares: coefficients of prices, constant, standard deviation."""

    row: list[int] = field(default_factory=list)
    node: list[Node] = field(default_factory=list)
    coefficient: list[float] = field(default_factory=list)
    constant: list[float] = field(default_factory=list)
    deviation: list[float] = field(default_factory=list)

    def add(self, terms: list[tuple[Node, float]], constant: float, deviation: float) -> None:
        """One residual: sum of coefficient * price + constant."""
        for node, coefficient in terms:
            self.row.append(len(self.constant))
            self.node.append(node)
            self.coefficient.append(coefficient)
        self.constant.append(constant)
        self.deviation.append(deviation)


def solve_prices(
    nodes: list[Node],
    residuals: Residuals,
    ceilings: Residuals,
    fixed: dict[Node, float],
    level: dict[str, float],
) -> dict[Node, float]:
    """Prices nearest to what the residuals ask for, with every ceiling row at most 0. USD/kg.

    ``level`` is each material's price level, used to scale the program. Raises ``MonaziteError``
    when no prices fit.
    """
    from monazite.kernel import Program, solve

    place = {node: k for k, node in enumerate(nodes)}
    scale = np.array([level[m] for m, _ in nodes])
    lower = np.array([fixed.get(n, TINY) for n in nodes]) / scale
    upper = np.array([fixed.get(n, np.inf) for n in nodes]) / scale
    program = Program("base prices", objective_unit="1")
    price = program.add_columns(
        "price", {"node": np.arange(len(nodes))}, "1", lower=lower, upper=upper
    )
    _rows(program, "residual", price, residuals, place, scale, squared=True)
    _rows(program, "ceiling", price, ceilings, place, scale, squared=False)
    solution = solve(program.freeze())
    if not solution.solved:
        raise MonaziteError(f"no base prices fit: {solution.message}")
    values = solution.value(price) * scale
    return dict(zip(nodes, values.tolist(), strict=True))


def _rows(program, name: str, price, residuals: Residuals, place, scale, *, squared: bool) -> None:
    count = len(residuals.constant)
    deviation, constant = np.array(residuals.deviation), np.array(residuals.constant)
    at = np.array([place[n] for n in residuals.node])
    row = np.array(residuals.row)
    rows = program.add_rows(
        name,
        {"row": np.arange(count)},
        "1",
        lower=-constant / deviation if squared else -np.inf,
        upper=-constant / deviation,
    )
    coefficient = np.array(residuals.coefficient) * scale[at] / deviation[row]
    program.add_terms(rows, price, coefficient, "1", row=row, column=at)
    if squared:
        error = program.add_columns(
            f"{name} error", {"row": np.arange(count)}, "1", curvature=1.0, lower=-np.inf
        )
        program.add_terms(rows, error, -1.0, "1")

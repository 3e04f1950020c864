"""Does Harker's network with congested carriers give the competitive and the monopoly solution?

The average charge of a carrier, kappa + nu t^2, is no straight line. The case enters it by its
tangent at the equilibrium flow; here the tangents are also found, from zero, by repetition.
"""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.optimize import minimize

from monazite.data import Case
from monazite.model import solve_market

NU = {
    ("one", "four"): 0.5, ("one", "five"): 0.2, ("two", "six"): 0.3, ("three", "six"): 0.4,
    ("four", "one"): 0.3, ("four", "five"): 0.1, ("four", "six"): 0.1, ("five", "one"): 0.5,
    ("five", "four"): 0.2, ("five", "six"): 1.0, ("six", "two"): 0.25, ("six", "three"): 0.2,
    ("six", "four"): 0.9, ("six", "five"): 0.8,
}  # fmt: skip
REGIONS = ("one", "two", "three")


def tangents(case, flow):
    """The case with every carrier's charge replaced by its tangent at the given flow."""
    keys = list(zip(*case.table("arcs").select("origin", "destination"), strict=True))
    t, nu = np.array([flow.get(key, 0.0) for key in keys]), np.array([NU[key] for key in keys])
    changed = case.table("arcs").with_columns(
        residual=pl.Series(-nu * t**2), slope=pl.Series(2 * nu * t), knee=pl.lit(0.0)
    )
    return Case.from_tables({**case.stated, "arcs": changed})


def flows(outcome):
    """Quantity by origin and destination."""
    return {(o, d): q for o, d, q in
            outcome.flows.select("origin", "destination", "quantity").rows()}  # fmt: skip


def objective(case, flow):
    """rho d - eta d^2/2 - alpha s - beta s^2 - kappa t - nu t^3/3 at the net exports of a flow.

    d and s follow from a region's net export x: s - d = x and rho - eta d = alpha + 2 beta s.
    """
    total = 0.0
    for region in REGIONS:
        curve = case.table("curves").filter(country=region).to_dicts()[0]
        demand = case.table("demand").filter(country=region).to_dicts()[0]
        x = sum(q for (o, _), q in flow.items() if o == region)
        x -= sum(q for (_, d), q in flow.items() if d == region)
        steep = curve["slope"] + demand["slope"]
        s = (demand["intercept"] - curve["intercept"] + demand["slope"] * x) / steep
        d = s - x
        total += demand["intercept"] * d - demand["slope"] * d**2 / 2
        total -= curve["intercept"] * s + curve["slope"] * s**2 / 2
    kappa = {(r["origin"], r["destination"]): r["freight"] for r in case.table("arcs").to_dicts()}
    return total - sum(kappa[arc] * q + NU[arc] * q**3 / 3 for arc, q in flow.items())


def oracle(case):
    """The same problem as a smooth program over the flows, by SLSQP."""
    arcs = list(NU)
    hubs = ("four", "five", "six")
    balance = np.array([[(d == hub) * 1.0 - (o == hub) for o, d in arcs] for hub in hubs])
    found = minimize(
        lambda t: -objective(case, dict(zip(arcs, t, strict=True))),
        np.full(len(arcs), 0.5),
        bounds=[(0, None)] * len(arcs),
        constraints={"type": "eq", "fun": lambda t: balance @ t},
        options={"ftol": 1e-14, "maxiter": 500},
    )
    return -found.fun


@pytest.fixture(scope="module", params=["harker_1986", "harker_1986_monopoly"])
def problem(request, case, solved):
    """Case and outcome of the competitive and of the monopoly problem."""
    return case(request.param), solved(request.param)


def test_harker_1986_flows_are_those_of_a_smooth_program(problem):
    """The original problem with cubic carriers' costs, by another method: the same objective."""
    case, outcome = problem
    assert objective(case, flows(outcome)) == pytest.approx(oracle(case), rel=1e-6)


def test_harker_1986_price_gap_is_the_carriers_average_charge(problem):
    """On every arc: gap <= kappa + nu t^2, equal where something is carried."""
    case, outcome = problem
    carried = flows(outcome)
    for row in case.table("arcs").to_dicts():
        arc = (row["origin"], row["destination"])
        gap = outcome.price("good", arc[1]) - outcome.price("good", arc[0])
        charge = row["freight"] + NU[arc] * carried.get(arc, 0.0) ** 2
        assert gap <= charge + 1e-5
        if carried.get(arc, 0.0) > 1e-4:
            assert gap == pytest.approx(charge, abs=1e-5)


def test_harker_1986_tangents_are_found_from_zero(problem):
    """Repeating the program, each time with tangents at the last flows, ends at the stored case."""
    case, outcome = problem
    carried: dict = {}
    for _ in range(30):
        before = carried
        carried = flows(solve_market(tangents(case, carried)))
        if all(abs(carried[arc] - before.get(arc, 0.0)) < 1e-7 for arc in carried):
            break
    assert len(before) and carried == pytest.approx(flows(outcome), abs=1e-4)


def test_harker_1986_competitive_solution(solved):
    """No printed figure was at hand; these are roots of the conditions on the arcs in use."""
    outcome = solved("harker_1986")
    assert [outcome.price("good", region) for region in REGIONS] == pytest.approx(
        [16.580174, 26.656345, 20.512808], rel=1e-5
    )
    assert outcome.flow("good", "six", "two") == pytest.approx(3.545079, rel=1e-4)


def test_harker_1986_monopoly_objective_is_859_66(case, solved):
    """Third solve of the library's harker; nlp2mcp prints 859.66 for its complementarity form."""
    outcome = solved("harker_1986_monopoly")
    found = objective(case("harker_1986_monopoly"), flows(outcome))
    assert found == pytest.approx(859.66, abs=5e-3)


def test_harker_1986_monopoly_sells_less_at_higher_prices(case, solved):
    """Prices on the demand curve, rho - eta d: above the competitive ones where demand is steep."""
    competitive, monopoly = solved("harker_1986"), solved("harker_1986_monopoly")
    use = {key: dict(out.use.select("country", "quantity").rows())
           for key, out in (("c", competitive), ("m", monopoly))}  # fmt: skip
    rho_eta = {"one": (19, 0.2), "three": (30, 0.3)}
    for region, (rho, eta) in rho_eta.items():
        assert use["m"][region] < use["c"][region]
        assert rho - eta * use["m"][region] > competitive.price("good", region)

"""Random chains of mines, plants with joint outputs and lossy trade, and their oracle."""

from __future__ import annotations

from typing import Any

import numpy as np

COUNTRIES = ("A", "B", "C", "D")
MATERIALS = ("ore", "oxide", "slag", "metal")


def chain(seed: int) -> dict[str, list[dict[str, Any]]]:
    """A chain with strictly falling demand for every product, so that prices are unique."""
    rng = np.random.default_rng(seed)

    def some(low: float, high: float) -> float:
        return float(np.round(rng.uniform(low, high), 3))

    recipes = [
        ("mine", "ore", "out", 1.0),
        ("separation", "ore", "in", 2.0),
        ("separation", "oxide", "out", 0.7),
        ("separation", "slag", "out", 1.2),
        ("smelting", "oxide", "in", 1.3),
        ("smelting", "metal", "out", 1.0),
    ]
    facilities, activities, demand, arcs = [], [], [], []
    for country in COUNTRIES:
        for technology, cost in (("mine", 2.0), ("separation", 3.0), ("smelting", 4.0)):
            if rng.random() < 0.75:
                name = f"{country}_{technology}"
                facilities.append({
                    "facility": name, "technology": technology, "country": country,
                    "capacity": some(1.0, 8.0), "cost": some(0.5 * cost, 2 * cost),
                })  # fmt: skip
                activities.append({
                    "facility": name, "base": 1.0, "residual": some(-0.2, 0.5),
                    "loss_carried": some(0.0, 0.3), "knee": some(0.0, 1.0), "slope": some(0.1, 2.0),
                })  # fmt: skip
        for material, price in (("oxide", 40.0), ("slag", 1.5), ("metal", 80.0)):
            demand.append({
                "country": country, "material": material,
                "intercept": some(price, 2 * price), "slope": some(0.2 * price, price),
            })  # fmt: skip
    for material in MATERIALS:
        for origin in COUNTRIES:
            for destination in COUNTRIES:
                if origin != destination and rng.random() < 0.7:
                    arcs.append({
                        "material": material, "origin": origin, "destination": destination,
                        "freight": some(0.2, 2.0), "loss": some(0.0, 0.1),
                        "duty": some(0.0, 1.0), "bound": some(0.5, 4.0),
                        "knee": some(0.0, 0.5), "slope": some(0.1, 1.0),
                    })  # fmt: skip
    names = ("technology", "material", "direction", "quantity")
    return {
        "recipes": [dict(zip(names, row, strict=True)) for row in recipes],
        "materials": [
            {"material": m, "disposal_cost": 0.5 if m == "slag" else None} for m in MATERIALS
        ],
        "countries": [{"country": country} for country in COUNTRIES],
        "facilities": facilities,
        "activities": activities,
        "demand": demand,
        "arcs": arcs,
    }  # fmt: skip


def clarabel(tables: dict[str, list[dict[str, Any]]]) -> tuple[dict[tuple[str, str], float], float]:
    """Prices by (material, country) and welfare net of duties, by cvxpy and Clarabel.

    Written from the equations alone: max(0, x - knee) stands for the rising part.
    """
    import cvxpy as cp

    out: dict[tuple[str, str], list[Any]] = {(m, c): [] for m in MATERIALS for c in COUNTRIES}
    tuned = {row["facility"]: row for row in tables["activities"]}
    value, limits = [], []

    def rising(x: Any, row: dict[str, Any]) -> Any:
        return 0.5 * row["slope"] * cp.square(cp.pos(x - row["knee"]))

    for row in tables["facilities"]:
        x, own = cp.Variable(nonneg=True), tuned[row["facility"]]
        limits.append(x <= row["capacity"])
        cost = row["cost"] + own["residual"] - own["loss_carried"]
        value.append(-cost * x - rising(x, own))
        for recipe in tables["recipes"]:
            if recipe["technology"] == row["technology"]:
                sign = 1 if recipe["direction"] == "out" else -1
                out[recipe["material"], row["country"]].append(sign * recipe["quantity"] * x)
    for row in tables["arcs"]:
        f = cp.Variable(nonneg=True)
        limits.append(f <= row["bound"])
        value.append(-(row["freight"] + row["duty"]) * f - rising(f, row))
        out[row["material"], row["origin"]].append(-f)
        out[row["material"], row["destination"]].append((1 - row["loss"]) * f)
    for row in tables["demand"]:
        d = cp.Variable()
        value.append(row["intercept"] * d - 0.5 * row["slope"] * cp.square(d))
        limits.append(d >= 0)
        out[row["material"], row["country"]].append(-d)
    for country in COUNTRIES:
        waste = cp.Variable(nonneg=True)
        value.append(-0.5 * waste)
        out["slag", country].append(-waste)
    balances = {node: sum(terms) == 0 for node, terms in out.items() if terms}
    problem = cp.Problem(cp.Maximize(sum(value)), [*limits, *balances.values()])
    problem.solve(
        solver=cp.CLARABEL, tol_gap_abs=1e-11, tol_gap_rel=1e-11, tol_feas=1e-11, max_iter=200
    )
    # the sign of an equality's dual is settled by a price that must be positive
    duals = {node: float(row.dual_value) for node, row in balances.items()}
    sign = np.sign(sum(dual for (material, _), dual in duals.items() if material == "metal"))
    return {node: sign * dual for node, dual in duals.items()}, float(problem.value)

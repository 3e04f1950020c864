"""Which quantities of the base year agree with each other and stay nearest to what was reported?

Raw figures contradict each other. Every quantity of the base year (activity, recipe coefficient,
flow, use, discard) is a variable v = ln(quantity). With raw figure r and a range read as two
standard deviations to either side,

    minimise   1/2 sum_k ((v_k - ln r_k) / s_k)^2 + 1/2 sum_o ((ln g_o(v) - ln r_o) / s_o)^2
    subject to sum of signed terms exp(v_a [+ v_c]) = 0       at each material and country,
               sum of inputs - outputs exp(v_c [+ v_e]) >= 0  for each element in each recipe,
               low_c <= exp(v_c) <= high_c                    for recipe coefficients,

where v_e is the logarithm of an element's content in a mixed material and g_o is a sum of terms (a
national output, a total of trade). Solved by sequential quadratic programs on the kernel: terms
are linearised, the objective is Gauss-Newton. Method: weighted least squares in logs, the standard
way to balance supply-use accounts (Stone, Champernowne and Meade 1942, Review of Economic Studies
9).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from monazite.errors import MonaziteError
from monazite.model.contents import Contents, contents

if TYPE_CHECKING:
    import polars as pl

STEP = 0.5  # largest change of a logarithm in one step
NARROW = 0.005  # smallest standard deviation of a logarithm
CONTENT = 0.1  # standard deviation of the logarithm of an element's content in a mixed material
ELASTIC = 20  # most steps in which a balance may stay open
GIVE = 1e5  # penalty on an open balance, relative to its throughput, in the first steps


class ReconciliationError(MonaziteError):
    """The raw figures cannot be brought together; the message names the places that stay open."""


@dataclass(frozen=True)
class Reconciliation:
    """Reconciled quantities of the base year.

    ``activities`` (facility, technology, country, mode, quantity), ``recipes`` (technology, mode,
    material, direction, quantity, recovery), ``flows`` (material, origin, destination, quantity),
    ``uses`` (country, material, sector, quantity), ``discards`` (material, country, quantity):
    kt/yr; ``composition`` (material, element, share): kg of oxide equivalent per kg; ``report``:
    one row for each raw figure with its range, weight, reconciled figure and difference in per
    cent; ``iterations`` and the largest ``imbalance``.
    """

    activities: pl.DataFrame
    recipes: pl.DataFrame
    flows: pl.DataFrame
    uses: pl.DataFrame
    discards: pl.DataFrame
    composition: pl.DataFrame
    report: pl.DataFrame
    iterations: int
    imbalance: float


@dataclass(frozen=True)
class _Problem:
    """Index arrays of the variables, terms, balances and observations."""

    start: np.ndarray  # ln(raw) of each variable
    deviation: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    node: np.ndarray  # per term
    sign: np.ndarray
    constant: np.ndarray
    first: np.ndarray  # variable of the term
    second: np.ndarray  # recipe variable or -1
    nodes: list[tuple[str, str]]
    at_least: np.ndarray  # per node: inputs may exceed outputs (element balances of recipes)
    observed: list[np.ndarray]  # terms of each observation
    target: np.ndarray
    target_deviation: np.ndarray


def reconcile(tables: dict[str, pl.DataFrame]) -> Reconciliation:
    """Bring the source tables of a case together.

    ``tables`` holds ``materials``, ``recipes``, ``activities``, ``flows``, ``uses``, ``discards``,
    ``observations`` as read from the case's ``source`` folder; quantities in kt/yr. Raises
    ``ReconciliationError`` when the balances stay open.
    """
    problem = _problem(tables)
    values, iterations = _solve(problem)
    worst = np.abs(_shortage(problem, _imbalance(problem, values)))
    if worst.max(initial=0.0) > 1e-7:
        raise ReconciliationError(_open_places(problem, worst))
    return _result(tables, problem, values, iterations, float(worst.max(initial=0.0)))


def deviation(raw: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Standard deviation of ln(quantity): a quarter of ln(high / low), low at least a twentieth of
    the raw figure.
    """
    low = np.maximum(low, raw / 20.0)
    return np.maximum(np.log(np.maximum(high, raw) / np.minimum(low, raw)) / 4.0, NARROW)


def _columns(frame: pl.DataFrame, *names: str) -> list[np.ndarray]:
    return [frame[name].to_numpy() for name in names]


def _problem(tables: dict[str, pl.DataFrame]) -> _Problem:
    recipes, activities = tables["recipes"], tables["activities"]
    flows, uses, discards = tables["flows"], tables["uses"], tables["discards"]
    groups = [recipes, activities, flows, uses, discards]
    mixed, elements = _contents(tables)
    raw = np.concatenate([g["quantity"].to_numpy().astype(float) for g in groups])
    low = np.concatenate([g["low"].to_numpy().astype(float) for g in groups])
    high = np.concatenate([g["high"].to_numpy().astype(float) for g in groups])
    offsets = np.concatenate([[0], np.cumsum([len(g) for g in groups])])
    spread = deviation(raw, low, high)
    recipe = np.arange(len(recipes))
    size = len(raw) + len(mixed)
    lower, upper = np.full(size, -np.inf), np.full(size, np.inf)
    lower[recipe], upper[recipe] = np.log(low[recipe]), np.log(high[recipe])
    terms = _terms(tables, offsets)
    inside = _element_terms(tables["recipes"], elements, mixed, len(raw))
    nodes = sorted({(t[0], t[1]) for t in terms}) + sorted({(t[0], t[1]) for t in inside})
    position = {node: k for k, node in enumerate(nodes)}
    observed, target, target_spread = _observations(tables["observations"], terms)
    every = terms + inside
    held = np.array([elements[m][e] for m, e in mixed])
    return _Problem(
        start=np.log(np.concatenate([raw, held])),
        deviation=np.concatenate([spread, np.full(len(mixed), CONTENT)]),
        lower=lower,
        upper=upper,
        node=np.array([position[t[0], t[1]] for t in every]),
        sign=np.array([np.sign(t[2]) for t in every]),
        constant=np.array([abs(t[2]) for t in every]),
        first=np.array([t[3] for t in every]),
        second=np.array([t[4] for t in every]),
        nodes=nodes,
        at_least=np.arange(len(nodes)) >= len({(t[0], t[1]) for t in terms}),
        observed=observed,
        target=np.log(target),
        target_deviation=target_spread,
    )


def _contents(tables: dict[str, pl.DataFrame]) -> tuple[list[tuple[str, str]], Contents]:
    """The (material, element) pairs whose content is a variable, and all contents of the raw
    recipes.
    """
    known = contents(tables["materials"], tables["recipes"])
    pure = set(tables["materials"].filter(tables["materials"]["element"].is_not_null())["material"])
    mixed = [(m, e) for m in sorted(known) if m not in pure for e in sorted(known[m])]
    return mixed, known


def _element_terms(
    recipes: pl.DataFrame, known: Contents, mixed: list[tuple[str, str]], offset: int
) -> list[tuple]:
    """Terms of the element balance of every recipe with an input of known content: inputs positive,
    outputs negative. What is dug from the ground has the content of the ore, whatever that is.
    """
    place = {pair: offset + k for k, pair in enumerate(mixed)}
    names = ("technology", "mode", "material", "direction")
    told = (recipes["direction"] == "in") & recipes["material"].is_in(
        [m for m in known if known[m]]
    )
    fed = set(recipes.filter(told).select("technology", "mode").rows())
    terms: list[tuple] = []
    for k, (technology, mode, material, direction) in enumerate(recipes.select(names).iter_rows()):
        if (technology, mode) not in fed:
            continue
        sign = 1.0 if direction == "in" else -1.0
        for element, share in known.get(material, {}).items():
            variable = place.get((material, element), -1)
            factor = sign if variable >= 0 else sign * share
            terms.append((f"{technology} ({mode})", element, factor, k, variable, {}))
    return terms


def _terms(tables: dict[str, pl.DataFrame], offsets: np.ndarray) -> list[tuple]:
    """(material, country, sign, variable, recipe variable, tags) of every term of the balances."""
    terms: list[tuple] = []
    modes: dict[tuple[str, str], list[tuple[int, str, str]]] = {}
    for k, (technology, mode, material, direction) in enumerate(
        tables["recipes"].select("technology", "mode", "material", "direction").iter_rows()
    ):
        modes.setdefault((technology, mode), []).append((k, material, direction))
    for k, (facility, technology, country, mode) in enumerate(
        tables["activities"].select("facility", "technology", "country", "mode").iter_rows()
    ):
        for coefficient, material, direction in modes[technology, mode]:
            out = direction == "out"
            tags = {
                "kind": "production" if out else "input",
                "facility": facility,
                "technology": technology,
                "mode": mode,
            }
            sign = 1.0 if out else -1.0
            terms.append((material, country, sign, offsets[1] + k, coefficient, tags))
    for k, (material, origin, destination) in enumerate(
        tables["flows"].select("material", "origin", "destination").iter_rows()
    ):
        tags = {"kind": "flow", "partner": destination}
        terms.append((material, origin, -1.0, offsets[2] + k, -1, tags))
        terms.append((material, destination, 1.0, offsets[2] + k, -1, {"kind": "arrival"}))
    for k, (country, material, sector) in enumerate(
        tables["uses"].select("country", "material", "sector").iter_rows()
    ):
        terms.append(
            (material, country, -1.0, offsets[3] + k, -1, {"kind": "use", "sector": sector})
        )
    for k, (material, country) in enumerate(
        tables["discards"].select("material", "country").iter_rows()
    ):
        terms.append((material, country, -1.0, offsets[4] + k, -1, {"kind": "discard"}))
    return terms


def _observations(
    frame: pl.DataFrame, terms: list[tuple]
) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    observed = []
    for row in frame.iter_rows(named=True):
        hits = np.array([k for k, term in enumerate(terms) if _matches(row, term)], int)
        if not len(hits):
            raise ReconciliationError(
                f"observation {row['observation']} fits no quantity of the base year; "
                "check its selectors"
            )
        observed.append(hits)
    raw, low, high = (frame[c].to_numpy().astype(float) for c in ("value", "low", "high"))
    return observed, raw, deviation(raw, low, high)


def _matches(row: dict, term: tuple) -> bool:
    material, country, _, _, _, tags = term
    if tags["kind"] != row["kind"]:
        return False
    wanted = {"material": material, "country": country} | tags
    for field in ("material", "country", "partner", "facility", "technology", "mode", "sector"):
        allowed = row[field]
        if allowed and allowed != "*" and wanted.get(field) not in allowed.split(";"):
            return False
    return True


def _values(problem: _Problem, logs: np.ndarray) -> np.ndarray:
    second = np.where(problem.second >= 0, logs[problem.second], 0.0)
    return problem.constant * np.exp(logs[problem.first] + second)


def _imbalance(problem: _Problem, logs: np.ndarray) -> np.ndarray:
    signed = problem.sign * _values(problem, logs)
    return np.bincount(problem.node, signed, minlength=len(problem.nodes))


def _shortage(problem: _Problem, imbalance: np.ndarray) -> np.ndarray:
    return np.where(problem.at_least, np.minimum(imbalance, 0.0), imbalance)


def _solve(problem: _Problem, limit: int = 400) -> tuple[np.ndarray, int]:
    """Elastic steps until they are small, then steps that close every balance."""
    logs, elastic = problem.start.copy(), True
    for iteration in range(1, limit + 1):
        step = _step(problem, logs, elastic=elastic)
        logs = logs + step
        size = np.abs(step).max(initial=0.0)
        if not elastic and size < 1e-9:
            return logs, iteration
        elastic = elastic and size > 1e-3 and iteration < ELASTIC
    return logs, limit


def _step(problem: _Problem, logs: np.ndarray, *, elastic: bool) -> np.ndarray:
    """One Gauss-Newton step: a quadratic program in the change of the logarithms."""
    from monazite.kernel import Program, solve

    n, value = len(logs), _values(problem, logs)
    weight = problem.deviation**-2.0
    program = Program("reconcile", objective_unit="1")
    change = program.add_columns(
        "change",
        {"variable": np.arange(n)},
        "1",
        cost=weight * (logs - problem.start),
        curvature=weight,
        lower=np.maximum(-STEP, problem.lower - logs),
        upper=np.minimum(STEP, problem.upper - logs),
    )
    _balance_rows(program, problem, change, value, elastic)
    _residual_rows(program, problem, change, value)
    solution = solve(program.freeze())
    if not solution.solved:
        shortage = np.abs(_shortage(problem, _imbalance(problem, logs)))
        raise ReconciliationError(_open_places(problem, shortage))
    return np.asarray(solution.x[change.start : change.start + n])


def _balance_rows(program, problem: _Problem, change, value: np.ndarray, elastic: bool) -> None:
    count = len(problem.nodes)
    throughput = np.bincount(problem.node, value, minlength=count)
    signed = (
        problem.sign * value / throughput[problem.node]
    )  # relative, so that kilograms count too
    gap = np.bincount(problem.node, signed, minlength=count)
    rows = program.add_rows(
        "balance",
        {"node": np.arange(count)},
        "1",
        lower=-gap,
        upper=np.where(problem.at_least, np.inf, -gap),
    )
    program.add_terms(rows, change, signed, "1", row=problem.node, column=problem.first)
    own = problem.second >= 0
    program.add_terms(
        rows, change, signed[own], "1", row=problem.node[own], column=problem.second[own]
    )
    if elastic:
        give = program.add_columns(
            "give", {"node": np.arange(count)}, "1", curvature=GIVE, lower=-np.inf
        )
        program.add_terms(rows, give, 1.0, "1")


def _residual_rows(program, problem: _Problem, change, value: np.ndarray) -> None:
    """Residual columns e_o = ln g_o - ln target, linearised."""
    count = len(problem.observed)
    if count == 0:
        return
    total = np.array([value[hits].sum() for hits in problem.observed])
    residual = program.add_columns(
        "residual",
        {"observation": np.arange(count)},
        "1",
        curvature=problem.target_deviation**-2.0,
        lower=-np.inf,
    )
    now = np.log(total) - problem.target
    rows = program.add_rows(
        "definition", {"observation": np.arange(count)}, "1", lower=now, upper=now
    )
    program.add_terms(rows, residual, 1.0, "1")
    which = np.concatenate([np.full(len(h), k) for k, h in enumerate(problem.observed)])
    hits = np.concatenate(problem.observed)
    slope = -value[hits] / total[which]
    program.add_terms(rows, change, slope, "1", row=which, column=problem.first[hits])
    own = problem.second[hits] >= 0
    program.add_terms(
        rows, change, slope[own], "1", row=which[own], column=problem.second[hits][own]
    )


def _open_places(problem: _Problem, worst: np.ndarray) -> str:
    order = np.argsort(-worst)[:5]
    places = ", ".join(
        f"{problem.nodes[k][0]} in {problem.nodes[k][1]} ({worst[k]:.3g} kt)" for k in order
    )
    return (
        f"the raw figures cannot be balanced at: {places}; widen a range or add a flow or use there"
    )


def _result(
    tables: dict[str, pl.DataFrame],
    problem: _Problem,
    logs: np.ndarray,
    iterations: int,
    imbalance: float,
) -> Reconciliation:
    import polars as pl

    quantity = np.exp(logs)
    names = tuple(_KEYS)
    *parts, held = np.split(quantity, np.cumsum([len(tables[name]) for name in names]))
    new = {
        name: tables[name].with_columns(pl.Series("quantity", part))
        for name, part in zip(names, parts, strict=True)
    }
    return Reconciliation(
        **new,
        composition=_composition(tables, held),
        report=_report(tables, problem, logs, new),
        iterations=iterations,
        imbalance=imbalance,
    )


def _composition(tables: dict[str, pl.DataFrame], held: np.ndarray) -> pl.DataFrame:
    import polars as pl

    mixed, known = _contents(tables)
    shares = dict(zip(mixed, held.tolist(), strict=True))
    rows = [
        (m, e, shares.get((m, e), known[m][e])) for m in sorted(known) for e in sorted(known[m])
    ]
    return pl.DataFrame(rows, schema=["material", "element", "share"], orient="row")


_KEYS = {
    "recipes": ("technology", "mode", "material", "direction"),
    "activities": ("facility", "mode"),
    "flows": ("material", "origin", "destination"),
    "uses": ("country", "material", "sector"),
    "discards": ("material", "country"),
}


def _report(
    tables: dict[str, pl.DataFrame],
    problem: _Problem,
    logs: np.ndarray,
    new: dict[str, pl.DataFrame],
) -> pl.DataFrame:
    import polars as pl

    def rows(kind: str, key, raw, spread, reconciled, frame: pl.DataFrame) -> pl.DataFrame:
        return pl.DataFrame(
            {
                "kind": [kind] * len(frame),
                "key": key,
                "raw": np.asarray(raw, float),
                "low": frame["low"].cast(float),
                "high": frame["high"].cast(float),
                "weight": spread**-2.0,
                "reconciled": np.asarray(reconciled, float),
                "basis": frame["basis"],
                "source": frame["source"],
            }
        )

    total = [_values(problem, logs)[hits].sum() for hits in problem.observed]
    seen = tables["observations"]
    out = [
        rows(
            "observation", seen["observation"], seen["value"], problem.target_deviation, total, seen
        )
    ]
    offset = 0
    for name, key in _KEYS.items():
        frame = tables[name]
        spread = problem.deviation[offset : offset + len(frame)]
        label = frame.select(pl.concat_str(key, separator="/")).to_series()
        out.append(rows(name, label, frame["quantity"], spread, new[name]["quantity"], frame))
        offset += len(frame)
    difference = (pl.col("reconciled") / pl.col("raw") - 1.0) * 100.0
    return pl.concat([part for part in out if len(part)]).with_columns(difference=difference)

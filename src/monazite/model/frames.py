"""How is an outcome shown as tables? One function per table; columns as in `Outcome`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from monazite.messages import language, say
from monazite.model.axes import Axes, Ints, add_up
from monazite.model.marks import free_words
from monazite.model.segments import spread

if TYPE_CHECKING:
    import polars as pl

    from monazite.model.outcome import Outcome

QUIET = 1e-6  # kt/yr: below one kilogram a year nothing moves, and a price is only indicative
NOTICE = 1e-6  # USD/kg below which a rent is rounding
NAMES = (
    *("prices", "flows", "output", "production", "inputs"),
    *("use", "waste", "supply", "limits", "stocks", "classes", "builds"),
    "budgets",
)


def frame(columns: Mapping[str, Any]) -> pl.DataFrame:
    """A table; NaN becomes null, which is how "no price" is written."""
    import polars as pl

    return pl.DataFrame(
        [_series(pl, name, np.asarray(column)) for name, column in columns.items()]
    ).with_columns(pl.selectors.float().fill_nan(None))


def _series(pl: Any, name: str, column: np.ndarray) -> Any:
    if column.dtype == object:
        return pl.Series(name, column.tolist(), dtype=pl.String)
    return pl.Series(name, column)


def labels(names: tuple[str, ...], code: Ints) -> np.ndarray:
    """Labels of codes on an axis."""
    return np.array(names, dtype=object)[code]


def place(axes: Axes, **codes: Ints) -> dict[str, np.ndarray]:
    """Label columns for codes of period, material, country, origin or destination."""
    axis = {"period": axes.periods, "material": axes.materials}
    return {name: labels(axis.get(name, axes.countries), code) for name, code in codes.items()}


def prices(outcome: Outcome) -> pl.DataFrame:
    """See Outcome.prices."""
    nodes = outcome.market.nodes
    at = place(
        outcome.market.axes, period=nodes.period, material=nodes.material, country=nodes.country
    )
    quiet = (outcome.throughput <= QUIET) & np.isfinite(outcome.node_price)
    return frame({**at, "price": outcome.node_price, "indicative": quiet})


def flows(outcome: Outcome) -> pl.DataFrame:
    """See Outcome.flows."""
    arcs, cleared = outcome.market.arcs, outcome.cleared
    at = place(
        outcome.market.axes,
        period=arcs.period,
        material=arcs.material,
        origin=arcs.origin,
        destination=arcs.destination,
    )
    return frame(
        {
            **at,
            "quantity": outcome.quantity,
            "received": outcome.quantity * (1.0 - arcs.loss),
            "freight": arcs.freight,
            "duty": arcs.duty + cleared.duty,
            "export_tax": arcs.export_tax + cleared.export_charge,
            "residual": arcs.residual,
            "rise": outcome.flow_rise,
            "rent": outcome.bound_rent + outcome.flow_limit_rent,
        }
    )


def output(outcome: Outcome) -> pl.DataFrame:
    """See Outcome.output."""
    market = outcome.market
    plants, ways = market.plants, market.ways
    plant = ways.plant
    total = add_up(plant, outcome.activity, len(plants.facility))
    full = np.divide(total, outcome.capacity, out=np.zeros_like(total), where=outcome.capacity > 0)
    return frame(
        {
            "period": labels(market.axes.periods, plants.period[plant]),
            "facility": plants.facility[plant],
            "mode": ways.mode,
            "country": labels(market.axes.countries, plants.country[plant]),
            "stage": plants.stage[plant],
            "technology": plants.technology[plant],
            "activity": outcome.activity,
            "cost": ways.cost,
            "residual": ways.residual,
            "loss_carried": ways.loss_carried,
            "rise": outcome.activity_rise,
            "scarcity_rent": outcome.capacity_rent[plant],
            "limit_rent": outcome.activity_limit_rent,
            "capacity": outcome.capacity[plant],
            "utilisation": full[plant],
        }
    )


def builds(outcome: Outcome) -> pl.DataFrame:
    """See Outcome.builds."""
    market = outcome.market
    axes, found, of = market.axes, market.builds, market.builds.project
    rents = np.zeros(0)
    if market.build is not None:
        dual = outcome.cleared.solution.value(market.build.pipeline)
        rents = -dual[np.searchsorted(np.unique(of), of)]
    return frame(
        {
            "period": labels(axes.periods, found.period),
            "facility": found.facility,
            "status": found.projects.status[of],
            "begins": found.begins,
            "size": found.projects.size[of],
            "built": outcome.built,
            "annuity": found.annuity,
            "capex": found.capital_cost(axes) * outcome.built,
            "rent": rents,
        }
    )


def budgets(outcome: Outcome) -> pl.DataFrame:
    """See Outcome.budgets."""
    market, found = outcome.market, outcome.market.budgets
    spent, value = np.zeros(len(found.name)), np.zeros(len(found.name))
    if market.budget is not None:
        program = outcome.cleared.solution.standard.A.tocsr()[market.budget.budget.slice]
        spent = program @ outcome.x
        value = -outcome.cleared.solution.value(market.budget.budget)
        value = np.where(found.envelope > 0, value, np.nan)  # of nothing, any high value is a dual
    periods = (*market.axes.periods, "")
    return frame(
        {
            "budget": found.name,
            "period": labels(periods, found.period),
            "envelope": np.where(np.isfinite(found.envelope), found.envelope, np.nan),
            "spent": spent,
            "value": np.maximum(value, 0.0),  # a price of nothing is no price
        }
    )


def terms(outcome: Outcome, sign: float) -> pl.DataFrame:
    """Outputs (sign 1) or inputs (sign -1) of facilities, summed over modes."""
    import polars as pl

    market = outcome.market
    ways, plants = market.ways, market.plants
    at = np.flatnonzero(sign * ways.term_quantity > 0)
    plant = ways.plant[ways.term_of[at]]
    where = place(
        market.axes,
        period=plants.period[plant],
        material=ways.term_material[at],
        country=plants.country[plant],
    )
    quantity = sign * ways.term_quantity[at] * outcome.activity[ways.term_of[at]]
    found = frame({**where, "facility": plants.facility[plant], "quantity": quantity})
    keys = ["period", "material", "country", "facility"]
    return found.group_by(keys, maintain_order=True).agg(pl.col("quantity").sum())


def use(outcome: Outcome) -> pl.DataFrame:
    """See Outcome.use."""
    market = outcome.market
    uses = market.uses
    price = outcome.node_price[market.nodes.at[uses.key]]
    unserved = add_up(uses.pieces.owner, outcome.cleared.unserved, uses.size)
    where = place(market.axes, period=uses.period, country=uses.country, material=uses.material)
    return frame(
        {
            **where,
            "sector": uses.sector,
            "quantity": outcome.used,
            "unserved": unserved,
            "price": price,
            "value": price * outcome.used,
        }
    )


def waste(outcome: Outcome) -> pl.DataFrame:
    """See Outcome.waste."""
    return _by_key(outcome, outcome.market.wasted, {"quantity": outcome.block("waste")})


def supply(outcome: Outcome) -> pl.DataFrame:
    """See Outcome.supply."""
    pieces = outcome.market.curves.pieces
    total = spread(outcome.x, outcome.market.supply, pieces.owner, outcome.market.curves.size)
    return _by_key(outcome, outcome.market.curves.key, {"quantity": total})


def limits(outcome: Outcome) -> pl.DataFrame:
    """See Outcome.limits."""
    market = outcome.market
    limit = market.limits
    on_activity = limit.activity_coefficient * outcome.activity[limit.activity_of]
    on_flow = limit.flow_coefficient * outcome.quantity[limit.flow_of]
    used = add_up(limit.activity_row, on_activity, limit.size)
    used += add_up(limit.flow_row, on_flow, limit.size)
    return frame(
        {
            "period": labels(market.axes.periods, limit.period),
            "limit": limit.limit,
            "kind": limit.kind,
            "holder": limit.holder,
            "used": used,
            "upper": limit.upper,
            "rent": outcome.limit_rent,
        }
    )


def classes(outcome: Outcome) -> pl.DataFrame:
    """See Outcome.classes."""
    market, price = outcome.market, outcome.node_price
    marks, nodes, uses = market.marks, market.nodes, market.uses
    at = np.flatnonzero(marks.free[nodes.material])
    material, country, period = nodes.material[at], nodes.country[at], nodes.period[at]
    other = nodes.at[market.axes.key(marks.of[material], country, period)]
    # a place may have no node for goods that bear marks
    other_price = np.where(other >= 0, price[other], np.nan)
    used = add_up(nodes.at[uses.key], outcome.used, nodes.size)[at]
    used -= add_up(nodes.at[uses.key[uses.waivers]], outcome.block("waived"), nodes.size)[at]
    where = place(market.axes, period=period, material=marks.of[material], country=country)
    return frame(
        {
            **where,
            "free_of": free_words(marks, marks.free[material]),
            "price": price[at],
            "other_price": other_price,
            "premium": price[at] - other_price,
            "indicative": (outcome.throughput[at] <= QUIET) & np.isfinite(price[at]),
            "used": used,
        }
    )


def stocks(outcome: Outcome) -> pl.DataFrame:
    """See Outcome.stocks."""
    columns = {
        "stock": outcome.market.stocks.stock,
        "level": outcome.block("stock_level"),
        "stock_in": outcome.block("stock_in"),
        "stock_out": outcome.block("stock_out"),
        "value": outcome.storage_value,
    }
    return _by_key(outcome, outcome.market.stocks.key, columns)


def _by_key(outcome: Outcome, key: Ints, columns: Mapping[str, Any]) -> pl.DataFrame:
    period, material, country = np.unravel_index(key, outcome.market.axes.shape)
    where = place(outcome.market.axes, period=period, material=material, country=country)
    return frame({**where, **columns})


def unserved(outcome: Outcome) -> list[str]:
    """See Outcome.unserved."""
    cut = outcome.use.filter(outcome.use["unserved"] > 0).sort("unserved", descending=True)
    return [
        say("model.unserved", **{**row, "unserved": f"{row['unserved']:.6g}"})
        for row in cut.select("sector", "material", "country", "period", "unserved").to_dicts()
    ]


def binding(outcome: Outcome) -> list[str]:
    """See Outcome.binding."""
    plants, limit, arcs = outcome.market.plants, outcome.market.limits, outcome.market.arcs
    axes, called = outcome.market.axes, _Called(outcome.case)
    rents, bounds, held = outcome.capacity_rent, outcome.bound_rent, outcome.limit_rent
    found: dict[tuple[str, str], list[tuple[float, float, int]]] = {}
    told: dict[tuple[str, str], dict[str, str]] = {}

    def note(key: str, code: str, rent: float, size: float, period: int, **names: str) -> None:
        what = (key, code)
        told[what] = names
        found.setdefault(what, []).append((float(rent * size), float(rent), int(period)))

    for k in np.flatnonzero(rents > NOTICE):
        code = str(plants.facility[k])
        name = called("facilities", code)
        note("capacity", code, rents[k], outcome.capacity[k], plants.period[k], facility=name)
    for k in np.flatnonzero(held > NOTICE):
        code = str(limit.limit[k])
        name = called("limits", code)
        note("limit", code, held[k], limit.upper[k], limit.period[k], limit=name)
    for a in np.flatnonzero(bounds > NOTICE):
        codes = (
            axes.materials[arcs.material[a]],
            axes.countries[arcs.origin[a]],
            axes.countries[arcs.destination[a]],
        )
        tables = ("materials", "countries", "countries")
        material, origin, destination = map(called, tables, codes)
        note("arc", " ".join(codes), bounds[a], outcome.quantity[a], arcs.period[a],
             material=material, origin=origin, destination=destination)  # fmt: skip
    # of equals the first, whatever rounding says
    worst = {what: max(times, key=lambda each: round(each[0], 6)) for what, times in found.items()}
    return [
        _scarce(axes, what[0], worst[what], len(found[what]), told[what])
        for what in sorted(worst, key=lambda what: -worst[what][0])
    ]


def _scarce(
    axes: Axes, key: str, worst: tuple[float, float, int], times: int, names: dict[str, str]
) -> str:
    """What is scarce, in the period in which it is dearest, and in how many it is."""
    _, rent, period = worst
    words = say(f"model.binding.{key}", rent=f"{rent:.2f}", **names)
    if len(axes.periods) == 1:
        return words
    when = "when" if times == 1 else "often"
    return say(f"model.binding.{when}", words=words, period=axes.periods[period], times=times)


class _Called:
    """Names of a case's rows in the current language; the code where a row has none."""

    def __init__(self, case: Any) -> None:
        self.case = case
        self.known: dict[str, dict[str, str]] = {}

    def __call__(self, table: str, code: str) -> str:
        if table not in self.known:
            frame = self.case.table(table)
            names = frame[f"name_{language()}"].to_list()
            self.known[table] = dict(zip(frame[frame.columns[0]].to_list(), names, strict=True))
        return self.known[table].get(code) or code

"""Does a project pay at the prices of an outcome? Its books as cash flows, at its own WACC.

Real money before tax and royalties, which the case does not state. Cash of a year is what the books
of its period say: sales less inputs, avoidable and rising cost and limit rents, plus what rules pay
or take. After the last period its margin goes on to the end of life, counted from the first build.
Capital is spent when a year begins in which capacity comes on line, cash arrives when it ends, so
that a plant which earns its annuities is worth nothing more.

    NPV = sum over years k = 0, 1 ... of cash[k] / (1 + wacc)^(k+1) - capital[k] / (1 + wacc)^k
    IRR: the rate at which NPV is 0;  payback: years after which cash has covered capital
    incentive price: the constant price of its main product at which NPV is 0, run at capacity, all
    other prices as they are (cashflow.py)

(Brealey, Myers and Allen, Principles of Corporate Finance, chapters 5 and 6).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from monazite.model.axes import Floats, Ints, add_up

if TYPE_CHECKING:
    import polars as pl

    from monazite.model.outcome import Outcome

ROUNDING = 1e-9
DUST = 1e-6  # of what is built of a project: what a solver leaves in years in which none comes
OWN = ("market", "outside", "quota_holders")  # whoever else pays a producer does so under a rule
SOME = 1e-4  # kt/yr built, below which there is no project
COLUMNS = {
    "facility": str, "country": str, "stage": str, "status": str, "first_year": float,
    "built": float, "capex": float, "utilisation": float, "product": str, "price": float,
    "npv": float, "irr": float, "payback": float, "incentive_price": float, "support": float,
    "npv_without_support": float,
}  # fmt: skip


@dataclass(frozen=True)
class Flows:
    """A project's money by calendar year, MUSD: `cash` before capital, `support` of it by rules.

    `period` is that of each year; the last one of the outcome goes on to the end of life.
    """

    years: Floats
    period: Ints
    cash: Floats
    capital: Floats
    support: Floats
    sales: Floats

    def series(self) -> Floats:
        """What is spent as years begin and received as they end, MUSD at yearly dates."""
        return _late(self.cash) - np.append(self.capital, 0.0)


def projects(outcome: Outcome, *, least: float = SOME) -> pl.DataFrame:
    """One row for each project that is built, the largest capital first; see COLUMNS.

    built in kt/yr, capex, npv and support in MUSD (support and npv in present value at the
    project's WACC), prices in USD/kg, irr a fraction (null where cash never covers capital),
    payback in years from the first build. What users save is left out.
    """
    import polars as pl

    rows = [_row(outcome, k) for k in _built(outcome, least)]
    schema = {name: pl.String if kind is str else pl.Float64 for name, kind in COLUMNS.items()}
    found = pl.DataFrame(rows, schema=schema, orient="row")
    return found.sort("capex", "facility", descending=[True, False])


def cash_flow(outcome: Outcome, facility: str) -> pl.DataFrame:
    """year, sales, cash, support, capital [MUSD] of a project, to the end of its life.

    Raises KeyError for a facility of which nothing was built.
    """
    import polars as pl

    names = {str(outcome.market.builds.projects.facility[k]): k for k in _built(outcome, SOME)}
    flows = _flows(outcome, names[facility])
    columns = ("years", "sales", "cash", "support", "capital")
    return pl.DataFrame({name.removesuffix("s") if name == "years" else name:
                         getattr(flows, name) for name in columns})  # fmt: skip


def npv(flows: Sequence[float] | Floats, rate: float) -> float:
    """Present value of yearly amounts, the first one undiscounted."""
    amounts = np.asarray(flows, dtype=float)
    return float(amounts @ (1.0 + rate) ** -np.arange(len(amounts)))


def irr(flows: Sequence[float] | Floats) -> float | None:
    """The rate at which the amounts are worth nothing; None where they never change sign.

    Of several rates the lowest above -90 %.
    """
    from scipy.optimize import brentq

    amounts = np.asarray(flows, dtype=float)
    if not ((amounts > 0).any() and (amounts < 0).any()):
        return None
    grid = np.concatenate([np.linspace(-0.9, 1.0, 191), np.geomspace(1.01, 100.0, 60)])
    worth = np.array([npv(amounts, rate) for rate in grid])
    turns = np.flatnonzero(np.sign(worth[:-1]) != np.sign(worth[1:]))
    if not len(turns):
        return None
    low, high = grid[turns[0]], grid[turns[0] + 1]
    return float(brentq(lambda rate: npv(amounts, rate), low, high))


def _late(amounts: Floats) -> Floats:
    """Amounts by year as amounts at dates, each when its year ends."""
    return np.concatenate([[0.0], amounts])


def _built(outcome: Outcome, least: float) -> list[int]:
    """Positions of the projects of which something was built."""
    builds = outcome.market.builds
    total = add_up(builds.project, outcome.built, builds.projects.count)
    names = builds.projects.facility
    found = np.flatnonzero(total > least).tolist()
    return [k for k in found if not str(names[k]).startswith("thrift_")]


def _flows(outcome: Outcome, project: int) -> Flows:
    """The money of a project by calendar year, from the first year in which it stands."""
    market, builds = outcome.market, outcome.market.builds
    axes, facility = market.axes, str(builds.projects.facility[project])
    mine = np.flatnonzero(builds.project == project)
    mine = mine[outcome.built[mine] > DUST * outcome.built[mine].sum()]
    first = int(builds.begins[mine].min())
    life = max(1, round(float(builds.projects.life[project])))
    years = np.arange(first, first + life)
    period = np.clip(np.searchsorted(axes.start, years, side="right") - 1, 0, len(axes.periods) - 1)
    by_period = _books(outcome)[facility]
    capital = np.zeros(life)
    start = builds.begins[mine]
    price = builds.projects.capex[project] * (1.0 - builds.projects.decline[project]) ** (
        start - axes.start[0]
    )
    at = (start - first).astype(int)
    inside = at < life
    np.add.at(capital, at[inside], (price * outcome.built[mine])[inside])
    cash, support, sales = (by_period[name][period] for name in ("cash", "support", "sales"))
    return Flows(years.astype(float), period, cash, capital, support, sales)


@lru_cache(maxsize=4)
def _books(outcome: Outcome) -> dict[str, dict[str, Floats]]:
    """By facility and period: what producers gain before capital, from rules, and from sales."""
    import polars as pl

    periods = {name: k for k, name in enumerate(outcome.market.axes.periods)}
    rows = outcome.books().filter(pl.col("account") == "producers")
    found: dict[str, dict[str, Floats]] = {}
    for name in outcome.market.plants.facility:
        found.setdefault(
            str(name), {key: np.zeros(len(periods)) for key in ("cash", "support", "sales")}
        )
    for period, name, item, counter, amount in rows.select(
        "period", "name", "item", "counter", "amount"
    ).iter_rows():
        if item == "capital":
            continue
        here = found[name]
        here["cash"][periods[period]] += amount
        if counter not in OWN:
            here["support"][periods[period]] += amount
        if item == "sales":
            here["sales"][periods[period]] += amount
    return found


@lru_cache(maxsize=4)
def paid_by_rule(outcome: Outcome) -> dict[str, dict[str, Floats]]:
    """By facility and rule: what it is paid in each period, MUSD/yr."""
    import polars as pl

    periods = {name: k for k, name in enumerate(outcome.market.axes.periods)}
    rows = outcome.books().filter(pl.col("account") == "producers", ~pl.col("counter").is_in(OWN))
    found: dict[str, dict[str, Floats]] = {}
    for period, name, item, amount in rows.select("period", "name", "item", "amount").iter_rows():
        rule = str(item).split("/")[0]
        mine = found.setdefault(name, {}).setdefault(rule, np.zeros(len(periods)))
        mine[periods[period]] += amount
    return found


def with_and_without(outcome: Outcome, *, least: float = SOME) -> pl.DataFrame:
    """What each rule is worth to each project that is built, at the prices of the outcome.

    facility, rule, worth [MUSD in present value at the project's WACC], npv, irr and incentive
    price with everything and without this rule. Nothing is built or priced anew: what else a
    rule changes, another run tells.
    """
    import polars as pl

    rows = [
        row
        for k in _built(outcome, least)
        for row in _each_without(outcome, k)
    ]  # fmt: skip
    names = ("worth", "npv", "npv_without", "irr", "irr_without", "incentive_price")
    schema = {"facility": pl.String, "rule": pl.String} | dict.fromkeys(names, pl.Float64)
    schema["incentive_price_without"] = pl.Float64
    return pl.DataFrame(rows, schema=schema, orient="row").sort("facility", "rule")


def _each_without(outcome: Outcome, project: int) -> list[tuple[Any, ...]]:
    builds = outcome.market.builds
    facility, rate = str(builds.projects.facility[project]), float(builds.projects.wacc[project])
    rules = paid_by_rule(outcome).get(facility, {})
    if not rules:
        return []
    flows = _flows(outcome, project)
    series = flows.series()
    found = []
    for rule, paid in sorted(rules.items()):
        less = series - _late(paid[flows.period])
        values = [npv(each, rate) for each in (series, less)]
        incentive = [_incentive(outcome, facility, out) for out in ((), (rule,))]
        worth = values[0] - values[1]
        rates = [irr(each) for each in (series, less)]
        found.append((facility, rule, worth, *values, *rates, *incentive))
    return found


def _utilisation(outcome: Outcome, facility: str) -> float:
    """Share of its capacity that a facility uses over all periods in which it stands."""
    market = outcome.market
    plants = np.flatnonzero(market.plants.facility == facility)
    used = add_up(market.ways.plant, outcome.activity, len(market.plants.facility))[plants]
    room = outcome.capacity[plants].sum()
    return float(used.sum() / room) if room > 0 else 0.0


def _incentive(outcome: Outcome, facility: str, without: Collection[str] = ()) -> float | None:
    """The incentive price before tax, with all rules but those named."""
    from monazite.study.cashflow import account_of, incentive

    nothing: dict[str, Any] = {"tax": 0.0, "royalty": 0.0, "sustaining": 0.0, "working": 0.0}
    return incentive(account_of(outcome, facility, **nothing), frozenset(without))


def _row(outcome: Outcome, project: int) -> tuple[Any, ...]:
    market, builds = outcome.market, outcome.market.builds
    facility = str(builds.projects.facility[project])
    flows, rate = _flows(outcome, project), float(builds.projects.wacc[project])
    plants = np.flatnonzero(market.plants.facility == facility)
    place = str(market.axes.countries[market.plants.country[plants[0]]])
    utilisation = _utilisation(outcome, facility)
    product, price, _ = _main_product(outcome, facility)
    series = flows.series()
    worth = npv(series, rate)
    covered = np.flatnonzero(np.cumsum(series) >= -ROUNDING * flows.capital.sum())
    return (
        facility, place, str(market.plants.stage[plants[0]]),
        str(builds.projects.status[project]), float(flows.years[0]),
        float(outcome.built[builds.project == project].sum()), float(flows.capital.sum()),
        utilisation, product, price,
        worth, irr(series),
        float(covered[0]) if len(covered) and flows.capital.sum() > 0 else None,
        _incentive(outcome, facility),
        npv(_late(flows.support), rate), worth - npv(_late(flows.support), rate),
    )  # fmt: skip


def _main_product(outcome: Outcome, facility: str) -> tuple[str, float | None, float]:
    """What brings a facility most over all periods, its mean price, and its part of sales."""
    import polars as pl

    made = outcome.production.filter(pl.col("facility") == facility)
    joined = made.join(outcome.prices, on=["period", "material", "country"], how="left")
    axes = outcome.market.axes
    years = dict(zip(axes.periods, axes.years.tolist(), strict=True))
    weight = pl.col("period").replace_strict(years, return_dtype=pl.Float64)
    worth = (pl.col("quantity") * pl.col("price").fill_null(0.0) * weight).sum()
    sums = joined.group_by("material").agg(
        worth.alias("worth"), (pl.col("quantity") * weight).sum().alias("kt")
    )
    sums = sums.sort("worth", "material", descending=[True, False])
    total = float(sums["worth"].clip(lower_bound=0.0).sum())
    if not sums.height or total <= 0:
        return "", None, 0.0
    top = sums.row(0, named=True)
    return top["material"], top["worth"] / top["kt"], top["worth"] / total

"""What does a project earn in the end? Cash by year after royalty, tax, upkeep, stocks and debt.

At the prices of an outcome, real money, one year after the other to the end of the project's life.
With R revenue, C what is paid for inputs, costs and rents, G what rules pay for output, K capital:

    royalty     = rate of the country * R, of mines
    sustaining  = share of the capital that stands, a year
    tax         = rate * max(0, R + G - C - royalty - sustaining - K written off - losses before)
    operating   = R + G - C - royalty - sustaining - tax                     as the year ends
    working     = days / 365 * R, bound as the year begins, released as the last one ends
    finance     = principal drawn as capital is spent, less service of loans and stakes
    net         = operating - change of working capital - K + finance

NPV is at the project's own cost of capital, the incentive price that of the main product at which
NPV is nothing, its band that at the low and at the high end of cost and capital. Debt service cover
is operating cash over the service of loans of that year (Yescombe, Principles of Project Finance,
chapter 12). Finance stands at its contract, not at the annuity in the books: in present value both
are the same. Tax is that of a project without debt; what is written off is not eroded by inflation;
grants are not taken off it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from monazite.model.axes import Floats
from monazite.policy.finance import AbstractSupport, Support
from monazite.study import projects as economics
from monazite.study.projects import IDLE, SOME, irr, npv

if TYPE_CHECKING:
    import polars as pl

    from monazite.model.outcome import Outcome

LOANS = ("loan",)  # what has to be served, of itself or as the terms of a letter
MOST = 100.0  # times the price, beyond which no incentive price is looked for
COLUMNS = {
    "facility": str, "country": str, "currency": str, "capital": float, "npv": float,
    "npv_unsupported": float, "irr": float, "payback": float, "product": str, "price": float,
    "incentive_price": float, "incentive_low": float, "incentive_high": float,
    "incentive_unsupported": float, "cover_least": float, "cover_mean": float, "tax": float,
    "royalty": float, "npv_dearer": float, "npv_local": float,
}  # fmt: skip


@dataclass(frozen=True)
class Terms:
    """What is not in the books, of a project: rates of its country, and assumptions to be changed.

    `sustaining` a year of the capital that stands (0.007 to 0.04; one Brazilian study has 0.0066),
    `working` days of sales (30 to 90), `writeoff` years (5 to 20), `dearer` by how much the local
    currency is dearer in `npv_dearer`: running cost is paid in it, sales and capital in dollars.
    """

    tax: float = 0.0
    royalty: float = 0.0
    currency: str = ""
    per_usd: float = 1.0
    sustaining: float = 0.015
    working: float = 60.0
    writeoff: int = 10
    dearer: float = 0.1


@dataclass(frozen=True)
class Flow:
    """A project's money, MUSD: by year of its life, but `capital` and `drawn` as years begin.

    `revenue` by product, `paid` by rule for output, `service` by rule of finance; `main` is the
    product that brings most.
    """

    years: Floats
    revenue: Mapping[str, Floats]
    inputs: Floats
    running: Floats
    rents: Floats
    paid: Mapping[str, Floats]
    capital: Floats
    drawn: Mapping[str, Floats]
    service: Mapping[str, Floats]
    loans: tuple[str, ...]
    mine: bool
    wacc: float
    main: str
    price: float | None

    @property
    def sales(self) -> Floats:
        """Revenue of all products."""
        return sum(self.revenue.values(), np.zeros(len(self.years)))


def flow_of(outcome: Outcome, facility: str) -> Flow:
    """The money of a project before royalty and tax. KeyError where nothing of it was built."""
    builds = outcome.market.builds
    names = {str(builds.projects.facility[k]): k for k in economics._built(outcome, SOME)}
    project = names[facility]
    flows = economics._flows(outcome, project)
    lines, supports = _lines(outcome).get(facility, {}), _supports(outcome)
    zero = np.zeros(len(outcome.market.axes.periods))

    def yearly(*items: str) -> Floats:
        return sum((lines.get(item, zero) for item in items), zero)[flows.period]

    paid = {
        rule: amounts[flows.period]
        for rule, amounts in sorted(economics.paid_by_rule(outcome).get(facility, {}).items())
        if rule not in supports
    }
    finance = {name: _contract(outcome, name, project, flows) for name in supports}
    finance = {name: pair for name, pair in finance.items() if pair[0].any() or pair[1].any()}
    main, price, _ = economics._main_product(outcome, facility)
    plant = np.flatnonzero(outcome.market.plants.facility == facility)[0]
    return Flow(
        years=flows.years,
        revenue=_products(outcome, facility, flows.sales, flows.period),
        inputs=-yearly("inputs"),
        running=-yearly("avoidable cost", "rising cost"),
        rents=-yearly("limit rent"),
        paid=paid,
        capital=flows.capital,
        drawn={name: pair[0] for name, pair in finance.items()},
        service={name: pair[1] for name, pair in finance.items()},
        loans=tuple(name for name in finance if _is_loan(supports[name][0])),
        mine=str(outcome.market.plants.stage[plant]) == "mining",
        wacc=float(builds.projects.wacc[project]),
        main=main,
        price=price,
    )


def _is_loan(rule: AbstractSupport) -> bool:
    return getattr(rule, "terms", rule).kind in LOANS


@lru_cache(maxsize=4)
def _lines(outcome: Outcome) -> dict[str, dict[str, Floats]]:
    """By facility, items of the books with the market, holders of quotas and outside, MUSD/yr."""
    import polars as pl

    axes = outcome.market.axes
    rows = outcome.books().filter(
        pl.col("account") == "producers", pl.col("counter").is_in(economics.OWN)
    )
    place = {name: k for k, name in enumerate(axes.periods)}
    found: dict[str, dict[str, Floats]] = {}
    columns = ("period", "name", "item", "amount")
    for period, name, item, amount in rows.select(columns).iter_rows():
        mine = found.setdefault(name, {}).setdefault(item, np.zeros(len(axes.periods)))
        mine[place[period]] += amount
    return found


@lru_cache(maxsize=4)
def _worth(outcome: Outcome) -> dict[str, dict[str, Floats]]:
    """By facility and product, quantity times price of each period, never below nothing."""
    axes = outcome.market.axes
    joined = outcome.production.join(
        outcome.prices, on=["period", "material", "country"], how="left"
    )
    place = {name: k for k, name in enumerate(axes.periods)}
    found: dict[str, dict[str, Floats]] = {}
    columns = ("facility", "period", "material", "quantity", "price")
    for facility, name, material, quantity, price in joined.select(columns).iter_rows():
        mine = found.setdefault(facility, {}).setdefault(material, np.zeros(len(axes.periods)))
        mine[place[name]] += quantity * max(price or 0.0, 0.0)
    return found


def _products(
    outcome: Outcome, facility: str, sales: Floats, period: np.ndarray
) -> dict[str, Floats]:
    """What each product brings, as parts of what the books say that all bring."""
    worth = _worth(outcome).get(facility, {})
    total = sum(worth.values(), np.zeros(len(outcome.market.axes.periods)))
    scale = np.divide(1.0, total, out=np.zeros_like(total), where=total > 0)
    return {
        material: sales * (amounts * scale)[period] for material, amounts in sorted(worth.items())
    }


@lru_cache(maxsize=4)
def _supports(outcome: Outcome) -> dict[str, tuple[AbstractSupport, Support, Floats]]:
    """Rules of finance by name, what each gives to builds, and how much of them it supports."""
    found = {}
    for rule in outcome.market.instruments:
        if isinstance(rule, AbstractSupport):
            support = rule.support(outcome.market)
            found[rule.name] = (rule, support, rule.quantity(outcome, support))
    return dict(sorted(found.items()))


def _contract(
    outcome: Outcome, name: str, project: int, flows: economics.Flows
) -> tuple[Floats, Floats]:
    """(principal drawn as years begin, service as they end) of a project under a support, MUSD."""
    market = outcome.market
    rule, found, built = _supports(outcome)[name]
    life = len(flows.years)
    drawn, service = np.zeros(life), np.zeros(life)
    for k in np.flatnonzero((market.builds.project[found.build] == project) & (built > 0)):
        begun = int(market.axes.start[market.builds.period[found.build[k]]] - flows.years[0])
        if begun >= life:
            continue
        principal = float(found.principal[k] * built[k])
        due = rule.service(life)[: life - begun]
        drawn[begun] += rule.drawn * principal
        service[begun : begun + len(due)] += principal * due
    return drawn, service


def terms_of(outcome: Outcome, facility: str, **changes: Any) -> Terms:
    """The rates of a project's country in the table `fiscal`; none where it states none."""
    market = outcome.market
    plant = np.flatnonzero(market.plants.facility == facility)[0]
    place = market.axes.countries[market.plants.country[plant]]
    for row in outcome.case.table("fiscal").iter_rows(named=True):
        if row["country"] == place:
            names = ("tax", "royalty", "currency", "per_usd")
            stated = {name: row[name] for name in names if row[name] is not None}
            return replace(Terms(), **{**stated, **changes})
    return replace(Terms(), **changes)


def check_project(outcome: Outcome, facility: str) -> None:
    """Raises InputError, with the nearest, for a project of which nothing was built."""
    from monazite.data.names import suggest
    from monazite.errors import InputError

    names = outcome.market.builds.projects.facility
    known = sorted(str(names[k]) for k in economics._built(outcome, SOME))
    if facility not in known:
        told = ", ".join(known[:12]) + (" ..." if len(known) > 12 else "")
        raise InputError(
            [suggest("not_built", facility, known, "scenario", value=facility, names=told)]
        )


# --- from money to value --------------------------------------------------------------------------


@dataclass(frozen=True)
class Year:
    """By year of a project's life, MUSD, `working` and `net` at the dates between years too."""

    royalty: Floats
    sustaining: Floats
    tax: Floats
    operating: Floats
    working: Floats
    net: Floats


def years_of(
    flow: Flow, terms: Terms, *, times: float = 1.0, without: frozenset[str] = frozenset()
) -> Year:
    """A flow after royalty, tax and the rest, its main product sold at `times` its price.

    Rules that are named in `without` neither pay nor lend.
    """
    sales = flow.sales + (times - 1.0) * flow.revenue.get(flow.main, np.zeros(len(flow.years)))
    given = sum((v for k, v in flow.paid.items() if k not in without), np.zeros(len(sales)))
    royalty = terms.royalty * sales * flow.mine
    sustaining = terms.sustaining * np.cumsum(flow.capital)
    before = sales + given - flow.inputs - flow.running - flow.rents - royalty - sustaining
    tax = _tax(before - _written_off(flow.capital, terms.writeoff), terms.tax)
    operating = before - tax
    bound = np.append(terms.working / 365.0 * sales, 0.0)
    working = np.diff(bound, prepend=0.0)
    drawn = sum((v for k, v in flow.drawn.items() if k not in without), np.zeros(len(sales)))
    due = sum((v for k, v in flow.service.items() if k not in without), np.zeros(len(sales)))
    net = np.append(drawn - flow.capital, 0.0) - working
    net[1:] += operating - due
    return Year(royalty, sustaining, tax, operating, working, net)


def _written_off(capital: Floats, years: int) -> Floats:
    """Capital written off in equal parts over years, from the year in which it is spent."""
    spread = np.convolve(capital, np.full(years, 1.0 / years))
    return spread[: len(capital)]


def _tax(income: Floats, rate: float) -> Floats:
    """Tax on income by year; a loss is taken off what comes later."""
    tax, loss = np.zeros(len(income)), 0.0
    for k, earned in enumerate(income):
        left = earned - loss
        loss = max(-left, 0.0)
        tax[k] = rate * max(left, 0.0)
    return tax


def incentive(flow: Flow, terms: Terms, without: frozenset[str] = frozenset()) -> float | None:
    """The price of the main product at which the project is worth nothing, all else equal.

    None where it has none, and where no price below a hundred times today's would do.
    """
    from scipy.optimize import brentq

    if flow.price is None:
        return None

    def worth(times: float) -> float:
        return npv(years_of(flow, terms, times=times, without=without).net, flow.wacc)

    if worth(0.0) >= 0 or worth(MOST) <= 0:
        return None
    return flow.price * float(brentq(worth, 0.0, MOST, xtol=1e-10))


def _irr(net: Floats) -> float | None:
    """The rate at which money is worth nothing; None where more is spent than ever comes back."""
    return irr(net) if net.sum() > 0 else None


def scaled(flow: Flow, cost: float, capital: float) -> Flow:
    """The flow with running cost and capital a factor dearer, finance in proportion to capital."""
    drawn = {name: capital * each for name, each in flow.drawn.items()}
    service = {name: capital * each for name, each in flow.service.items()}
    return replace(
        flow,
        running=cost * flow.running,
        capital=capital * flow.capital,
        drawn=drawn,
        service=service,
    )


def cover(flow: Flow, year: Year) -> Floats:
    """Operating cash over the service of loans, by year; NaN where none is due."""
    due = sum((flow.service[name] for name in flow.loans), np.zeros(len(flow.years)))
    return np.divide(year.operating, due, out=np.full(len(due), np.nan), where=due > 1e-12)


def after_tax(outcome: Outcome, **changes: Any) -> pl.DataFrame:
    """One row for each project that is built and runs at all; see COLUMNS.

    MUSD in present value at the project's cost of capital; `npv_unsupported` and
    `incentive_unsupported` without any rule that pays or lends; `npv_local` in millions of the
    local currency. `changes` are fields of Terms.
    """
    import polars as pl

    names = outcome.market.builds.projects.facility
    rows = [
        _row(outcome, str(names[k]), changes) for k in economics._built(outcome, SOME)
    ]  # fmt: skip
    schema = {name: pl.String if kind is str else pl.Float64 for name, kind in COLUMNS.items()}
    found = pl.DataFrame(rows, schema=schema, orient="row")
    return found.sort("capital", "facility", descending=[True, False])


def _row(outcome: Outcome, facility: str, changes: Mapping[str, Any]) -> tuple[Any, ...]:
    flow, terms = flow_of(outcome, facility), terms_of(outcome, facility, **changes)
    if economics._utilisation(outcome, facility) <= IDLE:
        flow = replace(flow, price=None)
    year = years_of(flow, terms)
    every = frozenset((*flow.paid, *flow.drawn))
    bare = years_of(flow, terms, without=every)
    worth = npv(year.net, flow.wacc)
    dearer = years_of(scaled(flow, 1.0 + terms.dearer, 1.0), terms)
    low, high = (scaled(flow, *ends) for ends in band(outcome, facility))
    covered = cover(flow, year)
    served = covered[np.isfinite(covered)]
    back = np.flatnonzero(np.cumsum(year.net) >= -1e-9 * flow.capital.sum())
    plants = outcome.market.plants
    place = plants.country[np.flatnonzero(plants.facility == facility)[0]]
    discount = (1.0 + flow.wacc) ** -np.arange(1.0, len(flow.years) + 1.0)
    return (
        facility, outcome.market.axes.countries[place], terms.currency, float(flow.capital.sum()),
        worth, npv(bare.net, flow.wacc), _irr(year.net),
        float(back[0]) if len(back) and flow.capital.any() else None,
        flow.main, flow.price, incentive(flow, terms), incentive(low, terms),
        incentive(high, terms), incentive(flow, terms, every),
        float(served.min()) if len(served) else None,
        float(served.mean()) if len(served) else None,
        float(year.tax @ discount), float(year.royalty @ discount),
        npv(dearer.net, flow.wacc), worth * terms.per_usd,
    )  # fmt: skip


def without_each(outcome: Outcome, facility: str, **changes: Any) -> pl.DataFrame:
    """rule, npv, irr, incentive_price, cover_least of a project: with everything (an empty rule),
    without each rule that pays or lends to it, and with none of them (rule "*").
    """
    import polars as pl

    flow, terms = flow_of(outcome, facility), terms_of(outcome, facility, **changes)
    if economics._utilisation(outcome, facility) <= IDLE:
        flow = replace(flow, price=None)
    rules = sorted({*flow.paid, *flow.drawn})
    cases = {"": frozenset[str]()} | {rule: frozenset([rule]) for rule in rules}
    cases |= {"*": frozenset(rules)} if rules else {}
    rows = []
    for rule, out in cases.items():
        year = years_of(flow, terms, without=out)
        left = replace(flow, loans=tuple(name for name in flow.loans if name not in out))
        covered = cover(left, year)
        served = covered[np.isfinite(covered)]
        least = float(served.min()) if len(served) else None
        price = incentive(flow, terms, out)
        rows.append((rule, npv(year.net, flow.wacc), _irr(year.net), price, least))
    names = ("npv", "irr", "incentive_price", "cover_least")
    schema = {"rule": pl.String} | dict.fromkeys(names, pl.Float64)
    return pl.DataFrame(rows, schema=schema, orient="row")


def band(outcome: Outcome, facility: str) -> list[tuple[float, float]]:
    """Factors of (running cost, capital) at the low and at the high end of what the case states."""
    import polars as pl

    row = outcome.case.table("projects").filter(pl.col("facility") == facility).row(0, named=True)
    place = outcome.case.table("facilities").filter(pl.col("facility") == facility)
    cost, capital = place["cost"][0], row["capex"]

    def factor(end: str, name: str, central: float | None) -> float:
        stated = row[f"{name}_{end}"]
        return stated / central if stated is not None and central else 1.0

    return [
        (factor(end, "cost", cost), factor(end, "capex", capital)) for end in ("low", "high")
    ]  # fmt: skip


def table_of(outcome: Outcome, facility: str, **changes: Any) -> pl.DataFrame:
    """A project's cash by year, MUSD: one row a year, the last one for what is released at the end.

    year; revenue of each product; rules that pay for output; inputs, running cost, rents, royalty,
    sustaining, tax, operating; working capital, capital, drawn and service by rule of finance; net;
    cover. Money that leaves is below nothing. KeyError where nothing of it was built.
    """
    import polars as pl

    flow, terms = flow_of(outcome, facility), terms_of(outcome, facility, **changes)
    year = years_of(flow, terms)
    ended: dict[str, Floats] = {
        **{f"revenue_{name}": each for name, each in flow.revenue.items()},
        **{f"paid_{name}": each for name, each in flow.paid.items()},
        "inputs": 0.0 - flow.inputs, "running": 0.0 - flow.running, "rents": 0.0 - flow.rents,
        "royalty": 0.0 - year.royalty, "sustaining": 0.0 - year.sustaining,
        "tax": 0.0 - year.tax,
        "operating": year.operating,
        **{f"service_{name}": 0.0 - each for name, each in flow.service.items()},
    }  # fmt: skip
    begun = {"capital": 0.0 - flow.capital}
    begun |= {f"drawn_{name}": each for name, each in flow.drawn.items()}
    columns: dict[str, Any] = {"year": np.append(flow.years, flow.years[-1] + 1)}
    columns |= {name: np.append(each, 0.0) for name, each in begun.items()}
    columns |= {"working": 0.0 - year.working}
    columns |= {name: np.concatenate([[0.0], each]) for name, each in ended.items()}
    columns |= {"net": year.net, "cover": np.concatenate([[np.nan], cover(flow, year)])}
    found = pl.DataFrame(columns).with_columns(pl.col("year").cast(pl.Int64))
    return found.with_columns(pl.col("cover").fill_nan(None))

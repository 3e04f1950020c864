"""What money moves through a plant, year by year, at the prices of an outcome?

A plant is in one of three states:

    built      a project of the outcome: its books, the capital spent on it, and its finance
    standing   it stood before: its books over the years of the outcome, its capital sunk
    as_if      a project that nobody builds there: run at the outcome's prices in every period in
               which its margin is above nothing, at its full size, from the first year it may be
               ready. Prices stay: it is a drop in that market.

`able` tells the same plant run at its capacity whatever it earns: what its price would have to be
is found from that (cashflow.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np

from monazite.model.axes import Floats, Ints, add_up, numbers, table, texts
from monazite.policy.finance import AbstractSupport, Support
from monazite.study import projects as economics
from monazite.study.projects import SOME

if TYPE_CHECKING:
    from monazite.model.outcome import Outcome

State = Literal["built", "standing", "as_if"]
WACC = 0.1  # real, a year, of a plant in a country without a project that states one (0.06 to 0.14)
SERVED = ("loan", "prepayment")  # what has to be paid back, of itself or as terms of a letter
IDLE = 0.01  # share of capacity used, below which a plant shows nothing of how it would run
BARELY = 1e-9  # USD/kg of margin above which a plant that nobody builds would run


@dataclass(frozen=True)
class Flow:
    """A plant's money, MUSD: by year of its life, but `capital` and `drawn` as years begin.

    `revenue` and `bought` by material, `kilograms` [kt] of what is sold, `paid` by rule for output;
    `drawn`, `service` and `interest` (what of the service is deducted from taxed income) by rule of
    finance, of which `loans` have to be served and `grants` are not paid back. `main` is the
    product that brings most, `price` its mean price where it is made, `dug` sales that bear
    royalty, `used` the share of its capacity.
    """

    years: Floats
    revenue: Mapping[str, Floats]
    bought: Mapping[str, Floats]
    kilograms: Mapping[str, Floats]
    running: Floats
    rents: Floats
    paid: Mapping[str, Floats]
    capital: Floats
    drawn: Mapping[str, Floats]
    service: Mapping[str, Floats]
    interest: Mapping[str, Floats]
    loans: tuple[str, ...]
    grants: tuple[str, ...]
    mine: bool
    wacc: float
    main: str
    price: float | None
    state: State
    country: str
    used: float
    dug: Floats

    @property
    def sales(self) -> Floats:
        """Revenue of all products."""
        return _sum(self.revenue, len(self.years))

    @property
    def inputs(self) -> Floats:
        """What is paid for all materials."""
        return _sum(self.bought, len(self.years))

    @property
    def rules(self) -> tuple[str, ...]:
        """Rules that pay or lend."""
        return tuple(sorted({*self.paid, *self.drawn}))


def _sum(amounts: Mapping[str, Floats], size: int) -> Floats:
    return sum(amounts.values(), np.zeros(size))


@dataclass(frozen=True)
class _Life:
    """When a plant stands and what it costs: by year, and of its project where it is one."""

    state: State
    years: Floats
    period: Ints
    capital: Floats
    wacc: float
    capacity: Floats  # by plant of the market, kt/yr
    quantity: Floats  # kt/yr by build that come on line, or would


def flow_of(outcome: Outcome, facility: str) -> Flow:
    """The money of a plant before royalty and tax. KeyError for one that is none of the market's
    or cannot be ready within its years.
    """
    return _flow(outcome, facility)[0]


def able(outcome: Outcome, facility: str) -> Flow:
    """The plant run at its capacity in every year, whatever it earns."""
    return _flow(outcome, facility)[1]


def state_of(outcome: Outcome, facility: str) -> State:
    """Whether a plant is built, stands, or is told as if it were built. KeyError for others."""
    if _project(outcome, facility, built=True) is not None:
        return "built"
    market = outcome.market
    mine = market.plants.facility == facility
    if outcome.capacity[mine].any():
        return "standing"
    if _project(outcome, facility, built=False) is None:
        raise KeyError(facility)
    return "as_if"


@lru_cache(maxsize=256)
def _flow(outcome: Outcome, facility: str) -> tuple[Flow, Flow]:
    life = _life(outcome, facility)
    market = outcome.market
    plants = np.flatnonzero(market.plants.facility == facility)
    if life.state == "as_if":
        run = _best(outcome, plants, life.capacity)
        now = _money(outcome, plants, run)
    else:
        run = outcome.activity
        now = _told(outcome, facility, _money(outcome, plants, run))
    full = _money(outcome, plants, _full(outcome, plants, life.capacity, run), rise=False)
    used = _share(now.activity, life.capacity[plants].sum())
    main, price = _main(outcome, facility, now, full)
    finance = _finance(outcome, facility, life)
    country = str(market.axes.countries[market.plants.country[plants[0]]])
    shared = {
        "years": life.years, "capital": life.capital, "wacc": life.wacc, "main": main,
        "price": price, "state": life.state, "country": country, "used": used,
        "mine": str(market.plants.stage[plants[0]]) == "mining", **finance,
    }  # fmt: skip

    def told(money: _Money) -> Flow:
        by_year = _by_year(money, life.period)
        sales = _sum(by_year["revenue"], len(life.years))  # type: ignore[arg-type]
        return Flow(**shared, **by_year, dug=sales * shared["mine"])  # type: ignore[arg-type]

    full = replace(full, paid=_same_rules(outcome, now, full))
    return told(now), told(full)


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole > 0 else 0.0


# --- when it stands, and what it costs ------------------------------------------------------------


def _project(outcome: Outcome, facility: str, *, built: bool) -> int | None:
    """The project of a facility: one of which something is built, or that might be."""
    builds = outcome.market.builds
    total = add_up(builds.project, outcome.built if built else builds.upper, builds.projects.count)
    found = np.flatnonzero((builds.projects.facility == facility) & (total > SOME))
    return int(found[0]) if len(found) else None


def _life(outcome: Outcome, facility: str) -> _Life:
    state = state_of(outcome, facility)
    market, builds, axes = outcome.market, outcome.market.builds, outcome.market.axes
    project = _project(outcome, facility, built=state == "built")
    if state == "built":
        assert project is not None
        flows = economics._flows(outcome, project)
        rate = float(builds.projects.wacc[project])
        return _Life(
            state, flows.years, flows.period, flows.capital, rate, outcome.capacity, outcome.built
        )
    if state == "standing":
        end = int(axes.start[-1] + axes.years[-1])
        years = np.arange(int(axes.start[0]), end).astype(float)
        rate = _rate_around(outcome, facility)
        nothing = np.zeros(len(years))
        return _Life(
            state, years, _periods(outcome, years), nothing, rate, outcome.capacity, outcome.built
        )
    assert project is not None
    first = np.flatnonzero(builds.project == project)
    first = first[np.argmin(builds.period[first])]
    quantity = np.zeros(builds.size)
    quantity[first] = _stated_size(outcome, facility)
    long = round(float(builds.projects.life[project]))
    years = builds.begins[first] + np.arange(long)
    capital = np.zeros(len(years))
    capital[0] = builds.capital_cost(axes)[first] * quantity[first]
    capacity = builds.capacity(quantity, len(market.plants.facility))
    rate = float(builds.projects.wacc[project])
    return _Life(state, years, _periods(outcome, years), capital, rate, capacity, quantity)


def _periods(outcome: Outcome, years: Floats) -> Ints:
    """The period of each year; the last one goes on."""
    axes = outcome.market.axes
    at = np.searchsorted(axes.start, years, side="right") - 1
    return np.clip(at, 0, len(axes.periods) - 1)


def _stated_size(outcome: Outcome, facility: str) -> float:
    """kt/yr as announced: not times the chance of completion, which is that it comes at all."""
    frame = table(outcome.case, "projects")
    return float(numbers(frame, "size", 0.0)[texts(frame, "facility") == facility][0])


def _rate_around(outcome: Outcome, facility: str) -> float:
    """What capital costs projects in a plant's country, the middle one; WACC without any."""
    market = outcome.market
    country = dict(
        zip(market.plants.facility.tolist(), market.plants.country.tolist(), strict=True)
    )
    names, rates = market.builds.projects.facility.tolist(), market.builds.projects.wacc
    here = [r for n, r in zip(names, rates, strict=True) if country.get(n) == country[facility]]
    return float(np.median(here)) if here else WACC


# --- what it earns in each period -----------------------------------------------------------------


@dataclass(frozen=True)
class _Money:
    """By period, MUSD/yr: sold and bought by material, and kt/yr of what is sold."""

    sold: dict[str, Floats]
    bought: dict[str, Floats]
    kilograms: dict[str, Floats]
    running: Floats
    rents: Floats
    paid: dict[str, Floats]
    activity: float = 0.0
    unit_paid: dict[str, Floats] = field(default_factory=dict)


@lru_cache(maxsize=4)
def _charges(outcome: Outcome) -> dict[str, Floats]:
    """USD/kg by activity that rules pay (below nothing: take), as the market cleared."""
    found: dict[str, Floats] = {}
    market = outcome.market
    for charge, amount in zip(market.charges, outcome.cleared.charged, strict=True):
        if charge.family == "activity":
            rule = charge.item.split("/")[0]
            mine = found.setdefault(rule, np.zeros(len(market.ways.plant)))
            np.add.at(mine, charge.element, -amount)
    return found


@lru_cache(maxsize=4)
def _margin(outcome: Outcome) -> Floats:
    """USD/kg by activity before its capacity is paid for; -inf for what cannot run, because what it
    takes cannot be bought there, or what it makes cannot be sold.
    """
    ways, at = outcome.market.ways, outcome.market.nodes.at
    worth = ways.term_quantity * outcome.raw_price[at[ways.term_key]]
    margin = add_up(ways.term_of, worth, len(ways.plant)) - ways.unit_cost
    margin -= outcome.activity_limit_rent
    margin += sum(_charges(outcome).values(), np.zeros(len(margin)))
    closed = np.isnan(outcome.node_price[at[ways.term_key]]).astype(float)
    return np.where(add_up(ways.term_of, closed, len(margin)) > 0, -np.inf, margin)


def _best(outcome: Outcome, plants: Ints, capacity: Floats) -> Floats:
    """kt/yr by activity: each plant in the way that brings most, if that pays."""
    ways, margin = outcome.market.ways, _margin(outcome)
    x = np.zeros(len(ways.plant))
    for plant in plants.tolist():
        mine = np.flatnonzero(ways.plant == plant)
        best = mine[np.argmax(margin[mine])] if len(mine) else -1
        if best >= 0 and margin[best] > BARELY:
            x[best] = capacity[plant]
    return x


def _full(outcome: Outcome, plants: Ints, capacity: Floats, run: Floats) -> Floats:
    """kt/yr by activity with all capacity used, in one way: that of `run` most of the time; of a
    plant that all but stands idle, the way most others of its technology run.
    """
    market, ways = outcome.market, outcome.market.ways
    mine = np.flatnonzero(np.isin(ways.plant, plants))
    years = market.axes.years[market.plants.period[ways.plant]]
    rated = mine
    if run[mine].sum() < IDLE * capacity[plants].sum():
        run = outcome.activity
        technology = market.plants.technology[plants[0]]
        rated = np.flatnonzero(market.plants.technology[ways.plant] == technology)
    by_mode = {str(mode): 0.0 for mode in ways.mode[mine]}
    for mode, amount in zip(ways.mode[rated], (years * run)[rated].tolist(), strict=True):
        if str(mode) in by_mode:
            by_mode[str(mode)] += amount
    if not any(by_mode.values()):
        margin = np.where(np.isfinite(_margin(outcome)), _margin(outcome), -1e9)
        for mode, amount in zip(ways.mode[mine], (years * margin)[mine].tolist(), strict=True):
            by_mode[str(mode)] += amount
    chosen = max(by_mode, key=lambda mode: (by_mode[mode], mode))
    x = np.zeros(len(ways.plant))
    only = mine[ways.mode[mine] == chosen]
    x[only] = capacity[ways.plant[only]]
    return x


def _money(outcome: Outcome, plants: Ints, x: Floats, *, rise: bool = True) -> _Money:
    """What plants of one facility sell, buy and pay at activities x.

    Cost that rises near capacity is that of a day on which it is short, and of no plan: without it
    where `rise` is not asked for.
    """
    market = outcome.market
    ways, axes = market.ways, market.axes
    mine = np.isin(ways.plant, plants)
    run = np.where(mine, x, 0.0)
    when = market.plants.period[ways.plant]
    size = len(axes.periods)
    sold: dict[str, Floats] = {}
    bought: dict[str, Floats] = {}
    kilograms: dict[str, Floats] = {}
    terms = np.flatnonzero(mine[ways.term_of])
    price = outcome.raw_price[market.nodes.at[ways.term_key[terms]]]
    kt = ways.term_quantity[terms] * run[ways.term_of[terms]]
    names = np.array([axes.materials[m].split("@")[0] for m in ways.term_material[terms]])
    for name in sorted(set(names.tolist())):
        for sign, into in ((1.0, sold), (-1.0, bought)):
            some = (names == name) & (sign * ways.term_quantity[terms] > 0)
            if some.any():
                period = when[ways.term_of[terms[some]]]
                into[name] = sign * add_up(period, (kt * price)[some], size)
                if sign > 0:
                    kilograms[name] = add_up(period, kt[some], size)
    above = np.maximum(run - ways.knee, 0.0) if rise else np.zeros(len(run))
    cost = ways.cost * run + np.where(mine, ways.slope, 0.0) * above**2 / 2
    paid = {
        rule: add_up(when, each * run, size)
        for rule, each in _charges(outcome).items()
        if np.any(each[mine])
    }
    return _Money(
        sold,
        bought,
        kilograms,
        add_up(when, cost, size),
        add_up(when, outcome.activity_limit_rent * run, size),
        {rule: amounts for rule, amounts in paid.items() if amounts.any()},
        float(run.sum()),
        paid,
    )


def _told(outcome: Outcome, facility: str, money: _Money) -> _Money:
    """The same as the books have it: what goods of a class fetch beyond others stands with the
    main product, settlements with the rules that settle.
    """
    lines = _lines(outcome).get(facility, {})
    zero = np.zeros(len(outcome.market.axes.periods))

    def booked(*items: str) -> Floats:
        return sum((lines.get(item, zero) for item in items), zero)

    supports = _supports(outcome)
    paid = {
        rule: amounts
        for rule, amounts in sorted(economics.paid_by_rule(outcome).get(facility, {}).items())
        if rule not in supports
    }
    sold, bought = dict(money.sold), dict(money.bought)
    for goods, total in ((sold, booked("sales")), (bought, -booked("inputs"))):
        if goods:
            most = max(goods, key=lambda name: (float(goods[name].sum()), name))
            goods[most] = goods[most] + total - sum(goods.values(), zero)
    return replace(
        money,
        sold=sold,
        bought=bought,
        running=-booked("avoidable cost", "rising cost"),
        rents=-booked("limit rent"),
        paid=paid,
    )


def _main(outcome: Outcome, facility: str, now: _Money, full: _Money) -> tuple[str, float | None]:
    """The product that brings most, and its mean price where it is made; None where it has none."""
    years = outcome.market.axes.years
    for money in (now, full):
        made = [name for name, kt in full.kilograms.items() if kt.any()]
        worth = {n: float(years @ each) for n, each in money.sold.items() if n in made}
        main = max(worth, key=lambda name: (worth[name], name), default="")
        if main and worth[main] > 0:
            kt = float(years @ money.kilograms[main])
            priced = money is now or _has_price(outcome, facility, main)
            return main, worth[main] / kt if kt > 0 and priced else None
    return max(full.kilograms, key=lambda n: float(years @ full.kilograms[n]), default=""), None


def _has_price(outcome: Outcome, facility: str, material: str) -> bool:
    """Whether a material can be bought or sold where a plant is, in any period."""
    market = outcome.market
    where = market.plants.country[np.flatnonzero(market.plants.facility == facility)[0]]
    code = market.axes.materials.index(material) if material in market.axes.materials else -1
    mine = (market.nodes.country == where) & (market.nodes.material == code)
    return bool(np.isfinite(outcome.node_price[mine]).any())


def _same_rules(outcome: Outcome, now: _Money, full: _Money) -> dict[str, Floats]:
    """What rules would pay at capacity: so much a kilogram more, and settlements as they are."""
    found = {}
    zero = np.zeros(len(outcome.market.axes.periods))
    for rule in sorted({*now.paid, *full.unit_paid}):
        settled = now.paid.get(rule, zero) - now.unit_paid.get(rule, zero)
        amounts = full.unit_paid.get(rule, zero) + settled
        if amounts.any():
            found[rule] = amounts
    return found


def _by_year(money: _Money, period: Ints) -> dict[str, object]:
    def every(amounts: Mapping[str, Floats]) -> dict[str, Floats]:
        return {name: each[period] for name, each in sorted(amounts.items())}

    return {
        "revenue": every(money.sold),
        "bought": every(money.bought),
        "kilograms": every(money.kilograms),
        "running": money.running[period],
        "rents": money.rents[period],
        "paid": every(money.paid),
    }


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


# --- its finance ----------------------------------------------------------------------------------


@lru_cache(maxsize=4)
def _supports(outcome: Outcome) -> dict[str, tuple[AbstractSupport, Support, Floats]]:
    """Rules of finance by name, what each gives to builds, and how much of them it supports."""
    found = {}
    for rule in outcome.market.instruments:
        if isinstance(rule, AbstractSupport):
            support = rule.support(outcome.market)
            found[rule.name] = (rule, support, rule.quantity(outcome, support))
    return dict(sorted(found.items()))


def _finance(outcome: Outcome, facility: str, life: _Life) -> dict[str, object]:
    """What rules of finance lend and give to a plant, and what it pays them."""
    found: dict[str, dict[str, Floats]] = {"drawn": {}, "service": {}, "interest": {}}
    loans, grants = [], []
    if life.state != "standing":
        for name, (rule, support, quantity) in _supports(outcome).items():
            of = outcome.market.builds.facility[support.build] == facility
            each = quantity if life.state == "built" else life.quantity[support.build]
            drawn, service, interest = _contract(outcome, rule, support, each * of, life)
            if drawn.any() or service.any():
                amounts = {"drawn": drawn, "service": service, "interest": interest}
                for key, amount in amounts.items():
                    found[key][name] = amount
                kind = getattr(rule, "terms", rule).kind
                loans += [name] if kind in SERVED else []
                grants += [name] if kind == "grant" else []
    return {**found, "loans": tuple(loans), "grants": tuple(grants)}


def _contract(
    outcome: Outcome, rule: AbstractSupport, support: Support, quantity: Floats, life: _Life
) -> tuple[Floats, Floats, Floats]:
    """(principal drawn as years begin, service and interest as they end) under a support, MUSD."""
    market, size = outcome.market, len(life.years)
    drawn, service, interest = np.zeros(size), np.zeros(size), np.zeros(size)
    for k in np.flatnonzero(quantity > 0):
        begun = int(market.builds.begins[support.build[k]] - life.years[0])
        if begun >= size:
            continue
        principal = float(support.principal[k] * quantity[k])
        drawn[begun] += rule.drawn * principal
        for into, amounts in ((service, rule.service(size)), (interest, rule.interest(size))):
            due = amounts[: size - begun]
            into[begun : begun + len(due)] += principal * due
    return drawn, service, interest

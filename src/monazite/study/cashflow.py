"""What does a project earn in the end? Cash by year after royalty, tax, upkeep, stocks and debt.

At the prices of an outcome, real money, one year after the other to the end of the project's life
(plant_cash.py tells the money of a plant). With R revenue, C what is paid for inputs, costs and
rents, G what rules pay for output, K capital:

    royalty     = rate of the country * R, of mines
    sustaining  = share of the capital that stands, a year
    income      = R + G - C - royalty - sustaining - (K - grants) written off - interest
    tax         = rate * max(0, income - losses before)
    operating   = R + G - C - royalty - sustaining - tax                     as the year ends
    working     = days / 365 * R, bound as the year begins, released as the last one ends
    finance     = principal drawn as capital is spent, less service of loans and stakes
    net         = operating - change of working capital - K + finance

What is written off and losses are nominal and lose their worth with inflation; interest is that of
the contracts, so that what stands for inflation in it is deducted too. NPV is at the project's own
cost of capital. That is what all its financiers ask together, before any tax relief of debt (Myers
1974, Journal of Finance 29(1), adjusted present value): so the interest of a support is deducted
here, once, and its worth shown as `tax_shield`. Who holds that the rate already has the relief in
it, as a weighted cost of capital after tax does, says `shield=False`.

The incentive price is the constant real price of the main product at which NPV is nothing, run at
capacity, all other prices as they are (of several plants, those run at capacity that sell it or
whose capital has to be earned); its band that at the low and at the high end of cost and
capital. Debt service cover is operating cash over the service of loans of that year (Yescombe,
Principles of Project Finance, chapter 12). Finance stands at its contract, not at the annuity in
the books: in present value both are the same. A grant is taken off what is written off (IAS 20).

Several plants are told together as one account: what one delivers to another in the same country
is no sale, and they pay tax together there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from monazite.data.names import suggest
from monazite.errors import Fault, InputError
from monazite.model.axes import Floats
from monazite.study import projects as economics
from monazite.study.plant_cash import Flow, able, flow_of, state_of
from monazite.study.projects import SOME, irr, npv

if TYPE_CHECKING:
    import polars as pl

    from monazite.data import Case
    from monazite.model.outcome import Outcome

DOLLAR = "USD"  # in which all prices are: nothing at home is dearer in it
PART = 0.1  # of what is sold of a product at capacity, above what goes from plant to plant
HALF = 0.5  # of a plant, from which a company's account has it
DEAREST = 1e5  # USD/kg, beyond which no incentive price is looked for
COLUMNS = {
    "facility": str, "country": str, "state": str, "currency": str, "capital": float, "npv": float,
    "npv_unsupported": float, "irr": float, "payback": float, "product": str, "price": float,
    "incentive_price": float, "incentive_low": float, "incentive_high": float,
    "incentive_unsupported": float, "cover_least": float, "cover_mean": float, "tax": float,
    "tax_shield": float, "royalty": float, "npv_dearer": float, "npv_local": float, "used": float,
}  # fmt: skip


@dataclass(frozen=True)
class Terms:
    """What is not in the books, of a project: rates of its country, and assumptions to be changed.

    `sustaining` a year of the capital that stands (0.007 to 0.04; one Brazilian study has 0.0066),
    `working` days of sales (30 to 90), `writeoff` years (5 to 20), `inflation` a year (0 to 0.04),
    `shield` whether interest is deducted from taxed income, `dearer` by how much the local currency
    is dearer in `npv_dearer`: running cost is paid in it, sales and capital in dollars.
    """

    tax: float = 0.0
    royalty: float = 0.0
    currency: str = ""
    per_usd: float = 1.0
    sustaining: float = 0.015
    working: float = 60.0
    writeoff: int = 10
    inflation: float = 0.02
    shield: bool = True
    dearer: float = 0.1


@dataclass(frozen=True)
class Part:
    """The plants of an account in one country: as they run, and run at their capacity."""

    flow: Flow
    able: Flow
    terms: Terms


@dataclass(frozen=True)
class Account:
    """One plant, or several, at one cost of capital; parts share their years.

    `main` is the product that brings most, `price` its mean; `sunk` whether the capital of any of
    the plants was spent before.
    """

    parts: tuple[Part, ...]
    wacc: float
    main: str
    price: float | None
    sunk: bool

    @property
    def years(self) -> Floats:
        """Calendar years from the first to the last in which a plant of it stands."""
        return self.parts[0].flow.years

    @property
    def rules(self) -> tuple[str, ...]:
        """Rules that pay or lend to any of it."""
        return tuple(sorted({rule for part in self.parts for rule in part.flow.rules}))

    @property
    def loans(self) -> tuple[str, ...]:
        """Those that have to be served."""
        return tuple(sorted({rule for part in self.parts for rule in part.flow.loans}))

    @property
    def invested(self) -> bool:
        """Whether all of it was paid for in these years: else rates of return say nothing."""
        return self.capital > 0 and not self.sunk

    @property
    def capital(self) -> float:
        """MUSD spent, undiscounted."""
        return float(sum(part.flow.capital.sum() for part in self.parts))


def account_of(
    outcome: Outcome, facilities: str | Sequence[str], *, end: str = "", **changes: Any
) -> Account:
    """The account of a plant or of several. KeyError for one that the market does not have.

    `end` is low or high for cost and capital at that end of what the case states; `changes` are
    fields of Terms.
    """
    names = [facilities] if isinstance(facilities, str) else list(facilities)
    flows = {name: (flow_of(outcome, name), able(outcome, name)) for name in names}
    if end:
        ends = {name: band(outcome, name)[end == "high"] for name in names}
        flows = {name: (scaled(a, *ends[name]), scaled(b, *ends[name]))
                 for name, (a, b) in flows.items()}  # fmt: skip
    first = min(flow.years[0] for flow, _ in flows.values())
    last = max(flow.years[-1] for flow, _ in flows.values())
    years = np.arange(first, last + 1.0)
    main, price = _main([flow for flow, _ in flows.values()], [full for _, full in flows.values()])
    parts = []
    for country in dict.fromkeys(flow.country for flow, _ in flows.values()):
        mine = [pair for pair in flows.values() if pair[0].country == country]
        first_of = next(name for name in names if flows[name][0].country == country)
        now = _joined([flow for flow, _ in mine], years)
        full = _joined([_asked(*pair, main, len(names)) for pair in mine], years)
        parts.append(Part(now, full, terms_of(outcome, first_of, **changes)))
    told = [flow for flow, _ in flows.values()]
    weight = np.array([flow.capital.sum() for flow in told])
    rates = np.array([flow.wacc for flow in told])
    wacc = float(rates @ weight / weight.sum()) if weight.sum() > 0 else float(rates.mean())
    if len(told) == 1:
        main, price = told[0].main, told[0].price
    return Account(tuple(parts), wacc, main, price, bool((weight <= 0).any()))


def _asked(flow: Flow, full: Flow, main: str, count: int) -> Flow:
    """The plant at capacity where that is what an incentive price is asked of: it sells the main
    product, or its capital has to be earned; others as they run.
    """
    return full if count == 1 or main in full.revenue or flow.capital.any() else flow


def _joined(flows: Sequence[Flow], years: Floats) -> Flow:
    """Plants of one country as one: over all years, without what they deliver to each other."""
    flows = [_over(flow, years) for flow in flows]
    if len(flows) == 1:
        return flows[0]
    names = ("revenue", "bought", "kilograms", "paid", "drawn", "service", "interest")
    sums: dict[str, dict[str, Floats]] = {name: {} for name in names}
    for flow in flows:
        for name in names:
            for key, amounts in getattr(flow, name).items():
                sums[name][key] = sums[name].get(key, np.zeros(len(years))) + amounts
    for material in set(sums["revenue"]) & set(sums["bought"]):
        sold, bought = sums["revenue"][material], sums["bought"][material]
        inside = np.clip(np.minimum(sold, bought), 0.0, None)
        kept = np.divide(sold - inside, sold, out=np.ones(len(years)), where=sold > 0)
        sums["kilograms"][material] = sums["kilograms"][material] * kept
        sums["revenue"][material], sums["bought"][material] = sold - inside, bought - inside
    fields: dict[str, Any] = dict(sums)
    for name in ("running", "rents", "capital", "dug"):
        fields[name] = sum((getattr(flow, name) for flow in flows), np.zeros(len(years)))
    for name in ("loans", "grants"):
        fields[name] = tuple(dict.fromkeys(rule for each in flows for rule in getattr(each, name)))
    return replace(flows[0], **fields)


def _over(flow: Flow, years: Floats) -> Flow:
    """The flow over more years, with nothing in those in which the plant does not stand."""
    ahead, behind = int(flow.years[0] - years[0]), int(years[-1] - flow.years[-1])
    if not (ahead or behind):
        return flow

    def wide(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: wide(amounts) for key, amounts in value.items()}
        return np.pad(value, (ahead, behind)) if isinstance(value, np.ndarray) else value

    fields = {name: wide(value) for name, value in vars(flow).items()}
    return replace(flow, **{**fields, "years": years})


def _main(flows: Sequence[Flow], full: Sequence[Flow]) -> tuple[str, float | None]:
    """The product that brings several plants most, but for what they sell each other, and its mean
    price; one of which they would still sell a good part if all of them ran at capacity.
    """
    left, gross = _left(full), _net(full, bought=False)
    for told in (flows, full):
        worth, price = _net(told), _prices(told)
        for name in sorted(worth, key=lambda name: (-worth[name], name)):
            sold = left.get(name, 0.0) > PART * gross.get(name, 0.0) > 0
            if worth[name] > 0 and sold and price[name] is not None:
                return name, price[name]
    return "", None


def _left(flows: Sequence[Flow]) -> dict[str, float]:
    """What leaves the plants of each country, summed over countries, MUSD over all years."""
    found: dict[str, float] = {}
    for country in {flow.country for flow in flows}:
        for name, worth in _net([flow for flow in flows if flow.country == country]).items():
            found[name] = found.get(name, 0.0) + max(worth, 0.0)
    return found


def _net(flows: Sequence[Flow], *, bought: bool = True) -> dict[str, float]:
    """MUSD that each material brings several plants, less what they pay for it, over all years."""
    worth: dict[str, float] = {}
    for flow in flows:
        for goods, sign in ((flow.revenue, 1.0), (flow.bought if bought else {}, -1.0)):
            for name, amounts in goods.items():
                worth[name] = worth.get(name, 0.0) + sign * float(amounts.sum())
    return worth


def _prices(flows: Sequence[Flow]) -> dict[str, float | None]:
    """The mean price at which each material is sold; None for what is not."""
    sums: dict[str, tuple[float, float]] = {}
    for flow in flows:
        for name, amounts in flow.revenue.items():
            worth, kt = sums.get(name, (0.0, 0.0))
            sums[name] = worth + float(amounts.sum()), kt + float(flow.kilograms[name].sum())
    bought = {name: None for flow in flows for name in flow.bought}
    return bought | {name: worth / kt if kt > 0 else None for name, (worth, kt) in sums.items()}


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


def known(outcome: Outcome) -> list[str]:
    """The plants whose cash can be told: built, standing, or able to be ready in time."""
    names = sorted({str(name) for name in outcome.market.plants.facility})
    return [name for name in names if not name.startswith("thrift_") and _told(outcome, name)]


def _told(outcome: Outcome, name: str) -> bool:
    try:
        state_of(outcome, name)
    except KeyError:
        return False
    return True


def owners(outcome: Outcome) -> dict[str, list[str]]:
    """Plants whose cash can be told by the company that holds half of them or more."""
    return _owned(outcome.case, known(outcome))


def _owned(case: Case, names: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    columns = ("facility", "owner", "share")
    for facility, owner, share in case.table("owners").select(columns).iter_rows():
        if facility in names and (1.0 if share is None else share) >= HALF:
            found.setdefault(owner, []).append(facility)
    return {owner: sorted(mine) for owner, mine in sorted(found.items())}


def plants_of(outcome: Outcome, words: str) -> list[str]:
    """The plants that words name: facilities, patterns with *, companies, apart by commas.

    Raises InputError, with the nearest, for a word that names none.
    """
    return _named(words, known(outcome), owners(outcome))


def check(case: Case, words: str) -> None:
    """Raises InputError for words that name no plant of a case, whatever is built."""
    names = sorted(case.table("facilities")["facility"].unique().to_list())
    _named(words, names, _owned(case, names))


def _named(words: str, names: Sequence[str], companies: Mapping[str, list[str]]) -> list[str]:
    by_word = {owner.casefold(): mine for owner, mine in companies.items()}
    found: list[str] = []
    faults: list[Fault] = []
    for word in (each.strip() for each in words.split(",")):
        matched = [name for name in names if fnmatchcase(name, word)]
        matched = matched or by_word.get(word.casefold(), [])
        if not matched:
            told = ", ".join([*names[:8], *list(companies)[:8]]) + " ..."
            choice = [*names, *companies]
            faults.append(suggest("not_built", word, choice, "PROJECT", value=word, names=told))
        found += matched
    if faults:
        raise InputError(faults)
    return list(dict.fromkeys(found))


def together(outcome: Outcome, plants: Sequence[str]) -> list[str]:
    """Those of several plants that are told as one account: what is there, else what might be."""
    there = [name for name in plants if state_of(outcome, name) != "as_if"]
    return there or list(plants)


# --- from money to value --------------------------------------------------------------------------


@dataclass(frozen=True)
class Year:
    """By year of an account, MUSD, `working`, `spent`, `drawn` and `net` at dates between years."""

    sales: Floats
    given: Floats
    costs: Floats
    royalty: Floats
    sustaining: Floats
    tax: Floats
    shield: Floats
    operating: Floats
    due: Floats
    working: Floats
    spent: Floats
    drawn: Floats
    net: Floats


def years_of(
    account: Account,
    *,
    price: float | None = None,
    without: frozenset[str] = frozenset(),
    dearer: bool = False,
) -> Year:
    """An account after royalty, tax and the rest; run at capacity with its main product at `price`
    where one is given. Rules named in `without` neither pay nor lend; `dearer` is with the local
    currency dearer by what the terms say.
    """
    parts = [
        _years(part.flow if price is None else _at(part.able, account.main, price),
               part.terms, without, dearer)
        for part in account.parts
    ]  # fmt: skip
    if len(parts) == 1:
        return parts[0]
    return Year(**{name: sum(getattr(each, name) for each in parts) for name in vars(parts[0])})


def _at(flow: Flow, main: str, price: float) -> Flow:
    """The flow with its main product at a price [USD/kg]; royalty follows what a mine digs."""
    if main not in flow.revenue:
        return flow
    sold = price * flow.kilograms[main]
    # of a mine alone all sales bear royalty, of more plants only what its mines sell
    dug = flow.dug + (sold - flow.revenue[main]) if _all_dug(flow) else flow.dug
    return replace(flow, revenue={**flow.revenue, main: sold}, dug=dug)


def _all_dug(flow: Flow) -> bool:
    return bool(flow.mine and np.array_equal(flow.dug, flow.sales))


def _years(flow: Flow, terms: Terms, without: frozenset[str], dearer: bool) -> Year:
    size = len(flow.years)

    def kept(amounts: Mapping[str, Floats], only: Sequence[str] | None = None) -> Floats:
        names = [k for k in amounts if k not in without and (only is None or k in only)]
        return sum((amounts[name] for name in names), np.zeros(size))

    sales, given = flow.sales, kept(flow.paid)
    abroad = dearer and terms.currency != DOLLAR
    costs = flow.inputs + flow.running * (1.0 + terms.dearer * abroad) + flow.rents
    royalty = terms.royalty * flow.dug
    sustaining = terms.sustaining * np.cumsum(flow.capital)
    before = sales + given - costs - royalty - sustaining
    basis = flow.capital - kept(flow.drawn, flow.grants)
    income = before - _written_off(basis, terms.writeoff, terms.inflation)
    bare = _tax(income, terms.tax, terms.inflation)
    less = kept(flow.interest) if terms.shield else np.zeros(size)
    tax = _tax(income - less, terms.tax, terms.inflation)
    operating = before - tax
    working = np.diff(np.append(terms.working / 365.0 * sales, 0.0), prepend=0.0)
    drawn, due = kept(flow.drawn), kept(flow.service)
    net = np.append(drawn - flow.capital, 0.0) - working
    net[1:] += operating - due
    return Year(
        sales, given, costs, royalty, sustaining, tax, bare - tax, operating, due, working,
        np.append(flow.capital, 0.0), np.append(drawn, 0.0), net,
    )  # fmt: skip


def _written_off(capital: Floats, years: int, inflation: float) -> Floats:
    """Capital written off in equal nominal parts over years, from the year in which it is spent."""
    parts = np.full(years, 1.0 / years) * (1.0 + inflation) ** -np.arange(1.0, years + 1.0)
    return np.convolve(capital, parts)[: len(capital)]


def _tax(income: Floats, rate: float, inflation: float) -> Floats:
    """Tax on income by year; a loss is taken off what comes later, at its nominal amount."""
    tax, loss = np.zeros(len(income)), 0.0
    for k, earned in enumerate(income):
        left = earned - loss
        loss = max(-left, 0.0) / (1.0 + inflation)
        tax[k] = rate * max(left, 0.0)
    return tax


def worth(account: Account, **how: Any) -> float:
    """NPV of an account; keywords as of years_of."""
    return npv(years_of(account, **how).net, account.wacc)


def incentive(account: Account, without: frozenset[str] = frozenset()) -> float | None:
    """The constant price of the main product at which an account run at capacity is worth nothing.

    None where it has no product, pays at no price at all, or at none below DEAREST.
    """
    from scipy.optimize import brentq

    if not account.main:
        return None

    def at(price: float) -> float:
        return worth(account, price=price, without=without)

    if at(0.0) >= 0 or at(DEAREST) <= 0:
        return None
    return float(brentq(at, 0.0, DEAREST, xtol=1e-9, rtol=1e-13))


def rate_of(account: Account, year: Year) -> float | None:
    """The rate at which it is worth nothing; None where more is spent than ever comes back, or
    capital of a part of it is sunk.
    """
    return irr(year.net) if account.invested and year.net.sum() > 0 else None


def payback(account: Account, year: Year) -> float | None:
    """Years after which cash has covered what was spent; None where it never has, or is sunk."""
    if not account.invested:
        return None
    back = np.flatnonzero(np.cumsum(year.net) >= -1e-9 * account.capital)
    return float(back[0]) if len(back) else None


def scaled(flow: Flow, cost: float, capital: float) -> Flow:
    """The flow with running cost and capital a factor dearer, finance in proportion to capital."""
    finance: dict[str, Any] = {
        name: {rule: capital * each for rule, each in getattr(flow, name).items()}
        for name in ("drawn", "service", "interest")
    }
    return replace(flow, running=cost * flow.running, capital=capital * flow.capital, **finance)


def cover(account: Account, year: Year, without: frozenset[str] = frozenset()) -> Floats:
    """Operating cash over the service of loans, by year; NaN where none is due."""
    due = np.zeros(len(account.years))
    for part in account.parts:
        for name in part.flow.loans:
            due = due + (0.0 if name in without else part.flow.service[name])
    return np.divide(year.operating, due, out=np.full(len(due), np.nan), where=due > 1e-12)


def after_tax(
    outcome: Outcome, facilities: Sequence[str] | None = None, **changes: Any
) -> pl.DataFrame:
    """One row for each plant of `facilities`, or for each project that is built; see COLUMNS.

    MUSD in present value at the project's cost of capital; `npv_unsupported` and
    `incentive_unsupported` without any rule that pays or lends; `npv_local` in millions of the
    local currency; `used` the share of its capacity. `changes` are fields of Terms.
    """
    import polars as pl

    if facilities is None:
        names = outcome.market.builds.projects.facility
        facilities = [str(names[k]) for k in economics._built(outcome, SOME)]
    rows = [_row(outcome, name, changes) for name in facilities]
    schema = {name: pl.String if kind is str else pl.Float64 for name, kind in COLUMNS.items()}
    found = pl.DataFrame(rows, schema=schema, orient="row")
    return found.sort("capital", "facility", descending=[True, False])


@lru_cache(maxsize=1024)
def _figures(outcome: Outcome, facility: str, changes: tuple[tuple[str, Any], ...]) -> Any:
    fields = dict(changes)
    account = account_of(outcome, facility, **fields)
    every = frozenset(account.rules)
    prices = [
        incentive(account),
        *(incentive(account_of(outcome, facility, end=end, **fields)) for end in ("low", "high")),
        incentive(account, every),
    ]
    return account, prices


def _row(outcome: Outcome, facility: str, changes: Mapping[str, Any]) -> tuple[Any, ...]:
    account, prices = _figures(outcome, facility, tuple(sorted(changes.items())))
    flow, terms = account.parts[0].flow, account.parts[0].terms
    year = years_of(account)
    now = npv(year.net, account.wacc)
    served = cover(account, year)
    served = served[np.isfinite(served)]
    discount = (1.0 + account.wacc) ** -np.arange(1.0, len(flow.years) + 1.0)
    return (
        facility, flow.country, flow.state, terms.currency, account.capital, now,
        worth(account, without=frozenset(account.rules)), rate_of(account, year),
        payback(account, year), account.main, account.price, *prices,
        float(served.min()) if len(served) else None,
        float(served.mean()) if len(served) else None,
        float(year.tax @ discount), float(year.shield @ discount), float(year.royalty @ discount),
        worth(account, dearer=True), now * terms.per_usd, flow.used,
    )  # fmt: skip


def without_each(outcome: Outcome, facilities: str | Sequence[str], **changes: Any) -> pl.DataFrame:
    """rule, npv, irr, payback, incentive_price, cover_least of an account: with everything (an
    empty rule), without each rule that pays or lends to it, and with none of them (rule "*").
    """
    import polars as pl

    account = account_of(outcome, facilities, **changes)
    cases = {"": frozenset[str]()} | {rule: frozenset([rule]) for rule in account.rules}
    cases |= {"*": frozenset(account.rules)} if account.rules else {}
    rows = []
    for rule, out in cases.items():
        year = years_of(account, without=out)
        served = cover(account, year, out)
        served = served[np.isfinite(served)]
        least = float(served.min()) if len(served) else None
        rows.append((rule, npv(year.net, account.wacc), rate_of(account, year),
                     payback(account, year), incentive(account, out), least))  # fmt: skip
    names = ("npv", "irr", "payback", "incentive_price", "cover_least")
    schema = {"rule": pl.String} | dict.fromkeys(names, pl.Float64)
    return pl.DataFrame(rows, schema=schema, orient="row")


def band(outcome: Outcome, facility: str) -> list[tuple[float, float]]:
    """Factors of (running cost, capital) at the low and at the high end of what the case states."""
    import polars as pl

    rows = outcome.case.table("projects").filter(pl.col("facility") == facility)
    if not rows.height:
        return [(1.0, 1.0), (1.0, 1.0)]
    row = rows.row(0, named=True)
    place = outcome.case.table("facilities").filter(pl.col("facility") == facility)
    cost, capital = place["cost"][0], row["capex"]

    def factor(end: str, name: str, central: float | None) -> float:
        stated = row[f"{name}_{end}"]
        return stated / central if stated is not None and central else 1.0

    return [
        (factor(end, "cost", cost), factor(end, "capex", capital)) for end in ("low", "high")
    ]  # fmt: skip


def table_of(outcome: Outcome, facilities: str | Sequence[str], **changes: Any) -> pl.DataFrame:
    """An account's cash by year, MUSD: one row a year, the last for what is released at the end.

    year; revenue of each product; rules that pay for output; inputs, running cost, rents, royalty,
    sustaining, tax, and shield (what interest took off it), operating; working capital, capital,
    drawn and service by rule of finance; net; cover. Money that leaves is below nothing. KeyError
    for a plant whose cash cannot be told.
    """
    import polars as pl

    account = account_of(outcome, facilities, **changes)
    year = years_of(account)
    size = len(account.years)

    def sums(name: str) -> dict[str, Floats]:
        found: dict[str, Floats] = {}
        for part in account.parts:
            for key, amounts in getattr(part.flow, name).items():
                found[key] = found.get(key, np.zeros(size)) + amounts
        return dict(sorted(found.items()))

    def all_of(name: str) -> Floats:
        return sum((getattr(part.flow, name) for part in account.parts), np.zeros(size))

    ended: dict[str, Floats] = {
        **{f"revenue_{name}": each for name, each in sums("revenue").items()},
        **{f"paid_{name}": each for name, each in sums("paid").items()},
        "inputs": 0.0 - all_of("inputs"), "running": 0.0 - all_of("running"),
        "rents": 0.0 - all_of("rents"), "royalty": 0.0 - year.royalty,
        "sustaining": 0.0 - year.sustaining, "tax": 0.0 - year.tax - year.shield,
        "shield": year.shield, "operating": year.operating,
        **{f"service_{name}": 0.0 - each for name, each in sums("service").items()},
    }  # fmt: skip
    begun = {"capital": 0.0 - all_of("capital")}
    begun |= {f"drawn_{name}": each for name, each in sums("drawn").items()}
    columns: dict[str, Any] = {"year": np.append(account.years, account.years[-1] + 1)}
    columns |= {name: np.append(each, 0.0) for name, each in begun.items()}
    columns |= {"working": 0.0 - year.working}
    columns |= {name: np.concatenate([[0.0], each]) for name, each in ended.items()}
    columns |= {"net": year.net, "cover": np.concatenate([[np.nan], cover(account, year)])}
    found = pl.DataFrame(columns).with_columns(pl.col("year").cast(pl.Int64))
    return found.with_columns(pl.col("cover").fill_nan(None))


def steps_of(outcome: Outcome, facilities: str | Sequence[str], **changes: Any) -> pl.DataFrame:
    """step, of, amount: what makes up an account's NPV, each line in present value [MUSD].

    Steps in the order of STEPS, `of` being the product or rule where there are several; they add up
    to the last one, npv. `currency`, after it, is what a dearer local currency would take.
    """
    import polars as pl

    account = account_of(outcome, facilities, **changes)
    table = table_of(outcome, facilities, **changes)
    rows = []
    for step, prefix in STEPS.items():
        for column in table.columns:
            if column == prefix or (prefix.endswith("_") and column.startswith(prefix)):
                of = column.removeprefix(prefix) if prefix.endswith("_") else ""
                rows.append((step, of, npv(table[column].to_numpy(), account.wacc)))
    now = worth(account)
    rows += [("npv", "", now), ("currency", "", worth(account, dearer=True) - now)]
    return pl.DataFrame(
        rows, schema={"step": pl.String, "of": pl.String, "amount": pl.Float64}, orient="row"
    )


STEPS = {
    "revenue": "revenue_", "paid": "paid_", "inputs": "inputs", "running": "running",
    "rents": "rents", "royalty": "royalty", "sustaining": "sustaining", "tax": "tax",
    "shield": "shield", "working": "working", "capital": "capital", "drawn": "drawn_",
    "service": "service_",
}  # fmt: skip

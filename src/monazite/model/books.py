"""Who gains what? Double-entry accounts of a solved market, in MUSD/yr.

Every entry has a counter-entry of the opposite sign. Accounts of people:

    users                 value of use (area under demand) - what they pay
    producers             sales - inputs - avoidable cost - rising cost - annuities of what was
                          built (capital) - limit rents, by owner
    suppliers             sales of supply curves - area under them
    traders               sales at the destination - purchases at the origin - freight
                          - rising cost - duties - export taxes - limit rents
    treasury              duties (importer's) and export taxes (exporter's)
    quota_holders         rents of limits
    stock_holders         sales - purchases - carrying cost - cost of being short
                          + value of what is left
    stockpile             what public buyers hold, at the value they state
    disposal              what is discarded, taken over at its price, less the cost of disposal
    calibration_residual  residual cost of activities and arcs: a cost that nobody is paid
    losses_carried        cost that owners bear without passing it on: a gain in the program

`market` is where goods change hands: it nets to zero at every node when mass balances.
`outside` is where resource costs go and use values come from.

Identity, with Z the minimum of the program, in present value:

    sum of weight[t] * (gains of all people, less what is received inside) = -Z
    sum of weight[t] * (gains of all people) = -Z + received inside = welfare

because duties, export taxes and charges of instruments, specific and ad valorem alike, are costs
inside the program and receipts outside it. Settlements between accounts change no sum. (Z is taken
without the slack that makes prices unique, and with isoelastic areas in place of their tangents.)
`Books.residual` is the difference of the first line's sides.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from monazite.model.axes import Floats, Ints, add_up
from monazite.model.frames import frame, labels
from monazite.model.market import NOWHERE
from monazite.model.owners import Owners, read_owners
from monazite.model.segments import values

if TYPE_CHECKING:
    import polars as pl

    from monazite.model.market import Charge
    from monazite.model.outcome import Outcome

PEOPLE = (
    *("users", "producers", "suppliers", "traders", "treasury", "quota_holders"),
    *("stock_holders", "stockpile", "disposal", "calibration_residual", "losses_carried"),
)
KEYS = ["period", "account", "country", "name", "owner", "item", "counter"]


@dataclass(frozen=True)
class Party:
    """An account with, for every amount, the country (code or NOWHERE), a name and an owner."""

    account: str
    country: Any = NOWHERE
    name: Any = ""
    owner: Any = ""


MARKET, OUTSIDE = Party("market"), Party("outside")


@dataclass(frozen=True)
class Payment:
    """Amounts [MUSD/yr] that `payer` gives and `payee` gets, one per element of a family.

    `inside` marks what the program sees as the payer's cost but not as the payee's receipt.
    """

    item: str
    period: Ints
    amount: Floats
    payee: Party
    payer: Party
    inside: bool = False


@dataclass(frozen=True, eq=False)
class Books:
    """All payments of an outcome, what they add up to, and how well they close."""

    payments: tuple[Payment, ...]
    weight: Floats
    periods: tuple[str, ...]
    countries: tuple[str, ...]
    objective: float
    turnover: float

    @cached_property
    def gains(self) -> dict[str, float]:
        """Present value of each account of people [MUSD]."""
        found = dict.fromkeys(PEOPLE, 0.0)
        for payment in self.payments:
            worth = float(self.weight[payment.period] @ payment.amount)
            for party, sign in ((payment.payee, 1.0), (payment.payer, -1.0)):
                if party.account in found:
                    found[party.account] += sign * worth
        return found

    @property
    def welfare(self) -> float:
        """Present value of all gains, treasuries included [MUSD]."""
        return sum(self.gains.values())

    @property
    def received(self) -> float:
        """What people receive inside the program: its cost, their gain, in present value [MUSD]."""
        return sum(
            float(self.weight[p.period] @ p.amount)
            for p in self.payments
            if p.inside and p.payee.account in PEOPLE
        )

    @property
    def residual(self) -> float:
        """|gains less receipts inside + Z| over |Z|, a thousandth of all payments, or 1 MUSD.

        The largest of the three: where little is gained, books close to the dollar.
        """
        private = self.welfare - self.received
        scale = max(abs(self.objective), 1e-3 * self.turnover, 1.0)
        return abs(private + self.objective) / scale

    @cached_property
    def entries(self) -> pl.DataFrame:
        """period, account, country, name, owner, item, amount [MUSD/yr], counter; sums to zero."""
        import polars as pl

        if not self.payments:
            return pl.DataFrame(schema=dict.fromkeys(KEYS, pl.String) | {"amount": pl.Float64})
        sides = [
            self._side(payment, *pair)
            for payment in self.payments
            for pair in (
                (payment.payee, payment.payer, 1.0),
                (payment.payer, payment.payee, -1.0),
            )
        ]
        total = pl.concat(sides).group_by(KEYS, maintain_order=True).agg(pl.col("amount").sum())
        return total.filter(pl.col("amount") != 0).sort(KEYS)

    @cached_property
    def people(self) -> pl.DataFrame:
        """The entries of people: their amounts, in present value, add up to welfare."""
        import polars as pl

        return self.entries.filter(pl.col("account").is_in(PEOPLE))

    def _side(self, payment: Payment, party: Party, counter: Party, sign: float) -> pl.DataFrame:
        size = len(payment.amount)
        country = np.broadcast_to(np.asarray(party.country), size)
        names = (*self.countries, "")

        def column(value: Any) -> np.ndarray:
            return np.broadcast_to(np.asarray(value, dtype=object), size)

        return frame(
            {
                "period": labels(self.periods, payment.period),
                "account": column(party.account),
                "country": labels(names, country),
                "name": column(party.name),
                "owner": column(party.owner),
                "item": column(payment.item),
                "counter": column(counter.account),
                "amount": sign * payment.amount,
            }
        )


def keep_books(outcome: Outcome) -> Books:
    """The books of a solved market."""
    payments = tuple(
        payment
        for family in (
            _users,
            _producers,
            _suppliers,
            _traders,
            _stock_holders,
            _disposal,
            _charges,
            _settlements,
        )
        for payment in family(outcome)
        if np.any(payment.amount)
    )
    axes = outcome.market.axes
    turnover = sum(float(axes.weight[p.period] @ np.abs(p.amount)) for p in payments)
    return Books(
        payments, axes.weight, axes.periods, axes.countries, program_minimum(outcome), turnover
    )


def program_minimum(outcome: Outcome) -> float:
    """Z [MUSD]: the kernel's minimum without slack, ad valorem charges as in the last program.

    Isoelastic pieces enter with their area, not with the tangent the last program had.
    """
    market, solution = outcome.market, outcome.cleared.solution
    standard = solution.standard
    cost, bend = standard.cost * solution.x, 0.5 * standard.curvature * solution.x**2
    both = cost + bend
    total = solution.objective - float(both[market.slack.slice].sum())
    for name, pieces, sign in (
        ("use", market.uses.pieces, -1.0),
        ("supply", market.curves.pieces, 1.0),
    ):
        if pieces.power.any():
            area = pieces.area(outcome.block(name))
            total += sign * float(market.axes.weight[pieces.period] @ area)
            total -= float(values(both, standard.blocks[name]).sum())
    return total


def _users(outcome: Outcome) -> list[Payment]:
    uses = outcome.market.uses
    pieces = uses.pieces
    price = outcome.raw_price[outcome.market.nodes.at[uses.key]]
    area = pieces.area(outcome.block("use"))
    value = add_up(pieces.owner, area, uses.size)
    material = labels(outcome.market.axes.materials, uses.material)
    user = Party("users", uses.country, material, uses.sector)
    # what a waiver lets them take of any class they buy at the price of any class
    at = uses.waivers
    paid = price * outcome.used
    less = outcome.raw_price[outcome.market.nodes.at[uses.open_key[at]]] - price[at]
    paid[at] += less * outcome.block("waived")
    return [
        Payment("use value", uses.period, value, user, OUTSIDE),
        Payment("purchases", uses.period, paid, MARKET, user),
    ]


def _producers(outcome: Outcome) -> list[Payment]:
    market, x = outcome.market, outcome.activity
    ways, plants = market.ways, market.plants
    owners = read_owners(market.case, market.axes, plants)
    owner = Party("producers", owners.country, plants.facility[owners.plant], owners.owner)
    bearer = Party("losses_carried", owners.country, plants.facility[owners.plant], owners.owner)
    unknown = Party("calibration_residual", owners.country, plants.facility[owners.plant])
    worth = ways.term_quantity * x[ways.term_of] * outcome.raw_price[market.nodes.at[ways.term_key]]
    sold, bought = np.maximum(ways.term_quantity, 0) > 0, ways.term_quantity < 0
    parts, premium = market.way_parts, outcome.premium(market.way_parts, "activity_part")
    rise = outcome.activity_rise * market.activity.on_rise(outcome.x) / 2

    def owned(by_activity: Floats) -> Floats:
        by_plant = add_up(ways.plant, by_activity, len(plants.facility))
        return by_plant[owners.plant] * owners.share

    def by_activity(part: np.ndarray) -> Floats:
        return add_up(ways.term_of[part], worth[part], len(x))

    def by_part(sign: float) -> Floats:
        here = sign * parts.term_quantity > 0
        return add_up(parts.of[parts.term_of[here]], premium[here], len(x))

    period = plants.period[owners.plant]
    paid = market.builds.capital(outcome.built, len(plants.facility))
    capital = paid[owners.plant] * owners.share
    return [
        Payment("sales", period, owned(by_activity(sold) + by_part(1.0)), owner, MARKET),
        Payment("inputs", period, owned(-by_activity(bought) - by_part(-1.0)), MARKET, owner),
        Payment("avoidable cost", period, owned(ways.cost * x), OUTSIDE, owner),
        Payment("rising cost", period, owned(rise), OUTSIDE, owner),
        Payment("capital", period, capital, OUTSIDE, owner),
        Payment("residual", period, owned(ways.residual * x), OUTSIDE, unknown),
        Payment("loss carried", period, owned(ways.loss_carried * x), bearer, OUTSIDE),
        _producers_limits(outcome, owners),
    ]


def _producers_limits(outcome: Outcome, owners: Owners) -> Payment:
    market, limits = outcome.market, outcome.market.limits
    paid = outcome.limit_rent[limits.activity_row] * limits.activity_coefficient
    paid = paid * outcome.activity[limits.activity_of]
    term, row = owners.of(market.ways.plant[limits.activity_of])
    at = limits.activity_row[term]
    facility = market.plants.facility[owners.plant[row]]
    payer = Party("producers", owners.country[row], facility, owners.owner[row])
    amount = paid[term] * owners.share[row]
    return Payment("limit rent", limits.period[at], amount, _holder(outcome, at), payer)


def _holder(outcome: Outcome, at: Ints) -> Party:
    """The holders of limits; one that is named by its country's code has a country."""
    limits, countries = outcome.market.limits, outcome.market.axes.countries
    code = {name: k for k, name in enumerate(countries)}
    country = np.array([code.get(name, NOWHERE) for name in limits.holder], dtype=np.int64)
    return Party("quota_holders", country[at], limits.limit[at], limits.holder[at])


def _suppliers(outcome: Outcome) -> list[Payment]:
    curves = outcome.market.curves
    price = outcome.raw_price[outcome.market.nodes.at[curves.key]]
    q = outcome.block("supply")
    seller = Party(
        "suppliers", curves.country, labels(outcome.market.axes.materials, curves.material)
    )
    return [
        Payment("sales", curves.period, price * q, seller, MARKET),
        Payment("cost", curves.period, curves.pieces.area(q), OUTSIDE, seller),
    ]


def _traders(outcome: Outcome) -> list[Payment]:
    market, f = outcome.market, outcome.quantity
    arcs, cleared, at = market.arcs, outcome.cleared, market.nodes.at
    period = arcs.period
    trader = Party("traders", arcs.destination, labels(market.axes.materials, arcs.material))
    unknown = Party("calibration_residual", arcs.destination, trader.name)
    sold = outcome.raw_price[at[arcs.destination_key]] * (1.0 - arcs.loss) * f
    bought = outcome.raw_price[at[arcs.origin_key]] * f
    leaving, arriving = np.split(outcome.premium(market.arc_parts, "flow_part"), 2)
    bought -= add_up(market.arc_parts.of, leaving, len(f))
    sold += add_up(market.arc_parts.of, arriving, len(f))
    rise = 0.5 * outcome.flow_rise * market.flow.on_rise(outcome.x)
    duty, tax = arcs.duty + cleared.duty, arcs.export_tax + cleared.export_charge
    importer = Party("treasury", arcs.destination, trader.name)
    exporter = Party("treasury", arcs.origin, trader.name)
    return [
        Payment("sales", period, sold, trader, MARKET),
        Payment("purchases", period, bought, MARKET, trader),
        Payment("freight", period, arcs.freight * f, OUTSIDE, trader),
        Payment("rising cost", period, rise, OUTSIDE, trader),
        Payment("duty", period, duty * f, importer, trader, inside=True),
        Payment("export tax", period, tax * f, exporter, trader, inside=True),
        Payment("residual", period, arcs.residual * f, OUTSIDE, unknown),
        _traders_limits(outcome),
    ]


def _traders_limits(outcome: Outcome) -> Payment:
    market, limits, arcs = outcome.market, outcome.market.limits, outcome.market.arcs
    at, of = limits.flow_row, limits.flow_of
    paid = outcome.limit_rent[at] * limits.flow_coefficient * outcome.quantity[of]
    material = labels(market.axes.materials, arcs.material[of])
    payer = Party("traders", arcs.destination[of], material)
    return Payment("limit rent", limits.period[at], paid, _holder(outcome, at), payer)


def _stock_holders(outcome: Outcome) -> list[Payment]:
    market, stocks = outcome.market, outcome.market.stocks
    if stocks.size == 0:
        return []
    level, price = outcome.block("stock_level"), outcome.raw_price[market.nodes.at[stocks.key]]
    material = labels(market.axes.materials, stocks.material)
    holder = Party("stock_holders", stocks.country, material, stocks.stock)
    left = np.where(stocks.last, stocks.final_value * level, 0.0) / market.axes.years[stocks.period]
    return [
        Payment("sales", stocks.period, price * outcome.block("stock_out"), holder, MARKET),
        Payment("purchases", stocks.period, price * outcome.block("stock_in"), MARKET, holder),
        Payment("carrying cost", stocks.period, stocks.carrying_cost * level, OUTSIDE, holder),
        Payment("cost of being short", stocks.period, stocks.short(level), OUTSIDE, holder),
        Payment("value of what is left", stocks.period, left, holder, OUTSIDE),
    ]


def _disposal(outcome: Outcome) -> list[Payment]:
    market, wasted = outcome.market, outcome.market.wasted
    if len(wasted) == 0:
        return []
    period, material, country = np.unravel_index(wasted, market.axes.shape)
    q, price = outcome.block("waste"), outcome.raw_price[market.nodes.at[wasted]]
    taker = Party("disposal", country, labels(market.axes.materials, material))
    return [
        Payment("taken over", period, price * q, MARKET, taker),
        Payment("disposal cost", period, market.disposal_cost[material] * q, OUTSIDE, taker),
    ]


def _charges(outcome: Outcome) -> list[Payment]:
    """Charges of instruments, paid by owners of activities and builds and by traders of arcs."""
    pay = {"activity": _activity_charge, "flow": _flow_charge, "build": _build_charge,
           "supported": _build_charge}  # fmt: skip
    market = outcome.market
    owners = read_owners(market.case, market.axes, market.plants)
    return [
        pay[charge.family](outcome, charge, amount, owners)
        for charge, amount in zip(outcome.market.charges, outcome.cleared.charged, strict=True)
    ]


def _activity_charge(outcome: Outcome, charge: Charge, amount: Floats, owners: Owners) -> Payment:
    market = outcome.market
    plants, ways = market.plants, market.ways
    element, row = owners.of(ways.plant[charge.element])
    paid = amount[element] * outcome.activity[charge.element[element]] * owners.share[row]
    facility = plants.facility[owners.plant[row]]
    country = np.broadcast_to(charge.country, charge.element.shape)[element]
    payer = Party("producers", owners.country[row], facility, owners.owner[row])
    payee = Party(charge.account, country, facility)
    period = market.period("activity")[charge.element[element]]
    return Payment(charge.item, period, paid, payee, payer, inside=True)


def _flow_charge(outcome: Outcome, charge: Charge, amount: Floats, _: Owners) -> Payment:
    market, arcs = outcome.market, outcome.market.arcs
    material = labels(market.axes.materials, arcs.material[charge.element])
    payer = Party("traders", arcs.destination[charge.element], material)
    payee = Party(charge.account, charge.country, material)
    paid = amount * outcome.quantity[charge.element]
    return Payment(charge.item, arcs.period[charge.element], paid, payee, payer, inside=True)


def _build_charge(outcome: Outcome, charge: Charge, amount: Floats, owners: Owners) -> Payment:
    """Paid by a plant's owners in every period in which they pay its annuity."""
    market, builds, plants = outcome.market, outcome.market.builds, outcome.market.plants
    build, quantity = charge.element, outcome.built
    if charge.family == "supported":
        build, quantity = market.budgets.build[charge.element], outcome.supported
    place = np.full(builds.size, -1)
    place[build] = np.arange(len(build))
    terms = np.flatnonzero(place[builds.term_of] >= 0)
    of = place[builds.term_of[terms]]
    paid = builds.charged[terms] * amount[of] * quantity[charge.element[of]]
    term, row = owners.of(builds.term_plant[terms])
    facility = plants.facility[owners.plant[row]]
    country = np.broadcast_to(charge.country, charge.element.shape)[of[term]]
    payer = Party("producers", owners.country[row], facility, owners.owner[row])
    payee = Party(charge.account, country, facility)
    period = plants.period[owners.plant[row]]
    amounts = paid[term] * owners.share[row]
    return Payment(charge.item, period, amounts, payee, payer, inside=True)


def _settlements(outcome: Outcome) -> list[Payment]:
    """Transfers outside the program: what instruments settle between accounts."""
    return [p for each in outcome.market.instruments for p in each.settle(outcome)]

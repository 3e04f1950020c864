"""What do rules that look at a price share? Where they look, whom they support, how they prove it.

A strike rule pays producers of a material by the distance of a price from a strike. On the margin
this is a charge on their activities; what depends on totals (tonnes, money, yearly caps) is a
transfer after clearing, because a payment that ends at a total would make marginal cost fall.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

from monazite.errors import CertificateError
from monazite.messages import say
from monazite.model.axes import Floats, Ints, add_up
from monazite.policy import select

if TYPE_CHECKING:
    from monazite.model.books import Party, Payment
    from monazite.model.market import Charge, Market
    from monazite.model.outcome import Outcome

SLACK = 1e-6  # of max(|price|, 0.01 USD/kg): how far a price may be on the wrong side of a strike
Pay = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Coverage:
    """How far a support went in a period: kt/yr covered of kt/yr that asked for it."""

    item: str
    period: str
    covered: float
    of: float

    def told(self, lang: str | None = None) -> str:
        """The same as a sentence."""
        covered, of = (f"{1000 * each:,.0f}" for each in (self.covered, self.of))
        words = {"rule": self.item, "period": self.period, "covered": covered, "of": of}
        return say("policy.coverage", lang, **words)


@runtime_checkable
class LooksAtPrice(Protocol):
    """A rule that can say where an outcome contradicts it."""

    def contradictions(self, outcome: Outcome) -> list[str]:
        """Sentences, none where all is well."""


def contradictions(outcome: Outcome) -> list[str]:
    """Complementarity of every rule in an outcome: a levy or payment only where its price calls
    for it, and then in full. Empty where it holds.
    """
    rules = [rule for rule in outcome.market.instruments if isinstance(rule, LooksAtPrice)]
    return [sentence for rule in rules for sentence in rule.contradictions(outcome)]


def prove(rule: LooksAtPrice, outcome: Outcome) -> None:
    """Raises CertificateError where an outcome contradicts a rule."""
    found = rule.contradictions(outcome)
    if found:
        raise CertificateError(found[0])


def unlike(name: str, outcome: Outcome, node: Ints, amount: Floats, due: Floats) -> list[str]:
    """Where `amount` [USD/kg] that was charged differs from what is `due` at the prices found."""
    price = outcome.raw_price[node]
    slack = max(SLACK, 2 * outcome.cleared.residual)
    # the amount is a multiple of a price: contents and yields are of the order of one
    off = np.abs(amount - due) > 2 * slack * np.maximum(np.maximum(np.abs(price), due), 0.01)
    label = outcome.market.balance.label
    return [
        say(
            "policy.contradiction",
            rule=name,
            amount=f"{amount[k]:.6g}",
            due=f"{due[k]:.6g}",
            node=label(int(node[k])),
            price=f"{price[k]:.6g}",
        )
        for k in np.flatnonzero(off)
    ]


def charged(outcome: Outcome, item: str, family: str, element: Ints) -> Floats:
    """USD/kg that was charged under a name on elements of a family."""
    total = np.zeros(len(outcome.market.period(family)))
    for charge, amount in zip(outcome.market.charges, outcome.cleared.charged, strict=True):
        if charge.item == item and charge.family == family:
            np.add.at(total, charge.element, amount)
    return total[element]


def nodes_at(market: Market, material: str, place: str) -> Ints:
    """By period: the node of a material at a place, -1 where no trade and so no price is possible.

    A node from which nothing can be bought or sold has a dual, but that is no price.
    """
    axes = market.axes
    m, c = select.codes(axes.materials, [material]), select.codes(axes.countries, [place])
    return proved(market, axes.key(m, c, np.arange(len(axes.periods))))


def proved(market: Market, key: Ints) -> Ints:
    """The nodes of keys (period, material, country), -1 where no price is possible."""
    return np.where(market.reach.open[key], market.nodes.at[key], -1)


@dataclass(frozen=True)
class Strike:
    """Producers of a material whose payment per kg follows the price at a place.

    `pay(P)` is what they get per kg made at reference price P; negative, they pay. `account` of
    `country` is the other side. Where there is no price nothing is paid.
    """

    item: str
    material: str
    place: str
    facilities: Sequence[str]
    countries: Sequence[str]
    pay: Pay
    account: str
    country: str

    def charge(self, market: Market, force: Floats) -> Charge:
        """The payment as a charge on activities: amount = -kg made per kg * pay(P)."""
        from monazite.model.market import Charge

        who = self.supported(market, force)
        payer = select.codes(market.axes.countries, [self.country])[0]

        def rule(prices: Floats) -> Floats:
            return -who.made * self.pay(prices[who.node])

        looked_at = np.unique(who.node)
        return Charge(
            self.item, "activity", who.activity, 0.0, self.account, payer, looked_at, rule
        )

    def supported(self, market: Market, force: Floats) -> Supported:
        """The activities it speaks of. InputError for a facility that the case does not know."""
        known = market.case.table("facilities")["facility"].to_list()
        select.codes(known, self.facilities)
        chosen = select.activities(
            market, makes=[self.material], facilities=self.facilities, countries=self.countries
        )
        period = market.period("activity")[chosen]
        node = nodes_at(market, self.material, self.place)[period]
        seen = np.flatnonzero((node >= 0) & (force[period] > 0))
        chosen, period = chosen[seen], period[seen]
        made = select.output(market, chosen, self.material) * force[period]
        return Supported(chosen, made, period, node[seen])

    def reckon(self, outcome: Outcome, force: Floats) -> Reckoning:
        """What was made and what it asks for, by period."""
        who = self.supported(outcome.market, force)
        periods = len(outcome.market.axes.periods)
        price = np.full(periods, np.nan)
        price[who.period] = outcome.raw_price[who.node]
        return Reckoning(who, who.made * outcome.activity[who.activity], price, periods)

    def contradictions(self, outcome: Outcome, force: Floats) -> list[str]:
        """Where the charge is not what the price found calls for."""
        who = self.supported(outcome.market, force)
        amount = charged(outcome, self.item, "activity", who.activity)
        due = who.made * self.pay(outcome.raw_price[who.node])
        return unlike(self.item, outcome, who.node, -amount, due)


@dataclass(frozen=True)
class Supported:
    """Activities under a strike: kg counted per kg of activity, period and node looked at."""

    activity: Ints
    made: Floats
    period: Ints
    node: Ints


@dataclass(frozen=True)
class Reckoning:
    """What a strike rule came to: `output` [kt/yr] by supported activity, `price` by period."""

    who: Supported
    output: Floats
    price: Floats
    periods: int

    @cached_property
    def total(self) -> Floats:
        """kt/yr made, by period."""
        return add_up(self.who.period, self.output, self.periods)

    def transfer(
        self, outcome: Outcome, item: str, amount: Floats, account: str, country: str
    ) -> Payment:
        """Amounts by period [MUSD/yr] from an account to the producers, by what each made."""
        from monazite.model.books import Party, Payment
        from monazite.model.owners import read_owners

        market = outcome.market
        each = np.divide(amount, self.total, out=np.zeros(self.periods), where=self.total > 0)
        owners = read_owners(market.case, market.axes, market.plants)
        element, row = owners.of(market.ways.plant[self.who.activity])
        facility = market.plants.facility[owners.plant[row]]
        period = self.who.period[element]
        paid = each[period] * self.output[element] * owners.share[row]
        payer = select.codes(market.axes.countries, [country])[0]
        producer = Party("producers", owners.country[row], facility, owners.owner[row])
        return Payment(item, period, paid, producer, Party(account, payer, facility))


def at_most(amount: Floats, limit: float | None) -> Floats:
    """Amounts cut at a limit, if there is one."""
    return amount if limit is None else np.minimum(amount, limit)


def sellers(outcome: Outcome, node: int) -> list[tuple[Party, Floats]]:
    """Who brought a material to a node, with kt/yr: producers, supply curves and importers."""
    from monazite.model.books import Party
    from monazite.model.owners import read_owners

    market, key = outcome.market, outcome.market.nodes.key[node]
    ways, arcs, plants = market.ways, market.arcs, market.plants
    term = np.flatnonzero((ways.term_key == key) & (ways.term_quantity > 0))
    made = ways.term_quantity[term] * outcome.activity[ways.term_of[term]]
    owners = read_owners(market.case, market.axes, plants)
    element, row = owners.of(ways.plant[ways.term_of[term]])
    name = plants.facility[owners.plant[row]]
    producers = Party("producers", owners.country[row], name, owners.owner[row])
    curve = np.flatnonzero(market.curves.key == key)
    coming = np.flatnonzero(arcs.destination_key == key)
    arrived = outcome.quantity[coming] * (1.0 - arcs.loss[coming])
    material = market.axes.materials[market.nodes.material[node]]
    place: Any = market.nodes.country[node]
    return [
        (producers, made[element] * owners.share[row]),
        (Party("suppliers", place, material), outcome.block("supply")[curve]),
        (Party("traders", place, material), arrived),
    ]

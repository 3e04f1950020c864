"""What are a company's plants worth, at the prices of an outcome moved by what was seen since?

    V = sum over years from `since` on of net cash of the account / (1 + rate)^(year - since)

The account is that of cashflow.py: all plants of the company that are built or stand. A material
whose price has moved by a factor m is sold and bought at 1 + lasting * (m - 1) times the outcome's
price in every year; what a contract for difference pays follows its reference price.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import numpy as np

from monazite.policy.contract_for_difference import ContractForDifference
from monazite.study import cashflow
from monazite.study.plant_cash import state_of

if TYPE_CHECKING:
    from monazite.model.axes import Floats
    from monazite.model.outcome import Outcome
    from monazite.study.plant_cash import Flow

SINCE = 2025  # the year at whose beginning everything is worth what it is


@dataclass(frozen=True)
class View:
    """How one looks ahead: factors of prices by material, the share of them that lasts, and a real
    rate a year; without a rate each account has its own.
    """

    moves: Mapping[str, float] = field(default_factory=dict)
    lasting: float = 1.0
    rate: float | None = None

    def factor(self, material: str) -> float:
        """What a price of the outcome is multiplied by."""
        return 1.0 + self.lasting * (self.moves.get(material, 1.0) - 1.0)


def plants(outcome: Outcome, company: str, without: Sequence[str] = ()) -> list[str]:
    """The company's plants that are built or stand, but for those that the patterns name."""
    mine = cashflow.owners(outcome).get(company, [])
    return [
        name
        for name in mine
        if state_of(outcome, name) != "as_if" and not any(fnmatchcase(name, w) for w in without)
    ]


def value(
    outcome: Outcome, company: str, view: View, *, without: Sequence[str] = (), rules: bool = True
) -> float:
    """MUSD at the beginning of SINCE; 0 for a company without plants there.

    Plants that `without` names are left out; without `rules` none pays or lends.
    """
    names = plants(outcome, company, without)
    if not names:
        return 0.0
    account = cashflow.account_of(outcome, names)
    parts = tuple(replace(part, flow=_moved(outcome, part.flow, view)) for part in account.parts)
    account = replace(account, parts=parts)
    out = frozenset[str]() if rules else frozenset(account.rules)
    year = cashflow.years_of(account, without=out)
    rate = account.wacc if view.rate is None else view.rate
    first = int(SINCE - account.years[0])
    if first <= 0:
        return cashflow.npv(year.net, rate) * (1.0 + rate) ** first
    net = year.net[first:].copy()
    net[0] -= year.operating[first - 1] - year.due[first - 1]  # earned before
    return cashflow.npv(net, rate)


def _moved(outcome: Outcome, flow: Flow, view: View) -> Flow:
    """The flow at moved prices, from SINCE on."""
    later = flow.years >= SINCE

    def at(amounts: Mapping[str, Floats]) -> dict[str, Floats]:
        return {m: np.where(later, view.factor(m), 1.0) * each for m, each in amounts.items()}

    revenue = at(flow.revenue)
    before = flow.sales
    after = sum(revenue.values(), np.zeros(len(flow.years)))
    dearer = np.divide(after, before, out=np.ones(len(before)), where=before > 0)
    return replace(
        flow,
        revenue=revenue,
        bought=at(flow.bought),
        dug=flow.dug * dearer,
        paid=_paid(outcome, flow, view),
    )


def _paid(outcome: Outcome, flow: Flow, view: View) -> dict[str, Floats]:
    """What rules pay: contracts for difference less where their reference price has risen."""
    axes = outcome.market.axes
    period = np.clip(np.searchsorted(axes.start, flow.years, side="right") - 1, 0, None)
    found = dict(flow.paid)
    for rule in outcome.market.instruments:
        if not isinstance(rule, ContractForDifference) or rule.name not in found:
            continue
        seen = [outcome.price(rule.material, rule.reference, name) for name in axes.periods]
        price = np.array([np.nan if p is None else p for p in seen])[period]
        moved = np.where(flow.years >= SINCE, view.factor(rule.material), 1.0) * price
        owed, then = rule.pay(moved), rule.pay(price)
        ratio = np.divide(owed, then, out=np.ones(len(then)), where=np.abs(then) > 1e-9)
        found[rule.name] = found[rule.name] * np.where(np.isnan(ratio), 1.0, ratio)
    return found

"""What is a price made of? The marginal chain from a place back to the ground.

At an optimum every column in use covers its cost exactly (complementarity), so a price can be opened
step by step: at each node the largest supplier is taken and its price equation is read backwards,

    arc       P[j] = (P[i] + freight + duty + export tax + residual + rise + rents) / (1 - loss)
    activity  P[m] = (cost + residual - loss carried + rise + rents + value of inputs
                      - value of joint outputs) / (kg of m per kg of activity)
    curve     P = marginal cost of the curve;  stock: P = value of what is in store

until mines (activities without input), curves or stocks are reached. Parts sum to the price.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from monazite.model.axes import Axes
from monazite.model.frames import QUIET

if TYPE_CHECKING:
    from monazite.model.outcome import Outcome

NEGLIGIBLE = 1e-9  # USD/kg


@dataclass(frozen=True)
class Part:
    """A piece of a price [USD/kg of the material asked about], who it belongs to and the step it is from.

    piece: ore, processing, freight, duty, export_tax, limit_rent, scarcity_rent, rising_cost,
    residual, loss_carried, joint_products, supply, storage, feed (an input already on the chain,
    taken at its price) or unsupplied (a price at which nothing is supplied).
    """

    piece: str
    who: str
    amount: float


def decompose(outcome: Outcome, material: str, country: str, period: Any = None) -> list[Part]:
    """The parts of a price, in the order of the chain; empty where there is no price.

    Parts sum to the price within 1e-6 of it. Raises KeyError for unknown names.
    """
    if outcome.price(material, country, period) is None:
        return []
    node = int(outcome.market.nodes.at[outcome.market.axes.find(material, country, period)])
    parts = _open(outcome, node, ())
    return [part for part in parts if abs(part.amount) > NEGLIGIBLE]


def _open(outcome: Outcome, node: int, path: tuple[int, ...]) -> list[Part]:
    """Parts of one node's price; `path` holds the nodes on the way here."""
    price = float(outcome.raw_price[node])
    if node in path:
        return [Part("feed", _name(outcome, node), price)]
    found = max(_suppliers(outcome, node), default=(0.0, "", -1))
    quantity, kind, element = found
    if quantity <= QUIET:
        return [Part("unsupplied", _name(outcome, node), price)]
    step = {"arc": _arc, "activity": _activity, "curve": _curve, "stock": _stock}[kind]
    return step(outcome, element, node, (*path, node))


def _suppliers(outcome: Outcome, node: int) -> list[tuple[float, str, int]]:
    """(kt/yr arriving, kind, element) of everything that supplies a node."""
    market = outcome.market
    key = market.nodes.key[node]
    ways, arcs, stocks = market.ways, market.arcs, market.stocks
    made = ways.term_quantity * outcome.activity[ways.term_of]
    found = [
        (float(made[k]), "activity", int(ways.term_of[k]))
        for k in np.flatnonzero((ways.term_key == key) & (ways.term_quantity > 0))
    ]
    found += [
        (float(outcome.quantity[a] * (1 - arcs.loss[a])), "arc", int(a))
        for a in np.flatnonzero(arcs.destination_key == key)
    ]
    supply, out = outcome.block("supply"), outcome.block("stock_out")
    found += [(float(supply[k]), "curve", int(k)) for k in np.flatnonzero(market.curves.key == key)]
    found += [(float(out[k]), "stock", int(k)) for k in np.flatnonzero(stocks.key == key)]
    return found


def _arc(outcome: Outcome, a: int, node: int, path: tuple[int, ...]) -> list[Part]:
    market, cleared = outcome.market, outcome.cleared
    arcs, axes = market.arcs, market.axes
    who = f"{_place(axes, arcs.origin[a])}>{_place(axes, arcs.destination[a])}"
    origin = int(market.nodes.at[arcs.origin_key[a]])
    own = [
        Part("freight", who, arcs.freight[a]),
        Part("export_tax", who, arcs.export_tax[a] + cleared.export_charge[a]),
        Part("duty", who, arcs.duty[a] + cleared.duty[a]),
        Part("residual", who, arcs.residual[a]),
        Part("rising_cost", who, outcome.flow_rise[a]),
        Part("limit_rent", who, outcome.flow_limit_rent[a]),
        Part("scarcity_rent", who, outcome.bound_rent[a]),
    ]
    return _scaled([*_open(outcome, origin, path), *own], 1.0 / (1.0 - arcs.loss[a]))


def _activity(outcome: Outcome, k: int, node: int, path: tuple[int, ...]) -> list[Part]:
    market = outcome.market
    ways, plants = market.ways, market.plants
    plant = ways.plant[k]
    who = str(plants.facility[plant])
    terms = np.flatnonzero(ways.term_of == k)
    nodes, quantity = market.nodes.at[ways.term_key[terms]], ways.term_quantity[terms]
    feeds = [(int(n), -q) for n, q in zip(nodes, quantity, strict=True) if q < 0]
    joint = [(int(n), q) for n, q in zip(nodes, quantity, strict=True) if q > 0 and n != node]
    own = [
        Part("processing" if feeds else "ore", who, ways.cost[k]),
        Part("residual", who, ways.residual[k]),
        Part("loss_carried", who, -ways.loss_carried[k]),
        Part("rising_cost", who, outcome.activity_rise[k]),
        Part("scarcity_rent", who, outcome.capacity_rent[plant]),
        Part("limit_rent", who, outcome.activity_limit_rent[k]),
        Part("joint_products", who, -sum(q * outcome.raw_price[n] for n, q in joint)),
    ]
    opened = [part for n, q in feeds for part in _scaled(_open(outcome, n, path), q)]
    made = sum(q for n, q in zip(nodes, quantity, strict=True) if n == node and q > 0)
    return _scaled([*opened, *own], 1.0 / made)


def _curve(outcome: Outcome, k: int, node: int, path: tuple[int, ...]) -> list[Part]:
    curves = outcome.market.curves
    marginal = float(curves.pieces.marginal(outcome.block("supply"))[k])
    who = _name(outcome, node)
    rent = float(outcome.raw_price[node]) - marginal
    return [Part("supply", who, marginal), Part("scarcity_rent", who, rent)]


def _stock(outcome: Outcome, k: int, node: int, path: tuple[int, ...]) -> list[Part]:
    who, value = _name(outcome, node), float(outcome.storage_value[k])
    # a stock that leaves at its largest rate earns more than what is left in store is worth
    rent = float(outcome.raw_price[node]) - value
    return [Part("storage", who, value), Part("scarcity_rent", who, rent)]


def _scaled(parts: list[Part], factor: float) -> list[Part]:
    return [replace(part, amount=float(part.amount * factor)) for part in parts]


def _place(axes: Axes, code: int) -> str:
    return axes.countries[code]


def _name(outcome: Outcome, node: int) -> str:
    nodes, axes = outcome.market.nodes, outcome.market.axes
    return f"{axes.materials[nodes.material[node]]},{axes.countries[nodes.country[node]]}"

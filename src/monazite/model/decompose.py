"""What is a price made of? The marginal chain from a place back to the ground.

At an optimum every column in use covers its cost exactly (complementarity), so a price can be
opened step by step: at each node the largest supplier is taken and its price equation is read
backwards,

    arc       P[j] = (P[i] + freight + duty + export tax + residual + rise + rents) / (1 - loss)
    activity  P[m] = (cost + residual - loss carried + rise + rents + value of inputs
                      - value of joint outputs) / (kg of m per kg of activity)
    curve     P = marginal cost of the curve;  stock: P = value of what is in store

until mines (activities without input), curves or stocks are reached. Parts sum to the price.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from monazite.model.axes import Floats, Ints, add_up
from monazite.model.frames import QUIET

if TYPE_CHECKING:
    from monazite.model.marks import Parts
    from monazite.model.outcome import Outcome

NEGLIGIBLE = 1e-9  # USD/kg


@dataclass(frozen=True)
class Part:
    """A piece of a price [USD/kg of the material asked about] and the step it is from.

    item: cost (avoidable, of the facility's stage), freight, duty, export_tax, quota_rent (limits),
    scarcity_rent (capacity), rent (bound of an arc, or of a stock's rate), rising_cost, residual,
    loss_carried, credit (value of joint products), supply (marginal cost of a supply curve),
    storage (value in store), premium (what a waiver is worth), an instrument's name (what it
    charges), feed (a material already on the chain, taken at its price) or value (a price at which
    nothing is supplied). `who` is a facility or origin>destination.
    """

    item: str
    material: str
    country: str
    amount: float
    stage: str = ""
    who: str = ""


@dataclass(frozen=True)
class Trail:
    """The nodes on the way to a node, and whether joint cost is divided by value."""

    nodes: tuple[int, ...]
    by_value: bool

    def onto(self, node: int) -> Trail:
        """The way one node further."""
        return Trail((*self.nodes, node), self.by_value)


def decompose(
    outcome: Outcome,
    material: str,
    country: str,
    period: Any = None,
    *,
    joint: Literal["credit", "value"] = "credit",
) -> list[Part]:
    """The parts of a price, in the order of the chain; empty where there is no price.

    What a facility makes at once has one joint cost. With `joint="credit"` the price bears all of
    it and is credited with what the other products earn; with "value" it bears its share by value,
    which sums to the same price, because at an optimum products together earn what they cost.

    Parts sum to the price exactly: a rent is what the price equation leaves over, which the
    certificate bounds where nothing is scarce. Raises KeyError for unknown names.
    """
    if outcome.price(material, country, period) is None:
        return []
    node = int(outcome.market.nodes.at[outcome.market.axes.find(material, country, period)])
    parts = _open(outcome, node, Trail((), joint == "value"))
    return [part for part in parts if abs(part.amount) > NEGLIGIBLE]


def _open(outcome: Outcome, node: int, path: Trail) -> list[Part]:
    """Parts of one node's price; `path` is the way here."""
    price = float(outcome.raw_price[node])
    if node in path.nodes:
        return [Part("feed", *_place(outcome, node), price)]
    quantity, kind, element = max(_suppliers(outcome, node), default=(0.0, "", -1))
    if quantity <= QUIET:
        return [Part("value", *_place(outcome, node), price)]
    step = {
        "arc": _arc,
        "arc_part": _arc_part,
        "activity": _activity,
        "activity_part": _activity_part,
        "curve": _curve,
        "stock": _stock,
        "blend": _blend,
        "waiver": _waiver,
    }[kind]
    return step(outcome, element, node, path.onto(node))


def _suppliers(outcome: Outcome, node: int) -> list[tuple[float, str, int]]:
    """(kt/yr arriving, kind, element) of everything that supplies a node."""
    market = outcome.market
    key = market.nodes.key[node]
    ways, arcs = market.ways, market.arcs
    making = np.flatnonzero((ways.term_key == key) & (ways.term_quantity > 0))
    own = outcome.activity - spread_parts(outcome, market.way_parts, "activity_part")
    made = ways.term_quantity[making] * own[ways.term_of[making]]
    coming = np.flatnonzero(arcs.destination_key == key)
    own = outcome.quantity - spread_parts(outcome, market.arc_parts, "flow_part")
    arrived = own[coming] * (1.0 - arcs.loss[coming])
    selling = np.flatnonzero(market.curves.key == key)
    stored = np.flatnonzero(market.stocks.key == key)
    return [
        *zip(made.tolist(), ["activity"] * len(made), ways.term_of[making].tolist(), strict=True),
        *zip(arrived.tolist(), ["arc"] * len(coming), coming.tolist(), strict=True),
        *((float(outcome.block("supply")[k]), "curve", int(k)) for k in selling),
        *((float(outcome.block("stock_out")[k]), "stock", int(k)) for k in stored),
        *_classes(outcome, key),
    ]


def spread_parts(outcome: Outcome, parts: Parts, name: str) -> Floats:
    """kt/yr by activity or arc that moves in a cleaner class than its own."""
    size = len(outcome.activity if name == "activity_part" else outcome.quantity)
    return add_up(parts.of, outcome.block(name), size)


def _classes(outcome: Outcome, key: int) -> list[tuple[float, str, int]]:
    """What arrives at a node key in a class of its own: parts, blends and waivers."""
    market = outcome.market
    found: list[tuple[float, str, int]] = []
    for kind, name, parts in (
        ("activity_part", "activity_part", market.way_parts),
        ("arc_part", "flow_part", market.arc_parts),
    ):
        here = np.flatnonzero((parts.term_key == key) & (parts.term_quantity > 0))
        moved = parts.term_quantity[here] * outcome.block(name)[parts.term_of[here]]
        found += [(float(q), kind, int(k)) for q, k in zip(moved, parts.term_of[here], strict=True)]
    mixed = np.flatnonzero(market.blends[1] == key)
    found += [(float(outcome.block("blend")[k]), "blend", int(k)) for k in mixed]
    let = np.flatnonzero(market.uses.key[market.uses.waivers] == key)
    return found + [(float(outcome.block("waived")[k]), "waiver", int(k)) for k in let]


def _blend(outcome: Outcome, k: int, node: int, path: Trail) -> list[Part]:
    """What is sold as less than it is costs the same."""
    source = int(outcome.market.nodes.at[outcome.market.blends[0][k]])
    rest = float(outcome.raw_price[node] - outcome.raw_price[source])
    return [*_open(outcome, source, path), Part("premium", *_place(outcome, node), rest)]


def _waiver(outcome: Outcome, k: int, node: int, path: Trail) -> list[Part]:
    """Goods of any class under a waiver are worth more than they cost."""
    uses, at = outcome.market.uses, outcome.market.nodes.at
    source = int(at[uses.open_key[uses.waivers[k]]])
    rest = float(outcome.raw_price[node] - outcome.raw_price[source])
    return [*_open(outcome, source, path), Part("premium", *_place(outcome, node), rest)]


def _arc(outcome: Outcome, a: int, node: int, path: Trail) -> list[Part]:
    return _shipped(outcome, a, int(outcome.market.arcs.origin_key[a]), node, path)


def _arc_part(outcome: Outcome, k: int, node: int, path: Trail) -> list[Part]:
    parts = outcome.market.arc_parts
    return _shipped(outcome, int(parts.of[k]), int(parts.ends[0][k]), node, path)


def _shipped(outcome: Outcome, a: int, key: int, node: int, path: Trail) -> list[Part]:
    """The price at the end of arc `a` of what leaves node key `key`."""
    market, cleared = outcome.market, outcome.cleared
    arcs, countries = market.arcs, market.axes.countries
    who = f"{countries[arcs.origin[a]]}>{countries[arcs.destination[a]]}"
    origin = int(market.nodes.at[key])
    amounts = {
        "freight": arcs.freight[a],
        "export_tax": arcs.export_tax[a] + cleared.export_charge[a],
        "duty": arcs.duty[a] + cleared.duty[a],
        "residual": arcs.residual[a],
        "rising_cost": outcome.flow_rise[a],
        "quota_rent": outcome.flow_limit_rent[a],
        **_charged(outcome, "flow", a),
    }
    arrived = outcome.raw_price[node] * (1.0 - arcs.loss[a])
    amounts["rent"] = arrived - outcome.raw_price[origin] - sum(amounts.values())
    own = [Part(item, *_place(outcome, origin), float(v), who=who) for item, v in amounts.items()]
    return _scaled([*_open(outcome, origin, path), *own], 1.0 / (1.0 - arcs.loss[a]))


def _charged(outcome: Outcome, family: str, element: int) -> dict[str, float]:
    """USD/kg that each instrument charges on an activity or arc, by the instrument's name."""
    found: dict[str, float] = {}
    for charge, amount in zip(outcome.market.charges, outcome.cleared.charged, strict=True):
        if charge.family == family:
            part = float(amount[charge.element == element].sum())
            found[charge.item] = found.get(charge.item, 0.0) + part
    return found


def _activity(outcome: Outcome, k: int, node: int, path: Trail) -> list[Part]:
    ways = outcome.market.ways
    terms = ways.term_of == k
    return _made(outcome, k, ways.term_key[terms], ways.term_quantity[terms], node, path)


def _activity_part(outcome: Outcome, k: int, node: int, path: Trail) -> list[Part]:
    parts = outcome.market.way_parts
    terms = parts.term_of == k
    keys, quantity = parts.term_key[terms], parts.term_quantity[terms]
    return _made(outcome, int(parts.of[k]), keys, quantity, node, path)


def _made(
    outcome: Outcome, k: int, keys: Ints, quantity: Floats, node: int, path: Trail
) -> list[Part]:
    """The price of one product of activity `k`, whose terms are at node keys `keys`."""
    market = outcome.market
    ways, plants = market.ways, market.plants
    plant = ways.plant[k]
    nodes = market.nodes.at[keys]
    pairs = [(int(n), float(q)) for n, q in zip(nodes, quantity, strict=True)]
    made = sum(q for n, q in pairs if n == node and q > 0)
    stage, who = str(plants.stage[plant]), str(plants.facility[plant])
    amounts = {
        "cost": ways.cost[k],
        "residual": ways.residual[k],
        "loss_carried": -ways.loss_carried[k],
        "rising_cost": outcome.activity_rise[k],
        "quota_rent": outcome.activity_limit_rent[k],
        **_charged(outcome, "activity", k),
    }
    margin = sum(q * outcome.raw_price[n] for n, q in pairs)
    amounts["scarcity_rent"] = margin - sum(amounts.values())
    place = _place(outcome, node)
    own = [Part(item, *place, float(v), stage, who) for item, v in amounts.items()]
    credits = [
        Part("credit", *_place(outcome, n), -q * float(outcome.raw_price[n]), stage, who)
        for n, q in pairs
        if q > 0 and n != node
    ]
    fed = [(n, -q) for n, q in pairs if q < 0]
    feeds = [p for n, q in fed for p in _scaled(_open(outcome, n, path), q)]
    earned = sum(q * float(outcome.raw_price[n]) for n, q in pairs if q > 0)
    if path.by_value and earned > 0:
        return _scaled([*feeds, *own], float(outcome.raw_price[node]) / earned)
    return _scaled([*feeds, *own, *credits], 1.0 / made)


def _curve(outcome: Outcome, k: int, node: int, path: Trail) -> list[Part]:
    marginal = float(outcome.market.curves.pieces.marginal(outcome.block("supply"))[k])
    rent = float(outcome.raw_price[node]) - marginal
    place = _place(outcome, node)
    return [Part("supply", *place, marginal), Part("scarcity_rent", *place, rent)]


def _stock(outcome: Outcome, k: int, node: int, path: Trail) -> list[Part]:
    value = float(outcome.storage_value[k])
    # what leaves at the largest rate earns more than what stays is worth
    rent = float(outcome.raw_price[node]) - value
    place = _place(outcome, node)
    return [Part("storage", *place, value), Part("rent", *place, rent)]


def _scaled(parts: list[Part], factor: float) -> list[Part]:
    return [replace(part, amount=float(part.amount * factor)) for part in parts]


def _place(outcome: Outcome, node: int) -> tuple[str, str]:
    nodes, axes = outcome.market.nodes, outcome.market.axes
    return axes.materials[nodes.material[node]], axes.countries[nodes.country[node]]

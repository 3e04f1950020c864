"""What does an auction do with its book? The stages of the rules, one after another.

Open, aggregate, clear (single products by sort and scan, linked ones by a proved program), ration
the margin, exercise first refusals, net groups, hold what is outside its band, write it down.
"""

from __future__ import annotations

import gc
import hashlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from operator import itemgetter
from typing import Any

import numpy as np

from monazite.club import linked
from monazite.club.linked import Cleared, Curve, Extra, Link, Net
from monazite.club.opening import (
    ASK,
    BID,
    Columns,
    last_revisions,
    links_void,
    open_orders,
    standing,
)
from monazite.club.orders import MOST_IN_ALL, STOCKPILE, Book, Clearing, Product, Rules
from monazite.club.reading import book_pieces, canonical, record_of
from monazite.club.shares import PPM, Hash, share, tie_hash, whole_flows
from monazite.club.uncross import choose, curve_of, interval, joined, margin
from monazite.errors import InputError, fault

FORMAT = 1


def clear(book: Book, rules: Rules, *, exact: bool = False) -> Clearing:
    """The clearing of a book under its rules: the same for any order of the entries.

    `exact` leaves the solver out and finds everything in fractions, slowly. The books of the day
    must balance; raises CertificateError where that cannot be proved, and InputError for orders of
    more kilograms than can be counted in 64 bits.
    """
    with _uncollected():
        state = _State.of(book, rules)
        for part in _components(state):
            if len(part) == 1 and not state.touching.get(part[0]):
                _clear_single(state, part[0])
            else:
                _clear_linked(state, part, exact)
        return Clearing(book, rules, _record(state), {"components": state.proofs})


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without looking for rings among millions of rows that all stay: half the time is saved."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


@dataclass
class _State:
    """What is known so far; filled stage by stage, inside `clear` only."""

    book: Book
    rules: Rules
    tie: Hash
    products: list[Product]
    number: dict[str, int]
    orders: Columns
    links: list[Any]  # standing conversions and arcs, by id
    void: dict[str, str]  # of conversions, arcs, refusals and the stockpile's orders
    extras: list[tuple[Any, Extra]]
    touching: dict[int, list[int]]
    kg: np.ndarray  # ordered
    filled: np.ndarray
    at: Callable[[int, int], np.ndarray]
    prices: dict[int, int] = field(default_factory=dict)
    twice: dict[int, int] = field(default_factory=dict)  # exact price · 2, a broken one as odd
    extra_kg: dict[str, int] = field(default_factory=dict)
    link_legs: dict[str, dict[int, int]] = field(default_factory=dict)
    runs: dict[str, Fraction] = field(default_factory=dict)
    excess: dict[int, int] = field(default_factory=dict)
    cut: set[int] = field(default_factory=set)
    component: dict[int, int] = field(default_factory=dict)
    welfare: Fraction = Fraction(0)
    proofs: list[dict[str, Any]] = field(default_factory=list)

    @staticmethod
    def of(book: Book, rules: Rules) -> _State:
        products = sorted(book.products, key=lambda one: one.id)
        number = {one.id: k for k, one in enumerate(products)}
        orders = open_orders(book, number)
        void = links_void(book)
        links = [
            one
            for one in sorted([*standing(book.conversions), *standing(book.arcs)], key=_id)
            if one.id not in void
        ]
        touching: dict[int, list[int]] = {}
        for k, one in enumerate(links):
            for name in _terms(one):
                touching.setdefault(number[name], []).append(k)
        lot_kg = np.array([one.lot_kg for one in products], np.int64)
        if float(orders.lots.astype(float) @ lot_kg[orders.product]) > MOST_IN_ALL:
            raise InputError([fault("club_too_much", "book", caret="", most=MOST_IN_ALL)])
        kg = orders.lots * lot_kg[orders.product]
        extras = list(_stockpile(book, products, number, void))
        tie = tie_hash(book.auction, rules.commitment)
        return _State(
            book, rules, tie, products, number, orders, links, void, extras, touching, kg,
            np.zeros_like(kg), _finder(orders, len(products)),
        )  # fmt: skip

    def curve(self, product: int, sign: int) -> Curve:
        at = self.at(product, sign)
        return curve_of(self.orders.limit[at], self.kg[at], self.products[product].tick)


def _id(one: Any) -> str:
    return str(one.id)


def _finder(orders: Columns, products: int) -> Callable[[int, int], np.ndarray]:
    """A function that tells which orders of a product stand on a side."""
    if not len(orders):
        return lambda product, sign: np.empty(0, np.int64)
    stands = np.flatnonzero(orders.void == "")
    key = orders.product[stands] * 2 + (orders.sign[stands] == ASK)
    ranked = np.argsort(key, kind="stable")
    ends = np.searchsorted(key[ranked], np.arange(2 * products + 1))
    by_key = stands[ranked]

    def find(product: int, sign: int) -> np.ndarray:
        k = 2 * product + (sign == ASK)
        return by_key[ends[k] : ends[k + 1]]

    return find


def _terms(one: Any) -> dict[str, int]:
    """Kilograms of each product per run: + comes out, − goes in."""
    if hasattr(one, "origin"):
        return {one.origin: -1, one.destination: 1}
    return {**{name: -kg for name, kg in one.inputs}, **dict(one.outputs)}


def _stockpile(
    book: Book, products: Sequence[Product], number: Mapping[str, int], void: dict[str, str]
) -> Iterator[tuple[Any, Extra]]:
    """The stockpile's orders: bids at the floor as far as room and money reach, and asks."""
    for buy in sorted(book.purchases, key=_id):
        product = products[number[buy.product]]
        floor = product.floor or 0
        kg = min(buy.room_kg, buy.money // (floor + buy.handling))
        kg -= kg % product.lot_kg
        yield buy, Extra(buy.id, number[buy.product], BID, floor, kg)
    for tier in sorted(book.releases, key=_id):
        product = products[number[tier.product]]
        kg = tier.kg - tier.kg % product.lot_kg
        if product.floor is not None and tier.price <= product.floor:
            void[tier.id] = "floor"
        elif tier.price % product.tick:
            void[tier.id] = "tick"
        else:
            yield tier, Extra(tier.id, number[tier.product], ASK, tier.price, kg)


def _components(state: _State) -> list[list[int]]:
    """Products tied by links, directly or through others."""
    parent = list(range(len(state.products)))

    def root(k: int) -> int:
        while parent[k] != k:
            parent[k] = parent[parent[k]]
            k = parent[k]
        return k

    for one in state.links:
        first, *rest = (state.number[name] for name in _terms(one))
        for other in rest:
            a, b = sorted((root(first), root(other)))
            parent[b] = a
    parts: dict[int, list[int]] = {}
    for k in range(len(parent)):
        parts.setdefault(root(k), []).append(k)
    for head, part in parts.items():
        state.component.update(dict.fromkeys(part, head))
    return list(parts.values())


# --- one product by itself ------------------------------------------------------------------------


def _clear_single(state: _State, product: int) -> None:
    bids, asks = state.curve(product, BID), state.curve(product, ASK)
    mine = [extra for _, extra in state.extras if extra.node == product and extra.kg]
    more = {sign: _by_limit(extra for extra in mine if extra.sign == sign) for sign in (BID, ASK)}
    found = interval(joined(bids, more[BID]), joined(asks, more[ASK]))
    if found is None:
        return
    one = state.products[product]
    price = choose(*found, one.reference, one.tick)
    moved = margin(price, bids, asks, more[BID], more[ASK])
    state.prices[product], state.twice[product] = price, 2 * price
    _fill_side(state, product, BID, Fraction(price), moved.bids)
    _fill_side(state, product, ASK, Fraction(price), moved.asks)
    for sign, kg in ((BID, moved.stockpile_bids), (ASK, moved.stockpile_asks)):
        _fill_extras(state, [e for e in mine if e.sign == sign], price, kg)
    if price == one.floor:
        state.excess[product] = _on(state, product, ASK, price) - moved.asks
    state.welfare += linked.worth(bids, Fraction(price), BID) + price * (moved.bids - moved.asks)
    state.welfare -= linked.worth(asks, Fraction(price), ASK)
    state.welfare -= sum(e.sign * e.limit * state.extra_kg.get(e.id, 0) for e in mine)


def _by_limit(extras: Iterator[Extra]) -> dict[int, int]:
    sums: dict[int, int] = {}
    for extra in extras:
        sums[extra.limit] = sums.get(extra.limit, 0) + extra.kg
    return sums


def _on(state: _State, product: int, sign: int, price: int) -> int:
    at = state.at(product, sign)
    return int(state.kg[at][state.orders.limit[at] == price].sum())


def _fill_side(
    state: _State,
    product: int,
    sign: int,
    price: Fraction,
    on_limit: int,
    better: int | None = None,
) -> None:
    """Fill one side: better than its limit whole (or `better` kg), `on_limit` of the rest."""
    at = state.at(product, sign)
    limits = state.orders.limit[at]
    low, high = price.numerator // price.denominator, -(-price.numerator // price.denominator)
    inside = at[limits > low] if sign == BID else at[limits < high]
    if better is None:
        state.filled[inside] = state.kg[inside]
    else:
        _ration(state, product, inside, better)
    if low == high:
        one = state.products[product]
        rationed = sign == ASK and low == one.floor
        cap = state.rules.group_cap_ppm if rationed else PPM
        _ration(state, product, at[limits == low], on_limit, cap)


def _ration(state: _State, product: int, at: np.ndarray, kg: int, cap_ppm: int = PPM) -> None:
    if len(at):
        orders = state.orders
        state.filled[at] = share(
            kg, state.kg[at], orders.group[at], state.products[product].lot_kg,
            _Ids(orders.id, at), orders.groups, state.tie, cap_ppm,
        )  # fmt: skip


class _Ids(Sequence[str]):
    """Names at some positions of a long list, looked up one by one."""

    def __init__(self, names: Sequence[str], at: np.ndarray) -> None:
        self.names, self.at = names, at

    def __getitem__(self, k: Any) -> Any:
        return self.names[int(self.at[k])]

    def __len__(self) -> int:
        return len(self.at)


def _fill_extras(state: _State, extras: Sequence[Extra], price: int, on_limit: int) -> None:
    """The stockpile's orders of one side: better than the price whole, on it in the order of id."""
    for extra in extras:
        gain = extra.sign * (price - extra.limit)
        kg = extra.kg if gain > 0 else (min(on_limit, extra.kg) if gain == 0 else 0)
        on_limit -= kg if gain == 0 else 0
        if kg:
            state.extra_kg[extra.id] = kg


# --- linked products ------------------------------------------------------------------------------


def _clear_linked(state: _State, part: Sequence[int], exact: bool) -> None:
    place = {product: node for node, product in enumerate(part)}
    net = _net(state, part, place)
    cleared = linked.clear_net(net, exact=exact)
    net = linked.with_floors(net)
    state.proofs.append(_proof(state, part, cleared))
    state.welfare += linked.welfare(net, cleared)
    moved = _whole(net, cleared)
    for node, product in enumerate(part):
        price = cleared.prices[node]
        kg = {kind: moved.get((kind, node), 0) for kind in ("bid", "ask", "bids", "asks")}
        for sign, on, better in ((BID, "bid", "bids"), (ASK, "ask", "asks")):
            _fill_side(state, product, sign, price, kg[on], kg[better] if cleared.cut else None)
    _take_links(state, net, cleared, part, moved)
    for product in part:
        if _traded(state, product):
            point = cleared.prices[place[product]]
            state.prices[product] = round(point)
            state.twice[product] = math.floor(point) + math.ceil(point)


def _net(state: _State, part: Sequence[int], place: Mapping[int, int]) -> Net:
    numbers = sorted({k for product in part for k in state.touching[product]})
    links = []
    for k in numbers:
        one = state.links[k]
        terms = {place[state.number[name]]: kg for name, kg in _terms(one).items()}
        arc = hasattr(one, "origin")
        fee, cap = (one.freight, one.cap_kg) if arc else (one.fee, one.runs)
        links.append(Link(one.id, terms, fee, cap, arc))
    extras = [
        Extra(e.id, place[e.node], e.sign, e.limit, e.kg, e.weight)
        for _, e in state.extras
        if e.node in place and e.kg
    ]
    return Net(
        [state.products[p].reference or 1 for p in part],
        [state.products[p].floor for p in part],
        [state.curve(p, BID) for p in part],
        [state.curve(p, ASK) for p in part],
        extras,
        links,
    )


def _whole(net: Net, cleared: Cleared) -> dict[tuple[Any, ...], int]:
    """Whole kilograms of every quantity that may be broken: (kind, node) or (link, k, node)."""
    ground = len(net.references)
    names: list[tuple[Any, ...]] = []
    flows: list[tuple[int, int, Fraction]] = []
    for item, x in zip(cleared.items, cleared.x, strict=True):
        arc = item.kind == "link" and net.links[item.at].arc
        if arc:
            tail, head = (next(n for n, kg in item.terms.items() if kg == way) for way in (-1, 1))
            names.append(("arc", item.at))
            flows.append((tail, head, x))
            continue
        for node, kg in item.terms.items():
            ends = (ground, node) if kg > 0 else (node, ground)
            leg = (node,) if item.kind == "link" else ()
            names.append((item.kind, item.at, *leg))
            flows.append((*ends, abs(kg) * x))
    return dict(zip(names, whole_flows(flows), strict=True))


def _take_links(
    state: _State,
    net: Net,
    cleared: Cleared,
    part: Sequence[int],
    moved: Mapping[tuple[Any, ...], int],
) -> None:
    """Runs and legs of links and the stockpile's kilograms: whole where better, else as moved."""
    some = {(i.kind, i.at): x for i, x in zip(cleared.items, cleared.x, strict=True)}
    for k, link in enumerate(net.links):
        better = linked.dot(link.terms, cleared.prices) > link.fee
        x = some.get(("link", k), Fraction(link.cap if better and not cleared.cut else 0))
        state.runs[link.id] = x
        legs = {}
        for node, kg in link.terms.items():
            whole = moved.get(("arc", k), moved.get(("link", k, node), abs(kg) * int(x)))
            legs[part[node]] = whole if kg > 0 else -whole
        state.link_legs[link.id] = legs
    for k, extra in enumerate(net.extras):
        better = extra.sign * (cleared.prices[extra.node] - extra.limit) > 0
        kg = moved.get(("extra", k), extra.kg if better and not cleared.cut else 0)
        if extra.weight != linked.EXCESS and kg:
            state.extra_kg[extra.id] = kg
    if cleared.cut:
        before = cleared.pulls["before"]
        for item, x in zip(before["items"], before["x"], strict=True):
            if item.kind == "extra" and net.extras[item.at].weight == linked.EXCESS and x:
                state.excess[part[net.extras[item.at].node]] = int(x)
        state.cut.update(part)


def _traded(state: _State, product: int) -> bool:
    at = np.concatenate([state.at(product, BID), state.at(product, ASK)])
    if state.filled[at].any():
        return True
    if any(
        state.link_legs.get(state.links[k].id, {}).get(product) for k in state.touching[product]
    ):
        return True
    return any(state.extra_kg.get(e.id) for _, e in state.extras if e.node == product)


def _proof(state: _State, part: Sequence[int], cleared: Cleared) -> dict[str, Any]:
    """What a checker needs to see that prices and quantities are the ones the rules name."""

    def told(values: Sequence[Any]) -> list[str]:
        return [str(value) for value in values]

    pulls = cleared.pulls
    proof = {
        "products": [state.products[p].id for p in part],
        "prices": told(cleared.prices),
        "x": told(pulls["before"]["x"] if cleared.cut else cleared.x),
        "price": told(pulls["price"]),
        "volume": told(pulls["volume"]),
        "even": told(pulls["even"]),
    }
    if cleared.cut:
        proof |= {"cut_x": told(cleared.x), "cut": told(pulls["cut"])}
    return proof


# --- after the prices -----------------------------------------------------------------------------


def _refusals(state: _State) -> list[dict[str, Any]]:
    """First refusals taken, in the order of their hash: who takes what from whom."""
    taken = []
    orders, rules = state.orders, state.rules
    left = state.filled.copy()
    for one in sorted(standing(state.book.refusals), key=lambda r: (state.tie(r.id), r.id)):
        product = state.number[one.product]
        price = state.prices.get(product)
        if one.id in state.void or price is None or price + rules.premium > one.limit:
            continue
        at = state.at(product, BID)
        others = np.array([orders.groups[g] != one.group for g in orders.group[at]], bool)
        at = at[others & (left[at] > 0)] if len(at) else at
        lot_kg = state.products[product].lot_kg
        kg = min(one.lots * lot_kg, int(left[at].sum()))
        if not kg:
            continue
        part = share(
            kg, left[at], orders.group[at], lot_kg, _Ids(orders.id, at), orders.groups, state.tie
        )
        left[at] -= part
        rows = [
            {"order": orders.id[int(k)], "kg": int(q)} for k, q in zip(at, part, strict=True) if q
        ]
        taken.append(
            {
                "order": one.id, "member": one.member, "product": one.product, "kg": kg,
                "premium": rules.premium, "displaced": rows,
            }
        )  # fmt: skip
    state.filled = left
    return sorted(taken, key=lambda row: row["order"])


def _netted(state: _State) -> np.ndarray:
    """Kilograms of each order that its own group's orders of the other side match."""
    net = np.zeros_like(state.filled)
    groups = len(state.orders.groups)
    for product in state.prices:
        sides = [_moved(state, product, sign) for sign in (BID, ASK)]
        sums = [_by_group(state, at, groups) for at in sides]
        both = np.minimum(*sums)
        for at in sides:
            at = at[both[state.orders.group[at]] > 0]
            net[at] = _first(both, state.orders.group[at], state.filled[at])
    return net


def _by_group(state: _State, at: np.ndarray, groups: int) -> np.ndarray:
    sums = np.zeros(groups, np.int64)
    np.add.at(sums, state.orders.group[at], state.filled[at])
    return sums


def _first(most: np.ndarray, group: np.ndarray, kg: np.ndarray) -> np.ndarray:
    """What of each entry lies within the first `most` kilograms of its group, in their order."""
    ranked = np.argsort(group, kind="stable")
    sums = np.cumsum(kg[ranked])
    heads = np.searchsorted(group[ranked], group[ranked])  # the first entry of each one's group
    before = sums - kg[ranked] - (sums[heads] - kg[ranked][heads])
    parts = np.empty_like(kg)
    parts[ranked] = np.clip(most[group[ranked]] - before, 0, kg[ranked])
    return parts


def _moved(state: _State, product: int, sign: int) -> np.ndarray:
    at = state.at(product, sign)
    return at[state.filled[at] > 0]


def _held(state: _State, parties: Mapping[int, tuple[int, int]]) -> dict[int, str]:
    """Products whose legs wait for two persons: outside their band, or linked to one that is."""
    out = set()
    for product, price in state.prices.items():
        band = state.products[product].band
        few = state.rules.parties is None or min(parties[product]) < state.rules.parties
        if band is not None and not band[0] <= price <= band[1] and few:
            out.add(product)
    parts = {state.component[product] for product in out}
    return {
        product: "held" if product in out else "held_by_link"
        for product in state.prices
        if product in out or (state.component[product] in parts and state.touching.get(product))
    }


def _parties(state: _State) -> dict[int, tuple[int, int]]:
    """Independent groups that bought and that sold each product, links and stockpile counted."""
    found = {}
    for product in state.prices:
        groups = [
            {state.orders.groups[int(g)] for g in np.unique(state.orders.group[at])}
            for at in (_moved(state, product, BID), _moved(state, product, ASK))
        ]
        for k in state.touching.get(product, ()):
            one = state.links[k]
            kg = state.link_legs[one.id][product]
            if kg:
                groups[0 if kg < 0 else 1].add(one.group)
        for _, extra in state.extras:
            if extra.node == product and state.extra_kg.get(extra.id):
                groups[0 if extra.sign == BID else 1].add(STOCKPILE)
        found[product] = (len(groups[0]), len(groups[1]))
    return found


# --- the record -----------------------------------------------------------------------------------


def digest(value: Book | Rules) -> str:
    """SHA-256 of the canonical JSON of a book or of rules."""
    pieces = book_pieces(value) if isinstance(value, Book) else [canonical(record_of(value))]
    found = hashlib.sha256()
    for piece in pieces:
        found.update(piece.encode("utf-8"))
    return found.hexdigest()


def _record(state: _State) -> dict[str, Any]:
    parties = _parties(state)
    before = state.filled
    refusals = _refusals(state)
    netted = _netted(state)
    held = _held(state, parties)
    return {
        "format": FORMAT,
        "auction": state.book.auction,
        "book": digest(state.book),
        "rules": digest(state.rules),
        "prices": [_price_row(state, k, parties, held, before) for k in range(len(state.products))],
        "orders": list(_order_rows(state, before)),
        "links": list(_link_rows(state)),
        "stockpile": list(_stockpile_rows(state)),
        "refusals": refusals,
        "refusals_void": [
            {"order": one.id, "reason": _refusal_reason(state, one, refusals)}
            for one in last_revisions(state.book.refusals)
            if one.id not in {row["order"] for row in refusals}
        ],
        "netted": [
            {"order": state.orders.id[k], "kg": int(netted[k])} for k in np.flatnonzero(netted)
        ],
        "legs": list(_legs(state, refusals, netted)),
        "welfare": str(state.welfare),
    }


def _price_row(
    state: _State,
    k: int,
    parties: Mapping[int, tuple[int, int]],
    held: Mapping[int, str],
    before: np.ndarray,
) -> dict[str, Any]:
    product = state.products[k]
    if k not in state.prices:
        return {"product": product.id, "price": None, "state": "no_trade", "kg": 0}
    kg = int(before[state.at(k, BID)].sum())
    kg -= sum(min(0, state.link_legs[state.links[n].id][k]) for n in state.touching.get(k, ()))
    bought = sum(
        state.extra_kg.get(e.id, 0) for _, e in state.extras if e.node == k and e.sign == BID
    )
    row = {
        "product": product.id,
        "price": state.prices[k],
        "state": held.get(k, "cleared"),
        "kg": kg + bought,
        "buyers": parties[k][0],
        "sellers": parties[k][1],
    }
    if product.floor is not None:
        row |= {"floor_covered_kg": bought, "excess_kg": state.excess.get(k, 0)}
    return row


def _order_rows(state: _State, before: np.ndarray) -> Iterator[dict[str, Any]]:
    orders = state.orders
    size = len(orders)
    twice = np.zeros(len(state.products), np.int64)
    traded = np.zeros(len(state.products), bool)
    for k, price in state.twice.items():
        twice[k], traded[k] = price, True
    if not size:
        return
    price = twice[orders.product]
    reason = np.where(before < state.kg, "rationed", "filled").astype(object)
    gain = orders.sign * (price - 2 * orders.limit)
    reason[(before < state.kg) & (gain > 0)] = "cut"
    reason[(before == 0) & (gain < 0)] = "outside"
    reason[(before == 0) & ~traded[orders.product]] = "no_trade"
    reason[state.filled < before] = "displaced"
    standing_ = orders.void == ""
    reason[~standing_] = orders.void[~standing_]
    rows = zip(orders.id, state.filled.tolist(), reason.tolist(), standing_.tolist(), strict=True)
    for name, kg, why, stands in rows:
        yield {"order": name, "kg": kg, "state": "standing" if stands else "void", "reason": why}


def _link_rows(state: _State) -> Iterator[dict[str, Any]]:
    every: list[Any] = [*state.book.conversions, *state.book.arcs]
    names = {one.id for one in every}
    for name in sorted(names):
        if name in state.void:
            yield {"order": name, "runs": "0", "state": "void", "reason": state.void[name]}
            continue
        x = state.runs[name]
        one = next(link for link in state.links if link.id == name)
        cap = one.cap_kg if hasattr(one, "origin") else one.runs
        reason = "outside" if not x else ("filled" if x == cap else "part")
        yield {"order": name, "runs": str(x), "state": "standing", "reason": reason}


def _stockpile_rows(state: _State) -> Iterator[dict[str, Any]]:
    known = {extra.id: extra for _, extra in state.extras}
    every: list[Any] = [*state.book.purchases, *state.book.releases]
    for one in sorted(every, key=_id):
        void = state.void.get(one.id, "")
        row = {"order": one.id, "product": one.product, "kg": state.extra_kg.get(one.id, 0)}
        offered = known[one.id].kg if one.id in known else 0
        yield {
            **row,
            "offered_kg": offered,
            "state": "void" if void else "standing",
            "reason": void,
        }


def _refusal_reason(state: _State, one: Any, taken: Sequence[Mapping[str, Any]]) -> str:
    if one.id in state.void:
        return state.void[one.id]
    price = state.prices.get(state.number[one.product])
    if price is None:
        return "no_trade"
    return "outside" if price + state.rules.premium > one.limit else "nothing_to_displace"


def _legs(
    state: _State, refusals: Sequence[Mapping[str, Any]], netted: np.ndarray
) -> Iterator[dict[str, Any]]:
    """Every movement, sorted by order and product; zero rows are left out."""
    rows = [*_order_legs(state, netted), *_refusal_legs(state, refusals)]
    for one in state.links:
        for product, moved in state.link_legs[one.id].items():
            if moved:
                rows.append(_leg(state, one.id, one.member, product, -moved))
    for own, extra in state.extras:
        if kg := state.extra_kg.get(extra.id):
            rows.append(_leg(state, own.id, own.member, extra.node, -extra.sign * kg))
    rows.sort(key=itemgetter("order", "product", "kg"))
    yield from rows


def _leg(state: _State, order: str, member: str, product: int, kg: int) -> dict[str, Any]:
    name, price = state.products[product].id, state.prices[product]
    return {"order": order, "member": member, "product": name, "kg": kg, "uusd": -kg * price}


def _order_legs(state: _State, netted: np.ndarray) -> Iterator[dict[str, Any]]:
    orders = state.orders
    names = [one.id for one in state.products]
    moved = state.filled - netted
    at = np.flatnonzero(moved)
    columns = (at, orders.product[at], (-orders.sign[at] * moved[at]))
    for k, product, kg in zip(*(column.tolist() for column in columns), strict=True):
        yield {
            "order": orders.id[k], "member": orders.member[k], "product": names[product],
            "kg": kg, "uusd": -kg * state.prices[product],
        }  # fmt: skip


def _refusal_legs(state: _State, refusals: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """The holder pays price and premium; the displaced get the premium and no metal."""
    member = dict(zip(state.orders.id, state.orders.member, strict=True)) if refusals else {}
    for row in refusals:
        price = state.prices[state.number[row["product"]]]
        yield {
            "order": row["order"], "member": row["member"], "product": row["product"],
            "kg": row["kg"], "uusd": -row["kg"] * (price + row["premium"]),
        }  # fmt: skip
        for lost in row["displaced"]:
            if row["premium"]:
                yield {
                    "order": lost["order"], "member": member[lost["order"]],
                    "product": row["product"], "kg": 0, "uusd": lost["kg"] * row["premium"],
                }  # fmt: skip

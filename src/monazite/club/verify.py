"""Is a published result what the book and the rules say? A checker that shares nothing with it.

This file needs nothing but Python's standard library: copy it anywhere and run

    python verify.py FOLDER          (result.json, book.json, rules.json and proof.json)

It counts in integers and fractions only. It opens the book again, finds the price of each product
that stands alone by itself, checks for linked products that the prices and quantities of the proof
are best, nearest the references, greatest in volume and even, and then works out every fill,
movement and payment and compares them with what was published. It returns what it finds; nothing
found means proved. A proof is only a hint: a wrong one cannot make a wrong result pass.
"""

# mypy: no-check-untyped-defs

from __future__ import annotations

import gc
import hashlib
import json
import re
import sys
from fractions import Fraction
from math import ceil, floor
from pathlib import Path

PPM = 1_000_000
EXCESS = -1_000_000
SHOWN = 50
KINDS = frozenset((int, str, list, type(None)))
BROKEN = (KeyError, TypeError, ValueError, IndexError, ZeroDivisionError, AttributeError)


def verify_folder(folder):
    """Findings about the result published in a folder."""
    folder = Path(folder)
    names = ("book", "rules", "result", "proof")
    return verify_texts(*((folder / f"{name}.json").read_text(encoding="utf-8") for name in names))


def verify_texts(book, rules, result, proof):
    """Findings about published files, given as texts; digests are taken of the texts."""
    collecting = gc.isenabled()
    gc.disable()  # as in `verify`
    try:
        (book_value, book_sum), (rules_value, rules_sum) = map(with_digest, (book, rules))
        digests = {"book": book_sum, "rules": rules_sum}
        return found_in(book_value, rules_value, load(result), load(proof), digests)
    finally:
        if collecting:
            gc.enable()


def verify(book, rules, result, proof):
    """Findings, each (code, place, published, found); an empty list means the result is proved."""
    collecting = gc.isenabled()
    gc.disable()  # millions of rows that all stay: looking for rings of them takes half the time
    try:
        return found_in(book, rules, result, proof, {"book": digest(book), "rules": digest(rules)})
    finally:
        if collecting:
            gc.enable()


def found_in(book, rules, result, proof, digests):
    if not isinstance(result, dict):
        return [("result", "", result, {})]
    findings = [
        ("digest", name, result.get(name), found)
        for name, found in digests.items()
        if result.get(name) != found
    ]
    findings += sums(result)
    try:
        expected = {**Check(book, rules, proof).record(), **digests}
    except Unproved as error:
        return [*findings, ("proof", str(error), None, None)]
    except BROKEN as error:
        return [*findings, ("proof", f"{type(error).__name__}: {error}", None, None)]
    return findings + compare(expected, result)


class Unproved(Exception):
    """The proof does not hold."""


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(value):
    return sha256(canonical(value))


def sha256(text):
    # half a character is told where the inputs are looked at
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def with_digest(text):
    """The value of a JSON text, and its digest: that of the text where it is canonical."""
    text, orders = text.rstrip("\n"), set()
    value = load(text, orders)
    plain = orders <= {True} and not LOOSE.search(text)
    return value, sha256(text) if plain else digest(value)


# white space beside a bracket, comma or colon, an escape, -0: perhaps not canonical
LOOSE = re.compile(r"[\[\]{},:]\s|\s[\[\]{},:]|\\|-0")


def load(text, orders=None):
    """The value of a JSON text; raises ValueError for what two readers could take differently.

    `orders` takes whether the names of each object are in order.
    """

    def once(pairs):
        names, found = [name for name, _ in pairs], dict(pairs)
        if len(found) < len(pairs):
            raise ValueError(f"{max(names, key=names.count)!r} is told twice")
        if orders is not None:
            orders.add(all(map(str.__lt__, names, names[1:])))
        return found

    whole = {"parse_float": refused, "parse_constant": refused, "object_pairs_hook": once}
    try:
        return json.loads(text, **whole)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def refused(text):
    raise ValueError(f"{text}: only whole numbers are published")


def sums(result):
    """Metal of each product and money over all published movements: both must be nothing."""
    kg, money = {}, 0
    try:
        for leg in result["legs"]:
            kg[leg["product"]] = kg.get(leg["product"], 0) + leg["kg"]
            money += leg["uusd"]
    except (KeyError, TypeError) as error:
        return [("legs", str(error), None, None)]
    found = [("metal", name, kg[name], 0) for name in sorted(kg) if kg[name]]
    return found + ([("money", "", money, 0)] if money else [])


def compare(expected, result):
    """Where a published record differs from the one worked out, row by row."""
    findings = []
    for section in sorted({*expected, *result}):
        here, there = expected.get(section), result.get(section)
        if type(here) is type(there) and here == there and plain(there):
            continue
        if not (isinstance(here, list) and isinstance(there, list)):
            if section not in ("book", "rules"):
                findings.append((section, "", there, here))
            continue
        if len(here) != len(there):
            findings.append((section, "rows", len(there), len(here)))
        for k, (mine, theirs) in enumerate(zip(here, there, strict=False)):
            if canonical(mine) == canonical(theirs):
                continue
            name = mine.get("order") or mine.get("product") or k
            if not isinstance(theirs, dict):
                findings.append((section, str(name), theirs, mine))
                continue
            for field in sorted({*mine, *theirs}):
                if canonical(mine.get(field)) != canonical(theirs.get(field)):
                    place = f"{name}.{field}"
                    findings.append((section, place, theirs.get(field), mine.get(field)))
            if len(findings) > SHOWN:
                return findings
    return findings


def plain(value):
    """Whether all numbers are whole ones: true and 1.0 would pass for 1 when compared."""
    if isinstance(value, list):
        return all(map(plain, value))
    if isinstance(value, dict):
        return KINDS.issuperset(map(type, value.values())) and (
            list not in map(type, value.values()) or all(map(plain, value.values()))
        )
    return type(value) in KINDS


# --- may the inputs stand? ------------------------------------------------------------------------

MOST = 10**12  # kilograms, or micro-dollars per kilogram
NAME, TEXT, TRUTH = (1, 200), (0, None), None  # lengths of a text; true or false
COUNT, NATURAL, POSITIVE = range(1, MOST + 1), range(MOST + 1), range(1, MOST + 1)
PRICE, MONEY, SHARE = range(-MOST, MOST + 1), range(10**24 + 1), range(1, PPM + 1)
OWNED = {"id": NAME, "member": NAME, "group": NAME, "revision": NATURAL, "cancelled": TRUTH}
STOCK = {"id": NAME, "member": NAME, "product": NAME}
ROWS = {
    "products": {
        "id": NAME, "material": NAME, "place": NAME, "grade": TEXT, "lot_kg": COUNT,
        "tick": POSITIVE, "min_lots": COUNT, "reference": [POSITIVE], "floor": [POSITIVE],
        "band": "band",
    },
    "orders": {
        **OWNED, "side": {"bid", "ask"}, "product": NAME, "lots": COUNT, "limit": PRICE,
        "lot": TEXT,
    },
    "conversions": {
        **OWNED, "inputs": "recipe", "outputs": "recipe", "fee": PRICE, "runs": COUNT,
    },
    "arcs": {
        **OWNED, "origin": NAME, "destination": NAME, "freight": PRICE, "cap_kg": COUNT,
    },
    "purchases": {**STOCK, "room_kg": NATURAL, "money": MONEY, "handling": NATURAL},
    "releases": {
        **STOCK, "kg": NATURAL, "price": POSITIVE, "stock_kg": NATURAL, "core_kg": NATURAL,
    },
    "refusals": {**OWNED, "product": NAME, "lots": COUNT, "limit": PRICE},
    "eligibility": {"buyer": NAME, "subject": NAME, "eligible": TRUTH, "reason": TEXT},
    "collateral": {"member": NAME, "money": MONEY},
}  # fmt: skip
RULES = {
    "version": NAME, "commitment": NAME, "premium": NATURAL, "group_cap_ppm": SHARE,
    "parties": [COUNT],
}  # fmt: skip
KEYS = {"eligibility": ("buyer", "subject"), "collateral": ("member",), "products": ("id",)}


def sound(book, rules):
    """Nothing stands in the inputs that a book may not hold; raises Unproved with the place.

    What is proved of a book with the same order twice, or with a quantity below nothing, would be
    proved of nothing that members handed in.
    """
    columns("rules", [rules], RULES)
    need(isinstance(book, dict) and book.keys() == {"auction", *ROWS}, "book: its lists")
    columns("book", [{"auction": book["auction"]}], {"auction": NAME})
    seen = set()
    for name, fields in ROWS.items():
        rows = book[name]
        need(isinstance(rows, list), f"{name}: no list")
        columns(name, rows, fields)
        need(ordered(rows, name, fields), f"{name}: twice, or not in order")
        if name != "products" and "id" in fields:
            names = {row["id"] for row in rows}
            need(seen.isdisjoint(names), f"{name}: an id of another list")
            seen |= names
    placed(book, {row["id"]: row for row in book["products"]})


def ordered(rows, name, fields):
    """Every key is above the one before, so none comes twice."""
    first, *more = KEYS.get(name, ("id", "revision") if "revision" in fields else ("id",))
    keys = [row[first] for row in rows]
    if all(map(str.__lt__, keys, keys[1:])):
        return True
    keys = [(row[first], *(row[field] for field in more)) for row in rows]
    return all(a < b for a, b in zip(keys, keys[1:], strict=False))


def columns(name, rows, fields):
    """Every row has these fields and no other, each of its kind and within its bounds."""
    told = set(map(type, rows)) <= {dict} and all(len(row) == len(fields) for row in rows)
    need(told, f"{name}: not the fields of its rows")
    for field, kind in fields.items():
        need(all(field in row for row in rows), f"{name}: no {field}")
        values = [row[field] for row in rows]
        if isinstance(kind, list):  # may be left open
            kind, values = kind[0], [value for value in values if value is not None]
        need(not values or fits(values, kind), f"{name}.{field}: a value that may not stand")


def fits(values, kind):
    types = set(map(type, values))
    if kind is TRUTH:
        return types == {bool}
    if isinstance(kind, range):
        return types == {int} and kind[0] <= min(values) and max(values) <= kind[-1]
    if isinstance(kind, set):
        return types == {str} and kind.issuperset(values)
    if isinstance(kind, tuple):
        lengths = [len(value) for value in set(values)] if types == {str} else [-1]
        "".join(map(str, set(values))).encode("utf-8")  # half a character is none
        return kind[0] <= min(lengths) and (kind[1] is None or max(lengths) <= kind[1])
    if kind == "band":
        return all(value is None or pair(value, PRICE) and value[0] <= value[1] for value in values)
    return all(type(v) is list and v and all(recipe_row(row) for row in v) for v in values)


def pair(value, kind):
    return type(value) is list and len(value) == 2 and fits(value, kind)


def recipe_row(row):
    return type(row) is list and len(row) == 2 and fits(row[:1], NAME) and fits(row[1:], COUNT)


def placed(book, products):
    """Products named are known, floors lie on the tick, recipes and tiers are what they may be."""
    for name, row in products.items():
        need(row["floor"] is None or row["floor"] % row["tick"] == 0, f"products {name}: floor")
    for kind in ("orders", "refusals", "purchases", "releases"):
        unknown = {row["product"] for row in book[kind]} - products.keys()
        need(not unknown, f"{kind}: no product {sorted(unknown)}")
    for one in [*book["conversions"], *book["arcs"]]:
        ends = ("origin", "destination")
        names = [one[end] for end in ends] if "origin" in one else [
            name for name, _ in one["inputs"] + one["outputs"]
        ]  # fmt: skip
        need(len(set(names)) == len(names), f"{one['id']}: a product twice")
        for name in names:
            known = name in products and products[name]["reference"] is not None
            need(known, f"{one['id']}: no product {name} with a reference")
    for one in book["releases"]:
        need(3 * one["kg"] <= one["stock_kg"] - one["core_kg"], f"{one['id']}: above a third")
    for one in book["purchases"]:
        need(products[one["product"]]["floor"] is not None, f"{one['id']}: no floor")


# --- the book, opened again -----------------------------------------------------------------------


def last(rows):
    """The highest revision of each id, by id."""
    kept = {}
    for row in rows:
        before = kept.get(row["id"])
        if before is None or before["revision"] < row["revision"]:
            kept[row["id"]] = row
    return [kept[name] for name in sorted(kept)]


def terms(link):
    """Kilograms of each product per run: + comes out, − goes in."""
    if "origin" in link:
        return {link["origin"]: -1, link["destination"]: 1}
    found = {name: -kg for name, kg in link["inputs"]}
    found.update(dict(link["outputs"]))
    return found


class Check:
    """One pass over the stages; `record` is what should have been published."""

    def __init__(self, book, rules, proof):
        sound(book, rules)
        self.book, self.rules, self.proof = book, rules, proof
        self.products = {row["id"]: row for row in book["products"]}
        self.names = sorted(self.products)
        self.verdicts = {(r["buyer"], r["subject"]): r["eligible"] for r in book["eligibility"]}
        self.money = {row["member"]: row["money"] for row in book["collateral"]}
        self.orders = last(book["orders"])
        self.refusals = last(book["refusals"])
        self.void = {}
        self.void_links()
        self.void_orders()
        linked = last(book["conversions"]) + last(book["arcs"])
        self.links = sorted(
            (one for one in linked if one["id"] not in self.void), key=lambda one: one["id"]
        )
        self.extras = list(self.stockpile())
        self.sides = {name: {"bid": [], "ask": []} for name in self.names}
        for row in self.orders:
            if row["id"] not in self.void:
                self.sides[row["product"]][row["side"]].append(row)
        self.filled, self.runs, self.legs_of, self.extra_kg = {}, {}, {}, {}
        self.price, self.exact, self.excess = {}, {}, {}
        self.welfare = Fraction(0)

    def kg(self, order):
        return order["lots"] * self.products[order["product"]]["lot_kg"]

    def allow(self, buyer, subject):
        own = self.verdicts.get((buyer, subject))
        return self.verdicts.get(("*", subject), True) if own is None else own

    def void_links(self):
        for one in last(self.book["conversions"]):
            if one["cancelled"]:
                self.void[one["id"]] = "cancelled"
            elif not all(self.allow(one["member"], name) for name, _ in one["inputs"]):
                self.void[one["id"]] = "eligibility"
        for one in last(self.book["arcs"]):
            if one["cancelled"]:
                self.void[one["id"]] = "cancelled"
        for one in self.refusals:
            product, cost = self.products[one["product"]], max(0, one["limit"]) * self.kg(one)
            if one["cancelled"]:
                self.void[one["id"]] = "cancelled"
            elif not self.allow(one["member"], one["product"]):
                self.void[one["id"]] = "eligibility"
            elif one["limit"] % product["tick"]:
                self.void[one["id"]] = "tick"
            elif one["member"] in self.money and cost > self.money[one["member"]]:
                self.void[one["id"]] = "collateral"
            elif one["member"] in self.money:
                self.money[one["member"]] -= cost

    def void_orders(self):
        void, offered = self.void, {}
        for row in self.orders:
            product = self.products[row["product"]]
            if row["cancelled"]:
                void[row["id"]] = "cancelled"
            elif row["lots"] < product["min_lots"]:
                void[row["id"]] = "too_small"
            elif row["limit"] % product["tick"]:
                void[row["id"]] = "tick"
            elif product["floor"] is not None and row["limit"] < product["floor"]:
                void[row["id"]] = "floor"
            elif self.verdicts and row["side"] == "ask" and row["lot"]:
                if self.verdicts.get(("*", row["lot"]), True):
                    offered.setdefault(row["product"], set()).add(row["lot"])
                else:
                    void[row["id"]] = "lot"
        no = {pair for pair, yes in self.verdicts.items() if not yes}
        for row in self.orders if self.verdicts else ():
            if row["id"] in void or row["side"] == "ask":
                continue
            if not self.allow(row["member"], row["product"]):
                void[row["id"]] = "eligibility"
            elif any((row["member"], lot) in no for lot in offered.get(row["product"], ())):
                void[row["id"]] = "barred_lot"
        if self.money:
            self.void_uncovered()

    def void_uncovered(self):
        bids = [
            row for row in self.orders
            if row["id"] not in self.void and row["side"] == "bid" and row["member"] in self.money
        ]  # fmt: skip
        for row in sorted(bids, key=lambda row: (-row["limit"], row["id"])):
            cost = max(0, row["limit"]) * self.kg(row)
            if cost <= self.money[row["member"]]:
                self.money[row["member"]] -= cost
            else:
                self.void[row["id"]] = "collateral"

    def stockpile(self):
        """(id, member, product, +1 sells or −1 buys, limit, kg) of the stockpile's orders."""
        for buy in sorted(self.book["purchases"], key=lambda row: row["id"]):
            product = self.products[buy["product"]]
            least = product["floor"] or 0
            kg = min(buy["room_kg"], buy["money"] // (least + buy["handling"]))
            kg -= kg % product["lot_kg"]
            yield buy["id"], buy["member"], buy["product"], -1, least, kg
        for tier in sorted(self.book["releases"], key=lambda row: row["id"]):
            product = self.products[tier["product"]]
            if product["floor"] is not None and tier["price"] <= product["floor"]:
                self.void[tier["id"]] = "floor"
            elif tier["price"] % product["tick"]:
                self.void[tier["id"]] = "tick"
            else:
                kg = tier["kg"] - tier["kg"] % product["lot_kg"]
                yield tier["id"], tier["member"], tier["product"], 1, tier["price"], kg

    # --- prices and fills ---

    def record(self):
        self.parts = self.components()
        proofs = {canonical(one["products"]): one for one in self.proof["components"]}
        for part in self.parts:
            if len(part) == 1 and not self.touching(part[0]):
                self.alone(part[0])
            else:
                if canonical(part) not in proofs:
                    raise Unproved(f"{', '.join(part)}: no proof")
                Linked(self, part, proofs[canonical(part)]).check()
        return self.publish()

    def touching(self, name):
        return [one for one in self.links if name in terms(one)]

    def components(self):
        part = {name: {name} for name in self.names}
        for one in self.links:
            joined = set().union(*(part[name] for name in terms(one)))
            for name in joined:
                part[name] = joined
        found = []
        for name in self.names:
            if name == min(part[name]):
                found.append(sorted(part[name]))
        self.part_of = {name: part[name] for name in self.names}
        return found

    def levels(self, name, side):
        """Kilograms of members at each limit."""
        found, lot = {}, self.products[name]["lot_kg"]
        for row in self.sides[name][side]:
            found[row["limit"]] = found.get(row["limit"], 0) + row["lots"] * lot
        return found

    def alone(self, name):
        """The price of one product: every candidate is tried, the nearest to the reference kept."""
        product = self.products[name]
        bids, asks = self.levels(name, "bid"), self.levels(name, "ask")
        mine = [extra for extra in self.extras if extra[2] == name and extra[5]]
        all_bids, all_asks = dict(bids), dict(asks)
        for _, _, _, sign, limit, kg in mine:
            side = all_asks if sign == 1 else all_bids
            side[limit] = side.get(limit, 0) + kg
        if not all_bids or not all_asks or max(all_bids) < min(all_asks):
            return
        low, high = interval(all_bids, all_asks)
        price = nearest(low, high, product["reference"], product["tick"])
        need = sum(kg for p, kg in all_bids.items() if p > price)
        need -= sum(kg for p, kg in all_asks.items() if p < price)
        bid, ask = bids.get(price, 0), asks.get(price, 0)
        spare = {
            sign: sum(e[5] for e in mine if e[3] == sign and e[4] == price) for sign in (1, -1)
        }
        gap = need - (ask - bid)  # what members alone would leave: to be sold (+) or bought (−)
        used = {1: min(max(gap, 0), spare[1]), -1: min(max(-gap, 0), spare[-1])}
        take_bid, take_ask = bid - max(gap, 0) + used[1], ask - max(-gap, 0) + used[-1]
        self.price[name], self.exact[name] = price, Fraction(price)
        self.fill(name, "bid", Fraction(price), take_bid)
        self.fill(name, "ask", Fraction(price), take_ask)
        for ident, _, _, sign, limit, kg in mine:
            gain = sign * (price - limit)
            moved = kg if gain > 0 else min(used[sign], kg) if gain == 0 else 0
            used[sign] -= moved if gain == 0 else 0
            if moved:
                self.extra_kg[ident] = moved
                self.welfare -= sign * limit * moved
        if price == product["floor"]:
            self.excess[name] = ask - take_ask
        for side, sign in (("bid", 1), ("ask", -1)):
            for row in self.sides[name][side]:
                self.welfare += sign * row["limit"] * self.filled.get(row["id"], 0)

    def fill(self, name, side, price, on_limit, better=None):
        """Fill what is better than its limit, or `better` kilograms of it; then `on_limit`."""
        sign = 1 if side == "ask" else -1
        inside, equal = [], []
        below, above = floor(price), ceil(price)
        for row in self.sides[name][side]:
            limit = row["limit"]
            if sign * (below - limit) > 0 or sign * (above - limit) > 0:
                inside.append(row)
            elif limit == below == above:
                equal.append(row)
        if better is None:
            lot = self.products[name]["lot_kg"]
            for row in inside:
                self.filled[row["id"]] = row["lots"] * lot
        else:
            self.ration(name, inside, better, PPM)
        at_floor = side == "ask" and price == self.products[name]["floor"]
        self.ration(name, equal, on_limit, self.rules["group_cap_ppm"] if at_floor else PPM)

    def ration(self, name, rows, kg, cap):
        sizes = [self.kg(row) for row in rows]
        given = self.share(kg, rows, sizes, self.products[name]["lot_kg"], cap)
        for row, part in zip(rows, given, strict=False):
            self.filled[row["id"]] = part

    def tie(self, name):
        text = json.dumps(
            [self.book["auction"], self.rules["commitment"], name],
            ensure_ascii=False, separators=(",", ":"),
        )  # fmt: skip
        return hashlib.sha256(text.encode("utf-8")).hexdigest()

    def share(self, kg, rows, sizes, lot, cap):
        """Kilograms for each row out of `kg`: by group, then by order, in lots, ties by hash."""
        if kg == sum(sizes):
            return list(sizes)
        if kg == 0:
            return [0] * len(sizes)
        unit = 1 if any(size % lot for size in sizes) else lot
        total = -(-kg // unit)
        members = {}
        for k, row in enumerate(rows):
            members.setdefault(row["group"], []).append(k)
        groups = sorted(members)
        lots = [sum(sizes[k] for k in members[g]) // unit for g in groups]
        most = None if cap >= PPM else [min(size, total * cap // PPM) for size in lots]
        given, last_group = self.apportion(total, lots, groups, most)
        fills, last_row = [0] * len(rows), None
        for g, group in enumerate(groups):
            at = members[group]
            if given[g]:
                names = [rows[k]["id"] for k in at]
                part, end = self.apportion(given[g], [sizes[k] // unit for k in at], names, None)
                for k, lots_given in zip(at, part, strict=False):
                    fills[k] = lots_given * unit
                if g == last_group:
                    last_row = at[end]
        fills[last_row] -= total * unit - kg
        return fills

    def apportion(self, total, sizes, names, most):
        """Whole shares of `total` in proportion to `sizes`, and who got the last one."""
        if most is not None:
            return self.apportion_capped(total, sizes, names, most)
        whole = sum(sizes)
        shares, rests = [], []
        for size in sizes:
            quotient, rest = divmod(total * size, whole)
            shares.append(quotient)
            rests.append(rest)
        left = total - sum(shares)
        if left:
            cut = sorted(rests, reverse=True)[left - 1]
            first = [k for k, rest in enumerate(rests) if rest > cut]
            equal = [k for k, rest in enumerate(rests) if rest == cut]
            if len(first) + len(equal) > left:
                equal.sort(key=lambda k: self.tie(names[k]))
            winners = first + equal[: left - len(first)]
            for k in winners:
                shares[k] += 1
            return shares, winners[-1]
        served = [k for k, got in enumerate(shares) if got]
        return shares, max(served, key=lambda k: self.tie(names[k]), default=-1)

    def apportion_capped(self, total, sizes, names, most):
        if sum(most) <= total:
            left = total - sum(most)
            if not left:
                return list(most), max(k for k, got in enumerate(most) if got)
            room = [size - cap for size, cap in zip(sizes, most, strict=False)]
            rest, end = self.apportion(left, room, names, None)
            return [cap + more for cap, more in zip(most, rest, strict=False)], end
        fixed = {}
        while True:
            free = [k for k in range(len(sizes)) if k not in fixed]
            left, whole = total - sum(fixed.values()), sum(sizes[k] for k in free)
            over = [k for k in free if left * sizes[k] > whole * most[k]]
            if not over:
                break
            fixed.update({k: most[k] for k in over})
        part, end = self.apportion(left, [sizes[k] for k in free], [names[k] for k in free], None)
        shares = [fixed.get(k, 0) for k in range(len(sizes))]
        for k, got in zip(free, part, strict=False):
            shares[k] = got
        return shares, free[end]

    # --- what is published ---

    def publish(self):
        before = dict(self.filled)
        parties = {name: self.parties(name) for name in self.price}
        taken = self.take_refusals()
        netted = self.net()
        held = self.hold(parties)
        done = {row["order"] for row in taken}
        return {
            "format": 1,
            "auction": self.book["auction"],
            "prices": [self.price_row(name, parties, held, before) for name in self.names],
            "orders": [self.order_row(row, before) for row in self.orders],
            "links": self.link_rows(),
            "stockpile": self.stockpile_rows(),
            "refusals": taken,
            "refusals_void": [
                {"order": one["id"], "reason": self.refusal_reason(one)}
                for one in self.refusals
                if one["id"] not in done
            ],
            "netted": [{"order": name, "kg": netted[name]} for name in sorted(netted)],
            "legs": self.legs(taken, netted),
            "welfare": str(self.welfare),
        }

    def bought(self, name):
        return sum(self.extra_kg.get(e[0], 0) for e in self.extras if e[2] == name and e[3] == -1)

    def price_row(self, name, parties, held, before):
        if name not in self.price:
            return {"product": name, "price": None, "state": "no_trade", "kg": 0}
        kg = sum(before.get(row["id"], 0) for row in self.sides[name]["bid"]) + self.bought(name)
        kg -= sum(min(0, self.legs_of[one["id"]][name]) for one in self.touching(name))
        row = {
            "product": name, "price": self.price[name], "state": held.get(name, "cleared"),
            "kg": kg, "buyers": parties[name][0], "sellers": parties[name][1],
        }  # fmt: skip
        if self.products[name]["floor"] is not None:
            row["floor_covered_kg"] = self.bought(name)
            row["excess_kg"] = self.excess.get(name, 0)
        return row

    def order_row(self, row, before):
        name, why = row["id"], self.void.get(row["id"])
        if why is not None:
            return {"order": name, "kg": 0, "state": "void", "reason": why}
        kg, first = self.filled.get(name, 0), before.get(name, 0)
        if kg < first:
            why = "displaced"
        elif first == 0 and row["product"] not in self.exact:
            why = "no_trade"
        elif first == self.kg(row):
            why = "filled"
        else:
            exact = self.exact[row["product"]]
            exact = exact.numerator if exact.denominator == 1 else exact
            gain = (exact - row["limit"]) * (1 if row["side"] == "ask" else -1)
            why = "cut" if gain > 0 else "outside" if gain < 0 else "rationed"
        return {"order": name, "kg": kg, "state": "standing", "reason": why}

    def link_rows(self):
        rows = []
        for one in sorted(
            last(self.book["conversions"]) + last(self.book["arcs"]), key=lambda one: one["id"]
        ):
            name = one["id"]
            if name in self.void:
                why = self.void[name]
                rows.append({"order": name, "runs": "0", "state": "void", "reason": why})
                continue
            x, cap = self.runs[name], one["cap_kg"] if "origin" in one else one["runs"]
            why = "outside" if not x else "filled" if x == cap else "part"
            rows.append({"order": name, "runs": str(x), "state": "standing", "reason": why})
        return rows

    def stockpile_rows(self):
        offered = {extra[0]: extra[5] for extra in self.extras}
        rows = []
        for one in sorted(
            self.book["purchases"] + self.book["releases"], key=lambda one: one["id"]
        ):
            why = self.void.get(one["id"], "")
            rows.append(
                {
                    "order": one["id"], "product": one["product"],
                    "kg": self.extra_kg.get(one["id"], 0), "offered_kg": offered.get(one["id"], 0),
                    "state": "void" if why else "standing", "reason": why,
                }
            )  # fmt: skip
        return rows

    def parties(self, name):
        sides = []
        for side, way in (("bid", -1), ("ask", 1)):
            groups = {r["group"] for r in self.sides[name][side] if self.filled.get(r["id"])}
            for one in self.touching(name):
                if self.legs_of[one["id"]][name] * way > 0:
                    groups.add(one["group"])
            if any(e[2] == name and e[3] == way and self.extra_kg.get(e[0]) for e in self.extras):
                groups.add("stockpile")
            sides.append(len(groups))
        return sides

    def hold(self, parties):
        out = set()
        for name, price in self.price.items():
            band, least = self.products[name]["band"], self.rules["parties"]
            few = least is None or min(parties[name]) < least
            if band is not None and few and not band[0] <= price <= band[1]:
                out.add(name)
        held = {}
        for name in self.price:
            if name in out:
                held[name] = "held"
            elif self.touching(name) and self.part_of[name] & out:
                held[name] = "held_by_link"
        return held

    def take_refusals(self):
        taken, premium = [], self.rules["premium"]
        for one in sorted(self.refusals, key=lambda row: (self.tie(row["id"]), row["id"])):
            name = one["product"]
            price = self.price.get(name)
            if one["id"] in self.void or price is None or price + premium > one["limit"]:
                continue
            rows = [
                row for row in self.sides[name]["bid"]
                if row["group"] != one["group"] and self.filled.get(row["id"], 0)
            ]  # fmt: skip
            sizes = [self.filled[row["id"]] for row in rows]
            kg = min(self.kg(one), sum(sizes))
            if not kg:
                continue
            lost = self.share(kg, rows, sizes, self.products[name]["lot_kg"], PPM)
            for row, part in zip(rows, lost, strict=False):
                self.filled[row["id"]] -= part
            pairs = zip(rows, lost, strict=True)
            displaced = [{"order": row["id"], "kg": part} for row, part in pairs if part]
            taken.append(
                {
                    "order": one["id"], "member": one["member"], "product": name, "kg": kg,
                    "premium": premium,
                    "displaced": displaced,
                }
            )  # fmt: skip
        return sorted(taken, key=lambda row: row["order"])

    def refusal_reason(self, one):
        if one["id"] in self.void:
            return self.void[one["id"]]
        price = self.price.get(one["product"])
        if price is None:
            return "no_trade"
        outside = price + self.rules["premium"] > one["limit"]
        return "outside" if outside else "nothing_to_displace"

    def net(self):
        found = {}
        for name in self.price:
            sides = []
            for side in ("bid", "ask"):
                by_group = {}
                for row in self.sides[name][side]:
                    if self.filled.get(row["id"]):
                        by_group.setdefault(row["group"], []).append(row["id"])
                sides.append(by_group)
            for group in sides[0].keys() & sides[1].keys():
                both = min(sum(self.filled[i] for i in side[group]) for side in sides)
                for side in sides:
                    left = both
                    for ident in side[group]:
                        kg = min(left, self.filled[ident])
                        left -= kg
                        if kg:
                            found[ident] = kg
        return found

    def legs(self, taken, netted):
        rows = []

        def move(order, member, product, kg, money):
            rows.append(
                {"order": order, "member": member, "product": product, "kg": kg, "uusd": money}
            )

        member = {}
        for row in self.orders:
            name, product = row["id"], row["product"]
            if taken:
                member[name] = row["member"]
            kg = self.filled.get(name, 0) - netted.get(name, 0)
            if kg:
                kg = kg if row["side"] == "bid" else -kg
                move(name, row["member"], product, kg, -kg * self.price[product])
        for one in taken:
            product = one["product"]
            paid = one["kg"] * (self.price[product] + one["premium"])
            move(one["order"], one["member"], product, one["kg"], -paid)
            for lost in one["displaced"]:
                if one["premium"]:
                    name = lost["order"]
                    move(name, member[name], product, 0, lost["kg"] * one["premium"])
        for one in self.links:
            for product, kg in self.legs_of[one["id"]].items():
                if kg:
                    move(one["id"], one["member"], product, -kg, kg * self.price[product])
        for ident, who, product, sign, _, _ in self.extras:
            kg = self.extra_kg.get(ident, 0)
            if kg:
                move(ident, who, product, -sign * kg, sign * kg * self.price[product])
        rows.sort(key=lambda row: (row["order"], row["product"], row["kg"]))
        return rows


def interval(bids, asks):
    """The lowest and highest price at which as much is offered as wanted."""
    grid = sorted({*bids, *asks})
    wanted, offered = sum(bids.values()), 0
    low = high = None
    for price in grid:  # wanted: at this price or above; offered: below it
        if offered <= wanted:
            high = price
        wanted -= bids.get(price, 0)
        offered += asks.get(price, 0)
        if low is None and wanted <= offered:
            low = price
    return low, high


def nearest(low, high, reference, tick):
    """The price on the tick nearest the reference, else the middle, half to even."""
    if reference is None:
        return round(Fraction(low + high, 2 * tick)) * tick
    if reference <= low:
        return low
    if reference >= high:
        return high
    return min(max(round(Fraction(reference, tick)) * tick, low), high)


# --- linked products ------------------------------------------------------------------------------


class Linked:
    """The proof of one set of linked products, and the fills that follow from it."""

    def __init__(self, whole, part, proof):
        self.whole, self.part = whole, part
        self.price = dict(zip(part, map(exact, proof["prices"]), strict=False))
        need(len(proof["prices"]) == len(part), "prices")
        self.told = {
            key: [exact(v) for v in proof[key]]
            for key in ("x", "price", "volume", "even", "cut_x", "cut")
            if key in proof
        }
        self.links = [one for one in whole.links if set(terms(one)) & set(part)]
        self.bids = {name: whole.levels(name, "bid") for name in part}
        self.asks = {name: whole.levels(name, "ask") for name in part}
        self.extras = [(e[0], e[2], e[3], e[4], e[5], 0) for e in whole.extras]
        self.extras = [e for e in self.extras if e[1] in self.price and e[4]]
        for name in part:
            least = whole.products[name]["floor"]
            if least is not None:
                self.extras.append((None, name, -1, least, self.supply(name) + 1, EXCESS))

    def supply(self, name):
        kg = sum(self.asks[name].values())
        kg += sum(e[4] for e in self.extras if e[1] == name and e[2] == 1)
        for one in self.links:
            runs = one["cap_kg"] if "origin" in one else one["runs"]
            kg += max(0, terms(one).get(name, 0)) * runs
        return kg

    def cap(self, one):
        return one["cap_kg"] if "origin" in one else one["runs"]

    def gain(self, one):
        """What a run earns above its fee."""
        value = sum(kg * self.price[name] for name, kg in terms(one).items())
        return value - (one["freight"] if "origin" in one else one["fee"])

    def items(self):
        """What lies on its limit: (kind, key, cap, weight, terms), in the order of the proof."""
        for name in self.part:
            price = self.price[name]
            if price in self.bids[name]:
                yield "bid", name, self.bids[name][price], 1, {name: -1}
            if price in self.asks[name]:
                yield "ask", name, self.asks[name][price], 1, {name: 1}
        for k, (_, name, sign, limit, kg, weight) in enumerate(self.extras):
            if limit == self.price[name]:
                yield "extra", k, kg, weight, {name: sign}
        for k, one in enumerate(self.links):
            if self.gain(one) == 0:
                yield "link", k, self.cap(one), 0, terms(one)

    def better(self):
        """What is better than its limit, in the order of the proof of a cut."""
        for name in self.part:
            price = self.price[name]
            if kg := sum(q for p, q in self.bids[name].items() if p > price):
                yield "bids", name, kg, 1, {name: -1}
            if kg := sum(q for p, q in self.asks[name].items() if p < price):
                yield "asks", name, kg, 1, {name: 1}
        for k, (_, name, sign, limit, kg, weight) in enumerate(self.extras):
            if sign * (self.price[name] - limit) > 0:
                yield "extra", k, kg, weight, {name: sign}
        for k, one in enumerate(self.links):
            if self.gain(one) > 0:
                yield "link", k, self.cap(one), 0, terms(one)

    def check(self):
        items, better, x = list(self.items()), list(self.better()), self.told["x"]
        need(len(items) == len(x), "quantities")
        whole = [Fraction(item[2]) for item in better]
        self.balanced(items + better, x + whole)
        self.nearest(items, x)
        self.greatest(items, x)
        excess = {
            self.extras[item[1]][1]: v
            for item, v in zip(items, x, strict=False)
            if item[0] == "extra" and self.extras[item[1]][5] == EXCESS and v
        }
        self.add_welfare(items + better, x + whole)
        if excess:
            for name, v in excess.items():
                self.whole.excess[name] = floor(v)
            items, x = self.cut(items, better, x)
            better = []
        self.fill(items, x, better, bool(excess))

    def balanced(self, items, x):
        """Nothing appears or vanishes, and each quantity fits: prices and quantities are best."""
        left = dict.fromkeys(self.part, Fraction(0))
        for (_, _, cap, _, legs), v in zip(items, x, strict=False):
            need(0 <= v <= cap, "a quantity outside its order")
            for name, kg in legs.items():
                left[name] += kg * v
        for name, kg in left.items():
            need(kg == 0, f"{name}: {kg} kg out of balance")

    def nearest(self, items, x):
        """No price vector that fits these quantities lies nearer the references."""
        pulls = self.told["price"]
        need(len(pulls) == len(self.part) + len(self.links), "price multipliers")
        up, down = set(), set()  # what keeps a price or a margin from rising, from falling
        for (kind, key, cap, _, legs), v in zip(items, x, strict=False):
            if kind == "link":
                row = ("link", key)
                up |= {row} if v < cap else set()
                down |= {row} if v > 0 else set()
                continue
            (name, sign), = legs.items()  # fmt: skip
            row = ("price", name)
            up |= {row} if (v < cap if sign == 1 else v > 0) else set()
            down |= {row} if (v > 0 if sign == 1 else v < cap) else set()
        slope = {}
        for name, pull in zip(self.part, pulls, strict=False):
            reference = self.whole.products[name]["reference"]
            slope[name] = (self.price[name] - reference) / Fraction(reference) ** 2 + pull
            held = up if pull > 0 else down
            need(pull == 0 or ("price", name) in held, f"{name}: held by nothing")
        for k, (one, pull) in enumerate(zip(self.links, pulls[len(self.part) :], strict=False)):
            need(pull == 0 or ("link", k) in (up if pull > 0 else down), f"{one['id']}: not on fee")
            for name, kg in terms(one).items():
                slope[name] += kg * pull
        for name, value in slope.items():
            need(value == 0, f"{name}: a nearer price exists")

    def greatest(self, items, x):
        """No more could trade, and no sharing of it is more even."""
        need(len(self.told["volume"]) == len(self.told["even"]) == len(self.part), "multipliers")
        worth = dict(zip(self.part, self.told["volume"], strict=False))
        pull = dict(zip(self.part, self.told["even"], strict=False))
        for (_, key, cap, weight, legs), v in zip(items, x, strict=False):
            gain = weight - sum(kg * worth[name] for name, kg in legs.items())
            if gain:
                need(v == (cap if gain > 0 else 0), f"{key}: more could trade")
                continue
            slope = v / cap + sum(kg * pull[name] for name, kg in legs.items())
            self.level(key, slope, v, cap)

    def level(self, key, slope, v, cap):
        fine = slope == 0 or (slope > 0 and v == 0) or (slope < 0 and v == cap)
        need(fine, f"{key}: not shared evenly")

    def cut(self, items, better, x):
        """Without what only the floor would buy: the least cut that balances, in proportion."""
        kept = [
            (item, v)
            for item, v in zip(items, x, strict=False)
            if v and not (item[0] == "extra" and self.extras[item[1]][5] == EXCESS)
        ]
        kept += [(item, Fraction(item[2])) for item in better]
        now, pull = self.told["cut_x"], dict(zip(self.part, self.told["cut"], strict=False))
        need(len(now) == len(kept) and len(pull) == len(self.part), "cut")
        cut_items = [item for item, _ in kept]
        self.balanced(cut_items, now)
        for ((_, key, cap, _, legs), before), v in zip(kept, now, strict=False):
            slope = (v - before) / before + sum(kg * pull[name] for name, kg in legs.items())
            self.level(key, slope, v, cap)
        return cut_items, now

    def add_welfare(self, items, x):
        total = Fraction(0)
        for (kind, key, _, _, legs), v in zip(items, x, strict=False):
            if kind == "link":
                one = self.links[key]
                total -= v * (one["freight"] if "origin" in one else one["fee"])
            elif kind == "extra":
                total -= self.extras[key][2] * self.extras[key][3] * v
            elif kind in ("bid", "ask"):
                (name, sign), = legs.items()  # fmt: skip
                total -= sign * self.price[name] * v
            else:
                sign = 1 if kind == "bids" else -1
                book = self.bids[key] if kind == "bids" else self.asks[key]
                total += sign * sum(
                    p * q for p, q in book.items() if sign * (p - self.price[key]) > 0
                )
        self.whole.welfare += total

    def fill(self, items, x, better, was_cut):
        moved = self.whole_kilograms(items, x)
        for item in better:
            if item[0] == "link":
                self.whole.runs[self.links[item[1]]["id"]] = Fraction(item[2])
        for item, v in zip(items, x, strict=False):
            if item[0] == "link":
                self.whole.runs[self.links[item[1]]["id"]] = v
        for name in self.part:
            for side in ("bid", "ask"):
                inside = moved.get((side + "s", name), 0) if was_cut else None
                self.whole.fill(name, side, self.price[name], moved.get((side, name), 0), inside)
        full = {(item[0], item[1]): item[2] for item in better}
        for k, one in enumerate(self.links):
            legs = {}
            for name, kg in terms(one).items():
                whole = moved.get(("link", k, name), abs(kg) * full.get(("link", k), 0))
                legs[name] = whole if kg > 0 else -whole
            self.whole.legs_of[one["id"]] = legs
            self.whole.runs.setdefault(one["id"], Fraction(0))
        for k, extra in enumerate(self.extras):
            kg = moved.get(("extra", k), full.get(("extra", k), 0))
            if extra[5] != EXCESS and kg:
                self.whole.extra_kg[extra[0]] = kg
        for name in self.part:
            if self.trades(name):
                self.whole.price[name] = round(self.price[name])
                self.whole.exact[name] = self.price[name]

    def trades(self, name):
        sides = self.whole.sides[name]
        return (
            any(self.whole.filled.get(row["id"]) for side in sides.values() for row in side)
            or any(self.whole.legs_of[one["id"]].get(name) for one in self.links)
            or any(self.whole.extra_kg.get(e[0]) for e in self.extras if e[1] == name)
        )

    def whole_kilograms(self, items, x):
        """Quantities rounded so that every product balances: cycles of broken ones are moved."""
        names, ends, values = [], [], []
        for (kind, key, _, _, legs), v in zip(items, x, strict=False):
            if kind == "link" and "origin" in self.links[key]:
                one = self.links[key]
                names.append([("link", key, one["origin"]), ("link", key, one["destination"])])
                ends.append((one["origin"], one["destination"]))
                values.append(v)
                continue
            for name, kg in legs.items():
                names.append([("link", key, name) if kind == "link" else (kind, key)])
                ends.append((None, name) if kg > 0 else (name, None))
                values.append(abs(kg) * v)
        touching = {}
        for k, (tail, head) in enumerate(ends):
            touching.setdefault(tail, []).append(k)
            touching.setdefault(head, []).append(k)
        for k in range(len(values)):
            while values[k].denominator != 1:
                loop = self.cycle(k, ends, values, touching)
                up = min(room(values[e], way) for e, way in loop)
                down = min(room(values[e], -way) for e, way in loop)
                for e, way in loop:
                    values[e] += way * (up if up <= down else -down)
        return {name: int(v) for several, v in zip(names, values, strict=False) for name in several}

    def cycle(self, start, ends, values, touching):
        node, path, seen, edge = ends[start][0], [], {}, start
        while node not in seen:
            seen[node] = len(path)
            if path:
                came = path[-1][0]
                edge = next(k for k in touching[node] if k != came and values[k].denominator != 1)
            tail, head = ends[edge]
            path.append((edge, 1 if tail == node else -1))
            node = head if tail == node else tail
        return path[seen[node] :]


def exact(text):
    """The fraction that a proof tells as "5" or "17/3"; 1e999999999 would take all memory."""
    need(re.fullmatch("-?[0-9]+(/[0-9]+)?", text), f"{text!r}: no fraction")
    return Fraction(text)


def room(value, way):
    return floor(value) + 1 - value if way == 1 else value - floor(value)


def need(true, what):
    if not true:
        raise Unproved(what)


def main(arguments):
    if len(arguments) != 1:
        sys.stderr.write("usage: python verify.py FOLDER\n")
        return 2
    try:
        findings = verify_folder(arguments[0])
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    for code, place, published, found in findings[:SHOWN]:
        sys.stdout.write(f"{code} {place}: published {published!r}, found {found!r}\n")
    sys.stdout.write("proved\n" if not findings else f"{len(findings)} findings\n")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

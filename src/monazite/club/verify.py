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
from contextlib import contextmanager
from fractions import Fraction
from itertools import compress
from json.encoder import encode_basestring as quote
from math import ceil, floor
from operator import itemgetter, mul, ne, sub
from pathlib import Path

PPM = 1_000_000
EXCESS = -1_000_000
SHOWN, ABSENT = 50, "-"
KINDS = frozenset((int, str, list, type(None)))
BROKEN = (KeyError, TypeError, ValueError, IndexError, ZeroDivisionError, AttributeError)


def verify_folder(folder):
    """Findings about the result published in a folder."""
    folder = Path(folder)
    names = ("book", "rules", "result", "proof")
    return verify_texts(*((folder / f"{name}.json").read_text(encoding="utf-8") for name in names))


def verify_texts(book, rules, result, proof):
    """Findings about published files, given as texts. Raises ValueError for what is no JSON.

    The result is worked out as a text too. A published one with the same bytes holds the same
    values, nothing twice and nothing else; only one with other bytes is read and looked through.
    """
    with careful():
        (book, book_sum), (rules, rules_sum) = book_of(book), with_digest(rules)
        digests = {"book": book_sum, "rules": rules_sum}
        expected, faults = worked_out(book, rules, load(proof), digests)
        if expected and same(result, joined(expected)):
            return []
        return against(load(result), expected, faults, digests)


def verify(book, rules, result, proof):
    """Findings, each (code, place, published, found); an empty list means the result is proved."""
    with careful():
        digests = {"book": digest(book), "rules": digest(rules)}
        return against(result, *worked_out(book, rules, proof, digests), digests)


@contextmanager
def careful():
    """Do not look for rings among millions of rows that all stay; refuse nesting without end."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    finally:
        if collecting:
            gc.enable()


def worked_out(book, rules, proof, digests):
    """What should have been published, section -> JSON text; or nothing, and why not."""
    try:
        sections = Check(book, rules, proof).sections()
    except Unproved as error:
        return {}, [("proof", str(error), None, None)]
    except BROKEN as error:
        return {}, [("proof", f"{type(error).__name__}: {error}", None, None)]
    return sections | {name: canonical(value) for name, value in digests.items()}, []


def joined(sections):
    """The canonical JSON of a record whose parts are JSON texts."""
    return "{" + ",".join(f'"{name}":{sections[name]}' for name in sorted(sections)) + "}"


def same(text, expected):
    """Whether a published text is the one worked out; line ends behind it do not count."""
    return text.startswith(expected) and not text[len(expected) :].strip("\n")


def against(result, expected, faults, digests):
    """What is wrong with a published record, row by row."""
    if not isinstance(result, dict):
        return [("result", "", result, {})]
    findings = [
        ("digest", name, result.get(name), found)
        for name, found in digests.items()
        if result.get(name) != found
    ]
    findings += [*sums(result), *faults]
    record = {name: json.loads(text) for name, text in expected.items()}
    return findings + (compare(record, result) if record else [])


class Unproved(Exception):
    """The proof does not hold."""


# --- texts and values -----------------------------------------------------------------------------


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(value):
    return sha256(canonical(value))


def sha256(text):
    # half a character is told where the inputs are looked at
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def with_digest(text):
    """The value of a JSON text, and the digest of the value: that of its canonical text."""
    value = load(text)
    return value, digest(value)


def load(text):
    """The value of a JSON text; raises ValueError for what two readers could take differently."""
    whole = {"parse_float": refused, "parse_constant": refused, "object_pairs_hook": once}
    try:
        return json.loads(text, **whole)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def once(pairs):
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{max(names, key=names.count)!r} is told twice")
    return found


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
        here, there = expected.get(section, ABSENT), result.get(section, ABSENT)
        known = section in expected and section in result  # else null would pass for nothing
        if known and type(here) is type(there) and here == there and plain(there):
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
                known = field in mine and field in theirs
                if not known or canonical(mine[field]) != canonical(theirs[field]):
                    told = (theirs.get(field, ABSENT), mine.get(field, ABSENT))
                    findings.append((section, f"{name}.{field}", *told))
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
    """The orders as columns, if nothing stands in the inputs that a book may not hold.

    Raises Unproved with the place. What is proved of a book with the same order twice, or with a
    quantity below nothing, would be proved of nothing that members handed in.
    """
    columns("rules", [rules], RULES)
    need(isinstance(book, dict) and book.keys() == {"auction", *ROWS}, "book: its lists")
    columns("book", [{"auction": book["auction"]}], {"auction": NAME})
    tables = {name: columns(name, book[name], fields) for name, fields in ROWS.items()}
    seen = set()
    for name in sorted(tables, key="orders".__eq__):  # the longest last
        table = tables[name]
        need(ordered(table, name), f"{name}: twice, or not in order")
        if name != "products" and "id" in table:
            need(seen.isdisjoint(table["id"]), f"{name}: an id of another list")
            seen.update(table["id"] if name != "orders" else ())
    placed(book, tables, {row["id"]: row for row in book["products"]})
    return tables["orders"]


def ordered(table, name):
    """Every key is above the one before, so none comes twice."""
    first, *more = KEYS.get(name, ("id", "revision") if "revision" in table else ("id",))
    keys = table[first]
    if all(map(str.__lt__, keys, keys[1:])):
        return True
    keys = list(zip(keys, *(table[field] for field in more), strict=True))
    return all(a < b for a, b in zip(keys, keys[1:], strict=False))


class Columns(dict):
    """The rows of a list, field -> values. A class of its own: no JSON text can claim to be it."""


def columns(name, rows, fields):
    """The columns of rows that have these fields and no other, each of its kind and in bounds."""
    if type(rows) is not Columns:
        need(isinstance(rows, list), f"{name}: no list")
        told = set(map(type, rows)) <= {dict} and all(len(row) == len(fields) for row in rows)
        need(told, f"{name}: not the fields of its rows")
        for field in fields:
            need(all(field in row for row in rows), f"{name}: no {field}")
        rows = Columns((field, [row[field] for row in rows]) for field in fields)
    for field, kind in fields.items():
        values = rows[field]
        if isinstance(kind, list):  # may be left open
            kind, values = kind[0], [value for value in values if value is not None]
        need(not values or fits(values, kind), f"{name}.{field}: a value that may not stand")
    return rows


def fits(values, kind):
    types = set(map(type, values))
    if kind is TRUTH:
        return types == {bool}
    if isinstance(kind, range):
        return types == {int} and kind[0] <= min(values) and max(values) <= kind[-1]
    if isinstance(kind, set):
        return types == {str} and kind.issuperset(values)
    if isinstance(kind, tuple):
        if types != {str}:
            return False
        "".join(values).encode("utf-8")  # half a character is none
        lengths = set(map(len, values))
        return kind[0] <= min(lengths) and (kind[1] is None or max(lengths) <= kind[1])
    if kind == "band":
        return all(value is None or pair(value, PRICE) and value[0] <= value[1] for value in values)
    return all(type(v) is list and v and all(recipe_row(row) for row in v) for v in values)


def pair(value, kind):
    return type(value) is list and len(value) == 2 and fits(value, kind)


def recipe_row(row):
    return type(row) is list and len(row) == 2 and fits(row[:1], NAME) and fits(row[1:], COUNT)


def placed(book, tables, products):
    """Products named are known, floors lie on the tick, recipes and tiers are what they may be."""
    for name, row in products.items():
        need(row["floor"] is None or row["floor"] % row["tick"] == 0, f"products {name}: floor")
    for kind in ("orders", "refusals", "purchases", "releases"):
        unknown = set(tables[kind]["product"]) - products.keys()
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


# --- a book of millions of orders, read at once ---------------------------------------------------

# how canonical JSON writes a value of each kind; an escape, or a blank, is left to `load`
WHOLE, WORDS = r"(0|-?[1-9][0-9]{0,12})", r'"([^"\\\x00-\x1f]*)"'
BLOCK = 250_000  # characters read at a time


def book_of(text):
    """The value of a book's text, and its digest; the orders as columns if that can be done."""
    return canonical_book(text.rstrip("\n")) or with_digest(text)


def canonical_book(text):
    """The value of a book in canonical form, and its digest; None for one that is not, or may not.

    The list of orders is cut out. If what is left is canonical JSON with an empty list there, and
    the list is nothing but orders in canonical form, with a comma between two, then the whole text
    is canonical: no field can be told twice, and the digest is that of the text. Any other text
    takes the long way.
    """
    begin, end = '"orders":[', '],"products":['
    start = text.find(begin) + len(begin)
    stop = text.find(end, start)
    if stop < start:
        return None
    left = text[:start] + text[stop:]
    try:
        book, rows = load(left), orders_of(text, start, stop)
    except ValueError:
        return None
    empty = isinstance(book, dict) and book.get("orders") == [] and left.count(begin) == 1
    if rows is None or not empty or canonical(book) != left:
        return None
    return book | {"orders": rows}, sha256(text)


def orders_of(text, start, stop):
    """Orders in canonical form as columns; None where one of them is written in another way."""
    fields = sorted(ROWS["orders"].items())
    pairs = ",".join(f'"{name}":{spelt(kind)[0]}' for name, kind in fields)
    order = re.compile(r"\{" + pairs + r"\}")
    width = len(fields) + 1
    found = Columns((name, []) for name, _ in fields)
    known = {name: Known(spelt(kind)[1]).__getitem__ for name, kind in fields}
    while start < stop:
        cut = text.find('},{"', start + BLOCK, stop)
        block = text[start : cut + 1 if cut >= 0 else stop]
        start += len(block) + 1
        parts = order.split(block)  # what stands between two orders, and the fields of each
        if parts[0] or parts[-1] or not {","}.issuperset(parts[width:-1:width]):
            return None
        for k, (name, _) in enumerate(fields, start=1):
            texts = parts[k::width]
            found[name] += texts if name == "id" else map(known[name], texts)
    return found


def spelt(kind):
    """The pattern of a field and its reader; what it may hold is looked at by `columns`."""
    if kind is TRUTH:
        return "(true|false)", "true".__eq__
    return (WHOLE, int) if isinstance(kind, range) else (WORDS, str)


class Known(dict):
    """The values of texts, each read when it first comes."""

    def __init__(self, read):
        self.read = read

    def __missing__(self, text):
        self[text] = value = self.read(text)
        return value


# --- the book, opened again -----------------------------------------------------------------------


def last(rows):
    """The highest revision of each id, by id."""
    kept = {}
    for row in rows:
        before = kept.get(row["id"])
        if before is None or before["revision"] < row["revision"]:
            kept[row["id"]] = row
    return [kept[name] for name in sorted(kept)]


class Orders:
    """The orders' last revisions as columns, by id; order k is the k-th of each."""

    def __init__(self, table):
        names = table["id"]  # in the order of id and revision: the last of each id counts
        ends = list(map(ne, names, [*names[1:], None]))
        every = {name: column for name, column in table.items() if name != "revision"}
        if not all(ends):
            every = {name: list(compress(column, ends)) for name, column in every.items()}
        self.id, self.member, self.group = every["id"], every["member"], every["group"]
        self.product, self.side, self.lot = every["product"], every["side"], every["lot"]
        self.lots, self.limit, self.cancelled = every["lots"], every["limit"], every["cancelled"]

    def __len__(self):
        return len(self.id)


def terms(link):
    """Kilograms of each product per run: + comes out, − goes in."""
    if "origin" in link:
        return {link["origin"]: -1, link["destination"]: 1}
    found = {name: -kg for name, kg in link["inputs"]}
    found.update(dict(link["outputs"]))
    return found


class Side:
    """The standing bids or asks of a product, by id: entry n is order `at[n]` of the book."""

    def __init__(self, orders, kg, at):
        self.at, self.group = at, [orders.group[k] for k in at]
        self.limit, self.kg = [orders.limit[k] for k in at], [kg[k] for k in at]
        self.filled, self.netted = [0] * len(at), [0] * len(at)

    def levels(self):
        """Kilograms at each limit."""
        found = {}
        for limit, kg in zip(self.limit, self.kg, strict=True):
            found[limit] = found.get(limit, 0) + kg
        return found

    def groups(self):
        """Groups of which something is filled."""
        return set(compress(self.group, self.filled))

    def by_group(self):
        """Kilograms filled of each group."""
        found = {}
        for group, kg in zip(self.group, self.filled, strict=True):
            if kg:
                found[group] = found.get(group, 0) + kg
        return found

    def net(self, left):
        """Take out of each group's fills, in the order of ids, what `left` says of the group."""
        for n, (group, kg) in enumerate(zip(self.group, self.filled, strict=True)):
            if kg and left.get(group):
                self.netted[n] = part = min(left[group], kg)
                left[group] -= part


class Check:
    """One pass over the stages; `sections` is what should have been published."""

    def __init__(self, book, rules, proof):
        self.orders = Orders(sound(book, rules))
        self.book, self.rules, self.proof = book, rules, proof
        self.products = {row["id"]: row for row in book["products"]}
        self.names = sorted(self.products)
        self.verdicts = {(r["buyer"], r["subject"]): r["eligible"] for r in book["eligibility"]}
        self.money = {row["member"]: row["money"] for row in book["collateral"]}
        self.refusals = last(book["refusals"])
        self.void = {}  # of links, refusals and tiers, by id
        self.void_links()
        lot = {name: row["lot_kg"] for name, row in self.products.items()}
        pairs = zip(self.orders.product, self.orders.lots, strict=True)
        self.kg = [lot[product] * lots for product, lots in pairs]  # of each order
        self.fault = [""] * len(self.orders)  # why it is void
        self.void_orders()
        linked = last(book["conversions"]) + last(book["arcs"])
        self.links = sorted(
            (one for one in linked if one["id"] not in self.void), key=lambda one: one["id"]
        )
        self.extras = list(self.stockpile())
        self.sides = self.standing()
        self.runs, self.legs_of, self.extra_kg = {}, {}, {}
        self.price, self.exact, self.excess = {}, {}, {}
        self.welfare = Fraction(0)

    def standing(self):
        """Product -> its bids and asks that stand."""
        at = {name: {"bid": [], "ask": []} for name in self.names}
        entries = zip(self.fault, self.orders.product, self.orders.side, strict=True)
        for k, (fault, product, side) in enumerate(entries):
            if not fault:
                at[product][side].append(k)
        return {
            name: {side: Side(self.orders, self.kg, own) for side, own in both.items()}
            for name, both in at.items()
        }

    def wanted(self, refusal):
        return refusal["lots"] * self.products[refusal["product"]]["lot_kg"]

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
            product, cost = self.products[one["product"]], max(0, one["limit"]) * self.wanted(one)
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
        orders, fault = self.orders, self.fault
        bounds = {
            name: (row["min_lots"], row["tick"], -MOST if row["floor"] is None else row["floor"])
            for name, row in self.products.items()
        }
        entries = zip(orders.product, orders.cancelled, orders.lots, orders.limit, strict=True)
        for k, (product, cancelled, lots, limit) in enumerate(entries):
            least, tick, lowest = bounds[product]
            if cancelled:
                fault[k] = "cancelled"
            elif lots < least:
                fault[k] = "too_small"
            elif limit % tick:
                fault[k] = "tick"
            elif limit < lowest:
                fault[k] = "floor"
        if self.verdicts:
            self.void_ineligible()
        if self.money:
            self.void_uncovered()

    def void_ineligible(self):
        orders, fault, offered = self.orders, self.fault, {}
        for k, lot in enumerate(orders.lot):
            if fault[k] or orders.side[k] == "bid" or not lot:
                continue
            if self.verdicts.get(("*", lot), True):
                offered.setdefault(orders.product[k], set()).add(lot)
            else:
                fault[k] = "lot"
        no = {pair for pair, yes in self.verdicts.items() if not yes}
        for k, (product, member) in enumerate(zip(orders.product, orders.member, strict=True)):
            if fault[k] or orders.side[k] == "ask":
                continue
            if not self.allow(member, product):
                fault[k] = "eligibility"
            elif any((member, lot) in no for lot in offered.get(product, ())):
                fault[k] = "barred_lot"

    def void_uncovered(self):
        orders, fault, left = self.orders, self.fault, self.money
        bids = [
            k for k, member in enumerate(orders.member)
            if member in left and orders.side[k] == "bid" and not fault[k]
        ]  # fmt: skip
        for k in sorted(bids, key=lambda k: (-orders.limit[k], orders.id[k])):
            cost = max(0, orders.limit[k]) * self.kg[k]
            if cost <= left[orders.member[k]]:
                left[orders.member[k]] -= cost
            else:
                fault[k] = "collateral"

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

    def sections(self):
        """Section -> its JSON text."""
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

    def alone(self, name):
        """The price of one product: every candidate is tried, the nearest to the reference kept."""
        product = self.products[name]
        sides = self.sides[name]
        bids, asks = sides["bid"].levels(), sides["ask"].levels()
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
        self.welfare += sum(map(mul, sides["bid"].limit, sides["bid"].filled))
        self.welfare -= sum(map(mul, sides["ask"].limit, sides["ask"].filled))

    def fill(self, name, side, price, on_limit, better=None):
        """Fill what is better than its limit, or `better` kilograms of it; then `on_limit`."""
        own = self.sides[name][side]
        below, above = floor(price), ceil(price)  # a limit is whole: one of them is as good
        entries = zip(own.limit, own.kg, strict=True)
        if side == "bid":
            own.filled = [kg if limit > below else 0 for limit, kg in entries]
        else:
            own.filled = [kg if limit < above else 0 for limit, kg in entries]
        if better is not None:
            self.ration(name, own, [n for n, kg in enumerate(own.filled) if kg], better, PPM)
        equal = [n for n, limit in enumerate(own.limit) if limit == below == above]
        at_floor = side == "ask" and price == self.products[name]["floor"]
        self.ration(name, own, equal, on_limit, self.rules["group_cap_ppm"] if at_floor else PPM)

    def ration(self, name, own, at, kg, cap):
        sizes = [own.kg[n] for n in at]
        given = self.share(kg, own, at, sizes, self.products[name]["lot_kg"], cap)
        for n, part in zip(at, given, strict=True):
            own.filled[n] = part

    def tie(self, name):
        text = json.dumps(
            [self.book["auction"], self.rules["commitment"], name],
            ensure_ascii=False, separators=(",", ":"),
        )  # fmt: skip
        return hashlib.sha256(text.encode("utf-8")).hexdigest()

    def share(self, kg, own, at, sizes, lot, cap):
        """Kilograms for the orders `at` of a side out of `kg`: by group, then by order, in lots.

        Ties are settled by hash.
        """
        if kg == sum(sizes):
            return list(sizes)
        if kg == 0:
            return [0] * len(sizes)
        unit = 1 if any(size % lot for size in sizes) else lot
        total = -(-kg // unit)
        members = {}
        for k, n in enumerate(at):
            members.setdefault(own.group[n], []).append(k)
        groups = sorted(members)
        lots = [sum(sizes[k] for k in members[g]) // unit for g in groups]
        most = None if cap >= PPM else [min(size, total * cap // PPM) for size in lots]
        given, last_group = self.apportion(total, lots, groups, most)
        fills, last_row = [0] * len(at), None
        for g, group in enumerate(groups):
            mine = members[group]
            if given[g]:
                names = [self.orders.id[own.at[at[k]]] for k in mine]
                part, end = self.apportion(given[g], [sizes[k] // unit for k in mine], names, None)
                for k, lots_given in zip(mine, part, strict=True):
                    fills[k] = lots_given * unit
                if g == last_group:
                    last_row = mine[end]
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
        before = self.by_order("filled")
        parties = {name: self.parties(name) for name in self.price}
        kg = {name: sum(self.sides[name]["bid"].filled) for name in self.names}
        taken = self.take_refusals()
        self.net()
        filled, netted = self.by_order("filled") if taken else before, self.by_order("netted")
        held = self.hold(parties)
        done = {row["order"] for row in taken}
        short = {
            "format": 1,
            "auction": self.book["auction"],
            "prices": [self.price_row(name, parties, held, kg[name]) for name in self.names],
            "links": self.link_rows(),
            "stockpile": self.stockpile_rows(),
            "refusals": taken,
            "refusals_void": [
                {"order": one["id"], "reason": self.refusal_reason(one)}
                for one in self.refusals
                if one["id"] not in done
            ],
            "welfare": str(self.welfare),
        }
        long = {
            "orders": self.order_texts(before, filled),
            "netted": self.netted_texts(netted),
            "legs": self.leg_texts(self.legs(taken, filled, netted)),
        }
        told = {name: canonical(value) for name, value in short.items()}
        return told | {name: f"[{','.join(texts)}]" for name, texts in long.items()}

    def by_order(self, name):
        """Kilograms of every order of the book, `filled` or `netted`."""
        found = [0] * len(self.orders)
        for both in self.sides.values():
            for own in both.values():
                for k, kg in zip(own.at, getattr(own, name), strict=True):
                    found[k] = kg
        return found

    def bought(self, name):
        return sum(self.extra_kg.get(e[0], 0) for e in self.extras if e[2] == name and e[3] == -1)

    def price_row(self, name, parties, held, kg):
        if name not in self.price:
            return {"product": name, "price": None, "state": "no_trade", "kg": 0}
        kg += self.bought(name)
        kg -= sum(min(0, self.legs_of[one["id"]][name]) for one in self.touching(name))
        row = {
            "product": name, "price": self.price[name], "state": held.get(name, "cleared"),
            "kg": kg, "buyers": parties[name][0], "sellers": parties[name][1],
        }  # fmt: skip
        if self.products[name]["floor"] is not None:
            row["floor_covered_kg"] = self.bought(name)
            row["excess_kg"] = self.excess.get(name, 0)
        return row

    def order_texts(self, before, filled):
        """What became of each order and why, as JSON."""
        orders = self.orders
        around = {name: (floor(price), ceil(price)) for name, price in self.exact.items()}
        rows = zip(orders.id, self.fault, filled, before, self.kg, strict=True)
        for k, (name, why, kg, first, size) in enumerate(rows):
            state = "void" if why else "standing"
            if why:
                pass
            elif kg < first:
                why = "displaced"
            elif first == 0 and orders.product[k] not in around:
                why = "no_trade"
            elif first == size:
                why = "filled"
            else:
                (below, above), limit = around[orders.product[k]], orders.limit[k]
                bid = orders.side[k] == "bid"
                if limit > below if bid else limit < above:  # better than the price
                    why = "cut"
                else:
                    why = "rationed" if limit == below == above else "outside"
            yield f'{{"kg":{kg},"order":{quote(name)},"reason":"{why}","state":"{state}"}}'

    def netted_texts(self, netted):
        for name, kg in zip(self.orders.id, netted, strict=True):
            if kg:
                yield f'{{"kg":{kg},"order":{quote(name)}}}'

    def leg_texts(self, legs):
        """Movements as JSON; metal of each product and money must sum to nothing."""
        kg, money = dict.fromkeys(self.names, 0), 0
        quoted = {
            name: quote(name) for _, product, _, member, _ in legs for name in (product, member)
        }
        for order, product, mass, member, uusd in legs:
            kg[product] += mass
            money += uusd
            yield (
                f'{{"kg":{mass},"member":{quoted[member]},"order":{quote(order)},'
                f'"product":{quoted[product]},"uusd":{uusd}}}'
            )
        need(not money and not any(kg.values()), "the movements are out of balance")

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
            groups = self.sides[name][side].groups()
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
            own = self.sides[name]["bid"]
            at = [n for n, kg in enumerate(own.filled) if kg and own.group[n] != one["group"]]
            sizes = [own.filled[n] for n in at]
            kg = min(self.wanted(one), sum(sizes))
            if not kg:
                continue
            given = self.share(kg, own, at, sizes, self.products[name]["lot_kg"], PPM)
            lost = [(n, part) for n, part in zip(at, given, strict=True) if part]
            for n, part in lost:
                own.filled[n] -= part
            names = [self.orders.id[own.at[n]] for n, _ in lost]
            displaced = [
                {"order": order, "kg": part} for order, (_, part) in zip(names, lost, strict=True)
            ]
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
        """Take out of every side what its groups' own orders of the other side match."""
        for both in self.sides.values():
            bid, ask = both["bid"].by_group(), both["ask"].by_group()
            for own in both.values():
                own.net({group: min(bid[group], ask[group]) for group in bid.keys() & ask.keys()})

    def legs(self, taken, filled, netted):
        """Every movement (order, product, kg, member, micro-dollars); + is received."""
        orders, price, rows = self.orders, self.price, []
        member = dict(zip(orders.id, orders.member, strict=True)) if taken else {}
        moved = map(sub, filled, netted)
        entries = zip(orders.id, orders.product, moved, orders.member, orders.side, strict=True)
        for name, product, kg, who, side in entries:
            if kg:
                kg = kg if side == "bid" else -kg
                rows.append((name, product, kg, who, -kg * price[product]))
        for one in taken:
            name, product, kg, premium = (one[f] for f in ("order", "product", "kg", "premium"))
            rows.append((name, product, kg, one["member"], -kg * (price[product] + premium)))
            for lost in one["displaced"]:
                if premium:
                    name = lost["order"]
                    rows.append((name, product, 0, member[name], lost["kg"] * premium))
        for one in self.links:
            for product, kg in self.legs_of[one["id"]].items():
                if kg:
                    rows.append((one["id"], product, -kg, one["member"], kg * price[product]))
        for name, who, product, sign, _, _ in self.extras:
            kg = sign * self.extra_kg.get(name, 0)
            if kg:
                rows.append((name, product, -kg, who, kg * price[product]))
        return sorted(rows, key=itemgetter(0, 1, 2))


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
        self.bids = {name: whole.sides[name]["bid"].levels() for name in part}
        self.asks = {name: whole.sides[name]["ask"].levels() for name in part}
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
            below, above = floor(self.price[name]), ceil(self.price[name])  # limits are whole
            if kg := sum(q for p, q in self.bids[name].items() if p > below):
                yield "bids", name, kg, 1, {name: -1}
            if kg := sum(q for p, q in self.asks[name].items() if p < above):
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
                below, above = floor(self.price[key]), ceil(self.price[key])  # limits are whole
                if kind == "bids":
                    total += sum(p * q for p, q in self.bids[key].items() if p > below)
                else:
                    total -= sum(p * q for p, q in self.asks[key].items() if p < above)
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
            any(any(own.filled) for own in sides.values())
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

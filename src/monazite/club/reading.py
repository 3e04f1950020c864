"""What stands in the files of a book and of its rules? Every fault at once, with its place.

A book is one JSON or YAML file, or a folder of `book.yaml` and CSV tables named after its lists.
Numbers are whole: kilograms, micro-dollars per kilogram, micro-dollars. Where a person writes, a
text with a unit does as well: "110.5 USD/kg", "2 MUSD", "12 t".
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import cache
from json.encoder import encode_basestring as quote
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monazite.club.orders import MOST_IN_ALL, Book, Order, Rules
from monazite.errors import Fault, InputError, fault
from monazite.places import Places, fault_at, read_yaml

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError

UNITS = {
    "USD/kg": 10**6, "USD/t": 10**3, "USD": 10**6, "kUSD": 10**9, "MUSD": 10**12,
    "kg": 1, "t": 10**3, "kt": 10**6, "%": 10**4,
}  # fmt: skip
MOST_DIGITS = 30  # more than any quantity or sum of money of the world has
LISTS = tuple(one.name for one in fields(Book) if one.name != "auction")
PIECE = 10_000  # orders in a piece of the text of a book


def read_book(path: str | Path) -> Book:
    """The book of a file or folder. Raises InputError with every fault found."""
    source = Path(path)
    if source.is_dir():
        return _from_folder(source)
    text = text_of(source)
    if (book := _canonical_book(text)) is not None:
        return book
    found, places = mapping_of(text, source.name, "club_book_shape")
    return book_of(found, places)


def _canonical_book(text: str) -> Book | None:
    """The book of a text as a club publishes it, read in half the time.

    None where it is written in another way, or where anything is wrong: the long way tells what.
    """
    from monazite.club.verify import canonical_book, careful

    try:
        with careful():
            found = canonical_book(text.rstrip("\n"))
            if found is None:
                return None
            rest = {**found[0], "orders": []}  # whose numbers are whole ones already
            del found
            book: Book = _whole(Book, text)
            return None if _in_units(rest) != rest or any(contradictions(book)) else book
    except ValueError:  # among them pydantic's
        return None


def read_rules(path: str | Path) -> Rules:
    """The rules of a YAML or JSON file. Raises InputError with every fault found."""
    source = Path(path)
    found, places = mapping_of(text_of(source), source.name, "club_rules_shape")
    with _shallow(source.name):
        return _checked(Rules, _in_units(found), Source(places))


def book_of(found: Mapping[str, Any], places: Places | None = None) -> Book:
    """The book that nested lists and mappings tell, checked. Raises InputError."""
    source = Source(places or Places("book"))
    with _shallow(source.places.file):
        book = _checked(Book, _in_units(found), source)
    if faults := list(contradictions(book, source)):
        raise InputError(faults)
    return book


def canonical(value: Any) -> str:
    """JSON in one way only: sorted keys, no spaces, whole numbers and text, no escapes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def record_of(value: Book | Rules) -> dict[str, Any]:
    """A book or rules as nested lists and mappings, each list in the order of its ids."""
    record = {
        one.name: getattr(value, one.name)
        for one in fields(value)
        if one.name not in LISTS or isinstance(value, Rules)
    }
    if isinstance(value, Rules):
        return record
    for name in LISTS:
        rows = sorted(getattr(value, name), key=_key)
        names = [one.name for one in fields(rows[0])] if rows else []
        record[name] = [{name: getattr(row, name) for name in names} for row in rows]
    return record


def book_text(book: Book) -> str:
    """The canonical JSON of a book; the same as of its record, for millions of orders sooner."""
    return "".join(book_pieces(book))


def book_pieces(book: Book) -> Iterator[str]:
    """The canonical JSON of a book piece by piece, so that a digest needs little memory."""
    parts = record_of(replace(book, orders=()))
    for k, name in enumerate(sorted(parts)):
        yield f'{"," if k else "{"}"{name}":'
        if name == "orders":
            yield from _orders_text(_ranked(book.orders))
        else:
            yield canonical(parts[name])
    yield "}"


def _orders_text(orders: Sequence[Order]) -> Iterator[str]:
    q = _Quoted()
    yield "["
    for first in range(0, len(orders), PIECE):
        rows = [
            f'{{"cancelled":{"true" if o.cancelled else "false"},"group":{q[o.group]},'
            f'"id":{quote(o.id)},"limit":{o.limit},"lot":{q[o.lot]},"lots":{o.lots},'
            f'"member":{q[o.member]},"product":{q[o.product]},"revision":{o.revision},'
            f'"side":"{o.side}"}}'
            for o in orders[first : first + PIECE]
        ]
        yield ("," if first else "") + ",".join(rows)
    yield "]"


class _Quoted(dict[str, str]):
    """Names as JSON, each quoted when it first comes."""

    def __missing__(self, name: str) -> str:
        self[name] = text = quote(name)
        return text


def _ranked(orders: Sequence[Order]) -> Sequence[Order]:
    """Orders by id and revision; a million that are so already are not sorted."""
    names = [one.id for one in orders]
    if all(map(str.__lt__, names, names[1:])):
        return orders
    return sorted(orders, key=attrgetter("id", "revision"))


def _key(row: Any) -> tuple[str, Any]:
    """What orders the rows of a list: id and revision, buyer and subject, or member."""
    if hasattr(row, "id"):
        return row.id, getattr(row, "revision", 0)
    return (row.buyer, row.subject) if hasattr(row, "buyer") else (row.member, "")


# --- text to values -------------------------------------------------------------------------------


class Source:
    """Where a value came from: a path of a YAML or JSON file, or a line and column of a table."""

    def __init__(
        self, places: Places, tables: Mapping[str, tuple[str, Sequence[int]]] | None = None
    ) -> None:
        self.places, self.tables = places, tables or {}

    def fault(self, key: str, path: Sequence[str | int], **values: Any) -> Fault:
        if path and path[0] in self.tables:
            file, lines = self.tables[str(path[0])]
            row = path[1] if len(path) > 1 else None
            line = lines[row] if isinstance(row, int) and row < len(lines) else 0
            column = str(path[2]) if len(path) > 2 else ""
            shown = ".".join(str(part) for part in path[2:]) or str(path[0])
            return fault(key, file, line, column, path=shown, caret="", **values)
        return fault_at(self.places, key, path, **values)


def text_of(path: Path, missing: str = "club_no_file") -> str:
    """The text of a file; ``errors.<missing>`` is what is said where there is none."""
    if not path.is_file():
        raise InputError([fault(missing, str(path))])
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError([fault("club_encoding", path.name)]) from error


def mapping_of(text: str, file: str, shape: str) -> tuple[dict[str, Any], Places]:
    """What a JSON or YAML text holds; places in JSON are looked up only where it is not sound.

    Raises InputError, also for a field told twice, of which readers would take the last, and for
    records in records without end.
    """
    with _shallow(file):
        found = _sound_json(text)
        if found is None:
            read = _yaml(text, file, shape)  # it says where the text is no YAML
            if twice := list(_keys_twice(text, file)):
                raise InputError(twice)
            return read
        if found.twice:
            raise InputError(list(_keys_twice(as_yaml(text), file)))
        if isinstance(found.value, dict):
            return found.value, _LazyPlaces(text, file, shape)
        return _yaml(as_yaml(text), file, shape)


@contextmanager
def _shallow(file: str) -> Iterator[None]:
    try:
        yield
    except RecursionError as error:
        raise InputError([fault("club_nested", file)]) from error


def _yaml(text: str, file: str, shape: str) -> tuple[dict[str, Any], Places]:
    try:
        return read_yaml(text, file, shape)
    except ValueError as error:  # a date of a 13th month, a number of thousands of digits
        raise InputError([fault("club_unread", file, told=str(error))]) from error


@dataclass
class _Json:
    """The value of a JSON text, and whether a record in it names a field twice."""

    value: Any
    twice: bool


def _sound_json(text: str) -> _Json | None:
    """What a JSON text holds; None where it is not JSON."""
    if not text.lstrip().startswith(("{", "[")):
        return None
    twice = False

    def record(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal twice
        found = dict(pairs)
        twice |= len(found) < len(pairs)
        return found

    try:
        return _Json(json.loads(text, object_pairs_hook=record), twice)
    except ValueError:  # no JSON, or a number of thousands of digits
        return None


def _keys_twice(text: str, file: str) -> Iterator[Fault]:
    """Fields that a record names twice: readers of JSON and YAML would silently take the last."""
    import yaml

    waiting = [yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))]
    seen = set[int]()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value
        if isinstance(node, yaml.MappingNode):
            names = set[str]()
            for key, value in node.value:
                waiting.append(value)
                if key.value in names:
                    mark = key.start_mark
                    place = (mark.line + 1, str(mark.column + 1))
                    yield fault("club_key_twice", file, *place, key.value)
                names.add(key.value)


class _LazyPlaces(Places):
    """The places of a JSON text, worked out when a fault first asks for one."""

    def __init__(self, text: str, file: str, shape: str) -> None:
        object.__setattr__(self, "file", file)
        object.__setattr__(self, "lines", tuple(text.splitlines()))
        object.__setattr__(self, "written", {})
        object.__setattr__(self, "given", {})
        object.__setattr__(self, "_text", text)
        object.__setattr__(self, "_shape", shape)

    @property
    def at(self) -> dict[tuple[str | int, ...], tuple[int, int]]:
        text = as_yaml(self._text)  # type: ignore[attr-defined]
        return _places_of(text, self.file, self._shape)  # type: ignore[attr-defined]


def as_yaml(text: str) -> str:
    """A sound JSON text in which a reader of YAML finds every value at the same place.

    Two things of JSON are not YAML: tabs between values, and escapes of half a character.
    """
    return _HALF.sub(r"\\u0020", text.replace("\t", " "))


_HALF = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


@cache
def _places_of(text: str, file: str, shape: str) -> dict[tuple[str | int, ...], tuple[int, int]]:
    return read_yaml(text, file, shape)[1].at


def _in_units(value: Any) -> Any:
    """The value with texts such as "110 USD/kg" as whole numbers; others are left as they are."""
    if isinstance(value, Mapping):
        return {
            key: one if key in _WORDS and isinstance(one, str) else _in_units(one)
            for key, one in value.items()
        }
    if isinstance(value, list):
        return [_in_units(one) for one in value]
    return whole(value) if isinstance(value, str) else value


# fields that hold words, in which a number with a unit is only a name
_WORDS = frozenset(
    ("id", "auction", "member", "group", "product", "lot", "reason", "buyer", "subject", "place")
    + ("material", "grade", "origin", "destination", "side", "version", "commitment")
)


def whole(text: str) -> int | str:
    """The whole number that a number with a unit means; the text itself where it means none."""
    number, _, unit = text.strip().partition(" ")
    try:
        given = Decimal(number)
        # working out what has more digits could take all memory
        long = len(number) > MOST_DIGITS or abs(given.adjusted()) > MOST_DIGITS
        if not given.is_finite() or long:
            return text
        exact = Fraction(given) * UNITS[unit.strip()]
    except (InvalidOperation, KeyError):
        return text
    return int(exact) if exact.denominator == 1 else text


# --- checks ---------------------------------------------------------------------------------------


@cache
def _adapter(kind: type) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    _strict()
    return TypeAdapter(kind)


def _checked(kind: type, found: Mapping[str, Any], source: Source) -> Any:
    from pydantic import ValidationError

    try:
        # by way of JSON, where lists are tuples and nothing else is converted
        return _whole(kind, json.dumps(found, default=str))
    except ValidationError as error:
        raise InputError(complaints(error, source)) from error


def _whole(kind: type, text: str) -> Any:
    """A book or rules of a JSON text. Raises ValidationError."""
    read = _adapter(kind).validate_json(text)
    lists = {name: tuple(getattr(read, name)) for name in LISTS if kind is Book}
    return replace(read, **lists)


@cache
def _strict() -> None:
    """Tell pydantic once that no part of a book is converted or may have unknown fields."""
    from pydantic import ConfigDict

    from monazite.club import orders

    for name in vars(orders).values():
        if isinstance(name, type) and hasattr(name, "__dataclass_fields__"):
            name.__pydantic_config__ = ConfigDict(strict=True, extra="forbid")  # type: ignore[attr-defined]


def complaints(
    error: ValidationError, source: Source, under: tuple[str | int, ...] = ()
) -> list[Fault]:
    """What pydantic says, as faults at their places, one a place, in the order of the file.

    `under` is the path at which what was checked lies.
    """
    found: dict[tuple[Any, ...], Fault] = {}
    for one in error.errors(include_url=False):
        path = (*under, *(part for part in one["loc"] if part not in ("function-after",)))
        name = str(path[-1]) if path else ""
        if one["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
            told = source.fault("club_unknown", path, name=name)
        elif one["type"] in ("missing", "missing_argument"):
            told = source.fault("club_missing", path, name=name)
        else:
            given = one.get("input")
            told = source.fault("club_value", path, told=_told(one), name=name, given=given)
        found.setdefault(path, told)
    return sorted(found.values(), key=lambda one: (one.file, one.line))


def _told(one: Any) -> str:
    from monazite.messages import catalogue, say

    key = f"club.fault.{one['type']}"
    return say(key, **(one.get("ctx") or {})) if key in catalogue() else str(one["msg"])


def contradictions(book: Book, source: Source | None = None) -> Iterator[Fault]:
    """What no single field shows: names twice, names unknown, prices the rules cannot place."""
    at = source or Source(Places("book"))
    yield from _twice(book, at)
    known = {one.id: one for one in book.products}
    linked = set[str]()
    for path, name in _products_named(book):
        if name not in known:
            yield at.fault("club_no_product", path, name=name)
        elif path[0] in ("conversions", "arcs"):
            linked.add(name)
    for k, product in enumerate(book.products):
        yield from _of_product(product, k, product.id in linked, at)
    lot_kg = {name: product.lot_kg for name, product in known.items()}
    if sum(one.lots * lot_kg.get(one.product, 0) for one in book.orders) > MOST_IN_ALL:
        yield at.fault("club_too_much", ("orders",), most=MOST_IN_ALL)
    for k, arc in enumerate(book.arcs):
        if arc.origin == arc.destination:
            yield at.fault("club_arc_nowhere", ("arcs", k, "destination"), name=arc.id)
    for k, one in enumerate(book.conversions):
        names = [name for name, _ in (*one.inputs, *one.outputs)]
        if len(set(names)) < len(names):
            yield at.fault("club_recipe_twice", ("conversions", k, "inputs"), name=one.id)
    for k, tier in enumerate(book.releases):
        if 3 * tier.kg > tier.stock_kg - tier.core_kg:
            most = max(0, (tier.stock_kg - tier.core_kg) // 3)
            yield at.fault("club_tier", ("releases", k, "kg"), name=tier.id, most=most)
    for k, buy in enumerate(book.purchases):
        if buy.product in known and known[buy.product].floor is None:
            yield at.fault("club_no_floor", ("purchases", k, "product"), name=buy.product)


def _of_product(product: Any, k: int, linked: bool, at: Source) -> Iterator[Fault]:
    if linked and product.reference is None:
        yield at.fault("club_no_reference", ("products", k, "reference"), name=product.id)
    if product.floor is not None and product.floor % product.tick:
        yield at.fault(
            "club_floor_tick", ("products", k, "floor"), name=product.floor, tick=product.tick
        )
    if product.band is not None and product.band[0] > product.band[1]:
        yield at.fault("club_band", ("products", k, "band"), name=product.id)


def _twice(book: Book, at: Source) -> Iterator[Fault]:
    """One id belongs to one order of any kind; only its revisions share it."""
    products = set[str]()
    for k, product in enumerate(book.products):
        if product.id in products:
            yield at.fault("club_twice", ("products", k, "id"), name=product.id)
        products.add(product.id)
    seen = dict[str, str]()
    entries = set[tuple[str, int]]()
    for kind in ("orders", "conversions", "arcs", "refusals", "purchases", "releases"):
        for k, one in enumerate(getattr(book, kind)):
            entry = (one.id, getattr(one, "revision", 0))
            if entry in entries or seen.setdefault(one.id, kind) != kind:
                yield at.fault("club_twice", (kind, k, "id"), name=one.id)
            entries.add(entry)
    verdicts = set[tuple[str, str]]()
    for k, row in enumerate(book.eligibility):
        if (row.buyer, row.subject) in verdicts:
            yield at.fault("club_twice", ("eligibility", k, "subject"), name=row.subject)
        verdicts.add((row.buyer, row.subject))
    members = set[str]()
    for k, held in enumerate(book.collateral):
        if held.member in members:
            yield at.fault("club_twice", ("collateral", k, "member"), name=held.member)
        members.add(held.member)


def _products_named(book: Book) -> Iterator[tuple[tuple[str | int, ...], str]]:
    for kind in ("orders", "refusals", "purchases", "releases"):
        for k, one in enumerate(getattr(book, kind)):
            yield (kind, k, "product"), one.product
    for k, arc in enumerate(book.arcs):
        yield ("arcs", k, "origin"), arc.origin
        yield ("arcs", k, "destination"), arc.destination
    for k, recipe in enumerate(book.conversions):
        for side in ("inputs", "outputs"):
            for name, _ in getattr(recipe, side):
                yield ("conversions", k, side), name


# --- a folder of tables ---------------------------------------------------------------------------


def _from_folder(folder: Path) -> Book:
    head = folder / "book.yaml"
    found, places = mapping_of(text_of(head), head.name, "club_book_shape")
    tables: dict[str, tuple[str, Sequence[int]]] = {}
    for name in LISTS:
        file = folder / f"{name}.csv"
        if file.is_file():
            found[name], lines = table(file)
            tables[name] = (file.name, lines)
    source = Source(places, tables)
    book = _checked(Book, _in_units(found), source)
    if faults := list(contradictions(book, source)):
        raise InputError(faults)
    return book


def table(file: Path) -> tuple[list[dict[str, Any]], list[int]]:
    """The rows of a table and their lines; an empty cell is a field not given.

    Raises InputError for rows of other lengths than the header, and for a column named twice.
    """
    reader = csv.reader(io.StringIO(text_of(file), newline=""))
    header: list[str] = []
    units: list[str] = []
    rows, lines, faults = [], [], []
    for cells in _cells(reader, file):
        if not any(cells):
            continue
        if not header:
            parts = [title.strip().rstrip("]").partition("[") for title in cells]
            header = [name.strip() for name, _, _ in parts]
            units = [unit.strip() for _, _, unit in parts]
            twice = sorted({name for name in header if header.count(name) > 1})
            faults += [fault("club_key_twice", file.name, reader.line_num, "", n) for n in twice]
        elif len(cells) != len(header):
            faults.append(
                fault("club_ragged", file.name, reader.line_num, value=len(cells), n=len(header))
            )
        else:
            given = zip(header, units, cells, strict=True)
            rows.append({name: _cell(name, unit, cell) for name, unit, cell in given if cell})
            lines.append(reader.line_num)
    if faults:
        raise InputError(faults)
    return rows, lines


def _cells(reader: Any, file: Path) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error as error:
        told = str(error)
        raise InputError([fault("club_csv", file.name, reader.line_num, told=told)]) from error


def _cell(name: str, unit: str, cell: str) -> Any:
    """A cell as the value it stands for: recipe, band, truth, number, number with unit, or text."""
    cell = cell.strip()
    if name in ("inputs", "outputs"):
        parts = [part.rpartition(":") for part in cell.split(";") if part.strip()]
        return [[product.strip(), _number(kg.strip())] for product, _, kg in parts]
    if name == "band":
        return [_number(f"{part.strip()} {unit}".strip()) for part in cell.split(":")]
    if name in ("cancelled", "eligible"):
        return {"true": True, "false": False}.get(cell.lower(), cell)
    if name in _WORDS:
        return cell
    return _number(f"{cell} {unit}".strip())


def _number(text: str) -> int | str:
    try:
        return int(text)
    except ValueError:
        return whole(text)

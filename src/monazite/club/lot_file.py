"""What stands in a file of lots? Every fault at once, with its place.

A file is JSON or YAML: `lots`, `sales` and, in words, `about`. Fields are those of the records in
`monazite.club.lots`; dates are 2026-11-22. Numbers are whole: kg, ppm, micro-dollars per kg. Where
a person writes, a text with a unit does as well: "12 t", "85.5 %", "110.5 USD/kg".
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monazite.club.lots import MILLION, Lot, Owner, Register
from monazite.club.reading import Source, complaints, mapping_of, text_of, whole
from monazite.errors import Fault, InputError, fault
from monazite.places import Places

if TYPE_CHECKING:
    from pydantic import TypeAdapter

EXAMPLE = Path(__file__).with_name("example_lots.json")
NUMBERS = ("net_kg", "kg", "ppm", "plus_minus_ppm", "share_ppm", "value_uusd_per_kg")
COUNTRY = re.compile(r"[A-Z]{3}")  # ISO 3166-1, three letters
ELEMENT = re.compile(r"[A-Z][a-z]?")
SHA256 = re.compile(r"[0-9a-f]{64}")
RESTRICTION = re.compile(r"country:[A-Z]{3}|use:\w+")

Trail = tuple[str | int, ...]


def read_lots(path: str | Path, known: Collection[str] = ()) -> Register:
    """The register of a file, or the shipped one for "example". Raises InputError with all faults.

    `known` lots stand elsewhere and may be sold here. That the books hold is not asked here; see
    `monazite.club.mass.breaches`.
    """
    file = EXAMPLE if str(path) == "example" else Path(path)
    text = text_of(file, "club_no_lots")
    try:
        found, places = mapping_of(text, file.name, "club_lots_shape")
        return lots_of(found, places, known)
    except RecursionError as error:
        raise InputError([fault("club_deep", file.name)]) from error


def lots_of(
    found: Mapping[str, Any], places: Places | None = None, known: Collection[str] = ()
) -> Register:
    """The register that nested lists and mappings tell, checked. Raises InputError."""
    from pydantic import ValidationError

    source = Source(places or Places("lots"))
    try:
        # by way of JSON, where lists are tuples, dates are texts and nothing else is converted
        register = _adapter().validate_json(json.dumps(_in_units(found), default=str))
    except ValidationError as error:
        raise InputError(complaints(error, source)) from error
    if faults := list(_contradictions(register, source, known)):
        raise InputError(sorted(faults, key=lambda one: one.line))
    return register


@cache
def _adapter() -> TypeAdapter[Register]:
    from pydantic import ConfigDict, TypeAdapter

    from monazite.club import lots

    for one in vars(lots).values():
        if isinstance(one, type) and hasattr(one, "__dataclass_fields__"):
            one.__pydantic_config__ = ConfigDict(strict=True, extra="forbid")  # type: ignore[attr-defined]
    return TypeAdapter(Register)


def _in_units(value: Any, name: str = "") -> Any:
    """The value with texts such as "12 t" as whole numbers in the fields that hold numbers."""
    if isinstance(value, Mapping):
        return {key: _in_units(one, key) for key, one in value.items()}
    if isinstance(value, list):
        return [_in_units(one) for one in value]
    return whole(value) if name in NUMBERS and isinstance(value, str) else value


# --- what no single field shows -------------------------------------------------------------------


def _contradictions(register: Register, at: Source, elsewhere: Collection[str]) -> Iterator[Fault]:
    yield from _twice([lot.id for lot in register.lots], "lots", at)
    yield from _twice([sale.id for sale in register.sales], "sales", at)
    known = {lot.id for lot in register.lots}.union(elsewhere)
    for k, lot in enumerate(register.lots):
        yield from _of_lot(lot, ("lots", k), at)
    for k, sale in enumerate(register.sales):
        if sale.lot not in known:
            yield at.fault("club_no_lot", ("sales", k, "lot"), name=sale.lot)
        if sale.seller == sale.buyer:
            yield at.fault("club_own_sale", ("sales", k, "buyer"), name=sale.buyer)


def _twice(ids: Sequence[str], kind: str, at: Source) -> Iterator[Fault]:
    seen: set[str] = set()
    for k, id in enumerate(ids):
        if id in seen:
            yield at.fault("club_id_twice", (kind, k, "id"), name=id)
        seen.add(id)


def _of_lot(lot: Lot, path: Trail, at: Source) -> Iterator[Fault]:
    yield from _country(lot.operator_country, (*path, "operator_country"), at)
    for k, step in enumerate(lot.steps):
        yield from _country(step.country, (*path, "steps", k, "country"), at)
        yield from _country(step.technology, (*path, "steps", k, "technology"), at)
    yield from _owners(lot.owners, (*path, "owners"), at)
    parents = [one.lot for one in lot.parents]
    for k, parent in enumerate(parents):
        if parent == lot.id or parent in parents[:k]:
            key = "club_own_parent" if parent == lot.id else "club_parent_twice"
            yield at.fault(key, (*path, "parents", k, "lot"), name=parent)
    yield from _assays(lot, path, at)
    for k, paper in enumerate(lot.documents):
        if not SHA256.fullmatch(paper.sha256):
            yield at.fault("club_hash", (*path, "documents", k, "sha256"), name=paper.name)
    for k, one in enumerate(lot.restrictions):
        if not RESTRICTION.fullmatch(one):
            yield at.fault("club_restriction", (*path, "restrictions", k), name=one)


def _country(code: str | None, path: Trail, at: Source) -> Iterator[Fault]:
    if code is not None and not COUNTRY.fullmatch(code):
        yield at.fault("club_country", path, name=code)


def _owners(owners: Sequence[Owner], path: Trail, at: Source) -> Iterator[Fault]:
    total = sum(owner.share_ppm or 0 for owner in owners)
    if total > MILLION:
        yield at.fault("club_shares", path, total=total)
    for k, owner in enumerate(owners):
        yield from _country(owner.country, (*path, k, "country"), at)
        yield from _owners(owner.owners, (*path, k, "owners"), at)


def _assays(lot: Lot, path: Trail, at: Source) -> Iterator[Fault]:
    elements = [one.element for one in lot.assays]
    for k, element in enumerate(elements):
        if not ELEMENT.fullmatch(element):
            yield at.fault("club_element", (*path, "assays", k, "element"), name=element)
        if element in elements[:k]:
            yield at.fault("club_id_twice", (*path, "assays", k, "element"), name=element)
    least = sum(one.low for one in lot.assays)
    if least > MILLION:
        yield at.fault("club_assays", (*path, "assays"), total=least)

"""Which contracts stand in a file? Terms by the contract's id, checked; every fault at once.

A file is YAML or JSON: contract id -> `kind`, its terms, and in words `source` and `assumed`. Dates
are 2026-11-22; numbers are whole (kg, micro-dollars per kg, micro-dollars, ppm) or texts with a
unit: "5000 t", "110 USD/kg", "10 MUSD", "30 %". `account` tells what the running year has seen.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from functools import cache
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

from monazite.club.contracts.base import Account, Contract
from monazite.club.contracts.published import NOTES
from monazite.club.lots import MILLION
from monazite.club.orders import MOST_PRICE
from monazite.club.reading import Source, complaints, mapping_of, text_of, whole
from monazite.errors import Fault, InputError
from monazite.places import Places

if TYPE_CHECKING:
    from pydantic import TypeAdapter

MOST = 10**18  # kilograms and micro-dollars that every reader of JSON holds


def read_contracts(path: str | Path) -> tuple[dict[str, dict[str, Any]], Places]:
    """Contract id -> terms as JSON holds them, and the places; a published contract by its id.

    Raises InputError with every fault.
    """
    from monazite.club.contracts.published import published_terms

    if str(path) in published_terms():
        found, places = {str(path): published_terms()[str(path)]}, Places("published")
    else:
        file = Path(path)
        found, places = mapping_of(text_of(file), file.name, "club_contracts_shape")
    faults: list[Fault] = []
    terms: dict[str, dict[str, Any]] = {}
    for id, given in found.items():
        try:
            terms[str(id)] = terms_of(str(id), given, places)
        except InputError as error:
            faults += error.faults
    if not found:
        faults.append(Source(places).fault("club_contracts_shape", ()))
    if faults:
        raise InputError(faults)
    return terms, places


def terms_of(id: str, given: Any, places: Places | None = None) -> dict[str, Any]:
    """Terms as the journal keeps them: whole numbers, dates as text. Raises InputError."""
    at = Source(places or Places("contract"))
    if not isinstance(given, Mapping):
        raise InputError([at.fault("club_contracts_shape", (id,))])
    kind = str(given.get("kind"))
    if kind not in kinds():
        known = ", ".join(kinds())
        raise InputError([at.fault("club_contract_kind", (id, "kind"), kind=kind, known=known)])
    terms = json.loads(json.dumps(dict(given), default=str))
    numbers = {one.name for one in fields(kinds()[kind]) if "int" in str(one.type)}
    for name in numbers & set(terms):
        terms[name] = whole(terms[name]) if isinstance(terms[name], str) else terms[name]
    account = terms.get("account")
    if isinstance(account, dict):
        terms["account"] = {
            name: whole(one) if isinstance(one, str) else one for name, one in account.items()
        }
    _checked(id, terms, at)
    return terms


def contract_in(id: str, terms: Mapping[str, Any]) -> Contract:
    """The contract of terms as `terms_of` writes them. Raises InputError."""
    return _checked(id, terms, Source(Places("contract")))


def account_in(id: str, terms: Mapping[str, Any], year: int) -> Account:
    """What the contract's first year in the club has seen: what the terms tell, else nothing."""
    told = terms.get("account", {"year": max(year, contract_in(id, terms).first.year)})
    return Account(**told)


def _checked(id: str, terms: Mapping[str, Any], at: Source) -> Contract:
    from pydantic import ValidationError

    kind = kinds()[str(terms["kind"])]
    own = {name: one for name, one in terms.items() if name not in (*NOTES, "account")}
    faults: list[Fault] = []
    found: Any = None
    for adapter, part, path in (
        (_adapter(kind), {**own, "id": id}, (id,)),
        (_adapter(Account), terms.get("account", {"year": 1}), (id, "account")),
    ):
        try:
            read = adapter.validate_json(json.dumps(part))
            found = found or read
        except ValidationError as error:
            faults += complaints(error, at, path)
    if not faults:
        faults = list(_contradictions(id, found, terms, at))
    if faults:
        raise InputError(faults)
    return found


def _contradictions(id: str, found: Any, terms: Mapping[str, Any], at: Source) -> Iterator[Fault]:
    for name, value in {**vars(found), **terms.get("account", {})}.items():
        most = MILLION if name.endswith("_ppm") else MOST if "_" in name else MOST_PRICE
        if type(value) is int and not 0 <= value <= most:
            yield at.fault("club_contract_number", (id, name), name=name, given=value, most=most)
    if found.last < found.first:
        yield at.fault("club_contract_dates", (id, "last"), first=found.first, last=found.last)
    if len(set(found.parties)) == 1:
        yield at.fault("club_contract_parties", (id,), name=found.parties[0])


@cache
def kinds() -> Mapping[str, Any]:
    """Kind -> class, for every module of this package that has a CONTRACT."""
    from importlib import import_module

    package = "monazite.club.contracts"
    names = sorted(one.name for one in iter_modules(import_module(package).__path__))
    found = {name: getattr(import_module(f"{package}.{name}"), "CONTRACT", None) for name in names}
    return {name: kind for name, kind in found.items() if kind is not None}


@cache
def _adapter(kind: type) -> TypeAdapter[Any]:
    from pydantic import ConfigDict, TypeAdapter

    kind.__pydantic_config__ = ConfigDict(strict=True, extra="forbid")  # type: ignore[attr-defined]
    return TypeAdapter(kind)

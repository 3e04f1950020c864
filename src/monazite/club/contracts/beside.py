"""Which contracts settle beside an auction? A table of quantities and prices, checked.

Columns: `contract`, `seller`, `buyer`, `product`, `kg` ("5 t"), `price` ("110 USD/kg").
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from monazite.club.contracts.two_step import Contracted
from monazite.club.orders import MOST_KG, MOST_PRICE
from monazite.club.reading import table
from monazite.errors import Fault, InputError, fault

TEXTS = ("contract", "seller", "buyer", "product")
NUMBERS = {"kg": MOST_KG, "price": MOST_PRICE}


def read_contracted(file: Path, products: Collection[str]) -> tuple[Contracted, ...]:
    """The contracts of a CSV table over `products`. Raises InputError with all faults."""
    rows, lines = table(file)
    faults = [one for row, line in zip(rows, lines, strict=True) for one in _wrong(row, line, file)]
    seen = set[Any]()
    for row, line in zip(rows, lines, strict=True):
        name, product = row.get("contract"), row.get("product")
        if product is not None and product not in products:
            faults.append(fault("club_contract_product", file.name, line, "product", product))
        if name in seen:
            faults.append(fault("club_contract_twice", file.name, line, "contract", name))
        seen.add(name)
    if faults:
        raise InputError(faults)
    return tuple(Contracted(**row) for row in rows)


def _wrong(row: dict[str, Any], line: int, file: Path) -> Iterator[Fault]:
    for name in sorted({*row, *TEXTS, *NUMBERS}):
        value: Any = row.get(name)
        fine = isinstance(value, str) if name in TEXTS else type(value) is int
        if name in NUMBERS and fine:
            fine = 0 < value <= NUMBERS[name]
        if not fine:
            yield fault("club_contract_row", file.name, line, name, value)
    if row.get("seller") is not None and row.get("seller") == row.get("buyer"):
        yield fault("club_contract_self", file.name, line, "buyer", row["buyer"])

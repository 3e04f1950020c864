"""Who buys in an auction, for what, and which rules must its lots meet? A table of buyers.

Columns: `member`, `country` (ISO 3166-1, three letters), `uses` and `needs`, each with `;` between
several. A need is a rule, `dfars_step`, or a rule only while it may be in force,
`china_value:in_force`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from monazite.club.content.check import ALWAYS, IN_FORCE, Buyer, Need
from monazite.club.lot_file import COUNTRY
from monazite.club.reading import table
from monazite.errors import Fault, InputError, fault

COLUMNS = ("member", "country", "uses", "needs")


def read_buyers(file: Path, rules: Collection[str]) -> tuple[Buyer, ...]:
    """The buyers of a CSV table, needs among `rules`. Raises InputError with all faults."""
    rows, lines = table(file)
    faults = [
        one for row, line in zip(rows, lines, strict=True) for one in _wrong(row, file, line, rules)
    ]
    members = [row.get("member") for row in rows]
    faults += [
        fault("club_buyer_twice", file.name, line, "member", member)
        for k, (member, line) in enumerate(zip(members, lines, strict=True))
        if member in members[:k]
    ]
    if faults:
        raise InputError(faults)
    return tuple(_buyer(row) for row in rows)


def _wrong(row: dict[str, Any], file: Path, line: int, rules: Collection[str]) -> Iterator[Fault]:
    for name in sorted(set(row) - set(COLUMNS)):
        yield fault("club_buyer_column", file.name, line, name, known=", ".join(COLUMNS))
    if not row.get("member"):
        yield fault(
            "club_missing", file.name, line, "member", name="member", path="member", caret=""
        )
    if not COUNTRY.fullmatch(str(row.get("country", ""))):
        yield fault("club_buyer_country", file.name, line, "country", row.get("country"))
    for need in _parts(row, "needs"):
        rule, _, when = need.partition(":")
        if rule not in rules or when not in ("", ALWAYS, IN_FORCE):
            yield fault("club_buyer_need", file.name, line, "needs", need, known=", ".join(rules))


def _parts(row: dict[str, Any], name: str) -> list[str]:
    return [part.strip() for part in str(row.get(name, "")).split(";") if part.strip()]


def _buyer(row: dict[str, Any]) -> Buyer:
    needs = (need.partition(":") for need in _parts(row, "needs"))
    wanted = tuple(Need(rule, when or ALWAYS) for rule, _, when in needs)
    return Buyer(row["member"], row["country"], tuple(_parts(row, "uses")), wanted)

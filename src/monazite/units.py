"""What does this number measure? Units of mass, time and money, and nothing else.

Inside the program everything is in kt, yr and MUSD, so that a price in USD/kg (= MUSD/kt) has
factor 1. Factors are exact fractions: two units are equal when they are equal, not nearly so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from monazite.errors import UnitFault


@dataclass(frozen=True)
class Unit:
    """Exponents of mass, time and money, and the factor to kt, yr and MUSD."""

    mass: int = 0
    time: int = 0
    money: int = 0
    factor: Fraction = Fraction(1)

    @property
    def dimension(self) -> tuple[int, int, int]:
        """Exponents of (mass, time, money); (0, 0, 0) is a pure number."""
        return (self.mass, self.time, self.money)

    def __mul__(self, other: Unit) -> Unit:
        return Unit(
            self.mass + other.mass,
            self.time + other.time,
            self.money + other.money,
            self.factor * other.factor,
        )

    def __truediv__(self, other: Unit) -> Unit:
        return self * other**-1

    def __pow__(self, power: int) -> Unit:
        return Unit(self.mass * power, self.time * power, self.money * power, self.factor**power)

    def __str__(self) -> str:
        return _spell(self)


# Mass in kt, time in years, money in MUSD. A pound is 0.45359237 kg by definition (NIST SP 811,
# table B.8); a day is 1/365 year, the trading convention of annual statistics.
_KG = Fraction(1, 10**6)
_KNOWN = {
    "kt": Unit(mass=1),
    "Mt": Unit(mass=1, factor=Fraction(1000)),
    "t": Unit(mass=1, factor=Fraction(1, 1000)),
    "kg": Unit(mass=1, factor=_KG),
    "g": Unit(mass=1, factor=_KG / 1000),
    "lb": Unit(mass=1, factor=_KG * Fraction("0.45359237")),
    "yr": Unit(time=1),
    "quarter": Unit(time=1, factor=Fraction(1, 4)),
    "month": Unit(time=1, factor=Fraction(1, 12)),
    "day": Unit(time=1, factor=Fraction(1, 365)),
    "USD": Unit(money=1, factor=Fraction(1, 10**6)),
    "kUSD": Unit(money=1, factor=Fraction(1, 1000)),
    "MUSD": Unit(money=1),
    "BUSD": Unit(money=1, factor=Fraction(1000)),
    "1": Unit(),
    "fraction": Unit(),
    "%": Unit(factor=Fraction(1, 100)),
}
_TOKEN = re.compile(r"\s*(?:([A-Za-z]+|%|1(?![0-9]))|(\^\s*-?[0-9]+)|([*/·()]))")


@lru_cache(maxsize=1024)
def parse(text: str) -> Unit:
    """The unit that ``text`` spells, such as ``kt/yr``, ``USD/kg/kt`` or ``(USD/kg)/(kt/yr)``.

    Division is read from the left: ``USD/kg/kt`` is USD per kg per kt. Raises `UnitFault` for a
    name or a spelling it does not know.
    """
    tokens = _tokens(text)
    unit, rest = _product(text, tokens, 0)
    if rest != len(tokens):
        raise UnitFault(f"cannot read the unit {text!r} from {tokens[rest]!r} on")
    return unit


def convert(value: float, from_: str | Unit, to: str | Unit) -> float:
    """``value`` measured in ``from_``, told in ``to``; works on arrays too.

    Raises `UnitFault` when the two measure different things.
    """
    source, target = as_unit(from_), as_unit(to)
    if source.dimension != target.dimension:
        raise UnitFault(f"cannot convert {from_} to {to}: one is {source}, the other {target}")
    ratio = source.factor / target.factor
    if abs(ratio) >= 1 or ratio.numerator != 1:
        return value * float(ratio)
    return value / ratio.denominator  # one rounding: 1500 t is 1.5 kt, not 1.5000000000000002


def as_unit(unit: str | Unit) -> Unit:
    """A `Unit`, from itself or from its spelling."""
    return unit if isinstance(unit, Unit) else parse(unit)


def _tokens(text: str) -> list[str]:
    found, at = [], 0
    stripped = text.rstrip()
    while at < len(stripped):
        match = _TOKEN.match(stripped, at)
        if match is None:
            raise UnitFault(f"cannot read the unit {text!r} from {stripped[at:]!r} on")
        found.append(match.group().replace(" ", ""))
        at = match.end()
    if not found:
        raise UnitFault("the unit is empty; write 1 for a pure number")
    return found


def _product(text: str, tokens: list[str], at: int) -> tuple[Unit, int]:
    unit, at = _power(text, tokens, at)
    while at < len(tokens) and tokens[at] in ("*", "·", "/"):
        operator = tokens[at]
        factor, at = _power(text, tokens, at + 1)
        unit = unit / factor if operator == "/" else unit * factor
    return unit, at


def _power(text: str, tokens: list[str], at: int) -> tuple[Unit, int]:
    unit, at = _atom(text, tokens, at)
    if at < len(tokens) and tokens[at].startswith("^"):
        return unit ** int(tokens[at][1:]), at + 1
    return unit, at


def _atom(text: str, tokens: list[str], at: int) -> tuple[Unit, int]:
    if at == len(tokens):
        raise UnitFault(f"the unit {text!r} ends too early")
    if tokens[at] == "(":
        unit, at = _product(text, tokens, at + 1)
        if at == len(tokens) or tokens[at] != ")":
            raise UnitFault(f"the unit {text!r} lacks a closing bracket")
        return unit, at + 1
    if tokens[at] not in _KNOWN:
        known = ", ".join(_KNOWN)
        raise UnitFault(f"unknown unit {tokens[at]!r} in {text!r}; known are {known}")
    return _KNOWN[tokens[at]], at + 1


def _spell(unit: Unit) -> str:
    for name, known in _KNOWN.items():
        if known == unit and name != "fraction":
            return name
    # per mass and money together read best as USD/kg, which has the same factor as MUSD/kt
    per_kg = unit.money == 1 and unit.mass <= -1
    parts = (
        [("USD", 1), ("kg", -1), ("kt", unit.mass + 1), ("yr", unit.time)]
        if per_kg
        else [("MUSD", unit.money), ("kt", unit.mass), ("yr", unit.time)]
    )
    above = "*".join(_raised(name, power) for name, power in parts if power > 0) or "1"
    below = "".join("/" + _raised(name, -power) for name, power in parts if power < 0)
    factor = "" if unit.factor == 1 else f"{float(unit.factor):g} "
    return f"{factor}{above}{below}"


def _raised(name: str, power: int) -> str:
    return name if power == 1 else f"{name}^{power}"

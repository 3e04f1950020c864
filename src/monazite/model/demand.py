"""What is a material worth to its users, and what does supply outside the chain cost? Curves.

Each row of the tables `demand` and `curves` becomes one or more pieces, each a column whose
marginal value (or cost) is a function of its own quantity:

    linear      p = intercept -/+ slope * q
    isoelastic  p = price * (q / quantity)^(1 / elasticity), demand cut at the choke price
    step        p = price                   for a block of the given quantity
    fixed       q = quantity                at any price
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from monazite.model.axes import Axes, Floats, Ints, codes, numbers, over_periods, table, texts
from monazite.model.marks import Marks

if TYPE_CHECKING:
    import polars as pl

    from monazite.kernel import Block, Program


@dataclass(frozen=True)
class Pieces:
    """One element per column. `owner` is the position of its (country, material, sector, period).

    A piece is linear (marginal = intercept + slope * q, slope < 0 for demand) or a power
    (marginal = price * ((start + q) / quantity)^exponent where `power`). Bounds in kt/yr.
    """

    owner: Ints
    key: Ints
    period: Ints
    intercept: Floats
    slope: Floats
    lower: Floats
    upper: Floats
    power: np.ndarray
    fixed: np.ndarray
    price: Floats
    quantity: Floats
    exponent: Floats
    start: Floats

    def marginal(self, q: Floats) -> Floats:
        """Marginal value or cost of each piece at quantities q [USD/kg]."""
        return np.where(self.power, self._curve(q), self.intercept + self.slope * q)

    def area(self, q: Floats) -> Floats:
        """Integral of the marginal from 0 to q [MUSD/yr]; exact for powers too."""
        line = self.intercept * q + 0.5 * self.slope * q * q
        scale = self.price * self.quantity
        grown = self.exponent + 1.0
        log = np.abs(grown) < 1e-12
        low, high = self._ratio(np.zeros_like(q)), self._ratio(q)
        safe = np.where(log, 1.0, grown)
        curve = np.where(log, np.log(high / low), (high**safe - low**safe) / safe)
        return np.where(self.power, scale * curve, line)

    def tangent(self, q: Floats) -> tuple[Floats, Floats]:
        """Intercept and slope of the marginal's tangent at q, of every piece."""
        slope = np.where(
            self.power,
            self.exponent * self._curve(q) / (self._ratio(q) * self.quantity),
            self.slope,
        )
        return self.marginal(q) - slope * q, slope

    def _ratio(self, q: Floats) -> Floats:
        # the floor keeps a supply curve that starts at q = 0 differentiable
        return np.maximum((self.start + q) / self.quantity, 1e-9)

    def _curve(self, q: Floats) -> Floats:
        return self.price * self._ratio(q) ** self.exponent


@dataclass(frozen=True)
class Uses:
    """Users: one element per country, material, sector and period, with its pieces.

    `key` is the node of the class that the user asks for (marks.py), `open_key` that of goods of
    any class, of which it may take up to `waived` kt/yr instead.
    """

    material: Ints
    country: Ints
    sector: np.ndarray
    period: Ints
    key: Ints
    open_key: Ints
    waived: Floats
    pieces: Pieces

    @property
    def waivers(self) -> Ints:
        """The users that ask for a class and may take some of any other."""
        return np.flatnonzero((self.waived > 0) & (self.key != self.open_key))

    @property
    def size(self) -> int:
        """Number of users."""
        return len(self.key)


@dataclass(frozen=True)
class Curves:
    """Supply curves: one element per country, material and period, each with one piece."""

    material: Ints
    country: Ints
    period: Ints
    key: Ints
    pieces: Pieces

    @property
    def size(self) -> int:
        """Number of supply curves."""
        return len(self.key)


def read_uses(case: Any, axes: Axes, marks: Marks) -> Uses:
    """The demand of a case; rows of one country, material, sector and period are one user."""
    frame = over_periods(table(case, "demand"), ["country", "material", "sector", "block"], axes)
    material = codes(texts(frame, "material"), axes.materials)
    country = codes(texts(frame, "country"), axes.countries)
    period = frame["t"].to_numpy()
    open_key = axes.key(material, country, period)
    free = marks.bits(texts(frame, "free_of"))
    key = axes.key(marks.surely[material, free], country, period)
    sector = texts(frame, "sector", "all")
    names = np.array([f"{k}:{s}" for k, s in zip(key, sector, strict=True)], dtype=str)
    _, first, owner = np.unique(names, return_index=True, return_inverse=True)
    rank = np.argsort(np.argsort(first))
    first = np.sort(first)
    owner = rank[owner]
    linear = _linear(frame, sign=-1.0)
    return Uses(
        material=material[first],
        country=country[first],
        sector=sector[first],
        period=period[first],
        key=key[first],
        open_key=open_key[first],
        waived=numbers(frame, "waived", 0.0)[first],
        pieces=_demand_pieces(frame, linear, owner, key, period),
    )


def read_curves(case: Any, axes: Axes, marks: Marks) -> Curves:
    """The supply curves of a case: linear, or isoelastic where no intercept is given.

    They supply the class that is free of all marks but those of their country.
    """
    frame = over_periods(table(case, "curves"), ["country", "material"], axes)
    material = codes(texts(frame, "material"), axes.materials)
    country = codes(texts(frame, "country"), axes.countries)
    period = frame["t"].to_numpy()
    key = axes.key(marks.atmost[material, marks.every & ~marks.places[country]], country, period)
    intercept, slope = numbers(frame, "intercept", np.nan), numbers(frame, "slope", 0.0)
    power = np.isnan(intercept)
    size = len(key)
    pieces = Pieces(
        owner=np.arange(size),
        key=key,
        period=period,
        intercept=np.nan_to_num(intercept),
        slope=np.where(power, 0.0, slope),
        lower=np.zeros(size),
        upper=numbers(frame, "capacity", np.inf),
        power=power,
        fixed=np.zeros(size, dtype=bool),
        price=numbers(frame, "price", 1.0),
        quantity=numbers(frame, "quantity", 1.0),
        exponent=1.0 / numbers(frame, "elasticity", 1.0),
        start=np.zeros(size),
    )
    return Curves(material, country, period, key, pieces)


def _linear(frame: "pl.DataFrame", *, sign: float) -> tuple[Floats, Floats]:
    """Intercept and signed slope, from a point and its elasticity e where not given.

    Through (P, Q) with elasticity e < 0:  slope = P / (e Q),  intercept = P (1 - 1/e).
    """
    intercept, slope = numbers(frame, "intercept", np.nan), sign * numbers(frame, "slope", 0.0)
    price, quantity = numbers(frame, "price", np.nan), numbers(frame, "quantity", np.nan)
    elasticity = numbers(frame, "elasticity", np.nan)
    derived = np.isnan(intercept)
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = np.where(derived, price / (elasticity * quantity), slope)
        intercept = np.where(derived, price * (1.0 - 1.0 / elasticity), intercept)
    return intercept, slope


def _demand_pieces(
    frame: "pl.DataFrame", linear: tuple[Floats, Floats], owner: Ints, key: Ints, period: Ints
) -> Pieces:
    form = texts(frame, "form", "linear")
    price, quantity = numbers(frame, "price", 0.0), numbers(frame, "quantity", 1.0)
    straight, fixed, power = form == "linear", form == "fixed", form == "isoelastic"
    exponent = 1.0 / numbers(frame, "elasticity", -1.0)
    rows = Pieces(
        owner=owner,
        key=key,
        period=period,
        intercept=np.where(straight, linear[0], np.where(fixed, 0.0, price)),
        slope=np.where(straight, linear[1], 0.0),
        lower=np.where(fixed, quantity, 0.0),
        upper=np.where(straight | power, np.inf, quantity),
        power=power,
        fixed=fixed,
        price=price,
        quantity=quantity,
        exponent=exponent,
        start=np.zeros(len(key)),
    )
    return _choked(rows, numbers(frame, "choke_price", np.nan))


def _choked(rows: Pieces, choke: Floats) -> Pieces:
    """Split every isoelastic row into a flat piece at the choke price and the curve below it.

    The curve reaches the choke price at q = quantity * (choke / price)^elasticity.
    """
    at = np.flatnonzero(rows.power)
    if len(at) == 0:
        return rows
    choke = choke[at]
    start = rows.quantity[at] * (choke / rows.price[at]) ** (1.0 / rows.exponent[at])
    flat = replace(
        take(rows, at),
        power=np.zeros(len(at), dtype=bool),
        intercept=choke,
        upper=start,
    )
    rows.start[at] = start
    both = [(getattr(rows, name), getattr(flat, name)) for name in Pieces.__dataclass_fields__]
    joined = Pieces(*(np.concatenate(pair) for pair in both))
    return take(joined, np.argsort(joined.owner, kind="stable"))


def take(pieces: Pieces, at: Ints) -> Pieces:
    """The pieces at the given positions."""
    return Pieces(**{name: getattr(pieces, name)[at] for name in Pieces.__dataclass_fields__})


def add_pieces(
    program: "Program",
    name: str,
    axes: Axes,
    pieces: Pieces,
    dims: dict[str, np.ndarray],
    sign: float,
) -> "Block | None":
    """Columns of uses (sign -1: value is negative cost) or of supply (sign +1), in present value.

    Powers start with their tangent at the base quantity; `tangents` moves it.
    """
    if len(pieces.owner) == 0:
        return None
    cost, curvature = tangents(pieces, start_of(pieces), axes, sign)
    return program.add_columns(
        name,
        dims,
        "kt/yr",
        cost=cost,
        curvature=curvature,
        lower=pieces.lower,
        upper=pieces.upper,
    )


def tangents(pieces: Pieces, q: Floats, axes: Axes, sign: float) -> tuple[Floats, Floats]:
    """Cost and curvature of the pieces' columns, powers replaced by their tangents at q."""
    intercept, slope = pieces.tangent(q)
    weight = axes.weight[pieces.period]
    return sign * weight * intercept, sign * weight * slope


def start_of(pieces: Pieces) -> Floats:
    """Where the first tangents touch: the base quantity of each power."""
    return np.where(pieces.power, np.maximum(pieces.quantity - pieces.start, 0.0), 0.0)

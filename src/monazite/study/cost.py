"""What does a kilogram of magnet cost at a place? Its elements, then each step and road."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from monazite.errors import InputError
from monazite.study.beforehand import unknown

if TYPE_CHECKING:
    import polars as pl

    from monazite.data import Case
    from monazite.model.decompose import Part
    from monazite.model.outcome import Outcome

PREFIX = "magnet_"  # a grade is what follows in the name of a finished magnet
AFTER = (
    "metal",
    "magnet",
)  # what is made from elements; all before it is an element's chain
WORDS = ("kind", "material", "stage", "origin", "place")
GROUPS = {
    "cost": ("cost", "supply", "storage", "feed", "value"),
    "freight": ("freight",),
    "duty": ("duty", "export_tax"),
    "margin": ("quota_rent", "scarcity_rent", "rent", "rising_cost", "residual", "loss_carried"),
    "credit": ("credit",),
}


@dataclass(frozen=True)
class Line:
    """A part of the price, USD per kg of magnet; `quantity` is the kg of `material` that it takes.

    kind: element (a separated oxide at its price where it is first worked), step (a facility's work
    on `material`) or road (bringing `material` from `origin` to `place`).
    """

    kind: str
    material: str
    stage: str
    origin: str
    place: str
    quantity: float
    cost: float
    freight: float
    duty: float
    margin: float
    credit: float

    @property
    def amount(self) -> float:
        """USD per kg of magnet."""
        return self.cost + self.freight + self.duty + self.margin + self.credit


def magnet_cost(outcome: Outcome, grade: str, place: str) -> pl.DataFrame:
    """The lines of a magnet's price at a place (see `Line`); their amounts sum to it.

    The chain is the one that sets the price: at each step the largest supplier. An element's own
    cost, freight, duty, margin and credit are those of its whole chain back to the mine. margin:
    rents of capacities and quotas, rising cost, calibration residual, less losses carried. Empty
    where nobody can sell the magnet. Raises InputError for an unknown grade or place.
    """
    check(outcome.case, grade, place)
    material, country = PREFIX + grade, place
    lines: dict[tuple[str, ...], Line] = {}
    if outcome.price(material, country) is not None:
        for line in _walk(outcome, material, country, 1.0):
            key = (line.kind, line.material, line.origin, line.place)
            lines[key] = _added(lines[key], line) if key in lines else line
    return _frame(sorted(lines.values(), key=lambda line: line.kind != "element"))


def _frame(lines: list[Line]) -> pl.DataFrame:
    import polars as pl

    names = [field.name for field in fields(Line)]
    types = {name: pl.String if name in WORDS else pl.Float64 for name in [*names, "amount"]}
    rows = [[*(getattr(line, name) for name in names), line.amount] for line in lines]
    return pl.DataFrame(rows, schema=types, orient="row")


def check(case: Case, grade: str, place: str) -> None:
    """Raises InputError for a grade and a place that the case does not have."""
    names = case.table("materials")["material"].to_list()
    grades = [name.removeprefix(PREFIX) for name in names if name.startswith(PREFIX)]
    if faults := [
        *unknown("cost_grade", "--grade", [grade], grades),
        *unknown("cost_place", "--place", [place], case.table("countries")["country"].to_list()),
    ]:
        raise InputError(faults)


def _walk(outcome: Outcome, material: str, country: str, quantity: float) -> Iterator[Line]:
    """The lines of `quantity` kg of a material at a place, what it is made from first."""
    parts = outcome.decompose(material, country)
    if _stage(outcome, material) not in AFTER:
        yield _line("element", parts, quantity, material, place=country)
        return
    own = _last_step(parts)
    origin, _, destination = own[0].who.partition(">")
    if destination:
        yield from _walk(outcome, material, origin, quantity / (1.0 - _loss(outcome, own[0])))
        yield _line("road", own, quantity, material, origin=origin, place=country)
        return
    for name, ratio in _inputs(outcome, own[0].who, material):
        yield from _walk(outcome, name, country, quantity * ratio)
    stage = next((part.stage for part in own if part.stage), "")
    yield _line("step", own, quantity, material, stage=stage, place=country)


def _last_step(parts: list[Part]) -> list[Part]:
    """The parts of the last step: a price's own step stands after all that leads to it."""
    count = next((k for k, part in enumerate(reversed(parts)) if part.who != parts[-1].who), None)
    return parts if count is None else parts[len(parts) - count :]


def _line(
    kind: str,
    parts: list[Part],
    quantity: float,
    material: str,
    *,
    stage: str = "",
    origin: str = "",
    place: str,
) -> Line:
    sums = {
        group: quantity * sum(part.amount for part in parts if part.item in items)
        for group, items in GROUPS.items()
    }
    return Line(kind, material, stage, origin, place, quantity, **sums)


def _added(one: Line, other: Line) -> Line:
    names = ("quantity", *GROUPS)
    return replace(one, **{name: getattr(one, name) + getattr(other, name) for name in names})


def _stage(outcome: Outcome, material: str) -> str:
    return _cell(outcome, "materials", "stage", material=material)


def _loss(outcome: Outcome, part: Part) -> float:
    origin, _, destination = part.who.partition(">")
    found = {"material": part.material, "origin": origin, "destination": destination}
    return _cell(outcome, "arcs", "loss", **found) or 0.0


def _cell(outcome: Outcome, table: str, column: str, **keys: str) -> Any:
    return outcome.case.table(table).filter(**keys)[column][0]


def _inputs(outcome: Outcome, facility: str, material: str) -> list[tuple[str, float]]:
    """What a facility puts into a kg of a material, in the mode that makes most of it."""
    technology = _cell(outcome, "facilities", "technology", facility=facility)
    recipes = outcome.case.table("recipes").filter(technology=technology)
    made = recipes.filter(material=material, direction="out").select("mode", "quantity")
    activity = dict(outcome.output.filter(facility=facility).select("mode", "activity").iter_rows())
    mode, out = max(made.iter_rows(), key=lambda row: row[1] * activity.get(row[0], 0.0))
    inputs = recipes.filter(mode=mode, direction="in").select("material", "quantity")
    return [(name, quantity / out) for name, quantity in inputs.iter_rows()]

"""Which products are made of a material, and how much do they hold? By the recipes that run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from monazite.model.outcome import Outcome

CHAIN = ("mining", "separation", "metal", "magnet", "recycling", "use")
SAME = {
    "concentration": "mining", "light_separation": "separation", "heavy_separation": "separation",
    "alloy": "metal", "magnets": "magnet", "finishing": "magnet",
}  # fmt: skip
Amounts = dict[str, float]


@dataclass(frozen=True)
class Step:
    """kt/yr by material that an activity takes in and makes; content is divided over `mass`."""

    fed: Amounts
    made: Amounts
    mass: float


def contents_of(outcome: Outcome, materials: Sequence[str]) -> dict[str, float]:
    """kg of the materials in one kg of every product made of them.

    What a facility takes in is divided among what it makes by mass. A recipe that leads back up
    the chain (recycling) makes no product, and neither is what it takes in (swarf) one: where swarf
    falls off, a product holds per kg what its feed holds.
    """
    steps = _steps(outcome)
    found = dict.fromkeys(materials, 1.0)
    for _ in range(len(outcome.market.axes.materials)):
        more = _one_step_on(found, steps, materials)
        if more == found:
            break
        found = more
    return {m: content for m, content in found.items() if m not in materials}


def _one_step_on(
    found: Mapping[str, float], steps: Iterable[Step], fixed: Sequence[str]
) -> Amounts:
    """Contents of what is made of what is known so far, averaged over all who make it."""
    held: Amounts = {}
    mass: Amounts = {}
    for step in steps:
        inside = sum(q * found.get(m, 0.0) for m, q in step.fed.items()) / step.mass
        for material, quantity in step.made.items():
            held[material] = held.get(material, 0.0) + inside * quantity
            mass[material] = mass.get(material, 0.0) + quantity
    more = {m: round(held[m] / mass[m], 12) for m in held if held[m] > 0 and m not in fixed}
    return {**dict.fromkeys(fixed, 1.0), **more}


def _steps(outcome: Outcome) -> list[Step]:
    """What every activity that runs takes in and makes, without recycling and without scrap."""
    stage = {m: SAME.get(s, s) for m, s in stages_of(outcome, "materials").items()}
    rank = {m: CHAIN.index(s) if s in CHAIN else -1 for m, s in stage.items()}
    runs = [(fed, made) for fed, made in _run(outcome) if fed and made]

    def back(fed: Amounts, made: Amounts) -> bool:
        highest = max(rank.get(m, -1) for m in fed)
        return all(-1 < rank.get(m, -1) < highest for m in made)

    scrap = {material for fed, made in runs if back(fed, made) for material in fed}
    return [
        Step(
            fed,
            {m: q for m, q in made.items() if m not in scrap},
            sum((fed if scrap & set(made) else made).values(), 0.0),
        )
        for fed, made in runs
        if not back(fed, made)
    ]


def _run(outcome: Outcome) -> list[tuple[Amounts, Amounts]]:
    """(taken in, made) by activity, over all periods."""
    market = outcome.market
    ways, names = market.ways, [m.split("@")[0] for m in market.axes.materials]
    weight = market.axes.weight[market.period("activity")]
    found: list[tuple[Amounts, Amounts]] = [({}, {}) for _ in weight]
    terms = (ways.term_of.tolist(), ways.term_material.tolist(), ways.term_quantity.tolist())
    for of, material, quantity in zip(*terms, strict=True):
        amount = abs(quantity) * float(outcome.activity[of] * weight[of])
        if amount > 1e-9:
            side = found[of][0 if quantity < 0 else 1]
            side[names[material]] = side.get(names[material], 0.0) + amount
    return found


def stages_of(outcome: Outcome, table: str) -> dict[str, str]:
    """Stage of every row of materials or facilities."""
    frame = outcome.case.table(table)
    return {
        name: stage or "" for name, stage in frame.select(frame.columns[0], "stage").iter_rows()
    }

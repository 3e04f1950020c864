"""How much of each element does a kilogram of each material hold, if nothing but the raw recipes
is known?

Oxides and metals hold what stoichiometry says (columns ``element`` and ``factor`` of the
materials). Ores, SEG+ and swarf hold what comes out of them over the recovery; alloys, blanks and
magnets what goes into them. kg of oxide equivalent per kg of material.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

Contents = dict[str, dict[str, float]]
Modes = dict[tuple[str, str], list[tuple[str, float]]]


def modes(recipes: pl.DataFrame) -> Modes:
    """(technology, mode) -> [(material, quantity, negative for inputs)]."""
    found: Modes = defaultdict(list)
    names = ("technology", "mode", "material", "direction", "quantity")
    for technology, mode, material, direction, quantity in recipes.select(names).iter_rows():
        found[technology, mode].append((material, quantity if direction == "out" else -quantity))
    return dict(found)


def contents(materials: pl.DataFrame, recipes: pl.DataFrame) -> Contents:
    """Element contents of every material that a recipe connects to an oxide or metal."""
    found: Contents = {
        m: {element: factor}
        for m, element, factor in materials.select("material", "element", "factor").iter_rows()
        if element
    }
    recovery = {
        (t, m): r for t, m, r in recipes.select("technology", "mode", "recovery").iter_rows() if r
    }
    waiting = modes(recipes)
    while True:
        ready = [key for key, terms in waiting.items() if _learn(found, terms, recovery.get(key))]
        if not ready:
            return found
        waiting = {key: terms for key, terms in waiting.items() if key not in ready}


def _learn(found: Contents, terms: list[tuple[str, float]], recovery: float | None) -> bool:
    """Fill in what one recipe tells; False if it tells nothing new."""
    inputs = [(m, -q) for m, q in terms if q < 0]
    outputs = [(m, q) for m, q in terms if q > 0]
    new_in, new_out = ([m for m, _ in side if m not in found] for side in (inputs, outputs))
    if inputs and new_out and not new_in:
        _join(found, inputs, outputs)
    elif recovery and len(new_in) == 1 and not new_out:
        total = _total(found, outputs)
        found[new_in[0]] = {e: v / recovery / inputs[0][1] for e, v in total.items()}
    else:
        return False
    return True


def _total(found: Contents, side: list[tuple[str, float]]) -> dict[str, float]:
    total: dict[str, float] = defaultdict(float)
    for material, quantity in side:
        for element, share in found[material].items():
            total[element] += quantity * share
    return dict(total)


def _join(
    found: Contents, inputs: list[tuple[str, float]], outputs: list[tuple[str, float]]
) -> None:
    """The main product is the first output; a second (swarf) is counted in kg of what it holds."""
    total = _total(found, inputs)
    fed, (main, made), rest = sum(q for _, q in inputs), outputs[0], outputs[1:]
    part = made / fed if rest else 1.0
    found[main] = {e: v * part / made for e, v in total.items()}
    for material, _ in rest:
        inside = sum(total.values())
        found[material] = {e: v / inside for e, v in total.items()}

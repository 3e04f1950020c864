"""Which inputs can a plant replace by another without another plant, grade or cost?

A substitute is a mode of its own that makes what its parent mode makes in the same plant at the
same cost; only the mix of inputs differs:

    input of the replaced material     q_r (1 - part)
    input of the replacing material    q_b + part q_r / per

with ``part`` the share of the replaced input that can go and ``per`` the kg of it that one kg of
the other stands for. So two materials of one ore, used in one product in the ratio of the base
year, can part from that ratio once one is ``per`` times dearer than the other. It does not pay at
base prices: where the flat part of the parent's cost curve would let it, its cost is raised by
what it would win.

What a material surely holds falls with what may be left out, also in what is made from it; what
is recovered from waste stays as it was, so ``part`` must leave that much in.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

Tables = dict[str, "pl.DataFrame"]
Row = dict[str, Any]


def with_substitutes(case: Tables, given: pl.DataFrame, oxide: dict[str, tuple[str, float]]):
    """The case with a mode for each row of ``given`` (technology, mode, of, replaced, by, part 1,
    per kg/kg, low, high, basis, source, note).

    ``oxide``: material -> (element, kg of oxide equivalent per kg). Recipes in kg/kg, activities
    in kt/yr and USD/kg.
    """
    case = dict(case)
    for row in given.iter_rows(named=True):
        parent = case["recipes"].filter(technology=row["technology"], mode=row["of"]).to_dicts()
        case["activities"] = _more(case["activities"], _activities(case, row, parent))
        case["composition"] = _held(case, row, parent, oxide)
        case["recipes"] = _more(case["recipes"], _recipe(row, parent))
    return case


def _more(frame: pl.DataFrame, rows: list[Row]) -> pl.DataFrame:
    import polars as pl

    return pl.concat([frame, pl.DataFrame(rows, schema=frame.schema)])


def _quantity(parent: list[Row], material: str) -> float:
    """kg in per kg of activity; 0 where the mode does not take it."""
    return sum(x["quantity"] for x in parent if (x["material"], x["direction"]) == (material, "in"))


def _recipe(row: Row, parent: list[Row]) -> list[Row]:
    """The substitute's recipe, with a line for the replacing input where the parent takes none."""
    if not any((x["material"], x["direction"]) == (row["by"], "in") for x in parent):
        none = {"material": row["by"], "direction": "in", "quantity": 0.0, "low": 0.0, "high": 0.0}
        parent = [parent[0] | none, *parent]
    return [_mixed(row, parent, line) for line in parent]


def _mixed(row: Row, parent: list[Row], line: Row) -> Row:
    """A line of the parent's recipe as the substitute has it."""
    line = line | {"mode": row["mode"]}
    left = 1.0 - row["part"]
    if line["direction"] == "out" or line["material"] not in (row["replaced"], row["by"]):
        return line
    told = {"source": row["source"], "basis": row["basis"], "note": row["note"]}
    if line["material"] == row["replaced"]:
        return line | told | {name: line[name] * left for name in ("quantity", "low", "high")}
    gone = row["part"] * _quantity(parent, row["replaced"])
    quantity = line["quantity"] + gone / row["per"]
    low, high = line["quantity"] + gone / row["high"], line["quantity"] + gone / row["low"]
    return line | told | {"quantity": quantity, "low": low, "high": high}


def _activities(case: Tables, row: Row, parent: list[Row]) -> list[Row]:
    """The parent's cost curve at each plant that has one, without a base."""
    place = dict(
        case["facilities"]
        .filter(technology=row["technology"])
        .select("facility", "country")
        .iter_rows()
    )
    names = ("material", "country", "price")
    price = {(m, c): p for m, c, p in case["prices"].select(names).iter_rows()}
    gone = row["part"] * _quantity(parent, row["replaced"])
    found = []
    for plant in case["activities"].filter(mode=row["of"]).iter_rows(named=True):
        country = place.get(plant["facility"])
        if country is None:
            continue
        saved = price.get((row["replaced"], country))
        spent = price.get((row["by"], country))
        wins = 0.0
        if saved is not None and spent is not None:
            flat = plant["slope"] * (plant["base"] - plant["knee"])
            wins = max(gone * (saved - spent / row["per"]) + flat, 0.0)
        changed = {"mode": row["mode"], "base": 0.0, "residual": plant["residual"] + wins}
        bare = {"basis": "derived", "source": None, "low": None, "high": None}
        found.append(plant | changed | bare)
    return found


def _held(case: Tables, row: Row, parent: list[Row], oxide: dict[str, tuple[str, float]]):
    """Composition: the least that any mode leaves in the product and in what is made from it."""
    import polars as pl

    element, factor = oxide[row["replaced"]]
    names = ("material", "share")
    held = dict(case["composition"].filter(element=element).select(names).iter_rows())
    product = next(x["material"] for x in parent if x["direction"] == "out")
    gone = row["part"] * _quantity(parent, row["replaced"]) * factor
    held[product] = max(held.get(product, 0.0) - gone, 0.0)
    modes: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for line in case["recipes"].iter_rows(named=True):
        modes[line["technology"], line["mode"]].append(line)
    for mode in modes.values():
        if _quantity(mode, product):
            made, share = _passed_on(mode, held)
            held[made] = min(held.get(made, 0.0), share)
    told = pl.col("material").replace_strict(held, default=0.0, return_dtype=pl.Float64)
    now = pl.when(pl.col("element") == element).then(told).otherwise("share")
    return case["composition"].with_columns(share=now)


def _passed_on(mode: list[Row], held: dict[str, float]) -> tuple[str, float]:
    """The main product of a mode and what of the element is left for a kg of it."""
    main, *waste = [x for x in mode if x["direction"] == "out"]
    enters = sum(
        x["quantity"] * held.get(x["material"], 0.0) for x in mode if x["direction"] == "in"
    )
    leaves = sum(x["quantity"] * held.get(x["material"], 0.0) for x in waste)
    return main["material"], max(enters - leaves, 0.0) / main["quantity"]

"""What is a price made of, in the words of a debate? The parts of decompose.py in eleven groups.

    ore              cost of mining, and feed at its price where a chain meets itself again
    processing       cost of every later stage
    stock            what is taken from store, at its value there
    freight          of every arc on the chain
    duty             import duties, export taxes, tax not refunded; of the case and of rules
    levy             what other rules charge, such as a border floor
    support          what rules pay towards making or shipping it: never above 0
    licence_rent     rents of quotas and licences
    content_premium  what goods that satisfy a content rule cost more
    scarcity_rent    rents of capacity, routes and stores; a price at which nothing is supplied
    residual         what sourced costs leave unexplained

Joint cost is divided among products by value. Groups sum to the price exactly, as parts do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from monazite.model.decompose import decompose
from monazite.model.frames import frame

if TYPE_CHECKING:
    import polars as pl

    from monazite.model.decompose import Part
    from monazite.model.outcome import Outcome

GROUPS = (
    *("ore", "processing", "stock", "freight", "duty", "levy", "support", "licence_rent"),
    *("content_premium", "scarcity_rent", "residual"),
)
EARLY = ("mining", "other", "")  # stages of a material whose supply curve stands for ore
GROUP_OF: Mapping[str, str] = {
    "feed": "ore", "storage": "stock", "freight": "freight", "duty": "duty", "export_tax": "duty",
    "quota_rent": "licence_rent", "premium": "content_premium", "residual": "residual",
    "scarcity_rent": "scarcity_rent", "rent": "scarcity_rent", "value": "scarcity_rent",
}  # fmt: skip
BY_STAGE = ("cost", "rising_cost", "loss_carried", "credit")


def price_parts(
    outcome: Outcome, material: str, country: str, period: Any = None
) -> dict[str, float]:
    """USD/kg by group, all of them, summing to the price; empty where there is no price."""
    found = dict.fromkeys(GROUPS, 0.0)
    rules = {rule.name: rule for rule in _with_parts(outcome.market.instruments)}
    stages = _stages(outcome)
    parts = decompose(outcome, material, country, period, joint="value")
    for part in parts:
        found[_group(part, rules, stages)] += part.amount
    return found if parts else {}


def price_part_table(outcome: Outcome, materials: Sequence[str] = ()) -> pl.DataFrame:
    """material, country, price, then every group [USD/kg]; first period, prices of goods that move.

    `materials`: those of the case where none is named.
    """
    first = outcome.market.axes.periods[0]
    moving = outcome.prices.filter(
        (outcome.prices["period"] == first), ~outcome.prices["indicative"]
    )
    rows = [
        (material, country, price, price_parts(outcome, material, country, first))
        for material, country, price in moving.select("material", "country", "price").iter_rows()
        if price is not None and (not materials or material in materials)
    ]
    columns: dict[str, Any] = {
        "material": [row[0] for row in rows],
        "country": [row[1] for row in rows],
        "price": [row[2] for row in rows],
    }
    columns |= {group: [row[3].get(group, 0.0) for row in rows] for group in GROUPS}
    return frame(columns)


def _group(part: Part, rules: Mapping[str, Any], stages: Mapping[str, str]) -> str:
    if part.item in rules:
        stated = getattr(rules[part.item], "price_part", "")
        return stated or ("support" if part.amount < 0 else "levy")
    if part.item == "supply":
        return "ore" if stages.get(part.material, "") in EARLY else "processing"
    if part.item in BY_STAGE:
        return "ore" if part.stage == "mining" else "processing"
    return GROUP_OF[part.item]


def _with_parts(rules: Sequence[Any]) -> list[Any]:
    """Rules and the rules they are made of, which charge under names of their own."""
    return [each for rule in rules for each in (rule, *getattr(rule, "parts", ()))]


def _stages(outcome: Outcome) -> dict[str, str]:
    """Stage of every material; those of a case without the table have none."""
    materials = outcome.case.table("materials")
    return {m: stage or "" for m, stage in materials.select("material", "stage").iter_rows()}

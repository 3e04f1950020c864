"""From the capacity of the first year to what is used in the last, step by step and by country."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monazite.report import look, marks, yearly
from monazite.report.charts import choose
from monazite.report.view import View, periods_of

if TYPE_CHECKING:
    import polars as pl

TITLE = "chart.waterfall.title"
SHOWN = 7  # countries with a colour of their own
MERGED = dict.fromkeys(("construction", "financing", "planned"), "named")
LEVELS = ("first", "standing", "used")  # bars that begin at nothing


def build(view: View) -> dict | None:
    """Return floating bars for each stage; None in a single period."""
    frame = yearly.waterfall(view)
    if not frame.height:
        return None
    by_stage = frame.partition_by("stage", maintain_order=True)
    return choose([(view.word("stage", part["stage"][0]), _bars(view, part)) for part in by_stage])


def _bars(view: View, frame: pl.DataFrame) -> dict:
    from monazite.study.building import STEPS

    cells: dict[tuple[str, str], float] = {}
    for step, country, quantity in frame.select("step", "country", "quantity").rows():
        key = (MERGED.get(step, step), country)
        cells[key] = cells.get(key, 0.0) + quantity
    order = dict.fromkeys(MERGED.get(step, step) for step in STEPS)
    steps = [s for s in order if any(step == s for step, _ in cells)]
    sums = {c: sum(abs(q) for (_, k), q in cells.items() if k == c) for c in set(frame["country"])}
    ranked = sorted(sums, key=lambda c: (-sums[c], c))
    groups = [(view.country(c), view.colour(c), [c]) for c in ranked[:SHOWN]]
    if ranked[SHOWN:]:
        groups.append((view.say("other_countries"), look.REST, ranked[SHOWN:]))
    first, last = (periods_of(view.outcome)[k] for k in (0, -1))
    names = {s: marks.wrap(view.say(f"step.{s}", first=first, last=last), 10) for s in steps}
    base, offset = 0.0, {}
    traces: list[dict] = [
        {"type": "bar", "name": name, "x": [], "y": [], "base": [], "customdata": [],
         "marker": {"color": colour, "line": {"color": look.PAPER, "width": 0.5}},
         "hovertemplate": view.hover(f"{name}, %{{x}}: %{{customdata}}", "kt/yr")}
        for name, colour, _ in groups
    ]  # fmt: skip
    for step in steps:
        at = offset[step] = 0.0 if step in LEVELS else base
        for trace, (_, _, members) in zip(traces, groups, strict=True):
            amount = sum(cells.get((step, c), 0.0) for c in members)
            if abs(amount) < 1e-9:
                continue
            trace["x"].append(names[step])
            trace["y"].append(amount)
            trace["base"].append(at)
            trace["customdata"].append(look.number(amount))
            at += amount
        base = at
    layout = look.layout(
        420, barmode="overlay", bargap=0.25, margin={"b": 64},
        xaxis={"type": "category", "categoryorder": "array",
               "categoryarray": [names[s] for s in steps], "tickangle": 0},
        yaxis={"title": look.heading(view.say("axis.kt"))},
    )  # fmt: skip
    return {"data": traces, "layout": layout}

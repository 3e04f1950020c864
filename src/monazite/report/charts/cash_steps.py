"""What makes up the value of a company's plants, step by step, and what it is without support."""

from __future__ import annotations

from collections.abc import Sequence

from monazite.report import finance, look
from monazite.report.charts import choose
from monazite.report.marks import wrap
from monazite.report.view import View

TITLE = "chart.cash_steps.title"
WIDE = 700  # pixels, below which it scrolls
PRODUCTS = 4  # told by name
RULES = 5  # without each of which the value is told, those that matter most
GROUPS = {
    "revenue": "#2f7d5b", "paid": "#E69F00", "inputs": "#5f7397", "running": "#5f7397",
    "rents": "#5f7397", "royalty": "#6d3b66", "sustaining": "#8c93a0", "tax": "#6d3b66",
    "shield": "#a887a3", "working": "#8c93a0", "capital": "#22262b", "drawn": "#E69F00",
    "service": "#b08d57",
}  # fmt: skip
ONE_BY_ONE = ("revenue", "paid")
SMALL = 0.002  # of the longest bar, below which a step is left out


def build(view: View) -> dict | None:
    """Return floating bars for each company; None in a single period or without projects."""
    return choose([
        (finance.company(view, name, plants), _bars(view, plants))
        for name, plants in finance.companies(view)
    ])  # fmt: skip


def _bars(view: View, plants: Sequence[str]) -> dict:
    frame = finance.steps(view, plants)
    amounts: dict[str, list[tuple[str, float]]] = {}
    for step, of, amount in frame.iter_rows():
        amounts.setdefault(step, []).append((of, amount))
    rows: list[tuple[str, float, float, str]] = []  # label, from, change, colour
    at = 0.0
    for step, colour in GROUPS.items():
        for label, amount in _parts(view, step, amounts.get(step, [])):
            rows.append((label, at, amount, colour))
            at += amount
    longest = max((abs(row[2]) for row in rows), default=0.0)
    kept = [row for row in rows if abs(row[2]) > SMALL * longest]
    worth = amounts["npv"][0][1]
    kept.append((view.say("cash.npv"), 0.0, worth, "#12395f"))
    kept += [(label, 0.0, amount, "#8ea6c9") for label, amount in _without(view, plants, worth)]
    currency = amounts["currency"][0][1]
    if abs(currency) > SMALL * longest:
        kept.append((view.say("cash.currency"), worth, currency, "#c9b3c6"))
    return _figure(view, kept)


def _parts(view: View, step: str, found: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """A step as one line, or as a line for each of its largest parts and one for the others."""
    if step not in ONE_BY_ONE:
        total = sum(amount for _, amount in found)
        return [(view.say(f"cash.step.{step}"), total)]
    ranked = sorted(found, key=lambda pair: -abs(pair[1]))
    name = view.material if step == "revenue" else lambda rule: finance.named(view, rule)
    told = [(view.say(f"cash.of.{step}", name=name(of)), amount)
            for of, amount in ranked[:PRODUCTS]]  # fmt: skip
    rest = sum(amount for _, amount in ranked[PRODUCTS:])
    return [*told, (view.say(f"cash.rest.{step}"), rest)]


def _without(view: View, plants: Sequence[str], worth: float) -> list[tuple[str, float]]:
    """The value without each rule that pays or lends, and without all of them."""
    from monazite.study import cashflow

    account = cashflow.account_of(view.outcome, plants)
    each = {
        rule: cashflow.worth(account, without=frozenset([rule])) for rule in account.rules
    }  # fmt: skip
    ranked = sorted(each, key=lambda rule: (each[rule], rule))[:RULES]
    told = [
        (view.say("cash.without", rule=finance.named(view, rule)), each[rule])
        for rule in ranked
        if abs(each[rule] - worth) > finance.LITTLE / 10
    ]
    if len(account.rules) > 1:
        bare = cashflow.worth(account, without=frozenset(account.rules))
        told.append((view.say("cash.without_any"), bare))
    return told


def _figure(view: View, rows: list[tuple[str, float, float, str]]) -> dict:
    labels = [wrap(label, 52) for label, *_ in rows]
    seen: dict[str, int] = {}
    for k, label in enumerate(labels):
        seen[label] = seen.get(label, 0) + 1
        labels[k] = label + "\u200b" * (seen[label] - 1)
    ends = [max(start, start + change) for _, start, change, _ in rows]
    lows = [min(start, start + change) for _, start, change, _ in rows]
    low, high = min([*lows, 0.0]), max([*ends, 0.0])
    span = max(high - low, 1e-9)
    bars = {
        "type": "bar", "orientation": "h", "y": labels, "x": [row[2] for row in rows],
        "base": [row[1] for row in rows], "showlegend": False,
        "marker": {"color": [row[3] for row in rows]},
        "customdata": [look.number(row[2]) for row in rows],
        "hovertemplate": "%{y}: %{customdata}<extra></extra>",
    }  # fmt: skip
    texts = {
        "type": "scatter", "mode": "text", "x": ends, "y": labels, "showlegend": False,
        "text": [f"  {look.number(row[2])}" for row in rows], "textposition": "middle right",
        "hoverinfo": "skip", "textfont": {"size": 12, "color": look.QUIET}, "cliponaxis": False,
    }  # fmt: skip
    layout = look.layout(
        90 + (34 if any("<br>" in label for label in labels) else 26) * len(labels),
        barmode="overlay",
        bargap=0.28,
        xaxis={"title": look.heading(view.say("axis.present_value")), "tickformat": ",~r",
               "range": [low - 0.03 * span, high + 0.13 * span]},
        yaxis={"autorange": "reversed", "showgrid": False, "tickfont": {"color": look.INK}},
        margin={"b": 52},
    )  # fmt: skip
    return {"data": [bars, texts], "layout": layout, "wide": WIDE}

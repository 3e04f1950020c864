"""The page that puts scenarios side by side: what stands out, one picture, one table, the terms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monazite.messages import language
from monazite.report import brief, look, marks, parts
from monazite.report.charts import Figure, choose
from monazite.report.effects import (
    ALL,
    SECTIONS,
    Comparison,
    Line,
    averaged,
    comparison,
    findings,
    group,
    lines,
    notes,
    rough,
    shifts,
    stacked,
    unit,
    whole,
)
from monazite.report.html import document, plotly_js
from monazite.report.sections import claims as said
from monazite.report.view import ways_of, years_of

if TYPE_CHECKING:
    import polars as pl

STACK = {
    ("members", "users"): "#0072B2", ("members", "public"): "#E69F00",
    ("members", "makers"): "#009E73", ("members", "rest"): "#8c93a0",
    ("named", ""): "#D55E00", ("others", ""): "#CC79A7",
}  # fmt: skip
LINES = ("#5b6270", "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00")
SIDES = (("inside", "solid"), ("outside", "dot"))
PANELS = ((0.0, 0.25), (0.33, 0.55), (0.65, 1.0))


def write_comparison(
    outcomes: Mapping[str, Any],
    path: str | Path,
    *,
    terms: Any,
    frame: pl.DataFrame,
    lang: str = "en",
    claims: Any = None,
) -> Path:
    """Write the comparison as one HTML file that needs nothing else, and return its path.

    `terms` and `frame` are those of `monazite.study.effects`, `claims` answers to claims put to
    the first outcome's case, as `monazite.study.claims.kept` opens them. Raises MonaziteError where
    plotly is not installed.
    """
    script = plotly_js(lang)
    found = comparison(outcomes, terms, frame, language(lang))
    found = replace(found, view=replace(found.view, claims=claims))
    target = Path(path)
    target.write_text(page(found, script), encoding="utf-8")
    return target


def page(found: Comparison, script: str) -> str:
    """Return the page's HTML with this plotly.js."""
    told = {
        "picture": _picture(found),
        **({"years": over_years(found)} if found.by_year.height else {}),
        "table": table(found),
        **({"claims": said.build(found.view)} if found.view.claims is not None else {}),
        "scenarios": _scenarios(found),
        "terms": _terms(found),
    }
    body = "".join(_section(found, name, html) for name, html in told.items())
    return document(
        found.view,
        title=_title(found),
        header=_header(found),
        links={name: found.view.say(f"{_words_of(name)}.short") for name in told},
        body=body,
        script=script,
        brief=True,
    )


def _title(found: Comparison) -> str:
    if len(found.names) == 2:
        first, second = (found.title(name) for name in found.names)
        return found.view.say("compare.title_two", first=first, second=second)
    if len(found.terms.materials) > 1:
        return found.view.say("compare.title_several")
    material = found.view.material(found.terms.materials[0])
    return found.view.say("compare.title", material=found.view.inside_name(material))


def _header(found: Comparison) -> str:
    told = findings(found) if len(found.names) > 2 else shifts(found)
    finding = brief.headline(found) or _title(found)
    stands = (
        f"<h3>{escape(found.view.say('compare.findings'))}</h3>{parts.items(told)}" if told else ""
    )
    first = escape(found.view.say("compare.lede", first=found.title(found.names[0])))
    if over := averaged(found):
        first = f"{first}{'' if found.view.lang == 'zh' else ' '}{escape(over)}"
    return (
        f'<p class="kicker">{escape(found.view.say("kicker"))} · {escape(_title(found))}</p>'
        f'<h1 class="told">{parts.text(finding)}</h1><p class="lede">{first}</p>'
        f"{brief.block(found)}{stands}{_proof(found)}"
    )


def _proof(found: Comparison) -> str:
    worst = max(one.certificate.worst for one in found.outcomes.values())
    books = max(abs(one.ledger.residual) for one in found.outcomes.values())
    told = found.view.say("compare.proof", worst=look.short(worst), books=look.short(books))
    return f'<div class="proof">{parts.paragraph(told)}</div>'


def _section(found: Comparison, name: str, html: str) -> str:
    label = found.view.say(f"{_words_of(name)}.title")
    intro = parts.paragraph(found.view.say(f"{_words_of(name)}.intro", **_words(found)))
    finding = HEADINGS[name](found) if name in HEADINGS else ""
    return (
        f'<section id="{name}" class="stop" aria-labelledby="{name}-title">'
        f"{parts.heading(name, label, finding)}{intro}{html}</section>\n"
    )


def _words_of(name: str) -> str:
    """Where the catalogue has a section's words: claims are the report's."""
    return f"section.{name}" if name == "claims" else f"compare.{name}"


def _words(found: Comparison) -> dict[str, str]:
    return {"first": found.title(found.names[0]), "country": found.named}


HEADINGS = {
    "picture": brief.money_heading,
    "years": brief.years_heading,
    "claims": lambda found: said.heading(found.view),
}


# --- year by year ---------------------------------------------------------------------------------


def over_years(found: Comparison) -> str:
    """Return prices inside and outside and shares of the named country, year by year."""
    most = brief.dearest(found)  # what the heading speaks of is shown first
    first = () if most is None else ("price", most.item)
    paths = sorted(_paths(found), key=lambda one: one[0] != first)
    drawn = choose([(label, figure) for _, label, figure in paths])
    assert drawn is not None, "a comparison over years speaks of some price or share"
    caption, note = (found.view.say(f"compare.years.{key}") for key in ("caption", "note"))
    return parts.drawn(found.view, "by_year", drawn, caption, note) + _ends(found)


def _paths(found: Comparison) -> Iterator[tuple[tuple[str, str], str, Figure]]:
    """Each price and share (kind, item), its label and figure: lines by scenario (and side)."""
    view = found.view
    for part in found.by_year.partition_by("kind", "item", maintain_order=True):
        kind, item = part["kind"][0], part["item"][0]
        share = kind == "share"
        name = view.measure(item) if share else view.material(item)
        label = view.say(f"compare.years.{kind}", item=name, country=found.named)
        traces = []
        for k, scenario in enumerate(found.names):
            for place, dash in ((None, "solid"),) if share else SIDES:
                rows = part.filter(scenario=scenario)
                rows = rows if place is None else rows.filter(place=place)
                title = found.title(scenario)
                if place is not None:
                    title = view.say(f"compare.years.{place}", scenario=title)
                traces.append({
                    "type": "scatter", "mode": "lines+markers", "name": title,
                    "x": rows["period"].to_list(), "y": rows["value"].to_list(),
                    "line": {"color": LINES[k % len(LINES)], "width": 2.5, "dash": dash},
                    "marker": look.symbol(k),
                    "hovertemplate": f"{title}, %{{x}}: "
                    + ("%{y:.1%}" if share else "%{y:,.3~r}") + "<extra></extra>",
                })  # fmt: skip
        axis = {"tickformat": ".0%", "range": [0, 1.0001]} if share else {"rangemode": "tozero"}
        layout = look.layout(
            380, xaxis=look.time_axis(found.by_year["period"]), margin={"b": 48},
            yaxis={**axis, "title": look.heading("" if share else view.say("compare.years.unit"))},
        )  # fmt: skip
        yield (kind, item), label, {"data": traces, "layout": layout}


def _ends(found: Comparison) -> str:
    """Return the same in figures, for the first year, one in the middle and the last."""
    view, periods = found.view, list(dict.fromkeys(found.by_year["period"]))
    shown = list(dict.fromkeys((periods[0], periods[len(periods) // 2], periods[-1])))
    columns = [parts.Column(view.say("compare.years.what")), parts.Column(view.say("column.year"))]
    columns += [parts.Column(found.title(name), numeric=True) for name in found.names]
    cells = {row[:-1]: row[-1] for row in found.by_year.iter_rows()}
    rows = []
    for kind, item, place in dict.fromkeys(found.by_year.select("kind", "item", "place").rows()):
        name = view.measure(item) if kind == "share" else view.material(item)
        key = "compare.years.share" if kind == "share" else f"effect.price.{place}"
        label = view.say(key, item=name, material=name, country=found.named)
        for period in shown:
            values = [cells.get((kind, item, place, period, s)) for s in found.names]
            if kind == "share":
                values = [parts.percent_cell(view, value) for value in values]
            rows.append([label, period, *values])
    return parts.folded(view.say("compare.years.table"), parts.table(columns, rows))


# --- the table ------------------------------------------------------------------------------------


def table(found: Comparison) -> str:
    """Return every line that says something, section by section."""
    every = lines(found)
    heads = "".join(
        f'<th scope="col" class="number">{escape(found.title(n))}</th>' for n in found.names
    )
    body = "".join(
        _block(found, name, [x for x in every if x.section == name]) for name in SECTIONS
    )
    label = escape(found.view.say("compare.table.title"))
    return (
        f'<div class="scroll" tabindex="0"><table class="compared" aria-label="{label}">'
        f'<thead><tr><th scope="col"></th>{heads}</tr></thead>{body}</table></div>'
    )


def _block(found: Comparison, section: str, rows: list[Line]) -> str:
    if not rows:
        return ""
    title = escape(found.view.say(f"effect.section.{section}", **_words(found)))
    wide = 1 + len(found.names)
    head = f'<tr class="section"><th colspan="{wide}" scope="rowgroup">{title}</th></tr>'
    return f"<tbody>{head}{''.join(_row(found, line) for line in rows)}</tbody>"


def _row(found: Comparison, line: Line) -> str:
    told = line.section in ("cost", "downstream", "independence")
    of = unit(line.unit, found.view.lang) if told else ""
    cells = line.shown(found.view.lang)
    if line.section == "gain":
        cells[0] = "–"
    shown = "".join(f'<td class="number">{cell}</td>' for cell in cells)
    kind = ' class="total"' if line.total else ""
    return f'<tr{kind}><th scope="row">{escape(line.label)}{escape(of)}</th>{shown}</tr>'


# --- the picture ----------------------------------------------------------------------------------


def _picture(found: Comparison) -> str:
    figures = [(found.view.material(m), figure(found, m)) for m in found.terms.materials]
    drawn = choose(figures)
    assert drawn is not None, "a comparison speaks of some material"
    note = found.view.say("compare.picture.note", country=found.named)
    return parts.drawn(
        found.view, "effects", drawn, found.view.say("compare.picture.caption"), note
    )


def figure(found: Comparison, material: str) -> Figure:
    """Three panels on one axis of scenarios: prices, tonnes free, who gains and who pays."""
    labels = [marks.wrap(found.title(name), 26) for name in found.names]
    traces = [*_price_panel(found, material, labels), _free_panel(found, material, labels)]
    traces += _gain_panel(found, labels)
    axis = look.layout()["xaxis"]
    heads = ("compare.axis.price", "compare.axis.free", "compare.axis.gain")
    names = {"material": found.view.material(material), "country": found.named}
    axes = {
        f"xaxis{k + 1 if k else ''}": {
            **axis, "domain": list(PANELS[k]), "zeroline": True, "nticks": (5, 3, 4)[k],
            "tickangle": 0, "tickformat": ",~r",
            "title": look.heading(marks.wrap(found.view.say(head, **names), 30)),
        }
        for k, head in enumerate(heads)
    }  # fmt: skip
    axes["xaxis"]["rangemode"] = axes["xaxis2"]["rangemode"] = "tozero"
    rows = 24 * max(3, sum(2 + label.count("<br>") for label in labels))
    side = {"autorange": "reversed", "showgrid": True, "tickfont": {"color": look.INK}}
    layout = look.layout(
        110 + rows, barmode="relative", bargap=0.35, **axes, yaxis=side, margin={"b": 70, "r": 24},
    )  # fmt: skip
    hidden = {**look.layout()["yaxis"], **side, "showticklabels": False, "matches": "y"}
    layout |= {
        f"yaxis{k}": {**hidden, "anchor": f"x{k}"} for k in (2, 3)
    }  # fmt: skip
    for k in (2, 3):
        layout[f"xaxis{k}"]["anchor"] = f"y{k}"
    return {"data": traces, "layout": layout, "wide": 860, "narrow": _on_top(layout, rows)}


def _on_top(layout: dict, rows: int) -> dict:
    """The same three panels one above the other, for a narrow page."""
    each = rows + 70
    whole = {**layout, "height": 3 * each, "margin": {**layout["margin"], "b": 64}}
    for k in range(3):
        x, y = (f"{axis}axis{k + 1 if k else ''}" for axis in "xy")
        top = 1 - k * (each + 22) / (3 * each)
        whole[x] = {**layout[x], "domain": [0, 1]}
        whole[y] = {**layout[y], "domain": [max(top - rows / (3 * each), 0), top],
                    "showticklabels": True}  # fmt: skip
        whole[y].pop("matches", None)
    return whole


def _price_panel(found: Comparison, material: str, labels: list[str]) -> list[dict]:
    traces = []
    for place, colour, symbol in (
        ("inside", "#12395f", "circle"),
        ("outside", "#D55E00", "diamond"),
    ):
        values = found.values("price", material, place) or ()
        word = found.view.say(f"compare.legend.{place}")
        traces.append({
            "type": "scatter", "mode": "markers", "name": word, "x": list(values), "y": labels,
            "marker": {"color": colour, "size": 12, "symbol": symbol,
                       "line": {"color": look.PAPER, "width": 1}},
            "customdata": [look.number(value) for value in values],
            "hovertemplate": found.view.hover(f"{word}: %{{customdata}}", "USD/kg"),
        })  # fmt: skip
    return traces


def _free_panel(found: Comparison, material: str, labels: list[str]) -> dict:
    values = [value or 0.0 for value in found.values("free", material, "members") or ()]
    word = found.view.say("compare.legend.free", country=found.named)
    return {
        "type": "bar", "orientation": "h", "name": word, "x": values, "y": labels,
        "xaxis": "x2", "yaxis": "y2",
        "marker": {"color": look.STAGES["separation"]}, "textposition": "auto", "textangle": 0,
        "text": [rough(value) for value in values], "insidetextfont": {"color": look.PAPER},
        "hovertemplate": found.view.hover(f"{word}: %{{text}}", "t"), "cliponaxis": False,
    }  # fmt: skip


def _gain_panel(found: Comparison, labels: list[str]) -> list[dict]:
    sums = stacked(found)
    traces = [
        {
            "type": "bar", "orientation": "h", "name": _stack_name(found, key), "x": sums[key],
            "y": labels, "xaxis": "x3", "yaxis": "y3", "marker": look.marker("", colour),
            "customdata": [whole(value, signed=True) for value in sums[key]],
            "hovertemplate": f"{_stack_name(found, key)}: %{{customdata}}<extra></extra>",
        }
        for key, colour in STACK.items()
        if any(abs(value) > 0.5 for value in sums[key])
    ]  # fmt: skip
    net = list(found.values("gain", ALL, "members") or ())
    word = found.view.say("compare.legend.net")
    traces.append({
        "type": "scatter", "mode": "markers", "name": word, "x": net, "y": labels,
        "xaxis": "x3", "yaxis": "y3",
        "marker": {"color": look.INK, "size": 11, "symbol": "line-ns-open", "line": {"width": 2}},
        "customdata": [whole(value or 0.0, signed=True) for value in net],
        "hovertemplate": f"{word}: %{{customdata}}<extra></extra>",
    })  # fmt: skip
    return traces


def _stack_name(found: Comparison, key: tuple[str, str]) -> str:
    place, part = key
    if part:
        return found.view.say(f"compare.stack.{part}")
    word = group(found, place)
    return word[:1].upper() + word[1:]


# --- what is compared -----------------------------------------------------------------------------


def _scenarios(found: Comparison) -> str:
    warned: dict[str, list[str]] = {}
    for name, told in notes(found):
        warned.setdefault(name, []).append(told)
    return _runs_on(found) + "".join(
        f"<h3>{escape(found.title(name))}</h3>"
        + parts.paragraph(one.scenario.described(found.view.lang) if one.scenario else "")
        + _otherwise(found, one)
        + (parts.items(warned[name]) if name in warned else "")
        for name, one in found.outcomes.items()
    )


def _runs_on(found: Comparison) -> str:
    """What descriptions of a base year leave out where scenarios run on over the years."""
    names = years_of(found.view.outcome)
    if not names:
        return ""
    first = found.outcomes[found.names[0]].scenario
    told = found.view.say(
        "compare.scenarios.years", first=names[0], last=names[-1], rules=first.years.rules_from,
        **ways_of(found.view, first),
    )  # fmt: skip
    return parts.paragraph(told)


def _otherwise(found: Comparison, outcome: Any) -> str:
    """How a scenario over years was run, where that is another way than the first was."""
    first = found.outcomes[found.names[0]]
    if not years_of(first) or not years_of(outcome):
        return ""
    ways = ways_of(found.view, outcome.scenario)
    if ways == ways_of(found.view, first.scenario):
        return ""
    return parts.paragraph(found.view.say("compare.scenarios.otherwise", **ways))


def _terms(found: Comparison) -> str:
    view = found.view
    comma = view.say("comma")
    members = comma.join(view.country(c) for c in found.terms.members)
    materials = comma.join(view.material(m) for m in found.terms.materials)
    facts = {
        "members": members,
        "country": view.country(found.terms.country),
        "materials": materials,
    }
    head = parts.facts((view.say(f"compare.fact.{key}"), text) for key, text in facts.items())
    words = ("price", "free", "dependence", "gain", "cost", "supported", "point", "leakage")
    told = [view.say(f"compare.define.{word}", country=found.named) for word in words]
    return head + parts.items(told)

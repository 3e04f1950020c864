"""The page that tells the price of a goal: what reaches it, at what cost, beside other work."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monazite.messages import language
from monazite.report import look, marks, parts
from monazite.report.charts import Figure, choose
from monazite.report.html import document, plotly_js
from monazite.report.view import View, view_of

if TYPE_CHECKING:
    from monazite.study.goal import Price, Way

COLOURS = ("#12395f", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#56B4E9", "#882255", "#999933")
BARS = {"support": "#0072B2", "public": "#E69F00", "users": "#CC79A7", "lost": "#8c93a0"}
COLUMNS = ("share", "support", "support_discounted", "public", "users", "lost", "per_tonne")


def write_goal(found: Price, path: str | Path, *, lang: str = "en") -> Path:
    """Write the price of a goal as one HTML file that needs nothing else, and return its path.

    Raises MonaziteError where plotly is not installed.
    """
    script = plotly_js(lang)
    target = Path(path)
    target.write_text(page(found, view_of(found.outcome, language(lang)), script), encoding="utf-8")
    return target


def page(found: Price, view: View, script: str) -> str:
    """Return the page's HTML with this plotly.js."""
    told = {
        "ways": parts.drawn(view, "supply", supply(found, view), view.say("goal.supply.title"),
                            view.say("goal.supply.note")) + table(found, view),
        "costs": parts.drawn(view, "costs", costs(found, view), view.say("goal.costs.caption"),
                             view.say("goal.costs.note")),
        "paths": _drawn_prices(found, view),
        "beside": _beside(found, view),
    }  # fmt: skip
    heads = {"ways": _reached(found, view), "costs": _costs(found, view)}
    body = "".join(_section(view, name, html, heads.get(name, "")) for name, html in told.items())
    return document(
        view,
        title=found.goal.titled(view.lang),
        header=_header(found, view),
        links={name: view.say(f"goal.{name}.title") for name in told},
        body=body,
        script=script,
    )


def asked(found: Price, view: View) -> str:
    """Return the goal in one sentence."""
    members = view.say("comma").join(view.country(code) for code in found.goal.members)
    at = found.periods.index(found.period)
    return view.say(
        "goal.asked", members=members, stage=view.inside_name(view.measure(found.goal.stage)),
        share=view.percent(found.goal.share), of=view.say(f"goal.of.{found.goal.of}"),
        year=found.goal.by, kt=look.plain(found.goal.share * found.reference[at]),
        base=view.percent(found.base[at]), market=look.plain(found.market),
    )  # fmt: skip


def name_of(found: Price, way: Way, view: View) -> str:
    """Return what a way is called."""
    known = {lever.name: lever for lever in found.goal.levers}
    return known[way.name].titled(view.lang) if way.name in known else view.say("goal.cheapest")


def level_of(way: Way, view: View) -> str:
    """Return a way's level with its unit, or that it does not reach the goal."""
    if way.level is None:
        return view.say("goal.unreached")
    if way.unit in ("1", ""):
        return view.percent(way.level) if way.unit == "1" else look.plain(way.level)
    return f"{look.plain(way.level)} {view.unit(way.unit)}"


def _header(found: Price, view: View) -> str:
    kicker = f"{view.say('kicker')} · {found.goal.titled(view.lang)}"
    return (
        f'<p class="kicker">{escape(kicker)}</p>'
        f'<h1 class="told">{parts.text(finding(found, view))}</h1>'
        f'<p class="lede">{escape(asked(found, view))}</p>'
        + parts.paragraph(found.goal.described(view.lang))
        + parts.ways(view, found.outcome.scenario)
    )


def levers(found: Price) -> list[tuple[Way, dict[str, Any]]]:
    """Return ways that are rules (not the cheapest mix) with their rows, least support first."""
    own = {lever.name for lever in found.goal.levers}
    rows = zip(found.ways, found.table().iter_rows(named=True), strict=True)
    told = [(way, row) for way, row in rows if way.name in own]
    return sorted(told, key=lambda one: (not one[0].reached, round(one[1]["support"], 6)))


def finding(found: Price, view: View) -> str:
    """Return the answer: the rule that reaches the goal for least support, and what it costs."""
    told = levers(found)
    words = {"share": view.percent(found.goal.share), "year": found.goal.by}
    if not told or not told[0][0].reached:
        return view.say("goal.finding_none", **words)
    way, row = told[0]
    return view.say("goal.finding", way=name_of(found, way, view),
                    amount=look.money(row["support"], view.lang), **words)  # fmt: skip


def _reached(found: Price, view: View) -> str:
    told = levers(found)
    count = sum(way.reached for way, _ in told)
    return view.say("goal.finding_ways", count=count, all=len(told)) if told else ""


def _costs(found: Price, view: View) -> str:
    """Return who loses and who gains by that rule; nothing where none reaches the goal."""
    told = levers(found)
    if not told or not told[0][0].reached:
        return ""
    way, row = told[0]
    words = {
        who: view.say(f"heading.{'lose' if row[who] > 0 else 'gain'}",
                      amount=look.money(abs(row[who]), view.lang))
        for who in ("public", "users")
    }  # fmt: skip
    return view.say("goal.finding_costs", way=name_of(found, way, view), **words)


def _section(view: View, name: str, html: str, finding: str = "") -> str:
    return (
        f'<section id="{name}" class="stop" aria-labelledby="{name}-title">'
        f"{parts.heading(name, view.say(f'goal.{name}.title'), finding)}"
        f"{parts.paragraph(view.say(f'goal.{name}.intro'))}{html}</section>\n"
    )


def table(found: Price, view: View) -> str:
    """Return a row for each way: its level, the share reached and what it costs."""
    columns = [
        parts.Column(view.say("goal.column.way")),
        parts.Column(view.say("goal.column.level"), numeric=True),
        *(parts.Column(view.say(f"goal.column.{name}"), numeric=True) for name in COLUMNS),
    ]
    rows = []
    for way, row in zip(found.ways, found.table().iter_rows(named=True), strict=True):
        level = parts.Cell(escape(level_of(way, view)), way.level)
        share = parts.percent_cell(view, row["share"])
        rows.append([name_of(found, way, view), level, share, *(row[n] for n in COLUMNS[1:])])
    return parts.table(columns, rows)


def supply(found: Price, view: View) -> Figure:
    """Return own supply over its reference by period, a line for each way, and the goal."""
    periods = list(found.periods)
    traces: list[dict[str, Any]] = [
        _line(view.say("goal.without"), look.QUIET, periods, found.base)
    ]
    traces[0]["line"]["dash"] = "dot"
    for k, (colour, way) in enumerate(zip(COLOURS, found.ways, strict=False)):
        line = _line(name_of(found, way, view), colour, periods, way.supply)
        traces.append({**line, "marker": look.symbol(k)})
    traces.append({
        "type": "scatter", "mode": "markers", "name": view.say("goal.goal"), "x": [found.period],
        "y": [found.goal.share],
        "marker": {"symbol": "star", "size": 15, "color": look.INK},
        "hovertemplate": "%{x}: %{y:.0%}<extra></extra>",
    })  # fmt: skip
    layout = look.layout(
        400, xaxis=look.time_axis(periods), yaxis={"tickformat": ".0%", "rangemode": "tozero"},
        margin={"b": 48},
    )  # fmt: skip
    return {"data": traces, "layout": layout}


def _line(name: str, colour: str, periods: list[str], values: Any) -> dict[str, Any]:
    return {
        "type": "scatter", "mode": "lines+markers", "name": name, "x": periods,
        "y": list(values), "line": {"color": colour, "width": 2.5},
        "hovertemplate": f"{name}, %{{x}}: %{{y:.1%}}<extra></extra>",
    }  # fmt: skip


def costs(found: Price, view: View) -> Figure:
    """Return what each way costs whom, as bars side by side."""
    rows = found.table()
    labels = [marks.wrap(name_of(found, way, view), 30) for way in found.ways]
    traces = [
        {
            "type": "bar", "orientation": "h", "y": labels, "x": rows[name].to_list(),
            "name": view.say(f"goal.column.{name}"), "marker": {"color": colour},
            "hovertemplate": "%{y}<br>%{fullData.name}: %{x:,.3~r}<extra></extra>",
        }
        for name, colour in BARS.items()
    ]  # fmt: skip
    layout = look.layout(
        110 + 76 * len(labels), barmode="group", bargap=0.3,
        xaxis={"title": look.heading(view.say("axis.musd")), "zeroline": True, "tickformat": ",~r"},
        yaxis={"autorange": "reversed", "showgrid": False, "tickfont": {"color": look.INK}},
        margin={"b": 56},
    )  # fmt: skip
    return {"data": traces, "layout": layout}


def prices(found: Price, view: View) -> Figure | None:
    """Return prices inside the members by period, a line for each way; choices by material."""
    first = found.ways[0].cost.prices
    figures = []
    for material in first["material"].unique(maintain_order=True):
        base = first.filter(material=material)
        traces = [_path(view, view.say("goal.without"), look.QUIET, base["period"].to_list(),
                        base["inside_without"].to_list())]  # fmt: skip
        traces[0]["line"]["dash"] = "dot"
        for k, (colour, way) in enumerate(zip(COLOURS, found.ways, strict=False)):
            mine = way.cost.prices.filter(material=material)
            for side, dash in (("inside", "solid"), ("outside", "dash")):
                name = view.say(f"goal.{side}", way=name_of(found, way, view))
                line = _path(view, name, colour, mine["period"].to_list(), mine[side].to_list())
                line["line"]["dash"] = dash
                line["marker"] = look.symbol(k)
                traces.append(line)
        layout = look.layout(
            420, xaxis=look.time_axis(base["period"]), margin={"b": 48},
            yaxis={"title": look.heading(view.say("compare.years.unit")), "rangemode": "tozero"},
        )  # fmt: skip
        figures.append((view.material(material), {"data": traces, "layout": layout}))
    return choose(figures)


def _path(
    view: View, name: str, colour: str, periods: list[str], values: list[Any]
) -> dict[str, Any]:
    return {
        "type": "scatter", "mode": "lines+markers", "name": name, "x": periods, "y": values,
        "line": {"color": colour, "width": 2},
        "hovertemplate": view.hover(f"{name}, %{{x}}: %{{y:,.3~r}}", "USD/kg"),
    }  # fmt: skip


def _drawn_prices(found: Price, view: View) -> str:
    figure = prices(found, view)
    if figure is None:
        return ""
    return parts.drawn(view, "prices", figure, view.say("goal.paths.caption"))


def _beside(found: Price, view: View) -> str:
    from monazite.study.scenario import in_language

    rows = [
        f"<p>{escape(in_language(one.told, view.lang))} <cite>{escape(one.source)}"
        f"{escape(f', {one.url}' if one.url else '')}</cite></p>"
        for one in found.goal.beside
    ]
    own = [
        view.say("goal.over_market", way=name_of(found, way, view),
                 share=view.percent(row["support"] / found.market))
        for way, row in zip(found.ways, found.table().iter_rows(named=True), strict=True)
        if way.reached and found.market > 0
    ]  # fmt: skip
    return "".join(rows) + parts.items(own)

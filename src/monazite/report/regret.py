"""The page of a regret table: which mix is regretted least, in which state, and who gains."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monazite.messages import language
from monazite.report import look, marks, parts
from monazite.report.charts import Figure
from monazite.report.html import document, plotly_js
from monazite.report.view import View, view_of

if TYPE_CHECKING:
    from monazite.study.regret import Regret

SCALE = [[0.0, "#f2f0eb"], [0.25, "#fdd9a8"], [0.6, "#e6803c"], [1.0, "#8c2d04"]]
BOTH = [[0.0, "#8c2d04"], [0.5, "#f2f0eb"], [1.0, "#1b7f5c"]]
PARTS = ("gain", "users", "makers", "public", "other")


def write_regret(found: Regret, path: str | Path, *, lang: str = "en") -> Path:
    """Write the regret table as one HTML file that needs nothing else, and return its path.

    Raises MonaziteError where plotly is not installed.
    """
    script = plotly_js(lang)
    target = Path(path)
    view = view_of(found.outcome, language(lang))
    target.write_text(page(found, view, script), encoding="utf-8")
    return target


def page(found: Regret, view: View, script: str) -> str:
    """Return the page's HTML with this plotly.js."""
    told = {
        "regret": _drawn(found, view, "regret") + worst(found, view),
        "gain": _drawn(found, view, "gain") + who(found, view),
        "choices": _choices(found, view),
    }
    body = "".join(
        f'<section id="{name}" class="stop" aria-labelledby="{name}-title">'
        f'<h2 id="{name}-title">{escape(view.say(f"regret.{name}.title"))}</h2>'
        f"{parts.paragraph(view.say(f'regret.{name}.intro'))}{html}</section>\n"
        for name, html in told.items()
    )
    return document(
        view,
        title=found.table.titled(view.lang),
        header=_header(found, view),
        links={name: view.say(f"regret.{name}.title") for name in told},
        body=body,
        script=script,
    )


def told(found: Regret, view: View) -> str:
    """Return in one sentence which mix is regretted least, and by how much at most."""
    rows = found.worst().drop_nulls()
    if not rows.height:
        return view.say("regret.none")
    best = rows.row(0, named=True)
    return view.say(
        "regret.told", mix=title(found, "mixes", best["mix"], view),
        worst=look.plain(best["worst"]), members=members(found, view),
    )  # fmt: skip


def members(found: Regret, view: View) -> str:
    """Return whose gains count."""
    return view.say("comma").join(view.country(code) for code in found.table.members)


def title(found: Regret, part: str, name: str, view: View) -> str:
    """Return what a mix or an answer is called."""
    known = {one.name: one for one in getattr(found.table, part)}
    return known[name].titled(view.lang)


def state(found: Regret, demand: str, answer: str, view: View) -> str:
    """Return what a state is called."""
    words = {"demand": view.word("path", demand), "answer": title(found, "answers", answer, view)}
    return view.say("regret.state", **words)


def _header(found: Regret, view: View) -> str:
    name = escape(found.table.titled(view.lang))
    return (
        f'<p class="kicker">{escape(view.say("kicker"))}</p><h1>{name}</h1>'
        f'<p class="lede">{escape(told(found, view))}</p>'
        + parts.paragraph(found.table.described(view.lang))
        + parts.ways(view, found.table.over_its_years(), "demand")  # paths of demand are states
    )


def heat(found: Regret, measure: str, view: View) -> Figure:
    """Return a cell for each mix and state; regret is worst where dark, gain goes both ways."""
    table = found.table
    states = [(path, one.name) for path in table.demand for one in table.answers]
    cells = {(m, d, a): v for m, d, a, v in
             found.runs.select("mix", "demand", "answer", measure).rows()}  # fmt: skip
    mixes = [one.name for one in reversed(table.mixes)]
    z = [[cells.get((mix, *at)) for at in states] for mix in mixes]
    most = max((abs(v) for row in z for v in row if v is not None), default=1.0) or 1.0
    scale: dict[str, Any] = (
        {"colorscale": SCALE, "zmin": 0, "zmax": most}
        if measure == "regret"
        else {"colorscale": BOTH, "zmin": -most, "zmax": most}
    )
    trace = {
        "type": "heatmap", "z": z, "xgap": 2, "ygap": 2, "showscale": False, **scale,
        "x": [marks.wrap(state(found, *at, view), 12) for at in states],
        "y": [marks.wrap(title(found, "mixes", mix, view), 28) for mix in mixes],
        "text": [[_cell(value) for value in row] for row in z],
        "texttemplate": "%{text}", "textfont": {"size": 11},
        "hovertemplate": "%{y}<br>%{x}: %{text}<extra></extra>",
    }  # fmt: skip
    layout = look.layout(
        130 + 46 * len(mixes),
        xaxis={"side": "top", "type": "category", "showgrid": False, "tickangle": 0,
               "tickfont": {"size": 10}},
        yaxis={"showgrid": False, "tickfont": {"color": look.INK}}, margin={"t": 60, "b": 12},
    )  # fmt: skip
    return {"data": [trace], "layout": layout, "wide": 860}


def _cell(value: float | None) -> str:
    if value is None:
        return "–"
    if 5e-4 < abs(value) < 0.5:
        return "< 1" if value > 0 else "> −1"  # 0 marks the best mix, and it alone
    return f"{round(value) + 0:,.0f}".replace("-", "−")


def _drawn(found: Regret, view: View, measure: str) -> str:
    caption = view.say(f"regret.{measure}.caption")
    return parts.drawn(view, f"{measure}_map", heat(found, measure, view), caption,
                       view.say(f"regret.{measure}.note"))  # fmt: skip


def worst(found: Regret, view: View) -> str:
    """Return a row for each mix: its greatest and mean regret, the least first."""
    columns = [
        parts.Column(view.say("regret.column.mix")),
        parts.Column(view.say("regret.column.worst"), numeric=True),
        parts.Column(view.say("regret.column.mean"), numeric=True),
    ]
    rows = [[title(found, "mixes", mix, view), most, mean]
            for mix, most, mean in found.worst().rows()]  # fmt: skip
    return parts.table(columns, rows)


def who(found: Regret, view: View) -> str:
    """Return who of the members gains against the first mix, mix by mix and state by state."""
    import polars as pl

    state_of = ["demand", "answer"]
    first = found.runs.filter(pl.col("mix") == found.table.mixes[0].name)
    first = first.select(*state_of, *(pl.col(name).alias(f"_{name}") for name in PARTS[1:]))
    both = found.runs.join(first, on=state_of, how="left", maintain_order="left")
    columns = [
        *(parts.Column(view.say(f"regret.column.{name}")) for name in ("mix", "state")),
        *(parts.Column(view.say(f"regret.column.{name}"), numeric=True) for name in PARTS),
    ]
    rows = [
        [title(found, "mixes", row["mix"], view), state(found, row["demand"], row["answer"], view),
         row["gain"], *(_less(row[name], row[f"_{name}"]) for name in PARTS[1:])]
        for row in both.iter_rows(named=True)
        if row["mix"] != found.table.mixes[0].name
    ]  # fmt: skip
    return parts.folded(view.say("regret.who"), parts.table(columns, rows))


def _less(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other


def _choices(found: Regret, view: View) -> str:
    """Return what each mix and answer consists of: its rules, as a scenario file holds them."""
    import yaml

    told = []
    for part in ("mixes", "answers"):
        for one in getattr(found.table, part):
            rules = one.fields()
            text = yaml.safe_dump(_plain(rules), allow_unicode=True, sort_keys=False)
            shown = f"<pre>{escape(text)}</pre>" if rules else parts.paragraph("–")
            told.append(parts.folded(one.titled(view.lang), shown))
    return "".join(told)


def _plain(value: Any) -> Any:
    import json

    return json.loads(json.dumps(value, default=str))

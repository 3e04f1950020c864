"""The claims, a page of their own and a part of reports: verdicts, every claim, a picture."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from monazite.messages import language, say
from monazite.report import look, marks, parts
from monazite.report.charts import Figure
from monazite.report.html import document, plotly_js
from monazite.report.view import View
from monazite.study.claims.verdicts import VERDICTS, Finding

if TYPE_CHECKING:
    from monazite.study.claims.table import Range

COLOURS = {
    "supported": "#2f7d5b", "depends": "#c9a227", "not_supported": "#b4451c",
    "no_answer": "#8c93a0", "untested": "#d9d6cf",
}  # fmt: skip
TIMES = ("times",)
FRACTIONS = ("1",)
WHOLE = ("year", "rank")


def write_page(findings: Sequence[Finding], path: str | Path, *, lang: str = "en") -> Path:
    """Write the claims as one HTML file that needs nothing else, and return its path.

    Raises MonaziteError where plotly is not installed.
    """
    script = plotly_js(lang)
    target = Path(path)
    target.write_text(page(findings, script, lang=language(lang)), encoding="utf-8")
    return target


def page(findings: Sequence[Finding], script: str, *, lang: str = "en") -> str:
    """Return the page's HTML with this plotly.js."""
    view = View(None, lang)
    told = {"picture": picture(view, findings), "tested": tested(view, findings),
            "untested": untested(view, findings), "method": method(view)}  # fmt: skip
    body = "".join(_section(view, name, html) for name, html in told.items() if html)
    return document(
        view,
        title=view.say("claims.title"),
        header=_header(view, findings),
        links={name: view.say(f"claims.{name}.short") for name, html in told.items() if html},
        body=body,
        script=script,
        footer=view.say("claims.footer"),
    )


# --- words ----------------------------------------------------------------------------------------


def amount(value: float | None, unit: str, lang: str, *, change: bool = False) -> str:
    """The answer to a test as text: a share in per cent, a change in points, years whole."""
    told = figure_of(value, unit, lang, change=change)
    if value is None or math.isinf(value) or unit in (*WHOLE, *TIMES):
        return told
    if unit in FRACTIONS:
        return say("report.claims.points", lang, value=told) if change else told
    return f"{told} {look.unit(unit, lang)}"


def figure_of(value: float | None, unit: str, lang: str, *, change: bool = False) -> str:
    """The same without its unit, as in a range; per cent signs stay."""
    if value is None:
        return "–"
    if math.isinf(value):
        return say("report.claims.never", lang)
    if unit in WHOLE:
        return f"{value:.0f}"
    if unit in FRACTIONS:
        return _signed(100 * value) if change else look.percent(value, lang)
    if unit in TIMES:
        return f"×{look.plain(value)}"
    return _signed(value) if change else look.plain(value)


def _signed(value: float) -> str:
    if abs(value) < 5e-4:
        return "0"
    shown = f"{value:+,.0f}" if abs(value) >= 10 else f"{value:+.2g}"
    return shown.replace("-", "−")


def answer(found: Finding, lang: str) -> str:
    """The central answer, and in brackets the range of all."""
    test = found.claim.test
    if test is None:
        return "–"
    middle = amount(found.central, test.unit, lang, change=test.changes)
    bare, low, high = (
        figure_of(x, test.unit, lang, change=test.changes)
        for x in (found.central, found.low, found.high)
    )
    if bare == low == high:
        return middle
    return say("report.claims.answer", lang, value=middle, low=low, high=high)


def holding(found: Finding, lang: str) -> str:
    """The range in which the claim holds."""
    test, holds = found.claim.test, found.claim.stated.holds
    if test is None or holds is None:
        return "–"
    unit, change = test.unit, test.changes
    least, most = (amount(x, unit, lang, change=change) for x in (holds.least, holds.most))
    which = "least" if holds.most is None else "most" if holds.least is None else "between"
    if which == "between":
        least = figure_of(holds.least, unit, lang, change=change)
    return say(f"report.claims.{which}", lang, least=least, most=most)


def turning(found: Finding, lang: str) -> str:
    """On which assumptions the verdict turns."""
    words = [say(f"report.claims.point.{name}", lang) for name in found.turns_on]
    return say("report.comma", lang).join(words)


def word(verdict: str, lang: str) -> str:
    """A verdict in words."""
    return say(f"report.claims.verdict.{verdict}", lang)


# --- sections -------------------------------------------------------------------------------------


def _header(view: View, findings: Sequence[Finding]) -> str:
    return (
        f'<p class="kicker">{escape(view.say("kicker"))}</p>'
        f"<h1>{escape(view.say('claims.title'))}</h1>"
        f'<p class="lede">{escape(view.say("claims.lede"))}</p>{counted(view, findings)}'
    )


def counted(view: View, findings: Sequence[Finding]) -> str:
    """Return how many claims can be tested, and a bar for each verdict."""
    counts, total = Counter(one.verdict for one in findings), len(findings)
    asked = total - counts["untested"]
    rows = [
        (word(name, view.lang), counts[name] / asked, COLOURS[name], str(counts[name]))
        for name in VERDICTS[:-1]
        if counts[name]
    ]
    keys = parts.key_figure(view.say("claims.tested_of", of=total), str(asked), rows)
    return f'<ul class="keys">{keys}</ul>'


def _section(view: View, name: str, html: str) -> str:
    title = escape(view.say(f"claims.{name}.title"))
    intro = parts.paragraph(view.say(f"claims.{name}.intro"))
    return (
        f'<section id="{name}" class="stop" aria-labelledby="{name}-title">'
        f'<h2 id="{name}-title">{title}</h2>{intro}{html}</section>\n'
    )


def tested(view: View, findings: Sequence[Finding], verdicts: bool = True) -> str:
    """Return the table of claims that were tested, with or without a column of their verdicts.

    An empty text where there are none.
    """
    lang = view.lang
    asked = [one for one in findings if one.verdict != "untested"]
    if not asked:
        return ""
    cells = {
        "claim": lambda one: _statement(view, one, _tested_how(view, one)),
        "verdict": lambda one: _badge(view, one),
        "answer": lambda one: parts.Cell(escape(answer(one, lang)), one.central, answer(one, lang)),
        "holds": lambda one: holding(one, lang),
    }
    if not verdicts:
        del cells["verdict"]
    columns = [parts.Column(view.say(f"claims.column.{name}")) for name in cells]
    rows = [[cell(one) for cell in cells.values()] for one in asked]
    return f'<div class="named">{parts.table(columns, rows)}</div>'


def _statement(view: View, one: Finding, below: str) -> parts.Cell:
    """A claim in our words, and behind its name what else is to be told of it."""
    name, said = one.claim.id, one.claim.stated.said.told(view.lang)
    more = f"<details><summary>{escape(name)}</summary><div>{below}</div></details>"
    return parts.Cell(f"{escape(said)}{more}", name, f"{name} {said}")


def _tested_how(view: View, one: Finding) -> str:
    """How its words became a number, who said it, and what is publicly known."""
    return f"{escape(one.claim.stated.reading.told(view.lang))}<br>{_evidence(view, one)}"


def _badge(view: View, one: Finding) -> parts.Cell:
    """The verdict, and on what it turns."""
    told = word(one.verdict, view.lang)
    html = f'<span class="swatch" style="background:{COLOURS[one.verdict]}"></span>{escape(told)}'
    if one.turns_on:
        on = view.say("claims.turns", on=turning(one, view.lang))
        html += f"<br><small>{escape(on)}</small>"
        told = view.say("claims.turning", verdict=told, on=on)
    return parts.Cell(html, VERDICTS.index(one.verdict), told)


def _evidence(view: View, one: Finding) -> str:
    """Who said it, and what is publicly known."""
    stated = one.claim.stated
    words = view.say(
        "claims.evidence", by=one.claim.voice.told(view.lang),
        record=view.say(f"claims.record.{stated.record}"),
    )  # fmt: skip
    links = "".join(f'<span class="url">{escape(url)}</span>' for url in stated.url)
    return f'<small class="sources">{escape(words)} {links}</small>'


def untested(view: View, findings: Sequence[Finding]) -> str:
    """Return the table of claims that no test bears on, and why; empty where there are none."""
    rows = [
        [_statement(view, one, _evidence(view, one)), one.claim.stated.reading.told(view.lang)]
        for one in findings
        if one.verdict == "untested"
    ]
    if not rows:
        return ""
    columns = [parts.Column(view.say(f"claims.column.{name}")) for name in ("claim", "reason")]
    return f'<div class="named">{parts.table(columns, rows)}</div>'


def method(view: View) -> str:
    """Return which assumptions are varied, one at a time."""
    points = ("central", "stiff", "easy", "slow", "fast", "data")
    return parts.items([view.say(f"claims.define.{name}") for name in points])


# --- the picture ----------------------------------------------------------------------------------


def picture(view: View, findings: Sequence[Finding]) -> str:
    """Return the figure of answers that are shares; an empty text where there are none."""
    shares = [one for one in findings if one.claim.test is not None
              and one.claim.test.unit in FRACTIONS and one.central is not None]  # fmt: skip
    if not shares:
        return ""
    return parts.drawn(
        view, "claims", figure(view, shares), view.say("claims.picture.caption"),
        view.say("claims.picture.note"),
    )  # fmt: skip


def figure(view: View, findings: Sequence[Finding]) -> Figure:
    """One line a claim: grey where it would hold, a bar over all answers, a dot at the central."""
    labels = [_label(one, view.lang) for one in findings]
    traces = [_ground(one, label) for one, label in zip(findings, labels, strict=True)]
    for verdict in VERDICTS:
        mine = [(one, at) for one, at in zip(findings, labels, strict=True)
                if one.verdict == verdict]  # fmt: skip
        if mine:
            traces += _answers(view, verdict, mine)
    axis = {"tickformat": ".0%", "range": [-1.02, 1.02], "zeroline": True}
    layout = look.layout(
        80 + 34 * len(labels), xaxis=axis, margin={"b": 40},
        yaxis={"range": [len(labels) - 0.4, -0.6], "type": "category",
               "tickfont": {"color": look.INK}},
    )  # fmt: skip
    return {"data": traces, "layout": layout, "wide": 620}


def _label(one: Finding, lang: str) -> str:
    said = one.claim.stated.said.told(lang)
    limit = 28 if lang == "zh" else 60
    short = said if len(said) <= limit else said[: limit - 1].rstrip() + "…"
    return f"{one.claim.id}  {marks.wrap(short, 40)}"


def _ground(one: Finding, label: str) -> dict:
    holds = one.claim.stated.holds
    assert holds is not None, "what is tested has a range"
    return {
        "type": "scatter", "mode": "lines", "x": _ends(holds), "y": [label, label],
        "line": {"color": "#e9e6df", "width": 16}, "hoverinfo": "skip", "showlegend": False,
    }  # fmt: skip


def _ends(holds: Range) -> list[float]:
    return [
        -1.0 if holds.least is None else max(holds.least, -1.0),
        1.0 if holds.most is None else min(holds.most, 1.0),
    ]


def _answers(view: View, verdict: str, mine: Sequence[tuple[Finding, str]]) -> list[dict]:
    colour, rods = COLOURS[verdict], ([], [])  # type: ignore[var-annotated]
    for one, label in mine:
        rods[0].extend([_shown(one.low), _shown(one.high), None])
        rods[1].extend([label, label, None])
    line = {"type": "scatter", "mode": "lines", "x": rods[0], "y": rods[1], "showlegend": False,
            "line": {"color": colour, "width": 4}, "hoverinfo": "skip"}  # fmt: skip
    told = [answer(one, view.lang) for one, _ in mine]
    dots = {
        "type": "scatter", "mode": "markers", "name": word(verdict, view.lang),
        "x": [_shown(one.central) for one, _ in mine], "y": [label for _, label in mine],
        "customdata": told, "marker": {"color": colour, "size": 11},
        "hovertemplate": "%{customdata}<extra></extra>",
    }  # fmt: skip
    return [line, dots]


def _shown(value: float | None) -> float:
    return 0.0 if value is None else min(max(value, -1.0), 1.0)

"""The page of claims: verdicts counted, a picture, every claim tested, and the rest."""

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
    told = {"picture": _picture(view, findings), "tested": _tested(view, findings),
            "untested": _untested(view, findings), "method": _method(view)}  # fmt: skip
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
    if value is None:
        return "–"
    if math.isinf(value):
        return say("report.claims.never", lang)
    if unit in WHOLE:
        return f"{value:.0f}"
    if unit in FRACTIONS and change:
        return say("report.claims.points", lang, value=_signed(100 * value))
    if unit in FRACTIONS:
        return look.percent(value, lang)
    if unit in TIMES:
        return f"×{look.number(value)}"
    return f"{_signed(value) if change else look.number(value)} {unit}"


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
    middle, low, high = (
        amount(x, test.unit, lang, change=test.changes)
        for x in (found.central, found.low, found.high)
    )
    if middle == low == high:
        return middle
    return say("report.claims.answer", lang, value=middle, low=low, high=high)


def holding(found: Finding, lang: str) -> str:
    """The range in which the claim holds."""
    test, holds = found.claim.test, found.claim.stated.holds
    if test is None or holds is None:
        return "–"
    least, most = (
        amount(x, test.unit, lang, change=test.changes) for x in (holds.least, holds.most)
    )
    which = "least" if holds.most is None else "most" if holds.least is None else "between"
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
    counts = Counter(one.verdict for one in findings)
    total = len(findings)
    rows = [
        (word(name, view.lang), counts[name] / total, COLOURS[name], str(counts[name]))
        for name in VERDICTS[:-1]
        if counts[name]
    ]
    tested = total - counts["untested"]
    keys = parts.key_figure(view.say("claims.tested_of", of=total), str(tested), rows)
    return (
        f'<p class="kicker">{escape(view.say("kicker"))}</p>'
        f"<h1>{escape(view.say('claims.title'))}</h1>"
        f'<p class="lede">{escape(view.say("claims.lede"))}</p><ul class="keys">{keys}</ul>'
    )


def _section(view: View, name: str, html: str) -> str:
    title = escape(view.say(f"claims.{name}.title"))
    intro = parts.paragraph(view.say(f"claims.{name}.intro"))
    return (
        f'<section id="{name}" class="stop" aria-labelledby="{name}-title">'
        f'<h2 id="{name}-title">{title}</h2>{intro}{html}</section>\n'
    )


def _tested(view: View, findings: Sequence[Finding]) -> str:
    lang, rows = view.lang, []
    for one in findings:
        if one.verdict == "untested":
            continue
        stated = one.claim.stated
        colour = COLOURS[one.verdict]
        badge = (
            f'<span class="swatch" style="background:{colour}"></span>'
            f"{escape(word(one.verdict, lang))}"
        )
        if one.turns_on:
            badge += f"<br><small>{escape(view.say('claims.turns', on=turning(one, lang)))}</small>"
        said = (
            f"{escape(stated.said.told(lang))}<details><summary>{escape(stated.id)}</summary><div>"
            f"{escape(stated.reading.told(lang))}<br>{_evidence(view, one)}</div></details>"
        )
        rows.append([
            parts.Cell(said, stated.id),
            parts.Cell(badge, VERDICTS.index(one.verdict)),
            parts.Cell(escape(answer(one, lang)), one.central),
            holding(one, lang),
        ])  # fmt: skip
    if not rows:
        return ""
    columns = [parts.Column(view.say(f"claims.column.{name}"))
               for name in ("claim", "verdict", "answer", "holds")]  # fmt: skip
    return parts.table(columns, rows)


def _evidence(view: View, one: Finding) -> str:
    """Who said it, and what is publicly known."""
    stated = one.claim.stated
    words = view.say(
        "claims.evidence", by=one.claim.voice.told(view.lang),
        record=view.say(f"claims.record.{stated.record}"),
    )  # fmt: skip
    links = "".join(f'<span class="url">{escape(url)}</span>' for url in stated.url)
    return f'<small class="sources">{escape(words)} {links}</small>'


def _untested(view: View, findings: Sequence[Finding]) -> str:
    rows = [
        [
            parts.Cell(
                f"{escape(one.claim.stated.said.told(view.lang))}<br>{_evidence(view, one)}",
                one.claim.id,
            ),
            one.claim.stated.reading.told(view.lang),
        ]
        for one in findings
        if one.verdict == "untested"
    ]
    if not rows:
        return ""
    columns = [parts.Column(view.say(f"claims.column.{name}")) for name in ("claim", "reason")]
    return parts.table(columns, rows)


def _method(view: View) -> str:
    points = ("central", "stiff", "easy", "slow", "fast", "data")
    return parts.items([view.say(f"claims.define.{name}") for name in points])


# --- the picture ----------------------------------------------------------------------------------


def _picture(view: View, findings: Sequence[Finding]) -> str:
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

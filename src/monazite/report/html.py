"""The report's page: headline, contents, sections, and plotly.js once, in one file."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monazite.errors import CertificateError, InfeasibleError, MonaziteError
from monazite.messages import language, say
from monazite.report import headline, parts
from monazite.report.sections import sections
from monazite.report.view import View, periods_of, view_of

if TYPE_CHECKING:
    import polars as pl

# nothing may be fetched, from anywhere: the browser itself enforces that the page is complete
POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"


def write_report(
    outcome: Any,
    path: str | Path,
    *,
    lang: str = "en",
    reconciliation: pl.DataFrame | None = None,
    stops: pl.DataFrame | None = None,
    assumptions: pl.DataFrame | None = None,
    hindsight: pl.DataFrame | None = None,
    against: Any = None,
    answers: Any = None,
    bare: Any = None,
    claims: Any = None,
    year: int | None = None,
    period: str | None = None,
) -> Path:
    """Write the outcome as one HTML file that needs nothing else, and return its path.

    The frames beside the outcome, each optional (a section without data says so):

    - reconciliation: raw, weight, reconciled and either observation (text) or the kind and key of
      `monazite.model.reconcile`; optional unit, basis, source
    - stops, the N-1 table as of `monazite.model.resilience.n_minus_one`, which is solved for where
      it is not given and there is one period: stage, country, share, material, place, used,
      unserved (kt/yr), unserved_share, price_before, price_after (USD/kg, null: no price)
    - assumptions: figure (text; or figure_en and figure_zh), share (0..1) that rests on
      assumptions; optional low, high
    - hindsight: the frame of `monazite.study.backcast`, or material, country, year, model, actual

    `against` is the outcome without the scenario's rules (`monazite.study.beside.before`), against
    which who gains and who pays is measured. `bare` is the outcome without finance of projects
    (`monazite.study.beside.without_finance`), against which that is measured. `answers` are those
    of `monazite.study.answers` for an outcome over years. `claims` are answers to claims, put to
    the outcome's case, as `monazite.study.claims.kept` opens them. `period` is the one shown, the
    dearest unless told. `year` is the base year where the case's periods have no start.

    Raises MonaziteError where plotly, whose plotly.js is inlined, is not installed.
    """
    script = plotly_js(lang)
    failed: tuple[tuple[str, str], ...] = ()
    if stops is None and len(outcome.market.axes.periods) == 1:
        stops, failed = stop_all(outcome)
    view = view_of(
        outcome, language(lang), period, reconciliation=reconciliation, stops=stops, failed=failed,
        assumptions=assumptions, hindsight=hindsight, year=year, against=against,
        answers=answers, bare=bare, claims=claims,
    )  # fmt: skip
    target = Path(path)
    target.write_text(page(view, script), encoding="utf-8")
    return target


def stop_all(outcome: Any) -> tuple[pl.DataFrame | None, tuple[tuple[str, str], ...]]:
    """Return the N-1 table, and the stops whose answer did not prove itself (stage, country)."""
    import polars as pl

    from monazite.model.resilience import largest, stop, stop_frame

    frames, failed = [], []
    for stage, country in largest(outcome).items():
        try:
            frames.append(stop_frame(outcome, stop(outcome, stage, country), stage, country))
        except (CertificateError, InfeasibleError):
            failed.append((stage, country))
    return (pl.concat(frames) if frames else None), tuple(failed)


def plotly_js(lang: str = "en") -> str:
    """Return the source of plotly.js as the plotly wheel carries it."""
    try:
        from plotly.offline import get_plotlyjs
    except ImportError as missing:
        raise MonaziteError(say("report.error.plotly", language(lang))) from missing
    return get_plotlyjs()


def page(view: View, script: str) -> str:
    """Return the page's HTML with this plotly.js."""
    built = {name: module.build(view) for name, module in sections().items()}
    told = {name: html for name, html in built.items() if not parts.is_absent(html)}
    body = "".join(_section(view, name, html) for name, html in told.items())
    if left := {name: html for name, html in built.items() if name not in told}:
        told["absent"] = _not_told(view, left)
        body += _section(view, "absent", told["absent"])
    return document(
        view,
        title=headline.title(view),
        header=headline.build(view),
        links={name: view.say(f"section.{name}.short") for name in told},
        body=body,
        script=script,
        brief=True,
    )


def _not_told(view: View, left: Mapping[str, str]) -> str:
    """Sections without data: their headings, and the sentence that says what would fill each."""
    return "".join(
        f'<h3 id="{name}">{escape(view.say(f"section.{name}.title"))}</h3>{html}'
        for name, html in left.items()
    )


def document(
    view: View,
    *,
    title: str,
    header: str,
    links: Mapping[str, str],
    body: str,
    script: str,
    footer: str | None = None,
    brief: bool = False,
) -> str:
    """Return a page in the report's look: header, contents (id -> word), body and plotly.js.

    The footer is that of the view's outcome unless given. A brief page is printed as it stands on
    the screen, any other with what is folded.
    """
    paper = f'<p class="onpaper">{escape(view.say("paper_brief"))}</p>' if brief else ""
    words = (
        f'data-download="{escape(view.say("download"))}" data-paper="{escape(view.say("paper"))}"'
    )
    return f"""<!doctype html>
<html lang="{_code(view)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<title>{escape(title)}</title>
<link rel="icon" href="data:,">
<style>{_asset("page.css")}</style>
</head>
<body>
<div class="page">
{_contents(view, links)}
<main {words}{" data-brief" if brief else ""}>
<header id="summary" class="stop">{header}</header>{paper}
{body}
<footer>{_footer(view) if footer is None else escape(footer)}</footer>
</main>
</div>
<script>{script}</script>
<script>{_asset("page.js")}</script>
</body>
</html>
"""


def _code(view: View) -> str:
    return {"zh": "zh-Hans"}.get(view.lang, view.lang)


def _asset(name: str) -> str:
    return (resources.files("monazite.report") / "assets" / name).read_text(encoding="utf-8")


def _section(view: View, name: str, html: str) -> str:
    module = sections().get(name)
    finding = getattr(module, "heading", lambda _: "")(view)
    label = view.say(f"section.{name}.title")
    if getattr(module, "OF_PERIOD", False) and len(periods_of(view.outcome)) > 1:
        label = view.say("of_period", section=label, period=view.period)
    heading = parts.heading(name, label, finding)
    intro = parts.paragraph(view.say(f"section.{name}.intro"))
    return (
        f'<section id="{name}" class="stop" aria-labelledby="{name}-title">'
        f"{heading}{intro}{html}</section>\n"
    )


def _contents(view: View, names: Mapping[str, str]) -> str:
    first = f'<li><a href="#summary">{escape(view.say("section.summary.title"))}</a></li>'
    links = "".join(
        f'<li><a href="#{name}">{escape(word)}</a></li>' for name, word in names.items()
    )
    return (
        f'<nav aria-label="{escape(view.say("contents"))}"><p class="mark">monazite</p>'
        f"<details open><summary>{escape(view.say('contents'))}</summary>"
        f"<ol>{first}{links}</ol></details>{_unfold(view)}</nav>"
    )


def _unfold(view: View) -> str:
    """A button that opens what is folded, all at once, and folds it again."""
    now, then = (escape(view.say(f"contents.{name}")) for name in ("unfold", "fold"))
    return f'<button type="button" class="unfold" data-other="{then}" hidden>{now}</button>'


def _footer(view: View) -> str:
    record = view.outcome.record
    version = record.get("versions", {}).get("monazite", "")
    digest = str(getattr(view.outcome.case, "digest", ""))[:16]
    return escape(view.say("footer", version=version, digest=digest))

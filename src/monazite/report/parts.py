"""Pieces of HTML: text, tables that sort, figures, bars."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from monazite.report import look
from monazite.report.charts import charts
from monazite.report.view import View, ways_of, years_of

LONG = 8  # characters of a headline figure that fit beside its label


@dataclass(frozen=True)
class Column:
    """A table's column: its heading, whether it holds numbers, and how many digits they show.

    `places`, where given, are the most places after the decimal point, so that thousandths of a
    million are no figure of their own.
    """

    heading: str
    numeric: bool = False
    digits: int = 3
    places: int | None = None


@dataclass(frozen=True)
class Cell:
    """A cell that is not shown as it sorts: HTML to show, and the value to sort by.

    A file has the value too, unless `file` says what it has.
    """

    html: str
    value: float | str | None = None
    file: str | None = None


def paragraph(text: str, kind: str = "") -> str:
    """Return a paragraph of plain text."""
    attribute = f' class="{kind}"' if kind else ""
    return f"<p{attribute}>{escape(text)}</p>"


def text(told: str) -> str:
    """Return text for a heading or an answer: escaped, and no per cent sign on a line alone."""
    return escape(told).replace(" %", "\u00a0%")


def heading(name: str, label: str, finding: str = "") -> str:
    """Return a section's heading: what was found, under the word for it, or the word alone."""
    if not finding:
        return f'<h2 id="{name}-title">{escape(label)}</h2>'
    return (
        f'<p class="kicker">{escape(label)}</p>'
        f'<h2 id="{name}-title" class="told">{text(finding)}</h2>'
    )


def absent(view: View, key: str) -> str:
    """Return the sentence that stands where there is no data."""
    return paragraph(view.say(key), "absent")


def is_absent(html: str) -> bool:
    """Whether a section holds nothing but the sentence of `absent`."""
    return html.startswith('<p class="absent">') and html.count("<") == 2


def items(texts: Sequence[str]) -> str:
    """Return a list of plain texts."""
    return "<ul>" + "".join(f"<li>{escape(text)}</li>" for text in texts) + "</ul>"


def facts(told: Iterable[tuple[str, str]]) -> str:
    """Return a list of facts, each with what it is; those without a text are left out."""
    cells = "".join(
        f"<div><dt>{escape(what)}</dt><dd>{escape(text)}</dd></div>" for what, text in told if text
    )
    return f'<dl class="facts">{cells}</dl>'


def ways(view: View, scenario: Any, *without: str) -> str:
    """Return how a scenario over years was run, as facts; some may be left out."""
    told = ways_of(view, scenario)
    return facts((view.say(f"facts.{key}"), told[key]) for key in told if key not in without)


def percent_cell(view: View, fraction: float | None) -> Cell:
    """Return a cell with a fraction as per cent."""
    return Cell(escape(view.percent(fraction)), fraction)


def bar_cell(view: View, fraction: float, colour: str) -> Cell:
    """Return a cell with a fraction as a small bar beside its per cent."""
    width = 100 * min(max(fraction, 0.0), 1.0)
    inner = f'<span class="fill" style="width:{width:.1f}%;background:{colour}"></span>'
    text = f'<span class="cellbar">{inner}</span> {escape(view.percent(fraction))}'
    return Cell(text, fraction)


def table(columns: Sequence[Column], rows: Sequence[Sequence[Any]], caption: str = "") -> str:
    """Return a table whose headings sort it; numbers are rounded to their column's digits."""
    head = "".join(_heading(column) for column in columns)
    body = "".join(
        "<tr>" + "".join(_cell(c, v) for c, v in zip(columns, row, strict=True)) + "</tr>"
        for row in rows
    )
    # the caption stands outside, so that it stays in view while the table scrolls sideways
    title = f'<p class="caption">{escape(caption)}</p>' if caption else ""
    label = f' aria-label="{escape(caption)}"' if caption else ""
    return (
        f'{title}<div class="scroll" tabindex="0"><table class="sortable"{label}>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _heading(column: Column) -> str:
    kind = ' class="number"' if column.numeric else ""
    button = f'<button type="button">{escape(column.heading)}</button>'
    return f'<th scope="col"{kind} aria-sort="none">{button}</th>'


def _cell(column: Column, value: Any) -> str:
    """Return a table cell; `data-value`, where it has one, is what it sorts by."""
    kind = ' class="number"' if column.numeric else ""
    if isinstance(value, Cell):
        key = "" if value.value is None else value.value
        saved = "" if value.file is None else f' data-file="{escape(value.file)}"'
        return f'<td{kind} data-value="{escape(str(key))}"{saved}>{value.html}</td>'
    if column.numeric:
        key = "" if value is None else repr(float(value))
        return f'<td{kind} data-value="{key}">{_number(column, value)}</td>'
    return f"<td{kind}>{escape(str('' if value is None else value))}</td>"


def _number(column: Column, value: float | None) -> str:
    if value is None or column.places is None:
        return look.number(value, column.digits)
    return look.plain(round(value, column.places), max(column.digits, 1))


def folded(summary: str, body: str, is_open: bool = False) -> str:
    """Return a body that opens on a click, and is open in print; nothing where it is empty."""
    if not body:
        return ""
    return (
        f"<details{' open' if is_open else ''}><summary>{escape(summary)}</summary>{body}</details>"
    )


def folded_table(title: str, columns: Sequence[Column], rows: Sequence[Sequence[Any]]) -> str:
    """Return a table that opens on a click on its title; nothing without rows."""
    return folded(title, table(columns, rows, title)) if rows else ""


def folded_chart(view: View, name: str, note: str = "") -> str:
    """Return a chart that opens on a click on its title; nothing where it has no data."""
    return folded(view.say(charts()[name].TITLE), chart(view, name, note))


def detail_chart(view: View, name: str, note: str = "") -> str:
    """Return a chart of one period; over years, of which it is but a detail, it is folded."""
    return (folded_chart if years_of(view.outcome) else chart)(view, name, note)


def chart(view: View, name: str, note: str = "") -> str:
    """Return a chart of the registry as a figure, or an empty string where it has no data."""
    module = charts()[name]
    figure = module.build(view)
    if figure is None:
        return ""
    return drawn(view, name, figure, view.say(module.TITLE), note)


def drawn(view: View, name: str, figure: dict, title: str, note: str = "") -> str:
    """Return a figure with its title, and a note below it."""
    wide = figure.get("wide", 0)
    style = f' style="min-width:{wide}px"' if wide and "narrow" not in figure else ""
    below = f'<p class="note">{escape(note)}</p>' if note else ""
    return (
        f'<figure id="chart-{name}"><figcaption>{escape(title)}</figcaption>'
        f'{_picker(view, name, figure)}<ul class="legend" aria-hidden="true"></ul>'
        f'<div class="scroll"><div class="plot" role="img" aria-label="{escape(title)}"'
        f' data-figure="data-{name}"{style}></div></div>{below}{_source(view)}'
        f'<script type="application/json" id="data-{name}">{_json(figure)}</script></figure>'
    )


def _source(view: View) -> str:
    """Return the line that a figure still carries when it is cut out of the page."""
    if view.outcome is None:
        return ""
    case = view.outcome.case
    version = getattr(view.outcome, "record", {}).get("versions", {}).get("monazite", "")
    told = view.say("figure.source", version=version, case=view.word("case", case.name),
                    digest=str(getattr(case, "digest", ""))[:8])  # fmt: skip
    return paragraph(told, "source")


def _picker(view: View, name: str, figure: dict) -> str:
    choices = figure.get("choices", [])
    if len(choices) < 2:
        return ""
    options = "".join(
        f'<option value="{i}">{escape(choice["label"])}</option>'
        for i, choice in enumerate(choices)
    )
    return (
        f'<label class="picker">{escape(view.say("pick"))} '
        f'<select data-plot="data-{name}">{options}</select></label>'
    )


def _json(figure: dict) -> str:
    """Return the figure for a script element; where there are choices they hold the first too."""
    lean = {"choices": figure["choices"]} if "choices" in figure else figure
    text = json.dumps(_rounded(lean), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def _rounded(value: Any) -> Any:
    """Return the same structure with floats at eight digits: the report is no archive."""
    if isinstance(value, float):
        return float(f"{value:.8g}")
    if isinstance(value, dict):
        return {key: _rounded(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(entry) for entry in value]
    return value


def key_figure(label: str, value: str, bars: Sequence[tuple[str, float, str, str]]) -> str:
    """Return one headline figure with its bars, each (label, fraction of full, colour, text)."""
    drawn = "".join(_key_bar(*bar) for bar in bars)
    kind = "value long" if len(value) > LONG else "value"  # beside it stands the label
    return (
        f'<li class="key"><div class="{kind}">{escape(value)}</div>'
        f'<div class="label">{escape(label)}</div>{drawn}</li>'
    )


def _key_bar(label: str, fraction: float, colour: str, text: str) -> str:
    width = 100 * min(max(fraction, 0.0), 1.0)
    return (
        f'<div class="bar"><span class="name">{escape(label)}</span><span class="track">'
        f'<span class="fill" style="width:{width:.1f}%;background:{colour}"></span></span>'
        f'<span class="amount">{escape(text)}</span></div>'
    )

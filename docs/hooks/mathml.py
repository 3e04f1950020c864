"""Turns the formulas of a page into MathML as the site is built, so reading needs no script."""

from __future__ import annotations

import html
import re

from latex2mathml.converter import convert
from mkdocs.exceptions import PluginError

FORMULA = re.compile(
    r'<(?P<tag>span|div) class="arithmatex">'
    r"(?:\\\((?P<inline>.+?)\\\)|\\\[(?P<block>.+?)\\\])</(?P=tag)>",
    re.DOTALL,
)
# The converter passes what it does not know through as text, where a reader would meet it.
UNKNOWN = re.compile(r"<mi>(\\[A-Za-z]+|&)</mi>")


def to_mathml(match: re.Match[str]) -> str:
    """One formula as marked by pymdownx.arithmatex, as MathML with its LaTeX kept as the label."""
    latex = html.unescape(match["inline"] or match["block"]).strip()
    display = "inline" if match["inline"] else "block"
    mathml = convert(latex.replace("{aligned}", "{align*}"), display=display)
    if unknown := UNKNOWN.search(mathml):
        raise PluginError(f"{unknown[1]} is unknown to the formula converter, in: {latex}")
    return mathml.replace("<math ", f'<math aria-label="{html.escape(latex)}" ', 1)


def on_page_content(content: str, **_: object) -> str:
    """Called by mkdocs with the HTML of every page. Raises PluginError for what it cannot turn."""
    rendered = FORMULA.sub(to_mathml, content)
    if 'class="arithmatex"' in rendered:
        raise PluginError("a formula of this page is marked in a way that no converter knows")
    return rendered

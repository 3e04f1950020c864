"""What does the schema say to a reader? The reference page of all tables, in Markdown."""

from __future__ import annotations

from monazite.data.cells import range_text
from monazite.data.schema import TABLES, Column, Table
from monazite.messages import catalogue, say

_TITLES = ("column", "unit", "range", "default", "meaning")


def reference_page(lang: str | None = None) -> str:
    """The page of every table and column in `lang` (default: the current language)."""
    parts = [f"# {say('data.page.title', lang)}"]
    parts += [say(f"data.page.{name}", lang) for name in ("intro", "units", "numbers")]
    parts += [say(f"data.page.{name}", lang) for name in ("names", "keys")]
    parts += [_section(table, lang) for table in TABLES]
    return "\n\n".join(parts) + "\n"


def meaning(table: str, column: str, lang: str | None = None) -> str:
    """What a column means. Raises KeyError for a column the catalogue does not explain."""
    own = f"data.{table}.{column}"
    return say(own if own in catalogue() else f"data.common.{column}", lang)


def _section(table: Table, lang: str | None) -> str:
    parts = [f"## {table.name}", say(f"data.{table.name}", lang)]
    if table.figure:
        parts.append(say("data.page.figure", lang, figure=f"`{table.figure}`"))
    if table.sourced:
        parts.append(say("data.page.sourced", lang, figure=table.figure))
    titles = [say(f"data.page.{name}", lang) for name in _TITLES]
    rows = [_row(table, column, lang) for column in table.columns]
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n\n".join([*parts, "\n".join(f"| {' | '.join(line)} |" for line in lines)])


def _row(table: Table, column: Column, lang: str | None) -> list[str]:
    unit = column.unit or say(f"data.kind.{column.kind}", lang)
    default = say("data.page.required", lang) if column.required else ""
    if column.default is not None:
        text = column.kind == "text"
        default = f"`{column.default}`" if text else f"{column.default:g}"
    told = meaning(table.name, column.name, lang)
    if column.references:
        more = say("data.page.refers", lang, target=column.references)
        told = say("data.page.also", lang, one=told, other=more)
    if column.allowed:
        more = say(
            "data.page.one_of", lang, allowed=", ".join(f"`{one}`" for one in column.allowed)
        )
        told = say("data.page.also", lang, one=told, other=more)
    name = f"`{column.name}`{'*' if column.key else ''}"
    return [name, unit, range_text(column), default, told]

"""What does an instrument do, in words? Its manual page, read from its docstring and its fields.

Nothing is written twice: the docstring of a class and the fields of its YAML are the page. Only
the one line of the list and words for fields stand in the catalogue, so that they are told in both
languages; an instrument without them is told in the words of its docstring.
"""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin

from monazite.messages import catalogue, language, say
from monazite.policy import instruments

if TYPE_CHECKING:
    from monazite.policy.base import AbstractInstrument

# heading of a paragraph in a docstring -> part of the page
PARTS = {
    "Equation": "equation",
    "Who pays whom": "payments",
    "Worked by hand": "hand_case",
    "Example": "example",
    "Source": "source",
}
PROSE = ("equation", "payments", "hand_case", "remarks")  # parts that are plain paragraphs
SHARED = ("name", "status", "start", "end", "source", "note")  # fields of every instrument
UNITS = ("USD/kg/yr", "USD/kg", "kt/yr", "MUSD/yr", "MUSD", "kt", "days", "share")
_WORDS: dict[Any, str] = {
    str: "text", float: "number", int: "whole", bool: "yes_no", date: "date"
}  # fmt: skip


@dataclass(frozen=True)
class FieldPage:
    """A field of an instrument's YAML: its type in words, unit, default as YAML, and meaning."""

    name: str
    kind: str
    unit: str
    default: str
    required: bool
    meaning: str


@dataclass(frozen=True)
class Manual:
    """A page: the docstring cut at its headings; `remarks` are paragraphs without one."""

    kind: str
    purpose: str
    equation: str
    payments: str
    hand_case: str
    remarks: str
    example: str
    source: str
    fields: tuple[FieldPage, ...]


def manual(kind: str, lang: str | None = None) -> Manual:
    """The manual page of an instrument. Raises InputError for a kind that does not exist."""
    rule = known(kind)
    parts = dict.fromkeys((*PARTS.values(), "remarks"), "")
    purpose, *paragraphs = re.split(r"\n\s*\n", inspect.getdoc(rule) or "")
    part = ""
    for paragraph in paragraphs:
        heading, found, rest = paragraph.partition(":")
        if found and heading in PARTS:
            part, paragraph = PARTS[heading], _sentence(rest.strip("\n "))
        elif part != "example" or not paragraph.startswith(" "):
            part = part if part == "equation" else "remarks"
        parts[part] = "\n\n".join(each for each in (parts[part], paragraph) if each)
    parts["example"] = inspect.cleandoc(parts["example"])
    fields = tuple(_fields(rule, language(lang)))
    return Manual(kind, _flat(purpose), fields=fields, **parts)


def known(kind: str) -> type[AbstractInstrument]:
    """The class of a kind. Raises InputError, with the nearest, for one that does not exist."""
    from monazite.data.names import suggest
    from monazite.errors import InputError

    every = instruments()
    if kind not in every:
        names = ", ".join(every)
        raise InputError(
            [suggest("instrument_kind", kind, every, "policies", value=kind, names=names)]
        )
    return every[kind]


def one_line(kind: str, lang: str | None = None) -> str:
    """What an instrument is, in one line."""
    told = catalogue().get(f"policy.line.{kind}")
    return told[language(lang)] if told else manual(kind, lang).purpose


def title(kind: str, lang: str | None = None) -> str:
    """The name of a kind of instrument in words."""
    told = catalogue().get(f"policy.kind.{kind}")
    return told[language(lang)] if told else kind.replace("_", " ").capitalize()


def _sentence(text: str) -> str:
    """Text that followed a heading on its line, as a sentence of its own."""
    word = text.split(" ")[0]
    return text[:1].upper() + text[1:] if word.isalpha() and word.islower() else text


def _flat(text: str) -> str:
    return " ".join(text.split())


# --- fields ---------------------------------------------------------------------------------------


def _fields(rule: type[AbstractInstrument], lang: str) -> Iterator[FieldPage]:
    own = [name for name in rule.model_fields if name not in (*SHARED, "kind")]
    for name in (*own, *SHARED):
        field = rule.model_fields[name]
        required = field.is_required()
        default = "" if required else _yaml(field.get_default(call_default_factory=True))
        told = _meaning(rule.kind_name(), name, field.description or "", lang)
        limits = _limits(field.metadata)
        kind = ", ".join(each for each in (_type(field.annotation, lang), limits) if each)
        yield FieldPage(name, kind, _unit(field.description or ""), default, required, told)


def _meaning(kind: str, name: str, description: str, lang: str) -> str:
    """The catalogue's words for a field of this kind, its own description, words for any kind."""
    for key in (f"policy.field.{kind}.{name}", f"policy.field.{name}"):
        if key in catalogue() and (lang != "en" or not description):
            return catalogue()[key][lang]
    return description


def _unit(description: str) -> str:
    """The unit a description begins with."""
    found = next((u for u in UNITS if re.match(rf"{re.escape(u)}\b", description)), "")
    return "" if found == "share" else found


def _yaml(value: Any) -> str:
    """A default as one writes it in YAML; nothing for what is left empty."""
    if value in (None, "", (), {}, []):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _limits(metadata: list[Any]) -> str:
    """Bounds of a number, such as >= 0."""
    signs = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
    return ", ".join(
        f"{sign} {getattr(each, name):g}"
        for each in metadata
        for name, sign in signs.items()
        if isinstance(getattr(each, name, None), (int, float))
    )


def _type(annotation: Any, lang: str) -> str:
    """A type in words: number, text, list of texts, one of several words."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return say("policy.type.one_of", lang, words=", ".join(map(str, inner)))
    if origin in (Union, types.UnionType):
        if {int, date} <= set(inner):
            return say("policy.type.year", lang)
        told = [_type(one, lang) for one in inner if one is not type(None)]
        return say("policy.type.or", lang).join(told)
    if origin in (tuple, list):
        return say("policy.type.list", lang, of=_type(inner[0], lang) if inner else "")
    if origin is dict:
        return say("policy.type.map", lang, of=_type(inner[1], lang))
    if annotation in _WORDS:
        return say(f"policy.type.{_WORDS[annotation]}", lang)
    return str(getattr(annotation, "__name__", annotation))


# --- the page of the documentation ----------------------------------------------------------------


@cache
def page() -> str:
    """docs/policies.md: every instrument of the registry, in English."""
    pages = [manual(kind, "en") for kind in instruments()]
    rows = [f"| [`{m.kind}`](#{m.kind}) | {one_line(m.kind, 'en')} |" for m in pages]
    parts = [say("policy.page.intro", "en").strip(), _table(_heads("kind", "what"), rows)]
    parts += [say("policy.page.shared", "en").strip(), _field_table(_shared(pages))]
    return "\n\n".join(["# Instruments", *parts, *(_section(m) for m in pages)]) + "\n"


def _shared(pages: list[Manual]) -> list[FieldPage]:
    return [field for field in pages[0].fields if field.name in SHARED]


def _section(page: Manual) -> str:
    own = [field for field in page.fields if field.name not in SHARED]
    told = [f"## {page.kind}", page.purpose]
    for name in PROSE:
        if text := getattr(page, name):
            told += [f"**{say(f'policy.heading.{name}', 'en')}.** {_paragraphs(text)}"]
    told += [_field_table(own), f"```yaml\n{page.example}\n```"]
    if page.source:
        told += [f"{say('policy.heading.source', 'en')}: {_flat(page.source)}"]
    return "\n\n".join(told)


def _paragraphs(text: str) -> str:
    """Text as Markdown, which would take stars for emphasis."""
    flat = "\n\n".join(_flat(each) for each in text.split("\n\n"))
    return re.sub(r"([*_<|])", r"\\\1", re.sub(r"`([^`]+)`", r"\1", flat))


def _field_table(fields: list[FieldPage]) -> str:
    rows = [
        f"| `{f.name}` | {f.kind} | {_default(f)} | {f.meaning.replace('|', chr(92) + '|')} |"
        for f in fields
    ]
    return _table(_heads("field", "type", "default", "meaning"), rows)


def _heads(*names: str) -> tuple[str, ...]:
    return tuple(say(f"policy.column.{name}", "en") for name in names)


def _default(field: FieldPage) -> str:
    if field.required:
        return say("policy.required", "en")
    return f"`{field.default}`" if field.default else ""


def _table(heads: tuple[str, ...], rows: list[str]) -> str:
    return "\n".join([f"| {' | '.join(heads)} |", "|" + "---|" * len(heads), *rows])

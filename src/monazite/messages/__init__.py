"""What does monazite say to its user, in English and in simplified Chinese?

Every text a user can read stands in a catalogue beside this file: ``<area>.yaml`` holds

    key: {en: "a {price} USD/kg", zh: "价格 {price} USD/kg"}

Keys are flat and unique over all areas; by habit a key begins with its area
(``errors.negative.what``). Placeholders are those of ``str.format``; both languages carry the same
ones, which the tests check.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = ("en", "zh")
_current: ContextVar[str] = ContextVar("monazite_language", default="en")


def say(key: str, /, lang: str | None = None, **values: Any) -> str:
    """The text of `key` in `lang` (default: the current language) with `values` put in.

    Raises KeyError for a key that no catalogue holds or a placeholder without a value, ValueError
    for a language other than English and Chinese.
    """
    return catalogue()[key][language(lang)].format(**values)


def language(lang: str | None = None) -> str:
    """The code "en" or "zh" of `lang`, such as "zh-Hans"; None means the current language."""
    if lang is None:
        return _current.get()
    code = lang.replace("_", "-").split("-")[0].lower()
    if code not in LANGUAGES:
        raise ValueError(f"language {lang!r} is not known; use one of {', '.join(LANGUAGES)}")
    return code


@contextmanager
def speaking(lang: str) -> Iterator[None]:
    """Make `lang` the current language inside the ``with`` block, in this thread or task only."""
    token = _current.set(language(lang))
    try:
        yield
    finally:
        _current.reset(token)


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """All texts: key -> {"en": ..., "zh": ...}. Raises ValueError when two areas share a key."""
    texts: dict[str, dict[str, str]] = {}
    for area in areas():
        for key, entry in read_area(area).items():
            if key in texts:
                raise ValueError(f"{area.name}: key {key} is already used by another area")
            texts[key] = entry
    return texts


def areas() -> list[Path]:
    """The catalogue files, in alphabetical order."""
    return sorted(Path(__file__).parent.glob("*.yaml"))


def read_area(path: Path) -> dict[str, dict[str, str]]:
    """The entries of one catalogue file."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(path.read_text(encoding="utf-8"), Loader=loader) or {}

"""Which known name did the writer most likely mean?"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from monazite.errors import Fault, fault


def nearest(word: str, known: Iterable[str]) -> str:
    """The known name most like `word`, whatever its case; "" when none is near."""
    names = {name.casefold(): name for name in known}
    close = get_close_matches(word.casefold(), names, n=1, cutoff=0.6)
    return names[close[0]] if close else ""


def suggest(
    key: str,
    word: str,
    known: Iterable[str],
    file: str,
    line: int = 0,
    column: str = "",
    value: Any = None,
    **values: Any,
) -> Fault:
    """The fault `key`, or `<key>_near` with the nearest known name when there is one."""
    near = nearest(word, known)
    if near:
        return fault(f"{key}_near", file, line, column, value, near=near, **values)
    return fault(key, file, line, column, value, **values)

"""How is a value written so that the same value always gives the same bytes?

JSON with keys in order of their code points, no white space, UTF-8 as it stands, integers only. A
float is refused: two machines may print the same sum differently, and money and mass are integers.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any


def canonical(value: Any) -> str:
    """`value` as canonical JSON.

    Raises TypeError for a float, a key that is no text, or anything JSON does not know, and
    ValueError for text that UTF-8 cannot hold.
    """
    _plain(value)
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    text.encode("utf-8")  # a lone surrogate would fail only when it is written
    return text


def digest(text: str) -> str:
    """SHA-256 of `text` in UTF-8, as 64 hexadecimal digits."""
    return sha256(text.encode("utf-8")).hexdigest()


def _plain(value: Any) -> None:
    if value is None or isinstance(value, (str, bool, int)):
        return
    if isinstance(value, dict):
        for key, one in value.items():
            if not isinstance(key, str):
                raise TypeError(f"a key must be text, not {key!r}")
            _plain(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            _plain(one)
    else:
        raise TypeError(f"only text, integers, true, false and null are written, not {value!r}")

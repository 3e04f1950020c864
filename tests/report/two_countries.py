"""A market of two countries, solved by hand: A sells to B, which has a source of its own."""

from __future__ import annotations

from typing import Any

# free: 16/3 paid in B for 16/3, 4/3 of it its own; with a duty of 2 it pays 6 and makes 2 itself
TABLES: dict[str, Any] = {
    "curves": [
        {"country": "A", "material": "m", "intercept": 1.0, "slope": 1.0},
        {"country": "B", "material": "m", "intercept": 4.0, "slope": 1.0},
    ],
    "demand": [{"country": "B", "material": "m", "intercept": 10.0, "slope": 1.0}],
    "arcs": [{"material": "m", "origin": "A", "destination": "B", "freight": 1.0}],
}

"""A market of one country over years: a mine that stands, one that may be built, users of cars."""

from __future__ import annotations

from typing import Any

MINE = {"technology": "mine", "country": "A", "cost": 2.0}


def tables(**more: Any) -> dict[str, Any]:
    """Demand p = 10 - q at (6, 4), a mine of 4 at cost 2, a project that may add to it."""
    point = {"price": 6.0, "quantity": 4.0, "elasticity": -1.5}
    return {
        "facilities": [
            {"facility": "old", "capacity": 4.0, **MINE},
            {"facility": "new", "capacity": 0.0, "status": "planned", **MINE},
        ],
        "recipes": [{"technology": "mine", "material": "m", "direction": "out", "quantity": 1.0}],
        "demand": [{"country": "A", "material": "m", "sector": "cars", **point}],
        "prices": [{"material": "m", "country": "A", "price": 6.0}],
    } | more

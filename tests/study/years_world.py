"""A market over four years that can be worked by hand, shared by tests of questions about it."""

from __future__ import annotations

from typing import Any

import monazite as mz

MINE = {"technology": "mine", "cost": 2.0, "stage": "mining"}


def solved(instruments: Any = (), **more: Any) -> Any:
    """C mines 4 kt for B, whose demand is p = 10 - q; B itself builds 3 kt for certain in 2027.

    Until then 5 kt are used at 5, of which B makes 1; from 2027 on 8 at 2, which is what it costs.
    """
    years = {"first": 2025, "last": 2028, "decided": 2025, "rules_from": 2025}
    asked = {"name": "y", "years": years, "instruments": list(instruments)}
    return mz.run(mz.Scenario.checked(asked), case=world(**more))


def world(**more: Any) -> mz.Case:
    """The case before it runs over years; `more` are tables that take the place of its own."""
    tables = {
        "materials": [{"material": "m", "stage": "mining"}],
        "facilities": [
            {"facility": "old", "country": "C", "capacity": 4.0, **MINE},
            {"facility": "own", "country": "B", "capacity": 1.0, **MINE},
            {"facility": "new", "country": "B", "capacity": 0.0, "status": "planned", **MINE},
        ],
        "recipes": [{"technology": "mine", "material": "m", "direction": "out", "quantity": 1.0}],
        "demand": [{"country": "B", "material": "m", "intercept": 10.0, "slope": 1.0}],
        "arcs": [{"material": "m", "origin": "C", "destination": "B"}],
        "projects": [
            {"facility": "new", "status": "committed", "capex": 1.0, "size": 3.0, "earliest": 2027}
        ],
    }
    return mz.Case.from_tables(tables | more, "closed")

"""The two-country market with a mine in A, on which rules that pay producers are worked by hand."""

from typing import Any

from monazite.data import Case


def mine_in_a(**more: Any) -> Case:
    """Marginal cost 1 + x in A, demand p = 10 - q in B, freight 1: q = 4, 5 in A, 6 in B."""
    tables = {
        "recipes": [
            {"technology": "dig", "mode": "m", "material": "m", "direction": "out", "quantity": 1}
        ],
        "facilities": [
            {"facility": "mine", "technology": "dig", "country": "A", "stage": "mining"}
            | {"capacity": 100.0, "cost": 1.0, "status": "operating"}
        ],
        "activities": [{"facility": "mine", "mode": "m", "base": 4.0, "knee": 0.0, "slope": 1.0}],
        "demand": [{"country": "B", "material": "m", "intercept": 10.0, "slope": 1.0}],
        "arcs": [{"material": "m", "origin": "A", "destination": "B", "freight": 1.0}],
    }
    return Case.from_tables(tables | more, "mine_in_a")


def prices(outcome: Any) -> tuple[float, float]:
    """USD/kg in A and in B."""
    return outcome.price("m", "A"), outcome.price("m", "B")

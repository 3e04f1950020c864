"""The market in which projects are financed by hand: a mine of 4, and one that may be built."""

from collections.abc import Sequence
from typing import Any

import monazite as mz
from monazite.data import Case

A10 = 0.1 / (1 - 1.1**-10)  # annuity of 1 over ten years at 10 %
F10 = 0.05 / (1 - 1.05**-10)  # the same at 5 %
PLAIN = {"inflation": 0.0, "funding_rate": 0.05}


def plant(**project: Any) -> Case:
    """Demand p = 10 - q in A, a mine of 4 at cost 2, a project at cost 2 with capital of 20.

    p = 2 + 20 * A10 = 5.2549, and 0.7451 are built.
    """
    row = {"facility": "new", "status": "planned", "size": 9.0, "earliest": 2026, "capex": 20.0}
    mine = {"technology": "mine", "country": "A", "stage": "mining", "cost": 2.0}
    return Case.from_tables(
        {
            "countries": [{"country": "A"}, {"country": "B"}],
            "facilities": [
                {"facility": "old", "capacity": 4.0, **mine},
                {"facility": "new", "capacity": 0.0, "status": "planned", **mine},
            ],
            "recipes": [
                {"technology": "mine", "material": "m", "direction": "out", "quantity": 1.0}
            ],
            "demand": [{"country": "A", "material": "m", "intercept": 10.0, "slope": 1.0}],
            "projects": [{**row, "life": 10.0, "wacc": 0.1, **project}],
        },
        "plant",
    )


def built_under(
    *rules: dict[str, Any],
    discount: float = 0.0,
    grid: Sequence[int] = (),
    foresight: str = "perfect",
    window: int = 10,
    **project: Any,
) -> Any:
    """The outcome of three years, or of periods that begin in those of `grid`, under rules."""
    years = {"first": 2026, "last": 2028, "decided": 2026, "rules_from": 2024}
    years |= {"discount": discount, "grid": tuple(grid), "foresight": foresight, "window": window}
    asked = {"name": "y", "years": years, "instruments": list(rules)}
    return mz.run(mz.Scenario.checked(asked), case=plant(**project))


def built(outcome: Any) -> float:
    """kt/yr that come on line."""
    return float(outcome.built.sum())


def paid(outcome: Any, item: str = "", country: str = "") -> float:
    """MUSD/yr that treasuries pay in the first year, under one item or all."""
    rows = outcome.books().filter(account="treasury", period="2026")
    rows = rows.filter(item=item) if item else rows
    rows = rows.filter(country=country) if country else rows
    return -float(rows["amount"].sum())


def gain(outcome: Any, account: str) -> float:
    """MUSD/yr that an account gains in the first year."""
    return float(outcome.books().filter(account=account, period="2026")["amount"].sum())

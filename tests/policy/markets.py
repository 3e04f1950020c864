"""The two-country market on which every instrument is worked by hand."""

from typing import Any

import monazite as mz
from monazite.data import Case


def two_countries(**more: Any) -> Case:
    """Supply p = 1 + q in A, demand p = 10 - q in B, freight 1: q = 4, 5 in A, 6 in B."""
    tables = {
        "curves": [{"country": "A", "material": "m", "intercept": 1.0, "slope": 1.0}],
        "demand": [{"country": "B", "material": "m", "intercept": 10.0, "slope": 1.0}],
        "arcs": [{"material": "m", "origin": "A", "destination": "B", "freight": 1.0}],
    }
    return Case.from_tables(tables | more, "two_countries")


def under(case: Case, *rules: Any) -> Any:
    """The outcome of a case under instruments, given as objects or mappings."""
    scenario = mz.Scenario.checked({"name": "test", "instruments": list(rules)})
    return mz.run(scenario, case=case)


def gain(outcome: Any, account: str, country: str = "") -> float:
    """What an account gains, MUSD/yr."""
    rows = outcome.books().filter(account=account)
    if country:
        rows = rows.filter(country=country)
    return float(rows["amount"].sum())

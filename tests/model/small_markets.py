"""Small markets that can be solved on paper, and what must hold of every outcome."""

from __future__ import annotations

from typing import Any

import pytest

from monazite.data import Case
from monazite.model import Outcome, solve_market


def market(discount: float = 0.0, **tables: Any) -> Outcome:
    """The outcome of a case in memory, its proof, mass balance and books checked."""
    outcome = solve_market(Case.from_tables(tables), discount=discount)
    proved(outcome)
    return outcome


def proved(outcome: Outcome) -> None:
    """Certificate, mass balance, books: closing on the objective, every entry with its counter."""
    assert outcome.certificate.worst <= 1e-8
    assert outcome.mass_balance <= 1e-8
    ledger = outcome.ledger
    assert ledger.residual <= 1e-8
    entries = ledger.entries
    assert entries["amount"].sum() == pytest.approx(0.0, abs=1e-6)
    goods = entries.filter(entries["account"] == "market")["amount"].sum()
    assert goods == pytest.approx(0.0, abs=1e-6 * max(1.0, abs(outcome.objective)))
    decomposed(outcome)


def decomposed(outcome: Outcome) -> None:
    """The parts of every price add up to it."""
    for period, material, country, price in outcome.prices.select(
        "period", "material", "country", "price"
    ).iter_rows():
        parts = outcome.decompose(material, country, period)
        if price is None:
            assert parts == []
        else:
            total = sum(part.amount for part in parts)
            assert total == pytest.approx(price, rel=1e-6, abs=1e-6)


def gain(outcome: Outcome, account: str, country: str | None = None) -> float:
    """What an account gains, MUSD/yr."""
    books = outcome.books()
    books = books.filter(books["account"] == account)
    if country is not None:
        books = books.filter(books["country"] == country)
    return float(books["amount"].sum())


def supply(country: str = "A", intercept: float = 1.0, slope: float = 1.0, **more: Any) -> dict:
    """A supply curve p = intercept + slope q of material m."""
    return {"country": country, "material": "m", "intercept": intercept, "slope": slope, **more}


def demand(country: str = "B", intercept: float = 10.0, slope: float = 1.0, **more: Any) -> dict:
    """A demand p = intercept - slope q for material m."""
    return {"country": country, "material": "m", "intercept": intercept, "slope": slope, **more}


def arc(origin: str = "A", destination: str = "B", **more: Any) -> dict:
    """An arc of material m with freight 1."""
    route = {"material": "m", "origin": origin, "destination": destination}
    return {**route, "freight": 1.0, **more}


def makes(technology: str, material: str, quantity: float = 1.0, direction: str = "out") -> dict:
    """A row of recipes."""
    return {
        "technology": technology,
        "material": material,
        "direction": direction,
        "quantity": quantity,
    }


def plant(
    facility: str, technology: str, capacity: float, cost: float, country: str = "A", **more: Any
) -> dict:
    """A row of facilities."""
    own = {"facility": facility, "technology": technology, "country": country}
    return {**own, "capacity": capacity, "cost": cost, **more}

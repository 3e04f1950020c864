"""What must hold of any plan over the years: seeing further, building sooner and cheaper, and

having more to build never lower the value of the program, whatever the years bring. Rules whose
charges follow prices have no such program of their own and are left out.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import monazite as mz

YEARS = 4
MINE = {"technology": "mine", "country": "A", "cost": 2.0}
index = st.floats(0.3, 3.0)
paths = st.lists(index, min_size=YEARS - 1, max_size=YEARS - 1)
plants = st.fixed_dictionaries(
    {
        "size": st.floats(0.2, 6.0),
        "capex": st.floats(1.0, 40.0),
        "wacc": st.floats(0.0, 0.15),
        "life": st.sampled_from([1.0, 2.0, 5.0, 20.0]),
        "lead": st.sampled_from([0.0, 1.0, 2.0]),
        "earliest": st.integers(2025, 2027),
    }
)
some = st.lists(plants, min_size=1, max_size=2)
few = settings(max_examples=12)


def worth(path: list[float], projects: list[dict[str, Any]], **years: Any) -> float:
    """The objective of four years: demand p = 10 - q at first, a mine of 4, two plants to add."""
    names = [f"new{k}" for k in range(len(projects))]
    tables = {
        "facilities": [
            {"facility": "old", "capacity": 4.0, **MINE},
            *({"facility": n, "capacity": 0.0, "status": "planned", **MINE} for n in names),
        ],
        "recipes": [{"technology": "mine", "material": "m", "direction": "out", "quantity": 1.0}],
        "demand": [{"country": "A", "material": "m", "sector": "cars", "price": 6.0,
                    "quantity": 4.0, "elasticity": -1.5}],
        "demand_paths": [{"path": "central", "sector": "cars", "year": 2026 + k, "index": i}
                         for k, i in enumerate(path)],
        "projects": [{"facility": n, "status": "planned", **row}
                     for n, row in zip(names, projects, strict=True)],
    }  # fmt: skip
    asked = {"first": 2025, "last": 2024 + YEARS, "decided": 2025} | years
    scenario = mz.Scenario.checked({"name": "y", "years": asked})
    return mz.run(scenario, case=mz.Case.from_tables(tables, "random")).objective


def at_least(more: float, less: float) -> None:
    assert more >= less - 1e-6 * max(1.0, abs(less))


@few
@given(paths, some, st.integers(1, YEARS - 1))
def test_myopic_never_beats_perfect_foresight(path, projects, window) -> None:  # type: ignore[no-untyped-def]
    perfect = worth(path, projects)
    at_least(perfect, worth(path, projects, foresight="myopic", window=window))
    at_least(perfect, worth(path, projects, foresight="static"))


@few
@given(paths, some, st.integers(1, 3))
def test_a_longer_lead_time_never_helps(path, projects, years) -> None:  # type: ignore[no-untyped-def]
    longer = [{**row, "lead": row["lead"] + years} for row in projects]
    later = [{**row, "earliest": row["earliest"] + years} for row in projects]
    first = worth(path, projects)
    at_least(first, worth(path, longer))
    at_least(first, worth(path, later))


@few
@given(paths, some, st.floats(1.0, 3.0))
def test_dearer_capital_never_helps_and_more_to_build_never_hurts(path, projects, times) -> None:  # type: ignore[no-untyped-def]
    first = worth(path, projects)
    at_least(first, worth(path, [{**row, "capex": row["capex"] * times} for row in projects]))
    at_least(first, worth(path, projects[:1]))
    at_least(worth(path, [{**row, "size": row["size"] * times} for row in projects]), first)


def test_these_plans_do_build() -> None:
    """The properties would hold of nothing built, too: here building gains."""
    plant = {"size": 4.0, "capex": 10.0, "wacc": 0.1, "life": 10.0, "lead": 0.0, "earliest": 2025}
    path = [2.0, 2.0, 2.0]
    assert worth(path, [plant]) > worth(path, [plant], foresight="static") + 1.0
    with pytest.raises(AssertionError):
        at_least(worth(path, [plant], foresight="static"), worth(path, [plant]))

"""Does it matter where a search begins? Only for how long it takes."""

from __future__ import annotations

import pytest
import years_world as world

import monazite as mz
from monazite.study.variants import solved

TARIFF = {"kind": "tariff", "importers": ["B"], "materials": ["m"], "rate": 0.5, "start": 2026}


def asked(*rules: object) -> mz.Scenario:
    years = {"first": 2025, "last": 2028, "decided": 2025, "rules_from": 2025}
    return mz.Scenario.checked({"name": "y", "years": years, "instruments": list(rules)})


def test_the_answer_is_that_of_run() -> None:
    alone = solved(asked(TARIFF), case=world.world())
    assert alone.objective == pytest.approx(world.solved([TARIFF]).objective)
    assert alone.scenario.instruments[0].kind == "tariff"


def test_beginning_near_another_answer_changes_nothing_but_the_search() -> None:
    case = world.world()
    free, alone = solved(asked(), case=case), solved(asked(TARIFF), case=case)
    near = solved(asked(TARIFF), case=case, near=free)
    assert near.prices["price"].to_list() == pytest.approx(
        alone.prices["price"].to_list(), rel=1e-4
    )
    again = solved(asked(TARIFF), case=case, near=alone)
    assert again.cleared.programs < alone.cleared.programs


def test_an_outcome_of_other_periods_and_places_may_be_near() -> None:
    other = world.solved(countries=[{"country": name} for name in "BCD"])
    near = solved(asked(TARIFF), case=world.world(), near=other)
    assert near.objective == pytest.approx(world.solved([TARIFF]).objective)


def test_another_tolerance_leaves_the_discount_rate_of_the_years() -> None:
    closer = asked().with_more((), tolerance=1e-5)
    assert (closer.discount, closer.tolerance) == (asked().discount, 1e-5)
    assert asked().discount == 0.05

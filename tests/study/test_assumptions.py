"""What rests on assumptions: counted on a case small enough to count on one's fingers."""

import pytest

import monazite as mz
from monazite.data import Case
from monazite.study.assumptions import assumptions


def mines(**more) -> Case:
    """A digs 3 kt (assumed, 2 to 6), B digs 1 kt (reported)."""
    facilities = [
        {"facility": name, "technology": "dig", "country": name.upper(), "stage": "mining"}
        | {"capacity": size, "cost": 1.0}
        for name, size in (("a", 3.0), ("b", 1.0))
    ]
    activities = [
        {"facility": "a", "base": 3.0, "low": 2.0, "high": 6.0, "basis": "assumption"},
        {"facility": "b", "base": 1.0, "low": 1.0, "high": 1.0, "basis": "reported"},
    ]
    return Case.from_tables(
        {
            "materials": [{"material": "ore", "stage": "mining"}],
            "recipes": [
                {"technology": "dig", "material": "ore", "direction": "out", "quantity": 1.0}
            ],
            "facilities": facilities,
            "activities": activities,
            "measures": [{"measure": "mining", "material": "ore"}],
            "demand": [
                {"country": c, "material": "ore", "intercept": 10.0, "slope": 1.0} for c in "AB"
            ],
        }
        | more
    )


def test_share_and_range_of_a_stage_by_hand() -> None:
    """A's share 3/4, all of it assumed; 2/(2+1) to 6/(6+1)."""
    row = assumptions(mz.run("today", case=mines())).row(0, named=True)
    assert row["figure_en"] == "A's share of mined magnet elements"
    assert row["share"] == pytest.approx(3 / 4)
    assert (row["low"], row["high"]) == (pytest.approx(2 / 3), pytest.approx(6 / 7))


def test_a_case_without_evidence_says_nothing() -> None:
    assert assumptions(mz.run("today", case=mines(activities=[]))) is None


def test_the_reference_world_says_how_far_it_may_be_off() -> None:
    rows = {row["figure_en"]: row for row in assumptions(mz.run("today")).iter_rows(named=True)}
    mining = rows["China's share of mined magnet elements"]
    assert mining["low"] < 0.61 < mining["high"]  # the agency's figure lies in the range
    assert 0 < rows["Price of NdPr oxide in China, USD/kg"]["share"] < 0.5

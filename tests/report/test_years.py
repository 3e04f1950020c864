"""Does the report show what is built over the years, by whom and when?"""

from __future__ import annotations

from typing import Any

import pytest

import monazite as mz
from monazite.report import statistics
from monazite.report.charts import charts
from monazite.report.sections import sections
from monazite.report.view import View, view_of

MINE = {"technology": "mine", "cost": 2.0, "stage": "mining"}


def tables() -> dict[str, Any]:
    """A mines 4 kt; B builds 1 for certain in 2026; C could build for 200 USD per kg/yr."""
    project = {"life": 10.0, "size": 1.0, "earliest": 2026}
    return {
        "materials": [{"material": "m", "stage": "mining"}],
        "facilities": [
            {"facility": "old", "country": "A", "capacity": 4.0, **MINE},
            {"facility": "sure", "country": "B", "capacity": 0.0, "status": "planned", **MINE},
            {"facility": "dear", "country": "C", "capacity": 0.0, "status": "planned", **MINE},
        ],
        "recipes": [{"technology": "mine", "material": "m", "direction": "out", "quantity": 1.0}],
        "demand": [{"country": "A", "material": "m", "intercept": 10.0, "slope": 1.0}],
        "arcs": [{"material": "m", "origin": o, "destination": "A"} for o in "BC"],
        "projects": [
            {"facility": "sure", "status": "committed", "capex": 5.0, **project},
            {"facility": "dear", "status": "planned", "capex": 200.0, **project},
        ],
    }


@pytest.fixture(scope="module")
def outcome() -> Any:
    years = {"first": 2025, "last": 2027, "decided": 2025}
    case = mz.Case.from_tables(tables(), "report")
    return mz.run(mz.Scenario.checked({"name": "y", "years": years}), case=case)


@pytest.fixture(scope="module")
def view(outcome: Any) -> View:
    return view_of(outcome, "en")


def test_shares_over_time_follow_what_is_built(view: View) -> None:
    rows = statistics.share_times(view).filter(country="B").rows()
    assert [row[1] for row in rows] == ["2026", "2027"]
    assert [row[3] for row in rows] == pytest.approx([0.2, 0.2])


def test_what_is_built_and_what_is_not(view: View) -> None:
    built = statistics.projects_built(view).to_dicts()
    assert [(row["facility"], row["begins"]) for row in built] == [("sure", 2026.0)]
    assert (built[0]["built"], built[0]["part"]) == pytest.approx((1, 1))
    assert statistics.projects_idle(view)["facility"].to_list() == ["dear"]
    assert statistics.build_times(view).rows() == [("mining", "B", "2026", pytest.approx(1.0))]


def test_pictures_hold_these_figures(view: View) -> None:
    figures = {name: charts()[name].build(view) for name in ("share_times", "build_times", "gantt")}
    area = {trace["name"]: trace["y"] for trace in figures["share_times"]["data"]}
    assert area["B"] == pytest.approx([0, 0.2, 0.2])
    bars = figures["build_times"]["data"]
    assert [(bar["name"], bar["y"]) for bar in bars] == [("B", pytest.approx([0, 1, 1]))]
    (bar,) = figures["gantt"]["data"]
    assert (bar["base"], bar["x"]) == ([2026.0], [2.0])


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_section_names_what_nobody_builds(outcome: Any, lang: str) -> None:
    html = sections()["years"].build(view_of(outcome, lang))
    assert "dear" in html
    assert {"en": "planned", "zh": "规划"}[lang] in html


def test_one_period_says_how_to_ask_for_years() -> None:
    once = mz.run("today", case=mz.Case.from_tables(tables(), "report"))
    assert "--years 2024:2040:2" in sections()["years"].build(view_of(once))

"""Can a club do without a country? On a market worked by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from years_world import solved as run

from monazite.errors import CertificateError, InputError
from monazite.study.independence import club_of, independence, verdicts
from monazite.study.standing import COARSER, shut, standing


@pytest.fixture(scope="module")
def outcome() -> Any:
    return run()


def test_closed_overnight_by_hand(outcome: Any) -> None:
    """Of 5 kt at 5, B keeps 1 at 9 in 2025; of 8 at 2 (the cost) it keeps 4 at 6 in 2027."""
    found = independence(outcome, ["B"], without="C")
    assert found["used"].to_list() == pytest.approx([5, 5, 8, 8])
    assert found["served"].to_list() == pytest.approx([1, 1, 4, 4])
    assert found["share"].to_list() == pytest.approx([0.2, 0.2, 0.5, 0.5])
    assert found["price"].to_list() == pytest.approx([9, 9, 6, 6])
    assert found["times"].to_list() == pytest.approx([1.8, 1.8, 1.2, 1.2])
    assert found["stage"].to_list() == ["mining"] * 4
    # own earns 1 x (9 - 2) while it is alone, new 3 x (6 - 2) once it stands
    assert found["plant"].to_list() == ["own", "own", "new", "new"]


def test_the_binding_stage_is_that_of_the_largest_rent() -> None:
    """Two mines earn 3 MUSD each, a smelter 5: what binds is one row, and its stage."""
    from types import SimpleNamespace

    from monazite.study.independence import _binding

    plants = SimpleNamespace(
        stage=np.array(["mining", "mining", "metal"]), facility=np.array(["a", "b", "c"])
    )
    free: Any = SimpleNamespace(
        market=SimpleNamespace(plants=plants),
        capacity_rent=np.array([3.0, 1.0, 0.5]),
        capacity=np.array([1.0, 3.0, 10.0]),
    )
    assert _binding(free) == ("metal", "c")
    free.capacity_rent = np.zeros(3)
    assert _binding(free) == (None, None) == _binding(None)


def test_verdicts_need_two_periods_running(outcome: Any) -> None:
    found = independence(outcome, ["B"], without="C")
    assert verdicts(found)["since"].to_list() == [None] * 4
    served = found.with_columns(share=pl.Series([0.96, 0.9, 0.97, 0.99]))
    said = {x: since for _, x, since in verdicts(served).rows()}
    assert said == {0.0: None, 0.25: "2027", 0.5: "2027", 1.0: "2027"}


def test_a_period_in_which_nothing_is_used_is_no_period_running() -> None:
    """Two periods apart do not follow each other, and one of several is not the only one."""

    def since(periods: str, also: str = "") -> list[str | None]:
        rows = [(p, "m", 1.0, 1.0) for p in periods] + [(p, "n", 0.0, 9.0) for p in also]
        frame = pl.DataFrame(rows, schema=["period", "material", "share", "times"], orient="row")
        return verdicts(frame.sort("period"), [0.0]).filter(material="m")["since"].to_list()

    assert since("4") == ["4"]
    assert since("4", "456") == [None]
    assert since("46", "456") == [None]
    assert since("457", "4567") == ["4"]
    assert since("67", "4567") == ["6"]


def test_what_stands_is_what_was_built(outcome: Any) -> None:
    facilities = shut(standing(outcome, "2027"), "C").table("facilities")
    assert dict(facilities.select("facility", "capacity").rows()) == {"own": 1.0, "new": 3.0}
    assert "old" not in facilities["facility"].to_list()


def test_who_depends_on_nobody_loses_nothing() -> None:
    """Closing a country that makes and sells nothing changes nothing."""
    again = run(countries=[{"country": name} for name in "BCD"])
    found = independence(again, ["B"], without="D")
    assert found["share"].to_list() == pytest.approx([1.0] * 4)
    assert set(verdicts(found)["since"]) == {"2025"}


def test_members_are_those_of_the_club(outcome: Any) -> None:
    assert club_of(outcome.scenario) == ("USA", "AUS", "JPN", "KOR", "MYS", "THA")
    with pytest.raises(InputError, match="B is a member"):
        independence(outcome, ["B"], without="B")
    with pytest.raises(InputError):
        independence(outcome, ["BB"], without="C")


def test_what_does_not_prove_itself_is_asked_more_coarsely_and_else_left_open(
    outcome: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One period that fails must not cost the answer of all others, nor of a run over years."""
    from monazite.model import outcome as module

    real, tried = module.outcome_of, []

    def fussy(market: Any) -> Any:
        tried.append(market.mu)
        if market.mu < least:
            raise CertificateError("not proved")
        return real(market)

    monkeypatch.setattr(module, "outcome_of", fussy)
    least = 5e-9
    found = independence(outcome, ["B"], without="C", periods=["2025"])
    assert tried == list(COARSER)
    assert found["share"].to_list() == pytest.approx([0.2])
    least = 1.0
    open_ = independence(outcome, ["B"], without="C")
    assert open_["used"].to_list() == pytest.approx([5, 5, 8, 8])
    for column in ("served", "share", "price", "times", "stage", "plant"):
        assert open_[column].null_count() == 4
    assert verdicts(open_)["since"].to_list() == [None] * 4

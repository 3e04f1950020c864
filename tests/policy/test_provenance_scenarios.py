"""What the shipped bans, content rules and clubs say of the reference world."""

import polars as pl
import pytest

import monazite as mz
from monazite.policy.contingent import contradictions

from .markets import gain

MEMBERS = ["USA", "AUS", "JPN", "KOR", "MYS", "THA"]


@pytest.fixture(scope="module")
def today() -> mz.Outcome:
    return mz.run("today")


def used(outcome: mz.Outcome, material: str) -> float:
    """kt/yr used outside China."""
    rows = outcome.use.filter((pl.col("material") == material) & (pl.col("country") != "CHN"))
    return float(rows["quantity"].sum())


def test_heavy_stop(today: mz.Outcome) -> None:
    """Nobody else separates heavy rare earths: nothing outside, next to nothing worth in China."""
    outcome = mz.run("heavy_stop")
    for material in ("magnet_high_coercivity", "magnet_smco", "y_oxide", "tb_oxide"):
        assert used(today, material) > 0.01
        assert used(outcome, material) == pytest.approx(0, abs=1e-6)
        assert outcome.price(material, "JPN") is None
    for material in ("dy_oxide", "tb_oxide", "magnet_high_coercivity"):
        before, after = today.price(material, "CHN"), outcome.price(material, "CHN")
        assert before is not None and after is not None and after < before
    assert used(outcome, "magnet_standard") > 10
    assert gain(outcome, "producers", "CHN") < gain(today, "producers", "CHN")
    assert outcome.objective < today.objective


def test_october_rules(today: mz.Outcome) -> None:
    """Every samarium-cobalt magnet of 2024 had a step in China: defence elsewhere goes without."""
    outcome = mz.run("october_rules")
    assert used(outcome, "magnet_smco") == pytest.approx(0, abs=1e-6)
    assert outcome.price("magnet_standard", "JPN") == pytest.approx(
        today.price("magnet_standard", "JPN"), rel=1e-3
    )
    (rule,) = outcome.market.instruments
    assert rule.bound(outcome)
    off = (
        mz.Scenario.shipped("october_rules")
        .instruments[0]
        .model_copy(update={"status": "suspended"})
    )
    same = mz.run(mz.Scenario(name="off", instruments=(off,)))
    assert same.price("magnet_smco", "USA") == today.price("magnet_smco", "USA")


def test_the_club_and_who_leaves_it(today: mz.Outcome) -> None:
    """Users inside pay, treasuries gain; magnets cost less outside; who leaves is outside."""
    club, left = mz.run("club"), mz.run("leave_one_out")
    for outcome in (club, left):
        assert contradictions(outcome) == []
        assert outcome.ledger.residual < 1e-6
        assert outcome.market.instruments[0].bound(outcome)
    before, inside, outside = (o.price("magnet_standard", "JPN") for o in (today, club, left))
    assert inside > 1.3 * before
    assert outside == pytest.approx(before, rel=0.1)
    for country in ("USA", "JPN", "KOR"):
        assert gain(club, "users", country) < gain(today, "users", country)
        assert gain(club, "treasury", country) > gain(today, "treasury", country)
    assert gain(left, "treasury", "JPN") == gain(today, "treasury", "JPN")
    premium = club.classes.filter(material="magnet_smco", country="USA").row(0, named=True)
    assert premium["premium"] > 10 and premium["used"] > 0
    assert club.price("magnet_standard", "CHN") < today.price("magnet_standard", "CHN")


def test_leave_one_out_is_the_club_less_one() -> None:
    (club,), (left,) = (mz.Scenario.shipped(n).instruments for n in ("club", "leave_one_out"))
    assert list(club.members) == MEMBERS
    assert left.inside == tuple(m for m in MEMBERS if m not in left.without)
    assert [f.model_dump(exclude={"members"}) for f in left.floors] == [
        f.model_dump(exclude={"members"}) for f in club.floors
    ]


@pytest.mark.parametrize("name", ["heavy_stop", "october_rules", "club", "leave_one_out"])
def test_every_rule_of_these_is_sourced(name: str) -> None:
    scenario = mz.Scenario.shipped(name)
    assert all(rule.source for rule in scenario.instruments)
    assert scenario.titled("zh") != scenario.titled("en")

"""What support costs per additional tonne, worked by hand and over all kinds of money."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
import years_world as world

import monazite as mz
from monazite.errors import InputError
from monazite.study.support import check, support, without

CREDIT = {"kind": "production_credit", "materials": ["m"], "countries": ["B"], "specific": 3.0,
          "start": 2026}  # fmt: skip
# B's own mine costs 7: with C's 4 kt at p = 6 it stays shut, with a credit of 3 it sells at a cost
# of 4: p = 5 and 1 kt
DEAR = [
    {"facility": "old", "country": "C", "capacity": 4.0, **world.MINE},
    {"facility": "own", "country": "B", "capacity": 1.0, "technology": "mine", "cost": 7.0,
     "stage": "mining"},
]  # fmt: skip


@pytest.fixture(scope="module")
def pair() -> tuple[Any, Any]:
    same = {"facilities": DEAR, "projects": []}
    return world.solved([CREDIT], **same), world.solved(**same)


def test_a_credit_by_hand(pair: tuple[Any, Any]) -> None:
    """1 kt a year for the three years 2026 to 2028 at 3 USD/kg: 9 MUSD, 3,000 USD a tonne.

    Discounted at 5 % from the middle of 2025: 3 (1/1.05 + 1/1.05^2 + 1/1.05^3) over the same sum
    of tonnes, so the same a tonne.
    """
    found = support(*pair, members=["B"], materials=["m"])
    sums = {line: (plain, now) for line, plain, now in found.totals.rows()}
    worth = sum(1.05**-k for k in (1, 2, 3))
    assert sums["payments"] == pytest.approx((9, 3 * worth))
    assert sums["support"] == sums["public"] == sums["payments"]
    for row in found.tonnes.iter_rows(named=True):
        assert (row["base"], row["more"], row["more_discounted"]) == pytest.approx(
            (0, 3, worth), abs=1e-6
        )
        assert row["support"] == pytest.approx(3000)
        assert row["public_discounted"] == pytest.approx(3000)
    assert found.tonnes["by"].to_list() == ["stage", "material"]


def test_users_gain_where_the_price_falls(pair: tuple[Any, Any]) -> None:
    """From 6 to 5 in three years: they gain (4 + 5) / 2 a year."""
    found = support(*pair, members=["B"], materials=["m"])
    users = found.totals.filter(line="users")["plain"].item()
    assert users == pytest.approx(-3 * 4.5)
    path = found.prices
    assert path["inside"].to_list() == pytest.approx([6, 5, 5, 5])
    assert path["inside_without"].to_list() == pytest.approx([6, 6, 6, 6])
    assert path["outside"].to_list() == [None] * 4


def test_nothing_more_is_made_for_nothing() -> None:
    """A credit on what is made anyway buys no tonne: no cost per tonne, but a cost."""
    idle = dict(CREDIT, specific=0.5)
    found = support(world.solved([idle]), world.solved(), members=["B"], materials=["m"])
    assert found.totals.filter(line="support")["plain"].item() == pytest.approx(0.5 * (1 + 4 + 4))
    assert found.tonnes["support"].to_list() == [None] * 2


def test_what_treasuries_receive_is_told_apart() -> None:
    """A tariff of 1 on the 4 kt from C in 2026, and on 3 at a price of 3 later, is no support."""
    tariff = {"kind": "tariff", "materials": ["m"], "importers": ["B"], "specific": 1.0,
              "start": 2026}  # fmt: skip
    found = support(world.solved([tariff]), world.solved(), members=["B"], materials=["m"])
    sums = dict(found.totals.select("line", "plain").rows())
    assert (sums["received"], sums["support"]) == (pytest.approx(-10, rel=1e-4), 0)
    assert sums["public"] == pytest.approx(-10, rel=1e-4)


def test_who_pays_is_whose_cost_is_told(pair: tuple[Any, Any]) -> None:
    assert support(*pair).members == ("B",)
    cut = {"kind": "price_cut", "rivals": ["C"], "materials": ["m"], "specific": 0.5}
    both = support(world.solved([CREDIT, cut], facilities=DEAR, projects=[]), pair[1])
    assert both.members == ("B",)


def test_treasuries_of_others_do_not_count(pair: tuple[Any, Any]) -> None:
    found = support(*pair, members=["C"], materials=["m"])
    assert found.payments.height == 0


def test_grant_equivalent_of_money_for_projects() -> None:
    """A grant of half of a mine for 8 a kg/yr that B builds for sure in 2027, at a public rate of
    5 %: 4 * 3 kt at 0.05 / (1 - 1.05^-20) a year, in 2027 and 2028.
    """
    grant = {"kind": "grant", "projects": ["new"], "share": 0.5, "payer": "B",
             "funding_rate": 0.05, "inflation": 0.0}  # fmt: skip
    project = [{"facility": "new", "status": "committed", "capex": 8.0, "size": 3.0,
                "earliest": 2027, "wacc": 0.1, "life": 20.0}]  # fmt: skip
    found = support(
        world.solved([grant], projects=project), world.solved(projects=project),
        members=["B"], materials=["m"],
    )  # fmt: skip
    sums = dict(found.totals.select("line", "plain").rows())
    yearly = 4 * 3 * 0.05 / (1 - 1.05**-20)
    assert sums["grant_equivalent"] == pytest.approx(2 * yearly)
    assert sums["support"] == pytest.approx(2 * yearly)
    paid = 4 * 3 * 0.1 / (1 - 1.1**-20)
    assert sums["public"] == pytest.approx(2 * paid)
    assert sums["unpaid_risk"] == pytest.approx(2 * (paid - yearly))
    assert set(found.payments["line"]) == {"grant_equivalent", "unpaid_risk"}


def test_lines_add_up_to_what_treasuries_lose(pair: tuple[Any, Any]) -> None:
    outcome, against = pair
    found = support(outcome, against, members=["B"], materials=["m"])

    def treasury(one: Any) -> float:
        rows = one.books().filter(pl.col("account") == "treasury", pl.col("country") == "B")
        return float(rows["amount"].sum())

    assert found.totals.filter(line="public")["plain"].item() == pytest.approx(
        treasury(against) - treasury(outcome)
    )


def test_without_some_of_the_rules() -> None:
    asked = mz.Scenario.checked({"name": "s", "instruments": [CREDIT, dict(CREDIT, name="b")]})
    assert [r.name for r in without(asked, ["b"]).instruments] == ["production_credit"]
    assert without(asked).instruments == ()
    assert without(asked, ["production_credit"]).instruments == ()
    with pytest.raises(InputError, match="no rule"):
        without(asked, ["credit"])


def test_unknown_names_are_told_at_once_before_anything_is_solved() -> None:
    case = mz.builtin("rare_earths")
    with pytest.raises(InputError) as told:
        check(mz.Scenario.shipped("club"), case, rules=["nosuch"], members=["USA", "FOO"],
              materials=["bar"])  # fmt: skip
    places = [(one.file, one.value) for one in told.value.faults]
    assert places == [("--rules", "nosuch"), ("--members", "FOO"), ("--materials", "bar")]

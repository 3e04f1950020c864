"""Money that a buyer pays ahead: by hand, in sign, at its limits, in the books, after tax."""

from typing import Any

import pytest

from monazite.errors import InputError
from monazite.study.cashflow import after_tax, table_of
from monazite.study.support import support
from monazite.study.supports import supports

from .plants import A10, PLAIN, built, built_under, gain, paid

AHEAD = {"kind": "prepayment", "name": "ahead", "projects": ["new"], "share": 0.5}
AHEAD |= {"inflation": 0.0, "tenor": 10}
D = 10 * A10 - 1  # a year of 10 ahead, credited in ten equal parts
SURE = {"status": "committed", "size": 1.0}
HAND = {"sustaining": 0.0, "working": 0.0, "royalty": 0.0, "inflation": 0.0, "tax": 0.25}


def by_users(outcome: Any, item: str = "", country: str = "A") -> float:
    """MUSD/yr that buyers pay under the rule in the first year, under one line of it or all."""
    rows = outcome.books().filter(account="users", period="2026", country=country)
    lines = [item] if item else ["ahead", "ahead/expected_loss", "ahead/unpaid_risk"]
    return -sum(float(rows.filter(item=line)["amount"].sum()) for line in lines)


def test_ten_deliveries_of_the_same_worth_by_hand() -> None:
    """Without interest and discount it is a loan without interest, paid by who buys."""
    outcome = built_under(AHEAD)
    assert outcome.price("m", "A", "2026") == pytest.approx(2 + 20 * A10 - D)
    assert built(outcome) == pytest.approx(4 - 20 * A10 + D, abs=1e-6)
    assert by_users(outcome) == pytest.approx(D * built(outcome))
    assert paid(outcome) == pytest.approx(0), "no treasury pays"


def test_a_discount_by_hand() -> None:
    """Credited at four fifths of the price, goods worth 1.25 leave a year for each 1 credited."""
    outcome = built_under({**AHEAD, "discount": 0.2})
    less = 10 * A10 - 1.25
    assert outcome.price("m", "A", "2026") == pytest.approx(2 + 20 * A10 - less)
    assert built(outcome) == pytest.approx(4 - 20 * A10 + less, abs=1e-6)


def test_at_the_projects_own_cost_it_is_worth_nothing() -> None:
    """Interest at 10 %, or a discount that makes deliveries worth what was paid at 10 %."""
    for fields in ({"rate": 0.1}, {"discount": 1 - 1 / (10 * A10)}):
        outcome = built_under({**AHEAD, **fields})
        assert outcome.price("m", "A", "2026") == pytest.approx(2 + 20 * A10)
        assert by_users(outcome) == pytest.approx(0, abs=1e-6)


def test_what_the_buyer_gives_up_stands_in_three_lines() -> None:
    """One that asks 10 % gives up all of it; one that asks 5 % bears risk that nobody pays for."""
    same = built_under({**AHEAD, "funding_rate": 0.1})
    assert by_users(same, "ahead") == pytest.approx(D * built(same))
    assert by_users(same, "ahead/unpaid_risk") == pytest.approx(0, abs=1e-9)
    f10 = 0.05 / (1 - 1.05**-10)
    safe = built_under({**AHEAD, "funding_rate": 0.05, "default_rate": 0.02})
    kilo = built(safe)
    assert by_users(safe, "ahead") == pytest.approx(kilo * (10 * f10 - 1))
    owed = [10 - k for k in range(10)]
    lost = sum(0.98**k * 0.02 * 0.4 * each / 1.05 ** (k + 1) for k, each in enumerate(owed))
    assert by_users(safe, "ahead/expected_loss") == pytest.approx(kilo * lost * f10)
    assert by_users(safe) == pytest.approx(kilo * D)


def test_who_gains_and_the_triangle_that_is_lost() -> None:
    """Buyers abroad pay, users at home gain what the mine loses, and nothing comes of nothing."""
    before, after = built_under(), built_under({**AHEAD, "payer": "B"})
    change = {a: gain(after, a) - gain(before, a) for a in ("users", "producers", "treasury")}
    first, second = built(before), built(after)
    assert by_users(after, country="B") == pytest.approx(D * second)
    assert change["users"] == pytest.approx(D * (4 + (first + second) / 2) - D * second)
    assert change["producers"] == pytest.approx(-4 * D)
    assert change["treasury"] == pytest.approx(0)
    assert sum(change.values()) == pytest.approx(-D * D / 2)
    assert after.ledger.residual < 1e-9


def test_more_sooner_and_dearer() -> None:
    def worth(**fields: Any) -> float:
        return built(built_under({**AHEAD, **fields}))

    assert worth(share=0.2) < worth() < worth(share=0.6)
    assert worth(tenor=5) < worth() < worth(tenor=12, grace=3)
    assert worth(discount=0.1) < worth() and worth(rate=0.03) < worth()
    assert worth() < worth(inflation=0.03), "credits are in dollars"


@pytest.mark.parametrize("fields", [{"share": 0.0}, {"status": "suspended"}, {"end": 2025}])
def test_no_money_ahead_changes_nothing(fields: dict[str, Any]) -> None:
    outcome = built_under({**AHEAD, **fields})
    assert built(outcome) == pytest.approx(4 - 20 * A10, abs=1e-6)
    assert by_users(outcome) == pytest.approx(0, abs=1e-9)


def test_it_is_drawn_and_served_in_the_cash_account() -> None:
    """Ten ahead, goods worth 1.25 a year: what the discount takes is deducted from income."""
    outcome = built_under({**AHEAD, "discount": 0.2}, **SURE)
    table = table_of(outcome, "new", **HAND)
    assert table["drawn_ahead"].to_list() == pytest.approx([10.0] + [0.0] * 10)
    assert table["service_ahead"].to_list()[1:] == pytest.approx([-1.25] * 10)
    # 5 - 2 - 2 written off - 0.25 of discount, at a quarter
    assert (table["tax"] + table["shield"]).to_list()[1:] == pytest.approx([-0.1875] * 10)
    assert table["cover"].to_list()[1:] == pytest.approx([(3 - 0.1875) / 1.25] * 10)
    found = after_tax(outcome, ["new"], **HAND).row(0, named=True)
    assert found["npv"] - found["npv_unsupported"] == pytest.approx(10 - (1.25 - 0.0625) / A10)


def test_it_is_no_public_money() -> None:
    before, after = built_under(), built_under(AHEAD)
    row = supports(after).row(0, named=True)
    assert (row["account"], row["country"], row["kind"]) == ("users", "A", "prepayment")
    cost = support(after, before, members=["A"], materials=["m"])
    sums = dict(cost.totals.select("line", "plain").rows())
    assert sums["public"] == pytest.approx(0)
    assert sums["users"] == pytest.approx(
        -3 * (gain(after, "users") - gain(before, "users"))
    ), "what buyers paid ahead is in what users lose"  # fmt: skip


def test_something_has_to_be_delivered() -> None:
    with pytest.raises(InputError, match="grace is shorter than tenor"):
        built_under({**AHEAD, "grace": 10})
    with pytest.raises(InputError, match="discount"):
        built_under({**AHEAD, "discount": 0.95})
    with pytest.raises(InputError, match="share or amount"):
        built_under({**AHEAD, "amount": 5.0})


def test_plain_terms_are_those_of_a_loan() -> None:
    loan = {**AHEAD, **PLAIN, "kind": "loan", "rate": 0.0}
    assert built(built_under(AHEAD)) == pytest.approx(built(built_under(loan)), abs=1e-6)

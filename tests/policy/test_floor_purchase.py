"""Purchases at a floor: by hand, in sign, at their limits, in the books."""

from datetime import date

import pytest

import monazite as mz
from monazite.data import Case
from monazite.errors import InputError
from monazite.policy import contingent
from monazite.policy.floor_purchase import FloorPurchase

from .markets import gain, two_countries, under
from .mines import mine_in_a, prices

FLOOR = {
    "kind": "floor_purchase",
    "name": "buyer",
    "material": "m",
    "place": "A",
    "floor": 6.0,
    "tonnes": 5.0,
}


def bought(outcome: mz.Outcome) -> float:
    """kt/yr that went into the stockpile."""
    return float(outcome.use.filter(sector="buyer")["quantity"].sum())


def test_price_support_by_hand() -> None:
    """Textbook: 1 + q = 6, q = 5; users at 7 take 3; the treasury buys 2 for 12."""
    outcome = under(two_countries(), FLOOR)
    assert prices(outcome) == pytest.approx((6, 7))
    assert outcome.flow("m", "A", "B") == pytest.approx(3)
    assert bought(outcome) == pytest.approx(2)
    assert gain(outcome, "treasury", "A") == pytest.approx(-12)
    assert gain(outcome, "users", "B") == pytest.approx(4.5)
    assert gain(outcome, "users", "A") == pytest.approx(0, abs=1e-9)
    assert gain(outcome, "suppliers", "A") == pytest.approx(12.5)


def test_the_deadweight_of_price_support() -> None:
    """16 before; 17 - 12 after with a worthless stock, 17 with one worth its cost."""
    free = under(two_countries(), {**FLOOR, "status": "suspended"})
    assert free.ledger.welfare == pytest.approx(16)
    for worth, welfare in ((0.0, 5.0), (6.0, 17.0), (3.0, 11.0)):
        outcome = under(two_countries(), {**FLOOR, "worth": worth})
        assert outcome.ledger.welfare == pytest.approx(welfare)
        assert outcome.objective == pytest.approx(welfare)
        assert gain(outcome, "stockpile", "A") == pytest.approx(2 * worth)
        assert outcome.ledger.residual < 1e-9


def test_money_that_runs_out_by_hand() -> None:
    """6 / 6 = 1 kt: 1 + q = 9 - (q - 1), q = 4.5, P = 5.5; sellers get 0.5 more on 1 kt."""
    rule = FloorPurchase(**{**FLOOR, "money": 6.0})
    outcome = under(two_countries(), rule)
    assert prices(outcome) == pytest.approx((5.5, 6.5))
    assert gain(outcome, "treasury", "A") == pytest.approx(-6)
    assert gain(outcome, "suppliers", "A") == pytest.approx(0.5 * 4.5 * 4.5 + 0.5)
    (coverage,) = rule.coverage(outcome)
    assert coverage.told("en") == "buyer, period base: money covers 1,000 t of 4,500 t."
    assert outcome.ledger.residual < 1e-9


def test_sellers_share_what_the_floor_adds() -> None:
    """Bought in B at 8 with room for 1: a producer there is paid beside importers, by tonnes."""
    local = {"country": "B", "material": "m", "intercept": 1.0, "slope": 1.0}
    curves = [local, {**local, "country": "A"}]
    outcome = under(two_countries(curves=curves), {**FLOOR, "place": "B", "floor": 8, "tonnes": 1})
    # supply B: P - 1, from A: P - 2; demand 10 - P + 1 = 2 P - 3: P = 14/3
    assert outcome.price("m", "B") == pytest.approx(14 / 3)
    premium, total = 8 - 14 / 3, 19 / 3
    assert gain(outcome, "traders") == pytest.approx(premium * (8 / 3) / total)
    paid = outcome.books().filter(account="suppliers", item="buyer")["amount"].sum()
    assert paid == pytest.approx(premium * (11 / 3) / total)
    assert gain(outcome, "treasury", "B") == pytest.approx(-8)


def test_the_floor_holds_where_it_is_bought_and_less_freight_elsewhere() -> None:
    """A floor of 7.5 in B: 6.5 in A, which gives 5.5 kt; users take 2.5; 3 are bought."""
    duty = [{"material": "m", "origin": "A", "destination": "B", "freight": 0.6, "duty": 0.4}]
    outcome = under(two_countries(arcs=duty), {**FLOOR, "place": "B", "floor": 7.5})
    assert prices(outcome) == pytest.approx((7.5 - 0.6 - 0.4, 7.5))
    assert bought(outcome) == pytest.approx(3)
    assert gain(outcome, "treasury", "B") == pytest.approx(-3 * 7.5 + 0.4 * 5.5)


def test_owners_of_plants_are_sellers_too() -> None:
    outcome = under(mine_in_a(), {**FLOOR, "money": 6.0})
    assert gain(outcome, "producers", "A") == pytest.approx(0.5 * 4.5 * 4.5 + 0.5)


@pytest.mark.parametrize(
    "fields", [{"floor": 0.0}, {"floor": 4.99}, {"tonnes": 0.0}, {"status": "suspended"}]
)
def test_a_floor_below_the_price_is_no_floor(fields: dict) -> None:
    outcome = under(two_countries(), {**FLOOR, **fields})
    assert prices(outcome) == pytest.approx((5, 6), abs=1e-6)
    assert bought(outcome) == pytest.approx(0, abs=1e-6)
    assert gain(outcome, "treasury") == pytest.approx(0, abs=1e-6)


def test_a_huge_floor_buys_all_there_is() -> None:
    """At 50 nothing is left for users: 49 kt are made for a buyer of up to 60."""
    outcome = under(two_countries(), {**FLOOR, "floor": 50.0, "tonnes": 60.0})
    assert (bought(outcome), outcome.flow("m", "A", "B")) == pytest.approx((49, 0), abs=1e-6)
    assert outcome.price("m", "A") == pytest.approx(50)


def test_it_buys_for_the_part_of_a_period_in_which_it_holds() -> None:
    periods = [
        {"period": "one", "start": date(2025, 1, 1), "years": 1.0},
        {"period": "two", "start": date(2026, 1, 1), "years": 1.0},
    ]
    dated = {**FLOOR, "tonnes": 1.0, "start": "2026-07-02"}
    outcome = under(two_countries(periods=periods), dated)
    assert outcome.price("m", "A", "one") == pytest.approx(5, abs=1e-6)
    # half a kilotonne: 1 + q = 9 - (q - 0.5)
    assert outcome.price("m", "A", "two") == pytest.approx(5.25, abs=1e-3)


def test_two_buyers_in_any_order() -> None:
    more = {**FLOOR, "name": "second", "floor": 5.5, "tonnes": 0.5}
    one, other = under(two_countries(), FLOOR, more), under(two_countries(), more, FLOOR)
    assert prices(one) == pytest.approx((6, 7))
    assert prices(one) == pytest.approx(prices(other), rel=1e-9)
    assert gain(one, "treasury") == pytest.approx(gain(other, "treasury")) == pytest.approx(-12)


def test_complementarity_is_seen() -> None:
    outcome = under(two_countries(), FLOOR)
    assert contingent.contradictions(outcome) == []
    (told,) = FloorPurchase(**{**FLOOR, "floor": 6.5}).contradictions(outcome)
    assert "holds a floor of 6.5" in told
    (told,) = FloorPurchase(**{**FLOOR, "floor": 5.5}).contradictions(outcome)
    assert "2 kt bought of 5 kt" in told


def test_a_buyer_without_limit_is_refused() -> None:
    with pytest.raises(InputError, match="tonnes, money or both"):
        under(two_countries(), {**FLOOR, "tonnes": None})


def test_the_case_keeps_its_own_demand() -> None:
    case = two_countries()
    assert isinstance(case, Case)
    under(case, FLOOR)
    assert case.table("demand").height == 1

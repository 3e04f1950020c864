"""Strategic reserves: by hand, in sign, at their limits, over periods, in the books."""

from typing import Any

import pytest

from monazite.errors import InputError

from .markets import gain, two_countries, under
from .test_production_quota import mine

PILE = {"kind": "stockpile", "name": "vault", "country": "B", "materials": ["m"], "use": {"m": 10}}
BUYS = {**PILE, "days": 36.5}
HOLDS = {**PILE, "held": 36.5}
TIERS = [{"share": 0.5, "price": 5.9}, {"share": 0.5, "price": 6.5}]
YEARS = [
    {"period": "y1", "start": "2025-01-01", "years": 1.0},
    {"period": "y2", "start": "2026-01-01", "years": 2.0},
]


def test_purchases_by_hand() -> None:
    """1 kt at any price: q = 4.5, 6.5 in B, 6.5 paid and 0.2 for keeping it."""
    outcome = under(two_countries(), {**BUYS, "carrying_cost": 0.2})
    assert outcome.flow("m", "A", "B") == pytest.approx(4.5)
    assert outcome.price("m", "B") == pytest.approx(6.5)
    assert gain(outcome, "treasury", "B") == pytest.approx(-6.7)
    assert gain(outcome, "stockpile") == pytest.approx(0)
    assert gain(outcome, "stock_holders") == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("offer", [{"price": 6.25}, {"times": 1.25}])
def test_a_bid_by_hand(offer: dict[str, float]) -> None:
    """With a bid of 6.25 it buys 0.5 only, at 6.25; what is left is worth the bid and its keep."""
    case = two_countries(prices=[{"material": "m", "country": "B", "price": 5.0}])
    outcome = under(case, {**BUYS, "bid": offer, "carrying_cost": 0.2})
    assert outcome.price("m", "B") == pytest.approx(6.25)
    assert outcome.stocks["level"].to_list() == pytest.approx([0.5])
    assert gain(outcome, "treasury", "B") == pytest.approx(-0.5 * 6.45)
    assert gain(outcome, "stockpile", "B") == pytest.approx(0.5 * 6.45)


def test_release_by_hand() -> None:
    """Half of 1 from 5.9, half from 6.5: q = 3.9, 0.2 sold at 5.9 for 1.18."""
    outcome = under(two_countries(), {**HOLDS, "release": TIERS})
    assert outcome.price("m", "B") == pytest.approx(5.9)
    assert outcome.flow("m", "A", "B") == pytest.approx(3.9)
    assert gain(outcome, "treasury", "B") == pytest.approx(1.18)
    assert gain(outcome, "stockpile", "B") == pytest.approx(0.3 * 5.9 + 0.5 * 6.5)


def test_asks_hold_whatever_keeping_costs() -> None:
    """Keeping costs 1 a year, and still nothing is sold below the ask."""
    outcome = under(two_countries(), {**HOLDS, "release": TIERS, "carrying_cost": 1.0})
    assert outcome.price("m", "B") == pytest.approx(5.9)
    assert gain(outcome, "treasury", "B") == pytest.approx(1.18 - 0.8)


def test_a_tier_empties_before_the_next_opens() -> None:
    """Supply of 4 + 2 q: 8.33 in B without a reserve. Tier 1 empties, then 7.9 sets the price."""
    case = two_countries(curves=[{"country": "A", "material": "m", "intercept": 4.0, "slope": 2.0}])
    outcome = under(case, {**HOLDS, "release": [*TIERS[:1], {"share": 0.5, "price": 7.9}]})
    assert outcome.price("m", "B") == pytest.approx(7.9)
    left = outcome.stocks.sort("stock")["level"].to_list()
    # imports (7.9 - 5) / 2, use 2.1
    assert left == pytest.approx([0.0, 0.5 - (2.1 - 1.45 - 0.5)], abs=1e-6)


def test_base_year_use_of_users_and_plants() -> None:
    """Users of B take 3 a year (but for their own stocks), its plant 2 * 0.5: 73 days of 4."""
    use = [
        {"sector": s, "country": "B", "material": "m", "price": 6.0, "quantity": q, "elasticity": e}
        for s, q, e in (("cars", 3.0, -1.0), ("stocks", 9.0, -0.1))
    ]
    plant = {"facility": "mill", "technology": "mill", "country": "B", "capacity": 2, "cost": 0}
    pit = {"facility": "pit", "technology": "dig", "country": "A", "capacity": 99, "cost": 1}
    recipes = [("dig", "m", "out", 1.0), ("mill", "m", "in", 0.5), ("mill", "n", "out", 0.5)]
    keys = ("technology", "material", "direction", "quantity")
    case = mine(
        demand=[*use, {"country": "B", "material": "n", "intercept": 90.0, "slope": 1.0}],
        facilities=[pit, plant],
        recipes=[dict(zip(keys, row, strict=True)) for row in recipes],
        activities=[{"facility": "mill", "base": 2.0}],
    )
    rule = {**BUYS, "use": {}, "days": 73.0, "not_sectors": ["stocks"]}
    outcome = under(case, rule)
    assert outcome.stocks["level"].to_list() == pytest.approx([4.0 * 73 / 365])


@pytest.mark.parametrize(
    "rule",
    [
        {**BUYS, "days": 0.0},
        {**BUYS, "pace": 0.0},
        {**BUYS, "bid": {"price": 5.9}},
        {**BUYS, "held": 36.5},
        {**BUYS, "status": "suspended"},
        {**HOLDS, "release": TIERS[1:]},
        HOLDS,
    ],
)
def test_a_reserve_that_neither_buys_nor_sells_changes_no_price(rule: dict[str, Any]) -> None:
    outcome = under(two_countries(), rule)
    assert outcome.price("m", "B") == pytest.approx(6, abs=1e-6)
    assert outcome.flow("m", "A", "B") == pytest.approx(4, abs=1e-6)
    assert gain(outcome, "treasury") == pytest.approx(0, abs=1e-6)


def test_a_huge_bid_is_a_purchase_at_any_price() -> None:
    firm = under(two_countries(), BUYS)
    asked = under(two_countries(), {**BUYS, "bid": {"price": 1e4}})
    assert asked.price("m", "B") == pytest.approx(firm.price("m", "B"), abs=1e-6)


def test_an_ask_of_nothing_is_a_gift_of_all_that_is_held() -> None:
    """10 - (q + 1) = 2 + q: 5.5 in B."""
    outcome = under(two_countries(), {**HOLDS, "release": [{"share": 1.0, "price": 0.0}]})
    assert outcome.price("m", "B") == pytest.approx(5.5)


def test_who_gains_and_who_pays() -> None:
    """Purchases: suppliers 0.5 * 4.25 better, users 0.5 * 3.75 worse, the treasury pays 6.5."""
    free, after = under(two_countries()), under(two_countries(), BUYS)
    change = {a: gain(after, a) - gain(free, a) for a in ("users", "suppliers", "treasury")}
    assert change == pytest.approx({"users": -1.875, "suppliers": 2.125, "treasury": -6.5})
    assert after.ledger.residual < 1e-9
    assert after.market.instruments[0].bound(after)


def test_owners_share_what_is_paid_and_received() -> None:
    owners = {"A": 0.5, "B": 0.3, "Acme": 0.2}
    outcome = under(two_countries(), {**BUYS, "owners": owners})
    assert gain(outcome, "treasury", "A") == pytest.approx(-3.25)
    assert gain(outcome, "treasury", "B") == pytest.approx(-1.95)
    books = outcome.books()
    assert books.filter(owner="Acme")["amount"].sum() == pytest.approx(-1.3)
    assert outcome.ledger.residual < 1e-9


def test_pace_and_dates_over_periods() -> None:
    """From 2026, half a year's worth of 0.25 a year: 0.5 by the end of the two years to 2027."""
    rule = {**BUYS, "pace": 9.125, "start": 2026}
    outcome = under(two_countries(periods=YEARS), rule)
    sold = [outcome.flow("m", "A", "B", row["period"]) for row in YEARS]
    assert sold == pytest.approx([4.0, 4.125])
    assert outcome.stocks["level"].to_list() == pytest.approx([0.0, 0.5])
    # 0.25 kt/yr at 6.125 in each of the two years
    assert gain(outcome, "treasury") == pytest.approx(-0.25 * 6.125)


def test_tiers_open_in_the_dearest_period() -> None:
    """Demand of 12 - q in the second period: 7 there without a reserve, 6 before; it sells there.

    From 6.2 at most 1 over two years: 12 - (q + 0.5) = 2 + q gives 6.75.
    """
    demand = [
        {"country": "B", "material": "m", "period": p, "intercept": k, "slope": 1.0}
        for p, k in (("y1", 10.0), ("y2", 12.0))
    ]
    rule = {**HOLDS, "release": [{"share": 1.0, "price": 6.2}]}
    outcome = under(two_countries(periods=YEARS, demand=demand), rule)
    assert [outcome.price("m", "B", p) for p in ("y1", "y2")] == pytest.approx([6.0, 6.75])
    assert outcome.stocks["level"].to_list() == pytest.approx([1.0, 0.0], abs=1e-6)


def test_order_does_not_matter_and_a_stock_of_the_case_stays() -> None:
    own = [{"country": "B", "material": "m", "initial": 0.5, "capacity": 0.5, "final_value": 0.0}]
    rules = [BUYS, {**HOLDS, "name": "reserve", "release": TIERS}]
    one, other = (
        under(two_countries(stocks=own), *rules),
        under(two_countries(stocks=own), *rules[::-1]),
    )
    # 0.5 out of the case's stock; 1 bought; up to 0.5 sold from 5.9: 10 - (q - 1 + 1) = 2 + q
    assert one.price("m", "B") == pytest.approx(6.0)
    assert one.price("m", "B") == pytest.approx(other.price("m", "B"), abs=1e-9)
    assert gain(one, "treasury") == pytest.approx(gain(other, "treasury"))


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"bid": {"price": 1.0, "times": 1.0}}, "one of them"),
        ({"bid": {}}, "one of them"),
        ({"release": [{"share": 0.7, "price": 1}] * 2}, "more than 1"),
        ({"owners": {"A": 0.5}}, "add up to 1"),
        ({"owners": {"A": 1.5, "B": -0.5}}, "above 0"),
        ({"carrying": 0.1, "carrying_cost": 0.1}, "not both"),
        ({"use": {"m": -1.0}}, "0 or more"),
        ({"use": {}}, "no base-year use of m in B"),
        ({"bid": {"times": 1.1}}, "no base-year price of m in B"),
        ({"carrying": 0.1}, "no base-year price of m in B"),
    ],
)
def test_what_is_refused(fields: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        under(two_countries(), {**BUYS, **fields})

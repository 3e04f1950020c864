"""Border floors: by hand, in sign, at their limits, in the books."""

import numpy as np
import pytest

import monazite as mz
from monazite.data import builtin
from monazite.errors import InputError
from monazite.policy import contingent
from monazite.policy.border_floor import BorderFloor, content, recipes

from .markets import gain, two_countries, under
from .mines import prices

LEVY = {
    "kind": "border_floor",
    "name": "levy",
    "members": ["B"],
    "material": "m",
    "floor": 7.5,
    "reference": "A",
    "landing": 1.0,
}
SHIPPED = {key: value for key, value in LEVY.items() if key != "landing"} | {
    "reference": "entered_value"
}


@pytest.mark.parametrize("rule", [LEVY, SHIPPED])
def test_the_floor_holds_by_hand(rule: dict) -> None:
    """P[B] = 7.5: q = 2.5, P[A] = 3.5, levy 3, receipts 7.5; users and suppliers 3.125."""
    outcome = under(two_countries(), rule)
    assert prices(outcome) == pytest.approx((3.5, 7.5), rel=1e-6)
    assert outcome.flow("m", "A", "B") == pytest.approx(2.5)
    assert gain(outcome, "treasury", "B") == pytest.approx(7.5)
    assert gain(outcome, "users") == pytest.approx(3.125)
    assert gain(outcome, "suppliers") == pytest.approx(3.125)
    assert outcome.ledger.residual < 1e-9
    assert contingent.contradictions(outcome) == []


@pytest.mark.parametrize("floor", [6.5, 7.5, 9.0, 9.9])
def test_it_is_the_tariff_that_lifts_the_price_to_the_floor(floor: float) -> None:
    """10 - q = 2 + q + t = floor: t = 2 floor - 12."""
    duty = {"kind": "tariff", "name": "levy", "importers": ["B"], "specific": 2 * floor - 12}
    one, other = under(two_countries(), {**LEVY, "floor": floor}), under(two_countries(), duty)
    assert one.price("m", "B") == pytest.approx(floor, rel=1e-6)
    assert prices(one) == pytest.approx(prices(other), rel=1e-6)
    for account in ("users", "suppliers", "treasury"):
        assert gain(one, account) == pytest.approx(gain(other, account), rel=1e-5)


def test_a_reference_short_of_the_border_lifts_by_what_it_leaves_out() -> None:
    """On the price in A alone: 7.5 + freight 1 in B."""
    outcome = under(two_countries(), {**LEVY, "landing": 0.0})
    assert outcome.price("m", "B") == pytest.approx(8.5, rel=1e-6)


@pytest.mark.parametrize(
    "fields",
    [
        {"floor": 0.0},
        {"floor": 5.99},
        {"status": "suspended"},
        {"exempt": ["A"]},
        {"members": ["A", "B"]},
    ],
)
def test_a_floor_that_asks_for_nothing_is_no_rule(fields: dict) -> None:
    outcome = under(two_countries(), {**LEVY, **fields})
    assert prices(outcome) == pytest.approx((5, 6), abs=1e-6)
    assert gain(outcome, "treasury") == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("answer", [1.0, 20.0, 100.0])
def test_a_price_that_follows_its_own_charge_is_found(answer: float) -> None:
    """Users take 10 + answer (110 - p), A supplies p - 90: the floor of 110 is met at 100 in A. The
    levy taken on u there, its price is found answer / (1 + answer) of the way to it: up to 0.99.
    """
    demand = {"country": "B", "material": "m", "intercept": 110.0 + 10.0 / answer}
    case = two_countries(
        curves=[{"country": "A", "material": "m", "intercept": 90.0, "slope": 1.0}],
        demand=[{**demand, "slope": 1.0 / answer}],
        arcs=[{"material": "m", "origin": "A", "destination": "B", "freight": 0.0}],
    )
    outcome = under(case, {**SHIPPED, "floor": 110.0})
    assert prices(outcome) == pytest.approx((100.0, 110.0), rel=1e-6)
    assert outcome.flow("m", "A", "B") == pytest.approx(10.0, rel=1e-5)


def test_a_huge_floor_is_a_ban() -> None:
    outcome = under(two_countries(), {**LEVY, "floor": 1000.0})
    assert outcome.flow("m", "A", "B") == pytest.approx(0, abs=1e-6)
    (rule,) = outcome.scenario.instruments
    assert rule.bound(outcome), "a levy that shuts trade brings nothing and is not idle"
    low = under(two_countries(), {**LEVY, "floor": 5.0})
    assert not low.scenario.instruments[0].bound(low)


def test_members_gain_and_outsiders_lose() -> None:
    """C is a member that sells to B at the floor; A, outside, gets less."""
    supply = [
        {"country": code, "material": "m", "intercept": 1.0, "slope": 1.0} for code in ("A", "C")
    ]
    arcs = [
        {"material": "m", "origin": code, "destination": "B", "freight": 1.0} for code in ("A", "C")
    ]
    case = two_countries(curves=supply, arcs=arcs)
    free = under(case, {**LEVY, "status": "suspended"})
    after = under(case, {**LEVY, "members": ["B", "C"], "floor": 6.0})
    assert free.price("m", "B") == pytest.approx(14 / 3)
    # 6 in B: C makes 4 at 5, users take 4: nothing is left to A
    assert after.price("m", "B") == pytest.approx(6, rel=1e-6)
    assert after.flow("m", "C", "B") == pytest.approx(4, rel=1e-5)
    assert gain(after, "suppliers", "C") > gain(free, "suppliers", "C")
    assert gain(after, "suppliers", "A") < gain(free, "suppliers", "A")


def test_a_price_that_is_not_proved_falls_back() -> None:
    """Nothing is made or used in D: the levy is the whole floor of 2, or floor less fallback."""
    rows = [{"material": "m", "origin": "A", "destination": "B", "freight": 1.0}]
    more = {"countries": [{"country": code} for code in "ABD"]}
    for fields, levy in (({}, 2.0), ({"fallback": 1.5}, 0.5), ({"fallback": 3.0}, 0.0)):
        rule = {**LEVY, "reference": "D", "landing": 0.0, "floor": 2.0, **fields}
        outcome = under(two_countries(arcs=rows, **more), rule)
        assert outcome.price("m", "D") is None
        assert outcome.price("m", "B") == pytest.approx(6 + levy / 2)


def product_case() -> mz.Case:
    """A turns 0.5 kg of m into 1 kg of a product at no cost; B uses the product only."""
    side = {"technology": "make", "mode": "all"}
    return mz.Case.from_tables(
        {
            "curves": [{"country": "A", "material": "m", "intercept": 1.0, "slope": 1.0}],
            "recipes": [
                side | {"material": "m", "direction": "in", "quantity": 0.5},
                side | {"material": "n", "direction": "out", "quantity": 0.4},
                side | {"material": "scrap", "direction": "out", "quantity": 0.1},
            ],
            "facilities": [
                {"facility": "works", "technology": "make", "country": "A", "stage": "other"}
                | {"capacity": 100.0, "cost": 0.0, "status": "operating"}
            ],
            "materials": [{"material": "m"}, {"material": "n"}]
            + [{"material": "scrap", "disposal_cost": 0.0}],
            "demand": [{"country": "B", "material": "n", "intercept": 10.0, "slope": 1.0}],
            "arcs": [{"material": "n", "origin": "A", "destination": "B", "freight": 0.0}],
        },
        "product",
    )


def test_the_levy_on_products_follows_their_content() -> None:
    """0.5 / 0.4 = 1.25 kg per kg. P[m] = 1 + 1.25 q; 10 - q = 1.25 P + 1.25 (floor - P)."""
    rule = {**LEVY, "landing": 0.0, "floor": 6.0, "downstream": ["n"]}
    outcome = under(product_case(), rule)
    assert outcome.price("n", "B") == pytest.approx(1.25 * 6, rel=1e-6)
    assert outcome.flow("n", "A", "B") == pytest.approx(2.5, rel=1e-6)
    levy = 1.25 * (6 - (1 + 1.25 * 2.5))
    assert gain(outcome, "treasury", "B") == pytest.approx(levy * 2.5, rel=1e-5)
    given = under(product_case(), {**rule, "content": {"n": 0.5}})
    # 10 - q = 1.25 (1 + 1.25 q) + 0.5 (6 - 1 - 1.25 q)
    assert given.flow("n", "A", "B") == pytest.approx(6.25 / 1.9375, rel=1e-6)


def test_contents_of_the_reference_world() -> None:
    """1.19 kg of oxide for a kg of metal; 1.19 * 0.31 * 1.0 * 1.49 for a magnet, none for Dy."""
    ways = recipes(builtin("rare_earths"))
    assert content(ways, "ndpr_metal", "ndpr_oxide") == pytest.approx(1.19, abs=0.01)
    chain = 1.19 * 0.31 * 1.0 * 1.49
    assert content(ways, "magnet_standard", "ndpr_oxide") == pytest.approx(chain, rel=0.02)
    assert content(ways, "dy_oxide", "ndpr_oxide") == 0


def test_a_levy_that_prices_do_not_call_for_is_seen() -> None:
    outcome = under(two_countries(), LEVY)
    (told,) = BorderFloor(**{**LEVY, "floor": 4.0}).contradictions(outcome)
    assert told.startswith("levy charges or pays 3 USD/kg where 0 is due")
    assert np.isfinite(outcome.cleared.residual) and outcome.cleared.iterations <= 25


def test_order_does_not_matter() -> None:
    duty = {"kind": "tariff", "name": "duty", "importers": ["B"], "specific": 0.5}
    one, other = under(two_countries(), LEVY, duty), under(two_countries(), duty, LEVY)
    assert prices(one) == pytest.approx((3.0, 8.0), rel=1e-6)
    assert prices(one) == pytest.approx(prices(other), rel=1e-7)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"content": {"m": 0.5}}, "downstream does not name"),
        ({"downstream": ["n"], "content": {"n": 0.0}}, "above 0"),
        ({"reference": "entered_value"}, "leave landing out"),
        ({"downstream": ["scrap"]}, "holds no m"),
        ({"downstream": ["mm"]}, "mm"),
    ],
)
def test_faults_are_named(fields: dict, told: str) -> None:
    with pytest.raises(InputError, match=told):
        under(product_case(), {**LEVY, **fields})

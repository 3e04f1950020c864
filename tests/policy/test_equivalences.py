"""Do rules that economics calls equal move the same goods at the same prices?"""

from typing import Any

import numpy as np
import pytest

import monazite as mz

from .markets import gain, two_countries, under

TARIFF = {"kind": "tariff", "name": "rule", "importers": ["B"]}
TAX = {"kind": "export_tax", "name": "rule", "exporters": ["A"]}
QUOTA = {"kind": "export_quota", "name": "rule", "exporters": ["A"], "holder": "holder"}


def state(outcome: Any) -> list[float]:
    """Flow, prices, and what users and suppliers gain."""
    return [
        outcome.flow("m", "A", "B"),
        outcome.price("m", "A"),
        outcome.price("m", "B"),
        gain(outcome, "users"),
        gain(outcome, "suppliers"),
    ]


@pytest.mark.parametrize("maximum", [0.5, 1.7, 3.0, 3.9])
def test_a_quota_is_the_tariff_and_the_export_tax_at_its_licence_rent(maximum: float) -> None:
    """Bhagwati 1965: under competition only the receiver of the rent differs. R = 8 - 2 q."""
    quota = under(two_countries(), {**QUOTA, "maximum": maximum})
    rent = float(quota.limits["rent"][0])
    assert rent == pytest.approx(8 - 2 * maximum)
    tariff = under(two_countries(), {**TARIFF, "specific": rent})
    tax = under(two_countries(), {**TAX, "specific": rent})
    assert state(quota) == pytest.approx(state(tariff), abs=1e-6)
    assert state(quota) == pytest.approx(state(tax), abs=1e-6)
    received = [
        gain(quota, "quota_holders"),
        gain(tariff, "treasury", "B"),
        gain(tax, "treasury", "A"),
    ]
    assert received == pytest.approx([rent * maximum] * 3)


def test_an_ad_valorem_duty_is_the_specific_one_on_its_customs_value() -> None:
    """2 USD/kg on V = 4 + 1 is 40 %."""
    specific, rate = ({**TARIFF, "specific": 2.0}, {**TARIFF, "rate": 0.4})
    assert state(under(two_countries(), specific)) == pytest.approx(
        state(under(two_countries(), rate)), abs=1e-5
    )


def test_an_export_cut_undoes_the_tariff_of_the_same_size() -> None:
    """Free trade in goods; A's treasury pays B's, 2 USD on each of 4 kt."""
    cut = {"kind": "price_cut", "name": "cut", "rivals": ["A"], "materials": ["m"], "specific": 2.0}
    outcome = under(two_countries(), {**TARIFF, "specific": 2.0}, cut)
    assert state(outcome) == pytest.approx(state(under(two_countries())), abs=1e-6)
    received = [gain(outcome, "treasury", c) for c in "AB"]
    assert received == pytest.approx([-8.0, 8.0])


def test_krugman_obstfeld_two_country_tariff() -> None:
    """Wheat, from the problems on the instruments of trade policy.

    Home D = 100 - 20 P, S = 20 + 20 P; Foreign D = 80 - 20 P, S = 40 + 20 P. Without trade 2 and 1;
    free trade: 1.5, 20 units. A tariff of 0.5: 1.75 at home, 1.25 abroad, 10 units. Home wins 2.5
    by better terms of trade, loses two triangles of 0.625: 1.25 in all; Foreign loses 3.75.
    """
    lines = {"H": (5.0, -1.0), "F": (4.0, -2.0)}
    wheat = {"material": "m", "slope": 1 / 20}
    case = mz.Case.from_tables(
        {
            "demand": [{**wheat, "country": c, "intercept": d} for c, (d, _) in lines.items()],
            "curves": [{**wheat, "country": c, "intercept": s} for c, (_, s) in lines.items()],
            "arcs": [{"material": "m", "origin": o, "destination": d} for o, d in ("FH", "HF")],
        },
        "wheat",
    )
    tariff = {"kind": "tariff", "name": "tariff", "importers": ["H"]}
    alone = under(case, {**tariff, "specific": 9.0})
    free, after = under(case), under(case, {**tariff, "specific": 0.5})

    def prices(outcome: Any) -> list[float]:
        return [outcome.price("m", c) for c in "HF"]

    assert prices(alone) == pytest.approx([2.0, 1.0])
    assert prices(free) == pytest.approx([1.5, 1.5])
    assert prices(after) == pytest.approx([1.75, 1.25])
    traded = [outcome.flow("m", "F", "H") for outcome in (alone, free, after)]
    assert traded == pytest.approx([0.0, 20.0, 10.0], abs=1e-6)

    def change(country: str) -> dict[str, float]:
        accounts = ("users", "suppliers", "treasury")
        return {a: gain(after, a, country) - gain(free, a, country) for a in accounts}

    home, foreign = change("H"), change("F")
    # users: -(70 + 65) / 2 * 0.25; farmers: (50 + 55) / 2 * 0.25; receipts 0.5 * 10
    assert home == pytest.approx({"users": -16.875, "suppliers": 13.125, "treasury": 5.0})
    assert sum(home.values()) == pytest.approx(1.25)
    assert sum(foreign.values()) == pytest.approx(-3.75)
    quota = {"kind": "export_quota", "name": "quota", "exporters": ["F"], "maximum": 10.0}
    assert prices(under(case, quota)) == pytest.approx([1.75, 1.25])


def test_in_the_world_chinas_magnet_licences_are_the_tax_at_their_rent() -> None:
    """Four fifths of what China exports in standard magnets, pooled over all buyers."""
    today = mz.run("today")
    rows = today.flows.filter(material="magnet_standard", origin="CHN")
    maximum = 0.8 * float(rows["quantity"].sum())
    name = {"name": "rule", "exporters": ["CHN"], "materials": ["magnet_standard"]}
    quota = mz.run(
        mz.Scenario.checked({"instruments": [{"kind": "export_quota", **name, "maximum": maximum}]})
    )
    rent = float(quota.limits.filter(limit="rule/quota")["rent"][0])
    assert rent > 1.0
    taxed = mz.run(
        mz.Scenario.checked({"instruments": [{"kind": "export_tax", **name, "specific": rent}]})
    )
    both = [
        outcome.prices.filter(~outcome.prices["indicative"]).select("material", "country", "price")
        for outcome in (quota, taxed)
    ]
    joined = both[0].join(both[1], on=["material", "country"]).drop_nulls()
    assert joined.height > 200
    np.testing.assert_allclose(joined["price"], joined["price_right"], rtol=1e-4, atol=1e-3)
    paid = gain(taxed, "treasury", "CHN") - gain(quota, "treasury", "CHN")
    assert paid == pytest.approx(rent * maximum, rel=1e-4)


def test_wilcoxen_supply_quota_of_a_cheap_foreigner() -> None:
    """Peter Wilcoxen's exercise, The Maxwell School: equilibrium with a supply quota.

    Users pay 1000 - 5 Q, suppliers at home ask 5 Q1, abroad 100 whatever the quantity, and at most
    40 may come. Q1 = 80, so P = 400 and Q = 120; without the quota P = 100, Q1 = 20 and Q = 180.
    Users lose 300 (120 + 180) / 2, suppliers at home win 300 (20 + 80) / 2, and whoever holds the
    quota earns 300 on each of 40: 18,000 of welfare are lost.
    """
    case = mz.Case.from_tables(
        {
            "demand": [{"country": "H", "material": "m", "intercept": 1000.0, "slope": 5.0}],
            "curves": [
                {"country": "H", "material": "m", "intercept": 0.0, "slope": 5.0},
                {"country": "F", "material": "m", "intercept": 100.0, "slope": 0.0},
            ],
            "arcs": [{"material": "m", "origin": "F", "destination": "H"}],
        },
        "quota",
    )
    rule = {"kind": "export_quota", "name": "quota", "exporters": ["F"], "holder": "holder"}
    free, after = under(case), under(case, {**rule, "maximum": 40.0})
    found = [(o.price("m", "H"), o.flow("m", "F", "H")) for o in (free, after)]
    assert found == [pytest.approx((100, 160)), pytest.approx((400, 40))]
    gains = [gain(after, a, c) - gain(free, a, c) for a, c in (("users", "H"), ("suppliers", "H"))]
    assert gains == pytest.approx([-45_000, 15_000])
    assert gain(after, "quota_holders") == pytest.approx(12_000)
    assert after.objective - free.objective == pytest.approx(-18_000)

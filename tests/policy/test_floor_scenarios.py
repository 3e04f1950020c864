"""The same floor of 110 USD/kg, four ways: who pays, where prices rise, and how it is proved."""

import pytest

import monazite as mz
from monazite.policy import contingent

from .markets import gain

FOUR = ("floor_cfd", "floor_purchase", "floor_border", "floor_offtake")
PLACES = ("USA", "JPN", "MYS", "CHN", "VNM", "DEU")


@pytest.fixture(scope="module")
def outcomes() -> dict[str, mz.Outcome]:
    """The base year and the four floors."""
    return {name: mz.run(name) for name in ("today", *FOUR)}


def oxide(outcome: mz.Outcome, place: str) -> float:
    """USD/kg of NdPr oxide."""
    return outcome.price("ndpr_oxide", place) or 0.0


def made(outcome: mz.Outcome, facility: str) -> float:
    """kt/yr of NdPr oxide."""
    rows = outcome.production.filter(material="ndpr_oxide", facility=facility)
    return float(rows["quantity"].sum())


@pytest.mark.parametrize("name", FOUR)
def test_it_settles_soon_and_proves_itself(outcomes: dict, name: str) -> None:
    outcome = outcomes[name]
    assert outcome.cleared.programs <= 25 and outcome.cleared.residual <= 1e-6
    assert outcome.certificate.ok and outcome.ledger.residual <= 1e-6
    assert contingent.contradictions(outcome) == []
    assert all(rule.bound(outcome) for rule in outcome.scenario.instruments)


def test_treasuries_or_buyers_pay_for_the_same_market(outcomes: dict) -> None:
    cfd, offtake, today = (outcomes[name] for name in ("floor_cfd", "floor_offtake", "today"))
    for place in PLACES:
        assert oxide(cfd, place) == pytest.approx(oxide(offtake, place), rel=1e-6)
        assert oxide(cfd, place) <= oxide(today, place)
    for country in ("USA", "JPN"):
        spent = gain(today, "treasury", country) - gain(cfd, "treasury", country)
        borne = gain(cfd, "users", country) - gain(offtake, "users", country)
        assert spent == pytest.approx(borne, rel=1e-6)
        assert spent > 50
    assert made(cfd, "usa_mp_sep") > 1.05 * made(today, "usa_mp_sep")
    assert made(cfd, "usa_uuuu_p1") < made(today, "usa_uuuu_p1"), "rivals without a contract lose"


def test_payments_follow_the_reference_price(outcomes: dict) -> None:
    """(110 - P[CHN]) on 5 kt of Lynas and on all that MP separates."""
    cfd, today = outcomes["floor_cfd"], outcomes["today"]
    gap = 110 - oxide(cfd, "CHN")
    spent = [gain(today, "treasury", c) - gain(cfd, "treasury", c) for c in ("JPN", "USA")]
    assert spent[0] == pytest.approx(5 * gap, rel=1e-3)
    assert spent[1] == pytest.approx(made(cfd, "usa_mp_sep") * gap, rel=1e-3)


def test_purchases_lift_prices_everywhere(outcomes: dict) -> None:
    bought, today = outcomes["floor_purchase"], outcomes["today"]
    assert oxide(bought, "USA") == pytest.approx(110)
    assert oxide(bought, "MYS") < 110, "5000 t do not hold it"
    for place in PLACES:
        assert oxide(bought, place) > 1.2 * oxide(today, place)
    for country in ("USA", "JPN", "DEU", "CHN"):
        assert gain(bought, "users", country) < gain(today, "users", country)
    stored = bought.use.filter(material="ndpr_oxide", sector="japan_purchase")["quantity"].sum()
    assert stored == pytest.approx(5)
    coverage = [c for rule in bought.scenario.instruments for c in rule.coverage(bought)]
    assert [c.covered < c.of for c in coverage] == [False, True]


def test_a_border_floor_protects_makers_of_products_not_miners(outcomes: dict) -> None:
    border, today = outcomes["floor_border"], outcomes["today"]
    for member in ("USA", "JPN", "MYS"):
        assert border.price("magnet_standard", member) > today.price("magnet_standard", member) + 20
        assert gain(border, "treasury", member) > gain(today, "treasury", member)
    for other in ("CHN", "VNM", "DEU"):
        assert border.price("magnet_standard", other) < today.price("magnet_standard", other)
    assert oxide(border, "JPN") > 1.5 * oxide(today, "JPN")
    assert oxide(border, "MYS") < oxide(today, "MYS"), (
        "what Lynas cannot send to Japan sells for less"
    )
    assert gain(border, "producers", "AUS") < gain(today, "producers", "AUS")

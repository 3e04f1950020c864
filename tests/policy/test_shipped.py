"""Do the shipped scenarios of duties, price cuts and reserves say what their words say?"""

from functools import cache
from typing import Any

import pytest

import monazite as mz

from .markets import gain


@cache
def world(name: str) -> Any:
    """The outcome of a shipped scenario."""
    return mz.run(name)


def test_under_free_trade_nobody_is_charged_and_nothing_rationed() -> None:
    free, today = world("free_trade"), world("today")
    assert gain(free, "treasury") == pytest.approx(0, abs=1e-6)
    assert gain(free, "quota_holders") == pytest.approx(0, abs=1e-6)
    assert gain(today, "treasury", "CHN") > 10
    # welfare of the world: receipts lost are less than what users and producers win
    assert free.objective > today.objective
    # without the tax at China's border dysprosium is dearer inside and cheaper outside
    assert free.price("dy_oxide", "CHN") > 1.02 * today.price("dy_oxide", "CHN")
    assert free.price("dy_oxide", "JPN") < 0.98 * today.price("dy_oxide", "JPN")
    # without quotas China mines more, and NdPr is cheaper everywhere
    assert free.production.filter(material="ore_ionic_clay", country="CHN")["quantity"].sum() > 20.5
    for country in ("CHN", "JPN", "DEU"):
        assert free.price("ndpr_oxide", country) < today.price("ndpr_oxide", country)


def test_a_price_cut_hurts_producers_outside_and_is_paid_by_the_rival() -> None:
    cut, today = world("price_cut"), world("today")
    for material, country in (("ndpr_oxide", "DEU"), ("magnet_standard", "DEU")):
        assert cut.price(material, country) < 0.95 * today.price(material, country)
    assert cut.price("magnet_standard", "CHN") > today.price("magnet_standard", "CHN")
    assert gain(cut, "treasury", "CHN") < gain(today, "treasury", "CHN") - 100
    assert gain(cut, "producers", "AUS") < 0.7 * gain(today, "producers", "AUS")
    outside = [gain(o, "producers") - gain(o, "producers", "CHN") for o in (cut, today)]
    assert outside[0] < 0.9 * outside[1]
    users = {name: gain(world(name), "users", "DEU") for name in ("price_cut", "today")}
    assert users["price_cut"] > users["today"]
    assert cut.market.instruments[0].bound(cut)


def test_the_vault_holds_60_days_and_costs_less_than_its_money() -> None:
    vault, today = world("vault"), world("today")
    used = today.case.table("demand").filter(country="USA", material="magnet_standard")["quantity"]
    held = dict(vault.stocks.filter(country="USA").select("material", "level").iter_rows())
    assert len(held) == 10
    assert held["magnet_standard"] == pytest.approx(60 / 365 * used.sum(), rel=1e-6)
    assert vault.price("magnet_standard", "USA") > today.price("magnet_standard", "USA")
    bill = {name: gain(world(name), "treasury", "USA") for name in ("vault", "today")}
    spent = bill["today"] - bill["vault"]
    assert 50 < spent < 12_000
    members = vault.books().filter(owner="Project Vault members")["amount"].sum()
    assert members == pytest.approx(-spent / 5, rel=0.02)
    assert vault.market.instruments[0].bound(vault)


@pytest.mark.parametrize("name", ["free_trade", "price_cut", "vault"])
def test_each_is_told_in_both_languages_and_proved(name: str) -> None:
    outcome = world(name)
    assert outcome.certificate.worst < 1e-6
    assert outcome.ledger.residual < 1e-6
    scenario = mz.Scenario.shipped(name)
    assert scenario.titled("en") != scenario.titled("zh")
    assert len(scenario.described("zh")) > 60
    assert mz.Scenario.from_text(scenario.to_yaml()).digest == scenario.digest

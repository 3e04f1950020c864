"""What public money is worth to projects, by hand, and the real supports of the reference world."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import monazite as mz
from monazite.cli import main
from monazite.data import builtin
from monazite.policy.finance import crf
from monazite.study.projects import projects, with_and_without
from monazite.study.scenario import SHIPPED
from monazite.study.supports import (
    bare_of,
    change_of_accounts,
    cost_of_capital,
    rules_of,
    supports,
)
from tests.policy.plants import A10, F10, PLAIN, built_under, plant

LOAN = {"kind": "loan", "name": "loan", "projects": ["new"], "share": 0.5, **PLAIN}
FREE = {**LOAN, "rate": 0.0, "tenor": 10, "default_rate": 0.1, "loss_given_default": 0.0}
GRANT = {"kind": "grant", "name": "gift", "projects": ["new"], "amount": 5.0, **PLAIN}
SURE = {"status": "committed", "size": 1.0}  # p = 5, a margin of 3 a year


def test_a_support_by_hand() -> None:
    """A loan of 10 without interest on a plant of 20: worth 10 - 1 / A10, given up 10 - 1 / F10."""
    row = supports(built_under(FREE, **SURE)).row(0, named=True)
    assert (row["rule"], row["kind"], row["facility"], row["country"]) == (
        "loan",
        "loan",
        "new",
        "A",
    )
    sums = {"built": 1, "capital": 20, "principal": 10, "value": 10 - 1 / A10, "expected_loss": 0}
    sums |= {"grant_equivalent": 10 - 1 / F10, "a_year": 10 * A10 - 1, "given_a_year": 10 * F10 - 1}
    sums |= {"unpaid_a_year": 10 * (A10 - F10)}
    assert {name: row[name] for name in sums} == pytest.approx(sums)
    assert supports(built_under(**SURE)).is_empty()


def test_a_project_with_each_support_and_without() -> None:
    outcome = built_under(FREE, GRANT, **SURE)
    rows = {row["rule"]: row for row in with_and_without(outcome).iter_rows(named=True)}
    worth = {"loan": 10 - 1 / A10, "gift": 5}
    whole = 3 / A10 - 20 + sum(worth.values())
    for rule, value in worth.items():
        row = rows[rule]
        assert row["worth"] == pytest.approx(value)
        assert row["npv"] == pytest.approx(whole)
        assert row["npv_without"] == pytest.approx(whole - value)
        other = sum(worth.values()) - value
        assert row["incentive_price_without"] == pytest.approx(2 + (20 - other) * A10)
        assert row["irr"] > row["irr_without"]
    found = projects(outcome).row(0, named=True)
    assert found["npv"] == pytest.approx(whole)
    assert found["npv_without_support"] == pytest.approx(3 / A10 - 20)
    assert with_and_without(built_under(**SURE)).is_empty()


def test_what_capital_costs_with_support() -> None:
    """Half at nothing for ten years: 20 at 5.26 % costs a year what 20 at 10 % less D costs."""
    found = cost_of_capital(built_under(FREE, **SURE)).row(0, named=True)
    assert (found["capital"], found["wacc"]) == pytest.approx((20, 0.1))
    assert 20 * crf(found["supported"], 10) == pytest.approx(20 * A10 - (10 * A10 - 1))
    everything = {**GRANT, "amount": None, "share": 1.0}
    assert cost_of_capital(built_under(everything, **SURE))["supported"][0] is None
    assert cost_of_capital(built_under(**SURE)).is_empty()


def test_the_command_tells_both(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plant(**SURE).write(tmp_path / "case")
    asked = {"name": "y", "instruments": [FREE, GRANT]}
    file = tmp_path / "y.yaml"
    file.write_text(yaml.safe_dump(asked), encoding="utf-8")
    words = ["finance", str(file), "--case", str(tmp_path / "case"), "--years", "2026,2027"]
    assert main([*words, "--out", str(tmp_path / "out")]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "loan A 10.0 3.86 2.28" in told
    assert "gift 5.00" in told
    written = {each.stem for each in (tmp_path / "out").iterdir()}
    assert written == {"cost_of_capital", "supports", "with_and_without", "budgets"}
    assert main([*words, "--lang", "zh"]) == 0
    assert "赠与当量" in capsys.readouterr().out


def test_the_command_tells_budgets_and_accounts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """5 for a grant of a quarter: a dollar more is worth 0.1118 a year, 0.2235 in two."""
    plant().write(tmp_path / "case")
    purse = {"kind": "budget", "name": "purse", "envelope": 5.0}
    grant = {**GRANT, "amount": None, "share": 0.25, "budget": "purse"}
    asked = {"name": "y", "instruments": [purse, grant]}
    asked["years"] = {"grid": [2026, 2027], "discount": 0.0}
    file = tmp_path / "y.yaml"
    file.write_text(yaml.safe_dump(asked), encoding="utf-8")
    words = ["finance", str(file), "--case", str(tmp_path / "case")]
    assert main([*words, "--out", str(tmp_path / "out")]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "purse all 5.00 5.00 0.224" in told
    # users gain 0.2549 on 4.8726 kg, the treasury pays 0.8137 on 1, twice
    # and 1/2 * 0.2549 * 0.2549 is lost, twice
    assert "World 2.48 −0.922 −1.63 0 −0.0650" in told
    assert "With all of it, more is built: new." in told
    assert "without any of it: 0." in told
    assert main([*words, "--no-accounts"]) == 0
    assert "World" not in capsys.readouterr().out


def test_gains_of_countries_are_those_of_the_books() -> None:
    before, after = built_under(), built_under({**GRANT, "payer": "B"})
    change = change_of_accounts(before, after)
    assert change["all"].sum() == pytest.approx(after.objective - before.objective)
    rows = {row["country"]: row for row in change.iter_rows(named=True)}
    assert rows["B"]["treasury"] == pytest.approx(rows["B"]["all"]) and rows["B"]["all"] < 0
    assert rows["A"]["users"] > 0
    assert bare_of(after.scenario).instruments == ()


def test_what_moves_between_plants_of_equal_cost_is_no_change() -> None:
    """A tonnage that either of two plants may make carries its owners' money along."""
    from types import SimpleNamespace

    import polars as pl

    def solved(*rows: tuple[str, str, float]) -> Any:
        axes = SimpleNamespace(periods=("p",), weight=np.array([2.0]))
        people = pl.DataFrame(
            [("p", account, country, amount) for account, country, amount in rows],
            schema=["period", "account", "country", "amount"],
            orient="row",
        )
        return SimpleNamespace(
            market=SimpleNamespace(axes=axes), ledger=SimpleNamespace(people=people)
        )

    before = solved(("producers", "A", -5.0), ("losses_carried", "A", 7.0), ("users", "A", 9.0))
    after = solved(("producers", "A", -5.4), ("losses_carried", "A", 7.4), ("users", "A", 9.0002))
    (row,) = change_of_accounts(before, after).rows(named=True)
    assert (row["producers"], row["users"], row["others"], row["all"]) == (0, 0, 0, 0)
    richer = solved(("producers", "A", -4.0), ("losses_carried", "A", 7.4), ("users", "A", 9.5))
    (row,) = change_of_accounts(before, richer).rows(named=True)
    assert (row["producers"], row["users"], row["all"]) == pytest.approx((2.8, 1.0, 3.8))


@pytest.mark.slow
def test_a_budget_that_does_not_bind_changes_no_account() -> None:
    grant = {
        "kind": "grant",
        "name": "gift",
        "countries": ["USA"],
        "stages": ["magnet"],
        "progress": ["operating", "construction", "committed"],
        "share": 0.1,
        "payer": "USA",
    }
    purse = {"kind": "budget", "name": "purse", "envelope": 1e5}
    free = {"name": "free", "years": "2024,2026,2030", "instruments": [grant]}
    held = {**free, "instruments": [{**grant, "budget": "purse"}, purse]}
    before, after = (mz.run(mz.Scenario.checked(one)) for one in (free, held))
    assert after.budgets["value"].max() == 0.0
    change = change_of_accounts(before, after)
    assert not change.select("users", "treasury", "all").to_numpy().any()
    # Metal of Thailand or of Vietnam costs the same in Japan: what calibration leaves unexplained
    # goes with whoever makes it, from owners to others and back.
    moved = (change["producers"] + change["others"]).abs().max()
    assert moved < 1e-2 and change["producers"].abs().max() < 0.1
    gained = change_of_accounts(mz.run(bare_of(after.scenario)), after)
    usa = gained.filter(country="USA").row(0, named=True)
    assert usa["producers"] == pytest.approx(-usa["treasury"], abs=1e-3) and usa["others"] == 0


def test_the_scenario_holds_what_the_table_holds() -> None:
    """If not: the rules that rules_of makes of the table, beside four others."""
    found = yaml.safe_load((SHIPPED / "finance_2026.yaml").read_text(encoding="utf-8"))
    rules = [rule for rule in found["instruments"] if rule["source"].startswith("finance:")]
    assert rules == rules_of(builtin("rare_earths"))
    others = {rule["kind"] for rule in found["instruments"] if rule not in rules}
    assert others == {"contract_for_difference", "production_credit", "ebitda_guarantee"}
    assert len(mz.Scenario.shipped("finance_2026").instruments) == len(rules) + 4


def test_real_supports_hold_together() -> None:
    """No project is given more than its capital, and every letter says what it is about."""
    case = builtin("rare_earths")
    rows = {row["facility"]: row for row in case.table("projects").iter_rows(named=True)}
    covered: dict[str, float] = {}
    for rule in rules_of(case):
        if rule["kind"] == "fast_track":
            continue
        capital = sum(rows[name]["size"] * rows[name]["capex"] for name in rule["projects"])
        share = rule.get("share") or rule["amount"] / capital
        for name in rule["projects"]:
            covered[name] = covered.get(name, 0.0) + share * rule.get("probability", 1.0)
    assert {name: share for name, share in covered.items() if share > 1.001} == {}
    for row in case.table("finance").iter_rows(named=True):
        letter = row["kind"] == "letter_of_interest"
        assert (row["probability"] is not None) is letter
        assert (row["terms"] is not None) is letter
        assert row["source"] and row["state"] and row["provider"]
    named = {name for rule in rules_of(case) for name in rule["projects"]}
    assert {
        "usa_mp_hre",
        "usa_mp_10x",
        "mys_lynas_hre2",
        "aus_mtweld_exp",
        "aus_iluka_refinery",
    } <= named
    assert {"aus_nolans", "fra_caremag", "aus_browns", "bra_serraverde2"} <= named


def test_terms_of_the_real_loans_are_worth_less_than_the_money() -> None:
    """No loan is worth its principal, and none at above 3 % more than half of it."""
    for rule in mz.Scenario.shipped("finance_2026").instruments:
        if rule.kind == "loan":
            worth: Any = rule.worth(np.array([0.1]), np.array([20.0]))
            assert 0 < worth.value[0] < (0.6 if rule.rate <= 0.03 else 0.5)
            assert worth.expected_loss[0] > 0
    assert crf(0.1, 10) == pytest.approx(A10)

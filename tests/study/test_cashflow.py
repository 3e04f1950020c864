"""A project's cash after royalty, tax, upkeep, working capital and debt, by hand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import yaml

import monazite as mz
from monazite.cli import main
from monazite.study.cashflow import (
    after_tax,
    flow_of,
    incentive,
    table_of,
    terms_of,
    without_each,
    years_of,
)
from monazite.study.projects import npv, projects
from tests.policy.plants import A10, PLAIN, built_under, plant

SURE = {"status": "committed", "size": 1.0}  # p = 5: sells 5, runs at 2, cost 20, for ten years
BARE = {"sustaining": 0.0, "working": 0.0, "tax": 0.0, "royalty": 0.0}
HAND = {"sustaining": 0.01, "working": 73.0, "writeoff": 10, "tax": 0.25, "royalty": 0.02}
LOAN = {"kind": "loan", "name": "loan", "projects": ["new"], "share": 0.5, **PLAIN}
FREE = {**LOAN, "rate": 0.0, "tenor": 10}


def row(outcome: Any, **changes: Any) -> dict[str, Any]:
    return after_tax(outcome, **changes).row(0, named=True)


def test_a_plant_by_hand() -> None:
    """5 - 2, less royalty 0.1, upkeep 0.2, tax 0.25 * (2.7 - 2) = 0.175: 2.525 a year; 1 bound."""
    found = row(built_under(**SURE), **HAND)
    worth = -21 + 2.525 / A10 + 1.1**-10
    assert found["npv"] == pytest.approx(worth)
    assert found["npv_unsupported"] == pytest.approx(worth)
    assert found["tax"] == pytest.approx(0.175 / A10)
    assert found["royalty"] == pytest.approx(0.1 / A10)
    # 10 % dearer at home: 0.2 a year more, of which tax bears a quarter
    assert found["npv_dearer"] == pytest.approx(worth - 0.75 * 0.2 / A10)
    assert (found["cover_least"], found["product"], found["price"]) == (None, "m", pytest.approx(5))


def test_at_the_incentive_price_it_is_worth_nothing() -> None:
    """p: 0.98 p - 2.2 - 0.25 (0.98 p - 4.2), less 0.2 p bound and released, pays 20."""
    found = row(built_under(**SURE), **HAND)
    bound = 0.2 * (1 - 1.1**-10)
    # (0.735 p - 1.15) / A10 = 20 + bound p, if it pays tax there, which it does
    price = (20 + 1.15 / A10) / (0.735 / A10 - bound)
    assert 0.98 * price > 4.2
    assert found["incentive_price"] == pytest.approx(price)


def test_without_tax_and_upkeep_it_is_what_projects_tells() -> None:
    for rules in ((), (FREE,)):
        outcome = built_under(*rules, **SURE)
        before, after = projects(outcome).row(0, named=True), row(outcome, **BARE)
        for name in ("npv", "incentive_price"):
            assert after[name] == pytest.approx(before[name]), name
        assert after["npv_unsupported"] == pytest.approx(before["npv_without_support"])


@pytest.mark.parametrize(
    "support",
    [
        {"kind": "grant"},
        {"kind": "equity", "required_return": 0.06},
        {"kind": "loan", "rate": 0.05, "tenor": 8, "grace": 2},
        {"kind": "loan", "rate": 0.05, "tenor": 8, "grace": 2, "capitalised": True},
        {"kind": "guarantee", "market_rate": 0.09, "rate": 0.05, "fee": 0.01, "tenor": 9},
        {
            "kind": "letter_of_interest",
            "probability": 0.4,
            "terms": {"kind": "loan", "rate": 0.05, "tenor": 8},
        },
    ],
)
def test_contracts_are_worth_what_the_books_say(support: dict[str, Any]) -> None:
    """Drawn and served in real money, a support has the value of its annuity, inflation or not."""
    rule = {"name": "s", "projects": ["new"], "share": 0.5, "inflation": 0.03, **support}
    outcome = built_under(rule, **SURE)
    books, contract = projects(outcome).row(0, named=True), row(outcome, **BARE)
    assert books["support"] != 0
    assert contract["npv"] == pytest.approx(books["npv"])


def test_debt_service_cover() -> None:
    """2.525 of operating cash over a service of 1 a year."""
    found = row(built_under(FREE, **SURE), **HAND)
    assert (found["cover_least"], found["cover_mean"]) == pytest.approx((2.525, 2.525))
    assert found["npv"] - found["npv_unsupported"] == pytest.approx(10 - 1 / A10)
    assert found["incentive_price"] < found["incentive_unsupported"]
    short = built_under({**FREE, "tenor": 4, "grace": 1}, **SURE)
    cover = table_of(short, "new", **HAND)["cover"].to_list()
    assert cover[:2] == [None, None], "nothing is due before the first year ends, nor in grace"
    assert cover[2:5] == pytest.approx([2.525 * 3 / 10] * 3)
    assert cover[5:] == [None] * 6


def test_losses_are_carried_on() -> None:
    """Written off in two years: 10 each against 2.7; tax begins when 14.6 are used up."""
    flow = flow_of(built_under(**SURE), "new")
    terms = terms_of(built_under(**SURE), "new", **{**HAND, "writeoff": 2})
    tax = years_of(flow, terms).tax
    losses = 2 * (10 - 2.7)
    assert tax[:7].tolist() == pytest.approx([0] * 7)
    assert tax[7] == pytest.approx(0.25 * (6 * 2.7 - losses))
    assert tax[8:].tolist() == pytest.approx([0.25 * 2.7] * 2)


def test_the_table_adds_up() -> None:
    credit = {"kind": "production_credit", "name": "credit", "countries": ["A"]}
    credit |= {"materials": ["m"], "specific": 0.5}
    table = table_of(built_under(FREE, credit, **SURE), "new", **HAND)
    assert table["year"].to_list() == list(range(2026, 2037))
    parts = [c for c in table.columns if c not in ("year", "net", "cover", "operating")]
    assert table.select(parts).sum_horizontal().to_list() == pytest.approx(table["net"].to_list())
    assert table["revenue_m"][1] > 0 and table["paid_credit"][1] == pytest.approx(0.5)
    assert table["drawn_loan"].to_list() == pytest.approx([10.0] + [0.0] * 10)
    assert table["working"].sum() == pytest.approx(0), "what is bound comes back"
    outcome = built_under(FREE, credit, **SURE)
    assert npv(table["net"].to_numpy(), 0.1) == pytest.approx(row(outcome, **HAND)["npv"])


def test_rates_and_ranges_of_the_case() -> None:
    """The country's tax, its currency, and a band from what the case states of cost and capital."""
    ends = {"capex_low": 10.0, "capex_high": 40.0, "cost_low": 1.0, "cost_high": 3.0}
    tables = dict(plant(**SURE, **ends).stated)
    fiscal = [{"country": "A", "tax": 0.3, "royalty": 0.05, "currency": "AAA", "per_usd": 2.0}]
    case = mz.Case.from_tables({**tables, "fiscal": fiscal}, "taxed")
    years = {"first": 2026, "last": 2028, "decided": 2026, "discount": 0.0}
    outcome = mz.run(mz.Scenario.checked({"name": "y", "years": years}), case=case)
    terms = terms_of(outcome, "new")
    assert (terms.tax, terms.royalty, terms.currency) == (0.3, 0.05, "AAA")
    found = row(outcome, **BARE)
    prices = [found[f"incentive_{end}"] for end in ("low", "price", "high")]
    assert prices == pytest.approx([1 + 10 * A10, 2 + 20 * A10, 3 + 40 * A10])
    assert found["npv_local"] == pytest.approx(2 * found["npv"])
    assert row(outcome)["npv"] < row(outcome, tax=0.0)["npv"] < found["npv"]


def test_higher_charges_never_help() -> None:
    outcome = built_under(**SURE)
    for name, levels in (("tax", (0, 0.2, 0.4)), ("royalty", (0, 0.05, 0.2)),
                         ("sustaining", (0, 0.01, 0.04)), ("working", (0, 60, 120))):  # fmt: skip
        worth = [row(outcome, **{**HAND, name: level})["npv"] for level in levels]
        assert (np.diff(worth) < 0).all(), name


def test_what_never_runs_has_no_incentive_price() -> None:
    outcome = built_under(**SURE)
    flow = flow_of(outcome, "new")
    terms = terms_of(outcome, "new", **HAND)
    assert incentive(flow, terms) is not None
    with pytest.raises(KeyError):
        flow_of(outcome, "old")


def test_with_and_without_each_rule() -> None:
    credit = {"kind": "production_credit", "name": "credit", "countries": ["A"]}
    credit |= {"materials": ["m"], "specific": 0.5}
    outcome = built_under(FREE, credit, **SURE)
    found = {r["rule"]: r for r in without_each(outcome, "new", **HAND).iter_rows(named=True)}
    assert set(found) == {"", "*", "credit", "loan"}
    assert found[""]["npv"] == pytest.approx(row(outcome, **HAND)["npv"])
    assert found[""]["npv"] - found["loan"]["npv"] == pytest.approx(10 - 1 / A10)
    assert found[""]["npv"] - found["credit"]["npv"] == pytest.approx(0.75 * 0.5 / A10)
    assert found["*"]["incentive_price"] > found["loan"]["incentive_price"]
    assert (found["loan"]["cover_least"], found["*"]["cover_least"]) == (None, None)
    assert found["credit"]["cover_least"] == pytest.approx(2.525)


def test_the_command_tells_all_projects_and_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plant(**SURE).write(tmp_path / "case")
    file = tmp_path / "y.yaml"
    file.write_text(yaml.safe_dump({"name": "y", "instruments": [FREE]}), encoding="utf-8")
    words = ["--case", str(tmp_path / "case"), "--years", "2026,2027", "--tax", "0.25"]
    words += ["--sustaining", "0.01", "--working", "73", "--royalty", "0.02"]
    assert main(["cashflow", str(file), *words]) == 0
    assert re.search(r"new +20\.0 +−1\.24 +−5\.10 +\d+ %", capsys.readouterr().out)
    out = tmp_path / "new.csv"
    assert main(["cashflow", str(file), "new", *words, "--out", str(out)]) == 0
    told = capsys.readouterr().out
    assert re.search(r"2027 +5\.00", told) and "without any" in told
    assert out.read_text(encoding="utf-8").startswith("year,capital,drawn_loan,working,revenue_m")
    assert main(["cashflow", str(file), "nwe", *words]) == 2
    assert "did you mean new" in capsys.readouterr().err
    assert main(["cashflow", str(file), *words, "--lang", "zh"]) == 0
    assert "激励价格" in capsys.readouterr().out


def test_only_mines_pay_royalty() -> None:
    """The same plant, said to be of another stage, keeps the 0.1 a year."""
    tables = dict(plant(**SURE).stated)
    stage = pl.when(pl.col("facility") == "new").then(pl.lit("metal")).otherwise("stage")
    tables["facilities"] = tables["facilities"].with_columns(stage=stage)
    years = {"first": 2026, "last": 2028, "decided": 2026, "discount": 0.0}
    asked = mz.Scenario.checked({"name": "y", "years": years})
    found = row(mz.run(asked, case=mz.Case.from_tables(tables, "metal")), **HAND)
    assert found["royalty"] == 0
    assert found["npv"] == pytest.approx(-21 + 2.6 / A10 + 1.1**-10)

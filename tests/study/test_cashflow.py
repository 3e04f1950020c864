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
    account_of,
    after_tax,
    incentive,
    plants_of,
    steps_of,
    table_of,
    terms_of,
    without_each,
    years_of,
)
from monazite.study.plant_cash import flow_of
from monazite.study.projects import irr, npv, projects
from tests.policy.plants import A10, PLAIN, built_under, plant

SURE = {"status": "committed", "size": 1.0}  # p = 5: sells 5, runs at 2, cost 20, for ten years
BARE = {"sustaining": 0.0, "working": 0.0, "tax": 0.0, "royalty": 0.0}
HAND = {"sustaining": 0.01, "working": 73.0, "writeoff": 10, "tax": 0.25, "royalty": 0.02}
HAND |= {"inflation": 0.0}
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
        {"kind": "prepayment", "rate": 0.02, "tenor": 8, "grace": 2, "discount": 0.1},
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
    account = account_of(built_under(**SURE), "new", **{**HAND, "writeoff": 2})
    tax = years_of(account).tax
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
    assert row(outcome)["npv_dearer"] < row(outcome)["npv"]
    at_home = row(outcome, currency="USD")
    assert at_home["npv_dearer"] == pytest.approx(at_home["npv"]), "the dollar is what counts"


def test_higher_charges_never_help() -> None:
    outcome = built_under(**SURE)
    for name, levels in (("tax", (0, 0.2, 0.4)), ("royalty", (0, 0.05, 0.2)),
                         ("sustaining", (0, 0.01, 0.04)), ("working", (0, 60, 120))):  # fmt: skip
        worth = [row(outcome, **{**HAND, name: level})["npv"] for level in levels]
        assert (np.diff(worth) < 0).all(), name


def test_interest_is_deducted_once() -> None:
    """A loan of 10 at 5 % over four years: interest of 0.5, less as it is paid back, at 25 %."""
    loan = {**LOAN, "rate": 0.05, "tenor": 4}
    outcome = built_under(loan, **SURE)
    paid = 10 * 0.05 / (1 - 1.05**-4)
    owed = [10.0]
    for _ in range(3):
        owed.append(owed[-1] * 1.05 - paid)
    saved = sum(0.25 * 0.05 * each * 1.1 ** -(k + 1) for k, each in enumerate(owed))
    found, without = row(outcome, **HAND), row(outcome, **HAND, shield=False)
    assert found["tax_shield"] == pytest.approx(saved)
    assert without["tax_shield"] == 0
    assert found["npv"] - without["npv"] == pytest.approx(saved)
    assert found["npv_unsupported"] == pytest.approx(without["npv_unsupported"])
    # 2.525 before, and in the first year a quarter of 0.5 more
    table = table_of(outcome, "new", **HAND)
    assert table["operating"][1] == pytest.approx(2.525 + 0.125)
    assert table["cover"][1] == pytest.approx(2.65 / paid)
    assert table["shield"].to_list()[1:5] == pytest.approx([0.0125 * each for each in owed])


def test_a_guarantee_takes_interest_away_and_so_its_relief() -> None:
    """It saves interest, which was deducted: what it is worth after tax is three quarters."""
    terms = {"kind": "guarantee", "name": "g", "projects": ["new"], "share": 0.5, **PLAIN}
    rule = {**terms, "market_rate": 0.10, "rate": 0.05, "fee": 0.01, "tenor": 4, "grace": 3}
    found = row(built_under(rule, **SURE), **HAND)
    saved = [10 * (0.10 - 0.05 - 0.01)] * 3  # interest only, in the years of grace
    last = 10 * (1.10 - 1.05) - 10 * 0.01
    before = sum(each * 1.1 ** -(k + 1) for k, each in enumerate([*saved, last]))
    assert found["npv"] - found["npv_unsupported"] == pytest.approx(0.75 * before)


def test_no_relief_where_no_tax_is_paid() -> None:
    """Written off in two years it pays no tax for six: interest is carried on and counts then."""
    loan = {**LOAN, "rate": 0.05, "tenor": 4}
    table = table_of(built_under(loan, **SURE), "new", **{**HAND, "writeoff": 2})
    assert table["shield"].to_list()[:7] == pytest.approx([0] * 7)
    assert table["shield"].sum() == pytest.approx(-0.25 * table["service_loan"].sum() - 2.5)


def test_inflation_eats_what_is_written_off() -> None:
    """0.25 * (2.7 - 2 / 1.02^k): tax rises year by year."""
    found = table_of(built_under(**SURE), "new", **{**HAND, "inflation": 0.02})["tax"].to_list()
    hand = [-0.25 * (2.7 - 2 * 1.02**-k) for k in range(1, 11)]
    assert found[1:] == pytest.approx(hand)


def test_a_grant_is_not_written_off() -> None:
    """Of 20 a quarter is given: 1.5 a year are written off instead of 2."""
    grant = {"kind": "grant", "name": "grant", "projects": ["new"], "share": 0.25, **PLAIN}
    found = row(built_under(grant, **SURE), **HAND)
    assert found["tax"] == pytest.approx(0.25 * (2.7 - 1.5) / A10)
    assert found["npv"] - found["npv_unsupported"] == pytest.approx(5 - 0.25 * 0.5 / A10)


def test_what_nobody_builds_is_told_as_if() -> None:
    """Too dear to be built at p = 6: sells 9 at 6, runs at 2, costs 30 a kg/yr."""
    outcome = built_under(size=9.0, capex=30.0)
    assert outcome.built.sum() == pytest.approx(0)
    found = after_tax(outcome, ["new"], **BARE).row(0, named=True)
    assert (found["state"], found["used"]) == ("as_if", pytest.approx(1.0))
    assert found["capital"] == pytest.approx(270)
    assert found["npv"] == pytest.approx(9 * (4 / A10 - 30))
    assert found["incentive_price"] == pytest.approx(2 + 30 * A10)
    assert found["irr"] == pytest.approx(irr([-30] + [4] * 10))
    loan = {**FREE, "share": 0.1}  # too little to have it built
    aided = after_tax(built_under(loan, size=9.0, capex=30.0), ["new"], **BARE).row(0, named=True)
    assert aided["state"] == "as_if"
    assert aided["npv"] - aided["npv_unsupported"] == pytest.approx(27 - 2.7 / A10)
    assert aided["cover_least"] == pytest.approx(36 / 2.7)


def test_what_stands_is_told_over_the_years_of_the_outcome() -> None:
    """The old mine: 4 at 6 less 2 in three years; its capital is sunk, so no rate is told."""
    outcome = built_under(size=9.0, capex=30.0)
    found = after_tax(outcome, ["old"], **BARE).row(0, named=True)
    assert (found["state"], found["capital"]) == ("standing", 0)
    assert found["npv"] == pytest.approx(16 * sum(1.1**-k for k in (1, 2, 3)))
    assert (found["irr"], found["payback"]) == (None, None)
    assert found["incentive_price"] == pytest.approx(2), "what runs it: its cash cost"
    with pytest.raises(KeyError):
        flow_of(outcome, "nowhere")


def test_idle_it_still_has_an_incentive_price() -> None:
    """Committed, and too dear to run at any price here: the price at which it would pay."""
    tables = dict(plant(**SURE).stated)
    cost = pl.when(pl.col("facility") == "new").then(50.0).otherwise("cost")
    tables["facilities"] = tables["facilities"].with_columns(cost=cost)
    years = {"first": 2026, "last": 2028, "decided": 2026, "discount": 0.0}
    asked = mz.Scenario.checked({"name": "y", "years": years})
    found = row(mz.run(asked, case=mz.Case.from_tables(tables, "dear")), **BARE)
    assert (found["state"], found["used"]) == ("built", pytest.approx(0))
    assert found["npv"] == pytest.approx(-20)
    assert found["incentive_price"] == pytest.approx(50 + 20 * A10)


def chain(*rules: dict[str, Any]) -> Any:
    """A mine of 2 and a mill of 1 that makes metal of half its ore: one company. Others buy the
    other half at 4 - 1 = 3, and tin at 10 - 1 = 9.
    """
    places = {"country": "A", "status": "planned", "capacity": 0.0}
    project = {"status": "committed", "size": 1.0, "earliest": 2026, "life": 10.0, "wacc": 0.1}
    tables = {
        "countries": [{"country": "A"}],
        "facilities": [
            {"facility": "mine", "technology": "dig", "stage": "mining", "cost": 1.0, **places},
            {"facility": "mill", "technology": "melt", "stage": "metal", "cost": 2.0, **places},
        ],
        "recipes": [
            {"technology": "dig", "material": "ore", "direction": "out", "quantity": 1.0},
            {"technology": "melt", "material": "ore", "direction": "in", "quantity": 1.0},
            {"technology": "melt", "material": "tin", "direction": "out", "quantity": 1.0},
        ],
        "demand": [
            {"country": "A", "material": "tin", "intercept": 10.0, "slope": 1.0},
            {"country": "A", "material": "ore", "intercept": 4.0, "slope": 1.0},
        ],
        "projects": [
            {"facility": "mine", "capex": 10.0, **project, "size": 2.0},
            {"facility": "mill", "capex": 20.0, **project},
        ],
        "fiscal": [{"country": "A", "tax": 0.0, "royalty": 0.1}],
        "owners": [{"facility": name, "owner": "Tin & Co", "owner_country": "A", "share": 1.0}
                   for name in ("mine", "mill")],
    }  # fmt: skip
    years = {"first": 2026, "last": 2028, "decided": 2026, "discount": 0.0}
    asked = mz.Scenario.checked({"name": "y", "years": years, "instruments": list(rules)})
    return mz.run(asked, case=mz.Case.from_tables(tables, "chain"))


def test_a_company_is_one_account() -> None:
    """What the mine sells to the mill is no sale of the company; royalty is due all the same."""
    outcome = chain()
    plants = plants_of(outcome, "tin & co")
    assert plants == ["mill", "mine"] == plants_of(outcome, "mi*")
    terms = {"tax": 0.0, "sustaining": 0.0, "working": 0.0}
    both = table_of(outcome, plants, **terms)
    each = {name: table_of(outcome, name, **terms) for name in plants}
    sums = [sum(table["net"][k] for table in each.values()) for k in range(both.height)]
    assert both["net"].to_list() == pytest.approx(sums)
    ore, inputs = each["mine"]["revenue_ore"][1], -each["mill"]["inputs"][1]
    assert (ore, inputs) == pytest.approx((6, 3))
    assert both["revenue_ore"][1] == pytest.approx(ore - inputs), "what others buy"
    assert both["inputs"].to_list() == pytest.approx([0] * both.height)
    assert both["royalty"][1] == pytest.approx(-0.1 * ore)


def test_losses_of_one_plant_are_taken_off_the_income_of_the_other() -> None:
    """Mine: 6 - 2 - 0.6 less 20 at once; mill: 9 - 3 - 2 less 20 at once: 7.4 - 40 together."""
    terms = {"tax": 0.5, "writeoff": 1, "sustaining": 0.0, "inflation": 0.0}
    tax = years_of(account_of(chain(), ["mine", "mill"], **terms)).tax.tolist()
    assert tax[:5] == pytest.approx([0] * 5)
    assert tax[5:] == pytest.approx([0.5 * (6 * 7.4 - 40), *[3.7] * 4])
    mill = years_of(account_of(chain(), "mill", **terms)).tax.tolist()
    assert mill == pytest.approx([0] * 5 + [2] * 5), "alone the mill's 4 a year pay after five"


def test_a_company_is_asked_for_the_price_of_what_it_still_sells_at_capacity() -> None:
    """Half the ore goes into the mill: they sell tin for 9 and ore for 3."""
    account = account_of(chain(), ["mine", "mill"], tax=0.0, sustaining=0.0, working=0.0)
    assert (account.main, account.price) == ("tin", pytest.approx(9))
    # 40 of capital for ten years, 2 to dig and 2 to melt, a tenth of 6 for royalty, less 3 of ore
    assert incentive(account) == pytest.approx(40 * A10 + 4 + 0.6 - 3)


def test_what_cannot_be_bought_is_no_way_to_run() -> None:
    """Scrap that nobody has costs nothing on paper: as if built, the mill runs on ore at 4."""
    melt = {"technology": "melt", "direction": "in", "quantity": 1.0}
    made = {"technology": "melt", "material": "tin", "direction": "out", "quantity": 1.0}
    mill = {"facility": "mill", "technology": "melt", "stage": "metal", "country": "A"}
    tables = {
        "countries": [{"country": "A"}],
        "facilities": [
            {"facility": "pit", "technology": "dig", "stage": "mining", "country": "A",
             "cost": 4.0, "capacity": 9.0},
            {**mill, "capacity": 1.0, "facility": "old", "cost": 1.0},
            {**mill, "capacity": 0.0, "status": "planned", "cost": 1.0},
        ],
        "recipes": [
            {"technology": "dig", "material": "ore", "direction": "out", "quantity": 1.0},
            {**melt, "mode": "ore", "material": "ore"}, {**made, "mode": "ore"},
            {**melt, "mode": "scrap", "material": "scrap"}, {**made, "mode": "scrap"},
        ],
        "demand": [{"country": "A", "material": "tin", "intercept": 11.0, "slope": 1.0}],
        "projects": [{"facility": "mill", "status": "planned", "size": 1.0, "earliest": 2026,
                      "capex": 99.0, "life": 10.0, "wacc": 0.1}],
    }  # fmt: skip
    years = {"first": 2026, "last": 2028, "decided": 2026, "discount": 0.0}
    asked = mz.Scenario.checked({"name": "y", "years": years})
    outcome = mz.run(asked, case=mz.Case.from_tables(tables, "mill"))
    assert outcome.price("tin", "A", "2026") == pytest.approx(10)
    found = table_of(outcome, "mill", **BARE)
    assert found["inputs"][1] == pytest.approx(-4)
    assert found["net"].to_list() == pytest.approx([-99] + [10 - 4 - 1] * 10)


def test_steps_make_up_the_value() -> None:
    credit = {"kind": "production_credit", "name": "credit", "countries": ["A"]}
    credit |= {"materials": ["m"], "specific": 0.5}
    loan = {**LOAN, "rate": 0.05, "tenor": 4}
    outcome = built_under(loan, credit, **SURE)
    steps = steps_of(outcome, "new", **HAND)
    inside = steps.filter(~pl.col("step").is_in(["npv", "currency"]))["amount"].sum()
    found = {(s, o): a for s, o, a in steps.iter_rows()}
    told = row(outcome, **HAND)
    assert found["npv", ""] == pytest.approx(inside) == pytest.approx(told["npv"])
    assert found["revenue", "m"] == pytest.approx(5 / A10)
    assert found["paid", "credit"] == pytest.approx(0.5 / A10)
    assert found["shield", ""] == pytest.approx(told["tax_shield"])
    assert found["currency", ""] == pytest.approx(told["npv_dearer"] - told["npv"])


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
    words += ["--sustaining", "0.01", "--working", "73", "--royalty", "0.02", "--inflation", "0"]
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

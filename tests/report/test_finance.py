"""Do the pages on finance and on what projects earn say what is true, in both languages?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import browser
import pytest

import monazite as mz
from monazite.data import builtin
from monazite.report import write_report
from monazite.report.charts import charts
from monazite.report.sections import sections
from monazite.report.view import View, view_of
from monazite.study.beside import without_finance
from monazite.study.cashflow import account_of, incentive
from monazite.study.supports import sunk
from tests.policy.plants import A10, PLAIN, built_under, plant

FREE = {"kind": "loan", "name": "us_loan", "projects": ["new"], "share": 0.5, **PLAIN}
FREE |= {"rate": 0.0, "tenor": 10, "default_rate": 0.0}
GRANT = {"kind": "grant", "name": "gift", "projects": ["new"], "share": 0.25, **PLAIN}
SURE = {"status": "committed", "size": 1.0}
NAMES = ("finance_lines", "support_gains", "cash_steps", "cover_times")


def seen(*rules: dict[str, Any], lang: str = "en", **how: Any) -> View:
    outcome = built_under(*rules, **how)
    return view_of(outcome, lang, bare=built_under(**how))


def told(name: str, view: View) -> str:
    """A section as the page has it: what was found as its heading, then what it holds."""
    module = sections()[name]
    return module.heading(view) + module.build(view)


def test_the_finding_says_what_changes() -> None:
    """Committed, the plant comes anyhow; too dear without it, all of the money changes it."""
    html = told("finance", seen(FREE, **SURE))
    assert "every plant that gets it would come anyhow" in html
    assert "USD 1.9 million in present value" in html, "3 * (10 * A10 - 1)"
    html = told("finance", seen({**GRANT, "share": 0.5}, capex=30.0))
    assert "100 % of it changes what is built: new" in html
    alone = view_of(built_under(FREE, **SURE), "en")
    assert "supports in all: 1" in told("finance", alone)


def test_bars_are_the_lines_of_each_support() -> None:
    figure = charts()["finance_lines"].build(seen(FREE, GRANT, **SURE))
    bars = {bar["name"]: bar["x"] for bar in figure["data"] if bar["type"] == "bar"}
    total = [sum(parts) for parts in zip(*bars.values(), strict=True)]
    assert total == pytest.approx([3 * 5 * A10, 3 * (10 * A10 - 1)])
    assert figure["data"][0]["y"] == ["gift – new", "US loan – new"]
    assert all("comes anyhow" in text for text in figure["data"][-1]["text"])


def test_steps_lead_from_sales_to_the_value_with_and_without_each_support() -> None:
    """5 a year sold, 2 paid; 20 of capital, 10 lent for 1 a year, 5 given; -1.57, +5 + 3.86."""
    view = seen(FREE, GRANT, **SURE)
    (figure,) = charts()["cash_steps"].build(view)["choices"]
    bars = figure["data"][0]
    rows = dict(zip(bars["y"], zip(bars["base"], bars["x"], strict=True), strict=True))
    base, change = rows["Sales of m"]
    assert (base, change) == (0, pytest.approx(5 / A10))
    floating = [name for name in rows if not name.startswith(("NPV", "Worth", "If"))]
    assert sum(rows[name][1] for name in floating) == pytest.approx(
        rows["Worth in the end (NPV)"][1], abs=0.05
    )  # fmt: skip
    for before, after in zip(floating, floating[1:], strict=False):
        assert sum(rows[before]) == pytest.approx(rows[after][0], abs=0.05), "bars float"
    worth = rows["Worth in the end (NPV)"][1]
    assert worth - rows["NPV without gift"][1] == pytest.approx(5)
    assert worth - rows["NPV without US loan"][1] == pytest.approx(10 - 1 / A10)
    assert worth - rows["NPV without any support"][1] == pytest.approx(15 - 1 / A10)


def test_debt_service_cover_is_a_bar_a_year() -> None:
    """2.7 of cash over a service of 1, ten times; red where it is less than once."""
    (figure,) = charts()["cover_times"].build(seen(FREE, **SURE))["choices"]
    bars = figure["data"][0]
    assert bars["x"] == [float(year) for year in range(2027, 2037)]
    assert bars["y"] == pytest.approx([3 - 0.015 * 20] * 10)
    assert set(bars["marker"]["color"]) == {"#2f7d5b"}
    short = {**FREE, "share": 1.0, "tenor": 5}
    (figure,) = charts()["cover_times"].build(seen(short, **SURE))["choices"]
    assert set(figure["data"][0]["marker"]["color"]) == {"#b4451c"}


def test_the_table_of_companies_has_the_incentive_price_and_its_band() -> None:
    html = told("cash", seen(FREE, **SURE))
    # 5 a kg does not pay for upkeep and working capital too
    assert "0 of 1 companies to which rules pay or lend earn" in html
    assert "0 would without any of it" in html
    price = incentive(account_of(built_under(FREE, **SURE), "new"))
    assert 4.9 < price < 5.3
    assert f"{price:.2f}<br><small>{price:.2f} – {price:.2f}</small>" in html


def test_a_budget_has_its_dual_beside_the_accounts() -> None:
    """5 for a grant of a quarter: a dollar more is worth 0.1118 a year, three years, and costs."""
    purse = {"kind": "budget", "name": "purse", "envelope": 5.0}
    view = seen(purse, {**GRANT, "budget": "purse"})
    html = told("finance", view)
    assert "One more dollar in purse is worth 0.34 dollars" in html
    # 1/2 * 0.2549 * 0.2549 is lost, three times
    assert "the 5.0 million that the budgets pay out" in html and "by −0.097 million" in html
    assert "−0.019 a dollar" in html
    loose = seen({**purse, "envelope": 500.0}, {**GRANT, "budget": "purse"})
    assert "No budget binds" in told("finance", loose)


def test_accounts_are_those_of_the_command() -> None:
    figure = charts()["support_gains"].build(seen({**GRANT, "payer": "B"}, **SURE))
    bars = {bar["name"]: dict(zip(bar["y"], bar["x"], strict=True)) for bar in figure["data"]}
    assert bars["Treasury"]["B"] == pytest.approx(-3 * 5 * A10)
    assert bars["Producers"]["A"] == pytest.approx(3 * 5 * A10)
    assert sum(bars["All together"].values()) == pytest.approx(0, abs=1e-6)


def test_money_that_buyers_pay_is_no_public_money() -> None:
    ahead = {**FREE, "kind": "prepayment", "name": "ahead", "payer": "B"}
    html = told("finance", seen(ahead, **SURE))
    assert "Treasuries give projects USD 0 million" in html
    assert "prepayment, paid by B, buyer" in html


def test_sunk_money_of_the_world_is_told_in_words() -> None:
    names = set(sunk(builtin("rare_earths"))["support"])
    assert {"noveon_dod", "src_saskatchewan", "src_canada"} <= names


def test_without_years_or_supports_the_pages_say_how_to_ask() -> None:
    once = view_of(mz.run("today", case=plant()), "en")
    assert "monazite cashflow" in told("cash", once)
    assert "finance_2026" in told("finance", once)
    bare = view_of(built_under(**SURE), "zh")
    assert "finance_2026" in told("finance", bare)
    assert "资本最多" in told("cash", bare)
    assert all(charts()[name].build(once) is None for name in NAMES)


def test_what_is_compared_with_is_solved_without_finance() -> None:
    outcome = built_under(FREE, **SURE)
    bare = without_finance(outcome, case=plant(**SURE))
    assert bare is not None and bare.market.instruments == ()
    assert without_finance(bare) is None


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_pages_open_without_a_network(tmp_path: Path, lang: str, width: int) -> None:
    """Nothing is fetched, nothing lies outside its drawing, no label lies on another."""
    purse = {"kind": "budget", "name": "purse", "envelope": 5.0}
    rules = [FREE, purse, {**GRANT, "budget": "purse"}]
    page = write_report(built_under(*rules), tmp_path / "r.html", lang=lang, bare=built_under())
    with browser.opened(page, width) as (open_page, wrong):
        figures = open_page.evaluate("() => [...document.querySelectorAll('.plot')].length")
        assert figures >= 4
        assert open_page.evaluate(browser.OVERFLOW) <= 1
        drawn = [one for one in open_page.evaluate(browser.CLIPPED) if one[0][6:] in NAMES]
        crowded = [one for one in open_page.evaluate(browser.CROWDED) if one[0][5:] in NAMES]
        assert (drawn, crowded, wrong) == ([], [], [])

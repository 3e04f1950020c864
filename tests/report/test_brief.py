"""Does the first screen of a comparison tell what changes, by when, at what price, who pays?"""

from __future__ import annotations

import re

import polars as pl
import pytest
from two_countries import TABLES

import monazite as mz
from monazite.data import Case
from monazite.report import brief, look
from monazite.report.compare import figure, over_years, page
from monazite.report.effects import Comparison, comparison
from monazite.study.effects import effects, terms_of


def compared(*rates: float, lang: str = "en", years: bool = False) -> Comparison:
    over = {"years": {"grid": [2024, 2026, 2030], "decided": 2024}} if years else {}
    case = Case.from_tables(TABLES, "hand")
    duties = {
        f"duty_{rate:g}": [{"kind": "tariff", "name": "d", "importers": ["B"], "specific": rate}]
        for rate in rates
    }
    outcomes = {
        name: mz.run(mz.Scenario.checked({"name": name, "instruments": rules, **over}), case=case)
        for name, rules in {"free": [], **duties}.items()
    }
    terms = terms_of(outcomes, country="A", members=["B"])
    return comparison(outcomes, terms, effects(outcomes, terms), lang)


def answered(found: Comparison) -> dict[str, str]:
    html = brief.block(found).replace("\u00a0", " ")
    return dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", html))


def with_shares(found: Comparison, shares: dict[str, list[tuple[float, float]]]) -> Comparison:
    """The comparison with these shares of A by stage: (free, with the duty) of each period."""
    every = found.by_year
    periods = every["period"].unique(maintain_order=True).to_list()
    rows = [
        ("share", stage, "A", period, name, value)
        for stage, both in shares.items()
        for period, pair in zip(periods, both, strict=True)
        for name, value in zip(found.names, pair, strict=True)
    ]
    found.__dict__["by_year"] = pl.concat(
        [every.filter(kind="price"), pl.DataFrame(rows, schema=every.schema, orient="row")]
    )
    return found


def test_money_is_said_as_people_say_it() -> None:
    assert look.money(1021.4) == "USD 1.0 billion"
    assert look.money(-366.2, signed=True) == "−USD 370 million"
    assert look.money(999.9) == "USD 1.0 billion"
    assert look.money(2.66, signed=True) == "+USD 2.7 million"
    assert look.money(1021.4, "zh") == "10 亿美元"
    assert look.money(31.2, "zh", True) == "+3,100 万美元"
    assert look.money(-0.5, "zh") == "−50 万美元"


def test_one_year_has_four_answers_but_the_second() -> None:
    """Users lose 8 - 98/9 = -2.9, makers gain 10/9, the treasury 4; A loses 32/9: -26/9+4+10/9."""
    told = answered(compared(2))
    assert list(told) == ["What changes", "At what price", "Who pays"]
    assert told["At what price"].startswith("Members pay 6.00 USD/kg for m instead of 5.33 (+1")
    assert answered(compared(1))["At what price"].endswith(
        "5.67 USD/kg for m instead of 5.33 (+6 %)."
    )
    assert "2,000 tonnes a year of m not made in A instead of 1,300" in told["What changes"]
    assert told["Who pays"] == (
        "Per year: A −USD 3.6 million; users in members −USD 2.9 million; "
        "treasuries of members +USD 4.0 million; producers of members +USD 1.1 million. "
        "Members all together: +USD 2.2 million."
    )
    assert brief.headline(compared(2)) == (
        "Members get 50 % of their m from A instead of 71 %, and gain USD 2.2 million a year"
    )


def test_the_years_tell_by_when_and_where_most() -> None:
    shares = {
        "mining": [(0.66, 0.66), (0.60, 0.59), (0.55, 0.553)],
        "magnet": [(0.94, 0.94), (0.95, 0.9), (0.97, 0.95)],
        "mining_reo": [(0.66, 0.66), (0.6, 0.6), (0.6, 0.59)],
    }
    found = with_shares(compared(2, years=True), shares)
    told = answered(found)
    assert [gap.item for gap in brief.moved(found, "duty_2")] == ["magnet", "mining_reo"]
    assert told["By when"].startswith("First in 2026, when the share of A in some stage differs")
    assert told["By when"].endswith("; most in 2026: magnet making, 90 % instead of 95 %.")
    assert (
        "In 2030 the share of A in magnet making is 95 %; without the rules 97 %"
        in (told["What changes"])
    )
    assert brief.headline(found).startswith(
        "By 2030 the share of A in magnet making is 95 % instead of 97 %, and members gain"
    )
    assert brief.years_heading(found) == "In 2026 members pay 6.00 USD/kg for m instead of 5.33"


def test_rules_that_move_nothing_say_so() -> None:
    same = with_shares(compared(2, years=True), {"mining": [(0.6, 0.6), (0.6, 0.6), (0.5, 0.5)]})
    assert brief.headline(same).startswith(
        "In 2030 A holds as much of every stage as without the rules, and members gain"
    )
    assert answered(same)["By when"].startswith("In no year up to 2030")
    told = answered(compared(0))
    assert told["Who pays"] == "Nobody gains or loses anything to speak of."
    assert "as much m not made in A as before" in told["What changes"]


def test_several_scenarios_have_a_line_each_and_the_best_in_the_title() -> None:
    """Duties of 1 and 2 bring B 5/9 ... and 20/9: the second is the better and the freer."""
    found = compared(1, 2)
    assert list(answered(found)) == ["duty_1", "duty_2"]
    assert brief.headline(found).startswith(
        "“duty_2” serves members best: they gain USD 2.2 million a year"
    )
    assert brief.money_heading(found) == brief.years_heading(found) == ""


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_begins_with_the_answer(lang: str) -> None:
    found = compared(2, lang=lang, years=True)
    html = page(found, "").replace("\u00a0", " ")
    heading = re.search(r'<h1 class="told">(.*?)</h1>', html)
    assert heading is not None and heading[1] == brief.headline(found)
    for question in ("what", "when", "price", "pays"):
        assert f"<dt>{found.view.say(f'brief.{question}')}</dt>" in html
    assert f'<h2 id="years-title" class="told">{brief.years_heading(found)}</h2>' in html
    assert "duty_2" in html[: html.index("<h1")]
    assert html.index('class="answers"') < html.index('class="proof"')


def test_the_years_begin_with_what_their_heading_speaks_of() -> None:
    """The price that differs most is chosen first, whatever its place in the tables."""
    found = with_shares(compared(2, years=True), {"mining": [(0.6, 0.6)] * 3})
    found.__dict__["by_year"] = found.by_year.sort("kind", descending=True)
    assert found.by_year["kind"][0] == "share"
    html = over_years(found)
    assert re.search(r'<option value="0">(.*?)<', html)[1] == "Price: m"  # type: ignore[index]


def test_on_a_phone_the_panels_stand_one_above_the_other() -> None:
    drawn = figure(compared(2), "m")
    wide, narrow = drawn["layout"], drawn["narrow"]
    assert wide["xaxis"]["domain"][1] < wide["xaxis2"]["domain"][0]
    tops = [narrow[f"yaxis{k}"]["domain"] for k in ("", "2", "3")]
    assert all(above[0] > below[1] for above, below in zip(tops, tops[1:], strict=False))
    assert all(narrow[f"xaxis{k}"]["domain"] == [0, 1] for k in ("", "2", "3"))

"""Does the comparison show what was measured, in both languages, without a network?"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import browser
import polars as pl
import pytest
from two_countries import TABLES

import monazite as mz
from monazite.cli import main
from monazite.data import Case
from monazite.messages import catalogue
from monazite.report.compare import figure, over_years, write_comparison
from monazite.report.effects import averaged, comparison, findings, lines, shifts
from monazite.study.comparison import by_year
from monazite.study.effects import effects, terms_of

YAML = """\
name: {name}
title: {{en: "A duty of {rate} & more", zh: "关税 {rate}"}}
instruments:
  - {{kind: tariff, name: duty, importers: [B], specific: {rate}}}
  - {{kind: tariff, name: sleeper, importers: [A], specific: 1}}
"""


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Any]:
    case = Case.from_tables(TABLES, "hand")
    rules = {f"duty_{rate}": YAML.format(name=f"duty_{rate}", rate=rate) for rate in (1, 2)}
    asked = {name: mz.Scenario.from_text(text) for name, text in rules.items()}
    return {"free": mz.run(mz.Scenario(name="free"), case=case)} | {
        name: mz.run(one, case=case) for name, one in asked.items()
    }


@pytest.fixture(scope="module")
def pages(outcomes: dict, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder, terms = (
        tmp_path_factory.mktemp("compare"),
        terms_of(outcomes, country="A", members=["B"]),
    )
    frame = effects(outcomes, terms)
    return {
        lang: write_comparison(
            outcomes, folder / f"{lang}.html", terms=terms, frame=frame, lang=lang
        )
        for lang in ("en", "zh")
    }


def found_in(outcomes: dict, lang: str = "en") -> Any:
    terms = terms_of(outcomes, country="A", members=["B"])
    return comparison(outcomes, terms, effects(outcomes, terms), lang)


def test_lines_show_what_was_measured(outcomes: dict) -> None:
    shown = {line.label: line.shown("en") for line in lines(found_in(outcomes))}
    assert shown["m, inside"] == ["5.33", "5.67", "6.00"]
    assert shown["m: share made in A"] == ["71 %", "62 %", "50 %"]
    assert shown["m of members not made in A"] == ["1,330", "1,670", "2,000"]
    assert shown["Treasury, B"] == ["0", "+2.7", "+4.0"]
    assert shown["Users, members"][2] == "−2.9"
    assert shown["All together, the world"][2] == "−1.3"
    assert shown["Cost to users and treasuries"] == ["–", "−1.2", "−1.1"]


def test_lines_of_gains_sum_to_the_last(outcomes: dict) -> None:
    gains = [line for line in lines(found_in(outcomes)) if line.section == "gain"]
    for k in range(3):
        parts = sum(line.values[k] or 0.0 for line in gains if not line.total)
        assert parts == pytest.approx(gains[-1].values[k] or 0.0, abs=1e-9)


def test_what_stands_out_names_the_right_scenario(outcomes: dict) -> None:
    told = findings(found_in(outcomes))
    assert any(each.startswith("Most m not made in A: “A duty of 2 & more”") for each in told)
    assert any("Dearest for users" in each and "A duty of 2" in each for each in told)


def test_the_picture_holds_the_figures_of_the_table(outcomes: dict) -> None:
    drawn = {trace["name"]: trace for trace in figure(found_in(outcomes), "m")["data"]}
    assert drawn["Price inside"]["x"] == pytest.approx([16 / 3, 17 / 3, 6])
    assert drawn["Not made in A"]["x"][-1] == pytest.approx(2000)
    assert drawn["Members: users"]["x"][-1] == pytest.approx(8 - 98 / 9)
    assert drawn["Members: treasuries"]["x"][-1] == pytest.approx(4)
    assert drawn["Members, all together"]["x"][-1] == pytest.approx(-26 / 9 + 4 + 10 / 9)
    assert drawn["A"]["x"][-1] == pytest.approx(-32 / 9)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_speaks_its_language_and_escapes_titles(pages: dict, lang: str) -> None:
    html = re.sub(r"<script.*?</script>", "", pages[lang].read_text(encoding="utf-8"), flags=re.S)
    for name in ("picture", "table", "scenarios", "terms"):
        assert catalogue()[f"report.compare.{name}.title"][lang] in html
    title = {"en": "A duty of 2 &amp; more", "zh": "关税 2"}[lang]
    assert html.count(title) >= 3 and "2 & more" not in html
    assert ("sleeper binds nothing" if lang == "en" else "sleeper 未起作用") in html
    assert not re.search(r'(?:src|href)="(?!#|data:)', html)


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_opens_offline(pages: dict, lang: str, width: int) -> None:
    with browser.opened(pages[lang], width) as (page, wrong):
        assert page.evaluate(browser.EMPTY) == []
        assert page.evaluate(browser.CLIPPED) == []
        assert page.evaluate(browser.OVERFLOW) <= 0
        assert wrong == []


def test_the_command_writes_page_and_tables(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Case.from_tables(TABLES, "hand").write(tmp_path / "hand")
    rules = tmp_path / "duty_2.yaml"
    rules.write_text(YAML.format(name="duty_2", rate=2), encoding="utf-8")
    out = tmp_path / "out"
    command = [
        "compare",
        "today",
        str(rules),
        "--case",
        str(tmp_path / "hand"),
        "--country",
        "A",
        "--members",
        "B",
    ]
    assert main([*command, "--out", str(out), "--csv", "--excel"]) == 0
    told = capsys.readouterr().out
    assert re.search(r"^m, inside +5\.33 +6\.00$", told, re.M)
    assert "duty_2: sleeper binds nothing" in told and str(out / "compare.html") in told
    frame = pl.read_parquet(out / "tables" / "effects.parquet")
    cell = frame.filter(measure="free", scenario="duty_2")["value"]
    assert cell.to_list() == pytest.approx([2000])
    rules_paid = pl.read_csv(out / "tables" / "instruments.csv")
    assert dict(rules_paid.select("name", "amount").iter_rows())["duty"] == pytest.approx(4)
    parts = pl.read_parquet(out / "tables" / "price_parts.parquet").filter(
        scenario="duty_2", country="B"
    )
    assert parts["duty"].to_list() == pytest.approx([2.0])
    assert (out / "tables" / "comparison.xlsx").is_file() and (out / "compare.html").is_file()
    assert main([*command, "--members", "B,C"]) == 2
    assert main([*command, "--csv"]) == 2


# --- over the years -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def yearly() -> dict[str, Any]:
    """A duty of 2 without a date, over two periods: it begins in 2026 (`rules_from`)."""
    years = {"grid": [2024, 2026], "decided": 2024, "discount": 0.0}
    duty = {"kind": "tariff", "name": "duty", "importers": ["B"], "specific": 2}
    asked = {
        "free": {"name": "free", "years": years},
        "duty": {"name": "duty", "years": years, "instruments": [duty]},
    }
    case = Case.from_tables(TABLES, "hand")
    return {name: mz.run(mz.Scenario.checked(one), case=case) for name, one in asked.items()}


def test_prices_and_shares_year_by_year(yearly: dict) -> None:
    """5.33 in B before the duty, 6 with it, and A's exports to B are all that A sells."""
    terms = terms_of(yearly, country="A", members=["B"])
    frame = by_year(yearly, terms)
    inside = frame.filter(kind="price", place="inside")
    assert inside.select("scenario", "period").rows() == [
        (name, period) for name in ("free", "duty") for period in ("2024", "2026")
    ]
    assert inside["value"].to_list() == pytest.approx([16 / 3, 16 / 3, 16 / 3, 6])
    assert frame.filter(place="outside").height == 0  # nobody in A buys any


def test_the_page_over_years_tells_each_year(yearly: dict, tmp_path: Path) -> None:
    terms = terms_of(yearly, country="A", members=["B"])
    frame = effects(yearly, terms)
    found = comparison(yearly, terms, frame, "en")
    told = findings(found)
    assert any("users in member countries lose" in each for each in told)
    assert averaged(found) == (
        "Amounts are averages over the years 2024 to 2027 in which a later year counts less, "
        "by 0 % a year."
    )
    html = over_years(found)
    assert '"y":[5.3333333,6.0]' in html and "2026" in html
    zh = comparison(yearly, terms, frame, "zh")
    assert "美元/千克" in over_years(zh) and "USD/kg" not in over_years(zh)
    page = write_comparison(yearly, tmp_path / "y.html", terms=terms, frame=frame)
    assert "These texts speak of the base year, 2024" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("lang", "path", "own"),
    [
        ("en", "old scrap comes back of what the demand path used a life ago",
         "only 10 years ahead; old scrap comes back of what this outcome itself used"),
        ("zh", "旧料按需求路径上一个使用寿命之前的用量回收",
         "投资者只预见未来 10 年；旧料按本结果自身一个使用寿命之前的用量回收"),
    ],
)  # fmt: skip
def test_how_the_years_were_run_is_told(
    yearly: dict, tmp_path: Path, lang: str, path: str, own: str
) -> None:
    """Demand, sight and scrap of all scenarios, and of one that was run in another way."""
    duty = yearly["duty"]
    years = duty.scenario.years.but(scrap="outcome", foresight="myopic")
    other = replace(duty, scenario=duty.scenario.model_copy(update={"years": years}))
    terms = terms_of(yearly, country="A", members=["B"])
    for outcomes, told in ((yearly, False), ({**yearly, "duty": other}, True)):
        page = write_comparison(
            outcomes, tmp_path / "y.html", terms=terms, frame=effects(yearly, terms), lang=lang
        ).read_text(encoding="utf-8")
        assert path in page
        assert (own in page) == told


def test_one_period_has_no_section_of_years(outcomes: dict, pages: dict) -> None:
    assert found_in(outcomes).by_year.height == 0
    assert 'id="years"' not in pages["en"].read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("blanks", "told"), [((1.0, 16.0), True), ((1.0, 1.4), False), ((100.0, 101.5), False)]
)
def test_supply_that_goes_round_is_told(outcomes: dict, blanks: tuple, told: bool) -> None:
    """Magnets fall by 15 while blanks rise: by 15, by too little to matter, by a trifle of much."""
    pair = {name: outcomes[name] for name in ("free", "duty_1")}
    terms = replace(
        terms_of(pair, country="A", members=["B"]), content={"magnet": 0.3, "blank": 0.3}
    )
    rows = [("imports", m, "members", "t/yr", name, value)
            for m, both in (("magnet", (20.0, 5.0)), ("blank", blanks))
            for name, value in zip(pair, both, strict=True)]  # fmt: skip
    frame = pl.DataFrame(rows, schema=effects(pair, terms).schema, orient="row")
    found = shifts(comparison(pair, terms, frame, "en"))
    assert bool(found) == told
    if told:
        assert "magnet into members fall from 20 to 5.0" in found[0]
        assert "blank rise from 1.0 to 16" in found[0]


@pytest.mark.browser
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_over_years_opens_offline(yearly: dict, lang: str, tmp_path: Path) -> None:
    terms = terms_of(yearly, country="A", members=["B"])
    frame = effects(yearly, terms)
    page_file = write_comparison(yearly, tmp_path / "y.html", terms=terms, frame=frame, lang=lang)
    with browser.opened(page_file, 400) as (page, wrong):
        assert page.evaluate(browser.EMPTY) == []
        assert page.evaluate(browser.OVERFLOW) <= 0
        assert wrong == []

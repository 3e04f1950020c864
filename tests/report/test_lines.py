"""Does the browser show lines at true distances in time, tell them apart, and hand out figures?"""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import browser
import pytest

import monazite as mz
from monazite.report.compare import write_comparison
from monazite.study.effects import effects, terms_of

# A sells at 1 + q to itself and, for 1 more, to B; both use 10 - p: 20/3 in A, with the duty 19/3
TABLES: dict[str, Any] = {
    "curves": [{"country": "A", "material": "m", "intercept": 1.0, "slope": 1.0}],
    "demand": [
        {"country": place, "material": "m", "intercept": 10.0, "slope": 1.0} for place in "AB"
    ],
    "arcs": [{"material": "m", "origin": "A", "destination": "B", "freight": 1.0}],
}
DUTY = {"kind": "tariff", "name": "d", "importers": ["B"], "specific": 1}
GRID = [*range(2024, 2031), 2035, 2040]
TICKS = """() => [...document.querySelectorAll('#chart-by_year .xtick text')]
  .map(text => [text.textContent, text.getBoundingClientRect().left])"""
DASHES = """() => [...document.querySelectorAll('#chart-by_year .legend path[stroke]')]
  .map(path => [path.getAttribute('stroke'), path.getAttribute('stroke-dasharray')])"""

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page_of_years(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every year from 2024 to 2030, then 2035 and 2040."""
    years = {"grid": GRID, "decided": 2024}
    asked = {
        "free": {"name": "free", "years": years},
        "duty": {"name": "duty", "years": years, "instruments": [DUTY]},
    }
    case = mz.Case.from_tables(TABLES, "lines")
    outcomes = {name: mz.run(mz.Scenario.checked(one), case=case) for name, one in asked.items()}
    terms = terms_of(outcomes, country="A", members=["B"])
    path = tmp_path_factory.mktemp("lines") / "compare.html"
    return write_comparison(outcomes, path, terms=terms, frame=effects(outcomes, terms))


@pytest.mark.parametrize("width", [1280, 400])
def test_five_years_take_five_times_the_room_of_one(page_of_years: Path, width: int) -> None:
    with browser.opened(page_of_years, width) as (page, wrong):
        at = dict(page.evaluate(TICKS))
        years = [int(year) for year in at]
        assert (years[0], years[-1]) == (2024, 2040)
        step = (at["2040"] - at["2024"]) / 16
        for year in years:
            assert at[str(year)] - at["2024"] == pytest.approx(step * (year - 2024), abs=1.5)
        assert min(b - a for a, b in zip(at.values(), list(at.values())[1:], strict=False)) > 25
        assert len(at) == 9 if width == 1280 else len(at) < 9
        assert wrong == []


def test_the_legend_shows_dashes(page_of_years: Path) -> None:
    with browser.opened(page_of_years, 1280) as (page, _):
        drawn = [tuple(one) for one in page.evaluate(DASHES)]
        assert len(drawn) == len(set(drawn)) == 4  # inside and outside of two scenarios
        assert {dash for _, dash in drawn} == {"none", "2.5 2.5"}


def test_every_table_and_figure_can_be_had_as_a_file(page_of_years: Path) -> None:
    with browser.opened(page_of_years, 1280) as (page, wrong):
        tables, plots = (
            len(page.query_selector_all(f"main {name}")) for name in ("table", ".plot")
        )
        assert len(page.query_selector_all("button.download")) == tables + plots
        with page.expect_download() as waiting:
            page.click("#chart-by_year .download")
        text = Path(waiting.value.path()).read_text(encoding="utf-8-sig")
        rows = list(csv.reader(io.StringIO(text)))
        prices = {(name, year): float(value) for name, year, value in rows[1:]}
        assert prices["duty: inside", "2024"] == pytest.approx(23 / 3)
        assert prices["duty: inside", "2040"] == pytest.approx(25 / 3)
        assert prices["duty: outside", "2040"] == pytest.approx(19 / 3)
        assert len(prices) == 4 * len(GRID)
        assert wrong == []


@pytest.mark.parametrize("width", [1280, 400])
def test_headings_of_tables_do_not_lie_on_one_another(page_of_years: Path, width: int) -> None:
    """Long headings break into lines instead of running over the next column."""
    over = """() => [...document.querySelectorAll('main th')].filter(head => {
      const text = head.querySelector('button') || head;
      return text.scrollWidth > head.clientWidth + 1;
    }).map(head => head.textContent)"""
    long = "a heading of very many words for a very small number, USD/t"
    with browser.opened(page_of_years, width) as (page, _):
        page.evaluate("""text => {
          document.querySelectorAll('main details').forEach(box => { box.open = true; });
          document.querySelectorAll('th.number button').forEach(h => { h.textContent = text; });
        }""", long)  # fmt: skip
        assert page.evaluate(over) == []
        wide = page.evaluate(
            "Math.max(0, ...[...document.querySelectorAll('th button')].map(h => h.clientWidth))"
        )
        assert 0 < wide < 175

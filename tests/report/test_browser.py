"""A reader without a network opens the page, on a desk and on a phone, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import browser
import pytest

from monazite.messages import catalogue

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_page_opens_offline(pages: dict[str, Path], lang: str, width: int) -> None:
    with browser.opened(pages[lang], width) as (page, wrong):
        assert page.evaluate(browser.EMPTY) == []
        assert page.evaluate(browser.CLIPPED) == []
        assert page.evaluate(browser.CROWDED) == []
        assert page.evaluate(browser.OVERFLOW) <= 0
        for select in page.query_selector_all("select[data-plot]"):
            for value in range(len(select.query_selector_all("option"))):
                select.select_option(str(value))
                page.wait_for_timeout(30)
                assert page.evaluate(browser.CLIPPED) == []
                assert page.evaluate(browser.EMPTY) == []
        assert wrong == []


def test_the_check_sees_what_it_is_for(pages: dict[str, Path], tmp_path: Path) -> None:
    """A long label without room, a figure without traces and an outside address are found."""
    html = pages["en"].read_text(encoding="utf-8")
    long = f'"mode":"markers+text","text":"{"far too long " * 12}","name":'
    hurt = re.sub(r'"mode":"markers","name":(?="Price")', long, html)
    address = '<img src="https://example.org/a.png" alt="">'
    bare = '<figure><ul class="legend"></ul><div class="plot" data-figure="none"></div></figure>'
    hurt = hurt.replace("<footer>", f'<footer>{address}{bare}<script id="none" type="x">'
                        '{"data":[],"layout":{}}</script>')  # fmt: skip
    path = tmp_path / "hurt.html"
    path.write_text(hurt, encoding="utf-8")
    with browser.opened(path, 1280) as (page, wrong):
        assert page.evaluate(browser.CLIPPED)
        assert page.evaluate(browser.EMPTY) == ["none"]
        assert any("example.org" in line for line in wrong)


def test_tables_sort_by_value_and_say_so(pages: dict[str, Path]) -> None:
    with browser.opened(pages["en"], 1280) as (page, _):
        table = page.query_selector("#prices table.sortable")
        lowest = table.query_selector_all("th button")[1]
        column = "t => [...t.tBodies[0].rows].map(r => Number(r.cells[1].dataset.value))"
        lowest.click()
        assert page.evaluate(column, table) == sorted(page.evaluate(column, table))
        lowest.click()
        assert page.evaluate(column, table) == sorted(page.evaluate(column, table), reverse=True)
        heading = table.query_selector_all("th")[1]
        assert heading.get_attribute("aria-sort") == "descending"


def test_reader_picks_a_material(pages: dict[str, Path]) -> None:
    with browser.opened(pages["en"], 1280) as (page, _):
        before = page.text_content("#chart-trade .plot")
        page.select_option("#chart-trade select", label="dysprosium oxide")
        page.wait_for_timeout(200)
        after = page.text_content("#chart-trade .plot")
        assert "0.30" in after and "0.30" not in before


def test_paper_shows_every_section(pages: dict[str, Path], tmp_path: Path) -> None:
    with browser.opened(pages["en"], 1280) as (page, wrong):
        page.emulate_media(media="print")
        pdf = page.pdf(path=str(tmp_path / "r.pdf"), format="A4")
        assert len(pdf) > 50_000
        boxes = page.query_selector_all("main details")
        rows = [len(box.query_selector_all("tr")) for box in boxes]
        shown = [box.evaluate("box => box.open") for box in boxes]
        assert shown == [count <= 100 for count in rows] and any(shown)
        assert wrong == []


def test_paper_leaves_out_tables_of_many_pages_and_says_so(pages: dict[str, Path]) -> None:
    with browser.opened(pages["en"], 1280) as (page, _):
        page.evaluate("""() => {
          const body = document.querySelector('main details tbody');
          for (let k = 0; k < 200; k++) body.appendChild(body.rows[0].cloneNode(true));
        }""")
        page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        long = page.query_selector("main details:has(tbody)")
        assert not long.evaluate("box => box.open")
        told = long.query_selector("summary").get_attribute("data-paper")
        assert told == catalogue()["report.paper"]["en"]

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


OPEN = "() => [...document.querySelectorAll('section > details')].map(box => box.open)"
DRAWN = "() => [...document.querySelectorAll('.plot')].map(plot => !!plot.dataset.width)"
PRINT = "window.dispatchEvent(new Event('{}print'))"


def test_paper_shows_what_the_screen_shows(pages: dict[str, Path], tmp_path: Path) -> None:
    with browser.opened(pages["en"], 1280, unfold=False) as (page, wrong):
        assert not any(page.evaluate(OPEN))
        page.click("#shares > details > summary")
        before = page.evaluate(OPEN)
        page.emulate_media(media="print")
        pdf = page.pdf(path=str(tmp_path / "r.pdf"), format="A4")
        assert len(pdf) > 50_000
        assert page.evaluate(OPEN) == before and sum(before) == 1
        assert page.is_visible(".onpaper") and not page.is_visible(".unfold")
        assert wrong == []


def test_all_can_be_opened_at_once_and_printed(pages: dict[str, Path]) -> None:
    """A folded figure is drawn when it is opened, not at the width of nothing."""
    with browser.opened(pages["en"], 1280, unfold=False) as (page, wrong):
        assert not all(page.evaluate(DRAWN)) and any(page.evaluate(DRAWN))
        page.click(".unfold")
        page.wait_for_function(browser.ALL_DRAWN)
        assert page.evaluate(browser.EMPTY) == [] and all(page.evaluate(OPEN))
        assert page.inner_text(".unfold") == catalogue()["report.contents.fold"]["en"]
        page.evaluate(PRINT.format("before"))
        boxes = page.query_selector_all("section > details")
        rows = [len(box.query_selector_all("tr")) for box in boxes]
        assert page.evaluate(OPEN) == [count <= 100 for count in rows]
        page.evaluate(PRINT.format("after"))
        assert all(page.evaluate(OPEN))
        page.click(".unfold")
        assert not any(page.evaluate(OPEN))
        assert wrong == []


def test_a_page_that_is_not_brief_prints_what_is_folded(
    pages: dict[str, Path], tmp_path: Path
) -> None:
    whole = tmp_path / "whole.html"
    html = pages["en"].read_text(encoding="utf-8")
    whole.write_text(html.replace(" data-brief>", ">"), encoding="utf-8")
    with browser.opened(whole, 1280, unfold=False) as (page, _):
        page.evaluate(PRINT.format("before"))
        assert all(page.evaluate(OPEN)) and all(page.evaluate(DRAWN))
        page.evaluate(PRINT.format("after"))
        assert not any(page.evaluate(OPEN))


def test_paper_leaves_out_tables_of_many_pages_and_says_so(pages: dict[str, Path]) -> None:
    with browser.opened(pages["en"], 1280) as (page, _):
        page.evaluate("""() => {
          const body = document.querySelector('main details tbody');
          for (let k = 0; k < 200; k++) body.appendChild(body.rows[0].cloneNode(true));
        }""")
        page.evaluate(PRINT.format("before"))
        long = page.query_selector("main details:has(tbody)")
        assert not long.evaluate("box => box.open")
        told = long.query_selector("summary").get_attribute("data-paper")
        assert told == catalogue()["report.paper"]["en"]

"""What a headless Chromium without a network sees of a page."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
]  # fmt: skip
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# every text of every figure, with the part of it that lies outside its drawing or its box
CLIPPED = """() => {
  const out = [];
  for (const plot of document.querySelectorAll('.js-plotly-plot')) {
    const frame = plot.querySelector('svg.main-svg').getBoundingClientRect();
    for (const text of plot.querySelectorAll('svg text')) {
      const box = text.getBoundingClientRect();
      if (!text.textContent.trim() || box.width === 0 || text.closest('.hoverlayer')) continue;
      const over = Math.max(frame.left - box.left, box.right - frame.right,
                            frame.top - box.top, box.bottom - frame.bottom);
      if (over > 1) out.push([plot.parentElement.parentElement.id, text.textContent, over]);
    }
  }
  return out;
}"""
EMPTY = """() => [...document.querySelectorAll('.plot')].filter(plot =>
  !plot.querySelector('svg .sankey-node, svg .hm image, svg .point path, svg path.point')
).map(plot => plot.dataset.figure)"""
# labels of one axis that lie on one another
CROWDED = """() => {
  const out = [];
  for (const plot of document.querySelectorAll('.js-plotly-plot')) {
    for (const kind of ['.ytick text', '.xtick text', '.legendtext']) {
      const boxes = [...plot.querySelectorAll(kind)].filter(t => t.textContent.trim())
        .map(t => [t.getBoundingClientRect(), t.textContent]);
      boxes.forEach(([a, one], i) => boxes.slice(i + 1).forEach(([b, two]) => {
        const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (wide > 2 && high > 3 && !kind.includes('xtick'))
          out.push([plot.dataset.figure, one, two, wide, high]);
      }));
    }
  }
  return out;
}"""
UNFOLD = "() => document.querySelectorAll('section details').forEach(box => { box.open = true; })"
ALL_DRAWN = "() => [...document.querySelectorAll('.plot')].every(plot => plot.dataset.width)"
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def chromium() -> str:
    """Return the path of Chromium; without it skip, but never in continuous integration."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None and os.environ.get("CI") != "true":
        pytest.skip("Chromium is not installed; the report is not opened in a browser")
    assert found is not None, "continuous integration must have Chromium"
    return found


@contextmanager
def opened(path: Path, width: int, unfold: bool = True) -> Iterator[tuple[Any, list[str]]]:
    """Open a file with the network off; give the page and the list of what went wrong so far.

    What is folded is opened, so that it is looked at too.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS, headless=True)
        context = browser.new_context(viewport={"width": width, "height": 900}, offline=True)
        page = context.new_page()
        wrong: list[str] = []
        page.on("console", lambda m: wrong.append(m.text) if m.type in ("error", "warning") else 0)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("requestfailed", lambda request: wrong.append(f"failed: {request.url}"))
        page.on("request", lambda r: _local(r.url, path, wrong))
        page.goto(path.resolve().as_uri())
        page.wait_for_selector("html[data-ready=yes]", state="attached", timeout=60_000)
        if unfold:
            page.evaluate(UNFOLD)
            page.wait_for_function(ALL_DRAWN)
        yield page, wrong
        browser.close()


def _local(url: str, path: Path, wrong: list[str]) -> None:
    if url != path.resolve().as_uri() and not url.startswith(("data:", "blob:")):
        wrong.append(f"asked for {url}")

"""The page of a regret table: the heat map, the careful choice and who gains, in both languages."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import years_world as world

from monazite.report.regret import page, write_regret
from monazite.report.view import view_of
from monazite.study.regret import Table, regret

TEXT = """
title: {en: Three mixes, zh: 三种组合}
members: [B]
years: "2025,2026"
demand: [central]
mixes:
  - {name: nothing, title: {en: Nothing, zh: 无政策}}
  - name: credit
    title: {en: A credit, zh: 补贴}
    rules: [{kind: production_credit, materials: [m], countries: [B], specific: 3.0}]
  - name: tariff
    title: {en: A tariff, zh: 关税}
    rules: [{kind: tariff, materials: [m], importers: [B], specific: 1.0}]
answers:
  - {name: none, title: {en: None, zh: 无}}
"""


@pytest.fixture(scope="module")
def found() -> Any:
    case = world.world(
        facilities=[
            {"facility": "old", "country": "C", "capacity": 4.0, **world.MINE},
            {"facility": "own", "country": "B", "capacity": 1.0, "technology": "mine",
             "cost": 7.0, "stage": "mining"},
        ],
        projects=[],
        demand_paths=[{"path": "central", "sector": "all", "year": 2026, "index": 1.0}],
        demand=[{"country": "B", "sector": "all", "material": "m", "intercept": 10.0,
                 "slope": 1.0}],
    )  # fmt: skip
    return regret(Table.from_text(TEXT), case=case)


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", ("Three mixes", "Least regretted at worst: A tariff", "Central, None", "tariff")),
        ("zh", ("三种组合", "最坏情形下后悔最小的是：关税", "需求居中，应对：无", "补贴")),
    ],
)
def test_the_page_names_the_careful_choice(found: Any, lang: str, words: tuple[str, ...]) -> None:
    html = page(found, view_of(found.outcome, lang), "")
    for word in words:
        assert word in html, word


def test_cells_are_regrets(found: Any) -> None:
    """Against the tariff's 4 the credit's 2.5 falls short by 1.5, nothing by 4, a year later."""
    html = page(found, view_of(found.outcome, "en"), "")
    texts = re.findall(r'<script type="application/json" id="data-(\w+)">(.*?)</script>', html)
    figures = {name: json.loads(text)["data"][0] for name, text in texts}
    assert figures["regret_map"]["y"] == ["A tariff", "A credit", "Nothing"]
    sad = [row[0] for row in figures["regret_map"]["z"]]
    assert sad == pytest.approx([0, 1.5 / 1.05, 4 / 1.05], abs=1e-6)
    assert figures["regret_map"]["text"][0] == ["0"]
    gain = [row[0] for row in figures["gain_map"]["z"]]
    assert gain == pytest.approx([4 / 1.05, 2.5 / 1.05, 0], abs=1e-6)


def test_the_file_is_written(found: Any, tmp_path: Path) -> None:
    assert "plotly" in write_regret(found, tmp_path / "r.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("value", "told"),
    [(0.0, "0"), (1e-7, "0"), (0.3, "< 1"), (-0.3, "> −1"), (-1234.6, "−1,235"), (None, "–")],
)
def test_only_the_best_mix_is_marked_by_nought(value: float | None, told: str) -> None:
    from monazite.report.regret import _cell

    assert _cell(value) == told


def test_the_page_says_how_the_years_were_run_and_leaves_demand_to_the_states(found: Any) -> None:
    html = page(found, view_of(found.outcome, "en"), "")
    assert re.findall(r"<div><dt>(.*?)</dt><dd>(.*?)</dd></div>", html) == [
        ("Investors see", "all years to come"),
        ("Old scrap comes back of", "what the demand path used a life ago"),
    ]

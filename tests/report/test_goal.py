"""The page of a goal holds its ways, costs and prices, in both languages."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import years_world as world

from monazite.report.goal import finding, page, write_goal
from monazite.report.view import view_of
from monazite.study.goal import Goal, price

TEXT = """
title: {en: Half at home, zh: 一半自给}
members: [B]
stage: mining
share: 0.5
of: need
by: 2026
years: "2025,2026"
levers:
  - name: credit
    title: {en: A credit, zh: 补贴}
    unit: USD/kg
    high: 6
    rules: [{kind: production_credit, materials: [m], countries: [B], specific: $level}]
  - name: weak
    high: 1
    rules: [{kind: production_credit, materials: [m], countries: [B], specific: $level}]
beside: [{source: Someone 2026, url: https://example.org, told: {en: They say 7., zh: 他们说 7。}}]
"""


@pytest.fixture(scope="module")
def found() -> Any:
    case = world.world(
        facilities=[
            {"facility": "old", "country": "C", "capacity": 4.0, **world.MINE},
            {"facility": "new", "country": "B", "capacity": 0.0, "status": "planned",
             "technology": "mine", "cost": 1.0, "stage": "mining"},
        ],
        projects=[{"facility": "new", "status": "planned", "earliest": 2025, "size": 6.0,
                   "capex": 7.0, "wacc": 0.0, "life": 1.0}],
    )  # fmt: skip
    return price(Goal.from_text(TEXT), case=case)


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", ("Half at home", "A credit", "not reached", "They say 7.", "at least 50 %")),
        ("zh", ("一半自给", "补贴", "未达到", "他们说 7。", "50%")),
    ],
)
def test_the_page_tells_every_way(found: Any, lang: str, words: tuple[str, ...]) -> None:
    html = page(found, view_of(found.outcome, lang), "")
    for word in words:
        assert word in html


def test_figures_hold_the_answer(found: Any) -> None:
    html = page(found, view_of(found.outcome, "en"), "")
    texts = re.findall(r'<script type="application/json" id="data-(\w+)">(.*?)</script>', html)
    figures = {name: json.loads(text) for name, text in texts}
    lines = {line["name"]: line["y"] for line in figures["supply"]["data"]}
    assert lines["Without the goal"] == pytest.approx([0, 0], abs=1e-6)
    assert lines["A credit"] == pytest.approx([0, 0.5], abs=0.006)
    assert lines["Goal"] == [0.5]
    bars = {bar["name"]: bar["x"] for bar in figures["costs"]["data"]}
    assert bars["Support, MUSD"][0] == pytest.approx(8, rel=1e-3)
    prices = figures["prices"]["choices"][0]["data"] if "choices" in figures["prices"] else (
        figures["prices"]["data"]
    )  # fmt: skip
    assert prices[0]["y"] == pytest.approx([6, 6])
    assert prices[1]["y"] == pytest.approx([6, 4], rel=1e-4)


def test_the_file_is_written(found: Any, tmp_path: Path) -> None:
    file = write_goal(found, tmp_path / "goal.html", lang="zh")
    assert "plotly" in file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("lang", "told"),
    [
        (
            "en",
            "“A credit” reaches 50 % by 2026 for the least support of any rule: USD 8.0 million",
        ),
        ("zh", "要在 2026 年达到 50%，所需支持额最少的规则是“补贴”：800 万美元"),
    ],
)
def test_the_page_begins_with_the_cheapest_rule(found: Any, lang: str, told: str) -> None:
    """A credit of 4 on 2 kt reaches a half, the weak one never does."""
    view = view_of(found.outcome, lang)
    assert finding(found, view) == told
    html = page(found, view, "").replace("\u00a0", " ")
    assert f'<h1 class="told">{told}</h1>' in html
    count = {"en": "1 of 2 rules reach the goal", "zh": "2 项规则中有 1 项能达到目标"}[lang]
    assert count in html and found.goal.titled(lang) in html


def test_where_nothing_reaches_the_goal_the_page_says_so(found: Any) -> None:
    weak = replace(found, ways=tuple(way for way in found.ways if way.name != "credit"))
    told = finding(weak, view_of(found.outcome, "en"))
    assert told == "No rule that was tried reaches 50 % by 2026"


@pytest.mark.parametrize(
    ("lang", "facts"),
    [
        ("en", {"Path of demand": "central", "Investors see": "all years to come",
                "Old scrap comes back of": "what the demand path used a life ago"}),
        ("zh", {"需求路径": "居中", "投资者": "预见全部年份",
                "旧料回收依据": "需求路径上一个使用寿命之前的用量"}),
    ],
)  # fmt: skip
def test_the_page_says_how_the_years_were_run(found: Any, lang: str, facts: dict[str, str]) -> None:
    html = page(found, view_of(found.outcome, lang), "")
    told = re.findall(r"<div><dt>(.*?)</dt><dd>(.*?)</dd></div>", html)
    assert dict(told) == facts

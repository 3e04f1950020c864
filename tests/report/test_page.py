"""The page holds every section in both languages, and says so where there is no data."""

from __future__ import annotations

import json
import re
import sys
from copy import copy
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest
import sample as world

from monazite.errors import MonaziteError
from monazite.messages import catalogue
from monazite.report import write_report
from monazite.report.charts import charts
from monazite.report.sections import ORDER, sections
from monazite.report.view import View, view_of

LIMIT = 8_000_000  # bytes


def _figures(html: str) -> dict[str, dict]:
    found = re.findall(r'<script type="application/json" id="data-(\w+)">(.*?)</script>', html)
    return {name: json.loads(text) for name, text in found}


class Balance(HTMLParser):
    """Collects ids, and elements that close in another order than they opened."""

    void = {"meta", "link", "br", "img", "input"}

    def __init__(self) -> None:
        HTMLParser.__init__(self)
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.ids: list[str] = []
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids += [given["id"]] if given.get("id") else []
        href = given.get("href") or ""
        self.targets += [href[1:]] if href.startswith("#") else []
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


NOT_ASKED = ["years", "rules", "support", "finance", "cash", "independence", "claims"]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_page_has_every_section(pages: dict[str, Path], lang: str) -> None:
    html = pages[lang].read_text(encoding="utf-8")
    for name in ORDER:
        own, told = f'<section id="{name}"' in html, f'<h3 id="{name}">' in html
        assert own != told, name  # a section of its own, or said to be missing: never both
        assert (f'href="#{name}"' in html) == own
        assert catalogue()[f"report.section.{name}.title"][lang] in html
    absent = html[html.index('<section id="absent"') :]
    assert re.findall(r'<h3 id="(\w+)">', absent) == NOT_ASKED
    assert pages[lang].stat().st_size < LIMIT


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_page_is_well_formed_and_every_link_leads_somewhere(
    pages: dict[str, Path], lang: str
) -> None:
    html = pages[lang].read_text(encoding="utf-8")
    parser = Balance()
    parser.feed(re.sub(r"<(script|style)(.*?)>.*?</\1>", r"<\1\2></\1>", html, flags=re.S))
    assert not parser.wrong and not parser.open
    assert len(parser.ids) == len(set(parser.ids))
    assert set(parser.targets) <= set(parser.ids)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_figure_has_data(pages: dict[str, Path], lang: str) -> None:
    figures = _figures(pages[lang].read_text(encoding="utf-8"))
    over_time = {"price_times", "share_times", "build_times", "gantt", "owner_times", "hhi_times",
                 "price_sides",
                 "support_prices", "waterfall", "stop_times", "independence",
                 "finance_lines", "support_gains", "cash_steps", "cover_times"}  # fmt: skip
    assert set(figures) == set(charts()) - over_time  # the sample has a single period
    for name, figure in figures.items():
        for one in figure.get("choices", [figure]):
            assert one["data"], name
            assert all(_filled(trace) for trace in one["data"]), name


def _filled(trace: dict) -> bool:
    if trace["type"] == "sankey":
        return len(trace["link"]["value"]) > 0
    values = trace.get("z") or trace["x"]
    return any(value not in (None, []) for value in values)


def test_page_asks_for_nothing(pages: dict[str, Path]) -> None:
    html = pages["en"].read_text(encoding="utf-8")
    own = re.sub(r"<script>.*?</script>", "", html, flags=re.S)
    assert not re.search(r'(?:src|href)="(?!#|data:)', own)
    assert "default-src 'none'" in own


def test_chinese_page_speaks_chinese(pages: dict[str, Path]) -> None:
    """No English sentence of the catalogue is left on the Chinese page."""
    html = pages["zh"].read_text(encoding="utf-8")
    own = re.sub(r"<script>.*?</script>", "", html, flags=re.S)
    for key, texts in catalogue().items():
        if key.startswith("report.") and len(texts["en"].split()) > 3 and "{" not in texts["en"]:
            assert texts["en"] not in own, key
    assert "氧化镝" in own and "dysprosium oxide" not in own


UNITS = re.compile(r"(?<![A-Za-z{\"])(M?USD|kt|t/yr|kg/yr)(?![A-Za-z\"])")


def test_chinese_pages_write_units_in_chinese(pages: dict[str, Path]) -> None:
    """Tables, figures and what stands under the pointer; one file of the catalogue has the words.

    What a user enters keeps its letters, and so does the sample's own REO.
    """
    html = pages["zh"].read_text(encoding="utf-8")
    own = re.sub(r"<script>.*?</script>|<style>.*?</style>|<[^>]*>", " ", html, flags=re.S)
    left = [own[max(found.start() - 20, 0) : found.end() + 10] for found in UNITS.finditer(own)]
    assert [text for text in left if "REO" not in text] == []
    assert "美元/千克" in own and "千吨/年" in own
    told = {key: texts["zh"] for key, texts in catalogue().items() if key.startswith("report.")}
    assert [key for key, text in told.items() if UNITS.search(text)] == []


def test_every_catalogue_entry_has_both_languages_and_the_same_places() -> None:
    report = {key: texts for key, texts in catalogue().items() if key.startswith("report.")}
    assert len(report) > 150
    for key, texts in report.items():
        places = [set(re.findall(r"{(\w+)}", texts[lang])) for lang in ("en", "zh")]
        assert texts["en"] and texts["zh"], key
        assert places[0] == places[1], key


def test_user_text_cannot_break_the_page(outcome: world.Sample, tmp_path: Path) -> None:
    evil = '</script><script>alert("x")</script>'
    materials = outcome.case.table("materials").with_columns(name_en=pl.lit(evil))
    case = world.Tables({**outcome.case.tables, "materials": materials})
    hurt = replace(outcome, case=case)
    html = write_report(hurt, tmp_path / "r.html", stops=world.STOPS).read_text(encoding="utf-8")
    assert evil not in html


def test_sections_without_data_say_so(outcome: world.Sample) -> None:
    frames = ("prices", "flows", "output", "production", "inputs", "use", "limits", "entries")
    nothing = {name: getattr(outcome, name).head(0) for name in frames}
    tables = {**outcome.case.tables, "sources": outcome.case.table("sources").head(0)}
    tables["facilities"] = outcome.case.table("facilities").drop("basis")
    empty = replace(outcome, shares={}, case=world.Tables(tables), **nothing)
    view = view_of(empty)
    for name, module in sections().items():
        html = module.build(view)
        assert "<figure" not in html, name
        if name != "unknown":
            assert f'class="absent">{catalogue()[f"report.absent.{name}"]["en"]}' in html, name
    for name, module in charts().items():
        assert module.build(view) is None, name


def test_headline_states_the_outcome(pages: dict[str, Path]) -> None:
    html = pages["en"].read_text(encoding="utf-8")
    keys = re.findall(r'<div class="value">(.*?)</div><div class="label">(.*?)</div>', html)
    assert [value for value, _ in keys] == ["100 %", "84 %", "91 %", "1.04×", "100 %"]
    assert "heavy separation that stands in China" in keys[0][1]
    assert "NdPr oxide costs in Japan relative to the United States" in keys[3][1]
    assert "high-coercivity NdFeB magnets outside China" in keys[4][1]
    assert "7·10⁻¹⁰" in html


def test_failed_proof_is_shown_as_failed(outcome: world.Sample) -> None:
    from types import SimpleNamespace

    from monazite.report import headline

    bad = SimpleNamespace(primal=1e-3, dual=0.0, complementarity=0.0, gap=0.0, worst=1e-3, ok=False)
    html = headline.build(view_of(replace(outcome, certificate=bad)))
    assert '<div class="proof bad">' in html and "FAILED" in html


def test_limits_are_told_in_words(view: View) -> None:
    html = sections()["limits"].build(view)
    told = {
        "en": ["Metal making outside China is full: 5 of 5 kt/yr run",
               "Heavy separation in China is full: 15 of 15 kt/yr run",
               "China&#x27;s mining quota: all 240 kt/yr are used"],
        "zh": ["中国以外的金属冶炼产能已满", "中国的重稀土分离产能已满",
               "中国稀土开采总量控制指标"],
    }  # fmt: skip
    for sentence in told[view.lang]:
        assert sentence in html
    assert "Metal making in Japan" not in html  # told already as outside China


def test_stop_without_proof_is_named(outcome: world.Sample) -> None:
    view = view_of(outcome, stops=None, failed=(("metal", "CHN"),))
    assert "Metal making, China: no answer that proves itself" in sections()["stops"].build(view)


@pytest.mark.parametrize("periods", [("2024",), ("2025-04", "2025-05")])
def test_stops_are_solved_for_in_a_single_period_only(
    outcome: world.Sample,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    periods: tuple[str, ...],
) -> None:
    asked = copy(outcome)
    object.__setattr__(asked, "market", SimpleNamespace(axes=SimpleNamespace(periods=periods)))
    monkeypatch.setattr("monazite.report.html.stop_all", lambda _: (world.STOPS, ()))
    html = write_report(asked, tmp_path / "r.html").read_text(encoding="utf-8")
    assert ("The stops were not computed for this report." in html) == (len(periods) > 1)


def test_year_comes_from_caller_or_case_or_stays_away(outcome: world.Sample) -> None:
    from monazite.report import headline

    undated = world.Tables({**outcome.case.tables, "periods": pl.DataFrame(
        {"period": ["2024"], "start": [None], "years": [1.0]})})  # fmt: skip
    renamed = replace(outcome, case=undated,
                            prices=outcome.prices.with_columns(period=pl.lit("base")))  # fmt: skip
    assert view_of(outcome).base_year == "2024"
    assert view_of(renamed, year=2031).base_year == "2031"
    assert headline.title(view_of(renamed)).endswith("prices, places and dependence")


def test_missing_plotly_names_the_remedy(
    outcome: world.Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "plotly.offline", None)
    with pytest.raises(MonaziteError, match=r"pip install \"monazite\[report\]\""):
        write_report(outcome, tmp_path / "r.html")
    assert not list(tmp_path.iterdir())


def test_same_outcome_gives_the_same_page(outcome: world.Sample, pages: dict[str, Path]) -> None:
    from monazite.report.html import page, plotly_js

    again = page(view_of(outcome, "en", **world.BESIDE), plotly_js())
    assert again == pages["en"].read_text(encoding="utf-8")


# --- headings that say what was found -------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "en", "zh"),
    [
        # of 9.495 mined in the US 8.651 go to China; of 16.691 used elsewhere 11.367 come from it
        ("chain", "China works 91 % of what others mine, and makes 68 % of what others use",
         "中国加工了他国开采量的 91%，他国最终用量的 68% 由其生产"),
        # feed and cost 8.2 + 23.0 and 23 + 40; 0.8 of 56.25 kt lose 8 USD/kg
        ("costs", "A kilogram of NdPr oxide costs 31.2 USD at Jiangxi heavy separation and 63.0 at "
         "Mountain Pass separation; 1 % of it is made at a loss",
         "每千克氧化镨钕的成本，在江西重稀土分离为 31.2 美元，在芒廷帕斯分离为 63.0 美元；"
         "其产量的 1% 处于亏损"),
        # 1,819.9 of 2,265.5 MUSD; 14 kt of standard magnets at 44
        ("trade", "China sells 80 % of what crosses borders, by value; the largest flow is "
         "standard NdFeB magnets from China to the United States",
         "按价值计，跨境贸易的 80% 由中国售出；最大的一笔是中国运往美国的普通钕铁硼磁体"),
        # 1,070.1 + 499.8 + 13.7 and 54 - 6.4
        ("books", "Users aside, China gains most by this market, calibration residuals counted: "
         "USD 1.6 billion a year; next is the United States with USD 48 million",
         "除用户外，中国从该市场获益最多（计入校准残差）：每年 16 亿美元；"
         "其次是美国：4,800 万美元"),
        # 240 kt at 5 - 3.1
        ("limits", "The limit that matters most is “mining, China”: it is worth USD 460 million "
         "a year",
         "最要紧的瓶颈是“中国采矿”：每年价值 4.6 亿美元"),
        # 17.0, 16.0, 6.3 and 0.2 %
        ("reconciliation", "Half of 4 published figures were moved by less than 11 %; "
         "one in ten by 17 % or more",
         "4 个公开数据中，半数的调整不到 11%，十分之一的调整达到或超过 17%"),
        # 70.1 of 74, 300 of 329
        ("hindsight", "Half of the 2 prices of 2023, to which nothing was fitted, lie within 7 % "
         "of the real ones",
         "2023 年未参与校准的 2 个价格中，半数与实际相差不到 7%"),
    ],
)  # fmt: skip
def test_headings_say_what_was_found(outcome: world.Sample, name: str, en: str, zh: str) -> None:
    for lang, told in (("en", en), ("zh", zh)):
        view = view_of(outcome, lang, **world.BESIDE)
        assert sections()[name].heading(view) == told


def test_hindsight_counts_the_prices_that_move_the_right_way(outcome: world.Sample) -> None:
    """Down as they really went, down where they went up, and one that the model does not move."""
    rows = [("a", 50.0, 40.0, 1.5, 1.2), ("b", 9.0, 9.0, 0.8, 1.1), ("c", 5.0, 7.0, 1.0, 1.4)]
    names = ["material", "model_2023", "real_2023", "model_ratio", "real_ratio"]
    frame = pl.DataFrame(rows, schema=names, orient="row")
    told = sections()["hindsight"].heading(view_of(outcome, "en", hindsight=frame))
    assert told.startswith("Of 3 prices the model moves 1 the way they really moved between 2023")


def test_without_data_there_is_no_finding(outcome: world.Sample) -> None:
    frames = ("prices", "flows", "output", "production", "inputs", "use", "limits", "entries")
    nothing = {name: getattr(outcome, name).head(0) for name in frames}
    empty = view_of(replace(outcome, shares={}, **nothing))
    for name, module in sections().items():
        assert getattr(module, "heading", lambda _: "")(empty) == "", name


def test_nothing_worth_anything_holds_nothing_back(outcome: world.Sample) -> None:
    idle = outcome.output.with_columns(scarcity_rent=pl.lit(0.0))
    free = replace(outcome, output=idle, limits=outcome.limits.head(0))
    assert sections()["limits"].heading(view_of(free)) == (
        "Nothing that is full holds the market back"
    )


def test_limits_stand_by_what_they_are_worth(outcome: world.Sample) -> None:
    """The sentence of the dearest limit, which the heading names, comes first."""
    view = view_of(outcome, "en")
    worth = [amount for amount, _, _ in sections()["limits"]._told(view)]
    first = sections()["limits"].build(view).split("</li>")[0]
    assert max(worth) == pytest.approx(240 * 1.9) and "Mining in China is full" in first


def test_every_case_that_comes_with_monazite_has_its_words() -> None:
    """A report of it is titled by its subject and its span, and its measures have names."""
    from monazite.data import builtin, builtin_names

    for name in builtin_names():
        assert {f"report.{key}.{name}" for key in ("subject", "span", "case")} <= set(catalogue())
        for measure in builtin(name).table("measures")["measure"].unique():
            words = {f"report.{group}.{measure}" for group in ("measure", "stage")}
            assert words & set(catalogue()), (name, measure)

"""Does the report show what is built over the years, by whom and when?"""

from __future__ import annotations

from typing import Any

import pytest

import monazite as mz
from monazite.report import look, statistics
from monazite.report.charts import charts
from monazite.report.sections import sections
from monazite.report.view import View, view_of
from monazite.study.answers import answers, spread

MINE = {"technology": "mine", "cost": 2.0, "stage": "mining"}


def tables() -> dict[str, Any]:
    """A mines 4 kt; B builds 1 for certain in 2026; C could build for 200 USD per kg/yr."""
    project = {"life": 10.0, "size": 1.0, "earliest": 2026}
    return {
        "materials": [{"material": "m", "stage": "mining"}],
        "facilities": [
            {"facility": "old", "country": "A", "capacity": 4.0, **MINE},
            {"facility": "sure", "country": "B", "capacity": 0.0, "status": "planned", **MINE},
            {"facility": "dear", "country": "C", "capacity": 0.0, "status": "planned", **MINE},
        ],
        "recipes": [{"technology": "mine", "material": "m", "direction": "out", "quantity": 1.0}],
        "demand": [{"country": "A", "material": "m", "intercept": 10.0, "slope": 1.0}],
        "arcs": [{"material": "m", "origin": o, "destination": "A"} for o in "BC"],
        "projects": [
            {"facility": "sure", "status": "committed", "capex": 5.0, **project},
            {"facility": "dear", "status": "planned", "capex": 200.0, **project},
        ],
    }


@pytest.fixture(scope="module")
def outcome() -> Any:
    years = {"first": 2025, "last": 2027, "decided": 2025}
    case = mz.Case.from_tables(tables(), "report")
    return mz.run(mz.Scenario.checked({"name": "y", "years": years}), case=case)


@pytest.fixture(scope="module")
def view(outcome: Any) -> View:
    return view_of(outcome, "en")


def test_shares_over_time_follow_what_is_built(view: View) -> None:
    rows = statistics.share_times(view).filter(country="B").rows()
    assert [row[1] for row in rows] == ["2026", "2027"]
    assert [row[3] for row in rows] == pytest.approx([0.2, 0.2])


def test_what_is_built_and_what_is_not(view: View) -> None:
    built = statistics.projects_built(view).to_dicts()
    assert [(row["facility"], row["begins"]) for row in built] == [("sure", 2026.0)]
    assert (built[0]["built"], built[0]["part"]) == pytest.approx((1, 1))
    assert statistics.projects_idle(view)["facility"].to_list() == ["dear"]
    assert statistics.build_times(view).rows() == [("mining", "B", "2026", pytest.approx(1.0))]


def test_pictures_hold_these_figures(view: View) -> None:
    figures = {name: charts()[name].build(view) for name in ("share_times", "build_times", "gantt")}
    area = {trace["name"]: trace["y"] for trace in figures["share_times"]["data"]}
    assert area["B"] == pytest.approx([0, 0.2, 0.2])
    bars = figures["build_times"]["data"]
    assert [(bar["name"], bar["y"]) for bar in bars] == [("B", pytest.approx([0, 1, 1]))]
    (bar,) = figures["gantt"]["data"]
    assert (bar["base"], bar["x"]) == ([2026.0], [2.0])


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_section_names_what_nobody_builds(outcome: Any, lang: str) -> None:
    html = sections()["years"].build(view_of(outcome, lang))
    assert "dear" in html
    assert {"en": "planned", "zh": "规划"}[lang] in html


@pytest.mark.parametrize(("lang", "told"), [("en", "m saved by users, A"), ("zh", "A用户节约的m")])
def test_what_users_save_is_named_as_such(outcome: Any, lang: str, told: str) -> None:
    view = view_of(outcome, lang)
    assert view.facility("thrift_m_A") == told
    assert view.facility("sure") == "sure"


def test_one_period_says_how_to_ask_for_years() -> None:
    once = mz.run("today", case=mz.Case.from_tables(tables(), "report"))
    assert "--years 2024:2040:2" in sections()["years"].build(view_of(once))


@pytest.fixture(scope="module")
def answered(outcome: Any) -> Any:
    return answers(outcome, members=["A"], without="C", commercial=0.0)


@pytest.fixture(scope="module")
def asked(outcome: Any, answered: Any) -> View:
    return view_of(outcome, "en", answers=answered, period="2026")


def test_owners_stand_beside_places(view: View) -> None:
    """Nobody is named as owner, so every plant belongs to where it stands."""
    place, owner = (charts()[name].build(view)["data"] for name in ("share_times", "owner_times"))
    assert [trace["y"] for trace in place] == [trace["y"] for trace in owner]


def test_concentration_over_time(view: View) -> None:
    """A alone, then A with four fifths of what is made: 0.8^2 + 0.2^2."""
    lines = charts()["hhi_times"].build(view)["data"]
    assert {tuple(round(y) for y in line["y"]) for line in lines} == {(10_000, 6_800, 6_800)}


def test_prices_inside_and_outside(asked: View) -> None:
    """Everything is used in A, which sells at home: 10 - 4 = 6, then 10 - 5 = 5."""
    figure = charts()["price_sides"].build(asked)
    inside, outside = figure["data"]
    assert inside["y"] == pytest.approx([6, 5, 5])
    assert outside["y"] == [None] * 3
    assert charts()["price_sides"].build(view_of(asked.outcome)) is None


def test_waterfall_ends_where_it_says(view: View) -> None:
    """4 stood, 1 is committed, 5 stand and are used: bars float on what came before them."""
    bars = {bar["name"]: bar for bar in charts()["waterfall"].build(view)["data"]}
    b = bars["B"]
    assert b["x"] == ["Committed", "Stands in<br>2027", "Used in<br>2027"]
    assert (b["base"], b["y"]) == (pytest.approx([4, 4, 4]), pytest.approx([1, 1, 1]))


def test_stops_by_year_in_the_report(asked: View) -> None:
    """A stops: of 4 kt nothing is left (4 (10 - 2) - 4 * 2), of 5 kt 1 (4 (10 - 3) - 4 * 2)."""
    html = sections()["stops"].build(asked)
    assert "2026" in html and "Loss, MUSD" in html
    losses = asked.answers.stops.select("period", "loss").unique(maintain_order=True)
    assert losses["loss"].to_list() == pytest.approx([24, 20, 20])


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_independence_has_its_page(outcome: Any, answered: Any, lang: str) -> None:
    """C makes nothing, so A is served all without it, at prices that fall."""
    view = view_of(outcome, lang, answers=answered)
    (heat,) = charts()["independence"].build(view)["data"]
    assert heat["z"] == [pytest.approx([1, 1, 1])]
    assert heat["text"][0] == [look.percent(1.0, lang)] * 3  # no dearer, so no multiple
    told = charts()["independence"]._told
    assert told(view, 0.19, 7.2) == look.percent(0.19, lang) + "<br>×7.2"
    assert told(view, 1.44, 0.47) == look.percent(1.0, lang)
    assert "2025" in sections()["independence"].build(view)


def test_without_answers_the_page_says_how_to_ask(view: View) -> None:
    assert "monazite independence" in sections()["independence"].build(view)


def test_a_few_periods_are_spread_over_all() -> None:
    assert spread("abcdefg") == ("a", "d", "g")
    assert spread("ab") == ("a", "b")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_cost_of_support_has_its_section(lang: str) -> None:
    """A credit of 1 for the 4 kt that A makes anyway: 4 a year in 2026 and 2027."""
    credit = {"kind": "production_credit", "materials": ["m"], "countries": ["A"], "specific": 1.0,
              "start": 2026}  # fmt: skip
    case = mz.Case.from_tables(tables(), "report")
    asked = {"name": "y", "years": {"first": 2025, "last": 2027, "decided": 2025}}
    plain = mz.run(mz.Scenario.checked(asked), case=case)
    paid = mz.run(mz.Scenario.checked(asked | {"instruments": [credit]}), case=case)
    view = view_of(paid, lang, against=plain)
    html = sections()["support"].build(view)
    assert f">{look.number(8.0)}<" in html
    assert {"en": "Expected loss", "zh": "预期损失"}[lang] not in html
    lines = charts()["support_prices"].build(view)["data"]
    assert len(lines) == 4 and lines[0]["y"] == pytest.approx(lines[2]["y"])
    told = sections()["support"].heading(view)  # 4 in 2026 and in 2027 at 5 % from 2025: 7.4
    assert {"en": "treasuries of members lose USD 7", "zh": "成员财政损失 7"}[lang] in told


def test_without_rules_there_is_no_cost_to_tell(view: View) -> None:
    assert "monazite support" in sections()["support"].build(view)


def test_the_headline_tells_the_first_year_the_middle_and_the_last(view: View) -> None:
    """A mines all in 2025, and 4 of 5 once B's mine has come."""
    from monazite.report import headline

    page = headline.build(view)
    assert "100 % → 80 %" in page.replace("\u00a0", " ").replace("\u202f", " ")
    assert page.count(">2026<") == page.count(">2027<") > 0
    assert "from 2025 to 2027" in headline.title(view)


def test_the_first_page_over_years_names_the_base_year_and_gives_long_figures_room(
    view: View,
) -> None:
    """The page shows 2026 or another year, but all runs on from 2025."""
    from monazite.report import headline

    page = headline.build(view)
    assert f"<dt>{view.say('facts.year')}</dt><dd>2025</dd>" in page
    assert 'class="value long">100' in page


@pytest.mark.parametrize("scrap", ["path", "outcome"])
def test_the_first_page_says_how_the_years_were_run(outcome: Any, scrap: str) -> None:
    from dataclasses import replace

    from monazite.report import headline

    years = outcome.scenario.years.but(scrap=scrap, demand="fast")
    other = replace(outcome, scenario=outcome.scenario.model_copy(update={"years": years}))
    page = headline.build(view_of(other, "en"))
    told = {"path": "what the demand path used", "outcome": "what this outcome itself used"}
    assert f"<dt>Old scrap comes back of</dt><dd>{told[scrap]} a life ago</dd>" in page
    assert "<dt>Path of demand</dt><dd>fast</dd>" in page
    assert "<dt>Investors see</dt><dd>all years to come</dd>" in page


def test_raw_figures_of_mines_are_named(view: View) -> None:
    assert statistics._figure(view, "observation", "mine_b_usgs").endswith(" (USGS)")
    told = statistics._figure(view, "observation", "mine_b_usgs")
    assert told.startswith(view.pair("mining", "B")) and "_" not in told


# --- headings that say what was found -------------------------------------------------------------


@pytest.mark.parametrize(
    ("lang", "told"),
    [
        ("en", "The share of A in mining falls from 100 % in 2025 to 80 % in 2027"),
        ("zh", "A在采矿中的份额由 2025 年的 100% 降至 2027 年的 80%"),
    ],
)
def test_the_years_are_headed_by_the_stage_that_moves_most(
    outcome: Any, lang: str, told: str
) -> None:
    """A mines all in 2025, and 4 of 5 once B's mine has come; so begins the page too."""
    from monazite.report import headline

    view = view_of(outcome, lang)
    assert sections()["years"].heading(view) == told
    page = headline.build(view).replace("\u00a0", " ")
    assert f'<h1 class="told">{told}</h1>' in page


def test_one_period_is_headed_by_who_leads_and_says_which_it_is(outcome: Any) -> None:
    from monazite.report.html import page

    view = view_of(outcome, "en", period="2026")
    assert sections()["shares"].heading(view) == "A has 80 % of mining"
    html = page(view, "")
    label = view.say("section.shares.title")
    assert f'<p class="kicker">{label} · 2026</p>' in html
    assert f'<p class="kicker">{view.say("section.years.title")}</p>' in html  # all years


def test_what_moves_less_than_half_a_point_is_not_a_finding(
    view: View, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = sections()["years"]
    monkeypatch.setattr(module, "LEAST", 0.21)
    assert module.heading(view) == "Up to 2027 no stage leaves the country that leads in it"


def test_independence_is_headed_by_what_members_would_be_served(asked: View) -> None:
    """C makes nothing: A is served all without it."""
    told = sections()["independence"].heading(asked)
    assert told == "Without C members would be served 100 % of their m in 2027"


def test_stops_are_headed_by_the_worst_of_the_last_year(
    asked: View, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two stops in the last year that which takes more, of the material used most."""
    import polars as pl

    rows = [
        ("2025", "mining", "A", "m", 4.0, 0.9), ("2027", "mining", "A", "m", 4.0, 0.25),
        ("2027", "metal", "A", "m", 4.0, 0.5), ("2027", "metal", "A", "trace", 0.1, 1.0),
    ]  # fmt: skip
    names = ["period", "stage", "country", "material", "used", "unserved_share"]
    frame = pl.DataFrame(rows, schema=names, orient="row")
    module = sections()["stops"]
    monkeypatch.setattr(module.yearly, "stops", lambda view: frame)
    assert module.heading(asked) == (
        "If metal making in A stopped in 2027, everybody else would lose 50 % of their m"
    )


def test_sections_without_data_have_no_finding(view: View) -> None:
    for name in ("stops", "independence", "support", "rules"):
        assert sections()[name].heading(view) == "", name


def test_the_last_year_of_an_area_keeps_its_label(view: View) -> None:
    """The axis ends where the area ends, so half of its last label lies beyond."""
    drawn = charts()["share_times"].build(view)["layout"]
    assert drawn["xaxis"]["ticklabeloverflow"] == "allow" and drawn["margin"]["r"] >= 20
    names = {note["text"]: note["y"] for note in drawn["annotations"]}
    assert names == {"A": pytest.approx(0.4), "B": pytest.approx(0.9)}  # 4 and 1 of 5 in 2026

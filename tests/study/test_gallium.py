"""A second mineral in the same tables, and what its project does under a ban."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import monazite as mz
from monazite.data import builtin_names
from monazite.data.case import builtin_folder
from monazite.errors import InputError
from monazite.messages import catalogue
from monazite.study.base_year import calibrate, reconcile
from monazite.study.claims import judge
from monazite.study.claims.kinds import kinds
from monazite.study.claims.world import CENTRAL, Point, World, case_at
from monazite.study.effects import terms_of

YEARS = "2024,2026,2028,2030,2032,2035"


@cache
def outcome(name: str, years: str | None = None) -> Any:
    return mz.run(name, years=years) if years else mz.run(name)


def taken(found: Any, country: str, period: str) -> float:
    """Tonnes a year of high-purity gallium that a country's makers of wafers take."""
    rows = found.inputs.filter(country=country, material="ga_refined", period=period)
    return float(rows["quantity"].sum()) * 1e3


def test_the_base_year_is_the_world_that_surveys_tell() -> None:
    today = outcome("gallium_today")
    made = today.production.filter(material="ga_crude")["quantity"].sum() * 1e3
    assert made == pytest.approx(848, rel=0.01)  # USGS 2026
    assert today.shares["recovery"]["by_place"]["CHN"] == pytest.approx(0.99, abs=0.003)
    assert taken(today, "USA", "2024") == pytest.approx(18.7, rel=0.01)
    left = today.flows.filter(pl.col("origin") == "CHN", pl.col("material") != "ga_scrap")
    assert left["quantity"].sum() * 1e3 == pytest.approx(60.9, rel=0.02)  # customs
    assert today.price("ga_crude", "CHN") == pytest.approx(243, rel=0.01)
    assert today.price("ga_crude", "DEU") == pytest.approx(560, rel=0.01)
    assert today.certificate.gap < 1e-9


def test_the_case_is_made_again_from_its_raw_figures() -> None:
    found, case = calibrate("gallium").tables, mz.builtin("gallium")
    for name, column in (("activities", "residual"), ("arcs", "slope"), ("prices", "price")):
        again = mz.Case.from_tables(found, "again").table(name)[column]
        assert again.to_list() == pytest.approx(case.table(name)[column].to_list(), rel=1e-6)
    assert reconcile("gallium").imbalance < 1e-9


def test_reconciled_figures_stay_in_their_ranges() -> None:
    report = reconcile("gallium").report.filter(pl.col("kind") != "observation")
    outside = report.filter(
        (pl.col("reconciled") < pl.col("low") * 0.999)
        | (pl.col("reconciled") > pl.col("high") * 1.001)
    )
    assert outside.height == 0, outside


def test_every_figure_of_the_case_has_a_source_and_elasticities_have_ranges() -> None:
    folder = builtin_folder("gallium") / "source"
    elastic = pl.read_csv(folder / "elasticities.csv")
    assert (elastic["low"] < elastic["high"]).all()
    stated = pl.read_csv(folder / "projects.csv")
    assert (stated["low"] <= stated["capacity"]).all() and stated["source"].null_count() == 0


def test_an_elasticity_may_be_that_of_a_technology_a_material_or_a_sector() -> None:
    from monazite.data.source import read_source
    from monazite.model.calibrate import calibrate as solve

    tables = read_source("gallium")
    base = solve(tables, reconcile("gallium")).tables
    keys = ["refining_crude", "trade_ga_crude", "use_optoelectronics"]
    twice = pl.col("value") * pl.when(pl.col("key").is_in(keys)).then(2).otherwise(1)
    more = {**tables, "elasticities": tables["elasticities"].with_columns(value=twice)}
    new = solve(more, reconcile("gallium")).tables
    for name, rows, column, ratio in (
        ("activities", pl.col("facility") == "jpn_refining", "slope", 0.5),
        ("activities", pl.col("facility") == "jpn_scrap", "slope", 1.0),
        ("demand", pl.col("sector") == "optoelectronics", "elasticity", 2.0),
        ("demand", pl.col("sector") == "solar_other", "elasticity", 1.0),
    ):
        pairs = zip(new[name].filter(rows)[column], base[name].filter(rows)[column], strict=True)
        assert all(a / b == pytest.approx(ratio) for a, b in pairs), (name, column)
    crude = new["arcs"].filter(material="ga_crude", destination="JPN", origin="CHN")["slope"][0]
    before = base["arcs"].filter(material="ga_crude", destination="JPN", origin="CHN")["slope"][0]
    assert crude / before == pytest.approx(0.5)


def test_a_full_stop_leaves_a_quarter_and_a_ban_on_one_country_leaves_most() -> None:
    today, stop, one = map(outcome, ("gallium_today", "gallium_ban", "gallium_ban_usa"))
    assert taken(stop, "USA", "2024") < 0.3 * taken(today, "USA", "2024")
    assert stop.price("ga_refined", "USA") > 4 * today.price("ga_refined", "USA")
    assert stop.price("ga_crude", "CHN") < today.price("ga_crude", "CHN")
    assert 0.8 < taken(one, "USA", "2024") / taken(today, "USA", "2024") < 0.95
    assert one.price("ga_refined", "USA") > 1.5 * one.price("ga_refined", "JPN")
    for found in (stop, one):
        left = found.flows.filter(pl.col("origin") == "CHN", pl.col("destination") == "USA")
        assert left["quantity"].sum() == pytest.approx(0, abs=1e-9)


def test_the_plant_closes_the_gap_when_it_has_ramped_up_and_not_before() -> None:
    done, torn = outcome("gallium_ban_wagerup", YEARS), outcome("gallium_ban", YEARS)
    free = outcome("gallium_today", YEARS)
    closed = {
        year: (taken(done, "USA", year) - taken(torn, "USA", year))
        / (taken(free, "USA", year) - taken(torn, "USA", year))
        for year in ("2026", "2028", "2030", "2035")
    }
    assert closed["2026"] == pytest.approx(0, abs=1e-3)
    assert 0.5 < closed["2028"] < 0.75
    assert closed["2030"] > 0.95
    assert 0.9 < closed["2035"] < closed["2030"]  # use grows, one plant does not
    assert done.production.filter(material="ga_crude", period="2030", country="AUS")[
        "quantity"].sum() == pytest.approx(0.095, rel=1e-3)  # fmt: skip


# --- the kind of test -----------------------------------------------------------------------------


def market(tmp_path: Path) -> World:
    """A uses p = 10 - q of ore, dug in B at 2 for as much as one wants and in A at 2, one of it.

    Without B's ore, A has 1 at a price of 9; a plant of 3 more at 4 in A makes it 4 at 6.
    """
    dig = {"technology": "dig", "stage": "mining"}
    tables: dict[str, Any] = {
        "materials": [{"material": "ore", "stage": "mining"}],
        "facilities": [
            {"facility": "far", "country": "B", "cost": 2.0, "capacity": 20.0, **dig},
            {"facility": "near", "country": "A", "cost": 2.0, "capacity": 1.0, **dig},
            {"facility": "new", "country": "A", "cost": 4.0, "capacity": 0.0, **dig},
        ],
        "recipes": [{"technology": "dig", "material": "ore", "direction": "out", "quantity": 1.0}],
        "arcs": [{"material": "ore", "origin": "B", "destination": "A"}],
        "demand": [{"country": "A", "material": "ore", "intercept": 10.0, "slope": 1.0}],
    }  # fmt: skip
    ban = (
        "instruments: [{kind: export_ban, name: stop, exporters: [B], materials: [ore],"
        " status: proposed}]\n"
    )
    built = "shocks: [{table: facilities, where: {facility: new}, set: {capacity: 3}}]\n"
    (tmp_path / "torn.yaml").write_text(ban, encoding="utf-8")
    (tmp_path / "done.yaml").write_text(ban + built, encoding="utf-8")
    return World(CENTRAL, mz.Case.from_tables(tables, "gap"), folder=tmp_path)


def gap(**more: Any) -> Any:
    fields = {"kind": "gap", "scenario": "done", "torn": "torn", "free": "today",
              "material": "ore", "places": ["A"]}  # fmt: skip
    return kinds()["gap"].model_validate({**fields, **more})


def test_a_gap_by_hand(tmp_path: Path) -> None:
    found = market(tmp_path)
    assert gap().answer(found).value == pytest.approx((4 - 1) / (8 - 1), abs=1e-5)
    times = gap(what="times")
    assert times.answer(found).value == pytest.approx(6 / 2, abs=1e-5)
    assert (gap().unit, times.unit) == ("1", "times")
    assert gap().needs == (("done", False), ("torn", False), ("today", False))
    assert gap(torn="today").answer(found).value is None  # nothing is torn


def test_stress_is_a_range_of_the_data_at_central_assumptions_only(tmp_path: Path) -> None:
    """With near at 2, A has 2 without B, and 5 with the plant: (5 - 2) / (8 - 2)."""
    found = market(tmp_path)
    more = {"table": "facilities", "where": {"facility": "near"}, "set": {"capacity": 2.0}}
    answer = gap(stress={"more": [more]}).answer(found)
    assert (answer.low, answer.high) == pytest.approx((3 / 7, 1 / 2), abs=1e-5)
    stiff = World(Point("stiff", elasticities="stiff"), found.case, folder=found.folder)
    answer = gap(stress={"more": [more]}).answer(stiff)
    assert (answer.low, answer.high) == (None, None)


def test_a_scenario_of_another_case_is_asked_of_that_case() -> None:
    world = World(CENTRAL, mz.builtin("rare_earths"))
    assert "ga_crude" in world.seen("gallium_today", None).outcome.market.axes.materials
    stiff = case_at(Point("stiff", elasticities="stiff"), case="gallium")
    ends = stiff.table("demand").filter(sector="integrated_circuits")["elasticity"].unique()
    assert ends.to_list() == [-0.05]


# --- the claims -----------------------------------------------------------------------------------


def test_what_the_claims_on_gallium_find() -> None:
    tenth, tonnes, price = judge(only=["B-19", "B-20.1", "B-20.2"])
    assert tenth.verdict == "supported"
    assert tenth.central == pytest.approx(0.104, abs=0.01)
    assert (tonnes.verdict, tonnes.turns_on) == ("depends", ("fast", "data"))
    assert tonnes.central is not None and tonnes.central > 0.95
    assert tonnes.low is not None and 0.8 < tonnes.low < 0.9
    assert (price.verdict, price.turns_on) == ("depends", ("fast", "data"))


def test_other_data_make_other_verdicts() -> None:
    """A plant of half the size closes no gap, and one that nobody outgrows closes all of it."""
    from monazite.study.claims import read_claims
    from monazite.study.claims.kinds.gap import Gap
    from monazite.study.claims.table import Claim
    from monazite.study.scenario import Shock

    (claim,) = [one for one in read_claims() if one.id == "B-20.1"]
    assert isinstance(claim.test, Gap)
    half = {"table": "projects", "where": {"facility": "aus_wagerup"}, "multiply": {"size": 0.5}}
    small = claim.test.model_copy(update={"stress": {"half": (Shock.model_validate(half),)}})
    (found,) = judge([Claim(claim.stated, claim.voice, small)], quick=True)
    assert found.low is not None and 0.4 < found.low < 0.85
    plain = claim.test.model_copy(update={"stress": {}})
    (found,) = judge([Claim(claim.stated, claim.voice, plain)], quick=True)
    assert found.verdict == "supported"


# --- a user's own case, and the page --------------------------------------------------------------


def test_a_scenario_may_name_a_folder(tmp_path: Path) -> None:
    """China makes 5 % less in the user's copy; a scenario beside the claims asks that."""
    mine = tmp_path / "mine"
    mz.builtin("gallium").write(mine)
    (tmp_path / "own.yaml").write_text(f"case: {mine}\n", encoding="utf-8")
    activities = pl.read_csv(mine / "activities.csv")
    base = next(name for name in activities.columns if name.startswith("base"))
    less = pl.when(pl.col("facility") == "chn_recovery").then(pl.col(base) * 0.95)
    activities.with_columns(less.otherwise(pl.col(base)).alias(base)).write_csv(
        mine / "activities.csv"
    )
    for point in (CENTRAL, Point("stiff", elasticities="stiff")):
        found = World(point, mz.builtin("rare_earths"), folder=tmp_path)
        case = found.seen("own", None).outcome.case
        lower = case.table("activities").filter(facility="chn_recovery")["base"][0]
        assert lower == pytest.approx(0.839 * 0.95, rel=0.001)


def test_the_page_tells_what_comes_out() -> None:
    page = (Path(__file__).parents[2] / "docs" / "gallium.md").read_text(encoding="utf-8")
    rows = [row for row in page.splitlines() if row.startswith("| `gallium_")]
    assert len(rows) == 4
    for row in rows:
        name = row.split("`")[1]
        cells = [cell.strip(" )") for cell in row.split("|")[2:-1]]
        found = outcome(name, YEARS)
        for year, cell in zip(YEARS.split(",")[1:], cells, strict=True):
            tonnes, price = (float(x.replace(",", "")) for x in cell.split(" ("))
            assert taken(found, "USA", year) == pytest.approx(tonnes, abs=0.1), (name, year)
            assert found.price("ga_refined", "USA", year) == pytest.approx(price, rel=0.01)


def test_a_source_folder_may_lack_what_a_mineral_does_not_have(tmp_path: Path) -> None:
    """No quotas, no thrift, no stocks; but outputs and prices there must be."""
    from shutil import copytree

    from monazite.data.source import MAY_BE_NONE, read_source
    from monazite.errors import InputError

    copytree(builtin_folder("gallium"), tmp_path / "mine")
    found = read_source(tmp_path / "mine")
    lacking = [one for one in MAY_BE_NONE if not (tmp_path / f"mine/source/{one}.csv").is_file()]
    assert {"quotas", "stocks", "thrift"} <= set(lacking)
    assert all(found[name].height == 0 for name in lacking)
    for name in ("prices", "uses"):
        (tmp_path / f"mine/source/{name}.csv").unlink()
    with pytest.raises(InputError) as caught:
        read_source(tmp_path / "mine")
    assert sorted(one.file for one in caught.value.faults) == [
        "source/prices.csv", "source/uses.csv"
    ]  # fmt: skip


def test_stages_of_every_case_have_names_in_both_languages() -> None:
    for name in builtin_names():
        for measure in mz.builtin(name).table("measures")["measure"].unique():
            assert set(catalogue()[f"report.stage.{measure}"]) >= {"en", "zh"}


def test_outcomes_of_two_minerals_are_not_compared() -> None:
    with pytest.raises(InputError, match="rare is of another case than gallium: it has no ga_"):
        terms_of({"gallium": outcome("gallium_today"), "rare": outcome("today")})

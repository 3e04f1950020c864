"""Do tables come out with the right numbers, and is a case the same however it was written?"""

import datetime
import math

import pandas as pd
import polars as pl
import pytest

from monazite.data import Case, builtin, builtin_names, validate
from monazite.data.schema import tables
from monazite.errors import InputError

MARKET = {
    "curves": [{"country": "AUS", "material": "ore", "intercept": 2.0, "slope": 0.5}],
    "demand": [{"country": "JPN", "material": "ore", "intercept": 10.0, "slope": 1.0}],
    "arcs": [{"material": "ore", "origin": "AUS", "destination": "JPN", "freight": 1.0}],
}
PLANT = {
    "recipes": [{"technology": "pit", "material": "ore", "direction": "out", "quantity": 1}],
    "facilities": [
        {"facility": "mt_weld", "technology": "pit", "country": "AUS", "capacity": 5, "cost": 2}
    ],
}


def faults_of(tables, **more):
    with pytest.raises(InputError) as caught:
        Case.from_tables(tables, **more)
    return caught.value.faults


def one(tables, table, column):
    return Case.from_tables(tables).table(table)[column].item()


def test_three_rows_are_a_market():
    case = Case.from_tables(MARKET, name="textbook")
    assert case.name == "textbook"
    assert case.table("materials").rows(named=True)[0]["material"] == "ore"
    assert case.table("countries")["country"].to_list() == ["AUS", "JPN"]
    period = case.table("periods").row(0, named=True)
    assert (period["period"], period["years"]) == ("base", 1.0)
    assert case.supplied == {"materials", "countries", "periods"}
    assert set(case.stated) == set(MARKET)
    assert case.table("stocks").height == 0
    with pytest.raises(KeyError):
        case.table("no_such_table")


@pytest.mark.parametrize("name", list(tables()))
def test_absent_tables_have_every_column_typed(name):
    frame = Case.from_tables(MARKET).table(name)
    kinds = {"number": pl.Float64, "integer": pl.Int64, "date": pl.Date}
    wanted = {column.name: kinds.get(column.kind, pl.String) for column in tables()[name].columns}
    assert dict(frame.schema) == wanted


def test_defaults_are_filled():
    case = Case.from_tables({**MARKET, **PLANT})
    arc = case.table("arcs").row(0, named=True)
    assert [arc[name] for name in ("loss", "duty", "duty_rate", "export_rate", "slope")] == [
        0.0
    ] * 5
    assert arc["bound"] is None and arc["knee"] is None and arc["period"] is None
    use = case.table("demand").row(0, named=True)
    assert (use["sector"], use["block"], use["form"]) == ("all", 0, "linear")
    plant = case.table("facilities").row(0, named=True)
    assert (plant["availability"], plant["status"]) == (1.0, "operating")
    assert case.table("recipes")["mode"].item() == "main"


@pytest.mark.parametrize(
    ("title", "cell", "value"),
    [
        ("capacity", 5, 5.0),
        ("capacity", "5", 5.0),
        ("capacity [t/yr]", 1500, 1.5),
        ("capacity [t/yr]", "1100", 1.1),
        ("capacity", "1500 t/yr", 1.5),
        ("capacity", "1500t/yr", 1.5),
        ("capacity", "100 t/month", 1.2),
        ("capacity [t/yr]", "1500 t/yr", 1.5),
        ("capacity", "2 Mt/yr", 2000.0),
        ("capacity", "1.5e3 t/yr", 1.5),
        (" capacity  [ kt/yr ] ", " 7 ", 7.0),
        ("capacity [lb/yr]", 1e6, 0.45359237),
    ],
)
def test_units_are_converted(title, cell, value):
    plant = {**PLANT["facilities"][0], title: cell}
    if title != "capacity":
        del plant["capacity"]
    found = one({**PLANT, "facilities": [plant]}, "facilities", "capacity")
    assert found == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize(
    ("title", "cell", "value"),
    [("duty_rate", "13%", 0.13), ("duty_rate [%]", 25, 0.25), ("freight", "150 USD/t", 0.15)],
)
def test_percent_and_prices_are_converted(title, cell, value):
    arc = {**MARKET["arcs"][0], title: cell}
    name = title.split(" ")[0]
    assert one({**MARKET, "arcs": [arc]}, "arcs", name) == pytest.approx(value, rel=1e-15)


def test_observations_are_told_in_program_units():
    rows = [
        {"observation": "a", "kind": "output", "value": 210000, "unit": "t", "low": 200000},
        {"observation": "b", "kind": "price", "value": 48180, "unit": "USD/t"},
        {"observation": "c", "kind": "share", "value": 90, "unit": "%"},
        {"observation": "d", "kind": "output", "value": 3, "unit": "kt/yr"},
    ]
    frame = Case.from_tables({**MARKET, "observations": rows}).table("observations")
    assert frame["value"].to_list() == pytest.approx([210.0, 48.18, 0.9, 3.0], rel=1e-15)
    assert frame["unit"].to_list() == ["kt/yr", "USD/kg", "1", "kt/yr"]
    assert frame["low"].to_list() == [200.0, None, None, None]


def test_dates_are_read():
    rows = [
        {"period": "b", "start": "2026"},
        {"period": "a", "start": "2025-03"},
        {"period": "c", "start": datetime.date(2027, 2, 1)},
    ]
    frame = Case.from_tables({**MARKET, "periods": rows}).table("periods")
    days = [datetime.date(2025, 3, 1), datetime.date(2026, 1, 1), datetime.date(2027, 2, 1)]
    assert frame["start"].to_list() == days
    assert frame["period"].to_list() == ["a", "b", "c"]


@pytest.mark.parametrize("period", [2025, 2025.0, "2025", " 2025 "])
def test_a_number_names_a_period(period):
    arcs = [{**MARKET["arcs"][0], "period": period}]
    periods = [{"period": 2025, "start": "2025-01-01"}]
    assert one({**MARKET, "arcs": arcs, "periods": periods}, "arcs", "period") == "2025"


def test_missing_values_of_pandas_are_empty_and_nan_elsewhere_is_refused():
    arcs = {"material": ["ore"], "origin": ["AUS"], "destination": ["JPN"], "bound": [math.nan]}
    assert one({**MARKET, "arcs": pd.DataFrame(arcs)}, "arcs", "bound") is None
    for refused in (arcs, pl.DataFrame(arcs)):
        (fault,) = faults_of({**MARKET, "arcs": refused})
        assert (fault.key, fault.place) == ("not_finite", "arcs:2:bound")


def test_names_cannot_be_misspelt_once_their_table_is_there():
    demand = [{**MARKET["demand"][0], "material": "oer"}]
    assert Case.from_tables({**MARKET, "demand": demand}).table("materials").height == 2
    (fault,) = faults_of({**MARKET, "demand": demand, "materials": [{"material": "ore"}]})
    assert fault.remedy.startswith("did you mean ore?")


def test_every_fault_is_told_at_once():
    broken = {
        "curves": [{"country": "AUS", "material": "ore", "intercept": "a", "slope": -1}],
        "demand": [{"country": "JPN", "material": "ore", "intercept": 1}],
        "arc": [],
    }
    found = [(one.place, one.key) for one in faults_of(broken)]
    assert found == [
        ("arc", "unknown_table_near"),
        ("curves:2:intercept", "not_a_number"),
        ("curves:2:slope", "negative"),
        ("demand:2:slope", "curve_lacks"),
    ]


def test_columns_of_different_length_are_refused():
    arcs = {"material": ["ore", "ore"], "origin": ["AUS"], "destination": ["JPN"]}
    (fault,) = faults_of({**MARKET, "arcs": arcs})
    assert (fault.key, fault.value) == ("uneven_columns", [1, 2])


@pytest.mark.parametrize("held", [None, 5, "text", [[1, 2]]])
def test_what_is_no_table_is_refused(held):
    (fault,) = faults_of({**MARKET, "arcs": held})
    assert (fault.key, fault.place) == ("not_a_table", "arcs")


@pytest.mark.parametrize(
    ("freight", "key"),
    [
        (True, "not_a_number"),
        (10**400, "not_finite"),
        ("Infinity", "not_finite"),
        ("1_000", "not_a_number"),
        ("$5", "not_a_number"),
        ("1\u00a0500 USD/t", "thousands_separator"),
        ("1.234,5", "decimal_comma"),
        ("5 USD/pound", "unknown_unit"),
    ],
)
def test_numbers_that_are_none_are_refused(freight, key):
    (fault,) = faults_of({**MARKET, "arcs": [{**MARKET["arcs"][0], "freight": freight}]})
    assert (fault.key, fault.place) == (key, "arcs:2:freight")


def test_odd_columns_of_frames_are_refused_with_a_place():
    arc = {name: [cell] for name, cell in MARKET["arcs"][0].items()}
    nested = pl.DataFrame({**arc, "freight": [[1.0]]})
    (fault,) = faults_of({**MARKET, "arcs": nested})
    assert (fault.key, fault.place) == ("not_a_number", "arcs:2:freight")
    twice = pd.DataFrame([["ore", "AUS", "JPN", "JPN"]], columns=[*arc][:3] + ["destination"])
    (fault,) = faults_of({**MARKET, "arcs": twice})
    assert (fault.key, fault.place) == ("duplicate_header", "arcs:1:destination")


def test_an_empty_list_is_no_table():
    assert Case.from_tables({**MARKET, "prices": [], "stocks": {}}).digest == (
        Case.from_tables(MARKET).digest
    )


def test_several_sources_stand_in_one_cell():
    sources = [{"source": name, "citation": name} for name in ("usgs", "bgs")]
    curve = {"country": "AUS", "material": "ore", "price": 5, "quantity": 2, "elasticity": 0.5}
    tables = {"curves": [{**curve, "source": "usgs; bgs"}], "sources": sources}
    assert one(tables, "curves", "source") == "usgs; bgs"
    (fault,) = faults_of({**tables, "curves": [{**curve, "source": "usgs; bsg"}]})
    assert (fault.key, fault.value) == ("unknown_reference_near", "bsg")


def test_assumed_and_derived_figures_need_no_source():
    curve = {"country": "AUS", "material": "ore", "price": 5, "quantity": 2, "elasticity": 0.5}
    tables = {"sources": [{"source": "usgs", "citation": "USGS"}], "curves": [curve]}
    assert [fault.key for fault in faults_of(tables)] == ["no_source"]
    for extra in ({"basis": "derived"}, {"basis": "assumption", "low": 1, "high": 3}):
        assert Case.from_tables({**tables, "curves": [{**curve, **extra}]}).digest


def test_element_may_not_grow_although_mass_shrinks():
    recipe = {"technology": "plant", "direction": "in", "quantity": 2, "material": "ore"}
    tables = {
        "recipes": [recipe, {**recipe, "direction": "out", "quantity": 1, "material": "oxide"}],
        "composition": [
            {"material": "ore", "element": "Nd", "share": 0.4},
            {"material": "oxide", "element": "Nd", "share": 0.8},
        ],
    }
    assert Case.from_tables(tables).table("recipes").height == 2
    tables["composition"][1]["share"] = 0.801
    (fault,) = faults_of(tables)
    assert fault.what == "plant (main) gives 0.801 kg of Nd and takes in 0.8"


def test_mass_of_materials_without_composition_may_not_grow():
    recipe = {"technology": "plant", "direction": "in", "quantity": 2, "material": "ore"}
    out = {**recipe, "direction": "out", "material": "oxide"}
    assert Case.from_tables({"recipes": [recipe, out]}).table("recipes").height == 2
    (fault,) = faults_of({"recipes": [recipe, {**out, "quantity": 2.01}]})
    assert fault.key == "mass_created"
    assert Case.from_tables({"recipes": [{**out, "quantity": 5}]}).table("recipes").height == 1


def test_bom_blank_lines_and_spaces_are_tolerated(tmp_path):
    text = "\ufeffcountry , material,intercept,slope\r\n\r\n AUS , ore ,2, 0.5\r\n,,,\r\n"
    (tmp_path / "curves.csv").write_text(text, encoding="utf-8", newline="")
    row = Case.from_folder(tmp_path).table("curves").row(0, named=True)
    assert (row["country"], row["material"], row["slope"]) == ("AUS", "ore", 0.5)


def test_lines_are_those_of_the_file(tmp_path):
    text = 'country,material,intercept,slope,note\n\nAUS,ore,2,0.5,"two\nlines"\nJPN,ore,x,1,\n'
    (tmp_path / "curves.csv").write_text(text, encoding="utf-8")
    assert [fault.place for fault in validate(tmp_path)] == ["curves.csv:5:intercept"]


def test_digest_is_that_of_the_content(tmp_path):
    tables = {**MARKET, **PLANT}
    case = Case.from_tables(tables)
    turned = {
        name: [dict(reversed(list(row.items()))) for row in reversed(rows)]
        for name, rows in reversed(tables.items())
    }
    assert Case.from_tables(turned, name="another").digest == case.digest
    in_tonnes = {**PLANT["facilities"][0], "capacity": "5000 t/yr", "status": "operating"}
    assert Case.from_tables({**tables, "facilities": [in_tonnes]}).digest == case.digest
    more = {**PLANT["facilities"][0], "capacity": 5.000001}
    assert Case.from_tables({**tables, "facilities": [more]}).digest != case.digest
    assert len(case.digest) == 64


def test_stated_tables_can_be_changed_and_are_checked_again():
    case = Case.from_tables({**MARKET, **PLANT})
    plants = case.table("facilities").with_columns(capacity=pl.col("capacity") / 2)
    halved = Case.from_tables({**case.stated, "facilities": plants})
    assert halved.table("facilities")["capacity"].to_list() == [2.5]
    assert case.table("facilities")["capacity"].to_list() == [5.0]
    with pytest.raises(InputError, match="facilities:2:capacity: -5 is negative"):
        negative = plants.with_columns(capacity=pl.lit(-5.0))
        Case.from_tables({**case.stated, "facilities": negative})


def test_builtin_cases_are_sound():
    for name in builtin_names():
        assert builtin(name).name == name
    with pytest.raises(InputError, match="no case of this name"):
        builtin("no_such_case")


def test_folder_that_is_not_there(tmp_path):
    assert [fault.key for fault in validate(tmp_path / "nowhere")] == ["no_folder"]
    assert [fault.key for fault in validate(tmp_path)] == ["no_tables"]


def test_a_hundred_thousand_rows_are_one_table():
    count = 100_000
    arcs = {
        "material": ["ore"] * count,
        "origin": [f"a{k}" for k in range(count)],
        "destination": [f"b{k}" for k in range(count)],
        "freight": [f"{k % 500} USD/t" for k in range(count)],
    }
    frame = Case.from_tables({**MARKET, "arcs": arcs}).table("arcs")
    assert frame.height == count
    assert frame["freight"].sum() == pytest.approx(sum(k % 500 for k in range(count)) / 1000)

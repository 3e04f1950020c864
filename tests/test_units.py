"""Units: exact factors, honest refusals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monazite.errors import UnitFault
from monazite.units import Unit, convert, parse


@pytest.mark.parametrize(
    ("value", "from_", "to", "expected"),
    [
        (1500, "t/yr", "kt/yr", 1.5),
        (1, "Mt", "t", 1e6),
        (1, "USD/kg", "USD/t", 1000),
        (1, "USD/kg", "MUSD/kt", 1),
        (1, "USD/lb", "USD/kg", 1 / 0.45359237),
        (12, "kt/month", "kt/yr", 144),
        (1, "t/day", "kt/yr", 0.365),
        (2, "kt/quarter", "kt/yr", 8),
        (2.5, "BUSD", "MUSD", 2500),
        (25, "%", "fraction", 0.25),
        (3, "g", "kg", 0.003),
        (1, "kUSD", "USD", 1000),
    ],
)
def test_convert_gives_the_known_figure(value, from_, to, expected):
    assert convert(value, from_, to) == pytest.approx(expected, rel=1e-15)


def test_price_times_flow_is_money_per_year():
    assert parse("USD/kg") * parse("kt/yr") == parse("MUSD/yr")
    assert parse("MUSD/yr") / parse("kt/yr") == parse("USD/kg")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("USD/kg/kt", "(USD/kg)/kt"),
        ("(USD/kg)/(kt/yr)", "USD*yr/kg/kt"),
        ("USD/kg", "USD*kg^-1"),
        ("kt^2/kt", "kt"),
        ("1", "fraction"),
        (" kt / yr ", "kt/yr"),
        ("kt·yr", "yr*kt"),
    ],
)
def test_two_spellings_of_one_unit_are_equal(one, other):
    assert parse(one) == parse(other)


@pytest.mark.parametrize("text", ["kt/yr", "USD/kg", "USD/kg/kt", "(USD/kg)/(kt/yr)", "t", "1/yr"])
def test_spelling_reads_back(text):
    assert parse(str(parse(text))) == parse(text)


def test_spelling_of_the_usual_units():
    assert str(parse("USD/kg")) == "USD/kg"
    assert str(parse("MUSD/yr") / parse("kt/yr")) == "USD/kg"
    assert str(parse("kt/yr")) == "kt/yr"
    assert str(parse("USD/kg") / parse("kt/yr")) == "USD*yr/kg/kt"


@pytest.mark.parametrize("text", ["", "  ", "tons", "kt/", "(kt", "kt)", "kt yr", "12", "kt//yr"])
def test_nonsense_is_refused(text):
    with pytest.raises(UnitFault):
        parse(text)


def test_refusal_names_the_unknown_unit():
    with pytest.raises(UnitFault, match="unknown unit 'tons' in 'tons/yr'"):
        parse("tons/yr")


def test_different_dimensions_are_refused():
    with pytest.raises(UnitFault, match="cannot convert kt to kt/yr"):
        convert(1, "kt", "kt/yr")


def test_same_dimension_other_scale_is_not_equal():
    assert parse("t/yr") != parse("kt/yr")
    assert parse("t/yr").dimension == parse("kt/yr").dimension


units = st.builds(
    Unit,
    st.integers(-2, 2),
    st.integers(-2, 2),
    st.integers(-2, 2),
    st.fractions(min_value=1, max_value=1000),
)


@given(units, units)
def test_division_undoes_multiplication(one, other):
    assert one * other / other == one
    assert one * other == other * one

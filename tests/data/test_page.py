"""Is the reference page what the schema says, and is the template a sound beginning?"""

from pathlib import Path

import pytest

from monazite.data import template, validate
from monazite.data.schema import SLOPE, TABLES, reference_page, references, tables
from monazite.errors import InputError
from monazite.units import parse

DOCS = Path(__file__).parents[2] / "docs"


def test_committed_page_is_the_generated_one():
    """Generate it anew: python -c "from monazite.data.schema import *; print(reference_page())"."""
    assert (DOCS / "tables.md").read_text(encoding="utf-8") == reference_page("en")


def test_page_tells_unit_range_default_and_meaning():
    line = (
        "| `availability` | 1 | 0 ≤ availability ≤ 1 | 1 | part of the capacity that can be used |"
    )
    assert line in reference_page("en").splitlines()
    assert "| `availability` | 1 | 0 ≤ availability ≤ 1 | 1 | 可利用的产能比例 |" in reference_page(
        "zh"
    )


def test_schema_is_consistent():
    for table in TABLES:
        assert len(table.by_name) == len(table.columns), table.name
        assert table.keys, table.name
        assert not table.figure or table.column(table.figure).kind == "number"
        for column in table.columns:
            if column.unit:
                parse(column.unit)
            if column.references:
                target, name = column.references.split(".")
                assert tables()[target].column(name).key
            if column.default is not None and column.allowed:
                assert column.default in column.allowed
    assert parse(SLOPE) == parse("USD/kg/kt*yr")


def test_references_finds_every_place_of_a_country():
    assert ("arcs", "destination") in references("countries.country")
    assert ("observations", "partner") in references("countries.country")
    assert ("arcs", "material") not in references("countries.country")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_template_is_a_sound_beginning(tmp_path, lang):
    written = template(tmp_path / "market", lang)
    assert len(written) == len(TABLES) + 1
    assert validate(tmp_path / "market") == []
    header = (tmp_path / "market" / "curves.csv").read_text(encoding="utf-8")
    assert header.startswith("country,material,period,intercept [USD/kg],slope [(USD/kg)/(kt/yr)],")
    told = (tmp_path / "market" / "README.md").read_text(encoding="utf-8")
    assert told == reference_page(lang)


def test_template_overwrites_nothing(tmp_path):
    (tmp_path / "demand.csv").write_text("country,material\n", encoding="utf-8")
    with pytest.raises(InputError, match="demand.csv: the table is already there"):
        template(tmp_path)
    assert (tmp_path / "demand.csv").read_text(encoding="utf-8") == "country,material\n"
    assert not (tmp_path / "README.md").exists()

"""Is a case the same after CSV, Parquet and memory, whatever numbers and names it holds?"""

import tempfile
from pathlib import Path

import pandas as pd
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from monazite.data import Case

NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]),
    min_size=1,
    max_size=8,
)
AMOUNTS = st.floats(0, 1e9, allow_subnormal=False)
MAYBE = st.none() | AMOUNTS
NOTES = st.none() | NAMES.map(lambda name: f'{name}, "{name}"\n{name}')


@st.composite
def markets(draw):
    names = draw(st.lists(NAMES, min_size=2, max_size=4, unique=True))
    arcs = [
        {
            "material": "ore",
            "origin": origin,
            "destination": destination,
            "freight": draw(AMOUNTS),
            "loss": draw(st.none() | st.floats(0, 0.9)),
            "bound": draw(MAYBE),
            "residual": draw(st.none() | st.floats(-1e6, 1e6)),
            "note": draw(NOTES),
        }
        for origin in names
        for destination in names
        if origin != destination
    ]
    demand = [
        {
            "country": name,
            "material": "ore",
            "form": "fixed",
            "quantity": draw(AMOUNTS),
            "block": draw(st.sampled_from([None, 0])),
        }
        for name in names
    ]
    periods = [{"period": "p", "start": draw(st.dates()), "years": draw(st.floats(0.1, 50))}]
    return {"arcs": arcs, "demand": demand, "periods": periods}


def assert_same(one, other):
    assert one.digest == other.digest
    for name, frame in one.frames.items():
        assert frame.equals(other.table(name)), name


@settings(max_examples=20, deadline=None)
@given(markets())
def test_files_give_the_same_case(tables):
    case = Case.from_tables(tables)
    with tempfile.TemporaryDirectory() as folder:
        for parquet in (False, True):
            case.write(Path(folder) / str(parquet), parquet=parquet)
            assert_same(case, Case.from_folder(Path(folder) / str(parquet)))


@settings(max_examples=20, deadline=None)
@given(markets())
def test_every_kind_of_table_in_memory_gives_the_same_case(tables):
    case = Case.from_tables(tables)
    columns = {
        name: {column: [row[column] for row in rows] for column in rows[0]}
        for name, rows in tables.items()
    }
    polars = {name: pl.DataFrame(held, strict=False) for name, held in columns.items()}
    pandas = {name: pd.DataFrame(held) for name, held in columns.items()}
    for held in (columns, polars, pandas, case.stated):
        assert_same(case, Case.from_tables(held))


@settings(max_examples=20, deadline=None)
@given(markets(), st.randoms(use_true_random=False))
def test_order_of_rows_and_columns_does_not_matter(tables, random):
    def shuffled(items):
        return random.sample(list(items), k=len(items))

    turned = {
        name: [dict(shuffled(row.items())) for row in shuffled(rows)]
        for name, rows in shuffled(tables.items())
    }
    assert_same(Case.from_tables(tables), Case.from_tables(turned))

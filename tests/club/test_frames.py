"""Do frames say the same as books, there and back?"""

from __future__ import annotations

import polars as pl
import pytest

from monazite.club import Book, Conversion, Order, Product, Rules, clear
from monazite.club.frames import book_from, tables
from monazite.errors import InputError

PRODUCTS = pl.DataFrame(
    {"id": ["ore", "ox"], "material": ["ore", "ox"], "place": ["AUS", "AUS"], "reference": [5, 7]}
)
ORDERS = pl.DataFrame(
    {
        "id": ["o", "b"], "member": ["m", "n"], "group": ["m", "n"], "side": ["ask", "bid"],
        "product": ["ore", "ox"], "lots": [10, 5], "limit": [4, 20], "lot": ["L1", None],
    }
)  # fmt: skip
RECIPES = pl.DataFrame(
    {
        "id": ["c"], "member": ["p"], "group": ["p"], "inputs": [[["ore", 2]]],
        "outputs": [[["ox", 1]]], "fee": [3], "runs": [5],
    },
    schema_overrides={"inputs": pl.Object, "outputs": pl.Object},
)  # fmt: skip


def test_a_book_of_frames_is_the_book_of_its_rows():
    book = book_from("a", products=PRODUCTS, orders=ORDERS, conversions=RECIPES)
    assert book == Book(
        "a",
        (Product("ore", "ore", "AUS", reference=5), Product("ox", "ox", "AUS", reference=7)),
        (Order("o", "m", "m", "ask", "ore", 10, 4, "L1"), Order("b", "n", "n", "bid", "ox", 5, 20)),
        (Conversion("c", "p", "p", (("ore", 2),), (("ox", 1),), 3, 5),),
    )
    found = tables(clear(book, Rules("1", "s")))
    assert found["orders"].sort("order")["kg"].to_list() == [5, 10]
    assert found["legs"]["uusd"].sum() == 0
    assert found["legs"].filter(pl.col("product") == "ore")["kg"].sum() == 0


def test_pandas_frames_do_as_well():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(PRODUCTS.to_dicts())
    assert book_from("a", products=frame).products == book_from("a", products=PRODUCTS).products


def test_faults_of_a_frame_are_told_all_at_once():
    with pytest.raises(InputError) as caught:
        book_from("a", products=PRODUCTS, orders=ORDERS.with_columns(lots=0, side=pl.lit("buy")))
    assert len(caught.value.faults) == 4

"""How does an auction look as tables? A book from frames, and a clearing as frames.

A frame is a polars DataFrame, or anything with `to_dicts` or pandas' `to_dict("records")`; its
columns are the fields of `orders`. Numbers are whole, as everywhere in the club.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from monazite.club.orders import Book, Clearing
from monazite.club.reading import book_of

if TYPE_CHECKING:
    import polars as pl

TABLES = ("prices", "orders", "links", "stockpile", "netted", "legs")


def book_from(auction: str, **frames: Any) -> Book:
    """The book whose lists (products, orders, conversions, ...) are given as frames.

    A recipe is a list of [product, kilograms]. Raises InputError with every fault found.
    """
    return book_of({"auction": auction, **{name: _rows(one) for name, one in frames.items()}})


def _rows(frame: Any) -> list[dict[str, Any]]:
    rows = frame.to_dicts() if hasattr(frame, "to_dicts") else frame.to_dict("records")
    # an empty cell is a field not given
    return [{key: one for key, one in row.items() if one is not None} for row in rows]


def tables(clearing: Clearing) -> Mapping[str, pl.DataFrame]:
    """What the auction did, as polars frames: prices, orders, links, stockpile, netted, legs."""
    import polars as pl

    return {name: pl.DataFrame(clearing.record[name], infer_schema_length=None) for name in TABLES}

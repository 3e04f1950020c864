"""Does a recipe create mass?

Per kg of activity, for every element e, with shares s in oxide equivalents:
    sum over outputs of quantity * s[e]  <=  sum over inputs of quantity * s[e]
when every input has a composition, else  sum of outputs <= sum of inputs  in kg. A recipe without
an input is a mine and draws on the ground.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from monazite.data.rows import at
from monazite.data.schema import tables
from monazite.data.sheet import LINE, Sheet
from monazite.errors import Fault

if TYPE_CHECKING:
    import polars as pl

# relative to what goes in; the rounding that quantities typed with six digits carry
TOLERANCE = 1e-6
_RECIPE = ["technology", "mode"]


def check_mass(recipes: Sheet, composition: Sheet | None) -> Iterator[Fault]:
    """A fault for each recipe and element of which more comes out than goes in."""
    if composition is not None and not composition.complete:
        return
    rows = _checkable(recipes.frame)
    shares = _shares(rows, composition)
    composed = _composed(rows, shares)
    by_element = rows.join(composed, on=_RECIPE, how="semi").join(shares, on="material")
    yield from _excess(by_element, [*_RECIPE, "element"])
    yield from _excess(rows.join(composed, on=_RECIPE, how="anti"), _RECIPE)


def _checkable(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows of the recipes that have an input and lack no number."""
    import polars as pl

    known = pl.col("quantity").is_not_null() & pl.col("direction").is_not_null()
    fed = (pl.col("direction") == "in").any().over(_RECIPE)
    return frame.with_columns(_all=known.all().over(_RECIPE)).filter(pl.col("_all") & fed)


def _shares(rows: pl.DataFrame, composition: Sheet | None) -> pl.DataFrame:
    import polars as pl

    if composition is None:
        return rows.select("material", element="material", _share=pl.lit(1.0)).clear()
    whole = pl.col("share").is_not_null().all().over("material")
    return composition.frame.filter(whole).select("material", "element", _share="share")


def _composed(rows: pl.DataFrame, shares: pl.DataFrame) -> pl.DataFrame:
    """The recipes of which every input has a composition."""
    import polars as pl

    known = pl.col("material").is_in(shares["material"].unique().to_list())
    every = (known | (pl.col("direction") != "in")).all()
    return rows.group_by(_RECIPE).agg(_every=every).filter("_every").select(_RECIPE)


def _excess(rows: pl.DataFrame, by: list[str]) -> Iterator[Fault]:
    """Groups of rows of which more comes out than goes in, told at the first row that comes out."""
    import polars as pl

    share = pl.col("_share") if "_share" in rows.columns else pl.lit(1.0)
    amount = (pl.col("quantity") * share).alias("_amount")
    out = pl.col("direction") == "out"
    weighed = rows.with_columns(amount).with_columns(
        _in=pl.col("_amount").filter(~out).sum().over(by),
        _out=pl.col("_amount").filter(out).sum().over(by),
    )
    gained = weighed.filter(out & (pl.col("_out") > pl.col("_in") * (1 + TOLERANCE) + TOLERANCE**2))
    first = gained.sort(LINE).unique(by, keep="first", maintain_order=True)
    for row in first.iter_rows(named=True):
        key = "element_created" if "element" in by else "mass_created"
        told = {name: row.get(name) for name in ("technology", "mode", "element")}
        given, taken = f"{row['_in']:.6g}", f"{row['_out']:.6g}"
        yield at(tables()["recipes"], row, "quantity", key, given=given, taken=taken, **told)

"""How does a rule tell goods apart by where they were made, or by whom? Marks in the tables.

What is made from anything covered, or in a covered place, or by a covered owner, is covered: the
recipes are walked from the materials that a rule names up to the ground, swarf and joint outputs
included, and the mark is traced in all of them (model/marks.py). Rules that cover the same places
in the same way share a mark.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from monazite.data.schema import references
from monazite.data.schema import tables as schema_tables
from monazite.policy.bounds import known, with_rows

if TYPE_CHECKING:
    import polars as pl

    from monazite.model.outcome import Outcome
    from monazite.policy.base import Tables

Periods = list[str | None]


@dataclass(frozen=True)
class Provenance:
    """What makes goods covered.

    `by` place: any step in, or passage through, one of the countries `covered`. `by` owner: a step
    at a facility of which owners from these countries hold at least `owner_share`; a facility
    without owners is its own country's. An input of less than `de_minimis` of the value of what is
    made from it, at reference prices, does not count, nor does one that is `untraced`.
    """

    covered: tuple[str, ...]
    by: Literal["place", "owner"] = "place"
    owner_share: float = 0.5
    de_minimis: float = 0.0
    untraced: tuple[str, ...] = ()

    @property
    def mark(self) -> str:
        """The mark's name: CHN, CHN_owned_25%, CHN_above_0.1%, CHN_but_gd_oxide."""
        words = ["+".join(sorted(self.covered))]
        if self.by == "owner":
            words.append("owned" if self.owner_share == 0.5 else f"owned_{self.owner_share:.4g}")
        if self.de_minimis:
            words.append(f"above_{100 * self.de_minimis:.4g}%")
        if self.untraced:
            words.append("but_" + "+".join(sorted(self.untraced)))
        return "_".join(words)


def split(tables: Tables, provenance: Provenance, materials: Iterable[str]) -> Tables:
    """The tables in which the mark is traced in the materials and all that they are made of."""
    import polars as pl

    mark = provenance.mark
    traced = sorted(upstream(tables, materials, provenance.untraced))
    rows = [{"material": material} for material in traced]
    if provenance.by == "place":
        rows += [{"country": country} for country in provenance.covered]
    else:
        rows += [{"facility": facility} for facility in owned(tables, provenance)]
    names = ("mark", "country", "facility", "material")
    terms = pl.DataFrame(
        [{**dict.fromkeys(names), **row, "mark": mark} for row in rows],
        schema=dict.fromkeys(names, pl.String),
    ).with_columns(basis=pl.lit("definition"))
    own = pl.DataFrame({"mark": mark, "de_minimis": provenance.de_minimis, "basis": "definition"})
    tables = with_rows(with_rows(tables, "marks", own), "mark_terms", terms)
    once = {
        "marks": tables["marks"].unique("mark", keep="first", maintain_order=True),
        "mark_terms": tables["mark_terms"].unique(names, keep="first", maintain_order=True),
    }
    return {**tables, **once}


def upstream(tables: Tables, materials: Iterable[str], untraced: Sequence[str] = ()) -> set[str]:
    """The materials and all that they are made of by any recipe, leaving out what is untraced."""
    import polars as pl

    found = set(materials) - set(untraced)
    recipes = tables.get("recipes")
    if recipes is None:
        return found
    way = ["technology", "mode"]
    into = recipes.filter(pl.col("direction") == "in").select(*way, fed="material")
    pairs = (
        recipes.filter(pl.col("direction") == "out").join(into, on=way).select("material", "fed")
    )
    while True:
        fed = set(pairs.filter(pl.col("material").is_in(list(found)))["fed"]) - set(untraced)
        if fed <= found:
            return found
        found |= fed


def owned(tables: Tables, provenance: Provenance) -> list[str]:
    """Facilities of which owners from covered countries hold at least the share asked for."""
    import polars as pl

    facilities, owners = tables.get("facilities"), tables.get("owners")
    if facilities is None:
        return []
    covered, found = list(provenance.covered), set[str]()
    alone = facilities.filter(pl.col("country").is_in(covered))
    if owners is not None:
        alone = alone.join(owners, on="facility", how="anti")
        held = (
            owners.filter(pl.col("owner_country").is_in(covered))
            .group_by("facility")
            .agg(pl.col("share").sum())
        )
        found |= set(held.filter(pl.col("share") >= provenance.owner_share - 1e-9)["facility"])
    return sorted(found | set(alone["facility"]))


def asked_to_be_free(
    tables: Tables, name: str, here: pl.Expr, mark: str, periods: Periods, **more: pl.Expr
) -> Tables:
    """The tables in which the rows `here` of arcs or demand ask for goods free of the mark."""
    import polars as pl

    listed = (
        pl.col("free_of").fill_null("").str.split(";").list.eval(pl.element().str.strip_chars())
    )
    every = listed.list.concat(pl.lit(mark)).list.unique().list.sort()
    words = every.list.eval(pl.element().filter(pl.element() != "")).list.join("; ")
    return in_periods(
        with_column(tables, name, "free_of"), name, here, periods, free_of=words, **more
    )


def with_column(tables: Tables, name: str, column: str) -> Tables:
    """The tables in which one has a column, empty where it had none."""
    import polars as pl

    if column in tables[name].columns:
        return tables
    kind = pl.Float64 if schema_tables()[name].column(column).kind == "number" else pl.String
    return {**tables, name: tables[name].with_columns(pl.lit(None, dtype=kind).alias(column))}


def in_periods(
    tables: Tables, name: str, here: pl.Expr, periods: Periods, **values: pl.Expr
) -> Tables:
    """The tables with cells of the rows `here` changed, in some periods or ([None]) in all.

    A row for every period gets copies for those in which it differs.
    """
    import polars as pl

    frame = tables[name]
    if periods != [None]:
        frame = with_column(tables, name, "period")[name]
        keys = [key for key in schema_tables()[name].keys if key in frame.columns]
        bare = frame.filter(here & pl.col("period").is_null())
        copies = [bare.with_columns(period=pl.lit(period, pl.String)) for period in periods]
        own = [each.join(frame, on=keys, how="anti", nulls_equal=True) for each in copies]
        frame = pl.concat([frame, *own])
        here &= pl.col("period").is_in([each for each in periods if each is not None])
    changed = {
        column: pl.when(here).then(value).otherwise(pl.col(column)).cast(frame[column].dtype)
        for column, value in values.items()
    }
    return {**tables, name: frame.with_columns(**changed)}


def countries(tables: Mapping[str, pl.DataFrame]) -> pl.Series:
    """Every country that the tables speak of."""
    return _spoken_of(tables, "countries.country")


def materials(tables: Mapping[str, pl.DataFrame]) -> pl.Series:
    """Every material that the tables speak of."""
    return _spoken_of(tables, "materials.material")


def _spoken_of(tables: Mapping[str, pl.DataFrame], target: str) -> pl.Series:
    import polars as pl

    own = [tuple(target.split(".")), *references(target)]
    found = [
        tables[name][column].drop_nulls()
        for name, column in own
        if name in tables and column in tables[name].columns
    ]
    return pl.concat(found).unique() if found else pl.Series([], dtype=pl.String)


def among(column: str, names: Sequence[str], stated: pl.Series) -> pl.Expr:
    """Rows whose column is one of the names; every row without names. InputError for a name that
    is not among those `stated`.
    """
    import polars as pl

    if not names:
        return pl.lit(True)
    return pl.col(column).is_in(known(names, stated))


def premiums(outcome: Outcome, mark: str) -> pl.DataFrame:
    """The rows of `classes` that are free of a mark: what provenance costs, and who asks for it."""
    import polars as pl

    listed = pl.col("free_of").str.split("@").list.contains(f"no_{mark}")
    return outcome.classes.filter(listed)


def dearer(rows: pl.DataFrame, least: float) -> bool:
    """Whether a class costs more than another, or cannot be had, in any of the rows."""
    import polars as pl

    more = (pl.col("premium") > least).fill_null(False) | pl.col("price").is_null()
    return not rows.filter(more).is_empty()


def tempting(outcome: Outcome, arcs: pl.DataFrame, least: float) -> bool:
    """Whether carrying goods of any class along one of the rows of arcs would pay, or they have no
    other outlet, or nothing else is to be had at its end. A rule that shuts them then binds.
    """
    costs = ("freight", "duty", "export_tax", "residual")
    axes, supplied = outcome.market.axes, outcome.market.reach.supplied
    for row in arcs.iter_rows(named=True):
        here = outcome.price(row["material"], row["origin"])
        there = outcome.price(row["material"], row["destination"])
        if here is None:
            if supplied[axes.find(row["material"], row["origin"])]:
                return True
            continue
        landed = here * (1 + row["export_rate"]) + sum(row[name] for name in costs)
        if there is None or there * (1 - row["loss"]) - landed > least:
            return True
    return False

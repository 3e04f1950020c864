"""What is wrong between rows and between tables: unknown names, sums, order, mass?

Each check takes all sheets and yields its faults; `CHECKS` lists them. A table that could not be
read whole is not held against the tables that refer to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from monazite.data.mass import check_mass
from monazite.data.names import nearest, suggest
from monazite.data.rows import TOLERANCE, at, check_rows, rows_where
from monazite.data.schema import INFERRED, PERIOD, Column, tables
from monazite.data.sheet import FILE, LINE, Sheet
from monazite.errors import Fault

Sheets = Mapping[str, Sheet]
SUM_TOLERANCE = 1e-6  # shares are typed by hand: 0.333333 three times is a whole
OWN_WORDS = {"recipes.technology": "no_recipe", "demand.sector": "unknown_sector"}
SUGGESTED = 50  # nearest names are looked up for so many unknown names a column: each is a search


def check(sheets: Sheets) -> list[Fault]:
    """Every fault that can only be seen by looking at more than one cell."""
    faults = [one for sheet in sheets.values() for one in check_rows(sheet)]
    return faults + [one for test in CHECKS for one in test(sheets)]


def _references(sheets: Sheets) -> Iterator[Fault]:
    """Names that no row of the table they point to has."""
    for sheet in sheets.values():
        for column in sheet.table.columns:
            known = _known(sheets, column.references) if column.references else None
            if known is not None:
                yield from _unknown(sheet, column, known)


def _unknown(sheet: Sheet, column: Column, known: set[str]) -> Iterator[Fault]:
    import polars as pl

    if set(sheet.frame[column.name].to_list()) - {None} <= known:
        return
    used = sheet.frame.select(pl.col(column.name).alias("word"), FILE, LINE).drop_nulls("word")
    if column.listing:
        used = used.with_columns(pl.col("word").str.split(";")).explode("word")
        used = used.with_columns(pl.col("word").str.strip_chars())
    key = OWN_WORDS.get(column.references, "unknown_reference")
    names = ", ".join(sorted(known)) or "-"
    unknown = used.filter(~pl.col("word").is_in(sorted(known)))
    words = unknown["word"].unique(maintain_order=True).head(SUGGESTED)
    near = {word: nearest(word, known) for word in words}
    for row in unknown.iter_rows(named=True):
        place = (row[FILE], row[LINE], column.name, row["word"])
        known_near = [near[row["word"]]] if near.get(row["word"]) else []
        yield suggest(key, row["word"], known_near, *place, target=column.references, names=names)


def _known(sheets: Sheets, target: str) -> set[str] | None:
    """The names that a reference to `target` may use; None when any name will do."""
    name, column = target.split(".")
    sheet = sheets.get(name)
    if sheet is not None and not sheet.names_known(column):
        return None
    if sheet is not None and sheet.frame.height:
        return set(sheet.frame[column].drop_nulls().unique())
    if name in INFERRED or name == "sources":
        return None
    return {PERIOD} if name == "periods" else set()


def _sources(sheets: Sheets) -> Iterator[Fault]:
    """Figures of a case without a source, once it has sources; an overlay is a user's own."""
    import polars as pl

    if "sources" not in sheets or not sheets["sources"].frame.height:
        return
    for sheet in sheets.values():
        if not sheet.table.sourced:
            continue
        bare = pl.col(sheet.table.figure).is_not_null() & pl.col("source").is_null()
        own = pl.col("basis").is_in(["assumption", "derived", "definition"]).fill_null(False)
        mine = pl.col(FILE).is_in(list(sheet.overlays))
        for row in rows_where(sheet, bare & ~own & ~mine):
            yield at(sheet.table, row, "source", "no_source", figure=sheet.table.figure)


def _owners(sheets: Sheets) -> Iterator[Fault]:
    """Shares of a facility that do not make a whole."""
    import polars as pl

    if "owners" not in sheets or not sheets["owners"].complete:
        return
    owners = sheets["owners"].frame
    totals = owners.group_by("facility").agg(
        _total=pl.col("share").sum(),
        _whole=pl.col("share").is_not_null().all(),
        **{name: pl.col(name).sort_by(LINE).first() for name in ("share", FILE, LINE)},
    )
    apart = pl.col("_whole") & ((pl.col("_total") - 1.0).abs() > SUM_TOLERANCE)
    for row in totals.filter(apart).iter_rows(named=True):
        told = {"total": row["_total"], "name": row["facility"]}
        yield at(tables()["owners"], row, "share", "shares_of_owners", **told)


def _steps(sheets: Sheets) -> Iterator[Fault]:
    """Blocks of step demand whose price rises."""
    import polars as pl

    if "demand" not in sheets:
        return
    one = ["country", "material", "sector", "period"]
    steps = sheets["demand"].frame.filter(
        (pl.col("form") == "step") & pl.col("price").is_not_null()
    )
    steps = steps.sort(*one, "block").with_columns(_before=pl.col("price").shift(1).over(one))
    for row in steps.filter(pl.col("price") > pl.col("_before")).iter_rows(named=True):
        yield at(tables()["demand"], row, "price", "rising_step", before=row["_before"])


def _knees(sheets: Sheets) -> Iterator[Fault]:
    """Activities whose cost would begin to rise above the facility's capacity."""
    import polars as pl

    if not {"activities", "facilities"} <= set(sheets):
        return
    most = sheets["facilities"].frame.group_by("facility").agg(_most=pl.col("capacity").max())
    joined = sheets["activities"].frame.join(most, on="facility", how="inner")
    over = pl.col("knee") > pl.col("_most") * (1 + TOLERANCE)
    for row in joined.filter(over).iter_rows(named=True):
        yield at(tables()["activities"], row, "knee", "knee_above_capacity", capacity=row["_most"])


def _modes(sheets: Sheets) -> Iterator[Fault]:
    """Modes in which a facility cannot run, because its technology has no such recipe."""
    import polars as pl

    if not {"recipes", "facilities"} <= set(sheets) or not sheets["recipes"].complete:
        return
    recipes = sheets["recipes"].frame.select("technology", "mode").drop_nulls().unique()
    technology = sheets["facilities"].frame.select("facility", "technology")
    technology = technology.unique("facility", keep="first", maintain_order=True).filter(
        pl.col("technology").is_in(sorted(set(recipes["technology"])))
    )
    can = technology.join(recipes, on="technology").select("facility", "mode", _can=True)
    for name in ("activities", "limit_terms"):
        if name not in sheets:
            continue
        used = sheets[name].frame.drop_nulls("mode")
        used = used.join(technology, on="facility", how="inner")
        wrong = used.join(can, on=["facility", "mode"], how="anti")
        for row in wrong.iter_rows(named=True):
            modes = recipes.filter(pl.col("technology") == row["technology"])["mode"]
            told = {"technology": row["technology"], "modes": ", ".join(sorted(modes))}
            yield at(tables()[name], row, "mode", "unknown_mode", **told)


def _terms(sheets: Sheets) -> Iterator[Fault]:
    """Terms of a limit on an arc that does not exist, though its material and places do."""
    import polars as pl

    if "limit_terms" not in sheets:
        return
    arc = ["material", "origin", "destination"]
    terms = sheets["limit_terms"].frame.drop_nulls(arc)
    for column in arc:
        known = _known(sheets, sheets["limit_terms"].table.column(column).references)
        if known is not None:
            terms = terms.filter(pl.col(column).is_in(sorted(known)))
    if "arcs" in sheets:
        if not sheets["arcs"].complete:
            return
        terms = terms.join(sheets["arcs"].frame.select(arc).unique(), on=arc, how="anti")
    for row in terms.iter_rows(named=True):
        told = f"{row['material']}, {row['origin']} → {row['destination']}"
        yield at(tables()["limit_terms"], row, "material", "unknown_arc", arc=told)


def _periods(sheets: Sheets) -> Iterator[Fault]:
    """Several periods of which one has no start, or two the same."""
    import polars as pl

    if "periods" not in sheets or sheets["periods"].frame.height < 2:
        return
    sheet = sheets["periods"]
    for row in rows_where(sheet, pl.col("start").is_null()):
        if not sheet.excused(row[FILE], row[LINE], "start"):
            yield at(sheet.table, row, "start", "period_without_start")
    started = sheet.frame.drop_nulls("start").sort("start", LINE)
    twice = started.filter(pl.col("start") == pl.col("start").shift(1))
    for row in twice.iter_rows(named=True):
        yield at(sheet.table, row, "start", "period_twice")


def _mass(sheets: Sheets) -> Iterator[Fault]:
    """Recipes that give more than goes in."""
    if "recipes" not in sheets or not sheets["recipes"].complete:
        return
    yield from check_mass(sheets["recipes"], sheets.get("composition"))


CHECKS = (_references, _sources, _owners, _steps, _knees, _modes, _terms, _periods, _mass)

"""What is wrong within a row: empty cells, crossed ranges, curves that lack a number?

Each check takes one sheet and yields its faults. A cell already at fault is empty here, and
`Sheet.excused` tells so; checks pass over it, so that one mistake is one fault.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from monazite.data.schema import Table, header, in_unit
from monazite.data.sheet import FILE, LINE, Sheet
from monazite.errors import Fault, fault

if TYPE_CHECKING:
    import polars as pl

Row = dict[str, Any]
TOLERANCE = 1e-9  # relative; more than converting between units can lose

# the sets of numbers that give each form of demand, and a supply curve
_POINT = ("price", "quantity", "elasticity")
_LINE = ("intercept", "slope")
FORMS = {
    "linear": (_LINE, _POINT),
    "isoelastic": ((*_POINT, "choke_price"),),
    "fixed": (("quantity",),),
    "step": (("price", "quantity"),),
}


def check_rows(sheet: Sheet) -> Iterator[Fault]:
    """Every fault of a sheet that can be seen one row at a time."""
    yield from _required(sheet)
    if sheet.table.figure:
        yield from _ranges(sheet)
    for test in _OF_TABLE.get(sheet.table.name, ()):
        yield from test(sheet)


def rows_where(sheet: Sheet, wrong: pl.Expr) -> Iterator[Row]:
    """The rows for which `wrong` holds; a condition on an empty cell does not hold."""
    return sheet.frame.filter(wrong).iter_rows(named=True)


def at(table: Table, row: Row, column: str, key: str, **values: Any) -> Fault:
    """The fault `key` at a row's place, its value being that of `column`, in the column's unit."""
    told = {"in_unit": in_unit(table.column(column)), **values}
    return fault(key, row[FILE], row[LINE], column, row[column], **told)


def _required(sheet: Sheet) -> Iterator[Fault]:
    import polars as pl

    for column in sheet.table.columns:
        if not column.required:
            continue
        lacking = [
            file
            for file, given in sheet.given.items()
            if column.name not in given and file not in sheet.overlays
        ]
        for file in lacking:
            if not sheet.excused(file, 1, column.name):
                yield fault("missing_column", file, 1, column.name, title=header(column))
        empty = pl.col(column.name).is_null() & ~pl.col(FILE).is_in(lacking)
        for row in rows_where(sheet, empty):
            if not sheet.excused(row[FILE], row[LINE], column.name):
                yield at(sheet.table, row, column.name, "empty_cell")


def _ranges(sheet: Sheet) -> Iterator[Fault]:
    """low above high, a figure outside its own range, an assumption without a range."""
    import polars as pl

    figure = sheet.table.figure
    low, high, value = pl.col("low"), pl.col("high"), pl.col(figure)
    crossed = (low > high).fill_null(False)
    for row in rows_where(sheet, crossed):
        yield at(sheet.table, row, "low", "low_above_high", high=row["high"])
    slack = TOLERANCE * value.abs()
    outside = (value < low - slack) | (value > high + slack)
    for row in rows_where(sheet, outside & ~crossed):
        yield at(sheet.table, row, figure, "outside_range", low=row["low"], high=row["high"])
    if "basis" not in sheet.table.evidence:
        return
    bare = (pl.col("basis") == "assumption") & (low.is_null() | high.is_null())
    for row in rows_where(sheet, bare & ~pl.col(FILE).is_in(list(sheet.overlays))):
        if not any(sheet.excused(row[FILE], row[LINE], end) for end in ("low", "high")):
            yield at(sheet.table, row, "basis", "assumption_without_range", figure=figure)


def _demand(sheet: Sheet) -> Iterator[Fault]:
    import polars as pl

    form = pl.col("form").fill_null("linear")
    for name, sets in FORMS.items():
        yield from _curve(sheet, form == name, name, sets)
    for row in rows_where(sheet, (pl.col("block") > 0) & (form != "step")):
        yield at(sheet.table, row, "block", "block_without_step")
    for row in rows_where(sheet, pl.col("choke_price") <= pl.col("price")):
        yield at(sheet.table, row, "choke_price", "choke_below_price", price=row["price"])
    for name in ("price", "quantity"):
        for row in rows_where(sheet, (pl.col(name) == 0) & pl.col("elasticity").is_not_null()):
            yield at(sheet.table, row, name, "curve_through_zero")


def _supply(sheet: Sheet) -> Iterator[Fault]:
    import polars as pl

    yield from _curve(sheet, pl.lit(True), "supply", FORMS["linear"])


def _curve(
    sheet: Sheet, here: pl.Expr, form: str, sets: tuple[tuple[str, ...], ...]
) -> Iterator[Fault]:
    """Rows of one form in which no set of numbers is whole, or more than one is."""
    import polars as pl

    whole = [pl.all_horizontal(pl.col(name).is_not_null() for name in names) for names in sets]
    told = dict(zip(("one", "other"), map(", ".join, sets), strict=False))
    key = "curve_lacks" if len(sets) > 1 else "curve_lacks_number"
    for row in rows_where(sheet, here & ~pl.any_horizontal(whole)):
        lacking = _lacking(row, sets)
        if not any(sheet.excused(row[FILE], row[LINE], name) for name in lacking):
            yield at(sheet.table, row, lacking[0], key, form=form, **told)
    if len(sets) > 1:
        for row in rows_where(sheet, here & pl.all_horizontal(whole)):
            yield at(sheet.table, row, sets[1][0], "curve_twice", form=form, **told)


def _lacking(row: Row, sets: Iterable[tuple[str, ...]]) -> list[str]:
    """What is missing from the set of which most is there."""
    most = max(sets, key=lambda names: sum(row[name] is not None for name in names))
    return [name for name in most if row[name] is None]


def _arcs(sheet: Sheet) -> Iterator[Fault]:
    import polars as pl

    for row in rows_where(sheet, pl.col("origin") == pl.col("destination")):
        yield at(sheet.table, row, "destination", "arc_to_itself")
    for row in rows_where(sheet, pl.col("knee") > pl.col("bound") * (1 + TOLERANCE)):
        yield at(sheet.table, row, "knee", "knee_above_capacity", capacity=row["bound"])


def _slopes(sheet: Sheet) -> Iterator[Fault]:
    import polars as pl

    for row in rows_where(sheet, (pl.col("slope") > 0) & pl.col("knee").is_null()):
        if not sheet.excused(row[FILE], row[LINE], "knee"):
            yield at(sheet.table, row, "slope", "slope_without_knee")


def _stocks(sheet: Sheet) -> Iterator[Fault]:
    import polars as pl

    for name in ("initial", "final_minimum"):
        over = pl.col(name) > pl.col("capacity") * (1 + TOLERANCE)
        for row in rows_where(sheet, over):
            yield at(sheet.table, row, name, "stock_above_capacity", capacity=row["capacity"])


def _years(sheet: Sheet) -> Iterator[Fault]:
    import polars as pl

    for row in rows_where(sheet, pl.col("first_year") > pl.col("last_year")):
        yield at(sheet.table, row, "last_year", "years_crossed", first=row["first_year"])


def _terms(sheet: Sheet) -> Iterator[Fault]:
    """A term names either a facility or a whole arc."""
    import polars as pl

    arc = ("material", "origin", "destination")
    whole = pl.all_horizontal(pl.col(name).is_not_null() for name in arc)
    some = pl.any_horizontal(pl.col(name).is_not_null() for name in arc)
    facility = pl.col("facility").is_not_null()
    for row in rows_where(sheet, ~((facility & ~some) | (~facility & whole))):
        if not any(sheet.excused(row[FILE], row[LINE], name) for name in ("facility", *arc)):
            yield at(sheet.table, row, "facility", "term_of_nothing")


_OF_TABLE = {
    "activities": (_slopes,),
    "arcs": (_arcs, _slopes),
    "curves": (_supply,),
    "demand": (_demand,),
    "facilities": (_years,),
    "limit_terms": (_terms,),
    "stocks": (_stocks,),
}

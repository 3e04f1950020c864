"""Does the model, frozen at its base year, give the prices of another year from that year's
tonnages?

Every parameter stays; capacities, quotas and use are multiplied by tonnage of the other year over
tonnage of the base year (``source/tonnages_<year>.csv``). What comes out is set beside the real
prices (``source/prices_<year>.csv``), whatever it is. Ratios of price are compared, since quotes
are FOB and the model's price is at home.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from monazite.data.source import read_table
from monazite.study.base_year import DEFAULT

if TYPE_CHECKING:
    import polars as pl

    from monazite.study.scenario import Scenario

TONNAGES = ("kind", "target", "value_{year}#", "value_{base}#", "unit", "basis", "source", "note")
PRICES = ("material", "price_{year}#", "price_{base}#", "basis", "source", "note")


def tonnages(case: str | Path = DEFAULT, *, year: int = 2023, base: int = 2024) -> Scenario:
    """The scenario that puts another year's tonnages into the frozen base year.

    Raises InputError when the case has no tonnages of that year or they have faults.
    """
    from monazite.study.scenario import Scenario

    columns = [c.format(year=year, base=base) for c in TONNAGES]
    rows = read_table(case, f"tonnages_{year}", columns).rows(named=True)
    shocks = [s for row in rows for s in _shocks(row, row[f"value_{year}"] / row[f"value_{base}"])]
    return Scenario.checked({"name": f"tonnages_{year}", "case": str(case), "shocks": shocks})


def _shocks(row: dict[str, Any], ratio: float) -> list[dict[str, Any]]:
    targets = row["target"].split(";")
    if row["kind"] == "facility":
        scale = {"base": ratio, "knee": ratio, "slope": 1.0 / ratio}
        where = {"facility": targets}
        return [
            {"table": "activities", "where": where, "multiply": scale},
            {"table": "facilities", "where": where, "multiply": {"capacity": ratio}},
        ]
    if row["kind"] == "limit":
        return [{"table": "limits", "where": {"limit": targets}, "multiply": {"upper": ratio}}]
    return [{"table": "demand", "where": {"material": targets}, "multiply": {"quantity": ratio}}]


def backcast(
    case: str | Path = DEFAULT, *, year: int = 2023, base: int = 2024, country: str = "CHN"
) -> pl.DataFrame:
    """material, real and model price of both years (USD/kg) and their ratios, year over base.

    Real prices are quotes, model prices those at ``country``. Raises InputError as `tonnages` does.
    """
    import polars as pl

    from monazite.study.ask import run

    columns = [c.format(year=year, base=base) for c in PRICES]
    quotes = read_table(case, f"prices_{year}", columns)
    now, then = run("today", case=case), run(tonnages(case, year=year, base=base))
    rows = [
        (m, old, new, then.price(m, country), now.price(m, country))
        for m, old, new in quotes.select("material", f"price_{year}", f"price_{base}").rows()
    ]
    names = ["material", f"real_{year}", f"real_{base}", f"model_{year}", f"model_{base}"]
    frame = pl.DataFrame(rows, schema=names, orient="row")
    return frame.with_columns(
        real_ratio=pl.col(names[1]) / pl.col(names[2]),
        model_ratio=pl.col(names[3]) / pl.col(names[4]),
    )

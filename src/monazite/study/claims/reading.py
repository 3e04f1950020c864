"""What do several tests read from an outcome? Sums of a table, and where goods were made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import polars as pl

    from monazite.study.claims.base import Seen


def rows(seen: Seen, name: str, **among: Sequence[str]) -> pl.DataFrame:
    """Rows of a table of the outcome in the period; `materials` counts variants as the material."""
    import polars as pl

    from monazite.model.average import plain

    found = getattr(seen.outcome, name).filter(pl.col("period") == seen.period)
    if "material" in found.columns:
        found = found.with_columns(plain("material"))
    for column, names in among.items():
        key = "material" if column == "materials" else column
        if names:
            found = found.filter(pl.col(key).is_in(list(names)))
    return found


def total(seen: Seen, name: str, **among: Sequence[str]) -> float:
    """The sum of quantities [kt/yr] of such rows."""
    return float(rows(seen, name, **among)["quantity"].sum())


def made_by(seen: Seen, material: str, makers: Iterable[str]) -> dict[str, float]:
    """Share of what is at each place that the makers made; re-exports are followed.

    s[j] (own[j] + sum of received[i, j]) = own[j] [j among makers] + sum of received[i, j] s[i]:
    every place passes on the mix that reached it. Goods out of store are nobody's.
    """
    countries = seen.outcome.market.axes.countries
    place = {country: k for k, country in enumerate(countries)}
    own = np.zeros(len(countries))
    for name in ("production", "supply"):
        found = rows(seen, name, materials=[material])
        for country, quantity in found.select("country", "quantity").iter_rows():
            own[place[country]] += quantity
    drawn = np.zeros(len(countries))
    stocks = rows(seen, "stocks", materials=[material])
    for country, taken in stocks.select("country", "stock_out").iter_rows():
        drawn[place[country]] += taken
    came = np.zeros((len(countries),) * 2)
    flows = rows(seen, "flows", materials=[material])
    for origin, target, quantity in flows.select("origin", "destination", "received").iter_rows():
        came[place[target], place[origin]] += quantity
    inflow = own + drawn + came.sum(axis=1)
    here = np.where(np.isin(countries, list(makers)), own, 0.0)
    system = np.diag(np.where(inflow > 0, inflow, 1.0)) - came
    share = np.linalg.lstsq(system, here, rcond=None)[0]
    return dict(zip(countries, np.clip(share, 0.0, 1.0).tolist(), strict=True))


def taken_by(seen: Seen, material: str, places: Sequence[str]) -> dict[str, float]:
    """kt/yr that users and plants of each place take of a material."""
    found = dict.fromkeys(places, 0.0)
    for name in ("use", "inputs"):
        part = rows(seen, name, materials=[material], country=places)
        for country, quantity in part.select("country", "quantity").iter_rows():
            found[country] += quantity
    return found

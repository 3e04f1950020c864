"""Who holds which stage, year by year? Shares by place, owner and company, and how concentrated.

HHI = sum of squared shares, between 0 and 1 (model/shares.py)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

    from monazite.model.outcome import Outcome

BY = ("place", "owner", "company")


def shares(outcome: Outcome) -> pl.DataFrame:
    """period, stage, by (place, owner or company), name, share [fraction], quantity [kt/yr].

    place: the country a plant stands in; owner: the country of its owners; company: the owners.
    """
    import polars as pl

    rows = [
        (period, stage, by, name, share, share * found["total"])
        for period in outcome.market.axes.periods
        for stage, found in outcome.shares_in(period).items()
        for by in BY
        for name, share in found[f"by_{by}"].items()
    ]
    text = dict.fromkeys(("period", "stage", "by", "name"), pl.String)
    schema = text | {"share": pl.Float64, "quantity": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def concentration(outcome: Outcome) -> pl.DataFrame:
    """period, stage, by, total [kt/yr], hhi, largest, share: one row for each way of counting.

    Null where nothing is made in a period.
    """
    import polars as pl

    keys = ["period", "stage", "by"]
    found = shares(outcome)
    top = pl.col("share").arg_max()
    return found.group_by(keys, maintain_order=True).agg(
        pl.col("quantity").sum().alias("total"),
        (pl.col("share") ** 2).sum().alias("hhi"),
        pl.col("name").get(top).alias("largest"),
        pl.col("share").max(),
    )

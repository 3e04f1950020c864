"""What comes back of what was used years ago? Supply of old scrap, from a path or from the outcome.

Of a material used by sector s in country i, with kg of scrap from a kg used, the share collected
and the years of its life,

    back[i, t] = kg * share[t] * sum over s of base[i, s] * index[i, s](t - life) * part[i, s]

of which the market gets what is beyond that of the base year, max(back[i, t] - back[i, base], 0):
what came back then is among what was counted, and so in the supply that the case states. The share
is `collected`; where `counted`, that of the base year, is stated it goes from there to `collected`
evenly until the year `reached`. `part` is that of the period that holds the year t - life. It is 1
before the first period, and where old scrap follows the path of demand. Where it follows the
outcome,

    part[i, s] = used[i, s] * (1 - saved[i] / sum over s of used[i, s]) / (base[i, s] * mean index)

is what was really used of what the path says. What users save (the table `thrift`) was never used,
so nothing comes back of it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from monazite.errors import CertificateError
from monazite.kernel.fixpoint import Fixpoint, solve_fixpoint
from monazite.messages import say
from monazite.policy.bounds import with_rows

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

    from monazite.model.outcome import Outcome
    from monazite.study.years import Years

    Tables = Mapping[str, pl.DataFrame]

TINY = 1e-6  # kt/yr: less does not come back at all
STILL = 5e-5  # part of itself, and of what the path says, by which scrap may move at the end
FEW = 1e-3  # kt/yr: less than a tonne may miss this part of a tonne
MOST = 12  # times that the years are solved


@dataclass(frozen=True, eq=False)
class Paths:
    """Index of use over years by sector and country, 1 in the year `base`, and its mean by
    period.
    """

    index: Callable[[str, str], Callable[[float], float]]
    means: Mapping[tuple[str, str], list[float]]
    base: float


@dataclass(frozen=True, eq=False)
class OldScrap:
    """Old scrap of an outcome: country, material used, gives, period, all that comes back, of it
    `counted` in the base year [kt/yr] and cost [USD/kg]; where it follows the outcome, how often
    the years were solved, and by which part scrap still moved then.
    """

    rows: pl.DataFrame
    rounds: int = 0
    moved: float = 0.0


@dataclass(frozen=True)
class Stated:
    """A row of the table `scrap`."""

    material: str
    gives: str
    quantity: float
    collected: float
    life: float
    growth: float
    cost: float
    counted: float | None
    reached: int | None

    def share(self, year: float, base: float) -> float:
        """The share that is collected in a year, the base year being `base`."""
        if self.counted is None:
            return self.collected
        if year <= base:
            return self.counted
        if self.reached is None or year >= self.reached:
            return self.collected
        gone = (year - base) / (self.reached - base)
        return self.counted + (self.collected - self.counted) * gone


def supply(
    tables: Tables, years: Years, paths: Paths, outcome: Outcome | None = None
) -> pl.DataFrame:
    """All old scrap by country, material used and period, and what of it is counted:
    `OldScrap.rows`.

    `tables` are those of the base year. It follows the outcome over the years, without one the
    path.
    """
    import polars as pl

    part = {} if outcome is None else parts(outcome, tables, years, paths)
    rows: list[tuple[Any, ...]] = []
    for one in stated(tables):
        for country, uses in used_at_first(tables, one.material).items():
            before = _used_then(one, country, uses, paths.base - one.life, years, paths, part)
            counted = before * one.quantity * one.share(paths.base, paths.base)
            for period, year in zip(years.names, years.starts, strict=True):
                used = _used_then(one, country, uses, year - one.life, years, paths, part)
                back = used * one.quantity * one.share(year, paths.base)
                rows.append((country, one.material, one.gives, period, back, counted, one.cost))
    return pl.DataFrame(rows, schema=_columns(), orient="row")


def stated(tables: Tables) -> list[Stated]:
    """The rows of the table `scrap`; none without it."""
    names = [field.name for field in fields(Stated)]
    rows = tables["scrap"].select(names).rows() if "scrap" in tables else []
    return [Stated(*row) for row in rows]


def _columns() -> dict[str, Any]:
    import polars as pl

    words = ("country", "material", "gives", "period")
    return dict.fromkeys(words, pl.String) | dict.fromkeys(("back", "counted", "cost"), pl.Float64)


def read_rows(file: Path) -> pl.DataFrame:
    """`OldScrap.rows` from a Parquet file. Raises what polars raises, also for other columns."""
    import polars as pl

    return pl.read_parquet(file).select(list(_columns()))


def _used_then(
    one: Stated,
    country: str,
    uses: list[tuple[str, float]],
    then: float,
    years: Years,
    paths: Paths,
    part: Mapping[tuple[str, str, str, str], float],
) -> float:
    """kt that a country used in the year `then`, of which the outcome used `part` of the path."""
    used, held = 0.0, bisect_right(years.starts, then) - 1
    for sector, base in uses:
        index = (1.0 + one.growth) ** (then - paths.base)
        if then >= paths.base:
            index = paths.index(sector, country)(then)
        if held >= 0:
            index *= part.get((one.material, country, sector, years.names[held]), 1.0)
        used += base * index
    return used


def parts(
    outcome: Outcome, tables: Tables, years: Years, paths: Paths
) -> dict[tuple[str, str, str, str], float]:
    """What was used of what the path says, by material, country, sector and period.

    Where the path says nothing there is none.
    """
    names = ("material", "country", "sector", "period", "quantity")
    used: dict[tuple[str, str, str, str], float] = defaultdict(float)
    whole: dict[tuple[str, str, str], float] = defaultdict(float)
    for material, country, sector, period, amount in outcome.use.select(names).rows():
        used[material, country, sector, period] += amount
        whole[material, country, period] += amount
    less = saved(outcome)
    found: dict[tuple[str, str, str, str], float] = {}
    for material in tables["scrap"]["material"].to_list() if "scrap" in tables else ():
        for country, uses in used_at_first(tables, material).items():
            base: dict[str, float] = defaultdict(float)
            for sector, amount in uses:
                base[sector] += amount
            for sector, k in product(base, range(len(years.names))):
                here = (material, country, years.names[k])
                said = base[sector] * paths.means[sector, country][k]
                if said > 0:
                    real = max(1.0 - less[here] / whole[here], 0.0) if whole[here] > 0 else 0.0
                    found[material, country, sector, years.names[k]] = (
                        used[material, country, sector, years.names[k]] * real / said
                    )
    return found


def saved(outcome: Outcome) -> dict[tuple[str, str, str], float]:
    """kt/yr that users save, by material, country and period."""
    import polars as pl

    plants = outcome.output.filter(pl.col("stage") == "thrift").select("facility", "period")
    made = outcome.production.join(plants.unique(), on=["facility", "period"], how="semi")
    found: dict[tuple[str, str, str], float] = defaultdict(float)
    for material, country, period, amount in made.select(
        "material", "country", "period", "quantity"
    ).rows():
        found[material, country, period] += amount
    return found


def used_at_first(tables: Tables, material: str) -> dict[str, list[tuple[str, float]]]:
    """Base use by country: (sector, kt/yr)."""
    import polars as pl

    rows = tables["demand"].filter(pl.col("material") == material)
    found: dict[str, list[tuple[str, float]]] = {}
    for country, sector, quantity in rows.select("country", "sector", "quantity").rows():
        if quantity:
            found.setdefault(country, []).append((sector, quantity))
    return found


def with_supply(found: dict[str, pl.DataFrame], rows: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The tables by year with supply curves of the old scrap that is beyond that of the base year,
    free but for what collecting it costs.
    """
    import polars as pl

    curves = beyond(rows).filter(pl.col("beyond") > TINY).select(
        "country", pl.col("gives").alias("material"), "period", pl.col("cost").alias("intercept"),
        slope=0.0, capacity="beyond", basis=pl.lit("derived"),
    )  # fmt: skip
    return with_rows(found, "curves", curves)


def beyond(rows: pl.DataFrame) -> pl.DataFrame:
    """Old scrap by country, what it gives and period: all that comes `back`, of it `counted` in the
    base year, what is `beyond` that and new to the market [kt/yr], cost [USD/kg].

    Where less comes back than in the base year nothing is beyond, and nothing is taken away.
    """
    import polars as pl

    sums: dict[tuple[str, str, str], list[float]] = {}  # in the order of rows, to the last bit
    names = ("country", "gives", "period", "back", "counted", "cost")
    for country, gives, period, back, counted, cost in rows.select(names).rows():
        one = sums.setdefault((country, gives, period), [0.0, 0.0, 0.0])
        one[0] += back
        one[1] += counted
        one[2] += back * cost
    found = [
        (*key, back, counted, max(back - counted, 0.0), cost / back if back > 0 else 0.0)
        for key, (back, counted, cost) in sorted(sums.items())
    ]
    schema = dict.fromkeys(names[:3], pl.String) | dict.fromkeys(
        ("back", "counted", "beyond", "cost"), pl.Float64
    )
    return pl.DataFrame(found, schema=schema, orient="row")


def returned(outcome: Outcome) -> pl.DataFrame:
    """Old scrap of an outcome over years by period, material and country: `back`, `counted`,
    `beyond` as in `beyond`, what the market took of that (`taken`) [kt/yr], and cost [USD/kg].

    Other supply of the same material in a country is not told apart from it. Empty where the case
    has no old scrap.
    """
    import polars as pl

    rows = _none() if outcome.scrap is None else outcome.scrap.rows
    keys = ["period", "material", "country"]
    sold = outcome.supply.group_by(keys).agg(pl.col("quantity").sum().alias("taken"))
    taken = pl.min_horizontal(pl.col("taken").fill_null(0.0), "beyond")
    found = beyond(rows).rename({"gives": "material"}).join(sold, on=keys, how="left")
    figures = ("back", "counted", "beyond", taken, "cost")
    return found.select(*keys, *figures).sort("material", "country", "period")


def returned_in_all(outcome: Outcome) -> pl.DataFrame:
    """`returned` summed over countries: material, period, back, counted, beyond, taken [kt/yr]."""
    import polars as pl

    sums = pl.col("back", "counted", "beyond", "taken").sum()
    return returned(outcome).group_by("material", "period").agg(sums).sort("material", "period")


def _none() -> pl.DataFrame:
    import polars as pl

    return pl.DataFrame(schema=_columns())


def settled(
    solve: Callable[[pl.DataFrame, Outcome | None], Outcome],
    back: Callable[[Outcome | None], pl.DataFrame],
) -> tuple[Outcome, OldScrap]:
    """The outcome whose old scrap is what its own use left a life ago.

    `solve(rows, near)` is the outcome with this old scrap, its search begun near another;
    `back(outcome)` is what the use of an outcome leaves, of none that of the path, where it begins.
    A fixed point: nobody counts on what his own use will be worth as scrap. Raises CertificateError
    where it does not settle in `MOST` rounds, and what `solve` raises.
    """
    path = back(None)
    scale = np.maximum(path["back"].to_numpy(), FEW)
    last: Any = None
    rows = path

    def respond(amount: np.ndarray) -> np.ndarray:
        nonlocal last, rows
        rows = path.with_columns(back=np.maximum(amount, 0.0) * scale)
        last = solve(rows, last)
        left: np.ndarray = back(last)["back"].to_numpy() / scale
        return left

    begin = path["back"].to_numpy() / scale
    found = solve_fixpoint(respond, begin, tolerance=STILL, max_iterations=MOST)
    if not found.converged:
        raise CertificateError(_unsettled(found, path, scale))
    return last, OldScrap(rows, found.iterations, found.residual)


def _unsettled(found: Fixpoint, path: pl.DataFrame, scale: np.ndarray) -> str:
    """What moved most in the last rounds, and between what."""
    recent = np.array([end for step in found.history[-3:] for end in (step.value, step.image)])
    low, high = recent.min(axis=0) * scale, recent.max(axis=0) * scale
    k = int(np.argmax(high - low))
    row = path.row(k, named=True)
    return say(
        "scrap.unsettled", rounds=found.iterations, material=row["material"], period=row["period"],
        country=row["country"], low=f"{max(low[k], 0.0):.4g}", high=f"{high[k]:.4g}",
    )  # fmt: skip

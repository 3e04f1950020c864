"""How does a base year run on over the years? The same market, with growth, wear and building.

Demand, limits and old scrap follow the paths of the case; projects may add capacity from the year
they can be ready; what users can save in the long run is built up like capacity (a kg saved is a kg
supplied where it is used). The rising cost of trade is that of a year and fades: its slope halves
every `relax` years, for in the long run suppliers are found and qualified. The rising cost of a
plant near its capacity stays; who wants more has to build.

    demand[t] = quantity * index[t]   at an unchanged price, of the same elasticity
    arcs:       knee[t] = knee * growth[t],  slope[t] = slope / (growth[t] * 2^(years / relax))
    plants:     knee[t] = knee * growth[t],  slope[t] = slope / growth[t]

growth of arcs is that of the value of all use, of mines under a quota that of the quota, of other
plants none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from monazite.errors import Fault, InputError, fault
from monazite.places import Places
from monazite.policy.base import wrong
from monazite.policy.bounds import with_rows
from monazite.study.months import over
from monazite.study.scrap import Paths, supply, used_at_first, with_supply

if TYPE_CHECKING:
    import polars as pl

    from monazite.data import Case
    from monazite.model.market import Market
    from monazite.model.outcome import Outcome

    Tables = dict[str, pl.DataFrame]

THRIFT = "thrift"  # the stage of what users save
SOME = 1e-4  # kt/yr: who uses less saves nothing
WACC = 0.1  # of users who save
TINY = 1e-6  # kt/yr
FEW_PERIODS = 6
GIVEN = Places("--years", given={name: f"--{name}" for name in ("foresight", "demand", "scrap")})


def fields_of(text: str) -> dict[str, Any]:
    """The fields of years written as 2024:2040, 2024:2040:2 or 2024,2030,2040; else ValueError."""
    if ":" not in text:
        return {"grid": tuple(int(part) for part in text.split(","))}
    first, last, *steps = (int(part) for part in text.split(":"))
    if len(steps) > 1 or any(step < 1 for step in steps):
        raise ValueError(text)
    return {
        "first": first,
        "last": last,
        "grid": tuple(range(first, last + 1, *steps)) if steps else (),
    }


class Years(BaseModel):
    """Years from `first` to `last`, or periods that begin in the years of `grid`.

    `demand` is a path of the case. `foresight`: perfect sees all years, myopic only `window` of
    them and goes on year by year, static builds nothing but what is committed. `scrap`: old scrap
    is what was used a life ago by the path of demand, or by the outcome itself, which takes several
    solutions. Nothing can be decided before the year `decided`, and rules without a start hold from
    `rules_from` on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    first: int = Field(default=2024, ge=1900, le=2200)
    last: int = Field(default=2040, ge=1900, le=2200)
    grid: tuple[int, ...] = ()
    demand: str = "central"
    foresight: Literal["static", "myopic", "perfect"] = "perfect"
    scrap: Literal["path", "outcome"] = "path"
    window: int = Field(default=10, ge=1)
    decided: int = Field(default=2026, ge=1900, le=2200)
    rules_from: int = Field(default=2026, ge=1900, le=2200)
    discount: float = Field(default=0.05, gt=-1.0)
    relax: float = Field(default=2.0, gt=0.0, description="years in which rising costs halve")

    @model_validator(mode="before")
    @classmethod
    def _written_as_text(cls, given: Any) -> Any:
        if isinstance(given, bool) or not isinstance(given, (str, int)):
            return given
        try:
            return fields_of(str(given))
        except ValueError as error:
            raise wrong("years_text", text=str(given)) from error

    @model_validator(mode="after")
    def _runs_forward(self) -> Years:
        if not self.grid and not 0 <= self.last - self.first <= 80:
            raise wrong("years_range")
        if any(b <= a for a, b in zip(self.grid, self.grid[1:], strict=False)):
            raise wrong("years_grid")
        return self

    @classmethod
    def parsed(cls, text: str, **more: Any) -> Years:
        """Years from a text: 2024:2040, 2024:2040:2 (every other one) or 2024,2030,2040.

        `more` are further fields. Raises InputError for anything else, and for fields that do not
        fit.
        """
        from monazite.study.complaints import faults_of

        faults, fields = list[Fault](), dict[str, Any]()
        try:
            fields = fields_of(text)
        except ValueError:
            faults.append(fault("years_text", "--years", value=text or '""'))
        try:
            found = cls(**fields, **more)
        except ValidationError as error:
            faults += faults_of(error, GIVEN, text)
        if faults:
            raise InputError(faults)
        return found

    def but(self, **more: Any) -> Years:
        """The same years with other fields. Raises InputError for fields that do not fit."""
        from monazite.study.complaints import faults_of

        try:
            return type(self)(**self.model_dump(exclude_unset=True) | more)
        except ValidationError as error:
            raise InputError(faults_of(error, GIVEN)) from error

    @property
    def starts(self) -> tuple[int, ...]:
        """The years in which periods begin."""
        return self.grid or tuple(range(self.first, self.last + 1))

    @property
    def lengths(self) -> tuple[int, ...]:
        """Years of each period; the last one is as long as the one before."""
        starts = self.starts
        gaps = [b - a for a, b in zip(starts, starts[1:], strict=False)]
        return (*gaps, gaps[-1] if gaps else 1)

    def fewer(self) -> Years | None:
        """Every third of many years, and the last; None where there are few."""
        starts = self.starts
        if len(starts) <= FEW_PERIODS:
            return None
        return self.model_copy(update={"grid": tuple(sorted({*starts[::3], starts[-1]}))})

    @property
    def names(self) -> list[str]:
        """What each period is called."""
        return [str(year) for year in self.starts]


# --- the case over the years ----------------------------------------------------------------------


def yearly(case: Case, years: Years, scrap: pl.DataFrame | None = None) -> Case:
    """The case by year, with old scrap as told or else as the path leaves it (scrap.py).

    Raises InputError for a case of several periods or without the path, and for years before the
    case's own.
    """
    from monazite.data import Case

    given = case.stated.get("periods")
    if given is not None and given.height > 1:
        raise InputError([fault("years_periods", "scenario", value=str(given.height))])
    tables = dict(case.stated)
    base, first = base_year(tables, years), years.starts[0]
    if first < base:
        raise InputError([fault("years_early", "--years", asked=str(first), known=str(base),
                                caret="")])  # fmt: skip
    growth = _demand_growth(tables, years)
    starts = [date(year, 1, 1) for year in years.starts]
    found = over(tables, starts, years.names, [float(each) for each in years.lengths])
    found["demand"] = _demand(tables, growth, years)
    found.pop("demand_paths", None)  # they are in demand now, which may have lost a sector
    value = _value_growth(tables, growth, years)
    limit = _limit_growth(tables, years)
    if "limits" in tables:
        found["limits"] = _limits(tables["limits"], limit, years)
    if "lanes" in tables:
        tables["arcs"] = with_rows(tables, "arcs", tables["lanes"])["arcs"]
    if "arcs" in tables:
        found["arcs"] = _relaxed(tables["arcs"], "material", {}, value, years, base=base)
    if "activities" in tables:
        under = _under_limits(tables, limit)
        most = dict(tables["facilities"].select("facility", "capacity").rows())
        found["activities"] = _relaxed(
            tables["activities"], "facility", under, value, years, most, base=base
        )
    if "projects" in tables:
        found["projects"] = _cheaper(_decided(tables["projects"], years), first - base)
    if "thrift" in tables:
        found = _with_thrift(found, tables, growth, years)
    if "scrap" in tables:
        found = with_supply(found, old_scrap(case, years) if scrap is None else scrap)
    return replace(Case.from_tables(found, case.name), changes=case.changes)


Growth = dict[tuple[str, str], list[float]]


def base_year(tables: Tables, years: Years) -> int:
    """The year that a case is of: the name of its one period; the first asked for without one.

    From it on paths grow, whether or not it is among the years asked for.
    """
    given = tables.get("periods")
    name = "" if given is None or given.is_empty() else str(given["period"][0])
    return int(name) if name.isdecimal() and len(name) == 4 else years.starts[0]


def path_of(points: Mapping[int, float], first: int) -> Callable[[float], float]:
    """An index over years through points, 1 in the first; even growth between, level after.

    Growth is geometric, or linear where an end is zero.
    """
    known = {first: 1.0} | dict(points)
    at = np.array(sorted(known), dtype=float)
    level = np.array([known[int(year)] for year in at])

    def index(year: float) -> float:
        k = int(np.clip(np.searchsorted(at, year, side="right") - 1, 0, len(at) - 1))
        if k == len(at) - 1 or year <= at[0]:
            return float(level[k])
        part = (year - at[k]) / (at[k + 1] - at[k])
        if level[k] > 0 and level[k + 1] > 0:
            return float(level[k] * (level[k + 1] / level[k]) ** part)
        return float(level[k] + part * (level[k + 1] - level[k]))

    return index


def _means(index: Callable[[float], float], years: Years) -> list[float]:
    """The mean of an index over the years of each period."""
    pairs = zip(years.starts, years.lengths, strict=True)
    return [float(np.mean([index(start + k) for k in range(count)])) for start, count in pairs]


def _paths(tables: Tables, years: Years) -> dict[tuple[str, str], Callable[[float], float]]:
    """Index by sector and country of the path asked for; no country stands for all others."""
    import polars as pl

    frame = tables.get("demand_paths")
    if frame is None or frame.is_empty():
        return {}
    mine = frame.filter(pl.col("path") == years.demand)
    if mine.is_empty():
        known = ", ".join(sorted(set(frame["path"].to_list())))
        raise InputError([fault("years_path", "scenario", asked=years.demand, known=known,
                                caret="")])  # fmt: skip
    points: dict[tuple[str, str], dict[int, float]] = {}
    for sector, country, year, index in mine.select("sector", "country", "year", "index").rows():
        points.setdefault((sector, country or ""), {})[year] = index
    base = base_year(tables, years)
    return {key: path_of(each, base) for key, each in points.items()}


def _demand_growth(tables: Tables, years: Years) -> Growth:
    """Index by sector and country, a figure a period; 1 where no path speaks of a sector."""
    paths = _paths(tables, years)
    flat = [1.0] * len(years.starts)
    pairs = set(tables["demand"].select("sector", "country").rows())
    means = {key: _means(path, years) for key, path in paths.items()}
    return {
        (sector, country): means.get((sector, country)) or means.get((sector, "")) or flat
        for sector, country in sorted(pairs)
    }


def _demand(tables: Tables, growth: Growth, years: Years) -> pl.DataFrame:
    """Rows of demand by period: quantities grow, slopes flatten; what has vanished is left out."""
    import polars as pl

    rows = [
        (sector, country, period, index)
        for (sector, country), indices in growth.items()
        for period, index in zip(years.names, indices, strict=True)
        if index > 0
    ]
    schema = {"sector": pl.String, "country": pl.String, "period": pl.String, "_index": pl.Float64}
    index = pl.DataFrame(rows, schema=schema, orient="row")
    frame = tables["demand"].drop("period", strict=False)
    joined = frame.join(index, on=["sector", "country"], how="inner", maintain_order="left_right")
    grown = pl.col("_index")
    changes = [
        (pl.col(name) * grown).alias(name)
        for name in ("quantity", "waived", "low", "high")
        if name in joined.columns
    ]
    if "slope" in joined.columns:
        changes.append(pl.col("slope") / grown)
    return joined.with_columns(changes).drop("_index")


def _value_growth(tables: Tables, growth: Growth, years: Years) -> list[float]:
    """Growth of the value of use at base prices; of its quantity where prices are not stated."""
    total, grown = 0.0, np.zeros(len(years.starts))
    for row in tables["demand"].iter_rows(named=True):
        worth = (row.get("quantity") or 0.0) * (row.get("price") or 1.0)
        total += worth
        grown += worth * np.array(growth[row["sector"], row["country"]])
    return (grown / total).tolist() if total > 0 else [1.0] * len(years.starts)


def _limit_growth(tables: Tables, years: Years) -> dict[str, list[float]]:
    """Index by limit, a figure a period."""
    frame = tables.get("limit_paths")
    points: dict[str, dict[int, float]] = {}
    if frame is not None:
        for name, year, index in frame.select("limit", "year", "index").rows():
            points.setdefault(name, {})[year] = index
    base = base_year(tables, years)
    return {name: _means(path_of(each, base), years) for name, each in points.items()}


def _limits(frame: pl.DataFrame, growth: Mapping[str, list[float]], years: Years) -> pl.DataFrame:
    import polars as pl

    factor = _indexed("limit", growth, years)
    rows = frame.drop("period", strict=False).join(
        pl.DataFrame({"period": years.names}), how="cross"
    )
    rows = rows.join(factor, on=["limit", "period"], how="left", maintain_order="left")
    grown = pl.col("_index").fill_null(1.0)
    scaled = [
        (pl.col(name) * grown).alias(name)
        for name in ("upper", "low", "high")
        if name in rows.columns
    ]
    return rows.with_columns(scaled).drop("_index")


def _under_limits(tables: Tables, growth: Mapping[str, list[float]]) -> dict[str, list[float]]:
    """Facilities that a growing limit speaks of, with its index."""
    terms = tables.get("limit_terms")
    if terms is None or "facility" not in terms.columns:
        return {}
    pairs = terms.select("limit", "facility").drop_nulls().rows()
    return {facility: growth[limit] for limit, facility in pairs if limit in growth}


def _indexed(key: str, growth: Mapping[str, list[float]], years: Years) -> pl.DataFrame:
    import polars as pl

    rows = [
        (name, period, index)
        for name, indices in growth.items()
        for period, index in zip(years.names, indices, strict=True)
    ]
    schema = {key: pl.String, "period": pl.String, "_index": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _relaxed(
    frame: pl.DataFrame,
    key: str,
    own: Mapping[str, list[float]],
    growth: list[float],
    years: Years,
    most: Mapping[str, float] | None = None,
    *,
    base: int,
) -> pl.DataFrame:
    """Rows by period with knees that grow and slopes that flatten; others stay as they are.

    `own` holds growth by `key` where it is not that of all use. `most` is the capacity of plants,
    whose knees stay below it and whose slopes do not fade; others fade from the year `base` on.
    """
    import polars as pl

    fade = 2.0 if most is None else 1.0
    periods = pl.DataFrame(
        {
            "period": years.names,
            "_all": growth,
            "_fade": [fade ** ((year - base) / years.relax) for year in years.starts],
        }
    )
    rising = pl.col("slope").fill_null(0.0) > 0
    plain = frame.drop("period", strict=False)
    rows = plain.filter(rising).join(periods, how="cross")
    rows = rows.join(_indexed(key, own, years), on=[key, "period"], how="left")
    grown = pl.col("_index").fill_null(pl.col("_all") if most is None else pl.lit(1.0))
    rows = rows.with_columns(
        knee=pl.col("knee") * grown, slope=pl.col("slope") / (grown * pl.col("_fade"))
    ).drop("_all", "_fade", "_index")
    if most is not None:
        capacity = pl.col(key).replace_strict(dict(most), return_dtype=pl.Float64)
        rows = rows.with_columns(knee=pl.min_horizontal("knee", capacity))
    still = plain.filter(~rising).with_columns(period=pl.lit(None, pl.String))
    return pl.concat([rows.select(still.columns), still])


def _decided(projects: pl.DataFrame, years: Years) -> pl.DataFrame:
    """Projects whose decision is still to come are ready no sooner than their lead time after."""
    import polars as pl

    ready = (years.decided + pl.col("lead").fill_null(0.0)).ceil().cast(pl.Int64)
    soonest = pl.max_horizontal(pl.col("earliest"), ready)
    free = pl.col("status") != "committed"
    return projects.with_columns(
        earliest=pl.when(free).then(soonest).otherwise(pl.col("earliest")).cast(pl.Int64)
    )


def _cheaper(projects: pl.DataFrame, later: int) -> pl.DataFrame:
    """Projects at the capital cost of so many years later; from then on it declines by itself."""
    import polars as pl

    if not later or "decline" not in projects.columns:
        return projects
    part = (1.0 - pl.col("decline").fill_null(0.0)) ** later
    names = [name for name in ("capex", "capex_low", "capex_high") if name in projects.columns]
    return projects.with_columns(pl.col(name) * part for name in names)


# --- what users save, and what comes back ---------------------------------------------------------


def _price_at(tables: Tables) -> dict[tuple[str, str], float]:
    prices = tables.get("prices")
    if prices is None:
        return {}
    return {(m, c): p for m, c, p in prices.select("material", "country", "price").rows()}


def _with_thrift(found: Tables, tables: Tables, growth: Growth, years: Years) -> Tables:
    """Facilities that give back what users save, and the projects that build them up."""
    import polars as pl

    prices = _price_at(tables)
    facilities: list[tuple[Any, ...]] = []
    projects: list[tuple[Any, ...]] = []
    recipes: list[tuple[Any, ...]] = []
    columns = ("material", "share", "yearly", "times", "life")
    for material, share, yearly, times, life in tables["thrift"].select(columns).rows():
        for country, uses in sorted(used_at_first(tables, material).items()):
            price = prices.get((material, country), 0.0)
            most = max(
                sum(q * growth[s, country][t] for s, q in uses) for t in range(len(years.starts))
            )
            if most < SOME or price <= 0:
                continue
            name = f"{THRIFT}_{material}_{country}"
            annuity = WACC / (1.0 - (1.0 + WACC) ** -life)
            facilities.append((name, f"{THRIFT}_{material}", country, THRIFT, 0.0, 0.0, "planned"))
            size, capex = share * most, times * price / annuity
            projects.append(
                (name, "generic", years.decided, size, yearly * most, capex, WACC, life)
            )
        recipes.append((f"{THRIFT}_{material}", "main", material, "out", 1.0))
    of_plant = ("facility", "technology", "country", "stage", "capacity", "cost", "status")
    found = with_rows(found, "facilities", _rows(facilities, of_plant))
    of_build = ("facility", "status", "earliest", "size", "yearly", "capex", "wacc", "life")
    found = with_rows(found, "projects", _rows(projects, of_build))
    made = _rows(recipes, ("technology", "mode", "material", "direction", "quantity"))
    used = {technology for _, technology, *_ in facilities}
    return with_rows(found, "recipes", made.filter(pl.col("technology").is_in(sorted(used))))


def _rows(rows: list[tuple[Any, ...]], names: tuple[str, ...]) -> pl.DataFrame:
    import polars as pl

    return pl.DataFrame(rows, schema=list(names), orient="row").with_columns(
        basis=pl.lit("derived")
    )


def old_scrap(case: Case, years: Years, outcome: Outcome | None = None) -> pl.DataFrame:
    """Old scrap of the case over years as the path or an outcome's own use leaves it (scrap.py)."""
    tables = dict(case.stated)
    return supply(tables, years, _index(tables, years), outcome)


def _index(tables: Tables, years: Years) -> Paths:
    paths = _paths(tables, years)

    def index(sector: str, country: str) -> Callable[[float], float]:
        return paths.get((sector, country)) or paths.get((sector, ""), lambda _: 1.0)

    return Paths(index, _demand_growth(tables, years), base_year(tables, years))


# --- how far people see ---------------------------------------------------------------------------

Solve = Callable[["Market"], "Outcome"]
Assemble = Callable[["Case"], "Market"]


def solve_years(
    by_year: Callable[[Years], Case],
    years: Years,
    assemble: Assemble,
    solve: Solve,
    near: Outcome | None = None,
) -> Outcome:
    """The outcome over the years under their foresight, projects below their scale decided.

    `by_year(years)` is the case over years. Its search begins near an outcome, without one that of
    many years near the answer for fewer. Raises what it, `assemble` and `solve` raise.
    """

    def market(case: Case) -> Market:
        return assemble(case) if near is None else assemble(case).expecting(near)

    if years.foresight == "myopic":
        return _myopic(by_year(years), years, assemble, solve, near)
    if years.foresight == "static":
        return solve(market(_committed(by_year(years))))
    if near is None:
        return _at_scale(begun(by_year, years, assemble), solve)
    return _at_scale(market(by_year(years)), solve)


def last_case(case: Case, years: Years) -> Case:
    """The case over years whose market is solved last, and is the outcome's."""
    if years.foresight == "static":
        return _committed(case)
    return _until(case, list(years.names)) if years.foresight == "myopic" else case


def begun(by_year: Callable[[Years], Case], years: Years, assemble: Assemble) -> Market:
    """The market over years, its search begun near a sketch of fewer years, and so on down; in
    sketches all that comes in a period comes at once.
    """
    return _near_fewer(assemble(by_year(years)), by_year, years, assemble)


def _near_fewer(
    market: Market, by_year: Callable[[Years], Case], years: Years, assemble: Assemble
) -> Market:
    """A market over years whose search begins near a sketch of fewer, where there are many."""
    from monazite.model.solve import sketch

    fewer = years.fewer()
    if fewer is None or market.build is None:
        return market
    rough = assemble(by_year(fewer)).at_once()
    known = sketch(_near_fewer(rough, by_year, fewer, assemble))
    return market if known is None else market.expecting(known)


def _committed(case: Case) -> Case:
    """The case in which nothing is built but what is committed."""
    import polars as pl

    from monazite.data import Case

    tables = dict(case.stated)
    if "projects" in tables:
        tables["projects"] = tables["projects"].filter(pl.col("status") == "committed")
        tables.pop("finance", None)  # it may name projects that are left out
    return replace(Case.from_tables(tables, case.name), changes=case.changes)


def _until(case: Case, names: list[str]) -> Case:
    """The case with the first of its periods only."""
    import polars as pl

    from monazite.data import Case

    def kept(frame: pl.DataFrame) -> pl.DataFrame:
        if "period" not in frame.columns:
            return frame
        return frame.filter(pl.col("period").is_null() | pl.col("period").is_in(names))

    tables = {name: kept(frame) for name, frame in case.stated.items()}
    return replace(Case.from_tables(tables, case.name), changes=case.changes)


def _myopic(
    case: Case, years: Years, assemble: Assemble, solve: Solve, near: Outcome | None
) -> Outcome:
    """Period by period: see `window` years, build what must be begun now, keep it and go on."""
    from monazite.study.unannounced import kept

    names, starts = years.names, years.starts
    lead = _leads(case)
    decided: dict[tuple[str, float], float] = {}
    before: Outcome | None = None
    for k in range(len(names)):
        seen = int(np.searchsorted(starts, starts[k] + years.window))
        market = assemble(_until(case, names[:seen]))
        known = near if before is None else before
        market = market if known is None else market.expecting(known)
        if k:
            market = _with_builds(market, decided, max(starts[k], years.decided))
        if before is not None and k:
            market = kept(market, np.arange(seen) < k, before)
        ends = seen == len(names)
        before = _at_scale(market, solve, np.inf if ends else starts[k + 1])
        if ends:
            break
        built = before.builds.select("facility", "begins", "built").rows()
        decided = {
            (facility, begins): amount
            for facility, begins, amount in built
            if begins < starts[k + 1] + lead.get(facility, 0.0)
        }
    assert before is not None
    return before


def _leads(case: Case) -> dict[str, float]:
    rows = case.table("projects").select("facility", "lead").rows()
    return {facility: lead or 0.0 for facility, lead in rows}


def _with_builds(market: Market, decided: Mapping[tuple[str, float], float], now: float) -> Market:
    """The market in which of what comes too soon to be begun now only what was decided is built."""
    builds = market.builds
    soon = builds.begins < now + builds.projects.lead[builds.project]
    at = np.flatnonzero(soon & (builds.lower == 0))
    if market.build is None or not len(at):
        return market
    pairs = zip(builds.facility[at], builds.begins[at].tolist(), strict=True)
    amount = np.array([max(decided.get(pair, 0.0), 0.0) for pair in pairs])
    return market.patched({"build": {"lower": (at, amount), "upper": (at, amount)}})


def _at_scale(market: Market, solve: Solve, by: float = np.inf) -> Outcome:
    """The outcome in which no project stands below its smallest scale: tried at none and at it.

    Of those that have to be begun before the year `by`; what may wait is decided later.

    It comes at its scale in the period in which most of it would have come. The largest is decided
    first, the better of both kept; each answer is a convex program of its own, so prices are those
    of what is built.
    """
    outcome = solve(market)
    tried: set[int] = set()
    while (row := _too_small(outcome, tried, by)) is not None:
        tried.add(row)
        market = market.expecting(outcome)
        builds = market.builds
        which = np.unique(builds.project)[row]
        mine = np.flatnonzero(builds.project == which)
        least = min(builds.projects.minimum[which], builds.projects.size[which])
        at = mine[[int(np.argmax(outcome.built[mine]))]]
        pair = [
            market.patched({"build": {"upper": (mine, np.zeros(len(mine)))}}),
            market.patched(
                {
                    "build": {
                        "lower": (at, [least]),
                        "upper": (at, [max(least, builds.upper[at[0]])]),
                    }
                }
            ),
        ]
        outcomes = [solve(each) for each in pair]
        best = int(outcomes[1].objective > outcomes[0].objective)
        market, outcome = pair[best], outcomes[best]
    return outcome


def _too_small(outcome: Outcome, tried: set[int], by: float) -> int | None:
    """The row of the largest project built below its smallest scale and not yet decided.

    Of it something has to be begun before the year `by`, and nothing was begun before.
    """
    builds = outcome.market.builds
    if outcome.market.build is None:
        return None
    which = np.unique(builds.project)
    total = np.bincount(np.searchsorted(which, builds.project), weights=outcome.built)
    least = np.minimum(builds.projects.minimum, builds.projects.size)[which]
    row = np.searchsorted(which, builds.project)
    begun = builds.begins - builds.projects.lead[builds.project] < by
    soon = np.bincount(row, weights=np.where(begun, outcome.built, 0.0), minlength=len(which))
    lower = outcome.market.standard.column_lower[outcome.market.build.build.slice]
    held = np.bincount(row, weights=lower, minlength=len(which))
    small = (soon > TINY) & (total < least - TINY) & (held <= TINY)
    small[list(tried)] = False
    return int(np.argmax(np.where(small, total, -1.0))) if small.any() else None

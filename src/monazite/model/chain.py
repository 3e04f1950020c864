"""What do facilities make of what? Activities and their recipes."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from monazite.model.axes import (
    Axes,
    Floats,
    Ints,
    codes,
    numbers,
    over_periods,
    table,
    texts,
)
from monazite.model.build import Projects
from monazite.model.segments import Segments, add_segments

if TYPE_CHECKING:
    from monazite.kernel import Program

RUNNING = ("operating", "ramping")


@dataclass(frozen=True)
class Plants:
    """Facilities with capacity in a period: one element per facility and period.

    `standing` is the share of the period from when the facility `opens` to when it `closes`
    [calendar years], by its first and last year; `capacity` in kt/yr of activity, after
    availability and that share.
    """

    facility: np.ndarray
    technology: np.ndarray
    stage: np.ndarray
    country: Ints
    period: Ints
    cost: Floats
    capacity: Floats
    standing: Floats
    opens: Floats
    closes: Floats


@dataclass(frozen=True)
class Activities:
    """Ways a plant can run: one element per plant and mode, and its recipe as terms.

    marginal cost of activity x [USD/kg] = cost + residual - loss_carried            for x <= knee
                                         = ... + slope * (x - knee)                  above.
    `term_of`, `term_key`, `term_quantity`: kg of a material per kg of activity at node key, outputs
    positive, inputs negative. `material` is the material of each term.
    """

    plant: Ints
    mode: np.ndarray
    cost: Floats
    residual: Floats
    loss_carried: Floats
    knee: Floats
    slope: Floats
    term_of: Ints
    term_material: Ints
    term_key: Ints
    term_quantity: Floats

    @property
    def unit_cost(self) -> Floats:
        """Marginal cost at zero activity as the program sees it [USD/kg]."""
        return self.cost + self.residual - self.loss_carried


def read_plants(case: Any, axes: Axes, projects: Projects) -> Plants:
    """The facilities that run in each period: operating or ramping and standing, or buildable.

    capacity [kt/yr] = capacity * availability * (share of the period inside [first_year,
    last_year]). What is closed for a whole period has no place in it, whatever was built there.
    """
    frame = over_periods(table(case, "facilities"), ["facility"], axes)
    period = frame["t"].to_numpy()
    capacity = numbers(frame, "capacity", 0.0) * numbers(frame, "availability", 1.0)
    opens, closes = numbers(frame, "first_year", -np.inf), numbers(frame, "last_year", np.inf) + 1.0
    standing = years_standing(axes, period, opens, closes)
    capacity *= standing
    capacity[~np.isin(texts(frame, "status", "operating"), RUNNING)] = 0.0
    soon = dict(zip(projects.facility.tolist(), projects.earliest.tolist(), strict=True))
    ready = np.array([soon.get(name, np.inf) for name in texts(frame, "facility")], dtype=float)
    soon_enough = axes.start[period] + axes.years[period] > ready + 1e-9
    keep = np.flatnonzero((capacity > 0) | (soon_enough & (standing > 0)))
    return Plants(
        facility=texts(frame, "facility")[keep],
        technology=texts(frame, "technology")[keep],
        stage=texts(frame, "stage")[keep],
        country=codes(texts(frame, "country"), axes.countries)[keep],
        period=period[keep],
        cost=numbers(frame, "cost", 0.0)[keep],
        capacity=capacity[keep],
        standing=standing[keep],
        opens=opens[keep],
        closes=closes[keep],
    )


def years_standing(axes: Axes, period: Ints, opens: Floats, closes: Floats) -> Floats:
    """Share of each period between two calendar dates; 1 where undated."""
    begin, end = axes.start[period], axes.start[period] + axes.years[period]
    inside = np.minimum(end, closes) - np.maximum(begin, opens)
    return np.where(np.isnan(begin), 1.0, np.clip(inside / (end - begin), 0.0, 1.0))


def read_activities(case: Any, axes: Axes, plants: Plants) -> Activities:
    """Every mode of every plant's technology, with its calibration if the case has one."""
    import polars as pl

    recipes = table(case, "recipes")
    modes = recipes.select("technology", "mode").unique().sort("technology", "mode")
    rows = pl.DataFrame(
        {"plant": np.arange(len(plants.facility)), "technology": list(plants.technology)},
        schema={"plant": pl.Int64, "technology": pl.String},
    ).with_columns(
        pl.Series("facility", list(plants.facility), dtype=pl.String),
        pl.Series("t", plants.period, dtype=pl.Int64),
    )
    rows = rows.join(modes, on="technology", how="inner").sort("plant", "mode")
    tuned = over_periods(table(case, "activities"), ["facility", "mode"], axes)
    if not tuned.is_empty():
        keep = [c for c in ("residual", "loss_carried", "knee", "slope") if c in tuned.columns]
        keys = ["facility", "mode", "t"]
        rows = rows.join(tuned.select(*keys, *keep), on=keys, how="left")
    rows = rows.sort("plant", "mode").with_row_index("activity")
    terms = rows.select("activity", "plant", "technology", "mode").join(
        recipes.select("technology", "mode", "material", "direction", "quantity"),
        on=["technology", "mode"],
        how="inner",
    )
    terms = terms.sort("activity", "direction", "material")
    plant = rows["plant"].to_numpy()
    at = terms["plant"].to_numpy()
    material = codes(texts(terms, "material"), axes.materials)
    sign = np.where(texts(terms, "direction") == "out", 1.0, -1.0)
    return Activities(
        plant=plant,
        mode=texts(rows, "mode"),
        cost=plants.cost[plant],
        residual=numbers(rows, "residual", 0.0),
        loss_carried=numbers(rows, "loss_carried", 0.0),
        knee=numbers(rows, "knee", 0.0),
        slope=numbers(rows, "slope", 0.0),
        term_of=terms["activity"].to_numpy().astype(np.int64),
        term_material=material,
        term_key=axes.key(material, plants.country[at], plants.period[at]),
        term_quantity=sign * numbers(terms, "quantity", 0.0),
    )


def way_labels(axes: Axes, plants: Plants, ways: Activities) -> dict[str, np.ndarray]:
    """What each activity is called."""
    return {
        "facility": plants.facility[ways.plant],
        "mode": ways.mode,
        "period": np.array(axes.periods, dtype=object)[plants.period[ways.plant]],
    }


def add_activities(program: "Program", axes: Axes, plants: Plants, ways: Activities) -> Segments:
    """Columns `activity` and `activity_rise` [kt/yr], costs in present value.

    A slope above zero splits an activity at its knee (see add_segments).
    """
    at = ways.plant
    period = plants.period[at]
    return add_segments(
        program,
        "activity",
        way_labels(axes, plants, ways),
        cost=ways.unit_cost,
        knee=ways.knee,
        slope=ways.slope,
        bound=np.full(len(at), np.inf),
        weight=axes.weight[period],
    )

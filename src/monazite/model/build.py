"""What may be built, when, and at what cost a year? Capacity that comes on line over the years.

A project adds up to `size` kt/yr to a facility, from the year it can be ready. A plant that comes
on line at the start of period v and runs in period t has

    age     = years from the start of v to each year of t
    worked  = mean over the years of t of ramp[age] * (age < life)      share of its capacity
    charged = mean over the years of t of (age < life)                  share of its annuity

and is paid for by an annuity at the project's own cost of capital (Brealey, Myers and Allen,
Principles of Corporate Finance, equivalent annual cost):

    annuity = capex * (1 - decline)^(v - first year) * wacc / (1 - (1 + wacc)^-life)  [USD/kg]

charged in every period in which the plant stands, to the end of its life or of the horizon. What
is charged after the horizon is left to those who run it then: the terminal value of a plant is the
present value of its annuities still to come.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from monazite.model.axes import Axes, Floats, Ints, add_up, numbers, table, texts
from monazite.model.segments import values

if TYPE_CHECKING:
    from monazite.kernel import Block, Program
    from monazite.model.chain import Plants

COMMITTED = "committed"  # money is spent: it comes whatever prices are
NEVER = 9999.0
MANY = 12  # periods; with fewer, setting builds apart from the rest of a program costs time


@dataclass(frozen=True)
class Projects:
    """One element per project. `earliest` and `lead` in years; `size` and `minimum` are what is
    likely to stand: sizes stated times the probability of completion; `capex` in USD per kg/yr.
    """

    facility: np.ndarray
    status: np.ndarray
    earliest: Floats
    lead: Floats
    size: Floats
    yearly: Floats
    minimum: Floats
    capex: Floats
    wacc: Floats
    life: Floats
    decline: Floats
    ramp: np.ndarray
    ramps: dict[str, Floats]

    @property
    def count(self) -> int:
        """Number of projects."""
        return len(self.facility)

    def annuity(self, years: Floats | float = 0.0) -> Floats:
        """USD/kg of capacity and year, of a plant begun so many years after the first period."""
        rate = self.wacc
        safe = np.where(rate > 0, rate, 1.0)
        factor = np.where(rate > 0, safe / -np.expm1(-self.life * np.log1p(safe)), 1.0 / self.life)
        return self.capex * (1.0 - self.decline) ** years * factor


@dataclass(frozen=True)
class Builds:
    """One element per project and period in which it may come on line.

    `annuity` [USD/kg]; `lower` and `upper` [kt/yr]. Terms say what a build gives to the capacity of
    a plant: `worked` of a kt/yr, at `charged` of the annuity, `term_plant` being a facility in a
    period.
    """

    projects: Projects
    project: Ints
    period: Ints
    annuity: Floats
    lower: Floats
    upper: Floats
    term_of: Ints
    term_plant: Ints
    worked: Floats
    charged: Floats

    @property
    def size(self) -> int:
        """Number of projects times the periods in which each may come on line."""
        return len(self.project)

    @property
    def facility(self) -> np.ndarray:
        """The facility that each build adds to."""
        return self.projects.facility[self.project]

    @property
    def committed(self) -> np.ndarray:
        """Builds whose money is spent."""
        return self.projects.status[self.project] == COMMITTED

    def decided(self, axes: Axes) -> Floats:
        """Calendar year in which each build is decided; what is committed, in its first year."""
        start = axes.start[self.period]
        return np.where(self.committed, start, start - self.projects.lead[self.project])

    def capital_cost(self, axes: Axes) -> Floats:
        """USD per kg/yr of each build."""
        begun = axes.start[self.period] - axes.start[0] if self.size else np.zeros(0)
        of = self.project
        return self.projects.capex[of] * (1.0 - self.projects.decline[of]) ** begun

    def over_life(self, amount: Floats, weight: Floats) -> Floats:
        """Weighted sum over a plant's life of `amount` [USD/kg and year] by build.

        `weight` is that of each term: charged in every period in which the plant stands.
        """
        return add_up(self.term_of, self.charged * weight * amount[self.term_of], self.size)

    def capacity(self, built: Floats, plants: int) -> Floats:
        """kt/yr by plant that builds [kt/yr] give."""
        return add_up(self.term_plant, self.worked * built[self.term_of], plants)

    def capital(self, built: Floats, plants: int) -> Floats:
        """MUSD/yr of annuities by plant."""
        paid = self.charged * self.annuity[self.term_of] * built[self.term_of]
        return add_up(self.term_plant, paid, plants)


@dataclass(frozen=True)
class BuildBlocks:
    """Columns of builds, aligned with `Builds`, and the rows that hold each project to its size."""

    build: Block
    pipeline: Block


def read_projects(case: Any, axes: Axes) -> Projects:
    """The projects of a case; none where the periods have no dates."""
    frame = table(case, "projects")
    if np.isnan(axes.start).any():
        frame = frame.clear()
    return Projects(
        facility=texts(frame, "facility"),
        status=texts(frame, "status"),
        earliest=numbers(frame, "earliest", -NEVER),
        lead=numbers(frame, "lead", 0.0),
        size=numbers(frame, "size", 0.0) * numbers(frame, "completion", 1.0),
        yearly=numbers(frame, "yearly", np.inf),
        minimum=numbers(frame, "minimum", 0.0) * numbers(frame, "completion", 1.0),
        capex=numbers(frame, "capex", 0.0),
        wacc=numbers(frame, "wacc", 0.1),
        life=numbers(frame, "life", 20.0),
        decline=numbers(frame, "decline", 0.0),
        ramp=texts(frame, "ramp"),
        ramps=_ramps(case),
    )


def _ramps(case: Any) -> dict[str, Floats]:
    """Shares of capacity by year of operation; a year left out has the share of the one before."""
    frame = table(case, "ramps")
    found: dict[str, Floats] = {}
    for name in sorted(set(texts(frame, "ramp"))) if not frame.is_empty() else ():
        mine = frame.filter(frame["ramp"] == name).sort("year")
        year, share = mine["year"].to_numpy(), numbers(mine, "share", 1.0)
        every = np.arange(1, int(year.max()) + 1)
        at = np.searchsorted(year, every, side="right") - 1
        found[name] = np.where(at >= 0, share[np.maximum(at, 0)], 0.0)
    return found


def read_builds(axes: Axes, projects: Projects, plants: Plants) -> Builds:
    """Every project in every period from its first year on; what is committed comes in the first.

    A grid without the first year of a project lets it come in the next period.
    """
    allowed = axes.start[None, :] >= projects.earliest[:, None] - 1e-9
    once = allowed & (np.cumsum(allowed, axis=1) == 1)
    fixed = projects.status == COMMITTED
    project, period = np.nonzero(np.where(fixed[:, None], once, allowed))
    most = np.minimum(projects.size[project], projects.yearly[project] * axes.years[period])
    upper = np.where(fixed[project], projects.size[project], most)
    of, plant, worked, charged = _terms(axes, projects, project, period, plants)
    return Builds(
        projects=projects,
        project=project,
        period=period,
        annuity=projects.annuity(axes.start[:, None] - axes.start[0])[period, project]
        if len(project)
        else np.zeros(0),
        lower=np.where(fixed[project], upper, 0.0),
        upper=upper,
        term_of=of,
        term_plant=plant,
        worked=worked,
        charged=charged,
    )


def _terms(
    axes: Axes, projects: Projects, project: Ints, period: Ints, plants: Plants
) -> tuple[Ints, Ints, Floats, Floats]:
    """What each build gives to each plant: builds by plants of its facility from then on."""
    where: dict[str, list[int]] = {}
    for k, name in enumerate(plants.facility):
        where.setdefault(str(name), []).append(k)
    rows: list[tuple[int, int, float, float]] = []
    alike: dict[tuple[Any, ...], tuple[float, float]] = {}  # few ramps and lives, many projects
    for k, (p, v) in enumerate(zip(project.tolist(), period.tolist(), strict=True)):
        for plant in where.get(str(projects.facility[p]), ()):
            if plants.period[plant] >= v:
                t = int(plants.period[plant])
                key = (projects.ramp[p], projects.life[p], v, t)
                if key not in alike:
                    alike[key] = _shares(axes, projects, p, v, t)
                worked, charged = alike[key]
                if charged > 0:
                    rows.append((k, plant, worked, charged))
    found = np.array(rows, dtype=float).reshape(-1, 4)
    return found[:, 0].astype(int), found[:, 1].astype(int), found[:, 2], found[:, 3]


def _shares(axes: Axes, projects: Projects, p: int, v: int, t: int) -> tuple[float, float]:
    """Shares of its capacity and of its annuity of a project of period v in period t."""
    count = max(1, round(float(axes.years[t])))
    age = axes.start[t] - axes.start[v] + np.arange(count) * axes.years[t] / count
    stands = age < projects.life[p] - 1e-9
    ramp = projects.ramps.get(str(projects.ramp[p]))
    if ramp is None:
        return float(stands.mean()), float(stands.mean())
    share = ramp[np.minimum(np.floor(age + 1e-9).astype(int), len(ramp) - 1)]
    return float((share * stands).mean()), float(stands.mean())


def add_builds(
    program: Program, axes: Axes, builds: Builds, plants: Plants, capacity: Block | None
) -> BuildBlocks | None:
    """Columns `build` [kt/yr], their terms in `capacity`, and rows `pipeline`.

    capacity: activity - sum of worked * build <= capacity in place;
    pipeline[project]: sum over periods of build <= size, and >= what must be built of it.
    """
    if builds.size == 0 or capacity is None:
        return None
    period = np.array(axes.periods, dtype=object)[builds.period]
    weight = axes.weight[plants.period[builds.term_plant]]
    column = program.add_columns(
        "build",
        {"facility": builds.facility, "period": period},
        "kt/yr",
        cost=builds.over_life(builds.annuity, weight),
        lower=builds.lower,
        upper=builds.upper,
        together=None if len(axes.periods) < MANY else np.zeros(builds.size, dtype=int),
    )
    program.add_terms(
        capacity, column, -builds.worked, "1", row=builds.term_plant, column=builds.term_of
    )
    owners = np.unique(builds.project)
    row = program.add_rows(
        "pipeline",
        {"facility": builds.projects.facility[owners]},
        "kt/yr",
        upper=builds.projects.size[owners],
    )
    program.add_terms(row, column, 1.0, "1", row=np.searchsorted(owners, builds.project))
    return BuildBlocks(column, row)


def built(x: Floats, blocks: BuildBlocks | None) -> Floats:
    """kt/yr that come on line, by build."""
    return np.zeros(0) if blocks is None else values(x, blocks.build)

"""What may be built, when, and at what cost a year? Capacity that comes on line over the years.

A project adds up to `size` kt/yr to a facility, from the year it can be ready, and no more than
`yearly` kt/yr each year. A plant of period v comes on line in the year `begins`: the start of v or
the first year in which it can be ready within v, and where a year lets in only a part of the
project any later year of v as well, up to `yearly` in each. It has in period t

    age     = years from `begins` to each year of t
    stands  = 0 <= age < life, in the years in which its facility is open
    worked  = mean over the years of t of ramp[age] * stands      share of its capacity
    charged = mean over the years of t of stands                  share of its annuity

So what is built year by year gives a long period the mean of what it gives its years, and a long
period lets in no more than its years would.

and is paid for by an annuity at the project's own cost of capital (Brealey, Myers and Allen,
Principles of Corporate Finance, equivalent annual cost):

    annuity = capex * (1 - decline)^(begins - first year) * wacc / (1 - (1 + wacc)^-life)  [USD/kg]

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
    """One element per project and period in which it may come on line, or year of the period where
    its yearly limit is less than its size; by project, period and year.

    `begins` is the calendar year of its first output; `annuity` [USD/kg]; `lower` and `upper`
    [kt/yr]; `at_once` [kt/yr], on the first build of a period, is what all of it would let in.
    Terms say what a build gives to the capacity of a plant: `worked` of a kt/yr, at `charged` of
    the annuity, `term_plant` being a facility in a period.
    """

    projects: Projects
    project: Ints
    period: Ints
    begins: Floats
    annuity: Floats
    lower: Floats
    upper: Floats
    at_once: Floats
    term_of: Ints
    term_plant: Ints
    worked: Floats
    charged: Floats

    @property
    def size(self) -> int:
        """Number of projects times the periods or years in which each may come on line."""
        return len(self.project)

    @property
    def facility(self) -> np.ndarray:
        """The facility that each build adds to."""
        return self.projects.facility[self.project]

    @property
    def committed(self) -> np.ndarray:
        """Builds whose money is spent."""
        return self.projects.status[self.project] == COMMITTED

    @property
    def decided(self) -> Floats:
        """Calendar year in which each build is decided; what is committed, in its first year."""
        lead = self.projects.lead[self.project]
        return np.where(self.committed, self.begins, self.begins - lead)

    def capital_cost(self, axes: Axes) -> Floats:
        """USD per kg/yr of each build."""
        of = self.project
        return self.projects.capex[of] * (1.0 - self.projects.decline[of]) ** (
            self.begins - axes.start[0]
        )

    @property
    def first(self) -> np.ndarray:
        """Whether each build is the first of its project in its period."""
        return (np.diff(self.project, prepend=-1) != 0) | (np.diff(self.period, prepend=-1) != 0)

    def named(self, axes: Axes) -> np.ndarray:
        """What each build's period is called, with its first year where that is a later one than
        the first in which the project may begin in the period.
        """
        names = np.array(axes.periods, dtype=object)[self.period]
        years = [f"{name}+{begins:g}" for name, begins in zip(names, self.begins, strict=True)]
        return np.where(self.first, names, np.array(years, dtype=object))

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
    """Every project in every period from its first year on, and in each year of a period where a
    year lets in only a part of it; what is committed comes in its first year.

    A first year inside a period of several years is the year in which its builds begin. What was
    committed for a year before the first period is as old as it then would be. What would never
    stand, at a facility that closes first, cannot be built.
    """
    end = axes.start + axes.years
    allowed = end[None, :] > projects.earliest[:, None] + 1e-9
    once = allowed & (np.cumsum(allowed, axis=1) == 1)
    fixed = projects.status == COMMITTED
    project, period = np.nonzero(np.where(fixed[:, None], once, allowed))
    ready, start, fixed = projects.earliest[project], axes.start[period], fixed[project]
    dated = fixed & (ready > -NEVER)
    begins = np.where(dated, ready, np.maximum(ready, start))
    row, later = _year_by_year(projects, project, end[period] - begins, fixed)
    project, period, fixed, begins = project[row], period[row], fixed[row], begins[row] + later
    left, size = end[period] - begins, projects.size[project]
    at_once = np.where(fixed, size, np.minimum(size, projects.yearly[project] * left))
    room = np.where(_slow(projects, project, fixed), np.minimum(left, 1.0), left)
    upper = np.where(fixed, size, np.minimum(size, projects.yearly[project] * room))
    of, plant, worked, charged = _terms(axes, projects, project, begins, period, plants)
    upper = np.where(add_up(of, charged, len(project)) > 0, upper, 0.0)
    since = begins - axes.start[0] if len(begins) else begins
    return Builds(
        projects=projects,
        project=project,
        period=period,
        begins=begins,
        annuity=projects.annuity()[project] * (1.0 - projects.decline[project]) ** since,
        lower=np.where(fixed, upper, 0.0),
        upper=upper,
        at_once=np.where(later > 0, 0.0, at_once),
        term_of=of,
        term_plant=plant,
        worked=worked,
        charged=charged,
    )


def _slow(projects: Projects, project: Ints, fixed: np.ndarray) -> np.ndarray:
    """Whether a year lets in only a part of a project."""
    return ~fixed & (projects.yearly[project] < projects.size[project])


def _year_by_year(
    projects: Projects, project: Ints, room: Floats, fixed: np.ndarray
) -> tuple[Ints, Ints]:
    """Position of each build among projects in periods with `room` years, and how many years later
    than the first it begins: one build a period, or one a year of it for what is slow.
    """
    many = np.where(_slow(projects, project, fixed), np.ceil(room - 1e-9), 1.0).astype(int)
    row = np.repeat(np.arange(len(project)), many)
    return row, np.arange(len(row)) - np.repeat(np.cumsum(many) - many, many)


def _terms(
    axes: Axes, projects: Projects, project: Ints, begins: Floats, period: Ints, plants: Plants
) -> tuple[Ints, Ints, Floats, Floats]:
    """What each build gives to each plant: builds by plants of its facility from then on, while the
    facility is open.
    """
    periods = len(axes.periods)
    plant = np.full((projects.count, periods), -1)
    rows = {name: k for k, name in enumerate(projects.facility.tolist())}
    for k, (name, t) in enumerate(zip(plants.facility.tolist(), plants.period, strict=True)):
        if name in rows:
            plant[rows[name], t] = k
    kinds: dict[tuple[str, float, float], int] = {}  # few of these, many projects
    keys = zip(projects.ramp[project], projects.life[project], begins.tolist(), strict=True)
    of_kind = np.array([kinds.setdefault(key, len(kinds)) for key in keys], dtype=int)
    ramp, life, begun = _columns(list(kinds), projects.ramps)
    always = np.full(len(kinds), np.inf)
    share = np.zeros((len(kinds), periods, 2))
    for t in range(periods):
        share[:, t] = _shares(axes, t, ramp, life, begun, -always, always)
    gives = (plant[project] >= 0) & (share[of_kind, :, 1] > 0)
    of, t = np.nonzero(gives & (np.arange(periods) >= period[:, None]))
    both, at = share[of_kind[of], t], plant[project[of], t]
    for one in np.flatnonzero(plants.standing[at] < 1.0).tolist():  # few facilities open or close
        kind, open_in = of_kind[of[one : one + 1]], (plants.opens[at[one]], plants.closes[at[one]])
        both[one] = _shares(axes, int(t[one]), ramp[kind], life[kind], begun[kind], *open_in)
    return of, at, both[:, 0], both[:, 1]


def _columns(
    kinds: list[tuple[str, float, float]], ramps: dict[str, Floats]
) -> tuple[Floats, Floats, Floats]:
    """Shares of capacity by kind of build and year of operation, the last one for good; lives and
    first years by kind.
    """
    longest = max((len(ramp) for ramp in ramps.values()), default=1)
    known = {name: np.pad(ramp, (0, longest - len(ramp)), "edge") for name, ramp in ramps.items()}
    rows = [known.get(str(name), np.ones(longest)) for name, _, _ in kinds]
    life, begins = (np.array([kind[k] for kind in kinds], dtype=float) for k in (1, 2))
    return np.array(rows).reshape(-1, longest), life, begins


def _shares(
    axes: Axes,
    t: int,
    ramp: Floats,
    life: Floats,
    begins: Floats,
    opens: Floats | float,
    closes: Floats | float,
) -> Floats:
    """Shares of its capacity and of its annuity in period t of each kind of build, at a facility
    open between two calendar dates: kinds by two.
    """
    count = max(1, round(float(axes.years[t])))
    year = axes.start[t] + np.arange(count)[:, None] * axes.years[t] / count
    age = year - begins
    stands = (age > -1e-9) & (age < life - 1e-9)
    stands &= (year > opens - 1e-9) & (year < closes - 1e-9)
    at = np.clip(np.floor(age + 1e-9).astype(int), 0, ramp.shape[1] - 1)
    works = ramp[np.arange(len(begins)), at]
    return np.stack([(works * stands).mean(axis=0), stands.mean(axis=0)], axis=1)


def add_builds(
    program: Program, axes: Axes, builds: Builds, plants: Plants, capacity: Block | None
) -> BuildBlocks | None:
    """Columns `build` [kt/yr], their terms in `capacity`, and rows `pipeline`.

    capacity: activity - sum of worked * build <= capacity in place;
    pipeline[project]: sum over periods of build <= size, and >= what must be built of it.
    """
    if builds.size == 0 or capacity is None:
        return None
    weight = axes.weight[plants.period[builds.term_plant]]
    column = program.add_columns(
        "build",
        {"facility": builds.facility, "period": builds.named(axes)},
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

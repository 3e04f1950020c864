"""What does a goal cost? Raising a country's or a club's own supply of a stage by a year.

    own supply >= share * reference          in the period that holds the year

Own supply is what plants in the members' countries make of a stage, as its measure counts it
(model/shares.py). The reference is that of the same case without the goal, so that it is one
number:

    world   what all the world makes of the stage
    use     what members' users and plants take of the materials that the measure counts
    need    what all the world makes, times the members' share in the value of all final use: what
            they use embodied in goods of later stages counts too

The cheapest way is the row above, put into the program: its dual is what one more kg of own supply
costs [USD/kg], and paying that to every kg is the mix of the cheapest plants. Against it stand
levers, each a rule or several with a level: the least level that reaches the goal is searched for,
and what that costs is told as in study/support.py. A lever need not be cheapest: it may pay for
what would be made anyway, or not reach the goal at all.

A goal is a YAML file (study/goals): in the rules of a lever the text `$level`, or a number times
it, stands for the level.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from monazite.errors import Fault, InfeasibleError, InputError, fault
from monazite.places import Path as Trail
from monazite.places import Places, fault_at
from monazite.policy.bounds import with_rows
from monazite.study.question import AbstractQuestion, misnamed, unknown_to, unread
from monazite.study.scenario import Words, in_language
from monazite.study.support import Cost, support
from monazite.study.variants import solved

if TYPE_CHECKING:
    import polars as pl

    from monazite.data import Case
    from monazite.model.axes import Floats
    from monazite.model.market import Market
    from monazite.model.outcome import Outcome
    from monazite.study.scenario import Scenario

SHIPPED = Path(__file__).parent / "goals"
LEVEL = re.compile(r"^(?:([0-9.eE+-]+)\s*\*\s*)?\$level$")
ROW = "goal"  # the limit that holds the goal, and its holder
CLOSE = 0.01  # of the goal by which a lever may miss or pass it
STEP = 0.005  # of a lever's range: where supply jumps, the level is told to this
MOST = 9  # runs of a lever
CHEAPEST = "cheapest"


class Lever(BaseModel):
    """Rules with a level between `low` and `high` [unit], at `low` doing least."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: str
    title: Words = ""
    unit: str = ""
    low: float = 0.0
    high: float
    rules: tuple[dict[str, Any], ...] = Field(min_length=1)

    def titled(self, lang: str | None = None) -> str:
        """The title in a language; the name where there is none."""
        return in_language(self.title, lang) or self.name


class Beside(BaseModel):
    """What somebody else found, told beside the answer."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    source: str
    url: str = ""
    told: Words


class Goal(AbstractQuestion):
    """Own supply of a stage by members: at least `share` of `of` in the year `by`."""

    kind: ClassVar[str] = "goal"
    shape: ClassVar[str] = "goal_shape"
    unknown: ClassVar[str] = "unknown_goal"
    folder: ClassVar[Path] = SHIPPED

    stage: str
    share: float = Field(gt=0.0, le=10.0)
    of: Literal["world", "use", "need"] = "need"
    by: int
    years: str = "2024,2026,2030,2035"
    demand: str = "central"
    levers: tuple[Lever, ...] = ()
    beside: tuple[Beside, ...] = ()

    def faults(self, places: Places) -> Iterator[Fault]:
        """A year outside the periods, levers that run nowhere or hold no level, rules that fail."""
        from monazite.study.years import Years

        starts = Years.parsed(self.over).starts
        if wrong := unread(self.years):
            yield fault_at(places, "question_years", ("years",), told=wrong)
        elif not starts[0] <= self.by <= starts[-1]:
            yield fault_at(places, "goal_year", ("by",), year=self.by, first=starts[0],
                           last=starts[-1])  # fmt: skip
        for k, lever in enumerate(self.levers):
            at = ("levers", k)
            if lever.high <= lever.low:
                yield fault_at(places, "goal_range", (*at, "high"), low=lever.low, high=lever.high)
            elif _put(list(lever.rules), 1.0) == _put(list(lever.rules), 2.0):
                yield fault_at(places, "goal_level", (*at, "rules"), name=lever.name)
            else:
                yield from self._at_both_ends(k, places)

    def _at_both_ends(self, k: int, places: Places) -> Iterator[Fault]:
        """What is wrong with the rules of a lever at its low end, else at its high end."""
        lever, at = self.levers[k], ("levers", k, "rules")
        for level in (lever.low, lever.high):
            try:
                self.scenario_with(at_level(lever.rules, level), places, at)
            except InputError as error:
                for one in error.faults:
                    yield fault("goal_rule", one.file if one.line else places.file,
                                one.line or places.find(at)[0], one.column, name=lever.name,
                                level=level, told=one.what,
                                caret=one.values.get("caret", ""))  # fmt: skip
                return

    def paths(self) -> dict[Trail, str]:
        """The path of demand."""
        return {("demand",): self.demand}

    def lacking(self, base: Case, found: Case) -> Iterator[Fault]:
        """The stage, and what the rules of levers name."""
        from monazite.model.shares import measure_names

        measures = measure_names(base)
        yield from misnamed(self._places, ("stage",), self.stage, measures, "question_stage")
        for k, lever in enumerate(self.levers):
            at = ("levers", k, "rules")
            with suppress(InputError):  # what does not fit is told by `faults`
                one = self.scenario_with(at_level(lever.rules, lever.high), self._places, at)
                yield from unknown_to(found, one, self._places, at)

    def scenario_with(
        self,
        rules: Sequence[Mapping[str, Any]] = (),
        places: Places | None = None,
        at: tuple[str | int, ...] = (),
    ) -> Scenario:
        """The goal's scenario over its years, with further rules, which the file has at a path."""
        from monazite.study.scenario import Scenario

        base = self.over_its_years(demand=self.demand)
        if not rules:
            return base
        fields = base.model_dump(exclude_unset=True)
        before = list(fields.get("instruments", ()))
        written: dict[Trail, Trail] = {
            ("instruments", len(before) + j): (*at, j) for j in range(len(rules))
        }
        fields["instruments"] = [*before, *rules]
        return Scenario.checked(fields, None if places is None else places.moved(written))


def at_level(rules: Sequence[Mapping[str, Any]], level: float) -> list[dict[str, Any]]:
    """The rules of a lever with its level put in."""
    return [_put(rule, level) for rule in rules]


def _put(value: Any, level: float) -> Any:
    if isinstance(value, str):
        found = LEVEL.match(value.strip())
        return value if found is None else float(found[1] or 1.0) * level
    if isinstance(value, Mapping):
        return {key: _put(one, level) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_put(one, level) for one in value]
    return value


# --- the answer -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Way:
    """One way to the goal. `level` is null where the goal was not reached; then the rest speaks of
    the highest level.

    `supply` is own supply over the reference by period, `lost` what the world loses against the
    case without the goal [MUSD, present value], `runs` how often it was solved. The cheapest way
    has the dual as its level.
    """

    name: str
    unit: str
    level: float | None
    reached: bool
    supply: tuple[float, ...]
    lost: float
    cost: Cost
    runs: int


@dataclass(frozen=True)
class Price:
    """The price of a goal: where supply stands without it, and the ways to it.

    `reference` [kt/yr] and `base` (own supply over it) by period; `market` is the value of what
    members use in the first period [MUSD/yr]; `period` that of the goal; `outcome` is the case
    without the goal.
    """

    goal: Goal
    periods: tuple[str, ...]
    period: str
    reference: tuple[float, ...]
    base: tuple[float, ...]
    market: float
    ways: tuple[Way, ...]
    outcome: Any = field(default=None, compare=False, repr=False)

    def table(self) -> pl.DataFrame:
        """way, unit, level, reached, share (in the goal's period), support, support_discounted,
        public, users, lost [MUSD], per_tonne [USD of support per additional tonne], runs.
        """
        import polars as pl

        rows = [_row(way, self.goal, self.periods.index(self.period)) for way in self.ways]
        text = {"way": pl.String, "unit": pl.String, "level": pl.Float64, "reached": pl.Boolean}
        names = ("share", "support", "support_discounted", "public", "users", "lost", "per_tonne")
        schema = text | dict.fromkeys(names, pl.Float64) | {"runs": pl.Int64}
        return pl.DataFrame(rows, schema=schema, orient="row")


def _row(way: Way, goal: Goal, at: int) -> tuple[Any, ...]:
    sums = {line: (plain, now) for line, plain, now in way.cost.totals.rows()}
    mine = way.cost.tonnes.filter(by="stage", item=goal.stage)
    per = mine["support"].item() if mine.height else None
    return (
        way.name, way.unit, way.level, way.reached, way.supply[at], *sums["support"],
        sums["public"][0], sums["users"][0], way.lost, per, way.runs,
    )  # fmt: skip


def price(
    goal: Goal,
    *,
    case: Any = None,
    workers: int = 1,
    told: Callable[[int, int], None] = lambda done, of: None,
) -> Price:
    """The price of a goal by every way. `case` takes the place of the scenario's.

    Ways are asked for in several processes where there are `workers`; `told(done, of)` hears of
    each. Raises InputError, before anything is solved, for names that the case does not have, and
    InfeasibleError where no mix of plants that may be built reaches the goal.
    """
    from monazite.study.workers import each

    goal.check(case)
    asked: list[tuple[Goal, str, Any]] = [
        (goal, name, case) for name in (CHEAPEST, *(lever.name for lever in goal.levers))
    ]
    told(0, len(asked))
    found: dict[int, Way] = {}
    for k, way in each(_way, asked, workers):
        found[k] = way
        told(len(found), len(asked))
    known = _known(goal, case)
    return Price(
        goal, known.base.market.axes.periods, known.period, tuple(known.reference.tolist()),
        tuple((known.own(known.base) / known.reference).tolist()), _market(known.base, goal),
        tuple(found[k] for k in sorted(found)), known.base,
    )  # fmt: skip


def _way(asked: tuple[Goal, str, Any]) -> Way:
    goal, name, case = asked
    known = _known(goal, case)
    if name == CHEAPEST:
        return _cheapest(known)
    return _searched(known, next(lever for lever in goal.levers if lever.name == name))


@dataclass(frozen=True, eq=False)
class Known:
    """A goal's case without it: its outcome, the measure and the reference by period [kt/yr]."""

    goal: Goal
    case: Any
    base: Outcome
    period: str
    reference: Floats

    def own(self, outcome: Outcome) -> Floats:
        """Own supply by period [kt/yr]."""
        return own_supply(outcome, self.goal.stage, self.goal.members)

    @property
    def materials(self) -> tuple[str, ...]:
        """The materials that the measure counts, as members' prices of them are told."""
        from monazite.model.shares import read_measures

        terms = read_measures(self.base.case, self.base.market.axes)[self.goal.stage]
        names = {self.base.market.axes.materials[term.material] for term in terms}
        return tuple(sorted(names))

    @property
    def at(self) -> int:
        """The position of the goal's period."""
        return self.base.market.axes.at(self.period)

    @property
    def target(self) -> float:
        """kt/yr of own supply that the goal asks for."""
        return self.goal.share * float(self.reference[self.at])


@lru_cache(maxsize=2)
def _remembered(goal_text: str, case: Any) -> Known:
    goal = Goal.model_validate_json(goal_text)
    return _unknown(goal, case)


def _known(goal: Goal, case: Any) -> Known:
    """The same for every way of a goal: solved once in a process."""
    return _remembered(goal.model_dump_json(), case)


def _unknown(goal: Goal, case: Any) -> Known:
    base = solved(goal.scenario_with(), case=case)
    axes = base.market.axes
    at = int(np.searchsorted(axes.start, goal.by, side="right")) - 1
    return Known(goal, case, base, axes.periods[at], _reference(base, goal))


def own_supply(outcome: Outcome, stage: str, members: Sequence[str]) -> Floats:
    """kt/yr by period that plants in some countries make of a stage."""
    found = []
    for period in outcome.market.axes.periods:
        share = outcome.shares_in(period)[stage]
        part = sum(share["by_place"].get(country, 0.0) for country in members)
        found.append(part * share["total"])
    return np.array(found)


def _reference(base: Outcome, goal: Goal) -> Floats:
    from monazite.model.shares import read_measures

    periods = base.market.axes.periods
    world = np.array([base.shares_in(period)[goal.stage]["total"] for period in periods])
    if goal.of == "world":
        return world
    if goal.of == "need":
        return world * _final(base, goal.members)
    terms = read_measures(base.case, base.market.axes)[goal.stage]
    weights = {base.market.axes.materials[term.material]: term.weight for term in terms}
    return _taken(base, weights, goal.members)


def _final(base: Outcome, members: Sequence[str]) -> Floats:
    """Members' share in the value of all final use, by period."""
    import polars as pl

    inside = pl.col("country").is_in(list(members))
    worth = pl.col("value").fill_null(0.0)
    sums = base.use.group_by("period").agg(
        (worth.filter(inside).sum() / worth.sum()).alias("share")
    )
    share = dict(sums.rows())
    return np.array([share.get(period, 0.0) for period in base.market.axes.periods])


def _taken(base: Outcome, weights: Mapping[str, float], members: Sequence[str]) -> Floats:
    """kt/yr of materials that members' users and plants take, by period."""
    import polars as pl

    from monazite.model.average import plain

    columns = ("period", "country", "material", "quantity")
    rows = pl.concat([base.use.select(columns), base.inputs.select(columns)])
    mine = rows.with_columns(plain("material")).filter(
        pl.col("country").is_in(list(members)), pl.col("material").is_in(list(weights))
    )
    weight = pl.col("material").replace_strict(dict(weights), return_dtype=pl.Float64)
    sums = dict(mine.group_by("period").agg((pl.col("quantity") * weight).sum()).rows())
    return np.array([sums.get(period, 0.0) for period in base.market.axes.periods])


def _market(base: Outcome, goal: Goal) -> float:
    """MUSD/yr that members' users pay for what they use in the first period."""
    import polars as pl

    first = base.market.axes.periods[0]
    mine = base.use.filter(pl.col("period") == first, pl.col("country").is_in(list(goal.members)))
    return float(mine["value"].fill_null(0.0).sum())


# --- the row, and the search ----------------------------------------------------------------------


def _cheapest(known: Known) -> Way:
    """The goal as a row of the program; its dual, and what paying it to every kg costs."""
    outcome = _with_row(known)
    axes = outcome.market.axes
    row = np.flatnonzero(outcome.market.limits.limit == ROW)
    dual = float(outcome.limit_rent[row].sum())
    cost = support(outcome, known.base, members=known.goal.members, materials=known.materials)
    paid = dual * float(known.own(outcome)[known.at])
    years, weight = float(axes.years[known.at]), float(axes.weight[known.at])
    return Way(
        CHEAPEST, "USD/kg", dual, True, _supply(known, outcome),
        known.base.objective - outcome.objective,
        _paying(cost, known, paid * years, paid * weight), 1,
    )  # fmt: skip


def _paying(cost: Cost, known: Known, plain: float, discounted: float) -> Cost:
    """The cost in which somebody pays the dual to all own supply of the goal's period."""
    import polars as pl

    found = {"payments": (plain, discounted), "support": (plain, discounted),
             "public": (plain, discounted)}  # fmt: skip
    totals = cost.totals.with_columns(
        *(
            pl.col("line")
            .replace_strict({k: v[n] for k, v in found.items()}, default=0.0)
            .cast(pl.Float64)
            .add(pl.col(name))
            .alias(name)
            for n, name in enumerate(("plain", "discounted"))
        )
    )
    more = pl.col("more") > 0
    tonnes = cost.tonnes.with_columns(
        pl.when(more).then(1000.0 * plain / pl.col("more")).alias("support"),
        pl.when(more)
        .then(1000.0 * discounted / pl.col("more_discounted"))
        .alias("support_discounted"),
    )
    return replace(cost, totals=totals, tonnes=tonnes)


def _with_row(known: Known) -> Outcome:
    """The outcome in which own supply is no less than the goal, whatever it takes."""
    from monazite.messages import say

    def require(market: Market) -> Market:
        row = np.flatnonzero(market.limits.limit == ROW)
        return market.patched({"limit": {"upper": (row, np.full(len(row), -known.target))}})

    try:
        return solved(
            known.goal.scenario_with(),
            case=known.case,
            tables=lambda case: _bounded(case, known),
            change=require,
        )
    except InfeasibleError as error:
        told = say("model.goal", share=f"{known.goal.share:g}", year=known.goal.by)
        raise InfeasibleError(told) from error


def _bounded(case: Case, known: Known) -> Case:
    """The case with the limit `goal` on minus own supply, in the goal's period."""
    import polars as pl

    from monazite.data import Case
    from monazite.model.axes import read_axes
    from monazite.model.shares import read_measures

    axes = read_axes(case)
    terms = read_measures(case, axes)[known.goal.stage]
    tables = dict(case.stated)
    plants = tables["facilities"].filter(
        pl.col("country").is_in(list(known.goal.members)), pl.col("stage") != "thrift"
    )
    plants = plants.select("facility", "technology").unique(maintain_order=True)
    rows = [_terms(tables, plants, axes.materials[t.material], t) for t in terms]
    both = pl.concat(rows).group_by("facility", "mode", maintain_order=True)
    own = both.agg(-pl.col("coefficient").sum()).with_columns(
        limit=pl.lit(ROW), basis=pl.lit("derived")
    )
    limit = {"limit": ROW, "period": known.period, "kind": "quota", "holder": ROW, "upper": 0.0,
             "basis": "derived"}  # fmt: skip
    tables = with_rows(tables, "limits", pl.DataFrame([limit]))
    tables = with_rows(tables, "limit_terms", own)
    return replace(Case.from_tables(tables, case.name), changes=case.changes)


def _terms(tables: Any, plants: pl.DataFrame, material: str, term: Any) -> pl.DataFrame:
    """facility, mode, coefficient: what a kg of activity counts in one material of a measure."""
    import polars as pl

    way = "out" if term.sign > 0 else "in"
    made = tables["recipes"].filter(
        pl.col("direction") == way,
        pl.col("material") == material,
        ~pl.col("technology").is_in(sorted(term.without)),
    )
    columns = [name for name in ("technology", "mode", "quantity") if name in made.columns]
    found = plants.join(made.select(columns), on="technology")
    if "mode" not in columns:
        found = found.with_columns(mode=pl.lit(None, pl.String))
    return found.select("facility", "mode", (pl.col("quantity") * term.weight).alias("coefficient"))


def _supply(known: Known, outcome: Outcome) -> tuple[float, ...]:
    return tuple((known.own(outcome) / np.maximum(known.reference, 1e-12)).tolist())


def _searched(known: Known, lever: Lever) -> Way:
    """The least level of a lever that reaches the goal (false position, Illinois)."""
    found: dict[float, Outcome] = {}

    def lacking(level: float) -> float:
        """Own supply over the goal, less 1."""
        asked = known.goal.scenario_with(at_level(lever.rules, level))
        last = next(reversed(found.values()), known.base)
        found[level] = solved(asked, case=known.case, near=last)
        return float(known.own(found[level])[known.at]) / known.target - 1.0

    level = least(lacking, lever.low, lever.high)
    outcome = found[lever.high if level is None else level]
    return Way(
        lever.name, lever.unit, level, level is not None, _supply(known, outcome),
        known.base.objective - outcome.objective,
        support(outcome, known.base, members=known.goal.members, materials=known.materials),
        len(found),
    )  # fmt: skip


def least(lacking: Callable[[float], float], low: float, high: float) -> float | None:
    """The least level at which `lacking`, rising with it, is no less than -CLOSE; None without.

    Ends within CLOSE of zero, or above zero within STEP of the range where it jumps. Illinois
    algorithm (Dowell and Jarratt 1971, BIT 11, 168-174), at most MOST evaluations.
    """
    below, above = low, high
    f_below, f_above = lacking(low), lacking(high)
    if f_above < -CLOSE:
        return None
    if f_below >= -CLOSE:
        return low
    best, side = high, 0
    for _ in range(MOST - 2):
        if f_above <= CLOSE and best == above and f_above >= -CLOSE:
            break
        if above - below <= STEP * (high - low):
            break
        level = (below * f_above - above * f_below) / (f_above - f_below)
        level = min(max(level, below + 0.05 * (above - below)), above - 0.05 * (above - below))
        here = lacking(level)
        if here >= -CLOSE:
            above, f_above, best = level, here, level
            f_below = f_below / 2.0 if side > 0 else f_below
            side = 1
        else:
            below, f_below = level, here
            f_above = max(f_above, CLOSE) / 2.0 if side < 0 else f_above
            side = -1
    return best

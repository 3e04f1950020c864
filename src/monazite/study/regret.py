"""Which mix of rules is regretted least? Mixes against states of the world, and what each costs.

A state is a path of demand and an answer of the outsider. Each mix is solved in each state, on few
periods, and valued by what the club gains:

    value  = present value of what all accounts of members gain in the books [MUSD]: users, owners
             of plants, treasuries and public stores, traders
    gain   = value - value of the first mix in the same state
    regret = value of the best mix in that state - value                       (Savage 1951)

The mix of least greatest regret is the careful choice of somebody who gives no odds to the states;
a mix that is best nowhere may well be it. What is valued is money: nothing is added for security of
supply beyond what the states themselves take away.

A table of mixes and answers is a YAML file (study/tables): adding one is adding data.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from monazite.errors import CertificateError, Fault, InfeasibleError, InputError
from monazite.places import Path as Trail
from monazite.places import Places, fault_at
from monazite.study.question import AbstractQuestion, here, unknown_to, unread
from monazite.study.scenario import Words, in_language
from monazite.study.variants import solved

if TYPE_CHECKING:
    import polars as pl

    from monazite.data import Case
    from monazite.model.outcome import Outcome
    from monazite.study.scenario import Scenario

SHIPPED = Path(__file__).parent / "tables"
CLOSER = 0.1  # of the tolerance, where an answer was not proved
PARTS = {
    "users": ("users",),
    "makers": ("producers", "suppliers"),
    "public": ("treasury", "stockpile"),
}  # the rest is traders, stock holders, quota holders and disposal


class Choice(BaseModel):
    """A mix, or an answer: the rules of a scenario by name, and further rules."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: Words = ""
    scenario: str = ""
    rules: tuple[dict[str, Any], ...] = ()

    def titled(self, lang: str | None = None) -> str:
        """The title in a language; the name where there is none."""
        return in_language(self.title, lang) or self.name

    def inherited(self) -> list[dict[str, Any]]:
        """The rules of its scenario."""
        from monazite.study.ask import find_scenario

        own = find_scenario(self.scenario).model_dump(exclude_unset=True) if self.scenario else {}
        return list(own.get("instruments", ()))

    def fields(self) -> list[dict[str, Any]]:
        """All its rules, as a scenario holds them."""
        return [*self.inherited(), *self.rules]


class Table(AbstractQuestion):
    """Mixes of a club's rules, the outsider's answers, paths of demand, and whom it is about."""

    kind: ClassVar[str] = "regret"
    shape: ClassVar[str] = "regret_shape"
    unknown: ClassVar[str] = "unknown_regret"
    folder: ClassVar[Path] = SHIPPED

    years: str = "2024,2026,2028,2030,2035,2040"
    demand: tuple[str, ...] = ("slow", "central", "fast")
    mixes: tuple[Choice, ...] = Field(min_length=2)
    answers: tuple[Choice, ...] = Field(min_length=1)

    def faults(self, places: Places) -> Iterator[Fault]:
        """Years that cannot be read, names that stand twice, and rules that do not fit."""
        if wrong := unread(self.years):
            yield fault_at(places, "question_years", ("years",), told=wrong)
        for part in ("mixes", "answers"):
            seen: set[str] = set()
            for k, one in enumerate(getattr(self, part)):
                if one.name in seen:
                    yield fault_at(places, "regret_twice", (part, k, "name"), name=one.name)
                seen.add(one.name)
                try:
                    self.alone(part, k, places)
                except InputError as error:
                    yield from (here(each, places, (part, k)) for each in error.faults)

    def paths(self) -> dict[Trail, str]:
        """The paths of demand."""
        return {("demand", k): name for k, name in enumerate(self.demand)}

    def lacking(self, base: Case, found: Case) -> Iterator[Fault]:
        """What the rules of mixes and answers name."""
        for part in ("mixes", "answers"):
            for k in range(len(getattr(self, part))):
                with suppress(InputError):  # what does not fit is told by `faults`
                    alone = self.alone(part, k, self._places)
                    yield from unknown_to(found, alone, self._places, (part, k))

    def alone(self, part: str, k: int, places: Places) -> Scenario:
        """The scenario with the rules of one mix or one answer, each where the file has it."""
        from monazite.study.scenario import Scenario

        one: Choice = getattr(self, part)[k]
        fields = self.over_its_years().model_dump(exclude_unset=True)
        rules = [*fields.get("instruments", ()), *one.inherited()]
        written: dict[Trail, Trail] = {("instruments", len(rules) + j): (part, k, "rules", j)
                   for j in range(len(one.rules))}  # fmt: skip
        return Scenario.checked(
            fields | {"instruments": [*rules, *one.rules]}, places.moved(written)
        )

    def jobs(self) -> list[Job]:
        """Every mix in every state, those of one mix together."""
        return [
            Job(mix.name, path, answer.name, self.asked(mix, path, answer), self.members)
            for mix in self.mixes
            for answer in self.answers
            for path in self.demand
        ]

    def asked(self, mix: Choice, path: str, answer: Choice) -> Scenario:
        """The scenario of a mix in a state."""
        from monazite.study.scenario import Scenario

        base = self.over_its_years(demand=path)
        fields = base.model_dump(exclude_unset=True)
        rules = [*fields.get("instruments", ()), *mix.fields(), *answer.fields()]
        return Scenario.checked(fields | {"instruments": rules, "name": f"{mix.name}/{path}"})


# --- the runs -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Job:
    """One scenario of the table."""

    mix: str
    demand: str
    answer: str
    scenario: Scenario
    members: tuple[str, ...]
    case: Any = None

    @property
    def digest(self) -> str:
        """What the answer depends on: the scenario, its case, whose value is asked, the program."""
        from monazite import __version__

        case = _digest(self.scenario.case, self.scenario.overlay, self.case)
        asked = [self.scenario.digest, case, list(self.members), __version__]
        return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


@lru_cache(maxsize=2)
def _digest(name: str, overlay: str | None, case: Any) -> str:
    """The digest of a case; the same for all runs of a table."""
    from monazite.study.ask import case_of
    from monazite.study.scenario import Scenario

    return str(case_of(Scenario(case=name, overlay=overlay), case=case).digest)


@dataclass(frozen=True)
class Regret:
    """The solved table.

    `outcome` is the base year of the case. `runs`: mix, demand, answer, value, users, makers,
    public, other [MUSD, present value; null where no answer may be given], seconds; then gain and
    regret as in the module.
    """

    table: Table
    runs: pl.DataFrame
    outcome: Any = None

    def worst(self) -> pl.DataFrame:
        """mix, worst, mean [MUSD]: greatest and mean regret over states, the least first.

        Null, and last, where a mix has no answer in some state: nobody knows what it would cost.
        """
        import polars as pl

        sad, known = pl.col("regret"), pl.col("value").is_not_null().all()
        found = self.runs.group_by("mix", maintain_order=True).agg(
            pl.when(known).then(sad.max()).alias("worst"),
            pl.when(known).then(sad.mean()).alias("mean"),
        )
        return found.sort("worst", maintain_order=True, nulls_last=True)


def regret(
    table: Table,
    *,
    case: Any = None,
    workers: int = 1,
    keep: str | Path | None = None,
    told: Callable[[int, int], None] = lambda done, of: None,
) -> Regret:
    """Every mix in every state.

    `case` takes the place of the scenario's. In the folder `keep` each run is written once it is
    done and read instead of solved where what it depends on is the same: what was broken off goes
    on. `told(done, of)` hears of each run. Raises InputError, before anything is solved, with every
    name that the case does not have.
    """
    from monazite.study.workers import each

    table.check(case)
    jobs = [Job(j.mix, j.demand, j.answer, j.scenario, j.members, case) for j in table.jobs()]
    rows = {k: row for k, job in enumerate(jobs) if (row := _kept(job, keep)) is not None}
    left = [k for k in range(len(jobs)) if k not in rows]
    told(len(rows), len(jobs))
    for k, row in each(_run, [jobs[k] for k in left], workers):
        rows[left[k]] = row
        _keep(jobs[left[k]], row, keep)
        told(len(rows), len(jobs))
    return Regret(table, _measured(table, [rows[k] for k in sorted(rows)]), _seen(jobs[0]))


def _seen(job: Job) -> Outcome:
    """The base year of the case, which lends a report its names."""
    from monazite.study.ask import run

    base = job.scenario.model_copy(update={"instruments": (), "years": None})
    return run(base, case=job.case)


_LAST: dict[Any, Outcome] = {}  # the last outcome of this process: where the next search begins


def _grid(job: Job) -> Any:
    """What must be the same for one outcome to lie near another: the case and its periods."""
    assert job.scenario.years is not None, "a table runs over years"
    return job.scenario.years.starts, _digest(job.scenario.case, job.scenario.overlay, job.case)


def _run(job: Job) -> dict[str, Any]:
    """What a mix is worth to members in a state."""
    from time import perf_counter

    started = perf_counter()
    row: dict[str, Any] = {"mix": job.mix, "demand": job.demand, "answer": job.answer}
    outcome = _proved(job, job.scenario, _LAST.get(_grid(job)))
    if outcome is None:  # prices that settle more closely lead another way to a proof
        closer = job.scenario.with_more((), tolerance=job.scenario.tolerance * CLOSER)
        outcome = _proved(job, closer, None)
    if outcome is None:
        worth = dict.fromkeys(("value", *PARTS, "other"))
    else:
        _LAST.clear()
        _LAST[_grid(job)] = outcome
        worth = value(outcome, job.members)
    return row | worth | {"seconds": perf_counter() - started}


def _proved(job: Job, asked: Scenario, near: Outcome | None) -> Outcome | None:
    """The outcome of a job; None where none may be given from there."""
    try:
        return solved(asked, case=job.case, near=near)
    except (InfeasibleError, CertificateError):
        return None


def value(outcome: Outcome, members: Sequence[str]) -> dict[str, float | None]:
    """What members' accounts gain in present value [MUSD], in all and by PARTS."""
    import polars as pl

    axes = outcome.market.axes
    weight = dict(zip(axes.periods, axes.weight.tolist(), strict=True))
    mine = outcome.books().filter(pl.col("country").is_in(list(members)))
    now = pl.col("amount") * pl.col("period").replace_strict(weight, return_dtype=pl.Float64)
    sums = dict(mine.group_by("account").agg(now.sum()).rows())
    found: dict[str, float | None] = {
        part: sum(sums.pop(account, 0.0) for account in accounts)
        for part, accounts in PARTS.items()
    }
    other = sum(sums.values())
    return {"value": other + sum(v or 0.0 for v in found.values()), **found, "other": other}


def _measured(table: Table, rows: list[dict[str, Any]]) -> pl.DataFrame:
    import polars as pl

    schema: dict[str, Any] = dict.fromkeys(("mix", "demand", "answer"), pl.String)
    schema |= dict.fromkeys(("value", *PARTS, "other", "seconds"), pl.Float64)
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    state = ["demand", "answer"]
    first = frame.filter(pl.col("mix") == table.mixes[0].name)
    first = first.select(*state, pl.col("value").alias("_first"))
    found = frame.join(first, on=state, how="left", maintain_order="left")
    return found.with_columns(
        (pl.col("value") - pl.col("_first")).alias("gain"),
        (pl.col("value").max().over(state) - pl.col("value")).alias("regret"),
    ).drop("_first")


# --- runs on disk ---------------------------------------------------------------------------------


def _kept(job: Job, folder: str | Path | None) -> dict[str, Any] | None:
    """The run as it was written; None where it was not, or cannot be read."""
    if folder is None:
        return None
    file = Path(folder) / f"{job.digest}.json"
    try:
        row = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    named = {"mix": job.mix, "demand": job.demand, "answer": job.answer}
    return row | named if isinstance(row, dict) and "value" in row else None


def _keep(job: Job, row: dict[str, Any], folder: str | Path | None) -> None:
    if folder is None or row["value"] is None:
        return  # what has no answer is tried again
    Path(folder).mkdir(parents=True, exist_ok=True)
    file = Path(folder) / f"{job.digest}.json"
    scratch = file.with_suffix(".part")
    scratch.write_text(json.dumps(row), encoding="utf-8")
    scratch.replace(file)

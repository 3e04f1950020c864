"""What does the model say to each claim, over which range, and on what does the verdict turn?

A claim is answered at central assumptions and with one of them changed at a time: all elasticities
at the end of their ranges nearest to zero (stiff) and at the other end (easy), the slow and the
fast path of demand. Of the base year only what an answer can depend on is changed.

    supported       every answer lies in the range in which the claim holds
    not_supported   none does
    depends         some do; `turns_on` names the assumptions whose answer differs from the central
    no_answer       somewhere the model has no such number
    untested        no model of ours can test it
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monazite.errors import CertificateError, Fault, InfeasibleError, InputError, fault
from monazite.places import fault_at
from monazite.study.beforehand import Together, unknown
from monazite.study.claims.base import AbstractTest, Answer
from monazite.study.claims.table import Claim, Range, read_claims
from monazite.study.claims.world import CENTRAL, POINTS, YEARS, Point, World, case_at
from monazite.study.scenario import shipped_names
from monazite.study.years import Years

if TYPE_CHECKING:
    import polars as pl

VERDICTS = ("supported", "depends", "not_supported", "no_answer", "untested")
HEAVY = 3  # rules that a scenario without any weighs as
DATA = "data"  # what a verdict turns on when the data's own range crosses the threshold
Told = Callable[[int, int], None]


@dataclass(frozen=True)
class Finding:
    """A claim and what came of it: answers by point, the range of all of them, the verdict."""

    claim: Claim
    answers: Mapping[str, Answer]
    verdict: str
    turns_on: tuple[str, ...] = ()

    @property
    def central(self) -> float | None:
        """The answer at central assumptions."""
        found = self.answers.get(CENTRAL.name)
        return None if found is None else found.value

    @property
    def low(self) -> float | None:
        """The least of all answers."""
        return min((x for one in self.answers.values() for x in one.ends), default=None)

    @property
    def high(self) -> float | None:
        """The greatest of all answers."""
        return max((x for one in self.answers.values() for x in one.ends), default=None)


def judge(
    claims: Sequence[Claim] | str | Path | None = None,
    *,
    only: Sequence[str] = (),
    quick: bool = False,
    years: str = YEARS,
    overlay: Any = None,
    workers: int = 1,
    told: Told | None = None,
) -> list[Finding]:
    """Every claim with its verdict, in the order of the table.

    `claims` are claims or the file that holds them, those that come with monazite unless given;
    `only` keeps to some by name. `quick` asks at central assumptions only. `overlay` is laid over
    the reference world. With several `workers` points are solved in as many processes; then
    `told(done, of)` still hears of every scenario solved. Raises InputError for unknown names and
    what `run` raises.
    """
    faults, wanted = Together(), list[Claim]()
    folder = Path(claims).parent if isinstance(claims, (str, Path)) else Path(__file__).parent
    with faults.also():
        given = read_claims(claims) if claims is None or isinstance(claims, (str, Path)) else claims
        wanted = _only(given, only)
    with faults.also():
        over = Years.parsed(years)
        for claim in wanted:
            faults.faults += _strange(claim, over, folder / "scenarios")
    with faults.also():
        case_at(CENTRAL, overlay)
    faults.tell()
    tests = {claim.id: claim.test for claim in wanted if claim.test is not None}
    points = (CENTRAL,) if quick else POINTS
    jobs = [
        Job(point, asked, years, overlay, folder / "scenarios")
        for point in points
        if (asked := {name: test for name, test in tests.items() if moved(test, point)})
    ]
    if len(jobs) == 1:
        jobs = _parted(jobs[0], workers)
    found = _solved(jobs, workers, told or (lambda done, of: None))
    return [finding(claim, found) for claim in wanted]


def _strange(claim: Claim, over: Years, folder: Path) -> Iterator[Fault]:
    """Years that no period holds and unknown scenarios, told before anything is solved."""
    test, first, end = claim.test, over.starts[0], over.starts[-1] + over.lengths[-1]
    if test is None:
        return
    for name in ("year", "since"):
        year = getattr(test, name)
        if year is not None and not first <= year < end:
            yield fault_at(claim.places, "claims_year", (*claim.path, "test", name),
                           name=claim.id, year=year, first=first, last=end - 1)  # fmt: skip
    for name in sorted({scenario for scenario, _ in test.needs}):
        known = {*shipped_names(), *(path.stem for path in folder.glob("*.yaml"))}
        if name not in known and not Path(name).exists():
            names = ", ".join(sorted(known))
            yield fault_at(claim.places, "claims_scenario", (*claim.path, "test", "scenario"),
                           name=claim.id, scenario=name, names=names)  # fmt: skip


@dataclass(frozen=True)
class Job:
    """The tests to be answered at one point."""

    point: Point
    tests: Mapping[str, AbstractTest]
    years: str
    overlay: Any
    folder: Path

    @property
    def solves(self) -> int:
        """How many scenarios have to be solved."""
        return len({need for test in self.tests.values() for need in test.needs})

    def answers(self, solved: Callable[[], None]) -> dict[str, Answer]:
        """Each test's answer; `solved` is called after each scenario."""
        case = case_at(self.point, self.overlay)
        world = World(self.point, case, self.years, self.folder, solved)
        found, faults = dict[str, Answer](), list[Fault]()
        for name, test in self.tests.items():
            try:
                found[name] = _answered(test, world)
            except InputError as error:
                faults += [_of_claim(one, name) for one in error.faults]
        if faults:
            raise InputError(faults)
        return found


def _of_claim(one: Fault, name: str) -> Fault:
    """What a claim asks and the case does not have, told with the claim's name."""
    if one.file not in ("claims", "scenario") or not one.key:
        return one
    return fault(one.key, **{**one.values, "column": name})


def _parted(job: Job, workers: int) -> list[Job]:
    """The tests of one point as several jobs of like weight, so that no processor idles.

    Tests of the same scenarios stay together; `today`, which most are compared with, is solved in
    each. A scenario weighs by its rules, for those are what takes time.
    """
    from monazite.study.claims.world import named

    groups: dict[frozenset[str], dict[str, AbstractTest]] = {}
    for name, test in job.tests.items():
        scenarios = frozenset(one for one, _ in test.needs if one != "today")
        groups.setdefault(scenarios, {})[name] = test
    rules = {name: len(named(name, job.folder).instruments) for key in groups for name in key}
    weight = {key: sum(HEAVY + rules[name] for name in key) for key in groups}
    bins: list[dict[str, AbstractTest]] = [{} for _ in range(max(workers, 1))]
    loads = [0] * len(bins)
    for key in sorted(groups, key=lambda key: (-weight[key], sorted(key))):
        least = loads.index(min(loads))
        bins[least].update(groups[key])
        loads[least] += weight[key]
    return [replace(job, tests=tests) for tests in bins if tests]


def _answered(test: AbstractTest, world: World) -> Answer:
    """The answer; none where a scenario has no proved solution at these assumptions."""
    try:
        return test.answer(world)
    except (CertificateError, InfeasibleError):
        return Answer(None)


def moved(test: AbstractTest, point: Point) -> bool:
    """Whether an answer can depend on what a point changes.

    The base year without rules is calibrated to be the same at all elasticities; demand follows a
    path over years only.
    """
    over = any(years for _, years in test.needs)
    plain = not over and all(name == "today" for name, _ in test.needs)
    if point.demand != "central":
        return over
    return point.elasticities == "central" or not plain


def _only(claims: Sequence[Claim], only: Sequence[str]) -> list[Claim]:
    if faults := unknown("claims_name", "--only", only, [claim.id for claim in claims]):
        raise InputError(faults)
    return [claim for claim in claims if not only or claim.id in only]


# --- solving --------------------------------------------------------------------------------------

Answers = dict[str, dict[str, Answer]]


def _solved(jobs: Sequence[Job], workers: int, told: Told) -> Answers:
    """Answers by point and claim."""
    of = sum(job.solves for job in jobs)
    done = 0

    def one_more() -> None:
        nonlocal done
        done += 1
        told(done, of)

    if workers < 2 or len(jobs) < 2:
        return _joined((job.point.name, job.answers(one_more)) for job in jobs)
    return _in_processes(jobs, workers, one_more)


def _joined(parts: Iterable[tuple[str, dict[str, Answer]]]) -> Answers:
    """Answers by point, of which some come in parts."""
    found: Answers = {}
    for name, answers in parts:
        found.setdefault(name, {}).update(answers)
    return found


def _in_processes(jobs: Sequence[Job], workers: int, one_more: Callable[[], None]) -> Answers:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context
    from queue import Empty

    context = get_context("spawn")  # threads of the solver do not survive a fork
    with context.Manager() as manager, ProcessPoolExecutor(workers, context) as pool:
        ticks = manager.Queue()
        futures = [(job.point.name, pool.submit(_work, job, ticks)) for job in jobs]
        all_of = [future for _, future in futures]
        waiting = sum(job.solves for job in jobs)
        while waiting and not any(one.done() and one.exception() for one in all_of):
            try:
                ticks.get(timeout=0.5)
            except Empty:
                if all(one.done() for one in all_of):
                    break  # what could not be solved is not counted
                continue
            waiting -= 1
            one_more()
        if waiting:
            pool.shutdown(wait=False, cancel_futures=True)
        for future in [one for one in all_of if one.done() and not one.cancelled()]:
            future.result()  # raises what went wrong there
        return _joined((name, future.result()) for name, future in futures)


def _work(job: Job, ticks: Any) -> dict[str, Answer]:
    return job.answers(lambda: ticks.put(1))


# --- the verdict ----------------------------------------------------------------------------------


def finding(claim: Claim, found: Mapping[str, Mapping[str, Answer]]) -> Finding:
    """The verdict on a claim from answers by point and claim."""
    if claim.test is None or claim.stated.holds is None:
        return Finding(claim, {}, "untested")
    answers = {point: each[claim.id] for point, each in found.items() if claim.id in each}
    return Finding(claim, answers, *verdict(answers, claim.stated.holds))


def verdict(answers: Mapping[str, Answer], holds: Range) -> tuple[str, tuple[str, ...]]:
    """The verdict over all answers, and what it turns on."""
    if any(answer.value is None for answer in answers.values()):
        return "no_answer", ()
    inside = {name: [number in holds for number in answer.ends] for name, answer in answers.items()}
    every = [one for each in inside.values() for one in each]
    if all(every):
        return "supported", ()
    if not any(every):
        return "not_supported", ()
    centre = inside[CENTRAL.name][0]
    turns = [name for name, each in inside.items() if each[0] != centre]
    if any(one != each[0] for each in inside.values() for one in each):
        turns.append(DATA)
    return "depends", tuple(turns)


def frame(findings: Sequence[Finding]) -> pl.DataFrame:
    """One row a claim: words, range in which it holds, answers, verdict, what it turns on."""
    import polars as pl

    rows: list[dict[str, Any]] = []
    for one in findings:
        stated, test = one.claim.stated, one.claim.test
        holds = stated.holds
        row: dict[str, Any] = {
            "claim": stated.id, "by": one.claim.voice.en, "nature": stated.nature,
            "said_en": stated.said.en, "said_zh": stated.said.zh,
            "test": test.kind_name() if test else None, "unit": test.unit if test else None,
            "least": holds.least if holds else None, "most": holds.most if holds else None,
            "central": one.central, "low": one.low, "high": one.high,
            **{
                point.name: one.answers[point.name].value if point.name in one.answers else None
                for point in POINTS[1:]
            },
            "verdict": one.verdict, "turns_on": ";".join(one.turns_on),
            "record": stated.record, "url": " ; ".join(stated.url),
            "reading_en": stated.reading.en, "reading_zh": stated.reading.zh,
        }  # fmt: skip
        rows.append(row)
    numbers = ("least", "most", "central", "low", "high", *(point.name for point in POINTS[1:]))
    schema = {
        name: pl.Float64 if name in numbers else pl.String for name in (rows[0] if rows else ())
    }
    return pl.DataFrame(rows, schema=schema)

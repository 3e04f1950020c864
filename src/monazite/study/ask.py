"""What does a scenario look like once it is solved? The one public way to ask."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from math import inf
from pathlib import Path
from time import perf_counter
from typing import Any

from monazite.data import Case, builtin, builtin_names
from monazite.errors import InputError, fault
from monazite.messages import say
from monazite.model.answer import FILE, again
from monazite.model.market import Market
from monazite.model.outcome import Outcome, outcome_of, proved
from monazite.model.record import RECORD, SCENARIO, SCRAP
from monazite.study.beforehand import all_told
from monazite.study.complaints import placed
from monazite.study.months import monthly
from monazite.study.scenario import Scenario, Shock, shipped_names
from monazite.study.scrap import OldScrap, read_rows, settled
from monazite.study.shock import shocked
from monazite.study.unannounced import NEVER, unfold
from monazite.study.years import (
    Assemble,
    Solve,
    Years,
    last_case,
    old_scrap,
    solve_years,
    yearly,
)

OF_YEARS = {"years_early": ("years",), "years_path": ("years", "demand")}  # where it is asked
ENDINGS = {".mps": "write_mps", ".lp": "write_lp"}


def run(
    scenario: str | Path | Scenario = "today",
    *,
    case: str | Path | Case | None = None,
    overlay: Any = None,
    shocks: Iterable[Shock | Mapping[str, Any]] = (),
    years: str | Years | None = None,
    foresight: str | None = None,
    demand: str | None = None,
    scrap: str | None = None,
    **options: Any,
) -> Outcome:
    """The proved outcome of a scenario.

    `scenario` is the name of one that comes with monazite, a YAML file, a `Scenario`, or a folder
    that `Outcome.write` wrote, whose outcome is opened again and not solved again. `case`
    takes the place of its case (a name, a folder or a `Case`), `overlay` of its overlay (a folder,
    or tables in memory); `shocks` come after its own; `years` ("2024:2040", "2024:2040:2" or
    "2024,2030,2040") run it over years under `foresight` (perfect, myopic, static) and a path of
    `demand` (slow, central, fast), old `scrap` following that path or the outcome (path, outcome);
    `options` (discount, tolerance, language) replace its options.
    Raises InputError with every fault of what was entered, InfeasibleError
    when no answer may be given and CertificateError when an answer does not prove itself.
    """
    started = perf_counter()
    seen = {"foresight": foresight, "demand": demand, "scrap": scrap}
    seen = {name: value for name, value in seen.items() if value is not None}
    if is_outcome(scenario):
        if years is not None or seen or options or tuple(shocks):
            raise InputError([fault("outcome_as_it_is", str(scenario))])
        return reopen(str(scenario), case=case, overlay=overlay)
    if years is not None or seen:
        scenario = over_years(scenario, years, **seen)
    asked = _placed_on(asked_for(scenario, shocks=shocks, **options), case, overlay)
    whole = case_of(asked, case=case, overlay=overlay)
    with all_told(asked, whole):
        return _solved(asked, whole, started)


def _solved(asked: Scenario, whole: Case, started: float) -> Outcome:
    base = shocked(whole, asked)
    solving = 0.0

    def solved(market: Market) -> Outcome:
        nonlocal solving
        begun = perf_counter()
        outcome = outcome_of(market, tolerance=asked.tolerance)
        solving += perf_counter() - begun
        return outcome

    if asked.years is not None:
        begun = asked.begun()
        with _years_placed(asked):
            outcome, old = _over(
                base, asked.years, lambda each: market_under(each, begun, inf), solved
            )
        return replace(_timed(outcome, started, solving, asked), scrap=old)
    found = in_periods(base, asked)
    news = [year for rule in asked.instruments for year in rule.news()]
    outcome = unfold(lambda year: market_under(found, asked, year), solved, news)
    return _timed(outcome, started, solving, asked)


def _over(base: Case, years: Years, assemble: Assemble, solve: Solve) -> tuple[Outcome, OldScrap]:
    """The outcome of a case over years, and its old scrap."""

    def over(scrap: Any, near: Outcome | None) -> Outcome:
        def by_year(asked: Years) -> Case:  # a sketch of fewer years may follow the path
            return yearly(base, asked, scrap if asked is years else None)

        return solve_years(by_year, years, assemble, solve, near)

    if years.scrap == "path":
        return over(None, None), OldScrap(old_scrap(base, years))
    return settled(over, lambda outcome: old_scrap(base, years, outcome))


def reopen(folder: str | Path, *, case: Any = None, overlay: Any = None) -> Outcome:
    """The outcome that `Outcome.write` wrote into a folder, proved once more and not solved again.

    The program is assembled from the scenario and the case as they are now. Raises InputError where
    one of them has changed since, or the folder lacks a file.
    """
    started = perf_counter()
    folder = Path(folder)
    _present(folder, SCENARIO, FILE)
    asked = _placed_on(Scenario.from_yaml(folder / SCENARIO), case, overlay)
    record = _recorded(folder / RECORD)
    base = shocked(case_of(asked, case=case, overlay=overlay), asked)
    old = _scrap_of(folder, record, base, asked.years)
    market = _last_market(asked, base, old)
    if record["digests"]["case"] != market.case.digest:
        raise InputError([fault("outcome_case", str(folder), value=asked.case)])
    outcome = proved(Outcome(again(market, folder / FILE), scenario=asked, scrap=old))
    return replace(outcome, timings={"assemble": perf_counter() - started})


def _present(folder: Path, *names: str) -> None:
    """Raises InputError for every file that is not in the folder."""
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise InputError([fault("outcome_lacks", str(folder / name)) for name in missing])


def _scrap_of(
    folder: Path, record: Mapping[str, Any], base: Case, years: Years | None
) -> OldScrap | None:
    """The old scrap of a kept answer; None where it is not over years."""
    if years is None:
        return None
    if years.scrap == "outcome":
        return _kept_scrap(folder, record)
    return OldScrap(old_scrap(base, years))


def _kept_scrap(folder: Path, record: Mapping[str, Any]) -> OldScrap:
    """The old scrap with which a kept answer settled."""
    import polars as pl

    _present(folder, SCRAP)
    try:
        return OldScrap(read_rows(folder / SCRAP), **record["scrap"])
    except (pl.exceptions.PolarsError, OSError, KeyError, TypeError) as error:
        raise InputError([fault("answer_torn", str(folder / SCRAP))]) from error


def is_outcome(scenario: Any) -> bool:
    """Whether this is the folder of a written outcome.

    The name of a scenario that comes with monazite is that scenario, whatever stands beside.
    """
    if not isinstance(scenario, str | Path) or scenario in shipped_names():
        return False
    return (Path(scenario) / RECORD).is_file()


def _recorded(file: Path) -> dict[str, Any]:
    """The record of an outcome's folder. Raises InputError where it is no record."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        found["digests"]["case"]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError([fault("record_torn", str(file))]) from error
    return dict(found)


def _placed_on(asked: Scenario, case: Any, overlay: Any) -> Scenario:
    """The scenario with the names or folders given in place of its case and overlay."""
    given = {"case": case, "overlay": overlay}
    return asked.model_copy(
        update={name: str(value) for name, value in given.items() if isinstance(value, str | Path)}
    )


def _last_market(asked: Scenario, base: Case, old: OldScrap | None) -> Market:
    """The market of which `run` gives the outcome, as it is before it is solved."""
    if asked.years is not None:
        found = yearly(base, asked.years, None if old is None else old.rows)
        return market_under(last_case(found, asked.years), asked.begun(), inf)
    news = [year for rule in asked.instruments for year in rule.news()]
    return market_under(in_periods(base, asked), asked, max(news, default=NEVER))


def _timed(outcome: Outcome, started: float, solving: float, asked: Scenario) -> Outcome:
    total = perf_counter() - started
    return Outcome(outcome.cleared, {"assemble": total - solving, "total": total}, asked)


def asked_for(
    scenario: str | Path | Scenario = "today",
    *,
    shocks: Iterable[Shock | Mapping[str, Any]] = (),
    **options: Any,
) -> Scenario:
    """The scenario that `run` solves, with further shocks and other options."""
    found, more = find_scenario(scenario), tuple(shocks)
    return found.with_more(more, **options) if more or options else found


def over_years(
    scenario: str | Path | Scenario, years: str | Years | None = None, **more: Any
) -> Scenario:
    """The scenario over years: `years` as in `Years.parsed`, `more` its further fields.

    Without `years` they are the scenario's own. Raises InputError for an unknown scenario or years
    that cannot be read, ValueError where there are no years at all.
    """
    asked = find_scenario(scenario)
    if years is None and asked.years is None:
        raise ValueError(say("study.no_years"))
    if isinstance(years, str):
        found: Years | None = Years.parsed(years, **more)
    elif years is None and asked.years is not None:
        found = asked.years.but(**more)
    else:
        found = years
    over = asked.model_copy(update={"years": found, "months": None})
    if years is not None:
        over._places = asked._places.without(["years"], "--years")
    if "demand" in more:
        over._places = over._places.without(["years.demand"], "--demand")
    return over


def find_scenario(scenario: str | Path | Scenario) -> Scenario:
    """A scenario by name or file. Raises InputError for an unknown one."""
    if isinstance(scenario, Scenario):
        return scenario
    if is_outcome(scenario):
        _present(Path(scenario), SCENARIO)
        return Scenario.from_yaml(Path(scenario) / SCENARIO)
    if str(scenario) not in shipped_names() and Path(scenario).suffix in (".yaml", ".yml"):
        if not Path(scenario).is_file():
            raise InputError([fault("no_scenario_file", str(scenario))])
        return Scenario.from_yaml(scenario)
    return Scenario.shipped(str(scenario))


def case_of(
    scenario: Scenario, *, case: str | Path | Case | None = None, overlay: Any = None
) -> Case:
    """The case of a scenario, its overlay laid over it, before shocks."""
    wanted = scenario.case if case is None else case
    above = scenario.overlay if overlay is None else overlay
    if isinstance(wanted, Case):
        if above is None:
            return wanted
        return Case.from_tables(wanted.stated, wanted.name, overlay=above)
    if str(wanted) not in builtin_names() and Path(wanted).is_dir():
        return Case.from_folder(wanted, above)
    return builtin(str(wanted), above)


def market_of(
    scenario: Scenario, *, case: str | Path | Case | None = None, overlay: Any = None
) -> Market:
    """The market of a scenario, assembled and not yet solved, every rule known from the start."""
    return market_under(given_case(scenario, case=case, overlay=overlay), scenario, inf)


def given_case(scenario: Scenario, *, case: str | Path | Case | None, overlay: Any) -> Case:
    """The case of a scenario after its shocks, by month or year where it asks for them."""
    return in_periods(shocked(case_of(scenario, case=case, overlay=overlay), scenario), scenario)


@contextmanager
def _years_placed(asked: Scenario) -> Iterator[None]:
    """What the case lacks of the years is told where they were written."""
    try:
        yield
    except InputError as error:
        if not any(one.key in OF_YEARS for one in error.faults):
            raise
        names = ("asked", "known")
        raise InputError([
            asked.fault(one.key, *OF_YEARS[one.key], **{name: one.values[name] for name in names})
            if one.key in OF_YEARS else one for one in error.faults
        ]) from error  # fmt: skip


def in_periods(found: Case, scenario: Scenario) -> Case:
    """A case by month or year where a scenario asks for them."""
    if scenario.years is not None:
        with _years_placed(scenario):
            return yearly(found, scenario.years)
    if scenario.months is None:
        return found
    return monthly(found, scenario.months, discount=scenario.discount)


def market_under(case: Case, scenario: Scenario, year: float) -> Market:
    """The market of a case under a scenario's rules as known at a calendar year."""
    known = (rule.as_known(year) for rule in scenario.instruments)
    acting = (rule for rule in known if rule.acts)
    rules = sorted(acting, key=lambda rule: (rule.order, rule.kind, rule.name))
    try:
        market = Market(ruled(case, rules), discount=scenario.discount)
        charges = [charge for rule in rules for charge in rule.charges(market)]
    except InputError as error:
        raise placed(error, scenario, case) from error
    return market.charged(*charges).under(*rules)


def ruled(case: Case, rules: Iterable[Any]) -> Case:
    """The case with the tables that rules rewrite; the case itself where they rewrite none."""
    stated = case.stated
    tables = dict(stated)
    for rule in rules:
        tables = rule.rewrite(tables)
    if all(frame is stated.get(name) for name, frame in tables.items()):
        return case
    return replace(Case.from_tables(tables, case.name), changes=case.changes)


def scenarios() -> dict[str, Scenario]:
    """The scenarios that come with monazite, by name, `today` first."""
    names = sorted(shipped_names(), key=lambda name: (name != "today", name))
    return {name: Scenario.shipped(name) for name in names}


def export(
    scenario: str | Path | Scenario,
    file: str | Path,
    *,
    case: str | Path | Case | None = None,
    overlay: Any = None,
) -> Path:
    """Write a scenario's program with every row and column named, as .mps or .lp.

    Ad valorem charges are those of the outcome, so that any solver finds its prices. Raises
    InputError for another ending.
    """
    from monazite import kernel

    target = Path(file)
    if target.suffix.lower() not in ENDINGS:
        raise InputError([fault("export_ending", target.name, value=target.suffix or target.name)])
    outcome = run(scenario, case=case, overlay=overlay)
    target.parent.mkdir(parents=True, exist_ok=True)
    write = getattr(kernel, ENDINGS[target.suffix.lower()])
    write(outcome.cleared.solution.standard, target)
    return target

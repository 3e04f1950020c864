"""Which projects does a rule speak of, and what did it change of what they may become?

Rules that change when or how likely a project comes keep what was stated before any of them in
`stated_earliest` and `stated_completion`, and take it from there, so that their order cannot
matter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from monazite.model.axes import Floats, add_up, numbers, table, texts
from monazite.policy import select
from monazite.policy.base import MOVED

if TYPE_CHECKING:
    import polars as pl

    from monazite.model.outcome import Outcome
    from monazite.policy.base import Tables

THRIFT = "thrift"  # what users save is no project that anybody finances
COMMITTED = "committed"


class Choice(Protocol):
    """Names by which a rule chooses projects; one without names chooses any."""

    @property
    def projects(self) -> Sequence[str]: ...
    @property
    def countries(self) -> Sequence[str]: ...
    @property
    def stages(self) -> Sequence[str]: ...
    @property
    def progress(self) -> Sequence[str]: ...


def chosen(
    rule: Choice, projects: pl.DataFrame, facilities: pl.DataFrame, countries: Sequence[str]
) -> np.ndarray:
    """Whether a rule speaks of each row of the table `projects`.

    InputError for facilities and countries that are not there. A case without years has no
    projects, and none is missed.
    """
    facility, status = texts(projects, "facility"), texts(projects, "status")
    row = {name: k for k, name in enumerate(texts(facilities, "facility").tolist())}
    at = np.array([row[name] for name in facility.tolist()], dtype=np.int64)
    stage, country = texts(facilities, "stage")[at], texts(facilities, "country")[at]
    keep = stage != THRIFT
    if not keep.any():
        return keep
    # a plant whose project is left out, as where nobody sees ahead, is still a name
    select.codes(sorted(row), rule.projects)
    select.codes(countries, rule.countries)
    for names, column in (
        (rule.projects, facility),
        (rule.countries, country),
        (rule.stages, stage),
        (rule.progress, status),
    ):
        keep = keep & (np.isin(column, list(names)) if names else True)
    return keep


def chosen_of(rule: Choice, tables: Mapping[str, pl.DataFrame]) -> np.ndarray:
    """Whether a rule speaks of each project of the tables of a case."""
    from monazite.policy.provenance import countries

    if "projects" not in tables:
        return np.zeros(0, dtype=bool)
    places = sorted(set(countries(tables).drop_nulls()))
    return chosen(rule, tables["projects"], tables["facilities"], places)


def names_of(rule: Choice, outcome: Outcome) -> list[str]:
    """The facilities of the projects of an outcome's case that a rule speaks of."""
    case, axes = outcome.market.case, outcome.market.axes
    frame = table(case, "projects")
    return texts(frame, "facility")[
        chosen(rule, frame, table(case, "facilities"), axes.countries)
    ].tolist()


def stated(frame: pl.DataFrame, name: str, default: float) -> Floats:
    """What the case stated of a column before rules changed it."""
    return numbers(frame, f"stated_{name}", np.nan) if _kept(frame, name) else numbers(
        frame, name, default
    )  # fmt: skip


def _kept(frame: pl.DataFrame, name: str) -> bool:
    column = f"stated_{name}"
    return column in frame.columns and frame[column].null_count() < frame.height


def with_completion(tables: Tables, mine: np.ndarray, chance: Floats) -> Tables:
    """The tables in which chosen projects are completed with at least the given probability."""
    import polars as pl

    frame = tables["projects"]
    before, now = stated(frame, "completion", 1.0), numbers(frame, "completion", 1.0)
    after = np.where(mine, np.maximum(now, chance), now)
    changed = frame.with_columns(
        pl.Series("completion", after), pl.Series("stated_completion", before)
    )
    return {**tables, "projects": changed}


def with_start(tables: Tables, saved: Floats) -> Tables:
    """The tables in which projects are ready whole years sooner, their lead as much shorter."""
    import polars as pl

    frame = tables["projects"]
    before = stated(frame, "earliest", np.nan)
    earliest, lead = numbers(frame, "earliest", np.nan), numbers(frame, "lead", 0.0)
    changed = frame.with_columns(
        pl.Series("earliest", earliest - saved, nan_to_null=True).cast(pl.Int64),
        pl.Series("lead", lead - saved),
        pl.Series("stated_earliest", before, nan_to_null=True).cast(pl.Int64),
    )
    return {**tables, "projects": changed}


def came_sooner(outcome: Outcome, names: Sequence[str]) -> bool:
    """Whether any of the projects stands before the year that was stated for it."""
    frame, builds = table(outcome.market.case, "projects"), outcome.market.builds
    soonest = dict(
        zip(texts(frame, "facility").tolist(), stated(frame, "earliest", -np.inf), strict=True)
    )
    mine = np.isin(builds.facility, list(names)) & (outcome.built > MOVED)
    before = np.array([soonest.get(str(each), -np.inf) for each in builds.facility])
    return bool((mine & (builds.begins < before)).any())


def came_larger(outcome: Outcome, names: Sequence[str]) -> bool:
    """Whether any of the projects stands with more than was likely before."""
    frame, builds = table(outcome.market.case, "projects"), outcome.market.builds
    size = numbers(frame, "size", 0.0) * stated(frame, "completion", 1.0)
    likely = dict(zip(texts(frame, "facility").tolist(), size, strict=True))
    total = add_up(builds.project, outcome.built, builds.projects.count)
    return any(
        total[k] > likely[str(name)] + MOVED
        for k, name in enumerate(builds.projects.facility)
        if str(name) in names
    )

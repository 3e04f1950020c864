"""What is asked of the model at one set of assumptions? Outcomes, each solved when first needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from monazite.data.names import suggest
from monazite.errors import InputError
from monazite.study.claims.base import Seen

if TYPE_CHECKING:
    import polars as pl

    from monazite.data import Case
    from monazite.model.axes import Floats
    from monazite.model.outcome import Outcome
    from monazite.study.scenario import Scenario, Shock

YEARS = "2024,2026,2028,2030,2032,2035"


@dataclass(frozen=True)
class Point:
    """A set of assumptions: an end of all ranges of elasticities, and a path of demand."""

    name: str
    elasticities: str = "central"
    demand: str = "central"


CENTRAL = Point("central")
POINTS = (
    CENTRAL,
    Point("stiff", elasticities="stiff"),
    Point("easy", elasticities="easy"),
    Point("slow", demand="slow"),
    Point("fast", demand="fast"),
)


def _silent() -> None:
    """Nobody wants to know of progress."""


@dataclass(eq=False)
class World:
    """Outcomes at one point of the assumptions; each is kept once it is solved.

    `case` is that of the point; a scenario of another case is asked of that one. `folder`
    holds further scenarios as <name>.yaml. `solved` is called whenever a scenario has been solved.
    """

    point: Point
    case: Case
    years: str = YEARS
    folder: Path | None = None
    solved: Callable[[], None] = _silent
    _outcomes: dict[tuple[str, bool], Outcome] = field(default_factory=dict)
    _tables: dict[tuple[Any, ...], Any] = field(default_factory=dict)

    def seen(self, scenario: str, year: int | None, shocks: Sequence[Shock] = ()) -> Seen:
        """The outcome of a scenario and the period that holds a year, the first without one.

        `shocks` come after its own.
        """
        if shocks:
            outcome = self._under(scenario, shocks, over=year is not None)
        else:
            outcome = self.outcome(scenario, over=year is not None)
        axes = outcome.market.axes
        at = 0
        if year is not None:
            at = max(int(np.searchsorted(axes.start, year, side="right")) - 1, 0)
        return Seen(outcome, axes.periods[at], scenario)

    def outcome(self, scenario: str, *, over: bool) -> Outcome:
        """The outcome of a scenario in the base year, or over the years."""
        key = (scenario, over)
        if key not in self._outcomes:
            self._outcomes[key] = self._solved(scenario, over)
            self.solved()
        return self._outcomes[key]

    def _under(self, scenario: str, shocks: Sequence[Shock], *, over: bool) -> Outcome:
        """The outcome of a scenario with further shocks."""
        found: Outcome = self._kept(
            ("shocked", scenario, over, repr(shocks)), lambda: self._solved(scenario, over, shocks)
        )
        return found

    def _solved(self, scenario: str, over: bool, shocks: Sequence[Shock] = ()) -> Outcome:
        from monazite.study.ask import over_years, run
        from monazite.study.base_year import DEFAULT

        asked = named(scenario, self.folder)
        if over:
            asked = over_years(asked, self.years, demand=self.point.demand)
        case = self.case if asked.case == DEFAULT else self._other(asked.case)
        return run(asked, case=case, shocks=shocks)

    def _other(self, case: str) -> Case:
        """Another case, built in or a folder, at the elasticities of the point."""
        found: Case = self._kept(("case", case), lambda: case_at(self.point, case=case))
        return found

    def projects(self, seen: Seen) -> pl.DataFrame:
        """What each project earns (study/projects.py)."""
        from monazite.study.projects import projects

        found: pl.DataFrame = self._kept(
            ("projects", id(seen.outcome)), lambda: projects(seen.outcome)
        )
        return found

    def closed(self, seen: Seen, members: Sequence[str], without: str) -> pl.DataFrame:
        """What members are served without a country in the period (study/independence.py)."""
        from monazite.study.independence import independence

        found: pl.DataFrame = self._kept(
            ("closed", id(seen.outcome), seen.period, tuple(members), without),
            lambda: independence(seen.outcome, members, without=without, periods=[seen.period]),
        )
        return found

    def origins(self, seen: Seen) -> dict[str, tuple[Floats, Floats]]:
        """By material: the mix of makers at each place, and what is used (study/cover.py)."""
        from monazite.study.cover import origins

        found: dict[str, tuple[Floats, Floats]] = self._kept(
            ("origins", id(seen.outcome), seen.period),
            lambda: origins(seen.outcome, seen.period),
        )
        return found

    def contents(self, outcome: Outcome, materials: Sequence[str]) -> dict[str, float]:
        """kg of the materials in a kg of every product made of them (study/products.py)."""
        from monazite.study.products import contents_of

        found: dict[str, float] = self._kept(
            ("contents", id(outcome), tuple(materials)), lambda: contents_of(outcome, materials)
        )
        return found

    def _kept(self, key: tuple[Any, ...], make: Callable[[], Any]) -> Any:
        if key not in self._tables:
            self._tables[key] = make()
        return self._tables[key]

    def measure(self, seen: Seen, name: str) -> Mapping[str, Any]:
        """A measure's shares in the period. Raises InputError for an unknown one."""
        found = seen.outcome.shares_in(seen.period)
        if name not in found:
            raise InputError([suggest("claims_name", name, found, "claims", value=name,
                                      names=", ".join(found))])  # fmt: skip
        return found[name]

    def facility(self, seen: Seen, name: str) -> None:
        """Refuse a facility that the case does not have."""
        known = seen.outcome.case.table("facilities")["facility"].to_list()
        if name not in known:
            raise InputError([suggest("claims_name", name, known, "claims", value=name,
                                      names=", ".join(known[:5]) + " ...")])  # fmt: skip


def named(scenario: str, folder: Path | None) -> Scenario:
    """The scenario that a test names: a file of the folder, else one that comes with monazite."""
    from monazite.study.ask import find_scenario

    own = folder / f"{scenario}.yaml" if folder else None
    return find_scenario(own if own is not None and own.is_file() else scenario)


def case_at(point: Point, overlay: Any = None, *, case: str = "") -> Case:
    """A case, the reference world unless named, calibrated at a point's elasticities, with an
    overlay laid over it. A folder without raw figures has the elasticities that it has.
    """
    from monazite.data import Case, builtin, builtin_names
    from monazite.data.case import builtin_folder
    from monazite.study.base_year import DEFAULT
    from monazite.study.licences import world

    name = case or DEFAULT
    raw = (builtin_folder(name) / "source").is_dir()
    if name not in builtin_names() and (point.elasticities == "central" or not raw):
        return Case.from_folder(name, overlay)
    if point.elasticities == "central":
        return builtin(name, overlay)
    found = world(point.elasticities, name)
    if overlay is None:
        return found
    return Case.from_tables(found.stated, found.name, overlay=overlay)

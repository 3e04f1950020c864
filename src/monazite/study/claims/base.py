"""What is a test of a claim? A number read from outcomes; one file and one class for each kind."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from monazite.model.outcome import Outcome
    from monazite.study.claims.world import World

PLACES = (  # fields that hold countries
    *("places", "members", "makers", "without", "others", "destinations", "place", "origin"),
)


@dataclass(frozen=True)
class Seen:
    """One outcome and the period that is looked at."""

    outcome: Outcome
    period: str
    scenario: str

    def at(self, countries: Sequence[str]) -> np.ndarray:
        """Which places of the outcome are among the countries."""
        return np.isin(self.outcome.market.axes.countries, list(countries))


@dataclass(frozen=True)
class Answer:
    """A number, and how far the data behind it let it be off; None where there is no number."""

    value: float | None
    low: float | None = None
    high: float | None = None

    @property
    def ends(self) -> tuple[float, ...]:
        """Every number that the answer may be."""
        return tuple(x for x in (self.value, self.low, self.high) if x is not None)


class AbstractTest(BaseModel, ABC):
    """A number of an outcome: of the base year, or with `year` of the period that holds that year.

    `scenario` is the name of a scenario that comes with monazite or a file beside the claims. With
    `against` the number is compared with that of another scenario, with `since` with that of an
    earlier year: their difference, or with `compared: ratio` their ratio.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    scenario: str = "today"
    year: int | None = Field(default=None, ge=1900, le=2200)
    against: str | None = None
    since: int | None = Field(default=None, ge=1900, le=2200)
    compared: Literal["difference", "ratio"] = "difference"
    UNIT: ClassVar[str] = "1"  # of the number; shares and ratios have 1
    TABLES: ClassVar[tuple[str, ...]] = ()  # files beside the claims that it reads

    @classmethod
    def kind_name(cls) -> str:
        """The word for this kind of test in a table of claims."""
        return str(get_args(cls.model_fields["kind"].annotation)[0])

    @property
    def needs(self) -> tuple[tuple[str, bool], ...]:
        """(scenario, whether over years) of every outcome it looks at."""
        names = [self.scenario] + ([self.against] if self.against else [])
        return tuple((name, self.year is not None) for name in names)

    @property
    def unit(self) -> str:
        """The unit of the answer; `times` where it is a ratio."""
        other = self.against is not None or self.since is not None
        return "times" if other and self.compared == "ratio" else self.UNIT

    @property
    def changes(self) -> bool:
        """Whether the answer is the difference of two numbers."""
        return (self.against is not None or self.since is not None) and self.compared != "ratio"

    def answer(self, world: World) -> Answer:
        """The number at the assumptions of a world. Raises InputError for unknown names."""
        first = self._read(world, self.scenario, self.year)
        if self.against is None and self.since is None:
            return first
        other = self._read(world, self.against or self.scenario, self.since or self.year)
        if first.value is None or other.value is None:
            return Answer(None)
        if self.compared == "ratio":
            return Answer(first.value / other.value if other.value else None)
        return Answer(first.value - other.value)

    def _read(self, world: World, scenario: str, year: int | None) -> Answer:
        seen = world.seen(scenario, year)
        self._known(seen.outcome)
        found = self.read(world, seen)
        return found if isinstance(found, Answer) else Answer(found)

    def _known(self, outcome: Outcome) -> None:
        """Refuse countries and materials that the case does not have."""
        from monazite.policy.select import codes

        fields: Any = self
        for name in type(self).model_fields:
            axis = (
                outcome.market.axes.countries if name in PLACES
                else outcome.market.axes.materials if name in ("material", "materials")
                else None
            )  # fmt: skip
            if axis is not None:
                value = getattr(fields, name)
                codes(axis, (value,) if isinstance(value, str) else value)

    @abstractmethod
    def read(self, world: World, seen: Seen) -> Answer | float | None:
        """The number of one outcome; None where it has none."""

"""How is a question that takes many scenarios put? As a YAML file: of its kind, checked at once.

The price of a goal and the regret of mixes are such questions. Each kind names its messages, the
folder of those that come with monazite, and its own checks (`faults`).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError

from monazite.data.names import nearest, suggest
from monazite.errors import Fault, InputError
from monazite.places import Path as Trail
from monazite.places import Places, fault_at, read_yaml, text_of
from monazite.study.beforehand import Together
from monazite.study.complaints import faults_of
from monazite.study.scenario import Words, in_language

if TYPE_CHECKING:
    from monazite.data import Case
    from monazite.study.scenario import Scenario


class AbstractQuestion(BaseModel):
    """A question with a name, a title and a description."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ClassVar[str]  # what a fault calls the place of fields that were given elsewhere
    shape: ClassVar[str]  # the fault of a text that is no list of fields
    unknown: ClassVar[str]  # the fault of an unknown name
    folder: ClassVar[Path]  # of those that come with monazite

    name: str = "question"
    title: Words = ""
    description: Words = ""
    scenario: str = "today"
    members: tuple[str, ...] = Field(min_length=1)
    years: str
    _places: Places = PrivateAttr(default_factory=Places)

    @abstractmethod
    def faults(self, places: Places) -> Iterator[Fault]:
        """What is wrong with fields that fit one by one."""

    @abstractmethod
    def paths(self) -> dict[Trail, str]:
        """The paths of demand it names, each where it stands."""

    @abstractmethod
    def lacking(self, base: Case, found: Case) -> Iterator[Fault]:
        """What it names besides and the case does not have: as it is, and over its years."""

    @property
    def over(self) -> str:
        """Its years; those of its kind where nobody can read them."""
        return str(type(self).model_fields["years"].default) if unread(self.years) else self.years

    def over_its_years(self, **more: Any) -> Scenario:
        """Its scenario over its years; `more` are further fields of years, as the demand."""
        from monazite.study.ask import over_years

        return over_years(self.scenario, self.over, **more)

    def strange(self, case: Any) -> Iterator[Fault]:
        """What it names and the case does not have; `case` takes the place of the scenario's."""
        from monazite.study.ask import case_of, in_periods
        from monazite.study.shock import shocked

        asked = self.over_its_years()
        base = shocked(case_of(asked, case=case), asked)
        countries = base.table("countries")["country"].to_list()
        for k, name in enumerate(self.members):
            yield from misnamed(self._places, ("members", k), name, countries)
        known = base.table("demand_paths")["path"].unique().sort().to_list()
        for at, name in self.paths().items():
            yield from misnamed(self._places, at, name, known or [name], "question_path")
        path = next((name for name in self.paths().values() if name in known), [*known, ""][0])
        try:
            found = in_periods(base, self.over_its_years(demand=path))
        except InputError as error:
            yield from error.faults
            return
        yield from self.lacking(base, found)

    def check(self, case: Any = None) -> None:
        """Raises InputError with every name that the case does not have, where it stands."""
        _tell(self.strange(case))

    @classmethod
    def put(cls, name: str | Path, case: Any = None, **other: Any) -> Self:
        """The one of a name or file, with other fields than it has, of names that a case has.

        Raises InputError with all that is wrong with it, in the file and beside.
        """
        fields, places = cls._read(name)
        cls._of(fields, places)
        places = places.without_options(other)
        told = Together()
        for field, value in other.items():
            with told.also():
                cls._of(fields | {field: value}, places)
                fields = fields | {field: value}
        found = cls._of(fields, places)
        told.faults += [*found.faults(places), *found.strange(case)]
        told.tell()
        return found

    @classmethod
    def shipped(cls) -> list[str]:
        """Names of those that come with monazite."""
        return sorted(path.stem for path in cls.folder.glob("*.yaml"))

    @classmethod
    def from_text(cls, text: str, file: str = "", *, name: str = "") -> Self:
        """The question in a YAML text. Raises InputError with every fault, its line and a caret."""
        found, places = read_yaml(text, file or f"{cls.kind}.yaml", cls.shape)
        return cls._checked({"name": name or cls.kind, **found}, places)

    @classmethod
    def find(cls, name: str | Path) -> Self:
        """One that comes with monazite, or one in a YAML file. Raises InputError."""
        return cls._checked(*cls._read(name))

    @classmethod
    def _read(cls, name: str | Path) -> tuple[dict[str, Any], Places]:
        known = cls.shipped()
        file = cls.folder / f"{name}.yaml" if str(name) in known else Path(name)
        if not file.is_file():
            names = ", ".join(known)
            raise InputError(
                [suggest(cls.unknown, str(name), known, cls.kind, value=str(name), names=names)]
            )
        found, places = read_yaml(text_of(file), file.name, cls.shape)
        return {"name": file.stem, **found}, places

    def with_other(self, **fields: Any) -> Self:
        """The question with other fields. Raises InputError for values that do not fit."""
        places = self._places if self._places.at else Places(self.kind)
        places = places.without(fields, self.kind)
        return self._checked(self.model_dump(exclude_unset=True) | fields, places)

    @classmethod
    def _checked(cls, fields: Mapping[str, Any], places: Places) -> Self:
        found = cls._of(fields, places)
        _tell(found.faults(places))
        return found

    @classmethod
    def _of(cls, fields: Mapping[str, Any], places: Places) -> Self:
        try:
            found = cls.model_validate(fields)
        except ValidationError as error:
            raise InputError(faults_of(error, places)) from error
        found._places = places
        return found

    def titled(self, lang: str | None = None) -> str:
        """The title in a language; the name where there is none."""
        return in_language(self.title, lang) or self.name

    def described(self, lang: str | None = None) -> str:
        """The description in a language."""
        return in_language(self.description, lang)


def _tell(faults: Iterable[Fault]) -> None:
    """Raises InputError where there are faults."""
    told = Together()
    told.faults += faults
    told.tell()


def misnamed(
    places: Places, path: Trail, name: str, known: Sequence[str], key: str = "question_name"
) -> Iterator[Fault]:
    """The fault of a name that is not among those known."""
    if name not in known:
        near = nearest(name, known)
        key = f"{key}_near" if near else key
        yield fault_at(places, key, path, name=name, near=near, names=", ".join(known))


def unknown_to(case: Case, scenario: Scenario, places: Places, path: Trail) -> Iterator[Fault]:
    """What rules of a scenario name and a case in periods does not have.

    A fault without a line, of a rule that the file took from a scenario, stands at the path.
    """
    from math import inf

    from monazite.study.ask import market_under

    try:
        market_under(case, scenario.begun(), inf)
    except InputError as error:
        yield from (here(one, places, path) for one in error.faults)


def here(one: Fault, places: Places, path: Trail) -> Fault:
    """The fault; at a path where it has no line of its own."""
    remedy = one.remedy.split("\n")[0]
    return one if one.line else fault_at(places, "question_rule", path, told=one.what, do=remedy)


def unread(years: str) -> str:
    """What is wrong with the years of a question; nothing where they can be read."""
    from monazite.study.years import Years

    try:
        Years.parsed(years)
    except InputError as error:
        return error.faults[0].what
    return ""

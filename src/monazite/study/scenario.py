"""What is asked? A case, what changes in it, and options; the same object in YAML and in Python."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    model_validator,
)

from monazite.data.names import suggest
from monazite.errors import Fault, InputError
from monazite.messages import language
from monazite.places import Places, fault_at, read_yaml, text_of
from monazite.policy import instruments as known_instruments
from monazite.policy.base import wrong
from monazite.study.complaints import faults_of
from monazite.study.months import Months
from monazite.study.years import Years

SHIPPED = Path(__file__).parent / "scenarios"
if TYPE_CHECKING:
    from monazite.policy.base import AbstractInstrument as Rule
else:  # a union of what the registry holds, told apart by `kind`
    _rules = tuple(known_instruments().values())
    Rule = Annotated[Union[_rules], Field(discriminator="kind")]  # noqa: UP007
ROUGH = 1e-4  # relative: over years every answer is dozens of programs
Cell = str | int | float | bool
Words = str | Mapping[str, str]


class Shock(BaseModel):
    """A change of any cells of a table: those of the columns named, in the rows that `where`
    selects.

    `where` maps a column to a value or a list of values, one of which it must have; without it
    every row is meant. `set` takes any value; `multiply` and `add` take numbers, in the program's
    units.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    table: str
    where: dict[str, Cell | list[Cell]] = Field(default_factory=dict)
    set: dict[str, Cell] = Field(default_factory=dict)
    multiply: dict[str, float] = Field(default_factory=dict)
    add: dict[str, float] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _changes_something(self) -> Shock:
        if not (self.set or self.multiply or self.add):
            raise wrong("no_change")
        return self


class Options(BaseModel):
    """How it is solved and told: discount rate per year, tolerance of wedges, language."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    discount: float = Field(default=0.0, gt=-1.0)
    tolerance: float = Field(default=1e-6, gt=0.0, le=1e-3)
    language: Literal["en", "zh"] | None = None


class Scenario(BaseModel):
    """A case, shocks applied to it one after the other, instruments put on it, and options.

    `title` and `description` are a text or {en: ..., zh: ...}. `case` is the name of a case that
    comes with monazite or a folder of tables; `overlay` is a folder laid over it. With `months` the
    base year runs month by month and buyers keep stocks; with `years` it runs on over the years
    and capacity is built.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: str = "scenario"
    title: Words = ""
    description: Words = ""
    case: str = "rare_earths"
    overlay: str | None = None
    shocks: tuple[Shock, ...] = ()
    instruments: tuple[Rule, ...] = ()
    months: Months | None = None
    years: Years | None = None
    options: Options = Options()
    _places: Places = PrivateAttr(default_factory=Places)

    @model_validator(mode="after")
    def _runs_once(self) -> Scenario:
        if self.months is not None and self.years is not None:
            raise wrong("months_and_years")
        return self

    @classmethod
    def from_yaml(cls, path: str | Path) -> Scenario:
        """The scenario in a YAML file. Raises InputError with every fault, its line and a caret."""
        path = Path(path)
        return cls.from_text(text_of(path), path.name, name=path.stem)

    @classmethod
    def from_text(
        cls, text: str, file: str = "scenario.yaml", *, name: str = "scenario"
    ) -> Scenario:
        """The scenario in a YAML text; without a name of its own it is called `name`."""
        found, places = read_yaml(text, file)
        return cls.checked({"name": name, **found}, places)

    @classmethod
    def checked(cls, fields: Mapping[str, Any], places: Places | None = None) -> Scenario:
        """The scenario with these fields. InputError tells every fault, where `places` says."""
        places = places or Places()
        try:
            scenario = cls.model_validate(fields)
        except ValidationError as error:
            raise InputError(faults_of(error, places)) from error
        scenario._places = places
        return scenario

    @classmethod
    def shipped(cls, name: str) -> Scenario:
        """A scenario that comes with monazite. Raises InputError for an unknown name."""
        if name not in shipped_names():
            names = ", ".join(shipped_names())
            raise InputError(
                [suggest("unknown_scenario", name, shipped_names(), name, names=names)]
            )
        return cls.from_yaml(SHIPPED / f"{name}.yaml")

    def to_yaml(self) -> str:
        """The scenario as YAML that `from_text` reads back."""
        import yaml

        plain = self.model_dump(exclude_defaults=True, mode="json")
        return yaml.safe_dump({"name": self.name, **plain}, allow_unicode=True, sort_keys=False)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what is asked: case, overlay, shocks, rules, options; not of its words."""
        asked = self.model_dump(
            mode="json", include={"case", "overlay", "shocks", "instruments", "options"}
        )
        for name, window in (("months", self.months), ("years", self.years)):
            if window is not None:
                asked[name] = window.model_dump(mode="json")
        text = json.dumps(asked, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def discount(self) -> float:
        """The discount rate a year: that of the options, or of the years where they give none."""
        if self.years is not None and "discount" not in self.options.model_fields_set:
            return self.years.discount
        return self.options.discount

    @property
    def tolerance(self) -> float:
        """To what the prices that charges look at settle: over years `ROUGH` unless told."""
        if self.years is not None and "tolerance" not in self.options.model_fields_set:
            return ROUGH
        return self.options.tolerance

    def begun(self) -> Scenario:
        """The scenario over years in which rules without a start hold from `rules_from` on."""
        if self.years is None:
            return self
        rules = tuple(rule.since(self.years.rules_from) for rule in self.instruments)
        return self.model_copy(update={"instruments": rules})

    def titled(self, lang: str | None = None) -> str:
        """The title in a language; the name where there is none."""
        return in_language(self.title, lang) or self.name

    def described(self, lang: str | None = None) -> str:
        """The description in a language."""
        return in_language(self.description, lang)

    def with_more(self, shocks: Iterable[Shock | Mapping[str, Any]], **options: Any) -> Scenario:
        """The scenario with further shocks and other options. InputError tells every fault."""
        fields = self.model_dump(exclude_unset=True)
        more = [shock.model_dump() if isinstance(shock, Shock) else dict(shock) for shock in shocks]
        fields["shocks"] = [*(shock.model_dump() for shock in self.shocks), *more]
        fields["options"] = {**self.options.model_dump(exclude_unset=True), **options}
        return Scenario.checked(fields, self._places)

    def fault(self, key: str, *path: str | int, **values: Any) -> Fault:
        """The fault ``errors.<key>`` at a place of the scenario, such as ("shocks", 0, "table")."""
        return fault_at(self._places, key, path, **values)


# folded lines of YAML join with a space, which Chinese has none of
FOLDED = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef]) +(?=[\u3000-\u9fff\uff00-\uffef])")


def in_language(words: Words, lang: str | None = None) -> str:
    """Words in a language; a plain text is the same in all."""
    if isinstance(words, str):
        return words
    told = words.get(language(lang)) or words.get("en") or next(iter(words.values()), "")
    return FOLDED.sub("", told)


def shipped_names() -> list[str]:
    """Names of the scenarios that come with monazite."""
    return sorted(path.stem for path in SHIPPED.glob("*.yaml"))

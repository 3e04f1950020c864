"""Which statements are there, in our words, and how is each of them tested?

`read_claims` reads a YAML file: ``voices`` says who spoke, ``claims`` is a list. A claim without a
test says why no model of ours can test it. Thresholds are data: `holds` is the range in which the
answer must lie for the claim to hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from monazite.data.names import suggest
from monazite.errors import Fault, InputError
from monazite.places import Places, fault_at, read_yaml, text_of
from monazite.policy.base import wrong
from monazite.study.claims.base import AbstractTest
from monazite.study.claims.kinds import kinds
from monazite.study.complaints import faults_of

SHIPPED = Path(__file__).parent / "claims.yaml"
Path_ = tuple[str | int, ...]
Record = Literal[
    "confirmed", "supported", "partly_confirmed", "partly_wrong", "wrong", "unverified", "open",
    "opinion",
]  # fmt: skip


def beside(folder: Path, name: str) -> Path:
    """A table beside the claims: that of the folder, or else the shipped one."""
    own = folder / name
    return own if own.is_file() else SHIPPED.parent / name


class Words(BaseModel):
    """A text in English and Chinese."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    en: str = Field(min_length=1)
    zh: str = Field(min_length=1)

    def told(self, lang: str) -> str:
        """The text in a language."""
        return self.zh if lang == "zh" else self.en


class Range(BaseModel):
    """Where the answer lies if the claim holds, its ends included."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    least: float | None = None
    most: float | None = None

    @model_validator(mode="after")
    def _has_an_end(self) -> Range:
        if self.least is None and self.most is None:
            raise wrong("claims_range")
        return self

    def __contains__(self, number: float) -> bool:
        above = self.least is None or number >= self.least
        return above and (self.most is None or number <= self.most)


class Stated(BaseModel):
    """What a claim's row says of itself; its test is read apart, by kind."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    id: str = Field(min_length=1)
    by: str
    nature: Literal["fact", "mechanism", "forecast", "opinion"]
    said: Words
    reading: Words
    record: Record
    url: tuple[str, ...] = ()
    holds: Range | None = None


@dataclass(frozen=True)
class Claim:
    """A statement, who made it, what is publicly known of it, and how it is tested.

    `reading` says how words became a test or, where `test` is None, why there is none. `places` and
    `path` say where it was written.
    """

    stated: Stated
    voice: Words
    test: AbstractTest | None = None
    places: Places = field(default_factory=Places, repr=False)
    path: Path_ = ()

    @property
    def id(self) -> str:
        """The claim's name in tables."""
        return self.stated.id


def read_claims(path: str | Path | None = None) -> tuple[Claim, ...]:
    """The claims of a YAML file, those that come with monazite unless one is named.

    Raises InputError with every fault, its line and a caret.
    """
    file = Path(path) if path is not None else SHIPPED
    if not file.is_file():
        from monazite.errors import fault

        raise InputError([fault("claims_no_file", str(file))])
    found, places = read_yaml(text_of(file), file.name, "claims_shape")
    return claims_in(found, places)


def claims_in(found: Mapping[str, Any], places: Places | None = None) -> tuple[Claim, ...]:
    """The claims of a mapping with voices and claims. Raises InputError with every fault."""
    places = places or Places("claims")
    faults: list[Fault] = [
        fault_at(places, "scenario_unknown", (name,), name=name)
        for name in found
        if name not in ("voices", "claims")
    ]
    voices: dict[str, Words] = {}
    if not (isinstance(found.get("voices"), Mapping) and isinstance(found.get("claims"), list)):
        raise InputError([*faults, fault_at(places, "claims_shape", ())])
    for name, words in found["voices"].items():
        read = _checked(Words, words, places, ("voices", name), faults)
        if read is not None:
            voices[name] = read
    claims: list[Claim] = []
    for k, row in enumerate(found["claims"]):
        claim = _claim(row, places, ("claims", k), voices, faults)
        if claim is not None:
            claims.append(claim)
    seen: set[str] = set()
    for k, claim in enumerate(claims):
        if claim.id in seen:
            faults.append(fault_at(places, "claims_twice", ("claims", k, "id"), name=claim.id))
        seen.add(claim.id)
    if faults:
        raise InputError(faults)
    return tuple(claims)


def _claim(
    row: Any, places: Places, path: Path_, voices: Mapping[str, Words], faults: list[Fault]
) -> Claim | None:
    fields = dict(row) if isinstance(row, Mapping) else {}
    test = fields.pop("test", None)
    before = len(faults)
    stated = _checked(Stated, fields, places, path, faults)
    asked = _test(test, places, (*path, "test"), faults) if test is not None else None
    if stated is not None and stated.by not in voices:
        faults.append(_unknown(places, (*path, "by"), stated.by, voices))
    if stated is not None and (stated.holds is None) != (test is None):
        faults.append(fault_at(places, "claims_half", path, name=stated.id))
    if stated is None or len(faults) > before:
        return None
    return Claim(stated, voices[stated.by], asked, places, path)


def _test(found: Any, places: Places, path: Path_, faults: list[Fault]) -> AbstractTest | None:
    fields = dict(found) if isinstance(found, Mapping) else {}
    kind = str(fields.get("kind", ""))
    if kind not in kinds():
        faults.append(_unknown(places, (*path, "kind"), kind, kinds()))
        return None
    return _checked(kinds()[kind], fields, places, path, faults)


def _unknown(places: Places, path: Path_, word: str, known: Mapping[str, Any]) -> Fault:
    line, column = places.find(path)
    names = ", ".join(known) or "-"
    at = str(column) if column else ""
    return suggest("claims_name", word, known, places.file, line, at, value=word, names=names)


def _checked(
    model: Any, fields: Any, places: Places, path: Path_, faults: list[Fault]
) -> Any | None:
    """The model of the fields; None after telling every fault where it stands."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        inside = {one[len(path) :]: at for one, at in places.at.items() if one[: len(path)] == path}
        part = Places(places.file, places.lines, inside, root=places.find(path))
        faults += faults_of(error, part)
        return None

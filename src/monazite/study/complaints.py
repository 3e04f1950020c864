"""What is wrong with a scenario, in words? pydantic's complaints and unknown names as faults.

All are told at once, each with file, line, column and a caret under the spot.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, get_args

from monazite.data.names import nearest
from monazite.errors import Fault, InputError, fault
from monazite.messages import catalogue, say
from monazite.places import Places, fault_at
from monazite.policy import instruments

if TYPE_CHECKING:
    from pydantic import ValidationError

    from monazite.data import Case
    from monazite.study.scenario import Scenario

TAGS = ("str", "int", "float", "bool", "date", "NoneType")  # members of unions, nobody wrote them
PLACES = (
    *("members", "without", "importers", "exporters", "origins", "destinations", "exempt"),
    *("countries", "rivals", "refused", "country", "payer", "buyer", "place"),
)
NAMES = {
    **{"material": "materials", "materials": "materials"},
    **{"facilities": "facilities", "projects": "facilities"},
}
GIVEN = 60  # letters
SAME = {"dict_type": "model_type", "model_attributes_type": "model_type"}
BUDGET = "no_budget"
UNKNOWN = ("instrument_name", "instrument_name_near")


def faults_of(error: ValidationError, places: Places, whole: str = "-") -> list[Fault]:
    """Pydantic's complaints as faults, one for each place, in the order of the file.

    `whole` is what a complaint about no field alone calls what was given.
    """
    found: dict[tuple[Any, ...], Fault] = {}
    every = error.errors(include_url=False)
    for one in sorted(every, key=lambda one: one["type"] != "finite_number"):
        # a union is complained about once for each of its members; the place is the same
        path = tuple(part for part in one["loc"] if not _is_tag(part))
        path, told = _fault(one, path, places, whole)
        found.setdefault(path, told)
    return sorted(found.values(), key=lambda one: one.spot)


def _is_tag(part: Any) -> bool:
    return part in (*TAGS, *instruments()) or "[" in str(part)


def _fault(
    one: Any, path: tuple[Any, ...], places: Places, whole: str
) -> tuple[tuple[Any, ...], Fault]:
    """One complaint, and the path at which it stands."""
    name = str(path[-1]) if path else ""
    kind, context = one["type"], one.get("ctx") or {}
    if kind == "union_tag_invalid":
        path, tag = (*path, "kind"), str(context.get("tag"))
        near = nearest(tag, instruments())
        key = "rule_kind_near" if near else "rule_kind"
        names = ", ".join(instruments())
        return path, fault_at(places, key, path, name=tag, near=near, names=names)
    if kind == "union_tag_not_found":
        return path, fault_at(places, "rule_no_kind", path, names=", ".join(instruments()))
    if kind == "extra_forbidden":
        near = nearest(name, _fields_at(one["loc"]))
        key = "scenario_unknown_near" if near else "scenario_unknown"
        return path, fault_at(places, key, path, name=name, near=near)
    if kind == "missing":
        return path, fault_at(places, "scenario_missing", path, name=name)
    if kind == "no_change":
        return path, fault_at(places, "scenario_no_change", path, name=name)
    if not path and not places.at:  # given on a command line or in Python: no spot to show
        return path, fault("scenario_value", places.file, path=whole, caret="", told=_told(one))
    return path, fault_at(places, "scenario_value", path, name=name, told=_told(one))


def _told(one: Any) -> str:
    """What is wrong with a value, in the current language where the catalogue has words for it."""
    key = f"policy.fault.{SAME.get(one['type'], one['type'])}"
    if one["type"] == "tuple_type" and not isinstance(one.get("input"), str):
        key = "policy.fault.no_list"
    if key not in catalogue():
        return say("policy.fault.other", given=_short(one.get("input")), told=one["msg"])
    shown = {k: f"{v:g}" if isinstance(v, float) else v for k, v in (one.get("ctx") or {}).items()}
    if "expected" in shown:
        shown["expected"] = str(shown["expected"]).replace(" or ", ", ")
    return say(key, **shown, given=_short(one.get("input")))


def _short(given: Any) -> str:
    """What was given, as far as it fits into a sentence."""
    told = str(given)
    return told if len(told) <= GIVEN else f"{told[:GIVEN]} ..."


def _fields_at(loc: Sequence[Any]) -> list[str]:
    """The fields of the rule, or of the part of it, in which pydantic's path ends."""
    kinds = [k for k, part in enumerate(loc[:-1]) if part in instruments()]
    if not kinds:
        return []
    model: Any = instruments()[loc[kinds[0]]]
    for part in loc[kinds[0] + 1 : -1]:
        if part in model.model_fields:
            model = next(_models(model.model_fields[part].annotation), model)
    return list(model.model_fields)


def _models(annotation: Any) -> Iterator[Any]:
    """The classes with fields of their own within a type."""
    if hasattr(annotation, "model_fields"):
        yield annotation
    for one in get_args(annotation):
        yield from _models(one)


# --- names that the case does not have ------------------------------------------------------------


def placed(error: InputError, scenario: Scenario, case: Case) -> InputError:
    """The error with every unknown name of every rule, where it stands in the scenario.

    Raised only when a rule has met a name it cannot do without, so that a rule may speak of places
    a smaller case lacks as long as nothing depends on them.
    """
    found: list[Fault] = []
    if any(one.key in (*UNKNOWN, BUDGET) for one in error.faults):
        found = [*_unknown_names(scenario, case), *_unknown_budgets(scenario, case)]
    if not found:
        return error
    told = {one.values.get("name") for one in found}
    rest = [one for one in error.faults if one.values.get("name") not in told]
    return InputError([*sorted(found, key=lambda one: one.spot), *rest])


def _unknown_budgets(scenario: Scenario, case: Case) -> Iterator[Fault]:
    """Budgets that rules name and neither the scenario nor the case has."""
    known = [rule.name for rule in scenario.instruments if rule.kind == "budget"]
    known += case.table("budgets")["budget"].unique().sort().to_list()
    for k, rule in enumerate(scenario.instruments):
        name = getattr(rule, "budget", "")
        if name and name not in known:
            path, names = ("instruments", k, "budget"), ", ".join(known) or "-"
            yield fault_at(scenario._places, BUDGET, path, name=name, names=names)


def _unknown_names(scenario: Scenario, case: Case) -> Iterator[Fault]:
    known = {
        "materials": case.table("materials")["material"].to_list(),
        "facilities": case.table("facilities")["facility"].to_list(),
        "countries": case.table("countries")["country"].to_list(),
    }
    for k, rule in enumerate(scenario.instruments):
        for path, name in _walk(rule.model_dump(mode="json"), ("instruments", k)):
            field = next((part for part in reversed(path) if isinstance(part, str)), "")
            table = "countries" if field in PLACES else NAMES.get(field, "")
            if not table or not name or name in known[table]:
                continue
            at = scenario._places.at
            if at and path not in at:
                continue  # handed on by a club to its parts: told where it was written
            near = nearest(name, known[table])
            key = "rule_name_near" if near else "rule_name"
            yield fault_at(scenario._places, key, path, name=name, near=near)


def _walk(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every text of a nested value, with its path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _walk(one, (*path, key))
    elif isinstance(value, (list, tuple)):
        for k, one in enumerate(value):
            yield from _walk(one, (*path, k))

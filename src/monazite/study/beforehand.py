"""What is wrong with what is asked, before anything is solved? All of it, not the first.

A scenario is looked at in steps: its shocks, its years, its rules. Each step may fail, and the next
is then looked at on what is left, as far as its faults are none of the step before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from math import inf
from typing import TYPE_CHECKING, Any

from monazite.data.names import suggest
from monazite.errors import Fault, InputError

if TYPE_CHECKING:
    from monazite.data import Case
    from monazite.study.scenario import Scenario


class Together:
    """Several checks whose faults are told at once."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    @contextmanager
    def also(self) -> Iterator[None]:
        """Keep the faults of a check; what is refused in one sentence alone is refused at once."""
        try:
            yield
        except InputError as error:
            if not error.faults:
                raise
            self.faults += error.faults

    def tell(self) -> None:
        """Raises InputError with all faults, in the order of their lines and none of them twice."""
        found: dict[Any, Fault] = {}
        for one in self.faults:
            # what an anchor of YAML hands on stands in one place, by several names
            same = one.key if one.line else one.what
            found.setdefault((one.file, one.line, one.column, same), one)
        if found:
            raise InputError(sorted(found.values(), key=lambda one: one.spot))


@contextmanager
def all_told(asked: Scenario, case: Case) -> Iterator[None]:
    """What is refused inside is refused together with all else that is wrong with the scenario."""
    try:
        yield
    except InputError as error:
        told = Together()
        if error.faults:
            told.faults = [*wrong_with(asked, case), *error.faults]
        told.tell()
        raise


def wrong_with(asked: Scenario, case: Case) -> list[Fault]:
    """The faults of a scenario's shocks, years and rules, the case being the one before shocks."""
    from monazite.study.ask import in_periods, market_under
    from monazite.study.shock import shocked

    found, told = case, Together()
    with told.also():
        found = shocked(found, asked)
    before = len(told.faults)
    with told.also():
        found = in_periods(found, asked)
    if len(told.faults) > before:
        asked = asked.model_copy(update={"years": None, "months": None})
    before = len(told.faults)
    with told.also():
        market_under(found, asked.begun(), inf)
    # a rule may want what could not be made; a name is unknown without it too
    rules = [one for one in told.faults[before:] if not before or one.key in OF_NAMES]
    return [*told.faults[:before], *rules]


OF_NAMES = ("rule_name", "rule_name_near", "no_budget")


def unknown(key: str, place: str, names: Iterable[str], known: Sequence[str]) -> list[Fault]:
    """The fault ``errors.<key>`` for every name that is not among those known."""
    listed = ", ".join(dict.fromkeys(known))
    return [
        suggest(key, name, known, place, value=name, names=listed)
        for name in names
        if name not in known
    ]


def unknown_in(case: Case, **names: Iterable[str]) -> list[Fault]:
    """The names given to options that no row of the case has, as ``members=["USB"]``."""
    at = {
        "members": ("asked_country", "countries", "country"),
        "country": ("asked_country", "countries", "country"),
        "materials": ("asked_material", "materials", "material"),
    }
    found = list[Fault]()
    for option, given in names.items():
        key, table, column = at[option]
        found += unknown(key, f"--{option}", given, case.table(table)[column].to_list())
    return found


def check_names(case: Case, country: str | None, **names: Sequence[str]) -> None:
    """Raises InputError for a country, members and materials that the case does not have."""
    if faults := unknown_in(case, country=[country] if country else [], **names):
        raise InputError(faults)


def check_period(case: Case, asked: Scenario, period: str | None) -> None:
    """Raises InputError for a period that the outcome of a scenario will not have."""
    window = asked.years or asked.months
    known = window.names if window else case.table("periods")["period"].to_list()
    if period is not None and (faults := unknown("asked_period", "--period", [period], known)):
        raise InputError(faults)

"""What can be asked of the club? One file a topic, found by being here; each holds COMMANDS.

A command has a type, the fields of what is asked, `decide`, which looks at the state and says what
it finds (or raises InputError with every fault), and `apply`, which writes an event into the state.
Deciding happens once; what was found stands in the event, so that a later version of a rule cannot
change what happened.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from monazite.club.commands.base import Command


@cache
def commands() -> dict[str, Command]:
    """Every command by its type."""
    found: dict[str, Command] = {}
    for module in sorted(one.name for one in iter_modules(__path__)):
        listed = getattr(import_module(f"{__name__}.{module}"), "COMMANDS", ())
        found.update((one.type, one) for one in listed)
    return found


def command(type: str) -> Command | None:
    """The command of a type."""
    return commands().get(type)

"""Which rules can be put on a market? One instrument is one file and one class.

Every module of this package that holds a final `AbstractInstrument` is found by `instruments()`;
adding one is adding a file.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from monazite.policy.base import AbstractInstrument

_NOT_RULES = ("base", "select")


@cache
def instruments() -> dict[str, type[AbstractInstrument]]:
    """Every instrument class by its kind, in the order of their names."""
    from monazite.policy.base import AbstractInstrument

    found: dict[str, type[AbstractInstrument]] = {}
    for module in iter_modules(__path__):
        if module.name in _NOT_RULES:
            continue
        for value in vars(import_module(f"{__name__}.{module.name}")).values():
            rule = isinstance(value, type) and issubclass(value, AbstractInstrument)
            if rule and not value.__name__.startswith("Abstract"):
                found[value.kind_name()] = value
    return dict(sorted(found.items()))

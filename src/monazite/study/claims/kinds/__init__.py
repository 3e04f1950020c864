"""Which kinds of tests can a claim name? One kind is one file and one class; adding is adding."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from monazite.study.claims.base import AbstractTest


@cache
def kinds() -> dict[str, type[AbstractTest]]:
    """Every kind of test by its name."""
    from monazite.study.claims.base import AbstractTest

    found: dict[str, type[AbstractTest]] = {}
    for module in iter_modules(__path__):
        for value in vars(import_module(f"{__name__}.{module.name}")).values():
            test = isinstance(value, type) and issubclass(value, AbstractTest)
            if test and value is not AbstractTest:
                found[value.kind_name()] = value
    return dict(sorted(found.items()))

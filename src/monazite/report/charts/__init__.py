"""Which figures exist? One file per figure; adding a figure is adding a file.

A chart module states `TITLE` (a key of the catalogue) and `build(view) -> figure | None`. A figure
is a plain dict as plotly.js reads it: `data`, `layout`, and optionally `choices`, a list of
`{"label", "data", "layout"}` among which the reader picks (the first is shown). None: no data.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

Figure = dict


@cache
def charts() -> dict[str, ModuleType]:
    """Return the chart modules of this folder by name."""
    names = sorted(module.name for module in iter_modules(__path__))
    return {name: import_module(f"{__name__}.{name}") for name in names}


def choose(figures: list[tuple[str, Figure]]) -> Figure | None:
    """Return one figure with a choice among several, each with its label; None without any."""
    if not figures:
        return None
    choices = [{"label": label, **figure} for label, figure in figures]
    return {**figures[0][1], "choices": choices}

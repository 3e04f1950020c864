"""Which sections has the report, and in which order? One file per section.

A section module has `build(view) -> str`: the HTML below its heading and introduction, which are
the catalogue's `report.section.<name>.title` and `.intro`. It may have `heading(view) -> str`, what
was found, which then stands as the heading below that title (an empty text: nothing to tell), and
`OF_PERIOD = True` where it shows the view's period alone, which its title then names.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

ORDER = ("chain", "shares", "years", "costs", "prices", "trade", "rules", "support",
         "finance", "cash", "books", "limits",
         "stops", "independence", "claims",
         "reconciliation", "hindsight", "unknown", "assumptions", "sources")  # fmt: skip


def sections() -> dict[str, ModuleType]:
    """Return the section modules by name, in the order of the page."""
    return {name: import_module(f"{__name__}.{name}") for name in ORDER}

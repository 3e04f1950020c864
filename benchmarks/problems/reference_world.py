"""The built-in reference world, from its tables to its prices: what a user waits for.

Not a family of programs but one call, monazite.run("today"); it is timed as a whole.
"""

from __future__ import annotations

from registry import Whole

CASE = "rare_earths"


def absent() -> str | None:
    """Why the reference world cannot be run, or None."""
    import monazite

    if not hasattr(monazite, "run"):
        return "reference_world is skipped: this version of monazite has no run()."
    try:
        from monazite.data.case import builtin_names
    except ImportError:
        return "reference_world is skipped: this version of monazite has no built-in cases."
    if CASE not in builtin_names():
        return f"reference_world is skipped: the case {CASE} is not installed."
    return None


def call() -> float:
    """Runs today's world; returns the worst residual of its certificate."""
    import monazite

    return monazite.run("today").certificate.worst


BENCHMARK = Whole(
    name="reference_world", source="the case's own sources.csv", call=call, absent=absent
)

"""Who pays for each support of a project, how much in all, and what does it change?

From the books of an outcome, over its years: undiscounted, and in present value at the outcome's
discount rate, by the three lines in which a support is paid (policy/finance.py). What it changes is
told against the same scenario without any of them (`supports.bare_of`), of the project:

    only       it is built with them and not without
    earlier    it comes on line earlier
    more       more of it is built
    anyhow     it is built as much and as soon without them
    less       less of it, or later: others that are supported took its place

Nothing is told of a single support, since the others would have changed too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from monazite.policy.finance import LINES
from monazite.study.projects import SOME
from monazite.study.supports import _supporting, supports

if TYPE_CHECKING:
    import polars as pl

    from monazite.model.outcome import Outcome

PART = 0.005  # of what is built, below which it is as much
COLUMNS = {
    "rule": str, "kind": str, "facility": str, "country": str, "account": str, "principal": float,
    "plain": float, "discounted": float, "grant_equivalent": float, "expected_loss": float,
    "unpaid_risk": float, "built": float, "first": float, "built_without": float,
    "first_without": float, "change": str,
}  # fmt: skip


def support_accounts(outcome: Outcome, bare: Outcome | None = None) -> pl.DataFrame:
    """One row for each support of each project that gets money; see COLUMNS.

    `principal` in MUSD when plants come on line; `plain` and `discounted` [MUSD] what the account
    of the country pays over the years of the outcome, the latter in its three lines; kt/yr built,
    and the year of the first, with and without the supports (null where nothing is built, or `bare`
    is not given).
    """
    import polars as pl

    paid = _paid(outcome)
    now, then = _built(outcome), None if bare is None else _built(bare)
    rows = []
    for row in supports(outcome).iter_rows(named=True):
        name = row["facility"]
        plain, lines = paid.get((row["rule"], name), (0.0, np.zeros(len(LINES))))
        stands = now.get(name, (0.0, None))
        without = (None, None) if then is None else then.get(name, (0.0, None))
        keys = ("rule", "kind", "facility", "country", "account", "principal")
        change = "" if then is None else _change(stands, then.get(name, (0.0, None)))
        rows.append((*(row[key] for key in keys), plain, float(lines.sum()), *lines.tolist(),
                     *stands, *without, change))  # fmt: skip
    schema = {name: pl.String if kind is str else pl.Float64 for name, kind in COLUMNS.items()}
    found = pl.DataFrame(rows, schema=schema, orient="row")
    return found.sort("discounted", "rule", "facility", descending=[True, False, False])


def idle_supports(outcome: Outcome) -> list[str]:
    """Rules of finance from which no project gets anything, since none of theirs is built."""
    given = set(supports(outcome)["rule"])
    return [rule.name for rule in _supporting(outcome) if rule.name not in given]


def _paid(outcome: Outcome) -> dict[tuple[str, str], tuple[float, np.ndarray]]:
    """By rule and facility: what is paid in all, and by line in present value."""
    import polars as pl

    axes = outcome.market.axes
    at = {name: k for k, name in enumerate(axes.periods)}
    rules = {rule.name for rule in _supporting(outcome)}
    rows = outcome.books().filter(pl.col("account").is_in(["treasury", "users"]))
    found: dict[tuple[str, str], tuple[float, np.ndarray]] = {}
    for period, name, item, amount in rows.select("period", "name", "item", "amount").iter_rows():
        rule, _, line = str(item).rpartition("/") if str(item) not in rules else (item, "", "")
        if rule not in rules:
            continue
        plain, lines = found.get((rule, name), (0.0, np.zeros(len(LINES))))
        k = LINES.index(line) if line in LINES else 0
        lines = lines.copy()
        lines[k] -= amount * axes.weight[at[period]]
        found[rule, name] = (plain - amount * float(axes.years[at[period]]), lines)
    return found


def _built(outcome: Outcome) -> dict[str, tuple[float, float | None]]:
    """kt/yr that come on line, and the year of the first, by facility."""
    builds = outcome.market.builds
    found: dict[str, tuple[float, float | None]] = {}
    for project in np.unique(builds.project):
        mine = np.flatnonzero((builds.project == project) & (outcome.built > SOME))
        if len(mine):
            first = float(builds.begins[mine].min())
            name = str(builds.projects.facility[project])
            found[name] = (float(outcome.built[mine].sum()), first)
    return found


def _change(now: tuple[float, float | None], then: tuple[float, float | None]) -> str:
    (built, first), (before, first_before) = now, then
    if before <= SOME:
        return "only"
    if first is not None and first_before is not None and first != first_before:
        return "earlier" if first < first_before else "less"
    if abs(built - before) <= PART * before:
        return "anyhow"
    return "more" if built > before else "less"

"""Who pays for each support of a project, how much in all, and what does it change?

From the books of an outcome, over its years: undiscounted, and in present value at the outcome's
discount rate, by the three lines in which a support is paid (policy/finance.py). What it changes is
told against the same scenario without any of them (`supports.bare_of`), of the project:

    only       it is built with them and not without
    earlier    it comes on line earlier, in the mean of its kg
    more       more of it is built
    anyhow     it is built as much and as soon without them
    less       less of it, or later: others that are supported took its place

Nothing is told of a single support, since the others would have changed too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from monazite.policy.finance import LINES
from monazite.study.projects import SOME
from monazite.study.supports import _supporting, supports

if TYPE_CHECKING:
    import polars as pl

    from monazite.model.outcome import Outcome

PART = 0.005  # of what is built, below which it is as much
MONTH = 1 / 12  # of a year, within which it is as soon
COLUMNS = {
    "rule": str, "kind": str, "facility": str, "country": str, "account": str, "principal": float,
    "plain": float, "discounted": float, "grant_equivalent": float, "expected_loss": float,
    "unpaid_risk": float, "built": float, "first": float, "built_without": float,
    "first_without": float, "change": str,
}  # fmt: skip


class Stands(NamedTuple):
    """kt/yr of a facility that come on line, the year of the first, and the mean of their years."""

    built: float = 0.0
    first: float | None = None
    mean: float | None = None


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
        stands = now.get(name, Stands())
        before = None if then is None else then.get(name, Stands())
        without = (None, None) if before is None else before[:2]
        keys = ("rule", "kind", "facility", "country", "account", "principal")
        change = "" if before is None else _change(stands, before)
        rows.append((*(row[key] for key in keys), plain, float(lines.sum()), *lines.tolist(),
                     *stands[:2], *without, change))  # fmt: skip
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


def _built(outcome: Outcome) -> dict[str, Stands]:
    """What comes on line by facility, all its projects together."""
    builds = outcome.market.builds
    found: dict[str, Stands] = {}
    for name in np.unique(builds.facility):
        mine = np.flatnonzero((builds.facility == name) & (outcome.built > SOME))
        if len(mine):
            begins, amount = builds.begins[mine], outcome.built[mine]
            mean = float(np.average(begins, weights=amount))
            found[str(name)] = Stands(float(amount.sum()), float(begins.min()), mean)
    return found


def _change(now: Stands, then: Stands) -> str:
    if then.built <= SOME:
        return "only"
    if now.mean is None or then.mean is None or abs(now.mean - then.mean) > MONTH:
        return "earlier" if now.mean and then.mean and now.mean < then.mean else "less"
    if abs(now.built - then.built) <= PART * then.built:
        return "anyhow"
    return "more" if now.built > then.built else "less"

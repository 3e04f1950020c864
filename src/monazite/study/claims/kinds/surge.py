"""Of what is a rise of shares made: dearer products, public money, or what neither explains?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from monazite.study.claims.base import AbstractTest, Answer

if TYPE_CHECKING:
    import polars as pl

    from monazite.study.claims.base import Seen
    from monazite.study.claims.value import View
    from monazite.study.claims.world import World

BESIDE = Path(__file__).parent.parent  # where the shipped claims are
WHAT = ("start", "peak", "later", "shares", "currency")
ENDS = ("low", "value", "high")
COLUMNS = {  # the last three are numbers
    "shares": ("company", "what", "value", "low", "high"),
    "moves": ("material", "ratio", "low", "high"),
}


class Surge(AbstractTest):
    """gain = prices + policy + residual, of the shares that there were at the start, in MUSD.

        gain     = shares * (peak - start)                                  from shares.csv
        prices   = V(plain, prices as moved) - V(plain, prices as they were)    from moves.csv
        policy   = V(scenario, as moved, with what rules pay and lend) - V(plain, as moved)
        residual = gain - prices - policy

    V is the present value of the companies' plants (value.py); those in `only_with_policy` come
    with `scenario` alone. `what` is a part as a share of the gain, the least of the three, or the
    reversal: shares * (peak - later) over the residual, 0 where the residual is below nothing. The
    range is that of the tables, of how much of the move lasts, and of rates of return: low moves at
    the high rate, and high moves at the low rate. Tables beside the user's own take the place of
    the shipped ones.
    """

    kind: Literal["surge"] = "surge"
    TABLES = ("shares.csv", "moves.csv")
    companies: tuple[str, ...] = Field(min_length=1)
    plain: str = "today"
    only_with_policy: tuple[str, ...] = ()
    what: Literal["prices", "policy", "residual", "least", "reversal"] = "least"
    lasting: tuple[float, float, float] = (0.3, 0.7, 1.0)
    rates: tuple[float, float] = (0.07, 0.12)

    @property
    def needs(self) -> tuple[tuple[str, bool], ...]:
        """The scenario with public money and the one without."""
        over = self.year is not None
        return ((self.scenario, over), (self.plain, over))

    def read(self, world: World, seen: Seen) -> Answer | float | None:
        """A share of the gain, or of the residual."""
        from monazite.study.claims.value import View

        folder = world.folder.parent if world.folder else BESIDE
        shares, moves = _table(folder, "shares"), _table(folder, "moves")
        views = {
            end: View(_moves(moves, end), lasting, rate)
            for end, lasting, rate in zip(
                ENDS, self.lasting, (self.rates[1], None, self.rates[0]), strict=True)
        }  # fmt: skip
        parts = {end: self._parts(world, seen, view) for end, view in views.items()}
        quotes = {end: self._quotes(shares, end) for end in ENDS}
        found = [self._number(part, quote) for part in parts.values() for quote in quotes.values()]
        central = self._number(parts["value"], quotes["value"])
        return Answer(central, min(found), max(found))

    def _parts(self, world: World, seen: Seen, view: View) -> tuple[float, float]:
        """MUSD by prices and by policy, of all companies."""
        from monazite.study.claims.value import View, value

        plain = world.seen(self.plain, self.year).outcome
        still = View(rate=view.rate)
        left = self.only_with_policy
        before = sum(value(plain, one, still, without=left, rules=False) for one in self.companies)
        moved = sum(value(plain, one, view, without=left, rules=False) for one in self.companies)
        helped = sum(value(seen.outcome, one, view) for one in self.companies)
        return moved - before, helped - moved

    def _quotes(self, shares: pl.DataFrame, end: str) -> _Quotes:
        """MUSD that holders gained to the peak, and lost after it."""
        gain = lost = 0.0
        for one in self.companies:
            row = {what: _cell(shares, one, what) for what in WHAT}
            # an end of the gain: few shares from a high start, or many from a low one
            start = row["start"]["high" if end == "low" else "low" if end == "high" else end]
            worth = row["shares"][end] * row["currency"][end]
            gain += worth * (row["peak"][end] - start)
            lost += worth * (row["peak"][end] - row["later"][end])
        return _Quotes(gain, lost)

    def _number(self, parts: tuple[float, float], quotes: _Quotes) -> float:
        prices, policy = parts
        residual = quotes.gain - prices - policy
        if self.what == "reversal":
            return quotes.lost / residual if residual > 0 else 0.0
        known = {"prices": prices, "policy": policy, "residual": residual}
        found = min(known.values()) if self.what == "least" else known[self.what]
        return found / quotes.gain


@dataclass(frozen=True)
class _Quotes:
    """MUSD by the shares that there were at the start: to the peak, and after it."""

    gain: float
    lost: float


def _table(folder: Path, name: str) -> pl.DataFrame:
    """A table with its numbers. Raises InputError for columns that lack and cells that are none."""
    import polars as pl

    from monazite.errors import InputError, fault
    from monazite.study.claims.table import beside

    frame = pl.read_csv(beside(folder, f"{name}.csv"), infer_schema=False)
    lacking = [column for column in COLUMNS[name] if column not in frame.columns]
    if lacking:
        raise InputError([fault("source_column", f"{name}.csv", 1, one) for one in lacking])
    faults = []
    for column in COLUMNS[name][-3:]:
        number = frame[column].cast(pl.Float64, strict=False)
        asked = frame[column].is_not_null() | (column not in ENDS[::2])
        for k in (asked & ~number.is_finite().fill_null(False)).arg_true():
            faults.append(fault("source_number", f"{name}.csv", k + 2, column, frame[column][k]))
        frame = frame.with_columns(number.alias(column))
    if faults:
        raise InputError(faults)
    return frame


def _moves(moves: pl.DataFrame, end: str) -> dict[str, float]:
    """Factors of prices by material at an end of their ranges."""
    import polars as pl

    factor = pl.col("ratio") if end == "value" else pl.coalesce(end, "ratio")
    return dict(moves.select("material", factor).rows())


def _cell(shares: pl.DataFrame, company: str, what: str) -> dict[str, float]:
    """A figure with both ends. Raises InputError for a company that the table does not have."""
    from monazite.data.names import suggest
    from monazite.errors import InputError, fault

    rows = shares.filter(company=company, what=what)
    if not rows.height and company in set(shares["company"]):
        raise InputError([fault("claims_quote", "shares.csv", name=company, value=what)])
    if not rows.height:
        known = sorted(set(shares["company"]))
        raise InputError([suggest("claims_name", company, known, "shares.csv", value=company,
                                  names=", ".join(known))])  # fmt: skip
    row = rows.row(0, named=True)
    return {end: float(row["value"] if row[end] is None else row[end]) for end in ENDS}

"""What is answered beside an outcome over years? Who could stop, how long stores last, who is free.

These questions take solving of their own, so a report gets their answers ready made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monazite.errors import InputError
from monazite.study.beforehand import unknown
from monazite.study.cover import cover
from monazite.study.independence import club_of, independence
from monazite.study.stops import COVER, none, stops

if TYPE_CHECKING:
    import polars as pl

    from monazite.model.outcome import Outcome

NAMED = "CHN"
SHOWN = 3  # periods in which a report lets suppliers stop


@dataclass(frozen=True)
class Answers:
    """Tables of `stops`, `cover` and `independence`, and whom they are about.

    `cover` is that of members together. `independence` is None where no country is to be done
    without.
    """

    members: tuple[str, ...]
    without: str
    commercial: float
    stops: pl.DataFrame
    cover: pl.DataFrame
    independence: pl.DataFrame | None


def answers(
    outcome: Outcome,
    *,
    members: Sequence[str] = (),
    without: str = NAMED,
    commercial: float = COVER,
    periods: Sequence[str] | None = None,
    told: Callable[[int, int], None] = lambda done, of: None,
) -> Answers:
    """The answers for an outcome over years.

    `members` are those of the scenario's club, else of the shipped one, as far as the case knows
    them; `periods` those in which suppliers stop, a few spread over the years unless told.
    `told(done, of)` hears of each of those periods. Raises InputError for unknown names.
    """
    import polars as pl

    axes = outcome.market.axes
    club = tuple(members) or tuple(c for c in club_of(outcome.scenario) if c in axes.countries)
    asked = tuple(spread(axes.periods) if periods is None else periods)
    check_names(axes.countries, axes.periods, club, asked)
    told(0, len(asked))
    frames = []
    for k, period in enumerate(asked):
        frames.append(stops(outcome, periods=[period], cover=commercial))
        told(k + 1, len(asked))
    free = None
    if club and without in axes.countries and without not in club:
        free = independence(outcome, club, without=without)
    held = cover(outcome, club, commercial=commercial)
    stopped = pl.concat(frames) if frames else none()
    return Answers(club, without, commercial, stopped, held, free)


def check_names(
    countries: Sequence[str], known: Sequence[str], members: Sequence[str], periods: Sequence[str]
) -> None:
    """Raises InputError with every member that is no country and every unknown period."""
    if faults := [
        *unknown("asked_country", "--members", members, countries),
        *unknown("asked_period", "--stops", periods, known),
    ]:
        raise InputError(faults)


def spread(periods: Sequence[str], most: int = SHOWN) -> tuple[str, ...]:
    """The first period, the last and some between them, no more than `most`."""
    if len(periods) <= most:
        return tuple(periods)
    at = [round(k * (len(periods) - 1) / (most - 1)) for k in range(most)]
    return tuple(periods[k] for k in at)

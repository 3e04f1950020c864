"""What happens when projects get their permits sooner?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field, model_validator

from monazite.model.axes import numbers, texts
from monazite.policy import pipeline
from monazite.policy.base import AbstractInstrument, group, wrong, year_of

if TYPE_CHECKING:
    from monazite.model.outcome import Outcome
    from monazite.policy.base import Tables


class FastTrack(AbstractInstrument):
    """Permits that come sooner: shorter lead times for named projects, countries or stages.

    Equation: of a project that could first be decided in year d and takes `lead` years, years saved
    = min(years - wait, lead), at least 0, with wait the whole years from d to the start of the
    rule: it may come on line so many years sooner. What is committed has its permits. With
    `completion` a project of the rule is completed with at least that probability.

    Who pays whom: nobody pays. Those who build sooner and users gain, those they compete with lose.

    Worked by hand: users pay 10 - q, a mine of 4 costs 2 a kg, a project at 2 a kg has an annuity
    of 3.2549 and could be ready in 2028, after a lead of 2 years. Until then p = 6, from then on
    5.2549. Two years saved: p = 5.2549 from 2026 on, and users gain 0.7451 * 4.3726 = 3.2580 in
    each of 2026 and 2027, the mine loses 0.7451 * 4 = 2.9804.

    Years are whole, since a plant comes on line as a year begins.

    Example:

        kind: fast_track
        name: eu_strategic
        projects: [fra_caremag, fra_caremag_rec, est_narva2]
        years: 1
        start: 2024-05-23
        source: EU Critical Raw Materials Act (2024), permits in 15 and 27 months; effect assumed

    Source: Regulation (EU) 2024/1252, article 11; the years it saves are an assumption.
    """

    kind: Literal["fast_track"] = "fast_track"
    projects: tuple[str, ...] = group()
    countries: tuple[str, ...] = group()
    stages: tuple[str, ...] = group()
    progress: tuple[str, ...] = group()
    years: int = Field(ge=0, le=20, description="whole years saved")
    completion: float | None = Field(default=None, ge=0.0, le=1.0)

    @model_validator(mode="after")
    def _speaks_of_some(self) -> FastTrack:
        if not (self.projects or self.countries or self.stages or self.progress):
            raise wrong("support_whom")
        return self

    def rewrite(self, tables: Tables) -> Tables:
        """Projects ready sooner, and more surely."""
        mine = pipeline.chosen_of(self, tables)
        if not mine.any():
            return tables
        frame = tables["projects"]
        earliest, lead = numbers(frame, "earliest", np.nan), numbers(frame, "lead", 0.0)
        decided = earliest - lead
        first = -np.inf if self.start is None else year_of(self.start)
        last = np.inf if self.end is None else year_of(self.end, last=True)
        mine &= (texts(frame, "status") != pipeline.COMMITTED) & (decided < last)
        wait = np.ceil(np.maximum(first - decided, 0.0))
        saved = np.floor(np.clip(np.minimum(self.years - wait, lead), 0.0, None))
        saved = np.where(mine & np.isfinite(saved), saved, 0.0)
        if self.completion is not None and mine.any():
            tables = pipeline.with_completion(tables, mine, np.full(len(mine), self.completion))
        return pipeline.with_start(tables, saved) if saved.any() else tables

    def bound(self, outcome: Outcome) -> bool:
        """Whether a project of its came sooner, or larger, than it could have before."""
        names = pipeline.names_of(self, outcome)
        sooner = self.years > 0 and pipeline.came_sooner(outcome, names)
        surer = self.completion is not None and pipeline.came_larger(outcome, names)
        return sooner or surer

"""Whose each stage is over the years, as stacked areas by the country of the owners."""

from __future__ import annotations

from monazite.report import statistics
from monazite.report.charts import choose
from monazite.report.charts.share_times import areas
from monazite.report.view import View

TITLE = "chart.owner_times.title"


def build(view: View) -> dict | None:
    """Return an area per owner's country for each stage; None in a single period."""
    frame = statistics.share_times(view, "owner")
    by_stage = frame.partition_by("stage", maintain_order=True)
    return choose([(view.measure(part["stage"][0]), areas(view, part)) for part in by_stage])

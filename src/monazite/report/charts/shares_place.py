"""Shares of each stage by the country where the facility stands."""

from monazite.report import marks
from monazite.report.view import View

TITLE = "chart.shares_place.title"


def build(view: View) -> dict | None:
    """Return stacked shares by place."""
    return marks.shares(view, "place")

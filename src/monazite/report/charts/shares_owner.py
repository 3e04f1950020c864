"""Shares of each stage by the country of the owner."""

from monazite.report import marks
from monazite.report.view import View

TITLE = "chart.shares_owner.title"


def build(view: View) -> dict | None:
    """Return stacked shares by owner."""
    return marks.shares(view, "owner")

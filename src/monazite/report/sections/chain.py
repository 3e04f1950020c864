"""The chain from ore to use, as one picture."""

from monazite.report import parts, statistics
from monazite.report.view import View

OF_PERIOD = True


def build(view: View) -> str:
    """Return the Sankey with a note on what its width measures."""
    measured = statistics.contents(view)[1]
    note = view.say("chart.chain.note" if measured else "chart.chain.note_mass")
    return parts.chart(view, "chain", note) or parts.absent(view, "absent.chain")

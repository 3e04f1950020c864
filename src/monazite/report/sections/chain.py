"""The chain from ore to use, as one picture."""

from monazite.report import parts, statistics
from monazite.report.view import View

OF_PERIOD = True


def heading(view: View) -> str:
    """What part of what others mine and use passes through the country they depend on most."""
    found = statistics.hub(view)
    if found is None or found[2] is None:
        return ""
    country, early, late = found
    words = {"country": view.the(country), "late": view.percent(late)}
    if early is None:
        return view.say("heading.chain_late", **words)
    return view.say("heading.chain", early=view.percent(early), **words)


def build(view: View) -> str:
    """Return the Sankey with a note on what its width measures."""
    measured = statistics.contents(view)[1]
    note = view.say("chart.chain.note" if measured else "chart.chain.note_mass")
    return parts.chart(view, "chain", note) or parts.absent(view, "absent.chain")

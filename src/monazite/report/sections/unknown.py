"""What the model cannot tell."""

from monazite.report import look, parts, statistics
from monazite.report.view import View

LIMITS = ("competition", "year", "quality", "stocks", "elasticity", "calibration", "politics")


def build(view: View) -> str:
    """Return the limits of the model, with figures from this outcome where it has them."""
    told = [view.say(f"unknown.{key}") for key in LIMITS]
    frame = view.frame("prices")
    missing = frame["price"].is_null().sum()
    weak = int(frame["indicative"].fill_null(False).sum())
    if missing or weak:
        told.append(view.say("unknown.prices", missing=missing, weak=weak, all=frame.height))
    share = statistics.residual_share(view)
    if share is not None:
        told.append(view.say("unknown.residual", share=look.percent(share, view.lang)))
    return parts.items(told)

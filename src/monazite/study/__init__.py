"""How is a question asked? Scenarios, shocks, and what they come to."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from monazite.study.ask import export as export
    from monazite.study.ask import run as run
    from monazite.study.ask import scenarios as scenarios
    from monazite.study.comparison import compare as compare
    from monazite.study.scenario import Options as Options
    from monazite.study.scenario import Scenario as Scenario
    from monazite.study.scenario import Shock as Shock

_PLACES = {
    "Options": ("scenario", "Options"),
    "Scenario": ("scenario", "Scenario"),
    "Shock": ("scenario", "Shock"),
    "compare": ("comparison", "compare"),
    "export": ("ask", "export"),
    "run": ("ask", "run"),
    "scenarios": ("ask", "scenarios"),
}
__all__ = ["Options", "Scenario", "Shock", "compare", "export", "run", "scenarios"]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _PLACES[name]
    return getattr(import_module(f"{__name__}.{module}"), attribute)

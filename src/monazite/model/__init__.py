"""What does a supply chain look like as one convex program, and what did it answer?"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from monazite.model.market import Market as Market
    from monazite.model.outcome import Outcome as Outcome
    from monazite.model.outcome import solve_market as solve_market

_PLACES = {"Market": "market", "Outcome": "outcome", "solve_market": "outcome"}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)

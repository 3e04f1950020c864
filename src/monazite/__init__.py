"""monazite: market equilibrium and trading club for critical minerals.

    import monazite as mz
    outcome = mz.run("today")
    outcome.price("dy_oxide", "JPN")      USD/kg, None where nobody can sell

Names are loaded when first used, so that importing this costs next to nothing.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from monazite.data import Case as Case
    from monazite.data import builtin as builtin
    from monazite.model.market import Market as Market
    from monazite.model.outcome import Outcome as Outcome
    from monazite.model.resilience import n_minus_one as n_minus_one
    from monazite.study import Options as Options
    from monazite.study import Scenario as Scenario
    from monazite.study import Shock as Shock
    from monazite.study import compare as compare
    from monazite.study import export as export
    from monazite.study import run as run
    from monazite.study import scenarios as scenarios

_PLACES = {
    "Case": "data",
    "builtin": "data",
    "Market": "model.market",
    "Outcome": "model.outcome",
    "n_minus_one": "model.resilience",
    "Options": "study",
    "Scenario": "study",
    "Shock": "study",
    "compare": "study",
    "export": "study",
    "run": "study",
    "scenarios": "study",
}
__version__ = "0.1.0"
__all__ = ["__version__", *_PLACES]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_PLACES})

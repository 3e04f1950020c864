"""Which statements of the debate does the model support, and on which assumption do others turn?"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from monazite.study.claims.folder import Kept as Kept
    from monazite.study.claims.folder import keep as keep
    from monazite.study.claims.folder import kept as kept
    from monazite.study.claims.table import Claim as Claim
    from monazite.study.claims.table import read_claims as read_claims
    from monazite.study.claims.verdicts import Finding as Finding
    from monazite.study.claims.verdicts import frame as frame
    from monazite.study.claims.verdicts import judge as judge

_PLACES = {
    "Claim": "table",
    "Finding": "verdicts",
    "frame": "verdicts",
    "judge": "verdicts",
    "Kept": "folder",
    "keep": "folder",
    "kept": "folder",
    "read_claims": "table",
}
__all__ = ["Claim", "Finding", "Kept", "frame", "judge", "keep", "kept", "read_claims"]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)

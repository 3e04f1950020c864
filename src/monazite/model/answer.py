"""How is an answer kept, so that it can be asked again without being solved again?

As arrays: the point x and its duals y, the numbers of the program they answer, and what charges
came to. The program's terms are not kept: they are assembled anew from the same case and rules, and
the answer has to prove itself on them once more.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np

from monazite.errors import InputError, fault
from monazite.kernel.certify import certify, reduced_cost
from monazite.kernel.solve import Solution, Status
from monazite.model.solve import Cleared

if TYPE_CHECKING:
    from monazite.model.market import Market

FILE = "answer.npz"
NUMBERS = ("cost", "curvature", "column_lower", "column_upper", "row_lower", "row_upper")
TOLD = ("export_charge", "duty", "unserved", "unpriced")
COUNTS = ("iterations", "programs", "residual", "seconds")


def keep(cleared: Cleared, file: Path) -> None:
    """Write a solved market's numbers as one compressed file of arrays."""
    solution = cleared.solution
    arrays: dict[str, Any] = {"x": solution.x, "y": solution.y}
    arrays |= {name: getattr(solution.standard, name) for name in NUMBERS}
    arrays |= {name: getattr(cleared, name) for name in TOLD}
    arrays |= {f"charged_{k}": one for k, one in enumerate(cleared.charged)}
    arrays["counts"] = np.array([getattr(cleared, name) for name in COUNTS], dtype=float)
    arrays["backend"] = np.array(solution.backend)
    np.savez_compressed(file, **arrays)


def again(market: Market, file: Path) -> Cleared:
    """The solved market of a kept answer; its certificate is taken anew.

    Raises InputError where the file cannot be read or answers another program.
    """
    started = perf_counter()
    try:
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as found:
            kept = {name: found[name] for name in found.files}
        fits = all(kept[name].shape == getattr(market.standard, name).shape for name in NUMBERS)
        charges = [kept[f"charged_{k}"] for k in range(len(market.charges))]
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise InputError([fault("answer_torn", str(file))]) from error
    if not fits:
        raise InputError([fault("answer_other", str(file))])
    standard = replace(market.standard, **{name: kept[name] for name in NUMBERS})
    solved = market.patched({})
    solved.standard = standard
    x, y = kept["x"], kept["y"]
    counts = dict(zip(COUNTS, kept["counts"].tolist(), strict=True))
    solution = Solution(
        standard=standard,
        status=Status.SOLVED,
        x=x,
        y=y,
        z=reduced_cost(standard, x, y),
        objective=standard.objective(x),
        iterations=0,
        seconds=perf_counter() - started,
        certificate=certify(standard, x, y),
        message="",
        backend=str(kept["backend"]),
    )
    return Cleared(
        market=solved,
        solution=solution,
        charged=tuple(charges),
        iterations=int(counts["iterations"]),
        programs=int(counts["programs"]),
        residual=counts["residual"],
        seconds=counts["seconds"],
        **{name: kept[name] for name in TOLD},
    )

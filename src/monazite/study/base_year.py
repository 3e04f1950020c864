"""How was a case's base year made from raw figures, and can it be made again?

`reconcile` brings the raw figures of a case's ``source`` folder together; `calibrate` turns them
into the model tables of the case. A test makes the shipped tables again and compares.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from monazite.data.source import read_source

if TYPE_CHECKING:
    import polars as pl

    from monazite.model.calibrate import Calibration
    from monazite.model.reconcile import Reconciliation

DEFAULT = "rare_earths"
DIGITS = 9  # of the numbers in written tables


def reconcile(case: str | Path = DEFAULT) -> Reconciliation:
    """The reconciled base year of a case; ``.report`` holds raw, weight, reconciled and difference
    of each figure.

    Raises InputError when the source tables have faults, ReconciliationError when they cannot be
    balanced.
    """
    from monazite.model.reconcile import reconcile as solve

    return solve(read_source(case))


def calibrate(case: str | Path = DEFAULT, out: str | Path | None = None) -> Calibration:
    """The model tables of a case, made from its source tables; written to ``out`` as CSV where
    given.

    ``.report`` holds base value, sourced cost, rent, residual and carried loss of each activity
    and arc.
    """
    from monazite.model.calibrate import calibrate as solve
    from monazite.model.reconcile import reconcile as balance

    tables = read_source(case)
    found = solve(tables, balance(tables))
    if out is not None:
        folder = Path(out)
        folder.mkdir(parents=True, exist_ok=True)
        for name, frame in found.tables.items():
            _rounded(frame).write_csv(folder / f"{name}.csv")
    return found


def _rounded(frame: pl.DataFrame) -> pl.DataFrame:
    import polars as pl
    import polars.selectors as cs

    return frame.with_columns(cs.by_dtype(pl.Float64).round_sig_figs(DIGITS))

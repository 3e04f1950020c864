"""How does one program over years grow, and what does leaving builds aside bring?

    python benchmarks/years.py                 grids of 2, 4, 6 and 9 periods to 2040, no policy
    python benchmarks/years.py --peer          also cvxpy with Clarabel on the same programs
    python benchmarks/years.py --smoke         the smallest grid, untimed

One program of the rare-earth chain with its charges at base prices: all builds in it (`whole`), and
builds that cannot matter left aside and priced out (`aside`, all its rounds together). Both are
certified on the whole program. Processor seconds of one process, one after the other.
"""

from __future__ import annotations

import argparse
from time import process_time
from typing import Any

GRIDS = (
    (2024, 2032),
    (2024, 2028, 2032, 2036),
    (2024, 2026, 2028, 2030, 2035, 2040),
    (2024, 2026, 2028, 2030, 2032, 2034, 2036, 2038, 2040),
)
HEADER = (
    f"{'periods':>7} {'rows':>7} {'columns':>8} {'non-zero':>9} {'moving':>7} {'whole s':>8} "
    f"{'aside s':>8} {'rounds':>6} {'residual':>8}"
)


def market(grid: tuple[int, ...]) -> Any:
    """The reference world over these periods, without policy."""
    from monazite.model.solve import close_dead_ends
    from monazite.study.ask import market_of, over_years

    asked = over_years("today", ",".join(map(str, grid)))
    return close_dead_ends(market_of(asked))


def line(grid: tuple[int, ...], *, peer: bool, timed: bool = True) -> str:
    """One line of the table; raises where the two answers differ."""
    import numpy as np

    from monazite.kernel import Patch, solve
    from monazite.model.solve import _costs, _Inner

    found = market(grid)
    inner = _Inner(found)
    inner.reference = found.reference
    standard = found.standard.apply(Patch(_costs(found, found.reference)))
    begun = process_time()
    small = inner._proposed(standard)
    between = process_time()
    whole = solve(standard, tolerance=1e-12).check() if timed else small
    ended = process_time()
    apart = abs(whole.objective - small.objective) / abs(whole.objective)
    if apart > 1e-8:
        raise SystemExit(f"{grid}: the objectives differ by {apart:.1e}")
    rows, columns = standard.A.shape
    moving = int(np.sum(np.abs(small.x) > 1e-6))
    assert small.certificate is not None
    told = (
        f"{len(grid):>7} {rows:>7} {columns:>8} {standard.A.nnz:>9} {moving:>7} "
        f"{ended - between:>8.2f} {between - begun:>8.2f} {inner.programs:>6} "
        f"{small.certificate.worst:>8.0e}"
    )
    if peer:
        from peer import solve_with_peer

        theirs = solve_with_peer(standard)
        told += (
            f"  cvxpy+Clarabel {theirs.seconds:.2f} s, {theirs.seconds / (between - begun):.1f}x"
        )
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true", help="the smallest grid, untimed")
    parser.add_argument("--peer", action="store_true", help="also time cvxpy with Clarabel")
    given = parser.parse_args()
    if given.smoke:
        line(GRIDS[0], peer=False, timed=False)
        print("years: one grid of two periods, proved")
        return
    print(HEADER)
    for grid in GRIDS:
        print(line(grid, peer=given.peer), flush=True)


if __name__ == "__main__":
    main()

"""How does an answer over years grow, and what does leaving builds and arcs aside bring?

    python benchmarks/years.py                 grids of 2, 4, 6 and 9 periods to 2040, no policy
    python benchmarks/years.py --years 2024:2040 --scenario club      this grid and scenario alone
    python benchmarks/years.py --grow          six periods with part of the countries or materials
    python benchmarks/years.py --peer          also cvxpy with Clarabel on the same programs
    python benchmarks/years.py --smoke         the smallest grid, untimed

`whole`: one program of the rare-earth chain with its charges at those of the answer, every build
and arc in it. `answer`: all programs until charges that follow prices, builds and arcs settle,
most of them left aside (model/aside.py). Both are certified on the whole program and must agree.
Processor seconds of one process, one after the other, projects as fractions.
"""

from __future__ import annotations

import argparse
from time import process_time
from typing import Any

STANDARD = "2024,2026,2028,2030,2035,2040"  # the grid of `make run` and of the documentation
GRIDS = ("2024,2032", "2024:2036:4", STANDARD, "2024:2040:2")
HEADER = (
    f"{'periods':>7} {'rows':>7} {'columns':>8} {'moving':>7} {'terms':>8} {'whole s':>8} "
    f"{'answer s':>8} {'programs':>8} {'residual':>8}"
)


ALL = 99


def part_of_world(countries: int = ALL, materials: int = ALL) -> Any:
    """The reference world with the users, plants and trade of its largest users alone, and with use
    of the materials most is spent on.
    """
    import polars as pl

    import monazite as mz

    tables = dict(mz.builtin("rare_earths").stated)
    spent = pl.col("quantity") * pl.col("price")
    for key, most in (("country", countries), ("material", materials)):
        order = (
            tables["demand"].group_by(key).agg(spent.sum().alias("spent")).sort(-pl.col("spent"))
        )
        kept = order[key].to_list()[:most]
        if most == ALL:
            continue
        places = (key, "origin", "destination") if key == "country" else (key,)
        names = ("demand",) if key == "material" else tuple(set(tables) - {"countries", "finance"})
        for name in names:
            for column in set(places) & set(tables[name].columns):
                here = pl.col(column).is_null() | pl.col(column).is_in(kept)
                tables[name] = tables[name].filter(here)
    sectors = pl.col("sector").is_in(tables["demand"]["sector"].to_list())
    tables["demand_paths"] = tables["demand_paths"].filter(sectors)
    plants = pl.col("facility").is_null() | pl.col("facility").is_in(
        tables["facilities"]["facility"].to_list()
    )
    for name in set(tables) - {"facilities", "finance"}:
        if "facility" in tables[name].columns:
            tables[name] = tables[name].filter(plants)
    name = ", ".join(
        f"all {word}" if most == ALL else f"{most} {word}"
        for word, most in (("countries", countries), ("materials in use", materials))
    )
    tables.pop("finance", None)  # supports of plants that may be gone
    return mz.Case.from_tables(tables, name)


def market_over(asked: Any, case: Any = None) -> Any:
    """The market of a scenario over years, its search begun as `monazite run` begins it."""
    from math import inf

    from monazite.study.ask import case_of, market_under
    from monazite.study.years import begun, yearly

    base, rules = case_of(asked, case=case), asked.begun()
    return begun(
        lambda years: yearly(base, years), asked.years, lambda case: market_under(case, rules, inf)
    )


def line(scenario: str, years: str, *, peer: bool, whole: bool = True, case: Any = None) -> str:
    """One line of the table; raises where the two answers differ."""
    import numpy as np

    from monazite.kernel import solve
    from monazite.model.solve import clear
    from monazite.study.ask import over_years

    asked = over_years(scenario, years)
    assert asked.years is not None
    begun = process_time()
    market = market_over(asked, case)
    found = clear(market, tolerance=asked.tolerance)
    seconds = process_time() - begun
    standard, answer = found.solution.standard, found.solution
    told = "-"
    if whole:
        begun = process_time()
        other = solve(standard, tolerance=1e-12).check()
        told = f"{process_time() - begun:.2f}"
        apart = abs(other.objective - answer.objective) / abs(other.objective)
        if apart > 1e-8:
            raise SystemExit(f"{years}: the objectives differ by {apart:.1e}")
    rows, columns = standard.A.shape
    moving = int(np.sum(np.abs(answer.x) > 1e-6))
    assert answer.certificate is not None
    text = (
        f"{len(asked.years.starts):>7} {rows:>7} {columns:>8} {moving:>7} {standard.A.nnz:>8} "
        f"{told:>8} {seconds:>8.2f} {found.programs:>8} {answer.certificate.worst:>8.0e}"
    )
    if peer:
        from peer import solve_with_peer

        theirs = solve_with_peer(standard)
        text += f"  cvxpy+Clarabel {theirs.seconds:.2f} s for one program"
    return text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true", help="the smallest grid, untimed")
    parser.add_argument("--peer", action="store_true", help="also time cvxpy with Clarabel")
    parser.add_argument("--grow", action="store_true", help="parts of the world, six periods")
    parser.add_argument("--years", help="one grid, as in monazite run --years")
    parser.add_argument("--scenario", default="today")
    given = parser.parse_args()
    if given.smoke:
        line("today", GRIDS[0], peer=False)
        print("years: one grid of two periods, proved")
        return
    line("today", GRIDS[0], peer=False, whole=False)  # untimed: Python reads its modules
    print(HEADER)
    if given.grow:
        for countries, materials in ((7, ALL), (14, ALL), (ALL, 8), (ALL, 12), (ALL, ALL)):
            case = part_of_world(countries, materials)
            print(line("today", STANDARD, peer=given.peer, case=case), f" {case.name}", flush=True)
        return
    for grid in (given.years,) if given.years else GRIDS:
        small = grid in GRIDS
        print(line(given.scenario, grid, peer=given.peer, whole=small), flush=True)


if __name__ == "__main__":
    main()

"""How fast is it, beside a named peer in the same run?

    python benchmarks/run.py                      every benchmark, every size, medians of 3 seeds
    python benchmarks/run.py --peer               also cvxpy with Clarabel on the same programs
    python benchmarks/run.py --only chain_with_stocks --sizes 10000,50000
    python benchmarks/run.py --smoke              each once at its smallest size, untimed

Each program is measured in a process of its own with one thread, after a warm-up on a small
program, so that peak memory is its own and no import is timed. Times are processor seconds, which
on an idle machine are wall-clock seconds and on a shared one do not count the others' work.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

from registry import Benchmark, Whole, benchmarks

SEEDS = 3
WARM_UP = 2_000  # columns
HEADER = (
    f"{'benchmark':<20} {'columns':>8} {'rows':>7} {'build s':>8} {'solve s':>8} {'cert s':>7} "
    f"{'build %':>7} {'residual':>8} {'MB':>6}"
)
PEER_HEADER = f" {'peer s':>8} {'alone s':>8} {'ratio':>6} {'alone':>6}"


@dataclass(frozen=True)
class Measured:
    """One program solved once: seconds of each step, worst residual, objective, peak memory."""

    columns: int
    rows: int
    assembly: float
    solve: float
    certificate: float
    residual: float
    objective: float
    memory: float


def measure(benchmark: Benchmark, size: int, seed: int) -> Measured:
    """Assembles, solves and certifies one program."""
    from monazite.kernel import certify, solve

    data = benchmark.draw(size, seed)
    started = process_time()
    standard = benchmark.build(data)
    assembled = process_time()
    solution = solve(standard).check()
    solved = process_time()
    certificate = certify(standard, solution.x, solution.y)
    certified = process_time()
    return Measured(
        columns=standard.A.shape[1],
        rows=standard.A.shape[0],
        assembly=assembled - started,
        solve=solved - assembled,
        certificate=certified - solved,
        residual=certificate.worst,
        objective=solution.objective,
        memory=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )


def measure_peer(benchmark: Benchmark, size: int, seed: int):
    """The same program through cvxpy and Clarabel."""
    from peer import solve_with_peer

    return solve_with_peer(benchmark.build(benchmark.draw(size, seed)))


def child(name: str, size: int, seed: int, who: str) -> None:
    """Measures one program in this process and prints the result as JSON."""
    benchmark = benchmarks()[name]
    step = {"us": measure, "peer": measure_peer}[who]
    step(benchmark, WARM_UP, seed)
    print(json.dumps(asdict(step(benchmark, size, seed))))


def in_child(name: str, size: int, seed: int, who: str) -> dict:
    """`child` in a process of its own."""
    command = [sys.executable, str(Path(__file__).resolve()), "--child", name, str(size)]
    done = subprocess.run(
        [*command, str(seed), who],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
    )
    if done.returncode:
        raise SystemExit(f"{name} with {size} columns failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def line(name: str, size: int, peer: bool, seeds: int) -> str:
    """One line of the table: medians over the seeds."""
    ours = [in_child(name, size, seed, "us") for seed in range(seeds)]
    mid = {key: median(each[key] for each in ours) for key in ours[0]}
    told = (
        f"{name:<20} {mid['columns']:>8.0f} {mid['rows']:>7.0f} {mid['assembly']:>8.3f} "
        f"{mid['solve']:>8.2f} {mid['certificate']:>7.3f} "
        f"{100 * mid['assembly'] / mid['solve']:>7.1f} {max(o['residual'] for o in ours):>8.0e} "
        f"{mid['memory']:>6.0f}"
    )
    return told + (peer_columns(name, size, ours) if peer else "")


def peer_columns(name: str, size: int, ours: list[dict]) -> str:
    """Seconds of the peer and the medians of the ratios, program by program."""
    theirs = [in_child(name, size, seed, "peer") for seed in range(len(ours))]
    pairs = list(zip(ours, theirs, strict=True))
    for our, their in pairs:
        apart = abs(our["objective"] - their["objective"]) / (1 + abs(our["objective"]))
        if apart > 1e-5:
            raise SystemExit(f"{name}: the objectives differ by {apart:.1e}: {our}, {their}")
    whole = median(their["seconds"] for their in theirs)
    alone = median(their["solver_seconds"] for their in theirs)
    ratio = median(their["seconds"] / (our["assembly"] + our["solve"]) for our, their in pairs)
    ratio_alone = median(their["solver_seconds"] / our["solve"] for our, their in pairs)
    return f" {whole:>8.2f} {alone:>8.2f} {ratio:>6.1f} {ratio_alone:>6.1f}"


def line_whole(benchmark: Whole) -> str:
    """One line for a benchmark timed as one call: the first call and the median of three more."""
    missing = benchmark.absent()
    if missing:
        return missing
    seconds = []
    for _ in range(1 + SEEDS):
        started = perf_counter()
        residual = benchmark.call()
        seconds.append(perf_counter() - started)
    return (
        f"{benchmark.name:<20} first call {seconds[0]:.2f} s, then {median(seconds[1:]):.2f} s "
        f"(median of {SEEDS}); residual {residual:.0e}"
    )


def smoke(benchmark: Benchmark | Whole) -> str:
    """Runs a benchmark once at its smallest size, untimed."""
    if isinstance(benchmark, Whole):
        missing = benchmark.absent()
        if missing:
            return missing
        return f"{benchmark.name}: residual {benchmark.call():.0e}"
    measured = measure(benchmark, min(benchmark.sizes), 0)
    return f"{benchmark.name}: {measured.columns} columns, residual {measured.residual:.0e}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true", help="each once, smallest, untimed")
    parser.add_argument("--peer", action="store_true", help="also time cvxpy with Clarabel")
    parser.add_argument("--only", help="one benchmark by name")
    parser.add_argument("--sizes", help="columns, separated by commas")
    parser.add_argument("--seeds", type=int, default=SEEDS, help=f"programs a line ({SEEDS})")
    parser.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        name, size, seed, who = given.child
        return child(name, int(size), int(seed), who)
    known = benchmarks()
    if given.only and given.only not in known:
        parser.error(f"no benchmark is named {given.only}; there are {', '.join(known)}")
    chosen = [known[given.only]] if given.only else list(known.values())
    if not given.smoke:
        print(HEADER + (PEER_HEADER if given.peer else ""))
    for benchmark in chosen:
        if given.smoke:
            print(smoke(benchmark), flush=True)
        elif isinstance(benchmark, Whole):
            print(line_whole(benchmark), flush=True)
        else:
            sizes = [int(s) for s in given.sizes.split(",")] if given.sizes else benchmark.sizes
            for size in sizes:
                print(line(benchmark.name, size, given.peer, given.seeds), flush=True)
    return None


if __name__ == "__main__":
    main()

"""Which benchmarks are there? Every file in problems/ that has a BENCHMARK."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Benchmark:
    """A family of programs. ``draw(size, seed)`` gives its data, ``build(data)`` the program.

    Only ``build`` is timed as assembly; its result is a `monazite.kernel.Standard`.
    """

    name: str
    source: str
    sizes: tuple[int, ...]
    draw: Callable[[int, int], Any]
    build: Callable[[Any], Any]


@dataclass(frozen=True)
class Whole:
    """One call timed as a whole. ``absent`` says in a sentence why it cannot run, or gives None."""

    name: str
    source: str
    call: Callable[[], float]
    absent: Callable[[], str | None]


def benchmarks() -> dict[str, Benchmark | Whole]:
    """Every benchmark by name, in alphabetical order of their files."""
    if str(HERE) not in sys.path:
        sys.path.insert(0, str(HERE))
    files = sorted((HERE / "problems").glob("[a-z]*.py"))
    found = [import_module(f"problems.{file.stem}").BENCHMARK for file in files]
    return {benchmark.name: benchmark for benchmark in found}

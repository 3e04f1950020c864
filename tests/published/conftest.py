"""What the tests of published problems share: the cases, and their solutions, solved once each."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from monazite.data.case import Case
from monazite.model import solve_market

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "published"
NAMES = sorted(folder.name for folder in FOLDER.iterdir() if folder.is_dir())


@cache
def _case(name: str) -> Case:
    return Case.from_folder(FOLDER / name)


@cache
def _solved(name: str) -> Any:
    return solve_market(_case(name))


@pytest.fixture(scope="session")
def case() -> Callable[[str], Case]:
    """The published case with a name."""
    return _case


@pytest.fixture(scope="session")
def solved() -> Callable[[str], Any]:
    """The outcome of the published case with a name."""
    return _solved


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    """Every published case in turn."""
    return request.param

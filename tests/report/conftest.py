"""The sample world and its pages, built once."""

from __future__ import annotations

from pathlib import Path

import pytest
import sample as world

from monazite.report import write_report
from monazite.report.view import View, view_of


@pytest.fixture(scope="session")
def outcome() -> world.Sample:
    return world.sample()


@pytest.fixture(params=["en", "zh"])
def view(request: pytest.FixtureRequest, outcome: world.Sample) -> View:
    return view_of(outcome, request.param, **world.BESIDE)


@pytest.fixture(scope="session")
def pages(outcome: world.Sample, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("report")
    return {
        lang: write_report(outcome, folder / f"{lang}.html", lang=lang, **world.BESIDE)
        for lang in ("en", "zh")
    }

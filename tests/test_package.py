"""Is the package what it says it is: light to import, typed, free, and tied to no machine?"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import metadata
from importlib.resources import files
from pathlib import Path

import pytest
import yaml

import monazite

HEAVY = ["polars", "pandas", "plotly", "pyarrow", "piqp", "highspy", "scipy.optimize", "xlsxwriter"]
# Split so that this file does not name what it looks for.
HOSTS = ["pypi" + ".org", "python" + "hosted", "npm" + "js.", "deb." + "debian"]
MACHINE_PATH = re.compile(r"(?<![\w.~*/-])/(?:work|root|home|Users)/\w")


def modules_after(statement: str) -> set[str]:
    code = f"import json, sys; {statement}; print(json.dumps(sorted(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(ran.stdout))


@pytest.mark.parametrize("statement", ["import monazite", "import monazite.cli"])
def test_importing_loads_nothing_heavy(statement: str) -> None:
    assert modules_after(statement) & set(HEAVY) == set()


def test_the_guard_against_heavy_imports_would_see_one() -> None:
    assert "polars" in modules_after("import polars")


def test_the_version_is_one_number(project: Path) -> None:
    declared = tomllib.loads((project / "pyproject.toml").read_text())["project"]["version"]
    cited = yaml.safe_load((project / "CITATION.cff").read_text(encoding="utf-8"))["version"]
    assert monazite.__version__ == declared == cited == metadata("monazite")["Version"]


def test_the_licence_is_mit(project: Path) -> None:
    assert (project / "LICENSE").read_text().startswith("MIT License")
    assert metadata("monazite")["License-Expression"] == "MIT"


def test_the_package_is_typed() -> None:
    assert files("monazite").joinpath("py.typed").is_file()


def test_every_exported_name_exists() -> None:
    assert {"run", "Case", "Scenario"} <= set(monazite.__all__)
    for name in monazite.__all__:
        assert getattr(monazite, name) is not None


def tracked_texts(project: Path) -> dict[str, str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=project, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    paths = [project / name for name in listed.stdout.split("\0") if name]
    return {
        str(path.relative_to(project)): path.read_text(encoding="utf-8", errors="ignore")
        for path in paths
        if path.is_file()
    }


def test_no_tracked_file_names_a_registry_or_a_machine(project: Path) -> None:
    found = [
        f"{name}: {hit}"
        for name, text in tracked_texts(project).items()
        for hit in [*(host for host in HOSTS if host in text), *MACHINE_PATH.findall(text)]
    ]
    assert found == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see /" + "work/main", True),
        ("'/" + "root/x'", True),
        ("https://example.org/" + "work/12", False),
        ("a/" + "home/b", False),
    ],
)
def test_a_machine_path_is_told_from_an_address(text: str, found: bool) -> None:
    assert bool(MACHINE_PATH.search(text)) is found

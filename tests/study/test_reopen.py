"""An outcome that was written is opened again, proves itself once more, and is the same."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import monazite as mz
from monazite.cli import app
from monazite.errors import CertificateError, InputError

YEARS = "2024,2027"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The base year and two years of it with rules, each as an outcome and its folder."""
    root = tmp_path_factory.mktemp("outcomes")
    asked = {
        "one": {},
        "years": {"years": YEARS},
        "static": {"years": YEARS, "foresight": "static"},
        "myopic": {"years": YEARS, "foresight": "myopic"},
    }
    outcomes = {name: mz.run("floor_border", **more) for name, more in asked.items()}
    return {name: (one, one.write(root / name)) for name, one in outcomes.items()}


@pytest.mark.parametrize("name", ["one", "years", "static", "myopic"])
def test_every_table_is_as_it_was(written, name):
    before, folder = written[name]
    after = mz.run(folder)
    assert after.objective == before.objective
    assert after.certificate.worst == pytest.approx(before.certificate.worst, rel=1e-9)
    frames = after.to_frames()
    for table, frame in before.to_frames().items():
        assert frame.equals(frames[table]), table
    assert after.scenario.digest == before.scenario.digest


def test_rules_that_come_as_news_are_known_as_they_were(tmp_path):
    """The months of the licences: the last news decides which rules the program has."""
    before = mz.run("licences_2025")
    after = mz.run(before.write(tmp_path / "months"))
    assert after.prices.equals(before.prices)


def test_tables_made_of_an_outcome_are_the_same_each_time():
    """What importers hold is summed from flows; the digest knows every last bit of the sum."""
    from monazite.study.ask import case_of, find_scenario, in_periods

    found = find_scenario("licences_2025")
    assert len({in_periods(case_of(found), found).digest for _ in range(12)}) == 1


def changed(folder, tmp_path, **arrays):
    """A copy of an outcome's folder with other arrays in its answer."""
    import shutil

    copied = shutil.copytree(folder, tmp_path / "copy")
    with np.load(copied / "answer.npz") as kept:
        found = {name: kept[name] for name in kept.files}
    found |= {name: change(found[name]) for name, change in arrays.items()}
    np.savez_compressed(copied / "answer.npz", **found)
    return copied


def test_a_changed_answer_does_not_prove_itself(written, tmp_path):
    """One more percent of everything breaks capacities and books."""
    folder = changed(written["one"][1], tmp_path, x=lambda x: 1.01 * x)
    with pytest.raises(CertificateError):
        mz.run(folder)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda f: (f / "answer.npz").unlink(), "answer.npz: .*not there"),
        (lambda f: (f / "scenario.yaml").unlink(), "scenario.yaml: .*not there"),
        (lambda f: (f / "answer.npz").write_bytes(b"PK\x03\x04torn"), "cannot be read"),
        (lambda f: (f / "outcome.json").write_text("{"), "outcome.json: the record .*read"),
        (lambda f: (f / "outcome.json").write_text("[1]"), "outcome.json: the record"),
    ],
)  # fmt: skip
def test_a_folder_with_a_fault_says_which(written, tmp_path, spoil, says):
    folder = changed(written["one"][1], tmp_path)
    spoil(folder)
    with pytest.raises(InputError, match=says):
        mz.run(folder)


def test_another_program_or_another_case_is_told(written, tmp_path):
    folder = changed(written["one"][1], tmp_path, cost=lambda c: c[:-1])
    with pytest.raises(InputError, match="another program"):
        mz.run(folder)
    overlay = tmp_path / "overlay"
    overlay.mkdir()
    (overlay / "countries.csv").write_text("country,name_en,name_zh,region\nUSA,States,States,US\n")
    with pytest.raises(InputError, match="no longer those that were solved"):
        mz.run(written["one"][1], overlay=overlay)


def test_what_was_solved_takes_no_options(written):
    with pytest.raises(InputError, match="as it was solved"):
        mz.run(written["years"][1], years="2024,2030")
    for words in (["--years", "2024,2030"], ["--demand", "slow"]):
        told = CliRunner().invoke(app, ["projects", str(written["years"][1]), *words])
        assert told.exit_code == 2
        assert "as it was solved" in " ".join(told.output.replace("│", " ").split())


def test_questions_are_asked_of_the_folder_without_solving(written, monkeypatch):
    """`projects` and `independence` give what they give of the outcome in memory."""
    from monazite.study import ask
    from monazite.study.projects import projects

    outcome, folder = written["years"]

    def never(*_, **__):
        raise AssertionError("solved again")

    monkeypatch.setattr(ask, "solve_years", never)
    file = Path(folder) / "projects.csv"
    told = CliRunner().invoke(app, ["projects", str(folder), "--out", str(file)])
    assert told.exit_code == 0, told.output
    import polars as pl

    shown = pl.read_csv(file)
    expected = projects(outcome)
    assert shown["facility"].to_list() == expected["facility"].to_list()
    assert shown["npv"].to_list() == pytest.approx(expected["npv"].to_list(), nan_ok=True)
    told = CliRunner().invoke(app, ["independence", str(folder), "--club", "club"])
    assert told.exit_code == 0, told.output

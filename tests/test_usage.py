"""Is a wrong command line told at once, in the language asked for, before anything is solved?"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from typer import Typer

from monazite.cli import app, main

Told = Callable[..., str]


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Told:
    """What a command that is refused says; nothing of it stands on the output."""
    monkeypatch.delenv("MONAZITE_LANG", raising=False)

    def call(*words: object) -> str:
        assert main([str(word) for word in words]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        return err.rstrip("\n")

    return call


def test_every_number_out_of_range_is_told_at_once(told: Told) -> None:
    words = ("cashflow", "--tax", "2", "--royalty", "-1", "--working", "many")
    assert told(*words).split("\n") == [
        "--tax: 2 is out of range; keep to 0 ≤ N ≤ 1",
        "--royalty: -1 is out of range; keep to 0 ≤ N ≤ 1",
        "--working: many is not a number; write a number such as 1500 or 0.25",
    ]
    assert told(*words, "--lang", "zh").split("\n") == [
        "--tax：2 超出范围；应满足 0 ≤ N ≤ 1",
        "--royalty：-1 超出范围；应满足 0 ≤ N ≤ 1",
        "--working：many 不是数字；请写成 1500 或 0.25 之类的数字",
    ]


def test_no_number_is_infinite_or_part_of_one(told: Told) -> None:
    assert told("goal", "--share", "nan", "--by", "2030.5", "--workers", "0").split("\n") == [
        "--share: nan is not a number; write a number such as 1500 or 0.25",
        "--by: 2030.5 is not a whole number; write a whole number such as 2030",
        "--workers: 0 is out of range; keep to 1 ≤ N",
    ]
    assert told("cashflow", "--working=inf").startswith("--working: inf is not a number;")


def test_unknown_options_are_told_with_the_values_that_are_wrong(told: Told) -> None:
    words = ("regret", "--workes", "3", "--bar=1", "--workers", "0", "six_mixes")
    assert told(*words).split("\n") == [
        "--workes: `monazite regret` has no such option; did you mean --workers?"
        " `monazite regret --help` lists those it has",
        "--bar: `monazite regret` has no such option; `monazite regret --help` lists those it has",
        "--workers: 0 is out of range; keep to 1 ≤ N",
    ]
    zh = told(*words, "--lang=zh").split("\n")
    assert zh[0] == (
        "--workes：`monazite regret` 没有这个选项；是否指 --workers？"
        "可用 `monazite regret --help` 查看其全部选项"
    )
    assert len(zh) == 3


def test_what_is_missing_is_told_together(told: Told) -> None:
    assert told("clear").split("\n") == [
        "BOOK: it was not given; add it; `monazite clear --help` says what it is",
        "--rules: it was not given; add it; `monazite clear --help` says what it is",
    ]
    assert told("run", "--years") == (
        "--years: no value stands after it; write --years A:B[:STEP]|A,B,..."
    )
    assert told("run", "--lang", "zh", "--years") == (
        "--years：其后没有值；请写成 --years A:B[:STEP]|A,B,..."
    )
    assert told("claims", "--quick=3") == "--quick: it takes no value; write --quick alone"


def test_what_is_too_much_is_told(told: Told) -> None:
    assert told("run", "today", "club", "x") == (
        "monazite run: it does not take as much: club x is left over; take it out, or put a name"
        " with spaces into quotation marks"
    )


def test_an_unknown_command_is_told_with_those_there_are(told: Told) -> None:
    assert told("club", "membr").startswith(
        "monazite club: there is no command membr; did you mean member? There are: demo, "
    )
    assert told("solve", "--lang", "zh").startswith("monazite：没有命令 solve；可用的命令：run")
    assert told("--what") == (
        "--what: `monazite` has no such option; `monazite --help` lists those it has"
    )


def test_an_unknown_language_is_told_with_the_rest(told: Told) -> None:
    assert told("regret", "--lang", "fr", "--workers", "0").split("\n") == [
        "--lang: monazite does not speak fr; use en or zh",
        "--workers: 0 is out of range; keep to 1 ≤ N",
    ]


def test_the_environment_chooses_the_language(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONAZITE_LANG", "zh")
    assert told("regret", "--workers", "0") == "--workers：0 超出范围；应满足 1 ≤ N"
    assert "out of range" in told("regret", "--workers", "0", "--lang", "en")


def test_what_a_command_refuses_is_told_as_plainly(told: Told) -> None:
    assert told("run", "--csv") == "--csv and --excel need a place to write to: add --out DIR"
    assert told("run", "--csv", "--lang", "zh") == (
        "--csv 和 --excel 需要写入位置：请加 --out 文件夹"
    )


def test_help_is_given_where_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["regret", "--help"]) == 0
    assert "--workers" in capsys.readouterr().out
    assert main(["club"]) in (0, 2)  # typer's own choice, which changed
    said = capsys.readouterr()
    assert "member" in said.out + said.err
    assert "there is no" not in said.err


# --- places to write to ---------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["run", "compare", "goal", "regret", "years", "claims"])
def test_no_folder_goes_under_a_file(told: Told, tmp_path: Path, command: str) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    more = ("today", "club") if command == "compare" else ()
    for out in (tmp_path / "file", tmp_path / "file" / "deep" / "out"):
        assert told(command, *more, "--out", out) == (
            f"{tmp_path / 'file'} is a file; give a folder to write into"
        )


def test_no_table_goes_into_a_folder_or_under_a_file(told: Told, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    assert told("projects", "--out", tmp_path).startswith(f"{tmp_path} is a folder; give a file")
    under = tmp_path / "file" / "table.csv"
    assert told("cashflow", "--out", under).startswith(f"{tmp_path / 'file'} is a file; give a")


def test_a_folder_that_may_not_be_written_is_told(
    told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *asked: False)  # nothing is denied to root
    assert told("run", "--out", tmp_path / "out") == (
        f"{tmp_path}: monazite may not read or write it;"
        " change its permissions, or choose another place"
    )


def test_a_file_that_may_not_be_read_is_told_with_the_rest(
    told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *asked: False)  # nothing is denied to root
    (tmp_path / "c.yaml").write_text("", encoding="utf-8")
    assert told("claims", "--table", tmp_path / "c.yaml", "--workers", "0").split("\n") == [
        f"{tmp_path / 'c.yaml'}: monazite may not read or write it;"
        " change its permissions, or choose another place",
        "--workers: 0 is out of range; keep to 1 ≤ N",
    ]


def test_nothing_is_written_where_something_else_stands(told: Told, tmp_path: Path) -> None:
    case = tmp_path / "case"
    case.mkdir()
    for name, text in (
        ("curves", "country,material,intercept,slope\nA,ore,4,1\n"),
        ("demand", "country,material,intercept,slope\nA,ore,20,1\n"),
    ):
        (case / f"{name}.csv").write_text(text, encoding="utf-8")
    out = tmp_path / "out"
    (out / "report.html").mkdir(parents=True)
    (out / "tables").write_text("mine", encoding="utf-8")
    assert told("run", "--case", case, "--out", out).split("\n") == [
        f"{out / name}: something else of this name stands where monazite writes; nothing was"
        " written; move it away, or choose another folder"
        for name in ("report.html", "tables")
    ]
    assert sorted(path.name for path in out.iterdir()) == ["report.html", "tables"]
    assert (out / "tables").read_text(encoding="utf-8") == "mine"


# --- no complaint of typer's own ------------------------------------------------------------------


def commands(of: Typer) -> Iterator[Callable[..., Any]]:
    yield from (info.callback for info in of.registered_commands if info.callback)
    for group in of.registered_groups:
        assert group.typer_instance is not None
        yield from commands(group.typer_instance)


def test_every_number_is_read_by_us() -> None:
    """So that no complaint of typer about a value is left: all else is text, a path or a flag."""
    seen = 0
    for command in commands(app):
        for name, hint in get_type_hints(command, include_extras=True).items():
            if name == "return" or hint is Any:
                continue
            kind, info = get_args(hint)[:2]
            if {int, float} & {kind, *get_args(kind)}:
                assert info.parser is not None, (command.__name__, name)
                seen += 1
    assert seen >= 12

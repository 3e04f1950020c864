"""Do contracts settle beside a published auction from the command line?"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from monazite.cli import main
from monazite.club import Book, Order, Product, Rules, clear
from monazite.club.publish import write

USD = 1_000_000
HEAD = "contract,seller,buyer,product,kg,price\n"


def run(*words: object) -> int:
    return main([str(word) for word in words])


def published(folder: Path) -> Path:
    """S sells 120 kg, B buys 90 and C 30, all at 130."""
    product = Product("p", "x", "EU", reference=130 * USD)
    orders = [
        Order("a", "S", "S", "ask", "p", 120, 130 * USD),
        Order("b", "B", "B", "bid", "p", 90, 130 * USD),
        Order("c", "C", "C", "bid", "p", 30, 130 * USD),
    ]
    write(clear(Book("x", [product], orders), Rules("1", "x")), folder)
    return folder


def test_only_the_deviation_has_the_auctions_price(tmp_path: Path) -> None:
    """100 kg at 110: S ends with 100·110 + 20·130, B pays 100·110 − 10·130, C 30·130."""
    (tmp_path / "k.csv").write_text(f"{HEAD}k,S,B,p,100 kg,110 USD/kg\n")
    asked = ("club", "two-step", published(tmp_path), "--contracts", tmp_path / "k.csv")
    assert run(*asked, "--out", tmp_path / "legs.csv") == 0
    paid: dict[str, int] = {}
    for row in csv.DictReader((tmp_path / "legs.csv").read_text().splitlines()):
        paid[row["member"]] = paid.get(row["member"], 0) + int(row["uusd"])
    assert paid == {"S": 13_600 * USD, "B": -9_700 * USD, "C": -3_900 * USD}


def test_faults_are_told_together_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "k,S,S,p,1 t,110 USD/kg\nk,S,B,q,-5,110 USD/kg\n"
    (tmp_path / "k.csv").write_text(HEAD + rows)
    asked = ("club", "two-step", published(tmp_path), "--contracts", tmp_path / "k.csv")
    assert run(*asked, "--out", tmp_path / "legs.csv") == 2
    told = capsys.readouterr().err
    for part in ("k.csv:2:buyer", "k.csv:3:kg", "k.csv:3:product", "k.csv:3:contract"):
        assert part in told, told
    assert not (tmp_path / "legs.csv").exists()


def test_a_result_that_is_not_proved_settles_nothing(tmp_path: Path) -> None:
    (tmp_path / "k.csv").write_text(f"{HEAD}k,S,B,p,100 kg,110 USD/kg\n")
    file = published(tmp_path) / "result.json"
    file.write_text(file.read_text().replace('"kg":120', '"kg":121'))
    asked = ("club", "two-step", tmp_path, "--contracts", tmp_path / "k.csv")
    assert run(*asked, "--out", tmp_path / "legs.csv") == 1
    assert not (tmp_path / "legs.csv").exists()

"""Do verdicts on lots reach an auction from the command line, from the file of lots to fills?"""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from monazite.cli import main

BUYERS = "member,country,uses,needs\nnavy,USA,,dfars_step;ownership\nplant,JPN,,\n"
LOTS = "EX-FORT-MAG-1,EX-BAOTOU-MAG-1"
BOOK = """auction: a
products:
  - {id: free, material: magnet, place: JPN, lot_kg: 1 t, reference: 80 USD/kg}
  - {id: any, material: magnet, place: JPN, lot_kg: 1 t, reference: 60 USD/kg}
"""
ORDERS = """id,member,group,side,product,lots,limit,lot
s1,fort,F,ask,free,2,70 USD/kg,EX-FORT-MAG-1
s2,baotou,B,ask,any,2,50 USD/kg,EX-BAOTOU-MAG-1
b1,navy,N,bid,free,1,90 USD/kg,
b2,navy,N,bid,any,1,90 USD/kg,
b3,plant,P,bid,any,1,90 USD/kg,
"""


def run(*words: object) -> int:
    return main([str(word) for word in words])


def test_verdicts_reach_the_fills_of_an_auction(tmp_path: Path) -> None:
    """The navy, which needs clean steps, gets the lot of Fort Worth and not that of Baotou."""
    folder, buyers = tmp_path / "book", tmp_path / "buyers.csv"
    folder.mkdir()
    buyers.write_text(BUYERS)
    (folder / "book.yaml").write_text(BOOK)
    (folder / "orders.csv").write_text(ORDERS)
    (tmp_path / "rules.yaml").write_text('version: "1"\ncommitment: x\n')
    table = folder / "eligibility.csv"
    asked = ("club", "lots", "eligibility", "example", "--buyers", buyers, "--lot", LOTS)
    assert run(*asked, "--on", "2026-11-22", "--out", table) == 0
    rows = {
        (row["buyer"], row["subject"]): row
        for row in csv.DictReader(table.read_text().splitlines())
    }
    assert rows["navy", "EX-FORT-MAG-1"]["eligible"] == "true"
    assert rows["navy", "EX-BAOTOU-MAG-1"]["eligible"] == "false"
    assert rows["navy", "EX-BAOTOU-MAG-1"]["reason"]
    out = tmp_path / "out"
    assert run("clear", folder, "--rules", tmp_path / "rules.yaml", "--out", out) == 0
    found = json.loads((out / "result.json").read_text())["orders"]
    told = {row["order"]: (row["kg"], row["reason"]) for row in found}
    assert told["b1"] == (1000, "filled") and told["b3"] == (1000, "filled")
    assert told["b2"] == (0, "barred_lot")
    assert run("verify", out) == 0


def test_wrong_buyers_are_told_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, out = tmp_path / "buyers.csv", tmp_path / "eligibility.csv"
    file.write_text("member,country,needs\na,USA,dfars\na,Japan,china_value:never\n")
    asked = ("club", "lots", "eligibility", "example", "--buyers", file, "--out", out)
    assert run(*asked) == 2
    told = capsys.readouterr().err
    for part in ("buyers.csv:2:needs", "buyers.csv:3:needs", "buyers.csv:3:country", "a stands"):
        assert part in told, told
    assert not out.exists()

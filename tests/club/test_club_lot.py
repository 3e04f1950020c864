"""Are lots kept, judged and sold from the command line, and replayed byte for byte?"""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path

import pytest
from test_club_day import EVENING, Line

from monazite.cli import main

DRAFT = """
auction: A1
products:
  - {id: mag@USA, material: magnet_standard, place: USA, lot_kg: 1 t, tick: 10000, reference: 60 USD/kg}
"""  # noqa: E501
MEMBERS = ("Miner P", "Producer N", "Navy", "Plant")
BUYERS = "member,country,uses,needs\nNavy,USA,,dfars_step;ownership\nPlant,JPN,,\n"
ORDERS = """id,member,side,product,lots,limit,lot
navy,Navy,bid,mag@USA,5,90 USD/kg,
plant,Plant,bid,mag@USA,5,70 USD/kg,
fort,Miner P,ask,mag@USA,10,65 USD/kg,EX-FORT-MAG-1
bao,Producer N,ask,mag@USA,10,50 USD/kg,EX-BAOTOU-MAG-1
"""


@pytest.fixture
def line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Line:
    monkeypatch.delenv("MONAZITE_LANG", raising=False)
    line = Line(tmp_path, capsys)
    for name, text in (("draft.yaml", DRAFT), ("orders.csv", ORDERS), ("buyers.csv", BUYERS)):
        line.file(name).write_text(text, encoding="utf-8")
    line("init", "--name", "Test club")
    for name in MEMBERS:
        line("member", "add", name, "--group", f"G-{name}")
        line("member", "money", name, "2 MUSD", "--reference", f"wire-{name}")
    return line


def opened(line: Line) -> None:
    line("lot", "add", "example")
    line("member", "needs", line.file("buyers.csv"))
    draft, rules = line.file("draft.yaml"), line.file("rules.yaml")
    line("auction", "draft", "A1", "--book", draft, "--rules", rules)
    line("auction", "open", "A1")


def published(line: Line, orders: str = "orders.csv") -> None:
    opened(line)
    line("order", "A1", line.file(orders))
    line.minute = count(180)
    line("auction", "close", "A1")
    line("auction", "clear", "A1")
    line("auction", "publish", "A1", "--deadline", EVENING)


def test_a_file_of_lots_is_booked_once_and_shown(line: Line) -> None:
    told = line("lot", "add", "example")
    assert "Lots registered: event 10" in told and "EX-FORT-MAG-1" in told
    assert "done before, event 10" in line("lot", "add", "example")
    told = " ".join(line("lot", "show", "EX-JPN-MAG-3").split())
    assert "value: not met, 5.93" in told and "china_value" in told and "inputs " in told
    told = line("lot", "show", "EX-JPN-MAG-3", "--lang", "zh")
    assert "价值：不符合" in told and "输入摘要" in told
    assert "no lot NONE" in line.run("lot", "show", "NONE")[2]
    assert "EX-FORT-MAG-1" in line("status")


def test_a_lot_is_registered_once_whatever_the_key(line: Line) -> None:
    line("lot", "add", "example")
    before = line("status")
    err = line.refused("lot", "add", "example", "--key", "again")
    assert err.count("is registered already") == 20 and err.count("is booked already") == 7
    assert line("status") == before


def test_a_bad_file_is_told_with_its_places(line: Line) -> None:
    line.file("bad.yaml").write_text("lots:\n  - {id: X, net_kg: many}\n")
    err = line.refused("lot", "add", line.file("bad.yaml"))
    assert "bad.yaml:2" in err and len(err.splitlines()) > 3
    line.file("bad.csv").write_text("member,country,uses,needs\nNavy,us,,no_rule\n")
    err = line.refused("member", "needs", line.file("bad.csv"))
    assert "bad.csv:2:country" in err and "bad.csv:2:needs" in err


def test_who_may_have_a_lot_follows_from_its_verdicts_at_the_close(line: Line) -> None:
    """Navy needs no step in a covered country; Baotou's magnets are offered; Navy gets none."""
    published(line)
    line("export", "--out", line.file("out"))
    folder = line.file("out") / "auctions" / "A1"
    assert main(["verify", str(folder)]) == 0
    book = json.loads((folder / "book.json").read_text())
    rows = {(row["buyer"], row["subject"]): row for row in book["eligibility"]}
    assert not rows["Navy", "EX-BAOTOU-MAG-1"]["eligible"]
    assert "DFARS" in rows["Navy", "EX-BAOTOU-MAG-1"]["reason"]
    assert (
        rows["Navy", "EX-FORT-MAG-1"]["eligible"] and rows["Plant", "EX-BAOTOU-MAG-1"]["eligible"]
    )
    orders = {
        one["order"]: one for one in json.loads((folder / "result.json").read_text())["orders"]
    }
    assert orders["navy"]["reason"] == "barred_lot"
    closed = [
        json.loads(one)
        for one in (line.file("out") / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    found = next(one["body"]["found"] for one in closed if one["type"] == "auction_closed")
    told = {one["rule"]: one for one in found["verdicts"]["EX-BAOTOU-MAG-1"]}
    assert told["dfars_step"]["state"] == "not_met" and told["dfars_step"]["on"] == "2026-11-22"
    assert all(len(one["inputs"]) == 64 and one["version"] for one in told.values())


def test_without_the_barred_lot_the_buyer_is_served_and_the_title_is_its_own(line: Line) -> None:
    line.file("clean.csv").write_text(ORDERS.replace("bao,", "#").split("#")[0])
    published(line, "clean.csv")
    assert "EX-FORT-MAG-1" in line("settle", "A1", "--fund", "Navy,Plant")
    line("member", "metal", "Miner P", "mag@USA", "10 t", "--receipt", "R-EX-FORT-MAG-1")
    line("settle", "A1", "--fund", "Miner P")
    assert "A1 is final" in line("settle", "A1")
    line("export", "--out", line.file("out"))
    base = line.file("out") / "statements"
    navy = json.loads((base / "Navy.json").read_text())
    assert navy["balances"]["free/Navy"]["lot/EX-FORT-MAG-1"] == 5_000
    assert [row["lot"] for row in navy["lots"]] == ["EX-FORT-MAG-1"]
    assert "EX-FORT-MAG-1" in (base / "Navy.html").read_text()
    told = line.file("out") / "lots.json"
    assert json.loads(told.read_text())["sales"][-1]["buyer"] == "Plant"
    asked = ("lots", "check", str(told), "--lot", "EX-FORT-MAG-1", "--on", "2026-11-22")
    assert main(["club", *asked]) == 0
    assert "The books hold" in line.capsys.readouterr().out
    # the seller had 150 t, sold 10: 141 more cannot be offered anywhere
    line.file("draft2.yaml").write_text(DRAFT.replace("A1", "A2"))
    line(
        "auction",
        "draft",
        "A2",
        "--book",
        line.file("draft2.yaml"),
        "--rules",
        line.file("rules.yaml"),
    )
    line("auction", "open", "A2")
    line.file("more.csv").write_text(
        "id,member,side,product,lots,limit,lot\nx,Miner P,ask,mag@USA,141,60 USD/kg,EX-FORT-MAG-1\n"
    )
    err = line.refused("order", "A2", line.file("more.csv"))
    assert "more.csv:2:lot" in err and "disposes of 140,000 kg of lot EX-FORT-MAG-1" in err
    assert "free/Navy 5,000 kg" in err
    assert "same bytes: A1" in line("replay")
    line("export", "--out", line.file("out"))
    line.file("club").rename(line.file("old"))
    line("init", "--from", line.file("out") / "journal.jsonl")
    line("export", "--out", line.file("again"))
    files = [one for one in line.file("out").rglob("*") if one.is_file()]
    assert len(files) > 18
    for one in files:
        other = line.file("again") / one.relative_to(line.file("out"))
        assert one.read_bytes() == other.read_bytes(), one


def test_rules_of_the_club_are_adopted_from_a_folder(line: Line) -> None:
    import monazite

    shipped = Path(monazite.__file__).parent / "club" / "content" / "ownership.yaml"
    line.file("own").mkdir()
    text = shipped.read_text(encoding="utf-8").replace('version: "', 'version: "club-')
    (line.file("own") / "ownership.yaml").write_text(text, encoding="utf-8")
    line("lot", "rules", line.file("own"))
    line("lot", "add", "example")
    assert "ownership club-" in " ".join(line("lot", "show", "EX-FORT-MAG-1").split())
    (line.file("own") / "ownership.yaml").write_text("kind: x\n")
    assert "ownership.yaml" in line.refused("lot", "rules", line.file("own"))


def test_where_lots_are_named_an_ask_without_one_enters_nothing(line: Line) -> None:
    line("lot", "add", "example")
    draft, rules = line.file("draft.yaml"), line.file("rules.yaml")
    line("auction", "draft", "A1", "--book", draft, "--rules", rules, "--named")
    line("auction", "open", "A1")
    line.file("bare.csv").write_text(ORDERS.replace("EX-BAOTOU-MAG-1", ""))
    before = line("status")
    assert "bare.csv:5:lot: the ask bao names no lot" in line.refused(
        "order", "A1", line.file("bare.csv")
    )
    assert line("status") == before


def test_a_lot_that_breaks_its_products_promise_is_out_and_hurts_no_bid(line: Line) -> None:
    """As above, with a promise: Baotou's ask is void instead of the bid that may not have it."""
    line("lot", "add", "example")
    line("member", "needs", line.file("buyers.csv"))
    words = (
        "auction",
        "draft",
        "A1",
        "--book",
        line.file("draft.yaml"),
        "--rules",
        line.file("rules.yaml"),
    )
    assert "no_rule" in line.refused(*words, "--promise", "mag@USA=no_rule")
    assert "no product gold" in line.refused(*words, "--promise", "gold=dfars_step")
    line(*words, "--promise", "mag@USA=dfars_step;ownership")
    line("auction", "open", "A1")
    line("order", "A1", line.file("orders.csv"))
    line.minute = count(180)
    line("auction", "close", "A1")
    line("auction", "clear", "A1")
    line("export", "--out", line.file("out"))
    folder = line.file("out") / "auctions" / "A1"
    assert main(["verify", str(folder)]) == 0
    orders = {
        one["order"]: one for one in json.loads((folder / "result.json").read_text())["orders"]
    }
    assert orders["bao"]["reason"] == "lot" and orders["navy"]["kg"] == 5_000
    book = json.loads((folder / "book.json").read_text())
    (row,) = [r for r in book["eligibility"] if r["buyer"] == "*" and not r["eligible"]]
    assert row["subject"] == "EX-BAOTOU-MAG-1" and row["reason"].startswith(
        "mag@USA: United States"
    )


def test_what_is_recorded_does_not_depend_on_the_language_spoken(line: Line) -> None:
    told = line("lot", "add", "example", "--lang", "zh", time=EVENING)
    line.file("club").rename(line.file("first"))
    line.minute = count()
    line("init", "--name", "Test club")
    for name in MEMBERS:
        line("member", "add", name, "--group", f"G-{name}")
        line("member", "money", name, "2 MUSD", "--reference", f"wire-{name}")
    again = line("lot", "add", "example", time=EVENING)
    hashes = [text.split("\n")[0].split()[-1][-64:] for text in (told, again)]
    assert hashes[0] == hashes[1]

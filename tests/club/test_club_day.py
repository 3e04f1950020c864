"""Does a day run from the command line, and does it replay byte for byte?"""

from __future__ import annotations

import hashlib
import json
import re
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from monazite.cli import main
from monazite.messages import LANGUAGES

DRAFT = """
auction: A1
products:
  - id: ndpr@FRA
    material: ndpr_oxide
    place: FRA
    lot_kg: 1 t
    tick: 10000
    reference: 110 USD/kg
    floor: 100 USD/kg
"""
RULES = 'version: "1"\ncommitment: drawn\n'
# 5 t bid at 112 or more, 4 t offered at 105 and 3 t at 111: the last ask is marginal at 111
ORDERS = """id,member,side,product,lots,limit
b1,acme,bid,ndpr@FRA,3,120 USD/kg
b2,best,bid,ndpr@FRA,2,112 USD/kg
s1,mine,ask,ndpr@FRA,4,105 USD/kg
s2,pit,ask,ndpr@FRA,3,111 USD/kg
"""
MEMBERS = ("acme", "best", "mine", "pit")
EVENING = "2026-11-22T18:00:00Z"


class Line:
    """The command line with a club in a folder and a clock."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys, self.minute = folder, capsys, count()
        for name, text in (("draft.yaml", DRAFT), ("rules.yaml", RULES), ("orders.csv", ORDERS)):
            (folder / name).write_text(text, encoding="utf-8")

    def run(self, *words: object, time: str | None = None) -> tuple[int, str, str]:
        told = [str(word) for word in words]
        if told[0] not in ("status", "replay", "export") and "show" not in told:
            hour, minute = divmod(next(self.minute), 60)
            told += ["--time", time or f"2026-11-22T{9 + hour:02}:{minute:02}:00Z"]
        status = main(["club", *told, "--club", str(self.folder / "club")])
        out = self.capsys.readouterr()
        return status, out.out, out.err

    def __call__(self, *words: object, time: str | None = None) -> str:
        status, out, err = self.run(*words, time=time)
        assert status == 0, err
        return out

    def refused(self, *words: object, time: str | None = None) -> str:
        status, _, err = self.run(*words, time=time)
        assert status == 2, err
        assert "Traceback" not in err
        return err

    def file(self, name: str) -> Path:
        return self.folder / name

    def until_open(self) -> None:
        self("init", "--name", "Test club")
        for name in MEMBERS:
            self("member", "add", name, "--group", f"G-{name}")
            self("member", "money", name, "1 MUSD", "--reference", f"wire-{name}")
        self("member", "metal", "mine", "ndpr@FRA", "4 t", "--receipt", "W1")
        self("member", "metal", "pit", "ndpr@FRA", "3 t", "--receipt", "W2")
        draft, rules = self.file("draft.yaml"), self.file("rules.yaml")
        self("auction", "draft", "A1", "--book", draft, "--rules", rules)
        self("auction", "open", "A1", "--closes", "2026-11-22T12:00:00Z")

    def until_published(self) -> None:
        self.until_open()
        self("order", "A1", self.file("orders.csv"))
        self.minute = count(180)
        self("auction", "close", "A1")
        self("auction", "clear", "A1")
        self("auction", "publish", "A1", "--deadline", EVENING)


@pytest.fixture
def line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Line:
    monkeypatch.delenv("MONAZITE_LANG", raising=False)
    return Line(tmp_path, capsys)


def statement(line: Line, member: str) -> dict[str, Any]:
    line("export", "--out", line.file("out"))
    return json.loads((line.file("out") / "statements" / f"{member}.json").read_text())


def test_a_day_from_founding_to_final(line: Line) -> None:
    line.until_published()
    assert "333,000.000000 USD" in line("settle", "A1", "--fund", "acme,best")
    assert "A1 is funded" in line("settle", "A1", "--fund", "mine", "--fund", "pit")
    assert "A1 is final" in line("settle", "A1")
    assert "settled" in line("status")
    assert statement(line, "acme")["balances"] == {
        "free/acme": {"$": 667_000_000_000, "ndpr@FRA": 3_000}
    }
    assert statement(line, "pit")["balances"] == {
        "free/pit": {"$": 1_111_000_000_000, "ndpr@FRA": 2_000}
    }


def test_it_replays_byte_for_byte_and_the_lines_prove_themselves(line: Line) -> None:
    line.until_published()
    told = line("replay")
    assert "Cleared again with the same bytes: A1" in told
    line("export", "--out", line.file("out"))
    lines = (line.file("out") / "journal.jsonl").read_bytes().splitlines()
    before = "0" * 64
    for one in lines:  # as a stranger with sha256sum would
        assert json.loads(one)["previous"] == before
        before = hashlib.sha256(one).hexdigest()
    assert before in told and before in line("status")


def test_the_result_can_be_cleared_again_from_the_exported_files(line: Line) -> None:
    from monazite.club import clear, read_book, read_rules
    from monazite.club.canonical import canonical

    line.until_published()
    line("export", "--out", line.file("out"))
    folder = line.file("out") / "auctions" / "A1"
    assert main(["verify", str(folder)]) == 0
    again = clear(read_book(folder / "book.json"), read_rules(folder / "rules.json"))
    assert canonical(again.record) + "\n" == (folder / "result.json").read_text(encoding="utf-8")


def test_the_same_day_again_gives_the_same_journal(
    line: Line, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line.until_published()
    (tmp_path / "two").mkdir()
    other = Line(tmp_path / "two", capsys)
    other.file("club").mkdir()
    (other.file("club") / "secrets").mkdir()
    secret = (line.file("club") / "secrets" / "A1").read_text()
    (other.file("club") / "secrets" / "A1").write_text(secret)
    other.until_published()
    last = [re.findall(r"[0-9a-f]{64}", one("status"))[0] for one in (line, other)]
    assert last[0] == last[1]


def test_restoring_from_lines_gives_the_same_club(line: Line) -> None:
    line.until_published()
    line("export", "--out", line.file("out"))
    before = line("status")
    line.file("club").rename(line.file("old"))
    told = line("init", "--from", line.file("out") / "journal.jsonl")
    assert "Restored" in told and line("status") == before
    assert (
        "already holds events" in line.run("init", "--from", line.file("out") / "journal.jsonl")[2]
    )


def test_a_damaged_journal_is_named_and_what_is_proved_can_be_saved(line: Line) -> None:
    line.until_published()
    base = line.file("club") / "journal.db"
    content = base.read_bytes()
    at = content.index(b"wire-mine")
    base.write_bytes(content[:at] + b"W" + content[at + 1 :])
    status, _, err = line.run("status")
    assert status == 1 and "event 7 does not fit its hash" in err
    assert "Events 1 to 6 are proved" in err
    assert line.run("export", "--out", line.file("out"))[0] == 1
    assert (
        "up to 6 are proved, not up to 7"
        in line.run("export", "--out", line.file("out"), "--until", 7)[2]
    )
    assert not line.file("out").exists()
    line("export", "--out", line.file("out"), "--until", 6)
    line.file("club").rename(line.file("old"))
    assert "Restored 6 events" in line("init", "--from", line.file("out") / "journal.jsonl")
    again = line("member", "money", "mine", "1 MUSD", "--reference", "wire-mine", time=EVENING)
    assert "Money in: event 7" in again


def test_a_command_given_again_does_nothing_again(line: Line) -> None:
    line.until_open()
    before = line("status")
    assert "done before" in line("member", "money", "acme", "1 MUSD", "--reference", "wire-acme")
    assert "done before" in line("member", "metal", "pit", "ndpr@FRA", "3 t", "--receipt", "W2")
    assert "done before" in line("member", "add", "acme", "--group", "G-acme")
    assert line("status") == before


def test_orders_are_amended_and_withdrawn(line: Line) -> None:
    line.until_open()
    line("order", "A1", line.file("orders.csv"))
    row = "{id: b1, member: acme, side: bid, product: ndpr@FRA, lots: 1, limit: 115 USD/kg}"
    line.file("more.yaml").write_text(f"orders:\n  - {row}\n")
    line("order", "A1", line.file("more.yaml"))
    line("order", "A1", "--withdraw", "b2", "--member", "best")
    one = statement(line, "acme")
    assert one["balances"]["held/A1/acme/b1"] == {"$": 11_500_000_000}
    assert [entry["collateral"] for entry in one["entries"]] == [
        {"$": 36_000_000_000},
        {"$": 11_500_000_000},
    ]
    assert statement(line, "best")["balances"] == {"free/best": {"$": 10**12}}
    err = line.refused("order", "A1", line.file("orders.csv"), time="2026-11-22T12:00:00Z")
    assert err.count("A1 has closed at") == 4


HEAD = "id,member,side,product,lots,limit\n"
ROW = "x1,acme,bid,ndpr@FRA,1,"
JSON_ORDER = '"id":"x1","member":"acme","side":"bid","product":"ndpr@FRA","limit":115000000'


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("thousands.csv", f"{HEAD}{ROW}1,150 USD/kg\n"),  # would be a limit of 1
        ("short.csv", f"{HEAD}x1,acme,bid\n"),
        ("twice.csv", f"lots,{HEAD}9,{ROW}115 USD/kg\n"),
        ("long.csv", f"{HEAD}{'x' * 200_000},acme\n"),
        ("empty.csv", HEAD),
        ("empty.json", '{"orders": []}'),
        ("latin.csv", f"{HEAD}\xe9{ROW}115 USD/kg\n".encode("latin-1")),
        ("latin.yaml", b"orders: [\xe9]\n"),
        ("twice.json", f'{{"orders":[{{{JSON_ORDER},"lots":1,"lots":9}}]}}'),
        ("twice.yaml", f"orders:\n  - {{{JSON_ORDER}, lots: 1, lots: 9}}\n".replace(":", ": ")),
        ("deep.json", '{"orders":' * 20_000),
        ("deep.yaml", "[" * 5_000),
        ("ring.yaml", "orders: &a [*a]\n"),
        ("date.yaml", "orders: [{id: 2026-13-45}]\n"),
        ("digits.json", f'{{"orders":[{{{JSON_ORDER},"lots":{"1" * 5_000}}}]}}'),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 20 else "",
)
def test_a_file_that_could_be_taken_in_two_ways_enters_nothing(
    line: Line, name: str, text: str | bytes
) -> None:
    line.until_open()
    before = line("status")
    line.file(name).write_bytes(text if isinstance(text, bytes) else text.encode())
    assert name in line.refused("order", "A1", line.file(name))
    assert line("status") == before


def test_orders_that_are_wrong_are_told_with_their_lines(line: Line) -> None:
    line.until_open()
    bad = ORDERS.replace("b2,best,bid,ndpr@FRA,2", "b2,best,buy,ndpr@FRA,0").replace(
        "s2,pit", "s2,pitt"
    )
    line.file("bad.csv").write_text(bad)
    err = line.refused("order", "A1", line.file("bad.csv"))
    assert "bad.csv:3" in err and "orders.1.lots" in err and "orders.1.side" in err
    line.file("bad.csv").write_text(ORDERS.replace("s2,pit", "s2,pitt"))
    before = line("status")
    err = line.refused("order", "A1", line.file("bad.csv"))
    assert "bad.csv:5:member: pitt is no member" in err
    assert line("status") == before  # nothing of the file is in
    line.file("bad.yaml").write_text("purchases: []\n")
    assert "purchases is not for members" in line.refused("order", "A1", line.file("bad.yaml"))
    assert "there is no such file" in line.refused("order", "A1", line.file("none.yaml"))


def test_a_file_of_orders_is_entered_whole_or_not_at_all(line: Line) -> None:
    """Faults that only the club can see, in two rows: both told, and the good rows not entered."""
    line.until_open()
    before = line("status")
    rows = ORDERS + "b3,best,bid,ndpr@FRA,90,115 USD/kg\nb4,nobody,bid,ndpr@FRA,1,115 USD/kg\n"
    line.file("more.csv").write_text(rows)
    err = line.refused("order", "A1", line.file("more.csv"))
    assert [row.split(":")[:2] for row in err.splitlines()] == [
        ["more.csv", "6"],
        ["more.csv", "7"],
    ]
    assert line("status") == before
    assert "成员" in line.refused("order", "A1", line.file("more.csv"), "--lang", "zh")
    line("order", "A1", line.file("orders.csv"))  # the club goes on
    assert "held/A1/best/b2" in statement(line, "best")["balances"]


def test_members_fund_together_or_not_at_all(line: Line) -> None:
    line.until_published()
    before = line("status")
    assert "nobody has nothing to put up" in line.refused("settle", "A1", "--fund", "acme,nobody")
    assert line("status") == before


def test_a_bank_reference_stands_for_one_payment(line: Line) -> None:
    line.until_open()
    before = line("status")
    paid = ("member", "money", "acme")
    told = line.refused(*paid, "2 MUSD", "--reference", "wire-acme")
    assert "reference wire-acme belongs to another payment, event 3" in told
    assert "wire-acme" in line.refused(
        "member", "money", "pit", "1 MUSD", "--reference", "wire-acme"
    )
    assert "wire-acme" in line.refused(*paid, "1 MUSD", "--reference", "wire-acme", "--withdraw")
    assert "wire-acme" in line.refused(
        *paid, "1 MUSD", "--reference", "wire-acme", "--key", "other"
    )
    assert "no reference" in line.refused(*paid, "1 MUSD", "--reference", " ")
    assert "done before, event 3" in line(*paid, "1 MUSD", "--reference", "wire-acme")
    assert "done before, event 3" in line(*paid, "1000 kUSD", "--reference", " wire-acme ")
    assert line("status") == before


def test_a_default_from_the_command_line(line: Line) -> None:
    line.until_published()
    line("settle", "A1", "--fund", "acme,mine,pit")
    later = "2026-11-23T18:00:00Z"
    assert "too early" in line.refused("settle", "A1", "--default", later)
    told = line("settle", "A1", "--default", later, time=EVENING)
    assert "In default and out: best" in told
    assert "best forfeits 22,400.000000 USD" in told and "A1 is funded" in told
    assert "A1 is final" in line("settle", "A1", time=EVENING)
    assert "free/best" in statement(line, "best")["balances"]


def test_two_persons_void_an_auction(line: Line) -> None:
    line.until_open()
    line("order", "A1", line.file("orders.csv"))
    words = ("auction", "void", "A1", "--reason", "fire in the warehouse")
    assert "Waiting for a second person" in line(*words, "--by", "Anna", "--member", "acme")
    assert "not independent" in line.refused(*words, "--by", "Anna", "--member", "pit")
    assert "Done by two persons" in line(*words, "--by", "Bo", "--member", "pit")
    assert statement(line, "acme")["balances"] == {"free/acme": {"$": 10**12}}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("member", "money", "acme", "1.5 EUR", "--reference", "x"), "units USD, kUSD, MUSD"),
        (("member", "money", "acme", "0.0000001 USD", "--reference", "x"), "no whole amount"),
        (("member", "metal", "acme", "ndpr@FRA", "12", "--receipt", "x"), "units kg, t, kt"),
        (("auction", "open", "A1", "--closes", "noon"), "noon' is no point in time"),
        (("auction", "open", "A1", "--closes", "2026-11-22T12:00:00"), "no point in time"),
        (("auction", "clear", "A1"), "secret of A1 is not there"),
        (("order", "A1"), "either a file of orders"),
        (("init",), "either --name or --from"),
        (("settle", "A1"), "no auction A1"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(line: Line, words: tuple[str, ...], told: str) -> None:
    line("init", "--name", "Test club")
    assert told in " ".join(line.refused(*words).split())


def test_no_club_is_said_and_nothing_is_made(line: Line) -> None:
    for words in (("status",), ("replay",), ("export",), ("member", "add", "a", "--group", "b")):
        assert "there is no club in this folder" in line.refused(*words)
    assert not line.file("club").exists()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_day_speaks_both_languages(line: Line, lang: str) -> None:
    line.until_published()
    told = line("settle", "A1", "--fund", "acme", "--lang", lang)
    assert ("缴付" in told) == (lang == "zh")
    assert ("重演" in line("replay", "--lang", lang)) == (lang == "zh")

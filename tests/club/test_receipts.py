"""Is an order found that did not enter the auction as acknowledged, and a receipt that was forged?

In the day of `test_club_day` b1 of acme bids 3 t at 120 and s2 of pit asks 3 t at 111, the price.
The operator here is dishonest but careful: whatever it changes in the book it clears anew, so that
`monazite verify` has nothing against the result.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from itertools import count
from pathlib import Path

import pytest
from test_club_day import Line

from monazite.cli import main
from monazite.club import clear, read_book, read_rules
from monazite.club.publish import findings, write
from monazite.club.receipts import check, read_receipts
from monazite.errors import InputError
from monazite.messages import LANGUAGES


class Member:
    """A member with its receipts, the published folder, and the exported journal."""

    def __init__(self, line: Line) -> None:
        self.line, self.out = line, line.file("out")
        self.result, self.journal = self.out / "auctions" / "A1", self.out / "journal.jsonl"
        self.file = line.file("acme.jsonl")

    def check(self, *words: object) -> tuple[int, str]:
        status = main(["club", "check-receipt", str(self.file), str(self.result), *map(str, words)])
        told = self.line.capsys.readouterr()
        assert "Traceback" not in told.err
        return status, told.out + told.err

    def forge(self, change) -> None:
        """Publish what comes of a changed book, cleared by the honest program."""
        book = json.loads((self.result / "book.json").read_text())
        change(book)
        (self.result / "book.json").write_text(json.dumps(book))
        cleared = clear(
            read_book(self.result / "book.json"), read_rules(self.result / "rules.json")
        )
        write(cleared, self.result)
        assert findings(self.result) == []


@pytest.fixture
def line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Line:
    monkeypatch.delenv("MONAZITE_LANG", raising=False)
    return Line(tmp_path, capsys)


def published(line: Line, *more: tuple[object, ...], member: str = "acme") -> Member:
    """The day up to its export, with more commands while the auction is open."""
    kept = line.folder.parent / f"{member}-day"  # made once for all tests that change nothing
    if kept.is_dir() and not more:
        shutil.copytree(kept, line.folder, dirs_exist_ok=True)
        return Member(line)
    line.until_open()
    line("order", "A1", line.file("orders.csv"))
    for words in more:
        line(*words)
    line.minute = count(180)
    line("auction", "close", "A1")
    line("auction", "clear", "A1")
    line("export", "--out", line.file("out"))
    main(
        ["club", "receipts", member, "--out", str(line.file("acme.jsonl"))]
        + ["--club", str(line.file("club"))]
    )
    line.capsys.readouterr()
    if not more:
        shutil.copytree(line.folder, kept)
    return Member(line)


def row(book, order, revision=0):
    rows = (one for one in book["orders"] if one["revision"] == revision)
    return next(one for one in rows if one["id"] == order)


def test_a_receipt_is_the_line_whose_hash_was_acknowledged(line: Line) -> None:
    line.until_open()
    told = line("order", "A1", line.file("orders.csv"))
    hashes = re.findall(r"[0-9a-f]{64}", told)
    line.capsys.readouterr()
    for member, number in (("acme", 0), ("pit", 3)):
        out = line.file(f"{member}.jsonl")
        command = ["club", "receipts", member, "--out", str(out), "--club", str(line.file("club"))]
        assert main(command) == 0
        (text,) = out.read_text().splitlines()
        assert hashlib.sha256(text.encode()).hexdigest() == hashes[number]
        assert all(other not in text for other in {"best", "pit", "mine", "acme"} - {member})


def test_an_order_that_entered_as_acknowledged_is_told_with_its_fill(line: Line) -> None:
    day = published(line)
    (text,) = day.file.read_text().splitlines()
    told = hashlib.sha256(text.encode()).hexdigest()
    status, out = day.check("--hash", told, "--journal", day.journal, "--all")
    assert status == 0
    assert "3,000 kg. Its limit is met" in out and told in out
    assert "ndpr@FRA: +3,000 kg, -333,000.000000 USD" in out
    assert "exactly as acknowledged" in out and "All as acknowledged: 1 orders." in out


def test_a_rationed_order_is_told_so(line: Line) -> None:
    day = published(line, member="pit")
    status, out = day.check()
    assert status == 0 and "1,000 kg. On the price" in out
    assert "-1,000 kg, +111,000.000000 USD" in out


def test_an_order_dropped_from_the_book_is_found(line: Line) -> None:
    day = published(line)
    day.forge(lambda book: book["orders"].remove(row(book, "b1")))
    status, out = day.check()
    assert status == 1 and "NOT IN THE BOOK: order b1" in out and "findings: 1" in out


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("limit", 119_000_000, "limit of order b1 was acknowledged as 120000000"),
        ("lots", 2, "lots of order b1 was acknowledged as 3"),
        ("member", "best", "member of order b1 was acknowledged as acme"),
        ("group", "G-best", "group of order b1 was acknowledged as G-acme"),
        ("side", "ask", "side of order b1 was acknowledged as bid"),
        ("cancelled", True, "cancelled of order b1 was acknowledged as False"),
        ("lot", "L", "lot of order b1 was acknowledged as  "),
        ("revision", 1, "revision of order b1 was acknowledged as 0"),
    ],
)
def test_an_order_changed_in_the_book_is_found(line: Line, field, value, shown) -> None:
    day = published(line)
    day.forge(lambda book: row(book, "b1").update({field: value}))
    status, out = day.check()
    assert status == 1 and f"CHANGED: {shown}" in out and "findings: 1" in out


def test_an_order_entered_twice_or_in_the_members_name_is_found(line: Line) -> None:
    day = published(line)
    day.forge(lambda book: book["orders"].append({**row(book, "b1"), "revision": 1, "lots": 1}))
    status, out = day.check()
    assert status == 1 and "TWICE IN THE BOOK: order b1" in out
    day.forge(lambda book: book["orders"].remove(row(book, "b1", revision=1)))
    day.forge(lambda book: book["orders"].append({**row(book, "b1"), "id": "b0", "lots": 1}))
    assert day.check()[0] == 0
    status, out = day.check("--all")
    assert status == 1 and "order b0 stands in the book under the name of acme" in out


def test_a_forged_receipt_is_found_by_its_hash_and_by_the_journal(line: Line) -> None:
    """The member raises the quantity and lowers the limit in its own receipt, in canonical form."""
    day = published(line)
    sound = day.file.read_text()
    told = hashlib.sha256(sound.strip().encode()).hexdigest()
    for old, new in (('"lots":3', '"lots":9'), ('"limit":120000000', '"limit":110000000')):
        day.file.write_text(sound.replace(old, new))
        status, out = day.check()
        assert status == 1 and "CHANGED" in out
        status, out = day.check("--hash", told)
        assert (
            status == 1
            and f"ANOTHER HASH: no receipt in the file has the acknowledged SHA-256 {told}" in out
        )
        status, out = day.check("--journal", day.journal)
        assert status == 1 and "ANOTHER EVENT" in out
    # what no book shows: the time of the entry
    day.file.write_text(re.sub('"time":"2026-11-22T09', '"time":"2026-11-22T08', sound))
    assert day.check()[0] == 0
    assert day.check("--hash", told)[0] == day.check("--journal", day.journal)[0] == 1


def test_whichever_character_of_a_receipt_is_changed_it_is_found(line: Line) -> None:
    day = published(line)
    sound = day.file.read_text().strip()
    told = hashlib.sha256(sound.encode()).hexdigest()
    outcomes = set()
    for at in range(len(sound)):
        day.file.write_text(sound[:at] + ("1" if sound[at] != "1" else "2") + sound[at + 1 :])
        try:
            report = check(read_receipts(day.file), day.result, hashes=[told])
        except InputError:  # no receipt any more, or one of another auction
            outcomes.add("refused")
            continue
        assert not report.sound, at
        outcomes.add("found")
    assert outcomes == {"refused", "found"}


@pytest.mark.parametrize(
    "text",
    ["", "{}", "null", '"x"', "[" * 5000, '{"a":1}\n', "\ufeff", "id,member\nb1,acme\n"],
    ids=["empty", "record", "null", "word", "deep", "other", "mark", "table"],
)
def test_a_file_that_holds_no_receipt_is_refused(line: Line, text: str) -> None:
    day = published(line)
    sound = day.file.read_text()
    for forged in (text, sound + text) if text.strip("\ufeff") else (text,):
        day.file.write_text(forged)
        status, out = day.check()
        assert status == 2 and "acme.jsonl" in out
    day.file.write_text(sound.replace('","', '", "', 1))
    assert day.check()[0] == 2


def test_other_faults_of_the_command_are_told(line: Line) -> None:
    day = published(line)
    assert day.check("--order", "b9")[0] == day.check("--journal", day.out / "none")[0] == 2
    line.refused("receipts", "nobody", "--out", line.file("x.jsonl"))
    line.refused("receipts", "acme", "--auction", "A2", "--out", line.file("x.jsonl"))
    assert not line.file("x.jsonl").exists()
    (day.result / "proof.json").unlink()
    assert day.check()[0] == 2


def test_what_counts_is_the_last_receipt(line: Line) -> None:
    """b1 is amended to 1 t at 115; whoever kept only the first receipt is told of the second."""
    line.file("more.csv").write_text(
        "id,member,side,product,lots,limit\nb1,acme,bid,ndpr@FRA,1,115 USD/kg\n"
    )
    day = published(line, ("order", "A1", line.file("more.csv")))
    assert day.check("--journal", day.journal, "--all")[0] == 0
    first, second = day.file.read_text().splitlines()
    day.file.write_text(f"{second}\n{first}\n")  # in any order
    assert day.check("--journal", day.journal)[0] == 0
    day.file.write_text(first)
    status, out = day.check()
    assert status == 1 and "lots of order b1 was acknowledged as 3 and is published as 1" in out
    status, out = day.check("--journal", day.journal)
    assert "WITHOUT RECEIPT" in out and "concerns order b1 (Order entered)" in out


def test_an_order_withdrawn_is_gone_and_one_that_is_not_is_found(line: Line) -> None:
    day = published(line, ("order", "A1", "--withdraw", "b1", "--member", "acme"))
    sound = day.file.read_text()
    status, out = day.check("--journal", day.journal, "--all")
    assert status == 0 and "withdrawn, and not in the published book" in out
    entry = {"member": "acme", "group": "G-acme", "side": "bid", "product": "ndpr@FRA"}
    day.forge(
        lambda book: book["orders"].append({**entry, "id": "b1", "lots": 3, "limit": 12 * 10**7})
    )
    status, out = day.check()
    assert status == 1 and "STILL IN THE BOOK: order b1" in out
    # the operator withdrew it by itself: the member has only the first receipt
    day.forge(lambda book: book["orders"].remove(row(book, "b1")))
    day.file.write_text(sound.splitlines()[0])
    status, out = day.check("--journal", day.journal)
    assert status == 1 and "NOT IN THE BOOK" in out and "(Order withdrawn)" in out


def test_a_journal_that_ends_before_the_receipt_or_is_broken_is_found(line: Line) -> None:
    day = published(line)
    lines = day.journal.read_text().splitlines(keepends=True)
    short = day.out / "short.jsonl"
    short.write_text("".join(lines[:5]))
    status, out = day.check("--journal", short)
    assert status == 1 and "NO SUCH EVENT" in out
    short.write_text("".join(lines).replace("wire-mine", "wire-mina"))
    status, out = day.check("--journal", short)
    assert status == 1 and "does not fit its hash" in out or "event 7" in out


def test_a_result_that_is_not_proved_is_found_though_the_order_stands(line: Line) -> None:
    day = published(line)
    record = json.loads((day.result / "result.json").read_text())
    leg = next(one for one in record["legs"] if one["order"] == "b1")
    leg["uusd"] -= 1_000_000
    (day.result / "result.json").write_text(json.dumps(record))
    status, out = day.check()
    assert status == 1 and "NOT PROVED: `monazite verify` finds" in out


def test_conversions_freight_and_refusals_have_receipts_too(line: Line) -> None:
    """One of each kind, entered by file; the arc costs more than any price and does not run."""
    line.file("draft.yaml").write_text(
        line.file("draft.yaml").read_text()
        + "  - {id: ndpr@DEU, material: ndpr_oxide, place: DEU, lot_kg: 1 t, tick: 10000,"
        " reference: 110 USD/kg}\n"
    )
    line.file("more.yaml").write_text(
        """
conversions:
  - {id: c1, member: acme, inputs: [[ndpr@FRA, 1000]], outputs: [[ndpr@DEU, 999]],
     fee: 1 MUSD, runs: 1}
arcs:
  - {id: f1, member: acme, origin: ndpr@FRA, destination: ndpr@DEU,
     freight: 90 USD/kg, cap_kg: 1 t}
refusals:
  - {id: r1, member: acme, product: ndpr@FRA, lots: 1, limit: 150 USD/kg}
"""
    )
    day = published(line, ("order", "A1", line.file("more.yaml")))
    status, out = day.check("--journal", day.journal, "--all")
    assert status == 0 and "All as acknowledged: 4 orders." in out
    assert out.count("0 runs. It did not run") == 2
    assert "1,000 kg taken by first refusal" in out
    for kind, order in (("conversions", "c1"), ("arcs", "f1"), ("refusals", "r1")):
        sound = (day.result / "book.json").read_text()
        day.forge(lambda book, kind=kind: book[kind].clear())
        status, out = day.check("--order", order)
        assert status == 1 and f"NOT IN THE BOOK: order {order}" in out
        (day.result / "book.json").write_text(sound)


@pytest.mark.parametrize("language", LANGUAGES)
def test_findings_are_told_in_every_language(line: Line, language: str) -> None:
    day = published(line)
    status, out = day.check("--lang", language)
    assert status == 0 and ("3,000" in out)
    day.forge(lambda book: book["orders"].remove(row(book, "b1")))
    status, out = day.check("--lang", language)
    assert status == 1 and {"en": "NOT IN THE BOOK", "zh": "不在订单簿中"}[language] in out

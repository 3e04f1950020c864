"""Is the journal what it says: one canonical line an event, chained, each key once?"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from monazite.club.canonical import canonical
from monazite.club.event import NOTHING, Draft
from monazite.club.journal import Journal, moment, read_lines, restore
from monazite.club.storage import MemoryStorage, SqliteStorage
from monazite.errors import InputError, JournalError

TIME = "2026-11-22T09:00:0{}.000000Z"


def fill(journal: Journal, count: int, *, start: int = 1) -> None:
    for number in range(start, start + count):
        draft = Draft("note", f"k{number}", {"n": number}, {"twice": 2 * number})
        journal.add(draft, TIME.format(number % 10))
    journal.commit()


# --- canonical JSON -------------------------------------------------------------------------------


def test_keys_are_sorted_and_nothing_is_spaced() -> None:
    given = {"b": 1, "a": [True, None, "x"], "é": -3, "B": {"z": 0, "y": 10**18}}
    assert (
        canonical(given) == '{"B":{"y":1000000000000000000,"z":0},"a":[true,null,"x"],"b":1,"é":-3}'
    )


@pytest.mark.parametrize("wrong", [1.0, float("nan"), {1: "x"}, {"a": {2.5}}, [0.1], b"x"])
def test_what_has_no_one_spelling_is_refused(wrong: object) -> None:
    with pytest.raises(TypeError):
        canonical(wrong)


def test_half_a_character_is_refused() -> None:
    with pytest.raises(ValueError):
        canonical("\ud800")


# --- the chain ------------------------------------------------------------------------------------


def test_the_chain_by_hand() -> None:
    """The digests were worked out with sha256sum from the two lines typed by hand."""
    journal = Journal(MemoryStorage())
    journal.add(Draft("note", "a", {"x": 1}, {}), "2026-11-22T09:00:00.000000Z")
    journal.add(Draft("note", "b", {"x": 2}, {"y": "é"}), "2026-11-22T09:00:01.000000Z")
    journal.commit()
    first, second = journal.lines()
    assert first == (
        '{"body":{"ask":{"x":1},"found":{}},"key":"a","previous":"' + "0" * 64 + '",'
        '"seq":1,"time":"2026-11-22T09:00:00.000000Z","type":"note"}'
    )
    one = "a58dac86ac4073df2e04d8617576273e669ca0352d01818978083094658c1c26"
    two = "13979b92e218fcffd53c88eb69438e27b4e379646815b590faa930b802bdebf4"
    assert second == (
        '{"body":{"ask":{"x":2},"found":{"y":"é"}},"key":"b","previous":"' + one + '",'
        '"seq":2,"time":"2026-11-22T09:00:01.000000Z","type":"note"}'
    )
    assert journal.hash == two
    assert hashlib.sha256(second.encode()).hexdigest() == two


def test_the_bytes_do_not_depend_on_the_seed_of_hashing() -> None:
    program = (
        "from monazite.club.event import Draft\n"
        "from monazite.club.journal import Journal\n"
        "from monazite.club.storage import MemoryStorage\n"
        "j = Journal(MemoryStorage())\n"
        "for n in range(50):\n"
        "    names = {f'name{i}': i for i in {str(n), 'a', 'b', 'c'} if i > '0'}\n"
        "    found = {k: len(k) for k in set(map(str, range(n)))}\n"
        "    j.add(Draft('note', str(n), names, found), '2026-11-22T09:00:00.000000Z')\n"
        "print(j.hash)\n"
    )
    hashes = set()
    for seed in ("0", "1", "random"):
        ran = subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        hashes.add(ran.stdout)
    assert len(hashes) == 1


def test_a_moment_is_utc_and_of_one_width() -> None:
    east = timezone(timedelta(hours=8))
    assert moment(datetime(2026, 11, 22, 17, 5, tzinfo=east)) == "2026-11-22T09:05:00.000000Z"
    with pytest.raises(ValueError, match="no time zone"):
        moment(datetime(2026, 11, 22))
    assert moment(datetime(2026, 1, 1, tzinfo=UTC)) < moment(
        datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC)
    )


def test_time_never_runs_backwards() -> None:
    journal = Journal(MemoryStorage())
    journal.add(Draft("note", "a", {}, {}), TIME.format(5))
    with pytest.raises(InputError, match="is before the last event"):
        journal.add(Draft("note", "b", {}, {}), TIME.format(4))
    assert (journal.seq, journal.seen("b")) == (1, None)


# --- SQLite ---------------------------------------------------------------------------------------


def test_what_was_stored_is_read_again(tmp_path: Path) -> None:
    journal = Journal(SqliteStorage(tmp_path))
    fill(journal, 5)
    journal.storage.close()
    again = Journal(SqliteStorage(tmp_path))
    assert (again.seq, again.hash, again.time) == (5, journal.hash, TIME.format(5))
    assert [(e.ask, e.found) for e in again.verify()] == [
        ({"n": n}, {"twice": 2 * n}) for n in range(1, 6)
    ]
    assert [e.seq for e in again.verify(3)] == [4, 5]
    again.storage.check()
    fill(again, 2, start=6)
    assert again.seen("k7").seq == 7 and again.seen("k8") is None
    again.storage.close()


def test_settings_that_durability_hangs_on(tmp_path: Path) -> None:
    storage = SqliteStorage(tmp_path)
    ask = storage._base.execute
    assert ask("PRAGMA journal_mode").fetchone() == ("wal",)
    assert ask("PRAGMA synchronous").fetchone() == (2,)  # FULL
    storage.close()


@pytest.mark.parametrize(
    "statement", ["UPDATE events SET body='{}'", "DELETE FROM events WHERE seq=2"]
)
def test_an_event_is_neither_changed_nor_deleted(tmp_path: Path, statement: str) -> None:
    journal = Journal(SqliteStorage(tmp_path))
    fill(journal, 3)
    with pytest.raises(Exception, match="events are never"):
        journal.storage._base.execute(statement)
    journal.storage.close()


def test_a_second_process_waits_and_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monazite.club.storage.WAIT", 0.05)
    first = SqliteStorage(tmp_path)
    fill(Journal(first), 1)
    with pytest.raises(JournalError, match="another process works on") as caught:
        SqliteStorage(tmp_path)
    assert not caught.value.damaged
    assert not (tmp_path / "journal.db-wal.found").exists()
    first.close()
    SqliteStorage(tmp_path).close()


def test_a_batch_is_stored_whole_or_not_at_all(tmp_path: Path) -> None:
    journal = Journal(SqliteStorage(tmp_path))
    fill(journal, 2)
    journal.add(Draft("note", "k3", {}, {}), TIME.format(3))
    journal.add(Draft("note", "k1", {}, {}), TIME.format(3))  # a key that is taken
    with pytest.raises(JournalError):
        journal.commit()
    with pytest.raises(JournalError, match="last write failed"):
        fill(journal, 1, start=9)
    journal.storage.close()
    again = Journal(SqliteStorage(tmp_path))
    assert again.seq == 2 and again.seen("k3") is None
    again.storage.close()


# --- export and restore ---------------------------------------------------------------------------


def test_lines_go_out_and_come_back(tmp_path: Path) -> None:
    journal = Journal(SqliteStorage(tmp_path / "a"))
    fill(journal, 4)
    lines = [f"{line}\n" for line in journal.lines()]
    other = SqliteStorage(tmp_path / "b")
    assert restore(other, lines) == 4
    assert Journal(other).hash == journal.hash
    other.check()
    with pytest.raises(JournalError, match="already holds events"):
        restore(other, lines)
    assert [e.seq for e in read_lines(list(journal.lines())[:2])] == [1, 2]
    journal.storage.close()
    other.close()


@pytest.mark.parametrize(
    ("at", "old", "new"),
    [
        (1, '"n":2', '"n":3'),  # a changed body: the next line no longer follows
        (1, '"n":2', '"n": 2'),  # the same value spelt otherwise
        (1, '"seq":2', '"seq":3'),
        (1, NOTHING[:0] + '"previous":"', '"previous":"0'),
        (0, "{", ""),
    ],
)
def test_a_changed_line_is_named(at: int, old: str, new: str) -> None:
    journal = Journal(MemoryStorage())
    fill(journal, 4)
    lines = list(journal.lines())
    lines[at] = lines[at].replace(old, new, 1)
    with pytest.raises(JournalError, match=r"event \d does not fit its hash") as caught:
        list(read_lines(lines))
    assert caught.value.seq in (at + 1, at + 2)


def test_a_missing_line_is_named() -> None:
    journal = Journal(MemoryStorage())
    fill(journal, 4)
    lines = list(journal.lines())
    with pytest.raises(JournalError) as caught:
        list(read_lines(lines[:1] + lines[2:]))
    assert caught.value.seq == 2

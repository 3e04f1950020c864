"""Does the journal survive kill -9, torn writes, power cuts, a full disk and flipped bits?

The rule tested: what was acknowledged is there, once; what was not is there whole or not at all;
and where that cannot be held, the journal refuses to start and names the first event it concerns.
"""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import disk
import pytest
from day import CLEAR

from monazite.club.desk import Desk
from monazite.club.event import Draft
from monazite.club.journal import Journal, rescued
from monazite.club.ledger import totals
from monazite.club.state import State, apply
from monazite.club.storage import SqliteStorage
from monazite.errors import JournalError

COUNT = 4
PROGRAM = f"""
import os, sys
from pathlib import Path
from monazite.club.event import Draft
from monazite.club.journal import Journal, rescued
from monazite.club.storage import SqliteStorage
folder = Path(sys.argv[1])
storage = SqliteStorage(folder)
journal = Journal(storage)
list(journal.verify())
storage.check()
told = os.open(folder / "acknowledged", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
for n in range(1, {COUNT + 1}):
    if journal.seen(f"k{{n}}") is None:
        draft = Draft("note", f"k{{n}}", {{"n": n, "text": "x" * 3000}}, {{}})
        journal.add(draft, f"2026-11-22T09:00:00.00000{{n}}Z")
        journal.commit()
    os.write(told, f"k{{n}} ".encode())
storage.close()
"""


def opened(folder: Path) -> list[str]:
    """The keys of the journal in a folder, every event proved. Raises JournalError."""
    storage = SqliteStorage(folder)
    try:
        keys = []
        for event in Journal(storage).verify():
            assert event.ask == {"n": event.seq, "text": "x" * 3000}
            keys.append(event.key)
        storage.check()
        return keys
    finally:
        storage.close()


def good(keys: list[str], acknowledged: bytes) -> bool:
    """Every acknowledged key is there, once, in order; at most the next one besides."""
    told = list(dict.fromkeys(acknowledged.decode().split()))
    return keys[: len(told)] == told and len(keys) <= len(told) + 1 and len(set(keys)) == len(keys)


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return disk.build_shim(tmp_path_factory.mktemp("shim"))


@pytest.fixture(scope="module")
def calls(shim: Path, tmp_path_factory: pytest.TempPathFactory) -> list[disk.Step]:
    """Every write, cut and sync of one day, from an empty folder to a clean end."""
    base = tmp_path_factory.mktemp("traced")
    folder = base / "club"
    folder.mkdir()
    assert disk.run(PROGRAM, folder, shim, trace=base / "trace") == 0
    return disk.steps(base / "trace", folder)


def test_the_trace_sees_both_syncs_of_an_append(calls: list[disk.Step]) -> None:
    """Before each acknowledgement the log and the witness have been synced, in this order."""
    acks = [at for at, step in enumerate(calls) if step.name == "acknowledged"]
    assert len(acks) == COUNT
    for begin, end in zip(acks, acks[1:], strict=False):
        synced = [step.name for step in calls[begin:end] if step.kind == "s"]
        assert synced == ["journal.db-wal", "witness"]


def test_nothing_acknowledged_is_lost_whatever_reached_the_disk(
    calls: list[disk.Step], tmp_path: Path
) -> None:
    """kill -9, torn write and two kinds of power cut at every boundary of a day."""
    seen: dict[str, int] = {}
    for what, count, files, acknowledged in disk.disks(calls):
        keys = opened(disk.lay(tmp_path / "club", files))
        assert good(keys, acknowledged), (what, count, keys, acknowledged)
        seen[what] = seen.get(what, 0) + 1
    assert set(seen) == {"killed", "torn", "lost", "alone"}
    assert min(seen.values()) > 6 * COUNT


BATCHES = PROGRAM.replace("        journal.commit()\n", "").replace(
    "    os.write(told", "    if n % 2: continue\n    journal.commit()\n    os.write(told"
)


def test_a_batch_is_on_the_disk_whole_or_not_at_all(shim: Path, tmp_path: Path) -> None:
    """Two events a commit: at no boundary is one of them there without the other."""
    folder = tmp_path / "traced"
    folder.mkdir()
    assert disk.run(BATCHES, folder, shim, trace=tmp_path / "trace") == 0
    counts = set()
    for _, _, files, acknowledged in disk.disks(disk.steps(tmp_path / "trace", folder)):
        keys = opened(disk.lay(tmp_path / "club", files))
        assert len(keys) % 2 == 0 and len(keys) >= 2 * len(acknowledged.split())
        counts.add(len(keys))
    assert counts == set(range(0, COUNT + 1, 2))


def test_the_rebuilt_disks_would_show_a_missing_sync(
    calls: list[disk.Step], tmp_path: Path
) -> None:
    """Without the log's syncs a power cut must lose acknowledged events: the test can fail."""
    unsynced = [step for step in calls if (step.kind, step.name) != ("s", "journal.db-wal")]
    missed = 0
    for what, _, files, acknowledged in disk.disks(unsynced):
        if what == "lost":
            try:
                missed += not good(opened(disk.lay(tmp_path / "club", files)), acknowledged)
            except JournalError as error:
                assert error.seq is not None  # the witness names what is gone
                missed += 1
    assert missed > 0


@pytest.mark.slow
@pytest.mark.parametrize("how", ["kill", "tear"])
def test_a_process_killed_at_every_boundary_and_started_again(
    shim: Path, calls: list[disk.Step], tmp_path: Path, how: str
) -> None:
    """Real kill -9; the same commands with the same keys are then given again."""
    for boundary in range(1, len(calls) + 1, 1 if how == "kill" else 3):
        folder = tmp_path / str(boundary)
        folder.mkdir()
        assert disk.run(PROGRAM, folder, shim, **{how: boundary}) == -9
        told = folder / "acknowledged"
        acknowledged = told.read_bytes() if told.exists() else b""
        if how == "tear":  # the line that was torn was never told
            acknowledged = b" ".join(acknowledged.split(b" ")[:-1])
        copy = tmp_path / "copy"
        shutil.copytree(folder, copy)
        assert good(opened(copy), acknowledged), boundary
        shutil.rmtree(copy)
        assert disk.run(PROGRAM, folder) == 0
        assert opened(folder) == [f"k{n}" for n in range(1, COUNT + 1)], boundary
        shutil.rmtree(folder)


# --- delivery against payment ---------------------------------------------------------------------

SETTLING = f"""
import os, sys
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parent)!r})
import day
from monazite.club.storage import SqliteStorage
folder = Path(sys.argv[1])
club = day.Day(SqliteStorage(folder))
told = os.open(folder / "acknowledged", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
def acknowledged(type, **ask):
    os.write(told, b"%d " % day.Day.__call__(club, type, **ask).seq)
class Told(day.Day):
    __call__ = staticmethod(acknowledged)
club.__class__ = Told
club.published()
club.fund("buyer", "other")
club.desk.snapshot()
club.fund("seller", "second")
club.desk.snapshot()
club("settlement_delivered", auction="A")
club("settlement_final", auction="A")
club.desk.close()
"""


def test_delivery_is_both_sides_or_none_wherever_the_day_is_cut(shim: Path, tmp_path: Path) -> None:
    """At every boundary of settling the state is that after a whole number of commands."""
    base, folder = tmp_path, tmp_path / "traced"
    folder.mkdir()
    assert disk.run(SETTLING, folder, shim, trace=base / "trace") == 0
    with Desk.open(folder, clear=CLEAR) as desk:
        state, states, begun = State(), [], 0
        for event in desk.journal.verify():
            apply(state, event)
            states.append(state.text())
            begun = event.seq if event.type == "auction_published" else begun
    delivered, snapshots = 0, set()
    for what, count, files, acknowledged in disk.disks(disk.steps(base / "trace", folder)):
        told = len(acknowledged.split())
        if told < begun:
            continue
        with Desk.open(disk.lay(tmp_path / "club", files), clear=CLEAR) as desk:
            assert desk.journal.seq in (told, told + 1), (what, count)
            assert desk.state.text() == states[desk.journal.seq - 1]
            assert desk.start.warnings == ()
            snapshots.add(desk.start.events - desk.start.folded)
            assert set(totals(desk.state.balances).values()) == {0}
            got = desk.state.balances["free/buyer"].get("oxide", 0)
            paid = desk.state.balances["free/seller"]["$"] > 20_000 * 10**6
            assert (got == 300) == paid
            delivered += paid
    assert delivered > 10 and len(snapshots) == 3  # none, the first, the second


# --- lots and contracts ---------------------------------------------------------------------------

TRADING = (
    SETTLING[: SETTLING.index("club.published()")]
    + f"""
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_filed import DIFFERENCE, OFFTAKE
from test_register import lot
club.found()
club.money(seller=40_000, second=20_000, buyer=60_000, other=20_000, works=9_000)
club.metal(seller=250, second=150)
club("lots_registered", lots=[lot("L1", "seller", 300)], sales=[])
club("needs_filed", member="buyer", country="USA", uses=[], needs=[["dfars_step", "always"]])
club("contract_filed", contract="K", terms=OFFTAKE)
club("contract_filed", contract="D", terms=DIFFERENCE)
club.open()
club("contract_called", contract="K", auction="A", kg=200, make_up=False)
club("contract_called", contract="D", auction="A", kg=70, make_up=False)
club.order("b1", "buyer", "bid", 3, 120)
club.order("o1", "other", "bid", 1, 110)
club.order("s1", "seller", "ask", 3, 90, lot="L1")
club.order("s2", "second", "ask", 2, 95)
club("auction_closed", auction="A")
club("auction_cleared", auction="A", secret=day.SECRET)
club("auction_published", auction="A", deadline=day.LATE)
club.desk.snapshot()
club.fund("seller", "second", "buyer", "other")
club("settlement_delivered", auction="A")
club("settlement_final", auction="A")
club.desk.close()
"""
)


def test_title_contracts_and_money_move_together_wherever_the_day_is_cut(
    shim: Path, tmp_path: Path
) -> None:
    """At every boundary the state is that after a whole number of commands, and the same commands
    with the same keys, given again, end where the day would have ended."""
    folder = tmp_path / "traced"
    folder.mkdir()
    assert disk.run(TRADING, folder, shim, trace=tmp_path / "trace") == 0
    with Desk.open(folder, clear=CLEAR) as desk:
        events = list(desk.journal.verify())
    state, states = State(), []
    for event in events:
        apply(state, event)
        states.append(state.text())
    begun = next(event.seq for event in events if event.type == "lots_registered")
    seen, last = set(), -1
    for what, count, files, acknowledged in disk.disks(disk.steps(tmp_path / "trace", folder)):
        told = len(acknowledged.split())
        if told + 1 < begun:
            continue
        with Desk.open(disk.lay(tmp_path / "club", files), clear=CLEAR) as desk:
            at = desk.journal.seq
            assert at in (told, told + 1), (what, count)
            assert desk.state.text() == states[at - 1]
            assert set(totals(desk.state.balances).values()) == {0}
            owns = desk.state.balances.get("free/buyer", {})
            assert owns.get("lot/L1", 0) in (0, 250)
            assert (owns.get("lot/L1") == 250) == (owns.get("oxide") == 300)
            seen.add((what, at))
            if at == last:
                continue
            last = at  # once an event: the whole day again, with the same keys
            for event in events:
                desk.clock = lambda event=event: event.time
                receipt = desk.do(event.type, event.key, event.ask)
                assert receipt.again == (event.seq <= at) and receipt.hash == event.hash
            assert desk.state.text() == states[-1]
    assert {at for _, at in seen} >= set(range(begun, len(events) + 1))
    assert {what for what, _ in seen} == {"killed", "torn", "lost", "alone"}


# --- a full disk ----------------------------------------------------------------------------------


def note(journal: Journal, number: int) -> None:
    text = "x" * 3000
    journal.add(
        Draft("note", f"k{number}", {"n": number, "text": text}, {}), f"2026-11-22T10:{number:04}"
    )
    journal.commit()


def test_a_full_database_refuses_and_keeps_what_it_has(tmp_path: Path) -> None:
    storage = SqliteStorage(tmp_path, pages=12)
    journal = Journal(storage)
    with pytest.raises(JournalError, match="disk is full: nothing was written"):
        for number in range(1, 100):
            note(journal, number)
    kept = journal.seq - 1
    assert kept > 2
    with pytest.raises(JournalError, match="last write failed"):
        note(journal, 100)
    storage.close()
    assert opened(tmp_path) == [f"k{n}" for n in range(1, kept + 1)]
    journal = Journal(SqliteStorage(tmp_path))  # room was made
    note(journal, kept + 1)
    journal.storage.close()
    assert len(opened(tmp_path)) == kept + 1


# the first failure ends the day, as a service would end it
FULL = f"""
import os, sys, sqlite3
from monazite.errors import JournalError
try:
    exec({PROGRAM!r})
except (JournalError, OSError) as error:
    assert "full" in str(error) or "No space" in str(error) or "I/O" in str(error), error
    os._exit(0)
"""


def test_a_disk_that_fills_up_at_any_write(
    shim: Path, calls: list[disk.Step], tmp_path: Path
) -> None:
    """From some write on no file can grow: ENOSPC. What was acknowledged stays, once."""
    first = next(at for at, step in enumerate(calls) if step.name == "acknowledged")
    for boundary in range(first, len(calls), 4):
        folder = tmp_path / str(boundary)
        folder.mkdir()
        assert disk.run(FULL, folder, shim, full=boundary) == 0
        acknowledged = (folder / "acknowledged").read_bytes()
        assert good(opened(folder), acknowledged), boundary
        shutil.rmtree(folder)


def test_a_storage_that_fails_leaves_nothing_half_done(tmp_path: Path) -> None:
    class Failing(SqliteStorage):
        def append(self, events: object) -> None:
            raise OSError(28, "No space left on device")

    journal = Journal(Failing(tmp_path))
    with pytest.raises(OSError, match="No space"):
        note(journal, 1)
    with pytest.raises(JournalError, match="last write failed"):
        note(journal, 1)
    journal.storage.close()
    assert opened(tmp_path) == []


# --- damage ---------------------------------------------------------------------------------------


@pytest.fixture
def crashed(calls: list[disk.Step], tmp_path: Path) -> dict[str, bytes]:
    """The files after kill -9 behind the last acknowledgement: everything is still in the log."""
    last = max(at for at, step in enumerate(calls) if step.name == "acknowledged")
    return [files for _, count, files, _ in disk.disks(calls) if count <= last][-1]


@pytest.fixture
def closed(calls: list[disk.Step], tmp_path: Path) -> dict[str, bytes]:
    """The files after a clean end: everything is in the database."""
    return [files for what, _, files, _ in disk.disks(calls) if what == "killed"][-1]


KEYS = [f"k{n}" for n in range(1, COUNT + 1)]


def test_the_two_ends_of_a_day(
    crashed: dict[str, bytes], closed: dict[str, bytes], tmp_path: Path
) -> None:
    assert len(crashed["journal.db-wal"]) > COUNT * 3000 and "journal.db-wal" not in closed
    for files in (crashed, closed):
        assert opened(disk.lay(tmp_path / "club", files)) == KEYS


def refused(folder: Path) -> JournalError | None:
    """The journal opens with every event, or says why not: never with fewer in silence."""
    try:
        assert opened(folder) == KEYS
    except JournalError as error:
        return error
    return None


@pytest.mark.parametrize("name", ["journal.db", "journal.db-wal", "witness"])
def test_a_file_cut_short_is_noticed(
    crashed: dict[str, bytes], closed: dict[str, bytes], tmp_path: Path, name: str
) -> None:
    files = crashed if name in crashed and name != "journal.db" else closed
    whole, found = files[name], []
    for length in range(0, len(whole), max(1, len(whole) // 40)):
        error = refused(disk.lay(tmp_path / "club", files | {name: whole[:length]}))
        found.append(error is not None)
    # a witness cut short still has its other slot
    assert sum(found) > (0 if name == "witness" else len(found) // 2)


def test_a_log_cut_short_names_what_is_missing(crashed: dict[str, bytes], tmp_path: Path) -> None:
    log = crashed["journal.db-wal"]
    error = refused(disk.lay(tmp_path / "club", crashed | {"journal.db-wal": log[: len(log) - 9]}))
    assert error is not None and error.seq == COUNT
    assert f"events {COUNT} to {COUNT} were acknowledged and are missing" in str(error)
    assert (tmp_path / "club" / "journal.db-wal.found").read_bytes() == log[: len(log) - 9]
    assert refused(tmp_path / "club") is not None  # and again at the next start


@pytest.mark.parametrize("name", ["journal.db", "journal.db-wal", "witness"])
def test_a_flipped_bit_is_noticed_or_does_no_harm(
    crashed: dict[str, bytes], closed: dict[str, bytes], tmp_path: Path, name: str
) -> None:
    files = closed if name == "journal.db" else crashed
    draw, found = random.Random(7), 0
    for _ in range(60):
        content = bytearray(files[name])
        content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
        found += refused(disk.lay(tmp_path / "club", files | {name: bytes(content)})) is not None
    assert found >= (0 if name == "witness" else 20)


@pytest.mark.parametrize("seq", [1, 3, COUNT])
def test_a_flipped_bit_in_an_event_names_it(
    closed: dict[str, bytes], tmp_path: Path, seq: int
) -> None:
    content = bytearray(closed["journal.db"])
    mark = b'{"ask":{"n":' + str(seq).encode()
    assert content.count(mark) == 1
    content[content.index(mark) + len(mark) + 30] ^= 1
    error = refused(disk.lay(tmp_path / "club", closed | {"journal.db": bytes(content)}))
    assert error is not None and error.seq == seq
    assert f"event {seq} does not fit its hash" in str(error)


@pytest.mark.parametrize("name", ["journal.db", "journal.db-wal"])
def test_what_is_proved_can_be_rescued_and_the_files_stay(
    crashed: dict[str, bytes], closed: dict[str, bytes], tmp_path: Path, name: str
) -> None:
    files = crashed if name == "journal.db-wal" else closed
    whole, counts = files[name], set()
    for length in range(len(whole), 0, -len(whole) // 30):
        folder = disk.lay(tmp_path / "club", files | {name: whole[:length]})
        found = [event.key for event in rescued(folder)]
        assert found == KEYS[: len(found)]
        counts.add(len(found))
        assert {p.name: p.read_bytes() for p in folder.iterdir()} == files | {name: whole[:length]}
    assert counts >= {COUNT, 0} and len(counts) > 2


def test_an_older_copy_of_the_database_is_noticed(
    calls: list[disk.Step], closed: dict[str, bytes], tmp_path: Path
) -> None:
    storage = SqliteStorage(disk.lay(tmp_path / "club", closed))
    note(Journal(storage), COUNT + 1)
    storage.close()
    (tmp_path / "club" / "journal.db").write_bytes(closed["journal.db"])
    error = refused(tmp_path / "club")
    assert error is not None and error.seq == COUNT + 1


def test_a_lost_witness_is_noticed(closed: dict[str, bytes], tmp_path: Path) -> None:
    folder = disk.lay(tmp_path / "club", closed)
    (folder / "witness").unlink()
    for _ in range(2):
        error = refused(folder)
        assert error is not None and "names no event" in str(error)


def test_an_exchanged_journal_is_noticed(closed: dict[str, bytes], tmp_path: Path) -> None:
    other = SqliteStorage(tmp_path / "other")
    journal = Journal(other)
    for number in range(1, COUNT + 1):
        note(journal, number)
    other.close()
    files = closed | {"journal.db": (tmp_path / "other" / "journal.db").read_bytes()}
    with pytest.raises(JournalError, match="the journal was exchanged"):
        storage = SqliteStorage(disk.lay(tmp_path / "club", files))
        try:
            storage.check()
        finally:
            storage.close()


def test_a_broken_index_cannot_let_a_key_in_twice(tmp_path: Path) -> None:
    """The unique index is proved on start, since keys are looked up in it."""
    storage = SqliteStorage(tmp_path)
    journal = Journal(storage)
    for number in range(1, 4):
        note(journal, number)
    storage.close()
    content = bytearray((tmp_path / "journal.db").read_bytes())
    at = content.index(b"k2\x02")  # the index entry: key, then row number
    content[at + 1 : at + 2] = b"9"
    (tmp_path / "journal.db").write_bytes(bytes(content))
    with pytest.raises(JournalError, match="is damaged"):
        opened(tmp_path)

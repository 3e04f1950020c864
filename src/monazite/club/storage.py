"""Where do events rest? A small interface, and SQLite behind it.

What `append` has returned from is on the disk. In SQLite that takes two syncs: the commit (WAL,
``synchronous=FULL``), then the witness, a small file that names the last event. SQLite itself drops
a damaged end of its log without a word; with the witness, what was acknowledged and is gone is
missed and named.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from monazite.club.canonical import digest
from monazite.club.event import NOTHING, Event
from monazite.errors import JournalError
from monazite.messages import say


@dataclass(frozen=True)
class Snapshot:
    """The state after event ``seq`` as canonical JSON, made by version ``fold`` of the fold."""

    seq: int
    hash: str
    fold: int
    state: str
    digest: str

    @property
    def whole(self) -> bool:
        """Is the state still the one that was stored?"""
        return digest(self.state) == self.digest


class AbstractStorage(ABC):
    """Keeps rows in the order of their numbers; knows nothing of what they mean."""

    @abstractmethod
    def append(self, rows: Sequence[Event]) -> None:
        """Store all `rows` or none; durable on return. Raises JournalError, or OSError."""

    @abstractmethod
    def rows(self, after: int = 0) -> Iterator[Event]:
        """The rows behind number `after`, in order. Raises JournalError where one is unreadable."""

    @abstractmethod
    def find(self, key: str) -> Event | None:
        """The row of an idempotency key."""

    @abstractmethod
    def at(self, seq: int) -> Event | None:
        """The row of a number."""

    @abstractmethod
    def last(self) -> Event | None:
        """The row of the highest number."""

    @abstractmethod
    def check(self, *, whole: bool = True) -> None:
        """Raise JournalError where acknowledged rows are missing or the container is damaged.

        Without `whole` what takes time with the number of rows is left out.
        """

    @abstractmethod
    def snapshots(self) -> list[Snapshot]:
        """Snapshots kept, the newest first."""

    @abstractmethod
    def keep(self, snapshot: Snapshot) -> None:
        """Store a snapshot; the oldest beyond two go."""

    @abstractmethod
    def close(self) -> None:
        """Let go of files and locks."""


# --- memory ---------------------------------------------------------------------------------------


class MemoryStorage(AbstractStorage):
    """Rows in a list, for trials; gone with the process."""

    def __init__(self) -> None:
        self._rows: list[Event] = []
        self._keys: dict[str, Event] = {}
        self._snapshots: list[Snapshot] = []

    def append(self, rows: Sequence[Event]) -> None:
        self._rows.extend(rows)
        self._keys.update((row.key, row) for row in rows)

    def rows(self, after: int = 0) -> Iterator[Event]:
        return iter(self._rows[after:])

    def find(self, key: str) -> Event | None:
        return self._keys.get(key)

    def at(self, seq: int) -> Event | None:
        return self._rows[seq - 1] if 0 < seq <= len(self._rows) else None

    def last(self) -> Event | None:
        return self._rows[-1] if self._rows else None

    def check(self, *, whole: bool = True) -> None:
        return None

    def snapshots(self) -> list[Snapshot]:
        return list(self._snapshots)

    def keep(self, snapshot: Snapshot) -> None:
        self._snapshots = [snapshot, *self._snapshots][:2]

    def close(self) -> None:
        return None


# --- the witness ----------------------------------------------------------------------------------

SECTOR = 4096


class Witness:
    """A file that names the last acknowledged event: two slots a sector apart, written in turn.

    A slot torn by a crash leaves the other one whole. The file has its full size from the start, so
    a full disk cannot stop it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._turn = 0
        fresh = not path.exists()
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)
        if fresh:
            os.write(self._file, b"\0" * 2 * SECTOR)
            _sync(self._file)
            _sync_folder(path.parent)

    def last(self) -> tuple[int, str] | None:
        """Number and hash of the event named, None where no slot is whole."""
        os.lseek(self._file, 0, os.SEEK_SET)
        found = os.read(self._file, 2 * SECTOR)
        slots = [_slot(found[at : at + SECTOR]) for at in (0, SECTOR)]
        whole = [(slot, turn) for turn, slot in enumerate(slots) if slot is not None]
        if not whole:
            return None
        newest, turn = max(whole)
        self._turn = 1 - turn
        return newest

    def name(self, seq: int, hash: str) -> None:
        """Name an event and return when that is on the disk."""
        words = f"{seq} {hash}"
        os.lseek(self._file, self._turn * SECTOR, os.SEEK_SET)
        os.write(self._file, f"{words} {digest(words)}\n".ljust(256).encode())
        _sync(self._file)
        self._turn = 1 - self._turn

    def close(self) -> None:
        os.close(self._file)


def _slot(raw: bytes) -> tuple[int, str] | None:
    words = raw.split(b"\n")[0].decode("ascii", "replace").split(" ")
    if len(words) != 3 or digest(" ".join(words[:2])) != words[2]:
        return None
    return int(words[0]), words[1]


def _sync(handle: int) -> None:
    """Return when the file is on the disk; a Mac's fsync would stop at the drive's own memory."""
    if sys.platform == "darwin":
        import fcntl

        fcntl.fcntl(handle, fcntl.F_FULLFSYNC)
    else:
        os.fsync(handle)


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# --- SQLite ---------------------------------------------------------------------------------------

SCHEMA = """
CREATE TABLE IF NOT EXISTS events(
  seq INTEGER PRIMARY KEY, time TEXT NOT NULL, type TEXT NOT NULL, key TEXT NOT NULL UNIQUE,
  body TEXT NOT NULL, hash TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS snapshots(
  seq INTEGER PRIMARY KEY, hash TEXT NOT NULL, fold INTEGER NOT NULL, state TEXT NOT NULL,
  digest TEXT NOT NULL);
CREATE TRIGGER IF NOT EXISTS events_stay BEFORE UPDATE ON events
  BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER IF NOT EXISTS events_remain BEFORE DELETE ON events
  BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;
"""
COLUMNS = "seq, time, type, key, body, hash"
WAIT = 5.0  # seconds for another process to finish
BATCH = 2000  # rows read at a time


class SqliteStorage(AbstractStorage):
    """``journal.db`` and ``witness`` in a folder, held by one process at a time."""

    def __init__(self, folder: Path, *, pages: int | None = None) -> None:
        """Open or create; `pages` limits the size of the database, for tests of a full disk."""
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "journal.db"
        fresh = not _found(self.path).exists()
        self._kept = _keep_log(self.path)
        self._base = sqlite3.connect(self.path, timeout=WAIT, isolation_level=None)
        self._witness: Witness | None = None
        try:
            with self._told():
                try:
                    self._prepare(pages)
                except sqlite3.OperationalError as error:
                    if fresh and self._kept is not None and _busy(error):
                        self._kept.unlink()  # not left by a crash: its writer is at work
                    raise
            self._witness = Witness(folder / "witness")
            if self.last() is None and self._witness.last() is None:
                self._witness.name(0, NOTHING)
        except BaseException:
            self.close()
            raise

    def _prepare(self, pages: int | None) -> None:
        run = self._base.execute
        run("PRAGMA locking_mode=EXCLUSIVE")
        run("PRAGMA journal_mode=WAL")
        run("PRAGMA synchronous=FULL")
        run("PRAGMA fullfsync=ON")  # for a Mac; no other system knows it
        run("PRAGMA cell_size_check=ON")
        if pages is not None:
            run(f"PRAGMA max_page_count={int(pages)}")
        run("BEGIN IMMEDIATE")
        for statement in SCHEMA.split(";\nCREATE"):
            run(statement if statement.lstrip().startswith("CREATE") else f"CREATE{statement}")
        run("COMMIT")

    def append(self, rows: Sequence[Event]) -> None:
        values = [(r.seq, r.time, r.type, r.key, r.body, r.hash) for r in rows]
        with self._told():
            self._base.execute("BEGIN IMMEDIATE")
            try:
                self._base.executemany("INSERT INTO events VALUES(?,?,?,?,?,?)", values)
                self._base.execute("COMMIT")
            except BaseException:
                if self._base.in_transaction:
                    self._base.execute("ROLLBACK")
                raise
        assert self._witness is not None
        self._witness.name(rows[-1].seq, rows[-1].hash)

    def rows(self, after: int = 0) -> Iterator[Event]:
        count = BATCH
        while True:
            try:
                found = self._behind(after, count)
            except JournalError:
                if count == 1:
                    raise
                count = 1  # which row is it that cannot be read?
                continue
            if not found:
                return
            yield from found
            after = found[-1].seq

    def _behind(self, after: int, count: int) -> list[Event]:
        query = f"SELECT {COLUMNS} FROM events WHERE seq > ? ORDER BY seq LIMIT ?"
        with self._told(after):
            return [Event(*one) for one in self._base.execute(query, (after, count))]

    def find(self, key: str) -> Event | None:
        return self._one("WHERE key = ?", key)

    def at(self, seq: int) -> Event | None:
        return self._one("WHERE seq = ?", seq)

    def last(self) -> Event | None:
        return self._one("ORDER BY seq DESC LIMIT 1")

    def _one(self, where: str, *values: str | int) -> Event | None:
        with self._told():
            found = self._base.execute(f"SELECT {COLUMNS} FROM events {where}", values).fetchone()
        return None if found is None else Event(*found)

    def check(self, *, whole: bool = True) -> None:
        """The witness against the last event, then the database's own structure and indexes."""
        self._check_witness()
        if whole:
            with self._told():
                found = [one for (one,) in self._base.execute("PRAGMA integrity_check(1)")]
            if found != ["ok"]:
                told = say("club.journal.damaged", file=self.path, reason=found[0])
                raise JournalError(told, damaged=True)
        if self._kept is not None:
            self._kept.unlink()
            self._kept = None

    def _check_witness(self) -> None:
        assert self._witness is not None
        last, named, path = self.last(), self._witness.last(), self._witness.path
        seq, hash = (0, NOTHING) if last is None else (last.seq, last.hash)
        if named is None:
            told = say("club.journal.no_witness", file=path, last=seq)
            raise JournalError(told, damaged=True)
        if named[0] > seq:
            kept = self._kept or self.path
            told = say("club.journal.missing", first=seq + 1, last=named[0], file=path, kept=kept)
            raise JournalError(told, seq=seq + 1)
        found = self.at(named[0])
        if named[0] and (found is None or found.hash != named[1]):
            told = say("club.journal.other_witness", seq=named[0], file=path)
            raise JournalError(told, seq=named[0])
        if named[0] < seq:  # stored whole, but a crash came before the witness
            self._witness.name(seq, hash)

    def snapshots(self) -> list[Snapshot]:
        with self._told():
            found = self._base.execute(
                "SELECT seq, hash, fold, state, digest FROM snapshots ORDER BY seq DESC"
            ).fetchall()
        return [Snapshot(*one) for one in found]

    def keep(self, snapshot: Snapshot) -> None:
        given = (snapshot.seq, snapshot.hash, snapshot.fold, snapshot.state, snapshot.digest)
        with self._told():
            self._base.execute("BEGIN IMMEDIATE")
            self._base.execute("INSERT OR REPLACE INTO snapshots VALUES(?,?,?,?,?)", given)
            self._base.execute(
                "DELETE FROM snapshots WHERE seq NOT IN "
                "(SELECT seq FROM snapshots ORDER BY seq DESC LIMIT 2)"
            )
            self._base.execute("COMMIT")

    def close(self) -> None:
        self._base.close()
        if self._witness is not None:
            self._witness.close()
            self._witness = None

    @contextmanager
    def _told(self, after: int | None = None) -> Iterator[None]:
        """Tell SQLite's errors in our words; `after` is the last event read so far."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise _told(error, self.path, after) from error


def _told(error: sqlite3.DatabaseError, path: Path, after: int | None) -> JournalError:
    name = str(getattr(error, "sqlite_errorname", ""))
    if _busy(error):
        return JournalError(say("club.journal.busy", file=path))
    if name.startswith("SQLITE_FULL"):
        return JournalError(say("club.journal.full", file=path))
    if after is not None:
        told = say("club.journal.unreadable", seq=after + 1, file=path, reason=error)
        return JournalError(told, seq=after + 1)
    return JournalError(say("club.journal.damaged", file=path, reason=error), damaged=True)


def _busy(error: sqlite3.Error) -> bool:
    name = str(getattr(error, "sqlite_errorname", ""))
    return name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


def _found(path: Path) -> Path:
    """Where a log found at the start is kept."""
    return path.with_name(f"{path.name}-wal.found")


def _keep_log(path: Path) -> Path | None:
    """Copy a log left by a crash, since SQLite rewrites it on opening; gone once all is proved."""
    log, kept = path.with_name(f"{path.name}-wal"), _found(path)
    if kept.exists():
        return kept
    if not log.exists() or not log.stat().st_size:
        return None
    shutil.copyfile(log, kept)
    return kept


class Rescue:
    """The rows of a damaged journal, read from a copy; the folder itself is left as it is."""

    def __init__(self, folder: Path) -> None:
        self._scratch = tempfile.TemporaryDirectory(prefix="monazite-")
        self.path = Path(self._scratch.name) / "journal.db"
        shutil.copyfile(folder / "journal.db", self.path)
        for name in ("journal.db-wal.found", "journal.db-wal"):
            if (folder / name).is_file():
                shutil.copyfile(folder / name, self.path.with_name("journal.db-wal"))
                break
        self._base = sqlite3.connect(self.path, isolation_level=None)

    def rows(self, after: int = 0) -> Iterator[Event]:
        """The rows behind number `after` up to the first that cannot be read."""
        query = f"SELECT {COLUMNS} FROM events WHERE seq > ? ORDER BY seq LIMIT 1"
        try:
            self._base.execute("PRAGMA writable_schema=ON")  # reads a file that was cut short
            while found := self._base.execute(query, (after,)).fetchone():
                yield Event(*found)
                after = found[0]
        except sqlite3.DatabaseError:
            return

    def close(self) -> None:
        """Remove the copy."""
        self._base.close()
        self._scratch.cleanup()

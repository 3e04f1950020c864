"""How fast does the club's journal acknowledge, and how soon does it start again?

    python benchmarks/club_journal.py                   a million events
    python benchmarks/club_journal.py --events 100000
    python benchmarks/club_journal.py --smoke           a few events, untimed

Appending: the same bank transfer again and again, decided, chained, stored and acknowledged. Beside
it a plain loop that inserts rows of the same size into SQLite with the same settings. Starting: a
day of amended orders, every event proved and the database checked, without and with a snapshot;
beside it a plain loop that reads the same rows and parses their JSON. Appending waits for the disk
and is told in wall-clock seconds, starting in processor seconds.
"""

from __future__ import annotations

import argparse
import os
import resource
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

USD = 1_000_000
MEMBERS, ORDERS, BATCH = 100, 20_000, 1_000
SYNCED = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA locking_mode=EXCLUSIVE"


def clock() -> Callable[[], str]:
    """A clock that gains a microsecond every time it is read."""
    tick = count()

    def read() -> str:
        seconds, micro = divmod(next(tick), 1_000_000)
        minutes, second = divmod(seconds, 60)
        return f"2026-11-22T{minutes // 60:02}:{minutes % 60:02}:{second:02}.{micro:06}Z"

    return read


def nothing_to_clear(book: Any, rules: Any) -> Any:
    """No auction is cleared here."""
    raise AssertionError


def desk_in(folder: Path) -> Any:
    """A club of a hundred members with money and an open auction of one product."""
    from monazite.club.canonical import digest
    from monazite.club.desk import Asked, Desk
    from monazite.club.storage import SqliteStorage

    desk = Desk(SqliteStorage(folder), clear=nothing_to_clear, clock=clock())
    product = {"id": "oxide", "material": "oxide", "place": "FRA", "reference": 110 * USD}
    asked = [("club_founded", {"name": "Benchmark"})]
    for n in range(MEMBERS):
        asked.append(("member_added", {"member": f"m{n}", "group": f"g{n}", "name": ""}))
        asked.append(("money_in", {"member": f"m{n}", "uusd": 10**15, "note": ""}))
    draft = {
        "auction": "A",
        "book": {"auction": "A", "products": [product]},
        "rules": {"version": "1", "commitment": digest("x")},
        "terms": {"bid_ppm": 100_000, "ask_ppm": 100_000, "backed": False},
    }
    asked += [("auction_drafted", draft), ("auction_opened", {"auction": "A", "closes": None})]
    done = desk.do_all(Asked(type, f"k{n}", ask) for n, (type, ask) in enumerate(asked))
    assert all(hasattr(one, "seq") for one in done), done
    return desk


# --- appending ------------------------------------------------------------------------------------


def transfers(size: int) -> Iterator[Any]:
    """Bank transfers with a key each."""
    from monazite.club.desk import Asked

    for n in range(size):
        yield Asked("money_in", f"wire {n}", {"member": f"m{n % MEMBERS}", "uusd": 5, "note": ""})


def append(folder: Path, size: int, batch: int) -> float:
    """Seconds to acknowledge `size` transfers, `batch` at a time."""
    desk = desk_in(folder)
    asked = list(transfers(size))
    begun = perf_counter()
    for at in range(0, size, batch):
        desk.do_all(asked[at : at + batch])
    spent = perf_counter() - begun
    desk.close()
    return spent


def plain_append(folder: Path, size: int, batch: int) -> float:
    """Seconds of a plain loop with rows of the same size."""
    base = sqlite3.connect(folder / "plain.db", isolation_level=None)
    for pragma in SYNCED.split(";"):
        base.execute(pragma)
    base.execute(
        "CREATE TABLE events(seq INTEGER PRIMARY KEY, time, type, key TEXT UNIQUE, body, hash)"
    )
    body = '{"ask":{"member":"m10","note":"","uusd":5},"found":{"postings":[["outside","$",-5],'
    body += '["free/m10","$",5]]}}'
    begun = perf_counter()
    for at in range(0, size, batch):
        base.execute("BEGIN")
        for n in range(at, min(at + batch, size)):
            row = (n, "2026-11-22T09:00:00.000000Z", "money_in", f"wire {n}", body, "0" * 64)
            base.execute("INSERT INTO events VALUES(?,?,?,?,?,?)", row)
        base.execute("COMMIT")
    spent = perf_counter() - begun
    base.close()
    return spent


# --- starting -------------------------------------------------------------------------------------


def fill(desk: Any, events: int) -> None:
    """Orders entered and amended, as their checks would find them, a thousand a commit."""
    from monazite.club.event import Draft
    from monazite.club.ledger import MONEY, balance, free, held, move
    from monazite.club.state import apply

    for n in range(desk.journal.seq, events):
        order, member = f"o{n % ORDERS}", f"m{n % ORDERS % MEMBERS}"
        lots, limit = 1 + n % 7, (90 + n % 40) * USD
        need = lots * limit // 10
        entry = {"id": order, "limit": limit, "lots": lots, "member": member, "product": "oxide"}
        account = held("A", member, order)
        more = need - balance(desk.state.balances, account)
        found = {
            "group": f"g{n % ORDERS % MEMBERS}",
            "pledge": {MONEY: need},
            "postings": move(MONEY, more, free(member), account),
        }
        ask = {"auction": "A", "kind": "orders", "entry": entry | {"side": "bid"}}
        event = desk.journal.add(Draft("order_placed", f"n{n}", ask, found), desk.clock())
        apply(desk.state, event)
        if n % BATCH == BATCH - 1:
            desk.journal.commit()
    desk.journal.commit()


def start(folder: Path) -> tuple[float, Any]:
    """Seconds to open a club, and what the start found."""
    from monazite.club.desk import Desk

    begun = process_time()
    desk = Desk.open(folder, clear=nothing_to_clear)
    spent = process_time() - begun
    return spent, desk


def plain_read(folder: Path) -> float:
    """Seconds of a plain loop that reads every row and parses its JSON."""
    import json

    base = sqlite3.connect(folder / "journal.db")
    begun = process_time()
    for (body,) in base.execute("SELECT body FROM events ORDER BY seq"):
        json.loads(body)
    spent = process_time() - begun
    base.close()
    return spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--appends", type=int, default=5_000)
    parser.add_argument("--folder", type=Path, help="on the disk to be measured")
    parser.add_argument("--smoke", action="store_true", help="a few events, untimed")
    given = parser.parse_args()
    events, appends = (2_000, 20) if given.smoke else (given.events, given.appends)
    with tempfile.TemporaryDirectory(dir=given.folder) as scratch:
        base = Path(scratch)
        measure_appends(base, appends, timed=not given.smoke)
        measure_starts(base, events, timed=not given.smoke)


def measure_appends(base: Path, size: int, *, timed: bool) -> None:
    print(f"{'appending':<28} {'per second':>11} {'plain loop':>11} {'ratio':>6}")
    for batch in (1, 100, 1_000):
        ours = append(base / f"append{batch}", size, batch)
        (base / f"plain{batch}").mkdir()
        plain = plain_append(base / f"plain{batch}", size, batch)
        if timed:
            told = f"{size / ours:>11,.0f} {size / plain:>11,.0f} {ours / plain:>6.1f}"
            print(f"{f'{batch} at a time':<28} {told}")


def measure_starts(base: Path, events: int, *, timed: bool) -> None:
    folder = base / "starts"
    desk = desk_in(folder)
    fill(desk, events)
    text = desk.state.text()
    desk.storage.close()
    size = os.path.getsize(folder / "journal.db") / 2**20
    cold, desk = start(folder)
    assert (desk.start.events, desk.start.folded) == (events, events)
    assert desk.state.text() == text
    begun = process_time()
    desk.snapshot()
    kept = process_time() - begun
    fill(desk, events + 1_000)
    text = desk.state.text()
    desk.storage.close()
    warm, desk = start(folder)
    assert desk.start.folded == 1_000 and desk.state.text() == text
    desk.storage.close()
    plain = plain_read(folder)
    if timed:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"\nstarting with {events:,} events, {size:,.0f} MB")
        print(f"  every event proved and folded      {cold:8.1f} s   {cold / plain:5.1f} x")
        print(f"  every event proved, snapshot       {warm:8.1f} s   {warm / plain:5.1f} x")
        print(f"  taking the snapshot                {kept:8.1f} s")
        print(f"  plain loop over the same rows      {plain:8.1f} s")
        print(f"  peak memory {peak:,.0f} MB")


if __name__ == "__main__":
    main()

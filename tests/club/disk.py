"""What would the disk hold had the power failed here? A shim traces or stops a process's writes.

`traced` records every write, cut and sync of a folder; `disks` then builds, for every boundary,
what may be found afterwards: all that was written (kill -9), the last write torn, what was not yet
synced lost (power cut), and the last unsynced write on the disk without those before it.
"""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import monazite

SHIM = Path(__file__).with_name("disk_shim.c")
SOURCE = Path(monazite.__file__).parent.parent


def build_shim(folder: Path) -> Path:
    """The shim as a library; the test is skipped where it cannot be built."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or not sys.platform.startswith("linux"):
        pytest.skip("tracing writes needs Linux and a C compiler")
    library = folder / "shim.so"
    command = [compiler, "-O1", "-shared", "-fPIC", "-o", str(library), str(SHIM), "-ldl"]
    subprocess.run(command, check=True, capture_output=True)
    return library


def run(program: str, folder: Path, shim: Path | None = None, **given: object) -> int:
    """Run a program with the folder as its argument; return its exit status (-9: killed)."""
    extra = {f"SHIM_{name.upper()}": str(value) for name, value in given.items()}
    environment = {**os.environ, "PYTHONPATH": str(SOURCE), **extra}
    if shim is not None:
        environment |= {"LD_PRELOAD": str(shim), "SHIM_FOLDER": str(folder)}
    command = [sys.executable, "-c", program, str(folder)]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True)
    if ran.returncode not in (0, -9):
        raise AssertionError(ran.stderr)
    return ran.returncode


@dataclass(frozen=True)
class Step:
    """One call: w(rite), t(runcate), s(ync) or u(nlink) of a file."""

    kind: str
    name: str
    offset: int
    data: bytes


def steps(trace: Path, folder: Path) -> list[Step]:
    """The calls in order."""
    raw, at, found = trace.read_bytes(), 0, []
    while at < len(raw):
        kind = chr(raw[at])
        (named,) = struct.unpack_from("<q", raw, at + 1)
        path = raw[at + 9 : at + 9 + named].decode()
        offset, length = struct.unpack_from("<qq", raw, at + 9 + named)
        begin = at + 25 + named
        size = length if kind == "w" else 0
        found.append(Step(kind, Path(path).name, offset, raw[begin : begin + size]))
        at = begin + size
    return found


@dataclass
class File:
    """What a file holds for its readers, what is safe, and the writes between the two."""

    now: bytearray = field(default_factory=bytearray)
    safe: bytes = b""
    waiting: list[Step] = field(default_factory=list)

    def take(self, step: Step) -> None:
        if step.kind == "s":
            self.safe, self.waiting = bytes(self.now), []
            return
        apply(self.now, step)
        self.waiting.append(step)


def apply(content: bytearray, step: Step) -> None:
    if step.kind == "t":
        del content[step.offset :]
        content.extend(b"\0" * (step.offset - len(content)))
        return
    content.extend(b"\0" * (step.offset - len(content)))
    content[step.offset : step.offset + len(step.data)] = step.data


def disks(calls: list[Step]) -> Iterator[tuple[str, int, dict[str, bytes], bytes]]:
    """(what happened, after how many calls, the files, the acknowledgements given until then)."""
    files: dict[str, File] = {}
    acknowledged = b""
    for count, step in enumerate(calls, start=1):
        if step.name == "acknowledged":
            acknowledged += step.data
            continue
        if step.kind == "u":
            files.pop(step.name, None)
            left = {name: bytes(one.now) for name, one in files.items()}
            yield "killed", count, left, acknowledged
            continue
        before = {name: bytes(one.now) for name, one in files.items()}
        file = files.setdefault(step.name, File())
        file.take(step)
        yield "killed", count, {name: bytes(one.now) for name, one in files.items()}, acknowledged
        if step.kind != "w":
            continue
        torn = bytearray(before.get(step.name, b""))
        apply(torn, Step("w", step.name, step.offset, step.data[: len(step.data) // 2]))
        yield "torn", count, before | {step.name: bytes(torn)}, acknowledged
        lost = {name: one.safe for name, one in files.items()}
        yield "lost", count, lost, acknowledged
        alone = {}
        for name, one in files.items():
            content = bytearray(one.safe)
            if one.waiting:
                apply(content, one.waiting[-1])
            alone[name] = bytes(content)
        yield "alone", count, alone, acknowledged


def lay(folder: Path, files: dict[str, bytes]) -> Path:
    """Write the files into a fresh folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder

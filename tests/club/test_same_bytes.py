"""Do the same books give the same bytes on this Python and this system as everywhere else?

The digests below were taken on Linux with Python 3.11, 3.12 and 3.13; whoever runs the tests on
another system compares with them. A rule that is changed on purpose changes them.
"""

from __future__ import annotations

import random
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest
from random_books import chain, single

from monazite.club import Rules, clear, verify
from monazite.club.publish import files_of, write

RULES = Rules("1", "seed", premium=2, group_cap_ppm=400_000, parties=2)
BOOKS = "526da8c8b9378b94c1d2b166da3b071bed6bf362b14010c2707df62bd3f88da4"
RESULTS = "d3738977e83f026112714fec3c6d47e5a002490efb67578efb7c954d5a5049c0"
PYTHONS = ("python3.11", "python3.12", "python3.13", "python3.14")


def cleared(seed):
    rng = random.Random(seed)
    return clear(chain(rng) if seed % 3 else single(rng), RULES)


def test_a_hundred_books_clear_to_the_bytes_they_clear_to_everywhere():
    books, results = sha256(), sha256()
    for seed in range(100):
        files = files_of(cleared(seed))
        books.update(files["book.json"].encode())
        results.update(files["result.json"].encode())
    assert books.hexdigest() == BOOKS, "the books drawn here are others: compare nothing"
    assert results.hexdigest() == RESULTS


@pytest.mark.parametrize("python", PYTHONS)
def test_the_checker_alone_proves_and_refutes_on_every_python_at_hand(python, tmp_path):
    found = shutil.which(python)
    if found is None or subprocess.run([found, "-V"], capture_output=True, check=False).returncode:
        pytest.skip(f"no {python} here")
    write(cleared(7), tmp_path)
    command = [found, "-I", "-S", str(Path(verify.__file__)), str(tmp_path)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (told.returncode, told.stdout) == (0, "proved\n")
    text = (tmp_path / "result.json").read_text(encoding="utf-8")
    assert (forged := text.replace('"state":"standing"', '"state":"void"', 1)) != text
    (tmp_path / "result.json").write_text(forged, encoding="utf-8")
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 1 and "1 findings" in told.stdout

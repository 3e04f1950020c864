"""What is published of an auction? Four files that together let anybody check it.

`book.json` and `rules.json` are what came in, `result.json` what came out (the same bytes wherever
it is worked out), `proof.json` the numbers that show it; `verify.py` needs these and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from monazite.club.orders import Clearing
from monazite.club.reading import book_of, book_text, canonical, record_of
from monazite.club.verify import load, verify_texts
from monazite.errors import Fault, InputError, fault

FILES = ("book", "rules", "result", "proof")
Finding = tuple[str, str, Any, Any]


def files_of(clearing: Clearing) -> dict[str, str]:
    """File name -> text of everything that is published."""
    values = map(canonical, (record_of(clearing.rules), clearing.record, clearing.proof))
    named = zip(FILES, (book_text(clearing.book), *values), strict=True)
    return {f"{name}.json": text + "\n" for name, text in named}


def write(clearing: Clearing, folder: Path) -> None:
    """Write the published files into a folder that exists."""
    for name, text in files_of(clearing).items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def findings(path: str | Path) -> list[Finding]:
    """What is wrong with a published result: a folder, or its result.json. Empty: it is proved.

    Raises InputError where a file is missing or is not JSON, or where the book itself has faults.
    """
    given = Path(path)
    folder = given if given.is_dir() else given.parent
    files = {name: folder / f"{name}.json" for name in FILES}
    if not given.is_dir():
        files["result"] = given
    texts, faults = _texts(files)
    if faults:
        raise InputError(faults + _no_json(files, texts))
    try:
        found = verify_texts(*(texts[name] for name in FILES))
    except ValueError as error:
        raise InputError(_no_json(files, texts) or [_fault(files["result"], error)]) from error
    if any(code == "proof" for code, *_ in found):
        book_of(load(texts["book"]))  # tells what is wrong with a book, and where
    return found


def _texts(files: Mapping[str, Path]) -> tuple[dict[str, str], list[Fault]]:
    """The texts of files, and a fault for each that cannot be read."""
    texts, faults = dict[str, str](), list[Fault]()
    for name, file in files.items():
        try:
            texts[name] = file.read_text(encoding="utf-8")
        except OSError:
            faults.append(fault("club_no_published", str(file)))
        except ValueError as error:
            faults.append(_fault(file, error))
    return texts, faults


def _no_json(files: Mapping[str, Path], texts: Mapping[str, str]) -> list[Fault]:
    """A fault for every text that is no JSON, or that two readers could take differently."""
    faults = list[Fault]()
    for name, text in texts.items():
        try:
            load(text)
        except ValueError as error:
            faults.append(_fault(files[name], error))
    return faults


def _fault(file: Path, error: ValueError) -> Fault:
    return fault("club_no_json", str(file), getattr(error, "lineno", 0), told=str(error))

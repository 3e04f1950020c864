"""What is published of an auction? Four files that together let anybody check it.

`book.json` and `rules.json` are what came in, `result.json` what came out (the same bytes wherever
it is worked out), `proof.json` the numbers that show it; `verify.py` needs these and nothing else.
"""

from __future__ import annotations

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
    texts, faults, book = list[str](), list[Fault](), dict[str, Any]()
    for name in FILES:
        file = given if name == "result" and not given.is_dir() else folder / f"{name}.json"
        try:
            texts.append(file.read_text(encoding="utf-8"))
            value = load(texts[-1])
            book = value if name == "book" else book
        except OSError:
            faults.append(fault("club_no_published", str(file)))
        except ValueError as error:
            line = getattr(error, "lineno", 0)
            faults.append(fault("club_no_json", str(file), line, told=str(error)))
    if faults:
        raise InputError(faults)
    book_of(book)
    return verify_texts(*texts)

"""What can be asked from a command line? Each command parses, calls the library once and prints.

One file a topic; a new one is named in TOPICS, in the order of the help. Exit status: 0 answered,
1 no answer may be given, 2 something entered is wrong: one line a fault.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

from monazite.cli.options import app
from monazite.errors import MonaziteError

TOPICS = (
    "scenarios",
    "years",
    "questions",
    "finance",
    "claims",
    "clear",
    "cases",
    "club_demo",
    "club_lots",
    "club_eligibility",
    "club_contracts",
    "club_two_step",
    "club_day",
    "club_receipts",
    "club_lot",
    "club_contract",
)

for _topic in TOPICS:
    import_module(f"monazite.cli.{_topic}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status."""
    try:
        app(arguments, prog_name="monazite")
    except SystemExit as ended:
        return int(ended.code or 0)
    except MonaziteError as error:
        return _refuse(error, error.exit_status)
    except OSError as error:
        return _refuse(error, 1)
    return 0


def _refuse(error: Exception, status: int) -> int:
    sys.stderr.write(f"{error}\n")
    return status

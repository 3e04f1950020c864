"""What can be asked from a command line? Each command parses, calls the library once and prints.

One file a topic; a new one is named in TOPICS, in the order of the help. Exit status: 0 answered,
1 no answer may be given, 2 something entered is wrong: one line a fault.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

from typer.main import get_command

from monazite.cli.options import app
from monazite.cli.usage import UsageError, faults, language_asked, of_system
from monazite.errors import MonaziteError
from monazite.messages import speaking

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
    words = list(sys.argv[1:] if arguments is None else arguments)
    command = get_command(app)
    with speaking(language_asked(words)):
        try:
            return int(command(words, prog_name="monazite", standalone_mode=False) or 0)
        except UsageError as error:
            return _refuse(faults(error, command, words), 2)
        except MonaziteError as error:
            return _refuse(str(error), error.exit_status)
        except OSError as error:
            return _refuse(*of_system(error))


def _refuse(told: str, status: int) -> int:
    sys.stderr.write(f"{told}\n" if told else "")
    return status

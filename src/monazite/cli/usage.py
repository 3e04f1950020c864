"""What is wrong with a command line? All of it at once, in the language asked for.

Typer stops at the first fault and tells it in English. Here its complaint is only the signal: the
words are looked at again, option by option, and every fault is told from the catalogue.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from math import inf, nan
from typing import Any

import typer

from monazite.data.names import suggest
from monazite.errors import fault
from monazite.messages import language

# typer brings a click of its own from 0.26 on, and before that takes the one that is installed
UsageError: Any = typer.BadParameter.__base__
OF_SYSTEM = {
    PermissionError: "file_denied",
    FileExistsError: "file_under_file",
    FileNotFoundError: "file_missing",
    IsADirectoryError: "file_is_folder",
    NotADirectoryError: "file_under_file",
}


class Refused(typer.BadParameter):
    """A value that we refuse ourselves, in words that need nothing put before them."""


def language_asked(words: Sequence[str] = ()) -> str:
    """The language of --lang, else of the environment; English where that is none we speak."""
    asked = [os.environ.get("MONAZITE_LANG", "")]
    asked += [after for word, after in zip(words, words[1:], strict=False) if word == "--lang"]
    asked += [word.partition("=")[2] for word in words if word.startswith("--lang=")]
    try:
        return language(asked[-1] or "en")
    except ValueError:
        return "en"


def number(flag: str, kind: type = float, low: float = -inf, high: float = inf) -> Any:
    """What typer needs to read a number within a range, as further arguments of an option."""
    sides = (f"{low:g} ≤ " if low > -inf else "", f" ≤ {high:g}" if high < inf else "")
    shown = "N".join(sides)

    def read(text: Any) -> Any:
        try:
            found = kind(text)
        except ValueError:
            found = nan
        if low <= found <= high and -inf < found < inf:
            return found
        if -inf < found < inf:
            told = fault("out_of_range", flag, value=text, range=shown)
        else:
            told = fault("not_whole" if kind is int else "usage_number", flag, value=text)
        raise Refused(str(told))

    return {"parser": read, "metavar": shown}


def faults(error: Any, command: Any, words: Sequence[str]) -> str:
    """What to say of words that the command of a program refuses, one line a fault.

    Nothing after a help text; what a command says of its own accord is told as it is.
    """
    context = typer.Context(command, info_name="monazite")
    rest = list(words)
    while rest and rest[0] in _inner(context):
        inner = _inner(context)[rest[0]]
        context = typer.Context(inner, info_name=rest.pop(0), parent=context)
    told = _of_group if _inner(context) else _of_command
    return "\n".join(told(context, rest)) or str(error.message)


def _inner(context: Any) -> Mapping[str, Any]:
    """The commands of a group; none of a command."""
    return getattr(context.command, "commands", {})


def _of_group(context: Any, words: list[str]) -> Iterator[str]:
    """A command or option that a group does not have."""
    known, path = list(_inner(context)), context.command_path
    if words and words[0].startswith("-"):
        yield _strange(context, words[0])
    elif words:
        yield str(suggest("usage_command", words[0], known, path, value=words[0],
                          names=", ".join(known)))  # fmt: skip


def _of_command(context: Any, words: list[str]) -> Iterator[str]:
    """Everything that is wrong with the words after a command."""
    strange, given, rest = _parsed(context, words)
    yield from strange
    for one in sorted(context.command.get_params(context), key=lambda one: not one.is_eager):
        try:
            one.handle_parse_result(context, given, rest)
        except UsageError as error:
            if isinstance(error, Refused):
                yield str(error.message)
            elif type(error).__name__ != "MissingParameter":
                # numbers are read by us; of other values typer only asks that files can be read
                yield str(fault("file_denied", str(given.get(one.name, _name(one)))))
            elif not strange:  # what stood after an unknown option may have been meant for this
                yield str(fault("usage_missing", _name(one), command=context.command_path))
    if rest and not strange:
        extra = " ".join(rest)
        yield str(fault("usage_extra", context.command_path, value=extra))


def _parsed(context: Any, words: list[str]) -> tuple[list[str], dict[str, Any], list[str]]:
    """Options that nobody knows or that lack their value, the values given, and what is left."""
    strange: list[str] = []
    while True:
        try:
            given, rest, _ = context.command.make_parser(context).parse_args(list(words))
            return strange, given, rest
        except UsageError as error:
            name = str(error.option_name)
            strange.append(_strange(context, name))
            words = _without(words, name)


def _strange(context: Any, name: str) -> str:
    """What is wrong with an option that cannot be read: its name, its value or that it has one."""
    known = {flag: one for one in context.command.get_params(context) for flag in one.opts}
    flags = [flag[2:] for flag in known if flag.startswith("--")]
    if name not in known:
        word, path = name.lstrip("-"), context.command_path
        return str(suggest("usage_option", word, flags, name, command=path))
    one = known[name]
    key = "usage_flag" if one.is_flag else "usage_value"
    return str(fault(key, name, wanted=one.metavar or one.name.upper()))


def _without(words: list[str], name: str) -> list[str]:
    """The words without an option that cannot be read, and without what may be its value."""
    at = next(k for k, word in enumerate(words) if word.startswith(name))
    follows = words[at + 1 : at + 2]
    own = "=" not in words[at] and bool(follows) and not follows[0].startswith("-")
    return [*words[:at], *words[at + 1 + own :]]


def _name(one: Any) -> str:
    """What a person calls an option or argument."""
    return str(one.opts[0] if one.param_type_name == "option" else one.metavar or one.name.upper())


def of_system(error: OSError) -> tuple[str, int]:
    """What to say of a file that the system does not give, and the exit status."""
    key = next((key for kind, key in OF_SYSTEM.items() if isinstance(error, kind)), "file_other")
    told = fault(key, str(error.filename or "monazite"), value=error.strerror or error)
    return str(told), 1 if key == "file_other" else 2

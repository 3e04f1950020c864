"""Where in a YAML file does each value stand? For faults with line, column and caret."""

from __future__ import annotations

import pathlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from monazite.errors import Fault, InputError, fault

Path = tuple[str | int, ...]


@dataclass(frozen=True, eq=False)
class Places:
    """Line and column (from 1) of every value of a file, by its path; empty for Python objects.

    `written` says of the beginning of a path how the file has it, where that is another; `given`
    which fields were given elsewhere, and where; `root` where a part of a file begins.
    """

    file: str = "scenario"
    lines: tuple[str, ...] = ()
    at: dict[Path, tuple[int, int]] = field(default_factory=dict)
    written: Mapping[Path, Path] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)
    root: tuple[int, int] = (0, 0)

    def __eq__(self, other: object) -> bool:
        """All are equal: scenarios that ask the same are, wherever they were written."""
        return isinstance(other, Places)

    def find(self, path: Sequence[str | int]) -> tuple[int, int]:
        """The place of a path, or of the nearest value it lies in; (0, 0) outside any file."""
        trail = tuple(path)
        if self.source(trail) != self.file:
            return (0, 0)
        while trail and trail not in self.at:
            trail = trail[:-1]
        return self.at.get(trail, self.root) if trail or not path else self.root

    def moved(self, written: Mapping[Path, Path]) -> Places:
        """The places of a whole that is put together from parts of the file: new beginnings of
        paths, and how the file has each.
        """
        at = {
            (*new, *path[len(old) :]): spot
            for new, old in written.items()
            for path, spot in self.at.items()
            if path[: len(old)] == old
        }
        return Places(self.file, self.lines, at, dict(written))

    def without(self, fields: Iterable[str], where: str) -> Places:
        """The same places; some fields (such as "by" or "years.demand") were given elsewhere."""
        given = {**self.given, **dict.fromkeys(fields, where)}
        at = {
            path: spot
            for path, spot in self.at.items()
            if not any(part in given for part in _beginnings(path))
        }
        return Places(self.file, self.lines, at, self.written, given)

    def without_options(self, fields: Iterable[str]) -> Places:
        """The same places; some fields were given as options of their names."""
        places = self
        for name in fields:
            places = places.without([name], f"--{name}")
        return places

    def source(self, path: Sequence[str | int]) -> str:
        """The file of a path, or where else its field was given."""
        found = [self.given[part] for part in _beginnings(path) if part in self.given]
        return found[-1] if found else self.file

    def name(self, path: Sequence[str | int]) -> str:
        """A path in words, as the file has it."""
        trail = tuple(path)
        for new, old in self.written.items():
            if trail[: len(new)] == new:
                trail = (*old, *trail[len(new) :])
                break
        return ".".join(str(part) for part in trail) or "-"

    def caret(self, line: int, column: int) -> str:
        """The line of the file with a caret under the column, on lines of their own."""
        if not 0 < line <= len(self.lines):
            return ""
        return f"\n    {self.lines[line - 1]}\n    {' ' * (column - 1)}^"


def _beginnings(path: Sequence[str | int]) -> list[str]:
    """years, years.demand for the path of a field of a field: the whole comes last."""
    return [".".join(str(part) for part in path[: k + 1]) for k in range(len(path))]


def fault_at(places: Places, key: str, path: Sequence[str | int], **values: Any) -> Fault:
    """The fault ``errors.<key>`` at a path; its sentences may use {path} and {caret}."""
    line, column = places.find(path)
    shown = {
        "path": places.name(path),
        "caret": places.caret(line, column),
    }
    at = str(column) if column else ""
    return fault(key, places.source(path), line, at, None, **shown, **values)


def text_of(file: str | pathlib.Path) -> str:
    """The text of a file in UTF-8. InputError says where it is none."""
    content = pathlib.Path(file).read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        value, name = f"0x{content[error.start]:02x}", pathlib.Path(file).name
        raise InputError([fault("yaml_encoding", name, line, str(column), value)]) from error


def read_yaml(text: str, file: str, shape: str = "scenario_shape") -> tuple[dict[str, Any], Places]:
    """The mapping a YAML (or JSON) text holds and the places of its values.

    Raises InputError otherwise, and for fields that stand twice, of which YAML would take the last;
    ``errors.<shape>`` is what it says of a text that is no mapping.
    """
    import yaml

    lines = tuple(text.splitlines())
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        if odd := list(_odd(root, Places(file, lines))):
            raise InputError(odd)
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InputError([_syntax(error, file, lines)]) from error
    at: dict[Path, tuple[int, int]] = {}
    if root is not None:
        _walk(root, (), at)
    places = Places(file, lines, at)
    if not isinstance(found, dict):
        raise InputError([fault_at(places, shape, ())])
    if twice := list(_twice(root, places)):
        raise InputError(twice)
    return found, places


def _syntax(error: Any, file: str, lines: tuple[str, ...]) -> Fault:
    mark = getattr(error, "problem_mark", None)
    place = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    told = getattr(error, "problem", "") or getattr(error, "reason", "")
    return fault_at(Places(file, lines, {("",): place}), "scenario_syntax", ("",), told=told)


def _odd(node: Any, places: Places, around: tuple[Any, ...] = ()) -> Iterator[Fault]:
    """Values that look like a date or number and are none, and parts that hold themselves."""
    import yaml

    if isinstance(node, yaml.ScalarNode):
        try:
            if node.tag.endswith((":timestamp", ":int", ":float")):
                yaml.constructor.SafeConstructor().construct_object(node)
        except ValueError:
            yield _at_node("yaml_value", node, places, value=node.value)
    elif node in around:
        yield _at_node("yaml_circle", node, places)
    elif node is not None:
        for part in node.value:
            for one in part if isinstance(part, tuple) else (part,):
                yield from _odd(one, places, (*around, node))


def _at_node(key: str, node: Any, places: Places, **values: Any) -> Fault:
    line, column = node.start_mark.line + 1, node.start_mark.column + 1
    caret = places.caret(line, column)
    return fault(key, places.file, line, str(column), caret=caret, **values)


def _twice(node: Any, places: Places) -> Iterator[Fault]:
    """Fields that stand twice in the same mapping, at the second place."""
    import yaml

    mapping = isinstance(node, yaml.MappingNode)
    seen: dict[str, int] = {}
    for part in node.value if mapping or isinstance(node, yaml.SequenceNode) else ():
        key, value = part if mapping else (None, part)
        if key is not None and key.value in seen:
            yield _at_node("yaml_twice", key, places, name=key.value, first=seen[key.value])
        elif key is not None:
            seen[key.value] = key.start_mark.line + 1
        yield from _twice(value, places)


def _walk(node: Any, path: Path, at: dict[Path, tuple[int, int]]) -> None:
    import yaml

    at.setdefault(path, (node.start_mark.line + 1, node.start_mark.column + 1))
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            # a key is what one looks for: an unknown field is pointed at by its name
            at[(*path, key.value)] = (key.start_mark.line + 1, key.start_mark.column + 1)
            _walk(value, (*path, key.value), at)
    if isinstance(node, yaml.SequenceNode):
        for k, value in enumerate(node.value):
            _walk(value, (*path, k), at)

"""Do the pages say what is true? Their Python runs, and nothing a user meets is missing."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
import typer
import yaml

import monazite
from monazite.cli import app
from monazite.data.schema import tables
from monazite.errors import MonaziteError

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
READ = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *PAGES]
FENCE = re.compile(
    r"^```(?P<language>\w+)(?: title=\"(?P<title>[^\"]+)\")?\n(?P<text>.*?)^```$", re.M | re.S
)
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


@dataclass(frozen=True)
class Block:
    """A fenced block; `title` names the file that a reader would save it as."""

    language: str
    title: str | None
    text: str
    line: int


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for match in FENCE.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        yield Block(match["language"], match["title"], match["text"], line)


def python_pages() -> list[Path]:
    return [page for page in READ if any(block.language == "python" for block in blocks(page))]


# --- the pages run --------------------------------------------------------------------------------


@pytest.mark.parametrize("page", python_pages(), ids=name_of)
def test_python_of_a_page_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks run in order, as one program; a titled block of another language is a file."""
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in blocks(page):
        if block.language == "python":
            # blank lines keep the page's line numbers in a traceback
            source = "\n" * block.line + block.text
            exec(compile(source, name_of(page), "exec"), names)
        elif block.title is not None:
            file = tmp_path / block.title
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text, encoding="utf-8")


def test_the_three_pages_with_examples_are_among_those_that_run() -> None:
    run = {name_of(page) for page in python_pages()}
    assert {"README.md", "docs/start.md", "docs/how_to_add.md"} <= run


# --- commands -------------------------------------------------------------------------------------


def commands() -> dict[str, click.Command]:
    group = typer.main.get_command(app)
    return dict(group.commands)  # type: ignore[attr-defined]


def options(command: click.Command) -> set[str]:
    """The options of a command and, where it is a group, of all its commands."""
    inner = getattr(command, "commands", {}).values()
    own = {name for one in command.params for name in one.opts if name.startswith("--")}
    return own.union(*(options(one) for one in inner))


def inner_names(command: click.Command, name: str) -> set[str]:
    """The full names of the commands of a group, such as "club lots check"."""
    inner = getattr(command, "commands", {})
    return {name}.union(*(inner_names(one, f"{name} {key}") for key, one in inner.items()))


def section(page: Path, title: str) -> str:
    text = page.read_text(encoding="utf-8")
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    assert found, f"{name_of(page)} has no section {title}"
    return found[1]


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_and_option_is_explained(name: str) -> None:
    told = section(DOCS / "commands.md", name)
    wanted = options(commands()[name]) | (inner_names(commands()[name], name) - {name})
    assert {one for one in wanted if one not in told} == set()


def test_no_command_is_explained_that_does_not_exist() -> None:
    page = (DOCS / "commands.md").read_text(encoding="utf-8")
    titles = set(re.findall(r"^## (.+)$", page, re.M))
    assert titles - {"Options that several commands share"} == set(commands())


def shell_lines() -> list[tuple[str, str]]:
    return [
        (name_of(page), line)
        for page in READ
        for block in blocks(page)
        if block.language == "sh"
        for line in block.text.splitlines()
        if line.startswith("monazite ")
    ]


@pytest.mark.parametrize(("page", "line"), shell_lines())
def test_every_command_line_of_the_pages_is_understood(page: str, line: str) -> None:
    name, *arguments = shlex.split(line, comments=True)[1:]
    command = commands()[name]
    while inner := getattr(command, "commands", {}):
        name, *arguments = arguments
        command = inner[name]
    command.make_context(name, arguments)


def test_make_targets_of_the_pages_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.M))
    named = {
        target
        for page in READ
        for block in blocks(page)
        if block.language == "sh"
        for line in block.text.splitlines()
        if line.startswith("make ")
        for target in line.split("#")[0].split()[1:]
        if "=" not in target
    }
    assert {"run", "test"} <= named <= targets


# --- tables, errors, links ------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(tables()))
def test_every_table_is_in_the_documentation(name: str) -> None:
    told = section(DOCS / "tables.md", name)
    missing = {column for column in tables()[name].by_name if f"`{column}`" not in told}
    assert missing == set()


def errors() -> dict[str, type[MonaziteError]]:
    for module in pkgutil.walk_packages(monazite.__path__, "monazite."):
        importlib.import_module(module.name)
    found, waiting = {}, [MonaziteError]
    while waiting:
        one = waiting.pop()
        found[one.__name__] = one
        waiting.extend(one.__subclasses__())
    return found


def test_every_error_class_is_explained_and_drawn() -> None:
    page = (DOCS / "errors.md").read_text(encoding="utf-8")
    titles = set(re.findall(r"^## (\w+)$", page, re.M))
    drawn = set(re.findall(r"^(?:[├└]── )?(\w+Error|\w+Fault)$", page, re.M))
    assert titles == drawn == set(errors())


def test_every_error_class_says_when_it_is_raised() -> None:
    silent = [name for name, one in errors().items() if not inspect.getdoc(one)]
    assert silent == []


@pytest.mark.parametrize("page", READ, ids=name_of)
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    broken = [
        link
        for link in LINK.findall(page.read_text(encoding="utf-8"))
        if not link.startswith("http") and not leads_somewhere(page, link)
    ]
    assert broken == []


def leads_somewhere(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (page.parent / path) if path else page
    if not target.is_file():
        return False
    if not anchor:
        return True
    headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.M)
    return anchor in {slug(heading) for heading in headings}


def slug(heading: str) -> str:
    plain = re.sub(r"[`*]", "", heading).lower()
    return re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", plain).strip())


def test_a_link_that_leads_nowhere_is_noticed() -> None:
    page = DOCS / "index.md"
    assert leads_somewhere(page, "start.md#the-files")
    assert not leads_somewhere(page, "start.md#the-flies")
    assert not leads_somewhere(page, "stort.md")


def test_every_page_is_in_the_menu() -> None:
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    listed = set(re.findall(r":\s+([\w/.-]+\.md)$", text, re.M))
    assert listed == {str(page.relative_to(DOCS)) for page in PAGES}


def test_the_menu_is_valid_yaml(project: Path) -> None:
    assert yaml.safe_load((project / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]

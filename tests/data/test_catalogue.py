"""Does every text exist in both languages, and does every text the code asks for exist?"""

import ast
import re
from pathlib import Path
from string import Formatter

import pytest

import monazite
from monazite.data.page import meaning
from monazite.data.schema import TABLES
from monazite.messages import LANGUAGES, areas, catalogue, language, read_area, say, speaking

SOURCE = Path(monazite.__file__).parent
MODULES = [(path, ast.parse(path.read_text(encoding="utf-8"))) for path in SOURCE.rglob("*.py")]
# which argument of a call names a fault of errors.yaml
FAULT_ARGUMENT = {"fault": 0, "suggest": 0, "Problem": 2, "at": 3}


def _placeholders(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def _calls(name):
    for path, tree in MODULES:
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == name:
                yield path, node


def _pattern(node):
    """A regular expression of the strings an expression can be; None when it can be any."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.escape(node.value)
    if isinstance(node, ast.JoinedStr):
        parts = (_pattern(value) or ".+" for value in node.values)
        return "".join(parts)
    return None


@pytest.mark.parametrize("area", areas(), ids=lambda path: path.stem)
def test_both_languages_say_the_same(area):
    for key, entry in read_area(area).items():
        assert set(entry) == set(LANGUAGES), key
        assert all(text.strip() for text in entry.values()), key
        assert _placeholders(entry["en"]) == _placeholders(entry["zh"]), key


@pytest.mark.parametrize("area", areas(), ids=lambda path: path.stem)
def test_no_key_stands_twice_in_a_file(area):
    keys = re.findall(r"^([\w.]+):", area.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert len(keys) == len(set(keys))
    assert set(keys) == set(read_area(area))


def test_every_text_asked_for_exists():
    keys = list(catalogue())
    for path, call in _calls("say"):
        pattern = _pattern(call.args[0])
        if pattern is not None:
            found = any(re.fullmatch(pattern, key) for key in keys)
            assert found, f"{path.name}:{call.lineno}: no text {pattern}"


def test_every_contradiction_of_a_rule_has_words():
    """Validators raise `wrong(key)`; a plain ValueError would speak English only."""
    for path, call in _calls("wrong"):
        assert f"policy.fault.{call.args[0].value}" in catalogue(), f"{path.name}:{call.lineno}"
    for path, call in _calls("ValueError"):
        assert path.parent.name != "policy", f"{path.name}:{call.lineno}: raise wrong(key)"


def test_every_fault_raised_has_a_text():
    keys = catalogue()
    for name, position in FAULT_ARGUMENT.items():
        for path, call in _calls(name):
            arguments = call.args[position : position + 1]
            if arguments and isinstance(arguments[0], ast.Constant):
                key = arguments[0].value
                wanted = (key, f"{key}_near") if name == "suggest" else (key,)
                for one in wanted:
                    where = f"{path.name}:{call.lineno}: errors.{one}"
                    assert {f"errors.{one}.what", f"errors.{one}.remedy"} <= set(keys), where


def test_no_fault_text_is_left_over():
    constants = {
        node.value
        for _, tree in MODULES
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    faults = {key.split(".")[1] for key in catalogue() if re.fullmatch(r"errors\.\w+\.what", key)}
    left = {one for one in faults if not {one, one.removesuffix("_near")} & constants}
    assert left == set()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_table_and_column_is_explained(lang):
    for table in TABLES:
        assert say(f"data.{table.name}", lang)
        for column in table.columns:
            assert meaning(table.name, column.name, lang)


def test_no_explanation_is_left_over():
    names = {f"data.{table.name}" for table in TABLES}
    names |= {f"data.{table.name}.{column.name}" for table in TABLES for column in table.columns}
    names |= {f"data.common.{column.name}" for table in TABLES for column in table.columns}
    keys = {key for key in catalogue() if key.startswith("data.")}
    left = {key for key in keys - names if not key.startswith(("data.page.", "data.kind."))}
    assert left == set()


def test_current_language_holds_inside_the_block_only():
    assert say("data.page.column") == "column"
    with speaking("zh-Hans"):
        assert say("data.page.column") == "列"
        assert say("data.page.column", "en") == "column"
    assert language() == "en"


def test_unknown_language_and_key_are_refused():
    with pytest.raises(ValueError, match="'fr' is not known"):
        say("data.page.column", "fr")
    with pytest.raises(KeyError, match="data.no_such"):
        say("data.no_such")

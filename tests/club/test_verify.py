"""Is every falsified price, fill, verdict, order and payment found?"""

from __future__ import annotations

import copy
import json
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from random_books import chain, single

from monazite.club import Rules, clear, verify
from monazite.club.publish import files_of, findings, write
from monazite.club.reading import book_of, canonical, record_of
from monazite.errors import InputError

RULES = Rules("1", "seed", premium=2, group_cap_ppm=400_000, parties=2)
FALSIFIED = 400


def published(seed):
    rng = random.Random(seed)
    book = chain(rng) if seed % 3 else single(rng)
    found = clear(book, RULES)
    parts = (record_of(book), record_of(RULES), found.record, found.proof)
    return [json.loads(canonical(part)) for part in parts]


def leaves(value, path=()):
    if isinstance(value, dict):
        for key in sorted(value):
            yield from leaves(value[key], (*path, key))
    elif isinstance(value, list):
        for k, one in enumerate(value):
            yield from leaves(one, (*path, k))
    else:
        yield path, value


def put(value, path, new):
    changed = copy.deepcopy(value)
    at = changed
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = new
    return changed


def other(value, rng):
    """Another value of the same kind: a number a little or much off, a word changed."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + rng.choice([-1, 1, 7, -value - 1, value + 1])
    if value is None:
        return 1
    return value + "x" if rng.random() < 0.7 else ""


def results():
    """Falsified results: every leaf of some, and random ones of many."""
    rng = random.Random(11)
    for seed in range(60):
        parts = published(seed)
        every = list(leaves(parts[2]))
        for path, value in every if seed < 2 else rng.sample(every, min(8, len(every))):
            yield seed, parts, path, other(value, rng)


def test_every_falsified_result_is_found():
    tried = 0
    for seed, parts, path, new in results():
        book, rules, result, proof = parts
        if new == _at(result, path):
            continue
        assert verify.verify(book, rules, put(result, path, new), proof), (seed, path, new)
        tried += 1
    assert tried >= FALSIFIED


def _at(value, path):
    for key in path:
        value = value[key]
    return value


def test_rows_left_out_added_or_exchanged_are_found():
    tried = 0
    for seed in range(30):
        book, rules, result, proof = published(seed)
        for name, rows in result.items():
            if not isinstance(rows, list) or not rows:
                continue
            for changed in (rows[1:], [*rows, rows[0]], rows[::-1]):
                if changed != rows:
                    assert verify.verify(book, rules, {**result, name: changed}, proof)
                    tried += 1
    assert tried > 200


def test_money_moved_between_members_is_found_though_sums_still_close():
    for seed in range(1, 40):
        book, rules, result, proof = published(seed)
        paid = [k for k, leg in enumerate(result["legs"]) if leg["uusd"]]
        if len(paid) < 2:
            continue
        forged = copy.deepcopy(result)
        forged["legs"][paid[0]]["uusd"] += 5
        forged["legs"][paid[1]]["uusd"] -= 5
        assert verify.sums(forged) == []
        assert verify.verify(book, rules, forged, proof)


def test_a_changed_input_does_not_fit_its_digest():
    rng = random.Random(2)
    tried = 0
    for seed in range(20):
        book, rules, result, proof = published(seed)
        for part, name in ((book, "book"), (rules, "rules")):
            every = list(leaves(part))
            for path, value in rng.sample(every, min(6, len(every))):
                changed = put(part, path, other(value, rng))
                if changed == part:
                    continue
                given = (changed, rules) if name == "book" else (book, changed)
                assert verify.verify(*given, result, proof)
                tried += 1
    assert tried > 150


def test_a_forged_input_with_a_new_digest_is_found_wherever_it_matters():
    """An order, a verdict or a rule is changed and the digest made to fit; the result is not."""
    rng, tried = random.Random(4), 0
    for seed in range(90):
        book, rules, result, proof = published(seed)
        rows = [("orders", k) for k in range(len(book["orders"]))]
        rows += [("eligibility", k) for k in range(len(book["eligibility"]))]
        if not rows:
            continue
        for name, k in rng.sample(rows, min(5, len(rows))):
            field = rng.choice(["limit", "lots", "cancelled", "side"]) if name == "orders" else ""
            path = (name, k, field or "eligible")
            value = _at(book, path)
            new = {"bid": "ask", "ask": "bid"}.get(value) if field == "side" else None
            forged = put(
                book, path, new or (value + 1 if field in ("limit", "lots") else not value)
            )
            honest = clear(book_of(forged), RULES).record
            claimed = {**result, "book": verify.digest(forged)}
            if claimed == honest:
                continue  # the change is of no consequence: this is the result of the forged book
            assert verify.verify(forged, rules, claimed, proof), (seed, path)
            tried += 1
    assert tried >= 100


def test_no_proof_makes_a_wrong_price_pass():
    """Moving a price and everything that follows from it needs a proof, and there is none."""
    rng, tried = random.Random(6), 0
    for seed in range(120):
        book, rules, result, proof = published(seed)
        for path, value in list(leaves(proof)):
            if path[-2] != "prices" or rng.random() < 0.5:
                continue
            for new in (f"{value}1", str(int(float(value.split("/")[0])) + 1), "0", "x"):
                if new != value:
                    forged = put(proof, path, new)
                    assert verify.verify(book, rules, result, forged), (seed, path, new)
                    tried += 1
    assert tried >= 100


def test_the_checker_runs_alone_on_the_published_files(tmp_path):
    """A copy of verify.py in an empty folder, isolated from every installed package."""
    clearing = clear(chain(random.Random(7)), RULES)
    out = tmp_path / "out"
    out.mkdir()
    write(clearing, out)
    alone = tmp_path / "alone" / "verify.py"
    alone.parent.mkdir()
    shutil.copy(Path(verify.__file__), alone)
    command = [sys.executable, "-I", "-S", str(alone), str(out)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (told.returncode, told.stdout) == (0, "proved\n")
    result = json.loads((out / "result.json").read_text())
    result["legs"][0]["uusd"] += 1
    (out / "result.json").write_text(canonical(result))
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 1 and "uusd" in told.stdout and "money" in told.stdout
    assert len(findings(out)) == len(findings(out / "result.json")) == 2


def test_the_checker_imports_nothing_but_the_standard_library():
    import ast

    tree = ast.parse(Path(verify.__file__).read_text(encoding="utf-8"))
    names = {
        alias.name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    } | {node.module.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert names <= set(sys.stdlib_module_names)
    text = Path(verify.__file__).read_text(encoding="utf-8")
    assert "float(" not in text and "monazite" not in "".join(names)


def test_a_missing_or_broken_file_is_one_clear_fault(tmp_path):
    for name, text in files_of(clear(single(random.Random(1)), RULES)).items():
        (tmp_path / name).write_text(text)
    (tmp_path / "proof.json").unlink()
    (tmp_path / "rules.json").write_text("{")
    with pytest.raises(InputError) as caught:
        findings(tmp_path)
    assert {one.key for one in caught.value.faults} == {"club_no_published", "club_no_json"}

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

from monazite.club import Book, Order, Product, Purchase, Release, Rules, clear, verify
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


def test_a_field_with_nothing_in_it_is_found_added_or_left_out():
    """A reader that asks for a field and gets null cannot tell null from nothing."""
    tried = 0
    for seed in range(12):
        book, rules, result, proof = published(seed)
        for name, rows in result.items():
            for k, row in enumerate(rows if isinstance(rows, list) else ()):
                nulls = [field for field, value in row.items() if value is None]
                changed = [{**row, "note": None}]
                changed += [{f: v for f, v in row.items() if f != field} for field in nulls]
                for one in changed:
                    forged = {**result, name: [*rows[:k], one, *rows[k + 1 :]]}
                    assert verify.verify(book, rules, forged, proof), (seed, name, k)
                    tried += len(nulls) > 0
        told = [("note", "", None, verify.ABSENT)]
        assert verify.verify(book, rules, {**result, "note": None}, proof) == told
    assert tried > 20


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
            more = str(int(float(value.split("/")[0])) + 1)
            for new in (f"{value}1", more, "0", "x", "1e999999999", 5.5):
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


# --- inputs that no book may hold -----------------------------------------------------------------

CHEAP = Product("p", "x", "EU", lot_kg=10, reference=10, floor=5)
TRADE = (
    Order("b1", "B1", "B", "bid", "p", 5, 12),
    Order("b2", "C1", "C", "bid", "p", 3, 9),
    Order("s1", "S1", "S", "ask", "p", 9, 8),
)
STOCK = {"purchases": [Purchase("buy", "p", 50, 1000)], "releases": [Release("r", "p", 9, 11, 40)]}


def forged(change):
    """A book changed by its operator, with the result that the checker itself works out for it."""
    book, rules, _, proof = _parts(clear(Book("a", [CHEAP], TRADE, **STOCK), RULES))
    change(book, rules)
    try:
        digests = {"book": verify.digest(book), "rules": verify.digest(rules)}
        found = verify.Check(book, rules, proof).sections()
        result = {name: json.loads(text) for name, text in found.items()} | digests
    except (verify.Unproved, *verify.BROKEN):
        result = {}
    return verify.verify(book, rules, json.loads(json.dumps(result)), proof)


def _parts(found):
    parts = (record_of(found.book), record_of(found.rules), found.record, found.proof)
    return [json.loads(canonical(part)) for part in parts]


def set_to(*path):
    *path, new = path

    def change(book, rules):
        at = {"book": book, "rules": rules}
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = new

    return change


def also(name, k, **fields):
    return lambda book, _: book[name].insert(k, {**book[name][k - 1], **fields})


NOT_IN_A_BOOK = {
    "lots below nothing": set_to("book", "orders", 0, "lots", -5),
    "lots beyond measure": set_to("book", "orders", 0, "lots", 10**40),
    "a fraction": set_to("book", "orders", 0, "lots", 5.0),
    "truth for a number": set_to("book", "orders", 0, "lots", True),
    "text for truth": set_to("book", "orders", 0, "cancelled", "false"),
    "a third side": set_to("book", "orders", 0, "side", "sell"),
    "half a character": set_to("book", "orders", 0, "member", "\ud800"),
    "no member": set_to("book", "orders", 0, "member", None),
    "a product unknown": set_to("book", "orders", 0, "product", "q"),
    "a field of its own": set_to("book", "orders", 0, "note", "x"),
    "a list of its own": set_to("book", "late", []),
    "an order twice": also("orders", 1, lots=1),
    "a product twice": also("products", 1, floor=1),
    "an id of two kinds": set_to("book", "releases", 0, "id", "b1"),
    "more than a third of the stock": set_to("book", "releases", 0, "kg", 1000),
    "a purchase without floor": set_to("book", "products", 0, "floor", None),
    "a floor off the tick": set_to("book", "products", 0, "tick", 2),
    "a band upside down": set_to("book", "products", 0, "band", [12, 3]),
    "orders not in order": lambda book, _: book["orders"].reverse(),
    "a verdict both ways": lambda book, _: book["eligibility"].extend(
        {"buyer": "B1", "subject": "p", "eligible": yes, "reason": ""} for yes in (False, True)
    ),
    "collateral twice": lambda book, _: book["collateral"].extend(
        {"member": "B1", "money": money} for money in (1, 10**9)
    ),
    "a premium below nothing": set_to("rules", "premium", -100),
    "a cap below nothing": set_to("rules", "group_cap_ppm", -1),
    "a rule of its own": set_to("rules", "friend", "B1"),
}


def test_an_honest_book_stands():
    assert forged(lambda book, rules: None) == []


@pytest.mark.parametrize("name", NOT_IN_A_BOOK)
def test_what_no_book_may_hold_is_not_proved(name):
    """However well the result fits: `lots` of -5, a tier above a third, one order twice."""
    assert "proof" in {finding[0] for finding in forged(NOT_IN_A_BOOK[name])}


def test_the_checker_knows_the_same_fields_as_the_book():
    from dataclasses import fields
    from typing import get_args, get_type_hints

    hints = get_type_hints(Book)
    for name, known in verify.ROWS.items():
        (kind,) = get_args(hints[name])
        assert set(known) == {one.name for one in fields(kind)}, name
    assert set(verify.ROWS) == {one.name for one in fields(Book)} - {"auction"}
    assert set(verify.RULES) == {one.name for one in fields(Rules)}


@pytest.mark.parametrize("told", [[], "x", None, 7])
def test_a_result_that_is_no_record_is_a_finding(told):
    book, rules, _, proof = _parts(clear(Book("a", [CHEAP], TRADE), RULES))
    assert verify.verify(book, rules, told, proof)


@pytest.mark.parametrize(
    "text",
    ['{"kg":1,"kg":2}', '{"kg":1.0}', '{"kg":NaN}', "[" * 100_000, f'{{"kg":{"9" * 5_000}}}', "{"],
    ids=["twice", "fraction", "nan", "deep", "long", "half"],
)
def test_a_text_that_two_readers_could_take_differently_is_refused(text, tmp_path):
    write(clear(Book("a", [CHEAP], TRADE), RULES), tmp_path)
    (tmp_path / "result.json").write_text(text)
    with pytest.raises(InputError):
        findings(tmp_path)
    assert verify.main([str(tmp_path)]) == 2


def test_a_digest_is_of_the_values_however_they_are_written(tmp_path):
    """Else one book would have many digests, and each of them would be proved."""
    write(clear(Book("a", [CHEAP], TRADE), RULES), tmp_path)
    texts = {name: (tmp_path / f"{name}.json").read_text() for name in ("book", "rules", "result")}
    record, book = json.loads(texts["result"]), json.loads(texts["book"])
    written = (
        json.dumps(book, indent=1),
        json.dumps({name: book[name] for name in reversed(book)}, separators=(",", ":")),
        texts["book"].replace('"a"', '"\\u0061"'),
        texts["book"].replace(":0,", ":-0,"),
    )
    for text in written:
        (tmp_path / "book.json").write_text(text)
        (tmp_path / "result.json").write_text(texts["result"])
        assert text != texts["book"] and findings(tmp_path) == []
        own = canonical({**record, "book": verify.sha256(text)})
        (tmp_path / "result.json").write_text(own)
        assert [finding[0] for finding in findings(tmp_path)] == ["digest"]

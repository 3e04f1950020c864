"""Does the checker read every text as a strict reader would, however fast it reads it?"""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest
from random_books import chain, single

from monazite.club import Book, Order, Product, Purchase, Refusal, Rules, clear, verify
from monazite.club.orders import Arc, Collateral, Conversion, Eligibility, Release
from monazite.club.publish import files_of, findings
from monazite.errors import InputError

RULES = Rules("1", "seed", premium=2, group_cap_ppm=400_000, parties=2)
NAMES = ("book", "rules", "result", "proof")

# names that look like what stands between orders, or around their list
UGLY = (
    "a],b", "x},{y", 'orders":[', '},{"cancelled":', '"],"products":[', "\\", '\\"', "\u2028", "é",
    "日本", "\x7f", "\U0001f600", "{", "}", "null", "-0", "1.0",
)  # fmt: skip


def texts_of(book, rules=RULES):
    return list(files_of(clear(book, rules)).values())


def outcome(texts):
    """'proved', 'found', or 'refused'; any other error is none of these and fails the test."""
    try:
        return "found" if verify.verify_texts(*texts) else "proved"
    except ValueError:
        return "refused"


def fitted(texts):
    """The texts with the digest of the book put right: what an operator who forges would do."""
    book, rules, result, proof = texts
    try:
        told = verify.digest(json.loads(book))
    except (ValueError, RecursionError):
        return texts
    old = json.loads(result)["book"] if result.startswith("{") else ""
    return [book, rules, result.replace(f'"book":"{old}"', f'"book":"{told}"'), proof]


def everything():
    """One row at least of every list, and of every list of the result."""
    products = [
        Product("ore", "x", "EU", reference=10, band=(1, 99)),
        Product("oxide", "x", "EU", reference=30, floor=5),
        Product("metal", "x", "EU", lot_kg=10, reference=10, floor=5),
    ]
    orders = [
        Order("b1", "B1", "B", "bid", "metal", 5, 12),
        Order("b2", "C1", "C", "bid", "metal", 3, 9, revision=1),
        Order("b2", "C1", "C", "bid", "metal", 2, 9),
        Order("b3", "S1", "S", "bid", "metal", 4, 11),
        Order("o1", "M1", "M", "ask", "ore", 50, 8),
        Order("o2", "D1", "D", "bid", "oxide", 15, 40, lot="l"),
        Order("o3", "D2", "D", "bid", "oxide", 15, 40, cancelled=True),
        Order("s1", "S1", "S", "ask", "metal", 14, 8),
    ]
    return Book(
        "a", products, orders,
        [Conversion("c", "P1", "P", (("ore", 3),), (("oxide", 1),), 2, 12)],
        [Arc("arc", "F1", "F", "oxide", "ore", 500, 9)],
        [Purchase("buy", "metal", 50, 1000)], [Release("r", "metal", 9, 11, 40)],
        [Refusal("f", "A1", "A", "metal", 2, 14), Refusal("g", "A1", "A", "ore", 2, 1)],
        [Eligibility("D1", "l2", False)], [Collateral("C1", 10_000)],
    )  # fmt: skip


def amended(rng):
    """A random book in which orders are amended and cancelled."""
    book = (chain if rng.random() < 0.6 else single)(rng)
    more = [
        replace(one, revision=k, limit=one.limit + k, cancelled=rng.random() < 0.3)
        for one in book.orders
        for k in (1, 2)
        if rng.random() < 0.2
    ]
    return replace(book, orders=(*book.orders, *more))


def rows(columns):
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


@pytest.mark.parametrize("block", [1, 300, verify.BLOCK])
def test_both_ways_of_reading_give_the_same_book(block, monkeypatch):
    monkeypatch.setattr(verify, "BLOCK", block)
    rng = random.Random(3)
    for _ in range(60):
        text = texts_of(amended(rng))[0]
        quick, told = verify.book_of(text)
        slow, digest = verify.with_digest(text)
        assert type(quick["orders"]) is verify.Columns and told == digest
        assert repr(rows(quick["orders"])) == repr(
            [{name: row[name] for name in sorted(row)} for row in slow["orders"]]
        )
        assert {**quick, "orders": 0} == {**slow, "orders": 0}


def test_a_book_written_in_another_way_is_worked_out_to_the_same_bytes():
    rng = random.Random(5)
    for _ in range(60):
        book, *others = texts_of(amended(rng))
        assert outcome([book, *others]) == "proved"
        assert outcome([json.dumps(json.loads(book), indent=1), *others]) == "proved"
        forged = others[1].replace('"state":"standing"', '"state":"void"', 1)
        if forged != others[1]:
            assert outcome([book, others[0], forged, others[2]]) == "found"


def test_no_name_is_taken_for_the_end_of_an_order():
    for k, name in enumerate(UGLY):
        orders = [
            Order(f"{name}{k}", name, name, "bid", "p", 5, 12, lot=name),
            Order(name, "S", "S", "ask", "p", 5, 9, lot=name),
        ]
        for product in (Product("p", name, name, name), Product("p", "x", "y")):
            texts = texts_of(Book(name, [product], orders), Rules(name, name))
            assert outcome(texts) == "proved", name
            assert verify.book_of(texts[0])[1] == verify.digest(json.loads(texts[0]))


def read_by(reader, text):
    """The digest and the value, told with its types; or that the text is refused."""
    try:
        value, digest = reader(text)
    except ValueError:
        return "refused"
    if isinstance(value, dict) and type(value.get("orders")) is verify.Columns:
        value["orders"] = rows(value["orders"])
    return digest, pairs(json.dumps(value))


def test_the_quick_reading_is_not_taken_where_the_text_could_be_read_in_another_way():
    """Whatever stands around the orders: both readings agree, or both refuse."""
    text = texts_of(everything())[0].rstrip("\n")
    start = text.index('"orders":[')
    orders = text[start : text.index(',"products"')]
    inner, empty = orders[len('"orders":[') : -1], '"orders":[]'
    member = '"member":"B1"'
    for other in (
        text.replace('"id":"b1"', '"id":"b\\u0031"'), text.replace(member, '"member":"B\\n"'),
        text.replace('"limit":12', '"limit":-0'), text.replace('"id":"metal"', '"id": "metal"'),
        text.replace('"arcs":', ' "arcs":'), text.replace('"floor":5', '"floor":-0'),
        text.replace('"place":"EU"', '"place":"\\u0045U"'),
        text.replace(orders, empty), text.replace(inner, inner + " "),
        text.replace(orders, f'"a":{{{orders},"products":[]}},{empty}'),
        text.replace(orders, f'"a":{{{orders},"products":[]}}'),
        text.replace(orders, f'"\\"orders":[{inner}],"products":[],{empty}'),
        f'{{"\\"orders":[{inner}],"products":[]}}', f'{{{orders},"products":[]}}',
        f'[{{{orders},"products":[]}}]', f'{{"a":{{{orders},"products":[]}},"orders":[]}}',
    ):  # fmt: skip
        assert read_by(verify.book_of, other) == read_by(verify.with_digest, other), other
    for control in ("\n", "\t", "\x00", "\x1f"):
        with pytest.raises(ValueError, match="control"):
            verify.book_of(text.replace(member, f'"member":"B{control}1"'))


def objects(value, path=()):
    """The path of every record inside a value."""
    if isinstance(value, dict):
        yield path
    for key, one in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(one, (dict, list)):
            yield from objects(one, (*path, key))


def told_twice(value, path, field, again):
    """The JSON of `value` in which the record at `path` tells a field a second time."""
    if not path:
        inner = json.dumps(value)[:-1]
        return f"{inner}, {json.dumps(field)}: {json.dumps(again)}}}"
    at = value
    for key in path[:-1]:
        at = at[key]
    record, at[path[-1]] = at[path[-1]], "here"
    text = json.dumps(value)
    at[path[-1]] = record
    return text.replace('"here"', told_twice(record, (), field, again), 1)


def test_a_field_told_twice_is_refused_in_every_kind_of_record():
    """In each list of each file, first and last field, with the same value and with another."""
    texts, tried = texts_of(everything()), set()
    for k, (name, text) in enumerate(zip(NAMES, texts, strict=True)):
        value = json.loads(text)
        for path in objects(value):
            at = value
            for key in path:
                at = at[key]
            for field in (min(at), max(at)):
                for again in (at[field], "x", 1):
                    loose = told_twice(value, path, field, again)
                    # and in the form that the quick reading takes for granted
                    tight = loose.replace(", ", ",").replace(": ", ":")
                    for forged in (loose, tight):
                        changed = [*texts[:k], forged, *texts[k + 1 :]]
                        assert outcome(changed) == "refused", (name, path, field)
            tried.add((name, *(key for key in path if isinstance(key, str))))
    assert {("book", kind) for kind in verify.ROWS} <= tried
    lists = (
        "prices",
        "orders",
        "links",
        "stockpile",
        "refusals",
        "refusals_void",
        "netted",
        "legs",
    )
    assert {("result", kind) for kind in lists} <= tried
    assert ("result", "refusals", "displaced") in tried and ("proof", "components") in tried


def test_an_order_told_twice_within_the_tight_form_is_refused():
    texts = texts_of(everything())
    for again in ('"lots":5', '"lots":6', '"id":"b1"', '"side":"ask"'):
        for forged in (
            texts[0].replace('"id":"b1",', f'"id":"b1",{again},', 1),
            texts[0].replace('"orders":[{', '"orders":[{' + again + ",", 1),
            texts[0].replace(
                '"revision":0,"side":"bid"}', f'"revision":0,"side":"bid",{again}}}', 1
            ),
        ):
            assert forged != texts[0] and outcome([forged, *texts[1:]]) == "refused"


NUMBERS = ("1.0", "1e3", "50e-1", "NaN", "Infinity", "-Infinity", "05", "+5", "5.", ".5", "0x5")


@pytest.mark.parametrize("number", [*NUMBERS, "9" * 5000, "5_0", "٥"])
def test_what_is_no_whole_number_is_refused(number):
    texts = texts_of(everything())
    for k, field in ((0, '"lots":5'), (0, '"revision":0'), (1, '"premium":2'), (2, '"kg":0')):
        name = field.split(":")[0]
        forged = texts[k].replace(field, f"{name}:{number}", 1)
        assert forged != texts[k]
        assert outcome([*texts[:k], forged, *texts[k + 1 :]]) == "refused", (field, number)


@pytest.mark.parametrize("value", ["true", "null", '"5"', "-5", "0", "[5]", "{}", "9" * 40])
def test_what_is_no_quantity_is_found(value):
    texts = texts_of(everything())
    for k, field in ((0, '"lots":5'), (2, '"kg":20')):
        forged = texts[k].replace(field, f"{field.split(':')[0]}:{value}", 1)
        assert forged != texts[k]
        assert outcome(fitted([*texts[:k], forged, *texts[k + 1 :]])) == "found", (field, value)


def test_true_is_not_one_nor_is_false_nothing():
    texts = texts_of(everything())
    for k, old, new in (
        (0, '"revision":1', '"revision":true'), (0, '"cancelled":false', '"cancelled":0'),
        (2, '"format":1', '"format":true'), (2, '"kg":0', '"kg":false'), (2, '"kg":0', '"kg":-0.0'),
    ):  # fmt: skip
        forged = texts[k].replace(old, new, 1)
        assert forged != texts[k]
        assert outcome(fitted([*texts[:k], forged, *texts[k + 1 :]])) != "proved", new


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("end", ["x", "{}", "]", "}", "\x00", ",", "\ufeff", "\n{}", "//"])
def test_bytes_behind_a_text_are_refused(name, end):
    texts = texts_of(everything())
    k = NAMES.index(name)
    for forged in (texts[k] + end, texts[k].rstrip("\n") + end):
        assert outcome([*texts[:k], forged, *texts[k + 1 :]]) == "refused"
    assert outcome([*texts[:k], texts[k] + "\n\n", *texts[k + 1 :]]) == "proved"


@pytest.mark.parametrize("name", NAMES)
def test_a_byte_order_mark_and_bytes_that_are_no_text_are_refused(name, tmp_path):
    for one, text in zip(NAMES, texts_of(everything()), strict=True):
        (tmp_path / f"{one}.json").write_text(text, encoding="utf-8")
    assert findings(tmp_path) == [] and verify.main([str(tmp_path)]) == 0
    assert (findings(tmp_path / f"{name}.json") == []) == (name == "result")
    file = tmp_path / f"{name}.json"
    sound = file.read_bytes()
    for forged in (b"\xef\xbb\xbf" + sound, sound.replace(b'"', b'"\xff', 1), sound[:-9], b""):
        file.write_bytes(forged)
        assert verify.main([str(tmp_path)]) == 2
        for given in (tmp_path, file):
            with pytest.raises(InputError):
                findings(given)


@pytest.mark.parametrize(
    "text", ["\ud800", "\\ud800", "\\udc00\\ud800"], ids=["raw", "high", "low"]
)
def test_half_a_character_is_found_wherever_it_stands(text):
    texts = texts_of(everything())
    for k, old in ((0, '"id":"b1"'), (0, '"place":"EU"'), (1, '"commitment":"seed"'), (2, '"C1"')):
        forged = texts[k].replace(old, f'{old[:-1]}{text}"', 1)
        assert forged != texts[k]
        assert outcome(fitted([*texts[:k], forged, *texts[k + 1 :]])) != "proved", old


@pytest.mark.parametrize("name", NAMES)
def test_no_depth_of_nesting_breaks_the_checker(name):
    texts = texts_of(everything())
    k = NAMES.index(name)
    for depth in (*range(900, 1001), 5_000, 100_000):
        inner = "[" * depth + "]" * depth
        for forged in (inner, f'{{"a":{inner},{texts[k][1:]}'):
            changed = [*texts[:k], forged, *texts[k + 1 :]]
            assert outcome(changed) in ("found", "refused") or name == "proof"


def test_columns_in_a_file_are_no_orders():
    """Only the quick reading makes columns; a book that brings its own has no list of orders."""
    texts = texts_of(everything())
    book = json.loads(texts[0])
    for names in (sorted(book["orders"][0]), ()):
        book["orders"] = {name: [row[name] for row in book["orders"]] for name in names}
        assert outcome(fitted([verify.canonical(book), *texts[1:]])) == "found"


@pytest.mark.parametrize(
    "between", ["", ",,", ";", ", ,", "},{", ",{},", ",null,", ",[],", ', "x",', ":"]
)
def test_nothing_but_a_comma_stands_between_two_orders(between):
    texts = texts_of(everything())
    for forged in (
        texts[0].replace('},{"cancelled"', "}" + between + '{"cancelled"', 1),
        texts[0].replace('"orders":[', '"orders":[' + between, 1) if between else "[",
        texts[0].replace('],"products"', between + '],"products"', 1) if between else "[",
    ):
        assert outcome(fitted([forged, *texts[1:]])) != "proved"


def test_a_second_list_of_orders_is_refused_wherever_it_stands():
    texts = texts_of(everything())
    start = texts[0].index('"orders":')
    orders = texts[0][start : texts[0].index(',"products"')]
    empty = '"orders":[]'
    for forged in (
        texts[0].replace(orders, f"{orders},{orders}"),
        texts[0].replace(orders, f"{empty},{orders}"),
        texts[0].replace(orders, f"{orders},{empty}"),
        texts[0].replace('{"arcs"', "{" + orders + ',"arcs"'),
        texts[0].replace('"reason":""', '"reason":{' + empty + "}", 1),
    ):
        assert forged != texts[0] and outcome(fitted([forged, *texts[1:]])) != "proved"


def pairs(text):
    """The value with every field of a record in order, twice where it is told twice."""
    told = json.loads(text, object_pairs_hook=lambda given: ("record", sorted(given, key=repr)))
    return repr(told)  # tells 1 from 1.0 and from true


@pytest.mark.parametrize("name", NAMES)
def test_whichever_character_is_changed_a_proved_text_has_the_same_value(name):
    """Every character of a small auction's files, left out and put for others."""
    rng = random.Random(8)
    orders = [
        Order("b", "B1", "B", "bid", "p", 5, 12),
        Order("s", "S1", "S", "ask", "p", 9, 10, lot="l"),
    ]
    products = [Product("p", "x", "EU", reference=11), Product("q", "x", "EU", reference=11)]
    link = [Conversion("c", "P1", "P", (("p", 2),), (("q", 1),), 500, 3)]
    texts = texts_of(Book("a", products, orders, link))
    k, proved = NAMES.index(name), 0
    sound = pairs(texts[k])
    for at in range(len(texts[k])):
        for new in rng.sample('0159-.eE{}[]",:\\ \ntb/\u2028', 3) + [""]:
            forged = texts[k][:at] + new + texts[k][at + 1 :]
            told = outcome([*texts[:k], forged, *texts[k + 1 :]])
            if told == "proved" and name != "proof":
                assert pairs(forged) == sound, (at, new)
                proved += 1
    assert proved < len(texts[k]) / 4


def test_movements_out_of_balance_are_never_expected():
    parts = [json.loads(text) for text in texts_of(everything())]
    check = verify.Check(parts[0], parts[1], parts[3])
    assert len(list(check.leg_texts([("o", "ore", 5, "m", -9), ("x", "ore", -5, "n", 9)]))) == 2
    for leg in (("x", "ore", -4, "n", 9), ("x", "ore", -5, "n", 8), ("x", "oxide", -5, "n", 9)):
        with pytest.raises(verify.Unproved):
            list(check.leg_texts([("o", "ore", 5, "m", -9), leg]))

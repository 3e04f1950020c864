"""Is a book read as it stands, and is every fault told at once with its place?"""

from __future__ import annotations

import json
import random

import pytest
from random_books import chain, single

from monazite.club import Arc, Book, Conversion, Order, Product, Rules, clear, read_book, read_rules
from monazite.club.publish import files_of
from monazite.club.reading import (
    _canonical_book,
    book_of,
    book_text,
    canonical,
    record_of,
    whole,
)
from monazite.club.verify import verify_texts
from monazite.errors import InputError

PRODUCT = {"id": "p", "material": "ndpr_oxide", "place": "EU", "tick": "0.01 USD/kg"}


def faults(path):
    with pytest.raises(InputError) as caught:
        read_book(path)
    return [(one.place, one.key) for one in caught.value.faults]


def write(path, value):
    path.write_text(json.dumps(value, indent=1), encoding="utf-8")
    return path


def order(**fields):
    kept = {"id": "o", "member": "m", "group": "g", "side": "bid", "product": "p", "lots": 1}
    return {**kept, "limit": 5, **fields}


@pytest.mark.parametrize(
    ("text", "number"),
    [("110.5 USD/kg", 110_500_000), ("2 MUSD", 2 * 10**12), ("1.5 t", 1500), ("7 kt", 7_000_000)],
)
def test_a_number_with_a_unit_becomes_whole(text, number):
    assert whole(text) == number


@pytest.mark.parametrize("text", ["0.0000001 USD/kg", "5 EUR", "USD/kg", "NaN kg", "Infinity kg"])
def test_a_number_that_is_not_whole_stays_a_text_and_is_refused(text, tmp_path):
    assert whole(text) == text
    book = {"auction": "a", "products": [PRODUCT], "orders": [order(limit=text)]}
    assert faults(write(tmp_path / "b.json", book)) == [("b.json:19:4", "club_value")]


def test_every_fault_is_told_with_its_line(tmp_path):
    orders = [order(side="buy", lots=0), order(id="x", limit=1.5, colour="red")]
    book = {"auction": "a", "products": [{**PRODUCT, "material": ""}], "orders": orders}
    found = faults(write(tmp_path / "b.json", book))
    assert [key for _, key in found] == ["club_value"] * 4 + ["club_unknown"]
    assert [place.split(":")[1] for place, _ in found] == ["6", "16", "18", "28", "29"]


def test_a_book_that_contradicts_itself_is_refused():
    product = {**PRODUCT, "floor": 15_000, "band": [9, 8]}
    arc = {"id": "o", "member": "m", "group": "g", "origin": "p", "destination": "p"}
    with pytest.raises(InputError) as caught:
        book_of(
            {
                "auction": "a",
                "products": [product, PRODUCT],
                "orders": [order(), order(), order(id="q", product="z")],
                "arcs": [{**arc, "freight": 0, "cap_kg": 1}],
                "releases": [{"id": "r", "product": "p", "kg": 4, "price": 1, "stock_kg": 9}],
            }
        )
    keys = sorted(one.key for one in caught.value.faults)
    assert keys == sorted(
        ["club_twice"] * 3
        + ["club_no_product", "club_no_reference", "club_no_reference", "club_floor_tick"]
        + ["club_band", "club_arc_nowhere", "club_tier"]
    )


def test_tables_and_json_say_the_same(tmp_path):
    book = Book(
        "a",
        (Product("ore", "ore", "AUS", reference=5), Product("ox", "ox", "AUS", reference=7)),
        (Order("o1", "m", "g", "bid", "ox", 3, 110_500_000),),
        (Conversion("c", "m", "g", (("ore", 1000),), (("ox", 400),), 20, 7),),
        (Arc("f", "m", "g", "ore", "ox", 3, 9),),
    )
    (tmp_path / "book.yaml").write_text("auction: a\n")
    (tmp_path / "products.csv").write_text(
        "id,material,place,reference\nore,ore,AUS,5\nox,ox,AUS,7\n"
    )
    (tmp_path / "orders.csv").write_text(
        "id,member,group,side,product,lots,limit [USD/kg]\no1,m,g,bid,ox,3,110.5\n"
    )
    (tmp_path / "conversions.csv").write_text(
        "id,member,group,inputs,outputs,fee,runs\nc,m,g,ore:1000,ox:400,20,7\n"
    )
    (tmp_path / "arcs.csv").write_text(
        "id,member,group,origin,destination,freight,cap_kg\nf,m,g,ore,ox,3,9\n"
    )
    assert read_book(tmp_path) == book
    assert book_of(json.loads(canonical(record_of(book)))) == book


def test_a_fault_of_a_table_names_file_line_and_column(tmp_path):
    (tmp_path / "book.yaml").write_text("auction: a\n")
    (tmp_path / "products.csv").write_text("id,material,place\np,x,EU\n")
    (tmp_path / "orders.csv").write_text(
        "id,member,group,side,product,lots,limit\n\no1,m,g,bid,p,3,\no2,m,g,bid,p,x,4\n"
    )
    found = faults(tmp_path)
    assert found == [("orders.csv:3:limit", "club_missing"), ("orders.csv:4:lots", "club_value")]
    (tmp_path / "orders.csv").write_text("id,member\no1\n")
    assert faults(tmp_path) == [("orders.csv:2", "club_ragged")]


def test_an_amount_beyond_all_measure_stays_text_and_no_digit_is_lost():
    for text in ("1e999999999 MUSD", "1e-999999999 kg", "0e999999999 kg", f"{'9' * 5_000} kg"):
        assert whole(text) == text
    assert whole("12345678901234567890123456789 USD") == 12345678901234567890123456789 * 10**6
    assert whole("1.00000000000000000000000001 t") == "1.00000000000000000000000001 t"
    assert (whole("12 t"), whole("1e3 kg"), whole("64.28 %")) == (12_000, 1_000, 642_800)


def test_rules_are_strict(tmp_path):
    file = tmp_path / "rules.yaml"
    file.write_text("version: '1'\ncommitment: abc\npremium: 0.5 USD/kg\ngroup_cap_ppm: 25 %\n")
    rules = read_rules(file)
    assert (rules.premium, rules.group_cap_ppm) == (500_000, 250_000)
    file.write_text("version: 1\npremium: 0.5\n")
    with pytest.raises(InputError) as caught:
        read_rules(file)
    assert {one.key for one in caught.value.faults} == {"club_value", "club_missing"}


def test_the_order_of_rows_does_not_change_the_canonical_text():
    orders = [Order(f"o{k}", "m", "g", "bid", "p", 1, 5) for k in range(5)]
    products = (Product("p", "x", "EU"),)
    there = Book("a", products, tuple(orders))
    back = Book("a", products, tuple(reversed(orders)))
    assert canonical(record_of(there)) == canonical(record_of(back))


def test_the_book_text_a_book_is_the_canonical_json_of_its_record():
    """Names with quotes, slashes, control characters and other scripts included."""
    names = ['a"b', "a\\b", "a\nb\t\x01", "钕镨", "é/∑", "\u2028"]
    orders = [
        Order(f"{name}{k}", name, name[::-1], side, "p", k + 1, -5 + k, name, k, k == 2)
        for k, name in enumerate(names)
        for side in (["bid", "ask"][k % 2],)
    ]
    book = Book("a", (Product("p", "x", "EU"),), tuple(orders))
    assert book_text(book) == canonical(record_of(book))
    assert book_text(Book("a", book.products)) == canonical(record_of(Book("a", book.products)))


def test_more_than_can_be_counted_exactly_is_refused_and_not_cleared_wrongly():
    """4·10¹⁸ kg in all: beyond, sums in 64 bits would come out as something else, unnoticed."""
    product = Product("p", "x", "EU", lot_kg=10**9, reference=5)

    def book(lots):
        sides = [
            Order("b", "B", "B", "bid", "p", lots, 5),
            Order("s", "S", "S", "ask", "p", lots, 5),
        ]
        return Book("a", (product,), tuple(sides))

    most = clear(book(2 * 10**9), Rules("1", "s"))
    assert [row["kg"] for row in most.record["orders"]] == [2 * 10**18] * 2
    assert verify_texts(*files_of(most).values()) == []
    with pytest.raises(InputError) as caught:
        clear(book(2 * 10**9 + 1), Rules("1", "s"))
    assert [one.key for one in caught.value.faults] == ["club_too_much"]
    with pytest.raises(InputError) as caught:
        book_of(json.loads(book_text(book(2 * 10**9 + 1))))
    assert [one.key for one in caught.value.faults] == ["club_too_much"]
    assert book_of(json.loads(book_text(book(2 * 10**9)))) == book(2 * 10**9)


def test_a_book_in_canonical_form_is_read_as_in_any_other(tmp_path):
    """Published books are read at once; the value is that of the same book written with blanks."""
    rng, file = random.Random(9), tmp_path / "book.json"
    for _ in range(40):
        text = book_text((chain if rng.random() < 0.6 else single)(rng))
        file.write_text(json.dumps(json.loads(text), indent=1), encoding="utf-8")
        slow = read_book(file)
        file.write_text(text + "\n", encoding="utf-8")
        assert _canonical_book(text + "\n") == slow == read_book(file)
        assert type(slow.orders) is type(read_book(file).orders) is tuple


@pytest.mark.parametrize(
    ("old", "new", "keys"),
    [
        ('"lots":1', '"lots":0', ["club_value"]), ('"lots":1', '"lots":true', ["club_value"]),
        ('"lots":1', '"lots":1.0', ["club_value"]), ('"lots":1', '"lots":"1 EUR"', ["club_value"]),
        ('"lots":1', '"lots":1,"lots":2', ["club_key_twice"]),
        ('"side":"bid"', '"side":"buy"', ["club_value"]),
        ('"product":"p"', '"product":"q"', ["club_no_product"]),
        ('"tick":1}', '"tick":0}', ["club_value"]), ('"floor":null', '"floor":-1', ["club_value"]),
        ('"tick":1}', '"tick":1,"x":1}', ["club_unknown"]),
        ('"id":"o"', '"id":"' + "o" * 201 + '"', ["club_value"]),
    ],
)  # fmt: skip
def test_a_fault_in_a_canonical_book_is_told_with_its_place(old, new, keys, tmp_path):
    book = Book("a", (Product("p", "x", "EU"),), (Order("o", "m", "g", "bid", "p", 1, 5),))
    text = book_text(book)
    assert _canonical_book(text) == book and old in text
    found = faults(write_text(tmp_path / "b.json", text.replace(old, new)))
    assert [key for _, key in found] == keys and found[0][0].startswith("b.json:1")


def write_text(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def test_a_number_with_a_unit_in_a_canonical_book_is_read_too(tmp_path):
    book = Book("a", (Product("p", "x", "EU", lot_kg=1000),), ())
    text = book_text(book).replace('"lot_kg":1000', '"lot_kg":"1 t"')
    assert read_book(write_text(tmp_path / "b.json", text)) == book


@pytest.mark.parametrize("piece", [1, 2, 3, 10_000])
def test_a_book_told_in_pieces_is_the_canonical_book(monkeypatch, piece):
    """Pieces of any size join to the text of the record, and the digest is that of the whole."""
    import hashlib

    from monazite.club import reading
    from monazite.club.clearing import digest
    from monazite.club.demo import day

    monkeypatch.setattr(reading, "PIECE", piece)
    book = day().clearing.book
    whole = reading.canonical(reading.record_of(book))
    assert reading.book_text(book) == whole
    assert digest(book) == hashlib.sha256(whole.encode()).hexdigest()

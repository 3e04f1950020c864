"""Do `clear` and `verify` answer, refuse and leave nothing half-written?"""

from __future__ import annotations

import json

from monazite.cli import main

BOOK = {
    "auction": "a1",
    "products": [
        {"id": "p", "material": "x", "place": "EU", "lot_kg": "1 t", "reference": "108 USD/kg"}
    ],
    "orders": [
        {
            "id": "b", "member": "m", "group": "m", "side": "bid", "product": "p", "lots": 3,
            "limit": "110 USD/kg",
        },
        {
            "id": "a", "member": "n", "group": "n", "side": "ask", "product": "p", "lots": 3,
            "limit": "107.5 USD/kg",
        },
    ],
}  # fmt: skip


def written(tmp_path, book=BOOK):
    (tmp_path / "book.json").write_text(json.dumps(book), encoding="utf-8")
    (tmp_path / "rules.yaml").write_text("version: '1'\ncommitment: abc\n", encoding="utf-8")
    return [str(tmp_path / "book.json"), "--rules", str(tmp_path / "rules.yaml")]


def test_clear_prints_the_price_and_writes_what_verify_proves(tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["clear", *written(tmp_path), "--out", str(out)]) == 0
    assert "108.00" in capsys.readouterr().out
    names = {"book.json", "rules.json", "result.json", "proof.json"}
    pages = {"report.en.html", "report.zh.html"}
    assert {file.name for file in out.iterdir()} == names | pages
    for page in pages:  # one product without links: its bids and asks, no chain
        html = (out / page).read_text(encoding="utf-8")
        assert html.count("<svg") == 1 and "p: 108.00 USD/kg" in html
    assert main(["verify", str(out), "--lang", "zh"]) == 0
    assert "核验通过" in capsys.readouterr().out
    exact = tmp_path / "exact"
    assert main(["clear", *written(tmp_path), "--exact", "--out", str(exact)]) == 0
    assert (exact / "result.json").read_bytes() == (out / "result.json").read_bytes()


def test_a_falsified_result_ends_with_status_one_and_says_where(tmp_path, capsys):
    out = tmp_path / "out"
    main(["clear", *written(tmp_path), "--out", str(out)])
    result = (out / "result.json").read_text(encoding="utf-8")
    (out / "result.json").write_text(result.replace("108000000", "107000000"), encoding="utf-8")
    capsys.readouterr()
    assert main(["verify", str(out / "result.json")]) == 1
    told = capsys.readouterr().out
    assert "p.price" in told and "108000000" in told and "Not proved" in told


def test_every_fault_of_a_book_is_told_at_once_and_nothing_is_written(tmp_path, capsys):
    first, second = BOOK["orders"]
    broken = {**BOOK, "orders": [{**first, "lots": 0}, {**second, "side": "buy"}]}
    out = tmp_path / "out"
    assert main(["clear", *written(tmp_path, broken), "--out", str(out)]) == 2
    told = capsys.readouterr().err
    assert "orders.0.lots" in told and "orders.1.side" in told and "Traceback" not in told
    assert not out.exists()
    assert main(["clear", str(tmp_path / "none.json"), *written(tmp_path)[1:]]) == 2


def test_a_file_in_the_way_is_not_overwritten(tmp_path, capsys):
    (tmp_path / "out").write_text("mine")
    assert main(["clear", *written(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert (tmp_path / "out").read_text() == "mine"

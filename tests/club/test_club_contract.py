"""Are contracts filed, called and settled from the command line, and replayed byte for byte?"""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path
from urllib.parse import quote

import pytest
from test_club_day import EVENING, Line

CONTRACTS = """
K1:
  kind: offtake
  seller: mine
  buyer: acme
  product: ndpr@FRA
  first: 2026-01-01
  last: 2030-12-31
  firm_kg: 10 t
  floor: 115 USD/kg
  strike: 100 USD/kg
  give_back_ppm: 30 %
  source: made up for this test
D1:
  kind: contract_for_difference
  producer: pit
  guarantor: best
  product: ndpr@FRA
  first: 2026-01-01
  last: 2030-12-31
  strike: 120 USD/kg
"""


@pytest.fixture
def line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Line:
    monkeypatch.delenv("MONAZITE_LANG", raising=False)
    line = Line(tmp_path, capsys)
    line.file("contracts.yaml").write_text(CONTRACTS, encoding="utf-8")
    return line


def until_published(line: Line) -> str:
    line.until_open()
    line("contract", "add", line.file("contracts.yaml"))
    line("contract", "call", "K1", "2 t", "--auction", "A1")
    line("contract", "call", "D1", "1 t", "--auction", "A1")
    line("order", "A1", line.file("orders.csv"))
    line.minute = count(180)
    line("auction", "close", "A1")
    line("auction", "clear", "A1")
    return line("auction", "publish", "A1", "--deadline", EVENING)


def test_contracts_are_filed_whole_or_not_at_all(line: Line) -> None:
    line.until_open()
    told = line("contract", "add", line.file("contracts.yaml"))
    assert told.count("Contract filed: event") == 2 and "mine → acme" in told
    assert line("contract", "add", line.file("contracts.yaml")).count("done before") == 2
    line.file("two.yaml").write_text(
        CONTRACTS.replace("K1", "K2").replace("D1", "D2").replace("pit", "nobody")
    )
    assert "two.yaml:14" in line.refused("contract", "add", line.file("two.yaml"))
    assert "K2" not in line("contract", "show")
    shown = line("contract", "show", "K1")
    assert "firm_kg: 10000" in shown and "source: made up" in shown
    assert "no contract N" in line.run("contract", "show", "N")[2]
    err = line.refused("contract", "add", "lynas_jare_ndpr")
    assert "Lynas Rare Earths is no member" in err
    assert "没有合同 N" in line.run("contract", "show", "N", "--lang", "zh")[2]


def test_a_day_with_contracts(line: Line) -> None:
    """Price 111. K1: 2 t at the floor of 115, back at 111, 30 % of 11 returned. D1: 9 on 1 t."""
    told = until_published(line)
    assert "Contracts settled beside A1" in told and "give-back or difference" in told
    line("member", "money", "acme", "1 MUSD", "--reference", "more")
    line("settle", "A1", "--fund", "acme,best,mine,pit")
    assert "A1 is final" in line("settle", "A1")
    line("export", "--out", line.file("out"))
    base = line.file("out") / "statements"
    acme = json.loads((base / "acme.json").read_text())
    rows = [(one["part"], one["kg"], one["uusd"] // 10**6) for one in acme["beside"]]
    assert rows == [
        ("quantity", 2000, -230_000),
        ("payment", 0, 6_600),
        ("deviation", -2000, 222_000),
    ]
    # 3 t at 111, and 1,400 more for what the contract makes of two of them
    assert acme["balances"]["free/acme"] == {"$": (2_000_000 - 333_000 - 1_400) * 10**6} | {
        "ndpr@FRA": 3_000
    }
    best = json.loads((base / "best.json").read_text())
    assert [one["uusd"] // 10**6 for one in best["beside"]] == [-9_000]
    assert "差价合约" in line("contract", "show", "--lang", "zh")
    html = (base / "acme.html").read_text()
    assert "K1" in html and "Contracts settled beside auctions" in html
    assert "settlement_delivered,A1,free/acme" in (base / "acme.csv").read_text()


def test_what_follows_from_the_lines_is_the_same_byte_for_byte(line: Line) -> None:
    until_published(line)
    line("member", "money", "acme", "1 MUSD", "--reference", "more")
    line("settle", "A1", "--fund", "acme,best,mine,pit")
    line("settle", "A1")
    assert "same bytes: A1" in line("replay")
    line("export", "--out", line.file("out"))
    line.file("club").rename(line.file("old"))
    line("init", "--from", line.file("out") / "journal.jsonl")
    assert "same bytes: A1" in line("replay")
    line("export", "--out", line.file("again"))
    files = sorted(
        one.relative_to(line.file("out")) for one in line.file("out").rglob("*") if one.is_file()
    )
    assert len(files) > 15
    for one in files:
        assert (line.file("out") / one).read_bytes() == (line.file("again") / one).read_bytes(), one


def test_a_year_is_ended_once(line: Line) -> None:
    line.until_open()
    line("contract", "add", line.file("contracts.yaml"))
    words = ("contract", "year", "K1", "2026", "--market", "111 USD/kg")
    assert "2026 of contract K1 is not over" in line.refused(*words)
    told = line(*words, time="2027-01-04T09:00:00Z")
    assert "Contract year ended" in told and "1,150,000.000000" in told  # 10 t at 115
    assert "done before" in line(*words, time="2027-01-05T09:00:00Z")
    err = line.refused(
        "contract", "call", "K1", "1 t", "--auction", "A1", time="2027-01-06T09:00:00Z"
    )
    assert "A1 has closed at" in err


MP, DOD = "MP Materials", "United States Department of Defense"
LYNAS, JARE = "Lynas Rare Earths", "Japan Australia Rare Earths (JARE)"
PUBLIC = """
auction: A1
products:
  - {id: ndpr_oxide, material: ndpr_oxide, place: USA, lot_kg: 1 t, reference: 100 USD/kg}
"""
PUBLIC_ORDERS = f"""id,member,side,product,lots,limit
b1,{JARE},bid,ndpr_oxide,4,150 USD/kg
s1,{LYNAS},ask,ndpr_oxide,3,100 USD/kg
s2,{MP},ask,ndpr_oxide,1,100 USD/kg
"""


def test_public_terms_settle_with_their_published_figures(line: Line) -> None:
    """At 100 USD/kg JARE pays Lynas the floor of 110 on 3 t; the DoD pays MP 10 on each of 1 t."""
    line("init", "--name", "Test club")
    for name in (MP, DOD, LYNAS, JARE):
        line("member", "add", name, "--group", f"G-{name}")
        line("member", "money", name, "1 MUSD", "--reference", f"wire-{name}")
    line("member", "metal", LYNAS, "ndpr_oxide", "3 t", "--receipt", "W1")
    line("member", "metal", MP, "ndpr_oxide", "1 t", "--receipt", "W2")
    line("contract", "add", "lynas_jare_ndpr")
    line("contract", "add", "mp_dod_ndpr")
    line.file("public.yaml").write_text(PUBLIC)
    rules = line.file("rules.yaml")
    line("auction", "draft", "A1", "--book", line.file("public.yaml"), "--rules", rules)
    line("contract", "call", "lynas_jare_ndpr", "3 t", "--auction", "A1")
    line("contract", "call", "mp_dod_ndpr", "1 t", "--auction", "A1")
    line("auction", "open", "A1")
    line.file("public.csv").write_text(PUBLIC_ORDERS)
    line("order", "A1", line.file("public.csv"))
    line("auction", "close", "A1")
    line("auction", "clear", "A1")
    line("auction", "publish", "A1", "--deadline", EVENING)
    line("settle", "A1", "--fund", f"{JARE},{LYNAS},{MP}")
    assert "A1 is final" in line("settle", "A1")
    line("export", "--out", line.file("out"))

    def money(member: str) -> int:
        one = json.loads(
            (line.file("out") / "statements" / f"{quote(member, safe=' ')}.json").read_text()
        )
        return one["balances"][f"free/{member}"]["$"] // 10**6 - 1_000_000

    assert money(LYNAS) == 3_000 * 110
    assert money(JARE) == -(3_000 * 110 + 1_000 * 100)
    assert money(MP) == 1_000 * 110 and money(DOD) == -1_000 * 10
    assert "same bytes: A1" in line("replay")

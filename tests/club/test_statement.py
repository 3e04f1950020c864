"""Does a statement add up, to its own balances and to the legs?"""

from __future__ import annotations

import csv
import io
import json

import pytest
from day import LEGS, USD, Day, hand_made
from test_desk import all_steps, at_deadline

from monazite.club.commands import commands
from monazite.club.ledger import MONEY
from monazite.club.orders import Leg
from monazite.club.settlement import due
from monazite.club.statement import Statement, statements
from monazite.messages import LANGUAGES, say


@pytest.fixture(scope="module")
def settled() -> dict[str, Statement]:
    club = Day()
    all_steps(club)
    return statements(club.desk.journal.verify())


@pytest.fixture(scope="module")
def defaulted() -> dict[str, Statement]:
    club = Day()
    club.published()
    club.fund("buyer", "seller", "second")
    at_deadline(club)
    return statements(club.desk.journal.verify())


@pytest.fixture(params=["settled", "defaulted"])
def every(request: pytest.FixtureRequest) -> dict[str, Statement]:
    return request.getfixturevalue(request.param)


def test_movements_sum_to_the_balances(every: dict[str, Statement]) -> None:
    for one in every.values():
        sums: dict[tuple[str, str], int] = {}
        for row in one.movements:
            key = (row.account, row.asset)
            sums[key] = sums.get(key, 0) + row.amount
            assert row.balance == sums[key]
        left = {key: amount for key, amount in sums.items() if amount}
        told = {(a, asset): n for a, held in one.balances.items() for asset, n in held.items()}
        assert left == told


def test_delivery_moves_what_the_legs_sum_to(settled: dict[str, Statement]) -> None:
    for member, owed in due(LEGS).items():
        moved: dict[str, int] = {}
        for row in settled[member].movements:
            if row.type == "settlement_delivered":
                moved[row.asset] = moved.get(row.asset, 0) + row.amount
        assert moved == owed
        fills = settled[member].fills
        assert sum(one.uusd for one in fills) == owed[MONEY]
        assert sum(one.kg for one in fills) == owed["oxide"]


def test_all_statements_together_lose_nothing(every: dict[str, Statement]) -> None:
    """What all members hold is what came in from outside."""
    money = sum(
        n for s in every.values() for h in s.balances.values() for a, n in h.items() if a == MONEY
    )
    metal = sum(
        n for s in every.values() for h in s.balances.values() for a, n in h.items() if a != MONEY
    )
    assert (money, metal) == (90_000 * USD, 400)


def test_a_cut_is_shown_with_its_leg(defaulted: dict[str, Statement]) -> None:
    (fill,) = defaulted["seller"].fills
    assert fill.kg == -(250 - fill.cut_kg) and fill.cut_kg in (62, 63)
    assert defaulted["other"].fills == ()
    taken = [row for row in defaulted["other"].movements if row.type == "settlement_defaulted"]
    assert sum(row.amount for row in taken) == -1_100 * USD


def test_orders_are_listed_with_their_collateral(settled: dict[str, Statement]) -> None:
    entries = settled["other"].entries
    assert [(e.order, e.collateral) for e in entries] == [
        ("o1", {"$": 1_100 * USD}),
        ("o2", {"$": 4_000 * USD}),
    ]
    assert "limit 110000000" in entries[0].told


def test_what_nobody_else_can_bear_is_on_the_clubs_statement() -> None:
    """A premium whose payer fails while its receiver is the club's own remainder row."""
    legs = [*LEGS, Leg("", "club", "", 0, 5), Leg("b1", "buyer", "oxide", 0, -5)]
    club = Day(clear=hand_made(legs, {"oxide": LEGS[0].uusd // -LEGS[0].kg}))
    club.published()
    one = statements(club.desk.journal.verify())["club"]
    assert [(fill.product, fill.price, fill.uusd) for fill in one.fills] == [("", 0, 5)]
    assert "0.000005" in one.html()


def test_csv_and_json_hold_the_same(settled: dict[str, Statement]) -> None:
    one = settled["buyer"]
    rows = list(csv.DictReader(io.StringIO(one.csv())))
    read = json.loads(one.json())
    assert [{k: str(v) for k, v in row.items()} for row in read["movements"]] == rows
    assert read["hash"] == one.hash and len(rows) == len(one.movements) > 3


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_can_be_printed_and_holds_every_movement(
    settled: dict[str, Statement], lang: str
) -> None:
    page = settled["buyer"].html(lang)
    assert page.count("<tr>") == 4 + sum(
        map(len, (settled["buyer"].movements, settled["buyer"].entries, settled["buyer"].fills))
    ) + sum(len(held) for held in settled["buyer"].balances.values())
    assert "-30,000.000000" in page and "@media print" in page
    assert say("club.event.settlement_delivered", lang) in page
    assert "http" not in page and "<script" not in page


def test_names_cannot_write_into_the_page() -> None:
    club = Day()
    club("club_founded", name="<b>Club</b>")
    club("member_added", member="m", group="g", name="<script>alert(1)</script>")
    page = statements(club.desk.journal.verify())["m"].html()
    assert "<script" not in page and "&lt;script&gt;" in page and "<b>" not in page


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_event_has_a_name(lang: str) -> None:
    assert all(say(f"club.event.{type}", lang) for type in commands())


def test_no_events_no_statements() -> None:
    assert statements([]) == {}

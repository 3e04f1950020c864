"""What has a member put in, traded, paid and received? Its statement, from the events alone.

Every movement names its event, so that a statement can be held against the exported journal. It
adds up: opening balance plus movements is the closing balance, account by account, and what an
auction's delivery moved is what the member's legs sum to.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

from monazite.club import ledger
from monazite.club.auction import legs_of
from monazite.club.beside import contract_of, part_of
from monazite.club.canonical import canonical
from monazite.club.event import Event
from monazite.club.ledger import MONEY, OUTSIDE
from monazite.club.register import figures_of, lot_in, reason_of
from monazite.club.state import State, apply
from monazite.messages import language, say


@dataclass(frozen=True)
class Movement:
    """One posting on an account of the member; ``balance`` is what the account holds after it."""

    seq: int
    time: str
    type: str
    reference: str
    account: str
    asset: str
    amount: int
    balance: int


@dataclass(frozen=True)
class Entry:
    """An order as it was entered, amended or withdrawn, and the collateral held for it then."""

    seq: int
    time: str
    type: str
    auction: str
    order: str
    told: str
    collateral: Mapping[str, int]


@dataclass(frozen=True)
class Fill:
    """A leg of a published auction, after any close-out; ``cut_kg`` is what that took from it."""

    auction: str
    order: str
    product: str
    price: int
    kg: int
    uusd: int
    cut_kg: int


@dataclass(frozen=True)
class Title:
    """Kilograms of a lot that came to the member (positive) or left it in a published auction."""

    auction: str
    lot: str
    material: str
    kg: int


@dataclass(frozen=True)
class Beside:
    """A leg of a contract beside a published auction; ``price`` is 0 where no metal moves."""

    auction: str
    contract: str
    part: str
    product: str
    price: int
    kg: int
    uusd: int


@dataclass(frozen=True)
class Agreement:
    """A contract of the member: what its year has seen, and debts open (positive: to receive)."""

    contract: str
    kind: str
    product: str
    year: int
    taken_kg: int
    returned_uusd: int
    make_up_kg: int
    owed_uusd: int


@dataclass(frozen=True)
class Statement:
    """All that concerns one member up to the last event given."""

    club: str
    member: str
    name: str
    group: str
    seq: int
    hash: str
    time: str
    movements: tuple[Movement, ...]
    entries: tuple[Entry, ...]
    fills: tuple[Fill, ...]
    beside: tuple[Beside, ...]
    contracts: tuple[Agreement, ...]
    lots: tuple[Title, ...]
    verdicts: Mapping[str, Any]
    balances: Mapping[str, Mapping[str, int]]

    def csv(self) -> str:
        """The movements, one a line; whole kilograms and micro-dollars."""
        text = io.StringIO()
        names = list(Movement.__dataclass_fields__)
        rows = csv.DictWriter(text, names, lineterminator="\n")
        rows.writeheader()
        rows.writerows(asdict(one) for one in self.movements)
        return text.getvalue()

    def json(self) -> str:
        """Everything, as canonical JSON."""
        return canonical(asdict(self)) + "\n"

    def html(self, lang: str | None = None) -> str:
        """A page to print, in `lang` (default: the current language)."""
        return _page(self, language(lang))


def statements(events: Iterable[Event]) -> dict[str, Statement]:
    """The statement of every member, the club's own accounts included, in order of their names."""
    state, last = State(), None
    movements: dict[str, list[Movement]] = {}
    entries: dict[str, list[Entry]] = {}
    for event in events:
        _move(state, event, movements)
        _enter(state, event, entries)
        apply(state, event)
        last = event
    if last is None:
        return {}
    return {
        member: Statement(
            state.club["name"],
            member,
            known["name"],
            known["group"],
            last.seq,
            last.hash,
            last.time,
            tuple(movements.get(member, ())),
            tuple(entries.get(member, ())),
            tuple(_fills(state, member)),
            tuple(_besides(state, member)),
            tuple(_agreements(state, member)),
            tuple(_titles(state, member)),
            {lot: state.verdicts.get(lot, []) for lot in _lots_of(state, member)},
            {
                account: dict(assets)
                for account, assets in sorted(state.balances.items())
                if ledger.owner(account) == member
            },
        )
        for member, known in sorted(state.members.items())
    }


def _move(state: State, event: Event, found: dict[str, list[Movement]]) -> None:
    after: dict[tuple[str, str], int] = {}
    ask = event.ask
    reference = str(ask.get("auction") or ask.get("receipt") or ask.get("note") or "")
    for account, asset, amount in event.found.get("postings", ()):
        if account == OUTSIDE:
            continue
        before = after.get((account, asset), ledger.balance(state.balances, account, asset))
        after[account, asset] = before + amount
        row = Movement(
            event.seq, event.time, event.type, reference, account, asset, amount, before + amount
        )
        found.setdefault(str(ledger.owner(account)), []).append(row)


def _enter(state: State, event: Event, found: dict[str, list[Entry]]) -> None:
    ask = event.ask
    if event.type == "order_placed":
        entry = ask["entry"]
        told = ", ".join(
            f"{name} {entry[name]}"
            for name in sorted(entry)
            if name not in _KNOWN and entry[name] != ""
        )
        member, order = entry["member"], entry["id"]
        pledge = event.found["pledge"]
    elif event.type == "order_cancelled":
        told, member, order, pledge = "", ask["member"], ask["order"], {}
    else:
        return
    row = Entry(event.seq, event.time, event.type, ask["auction"], order, told, pledge)
    found.setdefault(member, []).append(row)


_KNOWN = ("id", "member")


def _fills(state: State, member: str) -> Iterable[Fill]:
    for name, auction in sorted(state.auctions.items()):
        if "settlement" not in auction or auction["state"] == "void":
            continue
        lost: dict[tuple[str, str], int] = {}
        for default in auction["settlement"]["defaults"]:
            for order, _, product, kg, _ in default["cuts"]:
                lost[order, product] = lost.get((order, product), 0) + kg
        for order, whose, product, kg, uusd in auction["legs"]:
            if whose == member:
                cut = lost.pop((order, product), 0)
                yield Fill(name, order, product, auction["prices"].get(product, 0), kg, uusd, cut)


def _besides(state: State, member: str) -> Iterable[Beside]:
    for name, auction in sorted(state.auctions.items()):
        if "settlement" not in auction or auction["state"] == "void":
            continue
        for row in auction["settlement"].get("beside", ()):
            for leg in legs_of(row["legs"]):
                if leg.member == member:
                    price = abs(leg.uusd) // abs(leg.kg) if leg.kg else 0
                    told = (part_of(row, leg), leg.product, price, leg.kg, leg.uusd)
                    yield Beside(name, row["contract"], *told)


def _agreements(state: State, member: str) -> Iterable[Agreement]:
    for id, known in sorted(state.contracts.items()):
        contract = contract_of(state, id)
        if member in contract.parties:
            account = known["account"]
            owed = sum(
                one["uusd"] * ((one["creditor"] == member) - (one["debtor"] == member))
                for one in known["debts"]
                if one["auction"] is None
            )
            make_up = account["make_up_kg"] - account["made_up_kg"]
            told = (account["year"], account["taken_kg"], account["returned_uusd"], make_up, owed)
            yield Agreement(id, known["terms"]["kind"], contract.product, *told)


def _titles(state: State, member: str) -> Iterable[Title]:
    for name, auction in sorted(state.auctions.items()):
        if "settlement" not in auction or auction["state"] == "void":
            continue
        for lot, seller, buyer, kg in auction["settlement"].get("lots", ()):
            material = state.lots[lot]["material"]
            if seller == member:
                yield Title(name, lot, material, -kg)
            if buyer == member:
                yield Title(name, lot, material, kg)


def _lots_of(state: State, member: str) -> list[str]:
    """The lots that a member has, had first, or has sold or bought."""
    had = {id for id, lot in state.lots.items() if lot["holder"] == member}
    had.update(one["lot"] for one in state.sales if member in (one["seller"], one["buyer"]))
    had.update(one.lot for one in _titles(state, member))
    return sorted(had)


# --- the page -------------------------------------------------------------------------------------

STYLE = """
body{font:11pt/1.4 system-ui,sans-serif;margin:2rem auto;max-width:60rem;color:#111}
table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem;font-size:9.5pt}
th,td{text-align:left;padding:.2rem .5rem;border-bottom:1px solid #ccc;vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
code{font-size:8pt;overflow-wrap:anywhere}
@media print{body{margin:0;max-width:none}thead{display:table-header-group}tr{break-inside:avoid}}
"""


def _page(one: Statement, lang: str) -> str:
    def text(key: str, **values: Any) -> str:
        return escape(say(f"club.statement.{key}", lang, **values))

    parts = [
        f"<h1>{text('title', name=one.name or one.member)}</h1>",
        f"<p>{text('head', club=one.club, member=one.member, group=one.group)}</p>",
        f"<p>{text('until', seq=one.seq, time=_time(one.time))} <code>{one.hash}</code></p>",
    ]
    for title, columns, rows in _tables(one, lang):
        parts.append(f"<h2>{text(title)}</h2>")
        parts.append(_table([text(f"column.{name}") for name in columns], columns, rows, lang))
    zh = "zh-Hans" if lang == "zh" else "en"
    title = text("title", name=one.name or one.member)
    return (
        f'<!doctype html>\n<html lang="{zh}"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}</style></head><body>\n" + "\n".join(parts) + "\n</body></html>\n"
    )


NUMBERS = {"amount", "balance", "price", "kg", "money", "cut", "collateral", "seq", "taken"}
NUMBERS |= {"returned", "make_up", "owed", "value", "threshold"}


Rows = list[list[str]]


def _tables(one: Statement, lang: str) -> list[tuple[str, list[str], Rows]]:
    """Title, names of columns and rows of each table."""
    return [(name, columns, rows(one, lang)) for name, (columns, rows) in TABLES.items()]


def _holdings(one: Statement, lang: str) -> Rows:
    return [
        [account, asset_name(asset, lang), _amount(asset, amount)]
        for account, assets in one.balances.items()
        for asset, amount in assets.items()
    ]


def _filled(one: Statement, lang: str) -> Rows:
    return [
        [f.auction, f.order, f.product, _amount(MONEY, f.price), f"{f.kg:,}"]
        + [_amount(MONEY, f.uusd), f"{f.cut_kg:,}"]
        for f in one.fills
    ]


def _settled_beside(one: Statement, lang: str) -> Rows:
    return [
        [b.auction, b.contract, say(f"club.part.{b.part}", lang), b.product]
        + [_amount(MONEY, b.price), f"{b.kg:,}", _amount(MONEY, b.uusd)]
        for b in one.beside
    ]


def _contracts(one: Statement, lang: str) -> Rows:
    return [
        [a.contract, say(f"club.contract.kind.{a.kind}", lang), a.product, str(a.year)]
        + [f"{a.taken_kg:,}", _amount(MONEY, a.returned_uusd), f"{a.make_up_kg:,}"]
        + [_amount(MONEY, a.owed_uusd)]
        for a in one.contracts
    ]


def _lots(one: Statement, lang: str) -> Rows:
    return [[t.auction, t.lot, t.material, f"{t.kg:,}"] for t in one.lots]


def _verdicts(one: Statement, lang: str) -> Rows:
    return [
        [lot, f"{v['rule']} {v['version']}", v["on"], say(f"club.state.{v['state']}", lang)]
        + [*figures_of(v, lang), reason_of(v, lang)]
        for lot, found in one.verdicts.items()
        for v in found
    ]


def _entered(one: Statement, lang: str) -> Rows:
    return [
        [str(e.seq), _time(e.time), _type(e.type, lang), e.auction, e.order, e.told]
        + ["; ".join(ledger.told(asset, e.collateral[asset]) for asset in sorted(e.collateral))]
        for e in one.entries
    ]


def _moved(one: Statement, lang: str) -> Rows:
    return [
        [str(m.seq), _time(m.time), _type(m.type, lang), m.reference, m.account]
        + [asset_name(m.asset, lang), _amount(m.asset, m.amount), _amount(m.asset, m.balance)]
        for m in one.movements
    ]


# title: columns, and what makes the rows
TABLES: dict[str, tuple[list[str], Callable[[Statement, str], Rows]]] = {
    "holdings": (["account", "asset", "balance"], _holdings),
    "fills": (["auction", "order", "product", "price", "kg", "money", "cut"], _filled),
    "beside": (
        ["auction", "contract", "part", "product", "price", "kg", "money"],
        _settled_beside,
    ),
    "contracts": (
        ["contract", "kind", "product", "year", "taken", "returned", "make_up", "owed"],
        _contracts,
    ),
    "lots": (["auction", "lot", "material", "kg"], _lots),
    "verdicts": (["lot", "rule", "on", "state", "value", "threshold", "reason"], _verdicts),
    "entries": (["seq", "time", "type", "auction", "order", "told", "collateral"], _entered),
    "movements": (
        ["seq", "time", "type", "reference", "account", "asset", "amount", "balance"],
        _moved,
    ),
}


def _table(titles: list[str], columns: list[str], rows: list[list[str]], lang: str) -> str:
    if not rows:
        return f"<p>{escape(say('club.statement.none', lang))}</p>"
    kinds = [' class="n"' if name in NUMBERS else "" for name in columns]
    head = "".join(f"<th{kind}>{title}</th>" for kind, title in zip(kinds, titles, strict=True))
    body = "\n".join(
        "<tr>"
        + "".join(f"<td{k}>{escape(c)}</td>" for k, c in zip(kinds, row, strict=True))
        + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table>"


def _time(time: str) -> str:
    """To the second, for a reader; the event has the rest."""
    return f"{time[:10]} {time[11:19]}"


def _type(type: str, lang: str) -> str:
    return say(f"club.event.{type}", lang)


def asset_name(asset: str, lang: str | None = None) -> str:
    """The unit and name of an asset: US dollars, or kilograms of a product or of a lot."""
    if (lot := lot_in(asset)) is not None:
        return say("club.statement.title_of", lang, lot=lot)
    return say("club.statement.usd", lang) if asset == MONEY else f"kg {asset}"


def _amount(asset: str, amount: int) -> str:
    return ledger.told(asset, amount).split(" ")[0]

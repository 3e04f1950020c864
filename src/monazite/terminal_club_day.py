"""How does the club's day look in a terminal? Receipts, who owes what, prices, and what is held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.text import Text

from monazite.messages import say
from monazite.terminal import _show, _table, console

if TYPE_CHECKING:
    from monazite.club.desk import Asked, Desk, Receipt, Replay


def show_receipt(type: str, receipt: Receipt) -> None:
    """What was acknowledged: event, time, hash."""
    key = "club.day.receipt.again" if receipt.again else "club.day.receipt.done"
    what = say(f"club.event.{type}")
    console().print(
        say(key, seq=receipt.seq, time=receipt.time, what=what, hash=receipt.hash), soft_wrap=True
    )


def show_entered(asked: Sequence[Asked], done: Sequence[Receipt]) -> None:
    """A line for each order entered."""
    for one, receipt in zip(asked, done, strict=True):
        order = one.ask["entry"]["id"]
        told = say("club.day.entered", order=order, seq=receipt.seq, hash=receipt.hash)
        console().print(told, soft_wrap=True)


def show_prices(desk: Desk, name: str) -> None:
    """The clearing prices of an auction, what was traded, and what waits for a release."""
    auction = desk.state.auctions[name]
    bought: dict[str, int] = {}
    for _, _, product, kg, _ in auction["legs"]:
        bought[product] = bought.get(product, 0) + max(kg, 0)
    titles = [say(f"club.day.column.{column}") for column in ("price", "kg")]
    table = _table(say("club.day.column.product"), titles)
    for product, price in sorted(auction["prices"].items()):
        table.add_row(Text(product), f"{price / 10**6:,.6f}", f"{bought.get(product, 0):,}")
    _show("club.day.title.prices", table, auction=name)
    if auction["held"]:
        console().print(say("club.day.held", products=", ".join(auction["held"])), soft_wrap=True)


def show_owed(desk: Desk, name: str) -> None:
    """Who has to put up what, and what is there already."""
    from monazite.club import ledger
    from monazite.club.settlement import gives

    settlement = desk.state.auctions[name]["settlement"]
    titles = [say(f"club.day.column.{column}") for column in ("owes", "there")]
    table = _table(say("club.day.column.member"), titles)
    if settlement["state"] in ("proposed", "funded"):
        for member, assets in gives(settlement["owed"]).items():
            for asset, need in assets.items():
                account = ledger.escrow(name, member)
                has = min(need, ledger.balance(desk.state.balances, account, asset))
                table.add_row(
                    Text(member), Text(ledger.told(asset, need)), Text(ledger.told(asset, has))
                )
        _show("club.day.title.owed", table, auction=name, deadline=settlement["deadline"])
    state = say(f"club.day.settlement.{settlement['state']}")
    console().print(say("club.day.settling", auction=name, state=state))


def show_default(desk: Desk, name: str) -> None:
    """Who failed, who was cut by how much, and who got what for it."""
    from monazite.club import ledger

    default = desk.state.auctions[name]["settlement"]["defaults"][-1]
    console().print(say("club.day.defaulted", members=", ".join(default["defaulters"])))
    titles = [say(f"club.day.column.{column}") for column in ("order", "cut", "value")]
    table = _table(say("club.day.column.member"), titles)
    for order, member, product, kg, uusd in default["cuts"]:
        cut, value = ledger.told(product, kg), ledger.told(ledger.MONEY, uusd)
        table.add_row(Text(member), Text(order), Text(cut), Text(value))
    _show("club.day.title.cuts", table)
    for way in ("taken", "given"):
        for member, amount in sorted(default[way].items()):
            told = ledger.told(ledger.MONEY, amount)
            console().print(say(f"club.day.damages.{way}", member=member, amount=told))


def show_override(desk: Desk, name: str, what: str) -> None:
    """Who has asked for an override, and whether it is done."""
    votes: Sequence[Mapping[str, Any]] = desk.state.auctions[name]["votes"][what]
    for vote in votes:
        told = {key: vote[key] for key in ("by", "member", "reason", "time")}
        console().print(Text(say("club.day.vote", **told)), soft_wrap=True)
    done = "done" if len(votes) > 1 else "waiting"
    console().print(say(f"club.day.override.{done}", what=say(f"club.day.override.{what}")))


def show_status(desk: Desk) -> None:
    """Members with what they dispose of, and auctions with their states."""
    from monazite.club import ledger

    state = desk.state
    console().print(
        say(
            "club.day.status", name=state.club["name"], seq=desk.journal.seq, hash=desk.journal.hash
        ),
        soft_wrap=True,
    )
    table = _table(
        say("club.day.column.member"), [say("club.day.column.group"), say("club.day.column.free")]
    )
    for member, known in sorted(state.members.items()):
        held = state.balances.get(ledger.free(member), {})
        has = "; ".join(ledger.told(asset, held[asset]) for asset in sorted(held)) or "–"
        table.add_row(Text(member), Text(known["group"]), Text(has))
    _show("club.day.title.members", table)
    if not state.auctions:
        return
    titles = [say(f"club.day.column.{column}") for column in ("state", "orders", "closes")]
    table = _table(say("club.day.column.auction"), titles)
    for name, one in sorted(state.auctions.items()):
        told = say(f"club.day.state.{one['state']}")
        if "settlement" in one and one["state"] == "cleared":
            told = say(f"club.day.settlement.{one['settlement']['state']}")
        table.add_row(Text(name), told, str(len(one["orders"])), one["closes"] or "–")
    _show("club.day.title.auctions", table)


def show_replay(found: Replay) -> None:
    """What a replay proved."""
    auctions = ", ".join(found.auctions) or "–"
    told = say(
        "club.day.replayed",
        count=found.events,
        auctions=auctions,
        hash=found.hash,
        state=found.state,
    )
    console().print(told, soft_wrap=True)

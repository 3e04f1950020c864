"""How does it look in a terminal whether orders entered an auction as acknowledged?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from monazite.messages import say
from monazite.terminal import console

if TYPE_CHECKING:
    from monazite.club.receipts import Checked, Finding, Report


def show_report(report: Report) -> None:
    """Each order with its acknowledgement, entry and fill; then what concerns none alone."""
    for one in report.orders:
        _show(one, report.auction)
    for finding in report.findings:
        _line(_told(finding))
    key = "sound" if report.sound else "unsound"
    count = len(report.findings) + sum(len(one.findings) for one in report.orders)
    console().print(
        say(f"club.receipt.{key}", orders=len(report.orders), count=count), soft_wrap=True
    )


def _show(one: Checked, auction: str) -> None:
    event = one.receipt.event
    values = {"order": one.receipt.order, "auction": auction, "member": one.receipt.member}
    _line(say("club.receipt.order", **values))
    what = say(f"club.event.{event.type}")
    _line(say("club.receipt.event", seq=event.seq, time=event.time, what=what, hash=event.hash))
    for finding in one.findings:
        _line(_told(finding))
    if one.findings:
        return
    _line(say("club.receipt.as_told" if one.receipt.entry else "club.receipt.withdrawn"))
    if one.row is not None:
        _line(_fill(one.row))
    for leg in one.legs:
        _line(
            say(
                "club.receipt.leg",
                product=leg["product"],
                kg=f"{leg['kg']:+,}",
                uusd=f"{leg['uusd'] / 10**6:+,.6f}" if abs(leg["uusd"]) < 2**53 else leg["uusd"],
            )  # fmt: skip
        )


def _fill(row: Any) -> str:
    """Kilograms or runs, and why."""
    amount = (
        say("club.receipt.runs", runs=row["runs"]) if "runs" in row else f"{row.get('kg', 0):,} kg"
    )
    reason = row.get("reason")
    if reason is None:  # a first refusal that was taken
        return say("club.receipt.taken", amount=amount)
    known = "runs" in row and reason in ("part", "filled", "outside")
    why = say(f"club.receipt.link.{reason}" if known else f"auction.reason.{reason}")
    return say("club.receipt.fill", amount=amount, why=why)


def _told(finding: Finding) -> str:
    values = dict(finding.values)
    if "what" in values:
        values["what"] = say(f"club.event.{values['what']}")
    return say(f"club.receipt.{finding.code}", **values)


def _line(text: str) -> None:
    console().print(Text(text), soft_wrap=True)

"""How do an auction's prices, and a checker's findings, look in a terminal?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from monazite.messages import catalogue, say
from monazite.terminal import console

FINDINGS = 50


def dollars(price: int | None) -> str:
    """A price in USD/kg with as many digits as it has, at least two."""
    if price is None:
        return "–"
    whole, part = divmod(abs(price), 1_000_000)
    digits = f"{part:06d}".rstrip("0").ljust(2, "0")
    return f"{'-' if price < 0 else ''}{whole:,}.{digits}"


def show_clearing(clearing: Any) -> None:
    """Price, quantity and state of each product, and how many orders were filled."""
    record, screen = clearing.record, console()
    table = Table(box=None, pad_edge=False)
    table.add_column(say("cli.column.product"))
    for name in ("clearing_price", "traded"):
        table.add_column(say(f"cli.column.{name}"), justify="right", no_wrap=True)
    table.add_column(say("cli.column.state"))
    for row in record["prices"]:
        state = say(f"club.state.{row['state']}")
        table.add_row(row["product"], dollars(row["price"]), f"{row['kg']:,}", state)
    screen.print(say("cli.title.clearing", auction=record["auction"]), style="bold")
    screen.print(table)
    orders = record["orders"]
    full = sum(row["reason"] == "filled" for row in orders)
    part = sum(row["kg"] > 0 for row in orders) - full
    void = sum(row["state"] == "void" for row in orders)
    screen.print(say("cli.club.fills", filled=full, part=part, void=void))


def show_findings(findings: Sequence[tuple[str, str, Any, Any]], result: Path) -> None:
    """That a result is proved, or every finding against it."""
    screen = console()
    if not findings:
        file = result / "result.json" if result.is_dir() else result
        record = json.loads(file.read_text(encoding="utf-8"))
        orders, legs = len(record["orders"]), len(record["legs"])
        screen.print(say("cli.club.proved", orders=orders, legs=legs))
        return
    for code, place, published, found in findings[:FINDINGS]:
        key = f"club.finding.{code}"
        what = say(key if key in catalogue() else "club.finding.other")
        if code == "proof":
            screen.print(say("cli.club.unproved", what=what, place=place), markup=False)
            continue
        told = {"what": what, "place": place, "published": published, "found": found}
        screen.print(say("cli.club.finding", **told), markup=False, soft_wrap=True)
    screen.print(say("cli.club.refuted", count=len(findings)))

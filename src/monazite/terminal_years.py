"""How do answers about the years look in a terminal? Tables of shares, stops, cover, capacity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monazite.messages import say
from monazite.terminal import _show, _table, console, show_written, staged

if TYPE_CHECKING:
    import polars as pl

    from monazite.report.view import View

LOST = 3  # materials in a table of stops, those that lose most by value
CERTAIN = ("construction", "financing", "planned")


def show_years(outcome: Any, found: Any, lang: str, out: Path | None) -> None:
    """Shares, what a stop costs, days of cover, capacity; all rows as CSV into a folder."""
    from monazite.report.view import view_of
    from monazite.study.building import capacity_steps, idle
    from monazite.study.closing import closures, deposits
    from monazite.study.concentration import concentration, shares
    from monazite.study.scrap import returned, returned_in_all

    view = view_of(outcome, lang)
    held, steps = concentration(outcome), capacity_steps(outcome)
    _show("cli.title.concentration", _concentration(view, held))
    if found.stops.height:
        _show("cli.title.stops", _stops(view, found.stops))
    members = ", ".join(view.country(c) for c in found.members) or view.say("world")
    _show("cli.title.cover", _cover(view, found.cover), members=members)
    first, last = outcome.market.axes.periods[0], outcome.market.axes.periods[-1]
    _show("cli.title.capacity", _capacity(view, steps, last), first=first, last=last)
    ends, ground = closures(outcome), deposits(outcome)
    if ends.height:
        _show("cli.title.closures", _closures(view, ends), last=last)
    if ground.height:
        _show("cli.title.deposits", _deposits(view, ground))
    old = returned_in_all(outcome)
    if old.height:
        _show("cli.title.old_scrap", _old_scrap(view, old))
    if out is None:
        return
    frames: Mapping[str, pl.DataFrame] = {
        "shares": shares(outcome), "concentration": held, "stops": found.stops,
        "cover": found.cover, "capacity": steps, "idle": idle(outcome),
        "closures": ends, "deposits": ground, "old_scrap": returned(outcome),
    }  # fmt: skip
    with staged(out) as scratch:
        for name, frame in frames.items():
            frame.write_csv(scratch / f"{name}.csv")
    show_written(out)


def _concentration(view: View, frame: pl.DataFrame) -> Any:
    from monazite.report.yearly import along

    periods = frame["period"].unique(maintain_order=True).to_list()
    table = _table(say("cli.column.stage"), periods)
    for part in along(frame).partition_by("stage", maintain_order=True):
        by = {(b, p): (n, s, h) for b, p, n, s, h in
              part.select("by", "period", "largest", "share", "hhi").rows()}  # fmt: skip
        cells = []
        for period in periods:
            place, owner = by.get(("place", period)), by.get(("owner", period))
            told = "/".join(f"{100 * one[1]:.0f}" for one in (place, owner) if one)
            cells.append(f"{place[0]} {told} {place[2]:.2f}" if place else "–")
        table.add_row(view.measure(part["stage"][0]), *cells)
    return table


def _stops(view: View, frame: pl.DataFrame) -> Any:
    """A row for each stop; the materials that lose most as columns."""
    import polars as pl

    from monazite.report.look import number
    from monazite.report.yearly import along
    from monazite.study.stops import sums

    found = along(sums(frame))
    worth = (pl.col("price_before").fill_null(0.0) * pl.col("unserved")).sum().alias("worth")
    lost = frame.group_by("material").agg(worth).sort("worth", descending=True)
    materials = lost["material"].drop_nulls().head(LOST).to_list()
    names = [view.material(m) for m in materials]
    table = _table(say("cli.column.stopped"), [*names, say("cli.column.loss")])
    for part in found.partition_by("period", "stage", maintain_order=True):
        row = part.row(0, named=True)
        share = dict(part.select("material", "unserved_share").rows())
        who = f"{row['period']}  {view.pair(row['stage'], row['country'])}"
        cells = [view.percent(share.get(m)) for m in materials]
        table.add_row(who, *cells, number(row["loss"]))
    return table


def _cover(view: View, frame: pl.DataFrame) -> Any:
    from monazite.report.look import plain

    periods = frame["period"].unique(maintain_order=True).to_list()
    table = _table(say("cli.column.material"), periods)
    columns = ("period", "days", "days_without")
    for part in frame.sort("material", maintain_order=True).partition_by("material"):
        mine = {p: (days, without) for p, days, without in part.select(columns).rows()}
        cells = []
        for period in periods:
            days, without = mine.get(period, (None, None))
            more = f" ({plain(without, 2)})" if without is not None else ""
            cells.append("–" if days is None else f"{plain(days, 2)}{more}")
        table.add_row(view.material(part["material"][0]), *cells)
    return table


def _capacity(view: View, frame: pl.DataFrame, last: str) -> Any:
    import polars as pl

    from monazite.report.look import number
    from monazite.report.yearly import along

    columns = ("stood", "committed", "named", "generic", "ramping", "standing", "idle")
    table = _table(say("cli.column.stage"), [say(f"cli.column.{name}") for name in columns])
    rows = along(frame.filter(pl.col("period") == last))
    for part in rows.partition_by("stage", maintain_order=True):
        step = dict(part.group_by("step").agg(pl.col("quantity").sum()).rows())
        step["stood"] = step.get("first", 0.0) + step.get("closed", 0.0)
        step["named"] = sum(step.get(name, 0.0) for name in CERTAIN)
        cells = [number(step[name]) if step.get(name) else "–" for name in columns]
        table.add_row(view.word("stage", part["stage"][0]), *cells)
    return table


def _closures(view: View, frame: pl.DataFrame) -> Any:
    """Named plants and mines that end, with their last year; what has no name yet is left out."""
    import polars as pl

    from monazite.report.look import number

    columns = [say(f"cli.column.{name}") for name in ("how", "last_year", "ends")]
    table = _table(say("cli.column.plant"), columns)
    named = frame.filter(pl.col("status") != "generic")
    for name, how, year, size in named.select("facility", "how", "year", "capacity").rows():
        table.add_row(view.facility(name), view.say(f"closing.{how}"), str(year), number(size))
    return table


def _deposits(view: View, frame: pl.DataFrame) -> Any:
    """What is left of each deposit by period, what a year takes of it, and its royalty."""
    from monazite.report.look import plain

    periods = frame["period"].unique(maintain_order=True).to_list()
    table = _table(say("cli.column.material"), periods)
    for part in frame.partition_by("material", "country", "stock", maintain_order=True):
        cells = [
            f"{plain(left, 2)} ({plain(dug, 2)}; {plain(royalty, 2)})"
            for left, dug, royalty in part.select("left", "dug", "royalty").rows()
        ]
        where = view.pair(view.material(part["material"][0]), part["country"][0])
        table.add_row(where, *cells)
    return table


def _old_scrap(view: View, frame: pl.DataFrame) -> Any:
    """All that comes back of each scrap by period, and what of it is new and taken up."""
    from monazite.report.look import plain

    periods = frame["period"].unique(maintain_order=True).to_list()
    table = _table(say("cli.column.material"), periods)
    for part in frame.partition_by("material", maintain_order=True):
        cells = [
            f"{plain(back, 2)} ({plain(new, 2)}; {plain(taken, 2)})"
            for back, new, taken in part.select("back", "beyond", "taken").rows()
        ]
        table.add_row(view.material(part["material"][0]), *cells)
    return table


# --- the cost of support --------------------------------------------------------------------------

PER = ("support", "support_discounted", "public", "public_discounted")


def show_support(outcome: Any, cost: Any, lang: str, out: Path | None) -> None:
    """What support costs in all and per tonne, and prices with and without; all rows as CSV."""
    from monazite.report.look import number
    from monazite.report.view import view_of

    view = view_of(outcome, lang)
    sums = _table(say("report.column.line"), [say("report.column.plain"),
                                              say("report.column.discounted")])  # fmt: skip
    for line, plain, discounted in cost.totals.rows():
        sums.add_row(view.say(f"support.line.{line}"), number(plain), number(discounted))
    members = ", ".join(view.country(code) for code in cost.members)
    _show("cli.title.support", sums, members=members)
    columns = [view.say(f"column.{name}") for name in ("base_kt", "more_kt")]
    columns += [view.say(f"column.per_{name}") for name in PER]
    table = _wrapped(view.say("column.item"), columns)
    for row in cost.tonnes.iter_rows(named=True):
        name = view.measure(row["item"]) if row["by"] == "stage" else view.material(row["item"])
        table.add_row(name, number(row["base"]), number(row["more"]),
                      *(number(row[name]) for name in PER))  # fmt: skip
    _show("cli.title.support_tonnes", table)
    _show("cli.title.support_prices", _paths(view, cost.prices))
    if out is not None:
        frames = {name: getattr(cost, name) for name in ("payments", "totals", "tonnes", "prices")}
        with staged(out) as scratch:
            for name, frame in frames.items():
                frame.write_csv(scratch / f"{name}.csv")
        show_written(out)


def _paths(view: View, frame: pl.DataFrame) -> Any:
    from monazite.report.look import number

    periods = frame["period"].unique(maintain_order=True).to_list()
    table = _table(say("cli.column.material"), ["", *periods])
    for part in frame.partition_by("material", maintain_order=True):
        for more in ("", "_without"):
            cells = [
                f"{number(a)} / {number(b)}"
                for a, b in part.select(f"inside{more}", f"outside{more}").rows()
            ]
            name = "" if more else view.material(part["material"][0])
            table.add_row(name, view.say(f"support.word{more}"), *cells)
    return table


# --- the price of a goal --------------------------------------------------------------------------

GOAL = ("support", "support_discounted", "public", "users", "lost", "per_tonne")


def show_goal(found: Any, lang: str) -> None:
    """What reaches a goal, and what each way costs."""
    from monazite.report.goal import asked, level_of, name_of
    from monazite.report.look import number
    from monazite.report.view import view_of

    view, screen = view_of(found.outcome, lang), console()
    screen.print(found.goal.titled(lang), style="bold")
    screen.print(asked(found, view), soft_wrap=True)
    columns = [view.say(f"goal.column.{name}") for name in ("level", "share", *GOAL)]
    table = _wrapped(view.say("goal.column.way"), columns)
    for way, row in zip(found.ways, found.table().iter_rows(named=True), strict=True):
        cells = [level_of(way, view), view.percent(row["share"])]
        table.add_row(name_of(found, way, view), *cells, *(number(row[name]) for name in GOAL))
    screen.print()
    screen.print(table)


def _wrapped(first: str, others: Sequence[str]) -> Any:
    """A table whose headings may take several lines."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column(first)
    for other in others:
        table.add_column(other, justify="right", max_width=14)
    return table


def write_goal(found: Any, out: Path, lang: str) -> None:
    """Write the page, its table and the price paths into a folder, all or none."""
    import polars as pl

    from monazite.report.goal import write_goal as write_page

    paths = pl.concat(
        way.cost.prices.select(pl.lit(way.name).alias("way"), pl.all()) for way in found.ways
    )
    supply = pl.DataFrame(
        [(way.name, *pair) for way in found.ways
         for pair in zip(found.periods, way.supply, strict=True)],
        schema=["way", "period", "share"], orient="row",
    )  # fmt: skip
    with staged(out) as scratch:
        write_page(found, scratch / "goal.html", lang=lang)
        for name, frame in (("ways", found.table()), ("prices", paths), ("supply", supply)):
            frame.write_csv(scratch / f"{name}.csv")
    show_written(out)


# --- the regret table -----------------------------------------------------------------------------


def show_regret(found: Any, lang: str) -> None:
    """Which mix is regretted least, and every mix in every state."""
    from monazite.report.look import number
    from monazite.report.regret import state, title, told
    from monazite.report.view import view_of

    view, screen = view_of(found.outcome, lang), console()
    screen.print(found.table.titled(lang), style="bold")
    screen.print(told(found, view), soft_wrap=True)
    mixes = [mix for mix, _, _ in found.worst().rows()]
    names = [title(found, "mixes", mix, view) for mix in mixes]
    table = _wrapped(view.say("regret.column.state"), names)
    cells = {(m, d, a): r for m, d, a, r in
             found.runs.select("mix", "demand", "answer", "regret").rows()}  # fmt: skip
    for path in found.table.demand:
        for one in found.table.answers:
            row = [number(cells[mix, path, one.name]) for mix in mixes]
            table.add_row(state(found, path, one.name, view), *row)
    table.add_section()
    for column in ("worst", "mean"):
        sums = dict(found.worst().select("mix", column).rows())
        table.add_row(view.say(f"regret.column.{column}"), *(number(sums[mix]) for mix in mixes))
    _show("cli.title.regret", table)


def write_regret(found: Any, out: Path, lang: str) -> None:
    """Write the page and its tables into a folder, all or none."""
    from monazite.report.regret import write_regret as write_page

    with staged(out) as scratch:
        write_page(found, scratch / "regret.html", lang=lang)
        found.runs.write_csv(scratch / "runs.csv")
        found.worst().write_csv(scratch / "worst.csv")
    show_written(out)

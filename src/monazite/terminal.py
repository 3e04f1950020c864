"""How does an answer look in a terminal? Tables a minister can read, in the current language."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rich.console import Console
from rich.table import Table

from monazite.errors import InputError, fault
from monazite.messages import say

if TYPE_CHECKING:
    import polars as pl

    from monazite.policy.manual import Manual
    from monazite.report.effects import Comparison
    from monazite.report.view import View

TIMES, PERIODS = 5, 10  # materials and periods in the table of prices over time
MATERIALS, PLACES, LIMITS, FIGURES = 16, 5, 6, 30  # rows and columns that fit on a screen
READABLE = 120  # columns, where no terminal tells its width


def console(*, errors: bool = False) -> Console:
    """The screen, or the error output."""
    found = Console(stderr=errors, highlight=False, soft_wrap=False)
    return found if found.is_terminal else Console(stderr=errors, highlight=False, width=READABLE)


@contextmanager
def working(key: str, **values: Any) -> Iterator[None]:
    """Show what takes its time, on a terminal only; nothing of it stays on the screen."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    screen = console(errors=True)
    columns = (TextColumn("{task.description}"), BarColumn(24), TimeElapsedColumn())
    with Progress(
        *columns, console=screen, transient=True, disable=not screen.is_terminal
    ) as progress:
        progress.add_task(say(key, **values), total=None)
        yield


@contextmanager
def counting(key: str, **values: Any) -> Iterator[Callable[[int, int], None]]:
    """The same where steps can be counted: gives what to call with (done, of)."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    screen = console(errors=True)
    columns = (TextColumn("{task.description}"), BarColumn(24), MofNCompleteColumn())
    with Progress(
        *columns,
        TimeElapsedColumn(),
        console=screen,
        transient=True,
        disable=not screen.is_terminal,
    ) as progress:
        task = progress.add_task(say(key, **values), total=None)
        yield lambda done, of: progress.update(task, completed=done, total=of)


# --- files ----------------------------------------------------------------------------------------


@contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """A folder to write into; its files move to `folder` together at the end, or not at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        yield scratch
        files = sorted(path for path in scratch.rglob("*") if path.is_file())
        moves = {file: folder / file.relative_to(scratch) for file in files}
        _free(moves.values(), folder)
        for file, target in moves.items():
            target.parent.mkdir(parents=True, exist_ok=True)
            file.replace(target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _free(targets: Iterable[Path], folder: Path) -> None:
    """Refuse, before any file is moved, folders where files go and files where folders go."""
    files = list(targets)
    parts = {one for file in files for one in file.parents if folder in (one, *one.parents)}
    taken = [one for one in files if one.is_dir()] + [one for one in parts if one.is_file()]
    if taken:
        raise InputError([fault("out_taken", str(one)) for one in sorted(taken)])


@contextmanager
def staged_file(file: Path) -> Iterator[Path]:
    """A file to write into that takes the place of `file` at the end, or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{file.name}-", dir=file.parent) as scratch:
        yield Path(scratch) / file.name
        (Path(scratch) / file.name).replace(file)


def show_written(path: Path) -> None:
    """Say where a file or folder is."""
    console().print(say("cli.written", path=path), soft_wrap=True)


def write_outcome(
    outcome: Any,
    out: Path,
    *,
    csv: bool,
    excel: bool,
    lang: str,
    against: Any = None,
    bare: Any = None,
    period: str | None = None,
    claims: Any = None,
) -> None:
    """Write the record, the tables and the report of an outcome into a folder, all or none."""
    with staged(out) as scratch:
        outcome.write(scratch, csv=csv, excel=excel)
        if find_spec("plotly") is None:
            console(errors=True).print(say("cli.fault.no_report"), soft_wrap=True)
            return
        from monazite.report import write_report
        from monazite.study.beside import beside

        more = beside(outcome) | {"against": against, "bare": bare, "claims": claims}
        write_report(outcome, scratch / "report.html", lang=lang, period=period, **more)


# --- an outcome -----------------------------------------------------------------------------------


def show_json(record: Mapping[str, Any]) -> None:
    """The record of an outcome, and nothing else, for a program to read."""
    sys.stdout.write(json.dumps(record, ensure_ascii=False, indent=2, default=str) + "\n")


def show_outcome(outcome: Any, lang: str, out: Path | None, period: str | None = None) -> None:
    """What a run found: proof, prices, shares, what is full, where the files are."""
    from monazite.report.view import view_of

    view, screen = view_of(outcome, lang, period), console()
    screen.print(_headline(view), style="bold")
    for line in [*_changes(view), *_proof(view)]:
        screen.print(line, soft_wrap=True)
    _show("cli.title.prices", _prices(view))
    if (moving := _price_times(view)) is not None:
        _show("cli.title.price_times", moving, period=view.period or "")
    if view.shares:
        _show("cli.title.shares", _shares(view))
    _lines("cli.title.limits", outcome.binding[:LIMITS] or [say("cli.limit.none")])
    if warned := outcome.warnings:
        _lines("cli.title.idle", warned)
    if out is None:
        screen.print(f"\n{say('cli.no_files')}")
    else:
        _lines("cli.title.files", _files(out))


def _show(title: str, table: Table, **values: Any) -> None:
    screen = console()
    screen.print(f"\n{say(title, **values)}", style="bold")
    screen.print(table)


def _lines(title: str, lines: Sequence[str]) -> None:
    screen = console()
    screen.print(f"\n{say(title)}", style="bold")
    for line in lines:
        screen.print(f"  {line}", soft_wrap=True)


def _headline(view: View) -> str:
    record = view.outcome.record
    scenario, case = (view.word(key, record[key] or "") for key in ("scenario", "case"))
    year = f", {view.base_year}" if view.base_year else ""
    return say("cli.headline", scenario=scenario, case=case, year=year)


def _changes(view: View) -> list[str]:
    changes = getattr(view.outcome.case, "changes", ())
    return [say("cli.changes", count=len(changes))] if len(changes) else []


def _proof(view: View) -> list[str]:
    from monazite.report.look import short

    record = view.outcome.record
    residuals = {name: short(abs(value)) for name, value in record["certificate"].items()}
    old = record["scrap"]
    return [
        say("cli.certificate", **residuals),
        say("cli.books", residual=short(abs(record["books"]["residual"]))),
        *(
            []
            if old is None
            else [say("cli.scrap", rounds=old["rounds"], moved=short(old["moved"]))]
        ),
    ]


def _table(first: str, others: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column(first, min_width=12)
    for other in others:
        table.add_column(other, justify="right", no_wrap=True)
    return table


def _fitting(names: Sequence[str], beside: int, wide: int) -> list[str]:
    """Names of columns that fit on the screen beside others, spread evenly, both ends among them.

    Widths in characters; at least two columns stay.
    """
    room = max((console().width - beside) // wide, 2)
    if len(names) <= room:
        return list(names)
    step = (len(names) - 1) / (room - 1)
    return [names[round(k * step)] for k in range(room)]


def _prices(view: View) -> Table:
    from monazite.report.look import number

    prices, places = _price_map(view), _places(view)
    table = _table(say("cli.column.material"), [view.country(code) for code in places])
    for material in _materials(view):
        found = [prices.get((material, place)) for place in places]
        if any(price is not None for price in found):
            table.add_row(view.material(material), *map(number, found))
    return table


def _price_times(view: View) -> Table | None:
    """The prices that move most over the periods; None where there is one period, or none moves."""
    from monazite.report.look import number
    from monazite.report.statistics import price_times

    frame = price_times(view, materials=TIMES, places=2)
    if not frame.height:
        return None
    periods = frame["period"].unique(maintain_order=True).to_list()
    shown = periods[:: -(-len(periods) // PERIODS)]
    columns = [say("cli.column.country"), *map(str, shown)]
    table = _table(say("cli.column.material"), columns)
    table.columns[1].justify = "left"
    for part in frame.partition_by("material", "country", maintain_order=True):
        prices = dict(part.select("period", "price").iter_rows())
        names = view.material(part["material"][0]), view.country(part["country"][0])
        table.add_row(*names, *(number(prices[period]) for period in shown))
    return table


def _price_map(view: View) -> dict[tuple[str, str], float]:
    from monazite.report.statistics import price_table

    columns = ("material", "country", "price")
    return {(m, c): price for m, c, price in price_table(view).select(*columns).iter_rows()}


def _materials(view: View) -> list[str]:
    """The materials traded and used for most, without ores, along the chain."""
    import polars as pl

    place = ["material", "country"]
    traded = view.frame("flows").rename({"destination": "country"})
    sold = pl.concat(frame.select(*place, "quantity") for frame in (traded, view.frame("use")))
    priced = sold.join(view.frame("prices").select(*place, "price"), on=place)
    worth = priced.group_by("material").agg((pl.col("quantity") * pl.col("price")).sum())
    ores = view.table("materials").filter(stage="mining")["material"].to_list()
    dearest = worth.filter(~pl.col("material").is_in(ores)).sort("quantity", descending=True)
    return _along(view, dearest["material"].head(MATERIALS).to_list())


def _along(view: View, materials: Sequence[str]) -> list[str]:
    """Materials along the chain, otherwise as they come."""
    from monazite.report.statistics import rank

    stage = dict(view.table("materials").select("material", "stage").iter_rows())
    return sorted(materials, key=lambda material: rank(stage[material]))


def _places(view: View) -> list[str]:
    """The countries whose use is worth most."""
    import polars as pl

    value = pl.col("value").fill_null(0.0).sum()
    by_country = view.frame("use").group_by("country").agg(value).sort("value", descending=True)
    return by_country["country"].head(PLACES).to_list()


def _shares(view: View) -> Table:
    from monazite.report.statistics import rank

    columns = [say(f"cli.column.{name}") for name in ("place", "owner", "hhi")]
    table = _table(say("cli.column.stage"), columns)
    for stage, share in sorted(view.shares.items(), key=lambda item: rank(item[0])):
        largest = [_largest(view, share.get(by) or {}) for by in ("by_place", "by_owner")]
        table.add_row(view.word("stage", stage), *largest, f"{share['hhi']:.2f}")
    return table


def _largest(view: View, shares: Mapping[str, float]) -> str:
    if not shares:
        return "–"
    country = max(shares, key=lambda code: (shares[code], code))
    return f"{view.country(country)} {view.percent(shares[country])}"


def _files(out: Path) -> list[str]:
    report = out / "report.html"
    lines = [
        say("cli.file.record", path=out / "outcome.json"),
        say("cli.file.tables", path=out / "tables"),
        say("cli.file.answer", path=out / "answer.npz"),
    ]
    return [*lines, say("cli.file.report", path=report)] if report.exists() else lines


# --- the other answers ----------------------------------------------------------------------------


def show_valid(case: Any) -> None:
    """Say that a case has no fault, and how large it is."""
    console().print(say("cli.valid", case=case.name, size=size_of(case)), soft_wrap=True)


def size_of(case: Any) -> str:
    """How many tables and rows a case has."""
    rows = sum(frame.height for frame in case.stated.values())
    return say("cli.size", tables=len(case.stated), rows=rows)


def show_frame(title: str, frame: pl.DataFrame, columns: Sequence[str], rows: int) -> None:
    """The first rows of a frame; numbers with three digits that count."""
    from monazite.report.look import plain

    table = Table(box=None, pad_edge=False)
    for name in columns:
        number = frame[name].dtype.is_numeric()
        justify: Literal["right", "left"] = "right" if number else "left"
        table.add_column(say(f"cli.column.{name}"), justify=justify, no_wrap=number)
    for row in frame.head(rows).select(columns).iter_rows():
        table.add_row(
            *(plain(cell) if isinstance(cell, float) else str(cell or "–") for cell in row)
        )
    _show(title, table)
    if frame.height > rows:
        console().print(say("cli.more", count=frame.height - rows))


def show_names(title: str, meanings: Mapping[str, str]) -> None:
    """Names and what each means."""
    table = _table(say("cli.column.name"), [])
    table.add_column(say("cli.column.meaning"))
    for name, meaning in meanings.items():
        table.add_row(name, meaning)
    _show(title, table)


def show_citation(case: Any) -> None:
    """How to cite monazite, the case and each of its sources."""
    from datetime import date

    from monazite import __version__

    screen = console()
    told = say("cli.cite.software", version=__version__, year=date.today().year)
    screen.print(told, soft_wrap=True)
    screen.print(say("cli.cite.case", case=case.name, digest=case.digest), soft_wrap=True)
    sources = case.table("sources").select("citation", "url", "date", "licence")
    told_sources = [". ".join(str(part) for part in row if part) for row in sources.iter_rows()]
    _lines("cli.title.sources", told_sources)


# --- instruments ----------------------------------------------------------------------------------


def show_policies(lang: str) -> None:
    """Every instrument and what it does."""
    from monazite.policy import instruments
    from monazite.policy.manual import one_line

    show_names("cli.title.policies", {kind: one_line(kind, lang) for kind in instruments()})
    console().print(f"\n{say('cli.policies')}", soft_wrap=True)


def show_policy(page: Manual, lang: str) -> None:
    """The manual page of an instrument."""
    from monazite.policy.manual import PROSE, one_line, title

    screen = console()
    screen.print(f"{title(page.kind, lang)}  ({page.kind})", style="bold")
    screen.print(one_line(page.kind, lang), markup=False)
    if lang != "en":
        screen.print(say("policy.english"))
    for part in PROSE:
        if text := getattr(page, part):
            _titled(say(f"policy.heading.{part}"), text)
    _titled(say("policy.heading.fields"), "")
    screen.print(_field_table(page))
    _titled(say("policy.heading.example"), page.example)
    if page.source:
        _titled(say("policy.heading.source"), page.source)


def _titled(title: str, text: str) -> None:
    """A heading with its text, which may hold brackets."""
    from rich.padding import Padding
    from rich.text import Text

    screen = console()
    screen.print(f"\n{title}", style="bold")
    if text:
        screen.print(Padding(Text(text), (0, 0, 0, 2)))


def _field_table(page: Manual) -> Table:
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for name in ("field", "type", "default", "meaning"):
        table.add_column(say(f"policy.column.{name}"))
    for one in page.fields:
        default = say("policy.required") if one.required else one.default or "–"
        table.add_row(*map(Text, (one.name, one.kind, default, one.meaning)))
    return table


# --- the base year --------------------------------------------------------------------------------


def show_reconciliation(report: pl.DataFrame, out: Path | None) -> None:
    """The raw figures that moved most; all of them in a file."""
    import polars as pl

    moved = report.sort(pl.col("difference").abs(), descending=True, nulls_last=True)
    columns = ("kind", "key", "raw", "weight", "reconciled", "difference", "basis")
    show_frame("cli.title.reconcile", moved, columns, FIGURES)
    if out is not None:
        with staged_file(out) as scratch:
            moved.write_csv(scratch)
        show_written(out)


def show_calibration(found: Any, out: Path | None) -> None:
    """What sourced costs leave unexplained, the largest sums first; the tables in a folder."""
    import polars as pl

    left = (pl.col("base") * (pl.col("residual") + pl.col("loss_carried"))).abs()
    columns = ("kind", "key", "base", "value", "cost", "rent", "residual", "loss_carried")
    show_frame("cli.title.calibrate", found.report.sort(left, descending=True), columns, FIGURES)
    if out is not None:
        with staged(out) as scratch:
            for name, frame in found.tables.items():
                frame.write_csv(scratch / f"{name}.csv")
        show_written(out)


# --- projects -------------------------------------------------------------------------------------

ECONOMICS = ("capex", "utilisation", "npv", "irr", "payback", "incentive_price", "price")
PROJECTS = 30  # on a screen; a file holds them all


def show_projects(outcome: Any, frame: pl.DataFrame, lang: str, out: Path | None) -> None:
    """Named projects that are built and what they earn, the largest capital first."""
    import polars as pl

    from monazite.report.look import number, percent
    from monazite.report.view import view_of

    view = view_of(outcome, lang)
    table = _table(say("cli.column.facility"), [say("cli.column.built")])
    for name in ECONOMICS:
        table.add_column(say(f"cli.column.{name}"), justify="right", no_wrap=True)
    named = frame.filter(pl.col("status") != "generic").head(PROJECTS)
    for row in named.iter_rows(named=True):
        shown = [
            percent(row[name], lang) if name in ("irr", "utilisation") else number(row[name])
            for name in ECONOMICS
        ]
        table.add_row(view.facility(row["facility"]), number(row["built"]), *shown)
    _show("cli.title.projects", table)
    console().print(say("cli.projects_note"), soft_wrap=True)
    if out is not None:
        with staged_file(out) as scratch:
            frame.write_csv(scratch)
        show_written(out)


# --- independence ---------------------------------------------------------------------------------


def show_independence(
    outcome: Any,
    frame: pl.DataFrame,
    club: Sequence[str],
    without: str,
    lang: str,
    out: Path | None,
) -> None:
    """What members would be served of each material without the country, period by period."""
    import polars as pl

    from monazite.report.look import percent, plain
    from monazite.report.view import view_of
    from monazite.study.independence import STEPS, verdicts

    view = view_of(outcome, lang)
    periods = _fitting(
        frame["period"].unique(maintain_order=True).to_list(), 22 + 7 * len(STEPS), 13
    )
    steps = [say("cli.column.dearer", more=percent(x, lang)) for x in STEPS]
    table = _table(say("cli.column.material"), [*periods, *steps])
    since = {(m, x): p for m, x, p in verdicts(frame).rows()}
    for part in frame.partition_by("material", maintain_order=True):
        shown = {
            p: f"{percent(share, lang)} ×{plain(round(times, 3), 2)}"
            if times
            else percent(share, lang)
            for p, share, times in part.select("period", "share", "times").rows()
        }
        material = part["material"][0]
        from_when = [since[material, x] or say("cli.never") for x in STEPS]
        table.add_row(view.material(material), *(shown.get(p, "") for p in periods), *from_when)
    members = ", ".join(view.country(code) for code in club)
    _show("cli.title.independence", table, members=members, country=view.country(without))
    binding = frame.select("period", "stage", "plant").unique(maintain_order=True).drop_nulls()
    told = ", ".join(
        f"{p} {view.inside('stage', stage)} ({view.facility(plant)})"
        for p, stage, plant in binding.filter(pl.col("period").is_in(periods)).rows()
    )
    console().print(say("cli.independence_note", stages=told), soft_wrap=True)
    if out is not None:
        with staged_file(out) as scratch:
            frame.write_csv(scratch)
        show_written(out)


# --- cost -----------------------------------------------------------------------------------------

COST = ("cost", "freight", "duty", "margin", "credit", "amount")


def show_cost(outcome: Any, frame: pl.DataFrame, grade: str, place: str, lang: str) -> None:
    """A magnet's price at a place as a table: its elements, then each step and road."""
    from monazite.report.look import plain
    from monazite.report.view import view_of

    view = view_of(outcome, lang)
    names = {"grade": grade.replace("_", " "), "country": view.the(place)}
    if not frame.height:
        console().print(say("cli.no_price", **names), soft_wrap=True)
        return
    table = _table(say("cli.column.part"), [])
    table.add_column(say("cli.column.country"), no_wrap=True)
    for name in COST:
        table.add_column(say(f"cli.column.{name}"), justify="right", no_wrap=True)
    for row in frame.iter_rows(named=True):
        table.add_row(_cost_part(view, row), _cost_place(view, row), *_amounts(row))
    sums = {name: float(frame[name].sum()) for name in COST}
    table.add_section()
    table.add_row(say("cli.column.sum"), "", *_amounts(sums))
    _show("cli.title.cost", table, price=plain(sums["amount"], 4), **names)


def _cost_part(view: View, row: Mapping[str, Any]) -> str:
    material = view.material(row["material"])
    if row["kind"] == "element":
        return say("cli.cost.element", grams=f"{1000 * row['quantity']:.0f}", material=material)
    if row["kind"] == "road":
        return say("cli.cost.road", material=material)
    return say("cli.cost.step", stage=view.word("stage", row["stage"]), material=material)


def _cost_place(view: View, row: Mapping[str, Any]) -> str:
    place = view.country(row["place"])
    return f"{view.country(row['origin'])} → {place}" if row["origin"] else place


def _amounts(row: Mapping[str, Any]) -> list[str]:
    return [f"{row[name]:.2f}" if abs(row[name]) >= 0.005 else "–" for name in COST]


# --- comparison -----------------------------------------------------------------------------------


def write_comparison(
    outcomes: Mapping[str, Any],
    terms: Any,
    out: Path,
    *,
    csv: bool,
    excel: bool,
    lang: str,
    claims: Any = None,
) -> list[str]:
    """Write tables and page of a comparison, all or none; return what is where, in words."""
    from monazite.study.comparison import tables_of, write_tables

    tables = tables_of(outcomes, terms)
    with staged(out) as scratch:
        write_tables(tables, scratch / "tables", csv=csv, excel=excel)
        if find_spec("plotly") is not None:
            from monazite.report.compare import write_comparison as write_page

            file, frame = scratch / "compare.html", tables["effects"]
            write_page(outcomes, file, terms=terms, frame=frame, lang=lang, claims=claims)
    if find_spec("plotly") is None:
        console(errors=True).print(say("cli.fault.no_report"), soft_wrap=True)
        return [say("cli.file.tables", path=out / "tables")]
    page = say("cli.file.report", path=out / "compare.html")
    return [page, say("cli.file.tables", path=out / "tables")]


def show_comparison(
    outcomes: Mapping[str, Any],
    terms: Any,
    frame: pl.DataFrame,
    lang: str,
    written: Sequence[str] | None,
) -> None:
    """What rules do, to whom, at what cost; then prices, use and shares as they change."""
    from monazite.report.effects import comparison, notes
    from monazite.study.effects import effects

    found = comparison(outcomes, terms, effects(outcomes, terms), lang)
    _show_effects(found)
    _show_by_year(found)
    if warned := notes(found):
        _lines("cli.title.idle", [f"{name}: {told}" for name, told in warned])
    _show_changes(outcomes, frame, found.view)
    if written is None:
        console().print(f"\n{say('cli.no_files')}")
    else:
        _lines("cli.title.files", written)


def _show_effects(found: Comparison) -> None:
    from monazite.report.effects import SECTIONS, averaged, findings, lines, unit

    words = {"first": found.title(found.names[0]), "country": found.named}
    members = ", ".join(found.view.country(code) for code in found.terms.members)
    console().print(say("cli.members", members=members), soft_wrap=True)
    for told in [averaged(found), *findings(found)]:
        if told:
            console().print(told, soft_wrap=True)
    every = lines(found)
    for section in SECTIONS:
        rows = [line for line in every if line.section == section]
        if not rows:
            continue
        table = _table(say("cli.column.name"), found.names)
        for line in rows:
            of = unit(line.unit, found.view.lang) if line.unit != "MUSD/yr" else ""
            cells = line.shown(found.view.lang)
            first = ["–"] if section == "gain" else cells[:1]
            table.add_row(f"{line.label}{of}", *first, *cells[1:])
        screen = console()
        screen.print(f"\n{found.view.say(f'effect.section.{section}', **words)}", style="bold")
        screen.print(table)


def _show_by_year(found: Comparison) -> None:
    """Prices inside the members, and shares of the named country, period by period."""
    frame, view = found.by_year, found.view
    periods = list(dict.fromkeys(frame["period"]))
    if not periods:
        return
    table = _table(say("cli.column.name"), [say("cli.column.scenario"), *periods])
    cells = {row[:-1]: row[-1] for row in frame.iter_rows()}
    shown = [*found.terms.materials[:1], *_magnets(found)]
    for kind, item, place in dict.fromkeys(frame.select("kind", "item", "place").rows()):
        if place == "outside" or kind == "price" and item not in shown:
            continue
        if kind == "price":
            label = view.say("effect.price.inside", material=view.material(item))
        else:
            label = view.say("compare.years.share", item=view.measure(item), country=found.named)
        for k, name in enumerate(found.names):
            values = [cells.get((kind, item, place, period, name)) for period in periods]
            told = [_compared(view, kind, value, None) for value in values]
            table.add_row("" if k else label, name, *told)
    _show("cli.title.by_year", table)


def _magnets(found: Comparison) -> list[str]:
    """Products that users take rather than plants: what a rule on a material ends in."""
    used = found.view.outcome.use.group_by("material").agg(_kilograms())
    sums = dict(used.iter_rows())
    return [m for m in found.terms.content if sums.get(m, 0.0) > 1.0]


def _kilograms() -> pl.Expr:
    import polars as pl

    return pl.col("quantity").sum()


def _show_changes(outcomes: Mapping[str, Any], frame: pl.DataFrame, view: View) -> None:
    from monazite.report.statistics import rank

    homes = _homes(view)
    prices = [("price", material, homes[material]) for material in _materials(view)]
    shares = [
        ("share", stage, next(iter(share["by_place"])))
        for stage, share in sorted(view.shares.items(), key=lambda item: rank(item[0]))
        if share["by_place"]
    ]
    used = [("use", material, "") for material in _used(view)]
    cells = _cells(frame)
    for title, keys in (("prices", prices), ("use", used), ("share", shares)):
        if not keys:
            continue
        table = _table(say("cli.column.name"), [say("cli.column.country"), *outcomes])
        for key in keys:
            values = [cells.get((*key, name), (None, None)) for name in outcomes]
            label = view.word("stage", key[1]) if key[0] == "share" else view.material(key[1])
            place = view.country(key[2]) if key[2] else say("cli.world")
            table.add_row(label, place, *(_compared(view, key[0], *value) for value in values))
        _show(f"cli.title.{title}", table)


def _homes(view: View) -> dict[str, str]:
    """The country where most of each material is worked or used."""
    import polars as pl

    columns = ("material", "country", "quantity")
    both = pl.concat([view.frame(name).select(columns) for name in ("inputs", "use")])
    sums = both.group_by("material", "country").agg(pl.col("quantity").sum())
    ordered = sums.sort("quantity", "country")
    return dict(ordered.select("material", "country").iter_rows())


def _used(view: View) -> list[str]:
    """The materials whose use is worth most, along the chain."""
    import polars as pl

    worth = view.frame("use").group_by("material").agg(pl.col("value").fill_null(0.0).sum())
    return _along(view, worth.sort("value", descending=True)["material"].head(MATERIALS).to_list())


def _cells(frame: pl.DataFrame) -> dict[tuple[str, ...], tuple[float | None, float | None]]:
    """(kind, item, country, scenario) -> value and change; use also of the world, country ""."""
    import polars as pl

    keys = ("kind", "item", "country", "scenario")
    cells = {row[:4]: row[4:] for row in frame.select(*keys, "value", "change").iter_rows()}
    use = frame.filter(kind="use").group_by("item", "scenario", maintain_order=True)
    first: dict[str, float] = {}
    for item, scenario, total in use.agg(pl.col("value").sum()).iter_rows():
        base = first.setdefault(item, total)
        change = total / base - 1.0 if base and scenario != frame["scenario"][0] else None
        cells["use", item, "", scenario] = (total, change)
    return cells


def _compared(view: View, kind: str, value: float | None, change: float | None) -> str:
    from monazite.report.look import number

    if value is None:
        return "–"
    shown = view.percent(value) if kind == "share" else number(round(value, 6))
    if change is None or abs(change) < 0.005:
        return shown
    moved = f"{100 * change:+.0f}".replace("-", "−")
    if kind == "share":
        return say("cli.points", value=shown, change=moved)
    return say("cli.moved", value=shown, change=moved)


# --- claims ---------------------------------------------------------------------------------------


def show_claims(findings: Sequence[Any], lang: str) -> None:
    """Every claim that was tested, with its verdict, and how many were not."""
    from monazite.report.claims import answer, holding, turning, word

    table = Table(box=None, pad_edge=False)
    for name in ("id", "claim", "verdict", "answer", "holds"):
        table.add_column(say(f"report.claims.column.{name}"), no_wrap=name in ("id", "verdict"))
    for one in findings:
        if one.verdict == "untested":
            continue
        on = f"\n({turning(one, lang)})" if one.turns_on else ""
        said = one.claim.stated.said.told(lang)
        told = word(one.verdict, lang) + on
        table.add_row(one.claim.id, said, told, answer(one, lang), holding(one, lang))
    _show("cli.title.claims", table)
    counts = {name: sum(one.verdict == name for one in findings) for name in _verdicts()}
    told = say("report.comma").join(f"{word(name, lang)} {n}" for name, n in counts.items() if n)
    console().print(say("cli.claims_note", counts=told), soft_wrap=True)


def _verdicts() -> Sequence[str]:
    from monazite.study.claims.verdicts import VERDICTS

    return VERDICTS


def write_claims(findings: Sequence[Any], out: Path, lang: str, **asked: Any) -> None:
    """Write claims.csv, claims.html and claims.json into a folder, all or none.

    `asked` are the arguments of `judge` that `monazite.study.claims.keep` keeps.
    """
    from monazite.study.claims import frame, keep

    with staged(out) as scratch:
        frame(findings).write_csv(scratch / "claims.csv")
        keep(findings, scratch, **asked)
        if find_spec("plotly") is None:
            console(errors=True).print(say("cli.fault.no_report"), soft_wrap=True)
        else:
            from monazite.report.claims import write_page

            write_page(findings, scratch / "claims.html", lang=lang)
    show_written(out)
    console().print(say("cli.claims_kept", path=out), soft_wrap=True)

"""Who gains and who pays: the books by country and actor."""

from monazite.report import look, parts, statistics
from monazite.report.charts.books import ACCOUNTS, LEFT_OUT
from monazite.report.view import View

LEAST = 0.5  # MUSD/yr: who gains less is not named
OF_PERIOD = True


def heading(view: View) -> str:
    """Which countries gain most, users' surplus left out: it would dwarf all else."""
    import polars as pl

    frame = statistics.accounts(view).filter(pl.col("account") != LEFT_OUT, pl.col("country") != "")
    sums = frame.group_by("country").agg(pl.col("amount").sum())
    rows = sums.filter(pl.col("amount") > LEAST).sort(-pl.col("amount"), "country").rows()
    if not rows:
        return ""
    (first, most), *others = rows
    words = {"first": view.the(first), "most": look.money(most, view.lang)}
    if not others:
        return view.say("heading.books_one", **words)
    second, following = others[0]
    return view.say(
        "heading.books", second=view.the(second), next=look.money(following, view.lang), **words
    )


def build(view: View) -> str:
    """Return the picture and the table of accounts by country."""
    frame = statistics.accounts(view)
    if not frame.height:
        return parts.absent(view, "absent.books")
    residual = view.outcome.record.get("books", {}).get("residual")
    closed = [] if residual is None else [_closing(view, residual)]
    return "".join(
        [parts.chart(view, "books", view.say("chart.books.note")), _table(view), *closed]
    )


def _closing(view: View, residual: float) -> str:
    from monazite.report.look import short

    return parts.paragraph(view.say("books.close", residual=short(abs(residual))), "note")


def _table(view: View) -> str:
    frame = statistics.accounts(view)
    present = set(frame["account"])
    accounts = [a for a in ("users", *ACCOUNTS) if a in present]
    accounts += sorted(present - set(accounts))
    cells = {(a, c): v for a, c, v in frame.select("account", "country", "amount").iter_rows()}
    countries = sorted({c for _, c in cells}, key=lambda c: -_income(cells, accounts, c))
    columns = [parts.Column(view.say("column.country"))]
    columns += [parts.Column(view.word("account", a), numeric=True, places=0) for a in accounts]
    columns.append(parts.Column(view.say("column.total"), numeric=True, places=0))
    rows = [
        [view.country(c), *(cells.get((a, c)) for a in accounts), _income(cells, accounts, c)]
        for c in countries
    ]
    return parts.folded_table(view.say("books.table"), columns, rows)


def _income(cells: dict, accounts: list[str], country: str) -> float:
    return sum(cells.get((account, country), 0.0) for account in accounts)

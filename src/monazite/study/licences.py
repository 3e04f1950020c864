"""What did the licences of 2025 do to prices, by the model and by the quotes? A section of a page.

The scenario `licences_2025` is fed the exports that customs counted (``source/exports_2025.csv``);
its prices are set beside quotes (``source/quotes_2025.csv``), none of which the model was given.
Elasticities are assumptions with ranges, so the base year is calibrated three times: at their
values, at the end of each range nearest to zero (stiff) and at the other (easy).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from monazite.data import Case
from monazite.data.source import read_source, read_table
from monazite.policy.export_licence import ExportLicence
from monazite.study.base_year import DEFAULT, reconcile
from monazite.study.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import polars as pl

    from monazite.model.outcome import Outcome

NAME = "licences_2025"
ENDS = ("central", "stiff", "easy")
RESPONSES = ("supply", "demand", "trade")  # sides of elasticities that have a range of their own
SIZES = ("opening_cost", "opening_size")  # on that side, but no elasticities
MAGNETS = ("magnet_standard", "magnet_high_coercivity", "magnet_cerium", "magnet_smco")
EXPORTS = ("flow", "month", "quantity#", "unit", "basis", "source", "date", "note")
QUOTES = ("material", "place", "month", "price#", "low#", "high#", "unit", "source", "date", "note")
BEFORE, AFTER = "2025-03", "2025-04"  # the last month without licences, the first one with them
SHOWN = ("2025-03", "2025-05", "2025-06", "2025-08", "2025-11")
WATCHED = (
    *(("dy_oxide", "CHN"), ("dy_oxide", "DEU"), ("tb_oxide", "CHN"), ("tb_oxide", "KOR")),
    *(("y_oxide", "CHN"), ("y_oxide", "DEU"), ("magnet_high_coercivity", "CHN")),
    *(("magnet_high_coercivity", "DEU"), ("magnet_standard", "CHN"), ("magnet_standard", "DEU")),
)
MATERIALS = ("dy_oxide", "tb_oxide", "y_oxide", "magnet_high_coercivity", "magnet_standard")
FEARED = 2  # months of the list that people know in the run in which they believe the last to stay


def observed() -> pl.DataFrame:
    """What was exported or granted by month, with its source."""
    return read_table(DEFAULT, "exports_2025", EXPORTS)


def quotes() -> pl.DataFrame:
    """What was quoted in 2025, with its source."""
    return read_table(DEFAULT, "quotes_2025", QUOTES)


def elasticities(frame: pl.DataFrame, end: str) -> pl.DataFrame:
    """Elasticities at their value or at an end of their range, by distance from zero."""
    import polars as pl

    if end == "central":
        return frame
    ranged = pl.col("side").is_in(RESPONSES) & ~pl.col("key").is_in(SIZES)
    size = [pl.col(name).abs() for name in ("value", "low", "high")]
    far = pl.min_horizontal(size) if end == "stiff" else pl.max_horizontal(size)
    return frame.with_columns(
        pl.when(ranged).then(far * pl.col("value").sign()).otherwise("value").alias("value")
    )


@cache
def world(end: str = "central", case: str = DEFAULT) -> Case:
    """A built-in case calibrated with elasticities at one end of their ranges."""
    from monazite.model.calibrate import calibrate

    tables = read_source(case)
    tables["elasticities"] = elasticities(tables["elasticities"], end)
    return Case.from_tables(calibrate(tables, _reconciled(case)).tables, f"{case}_{end}")


@cache
def _reconciled(case: str) -> Any:
    return reconcile(case)


@cache
def licensed(end: str = "central", months: int | None = None) -> Outcome:
    """The outcome of 2025 under licences; with `months` the list ends there and is believed to."""
    from monazite.study.ask import run

    asked = Scenario.shipped(NAME)
    if months is not None:
        rules = [
            rule.model_copy(update={"desk": rule.desk[:months], "approval": rule.approval[:months]})
            for rule in asked.instruments
            if isinstance(rule, ExportLicence)
        ]
        asked = asked.model_copy(update={"instruments": tuple(rules)})
    return run(asked, case=world(end))


def section() -> str:
    """What docs/validation.md says about the licences of 2025."""
    parts = [
        HEADING + _HEAD,
        _table(("magnets from China", "observed, t", "model, t"), _shipped()),
        _PRICES,
        _table(("USD/kg", *SHOWN), _responses()),
        _VOLUME,
        _table(("USD/kg", "where", "March", "April to December", "times"), _averages()),
        _QUOTES,
        _table(("", "month", "quoted", "times before", "model", "range"), _beside()),
        _FOOT,
    ]
    return "\n\n".join(part.strip() for part in parts)


def _shipped() -> Iterator[list[str]]:
    """Magnets that leave China by month: what customs counted, what the model sends."""
    import polars as pl

    sent = licensed().flows.filter(pl.col("material").is_in(MAGNETS), origin="CHN")
    by_month = dict(
        sent.group_by("period", maintain_order=True)
        .agg(pl.col("quantity").sum() / 12e-3)
        .iter_rows()
    )
    for month, seen in observed().filter(flow="magnets").select("month", "quantity").iter_rows():
        yield [month, f"{seen:,.0f}", f"{by_month[month]:,.0f}"]


def _responses() -> Iterator[list[str]]:
    """Marginal prices by month, at central elasticities and, below, between both ends."""
    for material, place in WATCHED:
        cells = []
        for month in SHOWN:
            central, low, high = spread(material, place, month)
            cells.append(f"{_shown(central)} ({_shown(low)} to {_shown(high)})")
        yield [f"{material}, {place}", *cells]


def spread(material: str, place: str, month: str) -> tuple[float, float, float]:
    """A marginal price at central elasticities, the least and the most over the ranges."""
    found = [licensed(end).price(material, place, month) or float("nan") for end in ENDS]
    return found[0], min(found), max(found)


def _averages() -> Iterator[list[str]]:
    """Volume-weighted prices inside and outside China, before and under licences."""
    for material in MATERIALS:
        for place, inside in (("China", True), ("elsewhere", False)):
            then, now = averages(licensed(), material, inside=inside)
            yield [material, place, _shown(then), _shown(now), f"{now / then:.2f}"]


def averages(outcome: Outcome, material: str, *, inside: bool) -> tuple[float, float]:
    """What a kg cost on average in March, and from April to December."""
    import polars as pl

    here = (pl.col("country") == "CHN") == inside
    rows = outcome.volume_prices.filter(here, pl.col("volume_price").is_not_null())
    rows = rows.filter(material=material)
    found = []
    for months in (pl.col("period") == BEFORE, pl.col("period") >= AFTER):
        part = rows.filter(months)
        mass = float(part["quantity"].sum())
        found.append(float((part["quantity"] * part["volume_price"]).sum()) / mass)
    return found[0], found[1]


def _beside() -> Iterator[list[str]]:
    """Quotes as multiples of those before the licences, beside the model's."""
    rows = quotes()
    for material, place in rows.select("material", "place").unique(maintain_order=True).iter_rows():
        own = rows.filter(material=material, place=place)
        first = float(own.filter(month=BEFORE)["price"][0])
        for month, price, unit in own.select("month", "price", "unit").iter_rows():
            if month != BEFORE:
                times = [_times(licensed(end), material, place, month) for end in ENDS]
                told = [f"{material}, {place}", month, f"{price:,.4g} {unit}"]
                between = f"{min(times):.2f} to {max(times):.2f}"
                yield [*told, f"{price / first:.2f}", f"{times[0]:.2f}", between]
    fear = licensed("central", FEARED)
    for material, place in (("dy_oxide", "DEU"), ("tb_oxide", "KOR"), ("y_oxide", "DEU")):
        seen = f"{_times(fear, material, place, '2025-05'):.2f}"
        yield [f"{material}, {place}", "2025-05", "if May lasted", "", seen, ""]


def _times(outcome: Outcome, material: str, place: str, month: str) -> float:
    now, then = (outcome.price(material, place, each) for each in (month, BEFORE))
    return float("nan") if now is None or then is None else now / then


def _shown(price: float) -> str:
    return f"{price:,.0f}" if price >= 100 else f"{price:.3g}"


def _table(head: Sequence[str], rows: Iterable[list[str]]) -> str:
    lines = ["| " + " | ".join(row) + " |" for row in (head, *rows)]
    return "\n".join([lines[0], "|---|" + "---:|" * (len(head) - 1), *lines[1:]])


HEADING = "## The licences of 2025\n"
_HEAD = """
China asked licences for seven rare earths and the magnets that hold them from 4 April 2025. The
scenario `licences_2025` feeds what customs counted: magnets, dysprosium and terbium in tonnes by
month; for yttrium, gadolinium and samarium shares of applications that associations told, which
stand for shares of tonnes. Every figure is in `source/exports_2025.csv` with its page. The rest is
the model's: what waits in China, what buyers take from 60 days of stock (an assumption, like the
half of the price a month that a buyer with empty shelves would pay to have a kg sooner), what they
use and rebuild, and all prices. Nothing was tuned to a quote. People do not expect the start; once
it has come they know what will be granted.
"""
_PRICES = """
Marginal prices at central elasticities and, in brackets, between the stiff and the easy end of all
ranges in `source/elasticities.csv`, the base year calibrated anew at each:
"""
_VOLUME = """
Volume-weighted prices, what buyers paid for all they used, at central elasticities:
"""
_QUOTES = """
Quotes beside the model, each as a multiple of the month before the licences (the last rows: of the
model alone, when people in April know April and May and believe that May will last):
"""
_FOOT = """
What this shows and what it does not. Outside China the model's prices rise several times, for
dysprosium by more than was quoted, for terbium by about as much, for yttrium by less; the quotes
are assessments with next to no trade behind them, as their houses say, and houses differ by half.
Prices in China say little: they fall by what waiting until December costs, a tenth of the price a
year, which is an assumption; terbium in fact rose there. The model is too calm about yttrium late
in the year: it has shares of applications, not the tonnes that left, and it values what is in
store in December at base prices, so that all prices lean towards the base in the last months. From
October on it sends fewer magnets than left, because its buyers have rebuilt their stocks and its
use does not grow. In truth nobody knew in April what August would bring.
"""

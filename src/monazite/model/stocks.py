"""What is kept from one period to the next? Stocks."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from monazite.model.axes import Axes, Floats, Ints, codes, numbers, over_periods, table, texts

if TYPE_CHECKING:
    import polars as pl

    from monazite.kernel import Block, Program


@dataclass(frozen=True)
class Stocks:
    """One element per stock and period, periods of one stock following each other.

    level[t] = level[t-1] (1 - loss)^years + years * (in[t] - out[t])   [kt], level before the first
    period = initial. Carrying cost is paid on the level at the end of the period [USD/kg/yr]; what
    is left at the end of the last period is worth final_value [USD/kg] and at least final_minimum
    [kt]. A holder with less than his cover [kt] pays short_cost * (cover - level) / cover for the
    next kg missing [USD/kg/yr]: nothing at cover, short_cost with nothing left.
    """

    material: Ints
    country: Ints
    stock: np.ndarray
    period: Ints
    key: Ints
    initial: Floats
    capacity: Floats
    rate: Floats
    rate_out: Floats
    carrying_cost: Floats
    kept: Floats
    final_minimum: Floats
    final_value: Floats
    cover: Floats
    short_cost: Floats
    last: np.ndarray

    @property
    def size(self) -> int:
        """Number of stocks times periods."""
        return len(self.key)

    @property
    def covered(self) -> Ints:
        """The stocks that it costs something to let fall below their cover."""
        return np.flatnonzero((self.cover > 0) & (self.short_cost > 0))

    def short(self, level: Floats) -> Floats:
        """What being below cover costs a year [MUSD/yr], by stock and period."""
        gap = np.maximum(self.cover - level, 0.0)
        return 0.5 * self.short_cost * gap**2 / np.where(self.cover > 0, self.cover, 1.0)


@dataclass(frozen=True)
class StockBlocks:
    """Columns of stocks, aligned with `Stocks`."""

    level: "Block"
    into: "Block"
    out: "Block"
    row: "Block"


def read_stocks(case: Any, axes: Axes) -> Stocks:
    """The stocks of a case over all its periods.

    Initial is that of the first period, final minimum and value those of the last one. In a period
    for which a stock has no row nothing enters or leaves it.
    """
    frame = _every_period(table(case, "stocks"), axes)
    period = frame["t"].to_numpy()
    material = codes(texts(frame, "material"), axes.materials)
    country = codes(texts(frame, "country"), axes.countries)
    rate = numbers(frame, "rate", np.inf)
    rate_out = numbers(frame, "rate_out", np.nan)
    return Stocks(
        material=material,
        country=country,
        stock=texts(frame, "stock", "main"),
        period=period,
        key=axes.key(material, country, period),
        initial=numbers(frame, "initial", 0.0),
        capacity=numbers(frame, "capacity", np.inf),
        rate=rate,
        rate_out=np.where(np.isnan(rate_out), rate, rate_out),
        carrying_cost=numbers(frame, "carrying_cost", 0.0),
        kept=(1.0 - numbers(frame, "loss", 0.0)) ** axes.years[period],
        final_minimum=numbers(frame, "final_minimum", 0.0),
        final_value=numbers(frame, "final_value", 0.0),
        cover=numbers(frame, "cover", 0.0),
        short_cost=numbers(frame, "short_cost", 0.0),
        last=period == len(axes.periods) - 1,
    )


def _every_period(frame: "pl.DataFrame", axes: Axes) -> "pl.DataFrame":
    """Rows of each stock in every period, one after the other; closed where it had none."""
    import polars as pl

    keys = ["material", "country", "stock"]
    given = over_periods(frame, keys, axes)
    if given.is_empty():
        return given
    periods = pl.DataFrame({"t": np.arange(len(axes.periods), dtype=np.int64)})
    whole = given.select(keys).unique().join(periods, how="cross")
    closed = whole.join(given, on=[*keys, "t"], how="anti").with_columns(rate=pl.lit(0.0))
    return pl.concat([given, closed], how="diagonal_relaxed").sort(*keys, "t")


def add_stocks(program: "Program", axes: Axes, stocks: Stocks) -> StockBlocks | None:
    """Columns stock_level [kt], stock_in, stock_out [kt/yr] and rows `stock`: level[t] -
    kept*level[t-1] - years*(in - out) = initial*kept in the first period, 0 after it.

    Williams and Wright (1991), Storage and Commodity Markets, chapter 2, with certain prices.
    """
    if stocks.size == 0:
        return None
    dims = {
        "material": np.array(axes.materials, dtype=object)[stocks.material],
        "country": np.array(axes.countries, dtype=object)[stocks.country],
        "stock": stocks.stock,
        "period": np.array(axes.periods, dtype=object)[stocks.period],
    }
    weight, years = axes.weight[stocks.period], axes.years[stocks.period]
    factor = axes.factor[stocks.period]
    left = np.where(stocks.last, stocks.final_value * factor, 0.0)
    minimum = np.where(stocks.last, stocks.final_minimum, 0.0)
    level = program.add_columns(
        "stock_level",
        dims,
        "kt",
        cost=weight * stocks.carrying_cost - left,
        lower=minimum,
        upper=np.maximum(stocks.capacity, minimum),
    )
    into = program.add_columns("stock_in", dims, "kt/yr", upper=stocks.rate)
    out = program.add_columns("stock_out", dims, "kt/yr", upper=stocks.rate_out)
    first = stocks.period == 0
    start = np.where(first, stocks.initial * stocks.kept, 0.0)
    row = program.add_rows("stock", dims, "kt", lower=start, upper=start)
    program.add_terms(row, level, 1.0, "1")
    program.add_terms(row, into, -years, "yr")
    program.add_terms(row, out, years, "yr")
    later = np.flatnonzero(~first)
    program.add_terms(row, level, -stocks.kept[later], "1", row=later, column=later - 1)
    _add_cover(program, stocks, dims, weight, level)
    return StockBlocks(level, into, out, row)


def _add_cover(
    program: "Program", stocks: Stocks, dims: dict[str, np.ndarray], weight: Floats, level: "Block"
) -> None:
    """Columns stock_short [kt] and rows stock_cover: level + short >= cover."""
    at = stocks.covered
    if len(at) == 0:
        return
    dims = {name: labels[at] for name, labels in dims.items()}
    steep = weight[at] * stocks.short_cost[at] / stocks.cover[at]
    short = program.add_columns("stock_short", dims, "kt", curvature=steep)
    row = program.add_rows("stock_cover", dims, "kt", lower=stocks.cover[at])
    program.add_terms(row, level, 1.0, "1", column=at)
    program.add_terms(row, short, 1.0, "1")

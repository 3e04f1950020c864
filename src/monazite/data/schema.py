"""Which tables describe a market, and what may each of their columns hold?

One list, `TABLES`, drives reading, validation, defaults, templates and the reference page. The
meaning of a table or column is told by the catalogue: ``data.<table>``, ``data.<table>.<column>``
and, for the columns that every table may carry, ``data.common.<column>``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

SLOPE = "(USD/kg)/(kt/yr)"
STAGES = ("mining", "separation", "metal", "magnet", "use", "other")
FACILITY_STAGES = (
    *("mining", "concentration", "separation", "light_separation", "heavy_separation"),
    *("metal", "alloy", "magnet", "finishing", "recycling", "use", "thrift", "other"),
)
STATUSES = ("operating", "ramping", "idle", "construction", "financing", "planned")
FINANCE = (
    *("loan", "grant", "guarantee", "equity"),
    *("letter_of_interest", "fast_track", "prepayment"),
)
STATES = ("closed", "awarded", "law", "announced", "conditional", "letter", "talks")
PROJECTS = ("committed", "construction", "financing", "planned", "generic")
FORMS = ("linear", "isoelastic", "fixed", "step")
BASES = ("reported", "derived", "estimate", "assumption", "definition")
EVIDENCE = ("source", "basis", "low", "high")
# what an observation of each kind is measured in inside the program
KINDS = {
    "output": "kt/yr", "flow": "kt/yr", "use": "kt/yr", "feed": "kt/yr",
    "price": "USD/kg", "share": "1", "ratio": "1", "stock": "kt",
}  # fmt: skip


@dataclass(frozen=True)
class Column:
    """One column: what it may hold, in which unit, and what an empty cell means.

    ``kind`` is text, number, integer, date, or day (a date kept as written, such as 2025-03).
    A range is low <= value <= high and above < value < below, in ``unit``. ``references`` names the
    ``table.column`` that must hold the value; a ``listing`` holds several such names, parted by
    ``;``.
    """

    name: str
    kind: str = "text"
    unit: str = ""
    key: bool = False
    required: bool = False
    default: str | float | int | None = None
    low: float | None = None
    high: float | None = None
    above: float | None = None
    below: float | None = None
    references: str = ""
    listing: bool = False
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """One table: its columns, and the ``figure`` that source, basis, low and high speak of."""

    name: str
    columns: tuple[Column, ...]
    figure: str = ""
    sourced: bool = False

    def column(self, name: str) -> Column:
        """The column called `name`; KeyError when there is none."""
        return self.by_name[name]

    @property
    def by_name(self) -> dict[str, Column]:
        """Columns by name, in the schema's order."""
        return {column.name: column for column in self.columns}

    @property
    def evidence(self) -> list[str]:
        """Names of the columns that say how well the figure is known."""
        own = () if self.name != "materials" else ("basis",)  # there: of what a tonne is a tonne
        return [name for name in EVIDENCE if self.figure and name not in own]

    @property
    def keys(self) -> list[str]:
        """Names of the columns that together tell one row from another."""
        return [column.name for column in self.columns if column.key]


def tables() -> dict[str, Table]:
    """Every table by name, in the order in which faults are reported."""
    return _BY_NAME


def references(target: str) -> list[tuple[str, str]]:
    """The (table, column) pairs whose values are names of `target`, as ``materials.material``."""
    return [
        (table.name, column.name)
        for table in TABLES
        for column in table.columns
        if column.references == target
    ]


def header(column: Column) -> str:
    """The column's title in a file: its name and, unless it is text or a pure number, its unit."""
    return f"{column.name} [{column.unit}]" if in_unit(column) else column.name


def in_unit(column: Column) -> str:
    """What stands after a number of the column: `` kt/yr``, or nothing after a pure number."""
    return f" {column.unit}" if column.unit not in ("", "1") else ""


def _text(name: str, **more) -> Column:
    return Column(name, **more)


def _key(name: str, references: str = "", **more) -> Column:
    return Column(name, key=True, required=True, references=references, **more)


def _number(name: str, unit: str, **more) -> Column:
    return Column(name, "number", unit, **more)


def _amount(name: str, unit: str, **more) -> Column:
    return Column(name, "number", unit, low=0.0, **more)


def _rate(name: str, **more) -> Column:
    # 10 = 1000 %: above any duty in force; catches a rate of 25 that was meant as 25 %
    return Column(name, "number", "1", low=0.0, high=10.0, default=0.0, **more)


def _year(name: str) -> Column:
    return Column(name, "integer", low=1800, high=2200)


def _loss(unit: str) -> Column:
    return Column("loss", "number", unit, low=0.0, below=1.0, default=0.0)


_PERIOD = Column("period", key=True, references="periods.period")
_NAMES = (_text("name_en"), _text("name_zh"))
_COUNTRY = "countries.country"
_MATERIAL = "materials.material"
_FACILITY = "facilities.facility"


def _common(table: Table) -> tuple[Column, ...]:
    figure = next((column for column in table.columns if column.name == table.figure), None)
    common = [_text("source", references="sources.source", listing=True)]
    common += [_text("basis", allowed=BASES)]
    if figure is not None:
        common += [_number("low", figure.unit), _number("high", figure.unit)]
    return (*common, _text("note"))


def _table(
    name: str, *columns: Column, figure: str = "", sourced: bool = False, common: bool = True
) -> Table:
    table = Table(name, columns, figure, sourced)
    if not common:
        return table
    own = {column.name for column in columns}
    more = (column for column in _common(table) if column.name not in own)
    return replace(table, columns=(*columns, *more))


TABLES = (
    _table(
        "materials",
        _key("material"),
        _text("stage", default="other", allowed=STAGES),
        _text("basis"),
        *_NAMES,
        _amount("disposal_cost", "USD/kg"),
        figure="disposal_cost",
        sourced=True,
    ),
    _table(
        "composition",
        _key("material", _MATERIAL),
        _key("element"),
        # oxide equivalents: 1 kg of lithium metal is 2.15 kg of Li2O, of beryllium 2.78 kg of BeO
        _amount("share", "1", required=True, high=4.0),
        figure="share",
        sourced=True,
    ),
    _table("countries", _key("country"), *_NAMES, _text("region")),
    _table(
        "recipes",
        _key("technology"),
        Column("mode", key=True, default="main"),
        _key("material", _MATERIAL),
        _text("direction", required=True, allowed=("in", "out")),
        _amount("quantity", "1", required=True),
        figure="quantity",
        sourced=True,
    ),
    _table(
        "facilities",
        _key("facility"),
        _PERIOD,
        *_NAMES,
        _text("technology", required=True, references="recipes.technology"),
        _text("country", required=True, references=_COUNTRY),
        _text("stage", default="other", allowed=FACILITY_STAGES),
        _amount("capacity", "kt/yr", required=True),
        _amount("availability", "1", high=1.0, default=1.0),
        _number("cost", "USD/kg", required=True),
        _text("status", default="operating", allowed=STATUSES),
        _year("first_year"),
        _year("last_year"),
        figure="capacity",
        sourced=True,
    ),
    _table(
        "owners",
        _key("facility", _FACILITY),
        _key("owner"),
        _text("owner_country", required=True, references=_COUNTRY),
        _amount("share", "1", high=1.0, required=True),
        figure="share",
        sourced=True,
    ),
    _table(
        "activities",
        _key("facility", _FACILITY),
        Column("mode", key=True, default="main"),
        _PERIOD,
        _amount("base", "kt/yr", required=True),
        _number("residual", "USD/kg", default=0.0),
        _amount("loss_carried", "USD/kg", default=0.0),
        _amount("knee", "kt/yr"),
        _amount("slope", SLOPE, default=0.0),
        figure="base",
    ),
    _table(
        "curves",
        _key("country", _COUNTRY),
        _key("material", _MATERIAL),
        _PERIOD,
        _number("intercept", "USD/kg"),
        _amount("slope", SLOPE),
        _number("price", "USD/kg", above=0.0),
        _number("quantity", "kt/yr", above=0.0),
        _number("elasticity", "1", above=0.0),
        _amount("capacity", "kt/yr"),
        figure="quantity",
        sourced=True,
    ),
    _table(
        "demand",
        _key("country", _COUNTRY),
        _key("material", _MATERIAL),
        Column("sector", key=True, default="all"),
        Column("block", "integer", key=True, default=0, low=0),
        _PERIOD,
        _text("form", default="linear", allowed=FORMS),
        _number("intercept", "USD/kg"),
        _amount("slope", SLOPE),
        _amount("price", "USD/kg"),
        _amount("quantity", "kt/yr"),
        _number("elasticity", "1", below=0.0),
        _number("choke_price", "USD/kg", above=0.0),
        _text("free_of", references="marks.mark", listing=True),
        _amount("waived", "kt/yr"),
        figure="quantity",
        sourced=True,
    ),
    _table(
        "arcs",
        _key("material", _MATERIAL),
        _key("origin", _COUNTRY),
        _key("destination", _COUNTRY),
        _PERIOD,
        _amount("freight", "USD/kg", default=0.0),
        _loss("1"),
        _amount("duty", "USD/kg", default=0.0),
        _rate("duty_rate"),
        _amount("export_tax", "USD/kg", default=0.0),
        _rate("export_rate"),
        _amount("bound", "kt/yr"),
        _amount("base", "kt/yr"),
        _number("residual", "USD/kg", default=0.0),
        _amount("knee", "kt/yr"),
        _amount("slope", SLOPE, default=0.0),
        _text("free_of", references="marks.mark", listing=True),
        figure="freight",
    ),
    _table(
        "limits",
        _key("limit"),
        _PERIOD,
        _text("kind", required=True, allowed=("quota", "capacity")),
        _text("holder"),
        _amount("upper", "kt/yr", required=True),
        *_NAMES,
        figure="upper",
        sourced=True,
    ),
    _table(
        "limit_terms",
        _key("limit", "limits.limit"),
        Column("facility", key=True, references=_FACILITY),
        Column("material", key=True, references=_MATERIAL),
        Column("origin", key=True, references=_COUNTRY),
        Column("destination", key=True, references=_COUNTRY),
        Column("mode", key=True),
        _number("coefficient", "1", default=1.0),
        figure="coefficient",
    ),
    _table(
        "marks",
        _key("mark"),
        _amount("de_minimis", "1", high=1.0, default=0.0),
        *_NAMES,
        figure="de_minimis",
    ),
    _table(
        "mark_terms",
        _key("mark", "marks.mark"),
        Column("country", key=True, references=_COUNTRY),
        Column("facility", key=True, references=_FACILITY),
        Column("material", key=True, references=_MATERIAL),
    ),
    _table(
        "stocks",
        _key("country", _COUNTRY),
        _key("material", _MATERIAL),
        Column("stock", key=True, default="main"),
        _PERIOD,
        _amount("initial", "kt", default=0.0),
        _amount("capacity", "kt", required=True),
        _amount("rate", "kt/yr"),
        _amount("rate_out", "kt/yr"),
        _amount("carrying_cost", "USD/kg/yr", default=0.0),
        _loss("1/yr"),
        _amount("final_minimum", "kt", default=0.0),
        _amount("final_value", "USD/kg", default=0.0),
        _amount("cover", "kt", default=0.0),
        _amount("short_cost", "USD/kg/yr", default=0.0),
        figure="capacity",
        sourced=True,
    ),
    _table(
        "periods",
        _key("period"),
        Column("start", "date"),
        _number("years", "yr", default=1.0, above=0.0),
        figure="years",
    ),
    _table(
        "ramps",
        _key("ramp"),
        Column("year", "integer", key=True, required=True, low=1, high=100),
        _amount("share", "1", required=True, high=1.0),
        figure="share",
        sourced=True,
    ),
    _table(
        "projects",
        _key("facility", _FACILITY),
        _text("status", required=True, allowed=PROJECTS),
        _year("earliest"),
        _amount("lead", "yr", default=0.0),
        _amount("size", "kt/yr", required=True),
        _amount("yearly", "kt/yr/yr"),
        _amount("minimum", "kt/yr", default=0.0),
        _amount("capex", "USD/(kg/yr)", required=True),
        _number("wacc", "1", default=0.1, low=0.0, high=1.0),
        _number("life", "yr", default=20.0, above=0.0),
        _number("decline", "1", default=0.0, low=-0.5, high=0.5),
        _amount("completion", "1", default=1.0, high=1.0),
        _year("stated_earliest"),
        _amount("stated_completion", "1", high=1.0),
        _text("ramp", references="ramps.ramp"),
        _amount("capex_low", "USD/(kg/yr)"),
        _amount("capex_high", "USD/(kg/yr)"),
        _amount("cost_low", "USD/kg"),
        _amount("cost_high", "USD/kg"),
        figure="size",
        sourced=True,
    ),
    _table(
        "finance",
        _key("support"),
        _text("kind", required=True, allowed=FINANCE),
        _text("projects", required=True, references="projects.facility", listing=True),
        _amount("amount", "MUSD"),
        _amount("rate", "1", high=1.0),
        _amount("market_rate", "1", high=1.0),
        Column("tenor", "integer", low=1, high=60),
        Column("grace", "integer", low=0, high=59),
        _amount("share", "1", high=1.0),
        _text("terms", allowed=FINANCE[:4]),
        _amount("probability", "1", high=1.0),
        Column("years", "integer", low=0, high=20),
        _text("provider"),
        _text("payer", references=_COUNTRY),
        Column("start", "day"),
        _text("state", allowed=STATES),
        figure="rate",
        sourced=True,
    ),
    _table(
        "fiscal",
        _key("country", _COUNTRY),
        _amount("tax", "1", required=True, high=1.0),
        _amount("royalty", "1", default=0.0, high=1.0),
        _text("currency"),
        _number("per_usd", "1", above=0.0),
        figure="tax",
        sourced=True,
    ),
    _table(
        "budgets",
        _key("budget"),
        _amount("envelope", "MUSD"),
        _amount("yearly", "MUSD/yr"),
        figure="envelope",
    ),
    _table(
        "budget_terms",
        _key("budget"),
        _key("rule"),
        _key("facility", _FACILITY),
        _amount("outlay", "1"),
        _amount("cost", "1"),
        _amount("money", "1"),
        _number("first", "yr"),
        _number("last", "yr"),
    ),
    _table(
        "demand_paths",
        _key("path"),
        _key("sector", "demand.sector"),
        Column("country", key=True, references=_COUNTRY),
        Column("year", "integer", key=True, required=True, low=1800, high=2200),
        _amount("index", "1", required=True),
        figure="index",
        sourced=True,
    ),
    _table(
        "limit_paths",
        _key("limit", "limits.limit"),
        Column("year", "integer", key=True, required=True, low=1800, high=2200),
        _amount("index", "1", required=True),
        figure="index",
        sourced=True,
    ),
    _table(
        "lanes",
        _key("material", _MATERIAL),
        _key("origin", _COUNTRY),
        _key("destination", _COUNTRY),
        _amount("freight", "USD/kg", default=0.0),
        _rate("export_rate"),
        _number("residual", "USD/kg", default=0.0),
        _amount("knee", "kt/yr"),
        _amount("slope", SLOPE, default=0.0),
        figure="freight",
    ),
    _table(
        "thrift",
        _key("material", _MATERIAL),
        _amount("share", "1", required=True, high=1.0),
        _amount("yearly", "1/yr", required=True, high=1.0),
        _number("times", "1", required=True, above=0.0),
        _number("life", "yr", default=15.0, above=0.0),
        figure="share",
        sourced=True,
    ),
    _table(
        "scrap",
        _key("material", _MATERIAL),
        _text("gives", required=True, references=_MATERIAL),
        _amount("quantity", "1", required=True),
        _amount("collected", "1", required=True, high=1.0),
        _number("life", "yr", required=True, above=0.0),
        _number("growth", "1/yr", default=0.0, low=-0.5, high=1.0),
        _amount("cost", "USD/kg", default=0.0),
        _amount("counted", "1", high=1.0),
        _year("reached"),
        figure="collected",
        sourced=True,
    ),
    _table(
        "measures",
        _key("measure"),
        _key("material", _MATERIAL),
        _number("weight", "1", default=1.0),
        _text("count", default="output", allowed=("output", "input")),
        _text("exclude_technology", references="recipes.technology", listing=True),
        figure="weight",
    ),
    _table(
        "prices",
        _key("material", _MATERIAL),
        _key("country", _COUNTRY),
        _number("price", "USD/kg", required=True),
        figure="price",
        sourced=True,
    ),
    _table(
        "observations",
        _key("observation"),
        _text("kind", required=True, allowed=tuple(KINDS)),
        _text("material", references=_MATERIAL),
        _text("country", references=_COUNTRY),
        _text("partner", references=_COUNTRY),
        _text("facility", references=_FACILITY),
        _text("element"),
        _year("year"),
        _number("value", "", required=True),
        _text("unit", required=True),
        _number("low", ""),
        _number("high", ""),
        _amount("weight", "1", default=1.0),
        _text("licence"),
        figure="value",
        sourced=True,
    ),
    _table(
        "sources",
        _key("source"),
        _text("citation", required=True),
        _text("url"),
        Column("date", "day"),
        _text("licence"),
        common=False,
    ),
)
_BY_NAME = {table.name: table for table in TABLES}

# without these tables names are taken from the other tables, so that a misspelt name is a new one
INFERRED = ("materials", "countries")
PERIOD = "base"


def reference_page(lang: str | None = None) -> str:
    """All tables and columns as a page in Markdown, in `lang` (default: the current language)."""
    from monazite.data import page

    return page.reference_page(lang)

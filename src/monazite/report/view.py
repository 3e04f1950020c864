"""What a reader's language and one period make of an outcome: names, frames, words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from monazite.errors import InputError
from monazite.messages import catalogue, say
from monazite.report import look

if TYPE_CHECKING:
    import polars as pl


SAVED = "thrift_"  # facilities that give back what users save (study/years.py)
ARTICLE = frozenset({"USA", "GBR", "NLD", "PHL", "ARE", "COD", "CAF", "DOM"})


@dataclass(frozen=True, eq=False)
class View:
    """An outcome as seen in one language and one period, with the tables that come beside it.

    `reconciliation`, `stops`, `assumptions` and `hindsight` are frames or None; their columns are
    stated in `monazite.report.write_report`. `failed` are stops without a proved answer. `against`
    is the outcome that effects of rules are measured against. `answers` are those of
    `monazite.study.answers` for an outcome over years, or None. `bare` is the same scenario without
    finance of projects, or None. `claims` are answers to claims as `monazite.study.claims.kept`
    opens them, or None.
    """

    outcome: Any
    lang: str = "en"
    period: str | None = None
    reconciliation: pl.DataFrame | None = None
    stops: pl.DataFrame | None = None
    assumptions: pl.DataFrame | None = None
    hindsight: pl.DataFrame | None = None
    year: int | str | None = None
    failed: tuple[tuple[str, str], ...] = ()
    against: Any = None
    answers: Any = None
    bare: Any = None
    claims: Any = None

    def say(self, key: str, **values: object) -> str:
        """Return the report's sentence of this key in the reader's language."""
        return say(f"report.{key}", self.lang, **values)

    def frame(self, name: str) -> pl.DataFrame:
        """Return a frame of the outcome, restricted to the view's period."""
        return self.of_period(getattr(self.outcome, name))

    def of_period(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the rows of the view's period."""
        import polars as pl

        if self.period is None or "period" not in frame.columns:
            return frame
        return frame.filter(pl.col("period").cast(pl.String) == self.period)

    def table(self, name: str) -> pl.DataFrame:
        """Return a table of the outcome's case."""
        return self.outcome.case.table(name)

    def case_table(self, name: str) -> pl.DataFrame | None:
        """Return a table of the outcome's case, or None where the case has none of this name."""
        try:
            return self.table(name)
        except KeyError:
            return None

    @cached_property
    def shares(self) -> dict[str, dict[str, Any]]:
        """Return the outcome's shares in the view's period."""
        return self.outcome.shares_in(self.period)

    @cached_property
    def _names(self) -> dict[str, dict[str, str]]:
        tables = {"countries": "country", "materials": "material", "facilities": "facility"}
        return {key: self.names_of(table, key) for table, key in tables.items()}

    def names_of(self, table: str, key: str) -> dict[str, str]:
        """Return the reader's names in a table of the case, by its key."""
        frame, column = self.case_table(table), f"name_{self.lang}"
        if frame is None or column not in frame.columns:
            return {}
        return {code: name for code, name in frame.select(key, column).iter_rows() if name}

    def name(self, kind: str, code: str | None) -> str:
        """Return the reader's name of a country, material or facility, else the code itself."""
        if code is None:
            return ""
        return self._names[kind].get(code) or code.replace("_", " ")

    def country(self, code: str | None) -> str:
        """Return a country's name."""
        return self.name("country", code)

    def the(self, code: str | None) -> str:
        """Return a country's name as it stands in an English sentence: the United States."""
        name = self.country(code)
        if self.lang != "en":
            return name
        if code in ("ROW", "rest_of_world"):
            inside = f"the {name[:1].lower()}{name[1:]}"
            return inside.replace("rest of world", "rest of the world")
        return f"the {name}" if code in ARTICLE else name

    def material(self, code: str | None) -> str:
        """Return a material's name."""
        base, traced, _ = (code or "").partition("@")  # a part of it free of named origins
        known = self.name("material", base or None)
        return self.say("traced", material=known) if traced else known

    def facility(self, code: str | None) -> str:
        """Return a facility's name; of what users save, which is no plant, what it is and where."""
        if code and code.startswith(SAVED) and code not in self._names["facility"]:
            material, _, country = code.removeprefix(SAVED).rpartition("_")
            return self.say(
                "facility_saved", material=self.material(material), country=self.country(country)
            )
        return self.name("facility", code)

    def word(self, group: str, code: str | None) -> str:
        """Return the catalogue's word for a code (stage, item, account, sector, basis)."""
        if not code:
            return ""
        if f"report.{group}.{code}" not in catalogue():
            return code.replace("_", " ")
        return self.say(f"{group}.{code}")

    def measure(self, code: str) -> str:
        """Return the word for what shares are counted of: a stage, or what the case defines."""
        table = self.case_table("measures")
        defined = table is not None and code in table["measure"].to_list()
        known = defined and f"report.measure.{code}" in catalogue()
        return self.word("measure" if known else "stage", code)

    def pair(self, stage: str, country: str | None) -> str:
        """Return a stage in a country, as a label."""
        return self.say("pair", stage=self.measure(stage), country=self.country(country))

    def inside(self, group: str, code: str | None) -> str:
        """Return the word for a code as it stands inside a sentence."""
        return self.inside_name(self.word(group, code))

    def inside_name(self, name: str) -> str:
        """Return a common noun as it stands inside a sentence: its first letter small."""
        first = name.split(" ")[0]
        symbol = first[1:] != first[1:].lower()  # NdPr, SEG+: an upper case letter inside
        return name if symbol else name[:1].lower() + name[1:]

    def aside(self, name: str) -> str:
        """Return a name with a comma as it stands in a sentence: separation (swarf included)."""
        first, comma, rest = self.inside_name(name).partition(", ")
        return f"{first} ({rest})" if comma else first

    @cached_property
    def colours(self) -> dict[str, str]:
        """Return each country's colour, the same in every figure."""
        return look.country_colours(self.table("countries")["country"].to_list())

    def colour(self, code: str) -> str:
        """Return one country's colour."""
        return self.colours.get(code, look.REST)

    def unit(self, code: str) -> str:
        """Return a unit as the reader writes it."""
        return look.unit(code, self.lang)

    def hover(self, text: str, code: str) -> str:
        """Return what plotly shows of a number under the pointer, with its unit."""
        return f"{text} {self.unit(code)}<extra></extra>"

    def percent(self, fraction: float | None) -> str:
        """Return a fraction as per cent in the reader's typography."""
        return look.percent(fraction, self.lang)

    @cached_property
    def base_year(self) -> str | None:
        """Return the year the figures stand for; None where neither caller nor case states it."""
        import polars as pl

        if self.year is not None:
            return str(self.year)
        rows = self.table("periods")
        if self.period is not None:
            rows = rows.filter(pl.col("period").cast(pl.String) == self.period)
        if rows.height and rows["start"][0] is not None:
            return str(rows["start"][0])[:4]
        period = self.period or ""
        return period if len(period) == 4 and period.isdigit() else None


def years_of(outcome: Any) -> list[str]:
    """Return the names of the periods of a scenario over years; none of any other."""
    asked = getattr(outcome, "scenario", None)
    known = periods_of(outcome)
    over = asked is not None and asked.years is not None and len(known) > 1
    return known if over else []


def ways_of(view: View, scenario: Any) -> dict[str, str]:
    """How a scenario over years was run: demand, sight and scrap, each in words."""
    years = scenario.years
    known = f"report.compare.demand.{years.demand}" in catalogue()
    return {
        "demand": view.say(f"compare.demand.{years.demand}") if known else years.demand,
        "sight": view.say(f"compare.sight.{years.foresight}", window=years.window),
        "scrap": view.say(f"compare.scrap.{years.scrap}"),
    }


def view_of(outcome: Any, lang: str = "en", period: str | None = None, **beside: Any) -> View:
    """Return the view of one period of the outcome, the dearest one unless told.

    Raises InputError for a period the outcome does not have.
    """
    known = periods_of(outcome)
    if period is not None and period not in known:
        raise InputError(say("report.error.period", lang, period=period, known=", ".join(known)))
    return View(outcome, lang, period or dearest(outcome), **beside)


def periods_of(outcome: Any) -> list[str]:
    """Return the names of the outcome's periods, in order."""
    names = outcome.prices["period"].unique(maintain_order=True).to_list()
    return [str(name) for name in names if name is not None]


def dearest(outcome: Any) -> str | None:
    """Return the period in which what was used in the first one costs most; None without periods.

    argmax over t of sum p[t] q[first], of what has a price in every period; the first of equals.
    Source: the basket of Laspeyres (1871), Jahrbuecher fuer Nationaloekonomie 16, 296.
    """
    import polars as pl

    known = periods_of(outcome)
    if len(known) < 2:
        return known[0] if known else None
    keys = ["material", "country"]
    used = outcome.use.filter(pl.col("period").cast(pl.String) == known[0])
    basket = used.group_by(keys).agg(pl.col("quantity").sum())
    paid = basket.join(outcome.prices, on=keys).with_columns(pl.col("period").cast(pl.String))
    priced = pl.col("price").is_not_null().sum().over(keys) == len(known)
    cost = (pl.col("price") * pl.col("quantity")).sum()
    sums = dict(paid.filter(priced).group_by("period").agg(cost).iter_rows())
    return max(known, key=lambda name: round(sums.get(name, 0.0), 6))

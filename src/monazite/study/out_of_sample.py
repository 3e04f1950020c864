"""What does the model of 2024 say of years that it was not given? Beside what was counted since.

The base year runs on over the years, without rules and with the public money known in 2026, with
nothing told of 2025 and 2026 but the demand path, the quotas and the projects that are committed.
Beside it stand figures of ``source/observed_2025.csv``, and the base case of the International
Energy Agency for 2030 and 2035 (``source/outlook_iea.csv``).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from monazite.data.source import read_table
from monazite.study.base_year import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

    from monazite.model.outcome import Outcome

YEARS = "2024,2025,2026,2028,2030,2035"
SCENARIOS = ("today", "finance_2026")
OBSERVED = (
    *("figure", "kind", "materials", "country", "year#", "quantity#", "unit", "basis", "source"),
    *("date", "note"),
)
OUTLOOK = ("stage", "country", "year#", "quantity#", "unit", "source")
CODES = {
    "China": "CHN", "Myanmar": "MMR", "Australia": "AUS", "United States": "USA", "Malaysia": "MYS",
}  # fmt: skip


def observed() -> pl.DataFrame:
    """What was counted of 2024 and since, with its source."""
    return read_table(DEFAULT, "observed_2025", OBSERVED)


def outlook() -> pl.DataFrame:
    """Mining and refining of the four magnet elements in the base case of the IEA, kt/yr."""
    return read_table(DEFAULT, "outlook_iea", OUTLOOK)


@cache
def run_on(scenario: str = "today") -> Outcome:
    """The outcome of a scenario over the years; it is kept."""
    from monazite.study.ask import over_years, run

    return run(over_years(scenario, YEARS))


def modelled(outcome: Outcome, row: dict[str, object]) -> float:
    """The model's figure for a row of `observed`."""
    import polars as pl

    from monazite.model.average import plain

    period, country = str(int(float(str(row["year"])))), str(row["country"])
    names = str(row["materials"]).split(";")
    if row["kind"] == "price":
        price = outcome.price(names[0], country, period)
        return float("nan") if price is None else price
    table, place = ("flows", "origin") if row["kind"] == "exports" else ("production", "country")
    found = getattr(outcome, table).with_columns(plain("material"))
    mine = found.filter(
        pl.col("period") == period, pl.col(place) == country, pl.col("material").is_in(names)
    )
    return float(mine["quantity"].sum())


def shares(outcome: Outcome, stage: str, country: str, year: int) -> tuple[float, float]:
    """Share of a country in a stage [per cent]: of the outlook, of the outcome."""
    rows = outlook().filter(stage=stage, year=float(year))
    sizes = dict(rows.select("country", "quantity").iter_rows())
    place = outcome.shares_in(str(year))[stage]["by_place"]
    return 100 * sizes[country] / sizes["world"], 100 * place.get(CODES[country], 0.0)


def section() -> str:
    """What docs/validation.md says about years that the model was not given."""
    parts = [
        _HEAD,
        _table(("", "year", "unit", "counted", *SCENARIOS), _counted()),
        _READ,
        _table(("share, per cent", "year", "IEA", *SCENARIOS), _beside()),
        _FOOT,
    ]
    return "\n\n".join(part.strip() for part in parts)


def _counted() -> Iterator[list[str]]:
    for row in observed().iter_rows(named=True):
        found = [modelled(run_on(name), row) for name in SCENARIOS]
        told = [row["figure"], f"{row['year']:.0f}", row["unit"], _shown(row["quantity"])]
        yield [*told, *map(_shown, found)]


def _beside() -> Iterator[list[str]]:
    names = outlook().filter(year=2024.0).select("stage", "country").unique(maintain_order=True)
    for stage, country in names.iter_rows():
        for year in (2024, 2030, 2035):
            if country == "world":
                continue
            pairs = [shares(run_on(name), stage, country, year) for name in SCENARIOS]
            ours = [f"{model:.0f}" for _, model in pairs]
            yield [f"{stage}, {country}", str(year), f"{pairs[0][0]:.0f}", *ours]


def _shown(number: float) -> str:
    digits = 1 if abs(number) >= 10 else 2 if abs(number) >= 0.2 else 3
    return f"{number:.{digits}f}"


def _table(head: tuple[str, ...], rows: Iterator[list[str]]) -> str:
    lines = ["| " + " | ".join(row) + " |" for row in (head, *rows)]
    return "\n".join([lines[0], "|---|" + "---:|" * (len(head) - 1), *lines[1:]])


HEADING = "## Years that the model was not given\n"
_HEAD = (
    HEADING
    + """
The base year of 2024 runs on, told nothing of 2025 and 2026 but what its tables expect: demand
paths, quotas, committed projects and their ramps. `today` has no rules, `finance_2026` the public
money known in 2026, with the price protection of Mountain Pass from October 2025. The licences of
2025 are in neither. Counted figures are in `source/observed_2025.csv` with their pages; figures of
2026 are a quarter times four, or one quote.
"""
)
_READ = """
What the model gets right: that the price of NdPr rises before new plants are there, that Lynas
makes dysprosium and terbium from 2025 on, and that Mountain Pass separates once its price is
protected and not before: 3.7 kt in 2026 against 3.7 kt at the rate of the first quarter. The tonnes
prove less than they seem, for the ramp of light separation was read from Mountain Pass up to that
quarter (`ramps`); that it runs at all is the model's. What it gets wrong:

- Without rules Mountain Pass goes on selling ore to China and leaves its circuits idle, and with
  the protection it separates too little in 2025. In truth exports to China ended in April 2025,
  first by duties, then by agreement; that is in neither run.
- Of the rise of NdPr from its quote of 2024 the model has more than half in 2025 and a fifth in
  2026. It knows no fear of licences, no building of stocks and no fall of output in Myanmar, where
  it mines more and less was counted.
- Mines answer too little: a mine's last tonnes cost ever more in the model, while Mountain Pass dug
  11 % more in a year.
- Exports of magnets grow with demand, because licences are not in these runs; with them they fell
  and came back (see above). Lynas makes a quarter of the dysprosium and terbium that it did.

Beside the base case of the International Energy Agency (Critical Minerals Data Explorer 2025, CC BY
4.0; the four magnet elements, `source/outlook_iea.csv`), shares of a stage by place:
"""
_FOOT = """
The agency counts plants that are announced as producing; here a plant must pay for its inputs at
the prices of the outcome, and most outside China do not, with the money known in 2026 few more.
That is the whole difference in separation: China keeps its share here and loses a sixth of it
there. In mining both see it fall, the agency faster, because it takes Australian and other new
mines at their stated output. Read the two as ends of a range, from "plants live on what they sell"
to "everybody builds and runs"; no forecast of policy is in either.
"""

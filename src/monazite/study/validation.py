"""Where does the model agree with what was observed, and where does it not? A page made from runs.

`page` is what docs/validation.md holds; a test makes it again. Figures that calibration was given
are told apart from those it was not.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from monazite.study import out_of_sample
from monazite.study.backcast import backcast
from monazite.study.base_year import calibrate, reconcile
from monazite.study.licences import section

if TYPE_CHECKING:
    import polars as pl

    from monazite.model.outcome import Outcome

MAGNETS = ("magnet_standard", "magnet_high_coercivity", "magnet_cerium", "magnet_smco")
METALS = ("ndpr_metal", "dy_metal", "tb_metal", "sm_metal", "lace_metal")
OXIDES = tuple(
    f"{e}_oxide" for e in ("la", "ce", "ndpr", "sm", "gd", "tb", "dy", "y", "other_heavy")
)


@dataclass(frozen=True)
class Check:
    """One observed figure beside the model's: what, observed, model, unit and who observed it."""

    what: str
    observed: float
    model: float
    unit: str
    source: str

    @property
    def difference(self) -> float:
        """Model over observed less one, per cent."""
        return (self.model / self.observed - 1.0) * 100.0


@cache
def base() -> Outcome:
    """The base year of the reference world."""
    from monazite.study.ask import run

    return run("today")


def _flow(materials: tuple[str, ...], origin: str, destination: str | None = None) -> float:
    import polars as pl

    flows = base().flows.filter(pl.col("material").is_in(materials), origin=origin)
    if destination:
        flows = flows.filter(destination=destination)
    return float(flows["quantity"].sum())


def trade() -> list[Check]:
    """Flows of the base year beside customs counts."""
    customs = "Chinese customs 8505.1110"
    rows = [
        ("finished magnets, CHN to world", 58.152, _flow(MAGNETS, "CHN"), customs),
        ("finished magnets, CHN to DEU", 10.846, _flow(MAGNETS, "CHN", "DEU"), customs),
        ("finished magnets, CHN to USA", 7.444, _flow(MAGNETS, "CHN", "USA"), customs),
        ("finished magnets, CHN to KOR", 5.680, _flow(MAGNETS, "CHN", "KOR"), customs),
        ("finished magnets, CHN to JPN", 2.174, _flow(MAGNETS, "CHN", "JPN"), customs),
        ("metals, CHN to world", 8.904, _flow(METALS, "CHN"), "Chinese customs 2805.30"),
        ("compounds, CHN to USA (REO)", 6.0, _flow(OXIDES, "CHN", "USA"), "USGS, 71 % of imports"),
        ("compounds, CHN to world (REO)", 31.0, _flow(OXIDES, "CHN"), "46.5 kt product at 67 %"),
        ("bastnaesite, USA to CHN (REO)", 32.703, _flow(("ore_bastnaesite",), "USA", "CHN"), "MP"),
        ("clay, MMR to CHN (REO)", 41.0, _flow(("ore_ionic_clay",), "MMR", "CHN"), "customs"),
        ("NdPr oxide, MYS to CHN", 3.261, _flow(("ndpr_oxide",), "MYS", "CHN"), "customs"),
    ]  # fmt: skip
    return [Check(what, seen, model, "kt", source) for what, seen, model, source in rows]


def shares() -> list[Check]:
    """China's shares of the stages beside those of agencies."""
    found = {name: 100 * one["by_place"]["CHN"] for name, one in base().shares.items()}
    rows = [
        ("mining of magnet elements", 61.0, found["mining"], "IEA 2024"),
        ("mining, all rare earths", 69.0, found["mining_reo"], "USGS MCS 2025"),
        ("separation of NdPr, Dy, Tb, without swarf", 91.0, found["separation"], "IEA 2025"),
        ("the same with swarf", 91.0, found["separation_with_swarf"], "IEA 2025"),
        ("heavy separation", 99.0, found["heavy_separation"], "Benchmark 2025"),
        ("NdFeB magnets, blanks", 94.0, found["magnets"], "IEA 2025"),
    ]
    return [Check(what, seen, model, "%", source) for what, seen, model, source in rows]


def quotes() -> list[Check]:
    """Base prices in China beside quotes that calibration was given."""
    from monazite.data.source import read_source

    given = read_source("rare_earths")["prices"]
    rows = given.filter(place="CHN").select("material", "price", "basis").rows()
    return [
        Check(material, quote, base().price(material, "CHN") or np.nan, "USD/kg", basis)
        for material, quote, basis in rows
    ]


def page(licences: str | None = None) -> str:
    """docs/validation.md; what follows from the licences on, minutes of work, may be given."""
    report = calibrate().report
    parts = [
        _HEAD,
        _table("Trade of the base year", trade(), 2),
        _table("China's share of each stage", shares(), 1),
        _SHARES,
        _table("Prices in China, without value-added tax", quotes(), 2),
        _unexplained(report),
        _largest(reconcile().report),
        _hindsight(backcast()),
        _FOOT,
        f"{section()}\n\n{out_of_sample.section()}" if licences is None else licences,
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _table(title: str, checks: list[Check], digits: int) -> str:
    head = ["| | observed | model | unit | difference | by |", "|---|---:|---:|---|---:|---|"]
    rows = [
        f"| {c.what} | {c.observed:.{digits}f} | {c.model:.{digits}f} | {c.unit} "
        f"| {c.difference:+.1f} % | {c.source} |"
        for c in checks
    ]
    return "\n".join([f"## {title}", "", *head, *rows])


def _unexplained(report: pl.DataFrame) -> str:
    import polars as pl

    plants = report.filter(kind="activity")
    worth = float((plants["base"] * plants["value"].abs()).sum())
    lines = []
    for name, said in (
        ("rent", "rents"),
        ("residual", "calibration residual"),
        ("loss_carried", "losses"),
    ):
        part = float((plants["base"] * plants[name]).sum())
        lines.append(f"| {said} | {part:,.0f} | {100 * part / worth:.0f} % |")
    top = plants.with_columns(size=pl.col("base") * pl.col("residual")).sort(
        "size", descending=True
    )
    rows = [
        f"| {key} | {base:.1f} | {value:.2f} | {cost:.2f} | {residual:.2f} | {size:,.0f} |"
        for key, base, value, cost, residual, size in top.head(10)
        .select("key", "base", "value", "cost", "residual", "size")
        .rows()
    ]
    return "\n".join(
        [
            _UNEXPLAINED,
            "",
            "| part of value added | MUSD a year | share |",
            "|---|---:|---:|",
            *lines,
        ]
        + ["", "The ten largest residuals:", ""]
        + ["| activity | kt | value USD/kg | sourced cost | residual | MUSD |"]
        + ["|---|---:|---:|---:|---:|---:|", *rows]
    )


def _largest(report: pl.DataFrame) -> str:
    import polars as pl

    seen = report.filter(kind="observation").with_columns(gap=pl.col("difference").abs())
    rows = [
        f"| {key} | {raw:.3g} | {low:.3g} to {high:.3g} | {new:.3g} | {gap:+.0f} % | {source} |"
        for key, raw, low, high, new, gap, source in seen.sort("gap", descending=True)
        .head(12)
        .select("key", "raw", "low", "high", "reconciled", "difference", "source")
        .rows()
    ]
    head = "| figure | raw | range | reconciled | difference | source |"
    return "\n".join([_RECONCILED, "", head, "|---|---:|---|---:|---:|---|", *rows])


def _hindsight(frame: pl.DataFrame) -> str:
    rows = [
        f"| {m} | {a:.2f} | {b:.2f} | {r:.2f} | {c:.2f} | {d:.2f} | {s:.2f} |"
        for m, a, b, c, d, r, s in frame.rows()
    ]
    head = (
        "| | real 2023 | real 2024 | real ratio | model 2023 | model 2024 | model ratio |\n"
        "|---|---:|---:|---:|---:|---:|---:|"
    )
    return "\n".join([_HINDSIGHT, "", head, *rows])


_HEAD = """
# Validation

What the model says beside what was observed, made by `monazite.study.validation.page()` from the
reference world. Calibration makes the base year the model's own answer, so the first three tables
test the data and their reconciliation, not the theory. The last table tests the theory: the model,
frozen, is given another year.
"""
_SHARES = """
Definitions: a share by place counts where a plant stands; mining counts the NdPr, Dy and Tb inside
the ore; separation counts oxides of these three; heavy separation counts what comes out of SEG+ and
clay; magnets count NdFeB blanks, cerium grade included. The 69 % of USGS divides China's quota by
recorded world output (390 kt); customs show more ore from Myanmar, Madagascar and Nigeria than USGS
records, so the same tonnes are a smaller share here. The 61 % of the IEA rests on a larger output
outside China than the reconciled one.
"""
_UNEXPLAINED = """
## What the sourced costs leave unexplained

Value added less avoidable cash cost, at base. Where a plant is full, a mine or under a quota it is
a rent; elsewhere a calibration residual: an unknown cost or a mark-up. Losses are cost that owners
carry at base prices: most belong to magnet makers outside China, whose buyers pay a premium for
origin and grade that a single price per place cannot show.
"""
_RECONCILED = """
## Where raw figures moved most

Reconciliation moves each figure as little as its range asks. The largest moves of reported totals:
"""
_HINDSIGHT = """
## Hindsight: 2023 from the frozen base of 2024

Every parameter frozen; mine output, quotas, separation and use put at their tonnages of 2023
(`source/tonnages_2023.csv`). Ratios are what to compare: real prices are FOB with tax, the model's
are at home without it.
"""
_FOOT = """
The model does not reproduce the fall of prices from 2023 to 2024. Tonnages of 2023 show more clay
from Myanmar and less use than in 2024, so a model of one year's supply and use must give lower
prices in 2023. What it leaves out did the work: stocks built in 2022 and run down later, and
expectations. Read its prices as answers to a change, other things equal, not as forecasts.
"""

"""Which numbers make the reconciled base year the market's own solution, and what is left
unexplained?

Positive mathematical programming (Howitt 1995, American Journal of Agricultural Economics 77) with
guards. Base prices come first (`base_prices`); then each activity and arc gets a marginal cost

    mc(x) = cost + residual - loss_carried                      for x <= knee
    mc(x) = cost + residual - loss_carried + slope (x - knee)   beyond,

equal to its value at the base, slope = value / (elasticity * base). Marginal cost at zero is never
below the sourced avoidable cash cost unless the owner carries a loss, which is shown. Where a
plant is full or a mine, what a base margin leaves over is a rent of its capacity; under a quota it
is the rent of the quota's holder; elsewhere it is a calibration residual, published per row beside
the sourced cost. The procedure reproduces any base, so it proves nothing by itself.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from monazite.model.base_prices import BASIS, FOB, MARGIN, Node, Residuals, solve_prices
from monazite.model.substitutes import with_substitutes

if TYPE_CHECKING:
    import polars as pl

    from monazite.model.reconcile import Reconciliation

BASE_YEAR = "2024"  # its period has no dates: every rule and plant holds, whatever its year
RISING = 0.1  # part of a margin that the rising segment explains when the plant is not full
FULL = 0.9  # utilisation from which a margin counts as rent of the capacity
ROOM = 1.02  # least capacity over base
PULL = 0.5  # standard deviation of a place's price around the material's level, share of it
QUOTE = 0.001  # standard deviation of a quoted mean price, share of it
LEVEL = 1.0  # USD/kg, price level of what nobody quotes, for scaling only
WORTH_A_LANE = 1e-3  # kt/yr: to who needs less than a tonne a year no arc is opened
STAGE = {
    "mine": "mining",
    "light": "light_separation",
    "heavy": "heavy_separation",
    "lace": "separation",
    "swarf": "recycling",
    "metal": "metal",
    "alloy": "alloy",
    "blank": "magnet",
    "finishing": "finishing",
    "recovery": "separation",
    "refining": "metal",
    "scrap": "recycling",
    "wafer": "use",
}
GROUP = {
    "mining": "mining_other",
    "light_separation": "separation",
    "heavy_separation": "separation",
    "separation": "finishing_oxides",
    "recycling": "recycling",
    "metal": "metal",
    "alloy": "metal",
    "magnet": "magnet",
    "finishing": "magnet",
}


@dataclass(frozen=True)
class Calibration:
    """Model tables of the calibrated case (name -> frame in the schema of a case) and what was
    left over.

    ``report``: kind (activity | arc), key, base, value, cost, margin, rent, residual, loss_carried
    in USD/kg.
    """

    tables: dict[str, pl.DataFrame]
    report: pl.DataFrame


def segments(value, cost, base, slope, full=False):
    """(residual, loss_carried, knee) of activities or arcs whose base margin is value - cost.

    A positive margin m: the rising segment explains RISING * m, or all of m where ``full``; the
    rest is residual. A negative one: the owner carries (1 + RISING) |m| on the flat part, |m| at
    the margin. The knee is base - explained / slope, at least half the base. USD/kg, kt/yr and
    (USD/kg)/(kt/yr); numbers or arrays.
    """
    value, cost, base, slope, full = np.broadcast_arrays(value, cost, base, slope, full)
    margin = value - cost
    explained = np.where((margin > 0) & full, margin, RISING * np.abs(margin))
    explained = np.minimum(explained, 0.5 * base * slope)
    residual = np.where(margin > 0, margin - explained, 0.0)
    loss = np.where(margin < 0, explained - margin, 0.0)
    return residual, loss, base - explained / slope


def calibrate(tables: dict[str, pl.DataFrame], base: Reconciliation) -> Calibration:
    """Model tables that reproduce the reconciled base at the base prices.

    ``tables`` are the source tables of the case. Raises ``MonaziteError`` when no base prices fit.
    """
    world = _World(tables, base)
    prices = _base_prices(world)
    activities, facilities, plants = _activities(world, prices)
    arcs, lanes, traded = _arcs(world, prices)
    found = {
        "materials": world.materials(),
        "composition": _derived(base.composition),
        "countries": tables["countries"],
        "recipes": world.recipes(),
        "facilities": _stack_up(facilities, _planned_facilities(tables["projects"])),
        "projects": _projects(tables["projects"]),
        "stocks": tables["stocks"],
        **_over_time(tables),
        "owners": tables["owners"].select(_OWNERS),
        "activities": activities,
        "demand": _demand(world, prices),
        "arcs": arcs,
        "lanes": lanes,
        **_limits(world, tables["quotas"]),
        "measures": world.measures(),
        "periods": _frame([(BASE_YEAR, 1.0)], period=str, years=float),
        "prices": _price_table(prices),
        "sources": tables["sources"],
    }
    found = with_substitutes(found, tables["substitutes"], world.oxide)
    return Calibration(tables=found, report=_stack([plants, traded]))


_GUESS = ("estimate", "assumption")
_OWNERS = ["facility", "owner", "owner_country", "share", "source", "basis", "low", "high", "note"]


class _World:
    """The reconciled base with look-ups by name; every number keeps the unit of its table."""

    def __init__(self, tables: dict[str, pl.DataFrame], base: Reconciliation) -> None:
        self.tables, self.base = tables, base
        self.thrown = set(base.discards["material"])
        self.level: dict[str, float] = {}
        self.terms: dict[tuple[str, str], list[tuple[str, float]]] = defaultdict(list)
        for technology, mode, material, direction, quantity in base.recipes.select(
            "technology", "mode", "material", "direction", "quantity"
        ).iter_rows():
            signed = quantity if direction == "out" else -quantity
            self.terms[technology, mode].append((material, signed))
        self.activities = base.activities.select(
            "facility", "technology", "country", "mode", "quantity"
        ).rows()
        self.flows = base.flows.select("material", "origin", "destination", "quantity").rows()
        names = ("facility", "mode", "basis", "source", "low", "high")
        self.basis = {row[:2]: row[2:] for row in base.activities.select(names).rows()}
        self.uses = base.uses.select("country", "material", "sector", "quantity").rows()
        self.stage = _pairs(tables["materials"], "material", "stage")
        self.region = _pairs(tables["countries"], "country", "region")
        self.cost = _pairs(tables["facility_costs"], "facility", "cost")
        self.capacity = _pairs(tables["facility_list"], "facility", "capacity")
        self.elasticity = {
            k: abs(v) for k, v in _pairs(tables["elasticities"], "key", "value").items()
        }
        self.disposal = _pairs(tables["materials"], "material", "disposal_cost")
        content = tables["materials"].select("material", "element", "factor")
        self.oxide = {m: (e, f) for m, e, f in content.rows() if e}
        self._lane = {
            (o, d): f
            for o, d, f in tables["freight"].select("origin", "destination", "freight").rows()
        }
        self._handling = {
            m: (per, extra)
            for m, per, extra in tables["handling"]
            .select("material", "product_per_unit", "surcharge")
            .rows()
        }
        self._charges = {
            (c, s): r for c, s, r in tables["charges"].select("country", "stage", "rate").rows()
        }
        self.quota = set(tables["quotas"].filter(tables["quotas"]["binding"])["facility"])

    def freight(self, material: str, origin: str, destination: str) -> float:
        """USD/kg of the material's own basis: lane rate times product per unit, plus surcharge."""
        product, surcharge = self._handling.get(material, (1.0, 0.0))
        return self._lane[self.region[origin], self.region[destination]] * product + surcharge

    def export_rate(self, material: str, origin: str) -> float:
        """Share of the price at the origin that is charged on export; none on what costs money to
        be rid of.
        """
        if material in self.thrown:
            return 0.0
        return self._charges.get((origin, self.stage[material]), 0.0)

    def touched(self) -> list[Node]:
        """Nodes (material, country) that a base quantity touches."""
        nodes = {(m, c) for _, t, c, mode, _ in self.activities for m, _ in self.terms[t, mode]}
        nodes |= {(m, c) for m, o, d, _ in self.flows for c in (o, d)}
        nodes |= {(m, c) for c, m, _, _ in self.uses}
        return sorted(nodes)

    @cached_property
    def planned(self) -> list[tuple[str, str, str, str, float]]:
        """facility, technology, country, mode, kt/yr of every mode of a project, shared evenly."""
        modes: dict[str, list[str]] = defaultdict(list)
        for technology, mode in self.terms:
            modes[technology].append(mode)
        columns = ("facility", "technology", "country", "capacity")
        return [
            (facility, technology, country, mode, size / len(modes[technology]))
            for facility, technology, country, size in self.tables["projects"]
            .select(columns)
            .rows()
            for mode in sorted(modes[technology])
        ]

    def openings(self, *, planned: bool = False) -> list[tuple[str, str, str]]:
        """Arcs without base trade whose ends could both use them: makers to users of a traded
        material, those that are only planned too where asked for.
        """
        makers: dict[str, set[str]] = defaultdict(set)
        users: dict[str, set[str]] = defaultdict(set)
        works = [*self.activities, *(self.planned if planned else ())]
        for _, technology, country, mode, _ in works:
            for material, quantity in self.terms[technology, mode]:
                (makers if quantity > 0 else users)[material].add(country)
        for country, material, sector, _ in self.uses:
            if sector != "stock_building":
                users[material].add(country)
        traded = {m for m, *_ in self.flows}
        seen = {(m, o, d) for m, o, d, _ in self.flows}
        return [
            (m, o, d)
            for m in sorted(traded)
            for o in sorted(makers[m])
            for d in sorted(users[m])
            if o != d and (m, o, d) not in seen
        ]

    def unfinished(self, prices: dict[Node, float]) -> list[tuple[str, str, str]]:
        """Arcs for unfinished goods that nobody ships yet, from plants that are planned to where
        they are finished now and worth something; without, a new separator in a country that
        cannot finish them would throw away what others pay for.
        """
        traded = {m for m, *_ in self.flows}
        makers = {
            (m, country)
            for _, technology, country, mode, _ in self.planned
            for m, quantity in self.terms[technology, mode]
            if quantity > 0 and self.disposal[m] and m in self.oxide and m not in traded
        }
        worth = [node for node, price in prices.items() if price > 0.0]
        return sorted((m, o, d) for m, o in makers for n, d in worth if n == m and d != o)

    def needed(self, *, planned: bool = False) -> dict[Node, float]:
        """Base use and input use of each node, kt/yr, that of projects too where asked for."""
        needed: dict[Node, float] = defaultdict(float)
        works = [*self.activities, *(self.planned if planned else ())]
        for _, technology, country, mode, level in works:
            for material, quantity in self.terms[technology, mode]:
                needed[material, country] += max(-quantity, 0.0) * level
        for country, material, _, quantity in self.uses:
            needed[material, country] += quantity
        return needed

    def materials(self) -> pl.DataFrame:
        """The materials table of the case."""
        import polars as pl

        columns = ["material", "stage", "basis", "name_en", "name_zh", "disposal_cost"]
        assumed = pl.when(pl.col("disposal_cost").is_not_null()).then(pl.lit("analyst"))
        return self.tables["materials"].select(*columns, assumed.alias("source"))

    def recipes(self) -> pl.DataFrame:
        """The recipes table of the case, with reconciled coefficients."""
        import polars as pl

        given = pl.when(pl.col("basis") == "definition").then(pl.lit("derived")).otherwise("basis")
        names = ("technology", "mode", "material", "direction", "quantity", "low", "high", "source")
        return self.base.recipes.select(*names, given.alias("basis"), "note")

    def measures(self) -> pl.DataFrame:
        """Which outputs each share counts, as stated; else those of rare earths: magnet elements,
        all rare earths, with and without swarf.
        """
        if "measures" in self.tables:
            return self.tables["measures"].sort("measure", "material")
        magnetic = self.base.composition.filter(
            self.base.composition["element"].is_in(["NdPr", "Dy", "Tb"])
        )
        inside: dict[str, float] = defaultdict(float)
        for material, share in magnetic.select("material", "share").iter_rows():
            inside[material] += share
        rows = []
        for material, stage in sorted(self.stage.items()):
            if stage == "mining":
                rows += [
                    ("mining", material, inside[material], ""),
                    ("mining_reo", material, 1.0, ""),
                ]
            if material in ("ndpr_oxide", "dy_oxide", "tb_oxide"):
                rows.append(("separation", material, 1.0, "swarf_recycling"))
                rows.append(("separation_with_swarf", material, 1.0, ""))
            if material in (
                "dy_oxide",
                "tb_oxide",
                "gd_unfinished",
                "other_unfinished",
                "y_unfinished",
            ):
                rows.append(("heavy_separation", material, 1.0, "swarf_recycling"))
            if material in ("ndpr_metal", "dy_metal", "tb_metal"):
                rows.append(("metal", material, 1.0, ""))
            if material.startswith("blank_") and material != "blank_smco":
                rows.append(("magnets", material, 1.0, ""))
        return _frame(sorted(rows), measure=str, material=str, weight=float, exclude_technology=str)


def _pairs(frame: pl.DataFrame, key: str, value: str) -> dict:
    return dict(frame.select(key, value).iter_rows())


def _frame(rows: list[tuple], **columns) -> pl.DataFrame:
    import polars as pl

    kinds = {str: pl.String, float: pl.Float64, int: pl.Int64}
    return pl.DataFrame(rows, schema={k: kinds[v] for k, v in columns.items()}, orient="row")


def _stack(frames: list[pl.DataFrame]) -> pl.DataFrame:
    import polars as pl

    return pl.concat(frames)


def _base_prices(world: _World) -> dict[Node, float]:
    """Two passes: the price where most is needed is the level the second pulls others to."""
    start = dict.fromkeys(world.stage, LEVEL)
    start |= {
        m: p for m, p in world.tables["prices"].select("material", "price").rows() if m in start
    }
    first = _fit(world, start, pull=False)
    needed = world.needed()
    main = {m: max((needed[m, c], c) for n, c in first if n == m)[1] for m, _ in first}
    level = {m: first[m, main[m]] if m in main else start[m] for m in start}
    level = {m: p if p > 0 else start[m] for m, p in level.items()}
    return _fit(world, level, pull=True)


def _fit(world: _World, level: dict[str, float], *, pull: bool) -> dict[Node, float]:
    nodes = world.touched()
    residuals, ceilings = Residuals(), Residuals()
    _quotes(world, residuals)
    for facility, technology, country, mode, _ in world.activities:
        cost = world.cost[facility]
        terms = [((m, country), q) for m, q in world.terms[technology, mode]]
        residuals.add(terms, -cost, MARGIN * cost)
    for material, origin, destination, _ in world.flows:
        pair = _pair(world, material, origin, destination)
        residuals.add(pair, -world.freight(material, origin, destination), BASIS * level[material])
    quoted = set(world.tables["prices"]["material"])
    for material, country in [n for n in nodes if pull and n[0] not in quoted]:
        residuals.add([((material, country), 1.0)], -level[material], PULL * level[material])
    opening = world.elasticity["opening_cost"]
    for material, origin, destination in world.openings():
        ceiling = -world.freight(material, origin, destination) - opening * level[material]
        ceilings.add(_pair(world, material, origin, destination), ceiling, level[material])
    thrown = {
        (m, c): -world.disposal[m]
        for m, c in world.base.discards.select("material", "country").rows()
    }
    world.level = level
    return solve_prices(nodes, residuals, ceilings, thrown, level)


def _pair(world: _World, material: str, origin: str, destination: str) -> list[tuple[Node, float]]:
    rate = world.export_rate(material, origin)
    return [((material, destination), 1.0), ((material, origin), -1.0 - rate)]


def _quotes(world: _World, residuals: Residuals) -> None:
    """Quoted prices at a place, FOB quotes at each buyer, the mean of exported magnets."""
    names = ("material", "place", "price", "low", "high", "basis")
    for material, place, price, low, high, basis in world.tables["prices"].select(names).rows():
        spread = max((high - low) / 4.0, QUOTE * price) if basis in _GUESS else QUOTE * price
        if place.startswith("FOB_"):
            for m, origin, buyer, _ in world.flows:
                if m == material and origin == place[4:]:
                    freight = world.freight(m, origin, buyer)
                    residuals.add([((m, buyer), 1.0)], -price - freight, FOB * price)
        elif place.startswith("EXP_"):
            _mean_quote(world, residuals, material.removesuffix("_all"), place[4:], price, spread)
        else:
            residuals.add([((material, place), 1.0)], -price, spread)


def _mean_quote(world, residuals, prefix: str, origin: str, price: float, spread: float) -> None:
    sold = [f for f in world.flows if f[0].startswith(f"{prefix}_") and f[1] == origin]
    total = sum(f[3] for f in sold)
    freight = sum(world.freight(*f[:3]) * f[3] for f in sold) / total
    terms = [((m, d), q / total) for m, _, d, q in sold]
    residuals.add(terms, -price - freight, spread)


def _group(world: _World, facility: str, technology: str) -> str:
    """The elasticity of a plant: that of its technology where the case states one."""
    if technology in world.elasticity:
        return technology
    if facility in world.quota:
        return "mining_china_quota"
    if technology == "mine_ionic_clay":
        return "mining_ionic_clay"
    return GROUP[STAGE[technology.split("_")[0]]]


def _activities(
    world: _World, prices: dict[Node, float]
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Tables ``activities`` and ``facilities`` and the plants' part of the report."""
    total: dict[str, float] = defaultdict(float)
    for facility, *_, quantity in world.activities:
        total[facility] += quantity
    rows, report = [], []
    for facility, technology, country, mode, base in world.activities:
        value, cost = _value(world, prices, technology, mode, country), world.cost[facility]
        utilisation = total[facility] / max(world.capacity[facility], ROOM * total[facility])
        slope = _slope(world, facility, technology, value, base)
        if facility in world.quota:
            residual, loss, knee = 0.0, 0.0, base
        else:
            full = utilisation >= FULL or technology.startswith(
                "mine_"
            )  # a deposit's rent is Ricardian
            residual, loss, knee = (float(x) for x in segments(value, cost, base, slope, full))
        basis, source, low, high = world.basis[facility, mode]
        around = (min(low, base), max(high, base))
        rows.append((facility, mode, base, residual, loss, knee, slope, basis, source, *around))
        rent = max(value - cost - residual, 0.0)
        key = f"{facility}/{mode}"
        report.append(("activity", key, base, value, cost, value - cost, rent, residual, loss))
    rows += _unused_modes(world, prices, total)
    activities = _frame(
        rows, facility=str, mode=str, base=float, residual=float, loss_carried=float, knee=float,
        slope=float, basis=str, source=str, low=float, high=float,
    )  # fmt: skip
    return activities, _facilities(world, total), _report(report)


def _value(
    world: _World, prices: dict[Node, float], technology: str, mode: str, country: str
) -> float:
    """Outputs less inputs of one kg of activity at base prices, USD/kg."""
    return sum(q * _price(world, prices, m, country) for m, q in world.terms[technology, mode])


def _price(world: _World, prices: dict[Node, float], material: str, country: str) -> float:
    """The base price, or where nothing was traded the price of the nearest place that has one."""
    if (material, country) in prices:
        return prices[material, country]
    landed = [
        (1.0 + world.export_rate(m, c)) * p + world.freight(m, c, country)
        for (m, c), p in prices.items()
        if m == material
    ]
    return min(landed, default=0.0)


def _slope(world: _World, facility: str, technology: str, value: float, base: float) -> float:
    elasticity = world.elasticity[_group(world, facility, technology)]
    return max(value, world.cost[facility]) / (elasticity * base)


def _unused_modes(world: _World, prices: dict[Node, float], total: dict[str, float]) -> list[tuple]:
    """A plant can turn to a mode it did not run at its base margin plus a switching cost, on a
    small scale.
    """
    used = {(f, mode) for f, _, _, mode, _ in world.activities}
    switch, size = world.elasticity["opening_cost"], world.elasticity["opening_size"]
    rows = []
    for facility, technology, country in (
        world.tables["facility_list"].select("facility", "technology", "country").rows()
    ):
        for mode in sorted(
            m for t, m in world.terms if t == technology and (facility, m) not in used
        ):
            value = _value(world, prices, technology, mode, country)
            residual = max(value - world.cost[facility], 0.0) + switch * abs(value)
            slope = _slope(world, facility, technology, value, size * max(total[facility], 1e-3))
            rows.append(
                (facility, mode, 0.0, residual, 0.0, 0.0, slope, "derived", None, None, None)
            )
    return rows


def _report(rows: list[tuple]) -> pl.DataFrame:
    names = ("value", "cost", "margin", "rent", "residual", "loss_carried")
    return _frame(rows, kind=str, key=str, base=float, **dict.fromkeys(names, float))


def _facilities(world: _World, total: dict[str, float]) -> pl.DataFrame:
    import polars as pl

    technology = pl.col("technology").str.split("_").list.first()
    base = pl.col("facility").replace_strict(dict(total), default=0.0, return_dtype=pl.Float64)
    cost = pl.col("facility").replace_strict(world.cost, return_dtype=pl.Float64)
    return world.tables["facility_list"].select(
        "facility",
        "name_en",
        "name_zh",
        "technology",
        "country",
        technology.replace_strict(STAGE).alias("stage"),
        pl.max_horizontal(pl.col("capacity").cast(pl.Float64), ROOM * base).alias("capacity"),
        cost.alias("cost"),
        "status",
        "source",
        "basis",
        pl.min_horizontal(pl.col("low").cast(pl.Float64), ROOM * base).alias("low"),
        pl.max_horizontal(pl.col("high").cast(pl.Float64), ROOM * base).alias("high"),
        "note",
    )


def _arcs(
    world: _World, prices: dict[Node, float]
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Tables ``arcs`` (with trade and opened) and ``lanes`` (opened by projects), and the arcs'
    part of the report.
    """
    rows, report = [], []
    for material, origin, destination, base in world.flows:
        freight, rate = (
            world.freight(material, origin, destination),
            world.export_rate(material, origin),
        )
        arrived = prices[material, destination]
        value = arrived - (1.0 + rate) * prices[material, origin]
        slope = max(arrived, LEVEL / 10) / (_trade(world, material) * base)
        residual, loss, knee = (float(x) for x in segments(value, freight, base, slope))
        rows.append(
            (material, origin, destination, freight, rate, base, residual - loss, knee, slope)
        )
        margin = value - freight
        key = f"{material}/{origin}/{destination}"
        report.append(("arc", key, base, value, freight, margin, 0.0, residual, loss))
    rows += _opened(world, prices, world.openings(), world.needed())
    later = set(world.openings(planned=True)) - set(world.openings())
    later |= set(world.unfinished(prices))
    needed = world.needed(planned=True)
    worth = sorted(arc for arc in later if needed[arc[0], arc[2]] >= WORTH_A_LANE)
    lanes = _lanes(_opened(world, prices, worth, needed)).drop("base")
    return _lanes(rows), lanes, _report(report)


def _opened(
    world: _World,
    prices: dict[Node, float],
    openings: list[tuple[str, str, str]],
    needed: dict[Node, float],
) -> list[tuple]:
    """Rows of arcs without trade: opening cost first, then rising with what the buyer needs."""
    rows = []
    for material, origin, destination in openings:
        freight, rate = (
            world.freight(material, origin, destination),
            world.export_rate(material, origin),
        )
        arrived = max(_price(world, prices, material, destination), LEVEL / 10)
        size = world.elasticity["opening_size"] * max(needed[material, destination], 1e-4)
        slope = arrived / (_trade(world, material) * size)
        opening = world.elasticity["opening_cost"] * world.level[material]
        rows.append((material, origin, destination, freight, rate, 0.0, opening, 0.0, slope))
    return rows


def _lanes(rows: list[tuple]) -> pl.DataFrame:
    return _frame(
        rows, material=str, origin=str, destination=str, freight=float, export_rate=float,
        base=float, residual=float, knee=float, slope=float,
    )  # fmt: skip


def _trade(world: _World, material: str) -> float:
    """The elasticity of an arc: that of its material where the case states one."""
    own = world.elasticity.get(f"trade_{material}")
    if own is not None:
        return own
    return world.elasticity[
        "trade_magnets" if world.stage[material] == "magnet" else "trade_oxides"
    ]


def _demand(world: _World, prices: dict[Node, float]) -> pl.DataFrame:
    rows = []
    names = ("country", "material", "sector", "quantity", "low", "high", "basis", "source", "note")
    for country, material, sector, quantity, low, high, *rest in world.base.uses.select(
        names
    ).rows():
        price = max(prices[material, country], LEVEL / 100)
        own = world.elasticity.get(f"use_{sector}")
        group = _demand_group(world, material, sector)
        elasticity = -(world.elasticity[group] if own is None else own)
        around = (min(low, quantity), max(high, quantity))
        row = (country, material, sector, "linear", price, quantity, elasticity)
        rows.append((*row, *around, *rest))
    return _frame(
        rows, country=str, material=str, sector=str, form=str, price=float, quantity=float,
        elasticity=float, low=float, high=float, basis=str, source=str, note=str,
    )  # fmt: skip


def _demand_group(world: _World, material: str, sector: str) -> str:
    if sector == "stock_building":
        return "demand_stock_building"
    if world.stage[material] == "magnet":
        return "demand_magnets"
    if material.startswith("ndpr"):
        return "demand_ndpr"
    if (material, sector) == ("gd_oxide", "magnets"):
        return "demand_gd_magnets"
    return "demand_la_ce" if material.startswith(("la", "ce")) else "demand_heavy"


def _limits(world: _World, quotas: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Tables ``limits`` and ``limit_terms``: a quota that bound in the base year is set at the
    reconciled output.
    """
    base = {facility: quantity for facility, *_, quantity in world.activities}
    upper: dict[str, float] = defaultdict(float)
    heads, terms = {}, []
    for (
        name,
        facility,
        coefficient,
        holder,
        given,
        binding,
        en,
        zh,
        source,
        basis,
        note,
    ) in quotas.rows():
        upper[name] = upper[name] + coefficient * base.get(facility, 0.0) if binding else given
        heads[name] = (name, "quota", holder, en, zh, source, basis, note)
        terms.append((name, facility, coefficient))
    limits = _frame(
        [(*head[:3], upper[head[0]], *head[3:]) for head in heads.values()],
        limit=str, kind=str, holder=str, upper=float, name_en=str, name_zh=str, source=str,
        basis=str, note=str,
    )  # fmt: skip
    return {
        "limits": limits,
        "limit_terms": _frame(terms, limit=str, facility=str, coefficient=float),
    }


def _planned_facilities(projects: pl.DataFrame) -> pl.DataFrame:
    """Facilities of projects, without capacity until they are built."""
    import polars as pl

    stage = pl.col("technology").str.split("_").list.first().replace_strict(STAGE)
    return projects.select(
        "facility", "name_en", "name_zh", "technology", "country", stage.alias("stage"),
        pl.lit(0.0).alias("capacity"), "cost", pl.lit("planned").alias("status"), "source",
        pl.lit("derived").alias("basis"), note=pl.lit(None, pl.String),
    )  # fmt: skip


_PROJECT = (
    *("facility", "status", "earliest", "lead", "size", "yearly", "minimum", "capex", "wacc"),
    *("life", "decline", "completion", "ramp", "capex_low", "capex_high", "cost_low", "cost_high"),
    *("source", "basis", "low", "high", "note"),
)


def _projects(projects: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    return projects.with_columns(
        pl.col("capacity").alias("size"), pl.col("earliest").cast(pl.Int64)
    ).select(_PROJECT)


def _over_time(tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Tables that speak of years, as they were entered."""
    import polars as pl

    found = {}
    for name in ("ramps", "demand_paths", "limit_paths", "thrift", "scrap", "finance", "fiscal"):
        frame = tables[name]
        whole = [c for c in ("year", "tenor", "grace", "years", "reached") if c in frame.columns]
        frame = frame.with_columns(pl.col(whole).cast(pl.Int64))
        found[name] = frame
    return found


def _stack_up(*frames: pl.DataFrame) -> pl.DataFrame:
    """Rows of frames one after the other, cells that one of them lacks left empty."""
    import polars as pl

    return pl.concat(frames, how="diagonal_relaxed")


def _price_table(prices: dict[Node, float]) -> pl.DataFrame:
    rows = [(m, c, p) for (m, c), p in sorted(prices.items())]
    return _derived(_frame(rows, material=str, country=str, price=float))


def _derived(frame: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    return frame.with_columns(basis=pl.lit("derived"))

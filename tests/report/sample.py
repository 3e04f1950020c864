"""A small solved world of three countries and six materials, in the frames an outcome has.

Quantities balance and every margin is explained: what price leaves over cost is a scarcity rent
where the facility is full, else a calibration residual, or a loss its owner carries.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace

import polars as pl

YEAR = "2024"
MATERIALS = {
    "mixed_concentrate": ("mining", "REO", "mixed concentrate", "混合精矿"),
    "ndpr_oxide": ("separation", "oxide", "NdPr oxide", "氧化镨钕"),
    "dy_oxide": ("separation", "oxide", "dysprosium oxide", "氧化镝"),
    "ndpr_metal": ("metal", "metal", "NdPr metal", "镨钕金属"),
    "magnet_standard": ("magnet", "magnet", "standard NdFeB magnets", "普通钕铁硼磁体"),
    "magnet_high": ("magnet", "magnet", "high-coercivity NdFeB magnets", "高矫顽力钕铁硼磁体"),
}
COUNTRIES = {"CHN": ("China", "中国"), "JPN": ("Japan", "日本"), "USA": ("United States", "美国")}
CONTENT = [
    ("mixed_concentrate", "ndpr", 0.205), ("mixed_concentrate", "dy", 0.006),
    ("mixed_concentrate", "ce", 0.5), ("ndpr_oxide", "ndpr", 1.0), ("dy_oxide", "dy", 1.0),
    ("ndpr_metal", "ndpr", 1.166), ("magnet_standard", "ndpr", 0.35),
    ("magnet_high", "ndpr", 0.32), ("magnet_high", "dy", 0.03),
]  # fmt: skip
PRICES = {
    ("mixed_concentrate", "CHN"): 5.0, ("mixed_concentrate", "USA"): 4.6,
    ("mixed_concentrate", "JPN"): None, ("ndpr_oxide", "CHN"): 56.0, ("ndpr_oxide", "USA"): 55.0,
    ("ndpr_oxide", "JPN"): 57.0, ("dy_oxide", "CHN"): 257.0, ("dy_oxide", "JPN"): 275.0,
    ("dy_oxide", "USA"): 276.0, ("ndpr_metal", "CHN"): 70.0, ("ndpr_metal", "JPN"): 72.0,
    ("ndpr_metal", "USA"): 72.5, ("magnet_standard", "CHN"): 42.0, ("magnet_standard", "JPN"): 43.5,
    ("magnet_standard", "USA"): 44.0, ("magnet_high", "CHN"): 62.0, ("magnet_high", "JPN"): 64.0,
    ("magnet_high", "USA"): 65.0,
}  # fmt: skip
INDICATIVE = {("dy_oxide", "USA"), ("ndpr_metal", "USA")}
# facility: names, owner, owner's country, country, stage, activity, capacity, cost, inputs, outputs
PLANTS = {
    "bayan_obo": ("Bayan Obo", "白云鄂博", "China Northern", "CHN", "CHN", "mining",
                  240.0, 240.0, 3.1, {}, {"mixed_concentrate": 1.0}),
    "mountain_pass": ("Mountain Pass", "芒廷帕斯", "MP Materials", "USA", "USA", "mining",
                      45.0, 50.0, 3.4, {}, {"mixed_concentrate": 1.0}),
    "baotou_light": ("Baotou separation", "包头分离", "China Northern", "CHN", "CHN",
                     "separation",
                     266.0, 300.0, 5.6, {"mixed_concentrate": 1.0}, {"ndpr_oxide": 0.2}),
    "jiangxi_heavy": ("Jiangxi heavy separation", "江西重稀土分离", "China Rare Earth", "CHN",
                      "CHN",
                      "heavy_separation", 15.0, 15.0, 14.0, {"mixed_concentrate": 1.0},
                      {"ndpr_oxide": 0.15, "dy_oxide": 0.1}),
    "california_light": ("Mountain Pass separation", "芒廷帕斯分离", "MP Materials", "USA", "USA",
                         "separation", 4.0, 6.0, 8.0, {"mixed_concentrate": 1.0},
                         {"ndpr_oxide": 0.2}),
    "ganzhou_metal": ("Ganzhou metal", "赣州金属", "JL MAG", "CHN", "CHN", "metal", 50.25,
                      60.0, 3.0,
                      {"ndpr_oxide": 1.0}, {"ndpr_metal": 0.85}),
    "osaka_metal": ("Osaka metal", "大阪金属", "Santoku", "JPN", "JPN", "metal", 5.0, 5.0, 4.0,
                    {"ndpr_oxide": 1.0}, {"ndpr_metal": 0.85}),
    "ningbo_standard": ("Ningbo magnets", "宁波磁体", "JL MAG", "CHN", "CHN", "magnet",
                        105.04, 130.0, 18.0, {"ndpr_metal": 0.3}, {"magnet_standard": 1.0}),
    "ganzhou_high": ("Ganzhou magnets", "赣州磁体", "JL MAG", "CHN", "CHN", "magnet", 40.0,
                     40.0, 25.0,
                     {"ndpr_metal": 0.28, "dy_oxide": 0.03}, {"magnet_high": 1.0}),
    "tokyo_standard": ("Tokyo magnets", "东京磁体", "Shin-Etsu", "JPN", "JPN", "magnet", 4.83, 5.0,
                       23.0, {"ndpr_metal": 0.3}, {"magnet_standard": 1.0}),
    "fuzhou_high": ("Shin-Etsu high-coercivity plant", "信越高矫顽力工厂", "Shin-Etsu", "JPN",
                    "JPN",
                    "magnet", 10.0, 10.0, 33.0, {"ndpr_metal": 0.28, "dy_oxide": 0.03},
                    {"magnet_high": 1.0}),
}  # fmt: skip
# material, origin, destination, quantity, freight, export tax
FLOWS = [
    ("mixed_concentrate", "USA", "CHN", 41.0, 0.3, 0.0),
    ("ndpr_oxide", "CHN", "JPN", 5.2, 0.4, 0.5), ("ndpr_oxide", "USA", "JPN", 0.8, 0.6, 0.0),
    ("dy_oxide", "CHN", "JPN", 0.3, 0.6, 15.0),
    ("magnet_standard", "CHN", "USA", 14.0, 1.1, 0.2),
    ("magnet_standard", "CHN", "JPN", 10.0, 0.9, 0.2),
    ("magnet_high", "CHN", "USA", 6.0, 1.2, 0.3), ("magnet_high", "JPN", "USA", 3.0, 1.0, 0.0),
]  # fmt: skip
# country, material, sector, quantity
USES = [
    ("CHN", "magnet_standard", "electronics", 51.04), ("CHN", "magnet_standard", "wind", 30.0),
    ("CHN", "magnet_high", "electric_vehicles", 34.0), ("JPN", "ndpr_oxide", "glass", 1.0),
    ("JPN", "magnet_standard", "electronics", 14.83), ("JPN", "magnet_high", "robots", 7.0),
    ("USA", "magnet_standard", "electronics", 14.0), ("USA", "magnet_high", "defence", 9.0),
]  # fmt: skip


@dataclass(frozen=True)
class Tables:
    """Stands in for a case."""

    tables: dict[str, pl.DataFrame]
    name: str = "sample"
    digest: str = "0f" * 32
    changes: tuple[str, ...] = ()

    def table(self, name: str) -> pl.DataFrame:
        return self.tables[name]


def _margin(inputs: dict, outputs: dict, country: str) -> float:
    earned = sum(share * PRICES[m, country] for m, share in outputs.items())
    return earned - sum(share * PRICES[m, country] for m, share in inputs.items())


def _output() -> pl.DataFrame:
    rows = []
    for code, (_, _, _, _, country, stage, x, capacity, cost, inputs, outputs) in PLANTS.items():
        over, full = _margin(inputs, outputs, country) - cost, x >= capacity
        rows.append({
            "period": YEAR, "facility": code, "mode": "main", "country": country, "stage": stage,
            "technology": stage, "activity": x, "cost": cost,
            "residual": 0.0 if full and over > 0 else max(over, 0.0),
            "loss_carried": max(-over, 0.0),
            "rise": 0.0, "scarcity_rent": over if full and over > 0 else 0.0, "limit_rent": 0.0,
            "capacity": capacity, "utilisation": x / capacity,
        })  # fmt: skip
    return pl.DataFrame(rows)


def _joint(index: int) -> pl.DataFrame:
    return pl.DataFrame([
        {"period": YEAR, "material": m, "country": plant[4], "facility": code,
         "quantity": plant[6] * share}
        for code, plant in PLANTS.items() for m, share in plant[index].items()
    ])  # fmt: skip


def _flows() -> pl.DataFrame:
    rows = []
    for material, origin, destination, quantity, freight, tax in FLOWS:
        gap = PRICES[material, destination] - PRICES[material, origin] - freight - tax
        rows.append({
            "period": YEAR, "material": material, "origin": origin, "destination": destination,
            "quantity": quantity, "freight": freight, "duty": 0.0, "export_tax": tax,
            "residual": gap, "rise": 0.0, "rent": 0.0,
        })  # fmt: skip
    return pl.DataFrame(rows)


def _books(output: pl.DataFrame, flows: pl.DataFrame) -> pl.DataFrame:
    rows = [("users", country, m, q * 12.0) for country, m, _, q in USES]
    for row in output.iter_rows(named=True):
        owner = PLANTS[row["facility"]][3]
        rows.append(("producers", owner, row["facility"], row["scarcity_rent"] * row["activity"]))
        residual = row["residual"] * row["activity"]
        rows.append(("calibration_residual", row["country"], row["facility"], residual))
        lost = row["loss_carried"] * row["activity"]
        rows.append(("losses_carried", row["country"], row["facility"], -lost))
    for row in flows.iter_rows(named=True):
        tax = row["export_tax"] * row["quantity"]
        rows.append(("treasury", row["origin"], row["material"], tax))
    return pl.DataFrame(
        [(YEAR, *row) for row in rows if row[3]],
        schema=["period", "account", "country", "name", "amount"],
        orient="row",
    )


def _case() -> Tables:
    names = ["name_en", "name_zh"]
    basis = ["reported", "estimate", "assumption"]
    facilities = [
        (code, p[0], p[1], p[4], p[5], p[7], p[8], "operating", basis[i % 3], "usgs")
        for i, (code, p) in enumerate(PLANTS.items())
    ]
    return Tables({
        "materials": pl.DataFrame([(m, *v) for m, v in MATERIALS.items()],
                                  schema=["material", "stage", "basis", *names], orient="row"),
        "countries": pl.DataFrame([(c, *v) for c, v in COUNTRIES.items()],
                                  schema=["country", *names], orient="row"),
        "facilities": pl.DataFrame(facilities, orient="row", schema=[
            "facility", *names, "country", "stage", "capacity", "cost", "status", "basis",
            "source"]),
        "owners": pl.DataFrame([(c, p[2], p[3], 1.0) for c, p in PLANTS.items()], orient="row",
                               schema=["facility", "owner", "owner_country", "share"]),
        "composition": pl.DataFrame(CONTENT, schema=["material", "element", "share"], orient="row"),
        "limits": pl.DataFrame({"limit": ["mining_quota"], "kind": ["quota"], "holder": ["CHN"],
                                "upper": [240.0], "name_en": ["China's mining quota"],
                                "name_zh": ["中国稀土开采总量控制指标"]}),
        "periods": pl.DataFrame({"period": [YEAR], "start": ["2024-01-01"], "years": [1.0]}),
        "sources": pl.DataFrame({
            "source": ["usgs"], "citation": ["U.S. Geological Survey, Mineral Commodity Summaries"],
            "url": ["https://pubs.usgs.gov/periodicals/mcs2025/mcs2025-rare-earths.pdf"],
            "date": ["2025-01"], "licence": ["public domain"]}),
    })  # fmt: skip


@dataclass(frozen=True)
class Sample:
    """Stands in for an outcome."""

    prices: pl.DataFrame
    flows: pl.DataFrame
    output: pl.DataFrame
    production: pl.DataFrame
    inputs: pl.DataFrame
    use: pl.DataFrame
    limits: pl.DataFrame
    entries: pl.DataFrame
    shares: dict
    case: Tables
    builds: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema={
        "period": pl.String, "facility": pl.String, "status": pl.String, "size": pl.Float64,
        "begins": pl.Float64, "built": pl.Float64}))  # fmt: skip
    certificate: object = field(default_factory=lambda: SimpleNamespace(
        primal=2e-10, dual=4e-11, complementarity=7e-10, gap=3e-10, worst=7e-10,
        ok=True))  # fmt: skip
    mass_balance: float = 2e-9
    record: dict = field(default_factory=lambda: {
        "scenario": "today", "case": "sample", "books": {"residual": 3e-10},
        "versions": {"monazite": "0.1.0"}})  # fmt: skip

    def shares_in(self, period: str | None) -> dict:
        """The same in every period."""
        return self.shares

    def books(self) -> pl.DataFrame:
        return self.entries

    def price(self, material: str, country: str, period: str | None = None) -> float | None:
        return PRICES.get((material, country))


SHARES = {
    "mining": {"by_place": {"CHN": 0.842, "USA": 0.158}, "by_owner": {"CHN": 0.842, "USA": 0.158},
               "hhi": 0.734},
    "separation": {"by_place": {"CHN": 0.986, "USA": 0.014},
                   "by_owner": {"CHN": 0.986, "USA": 0.014}, "hhi": 0.972},
    "heavy_separation": {"by_place": {"CHN": 1.0}, "by_owner": {"CHN": 1.0}, "hhi": 1.0},
    "metal": {"by_place": {"CHN": 0.91, "JPN": 0.09}, "by_owner": {"CHN": 0.91, "JPN": 0.09},
              "hhi": 0.836},
    "magnets": {"by_place": {"CHN": 0.907, "JPN": 0.093}, "by_owner": {"CHN": 0.87, "JPN": 0.13},
                "hhi": 0.831},
}  # fmt: skip


def sample() -> Sample:
    """Return the solved world."""
    prices = pl.DataFrame(
        [(YEAR, m, c, p, (m, c) in INDICATIVE) for (m, c), p in PRICES.items()],
        schema=["period", "material", "country", "price", "indicative"],
        orient="row",
    )
    use = pl.DataFrame(
        [(YEAR, c, m, s, q, PRICES[m, c], q * (PRICES[m, c] or 0.0)) for c, m, s, q in USES],
        schema=["period", "country", "material", "sector", "quantity", "price", "value"],
        orient="row",
    )
    output, flows = _output(), _flows()
    limits = pl.DataFrame({"limit": ["mining_quota"], "used": [240.0], "upper": [240.0],
                           "rent": [0.8]})  # fmt: skip
    return Sample(
        prices, flows, output, _joint(10), _joint(9), use, limits, _books(output, flows), SHARES,
        _case(),
    )  # fmt: skip


RECONCILIATION = pl.DataFrame({
    "observation": ["Myanmar, clay products to China", "China, NdPr oxide output", "US concentrate",
                    "China, Dy oxide output"],
    "unit": ["kt REO/yr", "kt/yr", "kt REO/yr", "kt/yr"],
    "raw": [45.5, 106.0, 45.0, 1.6], "weight": [0.5, 1.0, 4.0, 1.0],
    "reconciled": [38.2, 88.0, 44.9, 1.5],
    "basis": ["estimate", "reported", "reported", "estimate"],
    "source": ["usgs", "usgs", "usgs", "usgs"],
})  # fmt: skip
STOPS = pl.DataFrame({
    "stage": ["mining", "heavy_separation", "heavy_separation"], "country": ["CHN", "CHN", "CHN"],
    "share": [0.842, 1.0, 1.0], "material": ["magnet_standard", "magnet_high", "magnet_standard"],
    "place": ["JPN", "JPN", "USA"], "used": [110.0, 50.0, 14.0], "unserved": [88.0, 50.0, 0.0],
    "unserved_share": [0.8, 1.0, 0.0], "price_before": [43.5, 64.0, 44.0],
    "price_after": [140.0, None, 44.0],
})  # fmt: skip
ASSUMPTIONS = pl.DataFrame({
    "figure_en": ["China's share of heavy separation", "Price of dysprosium oxide in Japan"],
    "figure_zh": ["中国重稀土分离份额", "日本氧化镝价格"],
    "share": [0.12, 0.41], "low": [0.97, 240.0], "high": [1.0, 310.0],
})  # fmt: skip
HINDSIGHT = pl.DataFrame({
    "material": ["ndpr_oxide", "dy_oxide"], "country": ["CHN", "CHN"], "year": ["2023", "2023"],
    "model": [70.1, 300.0], "actual": [74.0, 329.0],
})  # fmt: skip
BESIDE = {
    "reconciliation": RECONCILIATION,
    "stops": STOPS,
    "assumptions": ASSUMPTIONS,
    "hindsight": HINDSIGHT,
}

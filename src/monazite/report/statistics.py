"""What the report states, as frames: chain, shares, cost curves, prices, trade, books, limits.

Every function takes a view (an outcome in one period) and returns a new polars frame, sorted, in
the model's units: kt/yr, USD/kg, MUSD/yr. An empty frame means there is nothing to state.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from monazite.report.view import View, periods_of

if TYPE_CHECKING:
    import polars as pl

CHAIN = ("mining", "concentration", "separation", "light_separation", "heavy_separation", "metal",
         "alloy", "magnet", "magnets", "finishing", "recycling", "use")  # fmt: skip
MAGNET_ELEMENTS = ("nd", "pr", "ndpr", "dy", "tb")
COST_PARTS = ("feed", "cost", "rise", "residual", "loss_carried", "scarcity_rent", "limit_rent")
FLOW_PARTS = ("freight", "duty", "export_tax", "rise", "residual", "rent")
SAME = {
    "rise": "rising_cost",
    "limit_rent": "quota_rent",
}  # as the model names the parts of a price
CHANGES = ("model_change", "actual_change")
FULL = 0.995  # utilisation from which a capacity is called full: solver noise is far below 0.5 %
SMALL = 1e-6  # kt/yr: a milligram per tonne of the smallest market; below it nothing moves


def _frame(rows: Iterable[Mapping[str, object]], columns: Mapping[str, Any]) -> pl.DataFrame:
    import polars as pl

    return pl.DataFrame(list(rows), schema=dict(columns), orient="row")


def _types() -> tuple[Any, Any]:
    import polars as pl

    return pl.String, pl.Float64


def rank(stage: str) -> int:
    """Return a stage's place along the chain, measures such as mining_reo beside their stage.

    Unknown stages stand before use.
    """
    known = max((name for name in CHAIN if stage.startswith(name)), key=len, default="recycling")
    return CHAIN.index(known)


def stage_shares(view: View) -> pl.DataFrame:
    """Return (stage, by, country, share) for places and owners, along the chain."""
    text, real = _types()
    rows = [
        {"stage": stage, "by": by, "country": country, "share": share}
        for stage in sorted(view.shares, key=rank)
        for by in ("place", "owner")
        for country, share in sorted(
            view.shares[stage].get(f"by_{by}", {}).items(), key=lambda item: -item[1]
        )
        if share > 0
    ]
    return _frame(rows, {"stage": text, "by": text, "country": text, "share": real})


def concentration(shares: Mapping[str, float]) -> float:
    """Return the Herfindahl-Hirschman index, sum of squared shares: 1 is a single supplier.

    Source: Hirschman (1964), American Economic Review 54(5), 761.
    """
    return sum(share * share for share in shares.values())


# --- the chain ------------------------------------------------------------------------------------


def contents(view: View) -> tuple[dict[str, float], bool]:
    """Return kg of magnet elements in a kg of each material, and whether the case states them.

    Without a composition table every material counts by its own mass.
    """
    import polars as pl

    materials = view.table("materials")["material"].to_list()
    table = view.case_table("composition")
    if table is None or not table.height:
        return dict.fromkeys(materials, 1.0), False
    wanted = table.filter(pl.col("element").str.to_lowercase().is_in(MAGNET_ELEMENTS))
    sums = dict(wanted.group_by("material").agg(pl.col("share").sum()).iter_rows())
    return {material: sums.get(material, 0.0) for material in materials}, True


def chain_links(view: View) -> pl.DataFrame:
    """Return (stage, country, to_stage, to_country, material, quantity): who feeds whom.

    Quantities are contained magnet elements, kt/yr. A country that imports and exports the same
    material passes on the mixture of what it has, so origins are where a material was made.
    """
    text, real = _types()
    content, _ = contents(view)
    made, used = _made(view), _used(view)
    rows: list[dict[str, Any]] = [
        {"stage": stage, "country": origin, "to_stage": to_stage, "to_country": place,
         "material": material, "quantity": content.get(material, 0.0) * quantity * part}
        for material in sorted(made)
        for (to_stage, place), quantity in sorted(used.get(material, {}).items())
        for (stage, origin), part in _mixture(view, material, made[material], place).items()
    ]  # fmt: skip
    names = ("stage", "country", "to_stage", "to_country", "material")
    kept = [row for row in rows if row["quantity"] > SMALL]
    return _frame(kept, {**dict.fromkeys(names, text), "quantity": real})


def hub(view: View) -> tuple[str, float | None, float | None] | None:
    """Return the country that others depend on most at both ends of the chain, and two shares.

    Of contained magnet elements: what others mine and it works, over what others mine and anybody
    works; what it makes and others use, over what others use. It is the country in which both
    quantities together are largest; None where nothing is worked or made abroad.
    """
    import polars as pl

    links = chain_links(view)
    mined = links.filter(stage="mining").filter(~pl.col("to_stage").is_in(["mining", "use"]))
    used = links.filter(to_stage="use")
    best: tuple[float, str, float | None, float | None] = (SMALL, "", None, None)
    for country in sorted({*mined["to_country"], *used["country"]}):
        theirs = mined.filter(pl.col("country") != country)
        others = used.filter(pl.col("to_country") != country)
        early = float(theirs.filter(to_country=country)["quantity"].sum())
        late = float(others.filter(country=country)["quantity"].sum())
        if early + late > best[0]:
            of = float(theirs["quantity"].sum()), float(others["quantity"].sum())
            best = (
                early + late,
                country,
                early / of[0] if of[0] > SMALL else None,
                late / of[1] if of[1] > SMALL else None,
            )
    return best[1:] if best[1] else None


def _stages(view: View) -> dict[str, str]:
    return dict(view.frame("output").select("facility", "stage").iter_rows())


def _made(view: View) -> dict[str, dict[tuple[str, str], float]]:
    stages, made = _stages(view), {}  # type: ignore[var-annotated]
    for row in view.frame("production").iter_rows(named=True):
        node = (stages.get(row["facility"], "mining"), row["country"])
        here = made.setdefault(row["material"], {})
        here[node] = here.get(node, 0.0) + row["quantity"]
    return made


def _used(view: View) -> dict[str, dict[tuple[str, str], float]]:
    stages, used = _stages(view), {}  # type: ignore[var-annotated]
    for row in view.frame("inputs").iter_rows(named=True):
        node = (stages.get(row["facility"], "use"), row["country"])
        here = used.setdefault(row["material"], {})
        here[node] = here.get(node, 0.0) + row["quantity"]
    for row in view.frame("use").iter_rows(named=True):
        here = used.setdefault(row["material"], {})
        node = ("use", row["country"])
        here[node] = here.get(node, 0.0) + row["quantity"]
    return used


def _mixture(
    view: View, material: str, made: Mapping[tuple[str, str], float], place: str
) -> dict[tuple[str, str], float]:
    """Return what part of the material available at a place was made by each (stage, country)."""
    import numpy as np
    import polars as pl

    flows = view.frame("flows").filter(pl.col("material") == material)
    flows = flows.filter(pl.col("quantity") > SMALL)
    places = sorted({*flows["origin"], *flows["destination"], *(c for _, c in made), place})
    index = {country: i for i, country in enumerate(places)}
    arrivals = np.zeros((len(places), len(places)))
    for origin, destination, quantity in flows["origin", "destination", "quantity"].iter_rows():
        arrivals[index[destination], index[origin]] += quantity
    own = np.zeros(len(places))
    for (_, country), quantity in made.items():
        own[index[country]] += quantity
    supply = own + arrivals.sum(axis=1)
    supply[supply <= 0] = 1.0
    # mixture M solves supply_i M_ik = own_i [i = k] + sum_j flow_ji M_jk
    mixed = np.linalg.lstsq(np.diag(supply) - arrivals, np.diag(own), rcond=None)[0]
    here = mixed[index[place]]
    return {
        node: here[index[node[1]]] * quantity / own[index[node[1]]]
        for node, quantity in sorted(made.items())
        if quantity > 0 and here[index[node[1]]] > 1e-9
    }


# --- cost curves ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Works:
    """A facility's year: what it earned, bought, spent and made, in MUSD/yr and kt/yr."""

    country: str
    stage: str
    earned: float
    spent: Mapping[str, float]
    bought: Mapping[str, float]
    made: Mapping[str, float]


@lru_cache(maxsize=2)
def works(view: View) -> dict[str, Works]:
    """Return every facility that runs; `spent` has the parts of `COST_PARTS` but feed.

    At an optimum earned = value of what is bought + sum of spent, for each facility.
    """
    prices, spent, at = _price_map(view), {}, {}  # type: ignore[var-annotated]
    for row in view.frame("output").filter(_runs()).iter_rows(named=True):
        own = spent.setdefault(row["facility"], dict.fromkeys(COST_PARTS[1:], 0.0))
        for part in own:
            sign = -1.0 if part == "loss_carried" else 1.0
            own[part] += sign * row[part] * row["activity"]
        at[row["facility"]] = (row["country"], row["stage"])
    made, bought = _terms(view, "production"), _terms(view, "inputs")
    found = {}
    for facility, (country, stage) in at.items():
        goods = made.get(facility, {})
        earned = sum(q * (prices.get((m, country)) or 0.0) for m, q in goods.items())
        feeds = bought.get(facility, {})
        found[facility] = Works(country, stage, earned, spent[facility], feeds, goods)
    return found


def _runs() -> pl.Expr:
    import polars as pl

    return pl.col("activity") > SMALL


def _terms(view: View, name: str) -> dict[str, dict[str, float]]:
    terms: dict[str, dict[str, float]] = {}
    for row in view.frame(name).iter_rows(named=True):
        if row["quantity"] > SMALL:
            here = terms.setdefault(row["facility"], {})
            here[row["material"]] = here.get(row["material"], 0.0) + row["quantity"]
    return terms


def supply_curve(view: View, material: str) -> pl.DataFrame:
    """Return one row per facility that makes the material, cheapest first.

    Columns facility, country, quantity (kt/yr), the parts of its price in USD/kg of the material
    (`COST_PARTS`; losses carried are negative) and price. A joint cost is divided among the outputs
    by their value, so the parts sum to the price at the place.
    """
    text, real = _types()
    prices = _price_map(view)
    rows: list[dict[str, Any]] = []
    for facility, one in works(view).items():
        price, quantity = prices.get((material, one.country)), one.made.get(material, 0.0)
        if price is None or price <= 0 or quantity <= SMALL or one.earned <= 0:
            continue
        scale = price / one.earned  # USD/kg of this material per MUSD/yr of the facility
        feed = sum(q * (prices.get((m, one.country)) or 0.0) for m, q in one.bought.items())
        parts = {"feed": scale * feed, **{k: scale * v for k, v in one.spent.items()}}
        rows.append({"facility": facility, "country": one.country, "quantity": quantity,
                     **parts, "price": price})  # fmt: skip
    columns = ("quantity", *COST_PARTS, "price")
    rows.sort(key=lambda row: (row["feed"] + row["cost"], row["facility"]))
    return _frame(rows, {"facility": text, "country": text, **dict.fromkeys(columns, real)})


def _price_map(view: View) -> dict[tuple[str, str], float | None]:
    frame = view.frame("prices").select("material", "country", "price")
    return {(material, country): price for material, country, price in frame.iter_rows()}


def of_stage(view: View, *stages: str) -> list[str]:
    """Return the materials of these stages that are made or traded, largest value first."""
    import polars as pl

    table = view.table("materials").filter(pl.col("stage").is_in(stages))
    value = dict.fromkeys(table["material"], 0.0)
    prices = _price_map(view)
    for row in view.frame("production").iter_rows(named=True):
        if row["material"] in value and row["quantity"] > SMALL:
            price = prices.get((row["material"], row["country"])) or 0.0
            value[row["material"]] += row["quantity"] * max(price, 1e-9)
    return sorted((m for m, v in value.items() if v > 0), key=lambda m: (-value[m], m))


# --- prices ---------------------------------------------------------------------------------------


def price_table(view: View) -> pl.DataFrame:
    """Return (material, country, price, indicative) where there is a price, along the chain."""
    import polars as pl

    stage = dict(view.table("materials").select("material", "stage").iter_rows())
    frame = view.frame("prices").filter(pl.col("price").is_not_null())
    keyed = frame.with_columns(
        pl.col("material").replace_strict(stage, default="use").alias("stage")
    ).with_columns(
        pl.col("stage").map_elements(rank, return_dtype=pl.Int64).alias("rank"),
    )
    return keyed.sort("rank", "material", "country").select(
        "stage", "material", "country", "price", "indicative"
    )


def price_spread(view: View) -> pl.DataFrame:
    """Return each material's lowest and highest price that something moves at, and where."""
    import polars as pl

    real = price_table(view).filter(~pl.col("indicative"))
    return real.group_by("stage", "material", maintain_order=True).agg(
        pl.col("price").min().alias("low"),
        pl.col("country").sort_by("price", "country").first().alias("low_place"),
        pl.col("price").max().alias("high"),
        pl.col("country").sort_by("price", "country").last().alias("high_place"),
        pl.len().alias("places"),
    )


def price_times(view: View, materials: int = 12, places: int = 5) -> pl.DataFrame:
    """Return (material, country, period, price) where prices move most over the periods.

    Materials come by their greatest ratio of highest to lowest price at one place, and of each the
    places by the same ratio, after the place where it is cheapest at first. Prices at which
    nothing moves in some period are left out; so is what moves by less than a thousandth.
    """
    import polars as pl

    prices = view.outcome.prices.filter(pl.col("price").is_not_null())
    one = ["material", "country"]
    place = prices.group_by(one, maintain_order=True).agg(
        pl.col("price").first().alias("first"),
        (pl.col("price").max() / pl.col("price").min()).alias("ratio"),
        pl.col("price").min().alias("low"),
        pl.col("indicative").any(),
        pl.len().alias("periods"),
    )
    known = (pl.col("periods") == prices["period"].n_unique()) & ~pl.col("indicative")
    place = place.filter(known & (pl.col("low") > 0) & (pl.col("periods") > 1))
    place = place.with_columns(
        pl.col("ratio").max().over("material").alias("greatest"),
        (pl.col("first").rank("ordinal").over("material") > 1).alias("later"),
    ).filter(pl.col("greatest") > 1.001)
    place = place.sort(-pl.col("greatest"), "material", "later", -pl.col("ratio"), "country")
    named = place["material"].unique(maintain_order=True).head(materials).to_list()
    told = place.filter(pl.col("material").is_in(named))
    told = told.filter(pl.int_range(pl.len()).over("material") < places).select(one)
    found = told.with_row_index("rank").join(prices, on=one, maintain_order="left_right")
    return found.select(*one, "period", "price")


def price_parts(view: View, material: str) -> pl.DataFrame:
    """Return (country, part, amount): each price along its marginal chain, in USD/kg.

    At each step the largest supplier is taken, and a facility's cost is divided among its joint
    outputs by value, as in `supply_curve`. A part is the stage whose cash cost it is, or freight,
    duty, export_tax, a rent, residual, loss_carried, feed (swarf, or a material already on the
    chain, at its price) or value (a price at which nothing is supplied). Parts sum to the price.
    """
    text, real = _types()
    rows = []
    for row in price_table(view).iter_rows(named=True):
        if row["material"] == material and not row["indicative"] and row["price"] > 0:
            parts = _opened(_chain(view), material, row["country"], ())
            rows += [{"country": row["country"], "part": k, "amount": v} for k, v in parts.items()]
    return _frame(rows, {"country": text, "part": text, "amount": real})


@dataclass(frozen=True)
class Chain:
    """What supplies each (material, country): flows as rows, and facilities."""

    prices: Mapping[tuple[str, str], float | None]
    works: Mapping[str, Works]
    makers: Mapping[tuple[str, str], list[tuple[float, str]]]
    arrivals: Mapping[tuple[str, str], list[tuple[float, dict]]]


@lru_cache(maxsize=2)
def _chain(view: View) -> Chain:
    makers: dict[tuple[str, str], list[tuple[float, str]]] = {}
    for facility, one in works(view).items():
        for material, quantity in one.made.items():
            makers.setdefault((material, one.country), []).append((quantity, facility))
    arrivals: dict[tuple[str, str], list[tuple[float, dict]]] = {}
    for row in view.frame("flows").iter_rows(named=True):
        if row["quantity"] > SMALL:
            there = (row["material"], row["destination"])
            arrivals.setdefault(there, []).append((row["quantity"], row))
    return Chain(_price_map(view), works(view), makers, arrivals)


def _opened(
    chain: Chain, material: str, country: str, path: tuple[tuple[str, str], ...]
) -> dict[str, float]:
    node = (material, country)
    price = chain.prices.get(node) or 0.0
    made, maker = max(chain.makers.get(node, []), default=(0.0, ""))
    came, flow = max(chain.arrivals.get(node, []), key=lambda pair: pair[0], default=(0.0, {}))
    if node in path or max(made, came) <= SMALL:
        return {"feed" if node in path else "value": price}
    if came > made:
        return _shipped(chain, flow, price, (*path, node))
    return _worked(chain, chain.works[maker], price, (*path, node))


def _shipped(
    chain: Chain, flow: dict, price: float, path: tuple[tuple[str, str], ...]
) -> dict[str, float]:
    parts = _opened(chain, flow["material"], flow["origin"], path)
    for name in FLOW_PARTS:
        parts[SAME.get(name, name)] = parts.get(SAME.get(name, name), 0.0) + flow[name]
    whole = sum(parts.values())
    return {k: v * price / whole for k, v in parts.items()} if whole > 0 else {"value": price}


def _worked(
    chain: Chain, one: Works, price: float, path: tuple[tuple[str, str], ...]
) -> dict[str, float]:
    if one.earned <= 0:
        return {"value": price}
    scale = price / one.earned
    parts: dict[str, float] = {}
    for material, quantity in one.bought.items():
        worth = chain.prices.get((material, one.country)) or 0.0
        opened = {"feed": worth}
        if one.stage != "recycling" and worth > 0:
            opened = _opened(chain, material, one.country, path)
        for part, amount in opened.items():
            parts[part] = parts.get(part, 0.0) + scale * quantity * amount
    for name, amount in one.spent.items():
        part = one.stage if name == "cost" else SAME.get(name, name)
        parts[part] = parts.get(part, 0.0) + scale * amount
    return parts


# --- trade ----------------------------------------------------------------------------------------


def trade(view: View, material: str) -> pl.DataFrame:
    """Return (origin, destination, quantity) of a material between countries, largest first."""
    import polars as pl

    flows = view.frame("flows").filter(
        (pl.col("material") == material) & (pl.col("quantity") > SMALL)
    )
    totals = flows.group_by("origin", "destination").agg(pl.col("quantity").sum())
    return totals.sort(["quantity", "origin", "destination"], descending=[True, False, False])


def trade_value(view: View) -> pl.DataFrame:
    """Return (material, origin, destination, value [MUSD/yr]) of what crosses borders.

    Values are at the price where it arrives; the largest come first.
    """
    import polars as pl

    ends = ["material", "origin", "destination"]
    flows = view.frame("flows").filter(pl.col("quantity") > SMALL).select(*ends, "quantity")
    prices = view.frame("prices").select("material", pl.col("country").alias(ends[2]), "price")
    worth = pl.col("quantity") * pl.col("price").fill_null(0.0)
    found = flows.join(prices, on=["material", ends[2]], how="left")
    sums = found.group_by(ends).agg(worth.sum().alias("value"))
    return sums.sort(["value", *ends], descending=[True, False, False, False])


def traded(view: View) -> list[str]:
    """Return the materials that cross a border, by the value of trade."""
    import polars as pl

    sums = trade_value(view).group_by("material").agg(pl.col("value").sum())
    return sums.sort(-pl.col("value"), "material")["material"].to_list()


# --- books ----------------------------------------------------------------------------------------


def accounts(view: View) -> pl.DataFrame:
    """Return (account, country, amount) in MUSD/yr, summed over items, without empty accounts.

    Holders of quotas stand in the country whose facilities or exports the quota binds.
    """
    import polars as pl

    entries = view.of_period(view.outcome.books())
    if "name" in entries.columns:
        where = pl.col("name").replace_strict(_bound(view), default="", return_dtype=pl.String)
        stateless = pl.col("country").fill_null("") == ""
        entries = entries.with_columns(
            pl.when(stateless).then(where).otherwise(pl.col("country")).alias("country")
        )
    sums = entries.group_by("account", "country").agg(pl.col("amount").sum())
    return sums.filter(pl.col("amount").abs() > 1e-6).sort("account", "country")


def _bound(view: View) -> dict[str, str]:
    """Return the country each limit binds: of its facilities, else the origin of its arcs."""
    terms = view.case_table("limit_terms")
    if terms is None:
        return {}
    place = dict(view.table("facilities").select("facility", "country").iter_rows())
    found = {}
    for row in terms.iter_rows(named=True):
        found[row["limit"]] = place.get(row.get("facility")) or row.get("origin") or ""
    return found


# --- limits ---------------------------------------------------------------------------------------


def stage_limits(view: View) -> pl.DataFrame:
    """Return (stage, country, used, capacity, rent, facilities, full): how full each stage is.

    `used` and `capacity` in kt/yr of activity, rent in MUSD/yr. Stages in each country, and each
    stage `outside:` the country that has most of it.
    """
    import polars as pl

    frame = _capacities(view)
    if not frame.height:
        return frame
    here = frame.group_by("stage", "country").agg(*_sums())
    largest = here.sort(-pl.col("capacity"), "country").group_by("stage").first()
    top = dict(largest.select("stage", "country").iter_rows())
    away = frame.filter(pl.col("country") != pl.col("stage").replace_strict(top))
    outside = away.group_by("stage").agg(*_sums()).with_columns(
        ("outside:" + pl.col("stage").replace_strict(top)).alias("country")
    )  # fmt: skip
    both = pl.concat([here, outside.select(here.columns)])
    full = (pl.col("used") >= FULL * pl.col("capacity")).alias("full")
    order = pl.col("stage").map_elements(rank, return_dtype=pl.Int64).alias("rank")
    return both.with_columns(full, order).sort("rank", "country").drop("rank")


def _capacities(view: View) -> pl.DataFrame:
    import polars as pl

    output = view.frame("output").filter(pl.col("capacity").is_finite() & (pl.col("capacity") > 0))
    rent = (pl.col("scarcity_rent") * pl.col("activity")).sum().alias("rent")
    return output.group_by("stage", "country", "facility").agg(
        pl.col("activity").sum().alias("used"), pl.col("capacity").max(), rent
    )


def _sums() -> list[pl.Expr]:
    import polars as pl

    return [pl.col("used", "capacity", "rent").sum(), pl.len().alias("facilities")]


def named_limits(view: View) -> pl.DataFrame:
    """Return the quotas and pooled limits that bind: limit, used, upper, rent (USD/kg)."""
    import polars as pl

    limits = view.frame("limits")
    if not limits.height:
        return limits
    binds = (pl.col("used") >= FULL * pl.col("upper")) & pl.col("upper").is_finite()
    return limits.filter(binds).sort("rent", descending=True, nulls_last=True)


def full_arcs(view: View) -> pl.DataFrame:
    """Return the flows that earn a rent because their arc is at its bound."""
    import polars as pl

    return view.frame("flows").filter(pl.col("rent") > 1e-6).sort("rent", descending=True)


# --- N-1 ------------------------------------------------------------------------------------------


def stop_sums(view: View) -> pl.DataFrame:
    """Return stage, country, material, used, unserved, unserved_share outside the stopped country.

    `place`, `price_before` and `price_after` are those of the largest user among the places.
    """
    import polars as pl

    if view.stops is None:
        return pl.DataFrame()
    away = view.stops.filter(pl.col("place") != pl.col("country")).sort(-pl.col("used"), "place")
    keys = ["stage", "country", "material"]
    sums = away.group_by(keys, maintain_order=True).agg(
        pl.col("used", "unserved").sum(), pl.col("place", "price_before", "price_after").first()
    )
    share = pl.when(pl.col("used") > 0).then(pl.col("unserved") / pl.col("used")).otherwise(0.0)
    order = pl.col("stage").map_elements(rank, return_dtype=pl.Int64)
    found = sums.with_columns(share.alias("unserved_share"))
    return found.sort(order, "stage", -pl.col("unserved_share"), "material")


def stop_losses(view: View) -> pl.DataFrame:
    """Return the N-1 rows, those that lose most by value at the old price first."""
    import polars as pl

    if view.stops is None:
        return pl.DataFrame()
    value = pl.col("unserved") * pl.col("price_before").fill_null(0.0)
    return view.stops.sort(-value, "stage", "material", "place")


# --- what the figures rest on ---------------------------------------------------------------------


def bases(view: View) -> pl.DataFrame:
    """Return (stage, basis, share): what part of each stage's activity has a row of which basis."""
    import polars as pl

    facilities = view.table("facilities")
    if "basis" not in facilities.columns:
        text, real = _types()
        return _frame([], {"stage": text, "basis": text, "share": real})
    stated = facilities.select("facility", pl.col("basis").fill_null("unstated"))
    plants = view.frame("output").filter(pl.col("stage") != "thrift")  # what users save is no plant
    joined = plants.join(stated.unique("facility"), on="facility", how="left")
    sums = joined.with_columns(pl.col("basis").fill_null("unstated")).group_by("stage", "basis")
    mass = sums.agg(pl.col("activity").sum().alias("share"))
    mass = mass.filter(pl.col("share").sum().over("stage") > SMALL)
    shared = mass.with_columns(pl.col("share") / pl.col("share").sum().over("stage"))
    order = pl.col("stage").map_elements(rank, return_dtype=pl.Int64).alias("rank")
    return shared.with_columns(order).sort("rank", "basis").drop("rank")


def adjustments(view: View) -> pl.DataFrame:
    """Return the reconciliation with `observation` (what the figure is, in the reader's language)
    and `difference` (fraction of raw), largest first.
    """
    import polars as pl

    frame = view.reconciliation
    if frame is None:
        return pl.DataFrame()
    if "observation" not in frame.columns:
        told = [_figure(view, kind, key) for kind, key in frame.select("kind", "key").iter_rows()]
        frame = frame.with_columns(pl.Series("observation", told, dtype=pl.String))
    difference = pl.col("reconciled") / pl.col("raw") - 1.0
    filled = frame.with_columns(pl.when(pl.col("raw") != 0).then(difference).alias("difference"))
    return filled.sort(pl.col("difference").abs(), descending=True, nulls_last=True)


def _figure(view: View, kind: str, key: str) -> str:
    """Return what a row of the model's reconciliation speaks of."""
    codes = key.split("/")
    if kind == "flows" and len(codes) == 3:
        ends = f"{view.country(codes[1])} → {view.country(codes[2])}"
        return view.say("flow_of", material=view.material(codes[0]), ends=ends)
    if kind == "uses" and len(codes) == 3:
        used = view.say("used_in", material=view.material(codes[1]), country=view.country(codes[0]))
        return f"{used} ({view.word('sector', codes[2])})"
    if kind == "activities":
        return view.facility(codes[0])
    if kind == "observation" and key.startswith("mine_"):
        return _mined(view, key.split("_")[1:])
    return " · ".join(code.replace("_", " ") for code in codes)


def _mined(view: View, words: list[str]) -> str:
    """Return the name of a mining figure, such as that of USGS: of a country, and of what."""
    place, *more = words
    known = [word.upper() if word == "usgs" else word for word in more]
    rest = f" ({' '.join(known)})" if known else ""
    return view.pair("mining", place.upper()) + rest


def hindsight(view: View) -> pl.DataFrame:
    """Return material, country, year, model and actual price (USD/kg) of the test on another year,
    and where known model_change and actual_change: the price of that year over the base year's.

    Takes the frame of `monazite.study.backcast` as well, whose columns carry the years.
    """
    import polars as pl

    frame = view.hindsight
    if frame is None:
        return pl.DataFrame()
    if "model" in frame.columns:
        blank = [pl.lit(None, dtype=pl.Float64).alias(name) for name in CHANGES]
        return frame.with_columns(*blank)
    years = {name.removeprefix("model_") for name in frame.columns}
    year = min(year for year in years if year.isdigit())
    return frame.select(
        "material", pl.lit(None, dtype=pl.String).alias("country"), pl.lit(year).alias("year"),
        pl.col(f"model_{year}").alias("model"), pl.col(f"real_{year}").alias("actual"),
        pl.col("model_ratio").alias(CHANGES[0]), pl.col("real_ratio").alias(CHANGES[1]),
    ).drop_nulls(["model", "actual"])  # fmt: skip


def residual_share(view: View) -> float | None:
    """Return calibration residuals (absolute) as a share of all activity cost, None without it."""
    import polars as pl

    frame = view.frame("output")
    cost = (pl.col("cost") * pl.col("activity")).sum()
    residual = (pl.col("residual").abs() * pl.col("activity")).sum()
    spent, left = frame.select(cost.alias("cost"), residual.alias("residual")).row(0)
    return left / spent if spent else None


# --- years ----------------------------------------------------------------------------------------


def share_times(view: View, by: str = "place") -> pl.DataFrame:
    """Return (stage, period, country, share) by place or owner of every stage; empty in one
    period.
    """
    text, real = _types()
    known = periods_of(view.outcome)
    rows = [
        {"stage": stage, "period": period, "country": country, "share": share}
        for period in (known if len(known) > 1 else ())
        for stage, one in view.outcome.shares_in(period).items()
        for country, share in one.get(f"by_{by}", {}).items()
    ]
    columns = {"stage": text, "period": text, "country": text, "share": real}
    frame = _frame(rows, columns)
    order = {stage: rank(stage) for stage in set(frame["stage"])}
    return frame.sort(frame["stage"].replace_strict(order, default=0), maintain_order=True)


def _builds(view: View) -> pl.DataFrame:
    """Builds with the country and stage of their facility, what users save left out."""
    import polars as pl

    place = view.table("facilities").select("facility", "country", "stage").unique("facility")
    joined = view.outcome.builds.join(place, on="facility", how="left", maintain_order="left")
    return joined.filter(pl.col("stage") != "thrift")


def build_times(view: View) -> pl.DataFrame:
    """Return (stage, country, period, built): kt/yr that come on line, along the chain."""
    import polars as pl

    frame = _builds(view).filter(pl.col("built") > SMALL)
    if frame.is_empty():
        return frame.select("stage", "country", "period", "built")
    keys = ["stage", "country", "period"]
    found = frame.group_by(keys, maintain_order=True).agg(pl.col("built").sum())
    order = {stage: rank(stage) for stage in set(found["stage"])}
    return found.sort(found["stage"].replace_strict(order, default=0), maintain_order=True)


def projects_built(view: View) -> pl.DataFrame:
    """Return named projects that are built: facility, country, stage, status, begins (year), built
    [kt/yr] and part of their size, the largest first.
    """
    import polars as pl

    frame = _builds(view).filter(pl.col("built") > SMALL, pl.col("status") != "generic")
    found = frame.group_by("facility", "country", "stage", "status", maintain_order=True).agg(
        pl.col("begins").min(),
        pl.col("built").sum(),
        (pl.col("built").sum() / pl.col("size").first()).alias("part"),
    )
    return found.sort(-pl.col("built"), "facility")


def projects_idle(view: View) -> pl.DataFrame:
    """Return named projects of which nothing is built: facility, country, status, size, rent."""
    import polars as pl

    frame = _builds(view).filter(pl.col("status") != "generic")
    keys = ["facility", "country", "status"]
    found = frame.group_by(keys, maintain_order=True).agg(
        pl.col("size").first(), pl.col("built").sum()
    )
    return found.filter(pl.col("built") <= SMALL).sort(-pl.col("size"), "facility").drop("built")

"""What the report states, as frames: chain, shares, cost curves, prices, trade, books, limits.

Every function takes a view (an outcome in one period) and returns a new polars frame, sorted, in
the model's units: kt/yr, USD/kg, MUSD/yr. An empty frame means there is nothing to state.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from monazite.report.view import View

if TYPE_CHECKING:
    import polars as pl

CHAIN = ("mining", "concentration", "separation", "light_separation", "heavy_separation", "metal",
         "alloy", "magnet", "magnets", "finishing", "recycling", "use")  # fmt: skip
MAGNET_ELEMENTS = ("nd", "pr", "ndpr", "dy", "tb")
COST_PARTS = ("feed", "cost", "rise", "residual", "loss_carried", "scarcity_rent", "limit_rent")
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
        for stage in sorted(view.outcome.shares, key=rank)
        for by in ("place", "owner")
        for country, share in sorted(
            view.outcome.shares[stage].get(f"by_{by}", {}).items(), key=lambda item: -item[1]
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


def supply_curve(view: View, material: str) -> pl.DataFrame:
    """Return one row per facility and mode that makes the material, cheapest first.

    Columns facility, country, quantity (kt/yr), the parts of its price in USD/kg of the material
    (`COST_PARTS`; losses carried are negative) and price. A joint cost is divided among the outputs
    by their value, so the parts sum to the price at the place whenever the facility runs.
    """
    text, real = _types()
    prices, feeds = _price_map(view), _feeds(view)
    earned = _earned(view, prices)
    made, activity = _quantities(view, material), _activity(view)
    rows = []
    for row in view.frame("output").iter_rows(named=True):
        facility, country = row["facility"], row["country"]
        price, revenue = prices.get((material, country)), earned.get(facility, 0.0)
        quantity = made.get(facility, 0.0)
        if price is None or quantity <= SMALL or revenue <= 0 or row["activity"] <= SMALL:
            continue
        scale = price / revenue  # USD/kg of this material per MUSD/yr of the facility
        whole = activity[facility]
        parts = {part: scale * whole * row[part] for part in COST_PARTS if part != "feed"}
        parts |= {"feed": scale * feeds.get(facility, 0.0), "loss_carried": -parts["loss_carried"]}
        share = row["activity"] / whole
        rows.append({"facility": facility, "country": country, "quantity": quantity * share,
                     **parts, "price": price})  # fmt: skip
    columns = ("quantity", *COST_PARTS, "price")
    rows.sort(key=lambda row: (row["feed"] + row["cost"], row["facility"]))
    return _frame(rows, {"facility": text, "country": text, **dict.fromkeys(columns, real)})


def _price_map(view: View) -> dict[tuple[str, str], float | None]:
    frame = view.frame("prices").select("material", "country", "price")
    return {(material, country): price for material, country, price in frame.iter_rows()}


def _feeds(view: View) -> dict[str, float]:
    prices, feeds = _price_map(view), {}  # type: ignore[var-annotated]
    for row in view.frame("inputs").iter_rows(named=True):
        value = row["quantity"] * (prices.get((row["material"], row["country"])) or 0.0)
        feeds[row["facility"]] = feeds.get(row["facility"], 0.0) + value
    return feeds


def _earned(view: View, prices: Mapping[tuple[str, str], float | None]) -> dict[str, float]:
    earned: dict[str, float] = {}
    for row in view.frame("production").iter_rows(named=True):
        value = row["quantity"] * (prices.get((row["material"], row["country"])) or 0.0)
        earned[row["facility"]] = earned.get(row["facility"], 0.0) + value
    return earned


def _quantities(view: View, material: str) -> dict[str, float]:
    import polars as pl

    frame = view.frame("production").filter(pl.col("material") == material)
    return dict(frame.group_by("facility").agg(pl.col("quantity").sum()).iter_rows())


def _activity(view: View) -> dict[str, float]:
    import polars as pl

    frame = view.frame("output").group_by("facility").agg(pl.col("activity").sum())
    return dict(frame.iter_rows())


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


def price_parts(view: View, material: str) -> pl.DataFrame:
    """Return (country, part, amount): each price along its marginal chain, in USD/kg.

    A part is the stage whose cash cost it is, or one of the pieces of `Outcome.decompose` (freight,
    duty, rents, residual, credit for joint products and so on). The parts of a country sum to its price.
    """
    import polars as pl

    text, real = _types()
    rows = []
    for row in price_table(view).filter(pl.col("material") == material).iter_rows(named=True):
        if not row["indicative"]:
            for part, amount in _parts(view, material, row["country"]).items():
                rows.append({"country": row["country"], "part": part, "amount": amount})
    return _frame(rows, {"country": text, "part": text, "amount": real})


def _parts(view: View, material: str, country: str) -> dict[str, float]:
    sums: dict[str, float] = {}
    for part in view.outcome.decompose(material, country, view.period):
        key = part.stage if part.item == "cost" and part.stage else part.item
        sums[key] = sums.get(key, 0.0) + part.amount
    return sums


# --- trade ----------------------------------------------------------------------------------------


def trade(view: View, material: str) -> pl.DataFrame:
    """Return (origin, destination, quantity) of a material between countries, largest first."""
    import polars as pl

    flows = view.frame("flows").filter(
        (pl.col("material") == material) & (pl.col("quantity") > SMALL)
    )
    totals = flows.group_by("origin", "destination").agg(pl.col("quantity").sum())
    return totals.sort(["quantity", "origin", "destination"], descending=[True, False, False])


def traded(view: View) -> list[str]:
    """Return the materials that cross a border, by the value of trade."""
    import polars as pl

    prices, value = _price_map(view), {}  # type: ignore[var-annotated]
    for row in view.frame("flows").filter(pl.col("quantity") > SMALL).iter_rows(named=True):
        price = prices.get((row["material"], row["destination"])) or 0.0
        value[row["material"]] = value.get(row["material"], 0.0) + row["quantity"] * price
    return sorted(value, key=lambda m: (-value[m], m))


# --- books ----------------------------------------------------------------------------------------


def accounts(view: View) -> pl.DataFrame:
    """Return (account, country, amount) in MUSD/yr, summed over items, without empty accounts."""
    import polars as pl

    entries = view.of_period(view.outcome.books())
    sums = entries.group_by("account", "country").agg(pl.col("amount").sum())
    return sums.filter(pl.col("amount").abs() > 1e-6).sort("account", "country")


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
    largest = here.sort("capacity", descending=True).group_by("stage").first()
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


def largest_suppliers(outcome: Any) -> dict[str, str]:
    """Return for each stage the country with the largest share by place."""
    return {
        stage: max(share["by_place"], key=lambda c: (share["by_place"][c], c))
        for stage, share in outcome.shares.items()
        if share.get("by_place")
    }


def stop_rows(before: Any, after: Any, stage: str, country: str) -> pl.DataFrame:
    """Return the N-1 rows of one stop: what each place goes without, and its price then.

    `before` is the outcome with every supplier, `after` the one in which the country's facilities
    of the stage stand still. Columns: stage, country, share, material, place, used and
    unserved (kt/yr), unserved_share, price_before, price_after. The stopped country is a place like
    any other.
    """
    import polars as pl

    text, real = _types()
    share = before.shares.get(stage, {}).get("by_place", {}).get(country)
    sums = pl.col("quantity").sum()
    had = before.use.group_by("material", "country").agg(sums)
    left = after.use.group_by("material", "country").agg(sums)
    has = {(material, place): quantity for material, place, quantity in left.iter_rows()}
    rows = []
    for material, place, quantity in had.sort("material", "country").iter_rows():
        short = quantity - has.get((material, place), 0.0)
        if quantity > SMALL:
            rows.append({
                "stage": stage, "country": country, "share": share, "material": material,
                "place": place, "used": quantity, "unserved": max(short, 0.0),
                "unserved_share": max(short, 0.0) / quantity,
                "price_before": before.price(material, place),
                "price_after": after.price(material, place),
            })  # fmt: skip
    words = {"stage": text, "country": text, "share": real, "material": text, "place": text}
    reals = ("used", "unserved", "unserved_share", "price_before", "price_after")
    return _frame(rows, {**words, **dict.fromkeys(reals, real)})


# --- what the figures rest on ---------------------------------------------------------------------


def bases(view: View) -> pl.DataFrame:
    """Return (stage, basis, share): what part of each stage's activity has a row of which basis."""
    import polars as pl

    facilities = view.table("facilities")
    if "basis" not in facilities.columns:
        text, real = _types()
        return _frame([], {"stage": text, "basis": text, "share": real})
    stated = facilities.select("facility", pl.col("basis").fill_null("unstated"))
    joined = view.frame("output").join(stated.unique("facility"), on="facility", how="left")
    sums = joined.with_columns(pl.col("basis").fill_null("unstated")).group_by("stage", "basis")
    mass = sums.agg(pl.col("activity").sum().alias("share"))
    shared = mass.with_columns(pl.col("share") / pl.col("share").sum().over("stage"))
    order = pl.col("stage").map_elements(rank, return_dtype=pl.Int64).alias("rank")
    return shared.with_columns(order).sort("rank", "basis").drop("rank")


def adjustments(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the reconciliation with `difference` (fraction of raw) filled, largest first."""
    import polars as pl

    difference = pl.col("reconciled") / pl.col("raw") - 1.0
    filled = frame.with_columns(difference.alias("difference"))
    return filled.sort(pl.col("difference").abs(), descending=True, nulls_last=True)


def residual_share(view: View) -> float | None:
    """Return calibration residuals (absolute) as a share of all activity cost, None without it."""
    import polars as pl

    frame = view.frame("output")
    cost = (pl.col("cost") * pl.col("activity")).sum()
    residual = (pl.col("residual").abs() * pl.col("activity")).sum()
    spent, left = frame.select(cost.alias("cost"), residual.alias("residual")).row(0)
    return left / spent if spent else None

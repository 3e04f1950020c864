"""What does a rule do, to whom, and what does it cost? Outcomes measured against the first of them.

Places are told in three groups: members, the named country whose hold is to be loosened, and the
others. Amounts are means over periods, weighted by years and discounted as in the program, so that
gains add up to the change of its value; `monazite.study.comparison.by_year` tells single periods.

    price             market price of what users take and plants use, averaged over kg, inside and
                      outside the members (model/average.py)
    price_paid        the same with what contracts make users pay on top, where any does
    free              what users, plants, public buyers and stores of members take that was not made
                      in the named country: the place of processing of the material itself, not of
                      its ore. Re-exports are followed, each place passing on the mix that reached
                      it; what stores give on balance over all periods is of unknown provenance,
                      and not free
    dependence        1 - free / taken by members; over several materials weighted by value at
                      average prices of the first outcome
    gain              change of an account in the books against the first outcome: users, producers
                      by stage (of the owner's country), traders, treasuries, holders of quotas ...;
                      all gains together are the change of welfare
    cost              - gain of the users, treasuries and public stockpiles of members
    supported         tonnes under support: what rules cover by their own count, in t/yr; without
                      such a rule what members make of the material; none without any rule, or
                      of several materials, whose tonnes do not add up
    cost_per_tonne    cost / supported
    cost_per_point    cost / percentage points by which dependence fell; none where it did not
    imports           of products made from the materials, from others into members, and
    leakage           its change against the first outcome, in what the products hold of the
                      materials by the recipes that run: supply that moved downstream past the rule
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from monazite.errors import InputError, fault
from monazite.model.average import bought, plain
from monazite.study.beforehand import unknown
from monazite.study.products import CHAIN, SAME, contents_of, stages_of

if TYPE_CHECKING:
    import polars as pl

    from monazite.model.outcome import Outcome

NAMED = "CHN"  # the country whose hold is measured, unless another is named
MOST = 3  # materials measured where neither rules nor the caller name any
UNITS: Mapping[str, str] = {
    "price": "USD/kg", "price_paid": "USD/kg", "free": "t/yr", "dependence": "1",
    "gain": "MUSD/yr", "cost": "MUSD/yr", "supported": "t/yr", "cost_per_tonne": "USD/t",
    "cost_per_point": "MUSD/yr", "imports": "t/yr", "leakage": "t/yr",
}  # fmt: skip
COLUMNS = ("measure", "item", "place", "unit", "scenario", "value")
Key = tuple[str, str, str]  # measure, item, place
ALL = "all"  # over every material, or the whole world
PUBLIC = ("users", "treasury", "stockpile")  # accounts whose loss is the cost of a rule to members


@dataclass(frozen=True)
class Terms:
    """Whom a comparison is about: members, the named country, materials, products made of them.

    `content` is kg of the materials in one kg of each product.
    """

    members: tuple[str, ...]
    country: str
    materials: tuple[str, ...]
    content: Mapping[str, float] = field(default_factory=dict)

    def group(self, country: str) -> str:
        """members, named, others, or nothing for what has no country."""
        if country in self.members:
            return "members"
        if country == self.country:
            return "named"
        return "others" if country else ""


def terms_of(
    outcomes: Mapping[str, Outcome],
    *,
    members: Iterable[str] = (),
    country: str | None = None,
    materials: Iterable[str] = (),
) -> Terms:
    """What outcomes are compared by.

    Members: those given, else the members and importers of all rules, else who pays (payer, buyer,
    place), else every country but the named one. Materials: those given, else those rules name,
    the most valuable in trade first, at most three. The named country: the one given, else China,
    in a case without China the largest maker of the first material. Raises InputError for unknown
    names.
    """
    first = next(iter(outcomes.values()))
    axes = first.market.axes
    whole = [rule for outcome in outcomes.values() for rule in outcome.market.instruments]
    rules = [each for rule in whole for each in (rule, *getattr(rule, "parts", ()))]
    given = _unique(members)
    inside = (
        given or _said(rules, "members", "importers") or _said(rules, "payer", "buyer", "place")
    )
    about = _unique(materials) or _by_value(first, _said(rules, "material", "materials"))[:MOST]
    named = country or (NAMED if NAMED in axes.countries else _largest_maker(first, about))
    if faults := [
        *unknown("compare_name", "compare", (*given, named), axes.countries),
        *unknown("compare_name", "compare", about, _by_value(first, ()) + axes.materials),
    ]:
        raise InputError(faults)
    _of_one_world(outcomes, about)
    inside = inside or tuple(c for c in axes.countries if c != named)
    return Terms(inside, named, about, contents_of(first, about))


def _largest_maker(outcome: Outcome, materials: Sequence[str]) -> str:
    """The country that makes most of the first material; the case's first if nobody does."""
    import polars as pl

    columns = ("country", "material", "quantity")
    made = pl.concat(frame.select(columns) for frame in (outcome.production, outcome.supply))
    made = made.filter(plain("material").is_in(list(materials[:1])))
    sums = made.group_by("country").agg(pl.col("quantity").sum()).sort("quantity", "country")
    return str(sums["country"][-1]) if sums.height else outcome.market.axes.countries[0]


def effects(outcomes: Mapping[str, Outcome], terms: Terms) -> pl.DataFrame:
    """measure, item (material, account, stage), place (group or country), unit, scenario, value.

    Null where there is no value, such as a cost per point where dependence did not fall.
    """
    import polars as pl

    found = {name: Measured(outcome, terms) for name, outcome in outcomes.items()}
    base = next(iter(found.values()))
    paid = any(one.contracted for one in found.values())
    values = {name: _values(one, base, paid) for name, one in found.items()}
    # an account that stays empty in one scenario has gained nothing there, rather than no value
    rows = [
        (*key, UNITS[key[0]], name, values[name].get(key, 0.0 if key[0] == "gain" else None))
        for key in sorted({key for each in values.values() for key in each}, key=_place_in_table)
        for name in found
    ]
    schema = dict.fromkeys(COLUMNS[:-1], pl.String) | {"value": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _values(found: Measured, base: Measured, paid: bool) -> dict[Key, float | None]:
    return {row[:3]: row[3] for row in _rows(found, base, paid)}


def _place_in_table(key: Key) -> tuple[Any, ...]:
    """Measures in the order of UNITS, accounts along the chain, members before others."""
    measure, item, place = key
    groups = ("inside", "outside", "members", "named", "others", "nowhere", ALL)
    where = groups.index(place) if place in groups else len(groups)
    return list(UNITS).index(measure), item == ALL, *_order(item), item, where, place


def _rows(
    found: Measured, base: Measured, paid: bool
) -> Iterable[tuple[str, str, str, float | None]]:
    terms = found.terms
    for material in terms.materials:
        yield "price", material, "inside", found.price(material, inside=True)
        yield "price", material, "outside", found.price(material, inside=False)
        for place in ("inside", "outside") if paid else ():
            with_contracts = found.price(material, inside=place == "inside", contracts=True)
            yield "price_paid", material, place, with_contracts
        yield "free", material, "members", 1000 * found.taken(material)[1]
        yield "dependence", material, "members", found.dependence((material,), base)
    if len(terms.materials) > 1:
        yield "dependence", ALL, "members", found.dependence(terms.materials, base)
    gains = found.gains_over(base)
    yield from (("gain", item, place, value) for (item, place), value in gains.items())
    for place in ("members", "named", "others", ""):
        total = sum(v for (_, p), v in gains.items() if found.place_group(p) == place)
        yield "gain", ALL, place or "nowhere", total
    yield "gain", ALL, ALL, sum(gains.values())
    yield from _costs(found, base, gains)
    moved = {p: found.imports(p) for p in terms.content}
    yield from (("imports", p, "members", 1000 * q) for p, q in moved.items())
    if moved:
        held = sum(terms.content[p] * (q - base.imports(p)) for p, q in moved.items())
        yield "leakage", ALL, "members", 1000 * held


def _costs(
    found: Measured, base: Measured, gains: Mapping[tuple[str, str], float]
) -> Iterable[tuple[str, str, str, float | None]]:
    cost = -sum(
        value
        for (item, place), value in gains.items()
        if item in PUBLIC and found.place_group(place) == "members"
    )
    supported = found.supported
    before, after = (each.dependence(found.terms.materials, base) for each in (base, found))
    points = None if before is None or after is None else 100 * (before - after)
    same = found.outcome is base.outcome
    yield "cost", ALL, "members", None if same else cost
    yield "supported", ALL, "members", None if supported is None else 1000 * supported
    per_tonne = None if same or not supported else 1e6 * cost / (1000 * supported)
    yield "cost_per_tonne", ALL, "members", per_tonne
    falls = points is not None and points > POINT
    yield "cost_per_point", ALL, "members", cost / points if falls and points else None


POINT = 0.01  # percentage points of dependence below which nothing can be said to have fallen


@dataclass(frozen=True, eq=False)
class Measured:
    """One outcome seen under the terms of a comparison."""

    outcome: Outcome
    terms: Terms

    @cached_property
    def share(self) -> dict[str, float]:
        """Every period's share of all years, discounted as in the program."""
        axes = self.outcome.market.axes
        return dict(zip(axes.periods, (axes.weight / axes.weight.sum()).tolist(), strict=True))

    def price(self, material: str, *, inside: bool, contracts: bool = False) -> float | None:
        """USD/kg on average of what members take, or all others."""
        every = self.outcome.market.axes.countries
        places = [c for c in every if (c in self.terms.members) == inside]
        return self.outcome.volume_price(material, places, contracts=contracts)

    @cached_property
    def contracted(self) -> bool:
        """Whether users pay anything on top of prices."""
        rows = self.outcome.volume_prices
        return bool(((rows["volume_price"] - rows["price"]).abs() > 1e-9).any())

    def taken(self, material: str) -> tuple[float, float]:
        """kt/yr members take, and of it what was not made in the named country."""
        made_there = self._from_named(material)
        took = {place: self._taken.get((material, place), 0.0) for place in self.terms.members}
        free = sum(quantity * (1.0 - made_there[place]) for place, quantity in took.items())
        return sum(took.values()), free

    def dependence(self, materials: Sequence[str], base: Measured) -> float | None:
        """1 - free / taken, weighted by average prices of the first outcome."""
        if len(materials) == 1:
            weight = [1.0]
        else:
            weight = [base.outcome.volume_price(m) or 0.0 for m in materials]
        pairs = [self.taken(m) for m in materials]
        took = sum(w * t for w, (t, _) in zip(weight, pairs, strict=True))
        free = sum(w * f for w, (_, f) in zip(weight, pairs, strict=True))
        return 1.0 - free / took if took > 0 else None

    def imports(self, material: str) -> float:
        """kt/yr that arrives in members from others."""
        members = list(self.terms.members)
        flows = self._flows.filter(material=material)
        into = flows["destination"].is_in(members) & ~flows["origin"].is_in(members)
        return float(flows.filter(into)["received"].sum())

    @cached_property
    def supported(self) -> float | None:
        """kt/yr under support: what rules cover, or what members make where no rule counts."""
        if not self.outcome.market.instruments:
            return None
        covering = [r for r in self.outcome.market.instruments if hasattr(r, "coverage")]
        counted = [each for rule in covering for each in rule.coverage(self.outcome)]
        if covering:
            return sum(self.share[each.period] * each.covered for each in counted)
        if len(self.terms.materials) > 1:
            return None  # tonnes of an oxide and of a magnet are not to be added
        made = self._weighed(self.outcome.production).filter(
            plain("material").is_in(self.terms.materials)
        )
        here = made["country"].is_in(list(self.terms.members))
        return float(made.filter(here)["quantity"].sum()) + self._curves()

    def _curves(self) -> float:
        found = self._weighed(self.outcome.supply).filter(
            plain("material").is_in(self.terms.materials)
        )
        here = found["country"].is_in(list(self.terms.members))
        return float(found.filter(here)["quantity"].sum())

    # --- books ------------------------------------------------------------------------------------

    @cached_property
    def accounts(self) -> dict[tuple[str, str], float]:
        """MUSD/yr by (account, or producers/<stage>; country)."""
        import polars as pl

        books = self.outcome.books()
        if not books.height:
            return {}
        both = {**stages_of(self.outcome, "materials"), **stages_of(self.outcome, "facilities")}
        stage = {name: SAME.get(one, one) for name, one in both.items()}
        makers = pl.col("account").is_in(["producers", "suppliers"])
        of = plain("name").replace_strict(stage, default="", return_dtype=pl.String)
        item = pl.when(makers).then(pl.lit("producers/") + of).otherwise(pl.col("account"))
        amount = pl.col("amount") * self._share()
        there = pl.col("name").replace_strict(_bound_in(self.outcome), default="")
        nowhere = (pl.col("account") == "quota_holders") & (pl.col("country") == "")
        country = pl.when(nowhere).then(there).otherwise(pl.col("country"))
        sums = (
            books.with_columns(item.alias("item"), amount.alias("amount"), country.alias("country"))
            .group_by("item", "country", maintain_order=True)
            .agg(pl.col("amount").sum())
        )
        return {(i, c or ""): v for i, c, v in sums.select("item", "country", "amount").iter_rows()}

    def gains_over(self, base: Measured) -> dict[tuple[str, str], float]:
        """(account, place) -> change in MUSD/yr; treasuries by country, all else by group."""
        both = {**base.accounts, **self.accounts}
        found: dict[tuple[str, str], float] = {}
        for item, country in sorted(both, key=lambda each: (_order(each[0]), each)):
            change = self.accounts.get((item, country), 0.0) - base.accounts.get((item, country), 0)
            single = item in ("treasury", "stockpile") and country
            key = (item, country if single else self.terms.group(country))
            found[key] = found.get(key, 0.0) + change
        return found

    def place_group(self, place: str) -> str:
        """The group of a place that is a group or a country."""
        return place if place in ("members", "named", "others", "") else self.terms.group(place)

    # --- where goods were made --------------------------------------------------------------------

    def _from_named(self, material: str) -> dict[str, float]:
        """Share of what is at each place that was made in the named country, or drawn from store.

        s[j] (own[j] + drawn[j] + sum of received[i, j]) = own[j] [j named] + drawn[j]
        + sum of received[i, j] s[i]: every place passes on the mix that reached it.
        """
        countries = self.outcome.market.axes.countries
        place = {c: k for k, c in enumerate(countries)}
        own = np.array([self._own.get((material, c), 0.0) for c in countries])
        came = np.zeros((len(countries),) * 2)
        for origin, destination, quantity in self._arrivals.get(material, ()):
            came[place[destination], place[origin]] += quantity
        drawn = np.array([max(-self._stored.get((material, c), 0.0), 0.0) for c in countries])
        inflow = own + drawn + came.sum(axis=1)
        named = place[self.terms.country]
        here = drawn + np.where(np.arange(len(countries)) == named, own, 0.0)
        # a place that nothing reaches gets the equation s = 0
        system = np.diag(np.where(inflow > 0, inflow, 1.0)) - came
        share = np.linalg.lstsq(system, here, rcond=None)[0]
        return dict(zip(countries, np.clip(share, 0.0, 1.0).tolist(), strict=True))

    @cached_property
    def _stored(self) -> dict[tuple[str, str], float]:
        """kt/yr that stores take in on balance over all periods; negative where they are drawn."""
        into = self._sums(self.outcome.stocks.rename({"stock_in": "quantity"}))
        out = self._sums(self.outcome.stocks.rename({"stock_out": "quantity"}))
        return {key: into.get(key, 0.0) - out.get(key, 0.0) for key in {**into, **out}}

    @cached_property
    def _taken(self) -> dict[tuple[str, str], float]:
        """kt/yr by (material, place): used, publicly bought, and stored on balance."""
        found = [self._sums(self.outcome.use), self._sums(self.outcome.inputs)]
        found.append({key: max(net, 0.0) for key, net in self._stored.items()})
        return _added(found)

    @cached_property
    def _own(self) -> dict[tuple[str, str], float]:
        """kt/yr by (material, place) that is made."""
        return _added([self._sums(self.outcome.production), self._sums(self.outcome.supply)])

    def _sums(self, frame: pl.DataFrame) -> dict[tuple[str, str], float]:
        """Means over periods by material and country."""
        import polars as pl

        rows = self._weighed(frame).with_columns(plain("material"))
        sums = rows.group_by("material", "country").agg(pl.col("quantity").sum())
        return {(m, c): q for m, c, q in sums.select("material", "country", "quantity").iter_rows()}

    @cached_property
    def _arrivals(self) -> dict[str, list[tuple[str, str, float]]]:
        found: dict[str, list[tuple[str, str, float]]] = {}
        for material, origin, destination, quantity in self._flows.iter_rows():
            found.setdefault(material, []).append((origin, destination, quantity))
        return found

    @cached_property
    def _flows(self) -> pl.DataFrame:
        import polars as pl

        flows = self.outcome.flows.with_columns(
            plain("material"), (pl.col("received") * self._share()).alias("received")
        )
        return flows.select("material", "origin", "destination", "received")

    def _weighed(self, frame: pl.DataFrame) -> pl.DataFrame:
        import polars as pl

        return frame.with_columns((pl.col("quantity") * self._share()).alias("quantity"))

    def _share(self) -> pl.Expr:
        import polars as pl

        return pl.col("period").replace_strict(self.share, return_dtype=pl.Float64)


# --- names ----------------------------------------------------------------------------------------


def _added(parts: Iterable[Mapping[tuple[str, str], float]]) -> dict[tuple[str, str], float]:
    found: dict[tuple[str, str], float] = {}
    for part in parts:
        for key, quantity in part.items():
            found[key] = found.get(key, 0.0) + quantity
    return found


def _said(rules: Iterable[Any], *fields: str) -> tuple[str, ...]:
    """What rules name in some of their fields, in their order."""
    values = [getattr(rule, name, None) or () for rule in rules for name in fields]
    return _unique(v for one in values for v in ((one,) if isinstance(one, str) else one))


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _by_value(outcome: Outcome, among: Sequence[str]) -> tuple[str, ...]:
    """Materials by the value of what is traded and used, the dearest first; all or some."""
    import polars as pl

    keys = ["period", "material"]
    sent = outcome.flows.select(*keys, pl.col("destination").alias("country"), "quantity")
    every = pl.concat([sent, bought(outcome).select(*keys, "country", "quantity")])
    priced = every.join(outcome.prices, on=[*keys, "country"]).with_columns(plain("material"))
    worth = (pl.col("quantity") * pl.col("price")).sum().alias("worth")
    order = (
        priced.group_by("material").agg(worth).sort("worth", "material", descending=[True, False])
    )
    return tuple(m for m in order["material"] if not among or m in among)


def _of_one_world(outcomes: Mapping[str, Outcome], about: Sequence[str]) -> None:
    """Refuse outcomes of cases that lack what the comparison is about."""
    first, *others = outcomes.items()
    faults = [
        fault("compare_case", "compare", value=name, first=first[0], lacks=", ".join(lacks))
        for name, other in others
        if (lacks := [one for one in about if one not in other.market.axes.materials])
    ]
    if faults:
        raise InputError(faults)


def _bound_in(outcome: Outcome) -> dict[str, str]:
    """Country each limit binds: that of its facilities, else the origin of its arcs."""
    place = dict(outcome.case.table("facilities").select("facility", "country").iter_rows())
    terms = outcome.case.table("limit_terms").select("limit", "facility", "origin")
    return {limit: place.get(plant) or origin or "" for limit, plant, origin in terms.iter_rows()}


def _order(item: str) -> tuple[int, int]:
    accounts = ("users", "treasury", "stockpile", "producers", "traders", "quota_holders")
    account, _, stage = item.partition("/")
    first = accounts.index(account) if account in accounts else len(accounts)
    return first, CHAIN.index(stage) if stage in CHAIN else len(CHAIN)

"""How does a case become one convex program? Blocks by economic name, with the case's axes."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from monazite.kernel import Block, Patch, Program, Standard, regularise
from monazite.model.axes import Axes, Floats, Ints, codes, numbers, read_axes, table, texts
from monazite.model.budget import Budgets, add_budgets, read_budgets
from monazite.model.build import Builds, add_builds, read_builds, read_projects
from monazite.model.capacity import add_capacity, add_limits, positions, read_limits
from monazite.model.chain import (
    Activities,
    add_activities,
    read_activities,
    read_plants,
    way_labels,
)
from monazite.model.demand import add_pieces, read_curves, read_uses
from monazite.model.marks import (
    Parts,
    add_parts,
    add_waivers,
    blends,
    free_words,
    part_activities,
    part_arcs,
    read_marks,
)
from monazite.model.near import Near, Sketch, near
from monazite.model.reach import Links, Reach, reach
from monazite.model.segments import Segments, values
from monazite.model.stocks import add_stocks, read_stocks
from monazite.model.trade import Arcs, add_flows, arc_labels, read_arcs, select

if TYPE_CHECKING:
    from monazite.model.outcome import Outcome

NOWHERE = -1  # the code of no country
MU = 1e-7  # kt/yr of imbalance per USD/kg of distance from the reference price; architecture.md


@dataclass(frozen=True)
class Nodes:
    """The (period, material, country) that something touches; `at[key]` is a node or -1."""

    key: Ints
    material: Ints
    country: Ints
    period: Ints
    at: Ints

    @property
    def size(self) -> int:
        """Number of nodes."""
        return len(self.key)


@dataclass(frozen=True)
class Charge:
    """USD per kg that the owners of activities, arcs or builds pay to an account.

    `family` is activity, flow, build or supported (what of a build a budget pays for); `element`
    counts within it. A build pays per kg/yr of capacity in every year in which it pays its annuity,
    each element once in a charge. A negative amount is paid by the account. `country` is the code
    of the account's country, by element or for all. With a `rule` the amount follows prices:
    rule(prices by node) -> amount by element, `nodes` being the nodes whose prices it looks at; the
    market then clears at amounts that reproduce themselves.
    """

    item: str
    family: str
    element: Ints
    amount: Floats | float = 0.0
    account: str = "treasury"
    country: Any = NOWHERE
    nodes: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    rule: Callable[[Floats], Floats] | None = None

    def at(self, prices: Floats) -> Floats:
        """USD/kg by element at prices by node."""
        amount = self.amount if self.rule is None else self.rule(prices)
        return np.broadcast_to(np.asarray(amount, dtype=float), self.element.shape)


class Market:
    """The program of a case and what its blocks mean.

        minimise   sum of weight[t] * (cost of activities, flows, supply, stocks and waste
                                       - area under inverse demand)                    [MUSD]
        subject to balance[m,i,t]:  output + imports (1 - loss) + supply + stock out
                   - input use - exports - use - stock in - waste = 0                 [kt/yr]
                   capacity, builds, limits and stocks (capacity.py, build.py, stocks.py)

    Samuelson (1952), American Economic Review 42(3); Takayama and Judge (1971), Spatial and
    Temporal Price and Allocation Models. Duals of `balance` divided by weight[t] are prices in
    USD/kg. A Market is never changed: `charged`, `under` and `cap` return another one that shares
    its arrays. `mu` [kt/yr per USD/kg] is how much balances give to make prices unique: less where
    prices lie far from the reference prices of the case.
    """

    def __init__(self, case: Any, *, discount: float = 0.0, mu: float = MU) -> None:
        self.case, self.mu = case, mu
        self.axes: Axes = read_axes(case, discount)
        projects = read_projects(case, self.axes)
        self.plants = read_plants(case, self.axes, projects)
        self.builds: Builds = read_builds(self.axes, projects, self.plants)
        self.budgets: Budgets = read_budgets(case, self.axes, self.builds)
        self.marks = read_marks(case, self.axes)
        price = known_prices(case, self.axes)[self.marks.of]
        ways = read_activities(case, self.axes, self.plants)
        at_key = np.tile(price.ravel(), len(self.axes.periods))
        self.ways, parts = part_activities(self.marks, self.axes, self.plants, ways, at_key)
        self.uses = read_uses(case, self.axes, self.marks)
        self.curves = read_curves(case, self.axes, self.marks)
        self.stocks = read_stocks(case, self.axes)
        self.near: Near | None = None  # what mattered in the answer to much the same question
        self.charges: tuple[Charge, ...] = ()
        self.instruments: tuple[Any, ...] = ()
        self.disposal_cost = disposal_costs(case, self.axes)
        self.wasted = wasted_keys(self.axes, ways, self.disposal_cost)
        self._read_arcs(parts)
        self.limits = read_limits(case, self.axes, self.plants, self.ways, self.arcs)
        self.nodes = self._nodes()
        self.reference = price[self.nodes.material, self.nodes.country]
        self._assemble()

    def _read_arcs(self, parts: Parts) -> None:
        """Arcs, parts and blends that something can be brought to and taken from."""
        arcs = read_arcs(self.case, self.axes, self.marks)
        self.way_parts, self.arc_parts = parts, part_arcs(self.marks, self.axes, arcs)
        self.blends = blends(self.marks, self.axes)
        found = reach(self._links(arcs, np.ones(len(self.ways.plant), dtype=bool)))
        useful = found.moving(arcs.origin_key, arcs.destination_key)
        useful[self.arc_parts.of[found.moving(*self.arc_parts.ends)]] = True
        self.arcs = select(arcs, np.flatnonzero(useful))
        parts = part_arcs(self.marks, self.axes, self.arcs)
        self.arc_parts = parts.only(found.moving(*parts.ends))
        self.way_parts = self.way_parts.only(found.runs[len(self.ways.plant) :])
        source, target = self.blends
        mixed = found.supplied[source]
        self.blends = source[mixed], target[mixed]

    @cached_property
    def reach(self) -> Reach:
        """Where goods can come from and go to, with the capacities and bounds of the program."""
        runs = np.zeros(len(self.ways.plant), dtype=bool)
        if self.capacity is not None:
            most = self.standard.row_upper[self.capacity.slice]
            if self.build is not None:
                upper = values(self.standard.column_upper, self.build.build)
                most = most + self.builds.capacity(upper, len(most))
            runs = most[self.ways.plant] > 0
        room = np.zeros(len(self.arcs.origin_key))
        for block, of in self.flow.parts():
            room[of] += values(self.standard.column_upper, block)
        return reach(self._links(self.arcs, runs, room > 0))

    @cached_property
    def turnover(self) -> Any:
        """|coefficients| of the balance rows without their slack, rows by columns (CSR)."""
        rows = abs(self.standard.A.tocsr()[self.balance.slice])
        keep = np.ones(rows.shape[1])
        keep[self.slack.slice] = 0.0
        return rows.multiply(keep).tocsr()

    @cached_property
    def opposite(self) -> tuple[Ints, Ints]:
        """Positions of opposite `flow` columns without loss and of no negative cost together."""
        arcs, of = self.arcs, self.flow.base_of
        keys = int(np.prod(self.axes.shape))
        ahead = arcs.origin_key[of] * keys + arcs.destination_key[of]
        behind = arcs.destination_key[of] * keys + arcs.origin_key[of]
        _, there, back = np.intersect1d(ahead, behind, assume_unique=True, return_indices=True)
        cost = arcs.unit_cost[of]
        free = (arcs.loss[of][there] == 0) & (arcs.loss[of][back] == 0)
        chosen = free & (there < back) & (cost[there] + cost[back] >= 0)
        return there[chosen], back[chosen]

    def charged(self, *charges: Charge) -> Market:
        """The market in which further charges are paid."""
        changed = copy.copy(self)
        changed.charges = (*self.charges, *charges)
        return changed

    def expecting(self, outcome: Outcome | Sketch) -> Market:
        """The market whose program begins near an outcome, a hint that changes no answer."""
        changed = copy.copy(self)
        changed.near = near(self, outcome)
        return changed

    def under(self, *instruments: Any) -> Market:
        """The market whose books also ask these instruments to settle."""
        changed = copy.copy(self)
        changed.instruments = (*self.instruments, *instruments)
        return changed

    def columns(self, family: str) -> list[tuple[Block, Ints]]:
        """The blocks of a family of charges, each with the elements of its columns."""
        if family == "build":
            return [] if self.build is None else [(self.build.build, np.arange(self.builds.size))]
        if family == "supported":
            size = self.budgets.size
            return [] if self.budget is None else [(self.budget.supported, np.arange(size))]
        return {"activity": self.activity, "flow": self.flow}[family].parts()

    def period(self, family: str) -> Ints:
        """The period of every element of a family of charges; of builds that they come in."""
        if family == "build":
            return self.builds.period
        if family == "supported":
            return self.builds.period[self.budgets.build]
        return self.plants.period[self.ways.plant] if family == "activity" else self.arcs.period

    def weighed(self, family: str, amount: Floats) -> Floats:
        """Cost in the program [MUSD per kt/yr] of USD/kg by element of a family."""
        if family in ("build", "supported"):
            weight = self.axes.weight[self.plants.period[self.builds.term_plant]]
            if family == "build":
                return self.builds.over_life(amount, weight)
            one = self.builds.over_life(np.ones(self.builds.size), weight)
            return one[self.budgets.build] * amount
        return self.axes.weight[self.period(family)] * amount

    def at_once(self) -> Market:
        """The market in which all that may come over a period may stand from its first year."""
        if self.build is None:
            return self
        lower = values(self.standard.column_lower, self.build.build)
        upper = values(self.standard.column_upper, self.build.build)
        most = np.where(upper > lower, np.maximum(lower, self.builds.at_once), upper)
        return self.patched({"build": {"upper": (None, most)}})

    def cap(self, block: str, position: Ints, upper: Any) -> Market:
        """The market in which the given rows or columns have the given upper bounds."""
        return self.patched({block: {"upper": (position, upper)}})

    def patched(self, changes: Mapping[str, Mapping[str, tuple[Any, Any]]]) -> Market:
        """The market with other numbers in its program; its terms stay."""
        changed = copy.copy(self)
        changed.standard = self.standard.apply(Patch(changes))
        # what can run depends on the program's bounds; what was found here is for the old ones
        changed.__dict__.pop("reach", None)
        return changed

    def _links(self, arcs: Arcs, runs: np.ndarray, room: Any = True) -> Links:
        """Activities, then their parts; arcs with room and their parts, stocks, blends, waivers."""
        stock, ways, parts = self.stocks, self.ways, self.way_parts
        later = np.flatnonzero(stock.period > 0)
        room = np.broadcast_to(room, len(arcs.origin_key))
        leaving, arriving = (ends[room[self.arc_parts.of]] for ends in self.arc_parts.ends)
        source, target = self.blends
        waivers = self.uses.waivers
        return Links(
            size=int(np.prod(self.axes.shape)),
            term_of=np.concatenate([ways.term_of, len(runs) + parts.term_of]),
            term_key=np.concatenate([ways.term_key, parts.term_key]),
            term_out=np.concatenate([ways.term_quantity, parts.term_quantity]) > 0,
            runs=np.concatenate([runs, runs[parts.of]]),
            origin=np.concatenate(
                [
                    arcs.origin_key[room],
                    leaving,
                    stock.key[later - 1],
                    source,
                    self.uses.open_key[waivers],
                ]
            ),
            destination=np.concatenate(
                [
                    arcs.destination_key[room],
                    arriving,
                    stock.key[later],
                    target,
                    self.uses.key[waivers],
                ]
            ),
            sources=np.concatenate(
                [self.curves.key, stock.key[(stock.period == 0) & (stock.initial > 0)]]
            ),
            sinks=np.concatenate(
                [self.uses.key, stock.key[(stock.capacity > 0) & (stock.rate > 0)], self.wasted]
            ),
        )

    def _assemble(self) -> None:
        program = Program(self.case.name, objective_unit="MUSD")
        self._add_columns(program)
        self._add_rows(program)
        self.standard: Standard = program.freeze()

    def _add_columns(self, program: Program) -> None:
        axes = self.axes
        self.activity: Segments = add_activities(program, axes, self.plants, self.ways)
        self.flow: Segments = add_flows(program, axes, self.arcs)
        self.use = add_pieces(program, "use", axes, self.uses.pieces, self._use_labels(), -1.0)
        supply = self.curves.pieces
        self.supply = add_pieces(program, "supply", axes, supply, self._labels(supply.key), 1.0)
        self.waste = add_waste(program, axes, self.wasted, self.disposal_cost, self._labels)
        self.stock = add_stocks(program, axes, self.stocks)
        self._add_classes(program)

    def _add_classes(self, program: Program) -> None:
        """Columns that say which class of a material moves (marks.py); none without marks."""
        axes = self.axes
        ways, arcs = way_labels(axes, self.plants, self.ways), arc_labels(axes, self.arcs)
        self.way_part = self._add_parts(program, "activity", ways, self.activity, self.way_parts)
        self.arc_part = self._add_parts(program, "flow", arcs, self.flow, self.arc_parts)
        source, target = self.blends
        self.blend: Block | None = None
        if len(source):
            into = self._labels(target)["material"]
            labels = {**self._labels(source), "into": into}
            self.blend = program.add_columns("blend", labels, "kt/yr")
        users = {**self._labels(self.uses.key), "sector": self.uses.sector}
        self.waived = add_waivers(program, self.uses, self.use, users)

    def _add_parts(
        self, program: Program, name: str, labels: Any, whole: Segments, parts: Parts
    ) -> Block | None:
        words = free_words(self.marks, parts.free)
        return add_parts(program, name, labels, whole, parts, words)

    def _add_rows(self, program: Program) -> None:
        self.balance: Block = program.add_rows(
            "balance", self._labels(self.nodes.key), "kt/yr", lower=0.0, upper=0.0
        )
        for block, key, quantity in self._movements():
            column = np.arange(block.size) if len(key) == block.size else None
            self._balance(program, block, key, quantity, column)
        for block, of in self.activity.parts():
            column, term = positions(of, self.ways.term_of, self.activity.size)
            key, quantity = self.ways.term_key[term], self.ways.term_quantity[term]
            self._balance(program, block, key, quantity, column)
        for part, parts in ((self.way_part, self.way_parts), (self.arc_part, self.arc_parts)):
            if part is not None:
                for key, sign in ((parts.term_key, 1.0), (parts.term_from, -1.0)):
                    self._balance(program, part, key, sign * parts.term_quantity, parts.term_of)
        self.slack = regularise(
            program, self.balance, self.reference * self.axes.weight[self.nodes.period], self.mu
        )
        self.capacity = add_capacity(program, self.axes, self.plants, self.ways, self.activity)
        self.build = add_builds(program, self.axes, self.builds, self.plants, self.capacity)
        self.budget = add_budgets(program, self.axes, self.budgets, self.builds, self.build)
        self.limit = add_limits(program, self.axes, self.limits, self.activity, self.flow)

    def _movements(self) -> list[tuple[Block, Ints, Any]]:
        """(columns, node key, kg arriving per kg) of everything but activities."""
        arcs = self.arcs
        found: list[tuple[Block | None, Ints, Any]] = [
            (self.use, self.uses.pieces.key, -1.0),
            (self.supply, self.curves.pieces.key, 1.0),
            (self.waste, self.wasted, -1.0),
        ]
        for block, of in self.flow.parts():
            found += [(block, arcs.origin_key[of], -1.0)]
            found += [(block, arcs.destination_key[of], 1.0 - arcs.loss[of])]
        source, target = self.blends
        waivers = self.uses.waivers
        found += [
            (self.blend, source, -1.0),
            (self.blend, target, 1.0),
            (self.waived, self.uses.open_key[waivers], -1.0),
            (self.waived, self.uses.key[waivers], 1.0),
        ]
        if self.stock is not None:
            found += [
                (self.stock.out, self.stocks.key, 1.0),
                (self.stock.into, self.stocks.key, -1.0),
            ]
        return [(block, key, quantity) for block, key, quantity in found if block is not None]

    def _balance(
        self, program: Program, block: Block, key: Ints, quantity: Any, column: Any
    ) -> None:
        program.add_terms(self.balance, block, quantity, "1", row=self.nodes.at[key], column=column)

    def _nodes(self) -> Nodes:
        touched = (
            self.ways.term_key,
            self.arcs.origin_key,
            self.arcs.destination_key,
            self.uses.key,
            self.uses.open_key[self.uses.waivers],
            self.curves.key,
            self.stocks.key,
            self.way_parts.term_key,
            self.arc_parts.term_key,
            *self.blends,
        )
        key = np.unique(np.concatenate(touched))
        at = np.full(int(np.prod(self.axes.shape)), -1)
        at[key] = np.arange(len(key))
        period, material, country = np.unravel_index(key, self.axes.shape)
        return Nodes(key, material, country, period, at)

    def _labels(self, key: Ints) -> dict[str, np.ndarray]:
        period, material, country = np.unravel_index(key, self.axes.shape)
        return {
            "material": np.array(self.axes.materials, dtype=object)[material],
            "country": np.array(self.axes.countries, dtype=object)[country],
            "period": np.array(self.axes.periods, dtype=object)[period],
        }

    def _use_labels(self) -> dict[str, np.ndarray]:
        owner = self.uses.pieces.owner
        piece = np.arange(len(owner)) - np.searchsorted(owner, owner)
        labels = self._labels(self.uses.pieces.key)
        return {**labels, "sector": self.uses.sector[owner], "piece": piece}


def wasted_keys(axes: Axes, ways: Activities, disposal_cost: Floats) -> Ints:
    """Nodes at which something is made that may be discarded (its material has a disposal cost)."""
    made = np.unique(ways.term_key[ways.term_quantity > 0])
    _, material, _ = np.unravel_index(made, axes.shape)
    return made[np.isfinite(disposal_cost[material])]


def add_waste(
    program: Program, axes: Axes, keys: Ints, disposal_cost: Floats, labels: Any
) -> Block | None:
    """Columns `waste` [kt/yr] at the material's disposal cost [USD/kg]: price >= -disposal cost."""
    if len(keys) == 0:
        return None
    period, material, _ = np.unravel_index(keys, axes.shape)
    cost = axes.weight[period] * disposal_cost[material]
    return program.add_columns("waste", labels(keys), "kt/yr", cost=cost)


def disposal_costs(case: Any, axes: Axes) -> Floats:
    """USD/kg by material; NaN where a material may not be discarded."""
    frame = table(case, "materials")
    found = np.full(len(axes.materials), np.nan)
    found[codes(texts(frame, "material"), axes.materials)] = numbers(frame, "disposal_cost", np.nan)
    return found


def known_prices(case: Any, axes: Axes) -> Floats:
    """USD/kg by material and country from the table `prices`; 0 where it says nothing."""
    frame = table(case, "prices")
    _, materials, countries = axes.shape
    known = np.zeros((materials, countries))
    material = codes(texts(frame, "material"), axes.materials)
    country = codes(texts(frame, "country"), axes.countries)
    known[material, country] = numbers(frame, "price", 0.0)
    return known

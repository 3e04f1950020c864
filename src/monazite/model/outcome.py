"""What came out of a market? Prices, flows and their proof; only here do duals get a sign."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from monazite.errors import CertificateError
from monazite.kernel import Certificate
from monazite.kernel.program import Block
from monazite.messages import say
from monazite.model import frames
from monazite.model.axes import Floats, Ints, add_up
from monazite.model.books import Books, keep_books
from monazite.model.build import built
from monazite.model.decompose import Part, decompose
from monazite.model.market import Market
from monazite.model.marks import Parts
from monazite.model.segments import spread, values
from monazite.model.shares import measure_shares
from monazite.model.solve import Cleared, clear
from monazite.model.tidy import FEW, imbalance, throughput

if TYPE_CHECKING:
    import polars as pl

PROVEN = 1e-6  # largest certificate residual, relative imbalance and books residual accepted


def solve_market(case: Any, *, discount: float = 0.0, tolerance: float = 1e-6) -> Outcome:
    """The outcome of a case: assemble, solve, prove. `discount` is a real rate per year.

    Raises InfeasibleError when no answer may be given and CertificateError when it is not proved.
    """
    return outcome_of(Market(case, discount=discount), tolerance=tolerance)


def outcome_of(market: Market, *, tolerance: float = 1e-6) -> Outcome:
    """The proved outcome of a market."""
    return proved(Outcome(clear(market, tolerance=tolerance)))


def proved(outcome: Outcome) -> Outcome:
    """An outcome whose certificate, mass balance and books hold. Raises CertificateError."""
    if not outcome.certificate.ok:
        raise CertificateError(say("model.certificate", worst=outcome.certificate.worst))
    if outcome.mass_balance > PROVEN:
        raise CertificateError(
            say("model.mass_balance", worst=outcome.mass_balance, node=outcome.worst_node)
        )
    if outcome.ledger.residual > PROVEN:
        raise CertificateError(say("model.books", worst=outcome.ledger.residual))
    return outcome


@dataclass(frozen=True, eq=False)
class Outcome:
    """A solved market as tables; every table is made when first asked for.

    Units: kt/yr, kt, USD/kg, MUSD/yr. A price is None where nothing can be sold or bought, and
    where fixed use cannot be met at any price; it is indicative where nothing moves.
    """

    cleared: Cleared
    timings: Mapping[str, float] = field(default_factory=dict)
    scenario: Any = None
    scrap: Any = None  # old scrap over years, kept with the answer it settled with (study/scrap.py)

    @property
    def market(self) -> Market:
        """The market that was solved."""
        return self.cleared.market

    @property
    def case(self) -> Any:
        """The case that was solved."""
        return self.market.case

    @property
    def certificate(self) -> Certificate:
        """The kernel's proof of the last program."""
        certificate = self.cleared.solution.certificate
        assert certificate is not None, "an unsolved program never becomes an outcome"
        return certificate

    # --- arrays: x by element, prices and rents per kg and year, undiscounted -------------------

    @property
    def x(self) -> Floats:
        """The solution's columns."""
        return self.cleared.solution.x

    @cached_property
    def raw_price(self) -> Floats:
        """USD/kg by node as the program has it, also where it is no price.

        price = dual of balance / weight[t]: the dual is the cost in present value of one more kt/yr
        over the whole period, MUSD; weight[t] = years * discount factor brings it back to one year.
        """
        return self._dual(self.market.balance, self.market.nodes.period)

    @cached_property
    def node_price(self) -> Floats:
        """USD/kg by node; NaN where nothing can be sold or bought, or use is cut at any price."""
        known = self.market.reach.open[self.market.nodes.key] & ~self.cleared.unpriced
        return np.where(known, self.raw_price, np.nan)

    @cached_property
    def activity(self) -> Floats:
        """kt/yr by activity."""
        return self.market.activity.total(self.x)

    @cached_property
    def quantity(self) -> Floats:
        """kt/yr shipped by arc."""
        return self.market.flow.total(self.x)

    @cached_property
    def used(self) -> Floats:
        """kt/yr by user."""
        pieces = self.market.uses.pieces
        return spread(self.x, self.market.use, pieces.owner, self.market.uses.size)

    @cached_property
    def activity_rise(self) -> Floats:
        """slope * (x - knee)+ [USD/kg] by activity."""
        return self.market.ways.slope * self.market.activity.on_rise(self.x)

    @cached_property
    def flow_rise(self) -> Floats:
        """slope * (f - knee)+ [USD/kg] by arc."""
        return self.market.arcs.slope * self.market.flow.on_rise(self.x)

    @cached_property
    def built(self) -> Floats:
        """kt/yr that come on line, by build (build.py)."""
        return built(self.x, self.market.build)

    @cached_property
    def supported(self) -> Floats:
        """kt/yr that budgets support, by element (budget.py)."""
        blocks = self.market.budget
        return np.zeros(0) if blocks is None else values(self.x, blocks.supported)

    @cached_property
    def capacity(self) -> Floats:
        """kt/yr by plant: what is in place, and what was built of it by then."""
        plants = self.market.plants
        return plants.capacity + self.market.builds.capacity(self.built, len(plants.capacity))

    @cached_property
    def capacity_rent(self) -> Floats:
        """USD/kg of activity by plant: what one more kt/yr of capacity would be worth."""
        return -self._dual(self.market.capacity, self.market.plants.period)

    @cached_property
    def limit_rent(self) -> Floats:
        """USD/kg by limit and period: what one more kt/yr of the limit would be worth."""
        return -self._dual(self.market.limit, self.market.limits.period)

    @cached_property
    def activity_limit_rent(self) -> Floats:
        """USD/kg by activity, paid to the holders of its limits."""
        limits = self.market.limits
        paid = self.limit_rent[limits.activity_row] * limits.activity_coefficient
        return add_up(limits.activity_of, paid, len(self.activity))

    @cached_property
    def flow_limit_rent(self) -> Floats:
        """USD/kg shipped by arc, paid to the holders of its limits."""
        limits = self.market.limits
        paid = self.limit_rent[limits.flow_row] * limits.flow_coefficient
        return add_up(limits.flow_of, paid, len(self.quantity))

    @cached_property
    def bound_rent(self) -> Floats:
        """USD/kg shipped by arc: what one more kt/yr of the arc's own bound would be worth."""
        found = np.zeros(len(self.quantity))
        for block, of in self.market.flow.parts():
            held = np.isfinite(values(self.market.standard.column_upper, block))
            z = np.maximum(-values(self.cleared.solution.z, block), 0.0)
            # the rising part comes last and overwrites the rent of the flat part's own end
            found[of] = np.where(
                held, z / self.market.axes.weight[self.market.arcs.period[of]], 0.0
            )
        return found

    @cached_property
    def storage_value(self) -> Floats:
        """USD/kg by stock and period: what one more kg in store at its end is worth."""
        if self.market.stock is None:
            return np.zeros(0)
        dual = self.cleared.solution.value(self.market.stock.row)
        return -dual / self.market.axes.factor[self.market.stocks.period]

    @cached_property
    def throughput(self) -> Floats:
        """kt/yr by node: half of what arrives plus what leaves."""
        return throughput(self.market, self.cleared.solution)

    @cached_property
    def mass_balance(self) -> float:
        """Largest relative imbalance of a node (see solve.imbalance)."""
        return imbalance(self.market, self.cleared.solution)

    @property
    def worst_node(self) -> str:
        """The label of the node that is least in balance."""
        slack = np.abs(self.block(self.market.slack.name)) / np.maximum(self.throughput, FEW)
        return self.market.balance.label(int(np.argmax(slack)))

    def block(self, name: str) -> Floats:
        """The columns of a block, empty where the market has no such block."""
        found = self.market.standard.blocks.get(name)
        return np.zeros(0) if found is None else values(self.x, found)

    def premium(self, parts: Parts, name: str) -> Floats:
        """MUSD/yr by term of parts: what goods of their class fetch above those of the whole's."""
        at = self.market.nodes.at
        more = self.raw_price[at[parts.term_key]] - self.raw_price[at[parts.term_from]]
        return parts.term_quantity * self.block(name)[parts.term_of] * more

    def _dual(self, block: Block | None, period: Ints) -> Floats:
        if block is None:
            return np.zeros(len(period))
        return self.cleared.solution.value(block) / self.market.axes.weight[period]

    @cached_property
    def prices(self) -> pl.DataFrame:
        """period, material, country, price [USD/kg or null], indicative."""
        return frames.prices(self)

    @cached_property
    def flows(self) -> pl.DataFrame:
        """period, material, origin, destination, quantity, received [kt/yr], then USD/kg shipped:
        freight, duty, export_tax, residual, rise, rent.
        """
        return frames.flows(self)

    @cached_property
    def output(self) -> pl.DataFrame:
        """period, facility, mode, country, stage, technology, activity [kt/yr], cost, residual,
        loss_carried, rise, scarcity_rent, limit_rent [USD/kg], capacity [kt/yr], utilisation.
        """
        return frames.output(self)

    @cached_property
    def builds(self) -> pl.DataFrame:
        """period, facility, status, begins [year], size, built [kt/yr], annuity [USD/kg], capex
        [MUSD], rent [USD per kg/yr, present value]: what comes on line in the year `begins` of a
        period, of the size a project may have; rent is what one more kg/yr of that size is worth.
        """
        return frames.builds(self)

    @cached_property
    def budgets(self) -> pl.DataFrame:
        """budget, period (empty over all), envelope, spent [MUSD], value [USD per USD, present
        value]: what one more public dollar would be worth to those who compete for it; null where
        the envelope is nothing.
        """
        return frames.budgets(self)

    @cached_property
    def production(self) -> pl.DataFrame:
        """period, material, country, facility, quantity [kt/yr] of every joint output."""
        return frames.terms(self, 1.0)

    @cached_property
    def inputs(self) -> pl.DataFrame:
        """period, material, country, facility, quantity [kt/yr] of every input."""
        return frames.terms(self, -1.0)

    @cached_property
    def use(self) -> pl.DataFrame:
        """period, country, material, sector, quantity, unserved [kt/yr], price, value [MUSD/yr]."""
        return frames.use(self)

    @cached_property
    def waste(self) -> pl.DataFrame:
        """period, material, country, quantity [kt/yr]."""
        return frames.waste(self)

    @cached_property
    def supply(self) -> pl.DataFrame:
        """period, material, country, quantity [kt/yr] of the supply curves."""
        return frames.supply(self)

    @cached_property
    def limits(self) -> pl.DataFrame:
        """period, limit, kind, holder, used, upper [kt/yr], rent [USD/kg]."""
        return frames.limits(self)

    @cached_property
    def stocks(self) -> pl.DataFrame:
        """period, material, country, stock, level [kt], stock_in, stock_out [kt/yr], value
        [USD/kg].
        """
        return frames.stocks(self)

    @cached_property
    def classes(self) -> pl.DataFrame:
        """period, material, country, free_of, price, other_price, premium [USD/kg], indicative,
        used [kt/yr].

        One row for each class of a traced material that is free of marks: its price, that of the
        same material whatever it bears, and how much users who ask for this class used. Prices are
        null and indicative as in `prices`.
        """
        return frames.classes(self)

    @cached_property
    def unserved(self) -> list[str]:
        """The fixed uses that cannot be met at any price, in words, the largest first."""
        return frames.unserved(self)

    @cached_property
    def binding(self) -> list[str]:
        """What is scarce, in words, the dearest first (rent times quantity); each thing once, in
        the period in which it is dearest.
        """
        return frames.binding(self)

    def price(self, material: str, country: str, period: Any = None) -> float | None:
        """USD/kg, in the first period unless told; None where nothing can be sold or bought.

        Raises KeyError for a material, country or period the case does not know.
        """
        axes = self.market.axes
        at = axes.find(material, country, period)
        node = self.market.nodes.at[at]
        if node < 0 or np.isnan(self.node_price[node]):
            return None
        return float(self.node_price[node])

    def flow(self, material: str, origin: str, destination: str, period: Any = None) -> float:
        """kt/yr shipped, in the first period unless told; 0 where there is no arc.

        Of a material all that moves; of a variant such as dy_oxide@no_CHN what is at least as free.
        """
        market = self.market
        arcs, parts, marks = market.arcs, market.arc_parts, market.marks
        here = market.axes.find(material, origin, period)
        there = market.axes.find(material, destination, period)
        t, asked, i = np.unravel_index(here, market.axes.shape)
        j = np.unravel_index(there, market.axes.shape)[2]
        wanted = marks.free[asked]
        lane = (arcs.origin == i) & (arcs.destination == j) & (arcs.period == t)
        lane &= arcs.material == marks.of[asked]
        whole = lane & (arcs.free & wanted == wanted)
        clean = (lane & ~whole)[parts.of] & (parts.free & wanted == wanted)
        return float(self.quantity[whole].sum() + self.block("flow_part")[clean].sum())

    @cached_property
    def ledger(self) -> Books:
        """The books with their counter-entries and residual (books.py)."""
        return keep_books(self)

    def books(self) -> pl.DataFrame:
        """Who gains what: period, account, country, name, owner, item, counter, amount [MUSD/yr].

        Accounts of people only; amounts in present value add up to the objective (books.py).
        """
        return self.ledger.people

    @property
    def objective(self) -> float:
        """Welfare in present value [MUSD]: minus the program's minimum, plus what duties, taxes and
        charges bring to those who receive them.
        """
        return self.ledger.received - self.ledger.objective

    @cached_property
    def shares(self) -> dict[str, dict[str, Any]]:
        """Shares of places and owners in each measure, in the first period (shares.py)."""
        return measure_shares(self)

    def shares_in(self, period: Any = None) -> dict[str, dict[str, Any]]:
        """Shares in a period, the first unless told. Raises KeyError for an unknown period."""
        at = self.market.axes.at(period)
        return measure_shares(self, at) if at else self.shares

    def decompose(self, material: str, country: str, period: Any = None) -> list[Part]:
        """The price along its marginal chain, parts summing to the price (decompose.py)."""
        return decompose(self, material, country, period)

    def price_parts(self, material: str, country: str, period: Any = None) -> dict[str, float]:
        """The price by group: ore, processing, freight, duty, levy ... (price_parts.py)."""
        from monazite.model.price_parts import price_parts

        return price_parts(self, material, country, period)

    @cached_property
    def volume_prices(self) -> pl.DataFrame:
        """period, material, country, quantity [kt/yr], price, volume_price (average.py)."""
        from monazite.model.average import volume_prices

        return volume_prices(self)

    def volume_price(
        self, material: str, countries: Any = None, period: Any = None, *, contracts: bool = True
    ) -> float | None:
        """USD/kg paid on average over countries and periods, all unless told (average.py)."""
        from monazite.model.average import volume_price

        return volume_price(self, material, countries, period, contracts=contracts)

    @property
    def warnings(self) -> list[str]:
        """Rules that changed nothing, in words: they bind nothing and move no money."""
        idle = [rule for rule in self.market.instruments if not rule.bound(self)]
        return [say("policy.idle", rule=rule.name) for rule in idle]

    @property
    def record(self) -> dict[str, Any]:
        """What outcome.json holds."""
        from monazite.model.record import record

        return record(self)

    def to_frames(self, kind: str = "polars") -> dict[str, Any]:
        """All tables by name, as polars or pandas frames."""
        tables = {name: getattr(self, name) for name in frames.NAMES}
        tables["books"] = self.books()
        if kind == "polars":
            return tables
        return {name: frame.to_pandas() for name, frame in tables.items()}

    def write(self, folder: Any, *, csv: bool = False, excel: bool = False) -> Any:
        """Write outcome.json and one Parquet file per table; the folder appears whole or not at
        all.
        """
        from monazite.model.record import write

        return write(self, folder, csv=csv, excel=excel)

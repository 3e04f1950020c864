"""What is public money worth to a project, and what does it cost those who give it?

All sums are USD per USD of capital supported, in money of the day on which the plant comes on
line; rates are nominal and become real with the rule's `inflation`. With CRF(r, n) = r / (1 -
(1 + r)^-n) the annuity of 1, and W the project's own cost of capital, w real, over its life:

    value              what the support saves the project
    grant equivalent   what the public gives up at its own rate of funding, as contracted
    expected loss      of the public, from default
    annuity of each    value * CRF(w, life); the two others * CRF(funding rate, life)
    unpaid risk        annuity of the value less the other two: what the public bears, in risk and
                       time, that the project's own financiers would have been paid for

The three lines that the public pays add up to what the project gains, so that books close and a
cheap loan makes no value out of nothing. Brealey, Myers and Allen, Principles of Corporate Finance,
chapter 19 (subsidised loans); OECD, Handbook of grant equivalents; US Federal Credit Reform Act of
1990 (cost of a loan: present value at the government's own rate).
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from pydantic import Field, model_validator

from monazite.errors import InputError, fault
from monazite.model.axes import Floats, Ints, numbers, table, texts
from monazite.policy import pipeline, select
from monazite.policy.base import MOVED, AbstractInstrument, group, wrong, year_of
from monazite.policy.bounds import with_rows

if TYPE_CHECKING:
    import polars as pl

    from monazite.model.market import Charge, Market
    from monazite.model.outcome import Outcome
    from monazite.policy.base import Tables

LINES = ("grant_equivalent", "expected_loss", "unpaid_risk")


@dataclass(frozen=True)
class Worth:
    """By project: value, grant equivalent and expected loss, per USD of capital supported."""

    value: Floats
    grant_equivalent: Floats
    expected_loss: Floats


@dataclass(frozen=True)
class Support:
    """By build that is supported, USD per kg/yr of capacity when it comes on line.

    `capital` of the plant, `principal` of it supported, `value`, `grant_equivalent` and
    `expected_loss` of all its life; `annual` [USD/kg and year] by line of LINES.
    """

    build: Ints
    capital: Floats
    principal: Floats
    value: Floats
    grant_equivalent: Floats
    expected_loss: Floats
    annual: Floats


class AbstractSupport(AbstractInstrument):
    """Public money for projects: whom, how much of their capital, at whose cost.

    Dates are those of the decision to build: a plant's first year less its lead time. What is
    committed is supported when the rule holds before it comes on line.
    """

    price_part: ClassVar[str] = "support"
    account: ClassVar[str] = "treasury"  # of the country that pays

    projects: tuple[str, ...] = group()
    countries: tuple[str, ...] = group()
    stages: tuple[str, ...] = group()
    progress: tuple[str, ...] = group()
    payer: str = Field(default="", description="country that pays; the plant's where not given")
    completion: float | None = Field(default=None, ge=0.0, le=1.0)
    budget: str = ""
    share: float | None = Field(default=None, ge=0.0, le=1.0, description="share of capital")
    amount: float | None = Field(default=None, ge=0.0, description="MUSD for all of them together")
    funding_rate: float = Field(default=0.043, ge=0.0, le=1.0, description="a year, nominal")
    inflation: float = Field(default=0.02, gt=-0.5, le=1.0, description="a year")

    @model_validator(mode="after")
    def _speaks_of_some(self) -> AbstractSupport:
        if not (self.projects or self.countries or self.stages or self.progress):
            raise wrong("support_whom")
        if (self.share is None) == (self.amount is None):
            raise wrong("support_size")
        return self

    @abstractmethod
    def worth(self, wacc: Floats, life: Floats) -> Worth:
        """What one dollar of it is worth to projects with a real cost of capital and a life."""

    def charges(self, market: Market) -> list[Charge]:
        """Its annual value to the builds it speaks of, as three payments of whoever pays."""
        from monazite.model.market import Charge

        found = self.support(market)
        country = self._treasury(market, found.build)
        items = [self.name, *(f"{self.name}/{line}" for line in LINES[1:])]
        family, element = "build", found.build
        if self.budget:
            _known_budget(self.budget, sorted(set(market.budgets.name)))
            family, element = "supported", market.budgets.of(self.name)
        return [
            Charge(item, family, element, -found.annual[k], self.account, country)
            for k, item in enumerate(items)
        ]

    def quantity(self, outcome: Outcome, found: Support) -> Floats:
        """kt/yr of each build that is supported: all of it, or what the budget holds."""
        if self.budget:
            return outcome.supported[outcome.market.budgets.of(self.name)]
        return outcome.built[found.build]

    def support(self, market: Market) -> Support:
        """What each build that it speaks of gets, and what that costs the public."""
        builds = market.builds
        of = (
            market.budgets.build[market.budgets.of(self.name)]
            if self.budget
            else self.builds(market)
        )
        wacc, life = builds.projects.wacc[builds.project], builds.projects.life[builds.project]
        wacc, life = wacc[of], life[of]
        own, public = crf(wacc, life), crf(real(self.funding_rate, self.inflation), life)
        capital = builds.annuity[of] / own
        principal = self.part(market) * capital
        each = self.worth(wacc, life)
        given, lost = each.grant_equivalent * principal, each.expected_loss * principal
        lines = [given * public, lost * public]
        lines.append(each.value * principal * own - lines[0] - lines[1])
        return Support(of, capital, principal, each.value * principal, given, lost, np.array(lines))

    def part(self, market: Market) -> float:
        """The share of capital it covers: as stated, or its amount over all they would cost."""
        frame = table(market.case, "projects")
        return self._part(frame, np.isin(texts(frame, "facility"), self.named(market)))

    def _part(self, frame: pl.DataFrame, mine: np.ndarray) -> float:
        if self.share is not None:
            return self.share
        cost = float((numbers(frame, "size", 0.0) * numbers(frame, "capex", 0.0))[mine].sum())
        assert self.amount is not None
        return min(1.0, self.amount / cost) if cost > 0 else 0.0

    def builds(self, market: Market) -> Ints:
        """Builds of its projects that are decided while it holds."""
        mine = np.isin(market.builds.facility, self.named(market))
        return np.flatnonzero(mine & self.holds(market.builds.decided))

    def holds(self, when: Floats) -> np.ndarray:
        """Whether it holds at calendar dates."""
        first = -np.inf if self.start is None else year_of(self.start)
        last = np.inf if self.end is None else year_of(self.end, last=True)
        return (when >= first) & (when < last)

    def named(self, market: Market) -> list[str]:
        """The facilities of the projects it speaks of. InputError for names that are not there."""
        frame, places = table(market.case, "projects"), table(market.case, "facilities")
        mine = pipeline.chosen(self, frame, places, market.axes.countries)
        return texts(frame, "facility")[mine].tolist()

    def rewrite(self, tables: Tables) -> Tables:
        """Projects more sure to be completed, where they may be decided while it holds; and what
        it would take of a budget.
        """
        mine = pipeline.chosen_of(self, tables)
        if self.budget and mine.any():
            tables = self._claims(tables, mine)
        if self.completion is None or not mine.any():
            return tables
        frame = tables["projects"]
        earliest = numbers(frame, "earliest", -np.inf)
        committed = texts(frame, "status") == pipeline.COMMITTED
        decided = np.where(committed, earliest, earliest - numbers(frame, "lead", 0.0))
        last = np.inf if self.end is None else year_of(self.end, last=True)
        mine &= (decided < last) & (self.holds(decided) | ~committed)
        return pipeline.with_completion(tables, mine, self.surer(frame))

    def _claims(self, tables: Tables, mine: np.ndarray) -> Tables:
        """Rows of what it counts against its budget per dollar of the capital of each project."""
        import polars as pl

        frame = tables["projects"].filter(mine)
        each = self.worth(numbers(frame, "wacc", 0.1), numbers(frame, "life", 20.0))
        part = self._part(tables["projects"], mine)
        cost = np.maximum(each.grant_equivalent + each.expected_loss, 0.0)
        rows = frame.select("facility").with_columns(
            pl.lit(self.budget).alias("budget"),
            pl.lit(self.name).alias("rule"),
            pl.Series("outlay", np.full(frame.height, part * self.drawn)),
            pl.Series("cost", part * cost),
            pl.lit(None if self.start is None else year_of(self.start), pl.Float64).alias("first"),
            pl.lit(None if self.end is None else year_of(self.end, last=True), pl.Float64).alias(
                "last"
            ),
            pl.lit(None, pl.Float64).alias("money"),
        )
        return with_rows(tables, "budget_terms", rows)

    @property
    def drawn(self) -> float:
        """What is paid out of a dollar of principal."""
        return 1.0

    def service(self, life: int) -> Floats:
        """What a project pays back a year per dollar of principal, in real terms, from when it
        comes on line; nothing of a grant.
        """
        return np.zeros(life)

    def interest(self, life: int) -> Floats:
        """What of the service may be deducted from taxed income, a year per dollar of principal, in
        real terms: interest and fees, nothing of what is not debt.
        """
        return np.zeros(life)

    def _deflated(self, nominal: Floats) -> Floats:
        return nominal * (1.0 + self.inflation) ** -np.arange(1.0, len(nominal) + 1.0)

    def surer(self, frame: pl.DataFrame) -> Floats:
        """Probability of completion of each project with it."""
        assert self.completion is not None
        return np.maximum(pipeline.stated(frame, "completion", 1.0), self.completion)

    def bound(self, outcome: Outcome) -> bool:
        """Whether money moved in its name, or a project stands larger than was likely before."""
        paid = (p for p in outcome.ledger.payments if p.item.split("/")[0] == self.name)
        if any(float(np.abs(p.amount).max(initial=0.0)) > MOVED for p in paid):
            return True
        names = pipeline.names_of(self, outcome)
        return self.completion is not None and pipeline.came_larger(outcome, names)

    def _treasury(self, market: Market, of: Ints) -> Any:
        if self.payer:
            return select.codes(market.axes.countries, [self.payer])[0]
        plants = market.plants
        country = dict(zip(plants.facility.tolist(), plants.country.tolist(), strict=True))
        names = market.builds.facility[of].tolist()
        return np.array([country[name] for name in names], dtype=np.int64)


# --- money over time ------------------------------------------------------------------------------


def crf(rate: Floats | float, years: Floats | float) -> Floats:
    """The annuity of 1 over years at a rate; 1 / years at a rate of 0."""
    rate, years = np.broadcast_arrays(np.asarray(rate, float), np.asarray(years, float))
    safe = np.where(np.abs(rate) < 1e-12, 1.0, rate)
    found = safe / (1.0 - (1.0 + safe) ** -years)
    return np.where(np.abs(rate) < 1e-12, 1.0 / years, found)


def real(nominal: float, inflation: float) -> float:
    """(1 + nominal) / (1 + inflation) - 1."""
    return (1.0 + nominal) / (1.0 + inflation) - 1.0


def schedule(
    rate: float, tenor: int, grace: int = 0, *, capitalised: bool = False
) -> tuple[Floats, Floats]:
    """(debt service, balance) of a loan of 1 by year 1 .. tenor, nominal.

    In the years of grace interest is paid, or added to the balance where `capitalised`; then the
    balance is paid off by a level annuity. Service falls due when a year ends; the balance is what
    is owed as it begins.
    """
    balance, service = np.zeros(tenor), np.zeros(tenor)
    owed = 1.0
    for k in range(tenor):
        balance[k] = owed
        if k < grace:
            service[k] = 0.0 if capitalised else rate * owed
        elif k == grace:
            service[k:] = owed * crf(rate, tenor - grace)
        owed = owed * (1.0 + rate) - service[k]
    return service, balance


def present(amounts: Floats, rate: Floats | float) -> Floats:
    """Value when the plant comes on line of nominal amounts at the ends of years, by rate."""
    years = np.arange(1, len(amounts) + 1)
    return (1.0 + np.asarray(rate, float)[..., None]) ** -years @ amounts


def expected_loss(balance: Floats, default: float, lost: float, rate: float) -> float:
    """Present value of what default takes: of those still sound, `default` a year, `lost` of it.

    sum over k of (1 - default)^(k-1) * default * lost * balance[k] / (1 + rate)^k
    """
    sound = (1.0 - default) ** np.arange(len(balance))
    return float(present(default * lost * sound * balance, rate))


def _known_budget(name: str, known: list[str]) -> None:
    if name not in known:
        names = ", ".join(known) or "-"
        raise InputError([fault("no_budget", "scenario", name=name, names=names, caret="")])

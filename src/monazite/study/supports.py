"""Which public money do projects get, and what is each piece of it worth and what does it cost?

The table `finance` of a case holds real supports; `rules_of` turns them into instruments. What an
outcome's supports are worth is told by rule and project, with the sums that the public gives up,
expects to lose and bears unpaid.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from monazite.model.axes import add_up
from monazite.policy.finance import AbstractSupport, crf

if TYPE_CHECKING:
    import polars as pl

    from monazite.data import Case
    from monazite.model.outcome import Outcome
    from monazite.study.scenario import Scenario

# of a row of the table `finance`: what each kind of instrument takes from it
TERMS: dict[str, dict[str, str]] = {
    "loan": {"rate": "rate", "tenor": "tenor", "grace": "grace"},
    "grant": {},
    "guarantee": {"rate": "rate", "market_rate": "market_rate", "tenor": "tenor", "grace": "grace"},
    "equity": {"rate": "required_return"},
    "prepayment": {"rate": "rate", "tenor": "tenor", "grace": "grace"},
}
OWN = ("users", "producers", "treasury")  # accounts told one by one
# Between plants that cost the same an answer may choose any split of a tonnage. What their owners
# put in to run below cost then moves from one account to the other; together they stand still.
PUT_IN = {"losses_carried": "producers"}
LEAST = 1e-3  # a year, of a dollar of capital, below which no rate is told
ROUNDING = 1e-3  # MUSD in present value: what is less is rounding of two solutions
PROPOSED = ("announced", "conditional", "letter", "talks")  # states of what is not agreed
COLUMNS = {
    "rule": str, "kind": str, "facility": str, "country": str, "account": str, "built": float,
    "capital": float, "principal": float, "value": float, "grant_equivalent": float,
    "expected_loss": float, "a_year": float, "given_a_year": float, "lost_a_year": float,
    "unpaid_a_year": float,
}  # fmt: skip


def rules_of(case: Case) -> list[dict[str, Any]]:
    """The supports of the table `finance` as fields of instruments.

    Projects without capital in the case get nothing from a share of it; a support of which none has
    any is left out.
    """
    capital = dict(case.table("projects").select("facility", "capex").rows())
    found = []
    for row in case.table("finance").iter_rows(named=True):
        names = [name.strip() for name in row["projects"].split(";")]
        if row["kind"] == "fast_track" or any(capital[name] for name in names):
            found.append(_rule(row, names))
    return found


def sunk(case: Case) -> pl.DataFrame:
    """Rows of the table `finance` for projects that have no capital in the case.

    That money is spent: it made plants stand that stand here anyhow, and nothing here can tell what
    would be without it. support, kind, projects, amount [MUSD], provider, payer, start, note.
    """
    import polars as pl

    capital = dict(case.table("projects").select("facility", "capex").rows())
    rows = case.table("finance").filter(pl.col("kind") != "fast_track")
    listed = [
        not any(capital[name.strip()] for name in each.split(";")) for each in rows["projects"]
    ]
    columns = ("support", "kind", "projects", "amount", "provider", "payer", "start", "note")
    return rows.filter(pl.Series(listed, dtype=pl.Boolean)).select(columns).sort("support")


def _rule(row: dict[str, Any], names: list[str]) -> dict[str, Any]:
    rule: dict[str, Any] = {"kind": row["kind"], "name": row["support"], "projects": names}
    if row["state"] in PROPOSED:
        rule["status"] = "proposed"
    if row["start"]:
        rule["start"] = _start(row["start"])
    if row["kind"] == "fast_track":
        rule["years"] = row["years"]
    else:
        rule["payer"] = row["payer"]
        size = "amount" if row["share"] is None else "share"
        rule[size] = row[size]
        kind = row["terms"] or row["kind"]
        terms = {to: row[of] for of, to in TERMS[kind].items() if row[of] is not None}
        if row["kind"] == "letter_of_interest":
            rule |= {"probability": row["probability"], "terms": {"kind": kind, **terms}}
        else:
            rule |= terms
    return rule | {"source": f"finance:{row['support']}"}


def _start(day: str) -> Any:
    """A day as instruments take it: the year alone, or the first day of what is told."""
    from datetime import date

    year, *rest = (int(part) for part in str(day).split("-"))
    return date(year, *rest, *([1] * (2 - len(rest)))) if rest else year


def supports(outcome: Outcome) -> pl.DataFrame:
    """One row for each support of each project that is built; see COLUMNS.

    kt/yr built, MUSD of capital, principal, value to the project, grant equivalent and expected
    loss when it comes on line; MUSD/yr that the public pays, and its three parts.
    """
    import polars as pl

    rows = [row for rule in _supporting(outcome) for row in _rows(outcome, rule)]
    schema = {name: pl.String if kind is str else pl.Float64 for name, kind in COLUMNS.items()}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _supporting(outcome: Outcome) -> list[AbstractSupport]:
    return [rule for rule in outcome.market.instruments if isinstance(rule, AbstractSupport)]


def _rows(outcome: Outcome, rule: AbstractSupport) -> list[tuple[Any, ...]]:
    builds, found = outcome.market.builds, rule.support(outcome.market)
    built = rule.quantity(outcome, found)
    project, count = builds.project[found.build], builds.projects.count

    def total(each: Any) -> np.ndarray:
        return add_up(project, each * built, count)

    sums = [
        total(each)
        for each in (
            np.ones(len(built)), found.capital, found.principal, found.value,
            found.grant_equivalent, found.expected_loss, found.annual.sum(axis=0), *found.annual,
        )
    ]  # fmt: skip
    names, plants = builds.projects.facility, outcome.market.plants
    places = dict(zip(plants.facility.tolist(), plants.country.tolist(), strict=True))

    def payer(name: str) -> str:
        return rule.payer or outcome.market.axes.countries[places[name]]

    return [
        (rule.name, rule.kind, str(names[k]), payer(str(names[k])), rule.account)
        + tuple(float(each[k]) for each in sums)
        for k in np.flatnonzero(sums[0] > 0)
    ]


def cost_of_capital(outcome: Outcome) -> pl.DataFrame:
    """facility, capital [MUSD], wacc, supported: what capital costs projects with all they get.

    The rate at which the annuity of the capital is what is left of it: crf(supported, life) *
    capital = crf(wacc, life) * capital - what supports are worth a year; null where nothing is
    left. Projects without support are left out.
    """
    import polars as pl

    given = supports(outcome)
    total = given.group_by("facility").agg(pl.col("a_year").sum())
    found = outcome.market.builds
    paid, capital = (
        add_up(found.project, outcome.built * each, found.projects.count)
        for each in (found.annuity, found.capital_cost(outcome.market.axes))
    )
    place = {str(name): k for k, name in enumerate(found.projects.facility)}
    rows = []
    for facility, a_year in total.select("facility", "a_year").iter_rows():
        k = place[facility]
        if capital[k] > 0:
            life, wacc = float(found.projects.life[k]), float(found.projects.wacc[k])
            rate = _rate((paid[k] - a_year) / capital[k], life)
            rows.append((facility, float(capital[k]), wacc, rate))
    schema = {"facility": pl.String} | dict.fromkeys(("capital", "wacc", "supported"), pl.Float64)
    table = pl.DataFrame(rows, schema=schema, orient="row")
    return table.sort("capital", "facility", descending=[True, False])


def _rate(annuity: float, life: float) -> float | None:
    """The rate at which 1 costs so much a year over a life; None for nothing or less."""
    from scipy.optimize import brentq

    if annuity <= LEAST:
        return None
    return float(brentq(lambda rate: float(crf(rate, life)) - annuity, -0.9, 10.0, xtol=1e-12))


def bare_of(scenario: Scenario) -> Scenario:
    """The scenario without its supports, their budgets and fast tracks; its other rules stay."""
    left = tuple(
        rule
        for rule in scenario.instruments
        if not (isinstance(rule, AbstractSupport) or rule.kind in ("budget", "fast_track"))
    )
    return scenario.model_copy(update={"instruments": left})


def change_of_accounts(before: Outcome, after: Outcome) -> pl.DataFrame:
    """Change of gains by country and account, MUSD in present value, the largest first.

    country, users, producers, treasury, others, all. `producers` gain net of what owners put in to
    run below cost. `others` are traders, suppliers, holders of quotas and stocks, disposal, and
    what calibration leaves unexplained. What has no country stands under an empty name. What is
    less than a thousand dollars is 0.
    """
    import polars as pl

    one, other = _accounts(before), _accounts(after)
    joined = other.join(one, on=["country", "account"], how="full", coalesce=True, suffix="_before")
    change = pl.col("worth").fill_null(0.0) - pl.col("worth_before").fill_null(0.0)
    account = pl.col("account").replace(PUT_IN)
    named = pl.when(account.is_in(OWN)).then(account).otherwise(pl.lit("others"))
    parts = [
        pl.col("change").filter(pl.col("part") == part).sum().alias(part)
        for part in (*OWN, "others")
    ]
    sums = (
        joined.with_columns(change=change, part=named)
        .group_by("country")
        .agg(*parts, pl.col("change").sum().alias("all"))
    )
    told = [
        pl.when(pl.col(name).abs() > ROUNDING).then(pl.col(name)).otherwise(0.0).alias(name)
        for name in (*OWN, "others", "all")
    ]
    found = sums.with_columns(told)
    return found.sort(pl.col("all").abs(), "country", descending=[True, False])


def _accounts(outcome: Outcome) -> pl.DataFrame:
    """country, account, worth: present value of the gains of people."""
    import polars as pl

    axes = outcome.market.axes
    weight = dict(zip(axes.periods, axes.weight.tolist(), strict=True))
    rows = outcome.ledger.people.with_columns(
        pl.col("amount") * pl.col("period").replace_strict(weight, return_dtype=pl.Float64)
    )
    return rows.group_by("country", "account").agg(pl.col("amount").sum().alias("worth"))

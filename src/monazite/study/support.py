"""What does support cost per additional tonne, against the same case without it?

Lines of a rule, from the books of members' treasuries and of what they keep in store:

    payments           what treasuries pay under the rule
    received           what they get under it: give-backs, levies; negative
    kept               what public stores hold at the end, at the value they state; negative
    grant_equivalent   of loans, grants, guarantees and stakes: what the public gives up
    expected_loss, unpaid_risk   of the same, as policy/finance.py books them

    support = payments + grant_equivalent          public = all lines together
    users   = what users of members lose against the case without the support

Amounts are summed over the years of all periods, plainly and in present value at the outcome's
discount rate. Tonnes are what members make more of a stage or material than without the support,
summed likewise; cost per additional tonne is one sum over the other, both plain or both discounted.
It has no value where nothing more is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from monazite.policy.finance import LINES, AbstractSupport
from monazite.study.beforehand import Together, unknown_in

if TYPE_CHECKING:
    import polars as pl

    from monazite.data import Case
    from monazite.model.outcome import Outcome
    from monazite.study.scenario import Scenario

PARTS = ("payments", "received", "kept", *LINES)
SUPPORT = ("payments", "grant_equivalent")
LITTLE = 1e-3  # kt over all years, and of what is made: less is no additional tonne
ROUNDING = 1e-4


@dataclass(frozen=True)
class Cost:
    """Tables of one question.

    payments: period, rule, kind, country, line, amount [MUSD/yr, positive is paid].
    totals: line (PARTS, then support, public, users), plain, discounted [MUSD].
    tonnes: by (stage or material), item, base, more [kt over all years], more_discounted, then USD
    per additional tonne: support, support_discounted, public, public_discounted.
    prices: material, period, inside, outside, inside_without, outside_without [USD/kg].
    """

    members: tuple[str, ...]
    payments: pl.DataFrame
    totals: pl.DataFrame
    tonnes: pl.DataFrame
    prices: pl.DataFrame


def without(scenario: Scenario, rules: Iterable[str] = ()) -> Scenario:
    """The scenario without some of its rules, by name or kind; without all of them unless told.

    Raises InputError for names that none of them has, and for a scenario that has none to take out.
    """
    from monazite.data.names import suggest
    from monazite.errors import InputError, fault

    wanted = tuple(rules)
    if not wanted and not scenario.instruments:
        raise InputError([fault("no_rules", "scenario", value=scenario.name)])
    known = [word for rule in scenario.instruments for word in (rule.name, rule.kind)]
    unknown = [name for name in wanted if name not in known]
    if unknown:
        names = ", ".join(dict.fromkeys(known)) or "-"
        raise InputError(
            [suggest("support_rule", name, known, "--rules", value=name, names=names)
             for name in unknown]
        )  # fmt: skip
    kept = tuple(
        rule
        for rule in scenario.instruments
        if wanted and rule.name not in wanted and rule.kind not in wanted
    )
    return scenario.model_copy(update={"instruments": kept})


def support(
    outcome: Outcome,
    against: Outcome,
    *,
    members: Sequence[str] = (),
    materials: Sequence[str] = (),
) -> Cost:
    """What support costs, per additional tonne.

    `members` whose treasuries pay and whose tonnes count are those of rules and whoever pays under
    them, but for a rival's; `materials` are those that rules name (see study/effects.py), unless
    told. Rules of both outcomes are no support. Raises InputError for unknown names.
    """
    from monazite.study.effects import terms_of

    both = {"against": against, "outcome": outcome}
    own = tuple(members) or payers(outcome, against)
    terms = terms_of(both, members=own, materials=materials)
    paid = payments(outcome, against, terms.members)
    totals = _totals(outcome, against, paid, terms.members)
    return Cost(
        terms.members,
        paid,
        totals,
        _tonnes(outcome, against, terms.members, terms.materials, totals),
        _prices(outcome, against, terms.members, terms.materials),
    )


def check(
    asked: Scenario,
    case: Case,
    *,
    rules: Sequence[str] = (),
    members: Sequence[str] = (),
    materials: Sequence[str] = (),
) -> Scenario:
    """The scenario without the rules whose support is asked for, before anything is solved.

    Raises InputError with every rule, member and material that scenario and case do not have.
    """
    told = Together()
    base = asked
    with told.also():
        base = without(asked, rules)
    told.faults += unknown_in(case, members=members, materials=materials)
    told.tell()
    return base


def payers(outcome: Outcome, against: Outcome) -> tuple[str, ...]:
    """Members named by rules that are not those of `against`, and whose treasuries move money."""
    import polars as pl

    rules = [r for r in _new(outcome, against).values() if not hasattr(r, "rivals")]
    named = [country for rule in rules for country in getattr(rule, "members", ())]
    public = outcome.books().filter(pl.col("account").is_in(["treasury", "stockpile"]))
    paid = [
        country
        for country, item in public.select("country", "item").unique().sort("country").iter_rows()
        if country and _rule_of(item, [rule.name for rule in rules])
    ]
    return tuple(dict.fromkeys([*named, *paid]))


def _new(outcome: Outcome, against: Outcome) -> dict[str, Any]:
    """The rules of an outcome, by name, that the other does not have."""
    old = {rule.name for rule in against.market.instruments}
    return {rule.name: rule for rule in outcome.market.instruments if rule.name not in old}


def payments(outcome: Outcome, against: Outcome, members: Sequence[str]) -> pl.DataFrame:
    """What members' treasuries pay by period, rule, country and line (see `Cost`)."""
    import polars as pl

    rules = _new(outcome, against)
    public = pl.col("account").is_in(["treasury", "stockpile"])
    mine = outcome.books().filter(public & pl.col("country").is_in(list(members)))
    rows = []
    for period, account, country, item, amount in mine.select(
        "period", "account", "country", "item", "amount"
    ).iter_rows():
        rule = rules.get(_rule_of(item, rules))
        if rule is not None:
            line = _line(rule, item, account, amount)
            rows.append((period, rule.name, rule.kind, country, line, -amount))
    text = ("period", "rule", "kind", "country", "line")
    schema = dict.fromkeys(text, pl.String) | {"amount": pl.Float64}
    found = pl.DataFrame(rows, schema=schema, orient="row")
    return found.group_by(text, maintain_order=True).agg(pl.col("amount").sum())


def _rule_of(item: str, rules: Iterable[str]) -> str:
    """The rule under whose name, or the name of a part of which, an item stands."""
    if item in rules:
        return item
    return next((name for name in rules if item.startswith(f"{name}/")), "")


def _line(rule: Any, item: str, account: str, amount: float) -> str:
    if isinstance(rule, AbstractSupport):
        part = item.removeprefix(rule.name).removeprefix("/")
        return part if part in LINES else LINES[0]
    if account == "stockpile":
        return "kept"
    return "payments" if amount < 0 else "received"


def _weights(outcome: Outcome) -> dict[str, tuple[float, float]]:
    """Years of each period, and what a yearly amount over it is worth today."""
    axes = outcome.market.axes
    pairs = zip(axes.years.tolist(), axes.weight.tolist(), strict=True)
    return dict(zip(axes.periods, pairs, strict=True))


def _summed(outcome: Outcome, frame: pl.DataFrame, column: str) -> tuple[float, float]:
    """A yearly column over all years, plain and discounted."""
    weight = _weights(outcome)
    rows = frame.select("period", column).iter_rows()
    both = [(weight[period][0] * value, weight[period][1] * value) for period, value in rows]
    return sum(one for one, _ in both), sum(other for _, other in both)


def _totals(
    outcome: Outcome, against: Outcome, paid: pl.DataFrame, members: Sequence[str]
) -> pl.DataFrame:
    import polars as pl

    lines = {
        line: _summed(outcome, paid.filter(pl.col("line") == line), "amount") for line in PARTS
    }
    for line, names in (("support", SUPPORT), ("public", PARTS)):
        plain, discounted = ([lines[name][k] for name in names] for k in (0, 1))
        lines[line] = (sum(plain), sum(discounted))
    gained = [_users(one, members) for one in (against, outcome)]
    lines["users"] = (gained[0][0] - gained[1][0], gained[0][1] - gained[1][1])
    rows = [(line, *both) for line, both in lines.items()]
    schema = {"line": pl.String, "plain": pl.Float64, "discounted": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _users(outcome: Outcome, members: Sequence[str]) -> tuple[float, float]:
    import polars as pl

    mine = (pl.col("account") == "users") & pl.col("country").is_in(list(members))
    return _summed(outcome, outcome.books().filter(mine), "amount")


def _tonnes(
    outcome: Outcome,
    against: Outcome,
    members: Sequence[str],
    materials: Sequence[str],
    totals: pl.DataFrame,
) -> pl.DataFrame:
    import polars as pl

    cost = {line: (plain, now) for line, plain, now in totals.rows()}
    now, then = (_made(one, members, materials) for one in (outcome, against))
    rows: list[tuple[Any, ...]] = []
    for key, (made, discounted) in now.items():
        base, base_discounted = then.get(key, (0.0, 0.0))
        more = (made - base, discounted - base_discounted)
        some = more[0] > LITTLE and more[0] > ROUNDING * made
        per = [
            1000.0 * cost[line][k] / more[k] if some and more[k] > 0 else None
            for line in ("support", "public")
            for k in (0, 1)
        ]
        rows.append((*key, base, *more, *per))
    names = ("base", "more", "more_discounted", "support", "support_discounted", "public",
             "public_discounted")  # fmt: skip
    schema = {"by": pl.String, "item": pl.String} | dict.fromkeys(names, pl.Float64)
    return pl.DataFrame(rows, schema=schema, orient="row")


def _made(
    outcome: Outcome, members: Sequence[str], materials: Sequence[str]
) -> dict[tuple[str, str], tuple[float, float]]:
    """kt over all years, plain and discounted, that members make of each stage and material."""
    import polars as pl

    from monazite.model.average import plain
    from monazite.study.concentration import shares

    inside = pl.col("name").is_in(list(members)) & (pl.col("by") == "place")
    by_stage = shares(outcome).filter(inside)
    found = {
        ("stage", stage): _summed(outcome, by_stage.filter(pl.col("stage") == stage), "quantity")
        for stage in outcome.shares
    }
    saved = pl.col("facility").str.starts_with("thrift_")
    made = outcome.production.filter(pl.col("country").is_in(list(members)) & ~saved)
    for material in materials:
        rows = made.filter(plain("material") == material)
        found["material", material] = _summed(outcome, rows, "quantity")
    return found


def _prices(
    outcome: Outcome, against: Outcome, members: Sequence[str], materials: Sequence[str]
) -> pl.DataFrame:
    import polars as pl

    axes = outcome.market.axes
    outside = [country for country in axes.countries if country not in members]
    rows = [
        (material, period, *(one.volume_price(material, places, period)
                             for one in (outcome, against) for places in (list(members), outside)))
        for material in materials
        for period in axes.periods
    ]  # fmt: skip
    sides = ("inside", "outside", "inside_without", "outside_without")
    schema = {"material": pl.String, "period": pl.String} | dict.fromkeys(sides, pl.Float64)
    return pl.DataFrame(rows, schema=schema, orient="row")

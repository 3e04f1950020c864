"""How are effects of rules shown? The lines of one table, for a screen and for a page alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from monazite.messages import say
from monazite.report import look
from monazite.report.view import View, periods_of, view_of, years_of

if TYPE_CHECKING:
    import polars as pl

SECTIONS = ("price", "independence", "gain", "cost", "downstream")
UNEXPLAINED = ("calibration_residual", "losses_carried")  # what sourced costs do not explain
ALL = "all"
QUIET = 0.05  # MUSD/yr and t/yr: below it a line says nothing
SMALL = 0.003  # of the largest gain: smaller ones are told together
PRODUCTS = 4  # products whose imports are told one by one
PUBLIC, MAKERS = ("treasury", "stockpile"), ("producers",)
STACK = (
    ("members", "users"), ("members", "public"), ("members", "makers"), ("members", "rest"),
    ("named", ""), ("others", ""),
)  # fmt: skip
Values = tuple[float | None, ...]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Outcomes by name, the terms of their comparison, its frame, and the reader's view."""

    outcomes: Mapping[str, Any]
    terms: Any
    frame: pl.DataFrame
    view: View

    @property
    def names(self) -> list[str]:
        """The scenarios' names, the first being what the others are measured against."""
        return list(self.outcomes)

    def title(self, name: str) -> str:
        """A scenario in the reader's words."""
        scenario = self.outcomes[name].scenario
        return scenario.titled(self.view.lang) if scenario is not None else name

    def values(self, measure: str, item: str, place: str) -> Values | None:
        """A value for each scenario; None where the comparison has no such line."""
        found = self._cells.get((measure, item, place))
        return None if found is None else tuple(found.get(name) for name in self.names)

    @cached_property
    def _cells(self) -> dict[tuple[str, str, str], dict[str, float | None]]:
        found: dict[tuple[str, str, str], dict[str, float | None]] = {}
        columns = ("measure", "item", "place", "scenario", "value")
        for measure, item, place, scenario, value in self.frame.select(columns).iter_rows():
            found.setdefault((measure, item, place), {})[scenario] = value
        return found

    def cost(self, name: str) -> float:
        """What users and treasuries of members lose in a scenario, MUSD/yr."""
        values = self.values("cost", ALL, "members") or (0.0,) * len(self.names)
        return values[self.names.index(name)] or 0.0

    @cached_property
    def by_year(self) -> pl.DataFrame:
        """Prices and shares period by period (study/comparison.py); empty without years."""
        from monazite.study.comparison import by_year

        found = by_year(self.outcomes, self.terms)
        return found if years_of(self.view.outcome) else found.clear()

    @property
    def named(self) -> str:
        """The country whose hold is measured, as in a sentence."""
        return self.view.the(self.terms.country)


@dataclass(frozen=True)
class Line:
    """A line of the table: values by scenario, shown after their unit."""

    section: str
    label: str
    unit: str
    values: Values
    total: bool = False

    def shown(self, lang: str) -> list[str]:
        """The values as the reader sees them."""
        return [_shown(value, self.unit, self.section, lang) for value in self.values]


def comparison(
    outcomes: Mapping[str, Any], terms: Any, frame: pl.DataFrame, lang: str
) -> Comparison:
    """A comparison in a reader's language."""
    return Comparison(outcomes, terms, frame, view_of(next(iter(outcomes.values())), lang))


def lines(found: Comparison) -> list[Line]:
    """Every line that says something, section by section."""
    every = [
        *_prices(found), *_independence(found), *_pooled(found, list(_gains(found))),
        *_costs(found), *_down(found),
    ]  # fmt: skip
    return [line for line in every if line.total or _largest(line) > _small(line)]


def _small(line: Line) -> float:
    return QUIET if line.unit in ("MUSD/yr", "t/yr") else 0.0


def _largest(line: Line) -> float:
    return max((abs(value) for value in line.values if value is not None), default=0.0)


def _pooled(found: Comparison, gains: list[Line]) -> list[Line]:
    """Gains, those that are small beside the largest as one line, so that sums can be checked."""
    small = SMALL * max((_largest(line) for line in gains), default=0.0)
    single = [line for line in gains if not line.total]
    pool = [line.values for line in single if _largest(line) < small]
    if len(pool) < 2:
        return gains
    rest = Line("gain", found.view.say("effect.small"), "MUSD/yr", _sum(pool))
    kept = [line for line in single if _largest(line) >= small]
    return [*kept, rest, *(line for line in gains if line.total)]


def _sum(values: Sequence[Values]) -> Values:
    return tuple(sum(one or 0.0 for one in each) for each in zip(*values, strict=True))


def _prices(found: Comparison) -> Iterator[Line]:
    for material in found.terms.materials:
        for measure in ("price", "price_paid"):
            for place in ("inside", "outside"):
                values = found.values(measure, material, place)
                if values:
                    label = found.view.say(
                        f"effect.{measure}.{place}", material=found.view.material(material)
                    )
                    yield Line("price", label, "USD/kg", values)


def _independence(found: Comparison) -> Iterator[Line]:
    for measure, unit in (("free", "t/yr"), ("dependence", "1")):
        for material in (*found.terms.materials, ALL):
            values = found.values(measure, material, "members")
            if values:
                what = found.view.say("effect.all_materials")
                name = what if material == ALL else found.view.material(material)
                label = found.view.say(f"effect.{measure}", material=name, country=found.named)
                yield Line("independence", label, unit, values)


def _gains(found: Comparison) -> Iterator[Line]:
    unknown: list[Values] = []
    for measure, item, place in found._cells:
        values = found.values(measure, item, place)
        if measure != "gain" or item == ALL or values is None:
            continue
        if item in UNEXPLAINED:
            unknown.append(values)
        else:
            yield Line("gain", account(found, item, place), "MUSD/yr", values)
    if unknown:
        label = found.view.say("effect.unexplained")
        yield Line("gain", label, "MUSD/yr", _sum(unknown))
    for place in ("members", "named", "others", "nowhere", ALL):
        values = found.values("gain", ALL, place)
        label = found.view.say("effect.total", place=group(found, place))
        line = Line("gain", label, "MUSD/yr", values or (), total=True)
        if values and (place != "nowhere" or _largest(line) > QUIET):
            yield line


def account(found: Comparison, item: str, place: str) -> str:
    """An account with its place in words: Magnet makers, members."""
    kind, _, stage = item.partition("/")
    word = found.view.word("effect.makers", stage) if stage else found.view.word("account", kind)
    where = group(found, place)
    return found.view.say("effect.account", account=word, place=where) if where else word


def group(found: Comparison, place: str) -> str:
    """A group of countries, or a country, in words."""
    if place == "named":
        return found.view.country(found.terms.country)
    if place in ("members", "others", "nowhere", ALL):
        return found.view.say(f"effect.place.{place}")
    return found.view.country(place) if place else ""


def stacked(found: Comparison) -> dict[tuple[str, str], list[float]]:
    """MUSD/yr by group (members: by account) and scenario."""
    sums = {key: [0.0] * len(found.names) for key in STACK}
    for measure, item, place in found.frame.select("measure", "item", "place").unique().iter_rows():
        if measure != "gain" or item == ALL:
            continue
        where = place if place in ("members", "named", "others") else found.terms.group(place)
        kind = item.split("/")[0]
        part = "users" if kind == "users" else "public" if kind in PUBLIC else "rest"
        part = "makers" if kind in MAKERS else part
        key = (where, part if where == "members" else "")
        for k, value in enumerate(found.values(measure, item, place) or ()):
            if key in sums:
                sums[key][k] += value or 0.0
    return sums


def _costs(found: Comparison) -> Iterator[Line]:
    for measure, unit in (
        ("cost", "MUSD/yr"), ("supported", "t/yr"), ("cost_per_tonne", "USD/t"),
        ("cost_per_point", "MUSD"),
    ):  # fmt: skip
        values = found.values(measure, ALL, "members")
        if values:
            label = found.view.say(f"effect.{measure}", country=found.named)
            yield Line("cost", label, unit, values)


def _down(found: Comparison) -> Iterator[Line]:
    products = [(m, found.values("imports", m, "members")) for m in found.terms.content]
    size = {m: max(abs(v or 0.0) for v in values) for m, values in products if values}
    for material, values in products:
        if values and material in sorted(size, key=lambda m: -size[m])[:PRODUCTS]:
            label = found.view.say("effect.imports", material=found.view.material(material))
            yield Line("downstream", label, "t/yr", values)
    values = found.values("leakage", ALL, "members")
    if values:
        yield Line("downstream", found.view.say("effect.leakage"), "t/yr", values)


def _shown(value: float | None, unit: str, section: str, lang: str) -> str:
    if value is None:
        return "–"
    if unit == "1":
        return look.percent(value if abs(value) > 1e-9 else 0.0, lang)
    if unit == "USD/kg":
        return look.number(value)
    signed = section == "gain" or section == "downstream" and value < 0
    return whole(value, signed=signed) if section == "gain" else rough(value, signed=signed)


def rough(value: float, *, signed: bool = False) -> str:
    """As `whole`, with three digits that mean something: 21,000 and not 21,012."""
    return whole(float(f"{value:.3g}"), signed=signed)


def whole(value: float, *, signed: bool = False) -> str:
    """A number without decimals, with its sign if asked; small ones with one decimal."""
    digits = 1 if abs(value) < 9.95 else 0
    text = f"{value:{'+' if signed else ''},.{digits}f}"
    return "0" if not float(text.replace(",", "")) else text.replace("-", "−")


def unit(code: str, lang: str) -> str:
    """A unit in brackets after a label; nothing for a share."""
    if code not in ("t/yr", "MUSD/yr", "USD/t", "MUSD"):
        return ""
    return say("report.effect.unit", lang, unit=look.unit(code, lang))


def averaged(found: Comparison) -> str:
    """Over which years amounts are averaged, and how; nothing for one period."""
    axes = found.view.outcome.market.axes
    years = years_of(found.view.outcome)
    if not years:
        names = periods_of(found.view.outcome)
        several = len(names) > 1
        return found.view.say("compare.over", first=names[0], last=names[-1]) if several else ""
    rate = found.outcomes[found.names[0]].scenario.discount
    return found.view.say(
        "compare.over_years",
        first=years[0],
        last=f"{axes.start[-1] + axes.years[-1] - 1:.0f}",
        rate=look.percent(rate, found.view.lang),
    )


def findings(found: Comparison) -> list[str]:
    """What stands out among the scenarios after the first, in sentences."""
    rules = found.names[1:]
    told = _alone(found) if len(rules) == 1 else []
    for key, measure, item, largest in (
        ("free", "free", _main(found), True),
        ("point", "cost_per_point", ALL, False),
        ("users", "gain", "users", False),
        ("tonne", "cost_per_tonne", ALL, False),
    ):
        values = dict(zip(found.names, found.values(measure, item, "members") or (), strict=False))
        known = {name: v for name in rules if (v := values.get(name)) is not None}
        if len(known) < 2 or max(known.values()) - min(known.values()) < QUIET:
            continue
        best = (max if largest else min)(known, key=lambda name: known[name])
        if key in ("point", "tonne") and known[best] < 0:
            key = "gain"  # outsiders bear it: members lose nothing
        if key == "users" and known[best] >= 0:
            continue
        told.append(
            found.view.say(
                f"effect.finding.{key}",
                scenario=found.title(best),
                value=rough(abs(known[best] if key != "gain" else found.cost(best))),
                material=found.view.material(_main(found)),
                country=found.named,
            )
        )
    return [*dict.fromkeys(told), *_by_year(found), *shifts(found)]


def _alone(found: Comparison) -> list[str]:
    """What the one scenario beside the first does to users, members and dependence."""
    name, country = found.title(found.names[1]), found.named
    told = []
    users, net = (found.values("gain", item, "members") for item in ("users", ALL))
    if users and net and max(_size(users[1]), _size(net[1])) > QUIET:
        words = {
            key: found.view.say(f"effect.finding.{'gain' if (v or 0) > 0 else 'lose'}_amount",
                                value=whole(abs(v or 0.0)))
            for key, v in (("users", users[1]), ("net", net[1]))
        }  # fmt: skip
        told.append(found.view.say("effect.finding.one_money", scenario=name, **words))
    free = found.values("free", _main(found), "members")
    if free and None not in free and _size((free[1] or 0) - (free[0] or 0)) > QUIET:
        told.append(
            found.view.say(
                "effect.finding.one_free",
                scenario=name,
                country=country,
                material=found.view.inside_name(found.view.material(_main(found))),
                value=rough(free[1] or 0.0),
                before=rough(free[0] or 0.0),
            )  # fmt: skip
        )
    return told


def _size(value: float | None) -> float:
    return abs(value or 0.0)


def _by_year(found: Comparison) -> list[str]:
    """The stage of which the named country's share differs most in the last year."""
    import polars as pl

    frame = found.by_year.filter(pl.col("kind") == "share")
    if not frame.height or len(found.names) < 2:
        return []
    periods = frame["period"].unique(maintain_order=True).to_list()
    cells = {(i, p, s): v for _, i, _, p, s, v in frame.iter_rows()}
    base = found.names[0]
    best = max(
        ((item, name) for item in dict.fromkeys(frame["item"]) for name in found.names[1:]),
        key=lambda one: round(abs(_gap(cells, one, periods[-1], base)), 6),
    )
    item, name = best
    told = {"scenario": found.title(name), "base": found.title(base), "country": found.named,
            "stage": found.view.inside_name(found.view.measure(item)),
            "year": periods[-1], "begin": periods[0]}  # fmt: skip
    ends = ((base, periods[0]), (base, periods[-1]), (name, periods[-1]))
    first, last, other = (found.view.percent(cells.get((item, p, s), 0.0)) for s, p in ends)
    key = "effect.finding.share_same" if last == other else "effect.finding.share"
    return [found.view.say(key, first=first, last=last, other=other, **told)]


def _gap(cells: Mapping, one: tuple[str, str], period: str, base: str) -> float:
    item, name = one
    return float(cells.get((item, period, name), 0.0) - cells.get((item, period, base), 0.0))


SHIFT = 1.5  # times what was imported without the rule
FALL = 0.1  # of the largest import that falls: smaller rises are no shift


def shifts(found: Comparison) -> list[str]:
    """Products whose imports rise while those of another product fall: supply that went round.

    A sentence for each scenario after the first, of the largest rise and the largest fall.
    """
    moves = {m: found.values("imports", m, "members") for m in found.terms.content}
    told = []
    for k, name in enumerate(found.names):
        change = {m: (v[k] or 0.0) - (v[0] or 0.0) for m, v in moves.items() if v and k}
        if not change:
            continue
        rises = max(change, key=lambda m: change[m])
        falls = min(change, key=lambda m: change[m])
        before, after = ((moves[rises] or ())[i] or 0.0 for i in (0, k))
        if change[falls] >= 0 or change[rises] < -FALL * change[falls] or after < SHIFT * before:
            continue
        less = [rough((moves[falls] or ())[i] or 0.0) for i in (0, k)]
        told.append(
            found.view.say(
                "effect.finding.shift",
                scenario=found.title(name),
                rises=found.view.inside_name(found.view.material(rises)),
                falls=found.view.inside_name(found.view.material(falls)),
                before=rough(before),
                after=rough(after),
                more=less[0],
                less=less[1],
            )  # fmt: skip
        )
    return told


def _main(found: Comparison) -> str:
    return found.terms.materials[0]


def notes(found: Comparison) -> Sequence[tuple[str, str]]:
    """(scenario, what to know): rules that bind nothing, periods other than those of the first."""
    lang, first = found.view.lang, found.outcomes[found.names[0]].market.axes.periods
    told = []
    for name, one in found.outcomes.items():
        if one.market.axes.periods != first:
            told.append((name, say("policy.periods", lang, first=found.title(found.names[0]))))
        idle = (rule for rule in one.market.instruments if not rule.bound(one))
        told += [(name, say("policy.idle", lang, rule=rule.name)) for rule in idle]
    return told

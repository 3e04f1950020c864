"""What would a reader with a minute ask? What changes, by when, at what price, and who pays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from monazite.report import look, parts
from monazite.report.effects import ALL, Comparison, group, stacked

MOVED = 0.005  # of a stage: a share that differs by less is told as the same
NOTICED = 0.01  # of a stage: the difference whose first year is told
DEARER = 0.005  # of a price: less is told as the same
TOLD = 0.02  # of the largest gain or loss: smaller ones are left to the table
ALONE = ("members_lose", "even", "members_gain")
BEST = ("least_cost", "no_cost", "most_gain")
CHANGED = 0.02  # of tonnes: less is told as the same


@dataclass(frozen=True)
class Gap:
    """One stage or price in one period: without the rules, and with them."""

    item: str
    period: str
    before: float
    after: float

    @property
    def size(self) -> float:
        """After less before."""
        return self.after - self.before

    @property
    def ratio(self) -> float:
        """After over before, less one; 0 where there was no price."""
        return self.size / self.before if self.before > 0 else 0.0


def gaps(found: Comparison, scenario: str, kind: str, place: str) -> list[Gap]:
    """Each share (place: the named country) or price (place: inside) against the first scenario."""
    base = found.names[0]
    rows = found.by_year.filter(kind=kind, place=place)
    values = {(i, p, s): v for i, p, s, v in
              rows.select("item", "period", "scenario", "value").rows()}  # fmt: skip
    pairs = dict.fromkeys((item, period) for item, period, _ in values)
    told = ((item, p, values.get((item, p, base)), values.get((item, p, scenario)))
            for item, p in pairs)  # fmt: skip
    return [Gap(i, p, a, b) for i, p, a, b in told if a is not None and b is not None]


def moved(found: Comparison, scenario: str) -> list[Gap]:
    """The stages whose share in the named country differs in the last period, most first.

    Of two ways of counting one stage (mining, mining of all rare earths) the larger is told.
    """
    every = gaps(found, scenario, "share", found.terms.country)
    last = [gap for gap in every if gap.period == every[-1].period]
    told: dict[str, Gap] = {}
    for gap in sorted(last, key=lambda one: -round(abs(one.size), 6)):
        if abs(gap.size) >= MOVED:
            told.setdefault(gap.item.split("_")[0], gap)
    return list(told.values())


def block(found: Comparison) -> str:
    """The answers as a list: questions of one scenario, or a line for each of several."""
    if len(found.names) < 2:
        return ""
    pairs = list(_questions(found) if len(found.names) == 2 else _lines(found))
    told = "".join(
        f"<div><dt>{parts.text(question)}</dt><dd>{parts.text(answer)}</dd></div>"
        for question, answer in pairs
    )
    return f'<dl class="answers">{told}</dl>'


def _questions(found: Comparison) -> Iterator[tuple[str, str]]:
    view, name = found.view, found.names[1]
    over = found.by_year.height > 0
    yield view.say("brief.what"), _joined(found, _what(found, name))
    if over:
        yield view.say("brief.when"), _when(found, name)
    price = _price(found, name)
    if price:
        yield view.say("brief.price"), price
    yield view.say("brief.pays"), _pays(found, name)


def _lines(found: Comparison) -> Iterator[tuple[str, str]]:
    for name in found.names[1:]:
        yield found.title(name), _joined(found, [*_what(found, name), _pays(found, name)])


def _joined(found: Comparison, texts: list[str]) -> str:
    return ("" if found.view.lang == "zh" else " ").join(texts)


def headline(found: Comparison) -> str:
    """The one sentence: what the rules move, and what it costs the members."""
    view, rules = found.view, found.names[1:]
    if len(rules) != 1:
        return _best(found)
    money = _net(found, rules[0])
    if found.by_year.height:
        stages = moved(found, rules[0])
        if not stages:
            year = found.by_year["period"][-1]
            return view.say("brief.title_same", country=found.named, year=year, money=money)
        return view.say("brief.title_share", **_words(found, stages[0]), money=money)
    both = found.values("dependence", found.terms.materials[0], "members")
    if both is None or None in both:
        return view.say("brief.title_money", scenario=found.title(rules[0]), money=money)
    before, after = (view.percent(value if abs(value or 0.0) > 1e-9 else 0.0) for value in both)
    key = "brief.title_same_now" if before == after else "brief.title_now"
    return view.say(key, material=_material(found, found.terms.materials[0]),
                    country=found.named, before=before, after=after, money=money)  # fmt: skip


def money_heading(found: Comparison) -> str:
    """The heading above the picture: the largest loser, the largest gainer."""
    view = found.view
    if len(found.names) != 2:
        return ""
    sums = {key: values[1] for key, values in stacked(found).items()}
    loser, gainer = (min(sums, key=lambda k: sums[k]), max(sums, key=lambda k: sums[k]))
    if sums[loser] > -0.05 or sums[gainer] < 0.05:
        return ""
    return view.say("brief.heading_money", loser=_who(found, loser), gainer=_who(found, gainer),
                    lost=look.money(-sums[loser], view.lang),
                    gained=look.money(sums[gainer], view.lang))  # fmt: skip


def dearest(found: Comparison) -> Gap | None:
    """The price inside that differs most from that of the first scenario; None without years."""
    if len(found.names) != 2:
        return None
    told = gaps(found, found.names[1], "price", "inside")
    return max(told, key=lambda gap: round(abs(gap.ratio), 6), default=None)


def years_heading(found: Comparison) -> str:
    """The heading above the years: the price inside that differs most, and when."""
    most = dearest(found)
    if most is None:
        return ""
    if abs(most.ratio) < DEARER:
        return found.view.say("brief.heading_prices_same")
    return found.view.say("brief.heading_price", **_priced(found, most))


def _best(found: Comparison) -> str:
    """Of several scenarios: which costs members least, and which loosens dependence most."""
    if len(found.names) < 3:
        return ""
    net = _of(found, "gain", ALL)
    free = _of(found, "free", found.terms.materials[0])
    cheapest = max(net, key=lambda name: round(net[name], 6))
    words = {"cheapest": found.title(cheapest), "country": found.named,
             "material": _material(found, found.terms.materials[0]),
             "money": _net(found, cheapest, BEST)}  # fmt: skip
    freest = max(free, key=lambda name: round(free[name], 6))
    if cheapest == freest or max(free.values()) - min(free.values()) < CHANGED:
        return found.view.say("brief.title_cheapest", **words)
    return found.view.say("brief.title_several", freest=found.title(freest), **words)


def _of(found: Comparison, measure: str, item: str) -> dict[str, float]:
    """A measure of members by scenario, without the first."""
    values = found.values(measure, item, "members") or (0.0,) * len(found.names)
    return {name: value or 0.0 for name, value in zip(found.names, values, strict=True)
            if name != found.names[0]}  # fmt: skip


def _net(found: Comparison, scenario: str, keys: tuple[str, str, str] = ALONE) -> str:
    """What members together gain or lose, as a clause: the texts of a loss, nothing, a gain."""
    value = _of(found, "gain", ALL)[scenario]
    if abs(value) < 0.05:
        return found.view.say(f"brief.{keys[1]}")
    key = keys[2] if value > 0 else keys[0]
    return found.view.say(f"brief.{key}", amount=look.money(abs(value), found.view.lang))


def _words(found: Comparison, gap: Gap) -> dict[str, str]:
    view = found.view
    before, after = view.percent(gap.before), view.percent(gap.after)
    if before == after:  # a difference of half a point may vanish in rounding
        before, after = (look.number(100 * v, 3) + (" %", "%")[view.lang == "zh"]
                         for v in (gap.before, gap.after))  # fmt: skip
    return {"stage": view.aside(view.measure(gap.item)), "country": found.named,
            "year": gap.period, "before": before, "after": after}  # fmt: skip


def _material(found: Comparison, code: str) -> str:
    return found.view.aside(found.view.material(code))


def _what(found: Comparison, scenario: str) -> list[str]:
    """Shares in the last period, and tonnes that were not made in the named country."""
    view, told = found.view, []
    if found.by_year.height:
        stages = moved(found, scenario)[:2]
        told += [view.say("brief.share", **_words(found, gap)) for gap in stages]
        if not stages:
            year = found.by_year["period"][-1]
            told.append(view.say("brief.share_same", country=found.named, year=year))
    material = found.terms.materials[0]
    free = found.values("free", material, "members")
    if free:
        before, after = free[0] or 0.0, free[found.names.index(scenario)] or 0.0
        was, now = look.plain(before, 2), look.plain(after, 2)
        same = was == now or abs(after - before) <= CHANGED * max(before, after)
        told.append(view.say(
            "brief.free_same" if same else "brief.free",
            material=_material(found, material), country=found.named, before=was, after=now,
        ))  # fmt: skip
    return told


def _when(found: Comparison, scenario: str) -> str:
    """The first period in which some share differs by a point, and where it differs most."""
    every = gaps(found, scenario, "share", found.terms.country)
    seen = [gap for gap in every if abs(gap.size) >= NOTICED]
    year = found.by_year["period"][-1]
    if not seen:
        return found.view.say("brief.never", year=year)
    first = min(seen, key=lambda gap: gap.period).period
    most = max(seen, key=lambda gap: round(abs(gap.size), 6))
    return found.view.say("brief.since", first=first, **_words(found, most))


def _price(found: Comparison, scenario: str) -> str:
    """The price inside that differs most, and the material compared in the last period."""
    view, material = found.view, found.terms.materials[0]
    told = gaps(found, scenario, "price", "inside")
    if not told:
        return _price_now(found, scenario)
    most = dearest(found)
    if most is None or abs(most.ratio) < DEARER:
        return view.say("brief.price_same")
    texts = [view.say("brief.price_most", **_priced(found, most))]
    last = [gap for gap in told if gap.item == material and gap != most]
    if last:
        texts.append(view.say("brief.price_last", **_priced(found, last[-1])))
    return _joined(found, texts)


def _price_now(found: Comparison, scenario: str) -> str:
    material = found.terms.materials[0]
    both = found.values("price", material, "inside")
    after = both[found.names.index(scenario)] if both else None
    if both is None or both[0] is None or after is None:
        return ""
    return found.view.say("brief.price_now", **_priced(found, Gap(material, "", both[0], after)))


def _priced(found: Comparison, gap: Gap) -> dict[str, str]:
    sign = "+" if gap.ratio > 0 else ""
    material = _material(found, gap.item)
    return {"material": material, "year": gap.period, "before": look.number(gap.before),
            "after": look.number(gap.after),
            "change": sign + found.view.percent(gap.ratio)}  # fmt: skip


def _pays(found: Comparison, scenario: str) -> str:
    """Who loses and who gains, the largest loss first, and members all together."""
    view, at = found.view, found.names.index(scenario)
    sums = {key: values[at] for key, values in stacked(found).items()}
    least = max(TOLD * max(abs(value) for value in sums.values()), 0.05)
    told = [
        view.say("brief.amount", who=_who(found, key), amount=look.money(value, view.lang, True))
        for key, value in sorted(sums.items(), key=lambda one: (one[1] > 0, -abs(one[1])))
        if abs(value) >= least
    ]
    if not told:
        return view.say("brief.nobody")
    net = _of(found, "gain", ALL)[scenario]
    return view.say("brief.sums", sums=view.say("brief.semicolon").join(told),
                    net=look.money(net, view.lang, True))  # fmt: skip


def _who(found: Comparison, key: tuple[str, str]) -> str:
    place, part = key
    return found.view.say(f"brief.who.{part}") if part else group(found, place)

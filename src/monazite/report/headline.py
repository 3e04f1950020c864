"""The first page: what this is, five figures, and the proof."""

from __future__ import annotations

from html import escape
from typing import Any

from monazite.report import brief, look, parts, statistics
from monazite.report.view import View, periods_of, ways_of, years_of


def build(view: View) -> str:
    """Return title, introduction, facts, key figures and proof."""
    finding, answers = _answer(view)
    kicker = view.say("kicker") + (f" · {title(view)}" if finding else "")
    kind = ' class="told"' if finding else ""
    return (
        f'<p class="kicker">{escape(kicker)}</p><h1{kind}>{parts.text(finding or title(view))}</h1>'
        f"{_facts(view)}{answers}{_keys(view)}"
        f'<p class="lede">{escape(view.say("lede"))}</p>{_proof(view)}'
    )


def _answer(view: View) -> tuple[str, str]:
    """Return the sentence that the page is about, and what rules change, by when, at what price."""
    from monazite.report.sections import rules, shares, years

    found = rules.compared(view)
    if found is not None:
        return brief.headline(found), brief.block(found)
    return (years if years_of(view.outcome) else shares).heading(view), ""


def title(view: View) -> str:
    """Return the page's title: its subject is the case's, where the catalogue names it."""
    case = view.outcome.case.name
    known = case if view.word("subject", case) != case.replace("_", " ") else "any"
    words = {"subject": view.word("subject", known), "span": view.word("span", known)}
    years = years_of(view.outcome)
    if years:
        return view.say("title_years", first=years[0], last=years[-1], **words)
    if view.base_year is None:
        return view.say("title_undated", **words)
    return view.say("title", year=view.base_year, **words)


def _facts(view: View) -> str:
    record, case = view.outcome.record, view.outcome.case
    given = getattr(view.outcome, "scenario", None)
    if given is not None and given.title:
        scenario = given.titled(view.lang)
    else:
        scenario = view.word("scenario", record.get("scenario"))
    facts = [
        ("year", next(iter(years_of(view.outcome)), view.base_year) or ""),
        ("period", view.period if len(periods_of(view.outcome)) > 1 else ""),
        ("scenario", scenario),
        ("case", view.word("case", case.name)),
        ("size", view.say("facts.counts", countries=view.table("countries").height,
                          facilities=view.frame("output")["facility"].n_unique(),
                          materials=view.table("materials").height)),
    ]  # fmt: skip
    if years_of(view.outcome):
        facts += list(ways_of(view, view.outcome.scenario).items())
    changes = getattr(case, "changes", None)
    if changes:
        facts.append(("changes", str(len(changes))))
    return parts.facts((view.say(f"facts.{key}"), text) for key, text in facts)


# --- five figures ---------------------------------------------------------------------------------


def _keys(view: View) -> str:
    figures = [*_stage_keys(view), _gap_key(view), _last_key(view)]
    drawn = "".join(figure for figure in figures if figure)
    return f'<ul class="keys">{drawn}</ul>' if drawn else ""


def _stage_keys(view: View) -> list[str]:
    """Return the most concentrated stage, then the first and the last of the chain."""
    shares = _placed(view)
    if not shares:
        return []
    along, tightest = list(shares), _tightest(shares)
    others = [stage for stage in along if stage != tightest]
    return [_stage_key(view, tightest, "key.tightest")] + [
        _stage_key(view, stage, "key.stage") for stage in dict.fromkeys([*others[:1], *others[-1:]])
    ]


def _placed(view: View) -> dict[str, dict[str, float]]:
    """Return shares by place of each stage that has any, along the chain."""
    shares = view.shares
    along = sorted(shares, key=lambda stage: (statistics.rank(stage), stage))
    return {stage: shares[stage]["by_place"] for stage in along if shares[stage].get("by_place")}


def _tightest(shares: dict[str, dict[str, float]]) -> str:
    return max(shares, key=lambda stage: max(shares[stage].values()), default="")


def _stage_key(view: View, stage: str, key: str) -> str:
    years = years_of(view.outcome)
    if years:
        return _stage_over_years(view, stage, key, years)
    shares = view.shares[stage]["by_place"]
    top = sorted(shares, key=lambda c: (-shares[c], c))[:3]
    bars = [(view.country(c), shares[c], view.colour(c), view.percent(shares[c])) for c in top]
    label = view.say(key, stage=view.inside_name(view.measure(stage)), country=view.the(top[0]))
    return parts.key_figure(label, view.percent(shares[top[0]]), bars)


def _stage_over_years(view: View, stage: str, key: str, years: list[str]) -> str:
    """Return what the largest place of a stage has in the first period, halfway and at the end."""
    shares = view.shares[stage]["by_place"]
    top = min(shares, key=lambda c: (-shares[c], c))
    shown = list(dict.fromkeys((years[0], years[len(years) // 2], years[-1])))
    found = {year: view.outcome.shares_in(year)[stage]["by_place"].get(top, 0.0) for year in shown}
    bars = [(year, found[year], view.colour(top), view.percent(found[year])) for year in shown]
    label = view.say(key, stage=view.inside_name(view.measure(stage)), country=view.the(top))
    ends = [view.percent(found[year]) for year in (shown[0], shown[-1])]
    return parts.key_figure(label, " → ".join(ends), bars)


def gap(view: View) -> dict[str, Any] | None:
    """Return the separated material whose difference of price costs importers most, if any."""
    import polars as pl

    spread = statistics.price_spread(view).filter((pl.col("low") > 0) & (pl.col("places") > 1))
    rows = {row["material"]: row for row in spread.iter_rows(named=True)}
    paid = {m: _paid(view, m) for m in statistics.of_stage(view, "separation") if m in rows}
    if not paid or max(paid.values()) <= 0:
        return None
    return rows[max(paid, key=lambda m: (paid[m], m))]


def _gap_key(view: View) -> str:
    """Return the separated material whose difference of price costs importers most."""
    row = gap(view)
    if row is None:
        return ""
    bars = [
        (view.country(row[f"{end}_place"]), row[end] / row["high"],
         view.colour(row[f"{end}_place"]), f"{look.number(row[end])} {view.unit('USD/kg')}")
        for end in ("high", "low")
    ]  # fmt: skip
    label = view.say(
        "key.gap",
        material=view.inside_name(view.material(row["material"])),
        high=view.the(row["high_place"]),
        low=view.the(row["low_place"]),
    )
    return parts.key_figure(_dated(view, label), f"{look.number(row['high'] / row['low'])}×", bars)


def _dated(view: View, label: str) -> str:
    """Return a label with the period it is of, where there are several."""
    if len(periods_of(view.outcome)) < 2:
        return label
    return view.say("of_period", section=label.rstrip(".。"), period=view.period)


def _paid(view: View, material: str) -> float:
    """Return what importers pay above the price at the origin, MUSD/yr."""
    prices = {
        country: price
        for m, country, price in view.frame("prices")
        .select("material", "country", "price")
        .iter_rows()
        if m == material and price is not None
    }
    return sum(
        quantity * max(prices.get(destination, 0.0) - prices.get(origin, 0.0), 0.0)
        for origin, destination, quantity in statistics.trade(view, material).iter_rows()
    )


def _last_key(view: View) -> str:
    return _stop_key(view) if view.stops is not None and view.stops.height else _use_key(view)


def _stop_key(view: View) -> str:
    """Return what a stop of the most concentrated stage takes from users elsewhere."""
    import polars as pl

    last = statistics.of_stage(view, "magnet")
    frame = statistics.stop_sums(view).filter(pl.col("material").is_in(last) | pl.lit(not last))
    if not frame.height:
        return ""
    tight = frame.filter(pl.col("stage") == _tightest(_placed(view)))
    told = tight if tight.height and tight["unserved"].sum() > 0 else frame
    row = told.sort(-pl.col("unserved_share").round(3), -pl.col("used"), "material", "stage").row(
        0, named=True
    )
    # losses that differ by less than 0.1 % count as equal: the most used material comes first
    loss = pl.col("unserved_share").round(3)
    same = frame.filter(pl.col("stage") == row["stage"]).sort(-loss, -pl.col("used"), "material")
    bars = [
        (view.material(m), share, look.ITEMS["cost"], view.percent(share))
        for m, share in same.head(3).select("material", "unserved_share").iter_rows()
    ]
    label = view.say(
        "key.stop",
        material=view.inside_name(view.material(row["material"])),
        country=view.the(row["country"]),
        stage=view.inside_name(view.measure(row["stage"])),
    )
    return parts.key_figure(label, view.percent(row["unserved_share"]), bars)


def _use_key(view: View) -> str:
    """Return how much of the last stage's materials the world uses, and where."""
    import polars as pl

    last = statistics.of_stage(view, "magnet")
    use = view.frame("use").filter(pl.col("material").is_in(last))
    if not use.height:
        return ""
    total = float(use["quantity"].sum())
    top = use.group_by("country").agg(pl.col("quantity").sum())
    bars = [
        (view.country(c), q / total, view.colour(c), f"{look.number(q)} {view.unit('kt')}")
        for c, q in top.sort(-pl.col("quantity"), "country").head(3).iter_rows()
    ]
    return parts.key_figure(
        _dated(view, view.say("key.use")), f"{look.number(total)} {view.unit('kt')}", bars
    )


# --- proof ----------------------------------------------------------------------------------------


def _proof(view: View) -> str:
    certificate = view.outcome.certificate
    if certificate is None:
        return f'<div class="proof bad">{parts.paragraph(view.say("proof.none"))}</div>'
    measures = {name: getattr(certificate, name) for name in
                ("primal", "dual", "complementarity", "gap")}  # fmt: skip
    books = view.outcome.record.get("books", {}).get("residual")
    if books is not None:
        measures["books"] = abs(books)
    cells = "".join(
        f"<div><dt>{escape(view.say(f'proof.{name}'))}</dt><dd>{look.short(value)}</dd></div>"
        for name, value in measures.items()
    )
    good = bool(certificate.ok)
    verdict = view.say("proof.good" if good else "proof.bad", worst=look.short(certificate.worst))
    return (
        f'<div class="proof{"" if good else " bad"}"><h3>{escape(view.say("proof.title"))}</h3>'
        f"{parts.paragraph(verdict)}<dl>{cells}</dl>{parts.paragraph(view.say('proof.limit'))}</div>"
    )
